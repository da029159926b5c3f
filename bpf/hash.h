/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a source's entries are: multilinear hashing, strongly universal in the upper 32
 * bits of a sum of 32-bit words times secret 64-bit factors (Lemire and Kaser, Strongly
 * universal string hashing is fast, 2014). Who does not know the secrets cannot aim for
 * another's place. One source for the program and for userspace, which enters prefixes.
 */
#ifndef XSRTP_BPF_HASH_H
#define XSRTP_BPF_HASH_H

#include "policy.h"
#include "port.h"

static inline __attribute__((always_inline)) __u64
xsrtp_hash_words(const __u64 *secret, const __be32 *word, __u32 words)
{
	__u64 h = 0;
	__u32 i;

#ifdef __bpf__
#pragma unroll
#endif
	for (i = 0; i < words; i++)
		h += secret[i] * word[i];
	return h;
}

/* Of the address, or of its /64. */
static inline __attribute__((always_inline)) __u64
xsrtp_hash_source(const struct xsrtp_policy *pol, const struct xsrtp_local *from)
{
	return pol->secret[0] + from->version * pol->secret[1] +
	       xsrtp_hash_words(&pol->secret[2], from->addr, 2);
}

static inline __attribute__((always_inline)) __u64
xsrtp_source_key(const struct xsrtp_local *from)
{
	return (__u64)from->addr[0] << 32 | from->addr[1];
}

#endif /* XSRTP_BPF_HASH_H */
