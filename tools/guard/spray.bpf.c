// SPDX-License-Identifier: GPL-2.0
/*
 * One frame becomes any number: BPF_PROG_TEST_RUN repeats it, and this gives it the
 * address, port and sequence number of an entry at random, and calls the program under
 * test. What that costs is in the bare program's time as well.
 */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <xsrtp/wire.h>

#include "spray.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct spray);
} spray_entry SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} spray_target SEC(".maps");

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	struct xsrtp_rtp_header rtp;
} __attribute__((packed));

/* xorshift64 (Marsaglia, Xorshift RNGs, 2003) */
static __always_inline __u32 pick(struct spray *s)
{
	__u64 x = s->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	s->random = x;
	return (x >> 32) * s->entries >> 32;
}

SEC("xdp")
int spray(struct xdp_md *ctx)
{
	struct frame *f = (void *)(long)ctx->data;
	__u32 zero = 0, i;
	struct spray *s = bpf_map_lookup_elem(&spray_entry, &zero);

	if (!s || (void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	i = pick(s);
	if (s->addr) {
		f->ip.saddr = bpf_htonl(s->addr + i);
		f->udp.dest = bpf_htons(s->port + (i >> (s->port_shift & 31)));
		f->rtp.seq = bpf_htons(s->n >> (s->seq_shift & 63));
	}
	s->n++;
	bpf_tail_call(ctx, &spray_target, 0);
	return XDP_ABORTED;
}

/*
 * The least that a table costs: one cache line of a slot for the port, changed, and a
 * drop. What the guard costs with many flows is to be seen beside it.
 */
struct slot {
	__u64 packets[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct slot);
} spray_slots SEC(".maps");

SEC("xdp")
int one_slot(struct xdp_md *ctx)
{
	struct frame *f = (void *)(long)ctx->data;
	struct slot *s;
	__u32 port;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	port = bpf_ntohs(f->udp.dest);
	s = bpf_map_lookup_elem(&spray_slots, &port);
	if (!s)
		return XDP_ABORTED;
	__sync_fetch_and_add(&s->packets[bpf_ntohs(f->rtp.seq) & 7], 1);
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
