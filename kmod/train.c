// SPDX-License-Identifier: GPL-2.0
/*
 * Trains: packets of one size that are one skb, as a sender's UDP GSO made it or GRO
 * merged it. Generic XDP sees the first of them only, and lets the train pass to the
 * local stack if that is a handshake (RFC 7983); media behind it would reach the
 * socket of a media endpoint without having been authenticated. So a train is looked
 * at once more, by a netfilter hook at its entry to the IP stack. Native XDP sees every
 * packet by itself, and GRO merges behind it only what it has passed.
 *
 * The hook is there from a namespace's first flow on. It runs with BH disabled and
 * under rcu_read_lock().
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>

#include <xsrtp/wire.h>

#include "engine.h"
#include "flow.h"
#include "train.h"

static enum xsrtp_class class_at(const struct sk_buff *skb, unsigned int off)
{
	const u8 *p;
	u8 first;

	p = skb_header_pointer(skb, off, sizeof(first), &first);
	return p ? xsrtp_class(*p) : XSRTP_CLASS_NONE;
}

/* A train whose payload begins at @off: media behind what is none? */
static bool hides_media(const struct sk_buff *skb, unsigned int off)
{
	if (class_at(skb, off) == XSRTP_CLASS_RTP)
		return false;
	while ((off += skb_shinfo(skb)->gso_size) < skb->len) {
		if (class_at(skb, off) == XSRTP_CLASS_RTP)
			return true;
	}
	return false;
}

/* Where the UDP header of an IP packet without options is; 0: it is none. */
static unsigned int udp_offset(const struct sk_buff *skb, struct xsrtp_endpoint *to)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	const struct iphdr *ip = ip_hdr(skb);

	if (skb->protocol == htons(ETH_P_IP)) {
		to->family = AF_INET;
		to->addr.ip = ip->daddr;
		return ip->protocol == IPPROTO_UDP && ip->ihl == 5 ? sizeof(*ip) : 0;
	}
	to->family = AF_INET6;
	to->addr.ip6 = ip6->daddr;
	return ip6->nexthdr == IPPROTO_UDP ? sizeof(*ip6) : 0;
}

static void drop(struct xsrtp_net *xn, struct xsrtp_flow *flow, struct sk_buff *skb, u32 len)
{
	struct xsrtp_buf buf = { .skb = skb, .flow = flow };

	xsrtp_traffic_rx(this_cpu_ptr(flow->traffic), len);
	xsrtp_traffic_rx(&this_cpu_ptr(xn->stats)->traffic, len);
	xsrtp_engine_drop(xn, &buf, XSRTP_REASON_MALFORMED);
}

static unsigned int train_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct xsrtp_net *xn = xsrtp_net(state->net);
	struct xsrtp_endpoint to = {};
	struct udphdr space, *udp;
	struct xsrtp_flow *flow;
	unsigned int off;

	if (likely(!skb_is_gso(skb)))
		return NF_ACCEPT;
	off = udp_offset(skb, &to);
	udp = off ? skb_header_pointer(skb, off, sizeof(space), &space) : NULL;
	if (!udp)
		return NF_ACCEPT;
	to.port = udp->dest;
	flow = xsrtp_flow_find(xn, &to);
	off += sizeof(*udp);
	if (!flow || !hides_media(skb, off))
		return NF_ACCEPT;
	drop(xn, flow, skb, skb->len - off);
	return NF_STOLEN;
}

static const struct nf_hook_ops train_ops[] = {
	{
		.hook = train_hook,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_FIRST,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = train_hook,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_FIRST,
	},
#endif
};

int xsrtp_train_watch(struct net *net)
{
	return nf_register_net_hooks(net, train_ops, ARRAY_SIZE(train_ops));
}

/* A grace period later no packet is looked at any more. */
void xsrtp_train_ignore(struct net *net)
{
	nf_unregister_net_hooks(net, train_ops, ARRAY_SIZE(train_ops));
}
