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

/* Everything of a group of packets that must not stay on the stack. */
struct sha1_lanes {
	lanes inner[5], outer[5];
};

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

/* One block, of the lanes in @on. The constants: FIPS 180-4 4.2.1. */
static __always_inline void sha1_lanes_block(lanes h[5], lanes w[16], lanes_mask on,
					     const bool all)
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
	a = lanes_add(a, h[0]);
	b = lanes_add(b, h[1]);
	c = lanes_add(c, h[2]);
	d = lanes_add(d, h[3]);
	e = lanes_add(e, h[4]);
	h[0] = all ? a : lanes_select(on, a, h[0]);
	h[1] = all ? b : lanes_select(on, b, h[1]);
	h[2] = all ? c : lanes_select(on, c, h[2]);
	h[3] = all ? d : lanes_select(on, d, h[3]);
	h[4] = all ? e : lanes_select(on, e, h[4]);
}

/* Lanes that are left over do the last packet once more. */
static __always_inline unsigned int sha1_lane(unsigned int i, unsigned int n)
{
	return i < n ? i : n - 1;
}

#if LANES == 16

static __always_inline void sha1_lanes_keys(struct sha1_lanes *s,
					    struct xsrtp_packet *const *pkt, unsigned int n)
{
	lanes w[16];
	int i;

	unrolled for (i = 0; i < 16; i++) {
		const struct xsrtp_cipher_key *key = pkt[sha1_lane(i, n)]->key;

		w[i] = _mm512_maskz_loadu_epi32(0x3ff, key->hmac);
	}
	lanes_transpose(w);
	unrolled for (i = 0; i < 5; i++) {
		s->inner[i] = w[i];
		s->outer[i] = w[5 + i];
	}
}

/* Block @b of all packets, all of which have it in full. */
static __always_inline void sha1_lanes_full(lanes w[16], struct xsrtp_packet *const *pkt,
					    unsigned int n, uint32_t b)
{
	int i;

	unrolled for (i = 0; i < 16; i++)
		w[i] = lanes_swap(lanes_load(pkt[sha1_lane(i, n)]->data + b * SHA1_BLOCK));
	lanes_transpose(w);
}

/* The same of any packets, with trailer and padding. */
static __always_inline void sha1_lanes_any(lanes w[16], struct xsrtp_packet *const *pkt,
					   unsigned int n, uint32_t b)
{
	int i;

	unrolled for (i = 0; i < 16; i++)
		w[i] = lanes_swap(mac_block(pkt[sha1_lane(i, n)], b));
	lanes_transpose(w);
}

#else

static __always_inline void sha1_lanes_keys(struct sha1_lanes *s,
					    struct xsrtp_packet *const *pkt, unsigned int n)
{
	lanes w[8];
	int i, at;

	/* words 0 to 7 of the ten, then 2 to 9 */
	for (at = 0; at <= 2; at += 2) {
		unrolled for (i = 0; i < 8; i++) {
			const struct xsrtp_cipher_key *key = pkt[sha1_lane(i, n)]->key;

			w[i] = lanes_load(key->hmac + at);
		}
		lanes_transpose(w);
		unrolled for (i = 0; i < 8; i++) {
			if (i + at < 5)
				s->inner[i + at] = w[i];
			else
				s->outer[i + at - 5] = w[i];
		}
	}
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

static __always_inline void sha1_lanes_full(lanes w[16], struct xsrtp_packet *const *pkt,
					    unsigned int n, uint32_t b)
{
	const uint8_t *p[8];
	int i;

	unrolled for (i = 0; i < 8; i++)
		p[i] = pkt[sha1_lane(i, n)]->data + b * SHA1_BLOCK;
	sha1_lanes_words(w, p);
}

static __always_inline void sha1_lanes_any(lanes w[16], struct xsrtp_packet *const *pkt,
					   unsigned int n, uint32_t b)
{
	uint8_t buf[8][SHA1_BLOCK + 8];
	const uint8_t *p[8];
	int i;

	for (i = 0; i < 8; i++)
		p[i] = mac_block(pkt[sha1_lane(i, n)], b, buf[i]);
	sha1_lanes_words(w, p);
}

#endif

/* The inner hash: what all packets have in full, then the ends. */
static __always_inline void sha1_lanes_inner(lanes h[5], struct xsrtp_packet *const *pkt,
					     unsigned int n)
{
	uint32_t bits[LANES], blocks[LANES];
	uint32_t b, full = ~0U, most = 0;
	lanes w[16], ends;
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		const struct xsrtp_packet *p = pkt[sha1_lane(i, n)];

		blocks[i] = mac_blocks(p);
		bits[i] = mac_bits(p);
		most = blocks[i] > most ? blocks[i] : most;
		full = mac_len(p) / SHA1_BLOCK < full ? mac_len(p) / SHA1_BLOCK : full;
	}
	ends = lanes_load(blocks);
	for (b = 0; b < full; b++) {
		sha1_lanes_full(w, pkt, n, b);
		sha1_lanes_block(h, w, lanes_above(ends, b), true);
	}
	for (; b < most; b++) {
		sha1_lanes_any(w, pkt, n, b);
		w[15] = lanes_or(w[15], lanes_select(lanes_equal(ends, b + 1), lanes_load(bits),
						     lanes_zero()));
		sha1_lanes_block(h, w, lanes_above(ends, b), false);
	}
}

static __always_inline void sha1_lanes_outer(struct sha1_lanes *s)
{
	lanes w[16];
	int i;

	unrolled for (i = 0; i < 5; i++)
		w[i] = s->inner[i];
	w[5] = lanes_set(0x80000000);
	unrolled for (i = 6; i < 15; i++)
		w[i] = lanes_zero();
	w[15] = lanes_set(SHA1_OUTER_BITS);
	sha1_lanes_block(s->outer, w, lanes_equal(lanes_zero(), 0), true);
}

/* HMAC of @n packets, 1 to LANES. */
static noinline void hmac_lanes(const struct xsrtp_suite_info *suite,
				struct xsrtp_packet *const *pkt, unsigned int n, bool seal)
{
	struct sha1_lanes s;
	__m128i mac[LANES];
	lanes w[4];
	unsigned int i;

	sha1_lanes_keys(&s, pkt, n);
	sha1_lanes_inner(s.inner, pkt, n);
	sha1_lanes_outer(&s);
	unrolled for (i = 0; i < 4; i++)
		w[i] = lanes_swap(s.outer[i]);
	lanes_to_blocks(mac, w);
	for (i = 0; i < n; i++)
		mac_done(suite, pkt[i], mac[i], seal);
	memzero_explicit(&s, sizeof(s));
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
	sha1_lanes_block(s, w, lanes_equal(lanes_zero(), 0), true);
	unrolled for (i = 0; i < 5; i++)
		h[i] = _mm_cvtsi128_si32(_mm256_castsi256_si128(s[i]));
	memzero_explicit(w, sizeof(w));
}
#endif

#endif /* XSRTP_X86_SHA1_LANES_H */
