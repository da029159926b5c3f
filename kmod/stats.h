/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_STATS_H
#define XSRTP_STATS_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include <xsrtp/reason.h>

/* Packets and bytes (RTP or SRTP, without the UDP header) of one CPU. */
struct xsrtp_traffic {
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	struct u64_stats_sync sync;
};

/* Of a namespace, one CPU. */
struct xsrtp_stats {
	struct xsrtp_traffic traffic;
	u64_stats_t drop[XSRTP_REASON_MAX];
	struct u64_stats_sync drop_sync;
};

/* Of a flow. Its drops are rare or hostile; they do not get memory per CPU. */
struct xsrtp_counters {
	struct xsrtp_traffic __percpu *traffic;
	atomic64_t drop[XSRTP_REASON_MAX];
};

/* A sum over all CPUs. */
struct xsrtp_totals {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 drop[XSRTP_REASON_MAX];
};

struct xsrtp_stats __percpu *xsrtp_stats_alloc(void);
void xsrtp_stats_sum(struct xsrtp_stats __percpu *stats, struct xsrtp_totals *sum);

int xsrtp_counters_init(struct xsrtp_counters *c);
void xsrtp_counters_free(struct xsrtp_counters *c);
void xsrtp_counters_sum(const struct xsrtp_counters *c, struct xsrtp_totals *sum);

/* The packet path. All with BH disabled: one writer per CPU. */
static inline void xsrtp_traffic_rx(struct xsrtp_traffic *t, unsigned int bytes)
{
	u64_stats_update_begin(&t->sync);
	u64_stats_inc(&t->rx_packets);
	u64_stats_add(&t->rx_bytes, bytes);
	u64_stats_update_end(&t->sync);
}

static inline void xsrtp_traffic_tx(struct xsrtp_traffic *t, unsigned int bytes)
{
	u64_stats_update_begin(&t->sync);
	u64_stats_inc(&t->tx_packets);
	u64_stats_add(&t->tx_bytes, bytes);
	u64_stats_update_end(&t->sync);
}

static inline void xsrtp_stats_drop(struct xsrtp_stats *s, unsigned int reason)
{
	u64_stats_update_begin(&s->drop_sync);
	u64_stats_inc(&s->drop[reason]);
	u64_stats_update_end(&s->drop_sync);
}

#endif /* XSRTP_STATS_H */
