// SPDX-License-Identifier: GPL-2.0
/*
 * SDES: what RFC 4568 allows is read, and written back in one spelling; what it does
 * not allow, and what we do not have, is refused and told apart.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <xsrtp/srtp.h>

#include "base64.h"
#include "sdes.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define K30 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"	/* RFC 4568 9.1 */
#define L30 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"	/* RFC 4568 4 */
#define K46 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct { const char *in, *out; } good[] = {
	/* the RFC's own examples */
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" L30 "|2^20|1:4 FEC_ORDER=FEC_SRTP", NULL },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^20|1:32", NULL },
	{ "2 AES_CM_128_HMAC_SHA1_32 inline:" K30 "|2^20|1:32", NULL },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|1048576|1:32",
	  "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^20|1:32" },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^20|1:4;inline:" L30 "|2^20|2:4", NULL },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " KDR=1 UNENCRYPTED_SRTP", NULL },
	/* either of lifetime and MKI alone */
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^48", NULL },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|1000001", NULL },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|255:1", NULL },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|18446744073709551615:8", NULL },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|1:128", NULL },
	{ "0 AES_CM_128_HMAC_SHA1_80 inline:" K30, NULL },
	{ "999999999 AES_CM_128_HMAC_SHA1_80 inline:" K30, NULL },
	{ "1 AES_256_CM_HMAC_SHA1_80 inline:" K46 "==", NULL },
	{ "1 AES_256_CM_HMAC_SHA1_80 inline:" K46, "1 AES_256_CM_HMAC_SHA1_80 inline:" K46 "==" },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " FEC_ORDER=SRTP_FEC",
	  "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 },
	{ "1  AES_CM_128_HMAC_SHA1_80\tinline:" K30 "  WSH=1024 -unknown -unknown=2 ",
	  "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " WSH=1024" },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " KDR=24 UNENCRYPTED_SRTP UNENCRYPTED_SRTCP "
	  "UNAUTHENTICATED_SRTP FEC_ORDER=FEC_SRTP WSH=64", NULL },
};

static int parse(const char *in, struct sdes *s, char *err)
{
	size_t len = strlen(in);
	char *p = malloc(len ?: 1);
	int ret;

	memcpy(p, in, len);
	ret = sdes_parse((struct text){ p, len }, s, err, 256);
	free(p);
	return ret;
}

static void test_good(void **state)
{
	char err[256], bytes[1024];
	struct sdes s;
	struct buf b;
	size_t i;

	for (i = 0; i < N(good); i++) {
		if (parse(good[i].in, &s, err))
			fail_msg("%s: %s", good[i].in, err);
		b = buf_on(bytes, sizeof(bytes));
		sdes_write(&s, &b);
		if (buf_full(&b) || !text_is(buf_text(&b), good[i].out ?: good[i].in))
			fail_msg("%s: got %.*s", good[i].in, (int)b.len, b.data);
	}
}

static void test_members(void **state)
{
	static const uint8_t key[16] = { 0x77, 0x44, 0x66, 0x76, 0x67, 0x26, 0x54, 0x2b,
					 0x29, 0x78, 0x47, 0x37, 0x40, 0x66, 0x62, 0x35 };
	struct sdes s;
	char err[256];

	assert_int_equal(parse("7 AES_CM_128_HMAC_SHA1_32 inline:" K30 "|2^20|258:4;inline:" L30
			       "|5|3:4 KDR=3 WSH=100", &s, err), 0);
	assert_int_equal(s.tag, 7);
	assert_int_equal(s.suite->suite, XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32);
	assert_int_equal(s.n_keys, 2);
	assert_memory_equal(s.key[0].master_key, key, 16);
	assert_int_equal(s.key[0].key_len, 16);
	assert_int_equal(s.key[0].salt_len, 14);
	assert_int_equal(s.key[0].master_salt[0], 0x6a);
	assert_int_equal(s.key[0].lifetime, 1 << 20);
	assert_int_equal(s.key[1].lifetime, 5);
	assert_memory_equal(s.key[0].mki, "\0\0\1\2", 4);
	assert_memory_equal(s.key[1].mki, "\0\0\0\3", 4);
	assert_int_equal(s.key[0].mki_len, 4);
	assert_int_equal(s.key[0].rate, 8);
	assert_int_equal(s.key[1].rate, 8);
	assert_int_equal(s.window, 100);
}

#define CM "1 AES_CM_128_HMAC_SHA1_80 inline:" K30

static const struct { const char *in; int ret; const char *says; } bad[] = {
	{ "", -EINVAL, "tag" }, { "x " CM, -EINVAL, "tag" }, { "-1 " CM, -EINVAL, "tag" },
	{ "01 AES_CM_128_HMAC_SHA1_80 inline:" K30, -EINVAL, "tag" },
	{ "1000000000 AES_CM_128_HMAC_SHA1_80 inline:" K30, -EINVAL, "tag" },
	{ "1", -EINVAL, "TAG, SUITE and KEY" },
	{ "1 AES_CM_128_HMAC_SHA1_80", -EINVAL, "TAG, SUITE and KEY" },
	{ "1 F8_128_HMAC_SHA1_80 inline:" K30, -ENOTSUP, "no suite \"F8_128_HMAC_SHA1_80\"" },
	{ "1 aes_cm_128_hmac_sha1_80 inline:" K30, -ENOTSUP, "no suite" },
	{ "1 inline:" K30 " AES_CM_128_HMAC_SHA1_80", -ENOTSUP, "no suite \"inline\"" },
	{ "1 AES_CM_128_HMAC_SHA1_80 uri:x", -ENOTSUP, "other than inline" },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:", -EINVAL, "30 bytes" },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", -EINVAL, "30 bytes of key and salt, got 3" },
	{ "1 AEAD_AES_128_GCM inline:" K30, -EINVAL, "28 bytes of key and salt, got 30" },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:" K46, -EINVAL, "30 bytes" },
	{ "1 AES_CM_128_HMAC_SHA1_80 inline:*0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", -EINVAL, "base64" },
	{ "1 AES_256_CM_HMAC_SHA1_80 inline:" K46 "=", -EINVAL, "base64" },
	{ CM "=", -EINVAL, "base64" },
	{ CM "|2^49", -EINVAL, "lifetime" }, { CM "|0", -EINVAL, "lifetime" },
	{ CM "|x", -EINVAL, "lifetime" }, { CM "|2^", -EINVAL, "lifetime" },
	{ CM "|281474976710657", -EINVAL, "lifetime" }, { CM "||1:4", -EINVAL, "lifetime" },
	{ CM "|2^20|1", -EINVAL, "MKI" }, { CM "|2^20|1:", -EINVAL, "MKI" },
	{ CM "|2^20|1:129", -EINVAL, "MKI" }, { CM "|2^20|1:0", -EINVAL, "MKI" },
	{ CM "|2^20|256:1", -EINVAL, "MKI" }, { CM "|2^20|1:4|x", -EINVAL, "MKI" },
	{ CM "|1:4|2^20", -EINVAL, "MKI" },
	{ CM "|18446744073709551616:16", -EINVAL, "MKI" },
	{ CM ";inline:" L30, -EINVAL, "MKI of its own" },
	{ CM "|1:4;inline:" L30 "|1:4", -EINVAL, "MKI of its own" },
	{ CM "|1:4;inline:" L30 "|2:5", -EINVAL, "MKI of its own" },
	{ CM "|1:1;inline:" K30 "|2:1;inline:" K30 "|3:1", -ENOTSUP, "more than 2 keys" },
	{ CM " KDR=0", -EINVAL, "KDR" }, { CM " KDR=25", -EINVAL, "KDR" }, { CM " KDR=", -EINVAL, "KDR" },
	{ CM " WSH=63", -EINVAL, "WSH" }, { CM " WSH=99999999999", -EINVAL, "WSH" },
	{ CM " FEC_ORDER=X", -EINVAL, "FEC_ORDER" },
	{ CM " KDR=1 KDR=1", -EINVAL, "twice" },
	{ CM " UNENCRYPTED_SRTP UNENCRYPTED_SRTP", -EINVAL, "twice" },
	{ CM " FEC_KEY=inline:" K30, -ENOTSUP, "\"FEC_KEY\"" },
	{ CM " UNENCRYPTED_SRTPX", -ENOTSUP, "not known" },
	{ CM " unknown", -ENOTSUP, "\"unknown\" is not known" }, { CM " -", -ENOTSUP, "not known" },
};

static void test_bad(void **state)
{
	static const struct sdes none;
	struct sdes s;
	char err[256];
	size_t i;
	int ret;

	for (i = 0; i < N(bad); i++) {
		ret = parse(bad[i].in, &s, err);
		if (ret != bad[i].ret || !strstr(err, bad[i].says))
			fail_msg("%s: %d \"%s\"", bad[i].in, ret, err);
		assert_memory_equal(&s, &none, sizeof(s));	/* wiped */
		assert_null(strstr(err, "0Rmdm"));		/* nothing of the key */
	}
}

static void test_suites(void **state)
{
	char err[256], bytes[512];
	struct sdes s, again;
	struct buf b;
	unsigned int i, round;

	for (i = 1; xsrtp_suite_info(i); i++) {
		for (round = 0; round < 50; round++) {
			assert_int_equal(sdes_make(&s, round, xsrtp_suite_info(i)), 0);
			b = buf_on(bytes, sizeof(bytes));
			sdes_write(&s, &b);
			assert_int_equal(sdes_parse(buf_text(&b), &again, err, sizeof(err)), 0);
			assert_memory_equal(&s, &again, sizeof(s));
		}
		assert_int_equal(sdes_make(&again, round - 1, s.suite), 0);
		assert_memory_not_equal(s.key[0].master_key, again.key[0].master_key, s.key[0].key_len);
		assert_memory_not_equal(s.key[0].master_salt, again.key[0].master_salt, 12);
	}
	assert_int_equal(i, 14);
}

/* RFC 4648 10, and what is not of its one spelling. */
static void test_base64(void **state)
{
	static const struct { const char *plain, *code; } rows[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf\x00\x10\x83", "+/+/ABCD" },
	};
	static const char *const wrong[] = { "Z", "Zg=", "Z===", "Zh==", "Zm9=", "Zm9v=", "Zg==Zg==", "Z\xe7==",
					     "Zm9vY", "=", "====", "Zm 9", "Zm-_" };
	uint8_t out[64];
	char bytes[64];
	struct buf b;
	size_t i, n;

	for (i = 0; i < N(rows); i++) {
		n = i == 7 ? 6 : strlen(rows[i].plain);
		b = buf_on(bytes, sizeof(bytes));
		base64_encode((const uint8_t *)rows[i].plain, n, &b);
		assert_true(text_is(buf_text(&b), rows[i].code));
		assert_int_equal(base64_decode(buf_text(&b), out, n), n);
		assert_memory_equal(out, rows[i].plain, n);
		if (n)
			assert_int_equal(base64_decode(buf_text(&b), out, n - 1), -1);
	}
	for (i = 0; i < N(wrong); i++)
		assert_int_equal(base64_decode(text_of(wrong[i]), out, sizeof(out)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_members),
		cmocka_unit_test(test_bad), cmocka_unit_test(test_suites),
		cmocka_unit_test(test_base64),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("SDES", tests, NULL, NULL);
}
