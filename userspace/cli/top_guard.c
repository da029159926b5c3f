// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp top of the guard: by what becomes of packets, by who is dropped, and by local port.
 * The program counts all of it by reason, and the dropped by source and port, where they
 * are many as an estimate (bpf/guard.h). It counts nothing for a far end: how much one
 * sends is how far its sequence number has come.
 */
#include "guard_cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "prefix.h"

#define ENDS	(XSRTP_ENDS_NEAR + XSRTP_ENDS_MORE)

/* The guard at one moment. */
struct snap {
	struct timespec taken;
	struct guard_clock clock;
	struct xsrtp_guard_cpu cpus;
	struct xsrtp_offender offenders[XSRTP_OFFENDERS];
	int n;
	struct xsrtp_port_drops drops[XSRTP_PORTS];
	struct xsrtp_ends near[XSRTP_PORTS];
	struct xsrtp_talkers rest[XSRTP_PORTS];
	bool attacked;
};

struct source_row {
	const struct xsrtp_offender *o;
	double pps;
};

struct port_row {
	uint32_t port;
	uint32_t ends;
	double known_pps;
	double drop_pps;
	const struct xsrtp_port_drops *drops;
};

static void take(struct snap *s)
{
	struct xsrtp_policy p;
	struct xsrtp_guard *state;
	struct guard_set g;

	open_guard(&g);
	get_policy(&g, &p);
	if (!s->clock.hz)
		get_clock(&s->clock, &p);
	guard_clock_advance(&s->clock);
	state = guard_state_map(&g);
	s->n = guard_offenders(&g, s->offenders);
	if (!state || s->n < 0 || guard_cpus(&g, &s->cpus) ||
	    guard_array(&g, GUARD_PORTS, s->drops, sizeof(s->drops)) ||
	    guard_array(&g, GUARD_ENDS, s->near, sizeof(s->near)) ||
	    guard_array(&g, GUARD_TALKERS, s->rest, sizeof(s->rest)))
		fail("cannot read the guard's state");
	s->attacked = guard_attacked(state, &p, &s->clock);
	clock_gettime(CLOCK_MONOTONIC, &s->taken);
	guard_state_unmap(state);
	guard_close(&g);
}

static double seconds_of(const struct snap *now, const struct snap *old)
{
	return now->taken.tv_sec - old->taken.tv_sec +
	       (now->taken.tv_nsec - old->taken.tv_nsec) / 1e9;
}

static double rate(uint64_t now, uint64_t old, double s)
{
	return now > old && s > 0 ? (now - old) / s : 0;
}

/* --- by reason ----------------------------------------------------------------------- */

static void print_reasons(const struct snap *now, const struct snap *old)
{
	double s = seconds_of(now, old);
	unsigned int i;

	out_array("reasons");
	out_text("%-24s %9s %12s %9s %12s\n", "REASON", "PACKETS/s", "PACKETS", "WOULD/s", "WOULD");
	for (i = 0; i < XSRTP_GUARD_MAX; i++) {
		if (!now->cpus.count[i] && !now->cpus.would[i])
			continue;
		out_object(NULL);
		out_str("reason", "%-24s", guard_counter_name(i));
		out_float("pps", " %9.0f", rate(now->cpus.count[i], old->cpus.count[i], s));
		out_u64("packets", " %12" PRIu64, now->cpus.count[i]);
		out_float("would_pps", " %9.0f", rate(now->cpus.would[i], old->cpus.would[i], s));
		out_u64("would_packets", " %12" PRIu64 "\n", now->cpus.would[i]);
		out_end();
	}
	out_end();
}

/* --- by source ----------------------------------------------------------------------- */

/* Of the same source: its place may be another's by now. */
static uint64_t packets_before(const struct snap *old, const struct xsrtp_offender *o)
{
	int i;

	for (i = 0; i < old->n; i++)
		if (old->offenders[i].key == o->key && old->offenders[i].version == o->version &&
		    old->offenders[i].first == o->first)
			return old->offenders[i].packets;
	return 0;
}

static int by_pps(const void *a, const void *b)
{
	const struct source_row *x = a, *y = b;

	if (x->pps != y->pps)
		return x->pps < y->pps ? 1 : -1;
	return x->o->packets < y->o->packets ? 1 : x->o->packets > y->o->packets ? -1 : 0;
}

static void print_source(const struct source_row *r)
{
	char text[PREFIX_STRLEN];

	out_object(NULL);
	out_str("source", "%-24s", offender_source(r->o, text));
	out_float("drop_pps", " %9.0f", r->pps);
	out_u64("dropped", " %12" PRIu64, r->o->packets);
	out_str("reason", " %-14s", reason_name(r->o->reason));
	out_u64("port", " %5" PRIu64, r->o->port);
	out_bool("many_ports", " and others", "", r->o->ports != 0);
	out_bool("forged", ", looks forged", "", offender_forged(r->o));
	out_text("\n");
	out_end();
}

static void print_sources(const struct snap *now, const struct snap *old, int max)
{
	static struct source_row rows[XSRTP_OFFENDERS];
	double s = seconds_of(now, old);
	int i;

	for (i = 0; i < now->n; i++)
		rows[i] = (struct source_row){ &now->offenders[i],
			rate(now->offenders[i].packets, packets_before(old, &now->offenders[i]), s) };
	qsort(rows, now->n, sizeof(rows[0]), by_pps);
	out_array("sources");
	out_text("%-24s %9s %12s %-14s %s\n", "SOURCE", "DROPPED/s", "DROPPED", "REASON", "PORT");
	for (i = 0; i < now->n && i < max; i++)
		print_source(&rows[i]);
	out_end();
}

/* --- by port ------------------------------------------------------------------------- */

static const struct xsrtp_end *end_of(const struct snap *s, uint32_t port, unsigned int i)
{
	if (i < XSRTP_ENDS_NEAR)
		return &s->near[port].end[i];
	i -= XSRTP_ENDS_NEAR;
	return i < s->rest[port].more ? &s->rest[port].end[i] : NULL;
}

/* It has sent since the snapshot before, or in the last second. */
static bool end_sends(const struct snap *s, const struct xsrtp_end *e)
{
	int64_t silent = (s->clock.jiffies << XSRTP_TICK_SHIFT) - e->media.packets;

	return e->id && silent < (int64_t)s->clock.hz << XSRTP_TICK_SHIFT;
}

static void count_ends(const struct snap *now, const struct snap *old, struct port_row *r)
{
	double s = seconds_of(now, old);
	const struct xsrtp_end *e, *o;
	unsigned int i;

	for (i = 0; i < ENDS; i++) {
		e = end_of(now, r->port, i);
		o = end_of(old, r->port, i);
		if (!e || !end_sends(now, e))
			continue;
		r->ends++;
		if (o && o->id == e->id && s > 0)
			r->known_pps += (uint16_t)(e->seq - o->seq) / s;
	}
}

static int by_drops(const void *a, const void *b)
{
	const struct port_row *x = a, *y = b;

	if (x->drop_pps != y->drop_pps)
		return x->drop_pps < y->drop_pps ? 1 : -1;
	if (x->known_pps != y->known_pps)
		return x->known_pps < y->known_pps ? 1 : -1;
	return x->port < y->port ? -1 : 1;
}

static void print_port(const struct port_row *r)
{
	out_object(NULL);
	out_u64("port", "%5" PRIu64, r->port);
	out_u64("far_ends", " %8" PRIu64, r->ends);
	out_float("known_pps", " %9.0f", r->known_pps);
	out_float("drop_pps", " %9.0f", r->drop_pps);
	out_u64("dropped", " %12" PRIu64, r->drops->packets);
	if (r->drops->packets)
		out_str("reason", " %s", reason_name(r->drops->reason));
	out_text("\n");
	out_end();
}

static void print_ports(const struct snap *now, const struct snap *old, int max)
{
	static struct port_row rows[XSRTP_PORTS];
	double s = seconds_of(now, old);
	uint32_t port;
	int n = 0, i;

	for (port = 0; port < XSRTP_PORTS; port++) {
		struct port_row r = { .port = port, .drops = &now->drops[port] };

		count_ends(now, old, &r);
		r.drop_pps = rate(r.drops->packets, old->drops[port].packets, s);
		if (r.ends || r.drops->packets)
			rows[n++] = r;
	}
	qsort(rows, n, sizeof(rows[0]), by_drops);
	out_array("ports");
	out_text("%5s %8s %9s %9s %12s %s\n", "PORT", "FAR-ENDS", "KNOWN/s", "DROPPED/s", "DROPPED",
		 "REASON");
	for (i = 0; i < n && i < max; i++)
		print_port(&rows[i]);
	out_end();
}

/* --- all ----------------------------------------------------------------------------- */

/* Rows of each table of @tables; and whether to redraw in place. */
static int find_rows(int tables, bool *terminal)
{
	struct winsize w;

	*terminal = !out_is_json() && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_row;
	if (!*terminal)
		return XSRTP_PORTS;
	/* Beside the reasons, which are a dozen at most. */
	return tables == 1 ? w.ws_row - 4 : w.ws_row > 30 ? (w.ws_row - 22) / 2 : 4;
}

static void print_all(const char *what, const struct snap *now, const struct snap *old)
{
	bool terminal;
	int rows = find_rows(what ? 1 : 2, &terminal);

	if (terminal)
		out_text("\033[H\033[J");
	out_object(NULL);
	out_str("state", "guard %s\n", now->attacked ? "under-attack" : "calm");
	if (!what || !strcmp(what, "reason"))
		print_reasons(now, old);
	if (!what || !strcmp(what, "source"))
		print_sources(now, old, rows);
	if (!what || !strcmp(what, "port"))
		print_ports(now, old, rows);
	out_end();
	out_text("\n");
}

int top_guard(const char *what, unsigned int seconds, unsigned int count)
{
	struct snap *s[2] = { calloc(1, sizeof(struct snap)), calloc(1, sizeof(struct snap)) };
	unsigned int i;

	if (!s[0] || !s[1])
		fail("out of memory");
	take(s[0]);
	for (i = 1; !count || i <= count; i++) {
		sleep(seconds);
		take(s[i % 2]);
		print_all(what, s[i % 2], s[!(i % 2)]);
		if (out_flush())
			break;
	}
	free(s[0]);
	free(s[1]);
	return EXIT_SUCCESS;
}
