// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lru.h"

#define PAST_VALID	(1ULL << 32)

static struct xsrtp_lru *lru_of(const struct xsrtp_context *cx)
{
	return (void *)((char *)cx->half + cx->cold->lru);
}

/* --- streams that had to go ------------------------------------------------------ */

uint64_t xsrtp_lru_past(const struct xsrtp_context *cx, uint32_t ssrc)
{
	const struct xsrtp_lru *lru = lru_of(cx);
	uint64_t next;
	unsigned int i;

	for (i = 0; i < XSRTP_PAST; i++) {
		const struct xsrtp_past *past = &lru->past[i];

		if (load_acquire(&past->id) != (PAST_VALID | ssrc))
			continue;
		next = load_acquire(&past->next);
		if (load_once(&past->id) == (PAST_VALID | ssrc))
			return next;
	}
	return 0;
}

/* Forgets the SSRC, which is alive again, and keeps another instead. */
static void past_put(struct xsrtp_lru *lru, uint32_t back, uint32_t ssrc, uint64_t next)
{
	unsigned int i, at = lru->at;
	struct xsrtp_past *past;
	uint64_t id;

	for (i = 0; i < XSRTP_PAST; i++)
		if (lru->past[i].id == (PAST_VALID | back))
			break;
	if (i < XSRTP_PAST)
		at = i;
	else
		lru->at = (at + 1) % XSRTP_PAST;
	past = &lru->past[at];
	/* By exchange, for its order: not to be found while it is half of each. */
	id = past->id;
	cas64(&past->id, &id, 0);
	store_once(&past->next, next);
	id = 0;
	cas64(&past->id, &id, PAST_VALID | ssrc);
}

/* --- eviction ---------------------------------------------------------------------- */

static struct xsrtp_stream *longest_ago(const struct xsrtp_context *cx,
					const struct xsrtp_lru *lru)
{
	uint32_t i, oldest = 0;

	for (i = 1; i < cx->cold->streams; i++)
		if (load_once(&lru->stamp[i]) < load_once(&lru->stamp[oldest]))
			oldest = i;
	return xsrtp_stream_at(cx->half, cx->cold, oldest);
}

/* The key in use stands in the same word, and may change meanwhile. */
static uint32_t stream_name(struct xsrtp_stream *st, uint32_t ssrc, uint8_t live)
{
	struct xsrtp_stream now = { .id = load_once(&st->id) }, new;

	do {
		new.id = now.id;
		new.ssrc = ssrc;
		new.live = live;
	} while (!cas64(&st->id, &now.id, new.id));
	return now.ssrc;
}

/* With @lru->busy: the slot of another stream for @ssrc. */
static struct xsrtp_stream *evict(const struct xsrtp_context *cx, struct xsrtp_lru *lru,
				  uint32_t ssrc)
{
	struct xsrtp_stream *st = xsrtp_stream_find(cx->half, cx->cold, ssrc);
	uint64_t next, past;
	struct xsrtp_window w;
	uint32_t gone;

	if (st)	/* another CPU was first */
		return st;
	past = xsrtp_lru_past(cx, ssrc);
	st = longest_ago(cx, lru);
	gone = stream_name(st, ssrc, STREAM_CHANGES);
	xsrtp_stream_window(cx->half, cx->cold, st, 0, &w);
	next = xsrtp_replay_reset(st, &w, past);
	past_put(lru, ssrc, gone, next);
	stream_name(st, ssrc, STREAM_LIVES);
	return st;
}

static struct xsrtp_stream *make_room(const struct xsrtp_context *cx, uint32_t ssrc)
{
	struct xsrtp_lru *lru = lru_of(cx);
	struct xsrtp_stream *st;
	uint64_t busy = 0;

	if (!cas64(&lru->busy, &busy, 1))
		return NULL;
	st = evict(cx, lru, ssrc);
	busy = 1;
	cas64(&lru->busy, &busy, 0);
	return st;
}

/* CPUs may mix up the order of packets of one moment; no harm. */
static void touch(const struct xsrtp_context *cx, const struct xsrtp_stream *st)
{
	uint32_t n = xsrtp_stream_number(cx->half, cx->cold, st);
	struct xsrtp_lru *lru = lru_of(cx);

	if (likely(load_once(&lru->last) == n && load_once(&lru->stamp[n])))
		return;
	store_once(&lru->last, n);
	store_once(&lru->clock, load_once(&lru->clock) + 1);
	store_once(&lru->stamp[n], load_once(&lru->clock));
}

enum xsrtp_reason xsrtp_lru_claim(const struct xsrtp_context *cx, struct xsrtp_packet *p, bool in)
{
	enum xsrtp_reason r = XSRTP_REASON_NO_STREAM;
	struct xsrtp_window w;
	unsigned int tries;

	/* More than once only if another CPU has evicted the stream meanwhile. */
	for (tries = 0; tries < 4 && r == XSRTP_REASON_NO_STREAM; tries++) {
		if (!p->stream) {
			p->stream = xsrtp_stream_take(cx->half, cx->cold, p->ssrc);
			if (!p->stream && in)
				p->stream = make_room(cx, p->ssrc);
			if (!p->stream)
				return XSRTP_REASON_NO_STREAM;
			p->event |= XSRTP_EVENT_NEW_STREAM;
		}
		xsrtp_stream_window(cx->half, cx->cold, p->stream, p->slot, &w);
		r = xsrtp_replay_claim_owned(p->stream, &w, p->index, p->ssrc, &p->event);
		if (r == XSRTP_REASON_NO_STREAM)
			p->stream = NULL;
	}
	if (!r)
		touch(cx, p->stream);
	return r;
}
