/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Header extensions that are encrypted: all of the header but its fixed part
 * (cryptex, RFC 9335), or selected elements (RFC 6904).
 */
#ifndef XSRTP_HEADER_H
#define XSRTP_HEADER_H

#include "cipher.h"
#include "packet.h"

#define EXT_ONE_BYTE		0xbede	/* RFC 8285 4.2 */
#define EXT_TWO_BYTE		0x1000	/* 4.3; the low four bits are for applications */
#define CRYPTEX_ONE_BYTE	0xc0de	/* RFC 9335 5.1 */
#define CRYPTEX_TWO_BYTE	0xc2de

/* Bytes of the CSRCs; those of extension header and all begin at 12 + this. */
static inline uint32_t rtp_csrc_len(const uint8_t *data)
{
	return 4 * (data[0] & 0x0f);
}

static inline bool rtp_has_ext(const uint8_t *data)
{
	return data[0] & 0x10;
}

/* "defined by profile" of the extension that is there */
static inline uint8_t *rtp_ext(const uint8_t *data)
{
	return (uint8_t *)data + RTP_HEADER_MIN + rtp_csrc_len(data);
}

/*
 * xsrtp_header_shift() - extension header in front of the CSRCs, for the cipher
 * xsrtp_header_unshift() - and back behind them, for the wire
 *
 *	| fixed 12 | CSRCs | ext. header 4 | elements | payload
 *	| fixed 12 | ext. header 4 | CSRCs | elements | payload
 *
 * What cryptex encrypts is in one piece then, and what it does not, too.
 */
void xsrtp_header_shift(uint8_t *data);
void xsrtp_header_unshift(uint8_t *data);

/*
 * xsrtp_header_elements() - XOR the keystream onto the selected elements' data
 * (RFC 6904 4), which encrypts and decrypts
 * @key: of xsrtp_key_derive_ext()
 * @ids: as xsrtp_session_config.ext_ids
 * @data: the packet, with a well-formed header
 * @index: its index on the wire
 *
 * Where elements are not well-formed, those before are XORed: a sender asks
 * xsrtp_header_valid() first.
 */
void xsrtp_header_elements(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
			   const struct xsrtp_cipher_key *key, const uint8_t ids[32],
			   uint8_t *data, uint32_t ssrc, uint64_t index);

/* Is the extension, if there is one, well-formed (RFC 8285 4.2 and 4.3)? */
bool xsrtp_header_valid(const uint8_t *data);

#endif /* XSRTP_HEADER_H */
