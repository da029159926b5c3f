/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers that were given, by peer and cookie: a SIP proxy that heard none sends its
 * request again, and gets the same answer, and nothing is done twice. Bounded in number,
 * bytes and age; answers hold keys and are wiped.
 */
#ifndef XSRTPD_COOKIES_H
#define XSRTPD_COOKIES_H

#include <time.h>

#include "text.h"

#define COOKIES		16384
#define COOKIE_BYTES	(64u << 20)
#define COOKIE_AGE_S	30	/* Kamailio asks at most for some seconds */

struct cookie {
	struct cookie *next;	/* in its bucket */
	struct cookie *newer;
	time_t when;
	size_t peer_len, cookie_len, answer_len;
	char data[];		/* peer, cookie, answer */
};

struct cookies {
	struct cookie *bucket[COOKIES];
	struct cookie *oldest, *newest;
	unsigned int n;
	size_t bytes;
};

/* cookies_find() - the answer; s NULL: none was given. */
struct text cookies_find(const struct cookies *s, struct text peer, struct text cookie);

/* cookies_add() - forgets the oldest as needed. Out of memory: not added. */
void cookies_add(struct cookies *s, struct text peer, struct text cookie, struct text answer,
		 time_t now);

/* cookies_expire() - forgets what is too old at @now. */
void cookies_expire(struct cookies *s, time_t now);
void cookies_free(struct cookies *s);

#endif /* XSRTPD_COOKIES_H */
