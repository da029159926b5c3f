// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "platform.h"
#include "replay.h"

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
	enum xsrtp_reason r = horizon(state[0], XSRTP_WINDOW_MIN, index);

	if (r || index >= state[0])
		return r;
	return state[1] >> (state[0] - 1 - index) & 1 ? XSRTP_REASON_REPLAY : XSRTP_REASON_OK;
}

static enum xsrtp_reason narrow_claim(struct xsrtp_stream *st, uint64_t index)
{
	uint64_t old[2], new[2];
	enum xsrtp_reason r;

	narrow_load(st, old);
	do {
		r = narrow_check(old, index);
		if (r)
			return r;
		if (index < old[0]) {
			new[0] = old[0];
			new[1] = old[1] | 1ULL << (old[0] - 1 - index);
		} else {
			uint64_t ahead = index + 1 - old[0];

			new[0] = index + 1;
			new[1] = (ahead < 64 ? old[1] << ahead : 0) | 1;
		}
	} while (!cas128(st->both, old, new));
	return XSRTP_REASON_OK;
}

/* --- larger windows: the ring ----------------------------------------------- */

static uint64_t word_of(uint64_t block, uint32_t bits)
{
	return block << 32 | bits;
}

/*
 * Does @word stand for a block that came after @block? Then @block has left the
 * window. Blocks of one word differ by a multiple of the ring, and CPUs race by
 * far less than 2^20 blocks; all else is a word from long ago.
 */
static bool word_is_newer(uint64_t word, uint64_t block)
{
	uint32_t ahead = (uint32_t)(word >> 32) - (uint32_t)block;

	return (uint32_t)word && ahead && ahead < 1 << 20;
}

static enum xsrtp_reason wide_check(uint64_t next, uint64_t word, uint32_t window,
				    uint64_t index)
{
	uint64_t block = index / 32;
	enum xsrtp_reason r = horizon(next, window, index);

	if (r)
		return r;
	if ((uint32_t)(word >> 32) == (uint32_t)block)
		return word >> (index % 32) & 1 ? XSRTP_REASON_REPLAY : XSRTP_REASON_OK;
	return word_is_newer(word, block) ? XSRTP_REASON_TOO_OLD : XSRTP_REASON_OK;
}

static enum xsrtp_reason wide_claim(struct xsrtp_stream *st, uint64_t *ring, uint32_t window,
				    uint64_t index)
{
	uint64_t *p = &ring[index / 32 % xsrtp_replay_words(window)];
	uint64_t next = load_once(&st->next), word = load_once(p), new;
	enum xsrtp_reason r;

	do {
		r = wide_check(next, word, window, index);
		if (r)
			return r;
		new = (uint32_t)(word >> 32) == (uint32_t)(index / 32) ?
		      word : word_of(index / 32, 0);
		new |= 1ULL << (index % 32);
	} while (!cas64(p, &word, new));

	while (next <= index && !cas64(&st->next, &next, index + 1))
		;
	return XSRTP_REASON_OK;
}

/* ----------------------------------------------------------------------------- */

enum xsrtp_reason xsrtp_replay_check(const struct xsrtp_stream *st, const uint64_t *ring,
				     uint32_t window, uint64_t index)
{
	uint64_t state[2];

	if (!ring) {
		narrow_load(st, state);
		return narrow_check(state, index);
	}
	return wide_check(load_once(&st->next),
			  load_once(&ring[index / 32 % xsrtp_replay_words(window)]), window, index);
}

enum xsrtp_reason xsrtp_replay_claim(struct xsrtp_stream *st, uint64_t *ring,
				     uint32_t window, uint64_t index)
{
	if (!ring)
		return narrow_claim(st, index);
	return wide_claim(st, ring, window, index);
}
