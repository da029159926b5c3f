/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_LEDGER_H
#define XSRTP_LEDGER_H

#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct netlink_ext_ack;
struct xsrtp_keyring;
struct xsrtp_net;

/* What a flow sends, as bits; also the values of enum xsrtp_only. */
#define XSRTP_SENDS_RTP		1
#define XSRTP_SENDS_RTCP	2
#define XSRTP_SENDS_BOTH	3

/**
 * struct xsrtp_ledger - the keys that a namespace sends under, and has sent under
 * @keys: struct xsrtp_ledger_key, by fingerprint
 * @former: those that no flow sends under any more, the oldest first
 * @n_former: how many
 */
struct xsrtp_ledger {
	struct rhashtable keys;
	struct list_head former;
	u32 n_former;
};

u64 xsrtp_ledger_print(const u8 *key, size_t key_len, const u8 *salt, size_t salt_len);

int xsrtp_ledger_claim(struct xsrtp_ledger *ledger, struct xsrtp_keyring *ring, int slot,
		       struct netlink_ext_ack *extack);
void xsrtp_ledger_leave(struct xsrtp_keyring *ring, int slot);
void xsrtp_ledger_release(struct xsrtp_keyring *ring, int slot);
void xsrtp_ledger_wait(struct xsrtp_net *xn, u64 print);

int xsrtp_ledger_net_init(struct xsrtp_ledger *ledger);
void xsrtp_ledger_net_exit(struct xsrtp_ledger *ledger);
void xsrtp_ledger_init(void);
void xsrtp_ledger_exit(void);

#endif /* XSRTP_LEDGER_H */
