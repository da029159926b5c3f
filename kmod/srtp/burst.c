// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "burst.h"
#include "lru.h"

/* --- the ciphers ---------------------------------------------------------------- */

/* One call for each suite in the burst; most bursts have one. */
void xsrtp_burst_crypt(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n,
		       bool open)
{
	struct xsrtp_packet *same[XSRTP_BURST_MAX];
	uint64_t todo = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (likely(pkt[i].reason == XSRTP_REASON_OK))
			todo |= 1ULL << i;
	while (todo) {
		const struct xsrtp_suite_info *suite = pkt[__builtin_ctzll(todo)].suite;
		uint64_t left = todo;
		unsigned int m = 0;

		for (; left; left &= left - 1) {
			i = __builtin_ctzll(left);
			if (unlikely(pkt[i].suite != suite))
				continue;
			same[m++] = &pkt[i];
			todo &= ~(1ULL << i);
		}
		if (open)
			c->open(suite, same, m);
		else
			c->seal(suite, same, m);
	}
}

/* --- streams and indexes --------------------------------------------------------- */

uint64_t xsrtp_packet_index_first(const struct xsrtp_context *cx, const struct xsrtp_packet *p,
				  uint16_t seq)
{
	const struct xsrtp_stream *st = p->stream;
	uint64_t roc, next;

	if (!st)
		return xsrtp_index_estimate(xsrtp_context_evicts(cx) ? xsrtp_lru_past(cx, p->ssrc) : 0, seq);
	/* Its ROC may have been told: in @seen, until the first packet. */
	roc = load_acquire(&st->seen);
	next = xsrtp_next(load_acquire(&st->next));
	return next ? xsrtp_index_estimate(next, seq) : roc << 16 | seq;
}

enum xsrtp_reason xsrtp_packet_check(const struct xsrtp_context *cx,
				     const struct xsrtp_packet *p)
{
	struct xsrtp_window w;

	if (unlikely(!p->stream && xsrtp_context_evicts(cx)))
		return p->index < xsrtp_lru_past(cx, p->ssrc) ? XSRTP_REASON_TOO_OLD :
								XSRTP_REASON_OK;
	if (unlikely(!p->stream))
		return xsrtp_stream_room(cx->half, cx->cold) ? XSRTP_REASON_OK :
							       XSRTP_REASON_NO_STREAM;
	xsrtp_context_window(cx, p->stream, p->slot, &w);
	return xsrtp_replay_check(p->stream, &w, p->index);
}

enum xsrtp_reason xsrtp_packet_claim(const struct xsrtp_context *cx, struct xsrtp_packet *p,
				     bool in)
{
	struct xsrtp_window w;

	if (unlikely(xsrtp_context_evicts(cx)))
		return xsrtp_lru_claim(cx, p, in);
	if (unlikely(!p->stream)) {
		p->stream = xsrtp_stream_take(cx->half, cx->cold, p->ssrc);
		if (!p->stream)
			return XSRTP_REASON_NO_STREAM;
		p->event |= XSRTP_EVENT_NEW_STREAM;
	}
	xsrtp_context_window(cx, p->stream, p->slot, &w);
	return xsrtp_replay_claim(p->stream, &w, p->index, &p->event);
}

/* --- keys ------------------------------------------------------------------------- */

uint8_t xsrtp_mki_find(const struct xsrtp_context *cx, const uint8_t *first,
		       const uint8_t *end)
{
	uint8_t slot = cx->own.own[OWN_SLOT], i;

	/* The key in use, then all others that have an MKI. */
	for (i = 0; i <= cx->cold->keys; slot = i++) {
		const struct xsrtp_key_info *info = &cx->cold->slot[slot];

		if (load_acquire(&info->set) && (i == 0 || info->mki_len) && end - first >= info->mki_len &&
		    !memcmp(end - info->mki_len, info->mki, info->mki_len))
			return slot;
	}
	return XSRTP_NO_KEY;
}

/* --- the way in -------------------------------------------------------------------- */

/*
 * Has the stream had no packet yet? Then the next one's index hangs on whether this
 * one is authentic.
 */
static bool begins(const struct xsrtp_packet *p)
{
	const struct xsrtp_stream *st = p->stream;

	return unlikely(!st || !xsrtp_next(load_once(&st->next)));
}

/* Does an earlier packet of the burst, not finished yet, begin the same stream? */
static bool begins_again(const struct xsrtp_packet *first, const struct xsrtp_packet *p)
{
	for (; first < p; first++)
		if (first->reason == XSRTP_REASON_OK && begins(first) &&
		    first->session == p->session && first->ssrc == p->ssrc)
			return true;
	return false;
}

/* The packet alone, under the key in @slot or the one that it names. */
static void unprotect_one(const struct xsrtp_cipher *c, const struct xsrtp_unprotect_ops *ops,
			  struct xsrtp_packet *p, uint8_t slot)
{
	p->reason = ops->prepare(p, slot);
	if (unlikely(p->reason == XSRTP_REASON_SPECIAL)) {
		p->reason = ops->special(c, p, slot);
		return;
	}
	xsrtp_burst_crypt(c, p, 1, true);
	if (p->reason == XSRTP_REASON_OK)
		p->reason = ops->finish(p);
}

/* The tag did not verify: try the second key, if there is one (xsrtp_key_also()). */
static void unprotect_also(const struct xsrtp_cipher *c, const struct xsrtp_unprotect_ops *ops,
			   struct xsrtp_packet *p)
{
	struct xsrtp_context cx;
	uint8_t also;

	ops->context(&cx, p->session);
	also = load_once(&cx.cold->also);
	if (also == XSRTP_NO_KEY || also == p->slot || xsrtp_mki_len(&cx, p->slot))
		return;
	unprotect_one(c, ops, p, also);
	if (p->reason == XSRTP_REASON_OK) {
		xsrtp_key_promote(cx.half, cx.cold, also);
		p->event |= XSRTP_EVENT_KEY_SWITCH;
	}
}

/* Returns how many packets it took: all, or up to one that has to wait. */
static unsigned int unprotect_some(const struct xsrtp_cipher *c,
				   const struct xsrtp_unprotect_ops *ops,
				   struct xsrtp_packet *pkt, unsigned int n)
{
	bool some_begin = false;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct xsrtp_packet *p = &pkt[i];

		p->event = 0;
		p->reason = ops->prepare(p, XSRTP_NO_KEY);
		if (p->reason || !begins(p))
			continue;
		if (some_begin && begins_again(pkt, p))
			n = i;
		some_begin = true;
	}
	xsrtp_burst_crypt(c, pkt, n, true);
	for (i = 0; i < n; i++) {
		struct xsrtp_packet *p = &pkt[i];

		if (likely(p->reason == XSRTP_REASON_OK)) {
			p->reason = ops->finish(p);
			continue;
		}
		if (unlikely(p->reason == XSRTP_REASON_SPECIAL))
			p->reason = ops->special(c, p, XSRTP_NO_KEY);
		else if (i && ops->index_moved && ops->index_moved(p))
			unprotect_one(c, ops, p, XSRTP_NO_KEY);
		if (p->reason == XSRTP_REASON_BAD_TAG)
			unprotect_also(c, ops, p);
	}
	return n;
}

void xsrtp_burst_unprotect(const struct xsrtp_cipher *c, const struct xsrtp_unprotect_ops *ops,
			   struct xsrtp_packet *pkt, unsigned int n)
{
	unsigned int i;

	xsrtp_burst_touch(pkt, n);
	for (i = 0; i < n; )
		i += unprotect_some(c, ops, pkt + i, n - i);
}
