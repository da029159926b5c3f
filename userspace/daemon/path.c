// SPDX-License-Identifier: GPL-2.0
/*
 * Flows of a medium. What arrives at a leg leaves from the other one:
 *
 *	          leg[0]                        leg[1]
 *	remote -> port     == slot[0] ==>  from port, to remote
 *	remote <- port     <== slot[1] ==            port <- remote
 *
 * Where RTP and RTCP share a port at both legs a direction is one flow, else one each,
 * told apart by "only", because both send under one key. One that comes from a shared
 * port to separate ones is a flow of RTP alone: a flow has one destination.
 */
#include "path.h"

#include <errno.h>
#include <stdio.h>

#include <xsrtp/srtp.h>

#include "say.h"
#include "timeout.h"

static struct endpoint local_of(const struct leg *l, enum part part)
{
	struct endpoint ep = iface_addr(l->iface, l->family)->local;

	ep.port = l->mux ? l->port[PART_RTP] : l->port[part];
	return ep;
}

static struct endpoint remote_of(const struct leg *l, enum part part)
{
	return l->remote[l->mux ? PART_RTP : part];
}

/*
 * Phones change their SSRC within a call (transfer, music on hold). A receiver forgets
 * the oldest; a sender forgets none, for its state guards the keystream, so it has more.
 */
#define RX_STREAMS	4
#define TX_STREAMS	16

static struct session session_of(const struct sdes *s, enum direction dir, bool keyed)
{
	struct session x = { .present = s->suite, .suite = s->suite ? s->suite->suite : 0 };

	if (!s->suite)
		return x;
	x.key = keyed ? &s->key[0] : NULL;
	x.max_streams = dir == RX ? RX_STREAMS : TX_STREAMS;
	if (dir == RX)
		x.flags |= XSRTP_SESSION_FLAGS_EVICT;
	if (s->key[0].rate)
		x.flags |= XSRTP_SESSION_FLAGS_KEY_RATE;
	return x;
}

/*
 * All keys of a medium, or none: a flow that has but one of its two carries nothing, and
 * could not be made again for another suite once a key of it has been there to send.
 */
static bool is_keyed(const struct leg legs[2])
{
	int i;

	for (i = 0; i < 2; i++)
		if (legs[i].theirs.suite && (!legs[i].theirs.n_keys || !legs[i].ours.n_keys))
			return false;
	return true;
}

/* Of a call that was taken up again the datapath may have keys that we have not. */
static bool is_known(const struct leg legs[2])
{
	int i;

	for (i = 0; i < 2; i++)
		if (legs[i].theirs.suite && (!sdes_known(&legs[i].theirs) || !sdes_known(&legs[i].ours)))
			return false;
	return true;
}

/* false: there is to be none. */
static bool wanted(const struct leg legs[2], int at, enum part part, struct flow *f)
{
	const struct leg *in = &legs[at], *out = &legs[!at];
	bool shared = in->mux && out->mux, keyed = is_keyed(legs) && is_known(legs);

	if (in->mux && part == PART_RTCP)
		return false;
	*f = (struct flow){ .local = local_of(in, part), .remote = remote_of(in, part),
			    .action = XSRTP_ACTION_FORWARD, .source = local_of(out, part),
			    .destination = remote_of(out, part),
			    .rx = session_of(&in->theirs, RX, keyed),
			    .tx = session_of(&out->ours, TX, keyed) };
	f->only = shared ? 0 : part == PART_RTP ? XSRTP_ONLY_RTP : XSRTP_ONLY_RTCP;
	return f->local.port && f->remote.port && f->source.port && f->destination.port;
}

/* --- what may not change -------------------------------------------------------------- */

/* @before without a key was a guess. */
static bool same_suite(const struct sdes *now, const struct sdes *before)
{
	return now->suite == before->suite || (now->suite && before->suite && !before->n_keys);
}

/* A flow that has keys keeps its kind: made anew, it would send again under its key. */
static bool same_kind(const struct medium *m, const struct leg legs[2])
{
	int i;

	for (i = 0; i < 2; i++)
		if (legs[i].mux != m->leg[i].mux || !same_suite(&legs[i].ours, &m->leg[i].ours) ||
		    !same_suite(&legs[i].theirs, &m->leg[i].theirs))
			return false;
	return true;
}

bool path_any(const struct medium *m)
{
	return m->slot[0][0].id || m->slot[0][1].id || m->slot[1][0].id || m->slot[1][1].id;
}

/* --- steps ------------------------------------------------------------------------------ */

struct setter {
	struct calls *s;
	struct medium *m;
	const struct leg *legs;
	char *err;
	size_t err_len;
	bool had_keys;
	bool added[2][2];
};

static void drop(struct calls *s, struct slot *slot)
{
	char why[256];

	if (slot->id && s->datapath->del(s->datapath, slot->id, why, sizeof(why))) {
		s->n_flow_errors++;
		say(SAY_ERROR, "flow %u could not be deleted: %s", slot->id, why);
	}
	*slot = (struct slot){ 0 };
}

static int second_key(struct setter *t, uint32_t id, const struct sdes *sdes, enum direction dir)
{
	struct key k;
	int ret;

	if (sdes->n_keys < 2)
		return 0;
	k = sdes->key[1];
	k.second = true;
	ret = t->s->datapath->rekey(t->s->datapath, id, dir, &k, t->err, t->err_len);
	key_wipe(&k);
	return ret;
}

static int add(struct setter *t, int at, enum part part, const struct flow *f)
{
	struct slot *slot = &t->m->slot[at][part];
	int ret = t->s->datapath->add(t->s->datapath, f, &slot->id, t->err, t->err_len);

	if (ret)
		return ret;
	*slot = (struct slot){ slot->id, f->remote, f->source, f->destination, f->only,
			       { f->rx.suite, f->tx.suite } };
	t->added[at][part] = true;
	return f->rx.key ? second_key(t, slot->id, &t->legs[at].theirs, RX) : 0;
}

/* It was made for the suite that was likely, and DTLS chose another. It never had a key. */
static bool is_wrong_guess(const struct slot *slot, const struct flow *f)
{
	return slot->id && (slot->suite[RX] != f->rx.suite || slot->suite[TX] != f->tx.suite);
}

static bool same_ends(const struct slot *slot, const struct flow *f)
{
	return endpoint_equal(&slot->remote, &f->remote) && endpoint_equal(&slot->source, &f->source) &&
	       endpoint_equal(&slot->destination, &f->destination);
}

static int move(struct setter *t, struct slot *slot, const struct flow *f)
{
	struct flow to = { .id = slot->id, .remote = f->remote, .action = FLOW_NO_ACTION,
			   .source = f->source, .destination = f->destination };
	int ret;

	if (same_ends(slot, f))
		return 0;
	ret = t->s->datapath->move(t->s->datapath, &to, t->err, t->err_len);
	if (ret)
		return ret;
	slot->remote = f->remote;
	slot->source = f->source;
	slot->destination = f->destination;
	return 0;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/*
 * A key of another handshake comes beside the one in use: the peer changes to it when
 * his side of the handshake is done, and the first packet under it makes it the first.
 * One of an SDP takes the other's place, as the SDP says when.
 */
static int change_rx(struct setter *t, int at, uint32_t id)
{
	struct key k = t->legs[at].theirs.key[0];
	int ret;

	k.second = t->had_keys && sdp_dtls(t->legs[at].proto);
	ret = t->s->datapath->rekey(t->s->datapath, id, RX, &k, t->err, t->err_len);
	key_wipe(&k);
	return ret;
}

/* What the datapath has already, and we did not know: it says so, and has changed nothing. */
static int had_already(const struct setter *t, int at, int ret)
{
	return ret == -EEXIST && !sdes_known(&t->m->leg[at].theirs) ? 0 : ret;
}

static int rekey(struct setter *t, int at, struct slot *slot)
{
	const struct sdes *rx[2] = { &t->m->leg[at].theirs, &t->legs[at].theirs };
	const struct sdes *tx[2] = { &t->m->leg[!at].ours, &t->legs[!at].ours };
	struct datapath *d = t->s->datapath;
	bool all = !t->had_keys;
	int ret = 0;

	if (!is_keyed(t->legs))
		return 0;
	if (rx[1]->suite && (all || !same_key(&rx[0]->key[0], &rx[1]->key[0])))
		ret = had_already(t, at, change_rx(t, at, slot->id));
	if (!ret && rx[1]->suite && (all || !same_key(&rx[0]->key[1], &rx[1]->key[1])))
		ret = had_already(t, at, second_key(t, slot->id, rx[1], RX));
	if (!ret && tx[1]->suite && (all || !same_key(&tx[0]->key[0], &tx[1]->key[0])))
		ret = d->rekey(d, slot->id, TX, &tx[1]->key[0], t->err, t->err_len);
	return ret;
}

static int step(struct setter *t, int at, enum part part, bool adding)
{
	struct slot *slot = &t->m->slot[at][part];
	struct flow f;

	/* On hold (an unset address) what is there stays: it could not be made again. */
	if (!wanted(t->legs, at, part, &f))
		return 0;
	f.cookie = t->s->cookie;
	if (adding && is_wrong_guess(slot, &f))
		drop(t->s, slot);
	if (adding)
		return slot->id ? 0 : add(t, at, part, &f);
	if (t->added[at][part])
		return 0;
	return move(t, slot, &f) ?: rekey(t, at, slot);
}

static int steps(struct setter *t, bool adding)
{
	int ret = 0, at, part;

	for (at = 0; !ret && at < 2; at++)
		for (part = PART_RTP; !ret && part <= PART_RTCP; part++)
			ret = step(t, at, part, adding);
	return ret;
}

static void take_back(struct setter *t)
{
	int at, part;

	for (at = 0; at < 2; at++)
		for (part = PART_RTP; part <= PART_RTCP; part++)
			if (t->added[at][part])
				drop(t->s, &t->m->slot[at][part]);
}

static time_t since(time_t before, const struct sdes *was, const struct sdes *is)
{
	if (!is->n_keys)
		return 0;
	return before && same_key(&was->key[0], &is->key[0]) ? before : timeout_now();
}

static void note_ages(struct medium *m, const struct leg legs[2])
{
	int end;

	for (end = 0; end < 2; end++) {
		m->keyed[end][0] = since(m->keyed[end][0], &m->leg[end].ours, &legs[end].ours);
		m->keyed[end][1] = since(m->keyed[end][1], &m->leg[end].theirs, &legs[end].theirs);
	}
}

int path_check(const struct medium *m, const struct leg legs[2], char *err, size_t err_len)
{
	if (!path_any(m) || same_kind(m, legs))
		return 0;
	snprintf(err, err_len, "within a call neither the crypto suite nor rtcp-mux may change");
	return -EOPNOTSUPP;
}

int path_set(struct calls *s, struct medium *m, const struct leg legs[2], char *err, size_t err_len)
{
	struct setter t = { .s = s, .m = m, .legs = legs, .err = err, .err_len = err_len,
			    .had_keys = is_keyed(m->leg) };
	int ret = path_check(m, legs, err, err_len);

	if (ret)
		return ret;
	ret = steps(&t, true) ?: steps(&t, false);
	if (ret) {
		s->n_flow_errors++;
		take_back(&t);
		return ret;
	}
	note_ages(m, legs);
	memcpy(m->leg, legs, sizeof(m->leg));
	return 0;
}

int path_settle(struct calls *s, const struct medium *m, int at, char *err, size_t err_len)
{
	int ret = 0, part;

	for (part = PART_RTP; !ret && part <= PART_RTCP; part++)
		if (m->slot[at][part].id)
			ret = s->datapath->only(s->datapath, m->slot[at][part].id, RX,
						&m->leg[at].theirs.key[0], err, err_len);
	return ret;
}

bool path_place(const struct medium *m, int at, enum part part, struct endpoint *local,
		struct endpoint *source)
{
	if (m->leg[at].mux && part == PART_RTCP)
		return false;
	*local = local_of(&m->leg[at], part);
	*source = local_of(&m->leg[!at], part);
	return true;
}

/* That there are keys is all that is told of them. */
static struct sdes adopted(const struct session *s)
{
	struct sdes x = { .tag = 1, .suite = s->present ? xsrtp_suite_info(s->suite) : NULL };

	x.n_keys = x.suite && s->has_key ? s->n_slots > 1 ? SDES_KEYS : 1 : 0;
	return x;
}

void path_adopt(struct medium *m, int at, enum part part, const struct flow *f)
{
	m->slot[at][part] = (struct slot){ f->id, f->remote, f->source, f->destination, f->only,
					   { f->rx.suite, f->tx.suite } };
	m->leg[at].theirs = adopted(&f->rx);
	m->leg[!at].ours = adopted(&f->tx);
}

void path_stop(struct calls *s, struct medium *m)
{
	int at, part;

	for (at = 0; at < 2; at++)
		for (part = PART_RTP; part <= PART_RTCP; part++)
			drop(s, &m->slot[at][part]);
}
