/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of local media endpoints, as it lies in the maps: an array with one
 * slot for each UDP port, which holds one address, and a hash for the addresses
 * that share their port with another. An array slot costs a third to a fifth
 * of a hash lookup, and a host has one media address as a rule.
 *
 * The XDP program only reads, but for the budgets. userspace/lib/ports.c writes, and
 * says how.
 */
#ifndef XSRTP_BPF_PORT_H
#define XSRTP_BPF_PORT_H

#include <linux/types.h>

#include "policy.h"

#define XSRTP_PORTS		65536
#define XSRTP_MORE_MAX		131072	/* addresses that share a port */

/* A local endpoint. No padding: it is the key of a hash. */
struct xsrtp_local {
	__be32 addr[4];		/* IPv4: the first, then zero */
	__be16 port;
	__u16 version;		/* of IP: 4, 6 */
};

/* struct xsrtp_port.state */
#define XSRTP_PORT_VERSION	0x00ff	/* of IP: 4, 6; 0: no address in the slot */
#define XSRTP_PORT_MORE		0x0100	/* the hash has addresses on this port */
#define XSRTP_PORT_CLAIMED	0x0200	/* a writer is filling in the address */
#define XSRTP_PORT_CHANGE	0x10000	/* added at every change: counts them */

/*
 * Whose media a local endpoint waits for, which the guard wants to know, and his budget.
 * The value of xsrtp_more, and the last part of a slot. While it is written it is
 * anybody's.
 */
struct xsrtp_awaited {
	__be32 addr[4];
	__be16 port;		/* 0: any of the address: the flow learns it */
	__u16 version;		/* of IP; 0: anybody's, who he is the module knows */
	__u32 tag;		/* not 0: the module tells him from others by SRTP's tag */
	struct xsrtp_bucket media;
};

/* One cache line. */
struct xsrtp_port {
	__u32 state;
	__u32 pad;
	__be32 addr[4];
	struct xsrtp_awaited awaited;
};

#endif /* XSRTP_BPF_PORT_H */
