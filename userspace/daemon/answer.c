// SPDX-License-Identifier: GPL-2.0
/*
 * An answer: held against the offer that it answers, all media of it before the first
 * flow is made. An answer that does not fit installs nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "exchange.h"
#include "path.h"

/* --- keys --------------------------------------------------------------------------- */

/* RFC 4568 5.1.3: one attribute, with the tag and the suite of one that was offered. */
static int match_crypto(struct exchange *x, const struct sdp_medium *m, const struct offered *o,
			struct leg *l)
{
	unsigned int i;
	int ret;

	if (m->n_crypto != 1)
		return exchange_refuse(x, -EINVAL, "m=%.*s: the answer has %u a=crypto, not one",
				       TEXT_ARG(m->type), m->n_crypto);
	ret = exchange_read_crypto(x, m->crypto[0], &l->theirs);
	if (ret == -ENOTSUP)
		return exchange_refuse(x, -EINVAL, "m=%.*s: the answer's a=crypto has a suite or parameter "
				       "that was not offered", TEXT_ARG(m->type));
	for (i = 0; !ret && i < o->n_out; i++)
		if (o->out[i].tag == l->theirs.tag && o->out[i].suite == l->theirs.suite &&
		    exchange_crypto_fine(&l->theirs)) {
			l->ours = o->out[i];
			return 0;
		}
	return ret ?: exchange_refuse(x, -EINVAL, "m=%.*s: the answer's a=crypto (tag %u, %s) is none of "
				      "those that were offered", TEXT_ARG(m->type), l->theirs.tag,
				      l->theirs.suite->name);
}

/* Towards who offered: the suite in use, else the first; our key stays as long as it does. */
static int choose_crypto(struct exchange *x, const struct offered *o, const struct leg *before,
			 struct leg *l)
{
	const struct sdes *in = &o->in[0];
	unsigned int i;

	for (i = 0; i < o->n_in; i++)
		if (before->theirs.suite && o->in[i].suite == before->theirs.suite)
			in = &o->in[i];
	l->theirs = *in;
	if (before->ours.suite == in->suite && sdes_known(&before->ours)) {
		l->ours = before->ours;
		l->ours.tag = in->tag;
		return 0;
	}
	return sdes_make(&l->ours, in->tag, in->suite) ?
	       exchange_refuse(x, -EIO, "no random numbers") : 0;
}

/* Whether who offered keys under RTP/AVP gets one (RFC 8643): as it was, once it was agreed to. */
static bool takes_osrtp(const struct exchange *x, const struct offered *o, const struct leg *before,
			const struct leg *answerer)
{
	if (!sdp_plain(o->leg.proto) || !o->n_in)
		return false;
	if (before->theirs.suite || sdp_plain(before->proto))
		return before->theirs.suite;
	return o->osrtp_accept || x->wish->osrtp_accept || answerer->ours.suite;
}

/* --- DTLS ----------------------------------------------------------------------------- */

/* What a leg had stays until a handshake has other keys; before the first it is a guess. */
static void keep_keys(struct exchange *x, const struct leg *before, struct leg *l)
{
	l->ours = before->ours;
	l->theirs = before->theirs;
	if (!l->ours.suite)
		l->ours.suite = l->theirs.suite = x->calls->keying->suite;
}

/* Ours, after who answers: without a=setup he is passive (RFC 4145 4). */
static int answered_setup(struct exchange *x, const struct sdp_medium *m, const struct offered *o,
			  struct leg *l)
{
	l->setup = m->setup == SETUP_ACTIVE ? SETUP_PASSIVE : m->setup == SETUP_HOLDCONN ? SETUP_HOLDCONN :
		   SETUP_ACTIVE;
	if (m->setup == SETUP_ACTPASS || (l->setup == SETUP_ACTIVE && o->our_setup == SETUP_PASSIVE))
		return exchange_refuse(x, -EINVAL, "m=%.*s: a=setup:%s answers none that was offered",
				       TEXT_ARG(m->type), m->setup == SETUP_ACTPASS ? "actpass" : "passive");
	return 0;
}

static int match_dtls(struct exchange *x, const struct sdp_medium *m, const struct offered *o,
		      const struct leg *before, struct leg *l)
{
	keep_keys(x, before, l);
	return exchange_read_dtls(x, m, l) ?: answered_setup(x, m, o, l);
}

/*
 * Towards who offered: active where we may choose (RFC 5763 5), but as it was where
 * there is an association that stays (RFC 8842 5.3).
 */
static int choose_dtls(struct exchange *x, struct secure *s, const struct offered *o,
		       const struct leg *before, struct leg *l)
{
	bool passive = o->passive || x->wish->dtls_passive, fresh;

	keep_keys(x, before, l);
	l->prints = o->leg.prints;
	memcpy(l->tls_id, o->leg.tls_id, sizeof(l->tls_id));
	l->setup = o->setup == SETUP_ACTIVE ? SETUP_PASSIVE : o->setup == SETUP_PASSIVE ? SETUP_ACTIVE :
		   o->setup == SETUP_HOLDCONN ? SETUP_HOLDCONN : passive ? SETUP_PASSIVE : SETUP_ACTIVE;
	if (o->setup == SETUP_ACTPASS && s->started)
		l->setup = before->setup;
	fresh = s->started && keying_fresh(s, before, l);
	return keying_prepare(x->calls->keying, s, fresh) ? exchange_refuse(x, -EIO, "no random numbers") : 0;
}

/* --- a medium ------------------------------------------------------------------------ */

static void choose_mux(const struct sdp_medium *m, const struct offered *o, struct leg *offerer,
		       struct leg *answerer)
{
	answerer->mux = o->mux && m->mux;
	offerer->mux = o->leg.mux && !o->mux_never && (answerer->mux || o->mux_anyway);
}

/* With ICE media goes where its checks came from, and before the first nowhere (RFC 8445 12.1). */
static void choose_remote(struct leg *l)
{
	if (l->ice.on && !l->ice.lite)
		memcpy(l->remote, l->ice.chosen, sizeof(l->remote));
}

/* RFC 8839 4.2.2: a leg has it if both of its SDPs have it. */
static int choose_ice(struct exchange *x, const struct sdp_medium *m, const struct offered *o, struct leg *offerer,
		      struct leg *answerer)
{
	struct leg heard = { 0 };
	int ret = o->ice ? exchange_read_ice(x, m, &heard) : 0;

	if (ret)
		return ret;
	if (heard.ice.on)
		ret = ice_agree(&answerer->ice, &heard.ice, false);
	else
		ice_leave(&answerer->ice);
	if (!ret && o->leg.ice.on && x->wish->ice != WISH_ICE_REMOVE)
		ret = ice_agree(&offerer->ice, &o->leg.ice, true);
	else
		ice_leave(&offerer->ice);
	offerer->ice.offered = offerer->ice.on;
	choose_remote(answerer);
	choose_remote(offerer);
	return ret ? exchange_refuse(x, ret, "no random numbers") : 0;
}

static int check_proto(struct exchange *x, const struct sdp_medium *m, const struct offered *o)
{
	if (m->proto == SDP_OTHER || sdp_secure(m->proto) != sdp_secure(o->proto) ||
	    sdp_dtls(m->proto) != sdp_dtls(o->proto))
		return exchange_refuse(x, -EINVAL, "m=%.*s: the answer is %.*s, the offer was %s",
				       TEXT_ARG(m->type), TEXT_ARG(m->proto_text), sdp_proto_name(o->proto));
	return 0;
}

/* The legs as they shall be: [offerer's end], [answerer's]. */
static int make_legs(struct exchange *x, unsigned int i, struct leg legs[2])
{
	const struct offered *o = &x->dialog->offer->m[i];
	const struct sdp_medium *m = &x->sdp->medium[i];
	const struct leg *before = x->dialog->medium[i]->leg;
	struct leg *offerer = &legs[!x->from], *answerer = &legs[x->from];
	int ret = check_proto(x, m, o);

	if (ret)
		return ret;
	memcpy(legs, before, 2 * sizeof(*legs));
	sdes_wipe(&offerer->ours);
	sdes_wipe(&offerer->theirs);
	sdes_wipe(&answerer->ours);
	sdes_wipe(&answerer->theirs);
	memcpy(offerer->remote, o->leg.remote, sizeof(offerer->remote));
	offerer->proto = o->leg.proto;
	answerer->proto = m->proto;
	exchange_far(x, m, answerer);
	choose_mux(m, o, offerer, answerer);
	ret = choose_ice(x, m, o, offerer, answerer);
	if (ret)
		return ret;
	if (sdp_secure(o->proto) || (sdp_plain(o->proto) && o->n_out && m->n_crypto))
		ret = match_crypto(x, m, o, answerer);
	if (!ret && sdp_dtls(o->proto))
		ret = match_dtls(x, m, o, &before[x->from], answerer);
	if (!ret && (sdp_secure(o->leg.proto) || takes_osrtp(x, o, &before[!x->from], answerer)))
		ret = choose_crypto(x, o, &before[!x->from], offerer);
	if (!ret && sdp_dtls(o->leg.proto))
		ret = choose_dtls(x, &x->dialog->medium[i]->secure[!x->from], o, &before[!x->from], offerer);
	return ret;
}

/* Once RTCP has RTP's port at a leg, its own is free. */
static void give_spare_ports(struct medium *m)
{
	int i;

	for (i = 0; i < 2; i++)
		if (m->leg[i].mux) {
			pool_give(&m->leg[i].iface->pool, m->leg[i].port[PART_RTCP]);
			m->leg[i].port[PART_RTCP] = 0;
		}
}

/* A port given back is no port to go back to. */
static int check_ports(struct exchange *x, const struct leg legs[2])
{
	int i;

	for (i = 0; i < 2; i++)
		if (!legs[i].mux && !legs[i].port[PART_RTCP])
			return exchange_refuse(x, -EINVAL, "within a call rtcp-mux may not change");
	return 0;
}

/* A leg is of one family, from its first offer on. */
static int check_family(struct exchange *x, const struct leg *l)
{
	int part;

	for (part = PART_RTP; part <= PART_RTCP; part++)
		if (l->remote[part].family && l->remote[part].family != l->family)
			return exchange_refuse(x, -EINVAL, "the far end has an IPv%c address, our leg to it "
					       "is IPv%c", l->family == AF_INET ? '6' : '4',
					       l->family == AF_INET ? '4' : '6');
	return 0;
}

static bool is_on(const struct exchange *x, unsigned int i)
{
	return x->dialog->offer->m[i].carried && x->sdp->medium[i].port;
}

static enum fingerprint_hash answer_hash(const struct exchange *x, unsigned int i)
{
	return x->wish->dtls_hash ?: x->dialog->offer->m[i].hash;
}

static int make_all(struct exchange *x, struct leg legs[][2], struct sdp_change *c)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < x->sdp->n_media; i++) {
		struct leg *to = &legs[i][!x->from];

		c->medium[i].refuse = !is_on(x, i);
		if (!is_on(x, i))
			continue;
		ret = make_legs(x, i, legs[i]) ?: check_ports(x, legs[i]) ?:
		      check_family(x, &legs[i][0]) ?: check_family(x, &legs[i][1]) ?:
		      path_check(x->dialog->medium[i], legs[i], x->err, x->err_len);
		if (!ret)
			exchange_medium(x, i, to, to->mux, sdp_unset(&x->sdp->medium[i].rtp) &&
					!sdp_trickles(&x->sdp->medium[i]), &to->ours,
					to->ours.suite && !sdp_dtls(to->proto), c);
		if (!ret && sdp_dtls(to->proto))
			exchange_dtls(x, i, &x->dialog->medium[i]->secure[!x->from], answer_hash(x, i), to->setup,
				      *to->tls_id, c);
		if (!ret && to->ice.on)
			exchange_ice(x, i, to, to->mux, c);
		/* Agreed: RTCP's own port is about to be given back. */
		if (to->mux && c->medium[i].rtcp_port)
			c->medium[i].rtcp_port = to->port[PART_RTP];
	}
	return ret;
}

/*
 * Nothing is left of a medium but its ports. Its keys may have been sent under, so if it
 * comes back it is with new ones.
 */
static void stop(struct exchange *x, struct medium *m)
{
	int end;

	path_stop(x->calls, m);
	for (end = 0; end < 2; end++) {
		keying_stop(x->calls, m, end);
		sdes_wipe(&m->leg[end].ours);
		ice_leave(&m->leg[end].ice);
		if (sdp_dtls(m->leg[end].proto))
			sdes_wipe(&m->leg[end].theirs);
	}
}

/* The socket first, as it may not be had; then flows; and the handshake when both are there. */
static int set_one(struct exchange *x, struct medium *m, const struct leg legs[2])
{
	bool fresh[2] = { false };
	int end, ret = 0;

	for (end = 0; !ret && end < 2; end++) {
		if (sdp_dtls(legs[end].proto))
			fresh[end] = keying_fresh(&m->secure[end], &m->leg[end], &legs[end]);
		ret = keying_open(x->calls, m, end, &legs[end], x->err, x->err_len);
	}
	ret = ret ?: path_set(x->calls, m, legs, x->err, x->err_len);
	for (end = 0; !ret && end < 2; end++) {
		keying_spare(x->calls, m, end);
		if (sdp_dtls(legs[end].proto))
			keying_follow(x->calls, m, end, fresh[end]);
	}
	return ret;
}

static int set_all(struct exchange *x, struct leg legs[][2])
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < x->sdp->n_media; i++)
		if (is_on(x, i))
			ret = set_one(x, x->dialog->medium[i], legs[i]);
	for (i = 0; i < x->sdp->n_media; i++) {
		struct medium *m = x->dialog->medium[i];

		if (!m)
			continue;
		if (ret ? !x->dialog->answered : !is_on(x, i))
			stop(x, m);
		else if (!ret)
			give_spare_ports(m);
	}
	return ret;
}

int negotiate_answer(struct exchange *x)
{
	struct leg (*legs)[2] = calloc(SDP_MEDIA, sizeof(*legs));
	struct sdp_change c = { .address = { .family = AF_INET } /* without media nobody reads it */ };
	int ret;

	if (!legs)
		return exchange_refuse(x, -ENOMEM, "out of memory");
	if (x->sdp->n_media != x->dialog->offer->n)
		ret = exchange_refuse(x, -EINVAL, "the answer has %u media, the offer %u", x->sdp->n_media,
				      x->dialog->offer->n);
	else
		ret = make_all(x, legs, &c) ?: exchange_write(x, &c) ?: set_all(x, legs);
	explicit_bzero(legs, SDP_MEDIA * sizeof(*legs));
	free(legs);
	if (!ret)
		x->dialog->answered = true;
	return ret;
}
