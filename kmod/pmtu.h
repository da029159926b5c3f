/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_PMTU_H
#define XSRTP_PMTU_H

struct xsrtp_flow;
struct xsrtp_net;

int xsrtp_pmtu_watch(struct xsrtp_net *xn);
void xsrtp_pmtu_ignore(struct xsrtp_net *xn);
void xsrtp_pmtu_free(struct xsrtp_net *xn);

void xsrtp_pmtu_add(struct xsrtp_net *xn, struct xsrtp_flow *flow);
void xsrtp_pmtu_del(struct xsrtp_flow *flow);

#endif /* XSRTP_PMTU_H */
