// SPDX-License-Identifier: GPL-2.0
/*
 * Of the netlink family: whether a flow learns its far end, and whose it follows.
 */
#include "netlink.h"

/*
 * Where nothing is said: a remote is the far end. Without one the far end is whose
 * packets are authentic, or else the first whose packets are in sequence. A receiver
 * that forgets streams (evict) takes an old packet for a new one, so there a tag tells
 * once only.
 */
static u32 learn_default(const struct xsrtp_flow_config *cfg,
			 const struct xsrtp_session_config *rx)
{
	if (cfg->remote.family || cfg->of)
		return XSRTP_LEARN_NEVER;
	return xsrtp_flow_has_tag(rx) && !(rx->flags & XSRTP_EVICT) ?
	       XSRTP_LEARN_AUTHENTICATED : XSRTP_LEARN_ONCE;
}

void xsrtp_learn_parse(struct nlattr **attrs, struct xsrtp_flow_config *cfg,
		       const struct xsrtp_session_config *rx)
{
	struct nlattr *window = attrs[XSRTP_A_FLOW_LEARN_WINDOW];

	if (attrs[XSRTP_A_FLOW_LEARN])
		cfg->learn = nla_get_u32(attrs[XSRTP_A_FLOW_LEARN]);
	else
		cfg->learn = learn_default(cfg, rx);
	cfg->learn_window = window ? nla_get_u32(window) : XSRTP_LEARN_WINDOW;
}

static int learned_check(struct genl_info *info, const struct xsrtp_flow_config *cfg)
{
	struct nlattr *learned = info->attrs[XSRTP_A_FLOW_LEARNED];

	if (!learned)
		return 0;
	if (cfg->learn == XSRTP_LEARN_NEVER)
		return refuse(info->extack, learned,
			      "the flow does not learn: say learn, or give remote instead");
	if (cfg->learned.family != cfg->local.family)
		return refuse(info->extack, learned,
			      "learned and local are of different address families");
	if (cfg->remote.family && !xsrtp_addr_equal(&cfg->remote.addr, &cfg->learned.addr))
		return refuse(info->extack, learned, "learned is not at the remote's address");
	return 0;
}

int xsrtp_learn_check(struct genl_info *info, const struct xsrtp_flow_config *cfg,
		      const struct xsrtp_session_config *rx)
{
	struct nlattr *learn = info->attrs[XSRTP_A_FLOW_LEARN];
	struct nlattr *window = info->attrs[XSRTP_A_FLOW_LEARN_WINDOW];

	if (cfg->learn && cfg->of)
		return refuse(info->extack, learn,
			      "a copy is sent on, not received: learn is said of its flow");
	if (cfg->learn && cfg->action == XSRTP_ACTION_SEND)
		return refuse(info->extack, learn, "send is of one remote: learn never");
	if (cfg->learn == XSRTP_LEARN_AUTHENTICATED && !xsrtp_flow_has_tag(rx))
		return refuse(info->extack, learn,
			      "nothing authenticates what arrives: learn once, or give rx a suite with a tag");
	if (cfg->learn == XSRTP_LEARN_AUTHENTICATED && rx->flags & XSRTP_EVICT)
		return refuse(info->extack, learn,
			      "with evict an old packet may pass for a new one: learn once");
	if (window && (!cfg->learn || xsrtp_flow_has_tag(rx)))
		return refuse(info->extack, window,
			      "the window is for RTP that is learned: leave it out");
	return learned_check(info, cfg);
}

/*
 * To say learn is to begin anew. A remote that is given now is what the flow would
 * have got if it had been made with it, and so is none.
 */
int xsrtp_learn_set(struct genl_info *info, const struct xsrtp_flow *old,
		    struct xsrtp_flow_config *cfg)
{
	const struct xsrtp_session_config *rx = old->rx ? &old->state->rx.cfg : NULL;
	struct nlattr **attrs = info->attrs;

	if (attrs[XSRTP_A_FLOW_LEARNED])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_LEARNED],
			      "this is said of a new flow: give remote");
	if (attrs[XSRTP_A_FLOW_LEARN] || attrs[XSRTP_A_FLOW_REMOTE])
		xsrtp_learn_parse(attrs, cfg, rx);
	if (attrs[XSRTP_A_FLOW_LEARN_WINDOW] && !attrs[XSRTP_A_FLOW_LEARN])
		return refuse(info->extack, attrs[XSRTP_A_FLOW_LEARN_WINDOW],
			      "a window opens with learn: say learn too");
	return xsrtp_learn_check(info, cfg, rx);
}

/*
 * May the flow follow the other? What it sends leaves from where the other's media
 * arrives, else a NAT would not let it back. Mutex held.
 */
int xsrtp_follow_check(struct genl_info *info, struct xsrtp_net *xn,
		       const struct xsrtp_flow_config *cfg, const struct xsrtp_flow *self)
{
	struct nlattr *attr = info->attrs[XSRTP_A_FLOW_FOLLOW] ?:
			      info->attrs[XSRTP_A_FLOW_SOURCE];
	struct xsrtp_flow *leader;

	if (!cfg->follow || !attr)
		return 0;
	leader = xsrtp_flow_get(xn, cfg->follow);
	if (!leader)
		return refuse(info->extack, attr, "follow: no such flow");
	if (leader == self)
		return refuse(info->extack, attr, "a flow cannot follow itself");
	if (leader->action == XSRTP_ACTION_SEND ||
	    (!leader->learn && !leader->remote_family))
		return refuse(info->extack, attr,
			      "the flow to follow has no far end: have it learn, or give it a remote");
	if (leader->local_port != cfg->source.port || leader->family != cfg->source.family ||
	    !xsrtp_addr_equal(&leader->local, &cfg->source.addr))
		return refuse(info->extack, attr,
			      "the local of the flow to follow must be this one's source");
	return 0;
}
