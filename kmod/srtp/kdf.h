/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Key derivation (RFC 3711 4.3): from a master key and salt to session keys.
 */
#ifndef XSRTP_KDF_H
#define XSRTP_KDF_H

#include "cipher.h"

/* Labels (RFC 3711 4.3.1 and 4.3.2) */
enum xsrtp_kdf_label {
	KDF_RTP_ENCRYPTION = 0,
	KDF_RTP_AUTH = 1,
	KDF_RTP_SALT = 2,
	KDF_RTCP_ENCRYPTION = 3,
	KDF_RTCP_AUTH = 4,
	KDF_RTCP_SALT = 5,
	KDF_EXT_ENCRYPTION = 6,	/* RFC 6904 4 */
	KDF_EXT_SALT = 7,
	KDF_FINGERPRINT = 0xf0,	/* nobody's: to know a key again */
};

/**
 * xsrtp_kdf() - one derived key: AES_CM_PRF (RFC 3711 4.3.3; 6188 for 256 bits)
 * @c: cipher implementation; needs only ->expand() and ->ctr()
 * @suite: gives the lengths of master key and salt
 * @master_key: key_len bytes
 * @master_salt: salt_len bytes; the 12 of AEAD count as 14 ending in two zeros
 *	(RFC 7714 11)
 * @label: which key
 * @r: index DIV key_derivation_rate, 48 bits; 0 without a rate
 * @out: the derived key
 * @len: its length in bytes
 */
void xsrtp_kdf(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
	       const uint8_t *master_key, const uint8_t *master_salt, uint8_t label,
	       uint64_t r, uint8_t *out, size_t len);

/*
 * xsrtp_key_derive() - encryption and authentication key and salt, prepared in
 * @key: those of SRTP from label @first 0 on, those of SRTCP from 3 on. @r: as
 * for xsrtp_kdf().
 */
void xsrtp_key_derive(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
		      struct xsrtp_cipher_key *key, const uint8_t *master_key,
		      const uint8_t *master_salt, enum xsrtp_kdf_label first, uint64_t r);

/*
 * xsrtp_key_derive_ext() - key for ->ctr() over header extensions (RFC 6904 4),
 * with its salt behind the round keys. Under AEAD too the keystream is that of
 * counter mode (RFC 7714 8.3); the salt of 12 bytes ends in two zeros there.
 */
void xsrtp_key_derive_ext(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
			  struct xsrtp_cipher_key *key, const uint8_t *master_key,
			  const uint8_t *master_salt, uint64_t r);

#endif /* XSRTP_KDF_H */
