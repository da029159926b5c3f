/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ports of one interface: pairs, RTP's even and RTCP's the next (RFC 3550 11), of
 * which RTCP's can be given back alone once both share RTP's.
 */
#ifndef XSRTPD_POOL_H
#define XSRTPD_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct pool {
	uint16_t min;		/* even */
	uint16_t max;		/* odd */
	uint16_t next;		/* where to look first: a port rests as long as it can */
	uint32_t n_used;	/* ports */
	uint64_t used[65536 / 64];
};

/* pool_init() - @min to @max, which it makes even and odd. false: there is no pair. */
bool pool_init(struct pool *p, uint16_t min, uint16_t max);

/*
 * pool_resize() - from now on @min to @max; what is taken stays so
 *
 * 0, or a port that is taken and would be outside: then nothing has changed. There must
 * be a pair (pool_init()).
 */
uint16_t pool_resize(struct pool *p, uint16_t min, uint16_t max);

/* pool_take() - the even port of a pair; 0: none is free. */
uint16_t pool_take(struct pool *p);

/* pool_mark() - not to be given to anyone: something has it. */
void pool_mark(struct pool *p, uint16_t port);

/* pool_give() - one port back. What is not taken is left alone. */
void pool_give(struct pool *p, uint16_t port);

#endif /* XSRTPD_POOL_H */
