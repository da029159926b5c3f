/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard's state as it lies in its maps: sources, prefixes, offenders, who talks to
 * each port, and what there is once. The programs write it, but for the prefixes;
 * userspace reads it.
 */
#ifndef XSRTP_BPF_GUARD_STATE_H
#define XSRTP_BPF_GUARD_STATE_H

#include <linux/types.h>

#include "bucket.h"
#include "port.h"

/* --- unknown sources --------------------------------------------------------- */

#define XSRTP_SOURCE_BITS	17
#define XSRTP_SOURCES		(1 << XSRTP_SOURCE_BITS)

struct xsrtp_source {
	struct xsrtp_bucket media;
	__u64 stun;
	__u64 dtls;
};

/* --- prefixes ---------------------------------------------------------------- */

enum {
	XSRTP_PREFIX_NONE,
	XSRTP_PREFIX_BANNED,
	XSRTP_PREFIX_ALLOWED,
};

/*
 * What a source is: an address or a /64 in a line of its hash. Userspace writes the
 * state last. A line that is full, and any other length, is in the trie of its
 * family, which is looked at only when it holds something.
 */
#define XSRTP_HOST_BITS		14
#define XSRTP_HOST_LINES	(1 << XSRTP_HOST_BITS)
#define XSRTP_HOSTS_A_LINE	4

struct xsrtp_host {
	__u64 key;		/* the first 64 bits of the address */
	__u32 until;		/* jiffies / 256; 0: for good */
	__u16 version;		/* of IP */
	__u16 state;		/* XSRTP_PREFIX_... */
};

struct xsrtp_host_line {
	struct xsrtp_host host[XSRTP_HOSTS_A_LINE];
};

#define XSRTP_PREFIXES_MAX	65536	/* of each family, in the trie */

struct xsrtp_prefix4 {
	__u32 bits;
	__be32 addr;
};

struct xsrtp_prefix6 {
	__u32 bits;
	__be32 addr[4];
};

struct xsrtp_prefix_state {
	__u32 until;
	__u32 state;
};

#define XSRTP_UNTIL_SHIFT	8

/* --- offenders --------------------------------------------------------------- */

/*
 * One place for all sources of a hash, held by the one that sends most (majority vote,
 * Boyer and Moore): a source that is more than its share of a flood cannot be pushed out
 * by any number of others.
 */
#define XSRTP_OFFENDER_BITS	10
#define XSRTP_OFFENDERS		(1 << XSRTP_OFFENDER_BITS)

struct xsrtp_offender {
	__u64 key;		/* the first 64 bits of the address */
	__u32 version;
	__u32 votes;
	__u64 first;		/* jiffies */
	__u64 last;
	__u64 packets;		/* estimated: dropped ones are sampled */
	__u64 bytes;
	__u64 from_ports;	/* a bit for each source port, by its last six bits */
	__u16 reason;		/* enum xsrtp_guard_counter, of the last */
	__u16 port;		/* local, of the last */
	__u32 ports;		/* how often it was another than the one before */
};

/* What has been dropped that was for a local port, estimated as an offender's. */
struct xsrtp_port_drops {
	__u64 packets;
	__u64 bytes;
	__u64 reason;		/* enum xsrtp_guard_counter, of the last */
};

/* --- talkers ----------------------------------------------------------------- */

#define XSRTP_ENDS_NEAR	2	/* far ends in a port's first cache line, ... */
#define XSRTP_ENDS_MORE	3	/* ... and as many more */

struct xsrtp_end {
	__u64 id;		/* hash of the addresses, SSRC; 0: free */
	__u16 port;
	__u16 seq;		/* highest */
	__u16 jump;		/* of the last packet that did not follow */
	__u16 bound;		/* a socket has been seen: until then, in jiffies / 32 */
	struct xsrtp_bucket media;	/* packets: also, when it has last sent */
};

/* All that a packet of most calls meets: of RTP and RTCP, or of two local addresses. */
struct xsrtp_ends {
	struct xsrtp_end end[XSRTP_ENDS_NEAR];
};

/* What else there is of a port. */
struct xsrtp_talkers {
	struct xsrtp_bucket unknown;
	__u64 control;		/* the far ends' RTCP and handshakes */
	__u32 bound;		/* a socket has been seen: until this jiffy */
	__u32 more;		/* of the places, these may be in use */
	struct xsrtp_end end[XSRTP_ENDS_MORE];
};

#define XSRTP_BOUND_SHIFT	5

#define XSRTP_CANDIDATE_BITS	15
#define XSRTP_CANDIDATES	(1 << XSRTP_CANDIDATE_BITS)

struct xsrtp_candidate {
	__u32 tag;
	__u32 first;		/* jiffies */
	__u32 last;
	__u16 seq;
	__u16 packets;
};

/* --- what there is once ------------------------------------------------------ */

#define XSRTP_EVENTS	64
#define XSRTP_MAYBE_BITS	(1 << XSRTP_SOURCE_BITS)	/* 16 KB, which stay in the cache */

struct xsrtp_event {
	__u64 jiffies;
	__u64 attack;		/* 1: began, 0: ended */
};

/*
 * Another program version takes over these maps if their sizes and this number are its own:
 * count it up when what stands in them comes to mean something else.
 */
#define XSRTP_GUARD_LAYOUT	1

struct xsrtp_guard {
	/* Read by every packet. */
	__u32 hosts;		/* how many prefixes there are in each table */
	__u32 prefixes4;
	__u32 prefixes6;
	__u32 layout;
	__u64 attack;		/* since when, in jiffies; 0: calm */
	__u64 room[5];

	struct xsrtp_bucket unknown;
	__u64 stun;
	__u64 dtls;
	__u64 room2[4];

	/* Leaky buckets of unwanted packets; written once a jiffy by each CPU. */
	__u64 on;
	__u64 off;
	__u64 above;		/* when the lower threshold was passed last, in jiffies */
	__u64 events;		/* how many there have been */
	__u64 room3[4];

	struct xsrtp_event event[XSRTP_EVENTS];

	/* A bit for each hash that a host may have; without it its line is not looked at. */
	__u64 maybe[XSRTP_MAYBE_BITS / 64];
};

/* Of each CPU. */
struct xsrtp_guard_cpu {
	__u32 jiffy;		/* of the drops below */
	__u32 drops;
	__u64 unwanted;		/* not yet told to the state */
	__u64 count[XSRTP_GUARD_MAX];
	__u64 would[XSRTP_GUARD_MAX];	/* dropped, if the guard did not only observe */
};

#endif /* XSRTP_BPF_GUARD_STATE_H */
