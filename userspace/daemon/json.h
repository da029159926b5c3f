/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON (RFC 8259), to and from the same documents as bencode: objects, arrays,
 * strings, whole numbers.
 */
#ifndef XSRTPD_JSON_H
#define XSRTPD_JSON_H

#include "buf.h"
#include "doc.h"

/* json_setup() - once, before all: jansson wipes what it frees, it may hold keys. */
void json_setup(void);

/*
 * json_parse() - the object that @t begins with; texts are copied into @d
 *
 * Returns as bencode_parse(). -EBADMSG also for true, false, null, and numbers with
 * a fraction: no member of a message has one.
 */
int json_parse(struct text t, struct doc *d, struct item **root, size_t *used);

/* json_write() - of a text that is not UTF-8 each byte is taken for a code point. */
void json_write(const struct item *i, struct buf *b);

#endif /* XSRTPD_JSON_H */
