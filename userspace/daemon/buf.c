// SPDX-License-Identifier: GPL-2.0
/*
 * Writing to a buffer. Once something did not fit, nothing more is written: a short
 * text after a long one that is missing would look like a whole answer.
 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_put(struct buf *b, struct text t)
{
	if (b->full || t.len > b->size - b->len) {
		b->full = true;
		return;
	}
	if (t.len)
		memcpy(b->data + b->len, t.s, t.len);
	b->len += t.len;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, text_of(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_put(b, (struct text){ &c, 1 });
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t room = b->size - b->len;
	va_list ap;
	int n;

	if (b->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->data + b->len, room, fmt, ap);
	va_end(ap);
	/* vsnprintf() ends with a 0 that we do not keep, but must have room for. */
	if (n < 0 || (size_t)n >= room)
		b->full = true;
	else
		b->len += n;
}

void buf_wipe(struct buf *b)
{
	explicit_bzero(b->data, b->len);
	b->len = 0;
	b->full = false;
}
