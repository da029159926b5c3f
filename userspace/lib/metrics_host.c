// SPDX-License-Identifier: GPL-2.0
/*
 * Metrics of the host.
 */
#include "metrics_host.h"

#include <errno.h>
#include <string.h>

#include <xsrtp/srtp.h>

#include "egress.h"
#include "ingress.h"

static const char *const program_name[2] = { "xdp", "egress" };

/* --- reading ------------------------------------------------------------------------- */

/* How many entries were filled, where a list said @n: more than there is room for, or -errno. */
static int listed(int n)
{
	return n < 0 ? 0 : n < METRICS_DEVICES ? n : METRICS_DEVICES;
}

static int read_guard_state(struct guard_set *g, struct host_guard *to)
{
	struct guard_clock clock = { 0 };
	struct xsrtp_guard *s;
	struct xsrtp_policy p;
	char err[512];
	int ret = guard_policy_get(g, &p, err, sizeof(err)) ?: guard_clock_read(&clock) ?: guard_cpus(g, &to->sum);

	s = ret ? NULL : guard_state_map(g);
	if (!s)
		return ret ?: -EIO;
	clock.hz = p.hz;
	to->there = true;
	to->enforcing = !p.observe;
	to->attack = guard_attacked(s, &p, &clock);
	to->changes = s->events;
	to->prefixes[0] = s->hosts;
	to->prefixes[1] = s->prefixes4;
	to->prefixes[2] = s->prefixes6;
	to->memory = guard_memory(g);
	guard_state_unmap(s);
	return 0;
}

static int read_guard(struct host_guard *to)
{
	struct guard_set g;
	char err[512];
	int ret = guard_open(&g, err, sizeof(err));

	if (ret)
		return ret == -ENOENT ? 0 : ret;	/* not attached is no error */
	ret = read_guard_state(&g, to);
	guard_close(&g);
	return ret;
}

void metrics_host_read(struct host_metrics *h)
{
	h->xdp = ingress_stats(h->counter[0], METRICS_COUNTERS);
	h->egress = egress_stats(h->counter[1], METRICS_COUNTERS);
	h->n_devices[0] = listed(ingress_list(h->device[0], METRICS_DEVICES));
	h->n_devices[1] = listed(guard_list(h->device[1], METRICS_DEVICES));
	h->n_links = listed(link_list(h->link, METRICS_DEVICES));
	h->g = (struct host_guard){ 0 };
	h->guard = read_guard(&h->g);
}

/* --- writing ---------------------------------------------------------------------------- */

static void put_sources(const struct metrics *m, const struct host_metrics *h)
{
	metrics_family(m, METRIC_SOURCE_UP);
	metrics_count(m, METRIC_SOURCE_UP, !h->module, "source", "module", NULL);
	metrics_count(m, METRIC_SOURCE_UP, !h->xdp, "source", "xdp", NULL);
	metrics_count(m, METRIC_SOURCE_UP, !h->egress, "source", "egress", NULL);
	metrics_count(m, METRIC_SOURCE_UP, !h->guard, "source", "guard", NULL);
}

static void put_both(const struct metrics *m, enum metric f, bool known, uint64_t rx, uint64_t tx)
{
	metrics_family(m, f);
	if (!known)
		return;
	metrics_count(m, f, rx, "path", "module", "direction", "receive", NULL);
	metrics_count(m, f, tx, "path", "module", "direction", "transmit", NULL);
}

static void put_traffic(const struct metrics *m, const struct host_metrics *h)
{
	const struct stats *s = &h->stats;

	metrics_family(m, METRIC_CIPHER);
	if (!h->module && *s->cipher)
		metrics_count(m, METRIC_CIPHER, 1, "implementation", s->cipher, NULL);
	put_both(m, METRIC_PACKETS, !h->module, s->rx_packets, s->tx_packets);
	put_both(m, METRIC_BYTES, !h->module, s->rx_bytes, s->tx_bytes);
}

/* "dropped-REASON": the reason; else NULL. */
static const char *dropped(const char *counter)
{
	return strncmp(counter, "dropped-", 8) ? NULL : counter + 8;
}

/* Reason 0 is "ok": no drop. */
static void put_module_drops(const struct metrics *m, const struct stats *s)
{
	unsigned int i;

	for (i = 1; i < XSRTP_REASON_MAX; i++)
		metrics_count(m, METRIC_DROPS, s->drop[i], "path", "module", "reason", xsrtp_reason_name(i), NULL);
	metrics_count(m, METRIC_DROPS, s->drop_other, "path", "module", "reason", "other", NULL);
}

static void put_drops(const struct metrics *m, const struct host_metrics *h)
{
	const struct map_counter *c;
	unsigned int i;

	metrics_family(m, METRIC_DROPS);
	if (!h->module)
		put_module_drops(m, &h->stats);
	for (i = 0; i < 2; i++)
		for (c = h->counter[i]; !(i ? h->egress : h->xdp) && c->name; c++)
			if (dropped(c->name))
				metrics_count(m, METRIC_DROPS, c->packets, "path", program_name[i], "reason",
					      dropped(c->name), NULL);
	for (i = 0; i < XSRTP_GUARD_MAX && h->g.there; i++)
		if (guard_counter_drops(i))
			metrics_count(m, METRIC_DROPS, h->g.sum.count[i], "path", "guard", "reason",
				      dropped(guard_counter_name(i)), NULL);
}

static void put_programs(const struct metrics *m, const struct host_metrics *h)
{
	const struct map_counter *c;
	unsigned int i;

	metrics_family(m, METRIC_PROGRAM_PACKETS);
	for (i = 0; i < 2; i++)
		for (c = h->counter[i]; !(i ? h->egress : h->xdp) && c->name; c++)
			if (!dropped(c->name))
				metrics_count(m, METRIC_PROGRAM_PACKETS, c->packets, "program", program_name[i],
					      "verdict", c->name, NULL);
	for (i = 0; i < XSRTP_GUARD_MAX && h->g.there; i++)
		if (!guard_counter_drops(i))
			metrics_count(m, METRIC_PROGRAM_PACKETS, h->g.sum.count[i], "program", "guard", "verdict",
				      guard_counter_name(i), NULL);
}

static uint64_t devices_in(const struct host_metrics *h, int program, enum ingress_mode mode)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < h->n_devices[program]; i++)
		n += h->device[program][i].mode == mode;
	return n;
}

static void put_devices(const struct metrics *m, const struct host_metrics *h)
{
	static const char *const names[2] = { "xdp", "guard" };
	int i;

	metrics_family(m, METRIC_FLOWS);
	if (!h->module)
		metrics_count(m, METRIC_FLOWS, h->stats.flows, NULL);
	metrics_family(m, METRIC_DEVICE_UP);
	for (i = 0; i < h->n_links; i++)
		metrics_count(m, METRIC_DEVICE_UP, h->link[i].up, "device", h->link[i].ifname, NULL);
	metrics_family(m, METRIC_ATTACHED);
	for (i = 0; i < 2; i++) {
		if (i ? h->guard : h->xdp)
			continue;
		metrics_count(m, METRIC_ATTACHED, devices_in(h, i, INGRESS_NATIVE), "program", names[i], "mode",
			      "native", NULL);
		metrics_count(m, METRIC_ATTACHED, devices_in(h, i, INGRESS_GENERIC), "program", names[i], "mode",
			      "generic", NULL);
	}
}

static void put_if(const struct metrics *m, enum metric f, bool there, uint64_t v)
{
	metrics_family(m, f);
	if (there)
		metrics_count(m, f, v, NULL);
}

static void put_guard(const struct metrics *m, const struct host_guard *g)
{
	static const char *const tables[3] = { "hosts", "ipv4", "ipv6" };
	unsigned int i;

	put_if(m, METRIC_GUARD_ENFORCING, g->there, g->enforcing);
	put_if(m, METRIC_GUARD_ATTACK, g->there, g->attack);
	put_if(m, METRIC_GUARD_CHANGES, g->there, g->changes);
	metrics_family(m, METRIC_GUARD_WOULD_DROP);
	for (i = 0; i < XSRTP_GUARD_MAX && g->there; i++)
		if (guard_counter_drops(i))
			metrics_count(m, METRIC_GUARD_WOULD_DROP, g->sum.would[i], "reason",
				      dropped(guard_counter_name(i)), NULL);
	metrics_family(m, METRIC_GUARD_PREFIXES);
	for (i = 0; i < 3 && g->there; i++)
		metrics_count(m, METRIC_GUARD_PREFIXES, g->prefixes[i], "table", tables[i], NULL);
	put_if(m, METRIC_GUARD_MEMORY, g->there, g->memory);
}

void metrics_host_write(const struct metrics *m, const struct host_metrics *h)
{
	put_sources(m, h);
	put_traffic(m, h);
	put_drops(m, h);
	put_programs(m, h);
	put_devices(m, h);
	put_guard(m, &h->g);
}
