// SPDX-License-Identifier: GPL-2.0
/*
 * The packet index and the replay window against a model of some 40 lines
 * (struct oracle), written from RFC 3711: 3.3.1, 3.3.2 and appendix A.
 *
 * The core runs on a cipher of ours that encrypts nothing: seal() writes the
 * index that the core chose into the payload, open() verifies when the core
 * chose the one that stands there, which is just what a MAC over the ROC does.
 * So millions of packets take a second, the index is seen, and MACs are counted.
 */
#include "testlib.h"

#include "cipher.h"
#include "index.h"

#define SUITE		XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32
#define LEN		(RTP_HDR + 8)	/* of a plain packet: the payload is the index */
#define GOOD		0x47		/* first byte of a tag that verifies */

/* --- the model --------------------------------------------------------------------- */

#define ORACLE_BITS	(1u << 23)	/* indexes from @base on */

struct oracle {
	uint64_t base, next;	/* highest index plus one; 0: no packet yet */
	uint32_t window;
	uint8_t seen[ORACLE_BITS / 8];
};

/*
 * RFC 3711 appendix A. One thing is ours: where it would take ROC - 1 at ROC 0,
 * an index before the first, it is ROC 0 (so does libsrtp).
 */
static uint64_t oracle_estimate(uint64_t next, uint16_t seq)
{
	uint64_t roc, v;
	uint16_t s_l;

	if (!next)
		return seq;
	roc = (next - 1) >> 16;
	s_l = (uint16_t)(next - 1);
	if (s_l < 32768)
		v = (int)seq - (int)s_l > 32768 && roc ? roc - 1 : roc;
	else
		v = (int)s_l - 32768 > (int)seq ? roc + 1 : roc;
	return v << 16 | seq;
}

static bool oracle_seen(const struct oracle *o, uint64_t index)
{
	uint64_t bit = index - o->base;

	assert_true(bit < ORACLE_BITS);
	return o->seen[bit / 8] >> bit % 8 & 1;
}

static void oracle_mark(struct oracle *o, uint64_t index)
{
	uint64_t bit = index - o->base;

	assert_true(bit < ORACLE_BITS);
	o->seen[bit / 8] |= 1 << bit % 8;
}

/* What becomes of a packet; @verifies: the tag is good for index @truth. */
static unsigned int oracle_take(struct oracle *o, uint16_t seq, uint64_t truth, bool verifies)
{
	uint64_t index = oracle_estimate(o->next, seq);

	if (index >> 48)
		return XSRTP_REASON_KEY_EXPIRED;
	if (o->next && index + o->window < o->next)
		return XSRTP_REASON_TOO_OLD;
	if (index - o->base < ORACLE_BITS && oracle_seen(o, index))
		return XSRTP_REASON_REPLAY;
	if (!verifies || index != truth)
		return XSRTP_REASON_BAD_TAG;
	oracle_mark(o, index);
	if (index >= o->next)
		o->next = index + 1;
	return XSRTP_REASON_OK;
}

/* --- a cipher that shows the index ----------------------------------------------------- */

static unsigned int macs;	/* how often open() looked at a tag */

static void show_expand(const struct xsrtp_suite_info *suite, struct xsrtp_cipher_key *key,
			const uint8_t *enc_key, const uint8_t *auth_key)
{
	memcpy(key->rk, enc_key, suite->key_len);
}

static void show_ctr(const struct xsrtp_suite_info *suite, const struct xsrtp_cipher_key *key,
		     const uint8_t iv[16], uint8_t *data, size_t len)
{
	while (len--)
		data[len] ^= key->rk[len % 16] ^ iv[7];
}

static void show_seal(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		      unsigned int n)
{
	for (; n--; pkt++) {
		memcpy((*pkt)->data + RTP_HDR, &(*pkt)->index, 8);
		memset((*pkt)->tag, GOOD, suite->tag_len);
	}
}

static void show_open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		      unsigned int n)
{
	for (; n--; pkt++) {
		macs++;
		if ((*pkt)->tag[0] != GOOD || memcmp((*pkt)->data + RTP_HDR, &(*pkt)->index, 8))
			(*pkt)->reason = XSRTP_REASON_BAD_TAG;
	}
}

static const struct xsrtp_cipher show = {
	.name = "show", .expand = show_expand, .ctr = show_ctr,
	.seal = show_seal, .open = show_open,
};

/* --- packets ---------------------------------------------------------------------------- */

static void make(uint8_t *data, uint32_t ssrc, uint64_t index, bool good)
{
	memset(data, 0, LEN + 4);
	data[0] = 0x80;
	put16(data + 2, (uint16_t)index);
	put32(data + 8, ssrc);
	memcpy(data + RTP_HDR, &index, 8);
	data[LEN] = good ? GOOD : 0;
}

static struct xsrtp_packet arriving(struct xsrtp_session *s, uint8_t *data)
{
	return (struct xsrtp_packet){ .session = s, .data = data, .len = LEN + 4, .reason = XSRTP_REASON_MAX };
}

static struct xsrtp_packet leaving(struct xsrtp_session *s, uint8_t *data)
{
	return (struct xsrtp_packet){ .session = s, .data = data, .len = LEN, .room = 4,
				      .reason = XSRTP_REASON_MAX };
}

static unsigned int receive(struct xsrtp_session *s, uint64_t index, bool good)
{
	uint8_t data[LEN + 4];
	struct xsrtp_packet p = arriving(s, data);

	make(data, 1, index, good);
	xsrtp_unprotect(&show, &p, 1);
	return p.reason;
}

/* Sends @seq; *index is what the core made of it. */
static unsigned int send_seq(struct xsrtp_session *s, uint16_t seq, uint64_t *index)
{
	uint8_t data[LEN + 4];
	struct xsrtp_packet p = leaving(s, data);

	make(data, 1, seq, false);
	xsrtp_protect(&show, &p, 1);
	memcpy(index, data + RTP_HDR, 8);
	return p.reason;
}

static struct xsrtp_session *new_session(unsigned int window, unsigned int streams)
{
	struct rng rng = { 1 };
	struct master m;

	master_random(&rng, &m, 0);
	return session_new(&show, SUITE, window, streams, &m);
}

/* A stream of which all before @next counts as seen; 0: none yet. */
static void stand_at(struct xsrtp_session *s, struct oracle *o, uint64_t next)
{
	const struct xsrtp_stream_state st = { .ssrc = 1, .index = next - 1 };
	uint64_t i;

	if (!next)
		return;
	assert_int_equal(xsrtp_stream_set(s, &st), 0);
	o->next = next;
	for (i = next > o->window ? next - o->window : 0; i < next; i++)
		oracle_mark(o, i);
}

/* --- estimation, exhaustively ----------------------------------------------------------- */

static const uint64_t rocs[] = { 0, 1, 2, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff };

static void estimate_all_of(uint64_t next)
{
	uint32_t seq;

	for (seq = 0; seq < 65536; seq++) {
		uint64_t want = oracle_estimate(next, seq);
		uint64_t got = xsrtp_index_estimate(next, seq);

		if (want >> 48 ? got <= XSRTP_INDEX_MAX : got != want)
			fail_msg("next %llx seq %x: %llx, should be %llx",
				 (unsigned long long)next, seq, (unsigned long long)got,
				 (unsigned long long)want);
	}
}

/* Every sequence number x s_l near every edge and all over, x ROC. */
static void estimate_exhaustive(void **state)
{
	static const uint32_t edges[] = { 0, 1, 2, 32766, 32767, 32768, 32769, 65534, 65535 };
	unsigned int r, i;
	uint32_t s_l;

	estimate_all_of(0);
	for (r = 0; r < ARRAY_SIZE(rocs); r++) {
		for (i = 0; i < ARRAY_SIZE(edges); i++)
			estimate_all_of((rocs[r] << 16 | edges[i]) + 1);
		for (s_l = 0; s_l < 65536; s_l += 509)
			estimate_all_of((rocs[r] << 16 | s_l) + 1);
	}
}

/* The property behind the pseudocode: no other ROC gives an index nearer to s_l. */
static void estimate_is_nearest(void **state)
{
	struct rng rng = { 4 };
	unsigned int i;

	for (i = 0; i < 1000000; i++) {
		uint64_t high = rng_next(&rng) >> (16 + rng_below(&rng, 30));
		uint16_t seq = (uint16_t)rng_next(&rng);
		uint64_t got = xsrtp_index_estimate(high + 1, seq);
		uint64_t away = got > high ? got - high : high - got;

		assert_int_equal((uint16_t)got, seq);
		if (got > XSRTP_INDEX_MAX || (got < 65536 && high < 65536))
			continue;
		assert_in_range(away, 0, 32768);
	}
}

/* --- the window, exhaustively for short histories ------------------------------------------ */

/* Where packets fall, relative to a point: the edges of words, windows and rings. */
static const int32_t offsets[] = { -128, -127, -64, -63, -32, -1, 0, 1, 31, 32, 63, 64, 127, 256 };

#define HISTORY	4

static void run_history(struct xsrtp_session *s, struct oracle *o, uint64_t around,
			unsigned int code)
{
	unsigned int k, want, got;

	for (k = 0; k < HISTORY; k++, code /= ARRAY_SIZE(offsets)) {
		uint64_t index = around + offsets[code % ARRAY_SIZE(offsets)];

		want = oracle_take(o, (uint16_t)index, index, true);
		got = receive(s, index, true);
		if (got != want)
			fail_msg("window %u around %llx step %u index %llx: %s, should be %s",
				 o->window, (unsigned long long)around, k,
				 (unsigned long long)index, xsrtp_reason_name(got),
				 xsrtp_reason_name(want));
	}
}

/* All histories from one state of the session, to which it is set back each time. */
static void run_histories(struct oracle *o, unsigned int window, uint64_t start, uint64_t around)
{
	const struct xsrtp_session_config cfg = { .suite = SUITE, .window = window, .streams = 1 };
	struct xsrtp_session *s = new_session(window, 1);
	size_t size = xsrtp_session_size(&cfg);
	void *begin = malloc(size);
	unsigned int code, i, all = 1;
	uint8_t seen[128];
	uint64_t next;

	o->window = window;
	o->base = around - (around < 512 ? around : 512);
	o->next = 0;
	memset(o->seen, 0, sizeof(seen));
	stand_at(s, o, start);
	memcpy(begin, s, size);
	memcpy(seen, o->seen, sizeof(seen));
	next = o->next;
	for (i = 0; i < HISTORY; i++)
		all *= ARRAY_SIZE(offsets);
	for (code = 0; code < all; code++) {
		memcpy(s, begin, size);
		memcpy(o->seen, seen, sizeof(seen));
		o->next = next;
		run_history(s, o, around, code);
	}
	free(begin);
	session_free(s);
}

static void window_exhaustive(void **state)
{
	static const uint64_t arounds[] = {
		0x10000, 0x20007fff, 0x5555ffff0000, 0xfffffffffffful - 300,
	};
	struct oracle *o = calloc(1, sizeof(*o));
	unsigned int a, w;

	for (w = 64; w <= 128; w *= 2) {
		run_histories(o, w, 0, 200);
		for (a = 0; a < ARRAY_SIZE(arounds); a++) {
			run_histories(o, w, arounds[a] - 3, arounds[a]);
			run_histories(o, w, arounds[a] - 200, arounds[a]);
		}
	}
	free(o);
}

/* The same with every step of a slide: highest moves by 0 to 3 windows, all are asked. */
static void window_slides(void **state)
{
	static const unsigned int windows[] = { 64, 128, 1024, 32768 };
	struct oracle *o = malloc(sizeof(*o));
	struct rng rng = { 32 };
	unsigned int w, i, k;

	for (w = 0; w < ARRAY_SIZE(windows); w++) {
		struct xsrtp_session *s = new_session(windows[w], 1);
		uint64_t top = 40000;

		memset(o, 0, sizeof(*o));
		o->window = windows[w];
		for (i = 0; i < 60; i++) {
			for (k = 0; k < 2000; k++) {
				uint32_t back = rng_once_in(&rng, 4) ?
					windows[w] - 2 + rng_below(&rng, 5) :
					rng_below(&rng, windows[w] + 70);
				uint64_t index = top - (back > 32768 ? 32768 : back);
				bool good = !rng_once_in(&rng, 10);

				assert_int_equal(receive(s, index, good),
						 oracle_take(o, (uint16_t)index, index, good));
			}
			top += rng_below(&rng, 3 * windows[w] > 32767 ? 32767 : 3 * windows[w]);
		}
		session_free(s);
	}
	free(o);
}

/* --- both sides, random walks ------------------------------------------------------------------ */

static uint64_t walk(struct rng *rng, uint64_t at, uint64_t base)
{
	switch (rng_below(rng, 12)) {
	case 0:
		return at + 1 + rng_below(rng, 32767);	/* a great loss */
	case 1:
		return at + 1 + rng_below(rng, 300);
	case 2: case 3:
		return at - (at - base > 40000 ? rng_below(rng, 40000) : 0);
	case 4: case 5: case 6:
		return at - (at - base > 200 ? rng_below(rng, 200) : 0);
	default:
		return at + 1;
	}
}

static void receiver_walk(unsigned int window, uint64_t start, uint64_t seed)
{
	struct oracle *o = calloc(1, sizeof(*o));
	struct xsrtp_session *s = new_session(window, 1);
	struct rng rng = { seed };
	uint64_t index = start;
	unsigned int i, good;

	o->window = window;
	o->base = start > 110000 ? start - 110000 : 0;
	stand_at(s, o, start);
	for (i = 0; i < 3000; i++) {
		good = !rng_once_in(&rng, 5);
		assert_int_equal(receive(s, index, good),
				 oracle_take(o, (uint16_t)index, index, good));
		if (o->next)
			index = walk(&rng, o->next - 1, o->base);
		if (index >> 48 || index - o->base >= ORACLE_BITS - 110000)
			break;
	}
	session_free(s);
	free(o);
}

/* The sender gets sequence numbers only: which index it uses is checked, and never twice. */
static void sender_walk(unsigned int window, uint64_t start, uint64_t seed)
{
	struct oracle *o = calloc(1, sizeof(*o));
	struct xsrtp_session *s = new_session(window, 1);
	uint64_t index = start, est, got;
	struct rng rng = { seed };
	unsigned int i, want, r;

	o->window = window;
	o->base = start > 110000 ? start - 110000 : 0;
	stand_at(s, o, start);
	for (i = 0; i < 3000; i++) {
		est = oracle_estimate(o->next, (uint16_t)index);
		want = oracle_take(o, (uint16_t)index, est, true);
		if (want == XSRTP_REASON_REPLAY)
			want = XSRTP_REASON_INDEX_REUSE;
		r = send_seq(s, (uint16_t)index, &got);
		assert_string_equal(xsrtp_reason_name(r), xsrtp_reason_name(want));
		if (!r)
			assert_int_equal(got, est);
		if (o->next)
			index = walk(&rng, o->next - 1, o->base);
		if (index >> 48 || index - o->base >= ORACLE_BITS - 110000)
			break;
	}
	session_free(s);
	free(o);
}

static const uint64_t starts[] = { 0, 1, 65536, 0x12345ff00, 0xfffffff0fffful };

static void receiver_random(void **state)
{
	unsigned int w, i, n;

	for (w = 64; w <= 32768; w *= 2)
		for (i = 0; i < ARRAY_SIZE(starts); i++)
			for (n = 0; n < 3; n++)
				receiver_walk(w, starts[i], w + 10 * i + n);
}

static void sender_random(void **state)
{
	unsigned int w, i, n;

	for (w = 64; w <= 32768; w *= 2)
		for (i = 0; i < ARRAY_SIZE(starts); i++)
			for (n = 0; n < 3; n++)
				sender_walk(w, starts[i], w + 10 * i + n);
}

/* --- the last index ------------------------------------------------------------------------------ */

/* 2^48 packets and no more: the key stops rather than begin its keystream anew. */
static void last_index(void **state)
{
	struct oracle *o = calloc(1, sizeof(*o));
	unsigned int w;
	uint64_t got;

	for (w = 64; w <= 128; w *= 2) {
		struct xsrtp_session *s = new_session(w, 1);

		o->window = w;
		o->base = XSRTP_INDEX_MAX - 1000;
		stand_at(s, o, XSRTP_INDEX_MAX - 30);
		assert_reason(send_seq(s, 0xfffe, &got), OK);
		assert_int_equal(got, XSRTP_INDEX_MAX - 1);
		assert_reason(send_seq(s, 0, &got), KEY_EXPIRED);
		assert_reason(send_seq(s, 0xffff, &got), OK);
		assert_int_equal(got, XSRTP_INDEX_MAX);
		assert_reason(send_seq(s, 0xffff, &got), INDEX_REUSE);
		assert_reason(send_seq(s, 0, &got), KEY_EXPIRED);
		assert_reason(send_seq(s, 0x7000, &got), KEY_EXPIRED);
		assert_reason(receive(s, 1ull << 48, true), KEY_EXPIRED);
		assert_reason(send_seq(s, 0xfff0, &got), OK);	/* an older one is still new */
		assert_int_equal(got, XSRTP_INDEX_MAX - 15);
		session_free(s);
	}
	free(o);
}

/* --- a burst is its packets one after the other ---------------------------------------------------- */

#define TRAIN	600	/* packets of one run */
#define SSRCS	5	/* of which the session holds four */

struct train {
	struct xsrtp_session *one, *many;
	uint8_t a[TRAIN][LEN + 4], b[TRAIN][LEN + 4];
	struct xsrtp_packet pa[TRAIN], pb[TRAIN];
};

static void train_packets(struct train *t, struct rng *rng, bool far)
{
	uint64_t at[SSRCS];
	unsigned int i, k;

	for (k = 0; k < SSRCS; k++)
		at[k] = 65500 + rng_below(rng, 40);
	for (i = 0; i < TRAIN; i++) {
		uint64_t index;

		k = rng_below(rng, SSRCS) & rng_below(rng, 8);
		k = k < SSRCS ? k : 0;
		index = at[k];
		if (rng_once_in(rng, 6))
			index -= rng_below(rng, 80);
		else if (far && rng_once_in(rng, 12))
			index = at[k] += rng_below(rng, 32767);
		else
			at[k] += 1 + rng_once_in(rng, 10);
		make(t->a[i], k, index, !rng_once_in(rng, 6));
		memcpy(t->b[i], t->a[i], LEN + 4);
	}
}

/*
 * What is accepted, and all that follows from it, must be the same. Why a packet
 * is refused may differ: a burst looks at windows and MACs before earlier packets
 * of the same burst have moved the state, and a packet can be wrong in two ways.
 */
static bool same_outcome(unsigned int one, unsigned int burst)
{
	const unsigned int either = 1u << XSRTP_REASON_REPLAY | 1u << XSRTP_REASON_TOO_OLD |
				    1u << XSRTP_REASON_BAD_TAG | 1u << XSRTP_REASON_NO_STREAM;

	return one == burst || (either >> one & either >> burst & 1);
}

static void train_compare(struct train *t, const char *side, uint64_t seed)
{
	struct xsrtp_stream_state sa, sb;
	unsigned int i;

	for (i = 0; i < TRAIN; i++)
		if (!same_outcome(t->pa[i].reason, t->pb[i].reason) ||
		    t->pa[i].len != t->pb[i].len ||
		    (!t->pa[i].reason && memcmp(t->a[i], t->b[i], t->pa[i].len)))
			fail_msg("%s, seed %llu, packet %u (ssrc %u seq %u): alone %s, in a burst %s",
				 side, (unsigned long long)seed, i, get32(t->a[i] + 8),
				 get16(t->a[i] + 2), xsrtp_reason_name(t->pa[i].reason),
				 xsrtp_reason_name(t->pb[i].reason));
	for (i = 0; i < 4; i++) {
		assert_int_equal(xsrtp_stream_get(t->one, i, &sa),
				 xsrtp_stream_get(t->many, i, &sb));
		assert_int_equal(sa.ssrc, sb.ssrc);
		assert_int_equal(sa.index, sb.index);
	}
}

static void train_run(bool out, uint64_t seed, unsigned int window, bool far)
{
	struct train *t = calloc(1, sizeof(*t));
	void (*fn)(const struct xsrtp_cipher *, struct xsrtp_packet *, unsigned int) =
		out ? xsrtp_protect : xsrtp_unprotect;
	struct rng rng = { seed };
	unsigned int i, n;

	t->one = new_session(window, 4);
	t->many = new_session(window, 4);
	train_packets(t, &rng, far);
	for (i = 0; i < TRAIN; i++) {
		t->pa[i] = out ? leaving(t->one, t->a[i]) : arriving(t->one, t->a[i]);
		t->pb[i] = out ? leaving(t->many, t->b[i]) : arriving(t->many, t->b[i]);
	}
	for (i = 0; i < TRAIN; i++)
		fn(&show, &t->pa[i], 1);
	for (i = 0; i < TRAIN; i += n) {
		n = 1 + rng_below(&rng, XSRTP_BURST_MAX);
		n = n < TRAIN - i ? n : TRAIN - i;
		fn(&show, &t->pb[i], n);
	}
	train_compare(t, out ? "protect" : "unprotect", seed);
	session_free(t->one);
	session_free(t->many);
	free(t);
}

static void burst_is_sequence_protect(void **state)
{
	uint64_t seed;

	for (seed = 0; seed < 400; seed++)
		train_run(true, seed, 64u << seed % 5, seed % 2);
}

static void burst_is_sequence_unprotect(void **state)
{
	uint64_t seed;

	for (seed = 0; seed < 400; seed++)
		train_run(false, seed, 64u << seed % 5, seed % 2);
}

/* Promise 4: a forged packet costs at most one MAC, also one that waits in a burst. */
static void forged_costs_one_mac(void **state)
{
	struct train *t = calloc(1, sizeof(*t));
	unsigned int i, n, round, before;
	struct rng rng = { 1234 };

	for (round = 0; round < 300; round++) {
		t->many = new_session(64, 4);
		for (i = 0; i < round % 3; i++)		/* 0 to 2 streams known */
			receive(t->many, 65530 + i, true);
		for (n = 0; n < 8; n++) {
			for (i = 0; i < XSRTP_BURST_MAX; i++) {
				make(t->b[i], rng_below(&rng, SSRCS),
				     65530 + rng_below(&rng, 65536), false);
				t->pb[i] = arriving(t->many, t->b[i]);
			}
			before = macs;
			xsrtp_unprotect(&show, t->pb, XSRTP_BURST_MAX);
			assert_in_range(macs - before, 0, XSRTP_BURST_MAX);
		}
		session_free(t->many);
	}
	free(t);
}

int main(void)
{
	static const struct test_row rows[] = {
		ONCE(estimate_exhaustive), ONCE(estimate_is_nearest),
		ONCE(window_exhaustive), ONCE(window_slides),
		ONCE(receiver_random), ONCE(sender_random), ONCE(last_index),
		ONCE(burst_is_sequence_protect), ONCE(burst_is_sequence_unprotect),
		ONCE(forged_costs_one_mac),
	};

	return run_rows("model", rows, ARRAY_SIZE(rows));
}
