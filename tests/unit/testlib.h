/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the SRTP core share: a seeded generator of random numbers
 * and RTP packets, sessions in a line, and a second SRTP written from the RFCs
 * on OpenSSL's EVP, which shares no code with the core.
 *
 * Packets live in malloc()ed buffers of exactly the size the core was told
 * of, so that AddressSanitizer sees a read or write of one byte too many.
 */
#ifndef XSRTP_TESTLIB_H
#define XSRTP_TESTLIB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <xsrtp/srtp.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define RTP_HDR		12
#define RTP_MAX		2048	/* header, CSRCs, extension, payload, MKI, tag */

/* Every suite that authenticates, for loops: all but the ones with a tag of 0 bytes. */
static const uint8_t test_suites[] = {
#define SUITE_IF_0(num)
#define SUITE_IF_4(num) num,
#define SUITE_IF_8(num) num,
#define SUITE_IF_10(num) num,
#define SUITE_IF_16(num) num,
#define X(sym, num, name, kind, key, salt, tag) SUITE_IF_##tag(num)
	XSRTP_SUITES(X)
#undef X
};

/* --- random numbers: splitmix64, the same on every machine ------------------ */

struct rng {
	uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0 to n - 1 */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

/* true once in n */
static inline bool rng_once_in(struct rng *r, uint32_t n)
{
	return !rng_below(r, n);
}

static inline void rng_fill(struct rng *r, void *out, size_t len)
{
	uint8_t *p = out;

	while (len--)
		*p++ = (uint8_t)(rng_next(r) >> 56);
}

/* --- bytes -------------------------------------------------------------------- */

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void hexdump(const char *what, const uint8_t *p, size_t len)
{
	size_t i;

	printf("# %s, %zu bytes:", what, len);
	for (i = 0; i < len; i++)
		printf("%s%02x", i % 32 ? i % 4 ? "" : " " : "\n#   ", p[i]);
	printf("\n");
}

/* "00 01 02ff" to bytes; returns how many. Blanks are allowed anywhere. */
static inline size_t unhex(const char *hex, uint8_t *out, size_t room)
{
	size_t digits = 0;
	unsigned int v;

	for (; *hex; hex++) {
		if (*hex == ' ' || *hex == '\n')
			continue;
		assert_int_equal(sscanf((char[]){ *hex, 0 }, "%1x", &v), 1);
		assert_true(digits / 2 < room);
		out[digits / 2] = digits % 2 ? out[digits / 2] | v : v << 4;
		digits++;
	}
	assert_int_equal(digits % 2, 0);
	return digits / 2;
}

/* --- RTP packets -------------------------------------------------------------- */

struct rtp {
	uint32_t ssrc;
	uint16_t seq;
	uint8_t csrcs;		/* 0 to 15 */
	bool ext;
	bool padding;
	uint16_t ext_words;	/* 32-bit words behind the extension's header */
	uint16_t payload;	/* bytes */
};

static inline size_t rtp_hdr_len(const struct rtp *h)
{
	return RTP_HDR + 4 * h->csrcs + (h->ext ? 4 + 4 * h->ext_words : 0);
}

static inline size_t rtp_len(const struct rtp *h)
{
	return rtp_hdr_len(h) + h->payload;
}

/* Writes the packet, random where @h does not say; returns its length. */
static inline size_t rtp_write(struct rng *r, const struct rtp *h, uint8_t *out)
{
	static const uint16_t profiles[] = { 0xbede, 0x1000, 0x100f, 0x0000, 0xffff, 0x1234 };
	uint8_t *ext = out + RTP_HDR + 4 * h->csrcs;

	rng_fill(r, out, rtp_len(h));
	out[0] = 0x80 | h->padding << 5 | h->ext << 4 | h->csrcs;
	put16(out + 2, h->seq);
	put32(out + 8, h->ssrc);
	if (h->ext) {
		put16(ext, profiles[rng_below(r, ARRAY_SIZE(profiles))]);
		put16(ext + 2, h->ext_words);
	}
	if (h->padding && h->payload)
		out[rtp_len(h) - 1] = 1 + rng_below(r, h->payload < 255 ? h->payload : 255);
	return rtp_len(h);
}

/* --- keys and sessions -------------------------------------------------------- */

struct master {
	uint8_t key[XSRTP_KEY_MAX];
	uint8_t salt[XSRTP_SALT_MAX];
	uint8_t mki[XSRTP_MKI_MAX];
	uint8_t mki_len;
};

static inline void master_random(struct rng *r, struct master *m, uint8_t mki_len)
{
	memset(m, 0, sizeof(*m));
	rng_fill(r, m->key, sizeof(m->key));
	rng_fill(r, m->salt, sizeof(m->salt));
	rng_fill(r, m->mki, mki_len);
	m->mki_len = mki_len;
}

static inline int master_set(struct xsrtp_session *s, const struct xsrtp_cipher *c,
			     unsigned int slot, const struct master *m)
{
	const struct xsrtp_key_config key = {
		.key = m->key, .salt = m->salt, .mki = m->mki_len ? m->mki : NULL,
		.mki_len = m->mki_len,
	};

	return xsrtp_key_set(s, c, slot, &key);
}

static inline struct xsrtp_session *session_empty(const struct xsrtp_session_config *cfg)
{
	size_t size = xsrtp_session_size(cfg);
	struct xsrtp_session *s;

	assert_true(size > 0);
	assert_int_equal(size % XSRTP_ALIGN, 0);
	s = aligned_alloc(XSRTP_ALIGN, size);
	assert_non_null(s);
	memset(s, 0xa5, size);	/* init must not rely on zeroed memory */
	assert_int_equal(xsrtp_session_init(s, cfg), 0);
	return s;
}

/* A session with @m in use in slot 0. */
static inline struct xsrtp_session *session_new(const struct xsrtp_cipher *c, unsigned int suite,
						unsigned int window, unsigned int streams,
						const struct master *m)
{
	const struct xsrtp_session_config cfg = {
		.suite = suite, .window = window, .streams = streams,
	};
	struct xsrtp_session *s = session_empty(&cfg);

	assert_int_equal(master_set(s, c, 0, m), 0);
	assert_int_equal(xsrtp_key_use(s, 0), 0);
	return s;
}

static inline void session_free(struct xsrtp_session *s)
{
	xsrtp_session_wipe(s);
	free(s);
}

static inline size_t suite_overhead(unsigned int suite, const struct master *m)
{
	return xsrtp_suite_info(suite)->tag_len + m->mki_len;
}

typedef void (*burst_fn)(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n);

/*
 * Runs one packet in a buffer of exactly *len + room bytes that is then copied
 * back, with *len. Returns the reason.
 */
static inline unsigned int run_one(burst_fn fn, const struct xsrtp_cipher *c,
				   struct xsrtp_session *s, uint8_t *data, uint32_t *len,
				   uint32_t room)
{
	struct xsrtp_packet p = { .session = s, .len = *len, .room = room, .reason = XSRTP_REASON_MAX };
	uint32_t before = *len;

	p.data = malloc(*len + room ? *len + room : 1);
	assert_non_null(p.data);
	memcpy(p.data, data, *len);
	memset(p.data + *len, 0x5a, room);
	fn(c, &p, 1);
	assert_true(p.reason < XSRTP_REASON_MAX);
	if (p.reason != XSRTP_REASON_OK)
		assert_int_equal(p.len, before);
	assert_true(p.len <= before + room);
	memcpy(data, p.data, p.len);
	*len = p.len;
	free(p.data);
	return p.reason;
}

static inline unsigned int protect_one(const struct xsrtp_cipher *c, struct xsrtp_session *s,
				       uint8_t *data, uint32_t *len, uint32_t room)
{
	return run_one(xsrtp_protect, c, s, data, len, room);
}

static inline unsigned int unprotect_one(const struct xsrtp_cipher *c, struct xsrtp_session *s,
					 uint8_t *data, uint32_t *len)
{
	return run_one(xsrtp_unprotect, c, s, data, len, 0);
}

#define assert_reason(got, want) \
	assert_string_equal(xsrtp_reason_name(got), xsrtp_reason_name(XSRTP_REASON_##want))

/* --- a second SRTP, from the RFCs, on OpenSSL's EVP ----------------------------- */

static inline const EVP_CIPHER *ref_ctr_cipher(unsigned int key_len)
{
	return key_len == 16 ? EVP_aes_128_ctr() :
	       key_len == 24 ? EVP_aes_192_ctr() : EVP_aes_256_ctr();
}

/* AES in counter mode (RFC 3711 4.1.1) */
static inline void ref_ctr(const uint8_t *key, unsigned int key_len, const uint8_t iv[16],
			   uint8_t *data, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_int_equal(EVP_EncryptInit_ex(ctx, ref_ctr_cipher(key_len), NULL, key, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, data, &n, data, (int)len), 1);
	assert_int_equal(n, len);
	EVP_CIPHER_CTX_free(ctx);
}

/* RFC 3711 4.3.1 and 4.3.3; a 96-bit salt is used as its 112 leading bits (RFC 7714 11) */
static inline void ref_kdf(const struct xsrtp_suite_info *suite, const uint8_t *key,
			   const uint8_t *salt, uint8_t label, uint64_t r,
			   uint8_t *out, size_t len)
{
	uint8_t x[16] = { 0 };
	unsigned int i;

	memcpy(x, salt, suite->salt_len);
	x[7] ^= label;				/* label * 2^48, in 14 bytes */
	for (i = 0; i < 6; i++)
		x[13 - i] ^= (uint8_t)(r >> 8 * i);
	memset(out, 0, len);
	ref_ctr(key, suite->key_len, x, out, len);
}

struct ref_keys {
	const struct xsrtp_suite_info *suite;
	uint8_t enc[XSRTP_KEY_MAX];
	uint8_t auth[20];
	uint8_t salt[XSRTP_SALT_MAX];
};

static inline void ref_derive(struct ref_keys *k, unsigned int suite, const struct master *m)
{
	k->suite = xsrtp_suite_info(suite);
	ref_kdf(k->suite, m->key, m->salt, 0, 0, k->enc, k->suite->key_len);
	ref_kdf(k->suite, m->key, m->salt, 1, 0, k->auth, sizeof(k->auth));
	ref_kdf(k->suite, m->key, m->salt, 2, 0, k->salt, k->suite->salt_len);
}

/* RFC 3711 4.1.1 (16 bytes) and RFC 7714 8.1 (12 bytes) */
static inline void ref_iv(const struct ref_keys *k, uint32_t ssrc, uint64_t index, uint8_t iv[16])
{
	unsigned int at = k->suite->kind == XSRTP_KIND_GCM ? 2 : 4, i;

	memset(iv, 0, 16);
	put32(iv + at, ssrc);
	for (i = 0; i < 6; i++)
		iv[at + 4 + i] = (uint8_t)(index >> 8 * (5 - i));
	for (i = 0; i < k->suite->salt_len; i++)
		iv[i] ^= k->salt[i];
}

static inline void ref_gcm(const uint8_t *key, unsigned int key_len, const uint8_t iv[12],
			   const uint8_t *aad, size_t aad_len, uint8_t *text, size_t text_len,
			   uint8_t tag[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t none[16];
	int n;

	assert_int_equal(EVP_EncryptInit_ex(ctx, key_len == 16 ? EVP_aes_128_gcm() :
					    EVP_aes_256_gcm(), NULL, key, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len), 1);
	if (text_len)
		assert_int_equal(EVP_EncryptUpdate(ctx, text, &n, text, (int)text_len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, none, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* HMAC-SHA1 over @len bytes and then the ROC (RFC 3711 4.2) */
static inline void ref_hmac(const uint8_t key[20], const uint8_t *data, size_t len, uint32_t roc,
			    uint8_t tag[20])
{
	uint8_t buf[RTP_MAX + 4];

	assert_true(len <= RTP_MAX);
	memcpy(buf, data, len);
	put32(buf + len, roc);
	assert_non_null(HMAC(EVP_sha1(), key, 20, buf, len + 4, tag, NULL));
}

/*
 * Protects the packet whose header (with CSRCs and extension) has @hdr_len
 * bytes as the one of 48-bit @index. RFC 3711 figure 1: MKI before the tag;
 * RFC 7714 figure 2: the tag is part of the ciphertext, MKI behind it.
 */
static inline size_t ref_protect(const struct ref_keys *k, const struct master *m, uint64_t index,
				 uint8_t *pkt, size_t hdr_len, size_t len)
{
	uint8_t iv[16], tag[20];

	ref_iv(k, get32(pkt + 8), index, iv);
	if (k->suite->kind == XSRTP_KIND_GCM) {
		ref_gcm(k->enc, k->suite->key_len, iv, pkt, hdr_len, pkt + hdr_len,
			len - hdr_len, tag);
		memcpy(pkt + len, tag, k->suite->tag_len);
		memcpy(pkt + len + k->suite->tag_len, m->mki, m->mki_len);
	} else {
		if (!k->suite->null_cipher)
			ref_ctr(k->enc, k->suite->key_len, iv, pkt + hdr_len,
				len - hdr_len);
		ref_hmac(k->auth, pkt, len, (uint32_t)(index >> 16), tag);
		memcpy(pkt + len, m->mki, m->mki_len);
		memcpy(pkt + len + m->mki_len, tag, k->suite->tag_len);
	}
	return len + k->suite->tag_len + m->mki_len;
}

/* --- running ------------------------------------------------------------------ */

/*
 * One row per test; with @per_cipher it is run once for each implementation
 * that this CPU offers, which the test finds in *state.
 */
struct test_row {
	const char *name;
	CMUnitTestFunction fn;
	bool per_cipher;
};

#define EACH(f)	{ #f, f, true }
#define ONCE(f)	{ #f, f, false }

static inline int run_rows(const char *program, const struct test_row *rows, size_t n)
{
	struct CMUnitTest tests[256];
	const struct xsrtp_cipher *c;
	unsigned int i, j, count = 0;
	char *name;

	for (i = 0; i < n; i++) {
		for (j = 0; (c = xsrtp_cipher_get(j)); j++) {
			if (!rows[i].per_cipher && j)
				break;
			if (count == ARRAY_SIZE(tests) ||
			    asprintf(&name, rows[i].per_cipher ? "%s [%s]" : "%s", rows[i].name,
				     xsrtp_cipher_name(c)) < 0)
				abort();
			tests[count++] = (struct CMUnitTest){
				.name = name, .test_func = rows[i].fn,
				.initial_state = (void *)c,
			};
		}
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	i = _cmocka_run_group_tests(program, tests, count, NULL, NULL);
	while (count)
		free((void *)tests[--count].name);
	return (int)i;
}

#endif /* XSRTP_TESTLIB_H */
