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

#define load_once(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define store_once(p, v)	__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define cas64(p, old, new)	__atomic_compare_exchange_n(p, old, new, false, \
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)

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
 * Compare and exchange of two 64-bit words at once, 16-byte aligned: if they
 * are @old, they become @new and true is returned; else @old becomes what was
 * found. The index and the replay window of a stream move together by it.
 */
#if defined(__x86_64__)
static inline bool cas128(uint64_t p[2], uint64_t old[2], const uint64_t new[2])
{
	bool done;

	__asm__ volatile("lock cmpxchg16b %[p]"
			 : "=@ccz"(done), [p] "+m"(*(uint64_t (*)[2])p),
			   "+a"(old[0]), "+d"(old[1])
			 : "b"(new[0]), "c"(new[1]) : "memory");
	return done;
}
#elif defined(__KERNEL__)
static inline bool cas128(uint64_t p[2], uint64_t old[2], const uint64_t new[2])
{
	union { uint64_t w[2]; u128 v; } o = { { old[0], old[1] } }, n = { { new[0], new[1] } };
	bool done = try_cmpxchg128((u128 *)p, &o.v, n.v);

	old[0] = o.w[0];
	old[1] = o.w[1];
	return done;
}
#else
static inline bool cas128(uint64_t p[2], uint64_t old[2], const uint64_t new[2])
{
	return __atomic_compare_exchange((__int128 *)p, (__int128 *)old, (__int128 *)new, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}
#endif

#endif /* XSRTP_PLATFORM_H */
