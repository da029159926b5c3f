/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Token buckets of one word, by the generic cell rate algorithm (ITU-T I.371, virtual
 * scheduling): the word is the time at which the bucket will be full again. A packet
 * moves it by its cost, and does not fit when that would be further ahead than the
 * bucket is deep. No division, and time is all that refills it.
 *
 * Any number of CPUs take from one bucket: a compare-and-swap that fails means that
 * another packet was let in, and what does not fit writes nothing, so that a flood over
 * the limit shares the cache line without contention.
 */
#ifndef XSRTP_BPF_BUCKET_H
#define XSRTP_BPF_BUCKET_H

#include <linux/types.h>

#include "policy.h"

#ifdef __bpf__
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#define TAKE_TRIES	8

/* How much is taken of the bucket. */
static __always_inline __u64 bucket_level(const __u64 *full, __u64 now)
{
	__s64 level = *(volatile const __u64 *)full - now;

	return level < 0 ? 0 : level;
}

static __always_inline bool bucket_fits(const __u64 *full, __u64 now, __u64 cost, __u64 depth)
{
	return bucket_level(full, now) + cost <= depth;
}

static __always_inline bool bucket_try(__u64 *full, __u64 now, __u64 cost, __u64 depth)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < TAKE_TRIES; i++) {
		__u64 old = *(volatile __u64 *)full, level = 0;

		if ((__s64)(old - now) > 0)
			level = old - now;
		if (level + cost > depth)
			return false;
		if (__sync_val_compare_and_swap(full, old, now + level + cost) == old)
			return true;
	}
	return false;
}

/*
 * The same, global: the verifier goes through it once and not from each of its callers.
 * A call costs 8 ns, so far ends' media does without.
 */
__noinline int bucket_take(__u64 *full, __u64 now, __u64 cost, __u64 depth)
{
	return full && bucket_try(full, now, cost, depth);
}

/* A packet and its @len bytes. @r: the limit of packets, then that of bytes. */
static __always_inline bool bucket_fits_both(const struct xsrtp_bucket *b,
					     const struct xsrtp_rate *r, __u64 now, __u32 len)
{
	return bucket_fits(&b->packets, now, r[0].cost, r[0].depth) &&
	       bucket_fits(&b->bytes, now, len * r[1].cost >> XSRTP_BYTE_SHIFT, r[1].depth);
}

/* Both or neither, unless another CPU comes between. */
static __always_inline bool bucket_take_both(struct xsrtp_bucket *b, const struct xsrtp_rate *r,
					     __u64 now, __u32 len)
{
	__u64 bytes = len * r[1].cost >> XSRTP_BYTE_SHIFT;

	return bucket_fits(&b->bytes, now, bytes, r[1].depth) &&
	       bucket_take(&b->packets, now, r[0].cost, r[0].depth) &&
	       bucket_take(&b->bytes, now, bytes, r[1].depth);
}

static __always_inline bool bucket_try_both(struct xsrtp_bucket *b, const struct xsrtp_rate *r,
					    __u64 now, __u32 len)
{
	__u64 bytes = len * r[1].cost >> XSRTP_BYTE_SHIFT;

	return bucket_fits(&b->bytes, now, bytes, r[1].depth) &&
	       bucket_try(&b->packets, now, r[0].cost, r[0].depth) &&
	       bucket_try(&b->bytes, now, bytes, r[1].depth);
}
#endif

#endif /* XSRTP_BPF_BUCKET_H */
