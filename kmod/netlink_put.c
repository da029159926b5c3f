// SPDX-License-Identifier: GPL-2.0
/*
 * What the netlink family tells: a flow as a message, in answers, dumps and
 * notifications. Of a key it says what may be known, never the key.
 */
#include <linux/string.h>

#include "netlink.h"

#define ENDPOINT_SIZE	(nla_total_size(0) + nla_total_size(16) + nla_total_size(2))
#define STREAM_SIZE	(nla_total_size(0) + 4 * nla_total_size(4))
#define SLOT_SIZE	(nla_total_size(0) + 2 * nla_total_size(4) + nla_total_size_64bit(8) + \
			 nla_total_size(XSRTP_MKI_MAX))
#define DROP_SIZE	(nla_total_size(0) + nla_total_size(4) + nla_total_size_64bit(8))

static size_t session_size(const struct xsrtp_keyring *ring)
{
	if (!ring->session)
		return 0;
	return nla_total_size(0) + 7 * nla_total_size(4) + nla_total_size(1) +
	       nla_total_size(sizeof(ring->cfg.ext_ids)) + 2 * SLOT_SIZE +
	       2 * max_t(size_t, ring->cfg.streams, 1) * STREAM_SIZE;
}

/* The bytes that a flow takes in a message, at most. */
size_t xsrtp_put_flow_size(const struct xsrtp_flow *flow)
{
	return NLMSG_HDRLEN + GENL_HDRLEN + 8 * nla_total_size(4) + 5 * ENDPOINT_SIZE +
	       session_size(&flow->state->rx) + session_size(&flow->state->tx) +
	       nla_total_size(0) + 5 * nla_total_size_64bit(8) + XSRTP_REASON_MAX * DROP_SIZE;
}

static int put_endpoint(struct sk_buff *skb, int type, u8 af, const union xsrtp_addr *addr,
			__be16 port)
{
	struct nlattr *nest;

	if (!af)
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest ||
	    nla_put(skb, XSRTP_A_ENDPOINT_ADDRESS, af == AF_INET ? 4 : 16, addr) ||
	    nla_put_be16(skb, XSRTP_A_ENDPOINT_PORT, port))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* How far an SSRC has come in SRTP, in SRTCP, or in both. */
static int put_stream(struct sk_buff *skb, const struct xsrtp_session *session, u32 ssrc)
{
	struct nlattr *nest = nla_nest_start(skb, XSRTP_A_SESSION_STREAM);
	u64 index;

	if (!nest || nla_put_u32(skb, XSRTP_A_STREAM_SSRC, ssrc))
		return -EMSGSIZE;
	if (xsrtp_stream_index(session, ssrc, false, &index) &&
	    (nla_put_u32(skb, XSRTP_A_STREAM_ROC, index >> 16) ||
	     nla_put_u32(skb, XSRTP_A_STREAM_SEQ, index & 0xffff)))
		return -EMSGSIZE;
	if (xsrtp_stream_index(session, ssrc, true, &index) &&
	    nla_put_u32(skb, XSRTP_A_STREAM_RTCP_INDEX, index))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_slot(struct sk_buff *skb, const struct xsrtp_keyring *ring, int slot, u32 which)
{
	struct xsrtp_key_state key;
	struct nlattr *nest;

	if (slot < 0 || !xsrtp_key_get(ring->session, slot, &key))
		return 0;
	nest = nla_nest_start(skb, XSRTP_A_SESSION_SLOT);
	if (!nest || nla_put_u32(skb, XSRTP_A_SLOT_WHICH, which) ||
	    (key.mki_len && nla_put(skb, XSRTP_A_SLOT_MKI, key.mki_len, key.mki)) ||
	    nla_put_u64_64bit(skb, XSRTP_A_SLOT_LEFT, key.left, XSRTP_A_SLOT_PAD) ||
	    (key.kdr && nla_put_u32(skb, XSRTP_A_SLOT_RATE, key.kdr)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_streams(struct sk_buff *skb, const struct xsrtp_session *session)
{
	struct xsrtp_stream_state state;
	unsigned int i;
	u64 index;

	for (i = 0; xsrtp_stream_get(session, i, &state); i++) {
		if (put_stream(skb, session, state.ssrc))
			return -EMSGSIZE;
	}
	for (i = 0; xsrtp_stream_get_rtcp(session, i, &state); i++) {
		if (!xsrtp_stream_index(session, state.ssrc, false, &index) &&
		    put_stream(skb, session, state.ssrc))
			return -EMSGSIZE;
	}
	return 0;
}

/* What few sessions ask for: only where it was. */
static int put_rules(struct sk_buff *skb, const struct xsrtp_session_config *cfg)
{
	if ((cfg->flags && nla_put_u32(skb, XSRTP_A_SESSION_FLAGS, cfg->flags)) ||
	    (cfg->roc && nla_put_u32(skb, XSRTP_A_SESSION_ROC_POLICY, cfg->roc)) ||
	    (cfg->rcc_rate && nla_put_u32(skb, XSRTP_A_SESSION_ROC_RATE, cfg->rcc_rate)) ||
	    (memchr_inv(cfg->ext_ids, 0, sizeof(cfg->ext_ids)) &&
	     nla_put(skb, XSRTP_A_SESSION_EXT_IDS, sizeof(cfg->ext_ids), cfg->ext_ids)))
		return -EMSGSIZE;
	return 0;
}

static int put_session(struct sk_buff *skb, int type, const struct xsrtp_keyring *ring,
		       u32 events)
{
	const struct xsrtp_session_config *cfg = &ring->cfg;
	struct nlattr *nest;

	if (!ring->session)
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest ||
	    nla_put_u32(skb, XSRTP_A_SESSION_SUITE, cfg->suite) ||
	    nla_put_u32(skb, XSRTP_A_SESSION_WINDOW, cfg->window ?: XSRTP_WINDOW_MIN) ||
	    nla_put_u32(skb, XSRTP_A_SESSION_MAX_STREAMS, cfg->streams ?: 1) ||
	    nla_put_u8(skb, XSRTP_A_SESSION_HAS_KEY, xsrtp_keyring_has_key(ring)) ||
	    put_rules(skb, cfg) ||
	    put_slot(skb, ring, xsrtp_key_used(ring->session), XSRTP_KEY_SLOT_FIRST) ||
	    put_slot(skb, ring, xsrtp_keyring_second(ring), XSRTP_KEY_SLOT_SECOND) ||
	    (events && nla_put_u32(skb, XSRTP_A_SESSION_EVENTS, events)) ||
	    put_streams(skb, ring->session))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_drop(struct sk_buff *skb, unsigned int reason, u64 packets)
{
	struct nlattr *nest = nla_nest_start(skb, XSRTP_A_STATS_DROP);

	if (!nest ||
	    nla_put_u32(skb, XSRTP_A_DROP_REASON, reason) ||
	    nla_put_u64_64bit(skb, XSRTP_A_DROP_PACKETS, packets, XSRTP_A_DROP_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int xsrtp_put_totals(struct sk_buff *skb, const struct xsrtp_totals *sum)
{
	unsigned int i;

	if (nla_put_u64_64bit(skb, XSRTP_A_STATS_RX_PACKETS, sum->rx_packets, XSRTP_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, XSRTP_A_STATS_RX_BYTES, sum->rx_bytes, XSRTP_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, XSRTP_A_STATS_TX_PACKETS, sum->tx_packets, XSRTP_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, XSRTP_A_STATS_TX_BYTES, sum->tx_bytes, XSRTP_A_STATS_PAD))
		return -EMSGSIZE;
	for (i = 1; i < XSRTP_REASON_MAX; i++) {
		if (sum->drop[i] && put_drop(skb, i, sum->drop[i]))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_flow_stats(struct sk_buff *skb, const struct xsrtp_flow *flow)
{
	struct nlattr *nest = nla_nest_start(skb, XSRTP_A_FLOW_STATS);
	struct xsrtp_totals sum;

	xsrtp_counters_sum(&flow->state->counters, &sum);
	if (!nest || xsrtp_put_totals(skb, &sum))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

#define EVENTS_OF_FLOW	(XSRTP_EVENTS_FAR_END | XSRTP_EVENTS_NOT_LEARNED)

static int put_learn(struct sk_buff *skb, const struct xsrtp_flow *flow)
{
	const struct xsrtp_learner *l = flow->state->learn;
	struct xsrtp_endpoint far;

	if (flow->learn == XSRTP_LEARN_NEVER)
		return 0;
	xsrtp_learn_get(l, &far);
	if (nla_put_u32(skb, XSRTP_A_FLOW_LEARN, flow->learn) ||
	    (!l->by_tag && nla_put_u32(skb, XSRTP_A_FLOW_LEARN_WINDOW, l->window)) ||
	    put_endpoint(skb, XSRTP_A_FLOW_LEARNED, far.family, &far.addr, far.port))
		return -EMSGSIZE;
	return 0;
}

static int put_flow_events(struct sk_buff *skb, const struct xsrtp_flow *flow, u32 rx, u32 tx)
{
	const struct xsrtp_flow_state *state = flow->state;
	/* Who sends keeps his addresses: they are said already. */
	u8 out_family = flow->action == XSRTP_ACTION_SEND ? 0 : flow->out_family;

	if (nla_put_u32(skb, XSRTP_A_FLOW_ID, flow->id) ||
	    nla_put_u32(skb, XSRTP_A_FLOW_ACTION, flow->action) ||
	    (flow->only && nla_put_u32(skb, XSRTP_A_FLOW_ONLY, flow->only)) ||
	    (flow->of && nla_put_u32(skb, XSRTP_A_FLOW_OF, flow->of)) ||
	    (flow->cookie && nla_put_u64_64bit(skb, XSRTP_A_FLOW_COOKIE, flow->cookie,
					       XSRTP_A_FLOW_PAD)) ||
	    put_endpoint(skb, XSRTP_A_FLOW_LOCAL, flow->family, &flow->local,
			 flow->local_port) ||
	    put_endpoint(skb, XSRTP_A_FLOW_REMOTE, xsrtp_flow_remote_family(flow), &flow->remote,
			 flow->remote_port) ||
	    put_learn(skb, flow) ||
	    (rx & EVENTS_OF_FLOW && nla_put_u32(skb, XSRTP_A_FLOW_EVENTS, rx & EVENTS_OF_FLOW)) ||
	    put_endpoint(skb, XSRTP_A_FLOW_SOURCE, out_family, &flow->source,
			 flow->source_port) ||
	    put_endpoint(skb, XSRTP_A_FLOW_DESTINATION, out_family ? flow->configured.family : 0,
			 &flow->configured.addr, flow->configured.port) ||
	    (flow->follow && nla_put_u32(skb, XSRTP_A_FLOW_FOLLOW, flow->follow)) ||
	    put_session(skb, XSRTP_A_FLOW_RX, &state->rx, rx & ~EVENTS_OF_FLOW) ||
	    put_session(skb, XSRTP_A_FLOW_TX, &state->tx, tx) ||
	    put_flow_stats(skb, flow))
		return -EMSGSIZE;
	return 0;
}

int xsrtp_put_flow(struct sk_buff *skb, const struct xsrtp_flow *flow)
{
	return put_flow_events(skb, flow, 0, 0);
}

static struct sk_buff *message(const struct xsrtp_flow *flow, u32 portid, u32 seq, u8 cmd,
			       u32 rx, u32 tx)
{
	struct sk_buff *skb = nlmsg_new(xsrtp_put_flow_size(flow), GFP_KERNEL);
	void *hdr;

	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, portid, seq, &xsrtp_netlink_family, 0, cmd);
	if (WARN_ON_ONCE(!hdr || put_flow_events(skb, flow, rx, tx))) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/* A message with the whole flow. Mutex held. */
struct sk_buff *xsrtp_flow_message(const struct xsrtp_flow *flow, u32 portid, u32 seq, u8 cmd)
{
	return message(flow, portid, seq, cmd, 0, 0);
}

/* --- notifications ------------------------------------------------------------ */

static struct sk_buff *prepare(struct xsrtp_net *xn, const struct xsrtp_flow *flow, u8 cmd,
			       u32 rx, u32 tx)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&xsrtp_netlink_family, xn->net, XSRTP_GROUP_FLOWS))
		return NULL;
	skb = message(flow, 0, 0, cmd, rx, tx);
	if (!skb)
		genl_set_err(&xsrtp_netlink_family, xn->net, 0, XSRTP_GROUP_FLOWS, -ENOBUFS);
	return skb;
}

/* A notification, if anybody listens, for xsrtp_notify_send(). */
struct sk_buff *xsrtp_notify_prepare(struct xsrtp_net *xn, const struct xsrtp_flow *flow,
				     u8 cmd)
{
	return prepare(xn, flow, cmd, 0, 0);
}

void xsrtp_notify_send(struct xsrtp_net *xn, struct sk_buff *skb)
{
	if (skb)
		genlmsg_multicast_netns(&xsrtp_netlink_family, xn->net, skb, 0,
					XSRTP_GROUP_FLOWS, GFP_KERNEL);
}

/* Tells who listens. The change is made: a lost message is no reason to fail. */
void xsrtp_notify(struct xsrtp_net *xn, const struct xsrtp_flow *flow, u8 cmd)
{
	xsrtp_notify_send(xn, xsrtp_notify_prepare(xn, flow, cmd));
}

void xsrtp_netlink_event(struct xsrtp_net *xn, const struct xsrtp_flow *flow, u32 rx, u32 tx)
{
	xsrtp_notify_send(xn, prepare(xn, flow, XSRTP_CMD_EVENT_NTF, rx, tx));
}
