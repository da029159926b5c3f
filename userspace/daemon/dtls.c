// SPDX-License-Identifier: GPL-2.0
/*
 * DTLS-SRTP with OpenSSL. DTLS 1.2 and not later: no OpenSSL has DTLS 1.3, and split()
 * dtls_packet() would have to know its record header. No session is resumed and none renegotiated:
 * each association has a full handshake, and so a certificate to look at.
 */
#include "dtls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include <xsrtp/srtp.h>

/* RFC 6347 4.2.4.1 recommends a second; media waits for this one. Doubled each time. */
#define FIRST_TIMEOUT_US	400000u
#define LAST_TIMEOUT_US		6400000u
#define SECRET_LEN		32
#define COOKIE_LEN		32
#define RECORD_HEADER		13	/* RFC 6347 4.1 */
#define SECRETS_MAX		(2 * (XSRTP_KEY_MAX + XSRTP_SALT_MAX))

struct dtls_context {
	SSL_CTX *ctx;
	BIO_METHOD *datagrams;
	unsigned char suite[DTLS_PROFILES];
	unsigned int n_suites;
	uint8_t secret[2][SECRET_LEN];	/* now, and before the last turn */
};

struct dtls {
	struct dtls_context *c;
	struct certificate *certificate;
	SSL *ssl;
	enum dtls_role role;
	enum dtls_state state;
	struct endpoint peer;
	struct fingerprints fingerprints;
	void (*send)(void *arg, const uint8_t *datagram, size_t len);
	void *arg;
	bool heard;		/* passive: a hello with our cookie has come */
	bool verified;		/* the certificate is the one of the SDP */
	const char *why;
	const uint8_t *in;	/* the record that is being read */
	size_t in_len;
};

/* --- profiles (RFC 5764 4.1.2, RFC 7714 14.2) ------------------------------------------ */

static const struct {
	const char *name;	/* IANA's */
	const char *openssl;
	unsigned short id;
	unsigned char suite;
} profiles[DTLS_PROFILES] = {
	{ "SRTP_AES128_CM_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80", SRTP_AES128_CM_SHA1_80,
	  XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80 },
	{ "SRTP_AES128_CM_HMAC_SHA1_32", "SRTP_AES128_CM_SHA1_32", SRTP_AES128_CM_SHA1_32,
	  XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32 },
	{ "SRTP_AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM", SRTP_AEAD_AES_128_GCM,
	  XSRTP_SUITE_AEAD_AES_128_GCM },
	{ "SRTP_AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM,
	  XSRTP_SUITE_AEAD_AES_256_GCM },
};

static int suite_of(struct text name)
{
	unsigned int i;

	for (i = 0; i < DTLS_PROFILES; i++)
		if (text_is(name, profiles[i].name))
			return profiles[i].suite;
	return -EINVAL;
}

int dtls_profiles(const char *list, unsigned char suite[DTLS_PROFILES], char *err, size_t err_len)
{
	struct text rest = text_of(list), name;
	unsigned int n = 0;
	int s;

	do {
		name = text_cut(rest, ',', &rest);
		s = suite_of(name);
		if (s < 0 || memchr(suite, s, n)) {
			snprintf(err, err_len, "\"%.*s\" is not one of %s, %s, %s, %s, each once, with commas",
				 TEXT_ARG(name), profiles[0].name, profiles[1].name, profiles[2].name,
				 profiles[3].name);
			return -EINVAL;
		}
		suite[n++] = s;
	} while (rest.len);
	return n;
}

/* As OpenSSL has a list of them. */
static void write_profiles(const unsigned char *suite, unsigned int n, struct buf *b)
{
	unsigned int i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < DTLS_PROFILES; k++)
			if (profiles[k].suite == suite[i])
				buf_printf(b, "%s%s", b->len ? ":" : "", profiles[k].openssl);
	buf_putc(b, 0);
}

static const struct xsrtp_suite_info *selected(const struct dtls *d)
{
	const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(d->ssl);
	unsigned int k;

	for (k = 0; p && k < DTLS_PROFILES; k++)
		if (profiles[k].id == p->id)
			return xsrtp_suite_info(profiles[k].suite);
	return NULL;
}

/* --- datagrams: a BIO that is us ---------------------------------------------------------- */

static int bio_write(BIO *b, const char *data, int len)
{
	struct dtls *d = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	d->send(d->arg, (const uint8_t *)data, len);
	return len;
}

/* One read, one record: what would not fit is gone, as of a datagram. */
static int bio_read(BIO *b, char *out, int size)
{
	struct dtls *d = BIO_get_data(b);
	int len = d->in_len < (size_t)size ? (int)d->in_len : size;

	BIO_clear_retry_flags(b);
	if (!d->in) {
		BIO_set_retry_read(b);
		return -1;
	}
	memcpy(out, d->in, len);
	d->in = NULL;
	return len;
}

/* Its buffer in front of us is all that OpenSSL asks to be flushed. */
static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_datagrams(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");

	if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) &&
	    BIO_meth_set_ctrl(m, bio_ctrl))
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* --- cookies (RFC 6347 4.2.1) ------------------------------------------------------------ */

int dtls_context_turn(struct dtls_context *c)
{
	uint8_t fresh[SECRET_LEN];

	if (RAND_bytes(fresh, SECRET_LEN) != 1)
		return -EIO;
	memcpy(c->secret[1], c->secret[0], SECRET_LEN);
	memcpy(c->secret[0], fresh, SECRET_LEN);
	OPENSSL_cleanse(fresh, sizeof(fresh));
	return 0;
}

static bool make_cookie(const struct dtls *d, int which, uint8_t cookie[COOKIE_LEN])
{
	uint8_t from[1 + 16 + 2];
	unsigned int len = COOKIE_LEN;

	from[0] = d->peer.family;
	memcpy(from + 1, d->peer.addr, 16);
	from[17] = d->peer.port >> 8;
	from[18] = d->peer.port & 0xff;
	return HMAC(EVP_sha256(), d->c->secret[which], SECRET_LEN, from, sizeof(from), cookie, &len);
}

static int give_cookie(SSL *ssl, unsigned char *cookie, unsigned int *len)
{
	*len = COOKIE_LEN;
	return make_cookie(SSL_get_app_data(ssl), 0, cookie);
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned int len)
{
	uint8_t good[COOKIE_LEN];
	int i, fits = 0;

	if (len != COOKIE_LEN)
		return 0;
	for (i = 0; i < 2; i++)
		if (make_cookie(SSL_get_app_data(ssl), i, good))
			fits |= !CRYPTO_memcmp(good, cookie, COOKIE_LEN);
	return fits;
}

/* --- what all have in common ---------------------------------------------------------------- */

/*
 * In place of OpenSSL's own verification: nobody has signed it but itself, and what it
 * says of names and times is not what tells the peer (RFC 5763 5).
 */
static int verify(X509_STORE_CTX *x, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct dtls *d = SSL_get_app_data(ssl);

	d->verified = fingerprints_match(&d->fingerprints, X509_STORE_CTX_get0_cert(x));
	if (d->verified)
		return 1;
	d->why = "its certificate has not the fingerprint of its SDP";
	X509_STORE_CTX_set_error(x, X509_V_ERR_CERT_REJECTED);
	return 0;
}

/* Forward secrecy and AEAD only; RFC 8827 6.5 has the first of these for all. */
static bool set_up(struct dtls_context *c)
{
	static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
	char list[256];
	struct buf b = buf_on(list, sizeof(list));

	write_profiles(c->suite, c->n_suites, &b);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU |
			    SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(c->ctx, 1);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(c->ctx, verify, NULL);
	SSL_CTX_set_cookie_generate_cb(c->ctx, give_cookie);
	SSL_CTX_set_cookie_verify_cb(c->ctx, check_cookie);
	return !buf_full(&b) && SSL_CTX_set_min_proto_version(c->ctx, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(c->ctx, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(c->ctx, ciphers) == 1 &&
	       SSL_CTX_set1_groups_list(c->ctx, "X25519:P-256:P-384") == 1 &&
	       !SSL_CTX_set_tlsext_use_srtp(c->ctx, list);
}

struct dtls_context *dtls_context_new(const unsigned char *suite, unsigned int n, char *err, size_t err_len)
{
	struct dtls_context *c = calloc(1, sizeof(*c));

	if (c) {
		memcpy(c->suite, suite, n);
		c->n_suites = n;
		c->ctx = SSL_CTX_new(DTLS_method());
		c->datagrams = make_datagrams();
		if (c->ctx && c->datagrams && set_up(c) && !dtls_context_turn(c) && !dtls_context_turn(c))
			return c;
		dtls_context_free(c);
	}
	ERR_clear_error();
	snprintf(err, err_len, "OpenSSL has not what DTLS-SRTP needs");
	return NULL;
}

void dtls_context_free(struct dtls_context *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ctx);
	BIO_meth_free(c->datagrams);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}

const struct xsrtp_suite_info *dtls_context_best(const struct dtls_context *c)
{
	return xsrtp_suite_info(c->suite[0]);
}

/* --- one association -------------------------------------------------------------------------- */

static unsigned int next_timeout(SSL *ssl, unsigned int us)
{
	return !us ? FIRST_TIMEOUT_US : us < LAST_TIMEOUT_US ? 2 * us : us;
}

static bool set_up_one(struct dtls *d, const struct dtls_config *cfg)
{
	char name[64];
	struct buf b = buf_on(name, sizeof(name));
	BIO *bio = BIO_new(d->c->datagrams);

	if (!bio)
		return false;
	BIO_set_data(bio, d);
	BIO_set_init(bio, 1);
	SSL_set_bio(d->ssl, bio, bio);
	SSL_set_app_data(d->ssl, d);
	SSL_set_mtu(d->ssl, DTLS_MTU);
	DTLS_set_timer_cb(d->ssl, next_timeout);
	if (cfg->role == DTLS_ACTIVE)
		SSL_set_connect_state(d->ssl);
	else
		SSL_set_accept_state(d->ssl);
	if (cfg->only)
		write_profiles(&cfg->only->suite, 1, &b);
	return SSL_use_certificate(d->ssl, d->certificate->x509) == 1 &&
	       SSL_use_PrivateKey(d->ssl, d->certificate->key) == 1 &&
	       !(cfg->only && SSL_set_tlsext_use_srtp(d->ssl, name));
}

struct dtls *dtls_new(struct dtls_context *c, const struct dtls_config *cfg)
{
	struct dtls *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	*d = (struct dtls){ .c = c, .certificate = certificate_get(cfg->certificate), .role = cfg->role,
			    .peer = cfg->peer, .fingerprints = *cfg->fingerprints, .send = cfg->send,
			    .arg = cfg->arg, .ssl = SSL_new(c->ctx) };
	if (d->ssl && set_up_one(d, cfg))
		return d;
	dtls_free(d);
	ERR_clear_error();
	return NULL;
}

void dtls_free(struct dtls *d)
{
	if (!d)
		return;
	SSL_free(d->ssl);
	certificate_put(d->certificate);
	ERR_clear_error();
	OPENSSL_cleanse(d, sizeof(*d));
	free(d);
}

void dtls_bye(struct dtls *d)
{
	if (d->state == DTLS_DONE)
		SSL_shutdown(d->ssl);
	ERR_clear_error();
}

static enum dtls_state fail(struct dtls *d, const char *why)
{
	if (!d->why)
		d->why = why;
	ERR_clear_error();
	return d->state = DTLS_FAILED;
}

/* What OpenSSL says for it; its texts have nothing of a packet in them. */
static enum dtls_state fail_by_openssl(struct dtls *d)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	return fail(d, why ?: "the handshake failed");
}

static enum dtls_state finish(struct dtls *d)
{
	if (!d->verified)
		return fail(d, "the peer has shown no certificate");
	if (!selected(d))
		return fail(d, "the peer has no SRTP profile that we have");
	return d->state = DTLS_DONE;
}

static enum dtls_state handshake(struct dtls *d)
{
	int ret, error;

	ERR_clear_error();
	ret = SSL_do_handshake(d->ssl);
	if (ret == 1)
		return finish(d);
	error = SSL_get_error(d->ssl, ret);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return DTLS_GOING_ON;
	return fail_by_openssl(d);
}

/*
 * Until a hello with a cookie came nothing is kept of any (RFC 6347 4.2.1): each is
 * looked at alone, and its answer is not larger than it.
 */
static enum dtls_state listen_for_hello(struct dtls *d)
{
	BIO_ADDR *nowhere = BIO_ADDR_new();
	int ret = nowhere ? DTLSv1_listen(d->ssl, nowhere) : 0;

	BIO_ADDR_free(nowhere);
	ERR_clear_error();
	if (ret <= 0)
		return DTLS_GOING_ON;
	d->heard = true;
	return handshake(d);
}

/* The peer sends its last flight again when ours was lost: OpenSSL answers within SSL_read(). */
static enum dtls_state read_on(struct dtls *d)
{
	uint8_t nothing[256];
	int ret;

	ERR_clear_error();
	do
		ret = SSL_read(d->ssl, nothing, sizeof(nothing));
	while (ret > 0);
	ERR_clear_error();
	return d->state;
}

static enum dtls_state record(struct dtls *d, const uint8_t *r, size_t len)
{
	d->in = r;
	d->in_len = len;
	if (d->state == DTLS_DONE)
		read_on(d);
	else if (d->role == DTLS_PASSIVE && !d->heard)
		listen_for_hello(d);
	else
		handshake(d);
	d->in = NULL;
	return d->state;
}

enum dtls_state dtls_start(struct dtls *d)
{
	return d->role == DTLS_ACTIVE && d->state == DTLS_GOING_ON ? handshake(d) : d->state;
}

/*
 * RFC 6347 4.1: type, version, epoch, number, length. Alerts that are not encrypted are
 * passed over, as 4.1.2.7 allows: anyone can send them to end a handshake. Before there
 * are keys the peer sends no more than handshake messages and a change of cipher spec.
 */
static bool may_be_read(const struct dtls *d, const uint8_t *r)
{
	bool plain = !r[3] && !r[4];

	if (r[1] != 0xfe)
		return false;
	return plain ? r[0] == 22 || r[0] == 20 : r[0] >= 20 && r[0] <= 23;
}

enum dtls_state dtls_packet(struct dtls *d, const uint8_t *p, size_t len)
{
	size_t n;

	while (d->state != DTLS_FAILED && len >= RECORD_HEADER) {
		n = RECORD_HEADER + (p[11] << 8 | p[12]);
		if (n > len)
			break;
		if (may_be_read(d, p))
			record(d, p, n);
		p += n;
		len -= n;
	}
	return d->state;
}

enum dtls_state dtls_timeout(struct dtls *d)
{
	if (d->state != DTLS_GOING_ON)
		return d->state;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(d->ssl) < 0)
		return fail(d, "no answer");
	return d->state;
}

bool dtls_wait(struct dtls *d, uint64_t *us)
{
	struct timeval t;

	if (d->state != DTLS_GOING_ON || !DTLSv1_get_timeout(d->ssl, &t))
		return false;
	*us = t.tv_sec * 1000000ull + t.tv_usec;
	return true;
}

const char *dtls_why(const struct dtls *d)
{
	return d->why;
}

/* --- keys (RFC 5764 4.2) ------------------------------------------------------------------------ */

/* client's key, server's key, client's salt, server's salt */
static void split(const struct xsrtp_suite_info *s, const uint8_t *secrets, unsigned int which, struct key *k)
{
	*k = (struct key){ .key_len = s->key_len, .salt_len = s->salt_len };
	memcpy(k->master_key, secrets + which * s->key_len, s->key_len);
	memcpy(k->master_salt, secrets + 2 * s->key_len + which * s->salt_len, s->salt_len);
}

bool dtls_keys(struct dtls *d, struct dtls_keys *k)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const struct xsrtp_suite_info *s = selected(d);
	uint8_t secrets[SECRETS_MAX];
	bool done;

	*k = (struct dtls_keys){ 0 };
	if (d->state != DTLS_DONE || !d->verified || !s)
		return false;
	done = SSL_export_keying_material(d->ssl, secrets, 2 * (s->key_len + s->salt_len), label,
					  sizeof(label) - 1, NULL, 0, 0) == 1;
	if (done) {
		k->suite = s;
		split(s, secrets, d->role == DTLS_PASSIVE, &k->ours);
		split(s, secrets, d->role == DTLS_ACTIVE, &k->theirs);
	}
	OPENSSL_cleanse(secrets, sizeof(secrets));
	ERR_clear_error();
	return done;
}
