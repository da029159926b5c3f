// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "header.h"

/* --- cryptex ---------------------------------------------------------------------- */

void xsrtp_header_shift(uint8_t *data)
{
	uint32_t ext = get_unaligned_be32(rtp_ext(data));

	memmove(data + RTP_HEADER_MIN + 4, data + RTP_HEADER_MIN, rtp_csrc_len(data));
	put_unaligned_be32(ext, data + RTP_HEADER_MIN);
}

void xsrtp_header_unshift(uint8_t *data)
{
	uint32_t ext = get_unaligned_be32(data + RTP_HEADER_MIN);

	memmove(data + RTP_HEADER_MIN, data + RTP_HEADER_MIN + 4, rtp_csrc_len(data));
	put_unaligned_be32(ext, rtp_ext(data));
}

/* --- selected elements --------------------------------------------------------------- */

#define PIECE	256	/* of keystream, bytes: mostly all there is */

/*
 * The keystream runs over all of the extension but its first four bytes, as if it
 * were a packet's payload; only where a selected element's data is it is used.
 */
struct keystream {
	const struct xsrtp_cipher *c;
	const struct xsrtp_suite_info *suite;
	const struct xsrtp_cipher_key *key;
	uint8_t iv[16];
	uint32_t at;		/* which piece is in @bytes, plus one */
	uint8_t bytes[PIECE];
};

/* IV = k_hs * 2^16 ^ SSRC * 2^64 ^ index * 2^16 (RFC 3711 4.1.1) */
static void keystream_start(struct keystream *ks, uint32_t ssrc, uint64_t index)
{
	uint8_t block[16] = { 0 };
	int i;

	put_unaligned_be32(ssrc, block + 4);
	put_unaligned_be32(index >> 16, block + 8);
	put_unaligned_be16(index, block + 12);
	for (i = 0; i < 16; i++)
		ks->iv[i] = block[i] ^ xsrtp_key_salt(ks->suite, ks->key)[i];
	ks->at = 0;
}

static uint8_t keystream_byte(struct keystream *ks, uint32_t at)
{
	if (ks->at != at / PIECE + 1) {
		ks->at = at / PIECE + 1;
		put_unaligned_be16(at / PIECE * (PIECE / 16), ks->iv + 14);
		memset(ks->bytes, 0, PIECE);
		ks->c->ctr(ks->suite, ks->key, ks->iv, ks->bytes, PIECE);
	}
	return ks->bytes[at % PIECE];
}

/* A walk over the elements of an extension (RFC 8285 4.2 and 4.3). */
struct walk {
	uint8_t *body;
	uint32_t body_len;
	bool two_bytes;
	/* the element: where its data is, how long, its id */
	uint32_t at;
	uint32_t len;
	uint8_t id;
};

/* Returns false if there is nothing to walk over. */
static bool walk_start(struct walk *w, const uint8_t *data)
{
	uint8_t *ext = rtp_ext(data);
	uint16_t profile;

	if (!rtp_has_ext(data))
		return false;
	profile = get_unaligned_be16(ext);
	*w = (struct walk){ .body = ext + 4, .body_len = 4 * get_unaligned_be16(ext + 2),
			    .two_bytes = (profile & 0xfff0) == EXT_TWO_BYTE };
	return profile == EXT_ONE_BYTE || w->two_bytes;
}

/* The next element: false at the end. It may reach beyond @body_len. */
static bool walk_next(struct walk *w)
{
	uint32_t at = w->at + w->len;

	while (at < w->body_len && !w->body[at])	/* padding */
		at++;
	if (at >= w->body_len)
		return false;
	w->id = w->two_bytes ? w->body[at] : w->body[at] >> 4;
	if (w->two_bytes)
		w->len = at + 1 < w->body_len ? w->body[at + 1] : w->body_len;
	else
		w->len = (w->body[at] & 0x0f) + 1;
	w->at = at + 1 + w->two_bytes;
	/* Id 15 of one byte: stop, whatever follows. */
	return w->two_bytes || w->id != 15;
}

bool xsrtp_header_valid(const uint8_t *data)
{
	struct walk w;

	if (!walk_start(&w, data))
		return true;
	while (walk_next(&w))
		if (w.at + w.len > w.body_len)
			return false;
	return true;
}

void xsrtp_header_elements(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
			   const struct xsrtp_cipher_key *key, const uint8_t ids[32],
			   uint8_t *data, uint32_t ssrc, uint64_t index)
{
	struct keystream ks = { .c = c, .suite = suite, .key = key };
	struct walk w;
	uint32_t i;

	if (!walk_start(&w, data))
		return;
	keystream_start(&ks, ssrc, index);
	while (walk_next(&w) && w.at + w.len <= w.body_len)
		if (ids[w.id / 8] >> w.id % 8 & 1)
			for (i = w.at; i < w.at + w.len; i++)
				w.body[i] ^= keystream_byte(&ks, i);
	memzero_explicit(ks.bytes, sizeof(ks.bytes));
}
