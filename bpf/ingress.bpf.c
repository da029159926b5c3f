// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program: media for a local media endpoint goes to the xsrtp device,
 * what cannot be media there is dropped, handshakes go to the endpoint's
 * socket, and everything else passes untouched. Native and generic mode, from
 * Linux 5.15 on.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "class.h"
#include "flow.h"
#include "maps.h"
#include "parse.h"

static __always_inline int verdict(struct xdp_md *ctx)
{
	struct packet p = {};
	int v = parse(ctx, &p);

	if (v != ON)
		return v;
	return flow_known(&p.to) ? media_verdict(&p) : XSRTP_COUNTER_PASSED_NO_FLOW;
}

/*
 * Without an xsrtp device bpf_redirect_map() answers XDP_DROP, as told by its
 * flags: media must not reach a socket because the device is gone.
 */
SEC("xdp")
int xsrtp_ingress(struct xdp_md *ctx)
{
	int v = verdict(ctx), action = v < XSRTP_COUNTER_DROPPED ? XDP_PASS : XDP_DROP;

	if (v == XSRTP_COUNTER_REDIRECTED) {
		action = bpf_redirect_map(&xsrtp_device, 0, XDP_DROP);
		if (action != XDP_REDIRECT)
			v = XSRTP_COUNTER_DROPPED_XMIT;
	}
	count(v);
	return action;
}

char _license[] SEC("license") = "GPL";
