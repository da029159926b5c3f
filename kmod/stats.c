// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: traffic and drops by reason, of a namespace and of a flow.
 *
 * Traffic is counted per CPU and summed up when somebody asks. A sum taken
 * while packets flow is not a snapshot, but no packet is ever missing from or
 * double in a later one.
 */
#include "stats.h"

struct xsrtp_stats __percpu *xsrtp_stats_alloc(void)
{
	struct xsrtp_stats __percpu *stats = alloc_percpu(struct xsrtp_stats);
	int cpu;

	if (!stats)
		return NULL;
	for_each_possible_cpu(cpu) {
		u64_stats_init(&per_cpu_ptr(stats, cpu)->traffic.sync);
		u64_stats_init(&per_cpu_ptr(stats, cpu)->drop_sync);
	}
	return stats;
}

static void traffic_add(const struct xsrtp_traffic *t, struct xsrtp_totals *sum)
{
	u64 rx_packets, rx_bytes, tx_packets, tx_bytes;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&t->sync);
		rx_packets = u64_stats_read(&t->rx_packets);
		rx_bytes = u64_stats_read(&t->rx_bytes);
		tx_packets = u64_stats_read(&t->tx_packets);
		tx_bytes = u64_stats_read(&t->tx_bytes);
	} while (u64_stats_fetch_retry(&t->sync, start));

	sum->rx_packets += rx_packets;
	sum->rx_bytes += rx_bytes;
	sum->tx_packets += tx_packets;
	sum->tx_bytes += tx_bytes;
}

static void drop_add(const struct xsrtp_stats *s, struct xsrtp_totals *sum)
{
	u64 drop[XSRTP_REASON_MAX];
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(&s->drop_sync);
		for (i = 0; i < XSRTP_REASON_MAX; i++)
			drop[i] = u64_stats_read(&s->drop[i]);
	} while (u64_stats_fetch_retry(&s->drop_sync, start));

	for (i = 0; i < XSRTP_REASON_MAX; i++)
		sum->drop[i] += drop[i];
}

void xsrtp_stats_sum(struct xsrtp_stats __percpu *stats, struct xsrtp_totals *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		traffic_add(&per_cpu_ptr(stats, cpu)->traffic, sum);
		drop_add(per_cpu_ptr(stats, cpu), sum);
	}
}

int xsrtp_counters_init(struct xsrtp_counters *c)
{
	int cpu;

	c->traffic = alloc_percpu_gfp(struct xsrtp_traffic, GFP_KERNEL_ACCOUNT);
	if (!c->traffic)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(c->traffic, cpu)->sync);
	return 0;
}

void xsrtp_counters_free(struct xsrtp_counters *c)
{
	free_percpu(c->traffic);
}

void xsrtp_counters_sum(const struct xsrtp_counters *c, struct xsrtp_totals *sum)
{
	unsigned int i;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu)
		traffic_add(per_cpu_ptr(c->traffic, cpu), sum);
	for (i = 0; i < XSRTP_REASON_MAX; i++)
		sum->drop[i] = atomic64_read(&c->drop[i]);
}
