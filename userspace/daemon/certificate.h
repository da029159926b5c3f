/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The certificate that we show in DTLS: made by us and signed by itself, as nobody
 * looks at it but at its fingerprint (RFC 5763 5), or given. Who has offered its
 * fingerprint holds it until the handshake, also when a newer one is there.
 */
#ifndef XSRTPD_CERTIFICATE_H
#define XSRTPD_CERTIFICATE_H

#include <time.h>

#include "fingerprint.h"

struct certificate {
	unsigned int refs;
	X509 *x509;
	EVP_PKEY *key;
	time_t renew;		/* when the next is to be made; 0: never, it was given */
};

/* certificate_make() - ECDSA with P-256. NULL with a sentence in @err. */
struct certificate *certificate_make(time_t now, char *err, size_t err_len);

/* certificate_load() - from PEM files, which may be the same one. */
struct certificate *certificate_load(const char *cert, const char *key, char *err, size_t err_len);

struct certificate *certificate_get(struct certificate *c);
/* certificate_put() - the last who does so ends it; NULL is none. */
void certificate_put(struct certificate *c);

#endif /* XSRTPD_CERTIFICATE_H */
