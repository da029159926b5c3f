/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs can do with a packet, and why: one list for them, who count
 * by it, and for userspace, which prints it. Behind "dropped-"
 * stands a reason as spelled in <xsrtp/reason.h> (a test keeps the two
 * together).
 */
#ifndef XSRTP_BPF_COUNTERS_H
#define XSRTP_BPF_COUNTERS_H

/* X(symbol, name). REDIRECTED first, then all PASSED, then all DROPPED. */
#define XSRTP_COUNTERS(X)						\
	X(REDIRECTED, "redirected")	/* media, to the xsrtp device */	\
	X(PASSED_NOT_IP, "passed-not-ip")				\
	X(PASSED_NOT_UDP, "passed-not-udp")				\
	X(PASSED_NO_FLOW, "passed-no-flow")	/* not a local media endpoint */ \
	X(PASSED_FRAGMENT, "passed-fragment")	/* its port is not in it */ \
	X(PASSED_MALFORMED, "passed-malformed")	/* ends before the port */ \
	X(PASSED_STUN, "passed-stun")	/* these to a media endpoint's socket */ \
	X(PASSED_ZRTP, "passed-zrtp")					\
	X(PASSED_DTLS, "passed-dtls")					\
	X(PASSED_TURN, "passed-turn")					\
	X(DROPPED_MALFORMED, "dropped-malformed")			\
	X(DROPPED_FRAGMENT, "dropped-fragment")				\
	X(DROPPED_IP_OPTIONS, "dropped-ip-options")			\
	X(DROPPED_XMIT, "dropped-xmit")	/* there is no xsrtp device */	\
	X(DROPPED_WRONG_SOURCE, "dropped-wrong-source")	/* egress: not sent by a local socket */

enum xsrtp_counter {
#define X(sym, name) XSRTP_COUNTER_##sym,
	XSRTP_COUNTERS(X)
#undef X
	XSRTP_COUNTER_MAX
};

#define XSRTP_COUNTER_DROPPED	XSRTP_COUNTER_DROPPED_MALFORMED	/* from here on */

#endif /* XSRTP_BPF_COUNTERS_H */
