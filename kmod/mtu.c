// SPDX-License-Identifier: GPL-2.0
/*
 * Packets larger than their way on, once they have what their flow adds: which of
 * them may be cut, and who is told of the others.
 *
 * The sender of one that came by the wire gets the ICMP error that a router would
 * send, with the size that would have gone through. What it quotes are the IP and UDP
 * headers as they came, and not a byte of what follows, which by now is decrypted or
 * encrypted and must not be seen on the side that it came from. (That is what RFC 792
 * asks for; RFC 4443 3.2 would have more.) As it is sent behind the ciphers, forged
 * SRTP draws none.
 *
 * To a local socket the same error would do harm: the route's MTU that it lowers is
 * also the one that the protected packet has, which would be too large again, and so
 * on down. It gets the error alone, as from IPsec, on its error queue.
 *
 * Runs with BH disabled and under rcu_read_lock(). The headers in the packet are
 * still its sender's.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/icmp.h>
#include <net/route.h>
#include <net/xfrm.h>

#include <linux/xsrtp.h>

#include "engine.h"
#include "flow.h"
#include "mtu.h"

/* May the packet be sent on in fragments? Its sender says so, in IPv4 (RFC 791). */
bool xsrtp_mtu_may_cut(const struct xsrtp_buf *buf)
{
	const struct iphdr *ip = (const struct iphdr *)(buf->data + buf->l3);

	return buf->family == AF_INET && !(ip->frag_off & htons(IP_DF));
}

/* The length of the IP packet when it came. */
static u32 length(const struct xsrtp_buf *buf)
{
	const u8 *l3 = buf->data + buf->l3;

	if (buf->family == AF_INET)
		return ntohs(((const struct iphdr *)l3)->tot_len);
	return sizeof(struct ipv6hdr) + ntohs(((const struct ipv6hdr *)l3)->payload_len);
}

/* The headers as they came, with nothing behind them. */
static struct sk_buff *quote(const struct xsrtp_buf *buf, struct net_device *dev)
{
	u32 len = buf->rtp - buf->l3;
	struct sk_buff *skb = alloc_skb(len, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reset_network_header(skb);
	skb_put_data(skb, buf->data + buf->l3, len);
	skb->protocol = buf->family == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb->dev = dev;
	return skb;
}

/* icmp_send() takes the namespace, and the source address, from the packet's route. */
static bool route_in(struct xsrtp_net *xn, struct sk_buff *skb)
{
	struct flowi4 fl4 = { .daddr = ip_hdr(skb)->daddr };
	struct rtable *rt = ip_route_output_key(xn->net, &fl4);

	if (IS_ERR(rt))
		return false;
	skb_dst_set(skb, &rt->dst);
	return true;
}

static void tell_sender(struct xsrtp_net *xn, const struct xsrtp_buf *buf, struct net_device *dev,
			u32 mtu)
{
	struct sk_buff *skb = quote(buf, dev);

	if (!skb)
		return;
	if (buf->family == AF_INET6)
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	else if (route_in(xn, skb))
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	consume_skb(skb);
}

/* What sent it may also be a packet socket, or nobody. */
static bool is_inet(const struct sock *sk)
{
	return sk && sk_fullsock(sk) && (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

/* Its skb is its socket's still, and about to be dropped. */
static void tell_socket(const struct xsrtp_buf *buf, u32 mtu)
{
#ifdef CONFIG_XFRM
	struct sk_buff *skb = buf->skb;

	if (!skb || !is_inet(skb->sk))
		return;
	skb_set_network_header(skb, buf->data + buf->l3 - skb->data);
	skb->protocol = buf->family == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	xfrm_local_error(skb, mtu);
#endif
}

/**
 * xsrtp_mtu_tell() - tell a packet's sender by how much it is too large
 * @xn: namespace of its flow
 * @buf: the packet, through the ciphers, its headers not yet rewritten
 * @dev: that it would have left by
 * @over: bytes too many
 */
void xsrtp_mtu_tell(struct xsrtp_net *xn, const struct xsrtp_buf *buf, struct net_device *dev,
		    u32 over)
{
	u32 len = length(buf);

	/* A copy is not on its sender's way: nobody shall send less because of it. */
	if (buf->flow->of)
		return;
	if (buf->flow->action == XSRTP_ACTION_SEND)
		tell_socket(buf, len - over);
	else
		tell_sender(xn, buf, dev, len - over);
}
