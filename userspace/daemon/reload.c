// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the configuration, and putting it into effect.
 */
#include "reload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "say.h"

/* The first is what the status has room for. */
static void trouble(struct reload *r, const char *where, const char *sentence)
{
	say(SAY_ERROR, "%s: %s", where, sentence);
	if (!*r->status)
		snprintf(r->status, sizeof(r->status), "%s: %s", where, sentence);
}

static void tell_of_file(void *arg, unsigned int line, const char *sentence)
{
	struct reload *r = arg;
	char where[256];	/* a longer path is cut */

	snprintf(where, sizeof(where), line ? "%s:%u" : "%s", r->path, line);
	trouble(r, where, sentence);
}

/* Of file and command line together: without a line it is of an option, or of neither. */
static void tell(void *arg, unsigned int line, const char *sentence)
{
	if (line)
		tell_of_file(arg, line, sentence);
	else
		trouble(arg, "xsrtpd", sentence);
}

unsigned int reload_read(struct reload *r, struct config *c)
{
	int errors;

	r->status[0] = 0;
	config_init(c);
	errors = r->path ? config_load(c, r->path, tell_of_file, r) : 0;
	if (errors < 0)
		return 1;
	config_override(c, &r->options);
	return errors + config_check(c, tell, r);
}

/* --- into effect ---------------------------------------------------------------------- */

static void mark_port(const struct flow *f, void *arg)
{
	struct calls *s = arg;
	unsigned int i;

	for (i = 0; i < s->ifaces.n; i++)
		pool_mark(&s->ifaces.iface[i].pool, f->local.port);
}

int reload_mark(struct calls *s, char *err, size_t err_len)
{
	return s->datapath->each(s->datapath, mark_port, s, err, err_len);
}

static void set_limits(struct reload *r)
{
	struct ifaces *s = &r->command->calls->ifaces;
	unsigned int i;

	for (i = 0; i < s->n; i++)
		config_policy(&r->now, s->iface[i].name, &s->iface[i].policy);
	r->command->calls->max = r->now.max_sessions;
	r->command->calls->timeouts = (struct timeouts){ r->now.media_timeout, r->now.silent_timeout,
							 r->now.offer_timeout, r->now.final_timeout };
	r->command->delay = r->now.delete_delay;
	say_level(r->now.log_level);
}

bool reload_start(struct reload *r)
{
	struct ifaces *s = &r->command->calls->ifaces;
	unsigned int i;

	if (reload_read(r, &r->now))
		return false;
	config_ifaces(&r->now, s);
	for (i = 0; i < s->n; i++)
		pool_init(&s->iface[i].pool, r->now.port_min, r->now.port_max);
	set_limits(r);
	return true;
}

/* --- while we run ----------------------------------------------------------------------- */

/* Not applied, and said once: the first of them goes into the status too. */
__attribute__((format(printf, 2, 3)))
static void keep(struct reload *r, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	say(SAY_WARNING, "%s: %s", r->path, line);
	if (!*r->status)
		snprintf(r->status, sizeof(r->status), "%s: %s", r->path, line);
}

static void keep_fixed(struct reload *r, struct config *to)
{
	unsigned int i = 0;
	const char *name;

	while ((name = config_fixed(&r->now, to, &i)))
		keep(r, "%s cannot change while xsrtpd runs: it stays as it was until the next start", name);
	config_keep_fixed(to, &r->now);
}

/* All interfaces or none: two ranges at once nobody could tell of. */
static void set_ports(struct reload *r, struct config *to)
{
	struct ifaces *s = &r->command->calls->ifaces;
	uint16_t in_use = 0;
	char err[512];
	unsigned int i;

	if (to->port_min == r->now.port_min && to->port_max == r->now.port_max)
		return;
	for (i = 0; i < s->n && !in_use; i++)
		in_use = pool_resize(&s->iface[i].pool, to->port_min, to->port_max);
	if (in_use) {
		while (i--)
			pool_resize(&s->iface[i].pool, r->now.port_min, r->now.port_max);
		keep(r, "port-min %u and port-max %u: port %u is in use and would be outside; they stay %u "
		     "and %u", to->port_min, to->port_max, in_use, r->now.port_min, r->now.port_max);
		to->port_min = r->now.port_min;
		to->port_max = r->now.port_max;
	} else if (reload_mark(r->command->calls, err, sizeof(err))) {
		keep(r, "ports of others are not known: %s", err);
	}
}

bool reload_again(struct reload *r)
{
	struct config *to = malloc(sizeof(*to));
	unsigned int errors;

	if (!to) {
		say(SAY_ERROR, "out of memory: the configuration stays as it was");
		return false;
	}
	errors = reload_read(r, to);
	if (!errors) {
		keep_fixed(r, to);
		set_ports(r, to);
		r->now = *to;
		set_limits(r);
		say(SAY_NOTICE, "%s: read again", r->path);
	} else {
		say(SAY_ERROR, "%s: %u error%s, nothing has changed", r->path, errors, errors > 1 ? "s" : "");
	}
	free(to);
	return !errors;
}
