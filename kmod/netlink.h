/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netlink family, in four files: netlink.c (the family, flows, statistics),
 * netlink_key.c (sessions and keys in messages), netlink_learn.c (far ends),
 * netlink_put.c (what we tell).
 */
#ifndef XSRTP_NETLINK_H
#define XSRTP_NETLINK_H

#include <net/genetlink.h>

#include <linux/xsrtp.h>

#include "flow.h"

int xsrtp_netlink_init(void);
void xsrtp_netlink_exit(void);

/* Tells what packets of a flow brought about; enum xsrtp_events. Mutex held. */
void xsrtp_netlink_event(struct xsrtp_net *xn, const struct xsrtp_flow *flow, u32 rx, u32 tx);

/* --- netlink.c ---------------------------------------------------------------- */

extern struct genl_family xsrtp_netlink_family;

enum { XSRTP_GROUP_FLOWS };

/* Says why, and which attribute. */
#define refuse(extack, attr, msg)					\
({									\
	NL_SET_ERR_MSG_ATTR(extack, attr, msg);				\
	-EINVAL;							\
})

/* The flow that a message names. */
struct xsrtp_name {
	u32 id;				/* 0: by local endpoint */
	struct xsrtp_endpoint local;
};

extern const struct nla_policy xsrtp_endpoint_policy[XSRTP_A_ENDPOINT_MAX + 1];

/* The attributes that a message may name a flow by. */
#define XSRTP_NAME_POLICY						\
	[XSRTP_A_FLOW_ID] = NLA_POLICY_MIN(NLA_U32, 1),			\
	[XSRTP_A_FLOW_LOCAL] = NLA_POLICY_NESTED(xsrtp_endpoint_policy)

int xsrtp_name_parse(struct genl_info *info, struct xsrtp_name *name);
struct xsrtp_flow *xsrtp_name_find(struct genl_info *info, struct xsrtp_net *xn,
				   const struct xsrtp_name *name);

/* --- netlink_key.c ------------------------------------------------------------ */

/**
 * struct xsrtp_key_args - a key as the message has it
 * @cfg: points into the message; key NULL: none is given
 * @second: not to be used at once
 */
struct xsrtp_key_args {
	struct xsrtp_key_config cfg;
	bool second;
};

/* A session as the message has it; @nest for its streams. */
struct xsrtp_session_args {
	struct xsrtp_session_config cfg;
	struct xsrtp_key_args key;
	struct nlattr *nest;
};

extern const struct nla_policy xsrtp_session_policy[XSRTP_A_SESSION_MAX + 1];
extern const struct nla_policy xsrtp_keys_policy[XSRTP_A_FLOW_TX + 1];

int xsrtp_session_parse(struct nlattr *attr, bool tx, struct xsrtp_session_args *args,
			struct netlink_ext_ack *extack);
int xsrtp_session_start(struct xsrtp_flow *flow, struct xsrtp_keyring *ring,
			const struct xsrtp_session_args *args, struct netlink_ext_ack *extack);
void xsrtp_message_wipe(struct genl_info *info);

int xsrtp_key_set_doit(struct sk_buff *skb, struct genl_info *info);
int xsrtp_key_del_doit(struct sk_buff *skb, struct genl_info *info);
int xsrtp_key_swap_doit(struct sk_buff *skb, struct genl_info *info);

/* --- netlink_learn.c ---------------------------------------------------------- */

/* How a flow learns, as the message has it, or as a new flow does without a word. */
void xsrtp_learn_parse(struct nlattr **attrs, struct xsrtp_flow_config *cfg,
		       const struct xsrtp_session_config *rx);
int xsrtp_learn_check(struct genl_info *info, const struct xsrtp_flow_config *cfg,
		      const struct xsrtp_session_config *rx);
int xsrtp_learn_set(struct genl_info *info, const struct xsrtp_flow *old,
		    struct xsrtp_flow_config *cfg);
int xsrtp_follow_check(struct genl_info *info, struct xsrtp_net *xn,
		       const struct xsrtp_flow_config *cfg, const struct xsrtp_flow *self);

/* --- netlink_put.c ------------------------------------------------------------ */

size_t xsrtp_put_flow_size(const struct xsrtp_flow *flow);
int xsrtp_put_flow(struct sk_buff *skb, const struct xsrtp_flow *flow);
int xsrtp_put_totals(struct sk_buff *skb, const struct xsrtp_totals *sum);
struct sk_buff *xsrtp_flow_message(const struct xsrtp_flow *flow, u32 portid, u32 seq, u8 cmd);

struct sk_buff *xsrtp_notify_prepare(struct xsrtp_net *xn, const struct xsrtp_flow *flow,
				     u8 cmd);
void xsrtp_notify_send(struct xsrtp_net *xn, struct sk_buff *skb);
void xsrtp_notify(struct xsrtp_net *xn, const struct xsrtp_flow *flow, u8 cmd);

#endif /* XSRTP_NETLINK_H */
