/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Generic netlink family "xsrtp". The specification is
 * Documentation/netlink/specs/xsrtp.yaml; a test keeps the two together.
 */
#ifndef _UAPI_LINUX_XSRTP_H
#define _UAPI_LINUX_XSRTP_H

#define XSRTP_FAMILY_NAME	"xsrtp"
#define XSRTP_FAMILY_VERSION	1

#define XSRTP_MCGRP_FLOWS	"flows"

/* Commands. All but the gets need CAP_NET_ADMIN over the network namespace. */
enum {
	XSRTP_CMD_FLOW_GET = 1,		/* do: by id or (not send) local endpoint; dump: all */
	XSRTP_CMD_FLOW_NEW,		/* answers with the flow's id */
	XSRTP_CMD_FLOW_SET,
	XSRTP_CMD_FLOW_DEL,
	XSRTP_CMD_KEY_SET,		/* install a key; as the first, switch to it */
	XSRTP_CMD_KEY_DEL,		/* forget the second key, or all: fail closed */
	XSRTP_CMD_STATS_GET,
	/* notifications, multicast group "flows" */
	XSRTP_CMD_FLOW_NEW_NTF,
	XSRTP_CMD_FLOW_SET_NTF,
	XSRTP_CMD_FLOW_DEL_NTF,
	XSRTP_CMD_KEY_SET_NTF,
	XSRTP_CMD_KEY_DEL_NTF,
	/* a command again: the numbers above are taken */
	XSRTP_CMD_KEY_SWAP,		/* the second key becomes the first, and the reverse */
	XSRTP_CMD_KEY_SWAP_NTF,
	XSRTP_CMD_EVENT_NTF,		/* what packets brought about */

	__XSRTP_CMD_MAX,
	XSRTP_CMD_MAX = __XSRTP_CMD_MAX - 1,
};

enum xsrtp_action {
	XSRTP_ACTION_FORWARD,		/* send on from source to destination */
	XSRTP_ACTION_DELIVER,		/* up the local stack, to the local socket */
	XSRTP_ACTION_SEND,		/* of what the local socket sends to remote */
};

/* What a flow is for, if not for both. */
enum xsrtp_only {
	XSRTP_ONLY_RTP = 1,
	XSRTP_ONLY_RTCP = 2,
};

/* Whether a flow learns where its media comes from. */
enum xsrtp_learn {
	XSRTP_LEARN_NEVER,		/* from remote; without one, from anywhere */
	XSRTP_LEARN_ONCE,		/* from the first who proves to be it, from then on */
	XSRTP_LEARN_AUTHENTICATED,	/* SRTP: from where the newest authentic packet came */
};

/* Rules of a session; bits. */
enum xsrtp_session_flags {
	XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTP = 1,	/* RFC 4568 6.3.2 */
	XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTCP = 2,
	XSRTP_SESSION_FLAGS_CRYPTEX = 4,		/* RFC 9335 */
	XSRTP_SESSION_FLAGS_KEY_RATE = 8,		/* its keys may have a rate */
	XSRTP_SESSION_FLAGS_EVICT = 16,			/* rx: a new SSRC takes the oldest one's place */
};

/* The ROC of a stream when its key changes. */
enum xsrtp_roc_policy {
	XSRTP_ROC_POLICY_KEEP,		/* goes on (RFC 3711 3.3.1) */
	XSRTP_ROC_POLICY_ZERO,		/* starts again at 0 */
	XSRTP_ROC_POLICY_TRY,		/* rx: the first packet tells; tx: as keep */
};

/* Which of a direction's two keys. */
enum xsrtp_key_slot {
	XSRTP_KEY_SLOT_FIRST,		/* in use */
	XSRTP_KEY_SLOT_SECOND,		/* rx: accepted too; tx: waits for key-swap */
};

/* What packets brought about; bits. */
enum xsrtp_events {
	XSRTP_EVENTS_KEY_LOW = 1,	/* a sixteenth of the key's lifetime is left */
	XSRTP_EVENTS_KEY_SWITCH = 2,	/* rx: the peer has begun to use the second key */
	XSRTP_EVENTS_NEW_STREAM = 4,	/* the first packet of an SSRC */
	XSRTP_EVENTS_KEY_EXPIRED = 8,	/* the key serves no more: packets are dropped */
	XSRTP_EVENTS_FAR_END = 16,	/* of the flow: it has learned who its far end is */
	XSRTP_EVENTS_NOT_LEARNED = 32,	/* of the flow: it has not, and the window is over */
};

/* One direction of media through this host. */
enum {
	XSRTP_A_FLOW_UNSPEC,
	XSRTP_A_FLOW_ID,		/* u32, given by the kernel */
	XSRTP_A_FLOW_LOCAL,		/* nest XSRTP_A_ENDPOINT: where media arrives; send: leaves */
	XSRTP_A_FLOW_REMOTE,		/* nest XSRTP_A_ENDPOINT: only from there; send: to there */
	XSRTP_A_FLOW_ACTION,		/* u32, enum xsrtp_action */
	XSRTP_A_FLOW_SOURCE,		/* nest XSRTP_A_ENDPOINT: forwarded from */
	XSRTP_A_FLOW_DESTINATION,	/* nest XSRTP_A_ENDPOINT: forwarded to */
	XSRTP_A_FLOW_RX,		/* nest XSRTP_A_SESSION: unprotect what arrives */
	XSRTP_A_FLOW_TX,		/* nest XSRTP_A_SESSION: protect what leaves */
	XSRTP_A_FLOW_STATS,		/* nest XSRTP_A_STATS */
	XSRTP_A_FLOW_ONLY,		/* u32, enum xsrtp_only; absent: RTP and RTCP */
	XSRTP_A_FLOW_LEARN,		/* u32, enum xsrtp_learn */
	XSRTP_A_FLOW_LEARN_WINDOW,	/* u32, seconds, RTP only */
	XSRTP_A_FLOW_LEARNED,		/* nest XSRTP_A_ENDPOINT: the far end; written: flow-new only */
	XSRTP_A_FLOW_EVENTS,		/* u32, enum xsrtp_events, event-ntf only */
	XSRTP_A_FLOW_FOLLOW,		/* u32, id: forwarded to its far end; 0: to destination */
	XSRTP_A_FLOW_OF,		/* u32, id: a copy of that flow's packets, without local */
	XSRTP_A_FLOW_PAD,
	XSRTP_A_FLOW_COOKIE,		/* u64, not 0: whose it is; the kernel only keeps it */

	__XSRTP_A_FLOW_MAX,
	XSRTP_A_FLOW_MAX = __XSRTP_A_FLOW_MAX - 1,
};

enum {
	XSRTP_A_ENDPOINT_UNSPEC,
	XSRTP_A_ENDPOINT_ADDRESS,	/* binary, 4 (IPv4) or 16 (IPv6) bytes */
	XSRTP_A_ENDPOINT_PORT,		/* u16, big-endian, not 0 */

	__XSRTP_A_ENDPOINT_MAX,
	XSRTP_A_ENDPOINT_MAX = __XSRTP_A_ENDPOINT_MAX - 1,
};

/*
 * SRTP in one direction of a flow. Present with a suite: the direction must be
 * SRTP, and drops with reason "no-key" as long as it has no key. Absent: RTP.
 */
enum {
	XSRTP_A_SESSION_UNSPEC,
	XSRTP_A_SESSION_SUITE,		/* u32, enum xsrtp_suite of <xsrtp/suite.h> */
	XSRTP_A_SESSION_WINDOW,		/* u32, replay window in packets */
	XSRTP_A_SESSION_MAX_STREAMS,	/* u32, how many SSRCs */
	XSRTP_A_SESSION_KEY,		/* nest XSRTP_A_KEY, write only */
	XSRTP_A_SESSION_HAS_KEY,	/* u8, 0 or 1, read only */
	XSRTP_A_SESSION_STREAM,		/* nest XSRTP_A_STREAM, repeated; written: flow-new only */
	XSRTP_A_SESSION_FLAGS,		/* u32, enum xsrtp_session_flags */
	XSRTP_A_SESSION_ROC_POLICY,	/* u32, enum xsrtp_roc_policy */
	XSRTP_A_SESSION_ROC_RATE,	/* u32, ROC in every so manieth packet's tag (RFC 4771) */
	XSRTP_A_SESSION_EXT_IDS,	/* binary, 32 bytes: elements to encrypt (RFC 6904) */
	XSRTP_A_SESSION_SLOT,		/* nest XSRTP_A_SLOT, repeated, read only */
	XSRTP_A_SESSION_EVENTS,		/* u32, enum xsrtp_events, event-ntf only */

	__XSRTP_A_SESSION_MAX,
	XSRTP_A_SESSION_MAX = __XSRTP_A_SESSION_MAX - 1,
};

/* A master key. Goes in, never comes out. */
enum {
	XSRTP_A_KEY_UNSPEC,
	XSRTP_A_KEY_MASTER_KEY,		/* binary, length by suite */
	XSRTP_A_KEY_MASTER_SALT,	/* binary, length by suite */
	XSRTP_A_KEY_MKI,		/* binary, 1 to 128 bytes */
	XSRTP_A_KEY_SLOT,		/* u32, enum xsrtp_key_slot */
	XSRTP_A_KEY_LIFETIME,		/* u64, packets, up to 2^48 */
	XSRTP_A_KEY_RATE,		/* u32, key derivation rate, a power of two up to 2^24 */

	__XSRTP_A_KEY_MAX,
	XSRTP_A_KEY_MAX = __XSRTP_A_KEY_MAX - 1,
};

/* What may be known of a key that is set. */
enum {
	XSRTP_A_SLOT_UNSPEC,
	XSRTP_A_SLOT_PAD,
	XSRTP_A_SLOT_WHICH,		/* u32, enum xsrtp_key_slot */
	XSRTP_A_SLOT_MKI,		/* binary */
	XSRTP_A_SLOT_LEFT,		/* u64, packets that it may still serve */
	XSRTP_A_SLOT_RATE,		/* u32 */

	__XSRTP_A_SLOT_MAX,
	XSRTP_A_SLOT_MAX = __XSRTP_A_SLOT_MAX - 1,
};

/* State of one SSRC. */
enum {
	XSRTP_A_STREAM_UNSPEC,
	XSRTP_A_STREAM_SSRC,		/* u32, host byte order */
	XSRTP_A_STREAM_ROC,		/* u32; absent: no SRTP so far */
	XSRTP_A_STREAM_SEQ,		/* u32, highest sequence number; written: if it is known */
	XSRTP_A_STREAM_RTCP_INDEX,	/* u32, highest SRTCP index, 31 bits */

	__XSRTP_A_STREAM_MAX,
	XSRTP_A_STREAM_MAX = __XSRTP_A_STREAM_MAX - 1,
};

/* Counters of a flow, or of the namespace (stats-get). */
enum {
	XSRTP_A_STATS_UNSPEC,
	XSRTP_A_STATS_PAD,
	XSRTP_A_STATS_RX_PACKETS,	/* u64, that came to the flow */
	XSRTP_A_STATS_RX_BYTES,		/* u64, of RTP or SRTP, without UDP header */
	XSRTP_A_STATS_TX_PACKETS,	/* u64, sent on or delivered */
	XSRTP_A_STATS_TX_BYTES,		/* u64 */
	XSRTP_A_STATS_DROP,		/* nest XSRTP_A_DROP, repeated, not those of 0 */
	XSRTP_A_STATS_FLOWS,		/* u32, stats-get only */
	XSRTP_A_STATS_CIPHER,		/* string, the implementation in use, stats-get only */

	__XSRTP_A_STATS_MAX,
	XSRTP_A_STATS_MAX = __XSRTP_A_STATS_MAX - 1,
};

enum {
	XSRTP_A_DROP_UNSPEC,
	XSRTP_A_DROP_PAD,
	XSRTP_A_DROP_REASON,		/* u32, enum xsrtp_reason of <xsrtp/reason.h> */
	XSRTP_A_DROP_PACKETS,		/* u64 */

	__XSRTP_A_DROP_MAX,
	XSRTP_A_DROP_MAX = __XSRTP_A_DROP_MAX - 1,
};

#endif /* _UAPI_LINUX_XSRTP_H */
