// SPDX-License-Identifier: GPL-2.0
/*
 * How the SRTP core behaves: sessions, keys, malformed packets, room, streams,
 * the replay window on both sides, ROC over the wrap, forgeries, bursts, and
 * two CPUs under one session.
 */
#include <errno.h>
#include <pthread.h>

#include "packet.h"
#include "testlib.h"

#define CM80	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80
#define CM32	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32
#define GCM128	XSRTP_SUITE_AEAD_AES_128_GCM
#define GCM256	XSRTP_SUITE_AEAD_AES_256_GCM

#define SSRC	0xdecafbadu

/* --- a sender, a receiver, and packets between them -------------------------------- */

struct pair {
	const struct xsrtp_cipher *c;
	unsigned int suite;
	struct rng rng;
	struct master m;
	struct ref_keys ref;
	struct xsrtp_session *tx, *rx;
};

static void pair_open(struct pair *p, const struct xsrtp_cipher *c, unsigned int suite,
		      unsigned int window, unsigned int streams, uint8_t mki_len)
{
	memset(p, 0, sizeof(*p));
	p->c = c;
	p->suite = suite;
	p->rng.s = suite * 1000 + window + mki_len;
	master_random(&p->rng, &p->m, mki_len);
	ref_derive(&p->ref, suite, &p->m);
	p->tx = session_new(c, suite, window, streams, &p->m);
	p->rx = session_new(c, suite, window, streams, &p->m);
}

static void pair_close(struct pair *p)
{
	session_free(p->tx);
	session_free(p->rx);
}

struct wire {
	uint8_t data[RTP_MAX];
	uint32_t len;
};

/* A plain packet of 12 bytes of header and 20 of payload. */
static void plain(struct pair *p, struct wire *w, uint32_t ssrc, uint16_t seq)
{
	const struct rtp h = { .ssrc = ssrc, .seq = seq, .payload = 20 };

	w->len = rtp_write(&p->rng, &h, w->data);
}

/* The SRTP packet of this index, made without the core. */
static void sealed(struct pair *p, struct wire *w, uint32_t ssrc, uint64_t index)
{
	plain(p, w, ssrc, (uint16_t)index);
	w->len = ref_protect(&p->ref, &p->m, index, w->data, RTP_HDR, w->len);
}

static unsigned int receive(struct pair *p, uint32_t ssrc, uint64_t index)
{
	struct wire w;

	sealed(p, &w, ssrc, index);
	return unprotect_one(p->c, p->rx, w.data, &w.len);
}

static unsigned int receive_forged(struct pair *p, uint32_t ssrc, uint64_t index)
{
	struct wire w;

	sealed(p, &w, ssrc, index);
	w.data[w.len - 1 - rng_below(&p->rng, 4)] ^= 1 << rng_below(&p->rng, 8);
	return unprotect_one(p->c, p->rx, w.data, &w.len);
}

static unsigned int send_one(struct pair *p, struct wire *w, uint32_t ssrc, uint16_t seq)
{
	plain(p, w, ssrc, seq);
	return protect_one(p->c, p->tx, w->data, &w->len, suite_overhead(p->suite, &p->m));
}

/* Sends @seq and checks that it went out as @index. */
static void send_as(struct pair *p, uint32_t ssrc, uint64_t index)
{
	struct wire w, want;
	struct rng at = p->rng;

	assert_reason(send_one(p, &w, ssrc, (uint16_t)index), OK);
	p->rng = at;
	sealed(p, &want, ssrc, index);
	assert_int_equal(w.len, want.len);
	assert_memory_equal(w.data, want.data, want.len);
}

static uint64_t highest(const struct xsrtp_session *s, uint32_t ssrc)
{
	struct xsrtp_stream_state st;
	unsigned int n;

	for (n = 0; xsrtp_stream_get(s, n, &st); n++)
		if (st.ssrc == ssrc)
			return st.index;
	return UINT64_MAX;
}

static unsigned int count_streams(const struct xsrtp_session *s)
{
	struct xsrtp_stream_state st;
	unsigned int n = 0;

	while (xsrtp_stream_get(s, n, &st))
		n++;
	return n;
}

/* --- suites and names ------------------------------------------------------------- */

static void suite_table(void **state)
{
#define X(sym, num, name, kind, key, salt, tag) + 1
	const unsigned int all = 0 XSRTP_SUITES(X);
#undef X
	unsigned int i, n = 0;

	for (i = 0; i < 300; i++) {
		const struct xsrtp_suite_info *s = xsrtp_suite_info(i);

		if (!s)
			continue;
		n++;
		assert_int_equal(s->suite, i);
		assert_ptr_equal(xsrtp_suite_by_name(s->name), s);
		assert_true(s->key_len <= XSRTP_KEY_MAX && s->salt_len <= XSRTP_SALT_MAX);
		assert_true(s->tag_len <= XSRTP_TAG_MAX);
	}
	assert_int_equal(n, all);
	assert_null(xsrtp_suite_by_name(""));
	assert_null(xsrtp_suite_by_name("AES_CM_128_HMAC_SHA1_8"));
	assert_null(xsrtp_suite_by_name("AES_CM_128_HMAC_SHA1_800"));
	assert_null(xsrtp_suite_info(~0u));
}

static void reason_names(void **state)
{
	unsigned int i, j;

	assert_string_equal(xsrtp_reason_name(XSRTP_REASON_OK), "ok");
	assert_string_equal(xsrtp_reason_name(XSRTP_REASON_BAD_TAG), "bad-tag");
	for (i = 0; i < XSRTP_REASON_MAX; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(xsrtp_reason_name(i), xsrtp_reason_name(j));
	assert_non_null(xsrtp_reason_name(XSRTP_REASON_MAX));
	assert_non_null(xsrtp_reason_name(~0u));
}

/* --- sessions ----------------------------------------------------------------------- */

static void session_config(void **state)
{
	static const struct xsrtp_session_config bad[] = {
		{ .suite = 0 }, { .suite = 14 }, { .suite = 200 }, { .suite = 255 },
		{ .suite = CM80, .keys = XSRTP_KEYS + 1 }, { .suite = CM80, .keys = 255 },
		{ .suite = CM80, .flags = 0x40 }, { .suite = CM80, .flags = 0x8000 },
		{ .suite = CM80, .window = 1 }, { .suite = CM80, .window = 32 },
		{ .suite = CM80, .window = 63 }, { .suite = CM80, .window = 65 },
		{ .suite = CM80, .window = 96 }, { .suite = CM80, .window = 1000 },
		{ .suite = CM80, .window = 32767 }, { .suite = CM80, .window = 32769 },
		{ .suite = CM80, .window = 65535 },
		{ .suite = CM80, .streams = XSRTP_STREAMS_MAX + 1 },
		{ .suite = CM80, .streams = 65535 },
	};
	struct xsrtp_session_config cfg;
	uint8_t mem[4096] __attribute__((aligned(XSRTP_ALIGN)));
	unsigned int i, w;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(mem, 0xa5, sizeof(mem));
		assert_int_equal(xsrtp_session_size(&bad[i]), 0);
		assert_int_equal(xsrtp_session_init((void *)mem, &bad[i]), -EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(test_suites); i++)
		for (w = 64; w <= 32768; w *= 2) {
			cfg = (struct xsrtp_session_config){
				.suite = test_suites[i], .window = w, .streams = XSRTP_STREAMS_MAX,
			};
			session_free(session_empty(&cfg));
		}
}

/* 0 means 64 packets and one stream. */
static void session_defaults(void **state)
{
	struct pair p;

	pair_open(&p, *state, CM80, 0, 0, 0);
	assert_reason(receive(&p, SSRC, 1000), OK);
	assert_reason(receive(&p, SSRC, 1000 - 63), OK);
	assert_reason(receive(&p, SSRC, 1000 - 64), TOO_OLD);
	assert_reason(receive(&p, SSRC + 1, 1), NO_STREAM);
	pair_close(&p);
}

static void session_wiped(void **state)
{
	const struct xsrtp_session_config cfg = { .suite = GCM256, .window = 1024, .streams = 7 };
	size_t size = xsrtp_session_size(&cfg), i;
	struct pair p;

	pair_open(&p, *state, GCM256, 1024, 7, 16);
	receive(&p, SSRC, 5);
	xsrtp_session_wipe(p.rx);
	for (i = 0; i < size; i++)
		assert_int_equal(((uint8_t *)p.rx)[i], 0);
	free(p.rx);
	session_free(p.tx);
}

/* Does @len bytes at @hay hold @needle? */
static bool holds(const void *hay, size_t len, const void *needle, size_t n)
{
	return memmem(hay, len, needle, n) != NULL;
}

/* After a wipe of its slot neither the session key nor the MKI is left in memory. */
static void key_wiped(void **state)
{
	struct pair p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(test_suites); i++) {
		const struct xsrtp_session_config cfg = { .suite = test_suites[i], .window = 64,
							  .streams = 1 };
		size_t size = xsrtp_session_size(&cfg);

		pair_open(&p, *state, test_suites[i], 64, 1, 16);
		assert_true(holds(p.tx, size, p.ref.enc, 16));
		assert_true(holds(p.tx, size, p.m.mki, 16));
		assert_false(holds(p.tx, size, p.m.key, 16));
		assert_int_equal(xsrtp_key_use(p.tx, -1), 0);
		xsrtp_key_wipe(p.tx, 0);
		assert_false(holds(p.tx, size, p.ref.enc, 8));
		assert_false(holds(p.tx, size, p.ref.salt, 8));
		assert_false(holds(p.tx, size, p.m.mki, 16));
		assert_int_equal(xsrtp_key_use(p.tx, 0), -ENOKEY);
		pair_close(&p);
	}
}

/* --- keys ---------------------------------------------------------------------------- */

static void no_key(void **state)
{
	const struct xsrtp_session_config cfg = { .suite = CM80 };
	struct xsrtp_session *s = session_empty(&cfg);
	struct pair p;
	struct wire w, before;

	pair_open(&p, *state, CM80, 64, 1, 0);
	plain(&p, &w, SSRC, 1);
	before = w;
	assert_int_equal(xsrtp_key_used(s), -1);
	assert_reason(protect_one(p.c, s, w.data, &w.len, 10), NO_KEY);
	assert_memory_equal(w.data, before.data, w.len);
	assert_reason(unprotect_one(p.c, s, w.data, &w.len), NO_KEY);
	assert_memory_equal(w.data, before.data, w.len);

	/* prepared is not used */
	assert_int_equal(master_set(s, p.c, 2, &p.m), 0);
	assert_int_equal(xsrtp_key_used(s), -1);
	assert_reason(protect_one(p.c, s, w.data, &w.len, 10), NO_KEY);
	assert_int_equal(xsrtp_key_use(s, 2), 0);
	assert_int_equal(xsrtp_key_used(s), 2);
	assert_reason(protect_one(p.c, s, w.data, &w.len, 10), OK);

	/* and switched off again it fails closed */
	assert_int_equal(xsrtp_key_use(s, -1), 0);
	plain(&p, &w, SSRC, 2);
	assert_reason(protect_one(p.c, s, w.data, &w.len, 10), NO_KEY);
	session_free(s);
	pair_close(&p);
}

static void key_slots(void **state)
{
	struct xsrtp_key_config key;
	struct master other;
	struct pair p;

	pair_open(&p, *state, CM80, 64, 1, 4);
	master_random(&p.rng, &other, 4);
	key = (struct xsrtp_key_config){ .key = other.key, .salt = other.salt,
					 .mki = other.mki, .mki_len = XSRTP_MKI_MAX + 1 };
	assert_int_equal(xsrtp_key_set(p.tx, p.c, 1, &key), -EINVAL);
	assert_int_equal(master_set(p.tx, p.c, XSRTP_KEYS, &other), -EINVAL);
	assert_int_equal(master_set(p.tx, p.c, ~0u, &other), -EINVAL);
	assert_int_equal(xsrtp_key_use(p.tx, XSRTP_KEYS), -EINVAL);
	assert_int_equal(xsrtp_key_use(p.tx, -2), -EINVAL);
	assert_int_equal(xsrtp_key_use(p.tx, 3), -ENOKEY);
	assert_int_equal(xsrtp_key_used(p.tx), 0);
	assert_int_equal(master_set(p.tx, p.c, 0, &other), -EBUSY);
	assert_int_equal(master_set(p.tx, p.c, 1, &p.m), -EEXIST);
	assert_int_equal(xsrtp_key_use(p.tx, 1), -ENOKEY);
	send_as(&p, SSRC, 1);	/* none of it touched the key in use */
	assert_int_equal(master_set(p.tx, p.c, 1, &other), 0);
	send_as(&p, SSRC, 2);
	assert_int_equal(xsrtp_key_use(p.tx, 1), 0);
	assert_int_equal(xsrtp_key_used(p.tx), 1);
	ref_derive(&p.ref, p.suite, &other);
	p.m = other;
	send_as(&p, SSRC, 3);
	pair_close(&p);
}

/* Another MKI does not make the same key another: its keystream is the same. */
static void same_key_other_mki(void **state)
{
	struct master other;
	struct pair p;

	pair_open(&p, *state, GCM128, 64, 1, 4);
	other = p.m;
	other.mki[0] ^= 1;
	assert_int_equal(master_set(p.tx, p.c, 1, &other), -EEXIST);
	other.mki_len = 0;
	assert_int_equal(master_set(p.tx, p.c, 1, &other), -EEXIST);
	other = p.m;
	other.salt[11] ^= 1;
	assert_int_equal(master_set(p.tx, p.c, 1, &other), 0);
	other = p.m;
	other.key[15] ^= 1;
	assert_int_equal(master_set(p.tx, p.c, 1, &other), 0);
	pair_close(&p);
}

/*
 * ROC and window live on over a change of keys (RFC 3711 3.3.1): also after
 * coming back to an old key, which must not encrypt an index twice.
 */
static void rekey_keeps_streams(void **state)
{
	struct master other;
	struct wire w;
	struct pair p;

	pair_open(&p, *state, CM80, 64, 1, 0);
	master_random(&p.rng, &other, 0);
	send_as(&p, SSRC, 65535);
	send_as(&p, SSRC, 65536);
	assert_int_equal(master_set(p.tx, p.c, 1, &other), 0);
	assert_int_equal(xsrtp_key_use(p.tx, 1), 0);
	ref_derive(&p.ref, p.suite, &other);
	send_as(&p, SSRC, 65537);
	assert_int_equal(highest(p.tx, SSRC), 65537);
	assert_int_equal(xsrtp_key_use(p.tx, 0), 0);
	assert_reason(send_one(&p, &w, SSRC, 0), INDEX_REUSE);
	ref_derive(&p.ref, p.suite, &p.m);
	send_as(&p, SSRC, 65538);
	pair_close(&p);
}

/* Every suite and length of MKI, byte for byte against the second SRTP. */
static void mki_appended(void **state)
{
	static const uint8_t lens[] = { 0, 1, 2, 4, 16, 127, 128 };
	struct pair p;
	struct wire w;
	unsigned int s, i;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++)
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			pair_open(&p, *state, test_suites[s], 64, 1, lens[i]);
			send_as(&p, SSRC, 7);
			sealed(&p, &w, SSRC, 7);
			assert_int_equal(w.len, 32 + suite_overhead(p.suite, &p.m));
			assert_reason(unprotect_one(p.c, p.rx, w.data, &w.len), OK);
			assert_int_equal(w.len, 32);
			pair_close(&p);
		}
}

/* Each bit of the MKI is compared, and it is found out without moving anything. */
static void mki_compared(void **state)
{
	struct wire w, good;
	unsigned int s, bit;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		size_t at, tag = xsrtp_suite_info(test_suites[s])->tag_len;

		pair_open(&p, *state, test_suites[s], 64, 1, 4);
		sealed(&p, &good, SSRC, 7);
		at = xsrtp_suite_info(p.suite)->kind == XSRTP_KIND_GCM ? 32 + tag : 32;
		assert_memory_equal(good.data + at, p.m.mki, 4);
		for (bit = 0; bit < 32; bit++) {
			w = good;
			w.data[at + bit / 8] ^= 1 << bit % 8;
			assert_reason(unprotect_one(p.c, p.rx, w.data, &w.len), BAD_MKI);
		}
		assert_int_equal(count_streams(p.rx), 0);
		assert_reason(unprotect_one(p.c, p.rx, good.data, &good.len), OK);
		pair_close(&p);
	}
}

/* --- malformed packets ------------------------------------------------------------------ */

/* The same bytes at both doors; neither touches them or learns an SSRC. */
static void both_refuse(struct pair *p, const uint8_t *data, uint32_t len)
{
	uint8_t buf[70000];
	uint32_t l = len;

	assert_true(len <= sizeof(buf));
	memcpy(buf, data, len);
	assert_reason(protect_one(p->c, p->tx, buf, &l, suite_overhead(p->suite, &p->m)),
		      MALFORMED);
	assert_memory_equal(buf, data, len);
	assert_reason(unprotect_one(p->c, p->rx, buf, &l), MALFORMED);
	assert_int_equal(count_streams(p->tx), 0);
	assert_int_equal(count_streams(p->rx), 0);
}

/* Every length below the header's, in a buffer of that length. */
static void truncated_header(void **state)
{
	const struct rtp h = { .ssrc = SSRC, .csrcs = 3, .ext = true, .ext_words = 2 };
	struct wire w;
	struct pair p;
	uint32_t len;

	pair_open(&p, *state, CM80, 64, 1, 0);
	for (len = 0; len < RTP_HDR; len++) {
		plain(&p, &w, SSRC, 1);
		both_refuse(&p, w.data, len);
	}
	rtp_write(&p.rng, &h, w.data);
	for (len = 0; len < rtp_hdr_len(&h); len++)
		both_refuse(&p, w.data, len);
	pair_close(&p);
}

static void wrong_version(void **state)
{
	struct pair p;
	struct wire w;
	unsigned int v;

	pair_open(&p, *state, GCM128, 64, 1, 0);
	for (v = 0; v < 256; v++) {
		if (v >> 6 == 2)
			continue;
		plain(&p, &w, SSRC, 1);
		w.data[0] = v;
		both_refuse(&p, w.data, 32);
	}
	pair_close(&p);
}

static void csrcs_past_end(void **state)
{
	unsigned int cc, len;
	struct pair p;
	struct wire w;

	pair_open(&p, *state, CM80, 64, 1, 0);
	for (cc = 1; cc < 16; cc++)
		for (len = RTP_HDR; len < RTP_HDR + 4 * cc; len++) {
			plain(&p, &w, SSRC, 1);
			w.data[0] = 0x80 | cc;
			both_refuse(&p, w.data, len);
		}
	pair_close(&p);
}

/* Extension lengths that point past the end, by one word and by all that 16 bits can say. */
static void extension_past_end(void **state)
{
	static const uint16_t words[] = { 1, 5, 6, 0x100, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xffff };
	struct pair p;
	struct wire w;
	unsigned int i, cc;

	pair_open(&p, *state, GCM256, 64, 1, 0);
	for (cc = 0; cc < 16; cc++)
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			const struct rtp h = { .ssrc = SSRC, .csrcs = cc, .ext = true };

			rtp_write(&p.rng, &h, w.data);
			put16(w.data + RTP_HDR + 4 * cc + 2, words[i]);
			both_refuse(&p, w.data, rtp_hdr_len(&h) +
				    (words[i] < 7 ? 4 * words[i] - 1 : 20));
		}
	pair_close(&p);
}

/* A header of exactly the packet's length is well-formed: no payload. */
static void header_only(void **state)
{
	struct pair p;
	unsigned int s, cc;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		pair_open(&p, *state, test_suites[s], 64, 1, 0);
		for (cc = 0; cc < 16; cc++) {
			const struct rtp h = { .ssrc = SSRC, .seq = cc, .csrcs = cc,
					       .ext = cc % 2, .ext_words = cc };
			uint8_t data[RTP_MAX], want[RTP_MAX];
			uint32_t len = rtp_write(&p.rng, &h, data);

			memcpy(want, data, len);
			ref_protect(&p.ref, &p.m, cc, want, len, len);
			assert_reason(protect_one(p.c, p.tx, data, &len,
						  suite_overhead(p.suite, &p.m)), OK);
			assert_int_equal(len, rtp_len(&h) + suite_overhead(p.suite, &p.m));
			assert_memory_equal(data, want, len);
			assert_reason(unprotect_one(p.c, p.rx, data, &len), OK);
			assert_int_equal(len, rtp_len(&h));
		}
		pair_close(&p);
	}
}

/* Whatever is cut off an SRTP packet's end, it is refused, and nothing moves. */
static void truncated_srtp(void **state)
{
	static const uint8_t mkis[] = { 0, 4, 128 };
	unsigned int s, i;
	struct wire good;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++)
		for (i = 0; i < ARRAY_SIZE(mkis); i++) {
			uint32_t len;

			pair_open(&p, *state, test_suites[s], 64, 1, mkis[i]);
			sealed(&p, &good, SSRC, 9);
			for (len = 0; len < good.len; len++) {
				struct wire w = good;
				unsigned int r;

				w.len = len;
				r = unprotect_one(p.c, p.rx, w.data, &w.len);
				if (p.m.mki_len && r == XSRTP_REASON_BAD_MKI)
					continue;
				if (len < RTP_HDR + suite_overhead(p.suite, &p.m))
					assert_reason(r, MALFORMED);
				else
					assert_reason(r, BAD_TAG);
			}
			assert_int_equal(count_streams(p.rx), 0);
			assert_reason(unprotect_one(p.c, p.rx, good.data, &good.len), OK);
			pair_close(&p);
		}
}

/* The header may not reach into the tag. */
static void header_into_tag(void **state)
{
	struct wire w;
	struct pair p;
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		uint32_t over, len;

		pair_open(&p, *state, test_suites[s], 64, 1, 0);
		over = suite_overhead(p.suite, &p.m);
		for (len = RTP_HDR + 16; len < RTP_HDR + 16 + over; len++) {
			plain(&p, &w, SSRC, 1);
			w.data[0] = 0x84;
			w.len = len;
			assert_reason(unprotect_one(p.c, p.rx, w.data, &w.len), MALFORMED);
		}
		pair_close(&p);
	}
}

/* Packets far larger than any MTU are lengths like others: right, or refused. */
static void oversize(void **state)
{
	static const uint32_t lens[] = { 1501, 9000, 65507, 65535, 65536, 70000, 1 << 20 };
	unsigned int s, i;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++)
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			uint8_t *data = calloc(1, lens[i] + 64), *was = malloc(lens[i]);
			uint32_t len = lens[i];
			unsigned int r;

			pair_open(&p, *state, test_suites[s], 64, 1, 0);
			rng_fill(&p.rng, data, lens[i]);
			data[0] = 0x80;
			memcpy(was, data, len);
			r = protect_one(p.c, p.tx, data, &len, suite_overhead(p.suite, &p.m));
			if (r == XSRTP_REASON_OK) {
				if (!p.ref.suite->null_cipher)
					assert_memory_not_equal(data + 12, was + 12, lens[i] - 12);
				assert_reason(unprotect_one(p.c, p.rx, data, &len), OK);
				assert_int_equal(len, lens[i]);
			} else {
				assert_true(lens[i] > 65507);
			}
			assert_memory_equal(data, was, lens[i]);
			free(data);
			free(was);
			pair_close(&p);
		}
}

/* P is nobody's business here: any padding count passes, both ways. */
static void padding_ignored(void **state)
{
	unsigned int s, n, seq;
	struct pair p;
	struct wire w;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		pair_open(&p, *state, test_suites[s], 64, 1, 0);
		for (n = 0, seq = 0; n < 256; n++, seq++) {
			plain(&p, &w, SSRC, seq);
			w.data[0] |= 0x20;
			w.data[31] = n;
			assert_reason(protect_one(p.c, p.tx, w.data, &w.len,
						  suite_overhead(p.suite, &p.m)), OK);
			assert_reason(unprotect_one(p.c, p.rx, w.data, &w.len), OK);
			assert_int_equal(w.data[31], n);
			assert_int_equal(w.data[0], 0xa0);
		}
		pair_close(&p);
	}
}

/*
 * Too little room: refused, nothing written, and the index still free, so that
 * the caller can come back with room.
 */
static void no_room(void **state)
{
	static const uint8_t mkis[] = { 0, 5 };
	unsigned int s, i;
	struct wire w, was;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++)
		for (i = 0; i < ARRAY_SIZE(mkis); i++) {
			uint32_t room, over;

			pair_open(&p, *state, test_suites[s], 64, 1, mkis[i]);
			over = suite_overhead(p.suite, &p.m);
			plain(&p, &w, SSRC, 1);
			was = w;
			for (room = 0; room < over; room++) {
				assert_reason(protect_one(p.c, p.tx, w.data, &w.len, room), NO_ROOM);
				assert_memory_equal(w.data, was.data, w.len);
			}
			assert_int_equal(count_streams(p.tx), 0);
			assert_reason(protect_one(p.c, p.tx, w.data, &w.len, over), OK);
			pair_close(&p);
		}
}

/* --- streams ------------------------------------------------------------------------------ */

static void several_ssrcs(void **state)
{
	unsigned int i, round;
	struct pair p;

	pair_open(&p, *state, CM80, 128, XSRTP_STREAMS_MAX, 0);
	for (round = 0; round < 3; round++)
		for (i = 0; i < XSRTP_STREAMS_MAX; i++) {
			send_as(&p, SSRC + i, 65533 + round + i % 3);
			assert_reason(receive(&p, SSRC + i, 65533 + round + i % 3), OK);
		}
	assert_int_equal(count_streams(p.tx), XSRTP_STREAMS_MAX);
	assert_int_equal(count_streams(p.rx), XSRTP_STREAMS_MAX);
	for (i = 0; i < XSRTP_STREAMS_MAX; i++) {
		assert_int_equal(highest(p.tx, SSRC + i), 65535 + i % 3);
		assert_int_equal(highest(p.rx, SSRC + i), 65535 + i % 3);
		assert_reason(receive(&p, SSRC + i, 65534 + i % 3), REPLAY);
	}
	pair_close(&p);
}

static void stream_limit(void **state)
{
	unsigned int limit, i;
	struct wire w, was;
	struct pair p;

	for (limit = 1; limit <= 3; limit++) {
		pair_open(&p, *state, GCM128, 64, limit, 0);
		for (i = 0; i < limit; i++) {
			send_as(&p, SSRC + i, 1);
			assert_reason(receive(&p, SSRC + i, 1), OK);
		}
		plain(&p, &w, SSRC + limit, 1);
		was = w;
		assert_reason(protect_one(p.c, p.tx, w.data, &w.len, 16), NO_STREAM);
		assert_memory_equal(w.data, was.data, w.len);
		assert_reason(receive(&p, SSRC + limit, 1), NO_STREAM);
		for (i = 0; i < limit; i++) {	/* the others go on */
			send_as(&p, SSRC + i, 2);
			assert_reason(receive(&p, SSRC + i, 2), OK);
		}
		assert_int_equal(count_streams(p.tx), limit);
		pair_close(&p);
	}
}

/* Any SSRC is one, also 0 and the one that all bits make. */
static void odd_ssrcs(void **state)
{
	static const uint32_t ssrcs[] = { 0, ~0u, 1, 0x80000000u };
	struct pair p;
	unsigned int i;

	pair_open(&p, *state, CM32, 64, ARRAY_SIZE(ssrcs), 0);
	for (i = 0; i < ARRAY_SIZE(ssrcs); i++) {
		send_as(&p, ssrcs[i], 0);
		assert_reason(receive(&p, ssrcs[i], 0), OK);
		assert_reason(receive(&p, ssrcs[i], 0), REPLAY);
		assert_int_equal(count_streams(p.rx), i + 1);
	}
	pair_close(&p);
}

static void stream_get(void **state)
{
	struct xsrtp_stream_state st = { 1, 2 };
	struct pair p;

	pair_open(&p, *state, CM80, 64, 2, 0);
	assert_false(xsrtp_stream_get(p.rx, 0, &st));
	assert_reason(receive(&p, SSRC, 3), OK);
	assert_true(xsrtp_stream_get(p.rx, 0, &st));
	assert_int_equal(st.ssrc, SSRC);
	assert_int_equal(st.index, 3);
	assert_false(xsrtp_stream_get(p.rx, 1, &st));
	assert_reason(receive(&p, SSRC, 2), OK);	/* older: the highest stays */
	assert_int_equal(highest(p.rx, SSRC), 3);
	assert_reason(receive(&p, 5, 65535), OK);
	assert_reason(receive(&p, 5, 65536), OK);
	assert_int_equal(highest(p.rx, 5), 65536);
	assert_false(xsrtp_stream_get(p.rx, 2, &st));
	assert_false(xsrtp_stream_get(p.rx, ~0u, &st));
	pair_close(&p);
}

/* Of one SSRC, SRTP and SRTCP each for itself. */
static void stream_index(void **state)
{
	struct xsrtp_stream_state st = { 5, 0x7fffffff };
	struct pair p;
	uint64_t index = 99;

	pair_open(&p, *state, CM80, 64, 3, 0);
	assert_false(xsrtp_stream_index(p.rx, SSRC, false, &index));
	assert_reason(receive(&p, 7, 1), OK);
	assert_reason(receive(&p, SSRC, 65535), OK);
	assert_reason(receive(&p, SSRC, 65536), OK);
	assert_reason(receive(&p, SSRC, 65534), OK);
	assert_true(xsrtp_stream_index(p.rx, SSRC, false, &index));
	assert_int_equal(index, 65536);
	assert_false(xsrtp_stream_index(p.rx, SSRC, true, &index));
	assert_int_equal(xsrtp_stream_set_rtcp(p.rx, &st), 0);
	assert_true(xsrtp_stream_index(p.rx, 5, true, &index));
	assert_int_equal(index, 0x7fffffff);
	assert_false(xsrtp_stream_index(p.rx, 5, false, &index));
	assert_int_equal(xsrtp_stream_roc(p.rx, 6, 3), 0);	/* told, no packet yet */
	assert_false(xsrtp_stream_index(p.rx, 6, false, &index));
	pair_close(&p);
}

/* One that was told its ROC and waits for its first packet hides no other. */
static void stream_get_told(void **state)
{
	struct xsrtp_stream_state st;
	struct pair p;

	pair_open(&p, *state, CM80, 64, 2, 0);
	assert_int_equal(xsrtp_stream_roc(p.rx, 7, 3), 0);
	assert_false(xsrtp_stream_get(p.rx, 0, &st));
	assert_reason(receive(&p, SSRC, 3), OK);
	assert_true(xsrtp_stream_get(p.rx, 0, &st));
	assert_int_equal(st.ssrc, SSRC);
	assert_false(xsrtp_stream_get(p.rx, 1, &st));
	pair_close(&p);
}

/* --- replay --------------------------------------------------------------------------------- */

static const unsigned int windows[] = { 64, 128, 1024, 32768 };

/*
 * One before the window. 2^15 behind is as near as 2^15 ahead, and which of them
 * is meant depends on s_l (RFC 3711 appendix A): ahead, it does not verify.
 */
static void behind_window(struct pair *p, unsigned int window, uint64_t top)
{
	if (window == 32768 && !(top & 0x8000))
		assert_reason(receive(p, SSRC, top - window), BAD_TAG);
	else
		assert_reason(receive(p, SSRC, top - window), TOO_OLD);
}

/* The edge: highest - window + 1 is the last one in, the one before is out. */
static void window_edges(struct pair *p, unsigned int window, uint64_t top)
{
	assert_reason(receive(p, SSRC, top), OK);
	assert_reason(receive(p, SSRC, top), REPLAY);
	behind_window(p, window, top);
	assert_reason(receive(p, SSRC, top - window + 1), OK);
	assert_reason(receive(p, SSRC, top - window + 1), REPLAY);
	assert_reason(receive(p, SSRC, top - window / 2), OK);
	assert_reason(receive(p, SSRC, top - window / 2), REPLAY);
	assert_reason(receive(p, SSRC, top + 1), OK);	/* one on: the edge moves by one */
	behind_window(p, window, top + 1);
	assert_reason(receive(p, SSRC, top - window + 2), OK);
	assert_reason(receive(p, SSRC, top - window / 2), REPLAY);
	assert_int_equal(highest(p->rx, SSRC), top + 1);
}

static void replay_window(void **state)
{
	static const uint64_t steps[] = { 0, 5, 31, 32, 33, 64, 1000, 20000, 32767 };
	unsigned int i, j, s;
	struct pair p;

	for (s = 0; s < 2; s++)
		for (i = 0; i < ARRAY_SIZE(windows); i++) {
			uint64_t top = 40000 - windows[i], at = 0, to;

			pair_open(&p, *state, s ? GCM128 : CM80, windows[i], 1, 0);
			for (j = 0; j < ARRAY_SIZE(steps); j++) {
				/* clear of what was received, in steps that ROC allows */
				to = top + steps[j] + windows[i];
				for (; at && at + 32767 < to; at += 32767)
					assert_reason(receive(&p, SSRC, at + 32767), OK);
				window_edges(&p, windows[i], to);
				at = top = to + 1;
			}
			pair_close(&p);
		}
}

/* The sender's window is the same, and says index-reuse instead of replay. */
static void sender_window(void **state)
{
	struct wire w, was;
	struct pair p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		unsigned int win = windows[i];

		pair_open(&p, *state, CM80, win, 1, 0);
		send_as(&p, SSRC, 40000);
		assert_reason(send_one(&p, &w, SSRC, 40000), INDEX_REUSE);
		send_as(&p, SSRC, 40000 - win + 1);
		assert_reason(send_one(&p, &w, SSRC, 40000 - win + 1), INDEX_REUSE);
		assert_reason(send_one(&p, &w, SSRC, 40000 - win), TOO_OLD);
		send_as(&p, SSRC, 40000 - win / 2);
		assert_reason(send_one(&p, &w, SSRC, 40000 - win / 2), INDEX_REUSE);
		plain(&p, &w, SSRC, 40000);	/* refused means untouched here */
		was = w;
		assert_reason(protect_one(p.c, p.tx, w.data, &w.len, 10), INDEX_REUSE);
		assert_memory_equal(w.data, was.data, was.len);
		pair_close(&p);
	}
}

/* All of a window in random order: each accepted once; then none of them. */
static void reordered_once(void **state)
{
	unsigned int i, j, n;
	struct pair p;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		uint16_t *order;

		n = windows[i] < 2048 ? windows[i] : 2048;
		order = malloc(n * sizeof(*order));
		pair_open(&p, *state, GCM128, windows[i], 1, 0);
		for (j = 0; j < n; j++)
			order[j] = j;
		for (j = n - 1; j; j--) {
			unsigned int k = rng_below(&p.rng, j + 1), t = order[j];

			order[j] = order[k];
			order[k] = t;
		}
		assert_reason(receive(&p, SSRC, 65000), OK);
		for (j = 0; j < n; j++)		/* a window astride the wrap */
			assert_reason(receive(&p, SSRC, 65001 + order[j]), OK);
		for (j = 0; j < n; j++)
			assert_reason(receive(&p, SSRC, 65001 + order[j]), REPLAY);
		free(order);
		pair_close(&p);
	}
}

/* --- ROC ------------------------------------------------------------------------------------- */

static void roc_wraps(void **state)
{
	uint64_t roc, i;
	struct pair p;

	pair_open(&p, *state, CM80, 64, 1, 0);
	for (roc = 0; roc < 5; roc++)
		for (i = roc << 16 | (roc ? 20000 : 40000); i < (roc << 16) + 65636;
		     i += i % 65536 < 65500 && i % 65536 > 200 ? 500 : 1) {
			send_as(&p, SSRC, i);
			assert_reason(receive(&p, SSRC, i), OK);
		}
	assert_int_equal(highest(p.rx, SSRC) >> 16, 5);
	assert_int_equal(highest(p.tx, SSRC) >> 16, 5);
	pair_close(&p);
}

/* Late packets of before the wrap keep their own ROC. */
static void late_over_wrap(void **state)
{
	struct pair p;

	pair_open(&p, *state, GCM256, 64, 1, 0);
	assert_reason(receive(&p, SSRC, 65530), OK);
	assert_reason(receive(&p, SSRC, 65538), OK);
	assert_reason(receive(&p, SSRC, 65535), OK);
	assert_reason(receive(&p, SSRC, 65535), REPLAY);
	assert_reason(receive(&p, SSRC, 65537), OK);
	assert_reason(receive(&p, SSRC, 65531), OK);
	assert_int_equal(highest(p.rx, SSRC), 65538);
	send_as(&p, SSRC, 65530);
	send_as(&p, SSRC, 65538);
	send_as(&p, SSRC, 65535);
	pair_close(&p);
}

/* The farthest jumps that RFC 3711 3.3.1 tells from a step back. */
static void far_jumps(void **state)
{
	uint64_t i = 65535;
	struct pair p;
	unsigned int n;

	pair_open(&p, *state, CM80, 64, 1, 0);
	for (n = 0; n < 50; n++) {
		send_as(&p, SSRC, i);
		assert_reason(receive(&p, SSRC, i), OK);
		assert_int_equal(highest(p.rx, SSRC), i);
		i += 32767;
	}
	pair_close(&p);
}

/* What one call does with several packets. */
static void run_burst(burst_fn fn, struct pair *p, struct xsrtp_session *s, struct wire *w,
		      unsigned int n, unsigned int *reasons)
{
	struct xsrtp_packet pkt[XSRTP_BURST_MAX];
	unsigned int i;

	for (i = 0; i < n; i++)
		pkt[i] = (struct xsrtp_packet){ .session = s, .data = w[i].data, .len = w[i].len,
						.room = RTP_MAX - w[i].len, .reason = XSRTP_REASON_MAX };
	fn(p->c, pkt, n);
	for (i = 0; i < n; i++) {
		reasons[i] = pkt[i].reason;
		w[i].len = pkt[i].len;
	}
}

/* @n consecutive indexes from @first in one burst, on both sides. */
static void burst_astride(const struct xsrtp_cipher *c, unsigned int suite, uint64_t first,
			  unsigned int n, bool known)
{
	static struct wire w[XSRTP_BURST_MAX], want[XSRTP_BURST_MAX];
	unsigned int reasons[XSRTP_BURST_MAX], i;
	struct pair p;
	struct rng at;

	pair_open(&p, c, suite, 64, 1, 0);
	if (known) {
		send_as(&p, SSRC, first - 1);
		assert_reason(receive(&p, SSRC, first - 1), OK);
	}
	at = p.rng;
	for (i = 0; i < n; i++)
		plain(&p, &w[i], SSRC, (uint16_t)(first + i));
	p.rng = at;
	for (i = 0; i < n; i++)
		sealed(&p, &want[i], SSRC, first + i);
	run_burst(xsrtp_protect, &p, p.tx, w, n, reasons);
	for (i = 0; i < n; i++) {
		assert_reason(reasons[i], OK);
		assert_int_equal(w[i].len, want[i].len);
		assert_memory_equal(w[i].data, want[i].data, want[i].len);
	}
	run_burst(xsrtp_unprotect, &p, p.rx, w, n, reasons);
	for (i = 0; i < n; i++)
		assert_reason(reasons[i], OK);
	assert_int_equal(highest(p.tx, SSRC), first + n - 1);
	assert_int_equal(highest(p.rx, SSRC), first + n - 1);
	pair_close(&p);
}

static void burst_over_wrap(void **state)
{
	unsigned int s, n;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++)
		for (n = 2; n <= XSRTP_BURST_MAX; n += n < 8 ? 1 : 19) {
			burst_astride(*state, test_suites[s], 65536 - n / 2, n, true);
			burst_astride(*state, test_suites[s], 65535, n, true);
		}
}

/* The very first packets of a stream: 65535 then 0, in one burst. */
static void first_burst_over_wrap(void **state)
{
	unsigned int s, n;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++)
		for (n = 2; n <= XSRTP_BURST_MAX; n += n < 8 ? 1 : 19) {
			burst_astride(*state, test_suites[s], 65535, n, false);
			burst_astride(*state, test_suites[s], 65536 - n / 2, n, false);
		}
}

/* --- forgeries -------------------------------------------------------------------------------- */

static void forged_moves_nothing(void **state)
{
	unsigned int s, i;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		pair_open(&p, *state, test_suites[s], 64, 2, 0);
		for (i = 0; i < 200; i++)	/* no stream, wherever they claim to be */
			assert_reason(receive_forged(&p, SSRC + i, rng_next(&p.rng) & 0xffff),
				      BAD_TAG);
		assert_int_equal(count_streams(p.rx), 0);
		assert_reason(receive(&p, SSRC, 60000), OK);
		for (i = 0; i < 200; i++)	/* ahead, over the wrap, into the next ROC */
			assert_reason(receive_forged(&p, SSRC, 60001 + rng_below(&p.rng, 32767)),
				      BAD_TAG);
		assert_int_equal(highest(p.rx, SSRC), 60000);
		assert_reason(receive_forged(&p, SSRC, 60000), REPLAY);	/* no MAC for a known one */
		assert_reason(receive_forged(&p, SSRC, 59990), BAD_TAG);
		assert_reason(receive(&p, SSRC, 59990), OK);
		assert_reason(receive(&p, SSRC, 60001), OK);
		assert_int_equal(count_streams(p.rx), 1);
		pair_close(&p);
	}
}

/* The right packet under another ROC is a forgery: the ROC is authenticated. */
static void wrong_roc(void **state)
{
	unsigned int s;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		pair_open(&p, *state, test_suites[s], 64, 1, 0);
		assert_reason(receive(&p, SSRC, 0x10005), BAD_TAG);	/* first: ROC 0 */
		assert_reason(receive(&p, SSRC, 5), OK);
		assert_reason(receive(&p, SSRC, 0x10006), BAD_TAG);
		assert_reason(receive(&p, SSRC, 6), OK);
		pair_close(&p);
	}
}

/* Each bit of each byte: header, CSRC, extension, text, tag. */
static void every_bit_counts(void **state)
{
	const struct rtp h = { .ssrc = SSRC, .seq = 100, .csrcs = 2, .ext = true, .ext_words = 1,
			       .payload = 33 };
	unsigned int s, bit, r;
	struct wire good, w;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		pair_open(&p, *state, test_suites[s], 64, 1, 0);
		good.len = rtp_write(&p.rng, &h, good.data);
		good.len = ref_protect(&p.ref, &p.m, 100, good.data, rtp_hdr_len(&h), good.len);
		for (bit = 0; bit < 8 * good.len; bit++) {
			w = good;
			w.data[bit / 8] ^= 1 << bit % 8;
			r = unprotect_one(p.c, p.rx, w.data, &w.len);
			if (r != XSRTP_REASON_MALFORMED || bit >= 8 * (RTP_HDR + 8 + 4))
				assert_reason(r, BAD_TAG);
			assert_int_equal(count_streams(p.rx), 0);
		}
		assert_reason(unprotect_one(p.c, p.rx, good.data, &good.len), OK);
		pair_close(&p);
	}
}

/* --- bursts ------------------------------------------------------------------------------------ */

/* Duplicates within one burst: the first wins. With and without a stream before. */
static void burst_duplicates(void **state)
{
	static struct wire w[XSRTP_BURST_MAX];
	unsigned int reasons[XSRTP_BURST_MAX], s, i, k;
	struct pair p;

	for (s = 0; s < 2 * ARRAY_SIZE(test_suites); s++) {
		pair_open(&p, *state, test_suites[s / 2], s % 2 ? 64 : 128, 1, 0);
		for (k = 0; k < 2; k++) {
			for (i = 0; i < XSRTP_BURST_MAX; i++)
				plain(&p, &w[i], SSRC, 100 * k + i / 4);
			run_burst(xsrtp_protect, &p, p.tx, w, XSRTP_BURST_MAX, reasons);
			for (i = 0; i < XSRTP_BURST_MAX; i++)
				if (i % 4)
					assert_reason(reasons[i], INDEX_REUSE);
				else
					assert_reason(reasons[i], OK);
			for (i = 0; i < XSRTP_BURST_MAX; i++)
				w[i] = w[i / 4 * 4];
			run_burst(xsrtp_unprotect, &p, p.rx, w, XSRTP_BURST_MAX, reasons);
			for (i = 0; i < XSRTP_BURST_MAX; i++)
				if (i % 4)
					assert_reason(reasons[i], REPLAY);
				else
					assert_reason(reasons[i], OK);
		}
		pair_close(&p);
	}
}

/* A forgery before the good packet of the same index does not take its place. */
static void burst_forged_first(void **state)
{
	static struct wire w[4];
	unsigned int reasons[4], s;
	struct pair p;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		pair_open(&p, *state, test_suites[s], 64, 1, 0);
		sealed(&p, &w[1], SSRC, 65535);
		w[0] = w[1];
		w[0].data[20] ^= 4;
		sealed(&p, &w[2], SSRC + 1, 3);	/* forged: must not take the only slot */
		w[2].data[w[2].len - 1] ^= 1;
		sealed(&p, &w[3], SSRC, 65536);
		run_burst(xsrtp_unprotect, &p, p.rx, w, 4, reasons);
		assert_reason(reasons[0], BAD_TAG);
		assert_reason(reasons[1], OK);
		assert_true(reasons[2] == XSRTP_REASON_BAD_TAG ||
			    reasons[2] == XSRTP_REASON_NO_STREAM);
		assert_reason(reasons[3], OK);
		assert_int_equal(count_streams(p.rx), 1);
		pair_close(&p);
	}
}

/* More new SSRCs in one burst than there are slots: the first ones get them. */
static void burst_fills_streams(void **state)
{
	static struct wire w[10];
	unsigned int reasons[10], i;
	struct pair p;

	pair_open(&p, *state, CM80, 64, 4, 0);
	for (i = 0; i < 10; i++)
		plain(&p, &w[i], SSRC + i, 1);
	run_burst(xsrtp_protect, &p, p.tx, w, 10, reasons);
	for (i = 0; i < 10; i++)
		assert_int_equal(reasons[i], i < 4 ? XSRTP_REASON_OK : XSRTP_REASON_NO_STREAM);
	for (i = 0; i < 10; i++)
		sealed(&p, &w[i], SSRC + i, 1);
	run_burst(xsrtp_unprotect, &p, p.rx, w, 10, reasons);
	for (i = 0; i < 10; i++)
		assert_int_equal(reasons[i], i < 4 ? XSRTP_REASON_OK : XSRTP_REASON_NO_STREAM);
	assert_int_equal(count_streams(p.rx), 4);
	pair_close(&p);
}

static void burst_of_none(void **state)
{
	xsrtp_protect(*state, NULL, 0);
	xsrtp_unprotect(*state, NULL, 0);
}

#define MIXED	8	/* sessions, of all suites */

/* What is sent in a burst of many kinds, and what must come of it. */
struct mixed {
	struct pair p[MIXED];
	uint64_t index[MIXED];
	struct wire w[XSRTP_BURST_MAX], plain[XSRTP_BURST_MAX];
	struct xsrtp_packet pkt[XSRTP_BURST_MAX];
	unsigned int want[XSRTP_BURST_MAX];
};

static void mixed_packet(struct mixed *m, struct rng *r, unsigned int i)
{
	unsigned int k = rng_below(r, MIXED);
	struct pair *p = &m->p[k];
	const struct rtp h = {
		.ssrc = SSRC + k, .seq = (uint16_t)m->index[k], .csrcs = rng_below(r, 4),
		.ext = rng_once_in(r, 3), .ext_words = rng_below(r, 5),
		.payload = rng_below(r, 300),
	};
	struct wire *w = &m->w[i];

	w->len = rtp_write(r, &h, w->data);
	m->plain[i] = *w;
	w->len = ref_protect(&p->ref, &p->m, m->index[k], w->data, rtp_hdr_len(&h), w->len);
	m->want[i] = XSRTP_REASON_OK;
	m->pkt[i] = (struct xsrtp_packet){ .session = p->rx, .data = w->data, .reason = XSRTP_REASON_MAX };
	switch (rng_below(r, 8)) {
	case 0:
		w->data[w->len - 1] ^= 0x10;
		m->want[i] = p->m.mki_len && p->ref.suite->kind == XSRTP_KIND_GCM ?
			     XSRTP_REASON_BAD_MKI : XSRTP_REASON_BAD_TAG;
		break;
	case 1:
		w->data[0] &= 0x7f;
		m->want[i] = XSRTP_REASON_MALFORMED;
		break;
	case 2:
		w->len = rng_below(r, RTP_HDR);
		m->want[i] = XSRTP_REASON_MALFORMED;
		break;
	default:
		m->index[k] += 1 + rng_below(r, 3);
	}
	m->pkt[i].len = w->len;
}

static void burst_mixed(void **state)
{
	struct mixed *m = calloc(1, sizeof(*m));
	struct rng r = { 64 };
	unsigned int i, round;

	for (i = 0; i < MIXED; i++) {
		pair_open(&m->p[i], *state, test_suites[i % ARRAY_SIZE(test_suites)],
			  i % 2 ? 64 : 1024, 1 + i % 3, i / 4 * 4);
		m->index[i] = 64900 + 80 * i;
	}
	for (round = 0; round < 100; round++) {
		for (i = 0; i < XSRTP_BURST_MAX; i++)
			mixed_packet(m, &r, i);
		xsrtp_unprotect(*state, m->pkt, XSRTP_BURST_MAX);
		for (i = 0; i < XSRTP_BURST_MAX; i++) {
			assert_string_equal(xsrtp_reason_name(m->pkt[i].reason),
					    xsrtp_reason_name(m->want[i]));
			if (m->want[i]) {
				assert_int_equal(m->pkt[i].len, m->w[i].len);
				continue;
			}
			assert_int_equal(m->pkt[i].len, m->plain[i].len);
			assert_memory_equal(m->w[i].data, m->plain[i].data, m->plain[i].len);
		}
	}
	for (i = 0; i < MIXED; i++)
		pair_close(&m->p[i]);
	free(m);
}

/* A session without a key in the midst of others gets no-key, they go on. */
static void burst_without_key(void **state)
{
	const struct xsrtp_session_config cfg = { .suite = GCM128 };
	struct xsrtp_session *none = session_empty(&cfg);
	struct xsrtp_packet pkt[5];
	struct wire w[5];
	struct pair p;
	unsigned int i;

	pair_open(&p, *state, CM80, 64, 1, 0);
	for (i = 0; i < 5; i++) {
		plain(&p, &w[i], SSRC, i);
		pkt[i] = (struct xsrtp_packet){ .session = i % 2 ? none : p.tx, .data = w[i].data,
						.len = w[i].len, .room = 16 };
	}
	xsrtp_protect(*state, pkt, 5);
	for (i = 0; i < 5; i++)
		if (i % 2)
			assert_reason(pkt[i].reason, NO_KEY);
		else
			assert_reason(pkt[i].reason, OK);
	session_free(none);
	pair_close(&p);
}

/* --- two CPUs ------------------------------------------------------------------------------------ */

#define HAMMER_PACKETS	60000	/* indexes; each thread tries them all */
#define HAMMER_THREADS	2
#define HAMMER_STRIDE	10000	/* the threads meet: ROC tells 2^15 ahead, not more */

struct hammer {
	const struct xsrtp_cipher *c;
	struct xsrtp_session *s;
	pthread_barrier_t *start;
	unsigned int burst;
	struct rng rng;
	uint8_t won[HAMMER_PACKETS];	/* this thread got this index */
	unsigned int odd;		/* results that cannot be */
};

static void hammer_packet(struct hammer *h, struct xsrtp_packet *p, uint8_t *data, uint32_t i)
{
	memset(data, 0, 64);
	data[0] = 0x80;
	put16(data + 2, 40000 + i);
	put32(data + 8, SSRC);
	*p = (struct xsrtp_packet){ .session = h->s, .data = data, .len = 32, .room = 32 };
}

static void *hammer_run(void *arg)
{
	struct xsrtp_packet pkt[XSRTP_BURST_MAX];
	uint8_t data[XSRTP_BURST_MAX][64];
	struct hammer *h = arg;
	uint32_t i = 0, n, k;

	while (i < HAMMER_PACKETS) {
		if (i % HAMMER_STRIDE == 0)
			pthread_barrier_wait(h->start);
		n = 1 + rng_below(&h->rng, h->burst);
		if (n > HAMMER_STRIDE - i % HAMMER_STRIDE)
			n = HAMMER_STRIDE - i % HAMMER_STRIDE;
		for (k = 0; k < n; k++)
			hammer_packet(h, &pkt[k], data[k], i + k);
		xsrtp_protect(h->c, pkt, n);
		for (k = 0; k < n; k++)
			if (pkt[k].reason == XSRTP_REASON_OK)
				h->won[i + k]++;
			else if (pkt[k].reason != XSRTP_REASON_INDEX_REUSE &&
				 pkt[k].reason != XSRTP_REASON_TOO_OLD)
				h->odd++;
		i += n;
	}
	return NULL;
}

/*
 * Two threads send the same indexes in order under one session: each index is
 * taken exactly once. Whoever comes to it first finds no higher index than its
 * own burst's; whoever comes later is refused, as repeated or as too old.
 */
static void hammer(const struct xsrtp_cipher *c, unsigned int suite, unsigned int window,
		   unsigned int burst, unsigned int round)
{
	struct hammer *h = calloc(HAMMER_THREADS, sizeof(*h));
	pthread_t thread[HAMMER_THREADS];
	pthread_barrier_t start;
	unsigned int i, t, taken, total = 0;
	struct pair p;

	pair_open(&p, c, suite, window, 1, 0);
	pthread_barrier_init(&start, NULL, HAMMER_THREADS);
	for (t = 0; t < HAMMER_THREADS; t++) {
		h[t].c = c;
		h[t].s = p.tx;
		h[t].start = &start;
		h[t].burst = burst;
		h[t].rng.s = round * 10 + t;
		assert_int_equal(pthread_create(&thread[t], NULL, hammer_run, &h[t]), 0);
	}
	for (t = 0; t < HAMMER_THREADS; t++)
		pthread_join(thread[t], NULL);
	for (i = 0; i < HAMMER_PACKETS; i++) {
		taken = 0;
		for (t = 0; t < HAMMER_THREADS; t++)
			taken += h[t].won[i];
		assert_in_range(taken, 0, 1);
		total += taken;
	}
	assert_int_equal(h[0].odd + h[1].odd, 0);
	assert_int_equal(count_streams(p.tx), 1);
	assert_int_equal(total, HAMMER_PACKETS);
	assert_int_equal(highest(p.tx, SSRC), 40000 + HAMMER_PACKETS - 1);
	pthread_barrier_destroy(&start);
	free(h);
	pair_close(&p);
}

static void two_threads_one_key(void **state)
{
	unsigned int w, round;

	for (w = 0; w < ARRAY_SIZE(windows); w++)
		for (round = 0; round < 4; round++)
			hammer(*state, round % 2 ? GCM128 : CM80, windows[w],
			       round < 2 ? 1 : XSRTP_BURST_MAX, round);
}

#define TAKE_SSRCS	200

static void *take_run(void *arg)
{
	struct hammer *h = arg;
	struct xsrtp_packet p;
	uint8_t data[64];
	uint32_t i;

	pthread_barrier_wait(h->start);
	for (i = 0; i < TAKE_SSRCS; i++) {
		hammer_packet(h, &p, data, 0);
		put32(data + 8, SSRC + i);
		xsrtp_protect(h->c, &p, 1);
		h->won[i] = p.reason == XSRTP_REASON_OK;
	}
	return NULL;
}

/* Two threads meet the same new SSRCs: one stream each, one winner each. */
static void two_threads_new_streams(void **state)
{
	struct hammer *h = calloc(2, sizeof(*h));
	pthread_barrier_t start;
	pthread_t thread[2];
	unsigned int round, i;
	struct pair p;

	pthread_barrier_init(&start, NULL, 2);
	for (round = 0; round < 50; round++) {
		pair_open(&p, *state, CM80, round % 2 ? 64 : 128, TAKE_SSRCS, 0);
		for (i = 0; i < 2; i++) {
			h[i].c = *state;
			h[i].s = p.tx;
			h[i].start = &start;
			pthread_create(&thread[i], NULL, take_run, &h[i]);
		}
		pthread_join(thread[0], NULL);
		pthread_join(thread[1], NULL);
		assert_int_equal(count_streams(p.tx), TAKE_SSRCS);
		for (i = 0; i < TAKE_SSRCS; i++)
			assert_int_equal(h[0].won[i] + h[1].won[i], 1);
		pair_close(&p);
	}
	pthread_barrier_destroy(&start);
	free(h);
}

/* RTCP as far as its lengths: whole words, packet after packet, to the very end. */
static void rtcp_lengths(void **state)
{
	static const struct {
		bool ok;
		uint32_t len;
		uint8_t b[16];
	} t[] = {
		{ true, 8, { 0x80, 201, 0, 1 } },
		{ true, 12, { 0x81, 206, 0, 2 } },			/* RFC 5506 */
		{ true, 12, { 0x80, 201, 0, 1, 1, 2, 3, 4, 0x80, 203, 0, 0 } },
		{ true, 16, { 0x80, 201, 0, 1, 1, 2, 3, 4, 0xa0, 203, 0, 1 } },
		{ false, 0, { 0x80, 201, 0, 1 } },
		{ false, 7, { 0x80, 201, 0, 1 } },
		{ false, 8, { 0x40, 201, 0, 1 } },
		{ false, 8, { 0x80, 203, 0, 0, 0x80, 203, 0, 0 } },	/* no SSRC */
		{ false, 8, { 0x80, 201, 0, 2 } },
		{ false, 8, { 0x80, 201, 0xff, 0xff } },
		{ false, 9, { 0x80, 201, 0, 1 } },
		{ false, 11, { 0x80, 201, 0, 1, 1, 2, 3, 4, 0x80, 203, 0 } },
		{ false, 12, { 0x80, 201, 0, 1, 1, 2, 3, 4, 0x40, 203, 0, 0 } },
		{ false, 12, { 0x80, 201, 0, 1, 1, 2, 3, 4, 0x80, 203, 0, 1 } },
	};
	uint8_t *p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		p = malloc(t[i].len);	/* exactly: the sanitizer sees a byte too far */
		memcpy(p, t[i].b, t[i].len);
		assert_int_equal(rtcp_ok(p, t[i].len), t[i].ok);
		free(p);
	}
}

int main(void)
{
	static const struct test_row rows[] = {
		ONCE(suite_table), ONCE(rtcp_lengths), ONCE(reason_names), ONCE(session_config),
		EACH(session_defaults), EACH(session_wiped), EACH(key_wiped),
		EACH(no_key), EACH(key_slots), EACH(same_key_other_mki), EACH(rekey_keeps_streams),
		EACH(mki_appended), EACH(mki_compared),
		EACH(truncated_header), EACH(wrong_version), EACH(csrcs_past_end),
		EACH(extension_past_end), EACH(header_only), EACH(truncated_srtp),
		EACH(header_into_tag), EACH(oversize), EACH(padding_ignored), EACH(no_room),
		EACH(several_ssrcs), EACH(stream_limit), EACH(odd_ssrcs), EACH(stream_get),
		EACH(stream_get_told), EACH(stream_index),
		EACH(replay_window), EACH(sender_window), EACH(reordered_once),
		EACH(roc_wraps), EACH(late_over_wrap), EACH(far_jumps),
		EACH(burst_over_wrap), EACH(first_burst_over_wrap),
		EACH(forged_moves_nothing), EACH(wrong_roc), EACH(every_bit_counts),
		EACH(burst_duplicates), EACH(burst_forged_first), EACH(burst_fills_streams),
		EACH(burst_of_none), EACH(burst_mixed), EACH(burst_without_key),
		EACH(two_threads_one_key), EACH(two_threads_new_streams),
	};

	return run_rows("core", rows, ARRAY_SIZE(rows));
}
