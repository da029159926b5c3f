// SPDX-License-Identifier: GPL-2.0
/*
 * Fan-out: copies of a flow's packets for further receivers. Each of these is a flow
 * of its own, which hangs on the one it is a copy of instead of on a local port.
 *
 * A copy is taken when the packet has been unprotected and before it is protected, and
 * sent when the packet itself is on its way: whatever becomes of one, the packet and
 * the other copies do not notice. Only copies need memory on the packet's way; where
 * there is none, the copy is dropped and counted.
 *
 * Runs with BH disabled and under rcu_read_lock(), which keeps the flows.
 */
#include <linux/bpf.h>
#include <linux/skbuff.h>

#include <linux/xsrtp.h>

#include "engine.h"
#include "fanout.h"
#include "flow.h"

#define AT_ONCE	8	/* what the ciphers get together; the array is on the stack */

/* What of the packet's struct xsrtp_buf a copy needs, in skb->cb. */
struct origin {
	struct xsrtp_flow *flow;
	u16 l3;
	u16 rtp;
	u8 family;
	u8 tos;
	u8 ttl;
	bool rtcp;
};

static struct sk_buff *copy(const struct xsrtp_buf *buf, struct xsrtp_flow *flow)
{
	u32 trailer = flow->tx ? READ_ONCE(flow->state->tx.trailer) : 0;
	/* In front: for an IPv6 header instead of IPv4's, and what the device needs. */
	struct sk_buff *skb = alloc_skb(XDP_PACKET_HEADROOM + buf->len + trailer, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, XDP_PACKET_HEADROOM);
	skb_put_data(skb, buf->data, buf->len);
	*(struct origin *)skb->cb = (struct origin) {
		.flow = flow,
		.l3 = buf->l3,
		.rtp = buf->rtp,
		.family = buf->family,
		.tos = buf->tos,
		.ttl = buf->ttl,
		.rtcp = buf->rtcp,
	};
	return skb;
}

/**
 * xsrtp_fanout_take() - copy a packet for each receiver of its flow's copies
 * @copies: where they are put
 * @buf: as RTP, with the headers that it came with
 */
void xsrtp_fanout_take(struct xsrtp_net *xn, struct sk_buff_head *copies,
		       const struct xsrtp_buf *buf)
{
	struct xsrtp_flow *flow;
	struct sk_buff *skb;

	for (flow = rcu_dereference(buf->flow->copies); flow; flow = rcu_dereference(flow->next)) {
		struct xsrtp_buf none = { .flow = flow };

		xsrtp_traffic_rx(this_cpu_ptr(flow->traffic), xsrtp_buf_rtp_len(buf));
		skb = copy(buf, flow);
		if (skb)
			__skb_queue_tail(copies, skb);
		else
			xsrtp_engine_drop(xn, &none, XSRTP_REASON_NO_MEMORY);
	}
}

static void buf_from_copy(struct xsrtp_buf *buf, struct sk_buff *skb)
{
	const struct origin *o = (const struct origin *)skb->cb;

	*buf = (struct xsrtp_buf) {
		.skb = skb,
		.data = skb->data,
		.len = skb->len,
		.headroom = skb_headroom(skb),
		.tailroom = skb_tailroom(skb),
		.flow = o->flow,
		.l3 = o->l3,
		.rtp = o->rtp,
		.family = o->family,
		.tos = o->tos,
		.ttl = o->ttl,
		.rtcp = o->rtcp,
		.reason = xsrtp_engine_wants(o->flow, o->rtcp, o->ttl),
	};
}

/* Protects and sends what xsrtp_fanout_take() has put into @copies. */
void xsrtp_fanout_send(struct xsrtp_net *xn, struct net_device *dev, struct sk_buff_head *copies)
{
	struct xsrtp_buf bufs[AT_ONCE];
	unsigned int n = 0;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(copies))) {
		buf_from_copy(&bufs[n++], skb);
		if (n < AT_ONCE && !skb_queue_empty(copies))
			continue;
		xsrtp_engine_send(xn, dev, bufs, n);
		n = 0;
	}
}
