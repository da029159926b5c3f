// SPDX-License-Identifier: GPL-2.0
/*
 * The guard's time, for userspace, which cannot read it otherwise: run by
 * BPF_PROG_TEST_RUN, it writes both clocks into the packet, at the same moment.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xsrtp_clock(struct xdp_md *ctx)
{
	__u64 *at = (void *)(long)ctx->data;

	if ((void *)(at + 2) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	at[0] = bpf_jiffies64();
	at[1] = bpf_ktime_get_ns();
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
