// SPDX-License-Identifier: GPL-2.0
/*
 * Documents. A dictionary is a list kept in order; with at most DOC_KEYS keys the
 * walk to a key's place costs less than a message takes to arrive.
 */
#include "doc.h"

void doc_wipe(struct doc *d)
{
	explicit_bzero(d->store, d->used);
	explicit_bzero(d->item, d->n * sizeof(*d->item));
	d->n = d->used = 0;
	d->full = false;
}

static struct item *new_item(struct doc *d, struct text key, enum item_type type)
{
	struct item *i;

	if (d->n == DOC_ITEMS) {
		d->full = true;
		return NULL;
	}
	i = &d->item[d->n++];
	*i = (struct item){ .type = type, .key = key };
	return i;
}

struct item *doc_root(struct doc *d)
{
	return new_item(d, (struct text){ 0 }, ITEM_DICT);
}

static int compare(struct text a, struct text b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.s, b.s, n) : 0;

	return c ?: (a.len > b.len) - (a.len < b.len);
}

static void append(struct item *in, struct item *i)
{
	if (in->last)
		in->last->next = i;
	else
		in->first = i;
	in->last = i;
	in->n++;
}

static void insert(struct doc *d, struct item *in, struct item *i)
{
	struct item **at = &in->first;
	int c = -1;

	if (in->last && compare(in->last->key, i->key) < 0)
		at = &in->last->next;
	while (*at && (c = compare((*at)->key, i->key)) < 0)
		at = &(*at)->next;
	if (*at && !c)
		return;
	if (in->n == DOC_KEYS) {
		d->full = true;
		return;
	}
	i->next = *at;
	*at = i;
	if (!i->next)
		in->last = i;
	in->n++;
}

struct item *doc_add(struct doc *d, struct item *in, struct text key, enum item_type type)
{
	struct item *i = in ? new_item(d, key, type) : NULL;

	if (!i)
		return NULL;
	if (in->type == ITEM_DICT)
		insert(d, in, i);
	else
		append(in, i);
	return i;
}

static struct text key_text(const char *key)
{
	return key ? text_of(key) : (struct text){ 0 };
}

struct item *doc_dict(struct doc *d, struct item *in, const char *key)
{
	return doc_add(d, in, key_text(key), ITEM_DICT);
}

struct item *doc_list(struct doc *d, struct item *in, const char *key)
{
	return doc_add(d, in, key_text(key), ITEM_LIST);
}

void doc_string(struct doc *d, struct item *in, const char *key, struct text value)
{
	struct item *i = doc_add(d, in, key_text(key), ITEM_STRING);

	if (i)
		i->string = value;
}

void doc_number(struct doc *d, struct item *in, const char *key, int64_t value)
{
	struct item *i = doc_add(d, in, key_text(key), ITEM_NUMBER);

	if (i)
		i->number = value;
}

struct text doc_copy(struct doc *d, struct text t)
{
	char *to = d->store + d->used;

	if (t.len > DOC_STORE - d->used) {
		d->full = true;
		return (struct text){ 0 };
	}
	if (t.len)
		memcpy(to, t.s, t.len);
	d->used += t.len;
	return (struct text){ to, t.len };
}
