// SPDX-License-Identifier: GPL-2.0
/*
 * Flows, keys and counters to and from netlink messages (<linux/xsrtp.h>).
 * Attributes that this program does not know are skipped, so that it can talk
 * to a newer module.
 */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

static const struct nla_policy flow_policy[XSRTP_A_FLOW_MAX + 1] = {
	[XSRTP_A_FLOW_ID] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_LOCAL] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_REMOTE] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_ACTION] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_SOURCE] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_DESTINATION] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_RX] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_TX] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_STATS] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_ONLY] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_LEARN] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_LEARN_WINDOW] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_LEARNED] = { .type = NLA_NESTED },
	[XSRTP_A_FLOW_EVENTS] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_FOLLOW] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_OF] = { .type = NLA_U32 },
	[XSRTP_A_FLOW_COOKIE] = { .type = NLA_U64 },
};

static const struct nla_policy endpoint_policy[XSRTP_A_ENDPOINT_MAX + 1] = {
	[XSRTP_A_ENDPOINT_ADDRESS] = { .type = NLA_UNSPEC, .minlen = 4, .maxlen = 16 },
	[XSRTP_A_ENDPOINT_PORT] = { .type = NLA_U16 },
};

static const struct nla_policy session_policy[XSRTP_A_SESSION_MAX + 1] = {
	[XSRTP_A_SESSION_SUITE] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_WINDOW] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_MAX_STREAMS] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_HAS_KEY] = { .type = NLA_U8 },
	[XSRTP_A_SESSION_STREAM] = { .type = NLA_NESTED },
	[XSRTP_A_SESSION_FLAGS] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_ROC_POLICY] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_ROC_RATE] = { .type = NLA_U32 },
	[XSRTP_A_SESSION_EXT_IDS] = { .type = NLA_UNSPEC, .minlen = 32, .maxlen = 32 },
	[XSRTP_A_SESSION_SLOT] = { .type = NLA_NESTED },
	[XSRTP_A_SESSION_EVENTS] = { .type = NLA_U32 },
};

static const struct nla_policy slot_policy[XSRTP_A_SLOT_MAX + 1] = {
	[XSRTP_A_SLOT_WHICH] = { .type = NLA_U32 },
	[XSRTP_A_SLOT_MKI] = { .type = NLA_UNSPEC, .minlen = 1, .maxlen = XSRTP_MKI_MAX },
	[XSRTP_A_SLOT_LEFT] = { .type = NLA_U64 },
	[XSRTP_A_SLOT_RATE] = { .type = NLA_U32 },
};

static const struct nla_policy stream_policy[XSRTP_A_STREAM_MAX + 1] = {
	[XSRTP_A_STREAM_SSRC] = { .type = NLA_U32 },
	[XSRTP_A_STREAM_ROC] = { .type = NLA_U32 },
	[XSRTP_A_STREAM_SEQ] = { .type = NLA_U32 },
	[XSRTP_A_STREAM_RTCP_INDEX] = { .type = NLA_U32 },
};

static const struct nla_policy stats_policy[XSRTP_A_STATS_MAX + 1] = {
	[XSRTP_A_STATS_RX_PACKETS] = { .type = NLA_U64 },
	[XSRTP_A_STATS_RX_BYTES] = { .type = NLA_U64 },
	[XSRTP_A_STATS_TX_PACKETS] = { .type = NLA_U64 },
	[XSRTP_A_STATS_TX_BYTES] = { .type = NLA_U64 },
	[XSRTP_A_STATS_DROP] = { .type = NLA_NESTED },
	[XSRTP_A_STATS_FLOWS] = { .type = NLA_U32 },
	[XSRTP_A_STATS_CIPHER] = { .type = NLA_NUL_STRING },
};

static const struct nla_policy drop_policy[XSRTP_A_DROP_MAX + 1] = {
	[XSRTP_A_DROP_REASON] = { .type = NLA_U32 },
	[XSRTP_A_DROP_PACKETS] = { .type = NLA_U64 },
};

/* --- from messages --------------------------------------------------------------- */

static uint32_t u32_of(struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

static uint64_t u64_of(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

static int parse_endpoint(struct nlattr *a, struct endpoint *ep)
{
	struct nlattr *tb[XSRTP_A_ENDPOINT_MAX + 1], *addr;

	if (!a)
		return 0;
	if (nla_parse_nested(tb, XSRTP_A_ENDPOINT_MAX, a, endpoint_policy))
		return -EBADMSG;
	addr = tb[XSRTP_A_ENDPOINT_ADDRESS];
	if (!addr || !tb[XSRTP_A_ENDPOINT_PORT] || (nla_len(addr) != 4 && nla_len(addr) != 16))
		return -EBADMSG;
	ep->family = nla_len(addr) == 4 ? AF_INET : AF_INET6;
	memcpy(ep->addr, nla_data(addr), nla_len(addr));
	ep->port = ntohs(nla_get_u16(tb[XSRTP_A_ENDPOINT_PORT]));
	return 0;
}

static int parse_stream(struct nlattr *a, struct stream *s)
{
	struct nlattr *tb[XSRTP_A_STREAM_MAX + 1];

	if (nla_parse_nested(tb, XSRTP_A_STREAM_MAX, a, stream_policy))
		return -EBADMSG;
	s->ssrc = u32_of(tb[XSRTP_A_STREAM_SSRC]);
	s->roc = u32_of(tb[XSRTP_A_STREAM_ROC]);
	s->seq = u32_of(tb[XSRTP_A_STREAM_SEQ]);
	s->no_roc = !tb[XSRTP_A_STREAM_ROC];
	s->has_rtcp_index = tb[XSRTP_A_STREAM_RTCP_INDEX];
	s->rtcp_index = u32_of(tb[XSRTP_A_STREAM_RTCP_INDEX]);
	return 0;
}

/* Repeated attributes: nla_parse() would keep only the last one. */
static int parse_streams(struct nlattr *nest, struct session *s)
{
	struct nlattr *a;
	unsigned int n = 0;
	int left, ret = 0;

	nla_for_each_nested(a, nest, left)
		n += nla_type(a) == XSRTP_A_SESSION_STREAM;
	if (!n)
		return 0;
	s->streams = calloc(n, sizeof(*s->streams));
	if (!s->streams)
		return -ENOMEM;
	nla_for_each_nested(a, nest, left)
		if (!ret && nla_type(a) == XSRTP_A_SESSION_STREAM)
			ret = parse_stream(a, &s->streams[s->n_streams++]);
	return ret;
}

static int parse_slot(struct nlattr *a, struct key_slot *slot)
{
	struct nlattr *tb[XSRTP_A_SLOT_MAX + 1];

	if (nla_parse_nested(tb, XSRTP_A_SLOT_MAX, a, slot_policy))
		return -EBADMSG;
	slot->which = u32_of(tb[XSRTP_A_SLOT_WHICH]);
	slot->left = u64_of(tb[XSRTP_A_SLOT_LEFT]);
	slot->rate = u32_of(tb[XSRTP_A_SLOT_RATE]);
	if (tb[XSRTP_A_SLOT_MKI]) {
		slot->mki_len = nla_len(tb[XSRTP_A_SLOT_MKI]);
		memcpy(slot->mki, nla_data(tb[XSRTP_A_SLOT_MKI]), slot->mki_len);
	}
	return 0;
}

static int parse_slots(struct nlattr *nest, struct session *s)
{
	struct nlattr *a;
	int left, ret = 0;

	nla_for_each_nested(a, nest, left)
		if (!ret && nla_type(a) == XSRTP_A_SESSION_SLOT && s->n_slots < 2)
			ret = parse_slot(a, &s->slots[s->n_slots++]);
	return ret;
}

static void copy_rules(struct nlattr **tb, struct session *s)
{
	s->flags = u32_of(tb[XSRTP_A_SESSION_FLAGS]);
	s->roc_policy = u32_of(tb[XSRTP_A_SESSION_ROC_POLICY]);
	s->roc_rate = u32_of(tb[XSRTP_A_SESSION_ROC_RATE]);
	s->events = u32_of(tb[XSRTP_A_SESSION_EVENTS]);
	if (tb[XSRTP_A_SESSION_EXT_IDS])
		memcpy(s->ext_ids, nla_data(tb[XSRTP_A_SESSION_EXT_IDS]), sizeof(s->ext_ids));
}

static int parse_session(struct nlattr *a, struct session *s)
{
	struct nlattr *tb[XSRTP_A_SESSION_MAX + 1];

	if (!a)
		return 0;
	if (nla_parse_nested(tb, XSRTP_A_SESSION_MAX, a, session_policy))
		return -EBADMSG;
	s->present = true;
	s->suite = u32_of(tb[XSRTP_A_SESSION_SUITE]);
	s->window = u32_of(tb[XSRTP_A_SESSION_WINDOW]);
	s->max_streams = u32_of(tb[XSRTP_A_SESSION_MAX_STREAMS]);
	s->has_key = tb[XSRTP_A_SESSION_HAS_KEY] && nla_get_u8(tb[XSRTP_A_SESSION_HAS_KEY]);
	copy_rules(tb, s);
	return parse_slots(a, s) ?: parse_streams(a, s);
}

static int parse_drop(struct nlattr *a, struct stats *s)
{
	struct nlattr *tb[XSRTP_A_DROP_MAX + 1];
	uint32_t reason;

	if (nla_parse_nested(tb, XSRTP_A_DROP_MAX, a, drop_policy) || !tb[XSRTP_A_DROP_REASON])
		return -EBADMSG;
	reason = u32_of(tb[XSRTP_A_DROP_REASON]);
	if (reason < XSRTP_REASON_MAX)
		s->drop[reason] += u64_of(tb[XSRTP_A_DROP_PACKETS]);
	else
		s->drop_other += u64_of(tb[XSRTP_A_DROP_PACKETS]);
	return 0;
}

static void copy_stats(struct nlattr **tb, struct stats *s)
{
	s->rx_packets = u64_of(tb[XSRTP_A_STATS_RX_PACKETS]);
	s->rx_bytes = u64_of(tb[XSRTP_A_STATS_RX_BYTES]);
	s->tx_packets = u64_of(tb[XSRTP_A_STATS_TX_PACKETS]);
	s->tx_bytes = u64_of(tb[XSRTP_A_STATS_TX_BYTES]);
	s->flows = u32_of(tb[XSRTP_A_STATS_FLOWS]);
	if (tb[XSRTP_A_STATS_CIPHER])
		nla_strlcpy(s->cipher, tb[XSRTP_A_STATS_CIPHER], sizeof(s->cipher));
}

static int parse_drops(struct nlattr *a, int left, struct stats *s)
{
	int ret = 0;

	for (; !ret && nla_ok(a, left); a = nla_next(a, &left))
		if (nla_type(a) == XSRTP_A_STATS_DROP)
			ret = parse_drop(a, s);
	return ret;
}

static int parse_stats(struct nlattr *a, struct stats *s)
{
	struct nlattr *tb[XSRTP_A_STATS_MAX + 1];

	if (nla_parse_nested(tb, XSRTP_A_STATS_MAX, a, stats_policy))
		return -EBADMSG;
	copy_stats(tb, s);
	return parse_drops(nla_data(a), nla_len(a), s);
}

static int parse_attrs(struct nlattr **tb, struct flow *f)
{
	int ret;

	f->id = u32_of(tb[XSRTP_A_FLOW_ID]);
	f->action = tb[XSRTP_A_FLOW_ACTION] ? (int)u32_of(tb[XSRTP_A_FLOW_ACTION]) :
		    FLOW_NO_ACTION;
	f->only = u32_of(tb[XSRTP_A_FLOW_ONLY]);
	f->has_learn = tb[XSRTP_A_FLOW_LEARN];
	f->learn = u32_of(tb[XSRTP_A_FLOW_LEARN]);
	f->learn_window = u32_of(tb[XSRTP_A_FLOW_LEARN_WINDOW]);
	f->events = u32_of(tb[XSRTP_A_FLOW_EVENTS]);
	f->follow = u32_of(tb[XSRTP_A_FLOW_FOLLOW]);
	f->of = u32_of(tb[XSRTP_A_FLOW_OF]);
	f->cookie = u64_of(tb[XSRTP_A_FLOW_COOKIE]);
	f->has_stats = tb[XSRTP_A_FLOW_STATS];
	ret = parse_endpoint(tb[XSRTP_A_FLOW_LOCAL], &f->local) ?:
	      parse_endpoint(tb[XSRTP_A_FLOW_REMOTE], &f->remote) ?:
	      parse_endpoint(tb[XSRTP_A_FLOW_LEARNED], &f->learned) ?:
	      parse_endpoint(tb[XSRTP_A_FLOW_SOURCE], &f->source) ?:
	      parse_endpoint(tb[XSRTP_A_FLOW_DESTINATION], &f->destination) ?:
	      parse_session(tb[XSRTP_A_FLOW_RX], &f->rx) ?:
	      parse_session(tb[XSRTP_A_FLOW_TX], &f->tx);
	if (!ret && f->has_stats)
		ret = parse_stats(tb[XSRTP_A_FLOW_STATS], &f->stats);
	return ret;
}

/* The caller clears @f, on error too. */
static int parse_flow(struct nlmsghdr *h, struct flow *f)
{
	struct nlattr *tb[XSRTP_A_FLOW_MAX + 1];

	*f = (struct flow){ .action = FLOW_NO_ACTION };
	if (genlmsg_parse(h, 0, tb, XSRTP_A_FLOW_MAX, flow_policy))
		return -EBADMSG;
	return parse_attrs(tb, f);
}

/* --- to messages ----------------------------------------------------------------- */

static int put_endpoint(struct nl_msg *msg, int type, const struct endpoint *ep)
{
	struct nlattr *nest;

	if (!ep->family)
		return 0;
	nest = nla_nest_start(msg, type | NLA_F_NESTED);
	if (!nest ||
	    nla_put(msg, XSRTP_A_ENDPOINT_ADDRESS, ep->family == AF_INET ? 4 : 16, ep->addr) ||
	    nla_put_u16(msg, XSRTP_A_ENDPOINT_PORT, htons(ep->port)))
		return -EMSGSIZE;
	return nla_nest_end(msg, nest);
}

static int put_key(struct nl_msg *msg, const struct key *key)
{
	struct nlattr *nest = nla_nest_start(msg, XSRTP_A_SESSION_KEY | NLA_F_NESTED);

	if (!nest ||
	    nla_put(msg, XSRTP_A_KEY_MASTER_KEY, key->key_len, key->master_key) ||
	    nla_put(msg, XSRTP_A_KEY_MASTER_SALT, key->salt_len, key->master_salt) ||
	    (key->mki_len && nla_put(msg, XSRTP_A_KEY_MKI, key->mki_len, key->mki)) ||
	    (key->second && nla_put_u32(msg, XSRTP_A_KEY_SLOT, XSRTP_KEY_SLOT_SECOND)) ||
	    (key->lifetime && nla_put_u64(msg, XSRTP_A_KEY_LIFETIME, key->lifetime)) ||
	    (key->rate && nla_put_u32(msg, XSRTP_A_KEY_RATE, key->rate)))
		return -EMSGSIZE;
	return nla_nest_end(msg, nest);
}

static int put_rules(struct nl_msg *msg, const struct session *s)
{
	static const uint8_t none[sizeof(s->ext_ids)];

	if ((s->flags && nla_put_u32(msg, XSRTP_A_SESSION_FLAGS, s->flags)) ||
	    (s->roc_policy && nla_put_u32(msg, XSRTP_A_SESSION_ROC_POLICY, s->roc_policy)) ||
	    (s->roc_rate && nla_put_u32(msg, XSRTP_A_SESSION_ROC_RATE, s->roc_rate)) ||
	    (memcmp(s->ext_ids, none, sizeof(none)) &&
	     nla_put(msg, XSRTP_A_SESSION_EXT_IDS, sizeof(s->ext_ids), s->ext_ids)))
		return -EMSGSIZE;
	return 0;
}

static int put_stream(struct nl_msg *msg, const struct stream *s)
{
	struct nlattr *nest = nla_nest_start(msg, XSRTP_A_SESSION_STREAM | NLA_F_NESTED);

	if (!nest ||
	    nla_put_u32(msg, XSRTP_A_STREAM_SSRC, s->ssrc) ||
	    (!s->no_roc && nla_put_u32(msg, XSRTP_A_STREAM_ROC, s->roc)) ||
	    (!s->no_seq && nla_put_u32(msg, XSRTP_A_STREAM_SEQ, s->seq)) ||
	    (s->has_rtcp_index &&
	     nla_put_u32(msg, XSRTP_A_STREAM_RTCP_INDEX, s->rtcp_index)))
		return -EMSGSIZE;
	return nla_nest_end(msg, nest);
}

static int put_streams(struct nl_msg *msg, const struct session *s)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < s->n_streams; i++)
		ret = put_stream(msg, &s->streams[i]);
	return ret;
}

static int put_session(struct nl_msg *msg, int type, const struct session *s)
{
	struct nlattr *nest;

	if (!s->present)
		return 0;
	nest = nla_nest_start(msg, type | NLA_F_NESTED);
	if (!nest ||
	    (s->suite && nla_put_u32(msg, XSRTP_A_SESSION_SUITE, s->suite)) ||
	    (s->window && nla_put_u32(msg, XSRTP_A_SESSION_WINDOW, s->window)) ||
	    (s->max_streams && nla_put_u32(msg, XSRTP_A_SESSION_MAX_STREAMS, s->max_streams)) ||
	    put_rules(msg, s) || put_streams(msg, s) ||
	    (s->key && put_key(msg, s->key)))
		return -EMSGSIZE;
	/* An empty nest says something too: this direction. */
	return nla_nest_end_keep_empty(msg, nest);
}

/* "From anyone" is an empty nest: none at all means that nothing is said. */
static int put_remote(struct nl_msg *msg, const struct flow *f)
{
	struct nlattr *nest;

	if (!f->remote_any)
		return put_endpoint(msg, XSRTP_A_FLOW_REMOTE, &f->remote);
	nest = nla_nest_start(msg, XSRTP_A_FLOW_REMOTE | NLA_F_NESTED);
	return nest ? nla_nest_end_keep_empty(msg, nest) : -EMSGSIZE;
}

static int put_learn(struct nl_msg *msg, const struct flow *f)
{
	if ((f->has_learn && nla_put_u32(msg, XSRTP_A_FLOW_LEARN, f->learn)) ||
	    (f->learn_window && nla_put_u32(msg, XSRTP_A_FLOW_LEARN_WINDOW, f->learn_window)) ||
	    ((f->follow || f->follow_none) && nla_put_u32(msg, XSRTP_A_FLOW_FOLLOW, f->follow)))
		return -EMSGSIZE;
	return put_endpoint(msg, XSRTP_A_FLOW_LEARNED, &f->learned);
}

static int put_flow(struct nl_msg *msg, const struct flow *f)
{
	int ret = 0;

	if (f->id)
		ret = nla_put_u32(msg, XSRTP_A_FLOW_ID, f->id);
	ret = ret ?: put_endpoint(msg, XSRTP_A_FLOW_LOCAL, &f->local) ?: put_remote(msg, f);
	if (!ret && f->action != FLOW_NO_ACTION)
		ret = nla_put_u32(msg, XSRTP_A_FLOW_ACTION, f->action);
	if (!ret && f->only)
		ret = nla_put_u32(msg, XSRTP_A_FLOW_ONLY, f->only);
	if (!ret && f->of)
		ret = nla_put_u32(msg, XSRTP_A_FLOW_OF, f->of);
	if (!ret && f->cookie)
		ret = nla_put_u64(msg, XSRTP_A_FLOW_COOKIE, f->cookie);
	return ret ?: put_learn(msg, f) ?: put_endpoint(msg, XSRTP_A_FLOW_SOURCE, &f->source) ?:
	       put_endpoint(msg, XSRTP_A_FLOW_DESTINATION, &f->destination) ?:
	       put_session(msg, XSRTP_A_FLOW_RX, &f->rx) ?:
	       put_session(msg, XSRTP_A_FLOW_TX, &f->tx);
}

/* One request about one flow. */
static int request(struct xnl *x, uint8_t cmd, const struct flow *f,
		   int (*reply)(struct nlmsghdr *h, void *arg), void *arg)
{
	struct nl_msg *msg = xnl_request(x, cmd, 0);

	if (!msg || put_flow(msg, f))
		return xnl_drop(x, msg);
	return xnl_send(x, msg, reply, arg);
}

/* --- the commands ------------------------------------------------------------------ */

void flow_clear(struct flow *f)
{
	free(f->rx.streams);
	free(f->tx.streams);
	*f = (struct flow){ .action = FLOW_NO_ACTION };
}

struct flow flow_select(uint32_t id, const struct endpoint *local)
{
	struct flow f = { .id = id, .action = FLOW_NO_ACTION };

	if (!id)
		f.local = *local;
	return f;
}

static int read_id(struct nlmsghdr *h, void *arg)
{
	struct flow f;
	int ret = parse_flow(h, &f);

	*(uint32_t *)arg = f.id;
	flow_clear(&f);
	return ret;
}

int flow_new(struct xnl *x, const struct flow *f, uint32_t *id)
{
	*id = 0;
	return request(x, XSRTP_CMD_FLOW_NEW, f, read_id, id);
}

int flow_set(struct xnl *x, const struct flow *f)
{
	return request(x, XSRTP_CMD_FLOW_SET, f, NULL, NULL);
}

int flow_del(struct xnl *x, const struct flow *which)
{
	return request(x, XSRTP_CMD_FLOW_DEL, which, NULL, NULL);
}

static int read_flow(struct nlmsghdr *h, void *arg)
{
	return parse_flow(h, arg);
}

int flow_get(struct xnl *x, const struct flow *which, struct flow *f)
{
	int ret;

	*f = (struct flow){ .action = FLOW_NO_ACTION };
	ret = request(x, XSRTP_CMD_FLOW_GET, which, read_flow, f);
	if (ret)
		flow_clear(f);
	return ret;
}

struct dump {
	int (*fn)(const struct flow *f, void *arg);
	void *arg;
};

static int dump_flow(struct nlmsghdr *h, void *arg)
{
	struct dump *d = arg;
	struct flow f;
	int ret = parse_flow(h, &f);

	if (!ret)
		ret = d->fn(&f, d->arg);
	flow_clear(&f);
	return ret;
}

int flow_dump(struct xnl *x, int (*fn)(const struct flow *f, void *arg), void *arg)
{
	struct nl_msg *msg = xnl_request(x, XSRTP_CMD_FLOW_GET, NLM_F_DUMP);
	struct dump d = { fn, arg };

	if (!msg)
		return xnl_drop(x, msg);
	return xnl_send(x, msg, dump_flow, &d);
}

static int key_request(struct xnl *x, uint8_t cmd, const struct flow *which,
		       enum direction dir, const struct key *key)
{
	struct flow f = *which;

	*(dir == RX ? &f.rx : &f.tx) = (struct session){ .present = true, .key = key };
	return request(x, cmd, &f, NULL, NULL);
}

int key_set(struct xnl *x, const struct flow *which, enum direction dir, const struct key *key)
{
	return key_request(x, XSRTP_CMD_KEY_SET, which, dir, key);
}

/* A nest in a nest: which of the keys. */
static int put_second(struct nl_msg *msg, enum direction dir)
{
	struct nlattr *nest = nla_nest_start(msg, (dir == RX ? XSRTP_A_FLOW_RX : XSRTP_A_FLOW_TX) |
					     NLA_F_NESTED);
	struct nlattr *key = nest ? nla_nest_start(msg, XSRTP_A_SESSION_KEY | NLA_F_NESTED) : NULL;

	if (!key || nla_put_u32(msg, XSRTP_A_KEY_SLOT, XSRTP_KEY_SLOT_SECOND))
		return -EMSGSIZE;
	nla_nest_end(msg, key);
	return nla_nest_end(msg, nest);
}

int key_del(struct xnl *x, const struct flow *which, enum direction dir, bool second)
{
	struct nl_msg *msg;

	if (!second)
		return key_request(x, XSRTP_CMD_KEY_DEL, which, dir, NULL);
	msg = xnl_request(x, XSRTP_CMD_KEY_DEL, 0);
	if (!msg || put_flow(msg, which) || put_second(msg, dir))
		return xnl_drop(x, msg);
	return xnl_send(x, msg, NULL, NULL);
}

int key_swap(struct xnl *x, const struct flow *which, enum direction dir)
{
	return key_request(x, XSRTP_CMD_KEY_SWAP, which, dir, NULL);
}

/* Here the attributes of XSRTP_A_STATS are the message's own, in no nest. */
static int read_stats(struct nlmsghdr *h, void *arg)
{
	struct nlattr *tb[XSRTP_A_STATS_MAX + 1];
	struct genlmsghdr *g = nlmsg_data(h);

	if (genlmsg_parse(h, 0, tb, XSRTP_A_STATS_MAX, stats_policy))
		return -EBADMSG;
	copy_stats(tb, arg);
	return parse_drops(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), arg);
}

int stats_get(struct xnl *x, struct stats *s)
{
	struct nl_msg *msg = xnl_request(x, XSRTP_CMD_STATS_GET, 0);

	*s = (struct stats){ 0 };
	if (!msg)
		return xnl_drop(x, msg);
	return xnl_send(x, msg, read_stats, s);
}

uint64_t stats_drops(const struct stats *s)
{
	uint64_t sum = s->drop_other;
	unsigned int i;

	for (i = 0; i < XSRTP_REASON_MAX; i++)
		sum += s->drop[i];
	return sum;
}

struct monitor {
	int (*fn)(uint8_t cmd, const struct flow *f, void *arg);
	void *arg;
};

static int read_event(struct nlmsghdr *h, void *arg)
{
	struct genlmsghdr *g = nlmsg_data(h);
	struct monitor *m = arg;
	struct flow f;
	int ret = parse_flow(h, &f);

	if (!ret)
		ret = m->fn(g->cmd, &f, m->arg);
	flow_clear(&f);
	return ret;
}

int flow_monitor(struct xnl *x, int (*fn)(uint8_t cmd, const struct flow *f, void *arg),
		 void *arg)
{
	struct monitor m = { fn, arg };

	return xnl_listen(x, XSRTP_MCGRP_FLOWS, read_event, &m);
}
