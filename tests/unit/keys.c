// SPDX-License-Identifier: GPL-2.0
/*
 * The life of keys and streams: lifetimes, changing over with and without MKI,
 * streams that are told their index or ROC, and suites without one half.
 */
#include <errno.h>

#include "testlib.h"

#define CM80	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80
#define GCM128	XSRTP_SUITE_AEAD_AES_128_GCM
#define SSRC	0x11223344u

struct bench {
	const struct xsrtp_cipher *c;
	unsigned int suite;
	struct rng rng;
	struct xsrtp_session *s;
};

static void bench_open(struct bench *b, const struct xsrtp_cipher *c, unsigned int suite,
		       unsigned int window, unsigned int streams)
{
	const struct xsrtp_session_config cfg = {
		.suite = suite, .window = window, .streams = streams,
	};

	b->c = c;
	b->suite = suite;
	b->rng.s = suite + window;
	b->s = session_empty(&cfg);
}

static int set_key(struct bench *b, unsigned int slot, const struct master *m, uint64_t lifetime)
{
	const struct xsrtp_key_config key = {
		.key = m->key, .salt = m->salt, .mki = m->mki_len ? m->mki : NULL,
		.mki_len = m->mki_len, .lifetime = lifetime,
	};

	return xsrtp_key_set(b->s, b->c, slot, &key);
}

struct result {
	unsigned int reason;
	unsigned int event;
	uint32_t len;
	uint8_t data[256];
};

static void finish(struct bench *b, struct result *r, burst_fn fn, uint32_t room)
{
	struct xsrtp_packet p = { .session = b->s, .data = r->data, .len = r->len, .room = room,
				  .event = 0xff };

	fn(b->c, &p, 1);
	r->reason = p.reason;
	r->event = p.event;
	r->len = p.len;
}

static struct result send_seq(struct bench *b, uint32_t ssrc, uint16_t seq)
{
	const struct rtp h = { .ssrc = ssrc, .seq = seq, .payload = 20 };
	struct result r;

	r.len = rtp_write(&b->rng, &h, r.data);
	finish(b, &r, xsrtp_protect, 160);
	return r;
}

/* The SRTP packet of @index under master key @m arrives. */
static struct result arrive(struct bench *b, const struct master *m, uint32_t ssrc, uint64_t index)
{
	const struct rtp h = { .ssrc = ssrc, .seq = (uint16_t)index, .payload = 20 };
	struct ref_keys k;
	struct result r;

	ref_derive(&k, b->suite, m);
	r.len = rtp_write(&b->rng, &h, r.data);
	r.len = ref_protect(&k, m, index, r.data, RTP_HDR, r.len);
	finish(b, &r, xsrtp_unprotect, 0);
	return r;
}

/* --- lifetime (RFC 3711 9.2) ---------------------------------------------------------- */

/* One stream: exactly so many, one warning at a sixteenth, then none ever. */
static void lifetime_exact(void **state)
{
	static const uint64_t lives[] = { 1, 2, 15, 16, 17, 1000, 5000 };
	unsigned int i, w, n, low;
	struct master m;
	struct bench b;
	struct result r;

	for (w = 64; w <= 128; w *= 2)
		for (i = 0; i < ARRAY_SIZE(lives); i++) {
			bench_open(&b, *state, CM80, w, 1);
			master_random(&b.rng, &m, 0);
			assert_int_equal(set_key(&b, 0, &m, lives[i]), 0);
			assert_int_equal(xsrtp_key_use(b.s, 0), 0);
			for (n = 0, low = 0; n < lives[i]; n++) {
				r = send_seq(&b, SSRC, n);
				assert_reason(r.reason, OK);
				if (!(r.event & XSRTP_EVENT_KEY_LOW))
					continue;
				low++;
				assert_true(lives[i] < 64 || lives[i] - n <= lives[i] / 8);
			}
			assert_in_range(low, lives[i] > 16, 1);
			for (n = 0; n < 10; n++)
				assert_reason(send_seq(&b, SSRC, lives[i] + n).reason, KEY_EXPIRED);
			session_free(b.s);
		}
}

/* Over many streams never more, and few less: what idle ones hold is lost. */
static void lifetime_streams(void **state)
{
	unsigned int n, sent = 0, k;
	struct master m;
	struct bench b;

	bench_open(&b, *state, GCM128, 64, 16);
	master_random(&b.rng, &m, 0);
	assert_int_equal(set_key(&b, 0, &m, 20000), 0);
	assert_int_equal(xsrtp_key_use(b.s, 0), 0);
	for (n = 0; n < 2000; n++)
		for (k = 0; k < 16; k++)
			sent += !send_seq(&b, SSRC + k, n).reason;
	assert_in_range(sent, 19900, 20000);
	session_free(b.s);
}

/* A forged packet uses none of it up; a new key has a life of its own. */
static void lifetime_receiver(void **state)
{
	struct master m, other;
	struct bench b;
	unsigned int n;

	bench_open(&b, *state, CM80, 64, 1);
	master_random(&b.rng, &m, 0);
	master_random(&b.rng, &other, 0);
	assert_int_equal(set_key(&b, 0, &m, 10), 0);
	assert_int_equal(xsrtp_key_use(b.s, 0), 0);
	for (n = 0; n < 100; n++)
		assert_reason(arrive(&b, &other, SSRC, n).reason, BAD_TAG);
	for (n = 0; n < 10; n++)
		assert_reason(arrive(&b, &m, SSRC, n).reason, OK);
	assert_reason(arrive(&b, &m, SSRC, n).reason, KEY_EXPIRED);
	assert_int_equal(set_key(&b, 1, &other, 10), 0);
	assert_int_equal(xsrtp_key_use(b.s, 1), 0);
	for (n = 20; n < 30; n++)
		assert_reason(arrive(&b, &other, SSRC, n).reason, OK);
	assert_reason(arrive(&b, &other, SSRC, n).reason, KEY_EXPIRED);
	session_free(b.s);
}

/* --- changing over ---------------------------------------------------------------------- */

/* Packets name their key: every prepared slot is found, wiped ones are not. */
static void mki_finds_slot(void **state)
{
	static const unsigned int suites[] = { CM80, GCM128 };
	static const uint8_t lens[] = { 1, 4, 128 };
	struct master m[4];
	struct bench b;
	unsigned int i, k, s;

	for (s = 0; s < ARRAY_SIZE(suites); s++)
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			bench_open(&b, *state, suites[s], 64, 1);
			for (k = 0; k < 4; k++) {
				master_random(&b.rng, &m[k], lens[i]);
				m[k].mki[lens[i] - 1] = k;
				if (k < 3)
					assert_int_equal(set_key(&b, k, &m[k], 0), 0);
			}
			assert_int_equal(xsrtp_key_use(b.s, 0), 0);
			for (k = 0; k < 30; k++)
				assert_reason(arrive(&b, &m[k % 3], SSRC, k).reason, OK);
			assert_reason(arrive(&b, &m[3], SSRC, 30).reason, BAD_MKI);
			assert_int_equal(xsrtp_key_used(b.s), 0);
			xsrtp_key_wipe(b.s, 1);
			assert_reason(arrive(&b, &m[1], SSRC, 31).reason, BAD_MKI);
			assert_int_equal(xsrtp_key_use(b.s, -1), 0);
			assert_reason(arrive(&b, &m[0], SSRC, 32).reason, NO_KEY);
			session_free(b.s);
		}
}

/* Between switching away and wiping, no packet finds the key; of others all is told. */
static void hidden_is_not_found(void **state)
{
	struct xsrtp_key_state key;
	struct master m[2];
	struct bench b;
	unsigned int k;

	bench_open(&b, *state, CM80, 64, 1);
	for (k = 0; k < 2; k++) {
		master_random(&b.rng, &m[k], 4);
		m[k].mki[3] = k;
		assert_int_equal(set_key(&b, k, &m[k], 1000 * k), 0);
	}
	assert_int_equal(xsrtp_key_use(b.s, 0), 0);
	assert_reason(arrive(&b, &m[1], SSRC, 1).reason, OK);
	assert_true(xsrtp_key_get(b.s, 0, &key));
	assert_int_equal(key.left, 1ULL << 48);
	assert_true(xsrtp_key_get(b.s, 1, &key));
	assert_int_equal(key.mki_len, 4);
	assert_memory_equal(key.mki, m[1].mki, 4);
	assert_in_range(key.left, 1, 999);
	xsrtp_key_hide(b.s, 1);
	assert_reason(arrive(&b, &m[1], SSRC, 2).reason, BAD_MKI);
	assert_reason(arrive(&b, &m[0], SSRC, 2).reason, OK);
	assert_false(xsrtp_key_get(b.s, 1, &key));
	assert_false(xsrtp_key_get(b.s, 2, &key));
	assert_false(xsrtp_key_get(b.s, XSRTP_KEYS, &key));
	assert_int_equal(xsrtp_key_use(b.s, 1), -ENOKEY);
	assert_int_equal(set_key(&b, 1, &m[1], 0), 0);
	assert_reason(arrive(&b, &m[1], SSRC, 3).reason, OK);
	session_free(b.s);
}

/* Packets do not: the second key is tried, and the first that fits switches. */
static void also_switches(void **state)
{
	struct master old, new, bad;
	struct bench b;
	struct result r;

	bench_open(&b, *state, CM80, 64, 2);
	master_random(&b.rng, &old, 0);
	master_random(&b.rng, &new, 0);
	master_random(&b.rng, &bad, 0);
	assert_int_equal(set_key(&b, 0, &old, 0), 0);
	assert_int_equal(set_key(&b, 1, &new, 0), 0);
	assert_int_equal(xsrtp_key_use(b.s, 0), 0);
	assert_reason(arrive(&b, &old, SSRC, 1).reason, OK);
	assert_reason(arrive(&b, &new, SSRC, 2).reason, BAD_TAG);
	assert_int_equal(xsrtp_key_also(b.s, 2), -ENOKEY);
	assert_int_equal(xsrtp_key_also(b.s, 4), -EINVAL);
	assert_int_equal(xsrtp_key_also(b.s, 1), 0);
	assert_int_equal(set_key(&b, 1, &bad, 0), -EBUSY);
	assert_reason(arrive(&b, &bad, SSRC, 2).reason, BAD_TAG);
	assert_int_equal(xsrtp_key_used(b.s), 0);
	r = arrive(&b, &new, SSRC, 2);
	assert_reason(r.reason, OK);
	assert_true(r.event & XSRTP_EVENT_KEY_SWITCH);
	assert_int_equal(xsrtp_key_used(b.s), 1);
	assert_reason(arrive(&b, &new, SSRC, 2).reason, REPLAY);
	assert_reason(arrive(&b, &old, SSRC, 0).reason, OK);	/* a late one */
	assert_reason(arrive(&b, &new, SSRC, 3).reason, OK);
	assert_int_equal(xsrtp_key_also(b.s, -1), 0);
	assert_reason(arrive(&b, xsrtp_key_used(b.s) ? &old : &new, SSRC, 4).reason, BAD_TAG);
	session_free(b.s);
}

/* --- streams that are told where they stand ---------------------------------------------- */

static void stream_told_index(void **state)
{
	static const uint64_t at[] = { 0, 40000, 65535, 0x7fffffff8000, (1ull << 48) - 40 };
	struct xsrtp_stream_state st = { .ssrc = SSRC };
	unsigned int i, w;
	struct master m;
	struct bench b;

	for (w = 64; w <= 32768; w *= 8)
		for (i = 0; i < ARRAY_SIZE(at); i++) {
			bench_open(&b, *state, CM80, w, 2);
			master_random(&b.rng, &m, 0);
			assert_int_equal(set_key(&b, 0, &m, 0), 0);
			assert_int_equal(xsrtp_key_use(b.s, 0), 0);
			st.index = at[i];
			assert_int_equal(xsrtp_stream_set(b.s, &st), 0);
			assert_int_equal(xsrtp_stream_set(b.s, &st), -EEXIST);
			assert_reason(arrive(&b, &m, SSRC, at[i]).reason, REPLAY);
			if (at[i] > 100)
				assert_reason(arrive(&b, &m, SSRC, at[i] - 63).reason, REPLAY);
			assert_reason(arrive(&b, &m, SSRC, at[i] + 1).reason, OK);
			assert_reason(arrive(&b, &m, SSRC, at[i] + 33).reason, OK);
			assert_reason(arrive(&b, &m, SSRC, at[i] + 32).reason, OK);
			assert_reason(arrive(&b, &m, SSRC, at[i] + 1).reason, REPLAY);
			session_free(b.s);
		}
	st.index = 1ull << 48;
	bench_open(&b, *state, CM80, 64, 1);
	assert_int_equal(xsrtp_stream_set(b.s, &st), -EINVAL);
	st.index = 5;
	assert_int_equal(xsrtp_stream_set(b.s, &st), 0);
	st.ssrc++;
	assert_int_equal(xsrtp_stream_set(b.s, &st), -ENOSPC);
	session_free(b.s);
}

/* The ROC of a stream to come, both ways, any sequence number to begin with. */
static void stream_told_roc(void **state)
{
	static const uint32_t rocs[] = { 0, 1, 7, 0x80000000u, 0xffffffffu };
	static const uint16_t seqs[] = { 0, 5, 40, 63, 64, 32768, 65500 };
	struct xsrtp_stream_state st;
	struct ref_keys k;
	unsigned int i, j, w;
	struct master m;
	struct bench b;

	for (w = 64; w <= 128; w *= 2)
		for (i = 0; i < ARRAY_SIZE(rocs); i++)
			for (j = 0; j < ARRAY_SIZE(seqs); j++) {
				uint64_t index = (uint64_t)rocs[i] << 16 | seqs[j], n;

				bench_open(&b, *state, GCM128, w, 1);
				master_random(&b.rng, &m, 0);
				ref_derive(&k, b.suite, &m);
				assert_int_equal(set_key(&b, 0, &m, 0), 0);
				assert_int_equal(xsrtp_key_use(b.s, 0), 0);
				assert_int_equal(xsrtp_stream_roc(b.s, SSRC, rocs[i]), 0);
				assert_reason(arrive(&b, &m, SSRC, index ^ 1 << 16).reason, BAD_TAG);
				assert_reason(arrive(&b, &m, SSRC, index).reason, OK);
				assert_reason(arrive(&b, &m, SSRC, index).reason, REPLAY);
				assert_true(xsrtp_stream_get(b.s, 0, &st));
				assert_int_equal(st.index, index);
				/* what came before it is new as long as the window reaches */
				for (n = 1; n < 64 && n <= seqs[j]; n++)
					assert_reason(arrive(&b, &m, SSRC, index - n).reason, OK);
				session_free(b.s);
			}
}

/* --- suites without one half ---------------------------------------------------------------- */

/* Authenticated only: the text is as it was, the tag counts. */
static void null_cipher(void **state)
{
	static const unsigned int suites[] = {
		XSRTP_SUITE_NULL_HMAC_SHA1_80, XSRTP_SUITE_NULL_HMAC_SHA1_32,
	};
	struct result r, was;
	struct master m;
	struct bench b;
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		bench_open(&b, *state, suites[s], 64, 1);
		master_random(&b.rng, &m, 0);
		set_key(&b, 0, &m, 0);
		xsrtp_key_use(b.s, 0);
		was.len = rtp_write(&b.rng, &(struct rtp){ .ssrc = 1, .payload = 50 }, was.data);
		r = was;
		finish(&b, &r, xsrtp_protect, 160);
		assert_memory_equal(r.data, was.data, was.len);
		assert_int_equal(r.len, was.len + xsrtp_suite_info(suites[s])->tag_len);
		session_free(b.s);
		bench_open(&b, *state, suites[s], 64, 1);
		set_key(&b, 0, &m, 0);
		xsrtp_key_use(b.s, 0);
		r.data[30] ^= 1;
		finish(&b, &r, xsrtp_unprotect, 0);
		assert_reason(r.reason, BAD_TAG);
		r.data[30] ^= 1;
		finish(&b, &r, xsrtp_unprotect, 0);
		assert_reason(r.reason, OK);
		assert_int_equal(r.len, was.len);
		assert_memory_equal(r.data, was.data, was.len);
		session_free(b.s);
	}
}

/* XSRTP_UNENCRYPTED_SRTP under an encrypting suite: the tag is over the plain text. */
static void unencrypted(void **state)
{
	const struct xsrtp_session_config cfg = { .suite = GCM128, .flags = XSRTP_UNENCRYPTED_SRTP };
	struct bench b = { .c = *state, .suite = GCM128, .rng = { 3 } };
	uint8_t iv[16], tag[16];
	struct result r, was;
	struct ref_keys k;
	struct master m;

	master_random(&b.rng, &m, 0);
	ref_derive(&k, GCM128, &m);
	b.s = session_empty(&cfg);
	set_key(&b, 0, &m, 0);
	xsrtp_key_use(b.s, 0);
	was.len = rtp_write(&b.rng, &(struct rtp){ .ssrc = 1, .seq = 9, .payload = 50 }, was.data);
	r = was;
	finish(&b, &r, xsrtp_protect, 160);
	assert_reason(r.reason, OK);
	ref_iv(&k, 1, 9, iv);
	ref_gcm(k.enc, 16, iv, was.data, was.len, NULL, 0, tag);
	assert_memory_equal(r.data, was.data, was.len);
	assert_memory_equal(r.data + was.len, tag, 16);
	session_free(b.s);
}

int main(void)
{
	static const struct test_row rows[] = {
		EACH(lifetime_exact), EACH(lifetime_streams), EACH(lifetime_receiver),
		EACH(mki_finds_slot), EACH(hidden_is_not_found), EACH(also_switches),
		EACH(stream_told_index), EACH(stream_told_roc),
		EACH(null_cipher), EACH(unencrypted),
	};

	return run_rows("keys", rows, ARRAY_SIZE(rows));
}
