// SPDX-License-Identifier: GPL-2.0
/*
 * The ng protocol's messages.
 */
#include "ng.h"

#include <errno.h>

#include "bencode.h"
#include "json.h"

static int read_cookie(struct text *t, struct text *cookie)
{
	struct text rest, word = text_cut(*t, ' ', &rest);
	size_t i;

	for (i = 0; i < word.len; i++)
		if ((unsigned char)word.s[i] <= ' ' || (unsigned char)word.s[i] >= 0x7f)
			return -EBADMSG;
	if (word.len > NG_COOKIE_MAX)
		return -EBADMSG;
	if (word.len == t->len)
		return -EAGAIN;
	if (!word.len)
		return -EBADMSG;
	*cookie = word;
	*t = rest;
	return 0;
}

int ng_parse(struct text t, bool with_cookie, struct doc *d, struct ng *m)
{
	struct text dict = t;
	size_t used = 0;
	int ret = 0;

	*m = (struct ng){ 0 };
	doc_wipe(d);
	if (with_cookie)
		ret = read_cookie(&dict, &m->cookie);
	if (ret)
		return ret;
	if (!dict.len)
		return -EAGAIN;
	if (*dict.s == '{') {
		m->format = NG_JSON;
		ret = json_parse(dict, d, &m->dict, &used);
	} else {
		ret = bencode_parse(dict, d, &m->dict, &used);
	}
	m->used = dict.s - t.s + used;
	return ret;
}

void ng_write(const struct ng *m, const struct item *dict, struct buf *b)
{
	if (m->cookie.len) {
		buf_put(b, m->cookie);
		buf_putc(b, ' ');
	}
	if (m->format == NG_JSON)
		json_write(dict, b);
	else
		bencode_write(dict, b);
}

bool ng_word_is(struct text t, const char *word)
{
	size_t i;

	for (i = 0; i < t.len; i++)
		if (!word[i] || (t.s[i] != word[i] && !(word[i] == '-' && t.s[i] == ' ')))
			return false;
	return !word[i];
}

const struct item *ng_get(const struct item *dict, const char *key)
{
	const struct item *i = dict && dict->type == ITEM_DICT ? dict->first : NULL;

	while (i && !ng_word_is(i->key, key))
		i = i->next;
	return i;
}

struct text ng_string(const struct item *dict, const char *key)
{
	const struct item *i = ng_get(dict, key);

	if (!i || i->type != ITEM_STRING)
		return (struct text){ 0 };
	return i->string.s ? i->string : text_of("");
}

bool ng_integer(const struct item *dict, const char *key, int64_t *out)
{
	const struct item *i = ng_get(dict, key);
	uint64_t n;

	if (i && i->type == ITEM_STRING && text_number(i->string, INT64_MAX, &n)) {
		*out = n;
		return true;
	}
	if (!i || i->type != ITEM_NUMBER)
		return false;
	*out = i->number;
	return true;
}

bool ng_has(const struct item *dict, const char *key, const char *word)
{
	const struct item *i = ng_get(dict, key);

	if (i && i->type == ITEM_STRING)
		return ng_word_is(i->string, word);
	if (!i || i->type != ITEM_LIST)
		return false;
	for (i = i->first; i; i = i->next)
		if (i->type == ITEM_STRING && ng_word_is(i->string, word))
			return true;
	return false;
}
