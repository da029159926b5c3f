/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_EVENT_H
#define XSRTP_EVENT_H

#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/types.h>

struct xsrtp_flow;
struct xsrtp_flow_state;
struct xsrtp_net;

#define XSRTP_EVENTS_TX_SHIFT	8	/* those of tx stand above those of rx */

/**
 * struct xsrtp_flow_events - what packets of a flow brought about, to be told
 * @node: in the namespace's list, as long as @pending is not 0
 * @pending: enum xsrtp_events, of both directions
 * @told: those that are told once for a key
 * @xn, @flow_id: whose they are
 */
struct xsrtp_flow_events {
	struct llist_node node;
	atomic_t pending;
	unsigned long told;
	struct xsrtp_net *xn;
	u32 flow_id;
};

void xsrtp_event_raise(struct xsrtp_flow_state *state, bool tx, u32 events);
void xsrtp_event_hurry(struct xsrtp_flow_state *state);
void xsrtp_event_renew(struct xsrtp_flow_state *state, bool tx);
void xsrtp_event_forget(struct xsrtp_flow_state *state);

void xsrtp_event_net_init(struct xsrtp_net *xn);
void xsrtp_event_net_exit(struct xsrtp_net *xn);

#endif /* XSRTP_EVENT_H */
