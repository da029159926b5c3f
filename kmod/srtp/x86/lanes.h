/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Vectors of 32-bit words, one word of each of 8 packets (AVX2) or 16 packets
 * (AVX-512), for multi-buffer SHA-1. And the transpositions between these and
 * bytes as they lie in packets.
 */
#ifndef XSRTP_X86_LANES_H
#define XSRTP_X86_LANES_H

#include "simd.h"

#if defined(__AVX512VBMI__)

typedef __m512i lanes;
typedef __mmask16 lanes_mask;
#define LANES	16

static __always_inline lanes lanes_zero(void) { return _mm512_setzero_si512(); }
static __always_inline lanes lanes_set(uint32_t v) { return _mm512_set1_epi32(v); }
static __always_inline lanes lanes_load(const void *p) { return _mm512_loadu_si512(p); }
static __always_inline lanes lanes_add(lanes a, lanes b) { return _mm512_add_epi32(a, b); }
static __always_inline lanes lanes_or(lanes a, lanes b) { return _mm512_or_si512(a, b); }
#define lanes_rol(v, n)	_mm512_rol_epi32(v, n)

static __always_inline lanes lanes_parity(lanes x, lanes y, lanes z)
{
	return _mm512_ternarylogic_epi32(x, y, z, 0x96);
}

static __always_inline lanes lanes_xor4(lanes a, lanes b, lanes c, lanes d)
{
	return _mm512_xor_si512(lanes_parity(a, b, c), d);
}

/* x ? y : z */
static __always_inline lanes lanes_choose(lanes x, lanes y, lanes z)
{
	return _mm512_ternarylogic_epi32(x, y, z, 0xca);
}

static __always_inline lanes lanes_majority(lanes x, lanes y, lanes z)
{
	return _mm512_ternarylogic_epi32(x, y, z, 0xe8);
}

static __always_inline lanes_mask lanes_above(lanes a, uint32_t b)
{
	return _mm512_cmpgt_epu32_mask(a, lanes_set(b));
}

static __always_inline lanes_mask lanes_equal(lanes a, uint32_t b)
{
	return _mm512_cmpeq_epu32_mask(a, lanes_set(b));
}

/* @a where the mask has the lane, else @b. */
static __always_inline lanes lanes_select(lanes_mask m, lanes a, lanes b)
{
	return _mm512_mask_mov_epi32(b, m, a);
}

/* Words from big endian. */
static __always_inline lanes lanes_swap(lanes v)
{
	return _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(
			_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

/* 16 by 16 words: by 2 by 2 words, by 2 by 2 pairs, and by quarters, twice. */
static __always_inline void lanes_transpose(lanes r[16])
{
	lanes t[16];
	int i;

	unrolled for (i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	unrolled for (i = 0; i < 16; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	unrolled for (i = 0; i < 4; i++) {
		t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
		t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
		t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
		t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
	}
	unrolled for (i = 0; i < 4; i++) {
		r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
		r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
		r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
	}
}

/* Four words of each lane to 16 bytes each. */
static __always_inline void lanes_to_blocks(__m128i out[16], const lanes w[4])
{
	lanes a = _mm512_unpacklo_epi32(w[0], w[1]), b = _mm512_unpackhi_epi32(w[0], w[1]);
	lanes c = _mm512_unpacklo_epi32(w[2], w[3]), d = _mm512_unpackhi_epi32(w[2], w[3]);
	lanes r[4] = {
		_mm512_unpacklo_epi64(a, c), _mm512_unpackhi_epi64(a, c),
		_mm512_unpacklo_epi64(b, d), _mm512_unpackhi_epi64(b, d),
	};
	int i;

	unrolled for (i = 0; i < 4; i++) {
		out[i] = _mm512_castsi512_si128(r[i]);
		out[i + 4] = _mm512_extracti32x4_epi32(r[i], 1);
		out[i + 8] = _mm512_extracti32x4_epi32(r[i], 2);
		out[i + 12] = _mm512_extracti32x4_epi32(r[i], 3);
	}
}

#else /* AVX2 */

typedef __m256i lanes;
typedef __m256i lanes_mask;
#define LANES	8

static __always_inline lanes lanes_zero(void) { return _mm256_setzero_si256(); }
static __always_inline lanes lanes_set(uint32_t v) { return _mm256_set1_epi32(v); }
static __always_inline lanes lanes_load(const void *p) { return _mm256_loadu_si256(p); }
static __always_inline lanes lanes_add(lanes a, lanes b) { return _mm256_add_epi32(a, b); }
static __always_inline lanes lanes_or(lanes a, lanes b) { return _mm256_or_si256(a, b); }
static __always_inline lanes lanes_xor(lanes a, lanes b) { return _mm256_xor_si256(a, b); }
static __always_inline lanes lanes_and(lanes a, lanes b) { return _mm256_and_si256(a, b); }
#define lanes_rol(v, n) \
	lanes_or(_mm256_slli_epi32(v, n), _mm256_srli_epi32(v, 32 - (n)))

static __always_inline lanes lanes_parity(lanes x, lanes y, lanes z)
{
	return lanes_xor(lanes_xor(x, y), z);
}

static __always_inline lanes lanes_xor4(lanes a, lanes b, lanes c, lanes d)
{
	return lanes_xor(lanes_xor(a, b), lanes_xor(c, d));
}

static __always_inline lanes lanes_choose(lanes x, lanes y, lanes z)
{
	return lanes_xor(z, lanes_and(x, lanes_xor(y, z)));
}

/* Of y and z, x decides where they differ. */
static __always_inline lanes lanes_majority(lanes x, lanes y, lanes z)
{
	return lanes_or(lanes_and(y, z), lanes_and(x, lanes_xor(y, z)));
}

/* Both below 2^31. */
static __always_inline lanes_mask lanes_above(lanes a, uint32_t b)
{
	return _mm256_cmpgt_epi32(a, lanes_set(b));
}

static __always_inline lanes_mask lanes_equal(lanes a, uint32_t b)
{
	return _mm256_cmpeq_epi32(a, lanes_set(b));
}

static __always_inline lanes lanes_select(lanes_mask m, lanes a, lanes b)
{
	return _mm256_blendv_epi8(b, a, m);
}

static __always_inline lanes lanes_swap(lanes v)
{
	return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(
			_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

static __always_inline void lanes_transpose(lanes r[8])
{
	lanes t[8], u[8];
	int i;

	unrolled for (i = 0; i < 8; i += 2) {
		t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
	}
	unrolled for (i = 0; i < 8; i += 4) {
		u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
		u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
		u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
		u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	unrolled for (i = 0; i < 4; i++) {
		r[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
		r[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
	}
}

static __always_inline void lanes_to_blocks(__m128i out[8], const lanes w[4])
{
	lanes a = _mm256_unpacklo_epi32(w[0], w[1]), b = _mm256_unpackhi_epi32(w[0], w[1]);
	lanes c = _mm256_unpacklo_epi32(w[2], w[3]), d = _mm256_unpackhi_epi32(w[2], w[3]);
	lanes r[4] = {
		_mm256_unpacklo_epi64(a, c), _mm256_unpackhi_epi64(a, c),
		_mm256_unpacklo_epi64(b, d), _mm256_unpackhi_epi64(b, d),
	};
	int i;

	unrolled for (i = 0; i < 4; i++) {
		out[i] = _mm256_castsi256_si128(r[i]);
		out[i + 4] = _mm256_extracti128_si256(r[i], 1);
	}
}

#endif

#endif /* XSRTP_X86_LANES_H */
