/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of local media endpoints, as it lies in the maps: an array with one
 * slot for each UDP port, which holds one address, and a hash for the addresses
 * that share their port with another. An array slot costs a third to a fifth
 * of a hash lookup, and a host has one media address as a rule.
 *
 * The XDP program only reads. userspace/lib/ports.c writes, and says how.
 */
#ifndef XSRTP_BPF_PORT_H
#define XSRTP_BPF_PORT_H

#include <linux/types.h>

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

/* One cache line; the rest of it is for the guard's bucket. */
struct xsrtp_port {
	__u32 state;
	__u32 pad;
	__be32 addr[4];
	__u8 room[40];
};

#endif /* XSRTP_BPF_PORT_H */
