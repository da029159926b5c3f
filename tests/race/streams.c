// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold however CPUs meet in one session: no index is taken twice, not in
 * any window, nor when streams make room for others; a key serves no packet more
 * than its lifetime, also over a change of keys.
 */
#include "cpus.h"

#define CM	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80
#define TAG	10
#define PACKET	24
#define SSRCS	5
#define INDEXES	400

struct meeting {
	const struct xsrtp_cipher *c;
	struct xsrtp_session *s;
	struct rng r;
	unsigned int ssrcs, indexes, evictions;
	uint8_t wire[SSRCS][INDEXES][PACKET + TAG];
	unsigned int taken[SSRCS][INDEXES];
	unsigned int served[XSRTP_KEYS];
	unsigned int all;
};

static void plain(uint8_t *p, uint32_t ssrc, uint16_t seq)
{
	memset(p, 0x11, PACKET);
	p[0] = 0x80;
	put16(p + 2, seq);
	put32(p + 8, ssrc);
}

static uint16_t seq_of(unsigned int i, unsigned int step)
{
	return 100 + i * step;
}

/* Packets of @m->ssrcs senders, @step between their sequence numbers. */
static void wire_fill(struct meeting *m, struct master *key, unsigned int step)
{
	struct xsrtp_session_config cfg = { .suite = CM, .streams = SSRCS };
	struct xsrtp_session *tx = session_empty(&cfg);
	unsigned int s, i;

	assert_int_equal(master_set(tx, m->c, 0, key) | xsrtp_key_use(tx, 0), 0);
	for (s = 0; s < m->ssrcs; s++)
		for (i = 0; i < m->indexes; i++) {
			uint32_t len = PACKET;

			plain(m->wire[s][i], s + 1, seq_of(i, step));
			assert_int_equal(protect_one(m->c, tx, m->wire[s][i], &len, TAG), 0);
		}
	session_free(tx);
}

static void take(struct meeting *m, unsigned int ssrc, unsigned int at)
{
	uint8_t copy[PACKET + TAG];
	struct xsrtp_packet p = { .session = m->s, .data = copy, .len = sizeof(copy) };

	memcpy(copy, m->wire[ssrc][at], sizeof(copy));
	xsrtp_unprotect(m->c, &p, 1);
	if (!p.reason) {
		m->taken[ssrc][at]++;
		m->all++;
	}
}

/* Each CPU: every packet, about in order, with the SSRCs mixed; some twice. */
static void receive(unsigned int cpu, void *arg)
{
	struct meeting *m = arg;
	unsigned int i;

	for (i = 0; i < m->indexes * m->ssrcs * 2; i++) {
		unsigned int ssrc = rng_below(&m->r, m->ssrcs);
		unsigned int at = i / (2 * m->ssrcs) + rng_below(&m->r, 3);

		take(m, ssrc, at < m->indexes ? at : m->indexes - 1);
	}
}

static void nothing_twice(void **state, unsigned int window, unsigned int streams,
			  unsigned int flags, unsigned int rounds)
{
	struct xsrtp_session_config cfg = { .suite = CM, .streams = streams, .window = window,
					    .flags = flags };
	static struct meeting m;
	struct rng r = { window * 1000 + streams };
	struct master key;
	unsigned int round, s, i;
	uint64_t all = 0;

	master_random(&r, &key, 0);
	for (round = 0; round < rounds; round++) {
		memset(&m, 0, sizeof(m));
		m.c = *state;
		m.r.s = rng_next(&r);
		m.ssrcs = 2 + rng_below(&r, SSRCS - 1);
		m.indexes = 4 + rng_below(&r, 21);
		wire_fill(&m, &key, 1 + rng_below(&r, 60));
		m.s = session_empty(&cfg);
		assert_int_equal(master_set(m.s, m.c, 0, &key) | xsrtp_key_use(m.s, 0), 0);
		cpus_run(2 + round % 3, rng_next(&r), receive, &m);
		for (s = 0; s < m.ssrcs; s++)
			for (i = 0; i < m.indexes; i++)
				if (m.taken[s][i] > 1)
					fail_msg("window %u, %u streams, round %u: SSRC %u, packet %u taken %u times",
						 window, streams, round, s, i, m.taken[s][i]);
		all += m.all;
		session_free(m.s);
	}
	print_message("# window %u, %u streams: %llu taken in %u rounds\n", window, streams,
		      (unsigned long long)all, rounds);
	assert_true(all > 4 * rounds);
}

static void received_once(void **state)
{
	nothing_twice(state, 64, SSRCS, 0, 1000);
	nothing_twice(state, 128, SSRCS, 0, 1000);
}

static void evicted_once(void **state)
{
	static const unsigned int windows[] = { 64, 128, 1024 };
	unsigned int w, streams;

	for (w = 0; w < ARRAY_SIZE(windows); w++)
		for (streams = 1; streams < 4; streams++)
			nothing_twice(state, windows[w], streams, XSRTP_EVICT, 2000);
}

/*
 * A CPU stops at each of the steps that it takes for a packet, while another takes
 * the same packet, and then the only slot goes from SSRC to SSRC: any number of times,
 * so that no counter of such changes will do that is short enough to come round.
 */
#define LATE	300

static void late(unsigned int cpu, void *arg)
{
	struct meeting *m = arg;
	unsigned int i;

	take(m, 0, LATE);
	for (i = 0; cpu && i < m->evictions; i++)
		take(m, 1 + i % 2, i / 2);
}

static void late_once(void **state)
{
	static const unsigned int windows[] = { 64, 128 };
	struct xsrtp_session_config cfg = { .suite = CM, .streams = 1, .flags = XSRTP_EVICT };
	static struct meeting m;
	struct rng r = { 7 };
	struct master key;
	unsigned int w, step;
	bool parked;

	master_random(&r, &key, 0);
	m = (struct meeting){ .c = *state, .ssrcs = 3, .indexes = LATE + 1 };
	wire_fill(&m, &key, 1);
	for (w = 0; w < ARRAY_SIZE(windows); w++)
		for (m.evictions = 0; m.evictions <= 260; m.evictions++)
			for (step = 1, parked = true; parked; step++) {
				cfg.window = windows[w];
				m.s = session_empty(&cfg);
				assert_int_equal(master_set(m.s, m.c, 0, &key) |
						 xsrtp_key_use(m.s, 0), 0);
				memset(m.taken, 0, sizeof(m.taken));
				take(&m, 0, 0);
				parked = cpus_park(step, late, &m);
				if (m.taken[0][LATE] != 1)
					fail_msg("window %u, %u evictions, step %u: taken %u times",
						 windows[w], m.evictions, step,
						 m.taken[0][LATE]);
				session_free(m.s);
			}
	print_message("# up to %u steps\n", step - 2);
	assert_true(step > 10);
}

/* --- senders ------------------------------------------------------------------------ */

static void send_all(unsigned int cpu, void *arg)
{
	struct meeting *m = arg;
	unsigned int i;

	for (i = 0; i < m->indexes * m->ssrcs; i++) {
		unsigned int ssrc = i % m->ssrcs, at = i / m->ssrcs;
		uint8_t copy[PACKET + TAG];
		struct xsrtp_packet p = { .session = m->s, .data = copy, .len = PACKET,
					  .room = TAG };

		plain(copy, ssrc + 1, seq_of(at, 1));
		xsrtp_protect(m->c, &p, 1);
		if (!p.reason) {
			m->taken[ssrc][at]++;
			m->served[p.slot]++;
			m->all++;
		}
	}
}

static void sent_once(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM, .streams = SSRCS };
	static struct meeting m;
	struct rng r = { 5 };
	struct master key;
	unsigned int round, s, i;

	master_random(&r, &key, 0);
	for (round = 0; round < 2000; round++) {
		cfg.window = 64 << round % 2;
		memset(&m, 0, sizeof(m));
		m.c = *state;
		m.ssrcs = SSRCS;
		m.indexes = 24;
		m.s = session_empty(&cfg);
		assert_int_equal(master_set(m.s, m.c, 0, &key) | xsrtp_key_use(m.s, 0), 0);
		cpus_run(2 + round % 3, rng_next(&r), send_all, &m);
		for (s = 0; s < SSRCS; s++)
			for (i = 0; i < m.indexes; i++)
				assert_int_equal(m.taken[s][i], 1);
		session_free(m.s);
	}
}

/* --- lifetimes ----------------------------------------------------------------------- */

static void send_or_switch(unsigned int cpu, void *arg)
{
	struct meeting *m = arg;
	unsigned int i;

	if (cpu) {
		send_all(cpu, arg);
		return;
	}
	for (i = 0; i < 6; i++) {
		unsigned int wait;

		for (wait = 0; wait < 500; wait++)
			xsrtp_race();
		assert_int_equal(xsrtp_key_use(m->s, i % 2), 0);
	}
}

/*
 * Two keys with @lifetime packets each, changed over and over while others send.
 * One stream, so that it draws several packets at a time (replay.h).
 */
static void lifetimes_hold(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM };
	static struct meeting m;
	struct rng r = { 6 };
	struct master key[2];
	uint64_t lifetime;
	unsigned int round, k, full = 0;

	master_random(&r, &key[0], 0);
	master_random(&r, &key[1], 0);
	for (round = 0; round < 2000; round++) {
		cfg.window = 64 << round % 2;
		memset(&m, 0, sizeof(m));
		m.c = *state;
		m.ssrcs = 1;
		m.indexes = INDEXES;
		m.s = session_empty(&cfg);
		lifetime = 64 + rng_below(&r, 300);
		for (k = 0; k < 2; k++) {
			struct xsrtp_key_config kc = { .key = key[k].key, .salt = key[k].salt,
						       .lifetime = lifetime };

			assert_int_equal(xsrtp_key_set(m.s, m.c, k, &kc), 0);
		}
		assert_int_equal(xsrtp_key_use(m.s, 0), 0);
		cpus_run(3, rng_next(&r), send_or_switch, &m);
		for (k = 0; k < 2; k++) {
			if (m.served[k] > lifetime)
				fail_msg("round %u: key %u served %u packets, its lifetime is %llu",
					 round, k, m.served[k], (unsigned long long)lifetime);
			full += m.served[k] == lifetime;
		}
		session_free(m.s);
	}
	print_message("# %u of %u keys served all of their lifetime\n", full, 2 * round);
	assert_true(full > 100);
}

int main(void)
{
	static const struct test_row rows[] = {
		ONCE(received_once), ONCE(evicted_once), ONCE(late_once), ONCE(sent_once),
		 ONCE(lifetimes_hold),
	};
	int failed = run_rows("race/streams", rows, ARRAY_SIZE(rows));

	printf("# %llu changes of CPU\n", (unsigned long long)cpus.switches);
	return failed;
}
