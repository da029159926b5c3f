/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What every file of SIMD code starts from: the intrinsics, in the kernel and
 * out of it, and loads and stores of a part of a 16-byte block.
 *
 * Everything here is compiled anew into each implementation with that
 * implementation's -m options, so nothing may have external linkage.
 */
#ifndef XSRTP_X86_SIMD_H
#define XSRTP_X86_SIMD_H

#include "../platform.h"
#include "../cipher.h"

/* <immintrin.h> would pull in <stdlib.h> for _mm_malloc(), which nobody needs. */
#ifndef _MM_MALLOC_H_INCLUDED
#define _MM_MALLOC_H_INCLUDED
#endif
#ifndef __MM_MALLOC_H
#define __MM_MALLOC_H
#endif
#include <immintrin.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#ifndef noinline
#define noinline __attribute__((__noinline__))
#endif

/*
 * Loops over arrays of vectors must be unrolled whole, or the arrays would not
 * live in registers.
 */
#ifdef __clang__
#define unrolled _Pragma("unroll")
#else
#define unrolled _Pragma("GCC unroll 80")
#endif

static __always_inline __m128i block_load(const void *p)
{
	return _mm_loadu_si128(p);
}

static __always_inline void block_store(void *p, __m128i v)
{
	_mm_storeu_si128(p, v);
}

/* All 16 bytes in reverse order. */
static __always_inline __m128i block_swap(__m128i v)
{
	return _mm_shuffle_epi8(v, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7,
						8, 9, 10, 11, 12, 13, 14, 15));
}

static __always_inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __always_inline uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __always_inline uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __always_inline void store64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

static __always_inline void store32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static __always_inline void store16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* 1 to 7 bytes at @p as the low bytes of a word; two loads overlap. */
static __always_inline uint64_t load_under8(const uint8_t *p, size_t n)
{
	if (n >= 4)
		return load32(p) | (uint64_t)load32(p + n - 4) << (8 * (n - 4));
	return p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
}

static __always_inline void store_under8(uint8_t *p, uint64_t v, size_t n)
{
	if (n >= 4) {
		store32(p, v);
		store32(p + n - 4, v >> (8 * (n - 4)));
		return;
	}
	p[0] = v;
	p[n / 2] = v >> (8 * (n / 2));
	p[n - 1] = v >> (8 * (n - 1));
}

/* The first @n bytes at @p, 0 to 16, then zeros; no other byte is read. */
static __always_inline __m128i block_load_part(const uint8_t *p, size_t n)
{
	if (n >= 16)
		return block_load(p);
	if (n > 8)
		return _mm_set_epi64x(load64(p + n - 8) >> (8 * (16 - n)), load64(p));
	if (n == 8)
		return _mm_cvtsi64_si128(load64(p));
	return n ? _mm_cvtsi64_si128(load_under8(p, n)) : _mm_setzero_si128();
}

/* The first @n bytes of @v, 0 to 16, to @p; no other byte is written. */
static __always_inline void block_store_part(uint8_t *p, __m128i v, size_t n)
{
	uint64_t low = _mm_cvtsi128_si64(v);

	if (n >= 16) {
		block_store(p, v);
	} else if (n >= 8) {
		store64(p, low);
		if (n > 8)
			store_under8(p + 8, _mm_cvtsi128_si64(_mm_srli_si128(v, 8)), n - 8);
	} else if (n) {
		store_under8(p, low, n);
	}
}

/* @v with all but its first @n bytes, 0 to 16, set to zero. */
static __always_inline __m128i block_keep(__m128i v, size_t n)
{
	static const uint8_t window[32] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};

	return _mm_and_si128(v, block_load(window + 16 - n));
}

#endif /* XSRTP_X86_SIMD_H */
