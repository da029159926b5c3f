/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who sends: the budgets of unknown sources, the prefixes that the operator has banned
 * or allowed, and the offenders. A source is an IPv4 address or an IPv6 /64, which is
 * what one subscriber has (RFC 6177).
 *
 * All tables are arrays of fixed size: a flood from forged addresses has nothing to
 * fill. Two sources may share a place; the place is a hash under a secret, so that
 * nobody can aim for another's.
 */
#ifndef XSRTP_BPF_SOURCE_H
#define XSRTP_BPF_SOURCE_H

#include "guard_maps.h"
#include "hash.h"
#include "port.h"

static __always_inline struct xsrtp_source *source_find(__u64 hash)
{
	__u32 i = hash >> (64 - XSRTP_SOURCE_BITS);

	return bpf_map_lookup_elem(&guard_sources, &i);
}

static __always_inline bool is_over(__u32 until, __u64 jiffies)
{
	return until && (__s32)((__u32)(jiffies >> XSRTP_UNTIL_SHIFT) - until) >= 0;
}

static __always_inline __u32 host_state(__u64 hash, const struct xsrtp_local *from, __u64 jiffies)
{
	__u32 at = hash >> (64 - XSRTP_HOST_BITS), i;
	struct xsrtp_host_line *line = bpf_map_lookup_elem(&guard_hosts, &at);
	__u64 key = xsrtp_source_key(from);

	if (!line)
		return XSRTP_PREFIX_NONE;
#pragma unroll
	for (i = 0; i < XSRTP_HOSTS_A_LINE; i++) {
		struct xsrtp_host *h = &line->host[i];

		if (h->key == key && h->version == from->version && h->state &&
		    !is_over(h->until, jiffies))
			return h->state;
	}
	return XSRTP_PREFIX_NONE;
}

static __noinline __u32 trie_state(const struct xsrtp_local *from, __u64 jiffies)
{
	struct xsrtp_prefix6 k6 = { .bits = 128 };
	struct xsrtp_prefix4 k4 = { .bits = 32 };
	struct xsrtp_prefix_state *s;

	if (from->version == 4) {
		k4.addr = from->addr[0];
		s = bpf_map_lookup_elem(&guard_prefix4, &k4);
	} else {
		__builtin_memcpy(k6.addr, from->addr, sizeof(k6.addr));
		s = bpf_map_lookup_elem(&guard_prefix6, &k6);
	}
	return s && !is_over(s->until, jiffies) ? s->state : XSRTP_PREFIX_NONE;
}

static __always_inline bool host_maybe(const struct xsrtp_guard *g, __u64 hash)
{
	__u32 bit = hash >> (64 - XSRTP_SOURCE_BITS);

	return g->maybe[bit >> 6] >> (bit & 63) & 1;
}

static __always_inline __u32 prefix_state(const struct xsrtp_guard *g, __u64 hash,
					  const struct xsrtp_local *from, __u64 jiffies)
{
	__u32 state = XSRTP_PREFIX_NONE;

	if (g->hosts && host_maybe(g, hash))
		state = host_state(hash, from, jiffies);
	if (!state && (from->version == 4 ? g->prefixes4 : g->prefixes6))
		state = trie_state(from, jiffies);
	return state;
}

/* CPUs that meet here may lose each other's: an estimate. */
static __always_inline void port_note(__u32 port, __u32 weight, __u32 len, __u16 reason)
{
	struct xsrtp_port_drops *d = bpf_map_lookup_elem(&guard_ports, &port);

	if (!d)
		return;
	d->packets += weight;
	d->bytes += (__u64)weight * len;
	d->reason = reason;
}

/* @weight: how many packets this one stands for. */
static __noinline void offender_note(const struct xsrtp_local *from, __u64 hash, __u64 jiffies,
				     __u32 what, __u32 len)
{
	__u32 at = hash >> (64 - XSRTP_OFFENDER_BITS), weight = what >> 16 & 0xff;
	struct xsrtp_offender *o = bpf_map_lookup_elem(&guard_offenders, &at);
	__u64 key = xsrtp_source_key(from);
	__u16 port = len >> 16;

	if (!o)
		return;
	port_note(port, weight, len & 0xffff, what);
	if (o->key != key || o->version != from->version) {
		if (o->votes > weight) {
			o->votes -= weight;
			return;
		}
		__builtin_memset(o, 0, sizeof(*o));
		o->key = key;
		o->version = from->version;
		o->first = jiffies;
		o->port = port;
	}
	if (o->votes < 1 << 16)
		o->votes += weight;
	o->last = jiffies;
	o->packets += weight;
	o->bytes += (__u64)weight * (len & 0xffff);
	o->from_ports |= 1ULL << (bpf_ntohs(from->port) & 63);
	o->reason = what;
	if (o->port != port) {
		o->port = port;
		o->ports++;
	}
}
#endif /* XSRTP_BPF_SOURCE_H */
