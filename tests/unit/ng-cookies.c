// SPDX-License-Identifier: GPL-2.0
/*
 * Answers by cookie: whose is whose, and the bounds in number, bytes and age.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cookies.h"

static struct cookies s;

static const char *find(const char *peer, const char *cookie)
{
	static char answer[64];
	struct text t = cookies_find(&s, text_of(peer), text_of(cookie));

	if (!t.s)
		return NULL;
	assert_true(t.len < sizeof(answer));
	memcpy(answer, t.s, t.len);
	answer[t.len] = 0;
	return answer;
}

static void add(const char *peer, const char *cookie, const char *answer, time_t when)
{
	cookies_add(&s, text_of(peer), text_of(cookie), text_of(answer), when);
}

static void test_whose(void **state)
{
	add("peer", "1", "one", 0);
	add("peer", "2", "two", 0);
	add("other", "1", "theirs", 0);
	assert_string_equal(find("peer", "1"), "one");
	assert_string_equal(find("peer", "2"), "two");
	assert_string_equal(find("other", "1"), "theirs");
	assert_null(find("other", "2"));
	assert_null(find("peer", ""));
	/* peer and cookie are told apart, not only their bytes in a row */
	assert_null(find("pee", "r1"));
	assert_null(find("peer1", ""));
	cookies_free(&s);
	assert_null(find("peer", "1"));
	assert_int_equal(s.n, 0);
	assert_int_equal(s.bytes, 0);
}

static void test_age(void **state)
{
	add("p", "1", "one", 100);
	add("p", "2", "two", 110);
	cookies_expire(&s, 100 + COOKIE_AGE_S);
	assert_non_null(find("p", "1"));
	cookies_expire(&s, 101 + COOKIE_AGE_S);
	assert_null(find("p", "1"));
	assert_string_equal(find("p", "2"), "two");
	cookies_free(&s);
}

static void test_number(void **state)
{
	char cookie[16];
	unsigned int i;

	for (i = 0; i < COOKIES + 10; i++) {
		snprintf(cookie, sizeof(cookie), "%u", i);
		add("p", cookie, cookie, 0);
	}
	assert_int_equal(s.n, COOKIES);
	assert_null(find("p", "9"));
	assert_string_equal(find("p", "10"), "10");
	assert_string_equal(find("p", cookie), cookie);
	cookies_free(&s);
}

static void test_bytes(void **state)
{
	static char big[1 << 20];
	char cookie[16];
	unsigned int i;

	for (i = 0; i < 100; i++) {
		snprintf(cookie, sizeof(cookie), "%u", i);
		cookies_add(&s, text_of("p"), text_of(cookie), (struct text){ big, sizeof(big) }, 0);
		assert_true(s.bytes <= COOKIE_BYTES);
	}
	assert_int_equal(s.n, 63);
	assert_null(cookies_find(&s, text_of("p"), text_of("36")).s);
	assert_int_equal(cookies_find(&s, text_of("p"), text_of("37")).len, sizeof(big));
	cookies_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose), cmocka_unit_test(test_age),
		cmocka_unit_test(test_number), cmocka_unit_test(test_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cookies", tests, NULL, NULL);
}
