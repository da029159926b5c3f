/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_KFUNC_H
#define XSRTP_KFUNC_H

void xsrtp_kfunc_init(void);

#endif /* XSRTP_KFUNC_H */
