/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The metrics of what the kernel has: the module's counters of this network namespace,
 * those of the programs, and the guard's state. Read first and then written, because the
 * samples of one family come from several of them.
 *
 * Sums that the kernel keeps are read, never flows: it costs the same with one call and
 * with ten thousand.
 */
#ifndef XSRTP_METRICS_HOST_H
#define XSRTP_METRICS_HOST_H

#include "flow.h"
#include "guard.h"
#include "link.h"
#include "metrics.h"

#define METRICS_DEVICES		64
#define METRICS_COUNTERS	64

struct host_guard {
	bool there;
	bool enforcing, attack;
	uint64_t changes, prefixes[3], memory;
	struct xsrtp_guard_cpu sum;
};

struct host_metrics {
	int module;		/* 0, or why its counters are not known; and so on */
	struct stats stats;
	int xdp, egress, guard;
	struct map_counter counter[2][METRICS_COUNTERS];
	struct ingress_info device[2][METRICS_DEVICES];	/* with the XDP program, with the guard */
	int n_devices[2];
	struct link link[METRICS_DEVICES];
	int n_links;
	struct host_guard g;
};

/* metrics_host_read() - all but @module and @stats, which the caller has got already. */
void metrics_host_read(struct host_metrics *h);

/* metrics_host_write() - the families of METRICS_OF_HOST. */
void metrics_host_write(const struct metrics *m, const struct host_metrics *h);

#endif /* XSRTP_METRICS_HOST_H */
