// SPDX-License-Identifier: GPL-2.0
/*
 * Symmetric RTP (RFC 4961): a flow that follows another sends to where the other's
 * media comes from, its far end.
 *
 * Packets know nothing of it. When a far end moves, the flows that follow it are made
 * again with another destination, as flow-set would do it, by the work that tells of
 * the move; so each has the route of its destination, and a packet sees one or the
 * other. What cannot be made again for want of memory is tried again.
 *
 * All under the namespace's mutex.
 */
#include <linux/workqueue.h>

#include <linux/xsrtp.h>

#include "flow.h"
#include "follow.h"

#define AGAIN	HZ

/* Where a flow's media comes from: as learned, or as told. Family 0: not known yet. */
static struct xsrtp_endpoint far_end(const struct xsrtp_flow *flow)
{
	struct xsrtp_endpoint far = { flow->remote, flow->remote_port, flow->remote_family };

	if (flow->learn)
		xsrtp_learn_get(flow->state->learn, &far);
	return far;
}

/* Where a flow sends to: whom it follows, else what it was told, else nowhere. */
static struct xsrtp_endpoint aim(struct xsrtp_net *xn, const struct xsrtp_flow *flow)
{
	struct xsrtp_flow *leader = flow->follow ? xsrtp_flow_get(xn, flow->follow) : NULL;
	struct xsrtp_endpoint to = leader ? far_end(leader) : (struct xsrtp_endpoint) {};

	return to.family ? to : flow->configured;
}

static bool aimed(const struct xsrtp_flow *flow, const struct xsrtp_endpoint *to)
{
	return flow->destination_port == to->port &&
	       xsrtp_addr_equal(&flow->destination, &to->addr);
}

/* A flow that is not published yet begins to follow, if it is to. */
void xsrtp_follow_join(struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct xsrtp_flow *leader = flow->follow ? xsrtp_flow_get(xn, flow->follow) : NULL;
	struct xsrtp_endpoint to;

	lockdep_assert_held(&xn->lock);
	list_del_init(&flow->state->following);
	if (leader)
		list_add_tail(&flow->state->following, &leader->state->followers);
	to = aim(xn, flow);
	flow->destination = to.addr;
	flow->destination_port = to.port;
}

/* To be made again, soon. */
static void mark(struct xsrtp_net *xn, struct xsrtp_flow_state *state)
{
	if (list_empty(&state->stale))
		list_add_tail(&state->stale, &xn->stale);
}

/* A flow's far end has moved, or may have. */
void xsrtp_follow_moved(struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct xsrtp_flow_state *state;

	lockdep_assert_held(&xn->lock);
	list_for_each_entry(state, &flow->state->followers, following)
		mark(xn, state);
}

/* A flow is being deleted: it follows nobody, and nobody follows it. */
void xsrtp_follow_leave(struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct xsrtp_flow_state *state, *next;

	lockdep_assert_held(&xn->lock);
	list_del_init(&flow->state->following);
	list_del_init(&flow->state->stale);
	list_for_each_entry_safe(state, next, &flow->state->followers, following) {
		list_del_init(&state->following);
		mark(xn, state);
	}
}

/* Makes a flow again, if it is to send elsewhere now. */
static int renew(struct xsrtp_net *xn, struct xsrtp_flow *old)
{
	struct xsrtp_endpoint to = aim(xn, old);
	bool lost = old->follow && list_empty(&old->state->following);
	struct xsrtp_flow_config cfg;
	struct xsrtp_flow *flow;

	if (!lost && aimed(old, &to))
		return 0;
	xsrtp_flow_config(old, &cfg);
	if (lost)
		cfg.follow = 0;
	flow = xsrtp_flow_clone(old, &cfg);
	if (IS_ERR(flow))
		return PTR_ERR(flow);
	xsrtp_follow_join(xn, flow);
	xsrtp_flow_replace(xn, old, flow);
	return 0;
}

/* Makes again what was marked; later what cannot be now. */
void xsrtp_follow_run(struct xsrtp_net *xn)
{
	struct xsrtp_flow_state *state, *next;

	lockdep_assert_held(&xn->lock);
	list_for_each_entry_safe(state, next, &xn->stale, stale) {
		struct xsrtp_flow *flow = xsrtp_flow_get(xn, state->events.flow_id);

		if (!renew(xn, flow))
			list_del_init(&state->stale);
		cond_resched();
	}
	if (!list_empty(&xn->stale))
		queue_delayed_work(system_unbound_wq, &xn->event_work, AGAIN);
}
