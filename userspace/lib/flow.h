/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flows, their keys and counters as the module keeps them: one C structure for
 * each noun of the netlink family, one function for each command. What the
 * members mean is said in <linux/xsrtp.h>.
 *
 * All functions return 0 or -errno; xnl_error() then has a sentence.
 */
#ifndef XSRTP_FLOW_H
#define XSRTP_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/xsrtp.h>
#include <xsrtp/reason.h>

#include "endpoint.h"
#include "key.h"
#include "nl.h"

struct stream {
	uint32_t ssrc;
	uint32_t roc;
	uint32_t seq;
	bool no_roc;		/* no SRTP so far; written: nothing is known of it */
	bool no_seq;		/* written: only the ROC is known */
	bool has_rtcp_index;
	uint32_t rtcp_index;
};

/* What may be known of a key. */
struct key_slot {
	uint32_t which;		/* enum xsrtp_key_slot */
	uint64_t left;		/* packets that it may still serve */
	uint32_t rate;		/* key derivation rate; 0: none */
	uint8_t mki[XSRTP_MKI_MAX];
	uint8_t mki_len;	/* 0: none */
};

struct session {
	bool present;		/* false: plain RTP */
	uint32_t suite;		/* 0: not said */
	uint32_t window;	/* packets; 0: not said, the kernel decides */
	uint32_t max_streams;	/* 0: not said, the kernel decides */
	uint32_t flags;		/* enum xsrtp_session_flags */
	uint32_t roc_policy;	/* enum xsrtp_roc_policy */
	uint32_t roc_rate;	/* 0: no ROC in tags */
	uint8_t ext_ids[32];	/* bit id % 8 of byte id / 8 */
	uint32_t events;	/* enum xsrtp_events; read only, of a notification */
	bool has_key;		/* read only */
	const struct key *key;	/* write only; NULL: none */
	struct key_slot slots[2];	/* read only */
	unsigned int n_slots;
	struct stream *streams;	/* written: what flow_new() tells of them */
	unsigned int n_streams;
};

struct stats {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t drop[XSRTP_REASON_MAX];
	uint64_t drop_other;	/* reasons that a newer module knows */
	uint32_t flows;		/* of the namespace only */
	char cipher[32];	/* of the namespace only */
};

#define FLOW_NO_ACTION	-1

struct flow {
	uint32_t id;			/* 0: not said */
	struct endpoint local;
	struct endpoint remote;		/* family 0: anyone; in flow_set(): not said */
	bool remote_any;		/* flow_set(): from now on anyone */
	int action;			/* enum xsrtp_action, FLOW_NO_ACTION: not said */
	uint32_t only;			/* enum xsrtp_only; 0: RTP and RTCP */
	bool has_learn;			/* false: not said; read: it does not learn */
	uint32_t learn;			/* enum xsrtp_learn */
	uint32_t learn_window;		/* seconds; 0: not said */
	struct endpoint learned;	/* the far end; written: in flow_new() */
	uint32_t events;		/* enum xsrtp_events, of the flow; read only */
	uint32_t of;			/* a copy of this flow's packets; 0: has a local endpoint */
	uint64_t cookie;		/* by which who made it knows it again; 0: none */
	struct endpoint source;
	struct endpoint destination;
	uint32_t follow;		/* id of a flow, to whose far end; 0: none, not said */
	bool follow_none;		/* flow_set(): from now on none */
	struct session rx;
	struct session tx;
	bool has_stats;
	struct stats stats;
};

enum direction { RX, TX };

/* flow_clear() - frees what the structure owns, makes it empty. */
void flow_clear(struct flow *f);

/* flow_select() - an empty flow that names one: by @id, or if 0 by @local. */
struct flow flow_select(uint32_t id, const struct endpoint *local);

/* flow_new() - create; @id: the new flow's. */
int flow_new(struct xnl *x, const struct flow *f, uint32_t *id);

/*
 * flow_set() - change what @f says of remote, learn, action, source and destination, of
 * the flow with its id, or with its local endpoint if the id is 0
 */
int flow_set(struct xnl *x, const struct flow *f);

/* flow_del() - the flow that @which selects. */
int flow_del(struct xnl *x, const struct flow *which);

/* flow_get() - the flow that @which selects; flow_clear() the answer. */
int flow_get(struct xnl *x, const struct flow *which, struct flow *f);

/* flow_dump() - call @fn for each flow, until it returns other than 0 (-errno). */
int flow_dump(struct xnl *x, int (*fn)(const struct flow *f, void *arg), void *arg);

int key_set(struct xnl *x, const struct flow *which, enum direction dir, const struct key *key);
/* key_del() - all keys of the direction, or only the second one. */
int key_del(struct xnl *x, const struct flow *which, enum direction dir, bool second);
/* key_swap() - the second key becomes the first, and the reverse. */
int key_swap(struct xnl *x, const struct flow *which, enum direction dir);

int stats_get(struct xnl *x, struct stats *s);
uint64_t stats_drops(const struct stats *s);

/*
 * flow_monitor() - call @fn for each notification, until it returns other than 0
 * @cmd: XSRTP_CMD_*_NTF; @f: what the notification holds
 */
int flow_monitor(struct xnl *x, int (*fn)(uint8_t cmd, const struct flow *f, void *arg),
		 void *arg);

#endif /* XSRTP_FLOW_H */
