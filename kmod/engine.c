// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: what happens to a burst of packets, whichever door they came by.
 *
 * parse, find the flow, check the source; unprotect those whose flow receives
 * SRTP, protect those whose flow sends it, all of the burst in one FPU section;
 * then rewrite.c sends them on. A packet lives as long as its reason is OK; one
 * that does not is counted and freed, never passed on in another form.
 *
 * RTCP goes the same way, with the flow's same sessions: on the port of RTP, told
 * from it by its packet type, or on a port, which is a flow, of its own.
 *
 * Runs with BH disabled and under rcu_read_lock(), in softirq or in the context
 * of a sender. The scratch array is this CPU's; it is free again before a
 * packet is sent, because sending may come back here through another device.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/percpu.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include <linux/xsrtp.h>
#include <xsrtp/wire.h>

#include "compat.h"
#include "engine.h"
#include "event.h"
#include "fanout.h"
#include "flow.h"
#include "forged.h"
#include "learn.h"
#include "rewrite.h"
#include "srtp/packet.h"

#define VLAN_TAGS	2	/* in front of the IP header, at most: QinQ */

struct scratch {
	struct xsrtp_packet pkt[XSRTP_BURST];
	struct xsrtp_buf *buf[XSRTP_BURST];
	local_lock_t lock;
};

static DEFINE_PER_CPU(struct scratch, scratch) = {
	.lock = INIT_LOCAL_LOCK(lock),
};

static const struct xsrtp_cipher *best_cipher __ro_after_init;
static const struct xsrtp_cipher *plain_cipher __ro_after_init;	/* needs no FPU */

/* The cipher that keys are prepared with. */
const struct xsrtp_cipher *xsrtp_engine_cipher(void)
{
	return best_cipher;
}

void xsrtp_engine_cipher_begin(const struct xsrtp_cipher *cipher)
{
	if (xsrtp_cipher_needs_fpu(cipher))
		compat_fpu_begin();
}

void xsrtp_engine_cipher_end(const struct xsrtp_cipher *cipher)
{
	if (xsrtp_cipher_needs_fpu(cipher))
		compat_fpu_end();
}

/* --- parse ---------------------------------------------------------------- */

/* A header at offset @off, if the packet has all of it. */
static const void *header_at(const struct xsrtp_buf *buf, u32 off, u32 size)
{
	return off <= buf->len && size <= buf->len - off ? buf->data + off : NULL;
}

/* The UDP header at @off, in an IP packet that ends at @end. Cuts what follows. */
static u8 parse_udp(struct xsrtp_buf *buf, u32 off, u32 end, __be16 *port, __be16 *dport)
{
	const struct udphdr *udp;
	u32 len;

	if (end - off < sizeof(*udp))
		return XSRTP_REASON_MALFORMED;
	udp = header_at(buf, off, sizeof(*udp));
	if (!udp)
		return XSRTP_REASON_MALFORMED;
	len = ntohs(udp->len);
	if (len < sizeof(*udp) || len > end - off)
		return XSRTP_REASON_MALFORMED;

	*port = udp->source;
	*dport = udp->dest;
	buf->rtp = off + sizeof(*udp);
	buf->tailroom += buf->len - (off + len);
	buf->len = off + len;
	return XSRTP_REASON_OK;
}

static u8 parse_ip4(struct xsrtp_buf *buf, u32 off, struct xsrtp_endpoint *from,
		    struct xsrtp_endpoint *to)
{
	const struct iphdr *ip = header_at(buf, off, sizeof(*ip));
	u32 len;

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return XSRTP_REASON_MALFORMED;
	len = ntohs(ip->tot_len);
	if (len < ip->ihl * 4 || len > buf->len - off)
		return XSRTP_REASON_MALFORMED;
	if (ip->ihl > 5)
		return XSRTP_REASON_IP_OPTIONS;
	if (ip_fast_csum(ip, 5))
		return XSRTP_REASON_MALFORMED;
	if (ip_is_fragment(ip))
		return XSRTP_REASON_FRAGMENT;
	if (ip->protocol != IPPROTO_UDP)
		return XSRTP_REASON_NO_FLOW;

	from->addr.ip = ip->saddr;
	to->addr.ip = ip->daddr;
	from->family = AF_INET;
	to->family = AF_INET;
	buf->tos = ip->tos;
	buf->ttl = ip->ttl;
	return parse_udp(buf, off + sizeof(*ip), off + len, &from->port, &to->port);
}

static u8 ip6_next_header(u8 nexthdr)
{
	switch (nexthdr) {
	case IPPROTO_UDP:
		return XSRTP_REASON_OK;
	case NEXTHDR_FRAGMENT:
		return XSRTP_REASON_FRAGMENT;
	case NEXTHDR_HOP:
	case NEXTHDR_ROUTING:
	case NEXTHDR_DEST:
	case NEXTHDR_AUTH:
	case NEXTHDR_MOBILITY:
		return XSRTP_REASON_IP_OPTIONS;
	default:
		return XSRTP_REASON_NO_FLOW;
	}
}

static u8 parse_ip6(struct xsrtp_buf *buf, u32 off, struct xsrtp_endpoint *from,
		    struct xsrtp_endpoint *to)
{
	const struct ipv6hdr *ip6 = header_at(buf, off, sizeof(*ip6));
	u8 reason;
	u32 len;

	if (!ip6 || ip6->version != 6)
		return XSRTP_REASON_MALFORMED;
	len = sizeof(*ip6) + ntohs(ip6->payload_len);
	if (len > buf->len - off)
		return XSRTP_REASON_MALFORMED;
	reason = ip6_next_header(ip6->nexthdr);
	if (reason != XSRTP_REASON_OK)
		return reason;

	from->addr.ip6 = ip6->saddr;
	to->addr.ip6 = ip6->daddr;
	from->family = AF_INET6;
	to->family = AF_INET6;
	buf->tos = ipv6_get_dsfield(ip6);
	buf->ttl = ip6->hop_limit;
	return parse_udp(buf, off + sizeof(*ip6), off + len, &from->port, &to->port);
}

/* Ethernet, VLAN tags, IP, UDP: fills in @buf, and whence and whereto. */
static u8 parse(struct xsrtp_buf *buf, struct xsrtp_endpoint *from, struct xsrtp_endpoint *to)
{
	const struct ethhdr *eth = header_at(buf, 0, sizeof(*eth));
	const struct vlan_hdr *vlan;
	u32 off = sizeof(*eth);
	__be16 proto;
	int i;

	if (!eth)
		return XSRTP_REASON_MALFORMED;
	proto = eth->h_proto;
	for (i = 0; i < VLAN_TAGS && eth_type_vlan(proto); i++) {
		vlan = header_at(buf, off, sizeof(*vlan));
		if (!vlan)
			return XSRTP_REASON_MALFORMED;
		proto = vlan->h_vlan_encapsulated_proto;
		off += sizeof(*vlan);
	}

	buf->l3 = off;
	switch (proto) {
	case htons(ETH_P_IP):
		buf->family = AF_INET;
		return parse_ip4(buf, off, from, to);
	case htons(ETH_P_IPV6):
		buf->family = AF_INET6;
		return parse_ip6(buf, off, from, to);
	default:
		return XSRTP_REASON_NO_FLOW;
	}
}

/* --- admit ---------------------------------------------------------------- */

/*
 * Of SRTCP no more can be read than the core looks at. RTCP is read as far as its
 * lengths, also where nothing is protected.
 */
static bool well_formed(const struct xsrtp_buf *buf)
{
	const u8 *rtp = buf->data + buf->rtp;
	u32 len = xsrtp_buf_rtp_len(buf);

	if (!buf->rtcp)
		return rtp_header_len(rtp, len);
	return buf->flow->rx || rtcp_ok(rtp, len);
}

static bool from_remote(const struct xsrtp_flow *flow, const struct xsrtp_endpoint *from)
{
	/* A flow that sends was found by its remote. */
	if (!flow->remote_family || flow->action == XSRTP_ACTION_SEND)
		return true;
	return flow->remote_port == from->port && xsrtp_addr_equal(&flow->remote, &from->addr);
}

/* Whose is the packet? Nothing is counted or changed yet but @buf. */
static u8 find(struct xsrtp_net *xn, struct xsrtp_buf *buf, struct xsrtp_endpoint *from)
{
	struct xsrtp_endpoint to = {};
	u8 reason;

	reason = parse(buf, from, &to);
	if (reason != XSRTP_REASON_OK)
		return reason;
	buf->flow = xsrtp_flow_find(xn, &to) ?: xsrtp_flow_find_sender(xn, from, &to);
	return buf->flow ? XSRTP_REASON_OK : XSRTP_REASON_NO_FLOW;
}

/**
 * xsrtp_engine_wants() - is the packet one of those that the flow sends on?
 *
 * Return: enum xsrtp_reason
 */
u8 xsrtp_engine_wants(const struct xsrtp_flow *flow, bool rtcp, u8 ttl)
{
	if (unlikely(flow->only) && flow->only != (rtcp ? XSRTP_ONLY_RTCP : XSRTP_ONLY_RTP))
		return XSRTP_REASON_NOT_WANTED;
	if (flow->action == XSRTP_ACTION_FORWARD && ttl <= 1)
		return XSRTP_REASON_TTL;
	return XSRTP_REASON_OK;
}

/* What few flows ask for: in no way of the others. */
static noinline u8 learn(struct xsrtp_buf *buf, const struct xsrtp_endpoint *from)
{
	if (buf->rtcp && xsrtp_buf_rtp_len(buf) < XSRTP_RTCP_HDR_LEN)
		return XSRTP_REASON_MALFORMED;
	return xsrtp_learn_admit(buf, from);
}

/* The flow has the packet: may it go on to the ciphers? */
static u8 check(struct xsrtp_net *xn, struct xsrtp_buf *buf, const struct xsrtp_endpoint *from)
{
	u32 len = xsrtp_buf_rtp_len(buf);
	u8 reason;

	buf->rtcp = len >= 2 && xsrtp_is_rtcp(buf->data[buf->rtp + 1]);
	xsrtp_traffic_rx(this_cpu_ptr(buf->flow->traffic), len);
	xsrtp_traffic_rx(&this_cpu_ptr(xn->stats)->traffic, len);

	if (!from_remote(buf->flow, from))
		return XSRTP_REASON_WRONG_SOURCE;
	reason = xsrtp_engine_wants(buf->flow, buf->rtcp, buf->ttl);
	if (reason == XSRTP_REASON_OK && !well_formed(buf))
		reason = XSRTP_REASON_MALFORMED;
	if (reason == XSRTP_REASON_OK && unlikely(buf->flow->learn))
		reason = learn(buf, from);
	if (reason == XSRTP_REASON_OK && unlikely(READ_ONCE(buf->flow->forged)))
		reason = xsrtp_forged_admit(buf);
	return reason == XSRTP_REASON_OK ? xsrtp_rewrite_make_room(buf) : reason;
}

static u8 admit(struct xsrtp_net *xn, struct xsrtp_buf *buf)
{
	struct xsrtp_endpoint from = {};
	u8 reason = find(xn, buf, &from);

	return reason == XSRTP_REASON_OK ? check(xn, buf, &from) : reason;
}

/* --- crypto --------------------------------------------------------------- */

/* Is the packet to be (un)protected, and is it one of those that go one at a time? */
static bool wanted(const struct xsrtp_buf *buf, bool tx, bool serial)
{
	const struct xsrtp_flow *flow = buf->flow;

	return buf->reason == XSRTP_REASON_OK && (tx ? flow->tx : flow->rx) &&
	       (tx ? flow->tx_serial : flow->rx_serial) == serial;
}

static void hand_over(struct scratch *s, unsigned int at, struct xsrtp_buf *buf, bool tx)
{
	struct xsrtp_packet *pkt = &s->pkt[at];

	pkt->session = tx ? buf->flow->tx : buf->flow->rx;
	pkt->data = buf->data + buf->rtp;
	pkt->len = xsrtp_buf_rtp_len(buf);
	pkt->room = buf->tailroom;
	pkt->event = 0;
	s->buf[at] = buf;
}

/* Collects what the core shall work on at once: the live packets with a session. */
static unsigned int gather(struct scratch *s, struct xsrtp_buf *bufs, unsigned int n, bool tx,
			   bool rtcp)
{
	unsigned int i, m = 0;

	for (i = 0; i < n; i++) {
		if (bufs[i].rtcp == rtcp && wanted(&bufs[i], tx, false))
			hand_over(s, m++, &bufs[i], tx);
	}
	return m;
}

static void tell(const struct xsrtp_buf *buf, const struct xsrtp_packet *pkt, bool tx)
{
	u32 events = pkt->event;

	/*
	 * Streams are told and shown of SRTP only, and what that has come to with two
	 * keys is what holds (key.c): to act on SRTCP's change could cost the new key.
	 */
	if (buf->rtcp)
		events &= ~(XSRTP_EVENTS_KEY_SWITCH | XSRTP_EVENTS_NEW_STREAM);
	if (pkt->reason == XSRTP_REASON_KEY_EXPIRED)
		events |= XSRTP_EVENTS_KEY_EXPIRED;
	if (unlikely(events))
		xsrtp_event_raise(buf->flow->state, tx, events);
}

/* The results, back into the packets. */
static void scatter(struct scratch *s, unsigned int m, bool tx)
{
	unsigned int i;

	for (i = 0; i < m; i++) {
		struct xsrtp_buf *buf = s->buf[i];
		int grown = s->pkt[i].len - xsrtp_buf_rtp_len(buf);

		buf->reason = s->pkt[i].reason;
		buf->len += grown;
		buf->tailroom -= grown;
		tell(buf, &s->pkt[i], tx);
		if (unlikely(buf->learn) && !tx && buf->reason == XSRTP_REASON_OK)
			xsrtp_learn_authentic(buf, &s->pkt[i]);
		if (unlikely(buf->reason == XSRTP_REASON_BAD_TAG))
			xsrtp_forged_note(buf->flow);
	}
}

/* What is in the scratch array: packets of one direction, all RTCP or none. */
static void run_core(const struct xsrtp_cipher *cipher, struct scratch *s, unsigned int m,
		     bool tx)
{
	bool rtcp = s->buf[0]->rtcp;

	if (unlikely(rtcp) && tx)
		xsrtp_protect_rtcp(cipher, s->pkt, m);
	else if (unlikely(rtcp))
		xsrtp_unprotect_rtcp(cipher, s->pkt, m);
	else if (tx)
		xsrtp_protect(cipher, s->pkt, m);
	else
		xsrtp_unprotect(cipher, s->pkt, m);
	scatter(s, m, tx);
}

/*
 * A packet whose session one CPU at a time may use. Alone, also because two locks
 * held together would need an order; the core takes such a packet alone anyway.
 */
static void crypt_serial(const struct xsrtp_cipher *cipher, struct scratch *s,
			 struct xsrtp_buf *buf, bool tx)
{
	struct xsrtp_flow_state *state = buf->flow->state;
	struct xsrtp_keyring *ring = tx ? &state->tx : &state->rx;

	hand_over(s, 0, buf, tx);
	raw_spin_lock(&ring->lock);
	run_core(cipher, s, 1, tx);
	raw_spin_unlock(&ring->lock);
}

static void crypt_way(const struct xsrtp_cipher *cipher, struct scratch *s,
		      struct xsrtp_buf *bufs, unsigned int n, bool tx)
{
	unsigned int i, rtp, rtcp = 0;

	rtp = gather(s, bufs, n, tx, false);
	if (rtp)
		run_core(cipher, s, rtp, tx);
	if (rtp < n)
		rtcp = gather(s, bufs, n, tx, true);
	if (rtcp)
		run_core(cipher, s, rtcp, tx);
	for (i = 0; rtp + rtcp < n && i < n; i++) {
		if (wanted(&bufs[i], tx, true))
			crypt_serial(cipher, s, &bufs[i], tx);
	}
}

/* A flood of what belongs to no flow shall not cost an FPU section too. */
static bool any_srtp(const struct xsrtp_buf *bufs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (bufs[i].reason == XSRTP_REASON_OK && (bufs[i].flow->rx || bufs[i].flow->tx))
			return true;
	}
	return false;
}

static void crypt(struct xsrtp_buf *bufs, unsigned int n, bool rx, bool tx)
{
	const struct xsrtp_cipher *cipher = best_cipher;
	struct scratch *s;

	if (!any_srtp(bufs, n))
		return;
	/* Interrupted somebody who uses the FPU: slower, but nothing is lost. */
	if (xsrtp_cipher_needs_fpu(cipher) && !compat_fpu_usable())
		cipher = plain_cipher;

	local_lock_nested_bh(&scratch.lock);
	s = this_cpu_ptr(&scratch);
	xsrtp_engine_cipher_begin(cipher);

	if (rx)
		crypt_way(cipher, s, bufs, n, false);
	if (tx)
		crypt_way(cipher, s, bufs, n, true);

	xsrtp_engine_cipher_end(cipher);
	local_unlock_nested_bh(&scratch.lock);
}

/* --- run ------------------------------------------------------------------ */

/* Counts a packet that ends here, and frees it. */
void xsrtp_engine_drop(struct xsrtp_net *xn, struct xsrtp_buf *buf, unsigned int reason)
{
	if (WARN_ON_ONCE(reason == XSRTP_REASON_OK || reason >= XSRTP_REASON_MAX))
		reason = XSRTP_REASON_MALFORMED;
	buf->reason = reason;
	xsrtp_stats_drop(this_cpu_ptr(xn->stats), reason);
	if (buf->flow)
		atomic64_inc(&buf->flow->state->counters.drop[reason]);
	xsrtp_rewrite_free(buf);
}

/* Drops those that do not live, sends those that do. */
static void finish(struct xsrtp_net *xn, struct net_device *dev,
		   struct xsrtp_buf *bufs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (bufs[i].reason != XSRTP_REASON_OK)
			xsrtp_engine_drop(xn, &bufs[i], bufs[i].reason);
	}
	xsrtp_rewrite_send(xn, dev, bufs, n);
}

/**
 * xsrtp_engine_send() - protect packets as their flows say, and send them on
 * @dev: the xsrtp device they came through
 * @bufs: @n packets, unprotected; all are consumed, also those that live no more
 */
void xsrtp_engine_send(struct xsrtp_net *xn, struct net_device *dev,
		       struct xsrtp_buf *bufs, unsigned int n)
{
	crypt(bufs, n, false, true);
	finish(xn, dev, bufs, n);
}

static bool any_copies(const struct xsrtp_buf *bufs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (bufs[i].reason == XSRTP_REASON_OK && READ_ONCE(bufs[i].flow->copied))
			return true;
	}
	return false;
}

/* The same as below, with copies: two FPU sections, and one for every few copies. */
static void run_copied(struct xsrtp_net *xn, struct net_device *dev,
		       struct xsrtp_buf *bufs, unsigned int n)
{
	struct sk_buff_head copies;
	unsigned int i;

	__skb_queue_head_init(&copies);
	crypt(bufs, n, true, false);
	for (i = 0; i < n; i++) {
		if (bufs[i].reason == XSRTP_REASON_OK)
			xsrtp_fanout_take(xn, &copies, &bufs[i]);
	}
	xsrtp_engine_send(xn, dev, bufs, n);
	xsrtp_fanout_send(xn, dev, &copies);
}

/**
 * xsrtp_engine_run() - take packets, do what their flows say
 * @xn: namespace of the flows
 * @dev: the xsrtp device they came through: packets delivered come from there
 * @bufs: @n packets with frame or skb, data, len and rooms set; all are consumed
 * @n: 1 to XSRTP_BURST
 *
 * Afterwards each @reason tells what became of the packet.
 */
void xsrtp_engine_run(struct xsrtp_net *xn, struct net_device *dev,
		      struct xsrtp_buf *bufs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		bufs[i].reason = admit(xn, &bufs[i]);
	if (unlikely(any_copies(bufs, n))) {
		run_copied(xn, dev, bufs, n);
		return;
	}
	crypt(bufs, n, true, true);
	finish(xn, dev, bufs, n);
}

/**
 * xsrtp_engine_run_inline() - the same for one packet that stays its driver's
 * @xn: namespace of the flow
 * @buf: neither frame nor skb; data, len and rooms set
 *
 * Only what is to be forwarded, and can leave as a frame: what else the flow may ask
 * for (the local stack, a neighbour to be resolved, a route that wants an skb) needs
 * the device. That is found out before anything is counted, decrypted or changed: a
 * packet that was protected cannot be handed on to be protected again.
 *
 * Return: the device to send it by, @buf->data and @buf->len; NULL: if @buf->reason
 * is OK the packet is untouched and for the device, else it is counted, and to be
 * dropped
 */
struct net_device *xsrtp_engine_run_inline(struct xsrtp_net *xn, struct xsrtp_buf *buf)
{
	struct xsrtp_endpoint from = {};
	struct xsrtp_way way;

	buf->reason = XSRTP_REASON_OK;
	if (find(xn, buf, &from) != XSRTP_REASON_OK || !xsrtp_rewrite_find_way(xn, buf, &way))
		return NULL;
	buf->reason = check(xn, buf, &from);
	crypt(buf, 1, true, true);
	if (buf->reason == XSRTP_REASON_OK)
		buf->reason = xsrtp_rewrite_inline(xn, buf, &way);
	if (buf->reason == XSRTP_REASON_OK)
		return way.dst->dev;
	xsrtp_engine_drop(xn, buf, buf->reason);
	return NULL;
}

int __init xsrtp_engine_init(void)
{
	const struct xsrtp_cipher *cipher;
	unsigned int n;

	best_cipher = xsrtp_cipher_get(0);
	for (n = 0; (cipher = xsrtp_cipher_get(n)); n++)
		plain_cipher = cipher;
	if (!best_cipher || xsrtp_cipher_needs_fpu(plain_cipher))
		return -ENODEV;
	return 0;
}
