// SPDX-License-Identifier: GPL-2.0
/*
 * Bencode. The parser looks at each byte once and at none after the text's end; it
 * calls itself for what is nested, at most DOC_DEPTH times.
 */
#include "bencode.h"

#include <errno.h>
#include <inttypes.h>

struct reader {
	struct text left;
	struct doc *doc;
	unsigned int depth;
};

static int read_value(struct reader *r, struct item *in, struct text key, struct item **out);

/* The digits up to @end, which is read too. One spelling: no empty number, no "00", no "-0". */
static int read_number(struct reader *r, char end, bool negative_too, int64_t *out)
{
	struct text rest = r->left, digits;
	bool negative = negative_too && text_strip(&rest, "-");
	uint64_t n;

	for (digits = (struct text){ rest.s, 0 }; digits.len < rest.len; digits.len++)
		if (rest.s[digits.len] < '0' || rest.s[digits.len] > '9')
			break;
	if (digits.len == rest.len)
		return digits.len > 19 ? -EBADMSG : -EAGAIN;
	if (rest.s[digits.len] != end || !text_number(digits, INT64_MAX, &n))
		return -EBADMSG;
	if (*digits.s == '0' && (digits.len > 1 || negative))
		return -EBADMSG;
	*out = negative ? -(int64_t)n : (int64_t)n;
	r->left = (struct text){ rest.s + digits.len + 1, rest.len - digits.len - 1 };
	return 0;
}

static int read_string(struct reader *r, struct text *out)
{
	int64_t n;
	int ret = read_number(r, ':', false, &n);

	if (ret)
		return ret;
	if (n > DOC_STORE)
		return -E2BIG;
	if ((uint64_t)n > r->left.len)
		return -EAGAIN;
	*out = (struct text){ r->left.s, n };
	r->left.s += n;
	r->left.len -= n;
	return 0;
}

static int read_members(struct reader *r, struct item *in)
{
	struct text key = { 0 };
	struct item *i;
	int ret = 0;

	while (!ret && !text_strip(&r->left, "e")) {
		if (!r->left.len)
			return -EAGAIN;
		if (in->type == ITEM_DICT)
			ret = read_string(r, &key);
		if (!ret)
			ret = read_value(r, in, key, &i);
	}
	return ret;
}

static int read_nested(struct reader *r, struct item *i)
{
	int ret;

	r->left.s++;
	r->left.len--;
	if (i->type == ITEM_NUMBER)
		return read_number(r, 'e', true, &i->number);
	if (r->depth == DOC_DEPTH)
		return -E2BIG;
	r->depth++;
	ret = read_members(r, i);
	r->depth--;
	return ret;
}

static int read_value(struct reader *r, struct item *in, struct text key, struct item **out)
{
	static const char begins[] = { [ITEM_NUMBER] = 'i', [ITEM_LIST] = 'l', [ITEM_DICT] = 'd' };
	enum item_type type;

	if (!r->left.len)
		return -EAGAIN;
	for (type = ITEM_NUMBER; type <= ITEM_DICT; type++)
		if (begins[type] && *r->left.s == begins[type])
			break;
	if (type > ITEM_DICT)
		type = ITEM_STRING;
	*out = in ? doc_add(r->doc, in, key, type) : doc_root(r->doc);
	if (!*out || r->doc->full)
		return -E2BIG;
	return type == ITEM_STRING ? read_string(r, &(*out)->string) : read_nested(r, *out);
}

int bencode_parse(struct text t, struct doc *d, struct item **root, size_t *used)
{
	struct reader r = { t, d, 0 };
	int ret;

	doc_wipe(d);
	if (t.len && *t.s != 'd')
		return -EBADMSG;
	ret = read_value(&r, NULL, (struct text){ 0 }, root);
	*used = t.len - r.left.len;
	return ret == -EAGAIN && t.len > DOC_STORE ? -E2BIG : ret;
}

static void write_string(struct text t, struct buf *b)
{
	buf_printf(b, "%zu:", t.len);
	buf_put(b, t);
}

void bencode_write(const struct item *i, struct buf *b)
{
	const struct item *m;

	if (i->type == ITEM_NUMBER)
		buf_printf(b, "i%" PRId64 "e", i->number);
	else if (i->type == ITEM_STRING)
		write_string(i->string, b);
	if (i->type != ITEM_LIST && i->type != ITEM_DICT)
		return;
	buf_putc(b, i->type == ITEM_LIST ? 'l' : 'd');
	for (m = i->first; m; m = m->next) {
		if (i->type == ITEM_DICT)
			write_string(m->key, b);
		bencode_write(m, b);
	}
	buf_putc(b, 'e');
}
