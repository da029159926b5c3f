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
#include <net/ipv6.h>
#include <net/sock.h>

#include "compat.h"
#include "engine.h"
#include "follow.h"
#include "netlink.h"

static const struct genl_multicast_group groups[] = {
	[XSRTP_GROUP_FLOWS] = { .name = XSRTP_MCGRP_FLOWS },
};

#define LEARN_WINDOW_MAX	3600	/* seconds */

/* --- policies ----------------------------------------------------------------- */

const struct nla_policy xsrtp_endpoint_policy[XSRTP_A_ENDPOINT_MAX + 1] = {
	[XSRTP_A_ENDPOINT_ADDRESS] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[XSRTP_A_ENDPOINT_PORT] = { .type = NLA_BE16 },
};

static const struct nla_policy name_policy[XSRTP_A_FLOW_LOCAL + 1] = { XSRTP_NAME_POLICY };

#define LEARN_POLICY								\
	[XSRTP_A_FLOW_LEARN] = NLA_POLICY_MAX(NLA_U32, XSRTP_LEARN_AUTHENTICATED),	\
	[XSRTP_A_FLOW_LEARN_WINDOW] = NLA_POLICY_RANGE(NLA_U32, 1, LEARN_WINDOW_MAX),	\
	[XSRTP_A_FLOW_EVENTS] = { .type = NLA_REJECT },				\
	[XSRTP_A_FLOW_FOLLOW] = { .type = NLA_U32 }

static const struct nla_policy new_policy[XSRTP_A_FLOW_COOKIE + 1] = {
	[XSRTP_A_FLOW_ID] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_LOCAL] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_REMOTE] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_ACTION] = NLA_POLICY_MAX(NLA_U32, XSRTP_ACTION_SEND),
	[XSRTP_A_FLOW_SOURCE] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_DESTINATION] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_RX] = NLA_POLICY_NESTED(xsrtp_session_policy),
	[XSRTP_A_FLOW_TX] = NLA_POLICY_NESTED(xsrtp_session_policy),
	[XSRTP_A_FLOW_STATS] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_ONLY] = NLA_POLICY_RANGE(NLA_U32, XSRTP_ONLY_RTP, XSRTP_ONLY_RTCP),
	LEARN_POLICY,
	[XSRTP_A_FLOW_LEARNED] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_OF] = NLA_POLICY_MIN(NLA_U32, 1),
	[XSRTP_A_FLOW_PAD] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_COOKIE] = NLA_POLICY_MIN(NLA_U64, 1),
};

static const struct nla_policy set_policy[XSRTP_A_FLOW_COOKIE + 1] = {
	XSRTP_NAME_POLICY,
	[XSRTP_A_FLOW_REMOTE] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_ACTION] = NLA_POLICY_MAX(NLA_U32, XSRTP_ACTION_SEND),
	[XSRTP_A_FLOW_SOURCE] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_DESTINATION] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_RX] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_TX] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_STATS] = { .type = NLA_REJECT },
	/* What a key is for does not change under it. */
	[XSRTP_A_FLOW_ONLY] = { .type = NLA_REJECT, .reject_message =
		"this is said of a new flow: delete the flow and add another" },
	LEARN_POLICY,
	[XSRTP_A_FLOW_LEARNED] = NLA_POLICY_NESTED(xsrtp_endpoint_policy),
	[XSRTP_A_FLOW_OF] = { .type = NLA_REJECT, .reject_message =
		"a copy stays one of its flow: delete the copy and add another" },
	[XSRTP_A_FLOW_PAD] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_COOKIE] = { .type = NLA_REJECT, .reject_message =
		"this is said of a new flow: delete the flow and add another" },
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

	err = nla_parse_nested(tb, XSRTP_A_ENDPOINT_MAX, attr, xsrtp_endpoint_policy, extack);
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
	if (attrs[XSRTP_A_FLOW_FOLLOW])
		cfg->follow = nla_get_u32(attrs[XSRTP_A_FLOW_FOLLOW]);
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
	if (!cfg->destination.family && cfg->follow)
		return 0;
	if (!cfg->destination.family) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_DESTINATION);
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "forward needs a destination, or a flow to follow");
	}
	if (cfg->source.family != cfg->destination.family)
		return refuse(info->extack, attrs[XSRTP_A_FLOW_DESTINATION] ?:
			      attrs[XSRTP_A_FLOW_SOURCE],
			      "source and destination are of different address families");
	return 0;
}

/* Neither deliver nor send changes addresses. */
static int addresses_check(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[XSRTP_A_FLOW_SOURCE])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_SOURCE],
			      "only forward takes a source");
	if (attrs[XSRTP_A_FLOW_DESTINATION])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_DESTINATION],
			      "only forward takes a destination");
	if (attrs[XSRTP_A_FLOW_FOLLOW])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_FOLLOW],
			      "only forward follows: deliver has no destination, send one remote");
	return 0;
}

static int deliver_check(struct genl_info *info, struct xsrtp_flow_config *cfg, bool has_tx)
{
	struct nlattr **attrs = info->attrs;
	int err = addresses_check(info);

	if (err)
		return err;
	if (has_tx)
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "deliver protects nothing: the flow must not have tx");
	cfg->source = (struct xsrtp_endpoint) {};
	cfg->destination = (struct xsrtp_endpoint) {};
	cfg->follow = 0;
	return 0;
}

static int send_check(struct genl_info *info, struct xsrtp_flow_config *cfg, bool has_rx,
		      bool has_tx)
{
	struct nlattr **attrs = info->attrs;
	int err = addresses_check(info);

	if (err)
		return err;
	if (!cfg->remote.family) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_REMOTE);
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION], "send needs a remote");
	}
	if (has_rx)
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "a local socket sends RTP: the flow must not have rx");
	if (!has_tx)
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "send is there to protect: the flow must have tx");
	cfg->source = cfg->local;
	cfg->destination = cfg->remote;
	return 0;
}

/* A copy is of what its flow has received and unprotected. */
static int copy_check(struct genl_info *info, const struct xsrtp_flow_config *cfg)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[XSRTP_A_FLOW_REMOTE])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_REMOTE],
			      "a copy is sent on, not received: remote is said of its flow");
	if (attrs[XSRTP_A_FLOW_RX])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_RX],
			      "a copy is of what is unprotected: rx is said of its flow");
	if (cfg->action != XSRTP_ACTION_FORWARD)
		return refuse(info->extack, attrs[XSRTP_A_FLOW_ACTION],
			      "a copy is sent on: its action is forward");
	return forward_check(info, cfg);
}

/* Do the settings, as they would be, make sense together? */
static int config_check(struct genl_info *info, struct xsrtp_flow_config *cfg, bool has_rx,
			bool has_tx)
{
	if (cfg->of)
		return copy_check(info, cfg);
	if (cfg->remote.family && cfg->remote.family != cfg->local.family)
		return refuse(info->extack, info->attrs[XSRTP_A_FLOW_REMOTE],
			      "remote and local are of different address families");
	if (cfg->action == XSRTP_ACTION_FORWARD)
		return forward_check(info, cfg);
	if (cfg->action == XSRTP_ACTION_SEND)
		return send_check(info, cfg, has_rx, has_tx);
	return deliver_check(info, cfg, has_tx);
}

/* --- naming a flow ------------------------------------------------------------ */

int xsrtp_name_parse(struct genl_info *info, struct xsrtp_name *name)
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

struct xsrtp_flow *xsrtp_name_find(struct genl_info *info, struct xsrtp_net *xn,
				   const struct xsrtp_name *name)
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
	struct xsrtp_name name;
	struct xsrtp_flow *flow;
	struct sk_buff *msg;
	int err;

	err = xsrtp_name_parse(info, &name);
	if (err)
		return err;
	mutex_lock(&xn->lock);
	flow = xsrtp_name_find(info, xn, &name);
	msg = flow ? xsrtp_flow_message(flow, info->snd_portid, info->snd_seq,
					XSRTP_CMD_FLOW_GET) : NULL;
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
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &xsrtp_netlink_family,
				  NLM_F_MULTI, XSRTP_CMD_FLOW_GET);
		if (!hdr)
			break;
		genl_dump_check_consistent(cb, hdr);
		if (xsrtp_put_flow(skb, flow)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	return flow && !skb->len ? -EMSGSIZE : skb->len;
}

/* Streams and keys of a flow that is not published yet. */
static int new_start(struct xsrtp_flow *flow, const struct xsrtp_session_args *rx,
		     const struct xsrtp_session_args *tx, struct netlink_ext_ack *extack)
{
	int err = xsrtp_session_start(flow, &flow->state->rx, rx, extack);

	return err ?: xsrtp_session_start(flow, &flow->state->tx, tx, extack);
}

/* Where its packets come from: a local endpoint, or another flow. */
static int new_place(struct genl_info *info, struct xsrtp_flow_config *cfg)
{
	struct nlattr *local = info->attrs[XSRTP_A_FLOW_LOCAL];
	struct nlattr *of = info->attrs[XSRTP_A_FLOW_OF];

	if (local && of)
		return refuse(info->extack, local, "a copy has no local endpoint: it is its flow's");
	if (of) {
		cfg->of = nla_get_u32(of);
		return 0;
	}
	if (GENL_REQ_ATTR_CHECK(info, XSRTP_A_FLOW_LOCAL)) {
		NL_SET_ERR_MSG(info->extack, "a flow needs a local address and port");
		return -EINVAL;
	}
	return endpoint_parse(local, &cfg->local, info->extack);
}

static struct xsrtp_flow *new_build(struct genl_info *info)
{
	struct xsrtp_flow_config cfg = { .action = XSRTP_ACTION_FORWARD };
	struct xsrtp_session_args rx = {}, tx = {};
	struct nlattr **attrs = info->attrs;
	struct xsrtp_flow *flow;
	int err;

	if (attrs[XSRTP_A_FLOW_ACTION])
		cfg.action = nla_get_u32(attrs[XSRTP_A_FLOW_ACTION]);
	if (attrs[XSRTP_A_FLOW_ONLY])
		cfg.only = nla_get_u32(attrs[XSRTP_A_FLOW_ONLY]);
	if (attrs[XSRTP_A_FLOW_COOKIE])
		cfg.cookie = nla_get_u64(attrs[XSRTP_A_FLOW_COOKIE]);
	err = new_place(info, &cfg);
	if (!err)
		err = config_parse(attrs, &cfg, info->extack);
	if (!err)
		err = config_check(info, &cfg, attrs[XSRTP_A_FLOW_RX], attrs[XSRTP_A_FLOW_TX]);
	if (!err && attrs[XSRTP_A_FLOW_RX])
		err = xsrtp_session_parse(attrs[XSRTP_A_FLOW_RX], false, &rx, info->extack);
	if (!err && attrs[XSRTP_A_FLOW_TX])
		err = xsrtp_session_parse(attrs[XSRTP_A_FLOW_TX], true, &tx, info->extack);
	if (!err && attrs[XSRTP_A_FLOW_LEARNED])
		err = endpoint_parse_out(attrs[XSRTP_A_FLOW_LEARNED], &cfg.learned, info->extack);
	if (!err) {
		xsrtp_learn_parse(attrs, &cfg, attrs[XSRTP_A_FLOW_RX] ? &rx.cfg : NULL);
		err = xsrtp_learn_check(info, &cfg, attrs[XSRTP_A_FLOW_RX] ? &rx.cfg : NULL);
	}
	if (err)
		return ERR_PTR(err);

	flow = xsrtp_flow_new(&cfg, attrs[XSRTP_A_FLOW_RX] ? &rx.cfg : NULL,
			      attrs[XSRTP_A_FLOW_TX] ? &tx.cfg : NULL);
	if (IS_ERR(flow)) {
		NL_SET_ERR_MSG(info->extack, "no memory for the flow");
		return flow;
	}
	err = new_start(flow, &rx, &tx, info->extack);
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
	struct xsrtp_flow_config cfg;
	struct sk_buff *msg;
	u32 size;
	int err;

	xsrtp_message_wipe(info);
	if (IS_ERR(flow))
		return PTR_ERR(flow);
	/* The answer is made room for before anything is changed. */
	size = xsrtp_put_flow_size(flow);
	msg = nlmsg_new(size, GFP_KERNEL);
	if (!msg) {
		xsrtp_flow_free(flow);
		return -ENOMEM;
	}

	if (flow->tx)
		xsrtp_ledger_wait(xn, flow->state->tx.print[0]);
	xsrtp_flow_config(flow, &cfg);
	mutex_lock(&xn->lock);
	err = xsrtp_follow_check(info, xn, &cfg, NULL) ?: xsrtp_flow_add(xn, flow, info->extack);
	if (!err) {
		void *hdr = genlmsg_put_reply(msg, info, &xsrtp_netlink_family, 0, XSRTP_CMD_FLOW_NEW);

		if (!WARN_ON_ONCE(!hdr || xsrtp_put_flow(msg, flow)))
			genlmsg_end(msg, hdr);
		if (size > xn->fill_size)
			WRITE_ONCE(xn->fill_size, size);
		xsrtp_notify(xn, flow, XSRTP_CMD_FLOW_NEW_NTF);
	}
	mutex_unlock(&xn->lock);

	if (err) {
		nlmsg_free(msg);
		if (err == -EEXIST)
			NL_SET_BAD_ATTR(info->extack, info->attrs[XSRTP_A_FLOW_LOCAL]);
		if (err == -EKEYREJECTED)
			NL_SET_BAD_ATTR(info->extack, info->attrs[XSRTP_A_FLOW_TX]);
		if (err == -ENOENT || err == -ELOOP || err == -EMLINK)
			NL_SET_BAD_ATTR(info->extack, info->attrs[XSRTP_A_FLOW_OF]);
		xsrtp_flow_free(flow);
		return err;
	}
	return genlmsg_reply(msg, info);
}

static int flow_set_locked(struct genl_info *info, struct xsrtp_net *xn,
			   const struct xsrtp_name *name)
{
	struct xsrtp_flow *old = xsrtp_name_find(info, xn, name), *flow;
	struct nlattr **attrs = info->attrs;
	struct xsrtp_flow_config cfg;
	int err;

	if (!old)
		return -ENOENT;
	xsrtp_flow_config(old, &cfg);
	if (info->attrs[XSRTP_A_FLOW_ACTION])
		cfg.action = nla_get_u32(info->attrs[XSRTP_A_FLOW_ACTION]);
	/* Found by local and remote, and by the egress program too. */
	if (cfg.action == XSRTP_ACTION_SEND || old->action == XSRTP_ACTION_SEND)
		return refuse(info->extack, info->attrs[XSRTP_A_FLOW_ACTION] ?:
			      info->attrs[XSRTP_A_FLOW_REMOTE],
			      "a flow that sends cannot be changed: delete it and add another");
	err = config_parse(info->attrs, &cfg, info->extack);
	if (!err)
		err = config_check(info, &cfg, old->rx, old->tx) ?: xsrtp_learn_set(info, old, &cfg) ?:
		      xsrtp_follow_check(info, xn, &cfg, old);
	if (err)
		return err;

	/* A flow of its own, with an empty route cache, takes the old one's place. */
	flow = xsrtp_flow_clone(old, &cfg);
	if (IS_ERR(flow))
		return PTR_ERR(flow);
	xsrtp_follow_join(xn, flow);
	xsrtp_flow_replace(xn, old, flow);
	if (flow->state->learn && (attrs[XSRTP_A_FLOW_LEARN] || attrs[XSRTP_A_FLOW_REMOTE]))
		xsrtp_learn_open(flow->state->learn, cfg.learn_window, &cfg.learned);
	xsrtp_follow_moved(xn, flow);
	xsrtp_follow_run(xn);
	xsrtp_notify(xn, flow, XSRTP_CMD_FLOW_SET_NTF);
	return 0;
}

static int flow_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct nlattr **attrs = info->attrs;
	struct xsrtp_name name;
	int err;

	err = xsrtp_name_parse(info, &name);
	if (err)
		return err;
	if (!attrs[XSRTP_A_FLOW_REMOTE] && !attrs[XSRTP_A_FLOW_ACTION] &&
	    !attrs[XSRTP_A_FLOW_LEARN] && !attrs[XSRTP_A_FLOW_LEARN_WINDOW] &&
	    !attrs[XSRTP_A_FLOW_LEARNED] && !attrs[XSRTP_A_FLOW_FOLLOW] &&
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

/* With its last counters, and told when it is gone. */
static void del_one(struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct sk_buff *ntf = xsrtp_notify_prepare(xn, flow, XSRTP_CMD_FLOW_DEL_NTF);

	xsrtp_flow_del(xn, flow);
	xsrtp_notify_send(xn, ntf);
}

static void del_with_copies(struct xsrtp_net *xn, struct xsrtp_flow *flow)
{
	struct xsrtp_flow *copy;

	while ((copy = rcu_dereference_protected(flow->copies, lockdep_is_held(&xn->lock))))
		del_one(xn, copy);
	del_one(xn, flow);
}

static int flow_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xsrtp_net *xn = xsrtp_net(genl_info_net(info));
	struct xsrtp_flow *flow;
	struct xsrtp_name name;
	int err;

	err = xsrtp_name_parse(info, &name);
	if (err)
		return err;
	mutex_lock(&xn->lock);
	flow = xsrtp_name_find(info, xn, &name);
	if (flow) {
		del_with_copies(xn, flow);
		xsrtp_follow_run(xn);
	}
	mutex_unlock(&xn->lock);
	return flow ? 0 : -ENOENT;
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
	hdr = genlmsg_put_reply(msg, info, &xsrtp_netlink_family, 0, XSRTP_CMD_STATS_GET);
	if (!hdr || xsrtp_put_totals(msg, &sum) ||
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
		.doit = xsrtp_key_set_doit,
		.policy = xsrtp_keys_policy,
		.maxattr = ARRAY_SIZE(xsrtp_keys_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_KEY_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = xsrtp_key_del_doit,
		.policy = xsrtp_keys_policy,
		.maxattr = ARRAY_SIZE(xsrtp_keys_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_KEY_SWAP,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = xsrtp_key_swap_doit,
		.policy = xsrtp_keys_policy,
		.maxattr = ARRAY_SIZE(xsrtp_keys_policy) - 1,
	}, {
		.cmd = XSRTP_CMD_STATS_GET,
		.doit = stats_get_doit,
		.policy = stats_policy,
		.maxattr = ARRAY_SIZE(stats_policy) - 1,
	},
};

struct genl_family xsrtp_netlink_family __ro_after_init = {
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
	return genl_register_family(&xsrtp_netlink_family);
}

void xsrtp_netlink_exit(void)
{
	genl_unregister_family(&xsrtp_netlink_family);
}

MODULE_ALIAS_GENL_FAMILY(XSRTP_FAMILY_NAME);
