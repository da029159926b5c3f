// SPDX-License-Identifier: GPL-2.0
/*
 * The table of calls, and the end of what is in it.
 */
#include "call.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "memory.h"
#include "path.h"

/* FNV-1a with a start that nobody knows: the Call-IDs come from outside. */
static uint32_t hash(struct text t)
{
	static uint64_t start;
	uint64_t h;
	size_t i;

	if (!start && getrandom(&start, sizeof(start), 0) < 0)
		start = (uintptr_t)&start;
	for (i = 0, h = start | 1; i < t.len; i++)
		h = (h ^ (unsigned char)t.s[i]) * 0x100000001b3ull;
	return (h ^ h >> 32) % CALL_BUCKETS;
}

char *text_dup(struct text t)
{
	char *s = malloc(t.len + 1);

	if (!s)
		return NULL;
	if (t.len)
		memcpy(s, t.s, t.len);
	s[t.len] = 0;
	return s;
}

bool tag_is(const char *tag, struct text t)
{
	return tag && text_is(t, tag);
}

void calls_init(struct calls *s)
{
	memset(s, 0, sizeof(*s));
}

void calls_free(struct calls *s)
{
	unsigned int i;

	for (i = 0; i < CALL_BUCKETS; i++)
		while (s->bucket[i])
			call_free(s, s->bucket[i]);
}

void calls_leave(struct calls *s)
{
	struct dialog *d;
	struct call *c;
	unsigned int i, k;

	s->memory = NULL;
	for (i = 0; i < CALL_BUCKETS; i++)
		for (c = s->bucket[i]; c; c = c->next)
			for (d = c->dialogs; d; d = d->next)
				for (k = 0; k < SDP_MEDIA; k++)
					if (d->medium[k])
						memset(d->medium[k]->slot, 0, sizeof(d->medium[k]->slot));
}

static struct call **place(struct calls *s, struct text id)
{
	struct call **p = &s->bucket[hash(id)];

	while (*p && !text_same((struct text){ (*p)->id, (*p)->id_len }, id))
		p = &(*p)->next;
	return p;
}

struct call *call_find(struct calls *s, struct text id)
{
	return *place(s, id);
}

struct call *call_new(struct calls *s, struct text id)
{
	struct call *c = calloc(1, sizeof(*c)), **p;

	if (!c)
		return NULL;
	c->id = text_dup(id);
	c->id_len = id.len;
	c->created = c->last_signal = time(NULL);
	if (!c->id) {
		free(c);
		return NULL;
	}
	p = place(s, id);
	*p = c;
	s->n++;
	s->n_made++;
	return c;
}

void call_free(struct calls *s, struct call *c)
{
	struct call **p = place(s, (struct text){ c->id, c->id_len });

	memory_ended(s, c);
	while (c->dialogs)
		dialog_free(s, c, c->dialogs);
	*p = c->next;
	s->n--;
	free(c->id);
	free(c);
}

struct dialog *dialog_new(struct call *c)
{
	struct dialog *d = c->n_dialogs < CALL_DIALOGS ? calloc(1, sizeof(*d)) : NULL;

	if (!d)
		return NULL;
	d->call = c;
	d->created = time(NULL);
	d->next = c->dialogs;
	c->dialogs = d;
	c->n_dialogs++;
	return d;
}

void offer_free(struct offer *o)
{
	unsigned int i;

	if (!o)
		return;
	for (i = 0; i < o->n; i++) {
		if (o->m[i].out)
			explicit_bzero(o->m[i].out, o->m[i].n_out * sizeof(*o->m[i].out));
		free(o->m[i].out);
	}
	explicit_bzero(o, sizeof(*o));
	free(o);
}

static void free_medium(struct calls *s, struct medium *m)
{
	unsigned int i;

	path_stop(s, m);
	for (i = 0; i < 2; i++) {
		keying_end(s, m, i);
		pool_give(&m->leg[i].iface->pool, m->leg[i].port[PART_RTP]);
		pool_give(&m->leg[i].iface->pool, m->leg[i].port[PART_RTCP]);
	}
	explicit_bzero(m, sizeof(*m));
	free(m);
}

void dialog_free(struct calls *s, struct call *c, struct dialog *d)
{
	struct dialog **p = &c->dialogs;
	unsigned int i;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	c->n_dialogs--;
	memory_changed(s, c);
	for (i = 0; i < SDP_MEDIA; i++)
		if (d->medium[i])
			free_medium(s, d->medium[i]);
	offer_free(d->offer);
	free(d->tag[0]);
	free(d->tag[1]);
	free(d->branch);
	free(d);
}
