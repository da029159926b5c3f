/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_FOLLOW_H
#define XSRTP_FOLLOW_H

struct xsrtp_flow;
struct xsrtp_net;

void xsrtp_follow_join(struct xsrtp_net *xn, struct xsrtp_flow *flow);
void xsrtp_follow_leave(struct xsrtp_net *xn, struct xsrtp_flow *flow);
void xsrtp_follow_moved(struct xsrtp_net *xn, struct xsrtp_flow *flow);
void xsrtp_follow_run(struct xsrtp_net *xn);

#endif /* XSRTP_FOLLOW_H */
