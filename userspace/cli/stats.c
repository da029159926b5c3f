// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp stats: all counters of this network namespace, those of the module and
 * those of the programs before it. All of them, also those that are 0: a
 * script finds every name every time.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xsrtp/srtp.h>

#include "egress.h"
#include "ingress.h"

#define COUNTERS_MAX	64

static void print_counter(const char *name, uint64_t value)
{
	out_text("  %-24s", name);
	out_u64(name, " %" PRIu64 "\n", value);
}

static void print_module(const struct stats *s)
{
	unsigned int i;

	out_object("module");
	out_text("module\n");
	out_str("cipher", "  cipher                   %s\n", s->cipher);
	print_counter("flows", s->flows);
	print_counter("rx_packets", s->rx_packets);
	print_counter("rx_bytes", s->rx_bytes);
	print_counter("tx_packets", s->tx_packets);
	print_counter("tx_bytes", s->tx_bytes);
	out_object("drops");
	out_text("module, dropped\n");
	/* Reason 0 is "ok": no drop. */
	for (i = 1; i < XSRTP_REASON_MAX; i++)
		print_counter(xsrtp_reason_name(i), s->drop[i]);
	if (s->drop_other)
		print_counter("other", s->drop_other);
	out_end();
	out_end();
}

static void print_program(const char *name, const char *title,
			  int (*get)(struct map_counter *c, size_t max))
{
	struct map_counter c[COUNTERS_MAX];
	int i, ret = get(c, COUNTERS_MAX);

	if (ret < 0)
		warn("the %s's counters cannot be read: %s", title, strerror(-ret));
	out_object(name);
	out_text("%s\n", title);
	for (i = 0; !ret && c[i].name; i++)
		print_counter(c[i].name, c[i].packets);
	out_end();
}

int verb_stats(struct args *a)
{
	struct stats s;
	struct xnl *x;

	args_done(a);
	x = connect_module();
	if (stats_get(x, &s))
		fail("%s", xnl_error(x));
	out_object(NULL);
	print_module(&s);
	print_program("xdp", "XDP program", ingress_stats);
	print_program("egress", "egress program", egress_stats);
	out_end();
	xnl_close(x);
	return EXIT_SUCCESS;
}
