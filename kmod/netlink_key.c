// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions and keys in messages: their policies, what is wrong with them, and the
 * commands about keys. A direction has a first key and may have a second one.
 */
#include <linux/log2.h>
#include <linux/string.h>

#include "compat.h"
#include "key.h"
#include "netlink.h"

/* --- policies ----------------------------------------------------------------- */

/* Too wide for NLA_POLICY_RANGE, whose limits are 16 bits with a sign. */
static compat_range window_range = {
	.min = XSRTP_WINDOW_MIN,
	.max = XSRTP_WINDOW_MAX,
};

static compat_range rtcp_index_range = {
	.max = S32_MAX,			/* RFC 3711 3.4 */
};

static compat_range seq_range = {
	.max = U16_MAX,
};

static compat_range roc_rate_range = {
	.min = 1,
	.max = U16_MAX,
};

static compat_range lifetime_range = {
	.min = 1,
	.max = 1ULL << 48,		/* RFC 3711 9.2 */
};

static compat_range rate_range = {
	.min = 1,
	.max = XSRTP_KDR_MAX,
};

static const struct nla_policy key_policy[XSRTP_A_KEY_MAX + 1] = {
	[XSRTP_A_KEY_MASTER_KEY] = NLA_POLICY_RANGE(NLA_BINARY, 1, XSRTP_KEY_MAX),
	[XSRTP_A_KEY_MASTER_SALT] = NLA_POLICY_RANGE(NLA_BINARY, 1, XSRTP_SALT_MAX),
	[XSRTP_A_KEY_MKI] = NLA_POLICY_RANGE(NLA_BINARY, 1, XSRTP_MKI_MAX),
	[XSRTP_A_KEY_SLOT] = NLA_POLICY_MAX(NLA_U32, XSRTP_KEY_SLOT_SECOND),
	[XSRTP_A_KEY_LIFETIME] = NLA_POLICY_FULL_RANGE(NLA_U64, &lifetime_range),
	[XSRTP_A_KEY_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &rate_range),
};

static const struct nla_policy stream_policy[XSRTP_A_STREAM_MAX + 1] = {
	[XSRTP_A_STREAM_SSRC] = { .type = NLA_U32 },
	[XSRTP_A_STREAM_ROC] = { .type = NLA_U32 },
	[XSRTP_A_STREAM_SEQ] = NLA_POLICY_FULL_RANGE(NLA_U32, &seq_range),
	[XSRTP_A_STREAM_RTCP_INDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &rtcp_index_range),
};

#define FLAGS	(XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTP | XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTCP | \
		 XSRTP_SESSION_FLAGS_CRYPTEX | XSRTP_SESSION_FLAGS_KEY_RATE | \
		 XSRTP_SESSION_FLAGS_EVICT)

const struct nla_policy xsrtp_session_policy[XSRTP_A_SESSION_MAX + 1] = {
	[XSRTP_A_SESSION_SUITE] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_WINDOW] = NLA_POLICY_FULL_RANGE(NLA_U32, &window_range),
	[XSRTP_A_SESSION_MAX_STREAMS] = NLA_POLICY_RANGE(NLA_U32, 1, XSRTP_STREAMS_MAX),
	[XSRTP_A_SESSION_KEY] = NLA_POLICY_NESTED(key_policy),
	[XSRTP_A_SESSION_HAS_KEY] = { .type = NLA_REJECT },
	[XSRTP_A_SESSION_STREAM] = NLA_POLICY_NESTED(stream_policy),
	[XSRTP_A_SESSION_FLAGS] = NLA_POLICY_MASK(NLA_U32, FLAGS),
	[XSRTP_A_SESSION_ROC_POLICY] = NLA_POLICY_MAX(NLA_U32, XSRTP_ROC_POLICY_TRY),
	[XSRTP_A_SESSION_ROC_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &roc_rate_range),
	[XSRTP_A_SESSION_EXT_IDS] =
		NLA_POLICY_EXACT_LEN(sizeof_field(struct xsrtp_session_config, ext_ids)),
	[XSRTP_A_SESSION_SLOT] = { .type = NLA_REJECT },
	[XSRTP_A_SESSION_EVENTS] = { .type = NLA_REJECT },
};

const struct nla_policy xsrtp_keys_policy[XSRTP_A_FLOW_TX + 1] = {
	XSRTP_NAME_POLICY,
	[XSRTP_A_FLOW_REMOTE] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_ACTION] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_SOURCE] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_DESTINATION] = { .type = NLA_REJECT },
	[XSRTP_A_FLOW_RX] = NLA_POLICY_NESTED(xsrtp_session_policy),
	[XSRTP_A_FLOW_TX] = NLA_POLICY_NESTED(xsrtp_session_policy),
};

/* --- a key -------------------------------------------------------------------- */

/* What goes with the secret. */
static int key_parse_rules(struct nlattr **tb, const struct xsrtp_session_config *cfg,
			   struct xsrtp_key_args *key, struct netlink_ext_ack *extack)
{
	if (tb[XSRTP_A_KEY_MKI]) {
		key->cfg.mki = nla_data(tb[XSRTP_A_KEY_MKI]);
		key->cfg.mki_len = nla_len(tb[XSRTP_A_KEY_MKI]);
	}
	if (tb[XSRTP_A_KEY_LIFETIME])
		key->cfg.lifetime = nla_get_u64(tb[XSRTP_A_KEY_LIFETIME]);
	if (tb[XSRTP_A_KEY_SLOT])
		key->second = nla_get_u32(tb[XSRTP_A_KEY_SLOT]) == XSRTP_KEY_SLOT_SECOND;
	if (!tb[XSRTP_A_KEY_RATE])
		return 0;
	key->cfg.kdr = nla_get_u32(tb[XSRTP_A_KEY_RATE]);
	if (!is_power_of_2(key->cfg.kdr))
		return refuse(extack, tb[XSRTP_A_KEY_RATE],
			      "the key derivation rate is not a power of two");
	if (!(cfg->flags & XSRTP_KEY_RATE))
		return refuse(extack, tb[XSRTP_A_KEY_RATE],
			      "the session was not made for this: flag key-rate");
	return 0;
}

static int key_parse(struct nlattr *attr, const struct xsrtp_session_config *cfg,
		     struct xsrtp_key_args *key, struct netlink_ext_ack *extack)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(cfg->suite);
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

	key->cfg.key = nla_data(tb[XSRTP_A_KEY_MASTER_KEY]);
	key->cfg.salt = nla_data(tb[XSRTP_A_KEY_MASTER_SALT]);
	return key_parse_rules(tb, cfg, key, extack);
}

/* --- a session of a new flow ---------------------------------------------------- */

static int size_parse(struct nlattr **tb, struct xsrtp_session_config *cfg,
		      struct netlink_ext_ack *extack)
{
	const struct xsrtp_suite_info *suite;

	suite = xsrtp_suite_info(nla_get_u32(tb[XSRTP_A_SESSION_SUITE]));
	if (!suite)
		return refuse(extack, tb[XSRTP_A_SESSION_SUITE], "no such suite");
	cfg->suite = suite->suite;
	if (tb[XSRTP_A_SESSION_WINDOW])
		cfg->window = nla_get_u32(tb[XSRTP_A_SESSION_WINDOW]);
	if (!is_power_of_2(cfg->window ?: XSRTP_WINDOW_MIN))
		return refuse(extack, tb[XSRTP_A_SESSION_WINDOW],
			      "the replay window is not a power of two");
	if (tb[XSRTP_A_SESSION_MAX_STREAMS])
		cfg->streams = nla_get_u32(tb[XSRTP_A_SESSION_MAX_STREAMS]);
	return 0;
}

/* Rules that the core would refuse together, one by one, to say which. */
static int rules_check(struct nlattr **tb, const struct xsrtp_session_config *cfg, bool tx,
		       struct netlink_ext_ack *extack)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(cfg->suite);
	bool clear = suite->null_cipher || cfg->flags & XSRTP_UNENCRYPTED_SRTP;

	if (cfg->flags & XSRTP_CRYPTEX && clear)
		return refuse(extack, tb[XSRTP_A_SESSION_FLAGS],
			      "cryptex needs that the payload is encrypted");
	if (cfg->flags & XSRTP_EVICT && tx)
		return refuse(extack, tb[XSRTP_A_SESSION_FLAGS],
			      "a sender forgets no stream: evict is for rx");
	if (cfg->flags & XSRTP_EVICT && cfg->roc)
		return refuse(extack, tb[XSRTP_A_SESSION_ROC_POLICY],
			      "evict needs that ROC goes on (keep)");
	if (tb[XSRTP_A_SESSION_EXT_IDS] && clear)
		return refuse(extack, tb[XSRTP_A_SESSION_EXT_IDS],
			      "encrypted elements need that the payload is encrypted");
	if (tb[XSRTP_A_SESSION_EXT_IDS] && cfg->flags & XSRTP_CRYPTEX)
		return refuse(extack, tb[XSRTP_A_SESSION_EXT_IDS],
			      "cryptex encrypts all elements already");
	if (cfg->rcc_rate && (suite->kind != XSRTP_KIND_CM || suite->tag_len != 10))
		return refuse(extack, tb[XSRTP_A_SESSION_ROC_RATE],
			      "only tags of HMAC_SHA1_80 have room for the ROC");
	if (cfg->rcc_rate && cfg->roc)
		return refuse(extack, tb[XSRTP_A_SESSION_ROC_RATE],
			      "ROC in the tag needs that ROC goes on (keep)");
	return 0;
}

static int rules_parse(struct nlattr **tb, struct xsrtp_session_config *cfg, bool tx,
		       struct netlink_ext_ack *extack)
{
	if (tb[XSRTP_A_SESSION_FLAGS])
		cfg->flags = nla_get_u32(tb[XSRTP_A_SESSION_FLAGS]);
	if (tb[XSRTP_A_SESSION_ROC_POLICY])
		cfg->roc = nla_get_u32(tb[XSRTP_A_SESSION_ROC_POLICY]);
	if (tb[XSRTP_A_SESSION_ROC_RATE])
		cfg->rcc_rate = nla_get_u32(tb[XSRTP_A_SESSION_ROC_RATE]);
	if (tb[XSRTP_A_SESSION_EXT_IDS])
		nla_memcpy(cfg->ext_ids, tb[XSRTP_A_SESSION_EXT_IDS], sizeof(cfg->ext_ids));
	return rules_check(tb, cfg, tx, extack);
}

/**
 * xsrtp_session_parse() - a session of a new flow
 * @attr: its nest
 * @tx: what leaves
 * @args: points into the message afterwards
 */
int xsrtp_session_parse(struct nlattr *attr, bool tx, struct xsrtp_session_args *args,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_SESSION_MAX + 1];
	int err;

	err = nla_parse_nested(tb, XSRTP_A_SESSION_MAX, attr, xsrtp_session_policy, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_SESSION_SUITE)) {
		NL_SET_ERR_MSG(extack, "a session needs a suite");
		return -EINVAL;
	}
	err = size_parse(tb, &args->cfg, extack) ?: rules_parse(tb, &args->cfg, tx, extack);
	if (err)
		return err;
	if (!xsrtp_session_size(&args->cfg))
		return refuse(extack, attr, "no session can be made like this");
	args->nest = attr;
	if (!tb[XSRTP_A_SESSION_KEY])
		return 0;
	err = key_parse(tb[XSRTP_A_SESSION_KEY], &args->cfg, &args->key, extack);
	if (!err && args->key.second)
		return refuse(extack, tb[XSRTP_A_SESSION_KEY],
			      "the key of a new flow is its first one");
	return err;
}

/* SRTP's highest index, or only its ROC. */
static int stream_tell_rtp(struct xsrtp_session *session, struct nlattr **tb, u32 ssrc)
{
	struct xsrtp_stream_state state = { .ssrc = ssrc };
	u32 roc;

	if (!tb[XSRTP_A_STREAM_ROC])
		return 0;
	roc = nla_get_u32(tb[XSRTP_A_STREAM_ROC]);
	if (!tb[XSRTP_A_STREAM_SEQ])
		return xsrtp_stream_roc(session, ssrc, roc);
	state.index = (u64)roc << 16 | nla_get_u32(tb[XSRTP_A_STREAM_SEQ]);
	return xsrtp_stream_set(session, &state);
}

static int stream_tell_rtcp(struct xsrtp_session *session, struct nlattr **tb, u32 ssrc)
{
	struct xsrtp_stream_state state = { .ssrc = ssrc };

	if (!tb[XSRTP_A_STREAM_RTCP_INDEX])
		return 0;
	state.index = nla_get_u32(tb[XSRTP_A_STREAM_RTCP_INDEX]);
	return xsrtp_stream_set_rtcp(session, &state);
}

static int stream_check(struct nlattr *attr, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_STREAM_SSRC) ||
	    (!tb[XSRTP_A_STREAM_RTCP_INDEX] &&
	     NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_STREAM_ROC))) {
		NL_SET_ERR_MSG(extack, "a stream is told as SSRC and ROC, SRTCP index, or both");
		return -EINVAL;
	}
	if (tb[XSRTP_A_STREAM_SEQ] && NL_REQ_ATTR_CHECK(extack, attr, tb, XSRTP_A_STREAM_ROC)) {
		NL_SET_ERR_MSG(extack, "a sequence number is told with its ROC");
		return -EINVAL;
	}
	return 0;
}

/* What is known of an SSRC. */
static int stream_tell(struct xsrtp_session *session, struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_STREAM_MAX + 1];
	u32 ssrc;
	int err;

	err = nla_parse_nested(tb, XSRTP_A_STREAM_MAX, attr, stream_policy, extack);
	if (!err)
		err = stream_check(attr, tb, extack);
	if (err)
		return err;
	ssrc = nla_get_u32(tb[XSRTP_A_STREAM_SSRC]);
	err = stream_tell_rtp(session, tb, ssrc) ?: stream_tell_rtcp(session, tb, ssrc);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG_ATTR(extack, attr, "more streams than the session can hold");
	else if (err)
		NL_SET_ERR_MSG_ATTR(extack, attr, "this SSRC is told twice");
	return err;
}

/**
 * xsrtp_session_start() - tell the streams, set the key, of a flow not published yet
 * @args: from xsrtp_session_parse(); empty: plain RTP
 */
int xsrtp_session_start(struct xsrtp_flow *flow, struct xsrtp_keyring *ring,
			const struct xsrtp_session_args *args, struct netlink_ext_ack *extack)
{
	struct nlattr *attr;
	int rem, slot, err;

	if (!args->nest)
		return 0;
	nla_for_each_nested(attr, args->nest, rem) {
		if (nla_type(attr) != XSRTP_A_SESSION_STREAM)
			continue;
		err = stream_tell(ring->session, attr, extack);
		if (err)
			return err;
	}
	if (!args->key.cfg.key)
		return 0;
	slot = xsrtp_key_prepare(ring, &args->key.cfg, extack);
	if (slot < 0)
		return slot;
	xsrtp_key_switch(NULL, flow, ring, slot);
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
			if (nla_type(attr) == XSRTP_A_KEY_MASTER_KEY ||
			    nla_type(attr) == XSRTP_A_KEY_MASTER_SALT)
				memzero_explicit(nla_data(attr), nla_len(attr));
		}
	}
}

void xsrtp_message_wipe(struct genl_info *info)
{
	session_wipe(info->attrs[XSRTP_A_FLOW_RX]);
	session_wipe(info->attrs[XSRTP_A_FLOW_TX]);
}

/* --- the commands ---------------------------------------------------------------- */

/* One direction that a command names; @ring NULL: it names it not. */
struct direction {
	struct xsrtp_keyring *ring;
	struct nlattr *attr;
	struct xsrtp_key_args key;
	int slot;			/* key-set: prepared */
};

struct command {
	struct xsrtp_net *xn;
	struct xsrtp_flow *flow;
	struct direction dir[2];	/* rx, tx */
};

#define for_each_direction(d, c)					\
	for ((d) = (c)->dir; (d) < (c)->dir + 2; (d)++)			\
		if ((d)->ring)

/* Nothing but a key may be said of a flow that is there. */
static int settled(struct nlattr **tb, const struct xsrtp_keyring *ring,
		   struct netlink_ext_ack *extack)
{
	int i;

	if (tb[XSRTP_A_SESSION_SUITE] &&
	    nla_get_u32(tb[XSRTP_A_SESSION_SUITE]) != ring->cfg.suite)
		return refuse(extack, tb[XSRTP_A_SESSION_SUITE],
			      "the suite of a flow cannot be changed");
	for (i = XSRTP_A_SESSION_WINDOW; i <= XSRTP_A_SESSION_MAX; i++) {
		if (tb[i] && i != XSRTP_A_SESSION_KEY)
			return refuse(extack, tb[i],
				      "this is said of a new flow and cannot be changed");
	}
	return 0;
}

static bool has_mki(const struct xsrtp_keyring *ring)
{
	struct xsrtp_key_state state;

	return xsrtp_key_get(ring->session, xsrtp_key_used(ring->session), &state) &&
	       state.mki_len;
}

static int second_check(const struct direction *d, struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	if (!xsrtp_keyring_has_key(d->ring))
		return refuse(extack, attr, "there is no first key to be second to");
	if (!d->ring->tx && has_mki(d->ring) != !!d->key.cfg.mki_len)
		return refuse(extack, attr, "a receiver's keys have an MKI all, or none of them");
	return 0;
}

/* The session nest of KEY_SET, checked against the flow's session. */
static int set_parse(struct direction *d, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_SESSION_MAX + 1];
	int err;

	err = nla_parse_nested(tb, XSRTP_A_SESSION_MAX, d->attr, xsrtp_session_policy, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, d->attr, tb, XSRTP_A_SESSION_KEY)) {
		NL_SET_ERR_MSG(extack, "the key is missing");
		return -EINVAL;
	}
	err = settled(tb, d->ring, extack);
	if (!err)
		err = key_parse(tb[XSRTP_A_SESSION_KEY], &d->ring->cfg, &d->key, extack);
	if (!err && d->key.second)
		err = second_check(d, tb[XSRTP_A_SESSION_KEY], extack);
	return err;
}

/* Into a free slot; one that shall send must be claimed. */
static int set_prepare_one(struct command *c, struct direction *d,
			   struct netlink_ext_ack *extack)
{
	int err;

	d->slot = xsrtp_key_prepare(d->ring, &d->key.cfg, extack);
	if (d->slot < 0 || !d->ring->tx)
		return d->slot;
	err = xsrtp_ledger_claim(&c->xn->ledger, d->ring, d->slot, extack);
	if (err)
		xsrtp_key_unprepare(c->xn, c->flow, d->ring, d->slot);
	return err;
}

/* Prepares both directions before it changes either. */
static int set_prepare(struct command *c, struct netlink_ext_ack *extack)
{
	struct direction *d;
	int err;

	for_each_direction(d, c) {
		err = set_prepare_one(c, d, extack);
		if (err >= 0)
			continue;
		NL_SET_BAD_ATTR(extack, d->attr);
		if (d != c->dir && c->dir[0].ring)
			xsrtp_key_unprepare(c->xn, c->flow, c->dir[0].ring, c->dir[0].slot);
		return err;
	}
	return 0;
}

static int key_set(struct command *c, struct netlink_ext_ack *extack)
{
	struct direction *d;
	int err = 0;

	for_each_direction(d, c)
		err = err ?: set_parse(d, extack);
	if (!err)
		err = set_prepare(c, extack);
	if (err)
		return err;
	for_each_direction(d, c) {
		if (d->key.second) {
			xsrtp_key_second(c->xn, c->flow, d->ring, d->slot);
			continue;
		}
		xsrtp_key_switch(c->xn, c->flow, d->ring, d->slot);
		xsrtp_event_renew(c->flow->state, d->ring->tx);
	}
	return 0;
}

/* An empty nest: all keys. One with the second key's slot in it: that one. */
static int del_parse(struct direction *d, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[XSRTP_A_SESSION_MAX + 1], *key[XSRTP_A_KEY_MAX + 1];
	int i, err;

	if (!nla_len(d->attr))
		return 0;
	err = nla_parse_nested(tb, XSRTP_A_SESSION_MAX, d->attr, xsrtp_session_policy, extack);
	if (err)
		return err;
	for (i = 1; i <= XSRTP_A_SESSION_MAX; i++) {
		if (tb[i] && i != XSRTP_A_SESSION_KEY)
			return refuse(extack, tb[i], "only which key is named, nothing more");
	}
	if (!tb[XSRTP_A_SESSION_KEY])
		return refuse(extack, d->attr, "only which key is named");
	err = nla_parse_nested(key, XSRTP_A_KEY_MAX, tb[XSRTP_A_SESSION_KEY], key_policy, extack);
	if (err)
		return err;
	for (i = 1; i <= XSRTP_A_KEY_MAX; i++) {
		if (key[i] && i != XSRTP_A_KEY_SLOT)
			return refuse(extack, key[i], "only which key is named, nothing more");
	}
	if (!key[XSRTP_A_KEY_SLOT] ||
	    nla_get_u32(key[XSRTP_A_KEY_SLOT]) != XSRTP_KEY_SLOT_SECOND)
		return refuse(extack, key[XSRTP_A_KEY_SLOT] ?: tb[XSRTP_A_SESSION_KEY],
			      "the second key can be deleted, or all (an empty nest)");
	if (xsrtp_keyring_second(d->ring) < 0)
		return refuse(extack, key[XSRTP_A_KEY_SLOT], "there is no second key");
	d->key.second = true;
	return 0;
}

static int key_del(struct command *c, struct netlink_ext_ack *extack)
{
	struct direction *d;
	int err = 0;

	for_each_direction(d, c)
		err = err ?: del_parse(d, extack);
	if (err)
		return err;
	for_each_direction(d, c) {
		if (d->key.second)
			xsrtp_key_second(c->xn, c->flow, d->ring, -1);
		else
			xsrtp_key_switch(c->xn, c->flow, d->ring, -1);
	}
	return 0;
}

static int key_swap(struct command *c, struct netlink_ext_ack *extack)
{
	struct direction *d;

	for_each_direction(d, c) {
		if (nla_len(d->attr))
			return refuse(extack, d->attr,
				      "only the direction is named, nothing in it");
		if (xsrtp_keyring_second(d->ring) < 0)
			return refuse(extack, d->attr, "there is no second key");
	}
	for_each_direction(d, c) {
		xsrtp_key_swap(d->ring);
		xsrtp_event_renew(c->flow->state, d->ring->tx);
	}
	return 0;
}

static int directions(struct genl_info *info, struct command *c)
{
	struct xsrtp_flow_state *state = c->flow->state;
	struct direction *d;

	c->dir[0].attr = info->attrs[XSRTP_A_FLOW_RX];
	c->dir[1].attr = info->attrs[XSRTP_A_FLOW_TX];
	c->dir[0].ring = c->dir[0].attr ? &state->rx : NULL;
	c->dir[1].ring = c->dir[1].attr ? &state->tx : NULL;
	for_each_direction(d, c) {
		if (!d->ring->session)
			return refuse(info->extack, d->attr,
				      "the flow carries plain RTP in this direction");
	}
	return 0;
}

/* Finds flow and directions, does what @verb does, tells it as @ntf. */
static int key_command(struct genl_info *info, u8 ntf,
		       int (*verb)(struct command *c, struct netlink_ext_ack *extack))
{
	struct command c = { .xn = xsrtp_net(genl_info_net(info)) };
	struct xsrtp_name name;
	int err;

	err = xsrtp_name_parse(info, &name);
	if (err)
		return err;
	if (!info->attrs[XSRTP_A_FLOW_RX] && !info->attrs[XSRTP_A_FLOW_TX]) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, XSRTP_A_FLOW_RX);
		NL_SET_ERR_MSG(info->extack, "which direction? rx or tx is needed");
		return -EINVAL;
	}
	mutex_lock(&c.xn->lock);
	c.flow = xsrtp_name_find(info, c.xn, &name);
	err = c.flow ? directions(info, &c) : -ENOENT;
	if (!err)
		err = verb(&c, info->extack);
	if (!err)
		xsrtp_notify(c.xn, c.flow, ntf);
	mutex_unlock(&c.xn->lock);
	return err;
}

/* A key that shall send and was just deleted elsewhere: the mutex is not held yet. */
static void key_await(struct xsrtp_net *xn, struct nlattr *session)
{
	struct nlattr *key = NULL, *master = NULL, *salt = NULL;

	if (session)
		key = nla_find_nested(session, XSRTP_A_SESSION_KEY);
	if (key) {
		master = nla_find_nested(key, XSRTP_A_KEY_MASTER_KEY);
		salt = nla_find_nested(key, XSRTP_A_KEY_MASTER_SALT);
	}
	/* The policy has seen to it that neither is longer than any. */
	if (master && salt)
		xsrtp_ledger_wait(xn, xsrtp_ledger_print(nla_data(master), nla_len(master),
							 nla_data(salt), nla_len(salt)));
}

int xsrtp_key_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	key_await(xsrtp_net(genl_info_net(info)), info->attrs[XSRTP_A_FLOW_TX]);
	err = key_command(info, XSRTP_CMD_KEY_SET_NTF, key_set);
	xsrtp_message_wipe(info);
	return err;
}

int xsrtp_key_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return key_command(info, XSRTP_CMD_KEY_DEL_NTF, key_del);
}

int xsrtp_key_swap_doit(struct sk_buff *skb, struct genl_info *info)
{
	return key_command(info, XSRTP_CMD_KEY_SWAP_NTF, key_swap);
}
