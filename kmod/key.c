// SPDX-License-Identifier: GPL-2.0
/*
 * Keys: how they come into a session, are switched, and are forgotten.
 *
 * A new key is prepared in a free slot, then bursts are switched to it by one
 * store, and when no burst can still use the old one, it is overwritten: a
 * grace period later, by a work item. So a change of keys neither stops the
 * media nor makes the caller wait. The streams (ROC, replay window) belong to
 * the session and stay (RFC 3711 3.3.1).
 *
 * Everything here but the flush runs under the namespace's mutex. Nothing here
 * or elsewhere reads a key back.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "engine.h"
#include "flow.h"
#include "key.h"

/* A key that has gone out of use. By flow id: the flow may be gone by then. */
struct retiree {
	struct rcu_work work;
	struct xsrtp_net *xn;
	u32 flow_id;
	u32 serial;
	u8 slot;
	bool tx;
};

static struct workqueue_struct *wipe_wq;

/* Slabs align powers of two to their size, larger blocks are whole pages. */
static size_t session_bytes(const struct xsrtp_session_config *cfg)
{
	size_t size = xsrtp_session_size(cfg);

	return size > PAGE_SIZE ? PAGE_ALIGN(size) : size ? roundup_pow_of_two(size) : 0;
}

/* Makes the session. Return: 0; -EINVAL @cfg is not valid; -ENOMEM. */
int xsrtp_keyring_init(struct xsrtp_keyring *ring, const struct xsrtp_session_config *cfg)
{
	size_t size = session_bytes(cfg);
	struct xsrtp_session *session;

	if (!size)
		return -EINVAL;
	session = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!session)
		return -ENOMEM;
	if (WARN_ON_ONCE(!IS_ALIGNED((unsigned long)session, XSRTP_ALIGN)) ||
	    xsrtp_session_init(session, cfg)) {
		kvfree(session);
		return -EINVAL;
	}
	ring->session = session;
	ring->cfg = *cfg;
	ring->trailer = xsrtp_suite_info(cfg->suite)->tag_len;
	return 0;
}

/* Wipes and frees the session; no burst uses it any more. */
void xsrtp_keyring_free(struct xsrtp_keyring *ring)
{
	if (!ring->session)
		return;
	xsrtp_session_wipe(ring->session);
	kvfree_sensitive(ring->session, session_bytes(&ring->cfg));
	ring->session = NULL;
}

static int free_slot(struct xsrtp_keyring *ring)
{
	int used = xsrtp_key_used(ring->session);
	int slot, i;

	for (i = 1; i <= XSRTP_KEYS; i++) {
		slot = (used + i) % XSRTP_KEYS;
		if (slot != used && !ring->retired[slot])
			return slot;
	}

	/*
	 * Every slot was used within one grace period: wait for it here. Those
	 * who come to wipe the slot will find another serial, or none.
	 */
	synchronize_rcu();
	slot = (used + 1) % XSRTP_KEYS;
	xsrtp_key_wipe(ring->session, slot);
	ring->retired[slot] = 0;
	return slot;
}

/**
 * xsrtp_key_prepare() - put a key into a free slot
 * @ring: with a session
 * @key: lengths of key and salt already checked against the suite
 *
 * Packets go on under the key in use, or are dropped if there is none.
 *
 * Return: the slot, for xsrtp_key_switch() or xsrtp_key_unprepare(); -EEXIST
 * this very key is in use; -EINVAL.
 */
int xsrtp_key_prepare(struct xsrtp_keyring *ring, const struct xsrtp_key_config *key,
		      struct netlink_ext_ack *extack)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(ring->cfg.suite);
	const struct xsrtp_cipher *cipher = xsrtp_engine_cipher();
	int slot = free_slot(ring);
	int err;

	/* Room for its trailer must be made before the first packet needs it. */
	if (suite->tag_len + key->mki_len > ring->trailer)
		WRITE_ONCE(ring->trailer, suite->tag_len + key->mki_len);

	xsrtp_engine_cipher_begin(cipher);
	err = xsrtp_key_set(ring->session, cipher, slot, key);
	xsrtp_engine_cipher_end(cipher);
	if (!err)
		return slot;
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "this key is already in use: setting it changes nothing");
	else
		NL_SET_ERR_MSG(extack, "the key cannot be set");
	return err;
}

/* Forgets a key that was prepared and never used. */
void xsrtp_key_unprepare(struct xsrtp_keyring *ring, int slot)
{
	xsrtp_key_wipe(ring->session, slot);
}

static void retire_work(struct work_struct *work)
{
	struct retiree *r = container_of(to_rcu_work(work), struct retiree, work);
	struct xsrtp_keyring *ring;
	struct xsrtp_flow *flow;

	mutex_lock(&r->xn->lock);
	flow = xsrtp_flow_get(r->xn, r->flow_id);
	if (flow) {
		ring = r->tx ? &flow->state->tx : &flow->state->rx;
		if (ring->session && ring->retired[r->slot] == r->serial) {
			xsrtp_key_wipe(ring->session, r->slot);
			ring->retired[r->slot] = 0;
		}
	}
	mutex_unlock(&r->xn->lock);
	kfree(r);
}

/* Has the key in @slot, just gone out of use, wiped when no burst uses it. */
static void key_retire(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		       struct xsrtp_keyring *ring, int slot)
{
	struct retiree *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r) {
		synchronize_rcu();
		xsrtp_key_wipe(ring->session, slot);
		return;
	}
	if (!++ring->serial)
		ring->serial = 1;
	ring->retired[slot] = ring->serial;
	r->xn = xn;
	r->flow_id = flow->id;
	r->serial = ring->serial;
	r->slot = slot;
	r->tx = ring == &flow->state->tx;
	INIT_RCU_WORK(&r->work, retire_work);
	queue_rcu_work(wipe_wq, &r->work);
}

/* Switches bursts to @slot, or with -1 to no key: they drop. Cannot fail. */
void xsrtp_key_switch(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		      struct xsrtp_keyring *ring, int slot)
{
	int old = xsrtp_key_used(ring->session);

	WARN_ON_ONCE(xsrtp_key_use(ring->session, slot));
	if (old >= 0)
		key_retire(xn, flow, ring, old);
}

/* Waits for all keys on their way to be wiped. */
void xsrtp_key_flush(void)
{
	rcu_barrier();
	flush_workqueue(wipe_wq);
}

int __init xsrtp_key_init(void)
{
	wipe_wq = alloc_workqueue("xsrtp-wipe", WQ_UNBOUND, 1);
	return wipe_wq ? 0 : -ENOMEM;
}

void xsrtp_key_exit(void)
{
	xsrtp_key_flush();
	destroy_workqueue(wipe_wq);
}
