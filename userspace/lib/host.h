/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host: module and XDP program together. A flow is in the module and its
 * local endpoint in the program's table; whoever adds or removes flows does it
 * here, so that the two stay in step.
 *
 * All functions return 0, or -errno with a sentence in @err.
 */
#ifndef XSRTP_HOST_H
#define XSRTP_HOST_H

#include "flow.h"
#include "ingress.h"

/* host_flow_add() - both or none. */
int host_flow_add(struct xnl *x, const struct flow *f, uint32_t *id, char *err, size_t err_len);

/*
 * host_flow_del() - the module first: from then on its media is dropped, where
 * the other order would let it pass to the local stack. If only the program
 * cannot be told, the flow is gone and the error says what is left.
 */
int host_flow_del(struct xnl *x, const struct flow *which, char *err, size_t err_len);

/* host_flow_del_all() - *@n: how many. */
int host_flow_del_all(struct xnl *x, unsigned int *n, char *err, size_t err_len);

/*
 * host_attach() - the program on @ifname, with the endpoints of all flows
 * @xsrtp_ifname: where it redirects to; NULL: the namespace's only xsrtp device
 */
int host_attach(struct xnl *x, const char *ifname, const char *xsrtp_ifname,
		enum ingress_mode mode, struct ingress_info *info, char *err, size_t err_len);

#endif /* XSRTP_HOST_H */
