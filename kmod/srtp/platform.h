/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * All that the SRTP core needs from where it runs: the kernel or a C library.
 * Nothing else in kmod/srtp/ (but the two library ciphers) includes a header of
 * either.
 */
#ifndef XSRTP_PLATFORM_H
#define XSRTP_PLATFORM_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/prefetch.h>
#include <linux/string.h>
#if __has_include(<linux/unaligned.h>)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#define load_once(p)		READ_ONCE(*(p))
#define store_once(p, v)	WRITE_ONCE(*(p), v)
#define load_acquire(p)		smp_load_acquire(p)
#define store_release(p, v)	smp_store_release(p, v)
#define cas64(p, old, new)	try_cmpxchg(p, old, new)

#else /* userspace */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define prefetch(p)	__builtin_prefetch(p)
#define prefetchw(p)	__builtin_prefetch(p, 1)

/* tests/race: before each step on what CPUs share another one may go on. */
#ifdef XSRTP_RACE
void xsrtp_race(void);
#else
#define xsrtp_race()		((void)0)
#endif

#define load_once(p)		(xsrtp_race(), __atomic_load_n(p, __ATOMIC_RELAXED))
#define store_once(p, v)	(xsrtp_race(), __atomic_store_n(p, v, __ATOMIC_RELAXED))
#define load_acquire(p)		(xsrtp_race(), __atomic_load_n(p, __ATOMIC_ACQUIRE))
#define store_release(p, v)	(xsrtp_race(), __atomic_store_n(p, v, __ATOMIC_RELEASE))
#define cas64(p, old, new)	(xsrtp_race(), __atomic_compare_exchange_n(p, old, new, false, \
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))

static inline uint16_t get_unaligned_be16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap16(v);
#endif
	return v;
}

static inline uint32_t get_unaligned_be32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline uint64_t get_unaligned_be64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static inline void put_unaligned_be16(uint16_t v, void *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap16(v);
#endif
	memcpy(p, &v, sizeof(v));
}

static inline void put_unaligned_be32(uint32_t v, void *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	memcpy(p, &v, sizeof(v));
}

static inline void put_unaligned_be64(uint64_t v, void *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(p, &v, sizeof(v));
}

static inline void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif

/* 0 if the @n bytes are equal; takes the same time wherever they differ. */
static inline int xsrtp_memneq(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	while (n--)
		diff |= *x++ ^ *y++;
	__asm__ volatile("" : "+r"(diff));
	return diff;
}

/*
 * Whether two secrets are the same: a verdict that whoever sent one of them learns
 * anyway, by the packet's fate. It is all that depends on a secret and may decide
 * where the CPU goes on; tests/ct follows the secrets, and lets them end here only.
 */
#ifdef XSRTP_CT
bool xsrtp_verdict(bool same);
#else
static inline bool xsrtp_verdict(bool same)
{
	return same;
}
#endif

/*
 * Compare and exchange of two 64-bit words at once, 16-byte aligned: if they
 * are @old, they become @new and true is returned; else @old becomes what was
 * found. The index and the replay window of a stream move together by it.
 */
#if defined(__x86_64__)
static inline bool cas128(uint64_t p[2], uint64_t old[2], const uint64_t new[2])
{
	bool done;

#ifndef __KERNEL__
	xsrtp_race();
#endif
	__asm__ volatile("lock cmpxchg16b %[p]"
			 : "=@ccz"(done), [p] "+m"(*(uint64_t (*)[2])p),
			   "+a"(old[0]), "+d"(old[1])
			 : "b"(new[0]), "c"(new[1]) : "memory");
	return done;
}
#elif defined(__aarch64__)
/*
 * By exclusive load and store, which every CPU has. Where the words are not @old
 * they are stored back as found: only then were both of one moment.
 */
static inline bool cas128(uint64_t p[2], uint64_t old[2], const uint64_t new[2])
{
	uint64_t low, high, to_low, to_high;
	uint32_t done, retry;

	__asm__ volatile("1:	ldaxp	%[low], %[high], %[p]\n"
			 "	cmp	%[low], %[old_low]\n"
			 "	ccmp	%[high], %[old_high], #0, eq\n"
			 "	csel	%[to_low], %[new_low], %[low], eq\n"
			 "	csel	%[to_high], %[new_high], %[high], eq\n"
			 "	stlxp	%w[retry], %[to_low], %[to_high], %[p]\n"
			 "	cbnz	%w[retry], 1b\n"
			 "	cset	%w[done], eq\n"
			 : [low] "=&r"(low), [high] "=&r"(high), [to_low] "=&r"(to_low),
			   [to_high] "=&r"(to_high), [retry] "=&r"(retry), [done] "=&r"(done),
			   [p] "+Q"(*(uint64_t (*)[2])p)
			 : [old_low] "r"(old[0]), [old_high] "r"(old[1]),
			   [new_low] "r"(new[0]), [new_high] "r"(new[1]) : "cc", "memory");
	old[0] = low;
	old[1] = high;
	return done;
}
#elif defined(__s390x__)
/* A pair of registers holds the first word in its even one, as an __int128 does. */
static inline bool cas128(uint64_t p[2], uint64_t old[2], const uint64_t new[2])
{
	union { uint64_t w[2]; __int128 v; } found = { { old[0], old[1] } },
					     to = { { new[0], new[1] } };
	bool done;

	__asm__ volatile("cdsg	%[found], %[to], %[p]"
			 : [found] "+&d"(found.v), [p] "+QS"(*(uint64_t (*)[2])p)
			 : [to] "d"(to.v) : "cc", "memory");
	done = found.w[0] == old[0] && found.w[1] == old[1];
	old[0] = found.w[0];
	old[1] = found.w[1];
	return done;
}
#elif defined(__KERNEL__) && defined(try_cmpxchg128)
static inline bool cas128(uint64_t p[2], uint64_t old[2], const uint64_t new[2])
{
	union { uint64_t w[2]; u128 v; } o = { { old[0], old[1] } }, n = { { new[0], new[1] } };
	bool done = try_cmpxchg128((u128 *)p, &o.v, n.v);

	old[0] = o.w[0];
	old[1] = o.w[1];
	return done;
}
#else
/*
 * libatomic's would take a lock where the CPU has no such instruction: not atomic
 * beside cas64(), and nothing for a kernel.
 */
#error "this CPU needs a compare and exchange of 16 bytes here"
#endif

#endif /* XSRTP_PLATFORM_H */
