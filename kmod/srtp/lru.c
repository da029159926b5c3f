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

/* Of those that nobody holds; NULL: there is none. */
static struct xsrtp_stream *longest_ago(const struct xsrtp_context *cx,
					const struct xsrtp_lru *lru)
{
	struct xsrtp_stream *oldest = NULL;
	uint64_t stamp = ~0ULL;
	uint32_t i;

	for (i = 0; i < cx->cold->streams; i++) {
		struct xsrtp_stream *st = xsrtp_stream_at(cx->half, cx->cold, i);
		struct xsrtp_stream now = { .id = load_once(&st->id) };

		if (now.live != STREAM_LIVES || load_once(&lru->stamp[i]) >= stamp)
			continue;
		stamp = load_once(&lru->stamp[i]);
		oldest = st;
	}
	return oldest;
}

/*
 * From one state to another, if it is @ssrc's and in the one. The key in use stands
 * in the same word, and may change meanwhile.
 */
static bool stream_turn(struct xsrtp_stream *st, uint32_t ssrc, uint8_t from,
			uint32_t new_ssrc, uint8_t to)
{
	struct xsrtp_stream now = { .id = load_once(&st->id) }, new;

	do {
		if (now.live != from || now.ssrc != ssrc)
			return false;
		new.id = now.id;
		new.ssrc = new_ssrc;
		new.live = to;
	} while (!cas64(&st->id, &now.id, new.id));
	return true;
}

/* With @lru->busy: the slot of another stream for @ssrc. NULL: all are held. */
static struct xsrtp_stream *evict(const struct xsrtp_context *cx, struct xsrtp_lru *lru,
				  uint32_t ssrc)
{
	struct xsrtp_stream *st = xsrtp_stream_find(cx->half, cx->cold, ssrc);
	uint64_t next, past;
	struct xsrtp_window w;
	uint32_t gone;

	if (st)	/* another CPU was first */
		return st;
	st = longest_ago(cx, lru);
	if (!st)
		return NULL;
	gone = ((struct xsrtp_stream){ .id = load_once(&st->id) }).ssrc;
	if (!stream_turn(st, gone, STREAM_LIVES, ssrc, STREAM_CHANGES))
		return NULL;
	past = xsrtp_lru_past(cx, ssrc);
	xsrtp_stream_window(cx->half, cx->cold, st, 0, &w);
	next = xsrtp_replay_reset(st, &w, past);
	past_put(lru, ssrc, gone, next);
	stream_turn(st, ssrc, STREAM_CHANGES, ssrc, STREAM_LIVES);
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

/* One more holder of the stream, or one less; false: it is not @ssrc's any more. */
static bool hold(struct xsrtp_stream *st, uint32_t ssrc, int one)
{
	struct xsrtp_stream now = { .id = load_once(&st->id) }, new;

	do {
		if (now.live < STREAM_LIVES || now.ssrc != ssrc || now.live + one > STREAM_HELD_MAX)
			return false;
		new.id = now.id;
		new.live += one;
	} while (!cas64(&st->id, &now.id, new.id));
	return true;
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
		if (!hold(p->stream, p->ssrc, 1)) {
			p->stream = NULL;
			continue;
		}
		xsrtp_stream_window(cx->half, cx->cold, p->stream, p->slot, &w);
		r = xsrtp_replay_claim(p->stream, &w, p->index, &p->event);
		hold(p->stream, p->ssrc, -1);
	}
	if (!r)
		touch(cx, p->stream);
	return r;
}
