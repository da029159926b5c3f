// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a stream of ng messages without cookies, as a Unix socket has it, to
 * calls with a datapath that carries nothing and now and then fails. Each message has
 * an answer; flows are deleted that are there, never made twice, and in the end none is
 * left, nor a port: neither after calls_free() nor when their time is over.
 */
#include <stdio.h>
#include <stdlib.h>

#include "checks.h"
#include "command.h"
#include "json.h"
#include "say.h"
#include "stun.h"
#include "timeout.h"

#include <xsrtp/srtp.h>

#define FLOWS 65536

static struct calls calls;
static struct delays delays;
static struct command command = { .calls = &calls, .delays = &delays };
static struct doc request;
static bool there[FLOWS];
static uint32_t last;
static unsigned int n_there, n_steps;

static int may_fail(char *err, size_t err_len)
{
	if (++n_steps % 13)
		return 0;
	snprintf(err, err_len, "told to fail");
	return -12;
}

static int add(struct datapath *d, const struct flow *f, uint32_t *id, char *err, size_t err_len)
{
	if (!f->local.port || !f->remote.port || !f->source.port || !f->destination.port ||
	    f->local.family != f->remote.family || f->source.family != f->destination.family)
		abort();
	/* All keys or none: what would be encrypted by half carries nothing. */
	if (f->rx.present && f->tx.present && !f->rx.key != !f->tx.key)
		abort();
	if (may_fail(err, err_len))
		return -12;
	*id = ++last % FLOWS ?: ++last % FLOWS;
	if (there[*id])
		abort();
	there[*id] = true;
	n_there++;
	return 0;
}

static int move(struct datapath *d, const struct flow *f, char *err, size_t err_len)
{
	if (!there[f->id])
		abort();
	return may_fail(err, err_len);
}

static int rekey(struct datapath *d, uint32_t id, enum direction dir, const struct key *k, char *err,
		 size_t err_len)
{
	if (!there[id] || !k->key_len)
		abort();
	return may_fail(err, err_len);
}

static int del(struct datapath *d, uint32_t id, char *err, size_t err_len)
{
	if (!there[id])
		abort();
	there[id] = false;
	n_there--;
	return 0;
}

static int stats(struct datapath *d, uint32_t id, struct stats *s, char *err, size_t err_len)
{
	*s = (struct stats){ 0 };
	return 0;
}

/* --- keys by DTLS, of a handshake that is done at once, later, or never --------------------- */

struct association {
	struct handshake h;
	struct medium *m;
	int end, part;
	struct ice_door door;
	bool started;
};

static unsigned int n_open;
static struct association *last_one;

static int open_one(struct keying *k, const struct endpoint *local, struct medium *m, int end, int part,
		    struct association **a, char *err, size_t err_len)
{
	if (!local->port)
		abort();
	if (may_fail(err, err_len))
		return -12;
	*a = calloc(1, sizeof(**a));
	(*a)->m = m;
	(*a)->end = end;
	(*a)->part = part;
	n_open++;
	last_one = *a;
	return 0;
}

static void finish(struct association *a, unsigned int suite)
{
	struct dtls_keys k = { .suite = a->h.only ?: xsrtp_suite_info(suite) };

	k.ours.key_len = k.theirs.key_len = k.suite->key_len;
	k.ours.salt_len = k.theirs.salt_len = k.suite->salt_len;
	k.ours.master_key[0] = k.theirs.master_key[1] = ++n_steps;
	a->started = false;
	if (keying_done(&calls, a->h.medium, a->h.end, &k))
		keying_settle(&calls, a->h.medium, a->h.end);
}

static void start_one(struct keying *k, struct association *a, const struct handshake *h)
{
	if (!h->prints.n || !h->certificate || !h->peer.port)
		abort();
	a->h = *h;
	a->started = true;
	if (++n_steps % 3)
		finish(a, n_steps % 2 ? 8 : 1);
}

static void move_one(struct keying *k, struct association *a, const struct endpoint *peer)
{
	if (!peer->port)
		abort();
	if (a->started)
		finish(a, 7);
}

static void close_one(struct keying *k, struct association *a)
{
	last_one = last_one == a ? NULL : last_one;
	free(a);
	n_open--;
}

/* The peer of the corpus nominates, in good form: media goes there, or stays. */
static void nominate(struct association *a)
{
	const struct ice *ice = &a->m->leg[a->end].ice;
	struct endpoint from = { a->m->leg[a->end].family, { 198, 51, 100, n_steps % 3 }, 5000 };
	char name[ICE_UFRAG + 8], request[ICE_ANSWER], answer[ICE_ANSWER];
	struct buf b = buf_on(request, sizeof(request)), out = buf_on(answer, sizeof(answer));
	uint8_t id[STUN_ID] = { ++n_steps, n_steps >> 8 };

	snprintf(name, sizeof(name), "%s:EsAw", ice->ours.ufrag);
	stun_begin(&b, STUN_REQUEST, id);
	stun_put(&b, STUN_USERNAME, name, strlen(name));
	stun_put(&b, STUN_USE_CANDIDATE, NULL, 0);
	stun_end(&b, ice->ours.pwd);
	if (*ice->ours.ufrag != 0 != checks_take(&calls, a->m, a->end, a->part, &a->door, &from, n_steps * 1000000ull,
						 (const uint8_t *)b.data, b.len, &out))
		abort();
}

static struct keying keying = { .open = open_one, .start = start_one, .move = move_one, .close = close_one };

static void set_up(void)
{
	char err[256];

	if (ifaces_add(&calls.ifaces, "a/192.0.2.1", err, sizeof(err)) ||
	    ifaces_add(&calls.ifaces, "a/2001:db8::1", err, sizeof(err)) ||
	    ifaces_add(&calls.ifaces, "b/192.0.2.2!198.51.100.1", err, sizeof(err)))
		abort();
	keying.suite = xsrtp_suite_info(8);
	keying.certificate = certificate_make(1700000000, err, sizeof(err));
	if (!keying.certificate)
		abort();
	calls.keying = &keying;
}

static struct datapath nothing = { .add = add, .move = move, .rekey = rekey, .only = rekey, .del = del, .stats = stats };

static void serve(struct text t)
{
	static char bytes[2 * NG_MAX];
	struct buf b;
	struct item *a;
	struct ng m;

	while (t.len && !ng_parse(t, false, &request, &m)) {
		a = command_do(&command, m.dict);
		if (!a || a->type != ITEM_DICT || !ng_string(a, "result").s)
			abort();
		b = buf_on(bytes, sizeof(bytes));
		ng_write(&m, a, &b);
		if (last_one && last_one->started)
			finish(last_one, 2);
		if (last_one && n_steps % 2)
			nominate(last_one);
		command_wipe(&command);
		t.s += m.used;
		t.len -= m.used;
	}
}

/* What interfaces allow, by the input's size. */
static void set_policy(size_t size)
{
	static const struct policy policies[] = {
		{ 0 }, { .n = 2, .suite = { 8, 1 } }, { .no_plain = true }, { true, 1, { 1 } },
	};

	calls.ifaces.iface[0].policy = policies[size & 3];
	calls.ifaces.iface[1].policy = policies[size >> 2 & 3];
}

/* A flow that carries nothing ends every call, answered or not. */
static void wait_long(void)
{
	calls.timeouts = (struct timeouts){ 1, 2, 3, 0 };
	timeout_run(&calls, timeout_now() + 100);
	if (calls.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_setup();
	say_level(SAY_ERROR);
	if (!calls.ifaces.n)
		set_up();
	pool_init(&calls.ifaces.iface[0].pool, 30000, 30099);
	pool_init(&calls.ifaces.iface[1].pool, 30000, 30099);
	calls.datapath = &nothing;
	set_policy(size);
	n_steps = size;
	serve((struct text){ (const char *)data, size });
	if (size & 16)
		wait_long();
	calls_free(&calls);
	delay_free(&delays);
	if (n_there || n_open || keying.certificate->refs != 1 || calls.n || calls.ifaces.iface[0].pool.n_used || calls.ifaces.iface[1].pool.n_used)
		abort();
	return 0;
}
