// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp attach and detach: the XDP and the tc egress program on a device.
 */
#include "cli.h"

#include <stdlib.h>

#include "egress.h"
#include "host.h"

static const char *mode_name(enum ingress_mode mode)
{
	return mode == INGRESS_NATIVE ? "native" : "generic";
}

static const char *door_name(enum ingress_door door)
{
	return door == INGRESS_KFUNC ? "kfunc" : "device";
}

void print_attached(const struct ingress_info *info)
{
	out_object(NULL);
	out_str("device", "%s:", info->ifname);
	out_str("mode", " XDP %s", mode_name(info->mode));
	out_str("door", info->door == INGRESS_KFUNC ? ", door %s" : NULL, door_name(info->door));
	out_u64("program", NULL, info->prog_id);
	if (*info->why)
		out_str("why", " (%s)", info->why);
	out_bool("egress", ", egress", "", egress_attached(info->ifname) == 1);
	out_text("\n");
	out_end();
}

int verb_attach(struct args *a)
{
	const char *ifname = args_value(a, "device"), *to = NULL;
	enum ingress_mode mode = INGRESS_AUTO;
	enum ingress_door door = INGRESS_DEVICE;
	struct host_attached got;
	char err[768];
	struct xnl *x;

	if (args_match(a, "native"))
		mode = INGRESS_NATIVE;
	else if (args_match(a, "generic"))
		mode = INGRESS_GENERIC;
	else
		args_match(a, "auto");
	if (args_match(a, "to"))
		to = args_value(a, "xsrtp device");
	if (args_match(a, "door") && !args_match(a, "device")) {
		if (!args_match(a, "kfunc"))
			fail("door: device or kfunc");
		door = INGRESS_KFUNC;
	}
	args_done(a);
	x = connect_module();
	if (host_attach(x, ifname, to, mode, door, &got, err, sizeof(err)))
		fail("%s", err);
	if (!got.egress)
		warn("no flow can send: %s", got.why_not);
	if (*got.ingress.why_door)
		warn("by the device, not the kfunc: %s", got.ingress.why_door);
	print_attached(&got.ingress);
	xnl_close(x);
	return EXIT_SUCCESS;
}

int verb_detach(struct args *a)
{
	const char *ifname = args_value(a, "device");
	char err[768];

	args_done(a);
	/* The module is not asked: a program must come off without it too. */
	if (host_detach(ifname, err, sizeof(err)))
		fail("%s", err);
	return EXIT_SUCCESS;
}
