/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * SHA-1 by the SHA instructions, of one packet or of up to four at the same
 * time: one SHA1RNDS4 waits 4 to 6 cycles for the one before it and its unit
 * is idle meanwhile, so that four packets take little more time than one.
 *
 * Registers hold four words, the first one on top (Intel SDM, SHA1RNDS4): abcd
 * is A, B, C, D from the highest word down, e has E in the highest word.
 */
#ifndef XSRTP_X86_SHA1_NI_H
#define XSRTP_X86_SHA1_NI_H

#include "sha1.h"

#define NI_LANES	4

struct sha1_ni {
	__m128i abcd, e;
};

/* The 16 words of a block, four to a register. */
struct sha1_ni_block {
	__m128i w[4];
};

static __always_inline struct sha1_ni sha1_ni_load(const uint32_t h[5])
{
	return (struct sha1_ni){
		.abcd = _mm_shuffle_epi32(block_load(h), 0x1b),
		.e = _mm_set_epi32(h[4], 0, 0, 0),
	};
}

static __always_inline void sha1_ni_store(uint32_t h[5], const struct sha1_ni *s)
{
	block_store(h, _mm_shuffle_epi32(s->abcd, 0x1b));
	h[4] = _mm_extract_epi32(s->e, 3);
}

/* Four rounds of group @i of 20; the function changes every 20 rounds. */
static __always_inline __m128i sha1_ni_rounds4(__m128i abcd, __m128i e, const int i)
{
	switch (i / 5) {
	case 0:
		return _mm_sha1rnds4_epu32(abcd, e, 0);
	case 1:
		return _mm_sha1rnds4_epu32(abcd, e, 1);
	case 2:
		return _mm_sha1rnds4_epu32(abcd, e, 2);
	default:
		return _mm_sha1rnds4_epu32(abcd, e, 3);
	}
}

/*
 * One block each of @n messages. Group i uses the words w[i & 3]; the next use
 * of a register is w[t] = rol(w[t-3] ^ w[t-8] ^ w[t-14] ^ w[t-16], 1), of which
 * SHA1MSG1, the XOR and SHA1MSG2 do a part each, three groups ahead to one.
 */
static __always_inline void sha1_ni_block(struct sha1_ni *s, struct sha1_ni_block *m, const int n)
{
	struct sha1_ni was[NI_LANES];
	__m128i e, before[NI_LANES];
	int i, j;

	unrolled for (j = 0; j < n; j++)
		was[j] = s[j];
	unrolled for (i = 0; i < 20; i++) {
		unrolled for (j = 0; j < n; j++) {
			__m128i *w = m[j].w;

			e = i ? _mm_sha1nexte_epu32(before[j], w[i & 3]) :
				_mm_add_epi32(s[j].e, w[0]);
			before[j] = s[j].abcd;
			if (i >= 3 && i <= 18)
				w[(i + 1) & 3] = _mm_sha1msg2_epu32(w[(i + 1) & 3], w[i & 3]);
			s[j].abcd = sha1_ni_rounds4(s[j].abcd, e, i);
			if (i >= 1 && i <= 16)
				w[(i + 3) & 3] = _mm_sha1msg1_epu32(w[(i + 3) & 3], w[i & 3]);
			if (i >= 2 && i <= 17)
				w[(i + 2) & 3] = _mm_xor_si128(w[(i + 2) & 3], w[i & 3]);
		}
	}
	unrolled for (j = 0; j < n; j++) {
		s[j].e = _mm_sha1nexte_epu32(before[j], was[j].e);
		s[j].abcd = _mm_add_epi32(s[j].abcd, was[j].abcd);
	}
}

/* The outer hash's block: digest, 0x80, zeros, length. */
static __always_inline struct sha1_ni_block sha1_ni_outer(const struct sha1_ni *inner)
{
	return (struct sha1_ni_block){ {
		inner->abcd,
		_mm_or_si128(inner->e, _mm_set_epi32(0, 0x80000000, 0, 0)),
		_mm_setzero_si128(),
		_mm_set_epi32(0, 0, 0, SHA1_OUTER_BITS),
	} };
}

#if defined(__AVX512VBMI__)
static __always_inline struct sha1_ni_block sha1_ni_words(__m512i block)
{
	block = _mm512_shuffle_epi8(block, _mm512_broadcast_i32x4(
			_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
	return (struct sha1_ni_block){ {
		_mm512_castsi512_si128(block),
		_mm512_extracti32x4_epi32(block, 1),
		_mm512_extracti32x4_epi32(block, 2),
		_mm512_extracti32x4_epi32(block, 3),
	} };
}

static __always_inline struct sha1_ni_block sha1_ni_message(const struct xsrtp_packet *pkt,
							    uint32_t b)
{
	struct mac_cut cut = mac_cut(mac_len(pkt) - b * SHA1_BLOCK);

	return sha1_ni_words(mac_block(pkt, b, &cut));
}
#else
static __always_inline struct sha1_ni_block sha1_ni_message(const struct xsrtp_packet *pkt,
							    uint32_t b)
{
	uint8_t buf[SHA1_BLOCK + 8];
	const uint8_t *p = mac_block(pkt, b, buf);

	return (struct sha1_ni_block){ {
		block_swap(block_load(p)), block_swap(block_load(p + 16)),
		block_swap(block_load(p + 32)), block_swap(block_load(p + 48)),
	} };
}
#endif

static __always_inline struct sha1_ni_block sha1_ni_full(const uint8_t *p)
{
	return (struct sha1_ni_block){ {
		block_swap(block_load(p)), block_swap(block_load(p + 16)),
		block_swap(block_load(p + 32)), block_swap(block_load(p + 48)),
	} };
}

/* What is to be hashed together: blocks that all have in full, blocks of the longest. */
struct sha1_ni_spans {
	uint32_t blocks[NI_LANES];
	uint32_t full, most;
};

static __always_inline struct sha1_ni_spans sha1_ni_spans(struct xsrtp_packet *const *pkt,
							  const int n)
{
	struct sha1_ni_spans r = { .full = ~0U };
	int j;

	unrolled for (j = 0; j < n; j++) {
		uint32_t full = mac_len(pkt[j]) / SHA1_BLOCK;

		r.blocks[j] = mac_blocks(pkt[j]);
		r.full = full < r.full ? full : r.full;
		r.most = r.blocks[j] > r.most ? r.blocks[j] : r.most;
	}
	return r;
}

/* Block @b of each packet, of which some may end in it or have ended. */
static __always_inline void sha1_ni_ends(struct sha1_ni_block *m,
					 struct xsrtp_packet *const *pkt, const int n,
					 const struct sha1_ni_spans *spans, uint32_t b)
{
	int j;

	unrolled for (j = 0; j < n; j++) {
		int bits = b + 1 == spans->blocks[j] ? mac_bits(pkt[j]) : 0;

		m[j] = sha1_ni_message(pkt[j], b);
		m[j].w[3] = _mm_or_si128(m[j].w[3], _mm_cvtsi32_si128(bits));
	}
}

/* Give back to those that have ended before block @b the state they @had. */
static __always_inline void sha1_ni_keep(struct sha1_ni *s, const struct sha1_ni *had,
					 const int n, const struct sha1_ni_spans *spans, uint32_t b)
{
	int j;

	unrolled for (j = 0; j < n; j++) {
		__m128i on = _mm_set1_epi32(-(int)(b < spans->blocks[j]));

		s[j].abcd = _mm_blendv_epi8(had[j].abcd, s[j].abcd, on);
		s[j].e = _mm_blendv_epi8(had[j].e, s[j].e, on);
	}
}

/* HMAC of @n packets. A packet that has ended goes on with any bytes. */
static __always_inline void hmac_ni(const struct xsrtp_suite_info *suite,
				    struct xsrtp_packet *const *pkt, const int n, const bool seal)
{
	struct sha1_ni_spans spans = sha1_ni_spans(pkt, n);
	struct sha1_ni_block m[NI_LANES];
	struct sha1_ni s[NI_LANES], had[NI_LANES];
	uint32_t b;
	int j;

	unrolled for (j = 0; j < n; j++)
		s[j] = sha1_ni_load(((const struct xsrtp_cipher_key *)pkt[j]->key)->hmac);
	for (b = 0; b < spans.full; b++) {
		unrolled for (j = 0; j < n; j++)
			m[j] = sha1_ni_full(pkt[j]->data + b * SHA1_BLOCK);
		sha1_ni_block(s, m, n);
	}
	for (; b < spans.most; b++) {
		sha1_ni_ends(m, pkt, n, &spans, b);
		unrolled for (j = 0; j < n; j++)
			had[j] = s[j];
		sha1_ni_block(s, m, n);
		if (n > 1)
			sha1_ni_keep(s, had, n, &spans, b);
	}
	unrolled for (j = 0; j < n; j++) {
		const struct xsrtp_cipher_key *key = pkt[j]->key;

		m[j] = sha1_ni_outer(&s[j]);
		s[j] = sha1_ni_load(key->hmac + 5);
	}
	sha1_ni_block(s, m, n);
	unrolled for (j = 0; j < n; j++)
		mac_done(suite, pkt[j], block_swap(s[j].abcd), seal);
}

#define HMAC_NI_OF(n)							\
static noinline void hmac_ni_##n(const struct xsrtp_suite_info *suite,	\
				 struct xsrtp_packet *const *pkt, bool seal) \
{									\
	hmac_ni(suite, pkt, n, seal);					\
}
HMAC_NI_OF(1)
HMAC_NI_OF(2)
HMAC_NI_OF(3)
HMAC_NI_OF(4)

static void hmac_ni_up_to_4(const struct xsrtp_suite_info *suite,
			    struct xsrtp_packet *const *pkt, unsigned int n, bool seal)
{
	switch (n) {
	case 0:
		break;
	case 1:
		hmac_ni_1(suite, pkt, seal);
		break;
	case 2:
		hmac_ni_2(suite, pkt, seal);
		break;
	case 3:
		hmac_ni_3(suite, pkt, seal);
		break;
	default:
		hmac_ni_4(suite, pkt, seal);
	}
}

/* The state after one block from the start. */
static void sha1_first_block(uint32_t h[5], const uint8_t block[SHA1_BLOCK])
{
	struct sha1_ni s = sha1_ni_load(sha1_start);
	struct sha1_ni_block m = sha1_ni_full(block);

	sha1_ni_block(&s, &m, 1);
	sha1_ni_store(h, &s);
}

#endif /* XSRTP_X86_SHA1_NI_H */
