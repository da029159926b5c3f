// SPDX-License-Identifier: GPL-2.0
/*
 * STUN against the vectors of RFC 5769 and against everything that is a little wrong;
 * and the ICE-lite agent: who gets an answer, which one, and what moves media.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "ice.h"
#include "stun.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PWD "VOkJxbRl1RmTxUk/WvJxBt"

static const uint8_t id[STUN_ID] = { 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae };

/* RFC 5769 2.1, 2.2, 2.3 */
static const uint8_t request[] = {
	0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
	0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
	0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
	0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
	0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
	0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};
static const uint8_t response4[] = {
	0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
	0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
	0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};
static const uint8_t response6[] = {
	0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
	0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
	0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
	0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};

/* In memory of exactly its size, so that the sanitizer sees one byte too many. */
static int parse(const uint8_t *data, size_t len, struct stun *s, const char *password, bool *good)
{
	uint8_t *copy = malloc(len ?: 1);
	int ret;

	memcpy(copy, data, len);
	ret = stun_parse(copy, len, s);
	*good = !ret && stun_verify(s, password);
	free(copy);
	return ret;
}

/* --- STUN ------------------------------------------------------------------------------------- */

static void reads_vectors(void **state)
{
	static const struct { const uint8_t *p; size_t len; unsigned int type; } v[] = {
		{ request, sizeof(request), STUN_REQUEST }, { response4, sizeof(response4), STUN_SUCCESS },
		{ response6, sizeof(response6), STUN_SUCCESS },
	};
	struct stun s;
	bool good;
	size_t i;

	for (i = 0; i < N(v); i++) {
		assert_int_equal(parse(v[i].p, v[i].len, &s, PWD, &good), 0);
		assert_true(good);
		assert_int_equal(s.type, v[i].type);
		assert_int_equal(s.n_unknown, 0);
		assert_false(s.wrong);
		assert_int_equal(parse(v[i].p, v[i].len, &s, PWD "x", &good), 0);
		assert_false(good);
	}
	assert_int_equal(stun_parse(request, sizeof(request), &s), 0);
	assert_true(text_is(s.username, "evtj:h6vY"));
	assert_memory_equal(s.id, id, STUN_ID);
	assert_true(s.controlled);
	assert_false(s.controlling);
	assert_false(s.use_candidate);
}

/* One bit anywhere, cut anywhere, longer: never both of form and authentic. */
static void reads_nothing_changed(void **state)
{
	uint8_t p[sizeof(request) + 8];
	struct stun s;
	bool good;
	size_t i;

	for (i = 0; i < 8 * sizeof(request); i++) {
		memcpy(p, request, sizeof(request));
		p[i / 8] ^= 1 << i % 8;
		assert_int_not_equal(parse(p, sizeof(request), &s, PWD, &good), 0);
	}
	for (i = 0; i < sizeof(request); i++)
		assert_int_not_equal(parse(request, i, &s, PWD, &good), 0);
	memset(p, 0, sizeof(p));
	memcpy(p, request, sizeof(request));
	for (i = 1; i <= 8; i++)
		assert_int_not_equal(parse(p, sizeof(request) + i, &s, PWD, &good), 0);
}

static void writes_vectors(void **state)
{
	const struct endpoint four = { AF_INET, { 192, 0, 2, 1 }, 32853 };
	const struct endpoint six = { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0, 0x11, 0x22, 0x33,
						  0x44, 0x55, 0x66, 0x77 }, 32853 };
	char out[256];
	struct buf b = buf_on(out, sizeof(out));

	stun_begin(&b, STUN_SUCCESS, id);
	stun_put(&b, 0x8022, "test vector ", 12);
	out[23] = 11;	/* padded by a blank there */
	stun_put_mapped(&b, &four);
	stun_end(&b, PWD);
	assert_int_equal(b.len, sizeof(response4));
	assert_memory_equal(out, response4, sizeof(response4));

	b = buf_on(out, sizeof(out));
	stun_begin(&b, STUN_SUCCESS, id);
	stun_put(&b, 0x8022, "test vector ", 12);
	out[23] = 11;
	stun_put_mapped(&b, &six);
	stun_end(&b, PWD);
	assert_int_equal(b.len, sizeof(response6));
	assert_memory_equal(out, response6, sizeof(response6));
}

static void writes_no_half(void **state)
{
	const struct endpoint six = { AF_INET6, { 0x20 }, 1 };
	char out[76];
	struct buf b;
	size_t i;

	for (i = 0; i <= sizeof(out); i++) {
		b = buf_on(out, i);
		stun_begin(&b, STUN_SUCCESS, id);
		stun_put_mapped(&b, &six);
		stun_end(&b, PWD);
		assert_int_equal(buf_full(&b), i < 20 + 24 + 24 + 8);
	}
}

static struct buf message(char *out, size_t size, const char *name)
{
	struct buf b = buf_on(out, size);

	stun_begin(&b, STUN_REQUEST, id);
	if (name)
		stun_put(&b, STUN_USERNAME, name, strlen(name));
	return b;
}

static void reads_odd_ones(void **state)
{
	static const struct { unsigned int type; size_t len; bool wrong; unsigned int n_unknown; } rows[] = {
		{ STUN_PRIORITY, 4, false, 0 }, { STUN_PRIORITY, 3, true, 0 }, { STUN_PRIORITY, 8, true, 0 },
		{ STUN_USE_CANDIDATE, 0, false, 0 }, { STUN_USE_CANDIDATE, 1, true, 0 },
		{ STUN_ICE_CONTROLLED, 8, false, 0 }, { STUN_ICE_CONTROLLED, 7, true, 0 },
		{ STUN_ICE_CONTROLLING, 8, false, 0 }, { STUN_ICE_CONTROLLING, 0, true, 0 },
		{ STUN_USERNAME, 512, false, 0 }, { STUN_USERNAME, 513, true, 0 },
		{ 0x0002, 4, false, 1 }, { 0x7fff, 0, false, 1 }, { 0x8000, 4, false, 0 }, { 0xffff, 60, false, 0 },
		{ 0x001c, 32, false, 0 }, { 0x0015, 5, false, 0 },
	};
	static const char zero[600];
	char out[STUN_MAX + 100];
	struct stun s;
	struct buf b;
	bool good;
	size_t i;

	for (i = 0; i < N(rows); i++) {
		b = message(out, sizeof(out), NULL);
		stun_put(&b, rows[i].type, zero, rows[i].len);
		stun_end(&b, PWD);
		assert_int_equal(parse((uint8_t *)out, b.len, &s, PWD, &good), 0);
		assert_true(good);
		assert_int_equal(s.wrong, rows[i].wrong);
		assert_int_equal(s.n_unknown, rows[i].n_unknown);
	}
	/* More unknown ones than there is room for. */
	b = message(out, sizeof(out), NULL);
	for (i = 0; i < 40; i++)
		stun_put(&b, 0x7000 + i, zero, 0);
	stun_end(&b, PWD);
	assert_int_equal(parse((uint8_t *)out, b.len, &s, PWD, &good), 0);
	assert_int_equal(s.n_unknown, STUN_UNKNOWN);
	/* MESSAGE-INTEGRITY of another length; none; an attribute that ends outside. */
	b = message(out, sizeof(out), NULL);
	stun_put(&b, STUN_MESSAGE_INTEGRITY, zero, 16);
	stun_end(&b, PWD);
	assert_int_not_equal(parse((uint8_t *)out, b.len, &s, PWD, &good), 0);
	/* The longest, and one more. */
	b = message(out, sizeof(out), NULL);
	stun_put(&b, 0x8022, zero, 600);
	stun_put(&b, 0x8022, zero, 596);
	stun_put(&b, 0x8022, zero, 20);
	stun_end(&b, PWD);
	assert_int_equal(b.len, STUN_MAX);
	assert_int_equal(parse((uint8_t *)out, b.len, &s, PWD, &good), 0);
	assert_true(good);
	b = message(out, sizeof(out), NULL);
	stun_put(&b, 0x8022, zero, 600);
	stun_put(&b, 0x8022, zero, 600);
	stun_put(&b, 0x8022, zero, 20);
	stun_end(&b, PWD);
	assert_int_not_equal(parse((uint8_t *)out, b.len, &s, PWD, &good), 0);
}

/* What is behind MESSAGE-INTEGRITY is not its: anybody may have put it there. */
static void reads_nothing_behind(void **state)
{
	char out[256];
	struct buf b = message(out, sizeof(out), "a:b");
	struct stun s;
	bool good;

	stun_put(&b, STUN_MESSAGE_INTEGRITY, "12345678901234567890", 20);
	stun_put(&b, STUN_USE_CANDIDATE, NULL, 0);
	stun_put(&b, 0x7000, NULL, 0);
	stun_end(&b, PWD);
	assert_int_equal(parse((uint8_t *)out, b.len, &s, PWD, &good), 0);
	assert_false(good);
	assert_false(s.use_candidate);
	assert_int_equal(s.n_unknown, 0);
}

/* --- the agent ---------------------------------------------------------------------------------- */

static const struct endpoint phone = { AF_INET, { 192, 0, 2, 7 }, 4000 };
static const struct endpoint other = { AF_INET, { 192, 0, 2, 8 }, 4000 };
static const struct endpoint thief = { AF_INET, { 198, 51, 100, 66 }, 666 };

struct world {
	struct ice ice;
	struct ice_door door;
	uint64_t now;
	char answer[ICE_ANSWER];
	size_t answer_len, request_len;
	uint8_t next_id;
};

struct check {
	const char *ufrag, *pwd, *theirs;
	unsigned int more, more_len;	/* an attribute of zeros */
	bool nominate, controlled, same_id;
	enum stun_type type;
};

static const char *theirs = "EsAw";

static void begin(struct world *w)
{
	const struct ice heard = ice_heard(text_of(theirs), false);

	*w = (struct world){ .now = 1000000000 };
	assert_int_equal(ice_agree(&w->ice, &heard, true), 0);
	assert_true(w->ice.on && w->ice.offered);
	assert_int_equal(strlen(w->ice.ours.ufrag), ICE_UFRAG);
	assert_int_equal(strlen(w->ice.ours.pwd), ICE_PWD);
	assert_true(ice_valid(text_of(w->ice.ours.ufrag), text_of(w->ice.ours.pwd)));
}

static enum ice_verdict ask(struct world *w, unsigned int component, const struct endpoint *from, struct check c)
{
	static const char zero[64];
	char name[400], out[600];
	uint8_t tid[STUN_ID] = { w->next_id += !c.same_id };
	struct buf b = buf_on(out, sizeof(out)), answer = buf_on(w->answer, sizeof(w->answer));
	enum ice_verdict v;

	snprintf(name, sizeof(name), "%s:%s", c.ufrag ?: w->ice.ours.ufrag, c.theirs ?: theirs);
	stun_begin(&b, c.type ?: STUN_REQUEST, tid);
	stun_put(&b, STUN_USERNAME, name, strlen(name));
	stun_put(&b, STUN_PRIORITY, "\x6e\0\1\xff", 4);
	stun_put(&b, c.controlled ? STUN_ICE_CONTROLLED : STUN_ICE_CONTROLLING, "12345678", 8);
	if (c.nominate)
		stun_put(&b, STUN_USE_CANDIDATE, NULL, 0);
	if (c.more)
		stun_put(&b, c.more, zero, c.more_len);
	stun_end(&b, c.pwd ?: w->ice.ours.pwd);
	w->request_len = b.len;
	w->now += 1000000;
	v = ice_check(&w->ice, &w->door, component, from, w->now, (uint8_t *)out, b.len, &answer);
	w->answer_len = answer.len;
	if (v == ICE_NOMINATED)
		ice_choose(&w->ice, component, from);
	/* An answer is small, and there is none for who is passed over. */
	assert_in_range(answer.len, 0, v == ICE_PASSED_OVER ? 0 : w->request_len + 32);
	return v;
}

/* Type, and of an error its code. */
static unsigned int answered(struct world *w, const char *pwd)
{
	const uint8_t *a = (uint8_t *)w->answer;
	struct stun s;
	bool good;

	assert_int_equal(parse(a, w->answer_len, &s, pwd ?: w->ice.ours.pwd, &good), 0);
	assert_true(good);
	assert_int_equal(a[8], w->next_id);
	return s.type == STUN_ERROR ? a[26] * 100u + a[27] : s.type;
}

static void answers_the_peer(void **state)
{
	struct world w;

	begin(&w);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ 0 }), ICE_ANSWERED);
	assert_int_equal(answered(&w, NULL), STUN_SUCCESS);
	assert_memory_equal(w.answer + 20, "\0\x20\0\x08\0\x01", 6);	/* XOR-MAPPED-ADDRESS, IPv4 */
	assert_int_equal((uint8_t)w.answer[28] ^ 0x21, 192);
	assert_int_equal(w.ice.chosen[0].family, 0);
}

static void answers_no_stranger(void **state)
{
	static const struct check rows[] = {
		{ .pwd = "123456789012345678901234" }, { .pwd = "" }, { .ufrag = "12345678" }, { .ufrag = "" },
		{ .theirs = "" }, { .type = STUN_INDICATION }, { .type = STUN_SUCCESS }, { .type = STUN_ERROR },
		{ .type = 0x0003 /* Allocate */ },
	};
	struct ice empty = { 0 };
	struct world w;
	size_t i;

	begin(&w);
	for (i = 0; i < N(rows); i++) {
		struct check c = rows[i];

		c.nominate = true;
		assert_int_equal(ask(&w, 0, &thief, c), ICE_PASSED_OVER);
	}
	/* A leg without ICE has no credentials, and none is not "". */
	w.ice = empty;
	assert_int_equal(ask(&w, 0, &thief, (struct check){ .ufrag = "", .pwd = "" }), ICE_PASSED_OVER);
}

static void nominates(void **state)
{
	struct world w;

	begin(&w);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true }), ICE_NOMINATED);
	assert_int_equal(answered(&w, NULL), STUN_SUCCESS);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true }), ICE_ANSWERED);
	assert_int_equal(ask(&w, 0, &other, (struct check){ 0 }), ICE_ANSWERED);
	assert_true(endpoint_equal(&w.ice.chosen[0], &phone));
	assert_int_equal(w.ice.chosen[1].family, 0);
	assert_int_equal(ask(&w, 1, &other, (struct check){ .nominate = true }), ICE_NOMINATED);
	assert_int_equal(ask(&w, 0, &other, (struct check){ .nominate = true }), ICE_NOMINATED);
	/* Who has our credentials, but is not who the SDP is of, has no say. */
	assert_int_equal(ask(&w, 0, &thief, (struct check){ .theirs = "abcd", .nominate = true }), ICE_ANSWERED);
	assert_true(endpoint_equal(&w.ice.chosen[0], &other));
}

static void says_what_is_wrong(void **state)
{
	struct world w;

	begin(&w);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true, .controlled = true }), ICE_ANSWERED);
	assert_int_equal(answered(&w, NULL), 487);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true, .more = 0x7001 }), ICE_ANSWERED);
	assert_int_equal(answered(&w, NULL), 420);
	assert_non_null(memmem(w.answer, w.answer_len, "\0\x0a\0\x02\x70\x01", 6));
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true, .more = STUN_PRIORITY, .more_len = 5 }),
			 ICE_ANSWERED);
	assert_int_equal(answered(&w, NULL), 400);
	assert_int_equal(w.ice.chosen[0].family, 0);
}

static void knows_replays(void **state)
{
	struct world w;
	int i;

	begin(&w);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true }), ICE_NOMINATED);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true, .same_id = true }), ICE_ANSWERED);
	assert_int_equal(ask(&w, 0, &thief, (struct check){ .nominate = true, .same_id = true }), ICE_PASSED_OVER);
	for (i = 0; i < ICE_SEEN; i++)
		assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true }), ICE_ANSWERED);
	assert_true(endpoint_equal(&w.ice.chosen[0], &phone));
}

static void answers_so_many(void **state)
{
	unsigned int i, n = 0;
	struct world w;

	begin(&w);
	for (i = 0; i < 200; i++) {
		w.now -= 1000000;
		n += ask(&w, 0, &phone, (struct check){ 0 }) == ICE_ANSWERED;
	}
	assert_int_equal(n, 64);
	n = 0;
	for (i = 0; i < 200; i++) {
		w.now -= 990000;	/* 100 in a second */
		n += ask(&w, 0, &phone, (struct check){ 0 }) == ICE_ANSWERED;
	}
	assert_in_range(n, 99, 101);
}

static void restarts(void **state)
{
	struct ice heard = ice_heard(text_of("newUfrag"), false);
	struct ice_secret former;
	struct world w;

	begin(&w);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true }), ICE_NOMINATED);
	former = w.ice.ours;
	heard = ice_heard(text_of(theirs), false);
	assert_int_equal(ice_agree(&w.ice, &heard, true), 0);
	assert_memory_equal(&former, &w.ice.ours, sizeof(former));
	heard = ice_heard(text_of("newUfrag"), false);
	assert_int_equal(ice_agree(&w.ice, &heard, true), 0);
	assert_string_not_equal(former.ufrag, w.ice.ours.ufrag);
	assert_string_not_equal(former.pwd, w.ice.ours.pwd);
	assert_true(endpoint_equal(&w.ice.chosen[0], &phone));
	/* Consent is still given where it was; but a nomination there is not of now. */
	assert_int_equal(ask(&w, 0, &other, (struct check){ .ufrag = former.ufrag, .pwd = former.pwd,
			 .nominate = true }), ICE_ANSWERED);
	assert_int_equal(answered(&w, former.pwd), STUN_SUCCESS);
	assert_int_equal(ask(&w, 0, &other, (struct check){ .ufrag = former.ufrag }), ICE_PASSED_OVER);
	assert_int_equal(ask(&w, 0, &other, (struct check){ .nominate = true }), ICE_ANSWERED);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .theirs = "newUfrag", .nominate = true }), ICE_NOMINATED);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .ufrag = former.ufrag, .pwd = former.pwd }),
			 ICE_PASSED_OVER);
}

/* Who answers an offer of ours checks before his answer has come here by SIP. */
static void is_early(void **state)
{
	struct ice heard = ice_heard(text_of("EsAw"), false);
	struct world w = { .now = 1000000000 };

	assert_int_equal(ice_prepare(&w.ice), 0);
	assert_int_equal(ask(&w, 0, &phone, (struct check){ .nominate = true }), ICE_ANSWERED);
	assert_int_equal(w.ice.chosen[0].family, 0);
	assert_int_equal(ice_agree(&w.ice, &heard, false), 0);
	assert_true(endpoint_equal(&w.ice.chosen[0], &phone));

	w = (struct world){ .now = 1000000000 };
	assert_int_equal(ice_prepare(&w.ice), 0);
	assert_int_equal(ask(&w, 0, &thief, (struct check){ .theirs = "abcd", .nominate = true }), ICE_ANSWERED);
	assert_int_equal(ice_agree(&w.ice, &heard, false), 0);
	assert_int_equal(w.ice.chosen[0].family, 0);
	ice_leave(&w.ice);
	assert_false(w.ice.on);
	assert_int_equal(strlen(w.ice.ours.pwd), ICE_PWD);
}

static void knows_texts(void **state)
{
	static const struct { const char *ufrag, *pwd; bool valid; } rows[] = {
		{ "EsAw", "bP+XJMM09aR8AiX1jdukzR", true }, { "a/+9", "bP+XJMM09aR8AiX1jdukzR/+", true },
		{ "EsA", "bP+XJMM09aR8AiX1jdukzR", false }, { "EsAw", "bP+XJMM09aR8AiX1jdukz", false },
		{ "Es:w", "bP+XJMM09aR8AiX1jdukzR", false }, { "EsAw", "bP-XJMM09aR8AiX1jdukzR", false },
		{ "Es w", "bP+XJMM09aR8AiX1jdukzR", false }, { "", "", false },
	};
	char text[257];
	size_t i;

	for (i = 0; i < N(rows); i++)
		assert_int_equal(ice_valid(text_of(rows[i].ufrag), text_of(rows[i].pwd)), rows[i].valid);
	memset(text, 'a', sizeof(text));
	assert_true(ice_valid((struct text){ text, 256 }, (struct text){ text, 256 }));
	assert_false(ice_valid((struct text){ text, 257 }, (struct text){ text, 256 }));
	assert_false(ice_valid((struct text){ text, 256 }, (struct text){ text, 257 }));
}

static void writes_lines(void **state)
{
	const struct endpoint us = { AF_INET, { 203, 0, 113, 5 }, 0 };
	struct ice i = { .ours = { "ufragufr", "pwdpwdpwdpwdpwdpwdpwdpwd" } };
	const uint16_t both[] = { 30000, 30001 }, one[] = { 30000, 0 };
	char out[512];
	struct buf b = buf_on(out, sizeof(out));

	ice_lines(&i, &us, both, true, text_of("\r\n"), &b);
	assert_true(text_is(buf_text(&b),
		"a=ice-ufrag:ufragufr\r\na=ice-pwd:pwdpwdpwdpwdpwdpwdpwdpwd\r\na=ice-options:ice2 trickle\r\n"
		"a=candidate:1 1 UDP 2130706431 203.0.113.5 30000 typ host\r\n"
		"a=candidate:1 2 UDP 2130706430 203.0.113.5 30001 typ host\r\na=end-of-candidates\r\n"));
	b = buf_on(out, sizeof(out));
	ice_lines(&i, &us, one, false, text_of("\n"), &b);
	assert_true(text_is(buf_text(&b),
		"a=ice-ufrag:ufragufr\na=ice-pwd:pwdpwdpwdpwdpwdpwdpwdpwd\na=ice-options:ice2\n"
		"a=candidate:1 1 UDP 2130706431 203.0.113.5 30000 typ host\na=end-of-candidates\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_vectors), cmocka_unit_test(reads_nothing_changed),
		cmocka_unit_test(writes_vectors), cmocka_unit_test(writes_no_half), cmocka_unit_test(reads_odd_ones),
		cmocka_unit_test(reads_nothing_behind), cmocka_unit_test(answers_the_peer),
		cmocka_unit_test(answers_no_stranger), cmocka_unit_test(nominates),
		cmocka_unit_test(says_what_is_wrong), cmocka_unit_test(knows_replays),
		cmocka_unit_test(answers_so_many), cmocka_unit_test(restarts), cmocka_unit_test(is_early),
		cmocka_unit_test(knows_texts), cmocka_unit_test(writes_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
