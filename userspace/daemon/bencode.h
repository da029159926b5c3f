/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bencode, BEP 3: strings, numbers, lists, dictionaries.
 */
#ifndef XSRTPD_BENCODE_H
#define XSRTPD_BENCODE_H

#include "buf.h"
#include "doc.h"

/*
 * bencode_parse() - the dictionary that @t begins with
 * @used: how many bytes it has
 *
 * Keys may come in any order, as Kamailio sends them; else a document has one
 * spelling only. Texts of @d point into @t.
 *
 * 0; -EAGAIN @t ends too early; -EBADMSG it is none; -E2BIG too many items, too
 * deep, or longer than DOC_STORE.
 */
int bencode_parse(struct text t, struct doc *d, struct item **root, size_t *used);

/* bencode_write() - in its canonical form: keys in the order of their bytes. */
void bencode_write(const struct item *i, struct buf *b);

#endif /* XSRTPD_BENCODE_H */
