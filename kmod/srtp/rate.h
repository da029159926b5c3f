/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Session keys that are derived anew as the index goes on (RFC 3711 4.3.1):
 * r = index DIV rate, for SRTCP with its own index. The keys of one r stand in the
 * key slot as always, and packets of that r use them there; a packet of another r
 * (late, or the first of the next) gets keys derived on the stack.
 *
 * Locking: one word of the slot counts who uses its keys. Keys of a newer r are
 * copied there by who finds nobody using them, after its packet has verified;
 * else a later packet does it. Nobody waits.
 */
#ifndef XSRTP_RATE_H
#define XSRTP_RATE_H

#include "burst.h"
#include "option.h"

/**
 * struct xsrtp_rate_use - the keys of one packet
 * @k: of the packet's key slot
 * @r: index DIV rate
 * @held: the keys in the slot, and counted
 * @room: the keys, if not; 24 bytes into a line as in a session
 */
struct xsrtp_rate_use {
	struct xsrtp_option_key *k;
	uint64_t r;
	bool held;
	uint8_t room[XSRTP_ALIGN + XSRTP_KEY_OFFSET + XSRTP_CIPHER_KEY_MAX];
};

/*
 * xsrtp_rate_begin() - sets the key of the packet, for the index that it has now
 * @first: KDF_RTP_ENCRYPTION or KDF_RTCP_ENCRYPTION
 *
 * Each begin needs its end. @ok: the packet is authentic, or our own.
 */
void xsrtp_rate_begin(struct xsrtp_rate_use *use, const struct xsrtp_cipher *c,
		      const struct xsrtp_context *cx, struct xsrtp_packet *p,
		      enum xsrtp_kdf_label first);
void xsrtp_rate_end(struct xsrtp_rate_use *use, const struct xsrtp_context *cx,
		    struct xsrtp_packet *p, bool ok);

#endif /* XSRTP_RATE_H */
