// SPDX-License-Identifier: GPL-2.0
/*
 * The flow table of a network namespace.
 *
 * A packet finds its flow by the local UDP port in an array, and among the few
 * flows with that port by local address: no hash, one cache line if the port
 * has one flow. The array (512 KiB) is made with the namespace's first flow.
 * Netlink finds a flow by id in an xarray.
 *
 * Readers hold rcu_read_lock(). Writers hold the namespace's mutex. A flow that
 * is taken out is freed after a grace period, in process context: its keys are
 * overwritten, and that can be a lot of memory.
 */
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/netns/generic.h>

#include <linux/xsrtp.h>

#include "flow.h"
#include "follow.h"
#include "pmtu.h"
#include "train.h"

#define PORTS	65536

static unsigned int xsrtp_net_id __read_mostly;
static struct workqueue_struct *free_wq;

struct xsrtp_net *xsrtp_net(const struct net *net)
{
	return net_generic(net, xsrtp_net_id);
}

/* Copies settings into a flow that no one else sees yet. */
static void flow_apply(struct xsrtp_flow *flow, const struct xsrtp_flow_config *cfg)
{
	flow->local = cfg->local.addr;
	flow->local_port = cfg->local.port;
	flow->family = cfg->local.family;
	flow->remote = cfg->remote.addr;
	flow->remote_port = cfg->remote.port;
	flow->remote_family = cfg->learn == XSRTP_LEARN_NEVER ? cfg->remote.family : 0;
	flow->source = cfg->source.addr;
	flow->source_port = cfg->source.port;
	flow->destination = cfg->destination.addr;
	flow->destination_port = cfg->destination.port;
	flow->out_family = cfg->source.family;
	flow->action = cfg->action;
	flow->only = cfg->only;
	flow->learn = cfg->learn;
	flow->follow = cfg->follow;
	flow->configured = cfg->destination;
	flow->of = cfg->of;
	flow->cookie = cfg->cookie;
}

/* The reverse: the settings of a flow. */
void xsrtp_flow_config(const struct xsrtp_flow *flow, struct xsrtp_flow_config *cfg)
{
	*cfg = (struct xsrtp_flow_config) {
		.local = { flow->local, flow->local_port, flow->family },
		.remote = { flow->remote, flow->remote_port, xsrtp_flow_remote_family(flow) },
		.source = { flow->source, flow->source_port, flow->out_family },
		.destination = flow->configured,
		.action = flow->action,
		.only = flow->only,
		.learn = flow->learn,
		.follow = flow->follow,
		.of = flow->of,
		.cookie = flow->cookie,
	};
}

static void state_free(struct xsrtp_flow_state *state)
{
	xsrtp_keyring_free(&state->rx);
	xsrtp_keyring_free(&state->tx);
	xsrtp_counters_free(&state->counters);
	kfree(state->learn);
	kfree_sensitive(state);
}

static struct xsrtp_flow_state *state_new(const struct xsrtp_session_config *rx,
					  const struct xsrtp_session_config *tx, u32 only)
{
	struct xsrtp_flow_state *state = kzalloc(sizeof(*state), GFP_KERNEL_ACCOUNT);
	int err;

	if (!state)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&state->followers);
	INIT_LIST_HEAD(&state->following);
	INIT_LIST_HEAD(&state->stale);
	state->tx.sends = only ?: XSRTP_SENDS_BOTH;
	err = xsrtp_counters_init(&state->counters);
	if (!err && rx)
		err = xsrtp_keyring_init(&state->rx, rx, false);
	if (!err && tx)
		err = xsrtp_keyring_init(&state->tx, tx, true);
	if (err) {
		state_free(state);
		return ERR_PTR(err);
	}
	return state;
}

/* Does a tag tell who sent what arrives? (Of RTP; SRTCP always has one.) */
bool xsrtp_flow_has_tag(const struct xsrtp_session_config *rx)
{
	const struct xsrtp_suite_info *info = rx ? xsrtp_suite_info(rx->suite) : NULL;

	return info && info->tag_len;
}

/* Once there, it stays with the state: packets of an older flow may look at it. */
static int learn_make(struct xsrtp_flow_state *state, const struct xsrtp_flow_config *cfg)
{
	if (cfg->learn == XSRTP_LEARN_NEVER || state->learn)
		return 0;
	state->learn = xsrtp_learn_new(state->rx.session && xsrtp_flow_has_tag(&state->rx.cfg));
	if (!state->learn)
		return -ENOMEM;
	xsrtp_learn_open(state->learn, cfg->learn_window, &cfg->learned);
	return 0;
}

static struct xsrtp_flow *flow_alloc(struct xsrtp_flow_state *state,
				     const struct xsrtp_flow_config *cfg)
{
	struct xsrtp_flow *flow = kzalloc(sizeof(*flow), GFP_KERNEL_ACCOUNT);
	int err;

	if (!flow)
		return ERR_PTR(-ENOMEM);
	err = learn_make(state, cfg) ?: dst_cache_init(&flow->dst_cache, GFP_KERNEL_ACCOUNT);
	if (err) {
		kfree(flow);
		return ERR_PTR(err);
	}
	flow_apply(flow, cfg);
	flow->rx = state->rx.session;
	flow->tx = state->tx.session;
	flow->rx_serial = flow->rx && xsrtp_keyring_serial(&state->rx);
	flow->tx_serial = flow->tx && xsrtp_keyring_serial(&state->tx);
	flow->traffic = state->counters.traffic;
	flow->state = state;
	return flow;
}

/**
 * xsrtp_flow_new() - a flow with sessions, not yet in any table
 * @cfg: settings, already validated
 * @rx: session of what arrives, or NULL
 * @tx: session of what leaves, or NULL
 *
 * Return: the flow, to be added or freed; or ERR_PTR(-ENOMEM, -EINVAL).
 */
struct xsrtp_flow *xsrtp_flow_new(const struct xsrtp_flow_config *cfg,
				  const struct xsrtp_session_config *rx,
				  const struct xsrtp_session_config *tx)
{
	struct xsrtp_flow_state *state = state_new(rx, tx, cfg->only);
	struct xsrtp_flow *flow;

	if (IS_ERR(state))
		return ERR_CAST(state);
	flow = flow_alloc(state, cfg);
	if (IS_ERR(flow))
		state_free(state);
	else
		flow->free_state = true;
	return flow;
}

/* The same flow with other settings, for xsrtp_flow_replace(). */
struct xsrtp_flow *xsrtp_flow_clone(const struct xsrtp_flow *old,
				    const struct xsrtp_flow_config *cfg)
{
	struct xsrtp_flow *flow = flow_alloc(old->state, cfg);

	if (!IS_ERR(flow))
		flow->id = old->id;
	return flow;
}

/* Frees a flow that no reader can see: never published, or long gone. */
void xsrtp_flow_free(struct xsrtp_flow *flow)
{
	if (flow->free_state)
		state_free(flow->state);
	dst_cache_destroy(&flow->dst_cache);
	kfree(flow);
}

/* The keys that a flow has sent under are former ones now. */
static void keys_release(struct xsrtp_flow_state *state)
{
	int slot;

	for (slot = 0; slot < XSRTP_KEYS; slot++)
		xsrtp_ledger_release(&state->tx, slot);
}

static void flow_free_work(struct work_struct *work)
{
	struct xsrtp_flow *flow = container_of(to_rcu_work(work), struct xsrtp_flow, free_work);

	if (flow->free_state) {
		xsrtp_event_forget(flow->state);
		mutex_lock(&flow->state->events.xn->lock);
		keys_release(flow->state);
		mutex_unlock(&flow->state->events.xn->lock);
	}
	xsrtp_flow_free(flow);
}

static void flow_free_later(struct xsrtp_flow *flow)
{
	INIT_RCU_WORK(&flow->free_work, flow_free_work);
	queue_rcu_work(free_wq, &flow->free_work);
}

/* Waits until all flows that were taken out are freed. */
void xsrtp_flow_flush(void)
{
	/* First their grace periods, then their works. */
	rcu_barrier();
	flush_workqueue(free_wq);
}

/* The table, for the holder of the mutex. */
static struct xsrtp_flow __rcu **ports_locked(struct xsrtp_net *xn)
{
	return (struct xsrtp_flow __rcu **)
		rcu_dereference_protected(xn->ports, lockdep_is_held(&xn->lock));
}

/* The chain that a flow is in: its port's, or of the flow it is a copy of. Mutex held. */
static struct xsrtp_flow __rcu **flow_chain(struct xsrtp_net *xn, const struct xsrtp_flow *flow)
{
	if (flow->of)
		return &xsrtp_flow_get(xn, flow->of)->copies;
	return &ports_locked(xn)[ntohs(flow->local_port)];
}

/* The packet's way need not look at the chain where it is empty. */
static void flow_copied(struct xsrtp_net *xn, u32 of)
{
	struct xsrtp_flow *flow = of ? xsrtp_flow_get(xn, of) : NULL;

	if (flow)
		WRITE_ONCE(flow->copied, rcu_access_pointer(flow->copies));
}

/* Where the pointer to @flow stands in its chain. Mutex held. */
static struct xsrtp_flow __rcu **flow_slot(struct xsrtp_net *xn, const struct xsrtp_flow *flow)
{
	struct xsrtp_flow __rcu **slot = flow_chain(xn, flow);
	struct xsrtp_flow *f;

	while ((f = rcu_dereference_protected(*slot, lockdep_is_held(&xn->lock))) && f != flow)
		slot = &f->next;
	return slot;
}

/* What the namespace's stack is asked to show; it has had no flow yet. */
static int hooks_make(struct xsrtp_net *xn)
{
	int err = xsrtp_train_watch(xn->net);

	if (err)
		return err;
	err = xsrtp_pmtu_watch(xn);
	if (err)
		xsrtp_train_ignore(xn->net);
	return err;
}

static int ports_make(struct xsrtp_net *xn)
{
	struct xsrtp_flow __rcu **ports;
	int err;

	if (ports_locked(xn))
		return 0;
	ports = kvcalloc(PORTS, sizeof(*ports), GFP_KERNEL_ACCOUNT);
	if (!ports)
		return -ENOMEM;
	err = hooks_make(xn);
	if (err) {
		kvfree(ports);
		return err;
	}
	rcu_assign_pointer(xn->ports, ports);
	return 0;
}

/* Is there the flow that @flow is to be a copy of, with room for one more? */
static int copy_check(struct xsrtp_net *xn, const struct xsrtp_flow *flow,
		      struct netlink_ext_ack *extack)
{
	struct xsrtp_flow *of = xsrtp_flow_get(xn, flow->of), *f;
	unsigned int n = 0;

	if (!of) {
		NL_SET_ERR_MSG(extack, "no flow has this id to make copies of");
		return -ENOENT;
	}
	if (of->of) {
		NL_SET_ERR_MSG(extack, "that flow is a copy itself: name the one it is of");
		return -ELOOP;
	}
	for (f = rcu_dereference_protected(of->copies, lockdep_is_held(&xn->lock)); f;
	     f = rcu_dereference_protected(f->next, lockdep_is_held(&xn->lock)))
		n++;
	if (n < XSRTP_COPIES_MAX)
		return 0;
	NL_SET_ERR_MSG(extack, "a flow has at most " __stringify(XSRTP_COPIES_MAX) " copies");
	return -EMLINK;
}

static int place_check(struct xsrtp_net *xn, const struct xsrtp_flow *flow,
		       struct netlink_ext_ack *extack)
{
	struct xsrtp_endpoint local = { flow->local, flow->local_port, flow->family };
	struct xsrtp_endpoint remote = { flow->remote, flow->remote_port, flow->remote_family };

	if (flow->of)
		return copy_check(xn, flow, extack);
	if (flow->action == XSRTP_ACTION_SEND) {
		if (!xsrtp_flow_find_sender(xn, &local, &remote))
			return 0;
		NL_SET_ERR_MSG(extack, "another flow sends from this local to this remote endpoint");
		return -EEXIST;
	}
	if (!xsrtp_flow_find(xn, &local))
		return 0;
	NL_SET_ERR_MSG(extack, "another flow has this local address and port");
	return -EEXIST;
}

/* The key that a new flow sends under, if it has one. */
static int key_claim(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		     struct netlink_ext_ack *extack)
{
	struct xsrtp_keyring *ring = &flow->state->tx;
	int slot = flow->tx ? xsrtp_key_used(ring->session) : -1;

	return slot < 0 ? 0 : xsrtp_ledger_claim(&xn->ledger, ring, slot, extack);
}

/**
 * xsrtp_flow_add() - publish a flow and give it an id
 *
 * The caller holds the mutex. On failure the flow stays the caller's.
 *
 * Of one local endpoint there may be one flow of what arrives, and one of what is
 * sent for each remote.
 *
 * Return: 0; -EEXIST the place is taken; -EKEYREJECTED its key's keystream could
 * come again; -ENOENT, -ELOOP, -EMLINK no copy of that flow can be; -ENOMEM; -ENOSPC.
 */
int xsrtp_flow_add(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		   struct netlink_ext_ack *extack)
{
	struct xsrtp_flow __rcu **slot;
	int err;

	lockdep_assert_held(&xn->lock);
	err = ports_make(xn);
	if (err)
		return err;
	err = place_check(xn, flow, extack) ?: key_claim(xn, flow, extack);
	if (err)
		return err;
	err = xa_alloc_cyclic(&xn->flows, &flow->id, flow, XA_LIMIT(1, U32_MAX), &xn->next_id,
			      GFP_KERNEL_ACCOUNT);
	if (err < 0) {
		NL_SET_ERR_MSG(extack, "no flow id left");
		keys_release(flow->state);
		return err;
	}

	flow->state->events.xn = xn;
	flow->state->events.flow_id = flow->id;
	xsrtp_follow_join(xn, flow);
	slot = flow_chain(xn, flow);
	RCU_INIT_POINTER(flow->next,
			 rcu_dereference_protected(*slot, lockdep_is_held(&xn->lock)));
	rcu_assign_pointer(*slot, flow);
	xsrtp_pmtu_add(xn, flow);
	flow_copied(xn, flow->of);
	xn->count++;
	WRITE_ONCE(xn->seq, xn->seq + 1);
	return 0;
}

/* Puts @flow, a clone of @old, in its place. Mutex held; cannot fail. */
void xsrtp_flow_replace(struct xsrtp_net *xn, struct xsrtp_flow *old, struct xsrtp_flow *flow)
{
	struct xsrtp_flow __rcu **slot = flow_slot(xn, old);

	lockdep_assert_held(&xn->lock);
	RCU_INIT_POINTER(flow->next,
			 rcu_dereference_protected(old->next, lockdep_is_held(&xn->lock)));
	RCU_INIT_POINTER(flow->copies,
			 rcu_dereference_protected(old->copies, lockdep_is_held(&xn->lock)));
	flow->copied = old->copied;
	flow->free_state = true;
	old->free_state = false;
	/* Storing over an entry allocates nothing. */
	xa_store(&xn->flows, flow->id, flow, GFP_KERNEL);
	rcu_assign_pointer(*slot, flow);
	xsrtp_pmtu_add(xn, flow);
	xsrtp_pmtu_del(old);
	WRITE_ONCE(xn->seq, xn->seq + 1);
	flow_free_later(old);
}

/*
 * Takes a flow out; freed, its keys wiped, after a grace period. Its copies went
 * before it. Mutex held.
 */
void xsrtp_flow_del(struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct xsrtp_flow __rcu **slot = flow_slot(xn, flow);
	int i;

	lockdep_assert_held(&xn->lock);
	for (i = 0; i < XSRTP_KEYS; i++)
		xsrtp_ledger_leave(&flow->state->tx, i);
	xsrtp_follow_leave(xn, flow);
	rcu_assign_pointer(*slot,
			   rcu_dereference_protected(flow->next, lockdep_is_held(&xn->lock)));
	xsrtp_pmtu_del(flow);
	flow_copied(xn, flow->of);
	xa_erase(&xn->flows, flow->id);
	xn->count--;
	WRITE_ONCE(xn->seq, xn->seq + 1);
	flow_free_later(flow);
}

/* The first flow of a local port. */
static struct xsrtp_flow *chain(struct xsrtp_net *xn, __be16 port)
{
	struct xsrtp_flow __rcu **ports;

	ports = (struct xsrtp_flow __rcu **)
		rcu_dereference_check(xn->ports, lockdep_is_held(&xn->lock));
	if (unlikely(!ports))
		return NULL;
	return rcu_dereference_check(ports[ntohs(port)], lockdep_is_held(&xn->lock));
}

static bool is_local(const struct xsrtp_flow *flow, const struct xsrtp_endpoint *local)
{
	return flow->family == local->family && xsrtp_addr_equal(&flow->local, &local->addr);
}

static bool is_remote(const struct xsrtp_flow *flow, const struct xsrtp_endpoint *remote)
{
	return flow->remote_port == remote->port && flow->remote_family == remote->family &&
	       xsrtp_addr_equal(&flow->remote, &remote->addr);
}

/**
 * xsrtp_flow_find() - the flow of what arrives at this address and port, or NULL
 *
 * The caller holds rcu_read_lock() or the mutex.
 */
struct xsrtp_flow *xsrtp_flow_find(struct xsrtp_net *xn, const struct xsrtp_endpoint *local)
{
	struct xsrtp_flow *flow = chain(xn, local->port);

	while (flow && !(is_local(flow, local) && flow->action != XSRTP_ACTION_SEND))
		flow = rcu_dereference_check(flow->next, lockdep_is_held(&xn->lock));
	return flow;
}

/* The same of what a socket sends from here to there. */
struct xsrtp_flow *xsrtp_flow_find_sender(struct xsrtp_net *xn, const struct xsrtp_endpoint *local,
					  const struct xsrtp_endpoint *remote)
{
	struct xsrtp_flow *flow = chain(xn, local->port);

	while (flow && !(is_local(flow, local) && flow->action == XSRTP_ACTION_SEND &&
			 is_remote(flow, remote)))
		flow = rcu_dereference_check(flow->next, lockdep_is_held(&xn->lock));
	return flow;
}

/* By id. The caller holds rcu_read_lock() or the mutex. */
struct xsrtp_flow *xsrtp_flow_get(struct xsrtp_net *xn, u32 id)
{
	return xa_load(&xn->flows, id);
}

static int __net_init flow_net_init(struct net *net)
{
	struct xsrtp_net *xn = xsrtp_net(net);
	int err = xsrtp_ledger_net_init(&xn->ledger);

	if (err)
		return err;
	xn->stats = xsrtp_stats_alloc();
	if (!xn->stats) {
		xsrtp_ledger_net_exit(&xn->ledger);
		return -ENOMEM;
	}
	xn->net = net;
	mutex_init(&xn->lock);
	xa_init_flags(&xn->flows, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&xn->stale);
	xn->next_id = 1;
	xsrtp_event_net_init(xn);
	return 0;
}

/* Before the grace period that goes before flow_net_exit(). */
static void __net_exit flow_net_pre_exit(struct net *net)
{
	if (!rcu_access_pointer(xsrtp_net(net)->ports))
		return;
	xsrtp_pmtu_ignore(xsrtp_net(net));
	xsrtp_train_ignore(net);
}

/*
 * The namespace's devices are gone (or the module's, with the link type), and
 * so are its sockets: no packet and no message looks at the flows any more.
 */
static void __net_exit flow_net_exit(struct net *net)
{
	struct xsrtp_net *xn = xsrtp_net(net);
	struct xsrtp_flow *flow;
	unsigned long id;

	/*
	 * Works that still look into this namespace's table. A flow that is freed may have
	 * something left to tell; then those that follow it are made again, or later
	 * (xsrtp_follow_run()). So: what was deleted, then the telling, then what gave way.
	 */
	xsrtp_key_flush();
	xsrtp_flow_flush();
	xsrtp_event_net_exit(xn);
	xsrtp_flow_flush();
	xa_for_each(&xn->flows, id, flow) {
		xsrtp_flow_free(flow);
		cond_resched();
	}
	xa_destroy(&xn->flows);
	xsrtp_ledger_net_exit(&xn->ledger);
	kvfree((void *)rcu_access_pointer(xn->ports));
	xsrtp_pmtu_free(xn);
	free_percpu(xn->stats);
	mutex_destroy(&xn->lock);
}

static struct pernet_operations flow_net_ops = {
	.init = flow_net_init,
	.pre_exit = flow_net_pre_exit,
	.exit = flow_net_exit,
	.id = &xsrtp_net_id,
	.size = sizeof(struct xsrtp_net),
};

int __init xsrtp_flow_init(void)
{
	int err;

	BUILD_BUG_ON(offsetof(struct xsrtp_flow, source) != 64);
	free_wq = alloc_workqueue("xsrtp-free", WQ_UNBOUND, 1);
	if (!free_wq)
		return -ENOMEM;
	err = register_pernet_subsys(&flow_net_ops);
	if (err)
		destroy_workqueue(free_wq);
	return err;
}

void xsrtp_flow_exit(void)
{
	unregister_pernet_subsys(&flow_net_ops);
	/* Frees under way: first their grace periods, then their works. */
	rcu_barrier();
	destroy_workqueue(free_wq);
}
