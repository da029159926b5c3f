/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_FLOW_H
#define XSRTP_FLOW_H

#include <linux/cache.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/dst_cache.h>
#include <net/net_namespace.h>

#include "endpoint.h"
#include "event.h"
#include "key.h"
#include "learn.h"
#include "ledger.h"
#include "stats.h"

struct netlink_ext_ack;

/* What an operator asks for; a flow is made from it. */
struct xsrtp_flow_config {
	struct xsrtp_endpoint local;
	struct xsrtp_endpoint remote;
	struct xsrtp_endpoint source;
	struct xsrtp_endpoint destination;
	u32 action;		/* enum xsrtp_action */
	u32 only;		/* enum xsrtp_only; 0: RTP and RTCP */
	u32 learn;		/* enum xsrtp_learn */
	u32 learn_window;	/* seconds; plain RTP */
	struct xsrtp_endpoint learned;
	u32 follow;		/* id; 0: none */
	u32 of;			/* a copy of this flow's packets; 0: a flow with a local endpoint */
	u64 cookie;		/* whose it is, for who made it; 0: not said */
};

/* What stays when a flow's settings change; never on the packet's way. */
struct xsrtp_flow_state {
	struct xsrtp_keyring rx;
	struct xsrtp_keyring tx;
	struct xsrtp_counters counters;
	struct xsrtp_flow_events events;
	struct xsrtp_learner *learn;	/* NULL: the flow has never learned */
	struct list_head followers;	/* states of the flows that send to its far end */
	struct list_head following;	/* in that list of another */
	struct list_head stale;		/* in the namespace's list (follow.c) */
	unsigned long forged;		/* bucket of bad tags (forged.c) */
};

#define XSRTP_COPIES_MAX	64	/* of one flow */

/*
 * One direction of media. Published flows are never written to (but @next, @copies, @forged): a
 * change of settings puts a new one in the place of the old, with the same
 * @state. So a packet sees the old settings or the new, never a mixture.
 */
struct xsrtp_flow {
	/* decides a packet: one cache line */
	struct xsrtp_flow __rcu *next;	/* of the same local port, or copy of the same flow */
	struct xsrtp_session *rx;	/* NULL: what arrives is RTP */
	struct xsrtp_session *tx;	/* NULL: what leaves is RTP */
	union xsrtp_addr local;
	union xsrtp_addr remote;
	__be16 local_port;
	__be16 remote_port;
	u8 family;
	u8 remote_family;		/* 0: from anywhere, or from whom it has learned */
	u8 action : 4;
	u8 only : 2;			/* enum xsrtp_only; 0: both */
	u8 learn : 2;			/* enum xsrtp_learn */
	u8 out_family;

	/* sends it on */
	union xsrtp_addr source ____cacheline_aligned;
	union xsrtp_addr destination;
	__be16 source_port;
	__be16 destination_port;
	bool rx_serial;			/* one packet at a time (key.h) */
	bool tx_serial;
	bool copied;			/* there are @copies */
	bool forged;			/* the bucket of bad tags was empty (forged.c) */
	u32 id;
	struct xsrtp_traffic __percpu *traffic;
	struct dst_cache dst_cache;

	struct xsrtp_flow __rcu *copies;	/* for further receivers (fanout.c) */
	u32 of;				/* is one of that flow; 0: is none */
	u64 cookie;			/* 0: none */
	struct xsrtp_flow_state *state;
	struct rcu_work free_work;
	bool free_state;		/* with the flow; else it lives on in another */
	u32 follow;			/* id of the flow to whose far end it sends; 0: none */
	struct xsrtp_endpoint configured;	/* destination, if that is not known */
	struct hlist_node path;		/* in @paths of the namespace */
};

/* Everything of one network namespace. */
struct xsrtp_net {
	struct xsrtp_flow __rcu * __rcu *ports;	/* by local port; NULL before the first flow */
	struct xsrtp_stats __percpu *stats;
	struct net *net;
	struct mutex lock;		/* serialises all changes */
	struct xarray flows;		/* by id */
	u32 next_id;
	u32 count;
	u32 seq;			/* moves with every change: dumps notice */
	u32 fill_size;			/* bytes that a flow takes in a message, at most */
	struct llist_head events;	/* struct xsrtp_flow_events to be told */
	struct delayed_work event_work;
	struct list_head stale;		/* struct xsrtp_flow_state: to be made again */
	struct xsrtp_ledger ledger;
	struct hlist_head *paths;	/* flows by source and destination (pmtu.c) */
};

struct xsrtp_net *xsrtp_net(const struct net *net);

struct xsrtp_flow *xsrtp_flow_new(const struct xsrtp_flow_config *cfg,
				  const struct xsrtp_session_config *rx,
				  const struct xsrtp_session_config *tx);
struct xsrtp_flow *xsrtp_flow_clone(const struct xsrtp_flow *old,
				    const struct xsrtp_flow_config *cfg);
void xsrtp_flow_free(struct xsrtp_flow *flow);
bool xsrtp_flow_has_tag(const struct xsrtp_session_config *rx);

int xsrtp_flow_add(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		   struct netlink_ext_ack *extack);
void xsrtp_flow_replace(struct xsrtp_net *xn, struct xsrtp_flow *old, struct xsrtp_flow *flow);
void xsrtp_flow_del(struct xsrtp_net *xn, struct xsrtp_flow *flow);

struct xsrtp_flow *xsrtp_flow_find(struct xsrtp_net *xn, const struct xsrtp_endpoint *local);
struct xsrtp_flow *xsrtp_flow_find_sender(struct xsrtp_net *xn, const struct xsrtp_endpoint *local,
					  const struct xsrtp_endpoint *remote);
struct xsrtp_flow *xsrtp_flow_get(struct xsrtp_net *xn, u32 id);
void xsrtp_flow_config(const struct xsrtp_flow *flow, struct xsrtp_flow_config *cfg);

/* The family of the remote that was given; a flow that learns takes only its address. */
static inline u8 xsrtp_flow_remote_family(const struct xsrtp_flow *flow)
{
	return flow->remote_port ? flow->family : 0;
}

int xsrtp_flow_init(void);
void xsrtp_flow_flush(void);
void xsrtp_flow_exit(void);

#endif /* XSRTP_FLOW_H */
