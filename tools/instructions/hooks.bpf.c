// SPDX-License-Identifier: GPL-2.0
/*
 * What a packet's cost is measured against: dropped, sent back, or redirected, by
 * the hook of the device that it comes to and by nothing else. "pass" is there
 * because some drivers take redirected frames only with a program attached.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} hooks_out SEC(".maps");

SEC("xdp")
int hook_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int hook_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int hook_tx(struct xdp_md *ctx)
{
	return XDP_TX;
}

SEC("xdp")
int hook_redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&hooks_out, 0, XDP_DROP);
}

char _license[] SEC("license") = "GPL";
