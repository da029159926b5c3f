// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates.
 */
#include "certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_S		86400
#define LIFE_S		(30 * DAY_S)
#define RENEW_S		(15 * DAY_S)

static struct certificate *wrap(X509 *x, EVP_PKEY *key, time_t renew)
{
	struct certificate *c = calloc(1, sizeof(*c));

	if (c && x && key) {
		*c = (struct certificate){ .refs = 1, .x509 = x, .key = key, .renew = renew };
		return c;
	}
	X509_free(x);
	EVP_PKEY_free(key);
	free(c);
	return NULL;
}

/* A number that no other certificate of ours has, and a name that says nothing of the host. */
static bool name_it(X509 *x)
{
	X509_NAME *name = X509_get_subject_name(x);
	uint64_t serial;

	return RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"xsrtpd", -1, -1,
					  0) == 1 && X509_set_issuer_name(x, name) == 1;
}

/* Clocks of phones are wrong: it begins a day ago. */
static bool sign_it(X509 *x, EVP_PKEY *key, time_t now)
{
	return X509_set_version(x, X509_VERSION_3) == 1 && name_it(x) &&
	       ASN1_TIME_set(X509_getm_notBefore(x), now - DAY_S) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), now + LIFE_S) && X509_set_pubkey(x, key) == 1 &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

struct certificate *certificate_make(time_t now, char *err, size_t err_len)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	struct certificate *c;

	if (!key || !x || !sign_it(x, key, now)) {
		X509_free(x);
		x = NULL;
	}
	c = wrap(x, key, now + RENEW_S);
	if (!c)
		snprintf(err, err_len, "no certificate could be made");
	return c;
}

/* A key under a passphrase is none: nobody is there to be asked. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	return -1;
}

struct certificate *certificate_load(const char *cert, const char *key, char *err, size_t err_len)
{
	BIO *in = BIO_new_file(cert, "r");
	X509 *x = in ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL;
	struct certificate *c;
	EVP_PKEY *k;

	BIO_free(in);
	in = BIO_new_file(key, "r");
	k = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;
	BIO_free(in);
	if (!x || !k || X509_check_private_key(x, k) != 1) {
		if (!x || !k)
			snprintf(err, err_len, "%s has no %s in PEM", x ? key : cert,
				 x ? "private key without a passphrase" : "certificate");
		else
			snprintf(err, err_len, "%s is not the certificate of the key in %s", cert, key);
		X509_free(x);
		EVP_PKEY_free(k);
		return NULL;
	}
	c = wrap(x, k, 0);
	if (!c)
		snprintf(err, err_len, "out of memory");
	return c;
}

struct certificate *certificate_get(struct certificate *c)
{
	c->refs++;
	return c;
}

void certificate_put(struct certificate *c)
{
	if (!c || --c->refs)
		return;
	X509_free(c->x509);
	EVP_PKEY_free(c->key);	/* wipes it */
	free(c);
}
