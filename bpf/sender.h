/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of the egress program. All devices of one network namespace share
 * one set, as with maps.h.
 */
#ifndef XSRTP_BPF_SENDER_H
#define XSRTP_BPF_SENDER_H

#ifdef __bpf__
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "counters.h"
#endif

#include "port.h"

#define XSRTP_SENDERS_MAX	131072
#define XSRTP_FRAGMENTS_MAX	4096	/* datagrams in the middle of being dropped */

/* Media that a local socket sends to its peer. No padding: the key of a hash. */
struct xsrtp_sender {
	struct xsrtp_local local;
	struct xsrtp_local remote;
};

/* A datagram whose first fragment was dropped. No padding. */
struct xsrtp_datagram {
	__be32 from[4];
	__be32 to[4];
	__be32 id;
};

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XSRTP_SENDERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xsrtp_sender);
	__type(value, __u8);
} xsrtp_senders SEC(".maps");

/* Only the first fragment has ports: the others are known by it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, XSRTP_FRAGMENTS_MAX);
	__type(key, struct xsrtp_datagram);
	__type(value, __u8);
} xsrtp_frags SEC(".maps");

/*
 * The xsrtp device, or nothing. tc cannot redirect by a device map, but read it: the
 * kernel empties the entry when the device goes, so that a number which another
 * device gets later is not redirected to (kernel/bpf/devmap.c, dev_map_notification()).
 */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);		/* ifindex */
} xsrtp_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XSRTP_COUNTER_MAX);
	__type(key, __u32);		/* enum xsrtp_counter */
	__type(value, __u64);
} xsrtp_sent SEC(".maps");
#endif

#endif /* XSRTP_BPF_SENDER_H */
