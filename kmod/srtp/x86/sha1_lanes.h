/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * SHA-1 of as many packets at the same time as a vector has 32-bit words: 16
 * (AVX-512) or 8 (AVX2), each step for all of them (FIPS 180-4 6.1.2).
 *
 * All lanes go as many blocks as the longest packet has; those that have ended
 * keep their state. Who calls puts packets of like length together (hmac.h).
 */
#ifndef XSRTP_X86_SHA1_LANES_H
#define XSRTP_X86_SHA1_LANES_H

#include "lanes.h"
#include "sha1.h"

/* A group of packets. Lanes that are left over do the last packet once more. */
struct sha1_group {
	const struct xsrtp_packet *pkt[LANES];
	uint32_t blocks[LANES];		/* of each packet */
	uint32_t bits[LANES];		/* the length at its end */
	uint32_t full;			/* blocks that all have in full */
	uint32_t most;			/* blocks of the longest */
	bool same;			/* all are of the same length */
};

static __always_inline void sha1_group(struct sha1_group *g, struct xsrtp_packet *const *pkt,
				       unsigned int n)
{
	uint32_t i, shortest = ~0U, longest = 0;

	g->most = 0;
	for (i = 0; i < LANES; i++) {
		const struct xsrtp_packet *p = pkt[i < n ? i : n - 1];
		uint32_t len = mac_len(p);

		g->pkt[i] = p;
		g->blocks[i] = mac_blocks(p);
		g->bits[i] = mac_bits(p);
		shortest = len < shortest ? len : shortest;
		longest = len > longest ? len : longest;
		g->most = len == longest ? g->blocks[i] : g->most;
	}
	g->full = shortest / SHA1_BLOCK;
	g->same = shortest == longest;
}

#define sha1_round(function, constant, word) do {			\
	e = lanes_add(lanes_add(e, lanes_add(word, lanes_set(constant))), \
		      function(b, c, d));				\
	e = lanes_add(e, lanes_rol(a, 5));				\
	b = lanes_rol(b, 30);						\
	t = e;								\
	e = d;								\
	d = c;								\
	c = b;								\
	b = a;								\
	a = t;								\
} while (0)

/* Word @i of the schedule, from 16 on; it takes the place of word @i - 16. */
static __always_inline lanes sha1_lanes_word(lanes w[16], const int i)
{
	lanes x = lanes_xor4(w[(i - 3) & 15], w[(i - 8) & 15], w[(i - 14) & 15], w[i & 15]);

	w[i & 15] = lanes_rol(x, 1);
	return w[i & 15];
}

/* One block. The constants: FIPS 180-4 4.2.1. */
static __always_inline void sha1_lanes_block(lanes h[5], lanes w[16])
{
	lanes a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], t;
	int i;

	unrolled for (i = 0; i < 16; i++)
		sha1_round(lanes_choose, 0x5a827999, w[i]);
	unrolled for (i = 16; i < 20; i++)
		sha1_round(lanes_choose, 0x5a827999, sha1_lanes_word(w, i));
	unrolled for (i = 20; i < 40; i++)
		sha1_round(lanes_parity, 0x6ed9eba1, sha1_lanes_word(w, i));
	unrolled for (i = 40; i < 60; i++)
		sha1_round(lanes_majority, 0x8f1bbcdc, sha1_lanes_word(w, i));
	unrolled for (i = 60; i < 80; i++)
		sha1_round(lanes_parity, 0xca62c1d6, sha1_lanes_word(w, i));
	h[0] = lanes_add(h[0], a);
	h[1] = lanes_add(h[1], b);
	h[2] = lanes_add(h[2], c);
	h[3] = lanes_add(h[3], d);
	h[4] = lanes_add(h[4], e);
}

#if LANES == 16

/* The prepared states of the keys: the inner ones, or the @outer ones. */
static __always_inline void sha1_lanes_keys(lanes h[5], const struct sha1_group *g, int outer)
{
	lanes w[16];
	int i;

	unrolled for (i = 0; i < 16; i++) {
		const struct xsrtp_cipher_key *key = g->pkt[i]->key;

		w[i] = _mm512_maskz_loadu_epi32(0x1f, key->hmac + 5 * outer);
	}
	lanes_transpose(w);
	unrolled for (i = 0; i < 5; i++)
		h[i] = w[i];
}

/* Block @b of all packets, all of which have it in full. */
static __always_inline void sha1_lanes_full(lanes w[16], const struct sha1_group *g, uint32_t b)
{
	int i;

	unrolled for (i = 0; i < 16; i++)
		w[i] = lanes_swap(lanes_load(g->pkt[i]->data + b * SHA1_BLOCK));
	lanes_transpose(w);
}

/* The same of any packets, with extra and padding. */
static __always_inline void sha1_lanes_ends(lanes w[16], const struct sha1_group *g, uint32_t b)
{
	struct mac_cut cut = mac_cut(mac_len(g->pkt[0]) - b * SHA1_BLOCK);
	int i;

	if (g->same) {
		unrolled for (i = 0; i < 16; i++)
			w[i] = mac_block(g->pkt[i], b, &cut);
	} else {
		unrolled for (i = 0; i < 16; i++) {
			cut = mac_cut(mac_len(g->pkt[i]) - b * SHA1_BLOCK);
			w[i] = mac_block(g->pkt[i], b, &cut);
		}
	}
	unrolled for (i = 0; i < 16; i++)
		w[i] = lanes_swap(w[i]);
	lanes_transpose(w);
}

#else

static __always_inline void sha1_lanes_keys(lanes h[5], const struct sha1_group *g, int outer)
{
	lanes w[8];
	int i;

	/* eight words, of which five are wanted: the first or the last ones of ten */
	unrolled for (i = 0; i < 8; i++) {
		const struct xsrtp_cipher_key *key = g->pkt[i]->key;

		w[i] = lanes_load(key->hmac + 2 * outer);
	}
	lanes_transpose(w);
	unrolled for (i = 0; i < 5; i++)
		h[i] = w[i + 3 * outer];
}

static __always_inline void sha1_lanes_words(lanes w[16], const uint8_t *const p[8])
{
	int i;

	unrolled for (i = 0; i < 8; i++) {
		w[i] = lanes_swap(lanes_load(p[i]));
		w[i + 8] = lanes_swap(lanes_load(p[i] + 32));
	}
	lanes_transpose(w);
	lanes_transpose(w + 8);
}

static __always_inline void sha1_lanes_full(lanes w[16], const struct sha1_group *g, uint32_t b)
{
	const uint8_t *p[8];
	int i;

	unrolled for (i = 0; i < 8; i++)
		p[i] = g->pkt[i]->data + b * SHA1_BLOCK;
	sha1_lanes_words(w, p);
}

static __always_inline void sha1_lanes_ends(lanes w[16], const struct sha1_group *g, uint32_t b)
{
	uint8_t buf[8][SHA1_BLOCK + 8];
	const uint8_t *p[8];
	int i;

	for (i = 0; i < 8; i++)
		p[i] = mac_block(g->pkt[i], b, buf[i]);
	sha1_lanes_words(w, p);
}

#endif

/*
 * The three kinds of blocks: in full in all packets, with an end in some, and
 * the outer hash's. Functions of their own, so that each has the registers and
 * no stack frame gets too large for the kernel.
 */
static noinline void sha1_lanes_hash_full(lanes state[5], const struct sha1_group *g)
{
	lanes w[16], h[5];
	uint32_t b;
	int i;

	unrolled for (i = 0; i < 5; i++)
		h[i] = state[i];
	for (b = 0; b < g->full; b++) {
		sha1_lanes_full(w, g, b);
		sha1_lanes_block(h, w);
	}
	unrolled for (i = 0; i < 5; i++)
		state[i] = h[i];
}

static noinline void sha1_lanes_hash_ends(lanes state[5], const struct sha1_group *g)
{
	lanes w[16], h[5], bits, ends = lanes_load(g->blocks);
	lanes_mask on;
	uint32_t b;
	int i;

	for (b = g->full; b < g->most; b++) {
		sha1_lanes_ends(w, g, b);
		bits = lanes_select(lanes_equal(ends, b + 1), lanes_load(g->bits), lanes_zero());
		w[15] = lanes_or(w[15], bits);
		on = lanes_above(ends, b);
		unrolled for (i = 0; i < 5; i++)
			h[i] = state[i];
		sha1_lanes_block(h, w);
		unrolled for (i = 0; i < 5; i++)
			state[i] = lanes_select(on, h[i], state[i]);
	}
}

/* Digest, 0x80, zeros, length. */
static noinline void sha1_lanes_hash_outer(lanes state[5], const struct sha1_group *g)
{
	lanes w[16];
	int i;

	unrolled for (i = 0; i < 5; i++)
		w[i] = state[i];
	w[5] = lanes_set(0x80000000);
	unrolled for (i = 6; i < 15; i++)
		w[i] = lanes_zero();
	w[15] = lanes_set(SHA1_OUTER_BITS);
	sha1_lanes_keys(state, g, 1);
	sha1_lanes_block(state, w);
}

/* HMAC of @n packets, 1 to LANES. */
static noinline void hmac_lanes(const struct xsrtp_suite_info *suite,
				struct xsrtp_packet *const *pkt, unsigned int n, bool seal)
{
	struct sha1_group g;
	__m128i mac[LANES];
	lanes h[5], w[4];
	unsigned int i;

	sha1_group(&g, pkt, n);
	sha1_lanes_keys(h, &g, 0);
	if (g.full)
		sha1_lanes_hash_full(h, &g);
	sha1_lanes_hash_ends(h, &g);
	sha1_lanes_hash_outer(h, &g);
	unrolled for (i = 0; i < 4; i++)
		w[i] = lanes_swap(h[i]);
	lanes_to_blocks(mac, w);
	for (i = 0; i < n; i++)
		mac_done(suite, pkt[i], mac[i], seal);
}

#ifndef HMAC_NI
/* The state after one block from the start. */
static noinline void sha1_first_block(uint32_t h[5], const uint8_t block[SHA1_BLOCK])
{
	lanes w[16], s[5];
	int i;

	unrolled for (i = 0; i < 16; i++)
		w[i] = lanes_set(get_unaligned_be32(block + 4 * i));
	unrolled for (i = 0; i < 5; i++)
		s[i] = lanes_set(sha1_start[i]);
	sha1_lanes_block(s, w);
	unrolled for (i = 0; i < 5; i++)
		h[i] = _mm_cvtsi128_si32(_mm256_castsi256_si128(s[i]));
	memzero_explicit(w, sizeof(w));
}
#endif

#endif /* XSRTP_X86_SHA1_LANES_H */
