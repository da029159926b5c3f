// SPDX-License-Identifier: GPL-2.0
/*
 * Streams that make room for others (XSRTP_EVICT): who goes, what is known when it
 * comes back, and that nobody without the key can make it so.
 */
#include <pthread.h>

#include "testlib.h"

#define CM	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80
#define STREAMS	4

struct bench {
	const struct xsrtp_cipher *c;
	struct master m;
	struct ref_keys ref;
	struct xsrtp_session *s;
};

static void bench_open(struct bench *b, void **state, unsigned int window, unsigned int flags)
{
	struct xsrtp_session_config cfg = { .suite = CM, .streams = STREAMS, .window = window,
					    .flags = flags };
	struct rng r = { 42 };

	b->c = *state;
	master_random(&r, &b->m, 0);
	ref_derive(&b->ref, CM, &b->m);
	b->s = session_empty(&cfg);
	assert_int_equal(master_set(b->s, b->c, 0, &b->m) | xsrtp_key_use(b->s, 0), 0);
}

static uint32_t packet(const struct bench *b, uint32_t ssrc, uint64_t index, uint8_t *p)
{
	memset(p, 0x11, 32);
	p[0] = 0x80;
	put16(p + 2, index);
	put32(p + 8, ssrc);
	return ref_protect(&b->ref, &b->m, index, p, 12, 32);
}

static unsigned int arrive(struct bench *b, uint32_t ssrc, uint64_t index)
{
	uint8_t p[64];
	uint32_t len = packet(b, ssrc, index, p);

	return unprotect_one(b->c, b->s, p, &len);
}

static unsigned int forged(struct bench *b, uint32_t ssrc, uint64_t index)
{
	uint8_t p[64];
	uint32_t len = packet(b, ssrc, index, p);

	p[20] ^= 1;
	return unprotect_one(b->c, b->s, p, &len);
}

static bool alive(const struct bench *b, uint32_t ssrc)
{
	struct xsrtp_stream_state st;
	unsigned int i;

	for (i = 0; i < STREAMS; i++)
		if (xsrtp_stream_get(b->s, i, &st) && st.ssrc == ssrc)
			return true;
	return false;
}

static void without_the_flag(void **state)
{
	struct bench b;
	unsigned int i;

	bench_open(&b, state, 64, 0);
	for (i = 0; i < STREAMS; i++)
		assert_reason(arrive(&b, i, 1), OK);
	assert_reason(arrive(&b, i, 1), NO_STREAM);
	session_free(b.s);
}

static void longest_ago_goes(void **state)
{
	struct bench b;
	unsigned int i, k;

	bench_open(&b, state, 64, XSRTP_EVICT);
	for (i = 1; i <= STREAMS; i++)
		assert_reason(arrive(&b, i, 1), OK);
	assert_reason(arrive(&b, 1, 2), OK);
	assert_reason(arrive(&b, 3, 2), OK);
	assert_reason(arrive(&b, 1, 3), OK);
	/* In order of use: 2, 4, 3, 1. */
	for (k = 0; k < 4; k++) {
		assert_true(alive(&b, "\2\4\3\1"[k]));
		assert_reason(arrive(&b, 100 + k, 1), OK);
		assert_false(alive(&b, "\2\4\3\1"[k]));
	}
	session_free(b.s);
}

/* Any number of forged packets of any SSRC, and of replays: all stay. */
static void forged_evict_nothing(void **state)
{
	struct rng r = { 13 };
	struct bench b;
	unsigned int i;

	bench_open(&b, state, 64, XSRTP_EVICT);
	for (i = 1; i <= STREAMS; i++)
		assert_reason(arrive(&b, i, 100), OK);
	for (i = 0; i < 5000; i++) {
		assert_reason(forged(&b, 10 + rng_next(&r), rng_below(&r, 65536)), BAD_TAG);
		assert_reason(arrive(&b, 1 + i % STREAMS, 100), REPLAY);
	}
	for (i = 1; i <= STREAMS; i++)
		assert_true(alive(&b, i));
	assert_reason(arrive(&b, 1, 101), OK);
	session_free(b.s);
}

/* What has gone comes back where it was: nothing again, ROC known. */
static void comes_back(void **state)
{
	unsigned int w, i, n;
	struct bench b;

	for (w = 64; w <= 2048; w *= 32) {
		bench_open(&b, state, w, XSRTP_EVICT);
		for (i = 1; i <= STREAMS + 60; i++) {
			assert_reason(arrive(&b, i, 30000), OK);
			assert_reason(arrive(&b, i, 60000), OK);
			assert_reason(arrive(&b, i, 65536 + i), OK);
		}
		for (n = 0; n < 3; n++)
			for (i = 1; i <= STREAMS + 60; i++) {
				assert_int_not_equal(arrive(&b, i, 60000), 0);
				assert_int_not_equal(arrive(&b, i, 65536 + i + n), 0);
				if (!alive(&b, i))	/* not seen, but before its highest */
					assert_reason(arrive(&b, i, 65536 + i + n - 1), TOO_OLD);
				assert_reason(arrive(&b, i, 65536 + i + n + 1), OK);
				assert_int_not_equal(arrive(&b, i, 65536 + i + n + 1), 0);
				assert_int_not_equal(arrive(&b, i, 65536 + i + n), 0);
			}
		session_free(b.s);
	}
}

/* One burst with more SSRCs than there is room for, each twice. */
static void in_one_burst(void **state)
{
	struct xsrtp_packet pkt[48];
	uint8_t data[48][64];
	struct bench b;
	unsigned int i, n;

	bench_open(&b, state, 64, XSRTP_EVICT);
	for (n = 0; n < 3; n++) {
		for (i = 0; i < 48; i++)
			pkt[i] = (struct xsrtp_packet){ .session = b.s, .data = data[i],
				.len = packet(&b, 1 + i % 24, 10 * n + 1 + i / 24, data[i]) };
		xsrtp_unprotect(b.c, pkt, 48);
		for (i = 0; i < 48; i++)
			assert_reason(pkt[i].reason, OK);
		for (i = 0; i < 48; i++) {
			pkt[i].len = packet(&b, 1 + i % 24, 10 * n + 1 + i / 24, data[i]);
		}
		xsrtp_unprotect(b.c, pkt, 48);
		for (i = 0; i < 48; i++)
			assert_int_not_equal(pkt[i].reason, 0);
	}
	session_free(b.s);
}

static void sender_never(void **state)
{
	struct bench b;
	unsigned int i;
	uint8_t p[64];
	uint32_t len;

	bench_open(&b, state, 64, XSRTP_EVICT);
	for (i = 0; i <= STREAMS; i++) {
		packet(&b, i, 1, p);
		len = 32;
		assert_int_equal(protect_one(b.c, b.s, p, &len, 10),
				 i < STREAMS ? XSRTP_REASON_OK : XSRTP_REASON_NO_STREAM);
	}
	session_free(b.s);
}

static void rtcp_too(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM, .streams = 64 };
	static uint8_t pk[64][64];
	struct xsrtp_session *tx = session_empty(&cfg);
	struct bench b;
	unsigned int i, n;
	uint32_t len;

	bench_open(&b, state, 64, XSRTP_EVICT);
	assert_int_equal(master_set(tx, b.c, 0, &b.m) | xsrtp_key_use(tx, 0), 0);
	for (n = 0; n < 3; n++)
		for (i = 0; i < 60; i++) {
			uint8_t copy[64];

			if (n) {	/* the one before, again */
				memcpy(copy, pk[i], 64);
				len = 42;
				assert_int_not_equal(run_one(xsrtp_unprotect_rtcp, b.c, b.s, copy,
							     &len, 0), 0);
			}
			memset(pk[i], 0, 64);
			pk[i][0] = 0x80;
			put32(pk[i] + 4, i);
			len = 28;
			assert_reason(run_one(xsrtp_protect_rtcp, b.c, tx, pk[i], &len, 16), OK);
			memcpy(copy, pk[i], 64);
			assert_reason(run_one(xsrtp_unprotect_rtcp, b.c, b.s, copy, &len, 0), OK);
		}
	session_free(tx);
	session_free(b.s);
}

/*
 * Two threads get the same packets of more SSRCs than there is room for: each is
 * taken once at most.
 */
struct thread {
	struct bench *b;
	uint8_t (*data)[64];
	unsigned int *taken;
	unsigned int n;
};

static void *thread_run(void *arg)
{
	struct thread *t = arg;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		uint8_t copy[64];
		struct xsrtp_packet p = { .session = t->b->s, .data = copy, .len = 42 };

		memcpy(copy, t->data[i], 42);
		xsrtp_unprotect(t->b->c, &p, 1);
		if (!p.reason)
			__atomic_add_fetch(&t->taken[i], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void two_threads(void **state)
{
	enum { N = 30000 };
	static uint8_t data[N][64];
	static unsigned int taken[N];
	unsigned int w, i, all;
	struct rng r = { 77 };
	struct thread t[2];
	struct bench b;
	pthread_t id[2];

	for (w = 64; w <= 512; w *= 8) {
		bench_open(&b, state, w, XSRTP_EVICT);
		memset(taken, 0, sizeof(taken));
		for (i = 0; i < N; i++)
			packet(&b, rng_below(&r, 7), i, data[i]);
		for (i = 0; i < 2; i++) {
			t[i] = (struct thread){ &b, data, taken, N };
			assert_int_equal(pthread_create(&id[i], NULL, thread_run, &t[i]), 0);
		}
		for (i = 0; i < 2; i++)
			pthread_join(id[i], NULL);
		for (i = all = 0; i < N; i++) {
			assert_true(taken[i] <= 1);
			all += taken[i];
		}
		print_message("# window %u: %u of %u taken\n", w, all, N);
		assert_true(all > N / 4);
		session_free(b.s);
	}
}

int main(void)
{
	static const struct test_row rows[] = {
		EACH(without_the_flag), EACH(longest_ago_goes), EACH(forged_evict_nothing),
		EACH(comes_back), EACH(in_one_burst), EACH(sender_never), EACH(rtcp_too),
		EACH(two_threads),
	};

	return run_rows("evict", rows, ARRAY_SIZE(rows));
}
