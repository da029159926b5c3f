/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_DEVICE_H
#define XSRTP_DEVICE_H

#include <linux/types.h>

struct net_device;

bool xsrtp_device_is(const struct net_device *dev);
void xsrtp_device_delivered(struct net_device *dev, unsigned int bytes);

int xsrtp_device_init(void);
void xsrtp_device_exit(void);

#endif /* XSRTP_DEVICE_H */
