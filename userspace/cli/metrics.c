// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp metrics: what xsrtpd has at /metrics, without its calls and its process; for hosts
 * without xsrtpd, or when it is down. Prometheus' text format, which node_exporter's
 * textfile collector takes; OpenMetrics if asked for.
 */
#include "cli.h"

#include <stdlib.h>

#include "metrics_host.h"

int verb_metrics(struct args *a)
{
	struct metrics m = { stdout, args_match(a, "openmetrics") };
	static struct host_metrics h;
	char err[256];
	struct xnl *x;

	args_done(a);
	if (out_is_json())
		usage("metrics has no JSON (xsrtp -j stats, xsrtp -j guard show)");
	x = xnl_open(err, sizeof(err));
	h.module = x ? stats_get(x, &h.stats) : -1;
	if (h.module)
		warn("no metrics of the module: %s", x ? xnl_error(x) : err);
	if (x)
		xnl_close(x);
	metrics_host_read(&h);
	metrics_host_write(&m, &h);
	if (metrics_end(&m))
		fail("cannot write to standard output");
	return EXIT_SUCCESS;
}
