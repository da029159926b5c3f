// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a stream of ng messages without cookies, as a Unix socket has it, to
 * calls with a datapath that carries nothing and now and then fails. Each message has
 * an answer; flows are deleted that are there, never made twice, and in the end none is
 * left, nor a port: neither after calls_free() nor when their time is over.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "json.h"
#include "say.h"
#include "timeout.h"

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

static struct datapath nothing = { .add = add, .move = move, .rekey = rekey, .del = del, .stats = stats };

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
	char err[256];

	json_setup();
	say_level(SAY_ERROR);
	if (!calls.ifaces.n && (ifaces_add(&calls.ifaces, "a/192.0.2.1", err, sizeof(err)) ||
				ifaces_add(&calls.ifaces, "a/2001:db8::1", err, sizeof(err)) ||
				ifaces_add(&calls.ifaces, "b/192.0.2.2!198.51.100.1", err, sizeof(err))))
		abort();
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
	if (n_there || calls.n || calls.ifaces.iface[0].pool.n_used || calls.ifaces.iface[1].pool.n_used)
		abort();
	return 0;
}
