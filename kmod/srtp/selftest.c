// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Known-answer tests, run when the module loads and when the library is set up.
 *
 * The answer for a suite is one value folded from the tags of 17 packets of five
 * lengths: the tag covers all of the packet, so that it can only be right if
 * every byte is. The answers were made with libsrtp 2.5 (srtp_protect() on the
 * same packets and keys); those of AES-192 and of the NULL cipher with OpenSSL by
 * the tests' own SRTP (tests/unit/testlib.h), which agrees on all the others. A
 * suite without a tag has nothing to know it by; its cipher is another's.
 */
#include "cipher.h"
#include "platform.h"
#include "suite.h"

#define PACKETS		17	/* one more than the most SIMD lanes */
#define LEN_MAX		1000
#define HEADER		12
#define SPARE		(XSRTP_TAG_MAX + 4)

struct scratch {
	uint8_t tx[8192];
	uint8_t rx[8192];
	struct xsrtp_packet pkt[PACKETS];
	uint8_t data[PACKETS][HEADER + LEN_MAX + SPARE];
};

static const uint16_t lengths[] = { 0, 1, 20, 160, LEN_MAX };

/* The whole tag; a suite with a shorter one has the first bytes of it. */
static const struct answer {
	uint8_t suite;
	uint8_t tags[XSRTP_TAG_MAX];
} answers[] = {
	{ XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, {
		0x37, 0x68, 0x2b, 0x09, 0x4e, 0x67, 0x4a, 0x73,
		0x42, 0xc3 } },
	{ XSRTP_SUITE_AES_192_CM_HMAC_SHA1_80, {
		0x4b, 0xa6, 0x65, 0x24, 0xac, 0x72, 0x85, 0x64,
		0x4e, 0xc6 } },
	{ XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80, {
		0x6e, 0xbd, 0x5e, 0x3a, 0x08, 0x80, 0x13, 0xdd,
		0x68, 0x07 } },
	{ XSRTP_SUITE_AEAD_AES_128_GCM, {
		0x30, 0xc5, 0x6d, 0xe8, 0x89, 0x35, 0xe3, 0x71,
		0x4a, 0xdf, 0x59, 0x16, 0xbe, 0xb9, 0x76, 0x80 } },
	{ XSRTP_SUITE_AEAD_AES_256_GCM, {
		0xb3, 0x9f, 0xa2, 0xf4, 0xc2, 0xd3, 0x6e, 0x8f,
		0xcb, 0x0c, 0x9d, 0x6c, 0xad, 0x5a, 0xe4, 0x86 } },
	{ XSRTP_SUITE_NULL_HMAC_SHA1_80, {
		0x71, 0xae, 0x11, 0x4a, 0xa7, 0x4f, 0xfb, 0xe8,
		0x6f, 0x24 } },
};

static const struct answer *answer_of(const struct xsrtp_suite_info *suite)
{
	const struct xsrtp_suite_info *whole;
	unsigned int i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		whole = xsrtp_suite_info(answers[i].suite);
		if (whole->kind == suite->kind && whole->key_len == suite->key_len &&
		    whole->null_cipher == suite->null_cipher)
			return &answers[i];
	}
	return NULL;
}

static uint32_t text_len(unsigned int i)
{
	return lengths[i % (sizeof(lengths) / sizeof(lengths[0]))];
}

static void make_packets(struct scratch *t)
{
	static const uint8_t header[HEADER] = {
		0x80, 0, 0x12, 0, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe };
	unsigned int i, j;

	for (i = 0; i < PACKETS; i++) {
		memcpy(t->data[i], header, HEADER);
		t->data[i][3] = 0x34 + i;
		for (j = 0; j < text_len(i); j++)
			t->data[i][HEADER + j] = j;
		t->pkt[i].session = (struct xsrtp_session *)t->tx;
		t->pkt[i].data = t->data[i];
		t->pkt[i].len = HEADER + text_len(i);
		t->pkt[i].room = SPARE;
	}
}

static bool text_is_plain(const struct scratch *t, unsigned int i)
{
	uint32_t j;

	for (j = 0; j < text_len(i); j++)
		if (t->data[i][HEADER + j] != (uint8_t)j)
			return false;
	return t->pkt[i].len == HEADER + text_len(i);
}

static int make_session(const struct xsrtp_cipher *c, uint8_t *mem,
			const struct xsrtp_suite_info *suite)
{
	struct xsrtp_session_config cfg = { .suite = suite->suite };
	struct xsrtp_session *s = (struct xsrtp_session *)mem;
	uint8_t master[XSRTP_KEY_MAX + XSRTP_SALT_MAX];
	struct xsrtp_key_config key = { .key = master, .salt = master + suite->key_len };
	unsigned int i;

	for (i = 0; i < sizeof(master); i++)
		master[i] = 7 * i + 1;
	if (xsrtp_session_size(&cfg) > sizeof(((struct scratch *)0)->tx) ||
	    xsrtp_session_init(s, &cfg) || xsrtp_key_set(s, c, 0, &key) || xsrtp_key_use(s, 0))
		return -EBADMSG;
	return 0;
}

typedef void (*burst_fn)(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n);

/* All packets in bursts of @burst; true if each came out with @reason. */
static bool run(const struct xsrtp_cipher *c, struct scratch *t, burst_fn fn,
		unsigned int burst, uint32_t reason)
{
	unsigned int i;

	for (i = 0; i < PACKETS; i += burst)
		fn(c, t->pkt + i, PACKETS - i < burst ? PACKETS - i : burst);
	for (i = 0; i < PACKETS; i++)
		if (t->pkt[i].reason != reason)
			return false;
	return true;
}

static bool tags_are(const struct scratch *t, const struct answer *a, uint8_t tag_len)
{
	uint8_t fold[XSRTP_TAG_MAX] = { 0 };
	unsigned int i, j;

	for (i = 0; i < PACKETS; i++)
		for (j = 0; j < tag_len; j++)
			fold[j] = (fold[j] << 1 | fold[j] >> 7) ^
				  t->data[i][HEADER + text_len(i) + j];
	return !xsrtp_memneq(fold, a->tags, tag_len);
}

static void flip_bit(struct scratch *t)
{
	unsigned int i;

	for (i = 0; i < PACKETS; i++)
		t->data[i][4 + 13 * i % (t->pkt[i].len - 4)] ^= 1 << i % 8;
}

static int test_suite(const struct xsrtp_cipher *c, struct scratch *t,
		      const struct xsrtp_suite_info *suite, unsigned int burst)
{
	const struct answer *a = answer_of(suite);
	unsigned int i;

	if (!a || make_session(c, t->tx, suite) || make_session(c, t->rx, suite))
		return -EBADMSG;
	make_packets(t);
	if (!run(c, t, xsrtp_protect, burst, XSRTP_REASON_OK) || !tags_are(t, a, suite->tag_len))
		return -EBADMSG;

	for (i = 0; i < PACKETS; i++)
		t->pkt[i].session = (struct xsrtp_session *)t->rx;
	flip_bit(t);
	if (!run(c, t, xsrtp_unprotect, burst, XSRTP_REASON_BAD_TAG))
		return -EBADMSG;
	flip_bit(t);
	if (!run(c, t, xsrtp_unprotect, burst, XSRTP_REASON_OK))
		return -EBADMSG;
	for (i = 0; i < PACKETS; i++) {
		if (!text_is_plain(t, i))
			return -EBADMSG;
		t->pkt[i].len += suite->tag_len;
	}
	return run(c, t, xsrtp_unprotect, burst, XSRTP_REASON_REPLAY) ? 0 : -EBADMSG;
}

int xsrtp_selftest(const struct xsrtp_cipher *c, void *mem, const char **what)
{
	static const uint8_t bursts[] = { 1, 3, PACKETS };
	struct scratch *t = mem;
	const struct xsrtp_suite_info *suite;
	unsigned int i, j;
	int err = 0;

	_Static_assert(sizeof(*t) <= XSRTP_SELFTEST_BYTES, "the self-test's memory");
	for (i = 0; !err && i < XSRTP_SUITE_END; i++) {
		suite = xsrtp_suite_info(i);
		if (!suite || !suite->tag_len)
			continue;
		*what = suite->name;
		for (j = 0; !err && j < sizeof(bursts); j++)
			err = test_suite(c, t, suite, bursts[j]);
	}
	memzero_explicit(mem, XSRTP_SELFTEST_BYTES);
	return err;
}
