/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_KEY_H
#define XSRTP_KEY_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <xsrtp/srtp.h>

struct netlink_ext_ack;
struct xsrtp_flow;
struct xsrtp_ledger;
struct xsrtp_ledger_key;
struct xsrtp_net;

/**
 * struct xsrtp_keyring - SRTP in one direction of a flow
 * @session: NULL: plain RTP in this direction
 * @block: the memory that it lies in
 * @cfg: what the session was made with
 * @tx: it protects
 * @trailer: bytes that protect() appends at most, under any key set so far
 * @pair: slots of the keys there are, -1: none; the session knows which is in use
 * @serial: counts keys that went out of use
 * @retired: per slot, the serial under which it went out of use and waits for
 *	being wiped; 0: empty or in use
 * @sends: tx: XSRTP_SENDS_* of the flow
 * @served: tx: slots whose key has been in use, as bits
 * @leaving: tx: slots whose key is on its way out of the ledger, as bits
 * @print: tx: per slot, the key's fingerprint (ledger.h)
 * @claim: tx: per slot, the key in the ledger, when it is claimed
 * @ledger: tx: the namespace's
 * @lock: one CPU at a time (xsrtp_keyring_serial()); raw, because it is held inside
 *	an FPU section, where PREEMPT_RT may not sleep either
 */
struct xsrtp_keyring {
	struct xsrtp_session *session;
	void *block;
	struct xsrtp_session_config cfg;
	bool tx;
	u16 trailer;
	s8 pair[2];
	u32 serial;
	u32 retired[XSRTP_KEYS];
	u8 sends;
	u8 served;
	u8 leaving;
	u64 print[XSRTP_KEYS];
	struct xsrtp_ledger_key *claim[XSRTP_KEYS];
	struct xsrtp_ledger *ledger;
	raw_spinlock_t lock;
};

int xsrtp_keyring_init(struct xsrtp_keyring *ring, const struct xsrtp_session_config *cfg,
		       bool tx);
void xsrtp_keyring_free(struct xsrtp_keyring *ring);

static inline bool xsrtp_keyring_has_key(const struct xsrtp_keyring *ring)
{
	return xsrtp_key_used(ring->session) >= 0;
}

/*
 * Must packets come one at a time? Where ROC may start again, two CPUs with the
 * first packets under a new key could take different ROCs for it (srtp.h).
 */
static inline bool xsrtp_keyring_serial(const struct xsrtp_keyring *ring)
{
	return ring->cfg.roc != XSRTP_ROC_KEEP;
}

int xsrtp_keyring_second(const struct xsrtp_keyring *ring);

int xsrtp_key_prepare(struct xsrtp_keyring *ring, const struct xsrtp_key_config *key,
		      struct netlink_ext_ack *extack);
void xsrtp_key_unprepare(struct xsrtp_net *xn, struct xsrtp_flow *flow,
			 struct xsrtp_keyring *ring, int slot);
void xsrtp_key_switch(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		      struct xsrtp_keyring *ring, int slot);
void xsrtp_key_second(struct xsrtp_net *xn, struct xsrtp_flow *flow,
		      struct xsrtp_keyring *ring, int slot);
void xsrtp_key_swap(struct xsrtp_keyring *ring);

int xsrtp_key_init(void);
void xsrtp_key_exit(void);
void xsrtp_key_flush(void);

#endif /* XSRTP_KEY_H */
