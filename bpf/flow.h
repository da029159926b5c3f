/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is this a local media endpoint, and whose media does it wait for? A writer may be at
 * work on the slot: what is read then matches neither the old nor the new address, which
 * is as if the packet had come before the one was added or after the other was deleted.
 */
#ifndef XSRTP_BPF_FLOW_H
#define XSRTP_BPF_FLOW_H

#include <stdbool.h>
#include <bpf/bpf_endian.h>

#include "maps.h"

static __always_inline bool same_addr(const __be32 *a, const __be32 *b)
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]));
}

/* NULL: it is none. */
static __always_inline struct xsrtp_awaited *flow_find(const struct xsrtp_local *local)
{
	__u32 port = bpf_ntohs(local->port), state;
	struct xsrtp_port *slot = bpf_map_lookup_elem(&xsrtp_ports, &port);

	if (!slot)
		return NULL;
	state = *(volatile __u32 *)&slot->state;
	if ((state & XSRTP_PORT_VERSION) == local->version && same_addr(slot->addr, local->addr))
		return &slot->awaited;
	return state & XSRTP_PORT_MORE ? bpf_map_lookup_elem(&xsrtp_more, local) : NULL;
}

#endif /* XSRTP_BPF_FLOW_H */
