// SPDX-License-Identifier: GPL-2.0
/*
 * The SIMD ciphers of kmod/srtp/x86 against OpenSSL, each implementation that
 * this CPU can run, at the interface of cipher.h: text lengths, header lengths,
 * alignments, bursts of equal and of mixed lengths, and that no byte outside of
 * header, text and tag is touched (by pages without access on either side: the
 * sanitizers do not see what intrinsics do).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "cipher.h"
#include "platform.h"
#include "x86/x86.h"

#define TEXT_MAX	1500
#define PACKET_MAX	2048

/* The suites, and those that are to come: AES-192, tags of 8 bytes. */
static const struct xsrtp_suite_info suites[] = {
	{ "AES_CM_128_HMAC_SHA1_80", 1, XSRTP_KIND_CM, 16, 14, 10, 0 },
	{ "AES_CM_128_HMAC_SHA1_32", 2, XSRTP_KIND_CM, 16, 14, 4, 0 },
	{ "AES_192_CM_HMAC_SHA1_80", 0, XSRTP_KIND_CM, 24, 14, 10, 0 },
	{ "AES_256_CM_HMAC_SHA1_80", 0, XSRTP_KIND_CM, 32, 14, 10, 0 },
	{ "AEAD_AES_128_GCM", 7, XSRTP_KIND_GCM, 16, 12, 16, 0 },
	{ "AEAD_AES_192_GCM", 0, XSRTP_KIND_GCM, 24, 12, 16, 0 },
	{ "AEAD_AES_256_GCM", 8, XSRTP_KIND_GCM, 32, 12, 16, 0 },
	{ "AEAD_AES_128_GCM_8", 0, XSRTP_KIND_GCM, 16, 12, 8, 0 },
};
#define SUITES	(sizeof(suites) / sizeof(suites[0]))

/* Keys as they come, and prepared by the implementation under test. */
struct test_key {
	uint8_t enc[32], auth[20];
	union {
		struct xsrtp_cipher_key key;
		uint8_t room[XSRTP_CIPHER_KEY_MAX];
	} made;
};

static uint64_t random_state = 0x9e3779b97f4a7c15;

/* xorshift64: the same numbers in every run */
static uint32_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 16;
}

static void fill(void *p, size_t n)
{
	uint8_t *b = p;

	while (n--)
		*b++ = rnd();
}

/* --- the reference ------------------------------------------------------- */

static const EVP_CIPHER *reference_cipher(const struct xsrtp_suite_info *suite)
{
	if (suite->kind == XSRTP_KIND_CM)
		return suite->key_len == 16 ? EVP_aes_128_ctr() :
		       suite->key_len == 24 ? EVP_aes_192_ctr() : EVP_aes_256_ctr();
	return suite->key_len == 16 ? EVP_aes_128_gcm() :
	       suite->key_len == 24 ? EVP_aes_192_gcm() : EVP_aes_256_gcm();
}

/* Seal one packet of plain text into @out, tag behind the text. */
static void reference_seal(const struct xsrtp_suite_info *suite, const struct test_key *k,
			   const struct xsrtp_packet *pkt, const uint8_t *plain, uint8_t *out)
{
	static EVP_CIPHER_CTX *ctx;
	uint8_t message[PACKET_MAX + 4], mac[20];
	uint8_t *text = out + pkt->hdr_len;
	unsigned int mac_len = sizeof(mac);
	int len;

	if (!ctx)
		ctx = EVP_CIPHER_CTX_new();
	memcpy(out, plain, pkt->hdr_len);
	EVP_EncryptInit_ex(ctx, reference_cipher(suite), NULL, k->enc, pkt->iv);
	if (suite->kind == XSRTP_KIND_GCM)
		EVP_EncryptUpdate(ctx, NULL, &len, out, pkt->hdr_len);
	if (suite->kind == XSRTP_KIND_GCM && pkt->extra_len)
		EVP_EncryptUpdate(ctx, NULL, &len, pkt->extra, pkt->extra_len);
	EVP_EncryptUpdate(ctx, text, &len, plain + pkt->hdr_len, pkt->text_len);
	if (suite->kind == XSRTP_KIND_GCM) {
		EVP_EncryptFinal_ex(ctx, mac, &len);
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, mac);
	} else {
		memcpy(message, out, pkt->hdr_len + pkt->text_len);
		memcpy(message + pkt->hdr_len + pkt->text_len, pkt->extra, 4);
		HMAC(EVP_sha1(), k->auth, 20, message, pkt->hdr_len + pkt->text_len + 4, mac,
		     &mac_len);
	}
	memcpy(text + pkt->text_len, mac, suite->tag_len);
}

/* --- packets ------------------------------------------------------------- */

static void make_key(const struct xsrtp_suite_info *suite, struct test_key *k)
{
	memset(k, 0, sizeof(*k));
	fill(k->enc, suite->key_len);
	fill(k->auth, sizeof(k->auth));
}

static void make_packet(struct xsrtp_packet *pkt, const struct xsrtp_suite_info *suite,
			struct test_key *k, uint8_t *data, uint32_t hdr_len, uint32_t text_len)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->data = data;
	pkt->hdr_len = hdr_len;
	pkt->text_len = text_len;
	pkt->tag = data + hdr_len + text_len;
	pkt->key = &k->made.key;
	fill(pkt->extra, 4);
	pkt->extra_len = suite->kind == XSRTP_KIND_CM || rnd() % 2 ? 4 : 0;
	fill(pkt->iv, 16);
	if (suite->kind == XSRTP_KIND_CM)
		memset(pkt->iv + 14, 0, 2);
}

static size_t whole(const struct xsrtp_suite_info *suite, const struct xsrtp_packet *pkt)
{
	return pkt->hdr_len + pkt->text_len + suite->tag_len;
}

/* Of one bit, which may be in header, text or tag. */
static void flip_bit(const struct xsrtp_suite_info *suite, struct xsrtp_packet *pkt)
{
	pkt->data[rnd() % whole(suite, pkt)] ^= 1 << rnd() % 8;
}

#define check_same(c, suite, pkt, what, have, want, n) do {		\
	if (memcmp(have, want, n))					\
		fail_msg("%s %s: %s, header %u, text %u", (c)->name, (suite)->name, what, \
			 (pkt)->hdr_len, (pkt)->text_len);		\
} while (0)

/*
 * One burst through one implementation: sealed as the reference says, opened to
 * what it was, and where a bit is wrong refused and left alone.
 */
static void check_burst(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
			struct xsrtp_packet *pkt, unsigned int n,
			uint8_t plain[][PACKET_MAX], uint8_t sealed[][PACKET_MAX])
{
	static uint8_t forged[XSRTP_BURST_MAX][PACKET_MAX];
	struct xsrtp_packet *list[XSRTP_BURST_MAX] = { 0 };
	uint64_t bad = ((uint64_t)rnd() << 32 | rnd()) & ((uint64_t)rnd() << 32 | rnd());
	unsigned int i;

	for (i = 0; i < n; i++) {
		list[i] = &pkt[i];
		pkt[i].reason = XSRTP_REASON_OK;
		memcpy(pkt[i].data, plain[i], pkt[i].hdr_len + pkt[i].text_len);
	}
	c->seal(suite, list, n);
	for (i = 0; i < n; i++) {
		check_same(c, suite, &pkt[i], "sealed", pkt[i].data, sealed[i],
			   whole(suite, &pkt[i]));
		if (bad >> i & 1)
			flip_bit(suite, &pkt[i]);
		memcpy(forged[i], pkt[i].data, whole(suite, &pkt[i]));
	}
	c->open(suite, list, n);
	for (i = 0; i < n; i++) {
		if (bad >> i & 1) {
			assert_int_equal(pkt[i].reason, XSRTP_REASON_BAD_TAG);
			check_same(c, suite, &pkt[i], "forged", pkt[i].data, forged[i],
				   whole(suite, &pkt[i]));
		} else {
			assert_int_equal(pkt[i].reason, XSRTP_REASON_OK);
			check_same(c, suite, &pkt[i], "opened", pkt[i].data, plain[i],
				   pkt[i].hdr_len + pkt[i].text_len);
		}
	}
}

static uint8_t plain[XSRTP_BURST_MAX][PACKET_MAX], sealed[XSRTP_BURST_MAX][PACKET_MAX];
static struct test_key keys[XSRTP_BURST_MAX];
static struct xsrtp_packet packets[XSRTP_BURST_MAX];

static void expand_keys(const struct xsrtp_cipher *c, const struct xsrtp_suite_info *suite,
			unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		c->expand(suite, &keys[i].made.key, keys[i].enc, keys[i].auth);
}

#define for_each_cipher(c, i) \
	for (i = 0; ((c) = xsrtp_cipher_x86[i]); i++) \
		if ((c)->usable())

/* --- tests --------------------------------------------------------------- */

static void every_length(const struct xsrtp_suite_info *suite, uint32_t hdr_len)
{
	static uint8_t buffer[64 + PACKET_MAX];
	const struct xsrtp_cipher *c;
	uint32_t len;
	int i;

	for (len = 0; len <= TEXT_MAX; len++) {
		make_key(suite, &keys[0]);
		make_packet(packets, suite, keys, buffer + rnd() % 64, hdr_len, len);
		fill(plain[0], hdr_len + len);
		reference_seal(suite, keys, packets, plain[0], sealed[0]);
		for_each_cipher(c, i) {
			expand_keys(c, suite, 1);
			check_burst(c, suite, packets, 1, plain, sealed);
		}
	}
}

/* RTP's 12 bytes, RTCP's 8; CSRCs; extensions; any length; RTCP in the clear */
static void test_lengths(void **state)
{
	static const uint32_t headers[] = { 8, 12, 16, 20, 24, 28, 32, 36, 13, 15, 72, 76, 80, 332 };
	unsigned int i, j;

	for (i = 0; i < SUITES; i++)
		for (j = 0; j < sizeof(headers) / sizeof(headers[0]); j++)
			every_length(&suites[i], headers[j]);
}

/* How long the texts of a burst are. */
static uint32_t some_length(int mix, uint32_t same)
{
	switch (mix) {
	case 0:
		return same;			/* all alike */
	case 1:
		return rnd() % (TEXT_MAX + 1);	/* anything */
	case 2:
		return same / 8 + rnd() % 64;	/* a block more or less */
	default:
		return rnd() % 8 ? 160 : 1200;	/* voice, some video */
	}
}

static void a_burst(const struct xsrtp_suite_info *suite, unsigned int n, int mix)
{
	static uint8_t buffer[XSRTP_BURST_MAX][64 + PACKET_MAX];
	uint32_t same = rnd() % (TEXT_MAX + 1);
	const struct xsrtp_cipher *c;
	unsigned int i;
	int j;

	for (i = 0; i < n; i++) {
		struct test_key *k = &keys[rnd() % 8 ? i : 0];	/* some have the same */
		uint32_t hdr = rnd() % 4 ? 12 : 12 + rnd() % 30 * 4;

		make_key(suite, &keys[i]);
		make_packet(&packets[i], suite, k, buffer[i] + rnd() % 64, hdr,
			    some_length(mix, same));
		fill(plain[i], packets[i].hdr_len + packets[i].text_len);
		reference_seal(suite, k, &packets[i], plain[i], sealed[i]);
	}
	for_each_cipher(c, j) {
		expand_keys(c, suite, n);
		check_burst(c, suite, packets, n, plain, sealed);
	}
}

static void test_bursts(void **state)
{
	unsigned int i, n;
	int mix, round;

	for (round = 0; round < 6; round++)
		for (i = 0; i < SUITES; i++)
			for (n = 1; n <= XSRTP_BURST_MAX; n++)
				for (mix = 0; mix < 4; mix++)
					a_burst(&suites[i], n, mix);
}

/* A page with a page without access on either side. */
static uint8_t *guarded_page(size_t page)
{
	uint8_t *p = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(p + page, page, PROT_READ | PROT_WRITE), 0);
	return p + page;
}

/* Packet and key at the end of a page, or at the start of one. */
static void at_the_edge(const struct xsrtp_suite_info *suite, uint32_t hdr_len, uint32_t len)
{
	static uint8_t *page, *key_page;
	size_t key_size = sizeof(struct xsrtp_cipher_key) + XSRTP_RK_BYTES(suite->key_len) + 16 +
			  (suite->kind == XSRTP_KIND_GCM ? XSRTP_HPOW_BYTES(suite->key_len) : 0);
	const struct xsrtp_cipher *c;
	struct xsrtp_cipher_key *key;
	int i, end;

	if (!page) {
		page = guarded_page(4096);
		key_page = guarded_page(4096);
	}
	make_key(suite, keys);
	fill(plain[0], hdr_len + len);
	for (end = 0; end < 2; end++) {
		size_t size = hdr_len + len + suite->tag_len;

		make_packet(packets, suite, keys, end ? page + 4096 - size : page, hdr_len, len);
		reference_seal(suite, keys, packets, plain[0], sealed[0]);
		key = (void *)(end ? key_page + 4096 - key_size : key_page);
		packets[0].key = key;
		for_each_cipher(c, i) {
			c->expand(suite, key, keys[0].enc, keys[0].auth);
			check_burst(c, suite, packets, 1, plain, sealed);
		}
	}
}

static void test_edges(void **state)
{
	static const uint32_t headers[] = { 8, 12, 20 };
	uint32_t len;
	unsigned int i, j;

	for (i = 0; i < SUITES; i++)
		for (j = 0; j < 3; j++)
			for (len = 0; len <= 700; len++)
				at_the_edge(&suites[i], headers[j], len);
}

/* Bursts of which every packet ends or starts at the edge of a page of its own. */
static void test_edge_bursts(void **state)
{
	static const unsigned int sizes[] = { 2, 3, 4, 5, 8, 9, 16, 17, 40, 64 };
	const struct xsrtp_cipher *c;
	uint8_t *pages[XSRTP_BURST_MAX];
	unsigned int i, j, s;
	int round, k;

	for (i = 0; i < XSRTP_BURST_MAX; i++)
		pages[i] = guarded_page(4096);
	for (round = 0; round < 200; round++) {
		const struct xsrtp_suite_info *suite = &suites[round % SUITES];
		int mix = rnd() % 4;

		s = sizes[rnd() % (sizeof(sizes) / sizeof(sizes[0]))];
		for (j = 0; j < s; j++) {
			uint32_t len = some_length(mix, 160);
			size_t size = 12 + len + suite->tag_len;

			make_key(suite, &keys[j]);
			make_packet(&packets[j], suite, &keys[j],
				    rnd() % 2 ? pages[j] + 4096 - size : pages[j], 12, len);
			fill(plain[j], 12 + len);
			reference_seal(suite, &keys[j], &packets[j], plain[j], sealed[j]);
		}
		for_each_cipher(c, k) {
			expand_keys(c, suite, s);
			check_burst(c, suite, packets, s, plain, sealed);
		}
	}
}

/* ctr() with counters that wrap at 32 and at 64 bits. */
static void test_ctr(void **state)
{
	static uint8_t want[TEXT_MAX], have[TEXT_MAX];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const struct xsrtp_cipher *c;
	int i, out, round;
	uint8_t iv[16];

	for (round = 0; round < 4000; round++) {
		const struct xsrtp_suite_info *suite = &suites[rnd() % 4];
		size_t len = rnd() % TEXT_MAX;

		make_key(suite, keys);
		fill(iv, sizeof(iv));
		memset(iv + 4 + rnd() % 9, 0xff, 4);
		memset(iv + (round & 1 ? 8 : 12), 0xff, round & 1 ? 7 : 3);
		fill(plain[0], len);
		EVP_EncryptInit_ex(ctx, reference_cipher(suite), NULL, keys[0].enc, iv);
		EVP_EncryptUpdate(ctx, want, &out, plain[0], len);
		for_each_cipher(c, i) {
			memcpy(have, plain[0], len);
			c->expand(suite, &keys[0].made.key, keys[0].enc, NULL);
			c->ctr(suite, &keys[0].made.key, iv, have, len);
			if (memcmp(have, want, len))
				fail_msg("%s %s: %zu bytes", c->name, suite->name, len);
		}
	}
	EVP_CIPHER_CTX_free(ctx);
}

/*
 * A key that shall only serve ctr() has room for the round keys and no more, also
 * in a suite of GCM. The salt is never written.
 */
static void test_expand_room(void **state)
{
	uint8_t room[XSRTP_CIPHER_KEY_MAX], untouched[XSRTP_CIPHER_KEY_MAX];
	struct xsrtp_cipher_key *key = (void *)room;
	const struct xsrtp_cipher *c;
	unsigned int i, j;
	size_t used;

	memset(untouched, 0xa5, sizeof(untouched));
	for_each_cipher(c, i) {
		for (j = 0; j < SUITES; j++) {
			used = sizeof(*key) + XSRTP_RK_BYTES(suites[j].key_len);
			memset(room, 0xa5, sizeof(room));
			make_key(&suites[j], keys);
			c->expand(&suites[j], key, keys[0].enc, NULL);
			assert_memory_equal(room, untouched, sizeof(key->hmac));
			assert_memory_equal(room + used, untouched, sizeof(room) - used);
			c->expand(&suites[j], key, keys[0].enc, keys[0].auth);
			assert_memory_equal(room + used, untouched, 16);
		}
	}
}

/* The last round keys of FIPS 197 A.1 to A.3. */
static void test_expand(void **state)
{
	static const uint8_t key[][32] = {
		{ 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
		  0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c },
		{ 0x8e, 0x73, 0xb0, 0xf7, 0xda, 0x0e, 0x64, 0x52, 0xc8, 0x10, 0xf3, 0x2b,
		  0x80, 0x90, 0x79, 0xe5, 0x62, 0xf8, 0xea, 0xd2, 0x52, 0x2c, 0x6b, 0x7b },
		{ 0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe,
		  0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
		  0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
		  0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4 },
	};
	static const uint8_t last[][16] = {
		{ 0xd0, 0x14, 0xf9, 0xa8, 0xc9, 0xee, 0x25, 0x89,
		  0xe1, 0x3f, 0x0c, 0xc8, 0xb6, 0x63, 0x0c, 0xa6 },
		{ 0xe9, 0x8b, 0xa0, 0x6f, 0x44, 0x8c, 0x77, 0x3c,
		  0x8e, 0xcc, 0x72, 0x04, 0x01, 0x00, 0x22, 0x02 },
		{ 0xfe, 0x48, 0x90, 0xd1, 0xe6, 0x18, 0x8d, 0x0b,
		  0x04, 0x6d, 0xf3, 0x44, 0x70, 0x6c, 0x63, 0x1e },
	};
	const struct xsrtp_cipher *c;
	int i, j;

	for_each_cipher(c, i) {
		for (j = 0; j < 3; j++) {
			const struct xsrtp_suite_info *suite = &suites[j + 1];
			struct xsrtp_cipher_key *k = &keys[0].made.key;

			memset(&keys[0], 0xa5, sizeof(keys[0]));
			c->expand(suite, k, key[j], NULL);
			assert_memory_equal(k->rk, key[j], suite->key_len);
			assert_memory_equal(k->rk + XSRTP_RK_BYTES(suite->key_len) - 16, last[j],
					    16);
		}
	}
}

/* Something ran: a CPU that can run none of them must not pass for tested. */
static void test_usable(void **state)
{
	const struct xsrtp_cipher *c;
	int i, n = 0;

	for_each_cipher(c, i) {
		print_message("# %s\n", c->name);
		n++;
	}
	if (!n)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_expand_room),
		cmocka_unit_test(test_ctr),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_edge_bursts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("x86", tests, NULL, NULL);
}
