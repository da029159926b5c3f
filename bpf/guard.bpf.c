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
	struct packet p = {};
	int v = parse(ctx, &p);

	return guard_drops(ctx, &p, v, NULL) ? XDP_DROP : pass(ctx);
}

char _license[] SEC("license") = "GPL";
