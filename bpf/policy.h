/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard's limits, and what it counts: one layout for the program, which reads
 * it, and for userspace/lib/policy.c, which makes it. A policy never changes: a
 * new one takes its place as a whole, so that every packet meets the old limits
 * or the new ones and never a mixture.
 *
 * Time is in jiffies, which cost a nanosecond to read where the clock costs thirty;
 * fractions of one are 2^-24 (17 years fit 64 bits at 1,000 Hz).
 */
#ifndef XSRTP_BPF_POLICY_H
#define XSRTP_BPF_POLICY_H

#include <linux/types.h>

#include "counters.h"

#define XSRTP_TICK_SHIFT	24	/* times and costs: 2^-24 jiffy */
#define XSRTP_BYTE_SHIFT	16	/* the cost of a byte: finer by this */

/*
 * X(symbol, name, of bytes). Those of packets stand before those of bytes of the same
 * budget (struct xsrtp_bucket).
 */
#define XSRTP_LIMITS(X)						\
	X(FLOW_RATE, "flow-rate", 0)	/* each far end */	\
	X(FLOW_BYTES, "flow-bytes", 1)				\
	X(SOURCE_RATE, "source-rate", 0) /* each unknown source: /32, /64 */ \
	X(SOURCE_BYTES, "source-bytes", 1)			\
	X(PORT_RATE, "port-rate", 0)	/* unknown, each local port */ \
	X(PORT_BYTES, "port-bytes", 1)				\
	X(UNKNOWN_RATE, "unknown-rate", 0) /* all unknown together */ \
	X(UNKNOWN_BYTES, "unknown-bytes", 1)			\
	X(STUN_RATE, "stun-rate", 0)				\
	X(STUN_SOURCE_RATE, "stun-source-rate", 0)		\
	X(DTLS_RATE, "dtls-rate", 0)	/* and ZRTP */		\
	X(DTLS_SOURCE_RATE, "dtls-source-rate", 0)

enum xsrtp_limit {
#define X(sym, name, bytes) XSRTP_LIMIT_##sym,
	XSRTP_LIMITS(X)
#undef X
	XSRTP_LIMIT_MAX
};

/* What the guard does with a packet beside XSRTP_COUNTERS: first all PASSED, then all DROPPED. */
#define XSRTP_GUARD_COUNTERS(X)						\
	X(PASSED_KNOWN, "passed-known")		/* from a port's far end */ \
	X(PASSED_UNKNOWN, "passed-unknown")	/* within the budgets */ \
	X(PASSED_ALLOWED, "passed-allowed")				\
	X(DROPPED_DENIED, "dropped-denied")				\
	X(DROPPED_NO_FLOW, "dropped-no-flow")	/* no socket has the port */ \
	X(DROPPED_RATE_FLOW, "dropped-rate-flow")			\
	X(DROPPED_WRONG_SSRC, "dropped-wrong-ssrc")			\
	X(DROPPED_IMPLAUSIBLE, "dropped-implausible") /* sequence number */ \
	X(DROPPED_RATE_SOURCE, "dropped-rate-source")			\
	X(DROPPED_RATE_PORT, "dropped-rate-port")			\
	X(DROPPED_RATE_UNKNOWN, "dropped-rate-unknown")			\
	X(DROPPED_RATE_STUN, "dropped-rate-stun")			\
	X(DROPPED_RATE_DTLS, "dropped-rate-dtls")

enum xsrtp_guard_counter {
	XSRTP_GUARD_FIRST = XSRTP_COUNTER_MAX - 1,
#define X(sym, name) XSRTP_GUARD_##sym,
	XSRTP_GUARD_COUNTERS(X)
#undef X
	XSRTP_GUARD_MAX
};

#define XSRTP_GUARD_DROPPED	XSRTP_GUARD_DROPPED_DENIED	/* from here on */
#define XSRTP_GUARD_UNWANTED	XSRTP_GUARD_DROPPED_WRONG_SSRC	/* from here on: makes an attack */

/* A token bucket's constants: what one packet (or byte) costs, and how much it holds. */
struct xsrtp_rate {
	__u64 cost;		/* of bytes: in 2^-40 jiffy */
	__u64 depth;
};

/* A token bucket (bucket.h). */
struct xsrtp_bucket {
	__u64 packets;		/* when it will be full again */
	__u64 bytes;
};

/* A limit as the operator has said it. */
struct xsrtp_said {
	__u64 rate;
	__u64 burst;
};

#define XSRTP_RANGES_MAX	16
#define XSRTP_SECRETS		16

struct xsrtp_range {
	__u16 first;
	__u16 last;
};

struct xsrtp_policy {
	__u32 observe;		/* count what would be dropped, drop nothing */
	__u32 hz;		/* jiffies a second */
	__u32 pace;		/* jiffies that a far end takes at least to be known */
	__u32 advance;		/* sequence numbers that a codec may use in a jiffy */
	struct xsrtp_rate rate[XSRTP_LIMIT_MAX];
	struct xsrtp_rate attack_on;	/* as leaky buckets of unwanted packets */
	struct xsrtp_rate attack_off;
	__u64 hold;		/* jiffies */
	__u64 secret[XSRTP_SECRETS];	/* of the hashes; drawn when the maps are made */
	__u64 ports[65536 / 64];	/* a bit for each */

	/* For userspace. */
	struct xsrtp_said said[XSRTP_LIMIT_MAX];
	__u64 attack_on_pps;
	__u64 attack_off_pps;
	__u32 attack_hold_s;
	__u32 ranges;
	struct xsrtp_range range[XSRTP_RANGES_MAX];
};

#endif /* XSRTP_BPF_POLICY_H */
