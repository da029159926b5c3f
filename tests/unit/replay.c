// SPDX-License-Identifier: GPL-2.0
/*
 * The ring of a window larger than 64, by hand, in states that only a race makes:
 * another CPU has set its bit in the ring, but not yet moved the highest index on.
 */
#include "testlib.h"

#include "replay.h"

#define WINDOW	128
#define WORDS	8	/* of the ring: 32 indexes each, twice the window */
#define NEXT	1000	/* highest index so far, plus one: in block 31 */
#define BLOCK	31
#define PLACE	(BLOCK % WORDS)

struct ring {
	struct xsrtp_stream st;
	struct xsrtp_budget budget;
	struct xsrtp_window w;
	uint64_t words[WORDS];
};

/* A word as replay.h's head has it. */
static uint64_t word(uint64_t block, uint32_t bits)
{
	return block << 32 | bits;
}

/* The word for block 31 holds @at. */
static void ring_make(struct ring *r, uint64_t at)
{
	*r = (struct ring){ .budget = { .left = 1000, .share = 64 } };
	r->st.next = NEXT;
	r->w = (struct xsrtp_window){ .ring = r->words, .packets = WINDOW, .budget = &r->budget };
	assert_int_equal(xsrtp_replay_words(WINDOW), WORDS);
	r->words[PLACE] = at;
}

static unsigned int check(struct ring *r, uint64_t index)
{
	return xsrtp_replay_check(&r->st, &r->w, index);
}

static unsigned int claim(struct ring *r, uint64_t index)
{
	uint8_t event = 0;

	return xsrtp_replay_claim(&r->st, &r->w, index, &event);
}

/* A block that came after has the word: ours has left the window, its bit must stay. */
static void newer_block_keeps_its_word(void **state)
{
	static const uint64_t ahead[] = { WORDS, 2 * WORDS, 1000 * WORDS, (1 << 14) - WORDS };
	struct ring r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		uint64_t theirs = word(BLOCK + ahead[i], 1 << 5);

		ring_make(&r, theirs);
		assert_reason(check(&r, NEXT - 2), TOO_OLD);
		assert_reason(claim(&r, NEXT - 2), TOO_OLD);
		assert_int_equal(r.words[PLACE], theirs);
		assert_int_equal(r.st.next, NEXT);
		assert_reason(claim(&r, (BLOCK + ahead[i]) * 32 + 5), REPLAY);
	}
}

/* A block that came before, or one of long ago, has left the window: we take the word. */
static void older_block_gives_its_word(void **state)
{
	static const int64_t away[] = { -WORDS, -2 * WORDS, 1 << 14, 1 << 25, -(1 << 20) };
	struct ring r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(away); i++) {
		ring_make(&r, word(BLOCK + away[i], ~0u));
		assert_reason(check(&r, NEXT - 2), OK);
		assert_reason(claim(&r, NEXT - 2), OK);
		assert_int_equal(r.words[PLACE], word(BLOCK, 1u << (NEXT - 2) % 32));
		assert_reason(claim(&r, NEXT - 2), REPLAY);
	}
}

/* No bit is set: the word stands for nothing, whatever its block. */
static void empty_word_is_free(void **state)
{
	struct ring r;

	ring_make(&r, word(BLOCK + WORDS, 0));
	assert_reason(check(&r, NEXT - 2), OK);
	assert_reason(claim(&r, NEXT - 2), OK);
	assert_reason(claim(&r, NEXT - 2), REPLAY);
}

/* Blocks are kept mod 2^32: where that wraps, newer is still newer. */
static void newer_over_the_wrap(void **state)
{
	const uint64_t block = (1ull << 32) - 1, next = block * 32 + 20;
	struct ring r;

	ring_make(&r, 0);
	r.st.next = next;
	r.words[block % WORDS] = word(block + WORDS, 1);
	assert_reason(claim(&r, next - 1), TOO_OLD);
	assert_int_equal(r.words[block % WORDS], word(block + WORDS, 1));
}

/* An index far ahead of all others is a jump, whatever the words seem to say. */
static void jump_is_no_race(void **state)
{
	const uint64_t block = BLOCK + (1ull << 32) - WORDS;	/* mod 2^32: one turn before */
	struct ring r;

	ring_make(&r, word(BLOCK, 1));
	assert_reason(check(&r, block * 32), OK);
	assert_reason(claim(&r, block * 32), OK);
	assert_int_equal(r.st.next & ((1ULL << 49) - 1), block * 32 + 1);
}

/* A bit set in our block by another CPU is a replay, before the index has moved. */
static void own_block(void **state)
{
	struct ring r;

	ring_make(&r, word(BLOCK, 1u << (NEXT + 1) % 32));
	assert_reason(claim(&r, NEXT + 1), REPLAY);
	assert_reason(claim(&r, NEXT), OK);
	assert_int_equal(r.words[PLACE], word(BLOCK, 3u << NEXT % 32));
}

int main(void)
{
	static const struct test_row rows[] = {
		ONCE(newer_block_keeps_its_word), ONCE(older_block_gives_its_word),
		ONCE(empty_word_is_free), ONCE(newer_over_the_wrap), ONCE(jump_is_no_race), ONCE(own_block),
	};

	return run_rows("replay", rows, ARRAY_SIZE(rows));
}
