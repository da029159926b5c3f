// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp top [flow] [SECONDS [COUNT]]: flows with their packet rates, every SECONDS (the
 * guard's tables are in top_guard.c). On
 * a terminal the table is redrawn in place, cut to its height; otherwise, and
 * with -j, one block (one JSON object) follows the other.
 */
#include "guard_cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

struct row {
	struct flow flow;	/* without streams */
	double rx_pps;
	double tx_pps;
	double drop_pps;
};

struct table {
	struct row *rows;
	size_t n;
	size_t room;
	struct timespec taken;
};

static int add_row(const struct flow *f, void *arg)
{
	struct table *t = arg;
	struct row *rows;

	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		rows = reallocarray(t->rows, t->room, sizeof(*rows));
		if (!rows)
			fail("out of memory");
		t->rows = rows;
	}
	t->rows[t->n] = (struct row){ .flow = *f };
	/* They are freed when this returns, and not shown. */
	t->rows[t->n].flow.rx.streams = NULL;
	t->rows[t->n++].flow.tx.streams = NULL;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct row *)a)->flow.id, y = ((const struct row *)b)->flow.id;

	return x < y ? -1 : x > y;
}

static void take(struct xnl *x, struct table *t)
{
	t->n = 0;
	if (flow_dump(x, add_row, t))
		fail("%s", xnl_error(x));
	clock_gettime(CLOCK_MONOTONIC, &t->taken);
	qsort(t->rows, t->n, sizeof(*t->rows), by_id);
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before ? (now - before) / seconds : 0;
}

static void compute(struct table *now, const struct table *before)
{
	double s = now->taken.tv_sec - before->taken.tv_sec +
		   (now->taken.tv_nsec - before->taken.tv_nsec) / 1e9;
	const struct stats *a, *b;
	struct row *r, *old;
	size_t i;

	for (i = 0; i < now->n; i++) {
		r = &now->rows[i];
		old = before->n ? bsearch(r, before->rows, before->n, sizeof(*r), by_id) : NULL;
		if (!old || s <= 0)
			continue;
		a = &r->flow.stats;
		b = &old->flow.stats;
		r->rx_pps = rate(a->rx_packets, b->rx_packets, s);
		r->tx_pps = rate(a->tx_packets, b->tx_packets, s);
		r->drop_pps = rate(stats_drops(a), stats_drops(b), s);
	}
}

/* How much of the table fits: what is no terminal has room for all of it. */
struct room {
	size_t rows;
	bool totals;
	bool terminal;
};

static struct room find_room(void)
{
	struct room all = { .rows = SIZE_MAX, .totals = true };
	struct winsize w;

	if (out_is_json() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_row)
		return all;
	return (struct room){ w.ws_row > 4 ? w.ws_row - 4 : 1, w.ws_col >= 98, true };
}

static void print_row(const struct row *r, bool totals)
{
	const struct flow *f = &r->flow;

	out_object(NULL);
	out_u64("id", "%5" PRIu64, f->id);
	print_endpoint("local", " %-21s", &f->local);
	if (f->of)
		out_u64("of", " copy of %-13" PRIu64, f->of);
	print_target(f, " %-21s");
	out_float("rx_pps", " %7.0f", r->rx_pps);
	out_float("tx_pps", " %7.0f", r->tx_pps);
	out_float("drop_pps", NULL, r->drop_pps);
	out_u64("dropped", " %8" PRIu64, stats_drops(&f->stats));
	out_u64("rx_packets", totals ? " %10" PRIu64 : NULL, f->stats.rx_packets);
	out_u64("tx_packets", totals ? " %10" PRIu64 : NULL, f->stats.tx_packets);
	out_text("\n");
	out_end();
}

static void print_table(const struct table *t)
{
	struct room room = find_room();
	size_t i;

	if (room.terminal)
		out_text("\033[H\033[J");
	out_object(NULL);
	out_u64("flow_count", "flows %" PRIu64 "\n", t->n);
	out_text("%5s %-21s %-21s %7s %7s %8s", "ID", "LOCAL", "TO", "RX/s", "TX/s", "DROPPED");
	out_text(room.totals ? " %10s %10s\n" : "\n", "RX", "TX");
	out_array("flows");
	for (i = 0; i < t->n && i < room.rows; i++)
		print_row(&t->rows[i], room.totals);
	out_end();
	out_end();
	out_text("\n");
}

static void run(struct xnl *x, unsigned int seconds, unsigned int count)
{
	struct table tables[2] = { 0 };
	unsigned int i;

	take(x, &tables[0]);
	for (i = 1; !count || i <= count; i++) {
		sleep(seconds);
		take(x, &tables[i % 2]);
		compute(&tables[i % 2], &tables[!(i % 2)]);
		print_table(&tables[i % 2]);
		if (out_flush())
			break;
	}
	free(tables[0].rows);
	free(tables[1].rows);
}

static const char *args_table(struct args *a)
{
	static const char *const tables[] = { "flow", "source", "port", "reason" };
	unsigned int i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (args_match(a, tables[i]))
			return tables[i];
	if (a->left && (**a->next < '0' || **a->next > '9'))
		usage("top: \"%s\"? flow, source, port or reason, and then SECONDS", *a->next);
	return NULL;
}

/* With nothing said: flows where the module is, else what the guard knows. */
static bool is_guard_alone(void)
{
	char err[512];
	struct guard_set g;
	struct xnl *x = xnl_open(err, sizeof(err));
	bool found = !x && !guard_open(&g, err, sizeof(err));

	if (x)
		xnl_close(x);
	if (found)
		guard_close(&g);
	return found;
}

int verb_top(struct args *a)
{
	const char *what = args_table(a);
	unsigned int seconds = a->left ? args_u32(a, "seconds") : 1;
	unsigned int count = a->left ? args_u32(a, "count") : 0;
	struct xnl *x;

	args_done(a);
	if (!seconds)
		usage("top: at least 1 second");
	if (what ? strcmp(what, "flow") : is_guard_alone())
		return top_guard(what, seconds, count);
	x = connect_module();
	run(x, seconds, count);
	xnl_close(x);
	return EXIT_SUCCESS;
}
