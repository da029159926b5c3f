/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard's maps, by names of at most 15 characters. BPF_F_MMAPABLE puts the values
 * of an array on a page, and so each on its own cache line.
 */
#ifndef XSRTP_BPF_GUARD_MAPS_H
#define XSRTP_BPF_GUARD_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "guard_state.h"
#include "policy.h"
#include "port.h"

#define GUARD_ARRAY(name, n, t)				\
	struct {					\
		__uint(type, BPF_MAP_TYPE_ARRAY);	\
		__uint(max_entries, n);			\
		__uint(map_flags, BPF_F_MMAPABLE);	\
		__type(key, __u32);			\
		__type(value, t);			\
	} name SEC(".maps")

/*
 * Sizes and not types: to kernels before 6.2 a map with BTF is another kind than one
 * without (timer_off: -ENOENT, -EINVAL), and none of them may take its place
 * (kernel/bpf/map_in_map.c, bpf_map_meta_equal()).
 */
struct guard_policy_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct xsrtp_policy));
};

/* The policy that holds: a packet that has begun under another ends under it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct guard_policy_inner);
} guard_policy SEC(".maps");

GUARD_ARRAY(guard_state, 1, struct xsrtp_guard);
GUARD_ARRAY(guard_sources, XSRTP_SOURCES, struct xsrtp_source);
GUARD_ARRAY(guard_hosts, XSRTP_HOST_LINES, struct xsrtp_host_line);
GUARD_ARRAY(guard_offenders, XSRTP_OFFENDERS, struct xsrtp_offender);
GUARD_ARRAY(guard_ports, XSRTP_PORTS, struct xsrtp_port_drops);
GUARD_ARRAY(guard_ends, XSRTP_PORTS, struct xsrtp_ends);
GUARD_ARRAY(guard_talkers, XSRTP_PORTS, struct xsrtp_talkers);
GUARD_ARRAY(guard_talkers_c, XSRTP_CANDIDATES, struct xsrtp_candidate);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xsrtp_guard_cpu);
} guard_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, XSRTP_PREFIXES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xsrtp_prefix4);
	__type(value, struct xsrtp_prefix_state);
} guard_prefix4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, XSRTP_PREFIXES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xsrtp_prefix6);
	__type(value, struct xsrtp_prefix_state);
} guard_prefix6 SEC(".maps");

#endif /* XSRTP_BPF_GUARD_MAPS_H */
