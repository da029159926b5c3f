/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A buffer to write to, of fixed size: what does not fit is not written, and the
 * buffer says so to the end. Check buf_full() once, after the last write.
 */
#ifndef XSRTPD_BUF_H
#define XSRTPD_BUF_H

#include "text.h"

struct buf {
	char *data;
	size_t len;
	size_t size;
	bool full;
};

static inline struct buf buf_on(void *data, size_t size)
{
	return (struct buf){ data, 0, size, false };
}

static inline struct text buf_text(const struct buf *b)
{
	return (struct text){ b->data, b->len };
}

/* buf_full() - something did not fit: what is there is of no use. */
static inline bool buf_full(const struct buf *b)
{
	return b->full;
}

void buf_put(struct buf *b, struct text t);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* buf_wipe() - empty, and nothing left of what was in it. */
void buf_wipe(struct buf *b);

#endif /* XSRTPD_BUF_H */
