// SPDX-License-Identifier: GPL-2.0
/*
 * Learning the far end: behind NAT, where a phone's packets come from is not known
 * before they come.
 *
 * Where they are SRTP, a tag tells: the source of an authentic packet, newer than
 * all before it, is the far end. Who replays, or delays, an authentic packet moves
 * nothing.
 *
 * RTP has no tag. There a source is believed once two packets of it came in sequence
 * (RFC 3550 A.1: MIN_SEQUENTIAL), once, inside a window of time; then nobody else is.
 * That is no proof, and where an attacker is quicker than the phone and counts as well
 * as it, nothing but a remote address, or SRTP, helps. What it holds off is who sprays
 * ports with noise (RTPBleed). An SSRC that is new proves itself in the same way, also
 * when it comes from the far end, whose address can be forged.
 *
 * Who sprays can neither hold the places of candidates, each of which is free again
 * after a fixed time, nor set a candidate back: nobody takes a place that is held. Which
 * of the places is a source's, he does not know. Of 1,000 packets of noise in a second 16
 * fall on the phone's, which is held by them three quarters of the time: one of the
 * phone's first few packets finds it free, and the next one proves it. (Where one of his
 * sources by chance has the phone's place and goes on, who comes first in each fifth of a
 * second decides.)
 *
 * Packets run under rcu_read_lock() with BH disabled.
 */
#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/once.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ipv6.h>

#include <linux/xsrtp.h>
#include <xsrtp/reason.h>
#include <xsrtp/wire.h>

#include "engine.h"
#include "event.h"
#include "flow.h"
#include "learn.h"
#include "srtp/platform.h"

#define HOLD_RTP	(HZ / 5)	/* ten packets of 20 ms */
#define HOLD_RTCP	(8 * HZ)	/* RFC 3550 6.2: 5 s between reports, times 1.23 */
#define TOLD		(HZ / 10)

static siphash_key_t secret __read_mostly;

/* --- the latch ---------------------------------------------------------------- */

/* The far end as of now; it may move at any time. */
void xsrtp_learn_get(const struct xsrtp_learner *l, struct xsrtp_endpoint *far)
{
	u32 at;

	do {
		at = READ_ONCE(l->latch);
		smp_rmb();	/* pairs with latch_step() */
		*far = data_race(l->far[at & 1]);
		smp_rmb();
	} while (READ_ONCE(l->latch) != at);
}

/* Who reads goes over to the other copy. */
static void latch_step(struct xsrtp_learner *l)
{
	smp_wmb();
	WRITE_ONCE(l->latch, l->latch + 1);
	smp_wmb();
}

/* Lock held. */
static void latch(struct xsrtp_learner *l, const struct xsrtp_endpoint *far)
{
	latch_step(l);
	l->far[0] = *far;
	latch_step(l);
	l->far[1] = *far;
}

/* --- what netlink does -------------------------------------------------------- */

struct xsrtp_learner *xsrtp_learn_new(bool by_tag)
{
	size_t places = by_tag ? 0 : XSRTP_LEARN_PLACES;
	struct xsrtp_learner *l = kzalloc(struct_size(l, candidates, places), GFP_KERNEL_ACCOUNT);

	if (!l)
		return NULL;
	get_random_once(&secret, sizeof(secret));
	raw_spin_lock_init(&l->lock);
	l->by_tag = by_tag;
	l->told = jiffies - HZ;
	return l;
}

/* Forgets what was learned, and begins anew; or goes on from @learned. */
void xsrtp_learn_open(struct xsrtp_learner *l, u32 window, const struct xsrtp_endpoint *learned)
{
	local_bh_disable();
	raw_spin_lock(&l->lock);
	latch(l, learned);
	WRITE_ONCE(l->n_known, 0);
	WRITE_ONCE(l->by_rtp, false);
	if (!l->by_tag)
		memset(l->candidates, 0, XSRTP_LEARN_PLACES * sizeof(l->candidates[0]));
	l->window = window;
	WRITE_ONCE(l->until, jiffies + window * HZ);
	WRITE_ONCE(l->closed, false);
	raw_spin_unlock(&l->lock);
	local_bh_enable();
}

/* --- whether a source may be learned ------------------------------------------ */

static bool unicast(const struct xsrtp_endpoint *from)
{
	if (from->family == AF_INET)
		return !ipv4_is_multicast(from->addr.ip) && !ipv4_is_lbcast(from->addr.ip) &&
		       !ipv4_is_zeronet(from->addr.ip) && !ipv4_is_loopback(from->addr.ip);
	return !(ipv6_addr_type(&from->addr.ip6) &
		 (IPV6_ADDR_MULTICAST | IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL |
		  IPV6_ADDR_MAPPED)) && !ipv6_addr_any(&from->addr.ip6);
}

/* The remote's address, if one is given. */
static bool right_address(const struct xsrtp_flow *flow, const struct xsrtp_endpoint *from)
{
	return !flow->remote_port || xsrtp_addr_equal(&flow->remote, &from->addr);
}

/* One that packets could be sent back to. */
static bool possible(const struct xsrtp_endpoint *from)
{
	return from->port && unicast(from);
}

/* A move that is the first for a while is told at once: others wait for it. */
static void tell(const struct xsrtp_flow *flow, struct xsrtp_learner *l)
{
	bool now = time_after(jiffies, READ_ONCE(l->told) + TOLD);

	WRITE_ONCE(l->told, jiffies);
	xsrtp_event_raise(flow->state, false, XSRTP_EVENTS_FAR_END);
	if (now)
		xsrtp_event_hurry(flow->state);
}

/* --- SRTP ----------------------------------------------------------------------- */

/* Where the packet came from; its headers are as they were. */
static void from_headers(const struct xsrtp_buf *buf, struct xsrtp_endpoint *from)
{
	const struct udphdr *udp = (const struct udphdr *)(buf->data + buf->rtp) - 1;
	const u8 *l3 = buf->data + buf->l3;

	*from = (struct xsrtp_endpoint) { .port = udp->source, .family = buf->family };
	if (buf->family == AF_INET)
		from->addr.ip = ((const struct iphdr *)l3)->saddr;
	else
		from->addr.ip6 = ((const struct ipv6hdr *)l3)->saddr;
}

static u8 admit_srtp(struct xsrtp_buf *buf, const struct xsrtp_learner *l,
		     const struct xsrtp_endpoint *from)
{
	struct xsrtp_endpoint far;
	bool same;

	xsrtp_learn_get(l, &far);
	same = xsrtp_endpoint_equal(&far, from);
	if (!same && (far.family || !possible(from)) && buf->flow->learn == XSRTP_LEARN_ONCE)
		return XSRTP_REASON_WRONG_SOURCE;
	if (!same && !possible(from))
		return XSRTP_REASON_OK;
	buf->learn = !same || (!buf->rtcp && !READ_ONCE(l->by_rtp));
	return XSRTP_REASON_OK;
}

/* Newest of its stream: one that was delayed does not move the far end back. */
static bool newest(const struct xsrtp_buf *buf, const struct xsrtp_packet *pkt)
{
	u64 index;

	return xsrtp_stream_index(pkt->session, pkt->ssrc, buf->rtcp, &index) &&
	       index == pkt->index;
}

/**
 * xsrtp_learn_authentic() - a packet whose tag verified, with @learn set
 *
 * RTCP tells only as long as RTP has not: its index says nothing of how old it is
 * beside RTP.
 */
void xsrtp_learn_authentic(const struct xsrtp_buf *buf, const struct xsrtp_packet *pkt)
{
	const struct xsrtp_flow *flow = buf->flow;
	struct xsrtp_learner *l = flow->state->learn;
	struct xsrtp_endpoint from;
	bool move = false;

	from_headers(buf, &from);
	if (!raw_spin_trylock(&l->lock))
		return;
	if (newest(buf, pkt) && !(buf->rtcp && l->by_rtp)) {
		WRITE_ONCE(l->by_rtp, !buf->rtcp);
		move = !xsrtp_endpoint_equal(&l->far[0], &from) &&
		       !(l->far[0].family && flow->learn == XSRTP_LEARN_ONCE);
		if (move)
			latch(l, &from);
	}
	raw_spin_unlock(&l->lock);
	if (move)
		tell(flow, l);
}

/* --- RTP ------------------------------------------------------------------------- */

static bool is_known(const struct xsrtp_learner *l, u32 ssrc)
{
	u32 i, n = min_t(u32, smp_load_acquire(&l->n_known), XSRTP_LEARN_SSRCS);

	for (i = 0; i < n; i++) {
		if (READ_ONCE(l->known[i]) == ssrc)
			return true;
	}
	return false;
}

/* Lock held. */
static void know(struct xsrtp_learner *l, u32 ssrc)
{
	if (is_known(l, ssrc))
		return;
	WRITE_ONCE(l->known[l->n_known % XSRTP_LEARN_SSRCS], ssrc);
	smp_store_release(&l->n_known, l->n_known + 1);
}

/* Who sent this: not 0, and not to be guessed. */
static u64 identity(const struct xsrtp_endpoint *from, u32 ssrc)
{
	u64 port_ssrc = (u64)(__force u16)from->port << 32 | ssrc;

	return siphash_3u64(from->addr.words[0], from->addr.words[1], port_ssrc, &secret);
}

/* Has the source sent the packet before this one, too? If not, it is noted. Lock held. */
static bool in_sequence(struct xsrtp_learner *l, bool rtcp, const struct xsrtp_endpoint *from,
			u32 ssrc, u16 seq)
{
	u32 places = rtcp ? XSRTP_LEARN_RTCP : XSRTP_LEARN_RTP;
	u64 id = identity(from, ssrc);
	struct xsrtp_candidate *c = &l->candidates[(rtcp ? XSRTP_LEARN_RTP : 0) + (u32)id % places];
	u32 who = id >> 32 ?: 1, now = (u32)jiffies;
	bool held = c->who && now - c->since <= (rtcp ? HOLD_RTCP : HOLD_RTP);

	if (held && c->who != who)
		return false;
	/* RTCP has no numbers. */
	if (held && (rtcp || seq == (u16)(c->seq + 1))) {
		c->who = 0;
		return true;
	}
	if (!held)
		c->since = now;
	c->who = who;
	c->seq = seq;
	return false;
}

/* The packet is of an SSRC that has not proved itself: does it now? */
static u8 prove(struct xsrtp_buf *buf, struct xsrtp_learner *l, const struct xsrtp_endpoint *from,
		u32 ssrc, u16 seq)
{
	bool proven, move = false;

	if (!raw_spin_trylock(&l->lock))
		return XSRTP_REASON_LEARNING;
	/* Another CPU may have learned one meanwhile. */
	proven = (!l->far[0].family || xsrtp_endpoint_equal(&l->far[0], from)) &&
		 in_sequence(l, buf->rtcp, from, ssrc, seq);
	if (proven) {
		know(l, ssrc);
		move = !l->far[0].family;
	}
	if (move)
		latch(l, from);
	raw_spin_unlock(&l->lock);
	if (move)
		tell(buf->flow, l);
	return proven ? XSRTP_REASON_OK : XSRTP_REASON_LEARNING;
}

/* Is the window over? Then it is told, once, when a packet comes too late. */
static bool closed(const struct xsrtp_buf *buf, struct xsrtp_learner *l)
{
	if (READ_ONCE(l->closed))
		return true;
	if (time_before(jiffies, READ_ONCE(l->until)))
		return false;
	WRITE_ONCE(l->closed, true);
	xsrtp_event_raise(buf->flow->state, false, XSRTP_EVENTS_NOT_LEARNED);
	return true;
}

static u8 admit_rtp(struct xsrtp_buf *buf, struct xsrtp_learner *l,
		    const struct xsrtp_endpoint *from)
{
	const struct xsrtp_rtp_header *rtp = (void *)(buf->data + buf->rtp);
	u32 ssrc = get_unaligned_be32(buf->rtcp ? &rtp->timestamp : &rtp->ssrc);
	struct xsrtp_endpoint far;

	xsrtp_learn_get(l, &far);
	if (far.family ? !xsrtp_endpoint_equal(&far, from) : closed(buf, l) || !possible(from))
		return XSRTP_REASON_WRONG_SOURCE;
	if (far.family && is_known(l, ssrc))
		return XSRTP_REASON_OK;
	/* RTCP on the port of RTP, without numbers, is the easier to forge. */
	if (!far.family && buf->rtcp && buf->flow->only != XSRTP_ONLY_RTCP)
		return XSRTP_REASON_LEARNING;
	return prove(buf, l, from, ssrc, get_unaligned_be16(&rtp->seq));
}

/**
 * xsrtp_learn_admit() - may a packet of a flow that learns go on?
 * @buf: well-formed; @learn: it is to go to xsrtp_learn_authentic() when it has proved
 *	authentic
 * @from: its source
 *
 * Return: enum xsrtp_reason
 */
u8 xsrtp_learn_admit(struct xsrtp_buf *buf, const struct xsrtp_endpoint *from)
{
	struct xsrtp_learner *l = buf->flow->state->learn;

	if (!right_address(buf->flow, from))
		return XSRTP_REASON_WRONG_SOURCE;
	return l->by_tag ? admit_srtp(buf, l, from) : admit_rtp(buf, l, from);
}
