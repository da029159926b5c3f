// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program: media for a local media endpoint goes to the xsrtp device,
 * what cannot be media there is dropped, handshakes go to the endpoint's
 * socket, and everything else passes untouched. Native and generic mode, from
 * Linux 5.15 on.
 *
 * A second variant (ingress_kfunc.bpf.c) first calls the module's function, which does
 * the work at once where it can. A third (ingress_guard.bpf.c) has the guard in front: what
 * that drops meets nothing here.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "class.h"
#include "flow.h"
#include "maps.h"
#include "parse.h"
#ifdef INGRESS_GUARD
#include "guard.h"
#endif

#define GUARDED	XSRTP_COUNTER_MAX	/* dropped, and counted, by the guard */

static __always_inline bool guarded(struct xdp_md *ctx, const struct packet *p, int v,
				    struct xsrtp_awaited *flow)
{
#ifdef INGRESS_GUARD
	return guard_drops(ctx, p, v, flow);
#else
	return false;
#endif
}

static __always_inline int verdict(struct xdp_md *ctx)
{
	struct xsrtp_awaited *flow = NULL;
	struct packet p = {};
	int v = parse(ctx, &p);

	if (v == ON)
		flow = flow_find(&p.to);
	if (guarded(ctx, &p, v, flow))
		return GUARDED;
	if (v != ON)
		return v;
	return flow ? media_verdict(&p) : XSRTP_COUNTER_PASSED_NO_FLOW;
}

#ifdef INGRESS_KFUNC
#define PROGRAM xsrtp_ingress_k

int bpf_xsrtp_forward(struct xdp_md *ctx) __ksym;

/*
 * What the module does not do inline is for its device. Back by the device it came by
 * is a redirect too: XDP_TX costs the same, and veth leaves what it sends lying where
 * the peer has no XDP program (drivers/net/veth.c, veth_xdp_flush()).
 */
static __always_inline int media(struct xdp_md *ctx)
{
	int out = bpf_xsrtp_forward(ctx);

	if (out < 0)
		return XDP_DROP;
	return out ? bpf_redirect(out, 0) : bpf_redirect_map(&xsrtp_device, 0, XDP_ABORTED);
}
#else
#ifdef INGRESS_GUARD
#define PROGRAM xsrtp_ingress_g
#else
#define PROGRAM xsrtp_ingress
#endif

static __always_inline int media(struct xdp_md *ctx)
{
	return bpf_redirect_map(&xsrtp_device, 0, XDP_ABORTED);
}
#endif

/*
 * Without an xsrtp device bpf_redirect_map() answers with its flags, which only it
 * does: media must not reach a socket because the device is gone.
 */
SEC("xdp")
int PROGRAM(struct xdp_md *ctx)
{
	int v = verdict(ctx), action = v < XSRTP_COUNTER_DROPPED ? XDP_PASS : XDP_DROP;

	if (v == XSRTP_COUNTER_REDIRECTED) {
		action = media(ctx);
		if (action == XDP_ABORTED) {
			action = XDP_DROP;
			v = XSRTP_COUNTER_DROPPED_XMIT;
		}
	}
	count(v);
	return action;
}

char _license[] SEC("license") = "GPL";
