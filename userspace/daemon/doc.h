/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A document: the one form in memory of a bencoded and of a JSON message. Items are
 * taken from a fixed number, so that a message cannot take more; texts point into
 * the message, or into the document's own fixed store. It may hold keys (in an SDP):
 * doc_wipe() it.
 *
 * In a dictionary, keys are in the order of their bytes, each once: of two that are
 * the same the first counts.
 */
#ifndef XSRTPD_DOC_H
#define XSRTPD_DOC_H

#include "text.h"

#define DOC_ITEMS	4096
#define DOC_KEYS	256		/* in one dictionary */
#define DOC_DEPTH	16
#define DOC_STORE	(256 * 1024)	/* a message of that length decodes to no more */

enum item_type { ITEM_NUMBER, ITEM_STRING, ITEM_LIST, ITEM_DICT };

struct item {
	enum item_type type;
	struct text key;	/* in a dictionary */
	struct text string;
	int64_t number;
	struct item *first;	/* of a list or dictionary */
	struct item *last;
	struct item *next;	/* of those in the same one */
	size_t n;		/* how many are in it */
};

struct doc {
	bool full;		/* something did not fit, or out of keys */
	size_t n;
	size_t used;
	struct item item[DOC_ITEMS];
	char store[DOC_STORE];
};

void doc_wipe(struct doc *d);

/*
 * doc_add() - a new item at the end of the list @in, or in the dictionary @in under
 * @key; @in NULL: the root. NULL if it does not fit or @in is NULL because something
 * else did not: d->full says so. Of a key that is there already nothing is changed,
 * and the item that is returned belongs to nothing.
 */
struct item *doc_root(struct doc *d);
struct item *doc_add(struct doc *d, struct item *in, struct text key, enum item_type type);

/* The same in one call. @key NULL: into a list. Texts are not copied, but by doc_copy(). */
struct item *doc_dict(struct doc *d, struct item *in, const char *key);
struct item *doc_list(struct doc *d, struct item *in, const char *key);
void doc_string(struct doc *d, struct item *in, const char *key, struct text value);
void doc_number(struct doc *d, struct item *in, const char *key, int64_t value);

/* doc_copy() - a text with bytes of its own. */
struct text doc_copy(struct doc *d, struct text t);

#endif /* XSRTPD_DOC_H */
