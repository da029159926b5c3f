// SPDX-License-Identifier: GPL-2.0
/*
 * Deleting, at once and later.
 */
#include "delay.h"

#include <errno.h>
#include <stdlib.h>

static bool has_tag(const struct dialog *d, struct text t)
{
	return tag_is(d->tag[0], t) || tag_is(d->tag[1], t);
}

static bool matches(const struct dialog *d, struct text from, struct text to, struct text branch)
{
	return (!from.len || has_tag(d, from)) && (!to.len || has_tag(d, to)) &&
	       (!branch.len || !d->branch || text_is(branch, d->branch));
}

unsigned int call_delete(struct calls *s, struct call *c, struct text from, struct text to,
			 struct text branch)
{
	struct dialog *d, *next;
	unsigned int n = 0;

	for (d = c->dialogs; d; d = next) {
		next = d->next;
		if (!matches(d, from, to, branch))
			continue;
		dialog_free(s, c, d);
		n++;
	}
	if (!c->dialogs) {
		call_free(s, c);
		s->n_deleted++;
	}
	return n;
}

static struct text copy(char **at, struct text t)
{
	struct text to = { t.s ? *at : NULL, t.len };

	if (t.len)
		memcpy(*at, t.s, t.len);
	*at += t.len;
	return to;
}

int delay_add(struct delays *l, time_t when, struct text id, struct text from, struct text to,
	      struct text branch)
{
	struct delayed *w = malloc(sizeof(*w) + id.len + from.len + to.len + branch.len), **p;
	char *at = (char *)(w + 1);

	if (!w)
		return -ENOMEM;
	*w = (struct delayed){ .when = when };
	w->id = copy(&at, id);
	w->from = copy(&at, from);
	w->to = copy(&at, to);
	w->branch = copy(&at, branch);
	for (p = &l->first; *p && (*p)->when <= when; )
		p = &(*p)->next;
	w->next = *p;
	*p = w;
	l->n++;
	return 0;
}

static void remove_at(struct delays *l, struct delayed **p)
{
	struct delayed *w = *p;

	*p = w->next;
	free(w);
	l->n--;
}

unsigned int delay_cancel(struct delays *l, struct text id)
{
	struct delayed **p = &l->first;
	unsigned int before = l->n;

	while (*p)
		if (text_same((*p)->id, id))
			remove_at(l, p);
		else
			p = &(*p)->next;
	return before - l->n;
}

void delay_run(struct delays *l, struct calls *s, time_t now)
{
	struct call *c;

	while (l->first && l->first->when <= now) {
		c = call_find(s, l->first->id);
		if (c)
			call_delete(s, c, l->first->from, l->first->to, l->first->branch);
		remove_at(l, &l->first);
	}
}

void delay_free(struct delays *l)
{
	while (l->first)
		remove_at(l, &l->first);
}
