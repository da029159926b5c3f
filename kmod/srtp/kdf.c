// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kdf.h"
#include "platform.h"

#define HMAC_SHA1_KEY	20	/* n_a: 160 bits (RFC 3711 8.2) */

/* A key on the stack that serves ->ctr() only: no room for powers of H. */
union prf_key {
	struct xsrtp_cipher_key key;
	uint8_t room[sizeof(struct xsrtp_cipher_key) + XSRTP_RK_BYTES(XSRTP_KEY_MAX) + 16];
};

/*
 * The counter block is (key_id XOR master_salt) * 2^16, key_id being label || r,
 * with the low ends of key_id and salt aligned (RFC 3711 4.3.1):
 *
 *	byte	0 ... 6  7      8 ... 13  14 15
 *	      |  salt  | label |    r   |  0   |
 */
static void prf(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
		const union prf_key *key, const uint8_t *master_salt, uint8_t label,
		uint64_t r, uint8_t *out, size_t len)
{
	uint8_t iv[16] = { 0 };
	int i;

	memcpy(iv, master_salt, suite->salt_len);
	iv[7] ^= label;
	for (i = 0; i < 6; i++)
		iv[13 - i] ^= r >> (8 * i);
	memset(out, 0, len);
	c->ctr(suite, &key->key, iv, out, len);
}

void xsrtp_kdf(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
	       const uint8_t *master_key, const uint8_t *master_salt, uint8_t label,
	       uint64_t r, uint8_t *out, size_t len)
{
	union prf_key key;

	c->expand(suite, &key.key, master_key, NULL);
	prf(c, suite, &key, master_salt, label, r, out, len);
	memzero_explicit(&key, sizeof(key));
}

void xsrtp_key_derive(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
		      struct xsrtp_cipher_key *key, const uint8_t *master_key,
		      const uint8_t *master_salt, enum xsrtp_kdf_label first, uint64_t r)
{
	uint8_t enc[XSRTP_KEY_MAX], auth[HMAC_SHA1_KEY];
	uint8_t *salt = xsrtp_key_salt(suite, key);
	union prf_key master;

	c->expand(suite, &master.key, master_key, NULL);
	prf(c, suite, &master, master_salt, first, r, enc, suite->key_len);
	prf(c, suite, &master, master_salt, first + 1, r, auth, sizeof(auth));
	c->expand(suite, key, enc, auth);
	prf(c, suite, &master, master_salt, first + 2, r, salt, suite->salt_len);
	memset(salt + suite->salt_len, 0, 16 - suite->salt_len);

	memzero_explicit(&master, sizeof(master));
	memzero_explicit(enc, sizeof(enc));
	memzero_explicit(auth, sizeof(auth));
}

void xsrtp_key_derive_ext(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
			  struct xsrtp_cipher_key *key, const uint8_t *master_key,
			  const uint8_t *master_salt, uint64_t r)
{
	uint8_t enc[XSRTP_KEY_MAX], *salt = xsrtp_key_salt(suite, key);
	union prf_key master;

	c->expand(suite, &master.key, master_key, NULL);
	prf(c, suite, &master, master_salt, KDF_EXT_ENCRYPTION, r, enc, suite->key_len);
	c->expand(suite, key, enc, NULL);
	memset(salt, 0, 16);
	prf(c, suite, &master, master_salt, KDF_EXT_SALT, r, salt, suite->salt_len);

	memzero_explicit(&master, sizeof(master));
	memzero_explicit(enc, sizeof(enc));
}
