// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger: which keys a namespace sends under, and has sent under, so that no
 * keystream is used twice (RFC 3711 9.1: two-time pad; RFC 7714 8.1: with GCM a
 * repeated nonce also gives away the authentication key).
 *
 * Within a session the streams see to that: an index comes once. But two sessions
 * under one master key count each for itself, be they two flows or a flow that was
 * deleted and is made again. So a key that shall send is claimed here, for RTP, for
 * RTCP or for both, which are encrypted under different keys derived from it (RFC
 * 3711 4.3.1). One that another flow claims for the same is refused. One that has
 * been sent under is refused too, unless the session already stands, for each SSRC
 * that was, at or behind the index that was reached: then its own streams see to it.
 *
 * A key is known by its fingerprint, SipHash of master key and salt under a secret
 * of this loading; neither is kept. Two suites that differ only in the tag have one
 * keystream, so the suite is not in it. Of former keys the last former_keys are
 * known, of each the indices of up to STREAMS_MAX SSRCs.
 *
 * Control path only, under the namespace's mutex.
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xsrtp/srtp.h>

#include "flow.h"
#include "key.h"
#include "ledger.h"

#define STREAMS_MAX	16

static unsigned int former_keys __read_mostly = 65536;
module_param(former_keys, uint, 0444);
MODULE_PARM_DESC(former_keys, "keys that were sent under and are known again, per namespace");

static siphash_key_t secret __read_mostly;

/* What is known of RTP, or of RTCP, under a key. */
struct usage {
	const struct xsrtp_keyring *user;	/* NULL: nobody sends it under the key */
	u8 slots;				/* of the user: those that hold the key */
	bool sent;				/* somebody has */
	bool closed;				/* and nobody can go on */
	u8 n;
	struct xsrtp_stream_state *streams;	/* how far @n SSRCs have come */
};

struct xsrtp_ledger_key {
	struct rhash_head node;
	u64 print;
	struct list_head former;	/* not empty: nobody sends under it any more */
	u32 leaving;			/* slots whose last packets may be under way */
	struct usage usage[2];		/* RTP, RTCP */
};

static const struct rhashtable_params params = {
	.key_len = sizeof_field(struct xsrtp_ledger_key, print),
	.key_offset = offsetof(struct xsrtp_ledger_key, print),
	.head_offset = offsetof(struct xsrtp_ledger_key, node),
	.automatic_shrinking = true,
};

static void assert_locked(const struct xsrtp_ledger *ledger)
{
	lockdep_assert_held(&container_of(ledger, struct xsrtp_net, ledger)->lock);
}

/* The fingerprint of a master key and salt, of no more than the largest; never 0. */
u64 xsrtp_ledger_print(const u8 *key, size_t key_len, const u8 *salt, size_t salt_len)
{
	/* A shorter salt is derived from as if zeros followed (RFC 7714 11). */
	u8 text[1 + XSRTP_KEY_MAX + XSRTP_SALT_MAX] = { key_len };
	u64 print;

	memcpy(text + 1, key, key_len);
	memcpy(text + 1 + XSRTP_KEY_MAX, salt, salt_len);
	print = siphash(text, sizeof(text), &secret);
	memzero_explicit(text, sizeof(text));
	return print ?: 1;
}

/* --- what is known of a key ----------------------------------------------------- */

static void key_free(void *ptr, void *arg)
{
	struct xsrtp_ledger_key *key = ptr;

	kfree_sensitive(key->usage[0].streams);
	kfree_sensitive(key->usage[1].streams);
	kfree_sensitive(key);
}

static void key_forget(struct xsrtp_ledger *ledger, struct xsrtp_ledger_key *key)
{
	if (!list_empty(&key->former)) {
		list_del(&key->former);
		ledger->n_former--;
	}
	rhashtable_remove_fast(&ledger->keys, &key->node, params);
	key_free(key, NULL);
}

static struct xsrtp_ledger_key *key_find(struct xsrtp_ledger *ledger, u64 print)
{
	return rhashtable_lookup_fast(&ledger->keys, &print, params);
}

/* One that nothing is known of. ERR_PTR: no memory. */
static struct xsrtp_ledger_key *key_new(struct xsrtp_ledger *ledger, u64 print)
{
	struct xsrtp_ledger_key *key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	int err;

	if (!key)
		return ERR_PTR(-ENOMEM);
	key->print = print;
	INIT_LIST_HEAD(&key->former);
	err = rhashtable_insert_fast(&ledger->keys, &key->node, params);
	if (!err)
		return key;
	kfree_sensitive(key);
	return ERR_PTR(err);
}

/* Nobody sends under it any more: the oldest of those must make room. */
static void key_rest(struct xsrtp_ledger *ledger, struct xsrtp_ledger_key *key)
{
	if (key->usage[0].user || key->usage[1].user)
		return;
	if (!key->usage[0].sent && !key->usage[1].sent) {
		key_forget(ledger, key);
		return;
	}
	ledger->n_former++;
	list_add_tail(&key->former, &ledger->former);
	if (ledger->n_former > former_keys)
		key_forget(ledger, list_first_entry(&ledger->former, struct xsrtp_ledger_key,
						    former));
}

static void key_wake(struct xsrtp_ledger *ledger, struct xsrtp_ledger_key *key)
{
	if (list_empty(&key->former))
		return;
	list_del_init(&key->former);
	ledger->n_former--;
}

/* --- claim ------------------------------------------------------------------------ */

/* Does the session stand where it repeats nothing of what was sent? */
static int usage_go_on(const struct usage *u, const struct xsrtp_keyring *ring, bool rtcp,
		       struct netlink_ext_ack *extack)
{
	unsigned int i;
	u64 index;

	/* Where ROC starts again an index in the packet says nothing of the past. */
	if (u->closed || xsrtp_keyring_serial(ring)) {
		NL_SET_ERR_MSG(extack, "packets were sent under this key and nothing can go on "
			       "from there: give another key");
		return -EKEYREJECTED;
	}
	for (i = 0; i < u->n; i++) {
		if (!xsrtp_stream_index(ring->session, u->streams[i].ssrc, rtcp, &index)) {
			NL_SET_ERR_MSG(extack, "packets were sent under this key: give another "
				       "key, or tell how far each SSRC has come (stream with ROC "
				       "and sequence number, and SRTCP index)");
			return -EKEYREJECTED;
		}
		if (index < u->streams[i].index) {
			NL_SET_ERR_MSG(extack, "an SSRC has come further under this key than the "
				       "stream tells: tell the highest index that was sent, or "
				       "give another key");
			return -EKEYREJECTED;
		}
	}
	return 0;
}

static int usage_check(const struct usage *u, const struct xsrtp_keyring *ring, bool rtcp,
		       struct netlink_ext_ack *extack)
{
	if (u->user && u->user != ring) {
		NL_SET_ERR_MSG(extack, "another flow sends under this key: give this one a key of "
			       "its own, or have the two send only RTP and only RTCP (only)");
		return -EKEYREJECTED;
	}
	return u->sent ? usage_go_on(u, ring, rtcp, extack) : 0;
}

/**
 * xsrtp_ledger_claim() - may the key in this slot send, and none but it from now on?
 * @ring: that sends; its session has the streams that were told
 * @slot: prepared, not in use yet
 *
 * To be given back by xsrtp_ledger_release() when no packet can be under it.
 *
 * Return: 0; -EKEYREJECTED a keystream could come again; -ENOMEM and the like.
 */
int xsrtp_ledger_claim(struct xsrtp_ledger *ledger, struct xsrtp_keyring *ring, int slot,
		       struct netlink_ext_ack *extack)
{
	struct xsrtp_ledger_key *key = key_find(ledger, ring->print[slot]);
	int rtcp, err = 0;

	assert_locked(ledger);
	if (!key)
		key = key_new(ledger, ring->print[slot]);
	if (IS_ERR(key))
		return PTR_ERR(key);
	for (rtcp = 0; !err && rtcp < 2; rtcp++) {
		if (ring->sends & BIT(rtcp))
			err = usage_check(&key->usage[rtcp], ring, rtcp, extack);
	}
	if (err)
		return err;
	for (rtcp = 0; rtcp < 2; rtcp++) {
		if (!(ring->sends & BIT(rtcp)))
			continue;
		key->usage[rtcp].user = ring;
		key->usage[rtcp].slots++;
	}
	key_wake(ledger, key);
	ring->ledger = ledger;
	ring->claim[slot] = key;
	return 0;
}

/* --- release ---------------------------------------------------------------------- */

/* Notes how far the session's streams have come. */
static void usage_note(struct usage *u, const struct xsrtp_keyring *ring, bool rtcp)
{
	struct xsrtp_stream_state state[STREAMS_MAX + 1];
	unsigned int n = 0;

	while (n <= STREAMS_MAX && (rtcp ? xsrtp_stream_get_rtcp(ring->session, n, &state[n]) :
					   xsrtp_stream_get(ring->session, n, &state[n])))
		n++;
	if (!n)
		return;
	kfree_sensitive(u->streams);
	u->sent = true;
	u->n = 0;
	u->streams = NULL;
	if (n <= STREAMS_MAX && !xsrtp_keyring_serial(ring))
		u->streams = kmemdup(state, n * sizeof(*state), GFP_KERNEL_ACCOUNT);
	if (u->streams)
		u->n = n;
	else
		u->closed = true;
}

static void usage_leave(struct usage *u, const struct xsrtp_keyring *ring, int slot, bool rtcp)
{
	if (ring->served & BIT(slot))
		usage_note(u, ring, rtcp);
	if (!--u->slots)
		u->user = NULL;
}

/* The key in @slot has gone out of use, but packets may still be under it. */
void xsrtp_ledger_leave(struct xsrtp_keyring *ring, int slot)
{
	if (!ring->claim[slot] || ring->leaving & BIT(slot))
		return;
	ring->leaving |= BIT(slot);
	ring->claim[slot]->leaving++;
}

/* Gives back what was claimed, if it was. No packet is under it; the streams are there. */
void xsrtp_ledger_release(struct xsrtp_keyring *ring, int slot)
{
	struct xsrtp_ledger_key *key = ring->claim[slot];
	int rtcp;

	ring->print[slot] = 0;
	if (!key)
		return;
	assert_locked(ring->ledger);
	for (rtcp = 0; rtcp < 2; rtcp++) {
		if (ring->sends & BIT(rtcp))
			usage_leave(&key->usage[rtcp], ring, slot, rtcp);
	}
	if (ring->leaving & BIT(slot))
		key->leaving--;
	ring->claim[slot] = NULL;
	ring->served &= ~BIT(slot);
	ring->leaving &= ~BIT(slot);
	key_rest(ring->ledger, key);
}

/**
 * xsrtp_ledger_wait() - let a flow or key that is just being forgotten be forgotten
 * @print: of the key that is about to be claimed
 *
 * Who deletes a flow and makes it again shall be told how it is, not that it is
 * still there. Takes the namespace's mutex, and may wait for a grace period.
 */
void xsrtp_ledger_wait(struct xsrtp_net *xn, u64 print)
{
	struct xsrtp_ledger_key *key;
	bool leaving;

	mutex_lock(&xn->lock);
	key = key_find(&xn->ledger, print);
	leaving = key && key->leaving;
	mutex_unlock(&xn->lock);
	if (!leaving)
		return;
	xsrtp_key_flush();
	xsrtp_flow_flush();
}

/* --- beginning and end --------------------------------------------------------------- */

int xsrtp_ledger_net_init(struct xsrtp_ledger *ledger)
{
	INIT_LIST_HEAD(&ledger->former);
	return rhashtable_init(&ledger->keys, &params);
}

/* All flows are gone, and with them all that was claimed. */
void xsrtp_ledger_net_exit(struct xsrtp_ledger *ledger)
{
	rhashtable_free_and_destroy(&ledger->keys, key_free, NULL);
}

void __init xsrtp_ledger_init(void)
{
	get_random_bytes(&secret, sizeof(secret));
}

void xsrtp_ledger_exit(void)
{
	memzero_explicit(&secret, sizeof(secret));
}
