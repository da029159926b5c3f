// SPDX-License-Identifier: GPL-2.0
/*
 * What xsrtp monitor says of the guard. The program tells nobody: it enters its changes of
 * state in a ring of its map, which is looked at from time to time. That an attack is over
 * it enters with the next packet, which may be long after: that is reckoned here.
 */
#include "guard_cli.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <bpf/bpf.h>

static struct {
	uint32_t id;		/* of the state's map; 0: no guard */
	uint64_t seen;		/* events */
	bool attacked;		/* as it was said last */
	struct guard_clock clock;
} last;

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

static void say(bool attacked, uint64_t jiffies)
{
	out_object(NULL);
	out_str("event", "%s: ", "guard");
	out_str("state", "%s", attacked ? "under-attack" : "calm");
	print_time("time", " since %s\n", &last.clock, jiffies);
	out_end();
	last.attacked = attacked;
}

/* One that was not there before: what it has said until now is not told. */
static void begin(uint32_t id, const struct xsrtp_guard *s, const struct xsrtp_policy *p)
{
	get_clock(&last.clock, p);
	last.id = id;
	last.seen = s->events;
	last.attacked = guard_attacked(s, p, &last.clock);
}

static void look(const struct xsrtp_guard *s, const struct xsrtp_policy *p)
{
	uint64_t events = s->events;

	guard_clock_advance(&last.clock);
	if (events - last.seen > XSRTP_EVENTS)
		last.seen = events - XSRTP_EVENTS;
	for (; last.seen < events; last.seen++) {
		const struct xsrtp_event *e = &s->event[last.seen % XSRTP_EVENTS];

		if (!!e->attack != last.attacked)
			say(e->attack, e->jiffies);
	}
	if (last.attacked && !guard_attacked(s, p, &last.clock))
		say(false, s->above + p->hold);
}

int watch_guard(void)
{
	struct xsrtp_policy p;
	struct xsrtp_guard *s;
	struct guard_set g;
	char err[512];
	uint32_t id;

	if (guard_open(&g, err, sizeof(err))) {
		last.id = 0;
		return 0;
	}
	s = guard_state_map(&g);
	id = map_id(g.fd[GUARD_STATE]);
	if (s && !guard_policy_get(&g, &p, err, sizeof(err))) {
		if (id != last.id)
			begin(id, s, &p);
		look(s, &p);
	}
	if (s)
		guard_state_unmap(s);
	guard_close(&g);
	return out_flush();
}
