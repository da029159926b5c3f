// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp show, also without a verb: the picture of this network namespace on one
 * screen. Of many flows it shows the first ones and how many there are.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ingress.h"
#include "link.h"

#define LINKS_MAX	64
#define FLOWS_SHOWN	12

static void print_links(void)
{
	struct link links[LINKS_MAX];
	int i, n = link_list(links, LINKS_MAX);

	if (n < 0)
		fail("cannot list the devices: %s", strerror(-n));
	out_array("devices");
	if (!n)
		out_text("no xsrtp device (ip link add dev xsrtp0 type xsrtp)\n");
	for (i = 0; i < n && i < LINKS_MAX; i++) {
		out_object(NULL);
		out_str("device", "device %s", links[i].ifname);
		out_bool("up", " up\n", " down (ip link set it up)\n", links[i].up);
		out_end();
	}
	out_end();
}

static void print_programs(void)
{
	struct ingress_info info[LINKS_MAX];
	int i, n = ingress_list(info, LINKS_MAX);

	/* Looking at the module takes no privilege, looking at programs does. */
	if (n < 0)
		warn("cannot list the XDP programs: %s", strerror(-n));
	out_array("attached");
	if (!n)
		out_text("not attached to any device (xsrtp attach DEV)\n");
	for (i = 0; i < n && i < LINKS_MAX; i++) {
		out_text("attached to ");
		print_attached(&info[i]);
	}
	out_end();
}

static int show_flow(const struct flow *f, void *arg)
{
	unsigned int *n = arg;

	if ((*n)++ < FLOWS_SHOWN)
		print_flow_line(f);
	return 0;
}

static void print_flows(struct xnl *x)
{
	unsigned int n = 0;
	int ret;

	out_array("flows");
	ret = flow_dump(x, show_flow, &n);
	out_end();
	if (ret)
		fail("%s", xnl_error(x));
	if (n > FLOWS_SHOWN)
		out_text("  ... and %u more (xsrtp flow show)\n", n - FLOWS_SHOWN);
}

int verb_show(struct args *a)
{
	struct stats s;
	struct xnl *x;

	args_done(a);
	x = connect_module();
	if (stats_get(x, &s))
		fail("%s", xnl_error(x));
	out_object(NULL);
	out_str("cipher", "cipher %s\n", s.cipher);
	print_links();
	print_programs();
	out_u64("flow_count", "flows %" PRIu64 "\n", s.flows);
	print_flows(x);
	out_object("total");
	print_packets(&s, "");
	print_drops(&s, "  ");
	out_end();
	out_end();
	xnl_close(x);
	return EXIT_SUCCESS;
}
