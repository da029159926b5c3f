// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp monitor: what changes, as it changes, and what packets bring about; with -j
 * one JSON object a line.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>

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

int verb_monitor(struct args *a)
{
	struct xnl *x;
	int ret;

	args_done(a);
	x = connect_module();
	do {
		ret = flow_monitor(x, print_event, NULL);
		if (ret == -ENOBUFS)
			warn("%s", xnl_error(x));
	} while (ret == -ENOBUFS);
	fail("%s", xnl_error(x));
}
