/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who talks to a local port. Nobody tells the guard of calls, so it learns them: a
 * source that sends RTP as a codec does, for some packets, becomes one of the port's far
 * ends, and has a budget of its own from then on. RTP is not authenticated here, and
 * what an attacker can send from anywhere he can make look right. So it is arranged
 * for what he can do with that:
 *
 *  - A far end is known by address, port and SSRC, and by the sequence number within a
 *    window that advances as fast as a codec may. Packets under its forged address miss
 *    the SSRC, or the window, before they take anything of its budget.
 *  - Its place is its own until it has been silent; nobody is displaced.
 *  - He who wants to become one must be within the budgets of unknown sources, and until
 *    he is, nothing of him passes to a port that has a live one.
 *  - A candidate keeps his place until he is proven or has been silent for a while: two
 *    that took it from each other with every packet would never get anywhere.
 *
 * An attacker who knows address, port, SSRC and sequence number of a call sends what
 * cannot be told from it, as he could without a guard: that takes SRTP.
 */
#ifndef XSRTP_BPF_TALKER_H
#define XSRTP_BPF_TALKER_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "guard_maps.h"
#include "hash.h"
#include "parse.h"

#define PROVEN		4	/* packets that make a far end */
#define STEP		8	/* sequence numbers from one to the next, some lost */
#define WINDOW		64	/* sequence numbers ahead */
#define BEHIND		128	/* and behind: two moves of the window that forged packets made */
#define FOLLOWS		4	/* so near, one packet moves the window */
#define SILENT_S	10	/* its place may go to another */
#define GONE_S		300	/* it is not known any more */

/* What the far end is known by. */
struct talker {
	__u64 sum;		/* hash of the two addresses */
	__u64 id;
	__u32 ssrc;
	__u16 port;
	__u16 seq;
};

static __always_inline __u32 talker_tag(const struct talker *t)
{
	return t->id >> 32;
}

static __always_inline void talker_of(const struct xsrtp_policy *pol, const struct packet *p,
				      __u32 ssrc, __u16 seq, struct talker *t)
{
	t->sum = pol->secret[14] + xsrtp_hash_words(&pol->secret[4], p->from.addr, 4) +
		 xsrtp_hash_words(&pol->secret[8], p->to.addr, 4);
	t->id = ((t->sum >> 32 | 1) << 32) | ssrc;
	t->ssrc = ssrc;
	t->port = bpf_ntohs(p->from.port);
	t->seq = seq;
}

/* How long it has been silent, in 2^-24 jiffy: the bucket of one that sends is near now. */
static __always_inline __s64 end_silence(const struct xsrtp_end *e, __u64 now)
{
	return now - *(volatile const __u64 *)&e->media.packets;
}

static __always_inline bool end_alive(const struct xsrtp_end *e, __u64 now, __u64 jiffies)
{
	return e->id && end_silence(e, now) < (__s64)(jiffies << XSRTP_TICK_SHIFT);
}

/* Of a port: both its parts. */
struct line {
	struct xsrtp_ends *near;
	struct xsrtp_talkers *rest;
};

static __always_inline bool line_get(__u32 port, struct line *l)
{
	l->near = bpf_map_lookup_elem(&guard_ends, &port);
	l->rest = bpf_map_lookup_elem(&guard_talkers, &port);
	return l->near && l->rest;
}

/* By what a packet is told to be a far end's. */
enum like {
	LIKE_ALL,		/* addresses, port, SSRC */
	LIKE_SSRC,		/* all but the port */
	LIKE_ADDR,		/* all but the SSRC */
};

static __always_inline bool end_is(const struct xsrtp_end *e, const struct talker *t, enum like how)
{
	__u64 id = *(volatile const __u64 *)&e->id;

	return (how == LIKE_ADDR ? id >> 32 == t->id >> 32 : id == t->id) &&
	       (how == LIKE_SSRC || e->port == t->port);
}

/* One that has sent in the last @silent jiffies. */
static __always_inline struct xsrtp_end *end_find(const struct line *l, const struct talker *t,
						  enum like how, __u64 now, __u64 silent)
{
	struct xsrtp_end *e;
	__u32 i;

#pragma unroll
	for (i = 0; i < XSRTP_ENDS_NEAR; i++) {
		e = &l->near->end[i];
		if (end_is(e, t, how) && end_alive(e, now, silent))
			return e;
	}
#pragma unroll
	for (i = 0; i < XSRTP_ENDS_MORE; i++) {
		if (i >= l->rest->more)
			break;
		e = &l->rest->end[i];
		if (end_is(e, t, how) && end_alive(e, now, silent))
			return e;
	}
	return NULL;
}

static __always_inline bool ends_live(const struct line *l, __u64 now, __u32 hz)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < XSRTP_ENDS_NEAR; i++)
		if (end_alive(&l->near->end[i], now, hz))
			return true;
#pragma unroll
	for (i = 0; i < XSRTP_ENDS_MORE; i++)
		if (i < l->rest->more && end_alive(&l->rest->end[i], now, hz))
			return true;
	return false;
}

/* The call is over: the port's next has other far ends. */
static __always_inline void ends_forget(const struct line *l)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < XSRTP_ENDS_NEAR; i++)
		*(volatile __u64 *)&l->near->end[i].id = 0;
	l->rest->more = 0;
	l->rest->bound = 0;
}

/*
 * Ahead of the highest by no more than the codec may have sent meanwhile, or a little
 * behind it (reordered). Moves the window; what is neither near nor follows another
 * does not, or one forged packet would put the next real one outside.
 */
static __always_inline bool end_plausible(struct xsrtp_end *e, const struct xsrtp_policy *pol,
					  __u16 seq, __u64 now)
{
	__s64 quiet = end_silence(e, now) >> XSRTP_TICK_SHIFT;
	__s32 ahead = WINDOW, step = (__s16)(seq - e->seq);

	if (quiet > 0)
		ahead += (quiet > 32767 ? 32767 : quiet) * pol->advance;
	if (ahead < 32768 && (step > ahead || step < -BEHIND))
		return false;
	if ((step > 0 && step <= FOLLOWS) || (step > FOLLOWS && seq == (__u16)(e->jump + 1)) ||
	    ahead >= 32768)
		e->seq = seq;
	e->jump = seq;
	return true;
}

/* Between the first and the last write nobody finds it: no id is all ones. */
static __always_inline bool end_claim(struct xsrtp_end *e, const struct talker *t, __u64 now,
				      __u64 silent)
{
	__u64 old = *(volatile __u64 *)&e->id;

	if (old && (old == ~0ULL || end_alive(e, now, silent)))
		return false;
	if (__sync_val_compare_and_swap(&e->id, old, ~0ULL) != old)
		return false;
	e->port = t->port;
	e->seq = e->jump = t->seq;
	e->bound = 0;
	e->media.packets = now;
	e->media.bytes = now;
	*(volatile __u64 *)&e->id = t->id;
	return true;
}

/* It is there, but its numbers went elsewhere; or a place is claimed. */
static __always_inline bool end_take(struct xsrtp_end *e, const struct talker *t, bool known,
				     __u64 now, __u64 silent)
{
	if (!known)
		return end_claim(e, t, now, silent);
	e->seq = e->jump = t->seq;
	e->media.packets = now;
	return true;
}

/* A place for it; false: all are taken by others who have sent lately. */
static __noinline bool end_add(struct xsrtp_ends *near, struct xsrtp_talkers *rest,
			       const struct talker *t, __u64 now, __u64 silent)
{
	__u32 i, known;

	for (known = 2; known--; ) {
		for (i = 0; i < XSRTP_ENDS_NEAR; i++) {
			struct xsrtp_end *e = &near->end[i];

			if ((!known || end_is(e, t, LIKE_ALL)) && end_take(e, t, known, now, silent))
				return true;
		}
		for (i = 0; i < XSRTP_ENDS_MORE; i++) {
			struct xsrtp_end *e = &rest->end[i];

			if (known && (i >= rest->more || !end_is(e, t, LIKE_ALL)))
				continue;
			/* What was there before ends_forget(). */
			if (i >= rest->more)
				e->id = 0;
			if (!end_take(e, t, known, now, silent))
				continue;
			if (rest->more <= i)
				rest->more = i + 1;
			return true;
		}
	}
	return false;
}

/* One more packet of a candidate, or a new one. True: it is proven. */
static __noinline bool candidate_step(const struct xsrtp_policy *pol, const struct talker *t,
				      __u32 local, __u32 jiffies)
{
	__u64 h = t->sum + t->ssrc * pol->secret[12] + pol->secret[13] * (t->port << 16 | local);
	__u32 at = h >> (64 - XSRTP_CANDIDATE_BITS), tag = h >> 17, age;
	struct xsrtp_candidate *c = bpf_map_lookup_elem(&guard_talkers_c, &at);
	__u16 step;

	if (!c)
		return false;
	age = jiffies - c->last;
	step = t->seq - c->seq;
	if (c->packets && c->tag != tag && age < pol->hz / 8)
		return false;
	if (c->tag != tag || age > pol->hz || !step || step > STEP) {
		*c = (struct xsrtp_candidate){ tag, jiffies, jiffies, t->seq, 1 };
		return false;
	}
	c->last = jiffies;
	c->seq = t->seq;
	if (c->packets < PROVEN)
		c->packets++;
	if (c->packets < PROVEN || jiffies - c->first < pol->pace)
		return false;
	c->packets = 0;		/* the next may have the place */
	return true;
}

/*
 * Does a local socket receive this packet? Asked with both its endpoints, because a
 * socket that is connected receives from one peer. VLANs: a socket that is bound to a
 * VLAN's device is not found.
 */
static __noinline bool socket_there(struct xdp_md *ctx, const struct packet *p)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;

	if (p->to.version == 4) {
		t.ipv4.saddr = p->from.addr[0];
		t.ipv4.daddr = p->to.addr[0];
		t.ipv4.sport = p->from.port;
		t.ipv4.dport = p->to.port;
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	} else {
		__builtin_memcpy(t.ipv6.saddr, p->from.addr, sizeof(t.ipv6.saddr));
		__builtin_memcpy(t.ipv6.daddr, p->to.addr, sizeof(t.ipv6.daddr));
		t.ipv6.sport = p->from.port;
		t.ipv6.dport = p->to.port;
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	if (!sk)
		return false;
	bpf_sk_release(sk);
	return true;
}

/*
 * The same, from the port: a socket that has been seen is believed in for a second. That
 * none was seen is not remembered: an attacker's packet that a connected socket does not
 * take must not stop its peer's.
 */
static __always_inline bool port_bound(struct xdp_md *ctx, const struct packet *p,
				       struct xsrtp_talkers *s, __u32 jiffies, __u32 hz)
{
	__u32 left = s->bound - jiffies;

	if (left && left <= hz)
		return true;
	if (!socket_there(ctx, p))
		return false;
	s->bound = jiffies + hz;
	return true;
}

/* The same for a far end, who needs no more than its own cache line; for two seconds. */
static __always_inline bool end_bound(struct xdp_md *ctx, const struct packet *p,
				      struct xsrtp_end *e, __u64 jiffies, __u32 hz)
{
	__u16 now = jiffies >> XSRTP_BOUND_SHIFT, most = (hz >> (XSRTP_BOUND_SHIFT - 1)) + 1;
	__u16 left = e->bound - now;

	if (left && left <= most)
		return true;
	if (!socket_there(ctx, p))
		return false;
	e->bound = now + most;
	return true;
}

#endif /* XSRTP_BPF_TALKER_H */
