// SPDX-License-Identifier: GPL-2.0
/*
 * Calls and flows, brought together by the endpoint where a flow arrives: of those there
 * is one in the datapath, and who else has a flow there has no cookie, or it is sent on
 * from elsewhere.
 */
#include "adopt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "path.h"
#include "say.h"
#include "timeout.h"

/* Where a flow of a call may be. */
struct place {
	struct endpoint local, source;
	struct call *call;
	struct medium *medium;
	int at;
	enum part part;
};

struct adopter {
	struct calls *s;
	struct place *places;
	size_t n_places, room;
	uint32_t *orphans;
	size_t n_orphans, orphan_room;
	unsigned int n_others;		/* flows with a cookie that is not ours, of no call */
	bool failed;
};

static int compare(const void *a, const void *b)
{
	const struct endpoint *x = &((const struct place *)a)->local, *y = &((const struct place *)b)->local;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return memcmp(x->addr, y->addr, sizeof(x->addr));
}

/* --- every call, every dialog, every medium --------------------------------------------------- */

static void each_medium(struct call *c, void (*fn)(struct call *c, struct medium *m, void *arg), void *arg)
{
	struct dialog *d;
	unsigned int k;

	for (d = c->dialogs; d; d = d->next)
		for (k = 0; k < SDP_MEDIA; k++)
			if (d->medium[k])
				fn(c, d->medium[k], arg);
}

static void each_call(struct calls *s, void (*fn)(struct calls *s, struct call *c, void *arg), void *arg)
{
	struct call *c, *next;
	unsigned int i;

	for (i = 0; i < CALL_BUCKETS && s->n; i++)
		for (c = s->bucket[i]; c; c = next) {
			next = c->next;
			fn(s, c, arg);
		}
}

/* --- places ------------------------------------------------------------------------------------- */

static bool grow(void **array, size_t *room, size_t n, size_t size)
{
	size_t more = *room ? 2 * *room : 256;
	void *p = n < *room ? *array : reallocarray(*array, more, size);

	if (!p)
		return false;
	*room = n < *room ? *room : more;
	*array = p;
	return true;
}

static void note_places(struct call *c, struct medium *m, void *arg)
{
	struct adopter *a = arg;
	int at, part;

	for (at = 0; at < 2; at++)
		for (part = PART_RTP; part <= PART_RTCP; part++) {
			struct place p = { .call = c, .medium = m, .at = at, .part = part };

			if (!path_place(m, at, part, &p.local, &p.source))
				continue;
			if (!grow((void **)&a->places, &a->room, a->n_places, sizeof(p))) {
				a->failed = true;
				return;
			}
			a->places[a->n_places++] = p;
		}
}

static void note_call(struct calls *s, struct call *c, void *arg)
{
	each_medium(c, note_places, arg);
}

static struct place *find(const struct adopter *a, const struct flow *f)
{
	const struct place like = { .local = f->local };
	struct place *p = a->n_places ? bsearch(&like, a->places, a->n_places, sizeof(like), compare) : NULL;

	return p && f->cookie && f->action == XSRTP_ACTION_FORWARD && endpoint_equal(&p->source, &f->source) ?
	       p : NULL;
}

static void look_at(const struct flow *f, void *arg)
{
	struct adopter *a = arg;
	struct place *p = find(a, f);

	if (p)
		path_adopt(p->medium, p->at, p->part, f);
	else if (f->cookie && f->cookie != a->s->cookie)
		a->n_others++;
	else if (f->cookie && grow((void **)&a->orphans, &a->orphan_room, a->n_orphans, sizeof(*a->orphans)))
		a->orphans[a->n_orphans++] = f->id;
	else if (f->cookie)
		a->failed = true;
}

/* --- what is to go ------------------------------------------------------------------------------- */

struct count {
	unsigned int had, there, gone;
};

static void count_flows(struct call *c, struct medium *m, void *arg)
{
	struct count *n = arg;

	n->had += m->had_flows;
	n->there += path_any(m);
}

/* A call on hold from its first answer on has none, and had none. */
static void settle(struct calls *s, struct call *c, void *arg)
{
	struct count *all = arg, n = { 0 };

	each_medium(c, count_flows, &n);
	c->heard = timeout_now();
	if (c->dialogs && (n.there || !n.had))
		return;
	all->gone += c->dialogs != NULL;
	call_free(s, c);
}

static unsigned int delete_orphans(struct adopter *a)
{
	unsigned int n = 0;
	char why[256];
	size_t i;
	int ret;

	for (i = 0; i < a->n_orphans; i++) {
		ret = a->s->datapath->del(a->s->datapath, a->orphans[i], why, sizeof(why));
		n += !ret;
		if (!ret)
			continue;
		a->s->n_flow_errors++;
		say(SAY_ERROR, "flow %u, which is of no call, could not be deleted: %s", a->orphans[i], why);
	}
	return n;
}

/* --- all of it ------------------------------------------------------------------------------------- */

static void report(const struct adopter *a, const struct count *n, unsigned int deleted, bool damaged)
{
	if (a->s->n)
		say(SAY_NOTICE, "calls taken up again: %u", a->s->n);
	if (n->gone)
		say(SAY_WARNING, "calls of the journal that are over, as none of their flows is left: %u", n->gone);
	if (deleted)
		say(SAY_NOTICE, "flows deleted that were of no call, half made or half gone: %u", deleted);
	if (a->n_others)
		say(SAY_WARNING, "flows with a cookie that is not ours, which are left alone: %u; of another xsrtpd, "
		    "or of calls whose journal was %s (xsrtp flow show, xsrtp flow del)", a->n_others,
		    damaged ? "damaged" : "lost");
}

int adopt_flows(struct calls *s, bool damaged, char *err, size_t err_len)
{
	struct adopter a = { .s = s };
	struct count n = { 0 };
	unsigned int deleted;
	int ret;

	each_call(s, note_call, &a);
	if (a.n_places)
		qsort(a.places, a.n_places, sizeof(*a.places), compare);
	ret = s->datapath->each(s->datapath, look_at, &a, err, err_len);
	if (!ret && a.failed) {
		snprintf(err, err_len, "out of memory");
		ret = -ENOMEM;
	}
	if (!ret) {
		each_call(s, settle, &n);
		deleted = delete_orphans(&a);
		report(&a, &n, deleted, damaged);
		/* What is left over in a table costs a lookup, not a call. */
		if (s->datapath->reconcile(s->datapath, err, err_len))
			say(SAY_WARNING, "the programs' tables may have entries too many or too few: %s", err);
	}
	free(a.places);
	free(a.orphans);
	return ret;
}

int adopt_calls(struct calls *s, struct delays *l, const char *path, char *err, size_t err_len)
{
	bool damaged = false;
	struct memory *m = memory_open(s, l, path, &damaged, err, err_len);
	int ret;

	if (!m)
		return -EINVAL;
	if (damaged)
		say(SAY_ERROR, "journal %s is damaged: what can be read of it is taken up; flows of other calls "
		    "carry their media on, and no call has them", path);
	ret = adopt_flows(s, damaged, err, err_len);
	if (ret)
		memory_close(m);
	else
		memory_start(m);
	return ret;
}

/* --- DTLS and ICE --------------------------------------------------------------------------------------------- */

/*
 * The association is lost with the process; the keys that it made are the kernel's. ICE goes
 * on: a peer whose checks nobody answers would leave (RFC 7675 5.1).
 */
static void open_socket(struct call *c, struct medium *m, void *arg)
{
	struct calls *s = arg;
	char err[256];
	int end;

	for (end = 0; end < 2; end++)
		if (keying_open(s, m, end, &m->leg[end], err, sizeof(err)))
			say(SAY_WARNING, "call \"%.*s\": %s", TEXT_ARG(((struct text){ c->id, c->id_len })), err);
}

static void open_sockets(struct calls *s, struct call *c, void *arg)
{
	each_medium(c, open_socket, s);
}

void adopt_dtls(struct calls *s)
{
	each_call(s, open_sockets, NULL);
}
