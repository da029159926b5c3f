// SPDX-License-Identifier: GPL-2.0
/*
 * Key files: both spellings for every suite, each way to be wrong with its
 * sentence, and that no sentence holds a piece of the key. Texts are parsed
 * from malloc()ed memory without a 0 at the end, for AddressSanitizer.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include <xsrtp/srtp.h>

#include "key.h"

#define CM	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80

static int parse(const char *text, unsigned int suite, struct key *key, char *err, size_t err_len)
{
	size_t len = strlen(text);
	char *copy = malloc(len + !len);
	int ret;

	assert_non_null(copy);
	memcpy(copy, text, len);
	ret = key_parse(copy, len, xsrtp_suite_info(suite), key, err, err_len);
	free(copy);
	return ret;
}

static void fill(uint8_t *secret, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		secret[i] = 0xff - 7 * i;
}

static void hex(char *text, const uint8_t *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(text + 2 * i, i & 1 ? "%02x" : "%02X", bytes[i]);
}

static void check_key(const struct key *k, const struct xsrtp_suite_info *info,
		      const uint8_t *secret)
{
	assert_int_equal(k->key_len, info->key_len);
	assert_int_equal(k->salt_len, info->salt_len);
	assert_memory_equal(k->master_key, secret, info->key_len);
	assert_memory_equal(k->master_salt, secret + info->key_len, info->salt_len);
}

static void check_suite(unsigned int suite)
{
	const struct xsrtp_suite_info *info = xsrtp_suite_info(suite);
	size_t n = info->key_len + info->salt_len;
	char text[256], err[256];
	uint8_t secret[64];
	struct key k;

	fill(secret, n);
	strcpy(text, "inline:");
	EVP_EncodeBlock((unsigned char *)text + 7, secret, n);
	assert_int_equal(parse(text, suite, &k, err, sizeof(err)), 0);
	check_key(&k, info, secret);
	assert_int_equal(k.mki_len, 0);
	strcat(text, "\nmki:01fE\n");
	assert_int_equal(parse(text, suite, &k, err, sizeof(err)), 0);
	check_key(&k, info, secret);
	assert_int_equal(k.mki_len, 2);
	assert_memory_equal(k.mki, "\x01\xfe", 2);
	strcpy(text, "hex:");
	hex(text + 4, secret, n);
	assert_int_equal(parse(text, suite, &k, err, sizeof(err)), 0);
	check_key(&k, info, secret);
	strcat(text, "\n");
	assert_int_equal(parse(text, suite, &k, err, sizeof(err)), 0);
	check_key(&k, info, secret);
}

static void test_suites(void **state)
{
#define X(sym, num, name, kind, key, salt, tag) check_suite(num);
	XSRTP_SUITES(X)
#undef X
}

/* RFC 4568 section 9.1's own example. */
static void test_rfc4568(void **state)
{
	static const char text[] = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
	char err[256];
	struct key k;

	assert_int_equal(parse(text, CM, &k, err, sizeof(err)), 0);
	assert_memory_equal(k.master_key, "wDfvg&T+)xG7@fb5", 16);
	assert_memory_equal(k.master_salt, "jU,RaA}\\|p0%*#", 14);
}

struct bad {
	const char *text;
	const char *says;
};

#define B64_30	"d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define HEX_30	"7744667667265426782d7846374066623577552c5261417d5c7c7030252a"

static const struct bad bad[] = {
	{ "", "it is empty" },
	{ "\n", "line 1: must be inline:" },
	{ B64_30, "line 1: must be inline:" },
	{ HEX_30, "line 1: must be inline:" },
	{ "Inline:" B64_30, "line 1: must be inline:" },
	{ " inline:" B64_30, "line 1: must be inline:" },
	{ "inline", "line 1: must be inline:" },
	{ "inline:", "takes 30 bytes (master key 16, master salt 14), got 0" },
	{ "inline: " B64_30, "line 1: not base64" },
	{ "inline:" B64_30 " ", "line 1: not base64" },
	{ "inline:" B64_30 "\r\n", "line 1: not base64" },
	{ "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo", "line 1: not base64" },
	{ "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo=", "got 29" },
	{ "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSp=", "line 1: not base64" },
	{ "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo=AAAA", "line 1: not base64" },
	{ "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJ===", "line 1: not base64" },
	{ "inline:====", "line 1: not base64" },
	{ "inline:=", "line 1: not base64" },
	{ "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJS_-", "line 1: not base64" },
	{ "inline:" B64_30 "d0Rm", "takes 30 bytes (master key 16, master salt 14), got 33" },
	{ "inline:" B64_30 B64_30 B64_30, "got 90" },
	{ "inline:" B64_30 "|2^20|1:4", "lifetime and MKI" },
	{ "hex:", "got 0" },
	{ "hex:7", "line 1: not an even number" },
	{ "hex:" HEX_30 "0", "line 1: not an even number" },
	{ "hex:" HEX_30 "0g", "line 1: not an even number" },
	{ "hex:" HEX_30 "00", "got 31" },
	{ "hex:" HEX_30 HEX_30 HEX_30 HEX_30, "got 120" },
	{ "hex:" HEX_30 "\n\n", "line 2: must be mki:HEX" },
	{ "hex:" HEX_30 "\nmki=01", "line 2: must be mki:HEX" },
	{ "hex:" HEX_30 "\nmki:", "line 2: an MKI has 1 to 128 bytes, got 0" },
	{ "hex:" HEX_30 "\nmki:0", "line 2: not an even number" },
	{ "hex:" HEX_30 "\nmki:0x", "line 2: not an even number" },
	{ "hex:" HEX_30 "\nmki:01\n\n", "line 3:" },
	{ "hex:" HEX_30 "\nmki:01\nhex:" HEX_30, "line 3:" },
};

/* Four characters in a row of a key would be a piece of it. */
static void assert_no_secret(const char *err)
{
	static const char b64[] = B64_30, digits[] = HEX_30;
	char piece[5] = "";
	size_t i;

	for (i = 0; i + 4 < sizeof(b64); i++)
		assert_null(strstr(err, memcpy(piece, b64 + i, 4)));
	for (i = 0; i + 4 < sizeof(digits); i++)
		assert_null(strstr(err, memcpy(piece, digits + i, 4)));
}

static void test_bad(void **state)
{
	static const struct key empty;
	struct key k;
	char err[256];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*err = 0;
		memset(&k, 0xa5, sizeof(k));
		assert_int_equal(parse(bad[i].text, CM, &k, err, sizeof(err)), -EINVAL);
		if (!strstr(err, bad[i].says))
			fail_msg("\"%s\": says \"%s\", not \"%s\"", bad[i].text, err, bad[i].says);
		assert_no_secret(err);
		assert_memory_equal(&k, &empty, sizeof(k));
	}
}

static void test_mki_length(void **state)
{
	char text[4 + 60 + 5 + 2 * 129 + 1] = "hex:" HEX_30 "\nmki:", err[256];
	size_t start = strlen(text);
	struct key k;

	memset(text + start, 'a', 2 * 128);
	assert_int_equal(parse(text, CM, &k, err, sizeof(err)), 0);
	assert_int_equal(k.mki_len, 128);
	memset(text + start, 'a', 2 * 129);
	assert_int_equal(parse(text, CM, &k, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "got 129"));
}

/* A 0 byte ends nothing: the text has a length. */
static void test_zero_byte(void **state)
{
	static const char text[] = "hex:" HEX_30 "\0\n";
	char err[256];
	struct key k;

	assert_int_equal(key_parse(text, sizeof(text) - 1, xsrtp_suite_info(CM), &k, err,
				   sizeof(err)), -EINVAL);
}

static void write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void test_files(void **state)
{
	const struct xsrtp_suite_info *info = xsrtp_suite_info(CM);
	char path[] = "/tmp/xsrtp-key-XXXXXX", big[2048], err[256];
	bool others;
	struct key k;

	close(mkstemp(path));
	write_file(path, "hex:" HEX_30 "\n", 65, 0600);
	assert_int_equal(key_read(path, info, &k, &others, err, sizeof(err)), 0);
	assert_false(others);
	assert_int_equal(k.key_len, 16);
	write_file(path, "hex:" HEX_30 "\n", 65, 0640);
	assert_int_equal(key_read(path, info, &k, &others, err, sizeof(err)), 0);
	assert_true(others);
	memset(big, 'a', sizeof(big));
	write_file(path, big, sizeof(big), 0600);
	assert_int_equal(key_read(path, info, &k, &others, err, sizeof(err)), -EFBIG);
	assert_non_null(strstr(err, "too long"));
	unlink(path);
	assert_int_equal(key_read(path, info, &k, &others, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, path));
	assert_int_equal(key_read("/tmp", info, &k, &others, err, sizeof(err)), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_rfc4568),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_mki_length),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
