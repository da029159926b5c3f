/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a packet of a media endpoint is: media, or a handshake that shares its
 * port, or nothing that belongs there.
 */
#ifndef XSRTP_BPF_CLASS_H
#define XSRTP_BPF_CLASS_H

#include <xsrtp/wire.h>

#include "parse.h"

/* A packet of a media endpoint, by its first byte (RFC 7983 section 7). */
static __always_inline int media_verdict(const struct packet *p)
{
	if (p->fault)
		return p->fault;
	switch (xsrtp_class(p->first)) {
	case XSRTP_CLASS_RTP:
		return XSRTP_COUNTER_REDIRECTED;
	case XSRTP_CLASS_STUN:
		return XSRTP_COUNTER_PASSED_STUN;
	case XSRTP_CLASS_ZRTP:
		return XSRTP_COUNTER_PASSED_ZRTP;
	case XSRTP_CLASS_DTLS:
		return XSRTP_COUNTER_PASSED_DTLS;
	case XSRTP_CLASS_TURN:
		return XSRTP_COUNTER_PASSED_TURN;
	default:
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	}
}

#endif /* XSRTP_BPF_CLASS_H */
