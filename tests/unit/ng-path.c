// SPDX-License-Identifier: GPL-2.0
/*
 * Flows of a medium under a datapath that fails: at each step that it can fail at, what
 * was made is taken back; and ports, which come in pairs, in turn, and all back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <xsrtp/srtp.h>

#include "path.h"

/* --- a datapath that fails when told to ------------------------------------------------ */

#define IDS 64

static struct {
	struct datapath d;
	int fail_at;		/* the call that fails; -1: none */
	int n_calls;
	uint32_t last;
	bool there[IDS];
	int n_moves, n_rekeys, n_keyed, n_dels, n_second;
	uint32_t rx_suite;	/* of the flow made last */
} fake;

static int call(char *err, size_t err_len)
{
	if (fake.n_calls++ != fake.fail_at)
		return 0;
	snprintf(err, err_len, "told to fail");
	return -ENOMEM;
}

static int fake_add(struct datapath *d, const struct flow *f, uint32_t *id, char *err, size_t err_len)
{
	int ret = call(err, err_len);

	if (ret)
		return ret;
	/* With all its keys or with none. */
	assert_true(!f->rx.present || !f->tx.present || !f->rx.key == !f->tx.key);
	fake.n_keyed += f->rx.key || f->tx.key;
	fake.rx_suite = f->rx.suite;
	*id = ++fake.last;
	fake.there[*id] = true;
	return 0;
}

static int fake_move(struct datapath *d, const struct flow *f, char *err, size_t err_len)
{
	assert_true(fake.there[f->id]);
	fake.n_moves++;
	return call(err, err_len);
}

static int fake_rekey(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
		      char *err, size_t err_len)
{
	assert_true(fake.there[id]);
	fake.n_rekeys++;
	fake.n_second += k->second;
	return call(err, err_len);
}

static int fake_del(struct datapath *d, uint32_t id, char *err, size_t err_len)
{
	assert_true(fake.there[id]);
	fake.there[id] = false;
	fake.n_dels++;
	return 0;
}

static int n_flows(void)
{
	int n = 0, i;

	for (i = 0; i < IDS; i++)
		n += fake.there[i];
	return n;
}

static struct calls calls;

static void start(int fail_at)
{
	memset(&fake, 0, sizeof(fake));
	fake.d = (struct datapath){ .add = fake_add, .move = fake_move, .rekey = fake_rekey, .only = fake_rekey, .del = fake_del };
	fake.fail_at = fail_at;
	calls.datapath = &fake.d;
}

/* --- legs -------------------------------------------------------------------------------- */

static struct iface iface = { .addr = { { { AF_INET, { 203, 0, 113, 5 }, 0 }, { AF_INET, { 203, 0, 113, 5 }, 0 } } } };

/* RTP at [0]; SRTP at [1], whose peer has two keys. */
static void make_legs(struct leg legs[2])
{
	static const struct leg plain = { .family = AF_INET, .port = { 30000, 30001 },
		.remote = { { AF_INET, { 192, 0, 2, 1 }, 4000 }, { AF_INET, { 192, 0, 2, 1 }, 4001 } } };

	legs[0] = legs[1] = plain;
	legs[0].iface = legs[1].iface = &iface;
	legs[1].port[0] = 30002;
	legs[1].port[1] = 30003;
	assert_int_equal(sdes_make(&legs[1].ours, 1, xsrtp_suite_info(1)), 0);
	assert_int_equal(sdes_make(&legs[1].theirs, 1, xsrtp_suite_info(1)), 0);
	legs[1].theirs.key[1] = legs[1].theirs.key[0];
	legs[1].theirs.key[1].master_key[0] ^= 1;
	legs[1].theirs.n_keys = 2;
}

static void test_fail_to_make(void **state)
{
	struct medium m = { 0 };
	struct leg legs[2];
	char err[64];
	int i;

	make_legs(legs);
	for (i = 0; i < 6; i++) {	/* four flows, and the second key of two */
		start(i);
		assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), -ENOMEM);
		assert_string_equal(err, "told to fail");
		assert_int_equal(n_flows(), 0);
		assert_int_equal(m.slot[0][0].id | m.slot[1][1].id, 0);
		assert_null(m.leg[1].ours.suite);
	}
	start(6);
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	assert_int_equal(n_flows(), 4);
	assert_int_equal(fake.n_rekeys, 2);
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	assert_int_equal(fake.n_calls, 6);	/* nothing to do: nothing is done */
	path_stop(&calls, &m);
	assert_int_equal(n_flows(), 0);
}

/* A call that is there: if it cannot be changed it stays, and its legs are the former. */
static void test_fail_to_change(void **state)
{
	struct medium m = { 0 };
	struct leg legs[2];
	char err[64];

	make_legs(legs);
	start(-1);
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	legs[0].remote[0].port = 5000;
	legs[1].theirs.key[0].master_key[3] ^= 1;
	fake.fail_at = fake.n_calls;
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), -ENOMEM);
	assert_int_equal(n_flows(), 4);
	assert_int_equal(m.leg[0].remote[0].port, 4000);
	fake.fail_at = -1;
	fake.n_moves = fake.n_rekeys = 0;
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	assert_int_equal(fake.n_moves, 2);	/* RTP both ways */
	assert_int_equal(fake.n_rekeys, 2);	/* what arrives from [1], RTP and RTCP */
	assert_int_equal(m.leg[0].remote[0].port, 5000);
	legs[1].ours.suite = xsrtp_suite_info(2);
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), -EOPNOTSUPP);
	assert_non_null(strstr(err, "neither the crypto suite"));
	assert_int_equal(n_flows(), 4);
	path_stop(&calls, &m);
}

/* --- keys that come later: DTLS ------------------------------------------------------------ */

/* [1] has no keys yet, and @guess; [0] has SDES. */
static void make_pending(struct leg legs[2], unsigned int guess)
{
	make_legs(legs);
	legs[0].ours = legs[1].ours;
	legs[0].theirs = legs[1].theirs;
	legs[1].proto = SDP_TLS_SAVP;
	legs[1].ours = (struct sdes){ .suite = xsrtp_suite_info(guess) };
	legs[1].theirs = (struct sdes){ .suite = xsrtp_suite_info(guess) };
}

static void have_keys(struct leg *l, unsigned int suite)
{
	assert_int_equal(sdes_make(&l->ours, 0, xsrtp_suite_info(suite)), 0);
	assert_int_equal(sdes_make(&l->theirs, 0, xsrtp_suite_info(suite)), 0);
}

static void test_later_keys(void **state)
{
	struct medium m = { 0 };
	struct leg legs[2];
	char err[64];

	make_pending(legs, 8);
	start(-1);
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	assert_int_equal(n_flows(), 4);
	assert_int_equal(fake.n_keyed + fake.n_rekeys, 0);
	legs[0].remote[0].port = 4002;	/* a re-INVITE before there are keys */
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	assert_int_equal(fake.n_moves, 2);
	assert_int_equal(fake.n_rekeys, 0);
	have_keys(&legs[1], 8);
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	assert_int_equal(fake.n_rekeys, 10);	/* each flow both ways, and the second of SDES to two */
	assert_int_equal(fake.n_second, 2);
	assert_int_equal(fake.n_dels, 0);
	have_keys(&legs[1], 8);			/* another handshake */
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
	assert_int_equal(fake.n_rekeys, 14);
	assert_int_equal(fake.n_second, 4);	/* to be received beside the former ones, */
	assert_int_equal(path_settle(&calls, &m, 1, err, sizeof(err)), 0);
	assert_int_equal(fake.n_rekeys, 16);	/* and then instead of them */
	assert_int_equal(fake.n_second, 4);
	fake.fail_at = fake.n_calls;
	assert_int_equal(path_settle(&calls, &m, 1, err, sizeof(err)), -ENOMEM);
	have_keys(&legs[1], 1);
	assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), -EOPNOTSUPP);
	assert_int_equal(fake.n_dels, 0);
	path_stop(&calls, &m);
}

/* Another suite than was guessed: flows that never had a key make room for others, which may fail. */
static void test_wrong_guess(void **state)
{
	struct medium m = { 0 };
	struct leg legs[2];
	char err[64];
	int i;

	for (i = 0; i < 6; i++) {	/* four flows, and the second key of two */
		make_pending(legs, 8);
		start(-1);
		assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
		have_keys(&legs[1], 7);
		fake.fail_at = 4 + i;
		assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), -ENOMEM);
		assert_int_equal(m.leg[1].theirs.n_keys, 0);
		fake.fail_at = -1;
		assert_int_equal(path_set(&calls, &m, legs, err, sizeof(err)), 0);
		assert_int_equal(n_flows(), 4);
		assert_int_equal(fake.rx_suite, 7);
		path_stop(&calls, &m);
		assert_int_equal(n_flows(), 0);
	}
}

/* --- ports ------------------------------------------------------------------------------- */

static void test_pool(void **state)
{
	static struct pool p;
	uint16_t a;
	int i;

	assert_false(pool_init(&p, 0, 1));
	assert_false(pool_init(&p, 501, 502));
	assert_true(pool_init(&p, 501, 510));	/* 502 to 509 */
	pool_mark(&p, 505);
	assert_int_equal(pool_take(&p), 502);
	assert_int_equal(pool_take(&p), 506);	/* 504 has no partner */
	assert_int_equal(pool_take(&p), 508);
	assert_int_equal(pool_take(&p), 0);
	assert_int_equal(p.n_used, 7);
	pool_give(&p, 506);
	assert_int_equal(pool_take(&p), 0);	/* half a pair */
	pool_give(&p, 507);
	pool_give(&p, 507);
	pool_give(&p, 0);
	pool_give(&p, 511);
	assert_int_equal(p.n_used, 5);
	assert_int_equal(pool_take(&p), 506);
	assert_true(pool_init(&p, 2, 65535));
	for (i = 0; i < 32767; i++) {
		a = pool_take(&p);
		assert_int_equal(a, 2 + 2 * i);	/* in turn */
		pool_give(&p, a);
		pool_give(&p, a + 1);
	}
	assert_int_equal(pool_take(&p), 2);
	assert_int_equal(p.n_used, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail_to_make), cmocka_unit_test(test_fail_to_change),
		cmocka_unit_test(test_later_keys), cmocka_unit_test(test_wrong_guess),
		cmocka_unit_test(test_pool),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
