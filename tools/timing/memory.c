// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for many sessions: huge pages, as a kernel would have it. What is not
 * used any more is kept for the next, since huge pages become rare.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "timing.h"

#define POOL	64
#define HUGE	((size_t)2 << 20)

static struct block {
	void *p;
	size_t size;
	bool used;
} pool[POOL];

static bool better(const struct block *b, const struct block *than, size_t size)
{
	return !b->used && b->size >= size && (!than || b->size < than->size);
}

/* The smallest unused block that will do, or a place for a new one. */
static struct block *find(size_t size)
{
	struct block *fits = NULL, *unused = NULL;
	unsigned int i;

	for (i = 0; i < POOL; i++) {
		if (better(&pool[i], fits, size))
			fits = &pool[i];
		if (!pool[i].used && (!unused || !pool[i].p))
			unused = &pool[i];
	}
	return fits ? fits : unused;
}

static void fill(struct block *b, size_t size)
{
	free(b->p);
	b->size = size;
	b->p = aligned_alloc(HUGE, size);
	if (b->p)
		madvise(b->p, size, MADV_HUGEPAGE);
}

void *big_alloc(size_t size)
{
	struct block *b;

	size = (size + HUGE - 1) / HUGE * HUGE;
	b = find(size);
	if (b && (!b->p || b->size < size))
		fill(b, size);
	if (!b || !b->p) {
		fprintf(stderr, "bench-core: no memory\n");
		exit(1);
	}
	b->used = true;
	memset(b->p, 0, size);
	return b->p;
}

void big_free(void *p)
{
	unsigned int i;

	for (i = 0; i < POOL; i++)
		if (p && pool[i].p == p)
			pool[i].used = false;
}
