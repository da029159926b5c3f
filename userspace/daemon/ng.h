/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A message of the ng protocol: "COOKIE SP DICTIONARY", the dictionary in bencode or
 * in JSON, whichever its first byte says; an answer is in the same. On a Unix stream
 * there is no cookie.
 */
#ifndef XSRTPD_NG_H
#define XSRTPD_NG_H

#include "buf.h"
#include "doc.h"

#define NG_COOKIE_MAX	128	/* Kamailio's have at most 34 */
#define NG_MAX		DOC_STORE

enum ng_format { NG_BENCODE, NG_JSON };

struct ng {
	struct text cookie;	/* length 0: none */
	enum ng_format format;
	struct item *dict;
	size_t used;		/* of the text; more messages may follow in a stream */
};

/*
 * ng_parse() - one message
 *
 * 0; -EAGAIN @t ends too early; -EBADMSG it is none; -E2BIG too large. m->cookie and
 * m->format are set if they are known, so that an error can be answered.
 */
int ng_parse(struct text t, bool with_cookie, struct doc *d, struct ng *m);

/* ng_write() - @dict as the answer to @m. */
void ng_write(const struct ng *m, const struct item *dict, struct buf *b);

/* Members of @dict. A dash in @key stands for a dash or a space. */
const struct item *ng_get(const struct item *dict, const char *key);
struct text ng_string(const struct item *dict, const char *key);	/* s NULL: not there, or no string */
/* ng_integer() - a number, or a string of digits, as Kamailio sends it. false: not there, or neither. */
bool ng_integer(const struct item *dict, const char *key, int64_t *out);
/* ng_has() - the list (or string) @key has this word; a dash stands for a dash or a space. */
bool ng_has(const struct item *dict, const char *key, const char *word);
/* ng_word_is() - the same of a word by itself. */
bool ng_word_is(struct text t, const char *word);

#endif /* XSRTPD_NG_H */
