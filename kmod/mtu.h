/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_MTU_H
#define XSRTP_MTU_H

#include <linux/types.h>

struct net_device;
struct xsrtp_buf;
struct xsrtp_net;

bool xsrtp_mtu_may_cut(const struct xsrtp_buf *buf);
void xsrtp_mtu_tell(struct xsrtp_net *xn, const struct xsrtp_buf *buf, struct net_device *dev,
		    u32 over);

#endif /* XSRTP_MTU_H */
