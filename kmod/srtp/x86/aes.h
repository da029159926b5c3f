/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * AES (FIPS 197): key expansion, the rounds over a tile of vectors, and counter
 * mode (NIST SP 800-38A 6.5) with a 128-bit big-endian counter.
 *
 * Counters are kept byte-swapped, so that a block is one little-endian number
 * and 64-bit additions count; where the low half would wrap, ctr_xor() splits.
 */
#ifndef XSRTP_X86_AES_H
#define XSRTP_X86_AES_H

#include "vec.h"

/*
 * One step of the key expansion (FIPS 197 5.2): @prev is the round key Nk words
 * back, @mixed has SubWord(RotWord()) ^ Rcon, or SubWord(), in all four words.
 * Each new word is the XOR of all the words of @prev up to it with @mixed.
 */
static __always_inline __m128i aes_next_key(__m128i prev, __m128i mixed)
{
	prev = _mm_xor_si128(prev, _mm_slli_si128(prev, 4));
	prev = _mm_xor_si128(prev, _mm_slli_si128(prev, 8));
	return _mm_xor_si128(prev, mixed);
}

/*
 * SubWord(RotWord(w)) ^ @rcon in all four words, w being word @word of @k: all
 * columns of the state are equal then, so ShiftRows changes nothing, and the last
 * round is SubBytes and the XOR of the round key. Faster than AESKEYGENASSIST.
 */
static __always_inline __m128i aes_rot_sub(__m128i k, int word, int rcon)
{
	const __m128i rot = _mm_set1_epi32(0x00030201 + 0x04040404 * word);

	return _mm_aesenclast_si128(_mm_shuffle_epi8(k, rot), _mm_set1_epi32(rcon));
}

static __always_inline __m128i aes_sub(__m128i k, int word)
{
	const __m128i same = _mm_set1_epi32(0x03020100 + 0x04040404 * word);

	return _mm_aesenclast_si128(_mm_shuffle_epi8(k, same), _mm_setzero_si128());
}

/* Rcon (FIPS 197 5.2): powers of x in GF(2^8) with x^8 = x^4 + x^3 + x + 1. */
static __always_inline int aes_next_rcon(int rcon)
{
	return rcon << 1 ^ (rcon >> 7) * 0x11b;
}

static inline void aes_expand_128(uint8_t *rk, __m128i k)
{
	int i, rcon = 1;

	block_store(rk, k);
	for (i = 1; i <= 10; i++, rcon = aes_next_rcon(rcon)) {
		k = aes_next_key(k, aes_rot_sub(k, 3, rcon));
		block_store(rk + 16 * i, k);
	}
}

static inline void aes_expand_256(uint8_t *rk, __m128i even, __m128i odd)
{
	int i, rcon = 1;

	block_store(rk, even);
	block_store(rk + 16, odd);
	for (i = 2; i <= 14; i += 2, rcon <<= 1) {
		even = aes_next_key(even, aes_rot_sub(odd, 3, rcon));
		block_store(rk + 16 * i, even);
		if (i == 14)
			break;
		odd = aes_next_key(odd, aes_sub(even, 3));
		block_store(rk + 16 * i + 16, odd);
	}
}

/* Six words a step, which straddle the round keys: @high has two of them. */
static inline void aes_expand_192(uint8_t *rk, __m128i low, __m128i high)
{
	int i, rcon = 1;

	block_store(rk, low);
	_mm_storel_epi64((__m128i *)(rk + 16), high);
	for (i = 24; i < 208; i += 24, rcon <<= 1) {
		low = aes_next_key(low, aes_rot_sub(high, 1, rcon));
		block_store(rk + i, low);
		if (i + 16 >= 208)
			break;
		high = _mm_xor_si128(high, _mm_slli_si128(high, 4));
		high = _mm_xor_si128(high, _mm_shuffle_epi32(low, 0xff));
		_mm_storel_epi64((__m128i *)(rk + i + 16), high);
	}
}

static inline void aes_expand(uint8_t *rk, const uint8_t *key, unsigned int key_len)
{
	if (key_len == 16)
		aes_expand_128(rk, block_load(key));
	else if (key_len == 24)
		aes_expand_192(rk, block_load(key), _mm_loadl_epi64((__m128i *)(key + 16)));
	else
		aes_expand_256(rk, block_load(key), block_load(key + 16));
}

static __always_inline void aes_round(vec *x, const int n, const uint8_t *rk)
{
	vec k = vec_repeat(block_load(rk));
	int j;

	unrolled for (j = 0; j < n; j++)
		x[j] = vec_aesenc(x[j], k);
}

/* Encrypt @n vectors. The branches on @rounds go the same way for a whole burst. */
static __always_inline void aes_encrypt(vec *x, const int n, const uint8_t *rk, int rounds)
{
	vec k = vec_repeat(block_load(rk));
	int i, j;

	unrolled for (j = 0; j < n; j++)
		x[j] = vec_xor(x[j], k);
	unrolled for (i = 1; i < 10; i++)
		aes_round(x, n, rk + 16 * i);
	if (rounds > 10) {
		aes_round(x, n, rk + 16 * 10);
		aes_round(x, n, rk + 16 * 11);
	}
	if (rounds > 12) {
		aes_round(x, n, rk + 16 * 12);
		aes_round(x, n, rk + 16 * 13);
	}
	k = vec_repeat(block_load(rk + 16 * rounds));
	unrolled for (j = 0; j < n; j++)
		x[j] = vec_aeslast(x[j], k);
}

/* One block through single-block instructions. */
static __always_inline __m128i aes_encrypt_block(__m128i x, const uint8_t *rk, int rounds)
{
	int i;

	x = _mm_xor_si128(x, block_load(rk));
	for (i = 1; i < rounds; i++)
		x = _mm_aesenc_si128(x, block_load(rk + 16 * i));
	return _mm_aesenclast_si128(x, block_load(rk + 16 * rounds));
}

/* The counter blocks of one vector, byte-swapped; @iv is as it goes on the wire. */
static __always_inline vec ctr_first(__m128i iv)
{
	return vec_add64(vec_repeat(block_swap(iv)), vec_count());
}

/* @n vectors of keystream; *@ctr moves on behind them. */
static __always_inline void ctr_keystream(vec *x, const int n, const uint8_t *rk, int rounds,
					  vec *ctr)
{
	const vec step = vec_repeat(_mm_set_epi64x(0, VEC_BLOCKS));
	int j;

	unrolled for (j = 0; j < n; j++) {
		x[j] = vec_swap(*ctr);
		*ctr = vec_add64(*ctr, step);
	}
	aes_encrypt(x, n, rk, rounds);
}

/* XOR keystream onto the last @len bytes, which end in the @n-th vector. */
static __always_inline void ctr_last(const int n, const uint8_t *rk, int rounds, vec ctr,
				     uint8_t *data, size_t len)
{
	vec x[VEC_TILE];
	size_t tail = len - (n - 1) * VEC_BYTES;
	int j;

	ctr_keystream(x, n, rk, rounds, &ctr);
	unrolled for (j = 0; j < n - 1; j++)
		vec_store(data + j * VEC_BYTES, vec_xor(x[j], vec_load(data + j * VEC_BYTES)));
	data += (n - 1) * VEC_BYTES;
	vec_store_part(data, vec_xor(x[n - 1], vec_load_part(data, tail)), tail);
}

static __always_inline void ctr_tile(const uint8_t *rk, int rounds, vec *ctr, uint8_t *data)
{
	vec x[VEC_TILE];
	int j;

	ctr_keystream(x, VEC_TILE, rk, rounds, ctr);
	unrolled for (j = 0; j < VEC_TILE; j++)
		vec_store(data + j * VEC_BYTES, vec_xor(x[j], vec_load(data + j * VEC_BYTES)));
}

/* Counter mode from counter block @iv, of which the low 64 bits do not wrap. */
static __always_inline void ctr_xor_inline(const uint8_t *rk, int rounds, __m128i iv,
					   uint8_t *data, size_t len)
{
	vec ctr = ctr_first(iv);

	for (; len > TILE_BYTES; data += TILE_BYTES, len -= TILE_BYTES)
		ctr_tile(rk, rounds, &ctr, data);
#define last_of(n) ctr_last(n, rk, rounds, ctr, data, len)
	if (len)
		vec_per_count(len, last_of);
#undef last_of
}

static noinline void ctr_xor(const uint8_t *rk, int rounds, const uint8_t *iv,
			     uint8_t *data, size_t len)
{
	ctr_xor_inline(rk, rounds, block_load(iv), data, len);
}

/* As ctr_xor(), and the counter may wrap beyond its low 64 bits. */
static noinline void ctr_xor_far(const uint8_t *rk, int rounds, const uint8_t *iv,
				 uint8_t *data, size_t len)
{
	uint64_t to_wrap = -__builtin_bswap64(load64(iv + 8));	/* blocks; 0: 2^64 */
	uint8_t carried[16] = { 0 };

	if (to_wrap && to_wrap <= (len - 1) / 16) {
		ctr_xor(rk, rounds, iv, data, 16 * to_wrap);
		data += 16 * to_wrap;
		len -= 16 * to_wrap;
		store64(carried, __builtin_bswap64(__builtin_bswap64(load64(iv)) + 1));
		iv = carried;
	}
	ctr_xor(rk, rounds, iv, data, len);
}

/*
 * xsrtp_cipher.ctr(). In SRTP the last 16 bits count the blocks, and never wrap;
 * above them is salt, at which no branch may look.
 */
static void x86_ctr(const struct xsrtp_suite_info *suite, const struct xsrtp_cipher_key *key,
		    const uint8_t iv[16], uint8_t *data, size_t len)
{
	int rounds = XSRTP_ROUNDS(suite->key_len);

	if (likely(len / 16 + get_unaligned_be16(iv + 14) < 0x10000))
		ctr_xor(key->rk, rounds, iv, data, len);
	else
		ctr_xor_far(key->rk, rounds, iv, data, len);
}

#endif /* XSRTP_X86_AES_H */
