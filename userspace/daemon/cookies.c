// SPDX-License-Identifier: GPL-2.0
/*
 * Answers by cookie.
 */
#include "cookies.h"

#include <stdlib.h>

static size_t bucket_of(struct text peer, struct text cookie)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < peer.len; i++)
		h = (h ^ (unsigned char)peer.s[i]) * 16777619u;
	for (i = 0; i < cookie.len; i++)
		h = (h ^ (unsigned char)cookie.s[i]) * 16777619u;
	return (h ^ h >> 15) % COOKIES;
}

static struct text peer_of(const struct cookie *c)
{
	return (struct text){ c->data, c->peer_len };
}

static struct text cookie_of(const struct cookie *c)
{
	return (struct text){ c->data + c->peer_len, c->cookie_len };
}

static size_t size_of(const struct cookie *c)
{
	return sizeof(*c) + c->peer_len + c->cookie_len + c->answer_len;
}

struct text cookies_find(const struct cookies *s, struct text peer, struct text cookie)
{
	const struct cookie *c = s->bucket[bucket_of(peer, cookie)];

	for (; c; c = c->next)
		if (text_same(cookie_of(c), cookie) && text_same(peer_of(c), peer))
			return (struct text){ c->data + c->peer_len + c->cookie_len, c->answer_len };
	return (struct text){ 0 };
}

static void forget_oldest(struct cookies *s)
{
	struct cookie *c = s->oldest, **p = &s->bucket[bucket_of(peer_of(c), cookie_of(c))];

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	s->oldest = c->newer;
	if (!s->oldest)
		s->newest = NULL;
	s->n--;
	s->bytes -= size_of(c);
	explicit_bzero(c, size_of(c));
	free(c);
}

void cookies_expire(struct cookies *s, time_t now)
{
	while (s->oldest && s->oldest->when + COOKIE_AGE_S < now)
		forget_oldest(s);
}

static void link_in(struct cookies *s, struct cookie *c)
{
	struct cookie **p = &s->bucket[bucket_of(peer_of(c), cookie_of(c))];

	c->next = *p;
	*p = c;
	if (s->newest)
		s->newest->newer = c;
	else
		s->oldest = c;
	s->newest = c;
	s->n++;
	s->bytes += size_of(c);
}

void cookies_add(struct cookies *s, struct text peer, struct text cookie, struct text answer,
		 time_t now)
{
	size_t len = peer.len + cookie.len + answer.len;
	struct cookie *c = calloc(1, sizeof(*c) + len);

	if (!c)
		return;
	c->when = now;
	c->peer_len = peer.len;
	c->cookie_len = cookie.len;
	c->answer_len = answer.len;
	memcpy(c->data, peer.s, peer.len);
	memcpy(c->data + peer.len, cookie.s, cookie.len);
	memcpy(c->data + peer.len + cookie.len, answer.s, answer.len);
	while (s->oldest && (s->n >= COOKIES || s->bytes + size_of(c) > COOKIE_BYTES))
		forget_oldest(s);
	link_in(s, c);
}

void cookies_free(struct cookies *s)
{
	while (s->oldest)
		forget_oldest(s);
}
