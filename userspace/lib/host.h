/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host: the module and the programs together. A flow is in the module, and its
 * local endpoint in the XDP program's table or, if it sends, both its endpoints in
 * the egress program's; whoever adds or removes flows does it here, so that all
 * stay in step.
 *
 * All functions return 0, or -errno with a sentence in @err.
 */
#ifndef XSRTP_HOST_H
#define XSRTP_HOST_H

#include "flow.h"
#include "ingress.h"

/* host_flow_add() - both or none. One that sends needs an egress program to be there. */
int host_flow_add(struct xnl *x, const struct flow *f, uint32_t *id, char *err, size_t err_len);

/*
 * host_flow_set() - flow_set() (flow.h), and the XDP program is told whose media the flow
 * waits for from then on.
 */
int host_flow_set(struct xnl *x, const struct flow *f, char *err, size_t err_len);

/*
 * host_flow_del() - the module first: from then on its media is dropped, where
 * the other order would let it pass to the local stack. If only the program
 * cannot be told, the flow is gone and the error says what is left.
 */
int host_flow_del(struct xnl *x, const struct flow *which, char *err, size_t err_len);

/* host_flow_del_all() - *@n: how many. */
int host_flow_del_all(struct xnl *x, unsigned int *n, char *err, size_t err_len);

/*
 * host_sync() - the tables hold what the module's flows need, and no more: who was killed
 * between the module and a table has left an endpoint too many, or one too few
 */
int host_sync(struct xnl *x, char *err, size_t err_len);

struct host_attached {
	struct ingress_info ingress;
	bool egress;
	char why_not[256];	/* without egress: the reason */
};

/*
 * host_attach() - both programs on @ifname, with the endpoints of all flows
 * @xsrtp_ifname: where they redirect to; NULL: the namespace's only xsrtp device
 *
 * -EEXIST: the XDP program was there; what could have gone stale is made right.
 */
int host_attach(struct xnl *x, const char *ifname, const char *xsrtp_ifname,
		enum ingress_mode mode, enum ingress_door door, struct host_attached *a,
		char *err, size_t err_len);

/* host_detach() - -ENOENT: neither was there. Works without the module. */
int host_detach(const char *ifname, char *err, size_t err_len);

#endif /* XSRTP_HOST_H */
