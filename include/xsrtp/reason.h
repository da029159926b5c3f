/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Why a packet was dropped: one list, one spelling, everywhere (core, module,
 * BPF, command line, metrics, documentation).
 */
#ifndef XSRTP_REASON_H
#define XSRTP_REASON_H

/* X(symbol, number, name, text). The number is ABI: append, never renumber. */
#define XSRTP_REASONS(X)						\
	X(OK, 0, "ok", "not dropped")					\
	X(MALFORMED, 1, "malformed", "not a well-formed RTP or RTCP packet (RFC 3550 A)") \
	X(NO_FLOW, 2, "no-flow", "no flow has this local address and port") \
	X(NO_KEY, 3, "no-key", "the flow must have a key here and has none") \
	X(BAD_TAG, 4, "bad-tag", "authentication tag does not verify")	\
	X(REPLAY, 5, "replay", "index already received")		\
	X(TOO_OLD, 6, "too-old", "index is older than the replay window") \
	X(BAD_MKI, 7, "bad-mki", "master key identifier is not the key's") \
	X(WRONG_SOURCE, 8, "wrong-source", "not from the flow's remote address and port") \
	X(NO_STREAM, 9, "no-stream", "all SSRC slots of the flow are taken") \
	X(KEY_EXPIRED, 10, "key-expired", "the key has reached its packet limit") \
	X(INDEX_REUSE, 11, "index-reuse", "sender repeats an index: would reuse a keystream") \
	X(NO_ROOM, 12, "no-room", "no space behind the packet for the tag") \
	X(TOO_BIG, 13, "too-big", "larger than the path's MTU with the tag added") \
	X(NO_ROUTE, 14, "no-route", "no route or next hop to the destination") \
	X(TTL, 15, "ttl", "time to live or hop limit used up")		\
	X(FRAGMENT, 16, "fragment", "IP fragment")			\
	X(IP_OPTIONS, 17, "ip-options", "IPv4 options or IPv6 extension headers") \
	X(XMIT, 18, "xmit", "the output device did not take the packet") \
	X(NO_MEMORY, 19, "no-memory", "no memory for a packet that left the fast path") \
	X(NOT_WANTED, 20, "not-wanted", "RTCP where the flow is only for RTP, or the reverse") \
	X(LEARNING, 21, "learning", "its source or SSRC has to prove itself first") \
	X(NO_DESTINATION, 22, "no-destination", "the far end of the flow that it follows is not known") \
	X(RATE_BAD_TAG, 23, "rate-bad-tag", "of no live stream, on a flow with too many bad tags")

enum xsrtp_reason {
#define X(sym, num, name, text) XSRTP_REASON_##sym = num,
	XSRTP_REASONS(X)
#undef X
	XSRTP_REASON_MAX
};

#endif /* XSRTP_REASON_H */
