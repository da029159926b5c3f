/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The maps. All devices of one network namespace share one set; userspace finds
 * them through the programs on the devices, by these names (at most 15
 * characters, or the kernel cuts them).
 */
#ifndef XSRTP_BPF_MAPS_H
#define XSRTP_BPF_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "counters.h"
#include "port.h"

/*
 * BPF_F_MMAPABLE lets userspace change slots with atomic instructions, and
 * starts the values on a page, so that a slot is exactly one cache line.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XSRTP_PORTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);		/* UDP port */
	__type(value, struct xsrtp_port);
} xsrtp_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XSRTP_MORE_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xsrtp_local);
	__type(value, struct xsrtp_awaited);
} xsrtp_more SEC(".maps");

/* The xsrtp device, or nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);		/* ifindex */
} xsrtp_device SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XSRTP_COUNTER_MAX);
	__type(key, __u32);		/* enum xsrtp_counter */
	__type(value, __u64);
} xsrtp_counters SEC(".maps");

static __always_inline void count(__u32 counter)
{
	__u64 *n = bpf_map_lookup_elem(&xsrtp_counters, &counter);

	if (n)
		++*n;
}

#endif /* XSRTP_BPF_MAPS_H */
