// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp guard: attach and detach it, see it whole, and change its limits. A set reads all
 * its words first, and all of them hold from one packet to the next, or none.
 */
#include "guard_cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pins.h"
#include "policy.h"
#include "prefix.h"

#define DEVICES_MAX	64

void open_guard(struct guard_set *g)
{
	char err[512];

	if (guard_open(g, err, sizeof(err)))
		fail("%s", err);
}

void get_policy(struct guard_set *g, struct xsrtp_policy *p)
{
	char err[512];

	if (guard_policy_get(g, p, err, sizeof(err)))
		fail("%s", err);
}

void get_clock(struct guard_clock *c, const struct xsrtp_policy *p)
{
	int ret = guard_clock_read(c);

	if (ret)
		fail("cannot read the guard's clock: %s", strerror(-ret));
	c->hz = p->hz;
}

/* --- show -------------------------------------------------------------------------- */

static void print_device(const struct ingress_info *d)
{
	char next[NEXT_NAME_LEN];

	guard_next_name(d, next);
	out_object(NULL);
	out_str("device", " %s", d->ifname);
	out_str("xdp", *next ? " (%s, " : d->door == INGRESS_GUARD ? " (%s" : " (%s)",
		d->mode == INGRESS_NATIVE ? "native" : "generic");
	out_bool("inside", ", inside the program of xsrtp attach)", "", d->door == INGRESS_GUARD);
	if (*next)
		out_str("next", "in front of %s)", next);
	out_end();
}

static void print_devices(void)
{
	struct ingress_info d[DEVICES_MAX];
	int n = guard_list(d, DEVICES_MAX), i;

	out_array("devices");
	out_text("devices");
	for (i = 0; i < n; i++)
		print_device(&d[i]);
	out_text("\n");
	out_end();
}

void print_time(const char *name, const char *fmt, const struct guard_clock *c,
		       uint64_t jiffies)
{
	double at = guard_clock_real(c, jiffies);
	time_t t = at;
	struct tm tm;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	out_str(name, fmt, text);
}

static void print_state(const struct xsrtp_guard *s, const struct xsrtp_policy *p,
			const struct guard_clock *c)
{
	bool attack = guard_attacked(s, p, c);

	out_str("mode", "mode %s\n", p->observe ? "observe" : "enforce");
	out_str("state", "state %s", attack ? "under-attack" : "calm");
	if (attack)
		print_time("since", " since %s", c, s->attack);
	else if (s->attack)
		print_time("since", " since %s", c, s->above + p->hold);
	else if (s->events)
		print_time("since", " since %s", c, s->event[(s->events - 1) % XSRTP_EVENTS].jiffies);
	out_u64("changes", ", %" PRIu64 " changes\n", s->events);
}

static void print_limit(const char *name, const struct xsrtp_said *said)
{
	out_object(name);
	out_text("  %-18s", name);
	out_u64("rate", " %" PRIu64, said->rate);
	out_u64("burst", "/%" PRIu64 "\n", said->burst);
	out_end();
}

static void print_limits(const struct xsrtp_policy *p)
{
	char ports[POLICY_PORTS_STRLEN];
	unsigned int i;

	out_str("ports", "ports %s\n", policy_ports(p, ports));
	out_object("limits");
	out_text("limits\n");
	for (i = 0; i < XSRTP_LIMIT_MAX; i++)
		print_limit(policy_limit_name(i), &p->said[i]);
	out_u64("attack-on", "  attack-on          %" PRIu64 "\n", p->attack_on_pps);
	out_u64("attack-off", "  attack-off         %" PRIu64 "\n", p->attack_off_pps);
	out_u64("attack-hold", "  attack-hold        %" PRIu64 "\n", p->attack_hold_s);
	out_end();
}

/* In JSON all, so that a script finds every name every time. */
static void print_counts(const char *name, const uint64_t *count, bool drops_only)
{
	unsigned int i;
	bool any = false;

	for (i = 0; i < XSRTP_GUARD_MAX; i++)
		any |= count[i] && (!drops_only || guard_counter_drops(i));
	out_object(name);
	if (any)
		out_text("%s\n", name);
	for (i = 0; i < XSRTP_GUARD_MAX; i++) {
		if (drops_only && !guard_counter_drops(i))
			continue;
		if (count[i])
			out_text("  %-22s", guard_counter_name(i));
		out_u64(guard_counter_name(i), count[i] ? " %" PRIu64 "\n" : NULL, count[i]);
	}
	out_end();
}

static void print_changes(const struct xsrtp_guard *s, const struct guard_clock *c)
{
	uint64_t i = s->events > XSRTP_EVENTS ? s->events - XSRTP_EVENTS : 0;

	out_array("events");
	for (; i < s->events; i++) {
		const struct xsrtp_event *e = &s->event[i % XSRTP_EVENTS];

		out_object(NULL);
		print_time("time", "%s", c, e->jiffies);
		out_str("state", " %s\n", e->attack ? "under-attack" : "calm");
		out_end();
	}
	out_end();
}

struct listing {
	const struct guard_clock *c;
	uint16_t state;
};

static int print_prefix(const struct prefix *p, void *arg)
{
	const struct listing *l = arg;
	char text[PREFIX_STRLEN];

	if (p->state != l->state)
		return 0;
	out_object(NULL);
	out_str("prefix", l->state == XSRTP_PREFIX_BANNED ? "banned %s" : "allowed %s",
		prefix_format(p, text));
	if (p->until)
		print_time("until", " until %s", l->c, l->c->jiffies +
			   (int64_t)(int32_t)(p->until - (uint32_t)(l->c->jiffies >> XSRTP_UNTIL_SHIFT)) *
			   (1 << XSRTP_UNTIL_SHIFT));
	out_text("\n");
	out_end();
	return 0;
}

static void print_prefixes(struct guard_set *g, const char *name, uint16_t state,
			   const struct guard_clock *c)
{
	struct listing l = { c, state };
	char err[512];

	out_array(name);
	if (prefix_each(g, print_prefix, &l, err, sizeof(err)))
		fail("%s", err);
	out_end();
}

static void print_pinned(const struct guard_set *g)
{
	char path[PINS_STRLEN];
	bool held = pins_hold(g, path);

	out_str("pinned", held ? "state pinned in %s\n" : "state not pinned%s\n", held ? path : "");
}

static int guard_show(struct args *a)
{
	struct xsrtp_guard_cpu sum;
	struct xsrtp_policy p;
	struct xsrtp_guard *s;
	struct guard_clock c;
	struct guard_set g;

	args_done(a);
	open_guard(&g);
	get_policy(&g, &p);
	get_clock(&c, &p);
	s = guard_state_map(&g);
	if (!s || guard_cpus(&g, &sum))
		fail("cannot read the guard's state: %s", strerror(errno));
	out_object(NULL);
	print_devices();
	print_state(s, &p, &c);
	print_limits(&p);
	out_u64("memory_bytes", "memory %" PRIu64 " bytes, and no more under any flood\n",
		guard_memory(&g));
	print_pinned(&g);
	print_counts("counters", (uint64_t *)sum.count, false);
	print_counts("would-drop", (uint64_t *)sum.would, true);
	print_prefixes(&g, "banned", XSRTP_PREFIX_BANNED, &c);
	print_prefixes(&g, "allowed", XSRTP_PREFIX_ALLOWED, &c);
	print_changes(s, &c);
	out_end();
	guard_state_unmap(s);
	guard_close(&g);
	return EXIT_SUCCESS;
}

/* --- attach, detach, set -------------------------------------------------------------- */

static void print_attached_guard(const struct guard_attached *got, const struct xsrtp_policy *p)
{
	char text[POLICY_PORTS_STRLEN];

	out_object(NULL);
	out_str("device", "%s:", got->dev.ifname);
	out_str("xdp", " guard, XDP %s", got->dev.mode == INGRESS_NATIVE ? "native" : "generic");
	if (*got->dev.why)
		out_str("why", " (%s)", got->dev.why);
	out_str("ports", ", ports %s", policy_ports(p, text));
	if (*got->next)
		out_str("next", ", in front of %s", got->next);
	out_bool("renewed", ", program renewed", "", got->renewed);
	out_bool("kept", ", goes on with the state that was there", "", got->kept);
	if (*got->fresh)
		out_str("fresh", "\n  begins afresh: the state that was there is another version's (%s)",
			got->fresh);
	if (*got->unpinned)
		out_str("unpinned", "\n  its state goes with the program: cannot pin it to %s",
			got->unpinned);
	out_text("\n");
	out_end();
}

static int guard_attach_verb(struct args *a)
{
	const char *ifname = args_value(a, "device"), *ports = NULL;
	enum ingress_mode mode = INGRESS_AUTO;
	struct guard_attached got;
	struct xsrtp_policy p;
	struct guard_set g;
	char err[768];

	if (args_match(a, "native"))
		mode = INGRESS_NATIVE;
	else if (args_match(a, "generic"))
		mode = INGRESS_GENERIC;
	else
		args_match(a, "auto");
	if (args_match(a, "ports"))
		ports = args_value(a, "ports");
	args_done(a);
	if (guard_attach(ifname, mode, ports, &got, err, sizeof(err)))
		fail("%s", err);
	open_guard(&g);
	get_policy(&g, &p);
	print_attached_guard(&got, &p);
	guard_close(&g);
	return EXIT_SUCCESS;
}

static int guard_detach_verb(struct args *a)
{
	const char *ifname = args_value(a, "device");
	char err[768];

	args_done(a);
	if (guard_detach(ifname, err, sizeof(err)))
		fail("%s", err);
	return EXIT_SUCCESS;
}

/* A word said twice has one of its values by mistake. */
static void refuse_twice(char **words, int n)
{
	int i, j;

	for (i = 0; i < n; i += 2)
		for (j = i + 2; j < n; j += 2)
			if (!strcmp(words[i], words[j]))
				usage("guard set: %s is there twice: write it once", words[i]);
}

static int guard_set_verb(struct args *a)
{
	struct xsrtp_policy p;
	struct guard_set g;
	const char *key;
	char err[768];
	int lock;

	if (!a->left)
		usage("guard set: what? As in: xsrtp guard set source-rate 500/1000 mode observe");
	refuse_twice(a->next, a->left);
	open_guard(&g);
	lock = guard_lock(err, sizeof(err));
	if (lock < 0)
		fail("%s", err);
	get_policy(&g, &p);
	while ((key = args_next(a)))
		if (policy_word(&p, key, args_value(a, key), err, sizeof(err)))
			usage("%s", err);
	if (policy_finish(&p, err, sizeof(err)))
		usage("%s", err);
	if (guard_policy_put(&g, &p, err, sizeof(err)))
		fail("%s", err);
	guard_close(&g);
	return EXIT_SUCCESS;
}

int verb_guard(struct args *a)
{
	if (args_match(a, "attach"))
		return guard_attach_verb(a);
	if (args_match(a, "detach"))
		return guard_detach_verb(a);
	if (args_match(a, "set"))
		return guard_set_verb(a);
	if (a->left && !args_match(a, "show"))
		usage("guard: \"%s\"? attach, detach, show or set", *a->next);
	if (args_match(a, "-j"))
		out_init(true, false);
	return guard_show(a);
}
