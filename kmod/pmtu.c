// SPDX-License-Identifier: GPL-2.0
/*
 * The MTU of a path beyond its first link: a router further on, whose next link is too
 * small for what a flow has sent, drops it and says so by ICMP (RFC 1191 section 4,
 * RFC 8201 section 4). The stack looks for the socket that sent it. Newer ones lower the
 * route's MTU also where there is none (seen on 6.12.117; on 6.1 for IPv4), others go on
 * losing packets that nobody counts. So the errors are read here, and the MTU is lowered
 * as for a socket; mtu.c does the rest, and the flow's sender is told.
 *
 * Believed is an error that quotes a packet from a flow's source endpoint to its
 * destination endpoint, which is what the stack asks of a socket's. Who knows both can
 * forge one, and lowers the path to no less than net.ipv4.route.min_pmtu (552), or 1,280
 * bytes in IPv6: voice fits. net.ipv4.ip_no_pmtu_disc is followed.
 *
 * What a local socket sends (XSRTP_ACTION_SEND) leaves from the socket's own endpoint:
 * there the stack finds it.
 *
 * The hook is there from a namespace's first flow on. It runs with BH disabled and
 * under rcu_read_lock().
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/once.h>
#include <linux/rculist.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include <linux/xsrtp.h>

#include "flow.h"
#include "pmtu.h"

#define PATH_BITS	13	/* 64 KiB a namespace */

/* What a firewall drops is not believed, but by a rule behind this (t-73-pmtu.sh). */
#define BEHIND_FILTERS	(NF_IP_PRI_LAST - 1)

static siphash_key_t secret __read_mostly;

/* --- flows by the two ends that their packets leave and arrive at ------------------ */

static struct hlist_head *bucket(const struct xsrtp_net *xn, const struct xsrtp_endpoint *source,
				 const struct xsrtp_endpoint *destination)
{
	const u64 *s = source->addr.words, *d = destination->addr.words;
	u64 ports = (u64)(__force u16)source->port << 16 | (__force u16)destination->port;

	return &xn->paths[siphash_4u64(s[0] ^ ports, s[1], d[0], d[1], &secret) >>
			  (64 - PATH_BITS)];
}

static struct xsrtp_endpoint source_of(const struct xsrtp_flow *flow)
{
	return (struct xsrtp_endpoint) { flow->source, flow->source_port, flow->out_family };
}

static struct xsrtp_endpoint destination_of(const struct xsrtp_flow *flow)
{
	return (struct xsrtp_endpoint) { flow->destination, flow->destination_port,
					 flow->out_family };
}

/* Does a flow send from here to there? */
static bool is_path(const struct xsrtp_net *xn, const struct xsrtp_endpoint *source,
		    const struct xsrtp_endpoint *destination)
{
	struct xsrtp_flow *flow;

	hlist_for_each_entry_rcu(flow, bucket(xn, source, destination), path) {
		struct xsrtp_endpoint from = source_of(flow), to = destination_of(flow);

		if (xsrtp_endpoint_equal(&from, source) &&
		    xsrtp_endpoint_equal(&to, destination))
			return true;
	}
	return false;
}

/**
 * xsrtp_pmtu_add() - a flow, about to be published, will send from its source to its
 *	destination
 *
 * Under the namespace's mutex, after xsrtp_pmtu_watch(). Does nothing for a flow that
 * sends nothing of its own.
 */
void xsrtp_pmtu_add(struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct xsrtp_endpoint source = source_of(flow), destination = destination_of(flow);

	lockdep_assert_held(&xn->lock);
	INIT_HLIST_NODE(&flow->path);
	if (flow->action == XSRTP_ACTION_FORWARD && destination.port)
		hlist_add_head_rcu(&flow->path, bucket(xn, &source, &destination));
}

/* Before the flow's grace period, under the mutex. */
void xsrtp_pmtu_del(struct xsrtp_flow *flow)
{
	if (!hlist_unhashed(&flow->path))
		hlist_del_init_rcu(&flow->path);
}

/* --- what a router says ------------------------------------------------------------- */

/* The quoted packet, at @off: from @source to @destination by UDP? */
static bool quoted_ip4(const struct sk_buff *skb, unsigned int off, struct xsrtp_endpoint *source,
		       struct xsrtp_endpoint *destination)
{
	const struct iphdr *ip;
	struct iphdr space;

	ip = skb_header_pointer(skb, off, sizeof(space), &space);
	/* Flows send no options, and a fragment that is too large is none of theirs. */
	if (!ip || ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP ||
	    (ip->frag_off & htons(IP_OFFSET | IP_MF)))
		return false;
	*source = *destination = (struct xsrtp_endpoint) { .family = AF_INET };
	source->addr.ip = ip->saddr;
	destination->addr.ip = ip->daddr;
	return true;
}

static bool quoted_ip6(const struct sk_buff *skb, unsigned int off, struct xsrtp_endpoint *source,
		       struct xsrtp_endpoint *destination)
{
	const struct ipv6hdr *ip;
	struct ipv6hdr space;

	ip = skb_header_pointer(skb, off, sizeof(space), &space);
	if (!ip || ip->version != 6 || ip->nexthdr != IPPROTO_UDP)
		return false;
	*source = *destination = (struct xsrtp_endpoint) { .family = AF_INET6 };
	source->addr.ip6 = ip->saddr;
	destination->addr.ip6 = ip->daddr;
	return true;
}

/* Of one of our flows? The IP header is then in the linear part. */
static bool quotes_flow(const struct xsrtp_net *xn, struct sk_buff *skb, unsigned int off, bool ip4)
{
	unsigned int len = ip4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	struct xsrtp_endpoint source, destination;
	struct udphdr space;
	const struct udphdr *udp;

	if (!(ip4 ? quoted_ip4(skb, off, &source, &destination) :
		    quoted_ip6(skb, off, &source, &destination)))
		return false;
	udp = skb_header_pointer(skb, off + len, sizeof(space), &space);
	if (!udp)
		return false;
	source.port = udp->source;
	destination.port = udp->dest;
	return is_path(xn, &source, &destination) && pskb_may_pull(skb, off + len);
}

static unsigned int hook_ip4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct net *net = state->net;
	u8 policy = READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc);
	unsigned int off = ip_hdrlen(skb);
	const struct icmphdr *icmp;
	struct icmphdr space;
	u32 mtu;

	if (likely(ip_hdr(skb)->protocol != IPPROTO_ICMP))
		return NF_ACCEPT;
	icmp = skb_header_pointer(skb, off, sizeof(space), &space);
	if (!icmp || icmp->type != ICMP_DEST_UNREACH || icmp->code != ICMP_FRAG_NEEDED)
		return NF_ACCEPT;
	/* 1: the least MTU there is; 2: none is lowered; 3: only by who knows more than ports */
	mtu = policy == 1 ? 0 : ntohs(icmp->un.frag.mtu);
	if (policy >= 2 || nf_checksum(skb, state->hook, off, IPPROTO_ICMP, AF_INET))
		return NF_ACCEPT;
	off += sizeof(*icmp);
	if (!quotes_flow(xsrtp_net(net), skb, off, true))
		return NF_ACCEPT;
	/* It reads what was quoted at the skb's data. */
	__skb_pull(skb, off);
	ipv4_update_pmtu(skb, net, mtu, 0, IPPROTO_UDP);
	__skb_push(skb, off);
	return NF_ACCEPT;
}

#if IS_ENABLED(CONFIG_IPV6)
static unsigned int hook_ip6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	unsigned int off = sizeof(struct ipv6hdr);
	const struct icmp6hdr *icmp;
	struct icmp6hdr space;
	__be32 mtu;

	if (likely(ipv6_hdr(skb)->nexthdr != IPPROTO_ICMPV6))
		return NF_ACCEPT;
	icmp = skb_header_pointer(skb, off, sizeof(space), &space);
	if (!icmp || icmp->icmp6_type != ICMPV6_PKT_TOOBIG)
		return NF_ACCEPT;
	mtu = icmp->icmp6_mtu;
	if (nf_checksum(skb, state->hook, off, IPPROTO_ICMPV6, AF_INET6))
		return NF_ACCEPT;
	off += sizeof(*icmp);
	if (!quotes_flow(xsrtp_net(state->net), skb, off, false))
		return NF_ACCEPT;
	__skb_pull(skb, off);
	ip6_update_pmtu(skb, state->net, mtu, 0, 0, sock_net_uid(state->net, NULL));
	__skb_push(skb, off);
	return NF_ACCEPT;
}
#endif

static const struct nf_hook_ops pmtu_ops[] = {
	{
		.hook = hook_ip4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = BEHIND_FILTERS,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = hook_ip6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = BEHIND_FILTERS,
	},
#endif
};

/* --- the namespace ------------------------------------------------------------------ */

/* With its first flow, under its mutex. -ENOMEM. */
int xsrtp_pmtu_watch(struct xsrtp_net *xn)
{
	int err;

	get_random_once(&secret, sizeof(secret));
	xn->paths = kvcalloc(1 << PATH_BITS, sizeof(*xn->paths), GFP_KERNEL_ACCOUNT);
	if (!xn->paths)
		return -ENOMEM;
	err = nf_register_net_hooks(xn->net, pmtu_ops, ARRAY_SIZE(pmtu_ops));
	if (err)
		xsrtp_pmtu_free(xn);
	return err;
}

/* A grace period later no error is looked at any more. */
void xsrtp_pmtu_ignore(struct xsrtp_net *xn)
{
	nf_unregister_net_hooks(xn->net, pmtu_ops, ARRAY_SIZE(pmtu_ops));
}

/* After it, or where the hooks never were. */
void xsrtp_pmtu_free(struct xsrtp_net *xn)
{
	kvfree(xn->paths);
	xn->paths = NULL;
}
