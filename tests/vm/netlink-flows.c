// SPDX-License-Identifier: GPL-2.0
/*
 * netlink-flows [COUNT]: many flows are added, dumped and deleted (10,000), by
 * id and by local endpoint, and at each step the kernel has exactly those that
 * it should. Prints TAP. Wants a network namespace of its own.
 */
#include "nl.h"

#include <time.h>

#include <xsrtp/suite.h>

struct seen {
	uint32_t *ids;
	uint32_t n, max;
	uint32_t strangers;
};

static struct nl nl;
static struct request r;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static struct address local_of(uint32_t i)
{
	return address_of(i & 1, i / 20, 1024 + i * 2);
}

static int flow_new(uint32_t i, uint32_t *id)
{
	struct address local = local_of(i), to = address_of(i & 1, 1 << 16, 5000);
	struct address from = address_of(i & 1, 1 << 17, 6000);
	uint8_t key[16] = { i, i >> 8, 1 }, salt[14] = { i, 2 };
	int tx, k;

	request_init(&r, XSRTP_CMD_FLOW_NEW);
	put_endpoint(&r, XSRTP_A_FLOW_LOCAL, &local);
	put_u32(&r, 0, XSRTP_A_FLOW_ACTION, ACTION, XSRTP_ACTION_FORWARD);
	put_endpoint(&r, XSRTP_A_FLOW_SOURCE, &from);
	put_endpoint(&r, XSRTP_A_FLOW_DESTINATION, &to);
	tx = put_nest(&r, 0, XSRTP_A_FLOW_TX);
	put_u32(&r, tx, XSRTP_A_SESSION_SUITE, SUITE, XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
	k = put_nest(&r, tx, XSRTP_A_SESSION_KEY);
	put(&r, k, XSRTP_A_KEY_MASTER_KEY, MASTER_KEY, key, sizeof(key));
	put(&r, k, XSRTP_A_KEY_MASTER_SALT, MASTER_SALT, salt, sizeof(salt));
	*id = 0;
	return nl_ask(&nl, &r, read_id, id);
}

/* By id, or as they came, by local endpoint. */
static int flow_del(uint32_t i, const uint32_t *ids)
{
	struct address local = local_of(i);

	request_init(&r, XSRTP_CMD_FLOW_DEL);
	if (i % 3)
		put_u32(&r, 0, XSRTP_A_FLOW_ID, ID, ids[i]);
	else
		put_endpoint(&r, XSRTP_A_FLOW_LOCAL, &local);
	return nl_ask(&nl, &r, NULL, NULL);
}

static void see(const struct nlmsghdr *h, void *arg)
{
	struct seen *s = arg;
	uint32_t id = reply_u32(h, XSRTP_A_FLOW_ID);

	if (id && s->n < s->max)
		s->ids[s->n++] = id;
	else
		s->strangers++;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The kernel's flows are exactly those with @ids, in any order. */
static bool dump_is(const uint32_t *ids, uint32_t n)
{
	struct seen s = { .ids = calloc(n + 1, sizeof(*s.ids)), .max = n + 1 };
	uint32_t *want = calloc(n + 1, sizeof(*want));
	bool same;
	int error;

	memcpy(want, ids, n * sizeof(*ids));
	request_init(&r, XSRTP_CMD_FLOW_GET);
	r.flags |= NLM_F_DUMP;
	error = nl_ask(&nl, &r, see, &s);
	qsort(s.ids, s.n, sizeof(*s.ids), by_value);
	qsort(want, n, sizeof(*want), by_value);
	same = !error && !s.strangers && s.n == n && !memcmp(s.ids, want, n * sizeof(*want));
	if (!same)
		printf("# dump: error %d, %u flows of %u\n", error, s.n + s.strangers, n);
	free(s.ids);
	free(want);
	return same;
}

static void read_flows(const struct nlmsghdr *h, void *arg)
{
	*(uint32_t *)arg = reply_u32(h, XSRTP_A_STATS_FLOWS);
}

static uint32_t flows_counted(void)
{
	uint32_t n = ~0u;

	request_init(&r, XSRTP_CMD_STATS_GET);
	nl_ask(&nl, &r, read_flows, &n);
	return n;
}

static uint32_t add_all(uint32_t n, uint32_t *ids)
{
	uint32_t i, good = 0;
	int error;

	for (i = 0; i < n; i++) {
		error = flow_new(i, &ids[i]);
		good += !error && ids[i];
		if (error && good == i)
			printf("# flow %u: %s %s\n", i, strerror(-error), nl.text);
	}
	return good;
}

/* Deletes those from @from on in steps of @step. */
static uint32_t delete_some(uint32_t from, uint32_t step, uint32_t n, const uint32_t *ids)
{
	uint32_t i, good = 0;

	for (i = from; i < n; i += step)
		good += !flow_del(i, ids);
	return good;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? atoi(argv[1]) : 10000, i, half = 0;
	uint32_t *ids = calloc(n, sizeof(*ids)), *left = calloc(n, sizeof(*left));
	double start;

	nl_open(&nl);
	start = now();
	tap(add_all(n, ids) == n, "%u flows added", n);
	printf("# %.0f us each\n", (now() - start) * 1e6 / n);
	tap(flows_counted() == n, "the kernel counts %u", n);
	start = now();
	tap(dump_is(ids, n), "the dump has these %u, each once", n);
	printf("# %.1f s\n", now() - start);
	tap(flow_new(n / 2, &i) == -EEXIST, "one that is there is not added again");
	for (i = 1; i < n; i += 2)
		left[half++] = ids[i];
	tap(delete_some(0, 2, n, ids) == n - half, "every other one deleted");
	tap(dump_is(left, half), "the dump has the other half");
	tap(delete_some(0, 2, n, ids) == 0, "none is deleted twice");
	tap(delete_some(1, 2, n, ids) == half, "the others deleted");
	tap(dump_is(NULL, 0), "the dump is empty");
	tap(flows_counted() == 0, "the kernel counts none");
	return tap_end();
}
