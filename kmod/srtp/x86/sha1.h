/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * SHA-1 (FIPS 180-4) as SRTP needs it: HMAC (RFC 2104) over a packet and its
 * ROC, from the prepared states of the key (RFC 3711 4.2).
 *
 * The message is the packet, len bytes, the ROC or SRTCP's index in @extra, 4
 * bytes, and the padding: 0x80, zeros, and the length in bits as the last word,
 * which counts the padded key's 64 bytes. The block where the packet ends and
 * the one behind it are built apart from the packet:
 *
 *	   64 * b                     len
 *	...|  ... end of the packet   | extra | 0x80 | 0 ... 0 | bits |
 *
 * The outer hash's message is one block: 20 bytes of inner digest, 0x80, zeros,
 * 8 * (64 + 20) bits.
 */
#ifndef XSRTP_X86_SHA1_H
#define XSRTP_X86_SHA1_H

#include "simd.h"

#define SHA1_BLOCK	64
#define SHA1_OUTER_BITS	(8 * (64 + 20))

/* FIPS 180-4 5.3.1 */
static const uint32_t sha1_start[5] = {
	0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0,
};

static __always_inline uint32_t mac_len(const struct xsrtp_packet *pkt)
{
	return pkt->hdr_len + pkt->text_len;
}

/* Blocks of the inner message: extra, 0x80 and 8 bytes of length follow. */
static __always_inline uint32_t mac_blocks(const struct xsrtp_packet *pkt)
{
	return (mac_len(pkt) + 4 + 1 + 8 + 63) / SHA1_BLOCK;
}

/* A packet is far below 2^29 bytes, so one word holds its bits. */
static __always_inline uint32_t mac_bits(const struct xsrtp_packet *pkt)
{
	return 8 * (64 + mac_len(pkt) + 4);
}

#if defined(__AVX512VBMI__)
/* How a block is put together that begins @left bytes before the packet's end. */
struct mac_cut {
	uint64_t data;		/* which bytes are the packet's */
	uint64_t padding;	/* which are extra and 0x80 */
	__m512i shift;		/* of these: their places in the 5 bytes */
};

static __always_inline struct mac_cut mac_cut(int left)
{
	const __m512i at = _mm512_set_epi8(
		63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48,
		47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32,
		31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
		15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);

	return (struct mac_cut){
		.data = left >= SHA1_BLOCK ? ~0ULL : left > 0 ? _bzhi_u64(~0ULL, left) : 0,
		.padding = left >= SHA1_BLOCK ? 0 : left >= 0 ? 0x1fULL << left :
			   left > -5 ? 0x1fULL >> -left : 0,
		.shift = _mm512_sub_epi8(at, _mm512_set1_epi8(left)),
	};
}

/* Block @b of the message without the length; @b may lie behind its end. */
static __always_inline __m512i mac_block(const struct xsrtp_packet *pkt, uint32_t b,
					 const struct mac_cut *cut)
{
	__m512i extra = _mm512_castsi128_si512(_mm_set_epi32(0, 0, 0x80, load32(pkt->extra)));

	return _mm512_or_si512(_mm512_maskz_loadu_epi8(cut->data, pkt->data + b * SHA1_BLOCK),
			       _mm512_maskz_permutexvar_epi8(cut->padding, cut->shift, extra));
}
#else
/* 0 to 63 bytes; memcpy() would be a call. */
static __always_inline void copy_under64(uint8_t *to, const uint8_t *from, uint32_t n)
{
	if (n & 32) {
		block_store(to, block_load(from));
		block_store(to + 16, block_load(from + 16));
		to += 32;
		from += 32;
	}
	if (n & 16) {
		block_store(to, block_load(from));
		to += 16;
		from += 16;
	}
	block_store_part(to, block_load_part(from, n & 15), n & 15);
}

/*
 * Block @b of the message, without the length: where it lies in the packet, or
 * built in @buf, which has room for 4 bytes more than a block. For one behind
 * the end of the message: any bytes.
 */
static __always_inline const uint8_t *mac_block(const struct xsrtp_packet *pkt, uint32_t b,
						uint8_t buf[SHA1_BLOCK + 8])
{
	int left = mac_len(pkt) - b * SHA1_BLOCK;
	int i;

	if (left >= SHA1_BLOCK)
		return pkt->data + b * SHA1_BLOCK;
	for (i = 0; i < SHA1_BLOCK; i += 16)
		block_store(buf + i, _mm_setzero_si128());
	if (left >= 0) {
		copy_under64(buf, pkt->data + b * SHA1_BLOCK, left);
		store32(buf + left, load32(pkt->extra));
		buf[left + 4] = 0x80;
	} else if (left > -5) {
		store64(buf, (0x8000000000ULL | load32(pkt->extra)) >> (8 * -left));
	}
	return buf;
}
#endif

/* The first tag_len bytes of a MAC, in the order of the wire, to their place. */
static __always_inline void mac_write(const struct xsrtp_suite_info *suite,
				      const struct xsrtp_packet *pkt, __m128i mac)
{
	if (suite->tag_len == 10) {
		store64(pkt->tag, _mm_cvtsi128_si64(mac));
		store16(pkt->tag + 8, _mm_extract_epi16(mac, 4));
	} else {
		block_store_part(pkt->tag, mac, suite->tag_len);
	}
}

/* In constant time: is the tag of the packet the first bytes of @mac? */
static __always_inline bool mac_equal(const struct xsrtp_suite_info *suite,
				      const struct xsrtp_packet *pkt, __m128i mac)
{
	__m128i diff;

	if (suite->tag_len == 10)
		return !((load64(pkt->tag) ^ _mm_cvtsi128_si64(mac)) |
			 (load16(pkt->tag + 8) ^ _mm_extract_epi16(mac, 4)));
	diff = _mm_xor_si128(block_load_part(pkt->tag, suite->tag_len),
			     block_keep(mac, suite->tag_len));
	return _mm_test_all_zeros(diff, diff);
}

/* seal() writes the tag, open() compares it. */
static __always_inline void mac_done(const struct xsrtp_suite_info *suite,
				     struct xsrtp_packet *pkt, __m128i mac, const bool seal)
{
	if (seal)
		mac_write(suite, pkt, mac);
	else if (!xsrtp_verdict(mac_equal(suite, pkt, mac)))
		pkt->reason = XSRTP_REASON_BAD_TAG;
}

#endif /* XSRTP_X86_SHA1_H */
