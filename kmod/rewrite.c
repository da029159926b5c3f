// SPDX-License-Identifier: GPL-2.0
/*
 * Rewriting and sending: new headers in front of the RTP packet, the next hop
 * from the kernel's own routing and neighbour tables, and out.
 *
 * A route is cached per flow and CPU, and its validity checked for every packet
 * (dst_cache); the neighbour is looked up for every packet. So a change of
 * either is followed with the next packet, or where the kernel does not tell
 * (route6_age()) within a second.
 *
 * There are two ways out. The fast one: frames of a burst that leave by the
 * same device, when that takes XDP frames and the next hop's address is known,
 * go to it in one call. The other: an skb to the neighbour layer, which resolves
 * addresses, queues what waits for it, and reaches every kind of device. Both
 * pass by netfilter, as XDP does. A route that wants more than a neighbour
 * (IPsec, encapsulation) gets its own output function and never less. What is too
 * large for its way (mtu.c) goes by skbs too, in fragments, or not at all.
 *
 * Runs with BH disabled and under rcu_read_lock().
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/arp.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ip.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>
#include <net/xdp.h>

#include <linux/xsrtp.h>
#include <xsrtp/mark.h>

#include "compat.h"
#include "device.h"
#include "engine.h"
#include "flow.h"
#include "mtu.h"
#include "rewrite.h"

static u32 ip_hlen(u8 family)
{
	return family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/* Frees what a packet came as; one that is its driver's the driver frees. */
void xsrtp_rewrite_free(struct xsrtp_buf *buf)
{
	if (buf->frame)
		xdp_return_frame_rx_napi(buf->frame);
	else if (buf->skb)
		kfree_skb(buf->skb);
	buf->frame = NULL;
	buf->skb = NULL;
}

#define TRAILER_MAX	(XSRTP_TAG_MAX + XSRTP_MKI_MAX + 4)	/* 4: SRTCP's index, or cryptex */

/*
 * A frame cannot grow, but XDP keeps room in front: the packet moves there. Where
 * there is not enough either, the core will find no room for the tag.
 */
static void shift_frame(struct xsrtp_buf *buf, u32 headers)
{
	u32 trailer, by;

	/* Most drivers' frames have plenty, and the flow need not be asked. */
	if (likely(buf->tailroom >= TRAILER_MAX) || !buf->flow->tx)
		return;
	trailer = READ_ONCE(buf->flow->state->tx.trailer);
	if (trailer <= buf->tailroom)
		return;
	by = ALIGN(trailer - buf->tailroom, sizeof(u64));
	if (by > buf->headroom || headers + by > buf->headroom + buf->rtp)
		return;
	memmove(buf->data - by, buf->data, buf->len);
	buf->data -= by;
	buf->headroom -= by;
	buf->tailroom += by;
}

/**
 * xsrtp_rewrite_make_room() - make a packet writable, with room at both ends
 *
 * For the larger headers and the trailer that its flow will give it.
 *
 * Return: enum xsrtp_reason
 */
u8 xsrtp_rewrite_make_room(struct xsrtp_buf *buf)
{
	const struct xsrtp_flow *flow = buf->flow;
	u8 family = flow->action == XSRTP_ACTION_DELIVER ? flow->family : flow->out_family;
	u32 headers = ETH_HLEN + ip_hlen(family) + sizeof(struct udphdr);
	u32 front = buf->headroom + buf->rtp, trailer, nhead, ntail;
	struct sk_buff *skb = buf->skb;

	if (!skb) {
		shift_frame(buf, headers);
		return XSRTP_REASON_OK;
	}
	trailer = flow->tx ? READ_ONCE(flow->state->tx.trailer) : 0;
	nhead = headers > front ? headers - front : 0;
	ntail = trailer > buf->tailroom ? trailer - buf->tailroom : 0;
	if (!nhead && !ntail && !skb_cloned(skb))
		return XSRTP_REASON_OK;
	if (pskb_expand_head(skb, SKB_DATA_ALIGN(nhead), ntail, GFP_ATOMIC))
		return XSRTP_REASON_NO_MEMORY;
	buf->data = skb->data;
	buf->headroom = skb_headroom(skb);
	buf->tailroom = skb_tailroom(skb) + (skb->len - buf->len);
	return XSRTP_REASON_OK;
}

/* --- headers ----------------------------------------------------------------- */

static void write_udp(struct udphdr *udp, __be16 sport, __be16 dport, u32 len)
{
	udp->source = sport;
	udp->dest = dport;
	udp->len = htons(len);
	udp->check = 0;
}

/* A sum of zero is sent as its other form: zero would mean "no checksum". */
static void sum_udp4(struct udphdr *udp, u32 len, __be32 saddr, __be32 daddr)
{
	__wsum sum = csum_partial(udp, len, 0);

	udp->check = csum_tcpudp_magic(saddr, daddr, len, IPPROTO_UDP, sum);
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
}

static void sum_udp6(struct udphdr *udp, u32 len, const struct in6_addr *saddr,
		     const struct in6_addr *daddr)
{
	__wsum sum = csum_partial(udp, len, 0);

	udp->check = csum_ipv6_magic(saddr, daddr, len, IPPROTO_UDP, sum);
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
}

/* What an IPv4 header says about fragments; ours, if the packet was IPv6. */
static void fragment_fields(const struct xsrtp_buf *buf, __be16 *id, __be16 *frag_off)
{
	const struct iphdr *ip = (const struct iphdr *)(buf->data + buf->l3);

	/* RFC 6864 4: with DF set, the id means nothing. */
	*id = buf->family == AF_INET ? ip->id : 0;
	*frag_off = buf->family == AF_INET ? ip->frag_off & htons(IP_DF) : htons(IP_DF);
}

/* A local socket is no hop. */
static u8 hops(const struct xsrtp_buf *buf, const struct xsrtp_flow *flow)
{
	return buf->ttl - (flow->action == XSRTP_ACTION_FORWARD);
}

static void write_ip4(const struct xsrtp_buf *buf, const struct xsrtp_flow *flow, u8 *l3,
		      u32 udp_len)
{
	struct udphdr *udp = (struct udphdr *)(l3 + sizeof(struct iphdr));
	struct iphdr *ip = (struct iphdr *)l3;
	__be16 id, frag_off;

	fragment_fields(buf, &id, &frag_off);
	*ip = (struct iphdr) {
		.version = 4,
		.ihl = 5,
		.tos = buf->tos,
		.tot_len = htons(sizeof(*ip) + udp_len),
		.id = id,
		.frag_off = frag_off,
		.ttl = hops(buf, flow),
		.protocol = IPPROTO_UDP,
		.saddr = flow->source.ip,
		.daddr = flow->destination.ip,
	};
	ip->check = ip_fast_csum(ip, 5);
	write_udp(udp, flow->source_port, flow->destination_port, udp_len);
	sum_udp4(udp, udp_len, flow->source.ip, flow->destination.ip);
}

static void write_ip6(const struct xsrtp_buf *buf, const struct xsrtp_flow *flow, u8 *l3,
		      u32 udp_len)
{
	struct udphdr *udp = (struct udphdr *)(l3 + sizeof(struct ipv6hdr));
	struct ipv6hdr *ip6 = (struct ipv6hdr *)l3;

	ip6_flow_hdr(ip6, buf->tos, 0);
	ip6->payload_len = htons(udp_len);
	ip6->nexthdr = IPPROTO_UDP;
	ip6->hop_limit = hops(buf, flow);
	ip6->saddr = flow->source.ip6;
	ip6->daddr = flow->destination.ip6;
	write_udp(udp, flow->source_port, flow->destination_port, udp_len);
	sum_udp6(udp, udp_len, &flow->source.ip6, &flow->destination.ip6);
}

/* Lets the packet begin @headers in front of its RTP header. */
static void move_start(struct xsrtp_buf *buf, u32 headers)
{
	int delta = buf->rtp - headers;

	buf->data += delta;
	buf->headroom += delta;
	buf->len -= delta;
	buf->rtp = headers;
	buf->l3 = ETH_HLEN;
}

/*
 * New headers straight in front of the RTP packet, whatever was there (a VLAN
 * tag, the other IP version). The Ethernet addresses are not known yet.
 */
static u8 write_headers(struct xsrtp_buf *buf, const struct xsrtp_flow *flow)
{
	u32 headers = ETH_HLEN + ip_hlen(flow->out_family) + sizeof(struct udphdr);
	u32 udp_len = sizeof(struct udphdr) + xsrtp_buf_rtp_len(buf);
	struct ethhdr *eth;
	u8 *start;

	if (headers > buf->headroom + buf->rtp)
		return XSRTP_REASON_NO_ROOM;
	start = buf->data + buf->rtp - headers;
	if (flow->out_family == AF_INET)
		write_ip4(buf, flow, start + ETH_HLEN, udp_len);
	else
		write_ip6(buf, flow, start + ETH_HLEN, udp_len);
	move_start(buf, headers);
	buf->family = flow->out_family;

	eth = (struct ethhdr *)buf->data;
	eth_zero_addr(eth->h_dest);
	eth_zero_addr(eth->h_source);
	eth->h_proto = buf->family == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	return XSRTP_REASON_OK;
}

/* For the local stack: the headers stay, what depends on the length is set. */
static void update_headers(struct xsrtp_buf *buf)
{
	u32 udp_len = sizeof(struct udphdr) + xsrtp_buf_rtp_len(buf);
	struct udphdr *udp = (struct udphdr *)(buf->data + buf->rtp) - 1;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)(buf->data + buf->l3);
	struct iphdr *ip = (struct iphdr *)(buf->data + buf->l3);
	u32 tag = buf->l3 - ETH_HLEN;
	__be16 proto;

	write_udp(udp, udp->source, udp->dest, udp_len);
	if (buf->family == AF_INET) {
		proto = htons(ETH_P_IP);
		ip->tot_len = htons(sizeof(*ip) + udp_len);
		ip->check = 0;
		ip->check = ip_fast_csum(ip, 5);
		sum_udp4(udp, udp_len, ip->saddr, ip->daddr);
	} else {
		proto = htons(ETH_P_IPV6);
		ip6->payload_len = htons(udp_len);
		sum_udp6(udp, udp_len, &ip6->saddr, &ip6->daddr);
	}

	/* A VLAN tag goes: the device it belongs to is not where this arrives. */
	memmove(buf->data + tag, buf->data, 2 * ETH_ALEN);
	move_start(buf, buf->rtp - tag);
	((struct ethhdr *)buf->data)->h_proto = proto;
}

/* --- next hop ------------------------------------------------------------------ */

/* No loops, and nothing that IP would not forward to either. */
static bool usable(const struct dst_entry *dst)
{
	return !dst->error && !(dst->dev->flags & IFF_LOOPBACK) && !xsrtp_device_is(dst->dev);
}

static struct dst_entry *route4(const struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct flowi4 fl4 = {
		.saddr = flow->source.ip,
		.daddr = flow->destination.ip,
		.fl4_sport = flow->source_port,
		.fl4_dport = flow->destination_port,
		.flowi4_proto = IPPROTO_UDP,
	};
	struct rtable *rt;
	__be32 saddr;

	rt = dst_cache_get_ip4(&flow->dst_cache, &saddr);
	if (likely(rt))
		return &rt->dst;
	if (!flow->destination_port)
		return NULL;
	/* Fails for a source address that is not this host's. */
	rt = ip_route_output_key(xn->net, &fl4);
	if (IS_ERR(rt))
		return NULL;
	if (rt->rt_type != RTN_UNICAST || !usable(&rt->dst)) {
		ip_rt_put(rt);
		return NULL;
	}
	dst_cache_set_ip4(&flow->dst_cache, &rt->dst, fl4.saddr);
	return &rt->dst;
}

#if IS_ENABLED(CONFIG_IPV6)
#define ROUTE6_AGE	(HZ / 2)

/*
 * A cached IPv6 route is found out of date by what happens in its own table (fib6's
 * serial numbers), not by a route in another table that a rule asks before. So none
 * is kept longer than this. (IPv4 has one generation for all of a namespace.)
 */
static void route6_age(struct xsrtp_flow *flow)
{
	if (unlikely(time_after(jiffies, READ_ONCE(flow->dst_cache.reset_ts) + ROUTE6_AGE)))
		dst_cache_reset(&flow->dst_cache);
}

static struct dst_entry *route6(const struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct flowi6 fl6 = {
		.saddr = flow->source.ip6,
		.daddr = flow->destination.ip6,
		.fl6_sport = flow->source_port,
		.fl6_dport = flow->destination_port,
		.flowi6_proto = IPPROTO_UDP,
	};
	struct dst_entry *dst;
	struct in6_addr saddr;

	route6_age(flow);
	dst = dst_cache_get_ip6(&flow->dst_cache, &saddr);
	if (likely(dst))
		return dst;
	if (!flow->destination_port)
		return NULL;
	/* IPv4's lookup asks this by itself. */
	if (!ipv6_chk_addr(xn->net, &flow->source.ip6, NULL, 0))
		return NULL;
	dst = ip6_dst_lookup_flow(xn->net, NULL, &fl6, NULL);
	if (IS_ERR(dst))
		return NULL;
	if (!usable(dst)) {
		dst_release(dst);
		return NULL;
	}
	dst_cache_set_ip6(&flow->dst_cache, dst, &fl6.saddr);
	return dst;
}
#else
static struct dst_entry *route6(const struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	return NULL;
}
#endif

/* The route to the flow's destination, with a reference; NULL: there is none. */
static struct dst_entry *route(const struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct dst_entry *dst = flow->out_family == AF_INET ? route4(xn, flow) : route6(xn, flow);

	/*
	 * A device that goes down keeps its routes a moment longer, drops what it is given
	 * meanwhile, and tells it as congestion (__dev_close_many(), noop_enqueue()).
	 */
	if (dst && unlikely(!netif_running(dst->dev))) {
		dst_release(dst);
		return NULL;
	}
	return dst;
}

/* Why there is none: one that follows may not know whereto yet. */
static u8 no_route(const struct xsrtp_flow *flow)
{
	return flow->destination_port ? XSRTP_REASON_NO_ROUTE : XSRTP_REASON_NO_DESTINATION;
}

struct hop {
	struct neigh_table *table;
	const void *key;
};

/* Whose link-layer address is needed: a gateway's, or the destination's, @daddr. */
static struct hop next_hop(const struct dst_entry *dst, u8 family, const void *daddr)
{
	const struct rtable *rt;

#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6) {
		const struct rt6_info *rt6 = container_of(dst, struct rt6_info, dst);

		return (struct hop) { &nd_tbl, rt6_nexthop(rt6, daddr) };
	}
#endif
	rt = container_of(dst, struct rtable, dst);
#if IS_ENABLED(CONFIG_IPV6)
	if (rt->rt_gw_family == AF_INET6)	/* RFC 5549 */
		return (struct hop) { &nd_tbl, &rt->rt_gw6 };
#endif
	if (rt->rt_gw_family == AF_INET)
		return (struct hop) { &arp_tbl, &rt->rt_gw4 };
	return (struct hop) { &arp_tbl, daddr };
}

static struct neighbour *neigh_known(struct net_device *dev, const struct hop *hop)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (hop->table == &nd_tbl)
		return __ipv6_neigh_lookup_noref(dev, hop->key);
#endif
	return __ipv4_neigh_lookup_noref(dev, *(const u32 *)hop->key);
}

/* --- the skb way ---------------------------------------------------------------- */

/* Writes back into the frame what has become of the packet. */
static void frame_sync(const struct xsrtp_buf *buf)
{
	struct xdp_frame *frame = buf->frame;

	frame->data = buf->data;
	frame->len = buf->len;
	frame->headroom = buf->headroom;
	frame->metasize = 0;
}

/* The same for an skb: free of all that it brought along. */
static void skb_sync(const struct xsrtp_buf *buf, struct net_device *dev)
{
	struct sk_buff *skb = buf->skb;
	int delta = buf->data - skb->data;

	skb_scrub_packet(skb, true);
	skb_metadata_clear(skb);
	__vlan_hwaccel_clear_tag(skb);
	if (delta < 0)
		skb_push(skb, -delta);
	else
		__skb_pull(skb, delta);
	if (buf->len > skb->len)
		skb_put(skb, buf->len - skb->len);
	else
		__skb_trim(skb, buf->len);
	skb->dev = dev;
	skb->protocol = eth_type_trans(skb, dev);
	skb->encapsulation = 0;
	skb->csum_valid = 0;
}

/*
 * The packet as an skb of @dev that begins with its IP header. The checksums in
 * it are right. NULL: no memory; then @buf still owns the frame.
 */
static struct sk_buff *to_skb(struct xsrtp_buf *buf, struct net_device *dev)
{
	struct sk_buff *skb;

	if (buf->frame) {
		frame_sync(buf);
		skb = xdp_build_skb_from_frame(buf->frame, dev);
		if (!skb)
			return NULL;
	} else {
		skb_sync(buf, dev);
		skb = buf->skb;
	}
	buf->frame = NULL;
	buf->skb = NULL;

	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_NONE;
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, ip_hlen(buf->family));
	memset(skb->cb, 0, sizeof(skb->cb));
	return skb;
}

typedef int (*output_fn)(struct net *net, struct sock *sk, struct sk_buff *skb);

static void count_tx(struct xsrtp_net *xn, const struct xsrtp_buf *buf)
{
	xsrtp_traffic_tx(this_cpu_ptr(buf->flow->traffic), buf->sent);
	xsrtp_traffic_tx(&this_cpu_ptr(xn->stats)->traffic, buf->sent);
}

/* Hands @skb, an IP packet with its route set, to the next hop. Consumes it. */
static int output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	u8 family = skb->protocol == htons(ETH_P_IP) ? AF_INET : AF_INET6;
	struct dst_entry *dst = skb_dst(skb);
	struct net_device *dev = dst->dev;
	struct neighbour *neigh;
	struct hop hop;

	if (dst_xfrm(dst) || dst->lwtstate)
		return dst_output(net, sk, skb);
	if (skb_cow_head(skb, LL_RESERVED_SPACE(dev)))
		goto drop;
	hop = next_hop(dst, family, family == AF_INET ? (const void *)&ip_hdr(skb)->daddr :
							(const void *)&ipv6_hdr(skb)->daddr);
	neigh = neigh_known(dev, &hop);
	if (!neigh)
		neigh = __neigh_create(hop.table, hop.key, dev, false);
	if (IS_ERR(neigh))
		goto drop;
	/* The cached Ethernet header is of the table's protocol. */
	return neigh_output(neigh, skb, (hop.table == &arp_tbl) != (family == AF_INET));
drop:
	kfree_skb(skb);
	return NET_XMIT_DROP;
}

/* For what a local socket sent: not to come here again. */
static int output_marked(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	skb->skb_iif = (int)XSRTP_MARK_PROTECTED;
	return output(net, sk, skb);
}

/*
 * The same in fragments. The sender's identification is of no use: fragments of
 * several senders leave under one address (RFC 6864 4.3).
 */
static int output_cut(struct net *net, struct sk_buff *skb, output_fn out)
{
	if (skb->protocol == htons(ETH_P_IPV6)) {
		skb->ignore_df = 1;	/* ip6_fragment(): by the source, not by a router */
		return ipv6_stub->ipv6_fragment(net, NULL, skb, out);
	}
	__ip_select_ident(net, ip_hdr(skb), 1);
	return ip_do_fragment(net, NULL, skb, out);
}

/*
 * Sends a packet whose headers are written, if need be in fragments. Takes the
 * reference to @dst.
 */
static void send_skb(struct xsrtp_net *xn, struct xsrtp_buf *buf, struct dst_entry *dst, bool cut)
{
	output_fn out = buf->flow->action == XSRTP_ACTION_SEND ? output_marked : output;
	struct sk_buff *skb = to_skb(buf, dst->dev);
	int err;

	if (!skb) {
		dst_release(dst);
		xsrtp_engine_drop(xn, buf, XSRTP_REASON_NO_MEMORY);
		return;
	}
	skb_dst_set(skb, dst);
	if (buf->family == AF_INET)
		skb->priority = rt_tos2priority(buf->tos);
	err = cut ? output_cut(xn->net, skb, out) : out(xn->net, NULL, skb);
	if (net_xmit_eval(err))	/* a macro that reads its argument twice */
		xsrtp_engine_drop(xn, buf, XSRTP_REASON_XMIT);
	else
		count_tx(xn, buf);
}

/* --- the fast way ---------------------------------------------------------------- */

/* The neighbour that frames go to; NULL: they cannot go to the device as they are. */
static struct neighbour *frame_neigh(const struct xsrtp_flow *flow, const struct dst_entry *dst)
{
	struct net_device *dev = dst->dev;
	struct neighbour *neigh;
	struct hop hop;

	if (!compat_can_xdp_xmit(dev) || dev->type != ARPHRD_ETHER || dst_xfrm(dst) || dst->lwtstate)
		return NULL;
	hop = next_hop(dst, flow->out_family, &flow->destination);
	neigh = neigh_known(dev, &hop);
	/* Also keeps the entry in use, and has a stale one verified. */
	if (!neigh || !(READ_ONCE(neigh->nud_state) & NUD_VALID) || neigh_event_send(neigh, NULL))
		return NULL;
	return neigh;
}

static void address_frame(struct xsrtp_buf *buf, struct net_device *dev, struct neighbour *neigh)
{
	struct ethhdr *eth = (struct ethhdr *)buf->data;

	neigh_ha_snapshot(eth->h_dest, neigh, dev);
	ether_addr_copy(eth->h_source, dev->dev_addr);
}

/* The frames of @pick by the device they all leave by. */
static void send_frames(struct xsrtp_net *xn, struct net_device *dev, struct xsrtp_buf **pick,
			unsigned int n)
{
	struct xdp_frame *frames[XSRTP_BURST];
	struct dst_entry *dst;
	unsigned int i;
	int sent;

	for (i = 0; i < n; i++) {
		frame_sync(pick[i]);
		frames[i] = pick[i]->frame;
	}
	sent = dev->netdev_ops->ndo_xdp_xmit(dev, n, frames, XDP_XMIT_FLUSH);
	for (i = 0; sent > 0 && i < sent; i++) {
		pick[i]->frame = NULL;
		count_tx(xn, pick[i]);
	}
	if (sent >= 0) {
		for (; i < n; i++)
			xsrtp_engine_drop(xn, pick[i], XSRTP_REASON_XMIT);
		return;
	}

	/* It cannot at all (a veth whose peer has no NAPI): it still takes skbs. */
	for (i = 0; i < n; i++) {
		dst = route(xn, pick[i]->flow);
		if (dst)
			send_skb(xn, pick[i], dst, false);
		else
			xsrtp_engine_drop(xn, pick[i], no_route(pick[i]->flow));
	}
}

/* Groups the addressed frames by device, in order. */
static void flush(struct xsrtp_net *xn, struct xsrtp_buf *bufs, unsigned int n)
{
	struct xsrtp_buf *pick[XSRTP_BURST];
	struct net_device *dev;
	unsigned int i, j, m;

	for (i = 0; i < n; i++) {
		dev = bufs[i].out;
		if (!dev)
			continue;
		for (m = 0, j = i; j < n; j++) {
			if (bufs[j].out != dev)
				continue;
			bufs[j].out = NULL;
			pick[m++] = &bufs[j];
		}
		send_frames(xn, dev, pick, m);
	}
}

/* --- send --------------------------------------------------------------------------- */

/* By how many bytes a packet that grows by @growth is too large for its way. */
static u32 excess(const struct xsrtp_buf *buf, const struct dst_entry *dst, u32 growth)
{
	u32 len = ip_hlen(buf->flow->out_family) + sizeof(struct udphdr) +
		  xsrtp_buf_rtp_len(buf) + growth;
	u32 mtu = min(dst_mtu(dst), dst->dev->mtu);

	return len > mtu ? len - mtu : 0;
}

/* Sends what fits, or is to be cut so that it does. Takes the reference to @dst. */
static void forward_on(struct xsrtp_net *xn, struct xsrtp_buf *buf, struct dst_entry *dst,
		       bool cut)
{
	struct neighbour *neigh;
	u8 reason = write_headers(buf, buf->flow);

	if (reason != XSRTP_REASON_OK) {
		dst_release(dst);
		xsrtp_engine_drop(xn, buf, reason);
		return;
	}
	neigh = buf->frame && !cut ? frame_neigh(buf->flow, dst) : NULL;
	if (neigh) {
		address_frame(buf, dst->dev, neigh);
		/* RCU keeps the device until the burst is out. */
		buf->out = dst->dev;
		dst_release(dst);
		return;
	}
	send_skb(xn, buf, dst, cut);
}

static void forward(struct xsrtp_net *xn, struct xsrtp_buf *buf)
{
	struct dst_entry *dst = route(xn, buf->flow);
	bool cut;
	u32 over;

	if (!dst) {
		xsrtp_engine_drop(xn, buf, no_route(buf->flow));
		return;
	}
	over = excess(buf, dst, 0);
	cut = over && xsrtp_mtu_may_cut(buf);
	if (over && !cut) {
		xsrtp_mtu_tell(xn, buf, dst->dev, over);
		dst_release(dst);
		xsrtp_engine_drop(xn, buf, XSRTP_REASON_TOO_BIG);
		return;
	}
	forward_on(xn, buf, dst, cut);
}

static void deliver(struct xsrtp_net *xn, struct net_device *dev, struct xsrtp_buf *buf)
{
	struct sk_buff *skb;

	update_headers(buf);
	skb = to_skb(buf, dev);
	if (!skb) {
		xsrtp_engine_drop(xn, buf, XSRTP_REASON_NO_MEMORY);
		return;
	}
	skb_orphan(skb);
	/* Computed just now. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = 0;
	/* By the backlog, not from inside: this may be a sender's context. */
	if (netif_rx(skb) != NET_RX_SUCCESS) {
		xsrtp_engine_drop(xn, buf, XSRTP_REASON_XMIT);
		return;
	}
	xsrtp_device_delivered(dev, buf->sent);
	count_tx(xn, buf);
}

/* Sends on, or delivers, those of the burst that live. Consumes them. */
void xsrtp_rewrite_send(struct xsrtp_net *xn, struct net_device *dev,
			struct xsrtp_buf *bufs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct xsrtp_buf *buf = &bufs[i];

		if (buf->reason != XSRTP_REASON_OK)
			continue;
		buf->sent = xsrtp_buf_rtp_len(buf);
		if (buf->flow->action == XSRTP_ACTION_DELIVER)
			deliver(xn, dev, buf);
		else
			forward(xn, buf);
	}
	flush(xn, bufs, n);
}

/* --- inline ------------------------------------------------------------------------- */

/* Cutting it, or telling its sender, takes an skb. */
static bool grows_too_big(const struct xsrtp_buf *buf, const struct dst_entry *dst)
{
	const struct xsrtp_flow *flow = buf->flow;

	/* Most packets are far from it, and the flow need not be asked. */
	if (likely(!excess(buf, dst, TRAILER_MAX)))
		return false;
	return excess(buf, dst, flow->tx ? READ_ONCE(flow->state->tx.trailer) : 0);
}

/**
 * xsrtp_rewrite_find_way() - where a packet goes on to, if it can as a frame
 *
 * The device must be one that takes it for certain: nobody is there to turn it into
 * an skb when its driver refuses.
 */
bool xsrtp_rewrite_find_way(struct xsrtp_net *xn, const struct xsrtp_buf *buf,
			    struct xsrtp_way *way)
{
	struct xsrtp_flow *flow = buf->flow;

	if (flow->action != XSRTP_ACTION_FORWARD || READ_ONCE(flow->copied))
		return false;
	way->dst = route(xn, flow);
	if (!way->dst)
		return false;
	if (unlikely(grows_too_big(buf, way->dst))) {
		dst_release(way->dst);
		return false;
	}
	way->neigh = netif_running(way->dst->dev) && netif_carrier_ok(way->dst->dev) ?
		     frame_neigh(flow, way->dst) : NULL;
	/* A route is freed when RCU allows. */
	dst_release(way->dst);
	return way->neigh;
}

/**
 * xsrtp_rewrite_inline() - headers and addresses for a packet that is its driver's
 *
 * Return: enum xsrtp_reason; OK: it is counted as sent
 */
u8 xsrtp_rewrite_inline(struct xsrtp_net *xn, struct xsrtp_buf *buf, const struct xsrtp_way *way)
{
	u8 reason;

	buf->sent = xsrtp_buf_rtp_len(buf);
	reason = write_headers(buf, buf->flow);
	if (reason != XSRTP_REASON_OK)
		return reason;
	address_frame(buf, way->dst->dev, way->neigh);
	count_tx(xn, buf);
	return XSRTP_REASON_OK;
}
