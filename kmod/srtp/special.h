/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The way of SRTP packets whose session asks for more than RFC 3711's usual: one
 * at a time, with all that option.h, rate.h and header.h have.
 */
#ifndef XSRTP_SPECIAL_H
#define XSRTP_SPECIAL_H

#include "burst.h"

enum xsrtp_reason xsrtp_special_protect(const struct xsrtp_cipher *c, struct xsrtp_packet *p);

/* @slot: the key to use, or XSRTP_NO_KEY: find it */
enum xsrtp_reason xsrtp_special_unprotect(const struct xsrtp_cipher *c, struct xsrtp_packet *p,
					  uint8_t slot);

/* @one for each packet whose reason is XSRTP_REASON_SPECIAL, in order. */
static inline void xsrtp_special_burst(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
				       unsigned int n,
				       enum xsrtp_reason (*one)(const struct xsrtp_cipher *c,
								struct xsrtp_packet *p))
{
	for (; n--; pkt++)
		if (pkt->reason == XSRTP_REASON_SPECIAL)
			pkt->reason = one(c, pkt);
}

#endif /* XSRTP_SPECIAL_H */
