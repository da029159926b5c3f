// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "platform.h"
#include "replay.h"

#define CREDIT_ONE	(1ULL << XSRTP_NEXT_CREDIT)
#define CREDIT_MASK	((4ULL << XSRTP_NEXT_SLOT) - CREDIT_ONE)	/* with slot */

/* --- credit ------------------------------------------------------------------ */

/* Takes a chunk of the budget; 0 when it is used up. */
static uint64_t draw(struct xsrtp_budget *b, uint8_t *event)
{
	uint64_t left = load_once(&b->left), chunk;

	do {
		if (!left)
			return 0;
		chunk = left / b->share + 1;
		if (chunk > XSRTP_CREDIT_MAX)
			chunk = XSRTP_CREDIT_MAX;
	} while (!cas64(&b->left, &left, left - chunk));
	if (left > b->low && left - chunk <= b->low)
		*event |= XSRTP_EVENT_KEY_LOW;
	return chunk;
}

static void give_back(struct xsrtp_budget *b, uint64_t chunk)
{
	uint64_t left = load_once(&b->left);

	while (chunk && !cas64(&b->left, &left, left + chunk))
		;
}

/* Credit in @word for the key in @slot: 1 to XSRTP_CREDIT_MAX; none: anything else. */
static inline uint32_t credit_of(uint64_t word, uint32_t slot)
{
	return (uint32_t)(word >> XSRTP_NEXT_CREDIT ^
			  slot << (XSRTP_NEXT_SLOT - XSRTP_NEXT_CREDIT)) &
	       (CREDIT_MASK >> XSRTP_NEXT_CREDIT);
}

static inline bool has_credit(uint64_t word, uint32_t slot)
{
	return credit_of(word, slot) - 1 < XSRTP_CREDIT_MAX;
}

/*
 * Slot and credit of @word after one more packet, drawing where there is none.
 * @drawn: what this caller has drawn already, in an exchange that failed.
 * Returns false if the key may serve no more.
 */
static inline __attribute__((always_inline)) bool
credit_take(uint64_t word, uint64_t *drawn, const struct xsrtp_window *w, uint8_t *event,
	    uint64_t *credit)
{
	if (likely(has_credit(word, w->slot))) {
		*credit = (word & CREDIT_MASK) - CREDIT_ONE;
		return true;
	}
	if (!*drawn)
		*drawn = draw(w->budget, event);
	*credit = (uint64_t)w->slot << XSRTP_NEXT_SLOT | (*drawn - 1) * CREDIT_ONE;
	return *drawn;
}

/* After the exchange from @word succeeded: was the drawn credit used in it? */
static void credit_settle(uint64_t word, uint64_t drawn, const struct xsrtp_window *w)
{
	if (unlikely(drawn && has_credit(word, w->slot)))
		give_back(w->budget, drawn);
}

void xsrtp_replay_uncredit(struct xsrtp_stream *st, unsigned int slot)
{
	uint64_t word = load_once(&st->next);

	while (has_credit(word, slot) && !cas64(&st->next, &word, word & ~CREDIT_MASK))
		;
}

/* What the highest index alone says; OK: look at the window. */
static enum xsrtp_reason horizon(uint64_t next, uint32_t window, uint64_t index)
{
	if (unlikely(index > XSRTP_INDEX_MAX))
		return XSRTP_REASON_KEY_EXPIRED;
	if (unlikely(index + window < next))
		return XSRTP_REASON_TOO_OLD;
	return XSRTP_REASON_OK;
}

/* --- a window of 64: {next, seen} ------------------------------------------ */

/* Both words of one moment: @next only grows, and @seen moves with it. */
static void narrow_load(const struct xsrtp_stream *st, uint64_t state[2])
{
	do {
		state[0] = load_acquire(&st->next);
		state[1] = load_acquire(&st->seen);
	} while (unlikely(load_once(&st->next) != state[0]));
}

static enum xsrtp_reason narrow_check(const uint64_t state[2], uint64_t index)
{
	uint64_t next = xsrtp_next(state[0]);
	enum xsrtp_reason r = horizon(next, XSRTP_WINDOW_MIN, index);

	if (r || index >= next)
		return r;
	return state[1] >> (next - 1 - index) & 1 ? XSRTP_REASON_REPLAY : XSRTP_REASON_OK;
}

static enum xsrtp_reason narrow_claim(struct xsrtp_stream *st, const struct xsrtp_window *w,
				      uint64_t index, uint8_t *event)
{
	uint64_t old[2], new[2], credit, drawn = 0;
	enum xsrtp_reason r;

	narrow_load(st, old);
	do {
		uint64_t next = xsrtp_next(old[0]);

		r = narrow_check(old, index);
		if (!r && !credit_take(old[0], &drawn, w, event, &credit))
			r = XSRTP_REASON_KEY_EXPIRED;
		if (unlikely(r)) {
			give_back(w->budget, drawn);
			return r;
		}
		if (index < next) {
			new[0] = next;
			new[1] = old[1] | 1ULL << (next - 1 - index);
		} else {
			uint64_t ahead = index + 1 - next;

			new[0] = index + 1;
			new[1] = (ahead < 64 ? old[1] << ahead : 0) | 1;
		}
		new[0] |= credit;
	} while (unlikely(!cas128(st->both, old, new)));
	credit_settle(old[0], drawn, w);
	return XSRTP_REASON_OK;
}

/* --- larger windows: the ring ----------------------------------------------- */

static uint64_t word_of(uint64_t block, uint32_t bits)
{
	return block << 32 | bits;
}

static uint32_t word_block(uint64_t word)
{
	return word >> 32;
}

/*
 * Does @word stand for a block that came after that of @index? Then the index has
 * left the window, though @next, read before, does not tell. CPUs race by less
 * than RACE_BLOCKS; an index that far ahead of @next is a jump (SRTCP), and a word
 * that far from the index is from long ago.
 */
#define RACE_BLOCKS	(1U << 14)

static bool word_is_newer(uint64_t word, uint64_t next, uint64_t index)
{
	uint32_t ahead = word_block(word) - (uint32_t)(index / 32);

	return (uint32_t)word && ahead && ahead < RACE_BLOCKS &&
	       index / 32 < next / 32 + RACE_BLOCKS;
}

static enum xsrtp_reason wide_check(uint64_t next, uint64_t word, uint32_t window,
				    uint64_t index)
{
	enum xsrtp_reason r = horizon(next, window, index);

	if (r)
		return r;
	if (word_block(word) == (uint32_t)(index / 32))
		return word >> (index % 32) & 1 ? XSRTP_REASON_REPLAY : XSRTP_REASON_OK;
	return word_is_newer(word, next, index) ? XSRTP_REASON_TOO_OLD : XSRTP_REASON_OK;
}

/* Sets the index's bit in the ring. @next: of the stream, loaded before */
static enum xsrtp_reason ring_set(const struct xsrtp_window *w, uint64_t next, uint64_t index)
{
	uint64_t *p = &w->ring[index / 32 % xsrtp_replay_words(w->packets)];
	uint64_t word = load_once(p), new;
	enum xsrtp_reason r;

	do {
		r = wide_check(next, word, w->packets, index);
		if (r)
			return r;
		new = word_block(word) == (uint32_t)(index / 32) ? word : word_of(index / 32, 0);
		new |= 1ULL << (index % 32);
	} while (unlikely(!cas64(p, &word, new)));
	return XSRTP_REASON_OK;
}

static enum xsrtp_reason wide_claim(struct xsrtp_stream *st, const struct xsrtp_window *w,
				    uint64_t index, uint8_t *event)
{
	uint64_t old = load_acquire(&st->next), new, credit, drawn = 0;
	enum xsrtp_reason r = ring_set(w, xsrtp_next(old), index);

	if (unlikely(r))
		return r;
	do {
		if (unlikely(!credit_take(old, &drawn, w, event, &credit)))
			return XSRTP_REASON_KEY_EXPIRED;
		new = xsrtp_next(old);
		if (new <= index)
			new = index + 1;
		new |= credit;
	} while (unlikely(!cas64(&st->next, &old, new)));
	credit_settle(old, drawn, w);
	return XSRTP_REASON_OK;
}

/* ----------------------------------------------------------------------------- */

enum xsrtp_reason xsrtp_replay_check(const struct xsrtp_stream *st,
				     const struct xsrtp_window *w, uint64_t index)
{
	uint64_t state[2];

	if (w->ring)
		return wide_check(xsrtp_next(load_once(&st->next)),
				  load_once(&w->ring[index / 32 % xsrtp_replay_words(w->packets)]),
				  w->packets, index);
	narrow_load(st, state);
	return narrow_check(state, index);
}

enum xsrtp_reason xsrtp_replay_claim(struct xsrtp_stream *st, const struct xsrtp_window *w,
				     uint64_t index, uint8_t *event)
{
	return w->ring ? wide_claim(st, w, index, event) : narrow_claim(st, w, index, event);
}

/* ----------------------------------------------------------------------------- */

void xsrtp_replay_fill(struct xsrtp_stream *st, const struct xsrtp_window *w)
{
	uint32_t words = xsrtp_replay_words(w->packets), i;
	uint64_t next = xsrtp_next(load_once(&st->next)), highest = next - 1, block;

	if (!w->ring)
		return;
	for (i = 0; i < words; i++)
		store_once(&w->ring[i], 0);
	for (i = 0; next && i < words && i <= highest / 32; i++) {
		block = highest / 32 - i;
		/* The block of the highest index is not all in the past. */
		store_once(&w->ring[block % words],
			   word_of(block, i ? ~0U : (2ULL << highest % 32) - 1));
	}
}

uint64_t xsrtp_replay_reset(struct xsrtp_stream *st, const struct xsrtp_window *w,
			    uint64_t next)
{
	uint64_t old[2], new[2] = { next, next ? ~0ULL : 0 };

	/* A loop, because of xsrtp_replay_uncredit(). */
	narrow_load(st, old);
	while (!cas128(st->both, old, new))
		;
	xsrtp_replay_fill(st, w);
	return xsrtp_next(old[0]);
}
