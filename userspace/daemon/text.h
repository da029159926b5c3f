/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A text: bytes of somebody else's buffer, of known length, with no byte after them
 * that may be read. All parsers take and give these; none copies or allocates.
 */
#ifndef XSRTPD_TEXT_H
#define XSRTPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct text {
	const char *s;
	size_t len;
};

/* TEXT_ARG() - for "%.*s"; cut, so that a line of a log stays one. */
#define TEXT_SHOWN	64
#define TEXT_ARG(t)	(int)((t).len < TEXT_SHOWN ? (t).len : TEXT_SHOWN), (t).s ?: ""

static inline struct text text_of(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static inline bool text_same(struct text a, struct text b)
{
	return a.len == b.len && (!a.len || !memcmp(a.s, b.s, a.len));
}

static inline bool text_is(struct text t, const char *s)
{
	return text_same(t, text_of(s));
}

/* text_is_any_case() - ASCII letters of either case are the same. */
static inline bool text_is_any_case(struct text t, const char *s)
{
	return t.len == strlen(s) && (!t.len || !strncasecmp(t.s, s, t.len));
}

/* text_strip() - if @t begins with @prefix, it is moved behind it. */
static inline bool text_strip(struct text *t, const char *prefix)
{
	size_t n = strlen(prefix);

	if (t->len < n || memcmp(t->s, prefix, n))
		return false;
	t->s += n;
	t->len -= n;
	return true;
}

/* text_cut() - what is before the first @c, or all; @rest begins behind it. */
static inline struct text text_cut(struct text t, char c, struct text *rest)
{
	const char *at = t.len ? memchr(t.s, c, t.len) : NULL;
	size_t n = at ? (size_t)(at - t.s) : t.len;
	size_t skip = n + (at != NULL);

	*rest = (struct text){ t.s ? t.s + skip : NULL, t.len - skip };
	return (struct text){ t.s, n };
}

/* text_number() - all of @t is digits, of a number up to @max: else false. */
static inline bool text_number(struct text t, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < t.len; i++) {
		unsigned int digit = (unsigned char)t.s[i] - '0';

		if (digit > 9 || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return t.len;
}

#endif /* XSRTPD_TEXT_H */
