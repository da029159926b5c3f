// SPDX-License-Identifier: GPL-2.0
/*
 * JSON is read by jansson, and written here: what is written may hold bytes of a
 * bencoded message (a Call-ID, a tag) that are no UTF-8, which jansson refuses.
 */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

static void free_wiped(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void json_setup(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}

/* --- reading ------------------------------------------------------------------- */

static int take(struct doc *d, struct item *in, struct text key, json_t *from, unsigned int depth,
		struct item **out);

static int take_members(struct doc *d, struct item *i, json_t *from, unsigned int depth)
{
	struct item *member;
	const char *key;
	json_t *value;
	size_t at;
	int ret;

	if (depth == DOC_DEPTH)
		return -E2BIG;
	if (i->type == ITEM_LIST) {
		json_array_foreach(from, at, value) {
			ret = take(d, i, (struct text){ 0 }, value, depth + 1, &member);
			if (ret)
				return ret;
		}
		return 0;
	}
	json_object_foreach(from, key, value) {
		ret = take(d, i, doc_copy(d, text_of(key)), value, depth + 1, &member);
		if (ret)
			return ret;
	}
	return 0;
}

static int take(struct doc *d, struct item *in, struct text key, json_t *from, unsigned int depth,
		struct item **out)
{
	enum item_type type = json_is_object(from) ? ITEM_DICT : json_is_array(from) ? ITEM_LIST :
			      json_is_string(from) ? ITEM_STRING : ITEM_NUMBER;

	if (type == ITEM_NUMBER && !json_is_integer(from))
		return -EBADMSG;
	*out = in ? doc_add(d, in, key, type) : doc_root(d);
	if (!*out || d->full)
		return -E2BIG;
	if (type == ITEM_NUMBER)
		(*out)->number = json_integer_value(from);
	if (type == ITEM_STRING)
		(*out)->string = doc_copy(d, (struct text){ json_string_value(from),
							    json_string_length(from) });
	if (type == ITEM_LIST || type == ITEM_DICT)
		return take_members(d, *out, from, depth);
	return d->full ? -E2BIG : 0;
}

/* How long the object is that @t begins with: to the bracket that closes it; 0: not there yet. */
static size_t object_end(struct text t)
{
	bool in_string = false;
	size_t i, depth = 0;

	for (i = 0; i < t.len; i++) {
		char c = t.s[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']') && !--depth)
			return i + 1;
	}
	return 0;
}

int json_parse(struct text t, struct doc *d, struct item **root, size_t *used)
{
	json_error_t err;
	json_t *j;
	int ret;

	doc_wipe(d);
	if (t.len && *t.s != '{')
		return -EBADMSG;
	*used = object_end(t);
	if (*used > DOC_STORE || (!*used && t.len > DOC_STORE))
		return -E2BIG;
	if (!*used)
		return -EAGAIN;
	j = json_loadb(t.s, *used, 0, &err);
	if (!j)
		return -EBADMSG;
	ret = take(d, NULL, (struct text){ 0 }, j, 0, root);
	json_decref(j);
	return ret;
}

/* --- writing ------------------------------------------------------------------- */

/* How many bytes the UTF-8 character at @s has (RFC 3629 4); 0: it is none. */
static size_t utf8(const unsigned char *s, size_t len)
{
	size_t n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0, i;

	if (!n || n > len)
		return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static bool all_utf8(struct text t)
{
	const unsigned char *s = (const unsigned char *)t.s;
	size_t i, n;

	for (i = 0; i < t.len; i += n) {
		n = s[i] < 0x80 ? 1 : utf8(s + i, t.len - i);
		if (!n)
			return false;
	}
	return true;
}

static void write_string(struct text t, struct buf *b)
{
	bool raw = all_utf8(t);
	size_t i;

	buf_putc(b, '"');
	for (i = 0; i < t.len; i++) {
		unsigned char c = t.s[i];

		if (c == '"' || c == '\\')
			buf_putc(b, '\\');
		if (c == '\r' || c == '\n')
			buf_puts(b, c == '\r' ? "\\r" : "\\n");
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !raw))
			buf_printf(b, "\\u%04x", c);
		else
			buf_putc(b, c);
	}
	buf_putc(b, '"');
}

void json_write(const struct item *i, struct buf *b)
{
	const struct item *m;

	if (i->type == ITEM_NUMBER)
		buf_printf(b, "%" PRId64, i->number);
	else if (i->type == ITEM_STRING)
		write_string(i->string, b);
	if (i->type != ITEM_LIST && i->type != ITEM_DICT)
		return;
	buf_putc(b, i->type == ITEM_LIST ? '[' : '{');
	for (m = i->first; m; m = m->next) {
		if (m != i->first)
			buf_putc(b, ',');
		if (i->type == ITEM_DICT) {
			write_string(m->key, b);
			buf_putc(b, ':');
		}
		json_write(m, b);
	}
	buf_putc(b, i->type == ITEM_LIST ? ']' : '}');
}
