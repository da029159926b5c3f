// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp monitor: what changes, as it changes, and what packets bring about, and when an
 * attack begins and ends; of the module, of the guard, or of both; with -j one JSON object
 * a line.
 */
#include "guard_cli.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS	250

static const char *event_name(uint8_t cmd)
{
	switch (cmd) {
	case XSRTP_CMD_FLOW_NEW_NTF:
		return "flow-new";
	case XSRTP_CMD_FLOW_SET_NTF:
		return "flow-set";
	case XSRTP_CMD_FLOW_DEL_NTF:
		return "flow-del";
	case XSRTP_CMD_KEY_SET_NTF:
		return "key-set";
	case XSRTP_CMD_KEY_DEL_NTF:
		return "key-del";
	case XSRTP_CMD_KEY_SWAP_NTF:
		return "key-swap";
	case XSRTP_CMD_EVENT_NTF:
		return "event";
	default:
		return "unknown";
	}
}

static int print_event(uint8_t cmd, const struct flow *f, void *arg)
{
	out_object(NULL);
	out_str("event", "%s: ", event_name(cmd));
	print_flow_members(f);
	out_end();
	/* Ends when nobody reads any more: "xsrtp monitor | head -1". */
	return out_flush();
}

/* Not with each of many events. */
static int tick(void)
{
	static uint64_t last_ms;
	struct timespec t;
	uint64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &t);
	ms = t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
	if (ms - last_ms < TICK_MS)
		return 0;
	last_ms = ms;
	return watch_guard();
}

/* The guard alone. Without it too there is nothing to wait for. */
static int monitor_guard(const char *no_module)
{
	struct guard_set g;
	char err[512];

	if (guard_open(&g, err, sizeof(err)))
		fail("%s; and %s", no_module, err);
	guard_close(&g);
	while (!watch_guard())
		usleep(TICK_MS * 1000);
	return EXIT_SUCCESS;
}

int verb_monitor(struct args *a)
{
	char err[512];
	struct xnl *x;
	int ret;

	args_done(a);
	x = xnl_open(err, sizeof(err));
	if (!x)
		return monitor_guard(err);
	tick();
	xnl_tick(x, tick, TICK_MS);
	do {
		ret = flow_monitor(x, print_event, NULL);
		if (ret == -ENOBUFS)
			warn("%s", xnl_error(x));
	} while (ret == -ENOBUFS);
	fail("%s", xnl_error(x));
}
