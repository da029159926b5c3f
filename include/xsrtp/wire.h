/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What stands on the wire behind a UDP header on a media port: the RTP fixed
 * header, how RTCP is told from RTP, and how both are told from the other
 * protocols that share the port. Constants and the one small header; usable in
 * BPF, in the kernel and in userspace.
 */
#ifndef XSRTP_WIRE_H
#define XSRTP_WIRE_H

#include <linux/types.h>

/*
 * RTP fixed header (RFC 3550 5.1)
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *  |                           timestamp                           |
 *  |           synchronization source (SSRC) identifier            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
struct xsrtp_rtp_header {
	__u8 first;		/* V, P, X, CC */
	__u8 second;		/* M, PT */
	__be16 seq;
	__be32 timestamp;
	__be32 ssrc;
};

#define XSRTP_RTP_HDR_LEN	12
#define XSRTP_RTP_VERSION	2	/* first >> 6 */
#define XSRTP_RTP_PADDING	0x20	/* in first */
#define XSRTP_RTP_EXTENSION	0x10
#define XSRTP_RTP_CC_MASK	0x0f
#define XSRTP_RTP_MARKER	0x80	/* in second */
#define XSRTP_RTP_PT_MASK	0x7f

/*
 * RTP and RTCP on one port (RFC 5761 section 4): RTCP's packet type stands
 * where RTP has M and PT. RTCP uses 192 to 223, so RTP must not use the payload
 * types 64 to 95 on such a port, and the whole second byte decides.
 */
#define XSRTP_RTCP_PT_MIN	192
#define XSRTP_RTCP_PT_MAX	223
#define XSRTP_RTCP_HDR_LEN	8	/* header and SSRC of the sender */

static inline __attribute__((always_inline)) int xsrtp_is_rtcp(__u8 second)
{
	return second >= XSRTP_RTCP_PT_MIN && second <= XSRTP_RTCP_PT_MAX;
}

/*
 * Who a packet on a media port is for, by its first byte (RFC 7983 section 7).
 * X(symbol, first, last); what is in no range is nobody's.
 */
#define XSRTP_CLASSES(X)			\
	X(STUN, 0, 3)				\
	X(ZRTP, 16, 19)				\
	X(DTLS, 20, 63)				\
	X(TURN, 64, 79)				\
	X(RTP, 128, 191)	/* and RTCP */

enum xsrtp_class {
	XSRTP_CLASS_NONE,
#define X(sym, first, last) XSRTP_CLASS_##sym,
	XSRTP_CLASSES(X)
#undef X
};

static inline __attribute__((always_inline)) enum xsrtp_class xsrtp_class(__u8 byte)
{
#define X(sym, first, last)				\
	if ((__u8)(byte - first) <= last - first)	\
		return XSRTP_CLASS_##sym;
	XSRTP_CLASSES(X)
#undef X
	return XSRTP_CLASS_NONE;
}

#endif /* XSRTP_WIRE_H */
