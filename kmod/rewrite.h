/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_REWRITE_H
#define XSRTP_REWRITE_H

#include <linux/types.h>

struct net_device;
struct xsrtp_buf;
struct xsrtp_net;

u8 xsrtp_rewrite_make_room(struct xsrtp_buf *buf);
void xsrtp_rewrite_send(struct xsrtp_net *xn, struct net_device *dev,
			struct xsrtp_buf *bufs, unsigned int n);
void xsrtp_rewrite_free(struct xsrtp_buf *buf);

#endif /* XSRTP_REWRITE_H */
