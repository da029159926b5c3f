// SPDX-License-Identifier: GPL-2.0
/*
 * Fingerprints.
 */
#include "fingerprint.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

static const struct {
	const char *name;
	uint8_t len;
	const EVP_MD *(*md)(void);
} hashes[] = {
	[HASH_SHA256] = { "sha-256", 32, EVP_sha256 },
	[HASH_SHA384] = { "sha-384", 48, EVP_sha384 },
	[HASH_SHA512] = { "sha-512", 64, EVP_sha512 },
};

enum fingerprint_hash fingerprint_hash_of(struct text name)
{
	enum fingerprint_hash h;

	for (h = HASH_SHA256; h <= HASH_SHA512; h++)
		if (text_is_any_case(name, hashes[h].name))
			return h;
	return HASH_NONE;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* AA:BB:..., 3 characters for each byte but the last. */
static bool read_bytes(struct text t, struct fingerprint *f)
{
	unsigned int i;

	if (t.len != f->len * 3u - 1)
		return false;
	for (i = 0; i < f->len; i++) {
		const char *s = t.s + 3 * i;
		int high = digit(s[0]), low = digit(s[1]);

		if (high < 0 || low < 0 || (i + 1u < f->len && s[2] != ':'))
			return false;
		f->bytes[i] = high << 4 | low;
	}
	return true;
}

int fingerprint_parse(struct text t, struct fingerprint *f, char *err, size_t err_len)
{
	struct text bytes, name = text_cut(t, ' ', &bytes);

	*f = (struct fingerprint){ 0 };
	if (!name.len || !bytes.len) {
		snprintf(err, err_len, "a=fingerprint is HASH and bytes as AA:BB:...");
		return -EINVAL;
	}
	f->hash = fingerprint_hash_of(name);
	if (!f->hash) {
		snprintf(err, err_len, "a=fingerprint: \"%.*s\" is not taken; sha-256, sha-384 and sha-512 are",
			 TEXT_ARG(name));
		return -ENOTSUP;
	}
	f->len = hashes[f->hash].len;
	while (bytes.len && bytes.s[bytes.len - 1] == ' ')
		bytes.len--;
	if (read_bytes(bytes, f))
		return 0;
	snprintf(err, err_len, "a=fingerprint: %s has %u bytes, as AA:BB:...", hashes[f->hash].name, f->len);
	*f = (struct fingerprint){ 0 };
	return -EINVAL;
}

void fingerprint_write(const struct fingerprint *f, struct buf *b)
{
	unsigned int i;

	buf_puts(b, hashes[f->hash].name);
	for (i = 0; i < f->len; i++)
		buf_printf(b, "%c%02X", i ? ':' : ' ', f->bytes[i]);
}

int fingerprint_of(const X509 *x, enum fingerprint_hash hash, struct fingerprint *f)
{
	unsigned int len = sizeof(f->bytes);

	*f = (struct fingerprint){ .hash = hash, .len = hashes[hash].len };
	return X509_digest(x, hashes[hash].md(), f->bytes, &len) == 1 && len == f->len ? 0 : -EIO;
}

/* RFC 8122 5.1: of the hashes that the peer gave the best, and one of those. */
bool fingerprints_match(const struct fingerprints *s, const X509 *x)
{
	enum fingerprint_hash best = HASH_NONE;
	struct fingerprint is;
	bool found = false;
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (s->f[i].hash > best)
			best = s->f[i].hash;
	if (!x || !best || fingerprint_of(x, best, &is))
		return false;
	for (i = 0; i < s->n; i++)
		if (s->f[i].hash == best)
			found |= !CRYPTO_memcmp(s->f[i].bytes, is.bytes, is.len);
	return found;
}

bool fingerprints_same(const struct fingerprints *a, const struct fingerprints *b)
{
	return a->n == b->n && !memcmp(a->f, b->f, a->n * sizeof(a->f[0]));
}
