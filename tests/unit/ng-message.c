// SPDX-License-Identifier: GPL-2.0
/*
 * Bencode, JSON and the ng message: what is taken and how it is written back, what is
 * refused and as what, and that no byte after the end is read (texts lie at the end of
 * their allocation, AddressSanitizer sees one too far).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bencode.h"
#include "json.h"
#include "ng.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct doc doc;
static char out_bytes[NG_MAX];

/* @t in an allocation of exactly its size; the last one is freed. */
static struct text exact(struct text t)
{
	static char *p;

	free(p);
	p = malloc(t.len ?: 1);
	memcpy(p, t.s, t.len);
	return (struct text){ p, t.len };
}

static int parse(struct text t, struct ng *m)
{
	return ng_parse(t, true, &doc, m);
}

static struct text write_back(const struct ng *m)
{
	struct buf b = buf_on(out_bytes, sizeof(out_bytes));

	ng_write(m, m->dict, &b);
	assert_false(buf_full(&b));
	return buf_text(&b);
}

static const struct { const char *in, *out; } good[] = {
	{ "5323_1 d7:command4:pinge", NULL },
	{ "0_123_4 de", NULL },
	{ "c d1:ai0ee", NULL },
	{ "c d1:ai-17ee", NULL },
	{ "c d1:ai9223372036854775807ee", NULL },
	{ "c d1:al1:x0:d1:bi1eeee", NULL },
	{ "c d1:bi1e1:ai2ee", "c d1:ai2e1:bi1ee" },		/* in order */
	{ "c d2:aai1e1:ai2e0:i3ee", "c d0:i3e1:ai2e2:aai1ee" },
	{ "c d1:ai1e1:ai2ee", "c d1:ai1ee" },			/* the first counts */
	{ "c d3:\r\n\xff" "2:\x00\x01" "e", NULL },
	{ "c {\"command\":\"ping\"}", NULL },
	{ "c { \"b\" : [1, -2, \"x\", {}], \"a\" : \"\\u00e9\\r\\n\\\"\\\\\" }",
	  "c {\"a\":\"\xc3\xa9\\r\\n\\\"\\\\\",\"b\":[1,-2,\"x\",{}]}" },
};

static void test_good(void **state)
{
	struct text t, back;
	struct ng m;
	size_t i;

	for (i = 0; i < N(good); i++) {
		t = i == 9 ? (struct text){ good[i].in, 13 } : text_of(good[i].in);
		assert_int_equal(parse(exact(t), &m), 0);
		assert_int_equal(m.used, t.len);
		back = write_back(&m);
		if (good[i].out)
			t = text_of(good[i].out);
		if (!text_same(back, t))
			fail_msg("%s: got %.*s", good[i].in, (int)back.len, back.s);
	}
}

/* A stream ends anywhere: more is needed, never a wrong message. */
static void test_cut(void **state)
{
	struct text t;
	struct ng m;
	size_t i, n;

	for (i = 0; i < N(good); i++) {
		t = i == 9 ? (struct text){ good[i].in, 13 } : text_of(good[i].in);
		for (n = 0; n < t.len; n++)
			assert_int_equal(parse(exact((struct text){ t.s, n }), &m), -EAGAIN);
	}
}

/* What follows belongs to the next message. */
static void test_follows(void **state)
{
	static const char two[] = "a d1:xi1ee{\"not mine";
	struct ng m;

	assert_int_equal(parse(text_of(two), &m), 0);
	assert_int_equal(m.used, 10);
	assert_int_equal(parse(text_of("a {\"x\":1}b d"), &m), 0);
	assert_int_equal(m.used, 9);
}

static const struct { const char *in; int ret; } bad[] = {
	{ " d7:command4:pinge", -EBADMSG },	/* no cookie */
	{ "a\001b de", -EBADMSG },
	{ "c x", -EBADMSG }, { "c le", -EBADMSG }, { "c i1e", -EBADMSG }, { "c 1:x", -EBADMSG },
	{ "c d1:ai01ee", -EBADMSG }, { "c d1:ai-0ee", -EBADMSG }, { "c d1:aiee", -EBADMSG },
	{ "c d1:ai1xee", -EBADMSG }, { "c d1:ai9223372036854775808ee", -EBADMSG },
	{ "c d1:ai--1ee", -EBADMSG }, { "c d1:ai+1ee", -EBADMSG },
	{ "c d01:ai1ee", -EBADMSG }, { "c d-1:ai1ee", -EBADMSG }, { "c di1ei1ee", -EBADMSG },
	{ "c d1:ae", -EBADMSG },
	{ "c d262145:", -E2BIG }, { "c d99999999999999999999999", -EBADMSG },
	{ "c d1:allllllllllllllllllll", -E2BIG },
	{ "c {\"a\":true}", -EBADMSG }, { "c {\"a\":null}", -EBADMSG }, { "c {\"a\":1.5}", -EBADMSG },
	{ "c {\"a\":99999999999999999999}", -EBADMSG }, { "c {\"a\":\"\\u0000\"}", -EBADMSG },
	{ "c {\"a\":\"\xff\"}", -EBADMSG }, { "c {a:1}", -EBADMSG }, { "c {]", -EBADMSG },
	{ "c {\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", -E2BIG },
};

static void test_bad(void **state)
{
	struct ng m;
	size_t i;
	int ret;

	for (i = 0; i < N(bad); i++) {
		ret = parse(exact(text_of(bad[i].in)), &m);
		if (ret != bad[i].ret)
			fail_msg("%s: %d, not %d", bad[i].in, ret, bad[i].ret);
	}
}

static struct text many(const char *head, const char *each, unsigned int n, const char *tail)
{
	static char bytes[64 * 1024];
	struct buf b = buf_on(bytes, sizeof(bytes));
	unsigned int i;

	buf_puts(&b, head);
	for (i = 0; i < n; i++)
		buf_printf(&b, each, 1000 + i);
	buf_puts(&b, tail);
	assert_false(buf_full(&b));
	return buf_text(&b);
}

static void test_limits(void **state)
{
	struct ng m;

	assert_int_equal(parse(many("c d1:al", "i%ue", DOC_ITEMS - 2, "ee"), &m), 0);
	assert_int_equal(parse(many("c d1:al", "i%ue", DOC_ITEMS - 1, "ee"), &m), -E2BIG);
	assert_int_equal(parse(many("c d", "4:%ui1e", DOC_KEYS, "e"), &m), 0);
	assert_int_equal(parse(many("c d", "4:%ui1e", DOC_KEYS + 1, "e"), &m), -E2BIG);
	assert_int_equal(parse(many("", "%u", NG_COOKIE_MAX / 4, " de"), &m), 0);
	assert_int_equal(parse(many("", "%u", NG_COOKIE_MAX / 4 + 1, " de"), &m), -EBADMSG);
}

static void test_get(void **state)
{
	struct ng m;
	int64_t n;

	assert_int_equal(parse(text_of("c d7:call id1:a8:from-tag1:b12:delete delayi30e"
				       "5:flagsl13:trust address9:symmetrice3:TOS3:1842:xx2:-1"
				       "7:replace6:origine"), &m), 0);
	assert_true(text_is(ng_string(m.dict, "call-id"), "a"));
	assert_true(text_is(ng_string(m.dict, "from-tag"), "b"));
	assert_null(ng_string(m.dict, "to-tag").s);
	assert_null(ng_string(m.dict, "flags").s);
	assert_true(ng_integer(m.dict, "delete-delay", &n));
	assert_int_equal(n, 30);
	assert_true(ng_integer(m.dict, "TOS", &n));
	assert_int_equal(n, 184);
	assert_false(ng_integer(m.dict, "xx", &n));
	assert_false(ng_integer(m.dict, "flags", &n));
	assert_true(ng_has(m.dict, "flags", "trust-address"));
	assert_true(ng_has(m.dict, "flags", "symmetric"));
	assert_false(ng_has(m.dict, "flags", "trust"));
	assert_false(ng_has(m.dict, "flags", "trust-address-not"));
	assert_true(ng_has(m.dict, "replace", "origin"));
	assert_false(ng_has(m.dict, "nothing", "origin"));
	assert_null(ng_get(NULL, "x"));
	/* the fuzzer's: bytes 0 after a key are no part of the word's end */
	assert_false(ng_word_is((struct text){ "call-id\0\0y", 10 }, "call-id"));
	assert_false(ng_word_is((struct text){ "call-id\0", 8 }, "call-id"));
}

static void test_no_cookie(void **state)
{
	struct ng m;

	assert_int_equal(ng_parse(text_of("d7:command4:pinge"), false, &doc, &m), 0);
	assert_int_equal(m.cookie.len, 0);
	assert_true(text_is(write_back(&m), "d7:command4:pinge"));
}

/* Bytes that are no UTF-8 leave as code points, not as broken JSON. */
static void test_not_utf8(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "\xff", "\"\\u00ff\"" }, { "a\xc3(", "\"a\\u00c3(\"" }, { "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "\xe0\x80\x80", "\"\\u00e0\\u0080\\u0080\"" }, { "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"" },
		{ "\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"" }, { "\xe2\x82", "\"\\u00e2\\u0082\"" },
		{ "\x7f\x01", "\"\\u007f\\u0001\"" },
	};
	struct item i = { .type = ITEM_STRING };
	struct buf b;
	size_t k;

	for (k = 0; k < N(rows); k++) {
		i.string = exact(text_of(rows[k].in));
		b = buf_on(out_bytes, sizeof(out_bytes));
		json_write(&i, &b);
		assert_true(text_is(buf_text(&b), rows[k].out));
	}
}

/* A buffer that is full stays so, whatever comes after. */
static void test_full(void **state)
{
	char eight[8];
	struct buf b = buf_on(eight, sizeof(eight));

	buf_puts(&b, "12345678");
	assert_false(buf_full(&b));
	buf_puts(&b, "9");
	assert_true(buf_full(&b));
	buf_puts(&b, "");
	assert_true(buf_full(&b));
	b = buf_on(eight, sizeof(eight));
	buf_printf(&b, "%d", 1234567);
	assert_false(buf_full(&b));
	buf_printf(&b, "%d", 8);	/* the 0 that vsnprintf() writes has no room */
	assert_true(buf_full(&b));
	buf_wipe(&b);
	assert_false(buf_full(&b));
	assert_int_equal(eight[0], 0);
}

static int setup(void **state)
{
	json_setup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_follows), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_get),
		cmocka_unit_test(test_no_cookie), cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_full),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ng message", tests, setup, NULL);
}
