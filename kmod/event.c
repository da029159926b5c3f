// SPDX-License-Identifier: GPL-2.0
/*
 * Events: what packets bring about and operators want to know (the key is nearly
 * used up, the peer has begun to use the second key, an SSRC is new).
 *
 * They come up in softirq, on the packet path: there a bit is set and, if it is the
 * flow's first, the flow is put on a list, by atomic exchange. A tenth of a second
 * later a work item tells those who listen. So nothing waits and nothing allocates
 * where packets are, and whatever a peer does, a flow has one message in that time.
 * What others act on, the far end, is told at once, if it was not just told.
 *
 * The list is emptied under the namespace's mutex. A flow's state is freed a grace
 * period after its last packet, and off the list (xsrtp_event_forget()).
 */
#include <linux/workqueue.h>

#include <linux/xsrtp.h>

#include "event.h"
#include "flow.h"
#include "follow.h"
#include "netlink.h"

#define DELAY	(HZ / 10)
#define ONCE	(XSRTP_EVENTS_KEY_LOW | XSRTP_EVENTS_KEY_EXPIRED)	/* for a key */

/* The first time only, of those that are told once. */
static u32 not_told(struct xsrtp_flow_events *ev, u32 bits)
{
	unsigned long once = bits & (ONCE | ONCE << XSRTP_EVENTS_TX_SHIFT);
	unsigned int i;

	for_each_set_bit(i, &once, 32) {
		if (test_bit(i, &ev->told) || test_and_set_bit(i, &ev->told))
			bits &= ~BIT(i);
	}
	return bits;
}

/* From the packet path: softirq, under rcu_read_lock(). @events: enum xsrtp_events */
void xsrtp_event_raise(struct xsrtp_flow_state *state, bool tx, u32 events)
{
	struct xsrtp_flow_events *ev = &state->events;
	u32 bits;

	if (events & XSRTP_EVENTS_KEY_SWITCH)
		xsrtp_event_renew(state, tx);
	bits = not_told(ev, tx ? events << XSRTP_EVENTS_TX_SHIFT : events);
	if (!bits || atomic_fetch_or(bits, &ev->pending))
		return;
	if (llist_add(&ev->node, &ev->xn->events))
		queue_delayed_work(system_unbound_wq, &ev->xn->event_work, DELAY);
}

/* What was just raised others act on: tell it now. */
void xsrtp_event_hurry(struct xsrtp_flow_state *state)
{
	mod_delayed_work(system_unbound_wq, &state->events.xn->event_work, 0);
}

/* Another key has come into use: its events are new ones. */
void xsrtp_event_renew(struct xsrtp_flow_state *state, bool tx)
{
	unsigned long once = ONCE << (tx ? XSRTP_EVENTS_TX_SHIFT : 0);
	unsigned int i;

	for_each_set_bit(i, &once, 32)
		clear_bit(i, &state->events.told);
}

/* Tells all that is on the list. Of an @ev whose bits are taken nothing is read. */
static void drain(struct xsrtp_net *xn)
{
	struct xsrtp_flow_events *ev, *next;

	lockdep_assert_held(&xn->lock);
	llist_for_each_entry_safe(ev, next, llist_del_all(&xn->events), node) {
		struct xsrtp_flow *flow = xsrtp_flow_get(xn, ev->flow_id);
		u32 bits = atomic_xchg(&ev->pending, 0);

		if (flow && &flow->state->events == ev) {
			xsrtp_netlink_event(xn, flow, bits & (BIT(XSRTP_EVENTS_TX_SHIFT) - 1),
					    bits >> XSRTP_EVENTS_TX_SHIFT);
			if (bits & XSRTP_EVENTS_FAR_END)
				xsrtp_follow_moved(xn, flow);
		}
		cond_resched();
	}
	xsrtp_follow_run(xn);
}

static void event_work(struct work_struct *work)
{
	struct xsrtp_net *xn = container_of(to_delayed_work(work), struct xsrtp_net, event_work);

	mutex_lock(&xn->lock);
	drain(xn);
	mutex_unlock(&xn->lock);
}

/* The state is about to be freed; no packet has come to it for a grace period. */
void xsrtp_event_forget(struct xsrtp_flow_state *state)
{
	struct xsrtp_net *xn = state->events.xn;

	if (!atomic_read(&state->events.pending))
		return;
	mutex_lock(&xn->lock);
	drain(xn);
	mutex_unlock(&xn->lock);
}

void xsrtp_event_net_init(struct xsrtp_net *xn)
{
	BUILD_BUG_ON((int)XSRTP_EVENTS_KEY_LOW != XSRTP_EVENT_KEY_LOW ||
		     (int)XSRTP_EVENTS_KEY_SWITCH != XSRTP_EVENT_KEY_SWITCH ||
		     (int)XSRTP_EVENTS_NEW_STREAM != XSRTP_EVENT_NEW_STREAM);
	init_llist_head(&xn->events);
	INIT_DELAYED_WORK(&xn->event_work, event_work);
}

/* No packets come any more; what is still on the list goes with the flows. */
void xsrtp_event_net_exit(struct xsrtp_net *xn)
{
	cancel_delayed_work_sync(&xn->event_work);
}
