/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_FORGED_H
#define XSRTP_FORGED_H

#include <linux/types.h>

struct xsrtp_buf;
struct xsrtp_flow;

void xsrtp_forged_note(struct xsrtp_flow *flow);
u8 xsrtp_forged_admit(const struct xsrtp_buf *buf);

#endif /* XSRTP_FORGED_H */
