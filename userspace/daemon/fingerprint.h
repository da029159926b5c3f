/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fingerprints of certificates, RFC 8122 5: the value of a=fingerprint. Those of one
 * peer are a set, of which the ones of its strongest hash count.
 */
#ifndef XSRTPD_FINGERPRINT_H
#define XSRTPD_FINGERPRINT_H

#include <openssl/x509.h>

#include "buf.h"

#define FINGERPRINTS	8	/* of one medium */

/* Weaker hashes are not taken: what can be collided with proves nothing. */
enum fingerprint_hash { HASH_NONE, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

struct fingerprint {
	uint8_t hash;		/* enum fingerprint_hash */
	uint8_t len;
	uint8_t bytes[64];
};

struct fingerprints {
	unsigned int n;
	struct fingerprint f[FINGERPRINTS];
};

/* fingerprint_hash_of() - "sha-256"; HASH_NONE: unknown, or too weak */
enum fingerprint_hash fingerprint_hash_of(struct text name);

/*
 * fingerprint_parse() - "sha-256 4A:AD:..."
 *
 * 0; -EINVAL it is not as RFC 8122 5 has it; -ENOTSUP it is, with a hash that we do not
 * take, so that this one is to be passed over. A sentence in @err.
 */
int fingerprint_parse(struct text t, struct fingerprint *f, char *err, size_t err_len);
void fingerprint_write(const struct fingerprint *f, struct buf *b);

/* fingerprint_of() - of a certificate. 0, or -EIO. */
int fingerprint_of(const X509 *x, enum fingerprint_hash hash, struct fingerprint *f);

/* fingerprints_match() - false also if there are none. In constant time for each. */
bool fingerprints_match(const struct fingerprints *s, const X509 *x);

/* fingerprints_same() - the same ones in the same order */
bool fingerprints_same(const struct fingerprints *a, const struct fingerprints *b);

#endif /* XSRTPD_FINGERPRINT_H */
