// SPDX-License-Identifier: GPL-2.0
/*
 * The guard alone, in front of any media server on this host: what it lets through goes
 * on to the sockets as if it were not there, and what is not for a media port passes
 * untouched. No module, no daemon. Native and generic mode, from Linux 5.15 on.
 */
#define PARSE_PAYLOAD
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "guard.h"
#include "parse.h"

#ifdef GUARD_NEXT
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} guard_next SEC(".maps");
#endif

/* To the program behind, if there is one, which decides instead. */
static __always_inline int pass(struct xdp_md *ctx)
{
#ifdef GUARD_NEXT
	bpf_tail_call(ctx, &guard_next, 0);
#endif
	return XDP_PASS;
}

SEC("xdp")
int xsrtp_guard(struct xdp_md *ctx)
{
	struct xsrtp_guard_cpu *cpu = guard_cpu_get();
	struct subject s = { .ctx = ctx, .pol = guard_policy_get(), .g = guard_state_get() };
	struct packet p = {};
	int v = parse(ctx, &p);

	if (!cpu || !s.pol || !s.g)
		return pass(ctx);
	if (v == ON) {
		v = XSRTP_COUNTER_PASSED_NO_FLOW;
		s.local = port_number(p.to.port);
		s.len = ctx->data_end - ctx->data;
		if (is_media_port(s.pol, s.local))
			v = guard_verdict(&s, &p);
		if (is_drop(v))
			note_drop(&s, &p, cpu, v);
	}
	if (v < 0 || v >= XSRTP_GUARD_MAX)
		return pass(ctx);
	/* 6.1 loses the range on paths that cannot be (umin 21, umax 17): it gets another. */
	asm volatile("%0 &= 31" : "+r"(v));
	if (!is_drop(v)) {
		cpu->count[v]++;
		return pass(ctx);
	}
	if (s.pol->observe) {
		cpu->would[v]++;
		return pass(ctx);
	}
	cpu->count[v]++;
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
