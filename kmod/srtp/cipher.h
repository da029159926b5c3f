/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The ciphers of SRTP behind one small interface, with several implementations:
 * the kernel's crypto library, OpenSSL, and our own SIMD code (x86/).
 *
 * An implementation is a set of stateless functions. All of them use the same
 * flat key layout, so that a key prepared by one can be used by another: in the
 * module a burst that may not touch the FPU falls back to the library under
 * the same key.
 */
#ifndef XSRTP_CIPHER_H
#define XSRTP_CIPHER_H

#include <xsrtp/srtp.h>

/**
 * struct xsrtp_cipher_key - the session keys of one master key, prepared
 * @hmac: CM: SHA-1 state after the inner, then after the outer padded key
 *	block (RFC 2104), five words each in host byte order
 * @salt: GCM: session salt (salt_len bytes, then zero)
 * @rk: AES encryption round keys as FIPS 197 writes them, 16 * (rounds + 1)
 *	bytes; the first key_len bytes are the key itself. Behind them 16 bytes:
 *	CM's session salt; and then for GCM XSRTP_HPOW_BYTES() for powers of H,
 *	which only the implementation that made them reads.
 *
 * An implementation may leave all of @rk but the key, and the powers, unset if
 * it does not read them; the key and @hmac are always there. In a session the
 * key stands 24 bytes into a cache line, which puts @rk on the next line.
 */
struct xsrtp_cipher_key {
	union {
		uint32_t hmac[10];
		uint8_t salt[16];
	};
	uint8_t rk[];
};

#define XSRTP_ROUNDS(key_len)	((key_len) / 4 + 6)
#define XSRTP_RK_BYTES(key_len)	(16 * (XSRTP_ROUNDS(key_len) + 1))
/* Fills the session up to 512 bytes: 16 powers for AES-128, 12 for AES-256. */
#define XSRTP_HPOW_BYTES(key_len) (512 - 64 - 16 - XSRTP_RK_BYTES(key_len))
#define XSRTP_CIPHER_KEY_MAX	(512 - 24)

/* Of GCM it stands in the line of a session that every packet needs anyway. */
static inline uint8_t *xsrtp_key_salt(const struct xsrtp_suite_info *suite,
				      const struct xsrtp_cipher_key *key)
{
	return suite->kind == XSRTP_KIND_GCM ? (uint8_t *)key->salt :
	       (uint8_t *)key->rk + XSRTP_RK_BYTES(suite->key_len);
}

static inline uint8_t *xsrtp_key_hpow(const struct xsrtp_suite_info *suite,
				      const struct xsrtp_cipher_key *key)
{
	return (uint8_t *)key->rk + XSRTP_RK_BYTES(suite->key_len) + 16;
}

/**
 * struct xsrtp_cipher - one implementation
 * @name: for people ("kernel", "openssl", "avx512")
 * @needs_fpu: in the kernel, only between kernel_fpu_begin() and _end()
 * @usable: can this CPU run it? NULL: always
 * @expand: prepare a key; see below
 * @ctr: XOR AES counter mode keystream onto @len bytes at @data, @iv being the
 *	first counter block, big-endian 128-bit increment (RFC 3711 4.1.1)
 * @seal: encrypt and authenticate @n packets of one suite, in place
 * @open: verify and decrypt @n packets of one suite, in place
 *
 * expand(): @enc_key key_len bytes; @auth_key 20 bytes, or NULL when @key shall
 * only serve ctr(). Does not write the salt.
 *
 * seal() and open() get packets whose private members the core has set: the
 * session's key in @key, the header in the first @hdr_len bytes at @data, the
 * text in the next @text_len (0 is valid). @iv, @extra and @tag:
 *
 *	CM	keystream from counter block @iv over the text; the tag is the first
 *		tag_len bytes of HMAC-SHA1 over header, encrypted text and the
 *		@extra_len bytes of @extra (RFC 3711 4.2: the ROC; always 4)
 *	GCM	nonce is the first 12 bytes of @iv; additional data is the header,
 *		followed directly by the @extra_len bytes of @extra (0 for SRTP; 4
 *		for SRTCP, whose index word is authenticated so: RFC 7714 9.2); the
 *		tag is the first tag_len bytes
 *
 * seal() writes the tag to @tag, which lies behind the text and does not
 * overlap it (MKI may stand between). open() compares with the tag_len bytes at
 * @tag in constant time and sets @reason to XSRTP_REASON_BAD_TAG where they
 * differ; that packet's bytes are then as they came. Neither reads or writes a
 * byte outside of header, text and tag. Packets of one call may share a key.
 */
struct xsrtp_cipher {
	const char *name;
	bool needs_fpu;
	bool (*usable)(void);
	void (*expand)(const struct xsrtp_suite_info *suite, struct xsrtp_cipher_key *key,
		       const uint8_t *enc_key, const uint8_t *auth_key);
	void (*ctr)(const struct xsrtp_suite_info *suite, const struct xsrtp_cipher_key *key,
		    const uint8_t iv[16], uint8_t *data, size_t len);
	void (*seal)(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		     unsigned int n);
	void (*open)(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		     unsigned int n);
};

/* The implementation that works everywhere: lib.c (kernel) or openssl.c. */
extern const struct xsrtp_cipher xsrtp_cipher_lib;

#endif /* XSRTP_CIPHER_H */
