// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp attach and detach: the XDP and the tc egress program on a device.
 */
#include "cli.h"

#include <stdlib.h>

#include <string.h>
#include <unistd.h>

#include "egress.h"
#include "guard_cli.h"
#include "host.h"
#include "policy.h"

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
	out_bool("guard", ", guard", "", info->door == INGRESS_GUARD);
	out_u64("program", NULL, info->prog_id);
	if (*info->why)
		out_str("why", " (%s)", info->why);
	out_bool("egress", ", egress", "", egress_attached(info->ifname) == 1);
	out_text("\n");
	out_end();
}

/* Said before anything is attached, so that a wrong range leaves nothing behind. */
static void check_ports(const char *ports)
{
	struct xsrtp_policy p;
	char err[512];

	policy_init(&p, 100);
	if (policy_word(&p, "ports", ports, err, sizeof(err)) || policy_finish(&p, err, sizeof(err)))
		usage("%s", err);
}

static void set_ports(const char *ports)
{
	struct xsrtp_policy p;
	struct guard_set g;
	char err[512];
	int lock = guard_lock(err, sizeof(err));

	if (lock < 0)
		fail("%s", err);
	open_guard(&g);
	get_policy(&g, &p);
	if (policy_word(&p, "ports", ports, err, sizeof(err)) ||
	    policy_finish(&p, err, sizeof(err)) || guard_policy_put(&g, &p, err, sizeof(err)))
		fail("%s", err);
	guard_close(&g);
	close(lock);
}

/* The words behind "door device". */
static enum ingress_door read_guard(struct args *a, enum ingress_door door, const char **ports)
{
	if (!args_match(a, "guard"))
		return door;
	if (door == INGRESS_KFUNC)
		usage("attach: the guard is in the program of the other door: door device guard");
	if (args_match(a, "ports")) {
		*ports = args_value(a, "ports");
		check_ports(*ports);
	}
	return INGRESS_GUARD;
}

int verb_attach(struct args *a)
{
	const char *ifname = args_value(a, "device"), *to = NULL, *ports = NULL;
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
	door = read_guard(a, door, &ports);
	args_done(a);
	x = connect_module();
	if (host_attach(x, ifname, to, mode, door, &got, err, sizeof(err)))
		fail("%s", err);
	if (!got.egress)
		warn("no flow can send: %s", got.why_not);
	if (ports)
		set_ports(ports);
	if (door == INGRESS_GUARD && *got.ingress.why_door)
		warn("the guard's state goes with the program: cannot pin it to %s", got.ingress.why_door);
	else if (*got.ingress.why_door)
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
