/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Keys of a burst's packets into the cache before their turn comes.
 *
 * With more sessions than the cache holds, waiting for keys costs more than the
 * ciphers. A key is up to 8 lines; a core has ten or more misses in flight, so
 * the keys are asked for a few packets ahead, one packet's each time, not all at
 * once. The states of the HMAC share the line of the session that is read first.
 */
#ifndef XSRTP_X86_PREFETCH_H
#define XSRTP_X86_PREFETCH_H

#include "simd.h"

#define PREFETCH_AHEAD	8	/* packets */

/* The powers of H end with the key, H^1 last; a short packet needs the last lines. */
static __always_inline void key_prefetch_powers(const struct xsrtp_suite_info *suite,
						const struct xsrtp_packet *pkt)
{
	const uint8_t *end = xsrtp_key_hpow(suite, pkt->key) + XSRTP_HPOW_BYTES(suite->key_len);
	uint32_t need = pkt->text_len + 2 * 16, all = XSRTP_HPOW_BYTES(suite->key_len), at;

	need = need < all ? need : all;
	for (at = 64; at < need + 64; at += 64)
		prefetch(end - at);
}

static __always_inline void key_prefetch_one(const struct xsrtp_suite_info *suite,
					     const struct xsrtp_packet *pkt)
{
	const struct xsrtp_cipher_key *key = pkt->key;
	int i;

	unrolled for (i = 0; i < 3; i++)
		prefetch(key->rk + 64 * i);
	if (suite->key_len > 16)
		prefetch(key->rk + 192);
	if (suite->kind == XSRTP_KIND_GCM)
		key_prefetch_powers(suite, pkt);
}

/*
 * The same for all of them at once, by loads: where the HMACs go first there is no
 * AES between one packet's prefetches and the next's. (Zen 4, 100,000 sessions: 234
 * ns a packet with prefetches, 203 with loads.)
 */
static __always_inline void key_touch(const struct xsrtp_suite_info *suite,
				      struct xsrtp_packet *const *pkt, unsigned int n)
{
	const struct xsrtp_cipher_key *key;
	unsigned int i;
	int at;

	for (i = 0; n > 1 && i < n; i++) {
		key = pkt[i]->key;
		for (at = 0; at < XSRTP_RK_BYTES(suite->key_len); at += 64)
			(void)load_once((const uint64_t *)(key->rk + at));
	}
}

/* Called before packet @i of @n. */
static __always_inline void key_prefetch(const struct xsrtp_suite_info *suite,
					 struct xsrtp_packet *const *pkt,
					 unsigned int i, unsigned int n)
{
	unsigned int j;

	if (i == 0)
		for (j = 1; j < PREFETCH_AHEAD && j < n; j++)
			key_prefetch_one(suite, pkt[j]);
	if (i + PREFETCH_AHEAD < n)
		key_prefetch_one(suite, pkt[i + PREFETCH_AHEAD]);
}

#endif /* XSRTP_X86_PREFETCH_H */
