// SPDX-License-Identifier: GPL-2.0
/*
 * DTLS-SRTP: two of ours against each other and each of them against OpenSSL as it is,
 * under loss, doubling, reordering, junk and forgery; and what must not end with a key.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <xsrtp/srtp.h>

#include "dtls.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define QUEUE 512

/* --- a wire --------------------------------------------------------------------------- */

struct datagram {
	int to;
	size_t len;
	uint8_t data[DTLS_MTU];
};

static struct wire {
	struct dtls *end[2];
	struct datagram queue[QUEUE];
	unsigned int head, tail;
	unsigned int n_sent[2];
	size_t bytes_sent[2];
	/* what becomes of the datagram that is @n_sent-th of an end */
	unsigned int drop[2];	/* a bit each */
	bool twice, backwards;
} wire;

static void send_to(int to, const uint8_t *data, size_t len)
{
	struct datagram *d = &wire.queue[wire.tail++ % QUEUE];

	assert_in_range(wire.tail - wire.head, 1, QUEUE);
	assert_in_range(len, 1, DTLS_MTU);
	d->to = to;
	d->len = len;
	memcpy(d->data, data, len);
}

static void send_one(void *arg, const uint8_t *data, size_t len)
{
	int from = arg != &wire.end[0], n = wire.n_sent[from]++, copies = wire.twice ? 2 : 1;

	wire.bytes_sent[from] += len;
	if (n < 32 && wire.drop[from] >> n & 1)
		return;
	while (copies--)
		send_to(!from, data, len);
}

/* In memory of exactly its size, so that the sanitizer sees one byte too many. */
static enum dtls_state give(struct dtls *d, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ?: 1);
	enum dtls_state state;

	memcpy(copy, data, len);
	state = dtls_packet(d, copy, len);
	free(copy);
	return state;
}

static void deliver_all(void)
{
	while (wire.head != wire.tail) {
		struct datagram d = wire.queue[wire.backwards ? (wire.tail - 1) % QUEUE : wire.head % QUEUE];

		if (wire.backwards)
			wire.tail--;
		else
			wire.head++;
		if (wire.end[d.to])
			give(wire.end[d.to], d.data, d.len);
	}
}

static bool timers(void)
{
	uint64_t us, first = UINT64_MAX;
	int i;

	for (i = 0; i < 2; i++)
		if (wire.end[i] && dtls_wait(wire.end[i], &us) && us < first)
			first = us;
	if (first == UINT64_MAX)
		return false;
	usleep(first + 1000);
	for (i = 0; i < 2; i++)
		if (wire.end[i])
			dtls_timeout(wire.end[i]);
	return true;
}

static enum dtls_state state_of(int i)
{
	return dtls_packet(wire.end[i], NULL, 0);
}

/* Until both have an end, or nothing moves any more. */
static void run_wire(void)
{
	int rounds;

	dtls_start(wire.end[0]);
	for (rounds = 0; rounds < 40; rounds++) {
		deliver_all();
		if ((state_of(0) != DTLS_GOING_ON && state_of(1) != DTLS_GOING_ON) || !timers())
			break;
	}
	deliver_all();
}

/* --- ends -------------------------------------------------------------------------------- */

static const unsigned char all_suites[] = {
	XSRTP_SUITE_AEAD_AES_256_GCM, XSRTP_SUITE_AEAD_AES_128_GCM,
	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32,
};
static struct certificate *cert[2];
static struct fingerprints prints[2];	/* of these */

static int make_certificates(void **state)
{
	char err[256];
	int i;

	for (i = 0; i < 2; i++) {
		cert[i] = certificate_make(time(NULL), err, sizeof(err));
		assert_non_null(cert[i]);
		prints[i].n = 1;
		assert_int_equal(fingerprint_of(cert[i]->x509, HASH_SHA256, &prints[i].f[0]), 0);
	}
	return 0;
}

static int free_certificates(void **state)
{
	certificate_put(cert[0]);
	certificate_put(cert[1]);
	return 0;
}

static struct dtls_context *context(const unsigned char *suites, unsigned int n)
{
	char err[256];
	struct dtls_context *c = dtls_context_new(suites, n, err, sizeof(err));

	assert_non_null(c);
	return c;
}

static struct dtls *make_end(struct dtls_context *c, int i, const struct fingerprints *peer,
			     const struct xsrtp_suite_info *only)
{
	const struct dtls_config cfg = {
		.role = i ? DTLS_PASSIVE : DTLS_ACTIVE, .fingerprints = peer, .certificate = cert[i],
		.peer = { AF_INET, { 192, 0, 2, 1 + i }, 4000 }, .only = only,
		.send = send_one, .arg = &wire.end[i],
	};

	return dtls_new(c, &cfg);
}

static void begin(struct dtls_context *c)
{
	memset(&wire, 0, sizeof(wire));
	wire.end[0] = make_end(c, 0, &prints[1], NULL);
	wire.end[1] = make_end(c, 1, &prints[0], NULL);
	assert_non_null(wire.end[0]);
	assert_non_null(wire.end[1]);
}

static void end(void)
{
	dtls_free(wire.end[0]);
	dtls_free(wire.end[1]);
	wire.end[0] = wire.end[1] = NULL;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void assert_keys(unsigned int suite)
{
	struct dtls_keys a, b;

	assert_int_equal(state_of(0), DTLS_DONE);
	assert_int_equal(state_of(1), DTLS_DONE);
	assert_true(dtls_keys(wire.end[0], &a));
	assert_true(dtls_keys(wire.end[1], &b));
	assert_ptr_equal(a.suite, xsrtp_suite_info(suite));
	assert_ptr_equal(b.suite, a.suite);
	assert_int_equal(a.ours.key_len, a.suite->key_len);
	assert_int_equal(a.ours.salt_len, a.suite->salt_len);
	assert_true(same_key(&a.ours, &b.theirs));
	assert_true(same_key(&a.theirs, &b.ours));
	assert_false(same_key(&a.ours, &a.theirs));
}

static void assert_no_keys(int i)
{
	static const struct dtls_keys none;
	struct dtls_keys k;

	memset(&k, 0xa5, sizeof(k));
	assert_false(dtls_keys(wire.end[i], &k));
	assert_memory_equal(&k, &none, sizeof(k));
}

/* --- what must work ------------------------------------------------------------------------ */

static void test_profiles(void **state)
{
	struct dtls_context *c;
	unsigned int i;

	for (i = 0; i < N(all_suites); i++) {
		c = context(&all_suites[i], 1);
		begin(c);
		run_wire();
		assert_keys(all_suites[i]);
		end();
		dtls_context_free(c);
	}
}

/* The passive one chooses, by its own order. */
static void test_order(void **state)
{
	static const unsigned char other[] = { XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, XSRTP_SUITE_AEAD_AES_128_GCM };
	struct dtls_context *all = context(all_suites, 4), *two = context(other, 2);

	begin(all);
	dtls_free(wire.end[1]);
	wire.end[1] = make_end(two, 1, &prints[0], NULL);
	run_wire();
	assert_keys(XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
	assert_ptr_equal(dtls_context_best(two), xsrtp_suite_info(XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80));
	end();
	begin(all);
	dtls_free(wire.end[0]);
	wire.end[0] = make_end(all, 0, &prints[1], xsrtp_suite_info(XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32));
	run_wire();
	assert_keys(XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32);
	end();
	dtls_context_free(all);
	dtls_context_free(two);
}

static void test_profile_names(void **state)
{
	static const char *const bad[] = {
		"", "SRTP_NULL_HMAC_SHA1_80", "SRTP_AEAD_AES_128_GCM,SRTP_AEAD_AES_128_GCM",
		"SRTP_AEAD_AES_128_GCM,,SRTP_AEAD_AES_256_GCM", "srtp_aead_aes_128_gcm",
	};
	unsigned char s[DTLS_PROFILES];
	char err[512];
	unsigned int i;

	assert_int_equal(dtls_profiles("SRTP_AES128_CM_HMAC_SHA1_32,SRTP_AEAD_AES_256_GCM,SRTP_AEAD_AES_128_GCM,"
				       "SRTP_AES128_CM_HMAC_SHA1_80", s, err, sizeof(err)), 4);
	assert_int_equal(s[0], XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32);
	assert_int_equal(s[3], XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
	for (i = 0; i < N(bad); i++) {
		assert_int_equal(dtls_profiles(bad[i], s, err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, "is not one of SRTP_AES128_CM_HMAC_SHA1_80"));
	}
}

/* Each of the first datagrams of each end lost alone, and the first two of both. */
static void test_loss(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	unsigned int i;

	for (i = 0; i < 9; i++) {
		begin(c);
		wire.drop[0] = i < 4 ? 1 << i : i == 8 ? 3 : 0;
		wire.drop[1] = i >= 4 && i < 8 ? 1 << (i - 4) : i == 8 ? 3 : 0;
		run_wire();
		assert_keys(all_suites[0]);
		end();
	}
	dtls_context_free(c);
}

static void test_doubled_and_backwards(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	int i;

	for (i = 1; i < 4; i++) {
		begin(c);
		wire.twice = i & 1;
		wire.backwards = i & 2;
		run_wire();
		assert_keys(all_suites[0]);
		end();
	}
	dtls_context_free(c);
}

/* A peer that never answers: it is asked some times, each later than the last, and then given up. */
static void test_silence(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	uint64_t us, last = 0;

	begin(c);
	assert_false(dtls_wait(wire.end[0], &us));
	assert_int_equal(dtls_start(wire.end[0]), DTLS_GOING_ON);
	while (last < 1000000) {
		assert_true(dtls_wait(wire.end[0], &us));
		assert_true(us > last);
		last = us;
		dtls_timeout(wire.end[0]);	/* too early: nothing */
		usleep(us + 1000);
		assert_int_equal(dtls_timeout(wire.end[0]), DTLS_GOING_ON);
	}
	assert_int_equal(wire.n_sent[0], 4);	/* at 0, 0.4, 1.2 and 2.8 s */
	assert_false(dtls_wait(wire.end[1], &us));	/* who waits for a hello, waits */
	end();
	dtls_context_free(c);
}

/* --- OpenSSL as it is ------------------------------------------------------------------------ */

struct raw {
	SSL_CTX *ctx;
	SSL *ssl;
};

static int any_certificate(int ok, X509_STORE_CTX *x)
{
	return 1;
}

static struct raw raw_open(bool active, const struct certificate *c, const char *profiles)
{
	struct raw r = { .ctx = SSL_CTX_new(DTLS_method()) };

	if (c) {
		assert_int_equal(SSL_CTX_use_certificate(r.ctx, c->x509), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(r.ctx, c->key), 1);
	}
	if (profiles)
		assert_int_equal(SSL_CTX_set_tlsext_use_srtp(r.ctx, profiles), 0);
	SSL_CTX_set_verify(r.ctx, SSL_VERIFY_PEER, any_certificate);
	SSL_CTX_set_options(r.ctx, SSL_OP_NO_QUERY_MTU);
	r.ssl = SSL_new(r.ctx);
	SSL_set_mtu(r.ssl, DTLS_MTU);
	SSL_set_bio(r.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(r.ssl), -1);
	if (active)
		SSL_set_connect_state(r.ssl);
	else
		SSL_set_accept_state(r.ssl);
	return r;
}

static void raw_close(struct raw *r)
{
	SSL_free(r->ssl);
	SSL_CTX_free(r->ctx);
}

/* A record at a time: of a memory BIO one read takes all that is there. */
static int raw_read(struct raw *r, const uint8_t *p, size_t len)
{
	size_t n;
	int ret = 0;

	for (; len; p += n, len -= n) {
		n = 13 + (p[11] << 8 | p[12]);
		BIO_write(SSL_get_rbio(r->ssl), p, n);
		ret = SSL_do_handshake(r->ssl);
	}
	return ret;
}

/* Between @r and our end @i, no time passing. What @r has sent last is left in @last. */
static bool run_raw(struct raw *r, int i)
{
	bool done = SSL_do_handshake(r->ssl) == 1;
	uint8_t data[8192];
	int n, rounds;

	for (rounds = 0; rounds < 20; rounds++) {
		n = BIO_read(SSL_get_wbio(r->ssl), data, sizeof(data));
		if (n > 0)
			give(wire.end[i], data, n);
		while (wire.head != wire.tail) {
			struct datagram *d = &wire.queue[wire.head++ % QUEUE];

			done = raw_read(r, d->data, d->len) == 1;
		}
	}
	return done;
}

static void test_against_openssl(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	uint8_t secrets[2 * (32 + 14)], key[16];
	struct dtls_keys k;
	struct raw r;
	int i;

	for (i = 0; i < 2; i++) {	/* our end 0 is active, 1 passive */
		begin(c);
		r = raw_open(i == 1, cert[!i], "SRTP_AES128_CM_SHA1_80");
		dtls_start(wire.end[i]);
		assert_true(run_raw(&r, i));
		assert_int_equal(state_of(i), DTLS_DONE);
		assert_true(dtls_keys(wire.end[i], &k));
		assert_int_equal(SSL_export_keying_material(r.ssl, secrets, 60, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0), 1);
		memcpy(key, secrets + 16 * i, 16);	/* RFC 5764 4.2: client's, server's, then salts */
		assert_memory_equal(k.ours.master_key, key, 16);
		assert_memory_equal(k.ours.master_salt, secrets + 32 + 14 * i, 14);
		assert_memory_equal(k.theirs.master_key, secrets + 16 * !i, 16);
		assert_memory_equal(k.theirs.master_salt, secrets + 32 + 14 * !i, 14);
		assert_int_equal(SSL_version(r.ssl), DTLS1_2_VERSION);
		assert_non_null(strstr(SSL_get_cipher_name(r.ssl), "ECDHE"));
		assert_int_equal(SSL_get_secure_renegotiation_support(r.ssl), 1);
		raw_close(&r);
		end();
	}
	dtls_context_free(c);
}

static void test_weak_peers(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	static const struct { const char *ciphers; int version; } weak[] = {
		{ "ECDHE-ECDSA-AES128-SHA256", DTLS1_2_VERSION }, { "ALL:@SECLEVEL=0", DTLS1_VERSION },
	};
	struct raw r;
	unsigned int i;

	for (i = 0; i < N(weak); i++) {
		begin(c);
		r = raw_open(true, cert[0], "SRTP_AES128_CM_SHA1_80");
		SSL_set_cipher_list(r.ssl, weak[i].ciphers);
		SSL_set_min_proto_version(r.ssl, weak[i].version);
		SSL_set_max_proto_version(r.ssl, weak[i].version);
		assert_false(run_raw(&r, 1));
		assert_int_not_equal(state_of(1), DTLS_DONE);
		assert_no_keys(1);
		raw_close(&r);
		end();
	}
	dtls_context_free(c);
}

/* --- what must not end with a key ------------------------------------------------------------ */

static void test_wrong_fingerprint(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	struct fingerprints wrong = prints[0], none = { 0 };
	const struct fingerprints *sets[] = { &wrong, &none, &prints[1] };
	unsigned int i, k;

	wrong.f[0].bytes[31] ^= 1;
	for (k = 0; k < 2; k++)
		for (i = 0; i < N(sets); i++) {
			const struct fingerprints *set = k == 0 && i == 2 ? &prints[0] : sets[i];

			begin(c);
			dtls_free(wire.end[k]);
			wire.end[k] = make_end(c, k, set, NULL);
			dtls_start(wire.end[0]);
			deliver_all();
			assert_int_equal(state_of(k), DTLS_FAILED);
			assert_string_equal(dtls_why(wire.end[k]), "its certificate has not the fingerprint of its SDP");
			assert_int_not_equal(state_of(!k), DTLS_DONE);
			assert_no_keys(0);
			assert_no_keys(1);
			end();
		}
	dtls_context_free(c);
}

static void test_no_common_profile(void **state)
{
	struct dtls_context *a = context(all_suites, 2), *b = context(all_suites + 2, 2);

	begin(a);
	dtls_free(wire.end[1]);
	wire.end[1] = make_end(b, 1, &prints[0], NULL);
	run_wire();
	assert_int_equal(state_of(1), DTLS_FAILED);
	assert_string_equal(dtls_why(wire.end[1]), "the peer has no SRTP profile that we have");
	assert_int_equal(state_of(0), DTLS_FAILED);
	assert_no_keys(0);
	assert_no_keys(1);
	end();
	dtls_context_free(a);
	dtls_context_free(b);
}

static void test_no_certificate(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	struct raw r;

	begin(c);
	r = raw_open(true, NULL, "SRTP_AES128_CM_SHA1_80");
	assert_false(run_raw(&r, 1));
	assert_int_equal(state_of(1), DTLS_FAILED);
	assert_string_equal(dtls_why(wire.end[1]), "peer did not return a certificate");
	assert_no_keys(1);
	raw_close(&r);
	end();
	begin(c);
	r = raw_open(true, cert[0], NULL);	/* DTLS, but not for SRTP */
	run_raw(&r, 1);
	assert_int_equal(state_of(1), DTLS_FAILED);
	assert_no_keys(1);
	raw_close(&r);
	end();
	dtls_context_free(c);
}

/* --- cookies ------------------------------------------------------------------------------------ */

static struct datagram take_one(void)
{
	assert_in_range(wire.tail - wire.head, 1, QUEUE);
	return wire.queue[wire.head++ % QUEUE];
}

/* The cookie in a second hello: after header, random, and an empty session id (RFC 6347 4.2.1). */
#define COOKIE_AT	(13 + 12 + 2 + 32 + 1)

static void test_cookies(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	struct datagram hello, answer, again, with;
	uint64_t us;
	int i;

	begin(c);
	dtls_start(wire.end[0]);
	hello = take_one();
	for (i = 0; i < 100; i++) {	/* who has no cookie gets less than he sent, and leaves nothing */
		give(wire.end[1], hello.data, hello.len);
		answer = take_one();
		assert_int_equal(answer.data[13], 3);	/* HelloVerifyRequest */
		assert_true(answer.len < hello.len);
		assert_false(dtls_wait(wire.end[1], &us));
	}
	give(wire.end[0], answer.data, answer.len);
	with = take_one();
	assert_int_equal(with.data[COOKIE_AT], 32);
	for (i = 0; i < 32; i++) {	/* a bit of it wrong: as if there were none */
		with.data[COOKIE_AT + 1 + i] ^= 1;
		give(wire.end[1], with.data, with.len);
		again = take_one();
		assert_int_equal(again.data[13], 3);
		assert_memory_equal(again.data + again.len - 32, answer.data + answer.len - 32, 32);
		with.data[COOKIE_AT + 1 + i] ^= 1;
	}
	assert_int_equal(dtls_context_turn(c), 0);	/* of the secret before */
	give(wire.end[1], with.data, with.len);
	again = take_one();
	assert_int_equal(again.data[13], 2);	/* ServerHello */
	wire.head--;
	run_wire();
	assert_keys(all_suites[0]);
	dtls_bye(wire.end[0]);		/* an encrypted alert, and no more */
	with = take_one();
	assert_int_equal(with.data[0], 21);
	assert_int_equal(with.data[4], 1);
	assert_int_equal(give(wire.end[1], with.data, with.len), DTLS_DONE);
	end();
	dtls_context_free(c);
}

static void test_old_and_foreign_cookies(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	struct dtls_config cfg = { .role = DTLS_PASSIVE, .fingerprints = &prints[0], .certificate = cert[1],
				   .peer = { AF_INET, { 192, 0, 2, 2 }, 4001 }, .send = send_one,
				   .arg = &wire.end[1] };
	struct datagram with;
	struct dtls *elsewhere;

	begin(c);
	dtls_start(wire.end[0]);
	with = take_one();
	give(wire.end[1], with.data, with.len);
	with = take_one();
	give(wire.end[0], with.data, with.len);
	with = take_one();
	elsewhere = dtls_new(c, &cfg);		/* another port of the peer's address */
	give(elsewhere, with.data, with.len);
	assert_int_equal(take_one().data[13], 3);
	dtls_free(elsewhere);
	assert_int_equal(dtls_context_turn(c), 0);
	assert_int_equal(dtls_context_turn(c), 0);	/* two turns: too old */
	give(wire.end[1], with.data, with.len);
	assert_int_equal(take_one().data[13], 3);
	end();
	dtls_context_free(c);
}

/* --- junk and forgery --------------------------------------------------------------------------- */

static uint32_t seed = 1;

static uint32_t any(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static void throw_junk(int i, const struct datagram *like)
{
	static const uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40 };
	uint8_t data[DTLS_MTU];
	size_t len, k;

	give(wire.end[i], alert, sizeof(alert));	/* handshake_failure, of nobody */
	for (len = 0; len < like->len; len++)		/* truncated: not a record of it is whole */
		if (len < 13u + (like->data[11] << 8 | like->data[12]))
			give(wire.end[i], like->data, len);
	for (len = 0; len < 64; len++) {
		for (k = 0; k < len; k++)
			data[k] = any();
		give(wire.end[i], data, len);
	}
	memcpy(data, like->data, like->len);		/* of a later epoch, which has keys */
	data[4] = 1;
	give(wire.end[i], data, like->len);
}

static void test_junk(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	struct datagram d;

	begin(c);
	dtls_start(wire.end[0]);
	while (wire.head != wire.tail) {
		d = take_one();
		throw_junk(d.to, &d);
		assert_int_not_equal(state_of(d.to), DTLS_FAILED);
		give(wire.end[d.to], d.data, d.len);
		throw_junk(d.to, &d);
	}
	/* A record of the later epoch takes the place of a true one: that one comes again. */
	run_wire();
	assert_keys(all_suites[0]);
	end();
	dtls_context_free(c);
}

/*
 * A message of the handshake changed on its way: there is never a key under which only
 * one of two has agreed to what the other said.
 */
static void test_flipped(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	struct datagram d;
	int round, n;

	for (round = 0; round < 300; round++) {
		begin(c);
		dtls_start(wire.end[0]);
		for (n = 0; wire.head != wire.tail && n < 64; n++) {
			d = take_one();
			if (n == round % 6)
				d.data[any() % d.len] ^= 1 << any() % 8;
			give(wire.end[d.to], d.data, d.len);
		}
		if (state_of(0) == DTLS_DONE && state_of(1) == DTLS_DONE)
			assert_keys(all_suites[0]);
		end();
	}
	dtls_context_free(c);
}

/* --- fingerprints and certificates --------------------------------------------------------------- */

#define SHA256 "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1"

static void test_fingerprint_text(void **state)
{
	static const struct { const char *in; int ret; const char *says; } bad[] = {
		{ "", -EINVAL, "HASH and bytes" }, { "sha-256", -EINVAL, "HASH and bytes" },
		{ "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB", -ENOTSUP, "\"sha-1\" is not taken" },
		{ "md5 4A", -ENOTSUP, "\"md5\"" }, { "sha-999 4A", -ENOTSUP, "\"sha-999\"" },
		{ "sha-256 4A", -EINVAL, "sha-256 has 32 bytes" }, { "sha-256 " SHA256 ":", -EINVAL, "32 bytes" },
		{ "sha-256 " SHA256 ":00", -EINVAL, "32 bytes" }, { "sha-512 " SHA256, -EINVAL, "64 bytes" },
		{ "sha-256 G" SHA256, -EINVAL, "32 bytes" }, { "sha-256 4-" SHA256, -EINVAL, "32 bytes" },
	};
	char err[256], bytes[512], wrong[256] = "sha-256 " SHA256;
	struct fingerprint f;
	struct buf b = buf_on(bytes, sizeof(bytes));
	unsigned int i;

	assert_int_equal(fingerprint_parse(text_of("SHA-256 " SHA256 " "), &f, err, sizeof(err)), 0);
	assert_int_equal(f.bytes[0], 0x4a);
	assert_int_equal(f.bytes[31], 0xf1);
	fingerprint_write(&f, &b);
	assert_true(text_is(buf_text(&b), "sha-256 " SHA256));
	for (i = 0; i < N(bad); i++) {
		assert_int_equal(fingerprint_parse(text_of(bad[i].in), &f, err, sizeof(err)), bad[i].ret);
		if (!strstr(err, bad[i].says))
			fail_msg("%s: %s", bad[i].in, err);
		assert_int_equal(f.hash, HASH_NONE);
	}
	for (i = 10; i < 100; i += 3) {
		wrong[i] = '.';
		assert_int_equal(fingerprint_parse(text_of(wrong), &f, err, sizeof(err)), -EINVAL);
		wrong[i] = ':';
	}
}

/* RFC 8122 5.1: of the strongest hash, any; of a weaker one, none. */
static void test_fingerprint_sets(void **state)
{
	struct fingerprints s = { .n = 2 };
	X509 *x = cert[0]->x509;

	assert_false(fingerprints_match(&(struct fingerprints){ 0 }, x));
	assert_true(fingerprints_match(&prints[0], x));
	assert_false(fingerprints_match(&prints[0], cert[1]->x509));
	assert_false(fingerprints_match(&prints[0], NULL));
	fingerprint_of(cert[1]->x509, HASH_SHA256, &s.f[0]);
	fingerprint_of(x, HASH_SHA256, &s.f[1]);
	assert_true(fingerprints_match(&s, x));
	assert_true(fingerprints_match(&s, cert[1]->x509));
	fingerprint_of(cert[1]->x509, HASH_SHA384, &s.f[0]);
	assert_false(fingerprints_match(&s, x));
	assert_true(fingerprints_match(&s, cert[1]->x509));
	fingerprint_of(x, HASH_SHA512, &s.f[1]);
	assert_true(fingerprints_match(&s, x));
	assert_true(fingerprints_same(&s, &s));
	assert_false(fingerprints_same(&s, &prints[0]));
}

static void test_certificate(void **state)
{
	time_t now = time(NULL);
	char err[256];
	struct certificate *c = certificate_make(now, err, sizeof(err));

	assert_int_equal(c->renew, now + 15 * 86400);
	assert_int_equal(X509_verify(c->x509, c->key), 1);
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(c->x509), &now), -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(c->x509), &c->renew), 1);
	assert_int_equal(EVP_PKEY_get_base_id(c->key), EVP_PKEY_EC);
	assert_true(EVP_PKEY_eq(c->key, cert[0]->key) != 1);
	assert_true(ASN1_INTEGER_cmp(X509_get0_serialNumber(c->x509), X509_get0_serialNumber(cert[0]->x509)));
	certificate_get(c);
	certificate_put(c);
	assert_int_equal(c->refs, 1);
	certificate_put(c);
	certificate_put(NULL);
}

static void write_pem(const char *path, const struct certificate *c, const EVP_PKEY *key, const char *pass)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	if (c)
		PEM_write_X509(f, c->x509);
	if (key)
		PEM_write_PKCS8PrivateKey(f, key, pass ? EVP_aes_128_cbc() : NULL, pass, pass ? 4 : 0, NULL, NULL);
	fclose(f);
}

static void test_load(void **state)
{
	char path[] = "/tmp/ng-dtls-XXXXXX", err[512];
	struct certificate *c;

	close(mkstemp(path));
	write_pem(path, cert[0], cert[0]->key, NULL);
	c = certificate_load(path, path, err, sizeof(err));
	assert_non_null(c);
	assert_int_equal(X509_cmp(c->x509, cert[0]->x509), 0);
	assert_int_equal(c->renew, 0);
	certificate_put(c);
	write_pem(path, cert[0], cert[1]->key, NULL);
	assert_null(certificate_load(path, path, err, sizeof(err)));
	assert_non_null(strstr(err, "is not the certificate of the key in"));
	write_pem(path, cert[0], cert[0]->key, "pass");
	assert_null(certificate_load(path, path, err, sizeof(err)));
	assert_non_null(strstr(err, "has no private key without a passphrase in PEM"));
	write_pem(path, NULL, cert[0]->key, NULL);
	assert_null(certificate_load(path, path, err, sizeof(err)));
	assert_non_null(strstr(err, "has no certificate in PEM"));
	unlink(path);
	assert_null(certificate_load(path, path, err, sizeof(err)));
}

/* --- speed --------------------------------------------------------------------------------------- */

/* How long our side of a handshake takes, by the processor's clock: both ends are ours, so half. */
static void test_rate(void **state)
{
	struct dtls_context *c = context(all_suites, 4);
	clock_t start = clock();
	int i;

	for (i = 0; i < 200; i++) {
		begin(c);
		dtls_start(wire.end[0]);
		deliver_all();
		assert_keys(all_suites[0]);
		end();
	}
	print_message("# %.0f handshakes a second, both ends of each\n", 200.0 * CLOCKS_PER_SEC / (clock() - start));
	dtls_context_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles), cmocka_unit_test(test_order), cmocka_unit_test(test_profile_names),
		cmocka_unit_test(test_loss), cmocka_unit_test(test_doubled_and_backwards),
		cmocka_unit_test(test_silence), cmocka_unit_test(test_against_openssl),
		cmocka_unit_test(test_weak_peers), cmocka_unit_test(test_wrong_fingerprint),
		cmocka_unit_test(test_no_common_profile), cmocka_unit_test(test_no_certificate),
		cmocka_unit_test(test_cookies), cmocka_unit_test(test_old_and_foreign_cookies),
		cmocka_unit_test(test_junk), cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_fingerprint_text), cmocka_unit_test(test_fingerprint_sets),
		cmocka_unit_test(test_certificate), cmocka_unit_test(test_load), cmocka_unit_test(test_rate),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("DTLS-SRTP", tests, make_certificates, free_certificates);
}
