// SPDX-License-Identifier: GPL-2.0
/*
 * Every length of payload from 0 to 1,500 under every suite against the second
 * SRTP of testlib.h, which is OpenSSL's EVP and a key derivation of its own: the
 * same bytes out of protect, the plain ones back out of unprotect. Alone, in
 * bursts of one length, and in bursts of all lengths and sessions. And the bare
 * ciphers: counter mode of those lengths, whose counter carries; GCM with every
 * length of header.
 */
#include "../unit/testlib.h"

#include "cipher.h"

#define PAYLOAD_MAX	1500

struct side {
	struct master m;
	struct ref_keys ref;
	struct xsrtp_session *tx, *rx;
	uint64_t index;
};

/* A packet in a buffer of exactly its size with the tag, at any alignment. */
struct shot {
	struct side *side;
	uint8_t plain[RTP_MAX], want[RTP_MAX];
	uint8_t *mem, *data;
	uint32_t len, want_len;
};

static void side_open(struct side *s, const struct xsrtp_cipher *c, unsigned int suite,
		      struct rng *r, uint8_t mki_len)
{
	master_random(r, &s->m, mki_len);
	ref_derive(&s->ref, suite, &s->m);
	s->tx = session_new(c, suite, 64, 1, &s->m);
	s->rx = session_new(c, suite, 64, 1, &s->m);
	s->index = 65535 - rng_below(r, 500);
}

static void side_close(struct side *s)
{
	session_free(s->tx);
	session_free(s->rx);
}

static void load(struct shot *x, struct side *s, struct rng *r, unsigned int payload)
{
	const struct rtp h = {
		.ssrc = 0x12345678, .seq = (uint16_t)s->index, .payload = payload,
		.csrcs = payload % 16, .ext = payload % 3 == 0, .ext_words = payload % 17,
	};
	unsigned int align = rng_below(r, 16);

	x->side = s;
	x->len = rtp_write(r, &h, x->plain);
	memcpy(x->want, x->plain, x->len);
	x->want_len = ref_protect(&s->ref, &s->m, s->index++, x->want, rtp_hdr_len(&h), x->len);
	x->mem = malloc(align + x->want_len);
	x->data = x->mem + align;
	memcpy(x->data, x->plain, x->len);
}

/* All of them through protect and then unprotect in one call each. */
static void fire(const struct xsrtp_cipher *c, struct shot *x, unsigned int n)
{
	struct xsrtp_packet pkt[XSRTP_BURST_MAX];
	unsigned int i;

	for (i = 0; i < n; i++)
		pkt[i] = (struct xsrtp_packet){
			.session = x[i].side->tx, .data = x[i].data, .len = x[i].len,
			.room = x[i].want_len - x[i].len,
		};
	xsrtp_protect(c, pkt, n);
	for (i = 0; i < n; i++) {
		assert_reason(pkt[i].reason, OK);
		assert_int_equal(pkt[i].len, x[i].want_len);
		if (memcmp(x[i].data, x[i].want, x[i].want_len)) {
			hexdump("plain", x[i].plain, x[i].len);
			hexdump("ours", x[i].data, x[i].want_len);
			hexdump("OpenSSL's", x[i].want, x[i].want_len);
			fail_msg("%s differs", x[i].side->ref.suite->name);
		}
		pkt[i].session = x[i].side->rx;
		pkt[i].room = 0;
	}
	xsrtp_unprotect(c, pkt, n);
	for (i = 0; i < n; i++) {
		assert_reason(pkt[i].reason, OK);
		assert_int_equal(pkt[i].len, x[i].len);
		assert_memory_equal(x[i].data, x[i].plain, x[i].len);
		free(x[i].mem);
	}
}

static void every_length_alone(void **state)
{
	struct rng r = { 1500 };
	unsigned int s, len;
	struct side side;
	struct shot x;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		side_open(&side, *state, test_suites[s], &r, s % 2 ? 4 : 0);
		for (len = 0; len <= PAYLOAD_MAX; len++) {
			load(&x, &side, &r, len);
			fire(*state, &x, 1);
		}
		side_close(&side);
	}
}

/* Bursts of 1 to 64 packets of one length: what a call's media looks like. */
static void every_length_burst(void **state)
{
	struct shot *x = calloc(XSRTP_BURST_MAX, sizeof(*x));
	unsigned int s, len, n, i;
	struct rng r = { 64 };
	struct side side;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		side_open(&side, *state, test_suites[s], &r, 0);
		for (len = 0; len <= PAYLOAD_MAX; len++) {
			n = 1 + (len * 7 + s) % XSRTP_BURST_MAX;
			for (i = 0; i < n; i++)
				load(&x[i], &side, &r, len);
			fire(*state, x, n);
		}
		side_close(&side);
	}
	free(x);
}

static void mixed_bursts(void **state)
{
	struct shot *x = calloc(XSRTP_BURST_MAX, sizeof(*x));
	struct rng r = { 4 };
	struct side side[16];
	unsigned int i, n, round;

	for (i = 0; i < ARRAY_SIZE(side); i++)
		side_open(&side[i], *state, test_suites[i % ARRAY_SIZE(test_suites)], &r, i / 4);
	for (round = 0; round < 1000; round++) {
		n = 1 + rng_below(&r, XSRTP_BURST_MAX);
		for (i = 0; i < n; i++)
			load(&x[i], &side[rng_below(&r, ARRAY_SIZE(side))], &r,
			     rng_below(&r, PAYLOAD_MAX + 1));
		fire(*state, x, n);
	}
	for (i = 0; i < ARRAY_SIZE(side); i++)
		side_close(&side[i]);
	free(x);
}

/* --- the bare ciphers ------------------------------------------------------------- */

struct key_room {
	uint8_t pad[24];	/* as a session places it (cipher.h) */
	struct xsrtp_cipher_key key;
	uint8_t room[XSRTP_CIPHER_KEY_MAX - sizeof(struct xsrtp_cipher_key)];
} __attribute__((aligned(64)));

/* Counters a few blocks before they carry out of 16, 32, 64 or 128 bits. */
static void carrying_iv(struct rng *r, uint8_t iv[16])
{
	unsigned int carried = 2u << rng_below(r, 4);

	rng_fill(r, iv, 16);
	memset(iv + 16 - carried, 0xff, carried);
	iv[15] -= rng_below(r, 100);
}

static void bare_ctr(void **state)
{
	static const uint8_t suites[] = {
		XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, XSRTP_SUITE_AES_192_CM_HMAC_SHA1_80,
		XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80, XSRTP_SUITE_AEAD_AES_128_GCM,
		XSRTP_SUITE_AEAD_AES_256_GCM,
	};
	uint8_t key[32], iv[16], ours[PAYLOAD_MAX + 17], want[PAYLOAD_MAX + 17];
	const struct xsrtp_cipher *c = *state;
	struct rng r = { 3711 };
	struct key_room k;
	unsigned int s, len;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		const struct xsrtp_suite_info *suite = xsrtp_suite_info(suites[s]);

		rng_fill(&r, key, sizeof(key));
		c->expand(suite, &k.key, key, NULL);
		for (len = 0; len <= PAYLOAD_MAX; len++) {
			carrying_iv(&r, iv);
			rng_fill(&r, ours, sizeof(ours));
			memcpy(want, ours, sizeof(want));
			ref_ctr(key, suite->key_len, iv, want + len % 16, len);
			c->ctr(suite, &k.key, iv, ours + len % 16, len);
			assert_memory_equal(ours, want, sizeof(want));
		}
	}
}

static void bare_gcm(void **state)
{
	static const uint8_t suites[] = {
		XSRTP_SUITE_AEAD_AES_128_GCM, XSRTP_SUITE_AEAD_AES_256_GCM,
	};
	uint8_t key[32], none[20] = { 0 }, ours[2 * PAYLOAD_MAX], want[2 * PAYLOAD_MAX];
	const struct xsrtp_cipher *c = *state;
	struct xsrtp_packet p, *pp = &p;
	struct rng r = { 7714 };
	struct key_room k;
	unsigned int s, hdr, text;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		const struct xsrtp_suite_info *suite = xsrtp_suite_info(suites[s]);

		rng_fill(&r, key, sizeof(key));
		c->expand(suite, &k.key, key, none);
		for (hdr = 0; hdr <= PAYLOAD_MAX; hdr++) {
			text = rng_below(&r, PAYLOAD_MAX - 16);
			rng_fill(&r, ours, hdr + text);
			memcpy(want, ours, hdr + text);
			p = (struct xsrtp_packet){ .data = ours, .hdr_len = hdr, .text_len = text,
						   .key = &k.key, .tag = ours + hdr + text };
			rng_fill(&r, p.iv, 12);
			ref_gcm(key, suite->key_len, p.iv, want, hdr, want + hdr, text,
				want + hdr + text);
			c->seal(suite, &pp, 1);
			assert_memory_equal(ours, want, hdr + text + 16);
			c->open(suite, &pp, 1);
			assert_reason(p.reason, OK);
		}
	}
}

int main(void)
{
	static const struct test_row rows[] = {
		EACH(every_length_alone), EACH(every_length_burst), EACH(mixed_bursts),
		EACH(bare_ctr), EACH(bare_gcm),
	};

	return run_rows("openssl", rows, ARRAY_SIZE(rows));
}
