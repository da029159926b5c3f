/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A vector of one, two or four AES blocks, whatever the implementation that is
 * being compiled may use: AES-NI and PCLMULQDQ, or VAES and VPCLMULQDQ on 256 or
 * on 512 bits. Counter mode and GCM are written once, in terms of it.
 *
 * VEC_TILE vectors are worked on side by side: enough that the AES instructions
 * of one tile, and of the next that the CPU begins meanwhile, fill its latency.
 *
 * Of a partial vector only the first n bytes exist. No other byte is read or
 * written: AVX-512 has masks for that, the others go block by block.
 */
#ifndef XSRTP_X86_VEC_H
#define XSRTP_X86_VEC_H

#include "simd.h"

#if defined(__VAES__) && defined(__AVX512BW__)

typedef __m512i vec;
#define VEC_TILE	4
#define VEC_BLOCKS	4U

static __always_inline vec vec_load(const uint8_t *p) { return _mm512_loadu_si512(p); }
static __always_inline void vec_store(uint8_t *p, vec v) { _mm512_storeu_si512(p, v); }
static __always_inline vec vec_zero(void) { return _mm512_setzero_si512(); }
static __always_inline vec vec_xor(vec a, vec b) { return _mm512_xor_si512(a, b); }
static __always_inline vec vec_add64(vec a, vec b) { return _mm512_add_epi64(a, b); }
static __always_inline vec vec_aesenc(vec a, vec k) { return _mm512_aesenc_epi128(a, k); }
static __always_inline vec vec_aeslast(vec a, vec k) { return _mm512_aesenclast_epi128(a, k); }
static __always_inline __m128i vec_first(vec v) { return _mm512_castsi512_si128(v); }
static __always_inline vec vec_from_first(__m128i b) { return _mm512_zextsi128_si512(b); }
static __always_inline vec vec_repeat(__m128i b) { return _mm512_broadcast_i32x4(b); }

#define vec_clmul(a, b, which)	_mm512_clmulepi64_epi128(a, b, which)

static __always_inline vec vec_xor3(vec a, vec b, vec c)
{
	return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/* 0, 1, 2, 3 as 128-bit numbers. */
static __always_inline vec vec_count(void)
{
	return _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0);
}

static __always_inline __mmask64 vec_mask(size_t n)
{
	return n >= 64 ? ~0ULL : _bzhi_u64(~0ULL, n);
}

static __always_inline vec vec_load_part(const uint8_t *p, size_t n)
{
	return _mm512_maskz_loadu_epi8(vec_mask(n), p);
}

static __always_inline void vec_store_part(uint8_t *p, vec v, size_t n)
{
	_mm512_mask_storeu_epi8(p, vec_mask(n), v);
}

static __always_inline vec vec_keep(vec v, size_t n)
{
	return _mm512_maskz_mov_epi8(vec_mask(n), v);
}

/* As the part functions, without the first block, which does not exist either. */
static __always_inline vec vec_load_rest(const uint8_t *p, size_t n)
{
	return _mm512_maskz_loadu_epi8(vec_mask(n) & ~0xffffULL, p);
}

static __always_inline void vec_store_rest(uint8_t *p, vec v, size_t n)
{
	_mm512_mask_storeu_epi8(p, vec_mask(n) & ~0xffffULL, v);
}

static __always_inline vec vec_drop_first(vec v)
{
	return _mm512_maskz_mov_epi64(0xfc, v);
}

/* All blocks, XORed. */
static __always_inline __m128i vec_fold(vec v)
{
	__m256i half = _mm256_xor_si256(_mm512_castsi512_si256(v),
					_mm512_extracti64x4_epi64(v, 1));

	return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

static __always_inline vec vec_swap(vec v)
{
	return _mm512_shuffle_epi8(v, vec_repeat(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7,
							      8, 9, 10, 11, 12, 13, 14, 15)));
}

#elif defined(__VAES__)

typedef __m256i vec;
#define VEC_TILE	6
#define VEC_BLOCKS	2U

static __always_inline vec vec_load(const uint8_t *p) { return _mm256_loadu_si256((void *)p); }
static __always_inline void vec_store(uint8_t *p, vec v) { _mm256_storeu_si256((void *)p, v); }
static __always_inline vec vec_zero(void) { return _mm256_setzero_si256(); }
static __always_inline vec vec_xor(vec a, vec b) { return _mm256_xor_si256(a, b); }
static __always_inline vec vec_add64(vec a, vec b) { return _mm256_add_epi64(a, b); }
static __always_inline vec vec_aesenc(vec a, vec k) { return _mm256_aesenc_epi128(a, k); }
static __always_inline vec vec_aeslast(vec a, vec k) { return _mm256_aesenclast_epi128(a, k); }
static __always_inline __m128i vec_first(vec v) { return _mm256_castsi256_si128(v); }
static __always_inline vec vec_from_first(__m128i b) { return _mm256_zextsi128_si256(b); }
static __always_inline vec vec_repeat(__m128i b) { return _mm256_broadcastsi128_si256(b); }

#define vec_clmul(a, b, which)	_mm256_clmulepi64_epi128(a, b, which)

static __always_inline vec vec_xor3(vec a, vec b, vec c)
{
	return vec_xor(vec_xor(a, b), c);
}

static __always_inline vec vec_count(void)
{
	return _mm256_set_epi64x(0, 1, 0, 0);
}

static __always_inline vec vec_pair(__m128i low, __m128i high)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

static __always_inline __m128i vec_second(vec v)
{
	return _mm256_extracti128_si256(v, 1);
}

static __always_inline vec vec_load_part(const uint8_t *p, size_t n)
{
	if (n >= 32)
		return vec_load(p);
	if (n > 16)
		return vec_pair(block_load(p), block_load_part(p + 16, n - 16));
	return vec_from_first(block_load_part(p, n));
}

static __always_inline void vec_store_part(uint8_t *p, vec v, size_t n)
{
	if (n >= 32) {
		vec_store(p, v);
	} else if (n > 16) {
		block_store(p, vec_first(v));
		block_store_part(p + 16, vec_second(v), n - 16);
	} else {
		block_store_part(p, vec_first(v), n);
	}
}

static __always_inline vec vec_keep(vec v, size_t n)
{
	if (n >= 32)
		return v;
	if (n > 16)
		return vec_pair(vec_first(v), block_keep(vec_second(v), n - 16));
	return vec_from_first(block_keep(vec_first(v), n));
}

static __always_inline vec vec_load_rest(const uint8_t *p, size_t n)
{
	if (n <= 16)
		return vec_zero();
	return vec_pair(_mm_setzero_si128(), block_load_part(p + 16, n >= 32 ? 16 : n - 16));
}

static __always_inline void vec_store_rest(uint8_t *p, vec v, size_t n)
{
	if (n > 16)
		block_store_part(p + 16, vec_second(v), n >= 32 ? 16 : n - 16);
}

static __always_inline vec vec_drop_first(vec v)
{
	return _mm256_blend_epi32(v, vec_zero(), 0x0f);
}

static __always_inline __m128i vec_fold(vec v)
{
	return _mm_xor_si128(vec_first(v), vec_second(v));
}

static __always_inline vec vec_swap(vec v)
{
	return _mm256_shuffle_epi8(v, vec_repeat(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7,
							      8, 9, 10, 11, 12, 13, 14, 15)));
}

#else /* AES-NI, PCLMULQDQ */

typedef __m128i vec;
#define VEC_TILE	4
#define VEC_BLOCKS	1U

static __always_inline vec vec_load(const uint8_t *p) { return block_load(p); }
static __always_inline void vec_store(uint8_t *p, vec v) { block_store(p, v); }
static __always_inline vec vec_zero(void) { return _mm_setzero_si128(); }
static __always_inline vec vec_xor(vec a, vec b) { return _mm_xor_si128(a, b); }
static __always_inline vec vec_add64(vec a, vec b) { return _mm_add_epi64(a, b); }
static __always_inline vec vec_aesenc(vec a, vec k) { return _mm_aesenc_si128(a, k); }
static __always_inline vec vec_aeslast(vec a, vec k) { return _mm_aesenclast_si128(a, k); }
static __always_inline __m128i vec_first(vec v) { return v; }
static __always_inline vec vec_from_first(__m128i b) { return b; }
static __always_inline vec vec_repeat(__m128i b) { return b; }
static __always_inline vec vec_count(void) { return vec_zero(); }
static __always_inline vec vec_drop_first(vec v) { return vec_zero(); }
static __always_inline vec vec_swap(vec v) { return block_swap(v); }
static __always_inline __m128i vec_fold(vec v) { return v; }
static __always_inline vec vec_load_rest(const uint8_t *p, size_t n) { return vec_zero(); }
static __always_inline void vec_store_rest(uint8_t *p, vec v, size_t n) { }

#define vec_clmul(a, b, which)	_mm_clmulepi64_si128(a, b, which)

static __always_inline vec vec_xor3(vec a, vec b, vec c)
{
	return vec_xor(vec_xor(a, b), c);
}

static __always_inline vec vec_load_part(const uint8_t *p, size_t n)
{
	return block_load_part(p, n);
}

static __always_inline void vec_store_part(uint8_t *p, vec v, size_t n)
{
	block_store_part(p, v, n);
}

static __always_inline vec vec_keep(vec v, size_t n)
{
	return block_keep(v, n >= 16 ? 16 : n);
}

#endif

#define VEC_BYTES	(16 * VEC_BLOCKS)
#define TILE_BYTES	(VEC_TILE * VEC_BYTES)

/* Do what is right for the number of vectors that 1 to TILE_BYTES bytes take. */
#if VEC_TILE == 6
#define vec_per_count(len, what) do {					\
	switch (((len) + VEC_BYTES - 1) / VEC_BYTES) {			\
	case 1: what(1); break;						\
	case 2: what(2); break;						\
	case 3: what(3); break;						\
	case 4: what(4); break;						\
	case 5: what(5); break;						\
	default: what(6); break;					\
	}								\
} while (0)
#else
#define vec_per_count(len, what) do {					\
	switch (((len) + VEC_BYTES - 1) / VEC_BYTES) {			\
	case 1: what(1); break;						\
	case 2: what(2); break;						\
	case 3: what(3); break;						\
	default: what(4); break;					\
	}								\
} while (0)
#endif

#endif /* XSRTP_X86_VEC_H */
