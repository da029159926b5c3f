/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DTLS-SRTP, RFC 5764: one association with one peer, without a socket and without a
 * clock of its own. Datagrams go in and come out by a callback; in the end there are
 * keys, or there is a reason why not.
 *
 * The peer must show a certificate whose fingerprint is one that its SDP had: that is
 * looked at within the handshake, and no key is ever handed out before.
 */
#ifndef XSRTPD_DTLS_H
#define XSRTPD_DTLS_H

#include "certificate.h"
#include "endpoint.h"
#include "key.h"

#define DTLS_MTU	1200	/* of what we send, without UDP's header */
#define DTLS_PROFILES	4

enum dtls_role { DTLS_ACTIVE, DTLS_PASSIVE };	/* client, server */
enum dtls_state { DTLS_GOING_ON, DTLS_DONE, DTLS_FAILED };

/* Common to all associations: profiles, secrets of the cookies. */
struct dtls_context;
struct dtls;

struct dtls_config {
	enum dtls_role role;
	struct endpoint peer;		/* a cookie is good from there only */
	const struct fingerprints *fingerprints;	/* of the peer; copied */
	struct certificate *certificate;	/* ours; held as long as the association is */
	const struct xsrtp_suite_info *only;	/* NULL: any of the context's profiles */
	void (*send)(void *arg, const uint8_t *datagram, size_t len);
	void *arg;
};

struct dtls_keys {
	const struct xsrtp_suite_info *suite;
	struct key ours;		/* what we send under */
	struct key theirs;
};

#define DTLS_PROFILES_USUAL "SRTP_AEAD_AES_256_GCM,SRTP_AEAD_AES_128_GCM," \
			    "SRTP_AES128_CM_HMAC_SHA1_80,SRTP_AES128_CM_HMAC_SHA1_32"

/*
 * dtls_profiles() - "SRTP_AEAD_AES_256_GCM,...", IANA's names, best first, to suites
 *
 * How many; -EINVAL with a sentence in @err.
 */
int dtls_profiles(const char *list, unsigned char suite[DTLS_PROFILES], char *err, size_t err_len);

/* dtls_context_new() - NULL with a sentence in @err. */
struct dtls_context *dtls_context_new(const unsigned char *suite, unsigned int n, char *err, size_t err_len);
void dtls_context_free(struct dtls_context *c);
/* dtls_context_best() - the first of its profiles */
const struct xsrtp_suite_info *dtls_context_best(const struct dtls_context *c);
/* dtls_context_turn() - new secrets for cookies; those of the last turn are good until the next. */
int dtls_context_turn(struct dtls_context *c);

/* dtls_new() - sends nothing yet. NULL: out of memory. */
struct dtls *dtls_new(struct dtls_context *c, const struct dtls_config *cfg);
void dtls_free(struct dtls *d);
/* dtls_bye() - tells the peer that it ends (RFC 5764 5.1.1: the call, not a change of keys). */
void dtls_bye(struct dtls *d);

/* dtls_start() - the first flight, if we are active. */
enum dtls_state dtls_start(struct dtls *d);
/* dtls_packet() - a datagram of the peer's. What is no DTLS, or is forged, changes nothing. */
enum dtls_state dtls_packet(struct dtls *d, const uint8_t *packet, size_t len);
/* dtls_timeout() - after dtls_wait() has passed: sends the last flight again. */
enum dtls_state dtls_timeout(struct dtls *d);
/* dtls_wait() - microseconds until dtls_timeout(); false: nothing is waited for. */
bool dtls_wait(struct dtls *d, uint64_t *us);

/* dtls_keys() - of an association that is DTLS_DONE; false of any other. Wipe them. */
bool dtls_keys(struct dtls *d, struct dtls_keys *k);
/* dtls_why() - of one that is DTLS_FAILED */
const char *dtls_why(const struct dtls *d);

#endif /* XSRTPD_DTLS_H */
