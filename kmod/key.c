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
 * A direction may have a second key: a receiver accepts it too, and the first
 * packet under it makes it the first (make before break); a sender holds it ready.
 * Packets exchange the two, in softirq, whenever they like: which of @pair is in
 * use is asked of the session each time, and before one of two keys of a receiver
 * is taken away the exchange is switched off and waited for.
 *
 * Everything here but the flush runs under the namespace's mutex. Nothing here
 * or elsewhere reads a key back. Of a key that sends the ledger keeps a fingerprint,
 * from before its first packet until after the last (ledger.h).
 */
#include <linux/atomic.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "engine.h"
#include "flow.h"
#include "key.h"
#include "ledger.h"

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
static size_t block_bytes(const struct xsrtp_session_config *cfg)
{
	size_t size = xsrtp_session_size(cfg);

	return size > PAGE_SIZE ? PAGE_ALIGN(size) : size ? roundup_pow_of_two(size) : 0;
}

/*
 * Where in its block a session begins. If all began at the same bits of an address,
 * the lines that every packet needs would share a few sets of the caches (100,000
 * sessions in blocks of 4 kB cost 10 to 14 ns a packet more): each begins some lines
 * further on than the one before, as far as its block is larger.
 */
static size_t session_offset(const struct xsrtp_session_config *cfg)
{
	size_t spare = (block_bytes(cfg) - xsrtp_session_size(cfg)) / XSRTP_ALIGN;
	static atomic_t turn;

	return (u32)atomic_inc_return(&turn) % (spare + 1) * XSRTP_ALIGN;
}

/*
 * SRTCP's, and so SRTP's: its index has the 4 bytes that cryptex may take, and its
 * tag is never shorter.
 */
static u16 trailer(const struct xsrtp_session_config *cfg, u8 mki_len)
{
	return xsrtp_overhead(cfg->suite, mki_len, true);
}

/* Makes the session. Return: 0; -EINVAL @cfg is not valid; -ENOMEM. */
int xsrtp_keyring_init(struct xsrtp_keyring *ring, const struct xsrtp_session_config *cfg,
		       bool tx)
{
	size_t size = block_bytes(cfg);
	struct xsrtp_session *session;
	void *block;

	if (!size)
		return -EINVAL;
	block = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!block)
		return -ENOMEM;
	session = block + session_offset(cfg);
	if (WARN_ON_ONCE(!IS_ALIGNED((unsigned long)session, XSRTP_ALIGN)) ||
	    xsrtp_session_init(session, cfg)) {
		kvfree(block);
		return -EINVAL;
	}
	ring->block = block;
	ring->session = session;
	ring->cfg = *cfg;
	ring->tx = tx;
	ring->trailer = trailer(cfg, 0);
	ring->pair[0] = -1;
	ring->pair[1] = -1;
	raw_spin_lock_init(&ring->lock);
	return 0;
}

/* Wipes and frees the session; no burst uses it any more. */
void xsrtp_keyring_free(struct xsrtp_keyring *ring)
{
	if (!ring->session)
		return;
	xsrtp_session_wipe(ring->session);
	kvfree_sensitive(ring->block, block_bytes(&ring->cfg));
	ring->block = NULL;
	ring->session = NULL;
}

/* The slot of the key that is there and not in use, or -1. */
int xsrtp_keyring_second(const struct xsrtp_keyring *ring)
{
	int used = xsrtp_key_used(ring->session);

	return used < 0 ? -1 : ring->pair[ring->pair[0] == used];
}

static bool has_slot(const struct xsrtp_keyring *ring, int slot)
{
	return ring->pair[0] == slot || ring->pair[1] == slot;
}

/* No burst uses it any more. The ledger first: it asks the streams. */
static void slot_wipe(struct xsrtp_keyring *ring, int slot)
{
	xsrtp_ledger_release(ring, slot);
	xsrtp_key_wipe(ring->session, slot);
}

static int free_slot(struct xsrtp_keyring *ring)
{
	int slot;

	for (slot = 0; slot < XSRTP_KEYS; slot++) {
		if (!has_slot(ring, slot) && !ring->retired[slot])
			return slot;
	}

	/*
	 * Every slot was used within one grace period: wait for it here. Those
	 * who come to wipe the slot will find another serial, or none.
	 */
	synchronize_rcu();
	for (slot = 0; has_slot(ring, slot); slot++)
		;
	slot_wipe(ring, slot);
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
 * Return: the slot, for xsrtp_key_switch(), _second() or _unprepare(); -EEXIST
 * this very key is in use, or was where ROC may start again; -EINVAL.
 */
int xsrtp_key_prepare(struct xsrtp_keyring *ring, const struct xsrtp_key_config *key,
		      struct netlink_ext_ack *extack)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(ring->cfg.suite);
	const struct xsrtp_cipher *cipher = xsrtp_engine_cipher();
	u16 bytes = trailer(&ring->cfg, key->mki_len);
	int slot = free_slot(ring);
	int err;

	/* Room for its trailer must be made before the first packet needs it. */
	if (bytes > ring->trailer)
		WRITE_ONCE(ring->trailer, bytes);

	xsrtp_engine_cipher_begin(cipher);
	err = xsrtp_key_set(ring->session, cipher, slot, key);
	xsrtp_engine_cipher_end(cipher);
	if (!err) {
		ring->print[slot] = xsrtp_ledger_print(key->key, suite->key_len, key->salt,
						       suite->salt_len);
		return slot;
	}
	if (err == -EEXIST && xsrtp_keyring_serial(ring))
		NL_SET_ERR_MSG(extack, "the session has had this key: with ROC starting again "
			       "its keystream would come again");
	else if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "this key is already in use: setting it changes nothing");
	else
		NL_SET_ERR_MSG(extack, "the key cannot be set");
	return err;
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
			slot_wipe(ring, r->slot);
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

	/* Not to be found by an MKI either. */
	xsrtp_key_hide(ring->session, slot);
	xsrtp_ledger_leave(ring, slot);
	if (!r) {
		synchronize_rcu();
		slot_wipe(ring, slot);
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

/* Forgets a key that was prepared and never used. (A packet's MKI may have found it.) */
void xsrtp_key_unprepare(struct xsrtp_net *xn, struct xsrtp_flow *flow,
			 struct xsrtp_keyring *ring, int slot)
{
	key_retire(xn, flow, ring, slot);
}

/*
 * Ends the exchange of the two keys by packets: from here on the one in use stays.
 * SRTP and SRTCP exchange them each for itself: what SRTP has come to holds for both.
 */
static void exchange_end(struct xsrtp_keyring *ring)
{
	struct xsrtp_session *session = ring->session;

	if (ring->tx || xsrtp_keyring_second(ring) < 0)
		return;
	WARN_ON_ONCE(xsrtp_key_also(session, -1));
	synchronize_rcu();
	WARN_ON_ONCE(xsrtp_key_use(session, xsrtp_key_used(session)));
}

/* Switches to @slot, or to none. A packet that exchanges the keys must not undo it. */
static void use(struct xsrtp_keyring *ring, int slot)
{
	/* To drop is urgent: at once, and again when no exchange is under way. */
	if (slot < 0 && xsrtp_keyring_second(ring) >= 0 && !ring->tx) {
		WARN_ON_ONCE(xsrtp_key_use(ring->session, slot));
		synchronize_rcu();
	} else {
		exchange_end(ring);
	}
	if (slot >= 0)
		ring->served |= BIT(slot);
	WARN_ON_ONCE(xsrtp_key_use(ring->session, slot));
}

/*
 * xsrtp_key_switch() - switch bursts to @slot, or with -1 to no key: they drop
 *
 * The keys that were there, first and second, are forgotten. Cannot fail.
 */
void xsrtp_key_switch(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		      struct xsrtp_keyring *ring, int slot)
{
	int i, old[2] = { ring->pair[0], ring->pair[1] };

	use(ring, slot);
	ring->pair[0] = slot;
	ring->pair[1] = -1;
	for (i = 0; i < 2; i++) {
		if (old[i] >= 0)
			key_retire(xn, flow, ring, old[i]);
	}
}

/*
 * xsrtp_key_second() - have @slot, or with -1 none, as the second key
 *
 * The one that was there is forgotten. The direction has a key in use.
 */
void xsrtp_key_second(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		      struct xsrtp_keyring *ring, int slot)
{
	int old;

	exchange_end(ring);
	old = xsrtp_keyring_second(ring);
	ring->pair[0] = xsrtp_key_used(ring->session);
	ring->pair[1] = slot;
	if (!ring->tx && slot >= 0)
		WARN_ON_ONCE(xsrtp_key_also(ring->session, slot));
	if (old >= 0)
		key_retire(xn, flow, ring, old);
}

/* Exchanges first and second key; the direction has both. */
void xsrtp_key_swap(struct xsrtp_keyring *ring)
{
	int used = xsrtp_key_used(ring->session);
	int second = ring->pair[ring->pair[0] == used];

	ring->served |= BIT(second);
	/* A packet that does the same meanwhile comes to the same end. */
	WARN_ON_ONCE(xsrtp_key_use(ring->session, second));
	if (!ring->tx)
		WARN_ON_ONCE(xsrtp_key_also(ring->session, used));
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
