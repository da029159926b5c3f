/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_NETLINK_H
#define XSRTP_NETLINK_H

int xsrtp_netlink_init(void);
void xsrtp_netlink_exit(void);

#endif /* XSRTP_NETLINK_H */
