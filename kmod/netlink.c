// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink family "xsrtp": how userspace sees and changes the flows of
 * its network namespace. Specification: Documentation/netlink/specs/xsrtp.yaml.
 *
 * Every command first validates and builds all it needs and only then changes
 * anything, so a refused message leaves no trace. Every refusal says why, and
 * names the attribute. Changes hold the namespace's mutex; gets only RCU. Keys
 * are read once, from the message, and overwritten there.
 */
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include <linux/xsrtp.h>

#include "compat.h"
#include "engine.h"
#include "flow.h"
#include "netlink.h"

static struct genl_family family;

enum { GROUP_FLOWS };

static const struct genl_multicast_group groups[] = {
	[GROUP_FLOWS] = { .name = XSRTP_MCGRP_FLOWS },
};

/* Says why, and which attribute. */
#define refuse(extack, attr, msg)					\
({									\
	NL_SET_ERR_MSG_ATTR(extack, attr, msg);				\
	-EINVAL;							\
})

/* --- policies ----------------------------------------------------------------- */

static const struct nla_policy endpoint_policy[XSRTP_A_ENDPOINT_MAX + 1] = {
	[XSRTP_A_ENDPOINT_ADDRESS] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[XSRTP_A_ENDPOINT_PORT] = { .type = NLA_BE16 },
};

static const struct nla_policy key_policy[XSRTP_A_KEY_MAX + 1] = {
	[XSRTP_A_KEY_MASTER_KEY] = NLA_POLICY_RANGE(NLA_BINARY, 1, XSRTP_KEY_MAX),
	[XSRTP_A_KEY_MASTER_SALT] = NLA_POLICY_RANGE(NLA_BINARY, 1, XSRTP_SALT_MAX),
	[XSRTP_A_KEY_MKI] = NLA_POLICY_RANGE(NLA_BINARY, 1, XSRTP_MKI_MAX),
};

/* Too wide for NLA_POLICY_RANGE, whose limits are 16 bits with a sign. */
static const struct netlink_range_validation window_range = {
	.min = XSRTP_WINDOW_MIN,
	.max = XSRTP_WINDOW_MAX,
};

static const struct nla_policy session_policy[XSRTP_A_SESSION_MAX + 1] = {
	[XSRTP_A_SESSION_SUITE] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_WINDOW] = NLA_POLICY_FULL_RANGE(NLA_U32, &window_range),
	[XSRTP_A_SESSION_MAX_STREAMS] = NLA_POLICY_RANGE(NLA_U32, 1, XSRTP_STREAMS_MAX),
	[XSRTP_A_SESSION_KEY] = NLA_POLICY_NESTED(key_policy),
	[XSRTP_A_SESSION_HAS_KEY] = { .type = NLA_REJECT },
	[XSRTP_A_SESSION_STREAM] = { .type = NLA_REJECT },
};

/* The endpoint that a get, a delete or a change of keys may name a flow by. */
#define NAME_POLICY							\
	[XSRTP_A_FLOW_ID] = NLA_POLICY_MIN(NLA_U32, 1),			\
	[XSRTP_A_FLOW_LOCAL] = NLA_POLICY_NESTED(endpoint_policy)

static const struct nla_policy name_policy[XSRTP_A_FLOW_LOCAL + 1] = { NAME_POLICY };

static const struct nla_policy new_policy[XSRTP_A_FLOW_TX + 1] = {
	[XSRTP_A_FLOW_ID] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_LOCAL] = NLA_POLICY_NESTED(endpoint_policy),
	[XSRTP_A_FLOW_REMOTE] = NLA_POLICY_NESTED(endpoint_policy),
	[XSRTP_A_FLOW_ACTION] = NLA_POLICY_MAX(NLA_U32, XSRTP_ACTION_DELIVER),
	[XSRTP_A_FLOW_SOURCE] = NLA_POLICY_NESTED(endpoint_policy),
	[XSRTP_A_FLOW_DESTINATION] = NLA_POLICY_NESTED(endpoint_policy),
	[XSRTP_A_FLOW_RX] = NLA_POLICY_NESTED(session_policy),
	[XSRTP_A_FLOW_TX] = NLA_POLICY_NESTED(session_policy),
};

static const struct nla_policy set_policy[XSRTP_A_FLOW_DESTINATION + 1] = {
	NAME_POLICY,
	[XSRTP_A_FLOW_REMOTE] = NLA_POLICY_NESTED(endpoint_policy),
	[XSRTP_A_FLOW_ACTION] = NLA_POLICY_MAX(NLA_U32, XSRTP_ACTION_DELIVER),
	[XSRTP_A_FLOW_SOURCE] = NLA_POLICY_NESTED(endpoint_policy),
	[XSRTP_A_FLOW_DESTINATION] = NLA_POLICY_NESTED(endpoint_policy),
};

static const struct nla_policy keys_policy[XSRTP_A_FLOW_TX + 1] = {
	NAME_POLICY,
	[XSRTP_A_FLOW_REMOTE] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_ACTION] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_SOURCE] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_DESTINATION] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_RX] = NLA_POLICY_NESTED(session_policy),
	[XSRTP_A_FLOW_TX] = NLA_POLICY_NESTED(session_policy),
};

/* Takes none. */
static const struct nla_policy stats_policy[2] = {
	[1] = { .type = NLA_REJECT },
};

/* --- endpoints ---------------------------------------------------------------- */

static bool ip4_unicast(__be32 ip)
{
	return !ipv4_is_multicast(ip) && !ipv4_is_lbcast(ip) && !ipv4_is_zeronet(ip);
}

static bool ip6_unicast(const struct in6_addr *ip)
{
	return !ipv6_addr_any(ip) && !ipv6_addr_is_multicast(ip) && !ipv6_addr_v4mapped(ip);
}

/* Reads the nest @attr. On failure the extack names what is wrong in it. */
static int endpoint_parse(struct nlattr *attr, struct xsrtp_endpoint *ep,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_ENDPOINT_MAX + 1], *addr;
	bool unicast;
	int err;

	err = nla_parse_nested(tb, XSRTP_A_ENDPOINT_MAX, attr, endpoint_policy, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_ENDPOINT_ADDRESS) ||
	    NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_ENDPOINT_PORT)) {
		NL_SET_ERR_MSG(extack, "an endpoint is an address and a port");
		return -EINVAL;
	}

	addr = tb[XSRTP_A_ENDPOINT_ADDRESS];
	*ep = (struct xsrtp_endpoint) {};
	switch (nla_len(addr)) {
	case sizeof(struct in_addr):
		ep->family = AF_INET;
		ep->addr.ip = nla_get_in_addr(addr);
		unicast = ip4_unicast(ep->addr.ip);
		break;
	case sizeof(struct in6_addr):
		ep->family = AF_INET6;
		ep->addr.ip6 = nla_get_in6_addr(addr);
		unicast = ip6_unicast(&ep->addr.ip6);
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, addr, "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	if (!unicast) {
		NL_SET_ERR_MSG_ATTR(extack, addr, "not a unicast address");
		return -EINVAL;
	}
	ep->port = nla_get_be16(tb[XSRTP_A_ENDPOINT_PORT]);
	if (!ep->port) {
		NL_SET_ERR_MSG_ATTR(extack, tb[XSRTP_A_ENDPOINT_PORT], "port 0");
		return -EINVAL;
	}
	return 0;
}

/* One that media is sent with: scoped addresses would need an interface too. */
static int endpoint_parse_out(struct nlattr *attr, struct xsrtp_endpoint *ep,
			      struct netlink_ext_ack *extack)
{
	int err = endpoint_parse(attr, ep, extack);

	if (err)
		return err;
	if (ep->family == AF_INET6 && ipv6_addr_type(&ep->addr.ip6) & IPV6_ADDR_LINKLOCAL) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a link-local address cannot be routed");
		return -EINVAL;
	}
	return 0;
}

/* --- settings of a flow ------------------------------------------------------- */

/* Overlays @cfg with what the message gives. An empty remote: from anywhere. */
static int config_parse(struct nlattr **attrs, struct xsrtp_flow_config *cfg,
			struct netlink_ext_ack *extack)
{
	int err = 0;

	if (attrs[XSRTP_A_FLOW_REMOTE]) {
		if (nla_len(attrs[XSRTP_A_FLOW_REMOTE]))
			err = endpoint_parse(attrs[XSRTP_A_FLOW_REMOTE], &cfg->remote, extack);
		else
			cfg->remote = (struct xsrtp_endpoint) {};
	}
	if (!err && attrs[XSRTP_A_FLOW_SOURCE])
		err = endpoint_parse_out(attrs[XSRTP_A_FLOW_SOURCE], &cfg->source, extack);
	if (!err && attrs[XSRTP_A_FLOW_DESTINATION])
		err = endpoint_parse_out(attrs[XSRTP_A_FLOW_DESTINATION], &cfg->destination,
					 extack);
	return err;
}

static int forward_check(struct genl_info *info, const struct xsrtp_flow_config *cfg)
{
	struct nlattr **attrs = info->attrs;

	if (!cfg->source.family) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_SOURCE);
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "forward needs a source");
	}
	if (!cfg->destination.family) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_DESTINATION);
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "forward needs a destination");
	}
	if (cfg->source.family != cfg->destination.family)
		return refuse(info->extack, attrs[XSRTP_A_FLOW_DESTINATION] ?:
			      attrs[XSRTP_A_FLOW_SOURCE],
			      "source and destination are of different address families");
	return 0;
}

static int deliver_check(struct genl_info *info, struct xsrtp_flow_config *cfg, bool has_tx)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[XSRTP_A_FLOW_SOURCE])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_SOURCE],
			      "deliver takes no source");
	if (attrs[XSRTP_A_FLOW_DESTINATION])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_DESTINATION],
			      "deliver takes no destination");
	if (has_tx)
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "deliver protects nothing: the flow must not have tx");
	cfg->source = (struct xsrtp_endpoint) {};
	cfg->destination = (struct xsrtp_endpoint) {};
	return 0;
}

/* Do the settings, as they would be, make sense together? */
static int config_check(struct genl_info *info, struct xsrtp_flow_config *cfg, bool has_tx)
{
	if (cfg->remote.family && cfg->remote.family != cfg->local.family)
		return refuse(info->extack, info->attrs[XSRTP_A_FLOW_REMOTE],
			      "remote and local are of different address families");
	if (cfg->action == XSRTP_ACTION_FORWARD)
		return forward_check(info, cfg);
	return deliver_check(info, cfg, has_tx);
}

/* --- sessions and keys -------------------------------------------------------- */

struct session_args {
	struct xsrtp_session_config cfg;
	struct xsrtp_key_config key;	/* points into the message; key NULL: none */
};

static int key_parse(struct nlattr *attr, const struct xsrtp_suite_info *suite,
		     struct xsrtp_key_config *key, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_KEY_MAX + 1];
	int err;

	err = nla_parse_nested(tb, XSRTP_A_KEY_MAX, attr, key_policy, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_KEY_MASTER_KEY) ||
	    NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_KEY_MASTER_SALT)) {
		NL_SET_ERR_MSG(extack, "a key is a master key and a master salt");
		return -EINVAL;
	}
	if (nla_len(tb[XSRTP_A_KEY_MASTER_KEY]) != suite->key_len)
		return refuse(extack, tb[XSRTP_A_KEY_MASTER_KEY],
			      "not the length of the suite's master key");
	if (nla_len(tb[XSRTP_A_KEY_MASTER_SALT]) != suite->salt_len)
		return refuse(extack, tb[XSRTP_A_KEY_MASTER_SALT],
			      "not the length of the suite's master salt");

	key->key = nla_data(tb[XSRTP_A_KEY_MASTER_KEY]);
	key->salt = nla_data(tb[XSRTP_A_KEY_MASTER_SALT]);
	if (tb[XSRTP_A_KEY_MKI]) {
		key->mki = nla_data(tb[XSRTP_A_KEY_MKI]);
		key->mki_len = nla_len(tb[XSRTP_A_KEY_MKI]);
	}
	return 0;
}

/* A session of a new flow. */
static int session_parse(struct nlattr *attr, struct session_args *args,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_SESSION_MAX + 1];
	const struct xsrtp_suite_info *suite;
	int err;

	err = nla_parse_nested(tb, XSRTP_A_SESSION_MAX, attr, session_policy, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_SESSION_SUITE)) {
		NL_SET_ERR_MSG(extack, "a session needs a suite");
		return -EINVAL;
	}
	suite = xsrtp_suite_info(nla_get_u32(tb[XSRTP_A_SESSION_SUITE]));
	if (!suite)
		return refuse(extack, tb[XSRTP_A_SESSION_SUITE], "no such suite");
	args->cfg.suite = suite->suite;
	if (tb[XSRTP_A_SESSION_WINDOW])
		args->cfg.window = nla_get_u32(tb[XSRTP_A_SESSION_WINDOW]);
	if (!is_power_of_2(args->cfg.window ?: XSRTP_WINDOW_MIN))
		return refuse(extack, tb[XSRTP_A_SESSION_WINDOW],
			      "the replay window is not a power of two");
	if (tb[XSRTP_A_SESSION_MAX_STREAMS])
		args->cfg.streams = nla_get_u32(tb[XSRTP_A_SESSION_MAX_STREAMS]);
	if (!xsrtp_session_size(&args->cfg))
		return refuse(extack, attr, "no session can be made like this");
	if (tb[XSRTP_A_SESSION_KEY])
		return key_parse(tb[XSRTP_A_SESSION_KEY], suite, &args->key, extack);
	return 0;
}

/* Overwrites the keys in a session nest of a message that has been handled. */
static void session_wipe(struct nlattr *session)
{
	struct nlattr *key, *attr;
	int rem, rem2;

	if (!session)
		return;
	nla_for_each_nested(key, session, rem) {
		if (nla_type(key) != XSRTP_A_SESSION_KEY)
			continue;
		nla_for_each_nested(attr, key, rem2) {
			if (nla_type(attr) != XSRTP_A_KEY_MKI)
				memzero_explicit(nla_data(attr), nla_len(attr));
		}
	}
}

static void message_wipe(struct genl_info *info)
{
	session_wipe(info->attrs[XSRTP_A_FLOW_RX]);
	session_wipe(info->attrs[XSRTP_A_FLOW_TX]);
}

/* --- answers ------------------------------------------------------------------ */

#define ENDPOINT_SIZE	(nla_total_size(0) + nla_total_size(16) + nla_total_size(2))
#define STREAM_SIZE	(nla_total_size(0) + 3 * nla_total_size(4))
#define DROP_SIZE	(nla_total_size(0) + nla_total_size(4) + nla_total_size_64bit(8))

static size_t session_size(const struct xsrtp_keyring *ring)
{
	if (!ring->session)
		return 0;
	return nla_total_size(0) + 3 * nla_total_size(4) + nla_total_size(1) +
	       max_t(size_t, ring->cfg.streams, 1) * STREAM_SIZE;
}

/* The bytes that a flow takes in a message, at most. */
static size_t flow_size(const struct xsrtp_flow *flow)
{
	return NLMSG_HDRLEN + GENL_HDRLEN + 2 * nla_total_size(4) + 4 * ENDPOINT_SIZE +
	       session_size(&flow->state->rx) + session_size(&flow->state->tx) +
	       nla_total_size(0) + 4 * nla_total_size_64bit(8) + XSRTP_REASON_MAX * DROP_SIZE;
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

static int put_stream(struct sk_buff *skb, const struct xsrtp_stream_state *state)
{
	struct nlattr *nest = nla_nest_start(skb, XSRTP_A_SESSION_STREAM);

	if (!nest ||
	    nla_put_u32(skb, XSRTP_A_STREAM_SSRC, state->ssrc) ||
	    nla_put_u32(skb, XSRTP_A_STREAM_ROC, state->index >> 16) ||
	    nla_put_u32(skb, XSRTP_A_STREAM_SEQ, state->index & 0xffff))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_session(struct sk_buff *skb, int type, const struct xsrtp_keyring *ring)
{
	struct xsrtp_stream_state state;
	struct nlattr *nest;
	unsigned int i;

	if (!ring->session)
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest ||
	    nla_put_u32(skb, XSRTP_A_SESSION_SUITE, ring->cfg.suite) ||
	    nla_put_u32(skb, XSRTP_A_SESSION_WINDOW, ring->cfg.window ?: XSRTP_WINDOW_MIN) ||
	    nla_put_u32(skb, XSRTP_A_SESSION_MAX_STREAMS, ring->cfg.streams ?: 1) ||
	    nla_put_u8(skb, XSRTP_A_SESSION_HAS_KEY, xsrtp_keyring_has_key(ring)))
		return -EMSGSIZE;
	for (i = 0; xsrtp_stream_get(ring->session, i, &state); i++) {
		if (put_stream(skb, &state))
			return -EMSGSIZE;
	}
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

static int put_totals(struct sk_buff *skb, const struct xsrtp_totals *sum)
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
	if (!nest || put_totals(skb, &sum))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_flow(struct sk_buff *skb, const struct xsrtp_flow *flow)
{
	const struct xsrtp_flow_state *state = flow->state;

	if (nla_put_u32(skb, XSRTP_A_FLOW_ID, flow->id) ||
	    nla_put_u32(skb, XSRTP_A_FLOW_ACTION, flow->action) ||
	    put_endpoint(skb, XSRTP_A_FLOW_LOCAL, flow->family, &flow->local,
			 flow->local_port) ||
	    put_endpoint(skb, XSRTP_A_FLOW_REMOTE, flow->remote_family, &flow->remote,
			 flow->remote_port) ||
	    put_endpoint(skb, XSRTP_A_FLOW_SOURCE, flow->out_family, &flow->source,
			 flow->source_port) ||
	    put_endpoint(skb, XSRTP_A_FLOW_DESTINATION, flow->out_family, &flow->destination,
			 flow->destination_port) ||
	    put_session(skb, XSRTP_A_FLOW_RX, &state->rx) ||
	    put_session(skb, XSRTP_A_FLOW_TX, &state->tx) ||
	    put_flow_stats(skb, flow))
		return -EMSGSIZE;
	return 0;
}

/* A message with the whole flow. Under RCU or the mutex. */
static struct sk_buff *flow_message(const struct xsrtp_flow *flow, u32 portid, u32 seq, u8 cmd,
				    gfp_t gfp)
{
	struct sk_buff *skb = nlmsg_new(flow_size(flow), gfp);
	void *hdr;

	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, portid, seq, &family, 0, cmd);
	if (WARN_ON_ONCE(!hdr || put_flow(skb, flow))) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/* A notification, if anybody listens. */
static struct sk_buff *ntf_new(struct xsrtp_net *xn, const struct xsrtp_flow *flow, u8 cmd)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&family, xn->net, GROUP_FLOWS))
		return NULL;
	skb = flow_message(flow, 0, 0, cmd, GFP_KERNEL);
	if (!skb)
		genl_set_err(&family, xn->net, 0, GROUP_FLOWS, -ENOBUFS);
	return skb;
}

static void ntf_send(struct xsrtp_net *xn, struct sk_buff *skb)
{
	if (skb)
		genlmsg_multicast_netns(&family, xn->net, skb, 0, GROUP_FLOWS, GFP_KERNEL);
}

/* Tells who listens. The change is made: a lost message is no reason to fail. */
static void notify(struct xsrtp_net *xn, const struct xsrtp_flow *flow, u8 cmd)
{
	ntf_send(xn, ntf_new(xn, flow, cmd));
}

/* --- naming a flow ------------------------------------------------------------ */

struct flow_name {
	u32 id;				/* 0: by local endpoint */
	struct xsrtp_endpoint local;
};

static int name_parse(struct genl_info *info, struct flow_name *name)
{
	struct nlattr *id = info->attrs[XSRTP_A_FLOW_ID];
	struct nlattr *local = info->attrs[XSRTP_A_FLOW_LOCAL];

	if (id && local)
		return refuse(info->extack, local, "either id or local, not both");
	if (id) {
		name->id = nla_get_u32(id);
		return 0;
	}
	if (local) {
		name->id = 0;
		return endpoint_parse(local, &name->local, info->extack);
	}
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_ID);
	NL_SET_ERR_MSG(info->extack, "which flow? id or local is needed");
	return -EINVAL;
}

static struct xsrtp_flow *name_find(struct genl_info *info, struct xsrtp_net *xn,
				    const struct flow_name *name)
{
	struct xsrtp_flow *flow;

	if (name->id)
		flow = xsrtp_flow_get(xn, name->id);
	else
		flow = xsrtp_flow_find(xn, &name->local);
	if (!flow)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[XSRTP_A_FLOW_ID] ?:
				    info->attrs[XSRTP_A_FLOW_LOCAL], "no such flow");
	return flow;
}

/* --- commands ----------------------------------------------------------------- */

static int flow_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct flow_name name;
	struct xsrtp_flow *flow;
	struct sk_buff *msg;
	int err;

	err = name_parse(info, &name);
	if (err)
		return err;
	mutex_lock(&xn->lock);
	flow = name_find(info, xn, &name);
	msg = flow ? flow_message(flow, info->snd_portid, info->snd_seq, XSRTP_CMD_FLOW_GET,
				  GFP_KERNEL) : NULL;
	mutex_unlock(&xn->lock);
	if (!flow)
		return -ENOENT;
	return msg ? genlmsg_reply(msg, info) : -ENOMEM;
}

static int flow_get_start(struct netlink_callback *cb)
{
	struct xsrtp_net *xn = xsrtp_net(sock_net(cb->skb->sk));
	struct nlattr **attrs = compat_dump_attrs(cb);
	int i;

	for (i = 1; attrs && i <= XSRTP_A_FLOW_LOCAL; i++) {
		if (attrs[i])
			return refuse(cb->extack, attrs[i], "a dump is of all flows");
	}
	/* A flow must fit into an empty buffer, else the dump would stop there. */
	cb->min_dump_alloc = READ_ONCE(xn->fill_size);
	return 0;
}

/* Resumes by id: flows that come or go meanwhile disturb no other. */
static int flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct xsrtp_net *xn = xsrtp_net(sock_net(skb->sk));
	struct xsrtp_flow *flow;
	unsigned long id;
	void *hdr;

	rcu_read_lock();
	cb->seq = READ_ONCE(xn->seq) ?: 1;
	xa_for_each_start(&xn->flows, id, flow, cb->args[0]) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				  NLM_F_MULTI, XSRTP_CMD_FLOW_GET);
		if (!hdr)
			break;
		genl_dump_check_consistent(cb, hdr);
		if (put_flow(skb, flow)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	return flow && !skb->len ? -EMSGSIZE : skb->len;
}

/* Sets the keys of a flow that is not published yet. */
static int new_keys(struct xsrtp_flow *flow, struct session_args *rx, struct session_args *tx,
		    struct netlink_ext_ack *extack)
{
	int slot;

	if (rx->key.key) {
		slot = xsrtp_key_prepare(&flow->state->rx, &rx->key, extack);
		if (slot < 0)
			return slot;
		xsrtp_key_switch(NULL, flow, &flow->state->rx, slot);
	}
	if (tx->key.key) {
		slot = xsrtp_key_prepare(&flow->state->tx, &tx->key, extack);
		if (slot < 0)
			return slot;
		xsrtp_key_switch(NULL, flow, &flow->state->tx, slot);
	}
	return 0;
}

static struct xsrtp_flow *new_build(struct genl_info *info)
{
	struct xsrtp_flow_config cfg = { .action = XSRTP_ACTION_FORWARD };
	struct session_args rx = {}, tx = {};
	struct nlattr **attrs = info->attrs;
	struct xsrtp_flow *flow;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, XSRTP_A_FLOW_LOCAL)) {
		NL_SET_ERR_MSG(info->extack, "a flow needs a local address and port");
		return ERR_PTR(-EINVAL);
	}
	if (attrs[XSRTP_A_FLOW_ACTION])
		cfg.action = nla_get_u32(attrs[XSRTP_A_FLOW_ACTION]);
	err = endpoint_parse(attrs[XSRTP_A_FLOW_LOCAL], &cfg.local, info->extack);
	if (!err)
		err = config_parse(attrs, &cfg, info->extack);
	if (!err)
		err = config_check(info, &cfg, attrs[XSRTP_A_FLOW_TX]);
	if (!err && attrs[XSRTP_A_FLOW_RX])
		err = session_parse(attrs[XSRTP_A_FLOW_RX], &rx, info->extack);
	if (!err && attrs[XSRTP_A_FLOW_TX])
		err = session_parse(attrs[XSRTP_A_FLOW_TX], &tx, info->extack);
	if (err)
		return ERR_PTR(err);

	flow = xsrtp_flow_new(&cfg, attrs[XSRTP_A_FLOW_RX] ? &rx.cfg : NULL,
			      attrs[XSRTP_A_FLOW_TX] ? &tx.cfg : NULL);
	if (IS_ERR(flow)) {
		NL_SET_ERR_MSG(info->extack, "no memory for the flow");
		return flow;
	}
	err = new_keys(flow, &rx, &tx, info->extack);
	if (err) {
		xsrtp_flow_free(flow);
		return ERR_PTR(err);
	}
	return flow;
}

static int flow_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct xsrtp_flow *flow = new_build(info);
	struct sk_buff *msg;
	u32 size;
	int err;

	message_wipe(info);
	if (IS_ERR(flow))
		return PTR_ERR(flow);
	/* The answer is made room for before anything is changed. */
	size = flow_size(flow);
	msg = nlmsg_new(size, GFP_KERNEL);
	if (!msg) {
		xsrtp_flow_free(flow);
		return -ENOMEM;
	}

	mutex_lock(&xn->lock);
	err = xsrtp_flow_add(xn, flow, info->extack);
	if (!err) {
		void *hdr = genlmsg_put_reply(msg, info, &family, 0, XSRTP_CMD_FLOW_NEW);

		if (!WARN_ON_ONCE(!hdr || put_flow(msg, flow)))
			genlmsg_end(msg, hdr);
		if (size > xn->fill_size)
			WRITE_ONCE(xn->fill_size, size);
		notify(xn, flow, XSRTP_CMD_FLOW_NEW_NTF);
	}
	mutex_unlock(&xn->lock);

	if (err) {
		nlmsg_free(msg);
		if (err == -EEXIST)
			NL_SET_BAD_ATTR(info->extack, info->attrs[XSRTP_A_FLOW_LOCAL]);
		xsrtp_flow_free(flow);
		return err;
	}
	return genlmsg_reply(msg, info);
}

static int flow_set_locked(struct genl_info *info, struct xsrtp_net *xn,
			   const struct flow_name *name)
{
	struct xsrtp_flow *old = name_find(info, xn, name), *flow;
	struct xsrtp_flow_config cfg;
	int err;

	if (!old)
		return -ENOENT;
	xsrtp_flow_config(old, &cfg);
	if (info->attrs[XSRTP_A_FLOW_ACTION])
		cfg.action = nla_get_u32(info->attrs[XSRTP_A_FLOW_ACTION]);
	err = config_parse(info->attrs, &cfg, info->extack);
	if (!err)
		err = config_check(info, &cfg, old->tx);
	if (err)
		return err;

	/* A flow of its own, with an empty route cache, takes the old one's place. */
	flow = xsrtp_flow_clone(old, &cfg);
	if (IS_ERR(flow))
		return PTR_ERR(flow);
	xsrtp_flow_replace(xn, old, flow);
	notify(xn, flow, XSRTP_CMD_FLOW_SET_NTF);
	return 0;
}

static int flow_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct nlattr **attrs = info->attrs;
	struct flow_name name;
	int err;

	err = name_parse(info, &name);
	if (err)
		return err;
	if (!attrs[XSRTP_A_FLOW_REMOTE] && !attrs[XSRTP_A_FLOW_ACTION] &&
	    !attrs[XSRTP_A_FLOW_SOURCE] && !attrs[XSRTP_A_FLOW_DESTINATION]) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_DESTINATION);
		NL_SET_ERR_MSG(info->extack, "nothing to set");
		return -EINVAL;
	}
	mutex_lock(&xn->lock);
	err = flow_set_locked(info, xn, &name);
	mutex_unlock(&xn->lock);
	return err;
}

static int flow_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct xsrtp_flow *flow;
	struct flow_name name;
	struct sk_buff *ntf;
	int err;

	err = name_parse(info, &name);
	if (err)
		return err;
	mutex_lock(&xn->lock);
	flow = name_find(info, xn, &name);
	if (flow) {
		/* With its last counters, and told when it is gone. */
		ntf = ntf_new(xn, flow, XSRTP_CMD_FLOW_DEL_NTF);
		xsrtp_flow_del(xn, flow);
		ntf_send(xn, ntf);
	}
	mutex_unlock(&xn->lock);
	return flow ? 0 : -ENOENT;
}

/* --- keys ----------------------------------------------------------------------- */

/* The one session nest of KEY_SET, checked against the flow's session. */
static int key_args(struct nlattr *attr, const struct xsrtp_keyring *ring,
		    struct xsrtp_key_config *key, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_SESSION_MAX + 1];
	int err;

	if (!attr)
		return 0;
	if (!ring->session)
		return refuse(extack, attr, "the flow carries plain RTP in this direction");
	err = nla_parse_nested(tb, XSRTP_A_SESSION_MAX, attr, session_policy, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_SESSION_KEY)) {
		NL_SET_ERR_MSG(extack, "the key is missing");
		return -EINVAL;
	}
	if (tb[XSRTP_A_SESSION_SUITE] &&
	    nla_get_u32(tb[XSRTP_A_SESSION_SUITE]) != ring->cfg.suite)
		return refuse(extack, tb[XSRTP_A_SESSION_SUITE],
			      "the suite of a flow cannot be changed");
	if (tb[XSRTP_A_SESSION_WINDOW])
		return refuse(extack, tb[XSRTP_A_SESSION_WINDOW],
			      "the replay window of a flow cannot be changed");
	if (tb[XSRTP_A_SESSION_MAX_STREAMS])
		return refuse(extack, tb[XSRTP_A_SESSION_MAX_STREAMS],
			      "the number of streams of a flow cannot be changed");
	return key_parse(tb[XSRTP_A_SESSION_KEY], xsrtp_suite_info(ring->cfg.suite), key, extack);
}

/* Prepares both directions before it switches either. */
static int key_set_both(struct genl_info *info, struct xsrtp_net *xn, struct xsrtp_flow *flow,
			const struct xsrtp_key_config *rx, const struct xsrtp_key_config *tx)
{
	struct xsrtp_flow_state *state = flow->state;
	int rx_slot = -1, tx_slot = -1;

	if (rx->key) {
		rx_slot = xsrtp_key_prepare(&state->rx, rx, info->extack);
		if (rx_slot < 0) {
			NL_SET_BAD_ATTR(info->extack, info->attrs[XSRTP_A_FLOW_RX]);
			return rx_slot;
		}
	}
	if (tx->key) {
		tx_slot = xsrtp_key_prepare(&state->tx, tx, info->extack);
		if (tx_slot < 0) {
			NL_SET_BAD_ATTR(info->extack, info->attrs[XSRTP_A_FLOW_TX]);
			if (rx->key)
				xsrtp_key_unprepare(&state->rx, rx_slot);
			return tx_slot;
		}
	}
	if (rx->key)
		xsrtp_key_switch(xn, flow, &state->rx, rx_slot);
	if (tx->key)
		xsrtp_key_switch(xn, flow, &state->tx, tx_slot);
	return 0;
}

static int key_set_locked(struct genl_info *info, struct xsrtp_net *xn,
			  const struct flow_name *name)
{
	struct xsrtp_flow *flow = name_find(info, xn, name);
	struct xsrtp_key_config rx = {}, tx = {};
	int err;

	if (!flow)
		return -ENOENT;
	err = key_args(info->attrs[XSRTP_A_FLOW_RX], &flow->state->rx, &rx, info->extack);
	if (!err)
		err = key_args(info->attrs[XSRTP_A_FLOW_TX], &flow->state->tx, &tx,
			       info->extack);
	if (!err)
		err = key_set_both(info, xn, flow, &rx, &tx);
	if (!err)
		notify(xn, flow, XSRTP_CMD_KEY_SET_NTF);
	return err;
}

static int direction_check(struct genl_info *info)
{
	if (info->attrs[XSRTP_A_FLOW_RX] || info->attrs[XSRTP_A_FLOW_TX])
		return 0;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_RX);
	NL_SET_ERR_MSG(info->extack, "which direction? rx or tx is needed");
	return -EINVAL;
}

static int key_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct flow_name name;
	int err;

	err = name_parse(info, &name);
	if (!err)
		err = direction_check(info);
	if (!err) {
		mutex_lock(&xn->lock);
		err = key_set_locked(info, xn, &name);
		mutex_unlock(&xn->lock);
	}
	message_wipe(info);
	return err;
}

static int key_del_check(struct nlattr *attr, const struct xsrtp_keyring *ring,
			 struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	if (nla_len(attr))
		return refuse(extack, attr, "only the direction is named, nothing in it");
	if (!ring->session)
		return refuse(extack, attr, "the flow carries plain RTP in this direction");
	return 0;
}

static int key_del_locked(struct genl_info *info, struct xsrtp_net *xn,
			  const struct flow_name *name)
{
	struct xsrtp_flow *flow = name_find(info, xn, name);
	struct nlattr *rx = info->attrs[XSRTP_A_FLOW_RX];
	struct nlattr *tx = info->attrs[XSRTP_A_FLOW_TX];
	int err;

	if (!flow)
		return -ENOENT;
	err = key_del_check(rx, &flow->state->rx, info->extack);
	if (!err)
		err = key_del_check(tx, &flow->state->tx, info->extack);
	if (err)
		return err;
	if (rx)
		xsrtp_key_switch(xn, flow, &flow->state->rx, -1);
	if (tx)
		xsrtp_key_switch(xn, flow, &flow->state->tx, -1);
	notify(xn, flow, XSRTP_CMD_KEY_DEL_NTF);
	return 0;
}

static int key_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct flow_name name;
	int err;

	err = name_parse(info, &name);
	if (!err)
		err = direction_check(info);
	if (err)
		return err;
	mutex_lock(&xn->lock);
	err = key_del_locked(info, xn, &name);
	mutex_unlock(&xn->lock);
	return err;
}

/* --- statistics ------------------------------------------------------------------ */

static int stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	const char *cipher = xsrtp_cipher_name(xsrtp_engine_cipher());
	struct xsrtp_totals sum;
	struct sk_buff *msg;
	void *hdr;

	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	xsrtp_stats_sum(xn->stats, &sum);
	hdr = genlmsg_put_reply(msg, info, &family, 0, XSRTP_CMD_STATS_GET);
	if (!hdr || put_totals(msg, &sum) ||
	    nla_put_u32(msg, XSRTP_A_STATS_FLOWS, READ_ONCE(xn->count)) ||
	    nla_put_string(msg, XSRTP_A_STATS_CIPHER, cipher)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* --- the family ------------------------------------------------------------------ */

static const struct genl_ops ops[] = {
	{
		.cmd = XSRTP_CMD_FLOW_GET,
		.doit = flow_get_doit,
		.start = flow_get_start,
		.dumpit = flow_get_dumpit,
		.policy = name_policy,
		.maxattr = ARRAY_SIZE(name_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_FLOW_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = flow_new_doit,
		.policy = new_policy,
		.maxattr = ARRAY_SIZE(new_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_FLOW_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = flow_set_doit,
		.policy = set_policy,
		.maxattr = ARRAY_SIZE(set_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_FLOW_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = flow_del_doit,
		.policy = name_policy,
		.maxattr = ARRAY_SIZE(name_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_KEY_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = key_set_doit,
		.policy = keys_policy,
		.maxattr = ARRAY_SIZE(keys_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_KEY_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = key_del_doit,
		.policy = keys_policy,
		.maxattr = ARRAY_SIZE(keys_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_STATS_GET,
		.doit = stats_get_doit,
		.policy = stats_policy,
		.maxattr = ARRAY_SIZE(stats_policy) - 1,
	},
};

static struct genl_family family __ro_after_init = {
	.name = XSRTP_FAMILY_NAME,
	.version = XSRTP_FAMILY_VERSION,
	.maxattr = 0,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = XSRTP_CMD_FLOW_GET,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int __init xsrtp_netlink_init(void)
{
	return genl_register_family(&family);
}

void xsrtp_netlink_exit(void)
{
	genl_unregister_family(&family);
}

MODULE_ALIAS_GENL_FAMILY(XSRTP_FAMILY_NAME);
