/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * AES-GCM on packets (NIST SP 800-38D, RFC 7714).
 *
 * GHASH is a polynomial in H over GF(2^128), whose bits GCM numbers the other
 * way round than a carry-less multiplier does. As in Gueron and Kounaves,
 * "Intel Carry-Less Multiplication Instruction and its Usage for Computing the
 * GCM Mode" (2014), blocks are byte-swapped and H is multiplied by x once,
 * which makes up for the bit that the reversed product is off by. The product
 * is reduced modulo x^128 + x^127 + x^126 + x^121 + 1, the reversed field
 * polynomial, 64 bits at a time: 0xc2000000_00000000 is x^127 + x^126 + x^121 in
 * the upper half.
 *
 * Products are added up before they are reduced, by as many powers of H as the
 * session has room for, H^1 last: a 160-byte packet is reduced once.
 *
 * The text is taken one block early. Block 0 of the stream is the last block
 * of the header in GHASH, and in counter mode J0, whose keystream hides the
 * tag; the text is blocks 1 to n and block i uses counter i + 1:
 *
 *	GHASH	[ header ][ text 1 ][ text 2 ] ... [ text n ][ lengths ]
 *	CTR	[   J0   ][  J0+1  ][  J0+2  ] ... [  J0+n  ]
 */
#ifndef XSRTP_X86_GCM_H
#define XSRTP_X86_GCM_H

#include "aes.h"
#include "prefetch.h"

/*
 * Whole tiles of blocks are taken while more than GCM_LAST blocks are left, the
 * lengths counted; then the last step takes up to VEC_TILE vectors. What a tile
 * is, and after how many blocks a sum is reduced, depends on how many powers of
 * H there are: 12 (AES-256) or more (AES-192, AES-128).
 */
#if VEC_BLOCKS == 4
#define GCM_TILE_MAX		3		/* vectors */
#define GCM_TILE_MIN		2
#define GCM_STRIDE(powers)	((powers) > 12 ? 12U : 8U)
#define GCM_LAST(powers)	(powers)
#elif VEC_BLOCKS == 2
#define GCM_TILE_MAX		4
#define GCM_TILE_MIN		4
#define GCM_STRIDE(powers)	8U
#define GCM_LAST(powers)	((powers) > 12 ? 13U : 12U)
#else
#define GCM_TILE_MAX		4
#define GCM_TILE_MIN		4
#define GCM_STRIDE(powers)	((powers) > 12 ? 12U : 8U)
#define GCM_LAST(powers)	5U
#endif

/* Products that are not yet reduced: 64-bit halves multiplied crosswise. */
struct ghash_sum {
	vec low, mid, high;
};

/* One packet on its way. */
struct gcm {
	const uint8_t *rk;
	const uint8_t *hpow_end;	/* H^i stands 16 * i bytes before it */
	unsigned int powers;		/* of H that there are */
	int rounds;
	vec ctr;			/* next counter blocks, byte-swapped */
	__m128i y;			/* to be added to the next block */
	__m128i hide;			/* keystream of J0 */
	struct ghash_sum sum;		/* to be added to the tag's product */
};

/* Reduce a 256-bit product, twice by 64 bits. */
static __always_inline __m128i ghash_reduce(__m128i low, __m128i mid, __m128i high)
{
	const __m128i poly = _mm_set_epi64x(0xc200000000000000ULL, 0);
	__m128i t;

	t = _mm_clmulepi64_si128(poly, low, 0x01);
	mid = _mm_xor_si128(_mm_xor_si128(mid, t), _mm_shuffle_epi32(low, 0x4e));
	t = _mm_clmulepi64_si128(poly, mid, 0x01);
	return _mm_xor_si128(_mm_xor_si128(high, t), _mm_shuffle_epi32(mid, 0x4e));
}

static __always_inline __m128i ghash_mul(__m128i a, __m128i b)
{
	return ghash_reduce(_mm_clmulepi64_si128(a, b, 0x00),
			    _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01),
					  _mm_clmulepi64_si128(a, b, 0x10)),
			    _mm_clmulepi64_si128(a, b, 0x11));
}

static __always_inline void ghash_add(struct ghash_sum *s, vec a, vec h)
{
	s->low = vec_xor(s->low, vec_clmul(a, h, 0x00));
	s->mid = vec_xor3(s->mid, vec_clmul(a, h, 0x01), vec_clmul(a, h, 0x10));
	s->high = vec_xor(s->high, vec_clmul(a, h, 0x11));
}

static __always_inline struct ghash_sum ghash_zero(void)
{
	return (struct ghash_sum){ vec_zero(), vec_zero(), vec_zero() };
}

/* H and its powers behind the round keys. */
static noinline void ghash_expand(const struct xsrtp_suite_info *suite,
				  struct xsrtp_cipher_key *key)
{
	uint8_t *hpow = xsrtp_key_hpow(suite, key);
	int at = XSRTP_HPOW_BYTES(suite->key_len) - 16;
	__m128i h, carry, power;

	h = block_swap(aes_encrypt_block(_mm_setzero_si128(), key->rk,
					 XSRTP_ROUNDS(suite->key_len)));
	/* times x: shift left by one bit, reduce if one falls out at the top */
	carry = _mm_srai_epi32(_mm_shuffle_epi32(h, 0xd3), 31);
	carry = _mm_and_si128(carry, _mm_set_epi64x(0xc200000000000001ULL, 1));
	h = _mm_xor_si128(_mm_add_epi64(h, h), carry);
	for (power = h; at >= 0; at -= 16) {
		block_store(hpow + at, power);
		power = ghash_mul(power, h);
	}
}

static __always_inline void gcm_begin(struct gcm *g, const struct xsrtp_suite_info *suite,
				      const struct xsrtp_packet *pkt)
{
	const struct xsrtp_cipher_key *key = pkt->key;

	g->rk = key->rk;
	g->rounds = XSRTP_ROUNDS(suite->key_len);
	g->powers = XSRTP_HPOW_BYTES(suite->key_len) / 16;
	g->hpow_end = xsrtp_key_hpow(suite, key) + 16 * g->powers;
	g->sum = ghash_zero();
}

/* J0: 96 bits of nonce, 32 bits of counter from 1 (SP 800-38D 7.1). */
static __always_inline __m128i gcm_j0(const struct xsrtp_packet *pkt)
{
	return _mm_insert_epi32(block_load(pkt->iv), 0x01000000, 3);
}

static __always_inline __m128i ghash_block(const struct gcm *g, __m128i y, __m128i block)
{
	return ghash_mul(_mm_xor_si128(y, block_swap(block)), block_load(g->hpow_end - 16));
}

/*
 * Hash all of the additional data, header and extra, but its last block, which
 * goes into y.
 */
static __always_inline void gcm_header(struct gcm *g, const struct xsrtp_packet *pkt)
{
	const uint8_t *p = pkt->data;
	size_t len = pkt->hdr_len;
	__m128i y = _mm_setzero_si128(), last;
	uint8_t end[32];

	for (; len > 16; p += 16, len -= 16)
		y = ghash_block(g, y, block_load(p));
	last = block_load_part(p, len);
	if (unlikely(pkt->extra_len)) {
		block_store(end, last);
		block_store(end + 16, _mm_setzero_si128());
		store32(end + len, load32(pkt->extra));
		last = block_load(end);
		if (len + 4 > 16) {
			y = ghash_block(g, y, last);
			last = block_load(end + 16);
		}
	}
	g->y = _mm_xor_si128(y, block_swap(last));
}

/*
 * @n vectors of the stream from @p on, of which @len bytes exist, the last
 * vector perhaps in @part. The @first ones of a packet begin with the place of
 * the header, where they hold zero.
 */
static __always_inline void gcm_load(vec *x, const int n, const uint8_t *p, size_t len,
				     const bool part, bool first)
{
	const int last = n - 1;
	int j;

	if (first)
		x[0] = vec_load_rest(p, len);
	else
		x[0] = part && !last ? vec_load_part(p, len) : vec_load(p);
	unrolled for (j = 1; j < last; j++)
		x[j] = vec_load(p + j * VEC_BYTES);
	p += last * VEC_BYTES;
	if (last)
		x[last] = part ? vec_load_part(p, len - last * VEC_BYTES) : vec_load(p);
}

static __always_inline void gcm_store(uint8_t *p, const vec *x, const int n, size_t len,
				      const bool part, bool first)
{
	const int last = n - 1;
	int j;

	if (first)
		vec_store_rest(p, x[0], len);
	else if (part && !last)
		vec_store_part(p, x[0], len);
	else
		vec_store(p, x[0]);
	unrolled for (j = 1; j < last; j++)
		vec_store(p + j * VEC_BYTES, x[j]);
	p += last * VEC_BYTES;
	if (last && part)
		vec_store_part(p, x[last], len - last * VEC_BYTES);
	else if (last)
		vec_store(p, x[last]);
}

/* Zero what does not exist and has keystream in it now. */
static __always_inline void gcm_trim(vec *x, const int n, size_t len, const bool part, bool first)
{
	if (part)
		x[n - 1] = vec_keep(x[n - 1], len - (n - 1) * VEC_BYTES);
	if (first)
		x[0] = vec_drop_first(x[0]);
}

/* Sum up @n vectors of the stream, times the powers of H from @power downwards. */
static __always_inline void gcm_sum(struct gcm *g, const vec *x, const int n, size_t len,
				    const bool part, unsigned int power)
{
	const uint8_t *h = g->hpow_end - 16 * power;
	int j;

	unrolled for (j = 0; j < n; j++, h += VEC_BYTES) {
		vec a = vec_swap(x[j]);

		if (j == 0)
			a = vec_xor(a, vec_from_first(g->y));
		/* four powers may be more than there are, two not: see gcm_finish() */
		if (part && j == n - 1 && VEC_BLOCKS > 2)
			ghash_add(&g->sum, a, vec_load_part(h, (len + 15) / 16 * 16 -
							       j * VEC_BYTES));
		else
			ghash_add(&g->sum, a, vec_load(h));
	}
}

static __always_inline void gcm_reduce(struct gcm *g)
{
	g->y = ghash_reduce(vec_fold(g->sum.low), vec_fold(g->sum.mid), vec_fold(g->sum.high));
	g->sum = ghash_zero();
}

/*
 * The lengths (SP 800-38D 7.1) are the last block and get H^1, so that the block
 * before them has had H^2.
 */
static __always_inline __m128i gcm_finish(const struct gcm *g, const struct xsrtp_packet *pkt)
{
	__m128i lengths = _mm_set_epi64x(8 * ((uint64_t)pkt->hdr_len + pkt->extra_len),
					 8 * (uint64_t)pkt->text_len);
	__m128i h = block_load(g->hpow_end - 16);
	__m128i low = _mm_clmulepi64_si128(lengths, h, 0x00);
	__m128i mid = _mm_xor_si128(_mm_clmulepi64_si128(lengths, h, 0x01),
				    _mm_clmulepi64_si128(lengths, h, 0x10));
	__m128i high = _mm_clmulepi64_si128(lengths, h, 0x11);

	low = _mm_xor_si128(low, vec_fold(g->sum.low));
	mid = _mm_xor_si128(mid, vec_fold(g->sum.mid));
	high = _mm_xor_si128(high, vec_fold(g->sum.high));
	return _mm_xor_si128(block_swap(ghash_reduce(low, mid, high)), g->hide);
}

/* Take @n vectors of the stream: encrypt them if @seal, and hash. */
static __always_inline void gcm_take(struct gcm *g, const int n, uint8_t *p, size_t len,
				     const bool part, bool first, unsigned int power,
				     const bool seal)
{
	vec x[VEC_TILE], text[VEC_TILE];
	int j;

	gcm_load(text, n, p, len, part, first);
	if (seal) {
		ctr_keystream(x, n, g->rk, g->rounds, &g->ctr);
		if (first)
			g->hide = vec_first(x[0]);
		unrolled for (j = 0; j < n; j++)
			text[j] = vec_xor(text[j], x[j]);
		gcm_store(p, text, n, len, part, first);
		gcm_trim(text, n, len, part, first);
	}
	gcm_sum(g, text, n, len, part, power);
}

/* The power of H for the next block, where a sum begins and @blocks are left. */
static __always_inline unsigned int gcm_power(const struct gcm *g, unsigned int blocks)
{
	return blocks <= g->powers ? blocks : GCM_STRIDE(g->powers);
}

/* The whole stream of a packet. */
static __always_inline void gcm_stream(struct gcm *g, const struct xsrtp_packet *pkt,
				       const bool seal)
{
	uint8_t *p = pkt->data + pkt->hdr_len - 16;
	size_t len = pkt->text_len + 16;
	unsigned int blocks = (len + 15) / 16 + 1;
	unsigned int power = gcm_power(g, blocks);
	bool first = true;

	gcm_header(g, pkt);
	while (blocks > GCM_LAST(g->powers) || power < blocks) {
		unsigned int tile = GCM_TILE_MAX;

		if (GCM_TILE_MIN == GCM_TILE_MAX || g->powers > 12) {
			gcm_take(g, GCM_TILE_MAX, p, len, false, first, power, seal);
		} else {
			gcm_take(g, GCM_TILE_MIN, p, len, false, first, power, seal);
			tile = GCM_TILE_MIN;
		}
		first = false;
		blocks -= tile * VEC_BLOCKS;
		power -= tile * VEC_BLOCKS;
		len -= tile * VEC_BYTES;
		p += tile * VEC_BYTES;
		g->y = _mm_setzero_si128();
		if (!power) {
			gcm_reduce(g);
			power = gcm_power(g, blocks);
		}
	}
#define take_last(n) gcm_take(g, n, p, len, true, first, power, seal)
	vec_per_count(len, take_last);
#undef take_last
}

static __always_inline bool gcm_tag_equal(const uint8_t *tag, __m128i want, size_t n)
{
	__m128i diff = _mm_xor_si128(block_load_part(tag, n), n < 16 ? block_keep(want, n) : want);

	return _mm_test_all_zeros(diff, diff);
}

static noinline void gcm_seal(const struct xsrtp_suite_info *suite, struct xsrtp_packet *pkt)
{
	struct gcm g;

	gcm_begin(&g, suite, pkt);
	g.ctr = ctr_first(gcm_j0(pkt));
	gcm_stream(&g, pkt, true);
	block_store_part(pkt->tag, gcm_finish(&g, pkt), suite->tag_len);
}

/* Of any length: hash all of it, then decrypt. */
static noinline void gcm_open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *pkt)
{
	__m128i j0 = gcm_j0(pkt);
	struct gcm g;

	gcm_begin(&g, suite, pkt);
	g.hide = aes_encrypt_block(j0, g.rk, g.rounds);
	gcm_stream(&g, pkt, false);
	if (xsrtp_verdict(gcm_tag_equal(pkt->tag, gcm_finish(&g, pkt), suite->tag_len)))
		ctr_xor_inline(g.rk, g.rounds, _mm_insert_epi32(j0, 0x02000000, 3),
			       pkt->data + pkt->hdr_len, pkt->text_len);
	else
		pkt->reason = XSRTP_REASON_BAD_TAG;
}

#if VEC_BLOCKS == 4
/* All of the text in registers: the keystream is there when the tag is. */
static __always_inline void gcm_open_vectors(const struct xsrtp_suite_info *suite,
					     struct xsrtp_packet *pkt, const int n)
{
	uint8_t *p = pkt->data + pkt->hdr_len - 16;
	size_t len = pkt->text_len + 16;
	vec text[VEC_TILE], x[VEC_TILE];
	struct gcm g;
	int j;

	gcm_begin(&g, suite, pkt);
	g.ctr = ctr_first(gcm_j0(pkt));
	gcm_load(text, n, p, len, true, true);
	ctr_keystream(x, n, g.rk, g.rounds, &g.ctr);
	g.hide = vec_first(x[0]);
	gcm_header(&g, pkt);
	gcm_sum(&g, text, n, len, true, (len + 15) / 16 + 1);
	unrolled for (j = 0; j < n; j++)
		x[j] = vec_xor(x[j], text[j]);
	if (xsrtp_verdict(gcm_tag_equal(pkt->tag, gcm_finish(&g, pkt), suite->tag_len)))
		gcm_store(p, x, n, len, true, true);
	else
		pkt->reason = XSRTP_REASON_BAD_TAG;
}

static noinline void gcm_open_short(const struct xsrtp_suite_info *suite,
				    struct xsrtp_packet *pkt)
{
#define open_vectors(n) gcm_open_vectors(suite, pkt, n)
	vec_per_count(pkt->text_len + 16, open_vectors);
#undef open_vectors
}
#endif

static inline bool gcm_is_short(const struct xsrtp_suite_info *suite,
				const struct xsrtp_packet *pkt)
{
	return 16 * 2 + pkt->text_len <= (unsigned int)XSRTP_HPOW_BYTES(suite->key_len);
}

static void gcm_seal_burst(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
			   unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		key_prefetch(suite, pkt, i, n);
		gcm_seal(suite, pkt[i]);
	}
}

static void gcm_open_burst(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
			   unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		key_prefetch(suite, pkt, i, n);
#if VEC_BLOCKS == 4
		if (gcm_is_short(suite, pkt[i])) {
			gcm_open_short(suite, pkt[i]);
			continue;
		}
#endif
		gcm_open(suite, pkt[i]);
	}
}

#endif /* XSRTP_X86_GCM_H */
