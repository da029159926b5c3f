/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * AES_CM with HMAC-SHA1 on packets (RFC 3711 4.1.1 and 4.2): counter mode one
 * packet after the other, the HMACs of the burst together.
 *
 * The last 16 bits of an initial counter block are zero, so that a packet's
 * counter never wraps.
 */
#ifndef XSRTP_X86_CM_H
#define XSRTP_X86_CM_H

#include "aes.h"
#include "hmac.h"
#include "prefetch.h"

static __always_inline void cm_crypt(const struct xsrtp_suite_info *suite,
				     struct xsrtp_packet *pkt)
{
	const struct xsrtp_cipher_key *key = pkt->key;

	ctr_xor(key->rk, XSRTP_ROUNDS(suite->key_len), pkt->iv, pkt->data + pkt->hdr_len,
		pkt->text_len);
}

static void cm_seal_burst(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
			  unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		key_prefetch(suite, pkt, i, n);
		cm_crypt(suite, pkt[i]);
	}
	if (suite->tag_len)
		hmac_burst(suite, pkt, n, true);
}

/* The tags first; only what verifies is decrypted. */
static void cm_open_burst(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
			  unsigned int n)
{
	unsigned int i;

	key_touch(suite, pkt, n);
	if (suite->tag_len)
		hmac_burst(suite, pkt, n, false);
	for (i = 0; i < n; i++)
		if (pkt[i]->reason != XSRTP_REASON_BAD_TAG)
			cm_crypt(suite, pkt[i]);
}

#endif /* XSRTP_X86_CM_H */
