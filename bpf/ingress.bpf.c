// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program: media for a local media endpoint goes to the xsrtp device,
 * what cannot be media there is dropped, handshakes go to the endpoint's
 * socket, and everything else passes untouched. Native and generic mode, from
 * Linux 5.15 on.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <xsrtp/wire.h>

#include "flow.h"
#include "maps.h"
#include "parse.h"

/* A packet to a media endpoint, by its first byte (RFC 7983 section 7). */
static __always_inline int media_verdict(const struct packet *p)
{
	if (p->fault)
		return p->fault;
	switch (xsrtp_class(p->first)) {
	case XSRTP_CLASS_RTP:
		return XSRTP_COUNTER_REDIRECTED;
	case XSRTP_CLASS_STUN:
		return XSRTP_COUNTER_PASSED_STUN;
	case XSRTP_CLASS_ZRTP:
		return XSRTP_COUNTER_PASSED_ZRTP;
	case XSRTP_CLASS_DTLS:
		return XSRTP_COUNTER_PASSED_DTLS;
	case XSRTP_CLASS_TURN:
		return XSRTP_COUNTER_PASSED_TURN;
	default:
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	}
}

static __always_inline int verdict(struct xdp_md *ctx)
{
	struct packet p = {};
	int v = parse(ctx, &p);

	if (v != ON)
		return v;
	return flow_known(&p.local) ? media_verdict(&p) : XSRTP_COUNTER_PASSED_NO_FLOW;
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
