/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_FANOUT_H
#define XSRTP_FANOUT_H

#include <linux/skbuff.h>

struct net_device;
struct xsrtp_buf;
struct xsrtp_net;

void xsrtp_fanout_take(struct xsrtp_net *xn, struct sk_buff_head *copies,
		       const struct xsrtp_buf *buf);
void xsrtp_fanout_send(struct xsrtp_net *xn, struct net_device *dev, struct sk_buff_head *copies);

#endif /* XSRTP_FANOUT_H */
