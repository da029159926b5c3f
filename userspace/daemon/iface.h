/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The logical interfaces that "direction" names: for each family an address where
 * media arrives, and the one that goes into SDP, which differs behind a NAT.
 */
#ifndef XSRTPD_IFACE_H
#define XSRTPD_IFACE_H

#include "endpoint.h"
#include "policy.h"
#include "pool.h"
#include "text.h"

#define IFACES		16
#define IFACE_NAME	32

struct iface_addr {
	struct endpoint local;		/* family 0: it has none; ports are 0 */
	struct endpoint advertised;
};

struct iface {
	char name[IFACE_NAME];
	struct iface_addr addr[2];	/* IPv4, IPv6 */
	struct pool pool;
	struct policy policy;
};

struct ifaces {
	unsigned int n;
	struct iface iface[IFACES];
};

/*
 * ifaces_add() - "NAME/ADDRESS[!ADVERTISED]"; of one name an IPv4 and an IPv6 address
 *
 * 0, or -EINVAL with a sentence in @err.
 */
int ifaces_add(struct ifaces *s, const char *text, char *err, size_t err_len);

/* ifaces_find() - NULL: none has this name. An empty name: the first. */
struct iface *ifaces_find(struct ifaces *s, struct text name);

/* iface_addr() - NULL: the interface has none of this family. */
const struct iface_addr *iface_addr(const struct iface *i, int family);

#endif /* XSRTPD_IFACE_H */
