// SPDX-License-Identifier: GPL-2.0
/*
 * Ports. Taken in turn, not the lowest first: late packets of a call that ended shall
 * not meet the next one.
 */
#include "pool.h"

static bool is_used(const struct pool *p, uint16_t port)
{
	return p->used[port / 64] >> (port % 64) & 1;
}

bool pool_init(struct pool *p, uint16_t min, uint16_t max)
{
	*p = (struct pool){ .min = min + (min & 1), .max = max - !(max & 1) };
	if (min < 2 || max < 3 || p->min >= p->max)
		return false;
	p->next = p->min;
	return true;
}

uint16_t pool_resize(struct pool *p, uint16_t min, uint16_t max)
{
	unsigned int port;

	min += min & 1;
	max -= !(max & 1);
	for (port = p->min; port <= p->max; port++)
		if (is_used(p, port) && (port < min || port > max))
			return port;
	p->min = min;
	p->max = max;
	if (p->next < min || p->next > max)
		p->next = min;
	return 0;
}

void pool_mark(struct pool *p, uint16_t port)
{
	if (port < p->min || port > p->max || is_used(p, port))
		return;
	p->used[port / 64] |= 1ull << (port % 64);
	p->n_used++;
}

void pool_give(struct pool *p, uint16_t port)
{
	if (port < p->min || port > p->max || !is_used(p, port))
		return;
	p->used[port / 64] &= ~(1ull << (port % 64));
	p->n_used--;
}

uint16_t pool_take(struct pool *p)
{
	unsigned int pairs = (p->max - p->min + 1u) / 2, i;
	uint16_t port;

	for (i = 0; i < pairs; i++) {
		port = p->next;
		p->next = port + 1 == p->max ? p->min : port + 2;
		if (is_used(p, port) || is_used(p, port + 1))
			continue;
		pool_mark(p, port);
		pool_mark(p, port + 1);
		return port;
	}
	return 0;
}
