// SPDX-License-Identifier: GPL-2.0
/*
 * The page of metrics.
 */
#include "scrape.h"

#include <stdlib.h>

#include "metrics_host.h"
#include "process.h"
#include "timeout.h"

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000) + t.tv_nsec / 1000;
}

/* --- keys ------------------------------------------------------------------------------- */

static const double bounds[] = { 10, 60, 300, 900, 3600, 14400, 43200, 86400, 604800 };

#define BOUNDS	(sizeof(bounds) / sizeof(bounds[0]))

struct ages {
	uint64_t within[BOUNDS], all;
	double sum;
	time_t now;
};

static void add_age(struct ages *a, time_t since)
{
	double age = a->now - since;
	unsigned int i;

	if (!since)
		return;
	for (i = 0; i < BOUNDS; i++)
		a->within[i] += age <= bounds[i];
	a->all++;
	a->sum += age;
}

static void add_call(struct ages *a, const struct call *c)
{
	const struct dialog *d;
	unsigned int i, k;

	for (d = c->dialogs; d; d = d->next)
		for (i = 0; i < SDP_MEDIA; i++)
			for (k = 0; d->medium[i] && k < 4; k++)
				add_age(a, d->medium[i]->keyed[k / 2][k % 2]);
}

static void put_keys(const struct metrics *m, const struct calls *s)
{
	struct ages a = { .now = timeout_now() };
	const struct call *c;
	unsigned int i;

	for (i = 0; i < CALL_BUCKETS; i++)
		for (c = s->bucket[i]; c; c = c->next)
			add_call(&a, c);
	metrics_family(m, METRIC_KEY_AGE);
	metrics_ages(m, METRIC_KEY_AGE, bounds, a.within, BOUNDS, a.all, a.sum);
}

/* --- calls ------------------------------------------------------------------------------ */

static void put_one(const struct metrics *m, enum metric f, uint64_t v)
{
	metrics_family(m, f);
	metrics_count(m, f, v, NULL);
}

static void put_ended(const struct metrics *m, const struct calls *s)
{
	unsigned int i;

	metrics_family(m, METRIC_CALLS_ENDED);
	metrics_count(m, METRIC_CALLS_ENDED, s->n_deleted, "cause", "delete", NULL);
	metrics_count(m, METRIC_CALLS_ENDED, s->n_undone, "cause", "offer-refused", NULL);
	for (i = 0; i < ENDED; i++)
		metrics_count(m, METRIC_CALLS_ENDED, s->n_ended[i], "cause", timeout_names[i], NULL);
}

static void put_audit(const struct metrics *m, const struct trail *t)
{
	metrics_family(m, METRIC_AUDIT_LINES);
	if (t)
		metrics_count(m, METRIC_AUDIT_LINES, t->n_lines, NULL);
	metrics_family(m, METRIC_AUDIT_LOST);
	if (t)
		metrics_count(m, METRIC_AUDIT_LOST, t->n_lost, NULL);
}

static void put_calls(const struct metrics *m, const struct command *c)
{
	const struct calls *s = c->calls;

	put_one(m, METRIC_CALLS, s->n);
	put_one(m, METRIC_CALLS_BEGUN, s->n_made);
	put_ended(m, s);
	put_one(m, METRIC_CALLS_REFUSED, s->n_refused);
	put_one(m, METRIC_REQUESTS, c->n_requests);
	put_one(m, METRIC_REQUEST_ERRORS, c->n_errors);
	metrics_family(m, METRIC_HANDSHAKES);
	metrics_count(m, METRIC_HANDSHAKES, s->n_handshakes, "result", "done", NULL);
	metrics_count(m, METRIC_HANDSHAKES, s->n_handshake_errors, "result", "failed", NULL);
	put_one(m, METRIC_FLOW_ERRORS, s->n_flow_errors);
}

static void put_ports(const struct metrics *m, const struct ifaces *s)
{
	unsigned int i;

	metrics_family(m, METRIC_PORTS);
	for (i = 0; i < s->n; i++)
		metrics_count(m, METRIC_PORTS, s->iface[i].pool.max - s->iface[i].pool.min + 1, "interface",
			      s->iface[i].name, NULL);
	metrics_family(m, METRIC_PORTS_USED);
	for (i = 0; i < s->n; i++)
		metrics_count(m, METRIC_PORTS_USED, s->iface[i].pool.n_used, "interface", s->iface[i].name, NULL);
}

/* --- the page ------------------------------------------------------------------------------ */

static void put_all(const struct metrics *m, const struct scrape *s)
{
	static struct host_metrics h;
	struct calls *calls = s->command->calls;
	uint64_t began = now_us();
	char err[512];

	h.module = calls->datapath->totals(calls->datapath, &h.stats, err, sizeof(err));
	metrics_host_read(&h);
	metrics_host_write(m, &h);
	put_calls(m, s->command);
	put_ports(m, &calls->ifaces);
	put_keys(m, calls);
	put_audit(m, calls->trail);
	metrics_family(m, METRIC_COLLECT);
	metrics_number(m, METRIC_COLLECT, (now_us() - began) / 1e6, NULL);
	process_write(m);
}

static bool make(struct scrape *s, bool openmetrics)
{
	struct metrics m = { .openmetrics = openmetrics };
	char *page = NULL;
	size_t len = 0;
	int ret;

	m.to = open_memstream(&page, &len);
	if (!m.to)
		return false;
	put_all(&m, s);
	ret = metrics_end(&m);
	if (fclose(m.to) || ret) {
		free(page);
		return false;
	}
	free(s->page[openmetrics]);
	s->page[openmetrics] = page;
	s->len[openmetrics] = len;
	s->made_us[openmetrics] = now_us();
	return true;
}

const char *scrape_page(struct scrape *s, bool openmetrics, size_t *len)
{
	bool fresh = s->page[openmetrics] && now_us() - s->made_us[openmetrics] < SCRAPE_AGE_US;

	if (!fresh && !make(s, openmetrics))
		return NULL;
	*len = s->len[openmetrics];
	return s->page[openmetrics];
}

bool scrape_healthy(const struct scrape *s, char *err, size_t err_len)
{
	struct datapath *d = s->command->calls->datapath;
	struct stats st;

	return !d->totals(d, &st, err, err_len);
}

void scrape_free(struct scrape *s)
{
	free(s->page[0]);
	free(s->page[1]);
}
