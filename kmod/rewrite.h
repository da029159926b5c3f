/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_REWRITE_H
#define XSRTP_REWRITE_H

#include <linux/types.h>

struct dst_entry;
struct neighbour;
struct net_device;
struct xsrtp_buf;
struct xsrtp_net;

/* Where a frame goes on to. RCU keeps both; no references. */
struct xsrtp_way {
	struct dst_entry *dst;
	struct neighbour *neigh;
};

u8 xsrtp_rewrite_make_room(struct xsrtp_buf *buf);
void xsrtp_rewrite_send(struct xsrtp_net *xn, struct net_device *dev,
			struct xsrtp_buf *bufs, unsigned int n);
bool xsrtp_rewrite_find_way(struct xsrtp_net *xn, const struct xsrtp_buf *buf,
			    struct xsrtp_way *way);
u8 xsrtp_rewrite_inline(struct xsrtp_net *xn, struct xsrtp_buf *buf,
			const struct xsrtp_way *way);
void xsrtp_rewrite_free(struct xsrtp_buf *buf);

#endif /* XSRTP_REWRITE_H */
