/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard: what may pass to a media port, cheapest test first. What is malformed;
 * prefixes of the operator; then by the first byte (RFC 7983 section 7): handshakes
 * within their own budgets, media of known far ends within theirs, and all others within
 * those of unknown sources, or not at all while there is an attack.
 *
 * Nobody is banned by what he sends: an address is easily forged, and it would be the
 * legitimate peer's.
 *
 * In one program with the fast path (GUARD_FLOWS) it need not find out by a socket whether
 * media is wanted, nor by four packets who may send it: it knows the module's flows. Media
 * to a port without one is dropped. Of a flow with a remote, what comes from elsewhere is
 * dropped too, and what comes from there has the flow's budget until it is known by its
 * SSRC and numbers, and its own from then on. Who forges the remote's address and port is
 * as good as it here, within the flow's budget: where SRTP comes in, the module tells them
 * apart by the tag; where RTP does, and one talks, nobody else gets through, as above.
 */
#ifndef XSRTP_BPF_GUARD_H
#define XSRTP_BPF_GUARD_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <xsrtp/wire.h>

#include "bucket.h"
#ifdef GUARD_FLOWS
#include "flow.h"
#endif
#include "guard_maps.h"
#include "parse.h"
#include "source.h"
#include "talker.h"

#define STUN_HDR_LEN	20	/* RFC 8489 section 5 */
#define DTLS_HDR_LEN	13	/* RFC 6347 section 4.1; RFC 9147's is shorter, but not a hello's */
#define ZRTP_HDR_LEN	12	/* RFC 6189 section 5 */
#define TURN_HDR_LEN	4	/* ChannelData: RFC 8656 section 12.4 */
#define TIGHT		4	/* under attack, handshakes have this part of their budgets */
#define ALL_SAMPLED	8	/* drops of a jiffy that offenders are noted of, each ... */
#define SAMPLE		64	/* ... and then one in so many */

/* A packet under examination. */
struct subject {
	struct xdp_md *ctx;
	const struct xsrtp_policy *pol;
	struct xsrtp_guard *g;
	struct line port;
	struct xsrtp_awaited *flow;	/* GUARD_FLOWS: of the port; NULL: it has none */
	__u64 source;		/* hash */
	__u64 jiffies;
	__u64 now;		/* in 2^-24 jiffy */
	__u32 local;		/* port */
	__u32 len;		/* of the frame */
	bool allowed;
	bool attack;
};

static __always_inline const struct xsrtp_policy *guard_policy_get(void)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&guard_policy, &zero);

	return inner ? bpf_map_lookup_elem(inner, &zero) : NULL;
}

static __always_inline struct xsrtp_guard *guard_state_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&guard_state, &zero);
}

static __always_inline struct xsrtp_guard_cpu *guard_cpu_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&guard_cpu, &zero);
}

/* What the compiler knows of a port's range the verifier may not. */
static __always_inline __u32 port_number(__be16 port)
{
	__u32 n = bpf_ntohs(port);

	asm volatile("" : "+r"(n));
	return n & 0xffff;
}

static __always_inline bool is_media_port(const struct xsrtp_policy *pol, __u32 port)
{
	return pol->ports[port >> 6] >> (port & 63) & 1;
}

/* --- attack -------------------------------------------------------------------- */

static __noinline void event_log(struct xsrtp_guard *g, __u64 jiffies, __u64 attack)
{
	__u64 n = __sync_fetch_and_add(&g->events, 1);
	struct xsrtp_event *e = &g->event[n & (XSRTP_EVENTS - 1)];

	e->jiffies = jiffies;
	e->attack = attack;
}

/* Adds to a leaky bucket that does not overflow. */
static __always_inline __u64 leak_add(__u64 *full, __u64 now, __u64 cost, __u64 depth)
{
	__u64 level = bucket_level(full, now) + cost;

	if (level > depth)
		level = depth;
	*(volatile __u64 *)full = now + level;
	return level;
}

/*
 * @n unwanted packets of this CPU in a jiffy. CPUs that meet here may lose each other's;
 * next jiffy they meet otherwise.
 */
static __noinline void attack_note(struct xsrtp_guard *g, const struct xsrtp_policy *pol,
				   __u64 jiffies, __u64 n)
{
	__u64 now = jiffies << XSRTP_TICK_SHIFT, level;

	if (n > 1 << 20)
		n = 1 << 20;
	level = leak_add(&g->off, now, n * pol->attack_off.cost, pol->attack_off.depth);
	if (level == pol->attack_off.depth)
		*(volatile __u64 *)&g->above = jiffies;
	level = leak_add(&g->on, now, n * pol->attack_on.cost, pol->attack_on.depth);
	if (level == pol->attack_on.depth && !g->attack &&
	    __sync_val_compare_and_swap(&g->attack, 0, jiffies) == 0)
		event_log(g, jiffies, 1);
}

/* An attack is over when the lower threshold has not been passed for long enough. */
static __always_inline bool under_attack(struct xsrtp_guard *g, const struct xsrtp_policy *pol,
					 __u64 jiffies)
{
	__u64 since = *(volatile __u64 *)&g->attack;

	if (!since)
		return false;
	if ((__s64)(jiffies - *(volatile __u64 *)&g->above) < (__s64)pol->hold)
		return true;
	if (__sync_val_compare_and_swap(&g->attack, since, 0) == since)
		event_log(g, jiffies, 0);
	return false;
}

/* --- malformed ------------------------------------------------------------------- */

static __always_inline bool stun_good(const struct packet *p, const void *end)
{
	const __u8 *b = p->payload;
	__u32 len;

	if (p->len < STUN_HDR_LEN || b + STUN_HDR_LEN > (const __u8 *)end)
		return false;
	len = b[2] << 8 | b[3];
	return !(len & 3) && STUN_HDR_LEN + len <= p->len;
}

/* Version of the record: 1.0 and 1.2 (which 1.3's hello says too) are fe ff and fe fd. */
static __always_inline bool dtls_good(const struct packet *p, const void *end)
{
	const __u8 *b = p->payload;

	if (p->len < DTLS_HDR_LEN || b + DTLS_HDR_LEN > (const __u8 *)end)
		return false;
	if (b[0] >= 32)		/* 1.3, unified header: RFC 9147 section 4 */
		return true;
	return b[1] == 0xfe && DTLS_HDR_LEN + (b[11] << 8 | b[12]) <= p->len;
}

/* RTP with its CSRCs and the head of its extension; RTCP with its sender's SSRC. */
static __always_inline bool media_good(const struct packet *p, const void *end)
{
	const struct xsrtp_rtp_header *rtp = (const void *)p->payload;

	if (p->len < XSRTP_RTCP_HDR_LEN || (const void *)rtp + XSRTP_RTCP_HDR_LEN > end)
		return false;
	if (xsrtp_is_rtcp(rtp->second))
		return true;
	return (const void *)(rtp + 1) <= end &&
	       p->len >= XSRTP_RTP_HDR_LEN + 4 * (rtp->first & XSRTP_RTP_CC_MASK) +
			 (rtp->first & XSRTP_RTP_EXTENSION ? 4U : 0U);
}

/* What it is, if it is that. */
static __always_inline int class_of(const struct packet *p, const void *end)
{
	int class = xsrtp_class(p->first);
	bool good;

	switch (class) {
	case XSRTP_CLASS_RTP:
		good = media_good(p, end);
		break;
	case XSRTP_CLASS_STUN:
		good = stun_good(p, end);
		break;
	case XSRTP_CLASS_DTLS:
		good = dtls_good(p, end);
		break;
	case XSRTP_CLASS_ZRTP:
		good = p->len >= ZRTP_HDR_LEN;
		break;
	default:
		good = p->len >= TURN_HDR_LEN;
	}
	return good ? class : XSRTP_CLASS_NONE;
}

/* --- flows ----------------------------------------------------------------------- */

/* Is there somebody to receive media on the port? */
static __always_inline bool media_wanted(const struct subject *s, const struct packet *p)
{
#ifdef GUARD_FLOWS
	return s->flow;
#else
	return port_bound(s->ctx, p, s->port.rest, s->jiffies, s->pol->hz);
#endif
}

/* The same for a far end, whose media may have somebody else's place by now. */
static __always_inline bool end_wanted(const struct subject *s, const struct packet *p,
				       struct xsrtp_end *e)
{
#ifdef GUARD_FLOWS
	return s->flow;
#else
	return end_bound(s->ctx, p, e, s->jiffies, s->pol->hz);
#endif
}

/* Handshakes go to a socket, which may be there before there is a flow. */
static __always_inline bool handshake_wanted(const struct subject *s, const struct packet *p)
{
#ifdef GUARD_FLOWS
	if (s->flow)
		return true;
#endif
	return port_bound(s->ctx, p, s->port.rest, s->jiffies, s->pol->hz);
}

enum awaited {
	AWAITED_ANYBODY,	/* the flow learns who, or takes all */
	AWAITED_THIS,
	AWAITED_ANOTHER,
};

static __always_inline enum awaited awaited(const struct subject *s, const struct packet *p)
{
#ifdef GUARD_FLOWS
	const struct xsrtp_awaited *a = s->flow;
	__u16 version = a ? *(volatile const __u16 *)&a->version : 0;

	if (!version)
		return AWAITED_ANYBODY;
	return version == p->from.version && same_addr(a->addr, p->from.addr) &&
	       (!a->port || a->port == p->from.port) ? AWAITED_THIS : AWAITED_ANOTHER;
#else
	return AWAITED_ANYBODY;
#endif
}

/* Does the module tell far ends apart by the tag? */
static __always_inline bool authenticated(const struct subject *s)
{
#ifdef GUARD_FLOWS
	return s->flow && s->flow->tag;
#else
	return false;
#endif
}

/* From the flow's remote. */
static __always_inline int awaited_take(const struct subject *s)
{
#ifdef GUARD_FLOWS
	const struct xsrtp_rate *r = &s->pol->rate[XSRTP_LIMIT_FLOW_RATE];

	if (s->flow && bucket_take_both(&s->flow->media, r, s->now, s->len))
		return XSRTP_GUARD_PASSED_KNOWN;
#endif
	return XSRTP_GUARD_DROPPED_RATE_FLOW;
}

/* --- unknown sources ------------------------------------------------------------- */

/* What one of the budgets refuses takes nothing from the others, nor writes anywhere. */
static __always_inline int unknown_fits(const struct subject *s, const struct xsrtp_source *src)
{
	const struct xsrtp_rate *r = s->pol->rate;

	if (!bucket_fits_both(&src->media, &r[XSRTP_LIMIT_SOURCE_RATE], s->now, s->len))
		return XSRTP_GUARD_DROPPED_RATE_SOURCE;
	if (!bucket_fits_both(&s->port.rest->unknown, &r[XSRTP_LIMIT_PORT_RATE], s->now, s->len))
		return XSRTP_GUARD_DROPPED_RATE_PORT;
	if (!bucket_fits_both(&s->g->unknown, &r[XSRTP_LIMIT_UNKNOWN_RATE], s->now, s->len))
		return XSRTP_GUARD_DROPPED_RATE_UNKNOWN;
	return ON;
}

/* Not inlined: of three callers, none is a known far end's. */
static __noinline int unknown_take(const struct xsrtp_policy *pol, struct xsrtp_source *src,
				   struct xsrtp_talkers *port, struct xsrtp_guard *g, __u32 len)
{
	__u64 now = bpf_jiffies64() << XSRTP_TICK_SHIFT;
	const struct xsrtp_rate *r = pol->rate;

	if (!bucket_take_both(&src->media, &r[XSRTP_LIMIT_SOURCE_RATE], now, len))
		return XSRTP_GUARD_DROPPED_RATE_SOURCE;
	if (!bucket_take_both(&port->unknown, &r[XSRTP_LIMIT_PORT_RATE], now, len))
		return XSRTP_GUARD_DROPPED_RATE_PORT;
	if (!bucket_take_both(&g->unknown, &r[XSRTP_LIMIT_UNKNOWN_RATE], now, len))
		return XSRTP_GUARD_DROPPED_RATE_UNKNOWN;
	return XSRTP_GUARD_PASSED_UNKNOWN;
}

static __always_inline int unknown_verdict(struct subject *s)
{
	struct xsrtp_source *src;
	int v;

	if (s->allowed)
		return XSRTP_GUARD_PASSED_ALLOWED;
	if (s->attack)
		return XSRTP_GUARD_DROPPED_RATE_UNKNOWN;
	src = source_find(s->source);
	if (!src)
		return XSRTP_GUARD_DROPPED_RATE_SOURCE;
	v = unknown_fits(s, src);
	return v == ON ? unknown_take(s->pol, src, s->port.rest, s->g, s->len) : v;
}

/* Media of no known far end. */
static __always_inline int stranger_verdict(struct subject *s, const struct packet *p)
{
	return awaited(s, p) == AWAITED_THIS ? awaited_take(s) : unknown_verdict(s);
}

/* --- handshakes ------------------------------------------------------------------ */

static __always_inline bool shake_take(__u64 *full, const struct xsrtp_rate *r,
				       const struct subject *s)
{
	return bucket_take(full, s->now, s->attack ? r->cost * TIGHT : r->cost, r->depth);
}

/*
 * Of a far end: from the port's own bucket, so that checks of consent (RFC 7675) keep
 * coming through an attack. Of others: their own, then everybody's.
 */
static __always_inline bool shake_fits(struct subject *s, const struct packet *p, bool stun)
{
	const struct xsrtp_rate *r = &s->pol->rate[stun ? XSRTP_LIMIT_STUN_RATE :
							   XSRTP_LIMIT_DTLS_RATE];
	struct xsrtp_source *src;
	struct talker t;

	talker_of(s->pol, p, 0, 0, &t);
	if ((awaited(s, p) == AWAITED_THIS ||
	     end_find(&s->port, &t, LIKE_ADDR, s->now, (__u64)s->pol->hz * GONE_S)) &&
	    bucket_take(&s->port.rest->control, s->now, r[1].cost, r[1].depth))
		return true;
	src = source_find(s->source);
	return src && shake_take(stun ? &src->stun : &src->dtls, &r[1], s) &&
	       shake_take(stun ? &s->g->stun : &s->g->dtls, &r[0], s);
}

static __always_inline int handshake_verdict(struct subject *s, const struct packet *p, int class)
{
	bool stun = class == XSRTP_CLASS_STUN;

	if (!handshake_wanted(s, p))
		return XSRTP_GUARD_DROPPED_NO_FLOW;
	if (!s->allowed && !shake_fits(s, p, stun))
		return stun ? XSRTP_GUARD_DROPPED_RATE_STUN : XSRTP_GUARD_DROPPED_RATE_DTLS;
	if (stun)
		return XSRTP_COUNTER_PASSED_STUN;
	return class == XSRTP_CLASS_DTLS ? XSRTP_COUNTER_PASSED_DTLS : XSRTP_COUNTER_PASSED_ZRTP;
}

/* --- media ----------------------------------------------------------------------- */

/*
 * What is wrong with it beside a budget, where there is something: an address that is a far
 * end's is forged, most likely, and the operator shall not read that the far end floods.
 */
static __always_inline int forged_verdict(struct subject *s, const struct talker *t, bool same,
					  int v)
{
	if (same)
		return XSRTP_GUARD_DROPPED_IMPLAUSIBLE;
	return end_find(&s->port, t, LIKE_ADDR, s->now, (__u64)s->pol->hz * GONE_S) ?
	       XSRTP_GUARD_DROPPED_WRONG_SSRC : v;
}

/*
 * Within the budgets, to where a tag decides. It passes, and proves itself meanwhile. Not
 * by the SSRC of one that talks: who forges that and counts through its numbers would take
 * its window along with him.
 */
static __always_inline int candidate_verdict(struct subject *s, const struct talker *t,
					  const struct xsrtp_end *same, int v)
{
	if ((!same || !end_alive(same, s->now, s->pol->hz / 2)) &&
	    candidate_step(s->pol, t, s->local, s->jiffies))
		end_add(s->port.near, s->port.rest, t, s->now, (__u64)s->pol->hz * SILENT_S);
	return v;
}

/* Within the budgets of the unknown. It passes, unless the port has a live far end. */
static __always_inline int newcomer_verdict(struct subject *s, const struct talker *t, bool same,
					    int v)
{
	if (candidate_step(s->pol, t, s->local, s->jiffies) &&
	    end_add(s->port.near, s->port.rest, t, s->now, (__u64)s->pol->hz * SILENT_S))
		return XSRTP_GUARD_PASSED_KNOWN;
	if (!ends_live(&s->port, s->now, s->pol->hz))
		return v;
	return forged_verdict(s, t, same, XSRTP_COUNTER_DROPPED_WRONG_SOURCE);
}

static __always_inline int rtp_verdict(struct subject *s, const struct packet *p,
				       const struct xsrtp_rtp_header *rtp)
{
	struct xsrtp_end *e;
	struct talker t;
	int v;

	talker_of(s->pol, p, bpf_ntohl(rtp->ssrc), bpf_ntohs(rtp->seq), &t);
	e = end_find(&s->port, &t, LIKE_ALL, s->now, (__u64)s->pol->hz * GONE_S);
	if (e && !end_wanted(s, p, e)) {
		ends_forget(&s->port);
		return XSRTP_GUARD_DROPPED_NO_FLOW;
	}
	if (e && end_plausible(e, s->pol, t.seq, s->now))
		return bucket_try_both(&e->media, &s->pol->rate[XSRTP_LIMIT_FLOW_RATE], s->now,
				       s->len) ?
		       XSRTP_GUARD_PASSED_KNOWN : XSRTP_GUARD_DROPPED_RATE_FLOW;
	if (!e && !media_wanted(s, p))
		return XSRTP_GUARD_DROPPED_NO_FLOW;
	v = stranger_verdict(s, p);
	if (v >= XSRTP_GUARD_DROPPED)
		return forged_verdict(s, &t, e, v);
	if (authenticated(s))
		return candidate_verdict(s, &t, e, v);
	return newcomer_verdict(s, &t, e, v);
}

/* By SSRC, on the port of its RTP or on the odd one above it (RFC 3550 section 11). */
static __always_inline int rtcp_verdict(struct subject *s, const struct packet *p,
					const __be32 *ssrc)
{
	const struct xsrtp_rate *r = &s->pol->rate[XSRTP_LIMIT_STUN_SOURCE_RATE];
	__u64 gone = (__u64)s->pol->hz * GONE_S;
	struct line even;
	struct talker t;
	bool known;

	if (!media_wanted(s, p))
		return XSRTP_GUARD_DROPPED_NO_FLOW;
	talker_of(s->pol, p, bpf_ntohl(*ssrc), 0, &t);
	known = end_find(&s->port, &t, LIKE_ALL, s->now, gone);
	if (!known && (s->local & 1) && line_get(s->local - 1, &even))
		known = end_find(&even, &t, LIKE_SSRC, s->now, gone);
	if (known && bucket_take(&s->port.rest->control, s->now, r->cost, r->depth))
		return XSRTP_GUARD_PASSED_KNOWN;
	/* Handshakes under its forged address take of the same: then of the flow's. */
	if (known && awaited(s, p) != AWAITED_THIS)
		return XSRTP_GUARD_DROPPED_RATE_FLOW;
	return stranger_verdict(s, p);
}

static __always_inline int media_verdict_of(struct subject *s, const struct packet *p,
					    const void *end)
{
	const struct xsrtp_rtp_header *rtp = (const void *)p->payload;
	const __be32 *word = (const void *)p->payload;

	/* Has been looked at, but not so that the verifier remembers. */
	if ((const void *)(word + 2) > end)
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	if (awaited(s, p) == AWAITED_ANOTHER)
		return XSRTP_COUNTER_DROPPED_WRONG_SOURCE;
	if (xsrtp_is_rtcp(rtp->second))
		return rtcp_verdict(s, p, word + 1);
	if ((const void *)(rtp + 1) > end)
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	return rtp_verdict(s, p, rtp);
}

/* ChannelData of a TURN client: no RTP to be known by. */
static __always_inline int turn_verdict(struct subject *s, const struct packet *p)
{
	int v;

	if (!handshake_wanted(s, p))
		return XSRTP_GUARD_DROPPED_NO_FLOW;
	v = unknown_verdict(s);
	return v == XSRTP_GUARD_PASSED_UNKNOWN ? XSRTP_COUNTER_PASSED_TURN : v;
}

static __always_inline int class_verdict(struct subject *s, const struct packet *p, int class)
{
	s->attack = under_attack(s->g, s->pol, s->jiffies);
	if (class == XSRTP_CLASS_RTP)
		return media_verdict_of(s, p, (const void *)(long)s->ctx->data_end);
	return class == XSRTP_CLASS_TURN ? turn_verdict(s, p) : handshake_verdict(s, p, class);
}

/* The packet is for a media port. */
static __always_inline int guard_verdict(struct subject *s, const struct packet *p)
{
	__u32 prefix;
	int class;

	s->source = xsrtp_hash_source(s->pol, &p->from);
	s->jiffies = bpf_jiffies64();
	if (p->fault)
		return p->fault;
	class = class_of(p, (const void *)(long)s->ctx->data_end);
	if (class == XSRTP_CLASS_NONE)
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	prefix = prefix_state(s->g, s->source, &p->from, s->jiffies);
	if (prefix == XSRTP_PREFIX_BANNED)
		return XSRTP_GUARD_DROPPED_DENIED;
	s->allowed = prefix == XSRTP_PREFIX_ALLOWED;
	s->now = s->jiffies << XSRTP_TICK_SHIFT;
	return line_get(s->local, &s->port) ? class_verdict(s, p, class) :
					      XSRTP_COUNTER_PASSED_NO_FLOW;
}

/* --- what comes of it ------------------------------------------------------------ */

static __always_inline bool is_drop(int v)
{
	return v >= XSRTP_GUARD_DROPPED || (v >= XSRTP_COUNTER_DROPPED && v < XSRTP_COUNTER_MAX);
}

static __always_inline bool is_unwanted(int v)
{
	return v >= XSRTP_GUARD_UNWANTED || v == XSRTP_COUNTER_DROPPED_WRONG_SOURCE;
}

static __always_inline void note_drop(struct subject *s, const struct packet *p,
				      struct xsrtp_guard_cpu *cpu, int v)
{
	__u32 age = (__u32)s->jiffies - cpu->jiffy;

	if (age) {
		cpu->jiffy = s->jiffies;
		cpu->drops = 0;
		/* Those of a jiffy that is long over would look like an attack of now. */
		if (cpu->unwanted && age < s->pol->hz / 4)
			attack_note(s->g, s->pol, s->jiffies, cpu->unwanted);
		cpu->unwanted = 0;
	}
	cpu->drops++;
	cpu->unwanted += is_unwanted(v);
	if (cpu->drops <= ALL_SAMPLED)
		offender_note(&p->from, s->source, s->jiffies, 1 << 16 | v,
			      s->local << 16 | (s->len & 0xffff));
	else if (cpu->drops % SAMPLE == 0)
		offender_note(&p->from, s->source, s->jiffies, SAMPLE << 16 | v,
			      s->local << 16 | (s->len & 0xffff));
}

/*
 * What parse() has found is true of the packet (@v) goes through the guard, and is counted.
 * True: it ends here. @flow: GUARD_FLOWS: of its local endpoint, if that has one.
 */
static __always_inline bool guard_drops(struct xdp_md *ctx, const struct packet *p, int v,
					struct xsrtp_awaited *flow)
{
	struct xsrtp_guard_cpu *cpu = guard_cpu_get();
	struct subject s = { .ctx = ctx, .pol = guard_policy_get(), .g = guard_state_get(),
			     .flow = flow };

	if (!cpu || !s.pol || !s.g)
		return false;
	if (v == ON) {
		v = XSRTP_COUNTER_PASSED_NO_FLOW;
		s.local = port_number(p->to.port);
		s.len = ctx->data_end - ctx->data;
		if (flow || is_media_port(s.pol, s.local))
			v = guard_verdict(&s, p);
		if (is_drop(v))
			note_drop(&s, p, cpu, v);
	}
	if (v < 0 || v >= XSRTP_GUARD_MAX)
		return false;
	/* 6.1 loses the range on paths that cannot be (umin 21, umax 17): it gets another. */
	asm volatile("%0 &= 31" : "+r"(v));
	if (is_drop(v) && s.pol->observe) {
		cpu->would[v]++;
		return false;
	}
	cpu->count[v]++;
	return is_drop(v);
}

#endif /* XSRTP_BPF_GUARD_H */
