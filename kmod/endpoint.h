/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_ENDPOINT_H
#define XSRTP_ENDPOINT_H

#include <linux/in6.h>
#include <linux/types.h>

/* An IPv4 address, or an IPv6 one; unused bytes are zero, so two compare whole. */
union xsrtp_addr {
	__be32 ip;
	struct in6_addr ip6;
	u64 words[2];
};

struct xsrtp_endpoint {
	union xsrtp_addr addr;
	__be16 port;
	u8 family;		/* AF_INET, AF_INET6; 0: none given */
};

static inline bool xsrtp_addr_equal(const union xsrtp_addr *a, const union xsrtp_addr *b)
{
	return !((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]));
}

static inline bool xsrtp_endpoint_equal(const struct xsrtp_endpoint *a,
					const struct xsrtp_endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       xsrtp_addr_equal(&a->addr, &b->addr);
}

#endif /* XSRTP_ENDPOINT_H */
