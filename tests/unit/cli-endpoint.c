// SPDX-License-Identifier: GPL-2.0
/*
 * Endpoints as people write them: what is taken, what is refused and how the
 * refusal reads, and that what is written is read back the same.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "endpoint.h"

struct good {
	const char *text;
	const char *as;		/* how it is written back */
	uint8_t family;
	uint16_t port;
};

static const struct good good[] = {
	{ "192.0.2.1:4000", "192.0.2.1:4000", AF_INET, 4000 },
	{ "0.0.0.0:1", "0.0.0.0:1", AF_INET, 1 },
	{ "255.255.255.255:65535", "255.255.255.255:65535", AF_INET, 65535 },
	{ "192.0.2.1:004", "192.0.2.1:4", AF_INET, 4 },
	{ "[2001:db8::1]:4000", "[2001:db8::1]:4000", AF_INET6, 4000 },
	{ "[2001:0DB8:0:0:0:0:0:1]:4000", "[2001:db8::1]:4000", AF_INET6, 4000 },
	{ "[::]:1", "[::]:1", AF_INET6, 1 },
	{ "[::ffff:192.0.2.1]:5", "[::ffff:192.0.2.1]:5", AF_INET6, 5 },
	{ "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
	  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", AF_INET6, 65535 },
};

static void test_good(void **state)
{
	char buf[ENDPOINT_STRLEN], err[256];
	struct endpoint ep, again;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(endpoint_parse(good[i].text, &ep, err, sizeof(err)), 0);
		assert_int_equal(ep.family, good[i].family);
		assert_int_equal(ep.port, good[i].port);
		assert_string_equal(endpoint_format(&ep, buf), good[i].as);
		assert_int_equal(endpoint_parse(buf, &again, err, sizeof(err)), 0);
		assert_true(endpoint_equal(&ep, &again));
	}
}

static void test_bytes(void **state)
{
	static const uint8_t v4[16] = { 192, 0, 2, 1 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct endpoint ep;
	char err[256];

	assert_int_equal(endpoint_parse("192.0.2.1:4000", &ep, err, sizeof(err)), 0);
	assert_memory_equal(ep.addr, v4, 16);
	assert_int_equal(endpoint_parse("[2001:db8::1]:4000", &ep, err, sizeof(err)), 0);
	assert_memory_equal(ep.addr, v6, 16);
}

struct bad {
	const char *text;
	const char *says;
};

static const struct bad bad[] = {
	{ "", "is not ADDRESS:PORT" },
	{ ":", "not an IPv4 address" },
	{ "192.0.2.1", "is not ADDRESS:PORT" },
	{ "4000", "is not ADDRESS:PORT" },
	{ ":4000", "not an IPv4 address" },
	{ "192.0.2.1:", "port must be" },
	{ "192.0.2.1:0", "port must be" },
	{ "192.0.2.1:65536", "port must be" },
	{ "192.0.2.1:99999999999999999999", "port must be" },
	{ "192.0.2.1:-1", "port must be" },
	{ "192.0.2.1:+1", "port must be" },
	{ "192.0.2.1: 1", "port must be" },
	{ "192.0.2.1:0x1", "port must be" },
	{ "192.0.2.1:4000 ", "port must be" },
	{ "192.0.2.1:40a", "port must be" },
	{ "192.0.2:4000", "not an IPv4 address" },
	{ "192.0.2.256:4000", "not an IPv4 address" },
	{ "pbx.example:4000", "not an IPv4 address" },
	{ "2001:db8::1:4000", "in brackets" },
	{ "::1", "in brackets" },
	{ "[2001:db8::1]", "is not ADDRESS:PORT" },
	{ "[2001:db8::1", "is not ADDRESS:PORT" },
	{ "[2001:db8::1]4000", "is not ADDRESS:PORT" },
	{ "[2001:db8::g]:4000", "not an IPv6 address" },
	{ "[192.0.2.1]:4000", "not an IPv6 address" },
	{ "[fe80::1%eth0]:4000", "not an IPv6 address" },
	{ "[]:4000", "not an IPv6 address" },
	{ "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]:1",
	  "is not ADDRESS:PORT" },
};

static void test_bad(void **state)
{
	struct endpoint ep;
	char err[256];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*err = 0;
		assert_int_equal(endpoint_parse(bad[i].text, &ep, err, sizeof(err)), -EINVAL);
		if (!strstr(err, bad[i].says))
			fail_msg("\"%s\": says \"%s\", not \"%s\"", bad[i].text, err, bad[i].says);
		assert_int_equal(ep.family, 0);
	}
}

static void test_equal(void **state)
{
	struct endpoint a, b, none = { 0 };
	char err[8];	/* too short for a sentence: it is cut, not overrun */

	assert_int_equal(endpoint_parse("192.0.2.1:4000", &a, err, sizeof(err)), 0);
	assert_int_equal(endpoint_parse("192.0.2.1:4001", &b, err, sizeof(err)), 0);
	assert_false(endpoint_equal(&a, &b));
	assert_int_equal(endpoint_parse("192.0.2.2:4000", &b, err, sizeof(err)), 0);
	assert_false(endpoint_equal(&a, &b));
	assert_int_equal(endpoint_parse("[::192.0.2.1]:4000", &b, err, sizeof(err)), 0);
	assert_false(endpoint_equal(&a, &b));
	assert_false(endpoint_equal(&a, &none));
	assert_true(endpoint_equal(&none, &none));
	assert_int_equal(endpoint_parse("bad", &b, err, sizeof(err)), -EINVAL);
	assert_int_equal(strlen(err), sizeof(err) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_equal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
