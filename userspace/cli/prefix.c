// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp ban, allow and unban: the prefixes that the guard drops, or lets through whatever
 * the budgets of unknown sources are.
 */
#include "guard_cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "prefix.h"

static struct prefix args_prefix(struct args *a)
{
	const char *text = args_value(a, "prefix");
	struct prefix p;
	char err[512];

	if (prefix_parse(text, &p, err, sizeof(err)))
		usage("%s", err);
	return p;
}

static uint64_t args_seconds(struct args *a)
{
	const char *text = args_value(a, "time");
	unsigned int n;
	char unit = 's', rest;
	uint64_t s;

	if (*text < '0' || *text > '9' || sscanf(text, "%9u%c%c", &n, &unit, &rest) > 2)
		usage("for \"%s\"? Write it as 30s, 10m, 2h or 7d", text);
	s = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : unit == 'd' ? 86400 : 0;
	if (!s || !n)
		usage("for \"%s\"? Write it as 30s, 10m, 2h or 7d", text);
	s *= n;
	if (s > 3650 * 86400ULL)
		usage("for %s is more than ten years: leave it out, to ban for good", text);
	return s;
}

static int change_prefix(struct args *a, uint16_t state)
{
	struct prefix p = args_prefix(a);
	struct xsrtp_policy policy;
	struct guard_clock c;
	struct guard_set g;
	uint64_t seconds = 0;
	char err[512];
	int lock, ret;

	if (state && args_match(a, "for"))
		seconds = args_seconds(a);
	args_done(a);
	open_guard(&g);
	get_policy(&g, &policy);
	get_clock(&c, &policy);
	p.state = state;
	p.until = seconds ? prefix_until(&c, seconds) : 0;
	lock = guard_lock(err, sizeof(err));
	if (lock < 0)
		fail("%s", err);
	ret = state ? prefix_add(&g, &p, err, sizeof(err)) : prefix_del(&g, &p, err, sizeof(err));
	if (ret)
		fail("%s", err);
	guard_close(&g);
	return EXIT_SUCCESS;
}

int verb_ban(struct args *a)
{
	return change_prefix(a, XSRTP_PREFIX_BANNED);
}

int verb_allow(struct args *a)
{
	return change_prefix(a, XSRTP_PREFIX_ALLOWED);
}

int verb_unban(struct args *a)
{
	return change_prefix(a, XSRTP_PREFIX_NONE);
}
