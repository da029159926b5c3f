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
	XSRTP_CMD_FLOW_GET = 1,		/* do: by id or local endpoint; dump: all */
	XSRTP_CMD_FLOW_NEW,		/* answers with the flow's id */
	XSRTP_CMD_FLOW_SET,
	XSRTP_CMD_FLOW_DEL,
	XSRTP_CMD_KEY_SET,		/* install a key and switch to it */
	XSRTP_CMD_KEY_DEL,		/* forget all keys of a direction: fail closed */
	XSRTP_CMD_STATS_GET,
	/* notifications, multicast group "flows" */
	XSRTP_CMD_FLOW_NEW_NTF,
	XSRTP_CMD_FLOW_SET_NTF,
	XSRTP_CMD_FLOW_DEL_NTF,
	XSRTP_CMD_KEY_SET_NTF,
	XSRTP_CMD_KEY_DEL_NTF,

	__XSRTP_CMD_MAX,
	XSRTP_CMD_MAX = __XSRTP_CMD_MAX - 1,
};

enum xsrtp_action {
	XSRTP_ACTION_FORWARD,		/* send on from source to destination */
	XSRTP_ACTION_DELIVER,		/* up the local stack, to the local socket */
};

/* One direction of media through this host. */
enum {
	XSRTP_A_FLOW_UNSPEC,
	XSRTP_A_FLOW_ID,		/* u32, given by the kernel */
	XSRTP_A_FLOW_LOCAL,		/* nest XSRTP_A_ENDPOINT: where media arrives */
	XSRTP_A_FLOW_REMOTE,		/* nest XSRTP_A_ENDPOINT: only from there */
	XSRTP_A_FLOW_ACTION,		/* u32, enum xsrtp_action */
	XSRTP_A_FLOW_SOURCE,		/* nest XSRTP_A_ENDPOINT: forwarded from */
	XSRTP_A_FLOW_DESTINATION,	/* nest XSRTP_A_ENDPOINT: forwarded to */
	XSRTP_A_FLOW_RX,		/* nest XSRTP_A_SESSION: unprotect what arrives */
	XSRTP_A_FLOW_TX,		/* nest XSRTP_A_SESSION: protect what leaves */
	XSRTP_A_FLOW_STATS,		/* nest XSRTP_A_STATS */

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
	XSRTP_A_SESSION_STREAM,		/* nest XSRTP_A_STREAM, repeated, read only */

	__XSRTP_A_SESSION_MAX,
	XSRTP_A_SESSION_MAX = __XSRTP_A_SESSION_MAX - 1,
};

/* A master key. Goes in, never comes out. */
enum {
	XSRTP_A_KEY_UNSPEC,
	XSRTP_A_KEY_MASTER_KEY,		/* binary, length by suite */
	XSRTP_A_KEY_MASTER_SALT,	/* binary, length by suite */
	XSRTP_A_KEY_MKI,		/* binary, 1 to 128 bytes */

	__XSRTP_A_KEY_MAX,
	XSRTP_A_KEY_MAX = __XSRTP_A_KEY_MAX - 1,
};

/* State of one SSRC. */
enum {
	XSRTP_A_STREAM_UNSPEC,
	XSRTP_A_STREAM_SSRC,		/* u32, host byte order */
	XSRTP_A_STREAM_ROC,		/* u32 */
	XSRTP_A_STREAM_SEQ,		/* u32, highest sequence number, 16 bits */

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
