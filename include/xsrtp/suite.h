/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The cipher suites, by their IANA names (registry "SRTP Crypto Suite
 * Registrations", RFC 4568 10.3.2.1), with the sizes that follow from them.
 * One list: the core, the module, the command line and the tests expand it.
 */
#ifndef XSRTP_SUITE_H
#define XSRTP_SUITE_H

/*
 * X(symbol, number, name, kind, key bytes, salt bytes, tag bytes)
 *
 * The number is ABI (netlink attribute "suite"). Sizes: RFC 3711 8.2 (AES_CM
 * with HMAC-SHA1), RFC 6188 3 (192 and 256 bits), RFC 7714 12 (AEAD; the 8-byte
 * tags are of its drafts and in use). The NULL suites do without encryption or,
 * for SRTP alone, without authentication: nothing falls back to them, they are
 * only what was asked for by name.
 */
#define XSRTP_SUITES(X)							\
	X(AES_CM_128_HMAC_SHA1_80, 1, "AES_CM_128_HMAC_SHA1_80", CM, 16, 14, 10) \
	X(AES_CM_128_HMAC_SHA1_32, 2, "AES_CM_128_HMAC_SHA1_32", CM, 16, 14, 4) \
	X(AES_192_CM_HMAC_SHA1_80, 3, "AES_192_CM_HMAC_SHA1_80", CM, 24, 14, 10) \
	X(AES_192_CM_HMAC_SHA1_32, 4, "AES_192_CM_HMAC_SHA1_32", CM, 24, 14, 4) \
	X(AES_256_CM_HMAC_SHA1_80, 5, "AES_256_CM_HMAC_SHA1_80", CM, 32, 14, 10) \
	X(AES_256_CM_HMAC_SHA1_32, 6, "AES_256_CM_HMAC_SHA1_32", CM, 32, 14, 4) \
	X(AEAD_AES_128_GCM, 7, "AEAD_AES_128_GCM", GCM, 16, 12, 16)	\
	X(AEAD_AES_256_GCM, 8, "AEAD_AES_256_GCM", GCM, 32, 12, 16)	\
	X(AEAD_AES_128_GCM_8, 9, "AEAD_AES_128_GCM_8", GCM, 16, 12, 8)	\
	X(AEAD_AES_256_GCM_8, 10, "AEAD_AES_256_GCM_8", GCM, 32, 12, 8)	\
	X(NULL_HMAC_SHA1_80, 11, "NULL_HMAC_SHA1_80", CM, 16, 14, 10)	\
	X(NULL_HMAC_SHA1_32, 12, "NULL_HMAC_SHA1_32", CM, 16, 14, 4)	\
	X(AES_CM_128_NULL_AUTH, 13, "AES_CM_128_NULL_AUTH", CM, 16, 14, 0)

enum xsrtp_suite {
	XSRTP_SUITE_NONE,
#define X(sym, num, name, kind, key, salt, tag) XSRTP_SUITE_##sym = num,
	XSRTP_SUITES(X)
#undef X
};

enum xsrtp_suite_kind {
	XSRTP_KIND_CM,		/* AES counter mode, then HMAC-SHA1 (RFC 3711) */
	XSRTP_KIND_GCM,		/* AES-GCM (RFC 7714) */
};

struct xsrtp_suite_info {
	const char *name;
	unsigned char suite;	/* enum xsrtp_suite */
	unsigned char kind;	/* enum xsrtp_suite_kind */
	unsigned char key_len;	/* master and session encryption key, bytes */
	unsigned char salt_len;	/* master and session salt, bytes */
	unsigned char tag_len;	/* authentication tag, bytes */
	unsigned char null_cipher; /* authenticates, does not encrypt */
};

#define XSRTP_KEY_MAX	32
#define XSRTP_SALT_MAX	14
#define XSRTP_TAG_MAX	16
#define XSRTP_MKI_MAX	128

#endif /* XSRTP_SUITE_H */
