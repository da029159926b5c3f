// SPDX-License-Identifier: GPL-2.0
/*
 * An offer: nothing is carried by it yet. It takes ports at both legs, so that running
 * out of them is known now, and makes the keys that are offered on; a further offer of
 * a dialog finds the ports, and the key in use, as they were.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <xsrtp/srtp.h>

#include "exchange.h"

#define LIFETIME	(1ull << 31)	/* rtpengine's, for the flag SDES-lifetime */

/* --- what came --------------------------------------------------------------------- */

/* What the interface at the end @end of medium @i allows; NULL: there is none of its name. */
static const struct iface *iface_at(const struct exchange *x, unsigned int i, int end)
{
	const struct medium *m = x->dialog->medium[i];

	return m ? m->leg[end].iface :
		   ifaces_find(&x->calls->ifaces, x->wish->direction[end != x->from]);
}

/* Agreed to as RTP, before the policy was; or RTP/AVP in name, and SRTP as long as it lasts. */
static bool goes_on(const struct leg *l)
{
	return sdp_plain(l->proto) && (l->ours.suite || !l->theirs.suite);
}

/*
 * Whether the end may have RTP/AVP(F). What is offered to us with keys (RFC 8643) may be
 * where plain RTP may not, as we take them; what we would offer so may not, as nobody has
 * to take ours.
 */
static int check_plain(struct exchange *x, unsigned int i, int end, enum sdp_proto proto, struct offered *o)
{
	const struct sdp_medium *m = &x->sdp->medium[i];
	const struct iface *f = iface_at(x, i, end);

	if (!f || !f->policy.no_plain || !sdp_plain(proto) ||
	    (x->dialog->medium[i] && goes_on(&x->dialog->medium[i]->leg[end])))
		return 0;
	if (end == x->from && o->n_in)
		o->osrtp_accept = true;
	else if (end == x->from)
		return exchange_refuse(x, -EINVAL, "m=%.*s is %.*s: interface %s takes no plain RTP",
				       TEXT_ARG(m->type), TEXT_ARG(m->proto_text), f->name);
	else
		return exchange_refuse(x, -EINVAL, "m=%.*s would be offered as %s: interface %s takes no plain "
				       "RTP; write transport-protocol=RTP/SAVP", TEXT_ARG(m->type),
				       sdp_proto_name(proto), f->name);
	return 0;
}

/* Best first; 0: the one in use, which a call keeps; -1: not to be taken. */
static int rank(const struct exchange *x, unsigned int i, const struct policy *p, const struct sdes *s)
{
	const struct medium *m = x->dialog->medium[i];

	if (m && m->leg[x->from].theirs.suite == s->suite)
		return 0;
	return policy_takes(p, s->suite->suite) ? 1 + (int)policy_rank(p, s->suite->suite) : -1;
}

/* Into its place: of those that are as good, in the order of who offers. */
static void put_crypto(const struct exchange *x, unsigned int i, const struct policy *p, const struct sdes *s,
		       struct offered *o)
{
	unsigned int n = sizeof(o->in) / sizeof(o->in[0]), at = o->n_in, k;
	int r = rank(x, i, p, s);

	while (at && r < rank(x, i, p, &o->in[at - 1]))
		at--;
	if (r < 0 || at == n)
		return;
	if (o->n_in < n)
		o->n_in++;
	for (k = o->n_in - 1; k > at; k--)
		o->in[k] = o->in[k - 1];
	o->in[at] = *s;
}

static const struct policy *policy_of(const struct exchange *x, unsigned int i)
{
	static const struct policy any;
	const struct iface *f = iface_at(x, i, x->from);

	return f ? &f->policy : &any;
}

/* Those that can be taken. -EINVAL: one is not as it should be. */
static int collect_cryptos(struct exchange *x, unsigned int i, struct offered *o)
{
	const struct sdp_medium *m = &x->sdp->medium[i];
	const struct policy *p = policy_of(x, i);
	unsigned int k;
	struct sdes s;
	int ret;

	for (k = 0; k < m->n_crypto; k++) {
		ret = exchange_read_crypto(x, m->crypto[k], &s);
		if (!ret && exchange_crypto_fine(&s) && !s.suite->null_cipher && s.suite->tag_len)
			put_crypto(x, i, p, &s, o);
		sdes_wipe(&s);
		if (ret == -EINVAL)
			return ret;
	}
	return 0;
}

static int read_cryptos(struct exchange *x, unsigned int i, struct offered *o)
{
	const struct sdp_medium *m = &x->sdp->medium[i];
	const struct policy *p = policy_of(x, i);
	char names[POLICY_TEXT];
	int ret = collect_cryptos(x, i, o);

	if (ret)
		return ret;
	if (!o->n_in && p->n && m->n_crypto)
		return exchange_refuse(x, -EINVAL, "m=%.*s has no a=crypto that interface %s takes: %s",
				       TEXT_ARG(m->type), iface_at(x, i, x->from)->name, policy_names(p, names));
	if (!o->n_in)
		return exchange_refuse(x, -EINVAL, "m=%.*s is %.*s and has no a=crypto that we can take%s",
				       TEXT_ARG(m->type), TEXT_ARG(m->proto_text),
				       m->n_crypto ? "" : " (DTLS-SRTP is UDP/TLS/RTP/SAVP or SAVPF)");
	return 0;
}

/* RFC 8643: keys under RTP/AVP are a wish. What cannot be taken of them leaves RTP. */
static void read_osrtp(struct exchange *x, unsigned int i, struct offered *o)
{
	if (collect_cryptos(x, i, o)) {
		explicit_bzero(o->in, sizeof(o->in));
		o->n_in = 0;
	}
	o->osrtp_accept = x->wish->osrtp_accept;
}

/* RFC 5763 5, RFC 8842 5.2. Without a=setup it is active (RFC 4145 4). */
static int read_dtls(struct exchange *x, const struct sdp_medium *m, struct offered *o)
{
	int ret = exchange_read_dtls(x, m, &o->leg);

	o->setup = m->setup ?: SETUP_ACTIVE;
	if (!ret && x->wish->dtls_off)
		return exchange_refuse(x, -EINVAL, "m=%.*s is %.*s, and DTLS is off", TEXT_ARG(m->type),
				       TEXT_ARG(m->proto_text));
	return ret;
}

/* How RTCP is shared with who offers, and whether we offer it on. */
static void read_mux(const struct wish *w, const struct sdp_medium *m, struct offered *o)
{
	o->leg.mux = m->mux;
	o->mux = w->mux_offer || w->mux_require || (m->mux && !w->mux_demux && !w->mux_reject);
	o->mux_anyway = m->mux && (w->mux_demux || w->mux_accept);
	o->mux_never = w->mux_reject;
	/* RTCP on a port of its own would need an association of its own (RFC 5764 3). */
	if (sdp_dtls(o->leg.proto)) {
		o->mux_anyway = true;
		o->mux_never = false;
	}
	o->mux |= sdp_dtls(o->proto);
}

static int read_medium(struct exchange *x, unsigned int i, struct offered *o)
{
	const struct sdp_medium *m = &x->sdp->medium[i];
	int ret;

	if (!m->port)
		return 0;
	if (m->proto == SDP_OTHER) {
		exchange_warn(x, i, "is not RTP: it is refused");
		return 0;
	}
	o->carried = true;
	o->leg.proto = m->proto;
	o->proto = x->wish->proto ?: m->proto;
	o->hold = sdp_unset(&m->rtp) && !sdp_trickles(m);
	exchange_far(x, m, &o->leg);
	read_mux(x->wish, m, o);
	if (sdp_plain(m->proto))
		read_osrtp(x, i, o);
	ret = check_plain(x, i, x->from, m->proto, o) ?: check_plain(x, i, !x->from, o->proto, o);
	if (!ret && !x->wish->ice_reject)
		ret = exchange_read_ice(x, m, &o->leg);
	if (ret)
		return ret;
	return sdp_secure(m->proto) ? read_cryptos(x, i, o) : sdp_dtls(m->proto) ? read_dtls(x, m, o) : 0;
}

static int read_media(struct exchange *x, struct offer *o)
{
	unsigned int i, carried = 0;
	int ret;

	for (i = 0; i < x->sdp->n_media; i++) {
		ret = read_medium(x, i, &o->m[i]);
		if (ret)
			return ret;
		carried += o->m[i].carried;
	}
	if (!carried && x->warning->len)
		return exchange_refuse(x, -EINVAL, "nothing in this SDP can be carried: %.*s",
				       (int)x->warning->len, x->warning->data);
	return 0;
}

/* --- what goes on ------------------------------------------------------------------- */

/*
 * Keys under RTP/AVP: where they are asked for, or what came has some and no profile is
 * asked for. What was agreed to stays: SRTP has its key again, and RTP gets none.
 */
static bool offers_osrtp(const struct exchange *x, const struct medium *m, const struct offered *o)
{
	const struct leg *l = &m->leg[!x->from];

	if (!sdp_plain(o->proto))
		return false;
	if (l->theirs.suite || sdp_plain(l->proto))
		return l->theirs.suite;
	return x->wish->osrtp_offer || (o->n_in && sdp_plain(o->leg.proto) && !x->wish->proto);
}

static bool same_suites(const struct offered *o, const unsigned char *suite, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && o->n_out == n; i++)
		if (o->out[i].suite->suite != suite[i])
			return false;
	return o->n_out == n;
}

/*
 * What was offered before, and not answered yet, is offered again: a call that forks may
 * have the same offer at several phones, and who answers has one of them.
 */
static bool offer_again(const struct exchange *x, unsigned int i, const unsigned char *suite, unsigned int n,
			struct sdes *out)
{
	const struct offer *before = x->dialog->offer;

	if (!before || x->dialog->answered || before->from != x->from || i >= before->n ||
	    !same_suites(&before->m[i], suite, n))
		return false;
	memcpy(out, before->m[i].out, n * sizeof(*out));
	return true;
}

static int make_cryptos(struct exchange *x, unsigned int k, const struct medium *m, struct offered *o)
{
	const struct policy *p = &m->leg[!x->from].iface->policy;
	const struct sdes *used = &m->leg[!x->from].ours;
	bool known = sdes_known(used);
	unsigned char suite[SUITES];
	char names[POLICY_TEXT];
	unsigned int n, i;
	int ret = 0;

	if (!sdp_secure(o->proto) && !offers_osrtp(x, m, o))
		return 0;
	n = used->suite ? 1 : wish_suites(x->wish, p, o->in, o->n_in, suite);
	/* Of a call taken up again only the datapath has the key: another one (RFC 4568 7.1.4). */
	if (used->suite)
		*suite = used->suite->suite;
	if (!n && sdp_plain(o->proto))
		return 0;
	if (!n && p->n)
		return exchange_refuse(x, -EINVAL, "%s is to be offered, and SDES leaves no crypto suite that "
				       "interface %s takes: %s", sdp_proto_name(o->proto),
				       m->leg[!x->from].iface->name, policy_names(p, names));
	if (!n)
		return exchange_refuse(x, -EINVAL, "%s is to be offered, but SDES is off or no crypto "
				       "suite is left", sdp_proto_name(o->proto));
	o->out = calloc(n, sizeof(*o->out));
	if (!o->out)
		return exchange_refuse(x, -ENOMEM, "out of memory");
	o->n_out = n;
	if (known)
		o->out[0] = *used;
	if (known || offer_again(x, k, suite, n, o->out))
		return 0;
	for (i = 0; i < n && !ret; i++) {
		ret = sdes_make(&o->out[i], i + 1, xsrtp_suite_info(suite[i]));
		o->out[i].key[0].lifetime = x->wish->sdes_lifetime ? LIFETIME : 0;
	}
	return ret ? exchange_refuse(x, ret, "no random numbers") : 0;
}

static bool changes(const struct leg *before, enum sdp_proto now)
{
	return before->ours.suite && sdp_dtls(before->proto) != sdp_dtls(now);
}

/* Keys of DTLS are never in an SDP, and those of an SDP are none of DTLS. */
static int check_change(struct exchange *x, const struct medium *m, const struct offered *o)
{
	if (changes(&m->leg[x->from], o->leg.proto) || changes(&m->leg[!x->from], o->proto))
		return exchange_refuse(x, -EINVAL, "within a call DTLS-SRTP may not come or go");
	return 0;
}

/* RFC 5763 5: actpass, unless we shall not begin. */
static int offer_dtls(struct exchange *x, struct medium *m, struct offered *o)
{
	o->passive = x->wish->dtls_passive;
	o->hash = x->wish->dtls_hash;
	o->our_setup = o->passive ? SETUP_PASSIVE : SETUP_ACTPASS;
	if (!sdp_dtls(o->proto))
		return 0;
	if (!x->calls->keying || x->wish->dtls_off)
		return exchange_refuse(x, -EINVAL, "%s is to be offered, but DTLS is off",
				       sdp_proto_name(o->proto));
	if (keying_prepare(x->calls->keying, &m->secure[!x->from], false))
		return exchange_refuse(x, -EIO, "no random numbers");
	return 0;
}

/* If nothing is said: as it was; the first time, as who offers has it (rtpengine's default). */
static bool ice_wanted(const struct exchange *x, unsigned int i, const struct medium *m, const struct offered *o)
{
	if (x->wish->ice != WISH_ICE_DEFAULT)
		return x->wish->ice == WISH_ICE_FORCE && x->calls->keying;
	return x->dialog->medium[i] ? m->leg[!x->from].ice.offered : o->leg.ice.on;
}

/* What we offer is at once what we take: it is of the leg before there is an answer. */
static int offer_ice(struct exchange *x, unsigned int i, struct medium *m, struct offered *o)
{
	struct ice *ice = &m->leg[!x->from].ice;

	o->ice = ice_wanted(x, i, m, o);
	ice->offered = o->ice;
	return o->ice && ice_prepare(ice) ? exchange_refuse(x, -EIO, "no random numbers") : 0;
}

static struct iface *iface_of(struct exchange *x, struct text name)
{
	struct iface *i = ifaces_find(&x->calls->ifaces, name);

	if (!i)
		exchange_refuse(x, -EINVAL, "direction: there is no interface \"%.*s\"", TEXT_ARG(name));
	return i;
}

static int choose_leg(struct exchange *x, struct leg *l, struct text name, int family)
{
	l->iface = iface_of(x, name);
	l->family = family;
	if (!l->iface)
		return -EINVAL;
	if (!iface_addr(l->iface, family))
		return exchange_refuse(x, -EINVAL, "interface %s has no IPv%c address", l->iface->name,
				       family == AF_INET ? '4' : '6');
	l->port[PART_RTP] = pool_take(&l->iface->pool);
	if (!l->port[PART_RTP])
		return exchange_refuse(x, -ENOSPC, "Ran out of ports");
	l->port[PART_RTCP] = l->port[PART_RTP] + 1;
	return 0;
}

static void free_ports(struct medium *m)
{
	int i, part;

	for (i = 0; i < 2; i++)
		for (part = PART_RTP; part <= PART_RTCP; part++)
			if (m->leg[i].iface)
				pool_give(&m->leg[i].iface->pool, m->leg[i].port[part]);
}

static struct medium *make_medium(struct exchange *x, const struct sdp_medium *sm)
{
	struct medium *m = calloc(1, sizeof(*m));
	int family = sm->rtp.family;

	if (!m) {
		exchange_refuse(x, -ENOMEM, "out of memory");
		return NULL;
	}
	m->call = x->dialog->call;
	if (!choose_leg(x, &m->leg[x->from], x->wish->direction[0], family) &&
	    !choose_leg(x, &m->leg[!x->from], x->wish->direction[1], x->wish->family ?: family))
		return m;
	free_ports(m);
	free(m);
	return NULL;
}

/* --- all of it ------------------------------------------------------------------------ */

static int put_medium(struct exchange *x, unsigned int i, struct medium *m, struct offered *o,
		      struct sdp_change *c)
{
	int ret = check_change(x, m, o) ?: make_cryptos(x, i, m, o) ?: offer_dtls(x, m, o) ?: offer_ice(x, i, m, o);
	struct leg to = m->leg[!x->from];

	to.proto = o->proto;
	/* Now already: who answers may begin before his answer is here (RFC 5763 5, RFC 8445 7.3). */
	if (!ret)
		ret = keying_open(x->calls, m, !x->from, &to, x->err, x->err_len);
	if (!ret) {
		exchange_medium(x, i, &to, o->mux, o->hold, o->out, o->n_out, c);
		if (sdp_dtls(o->proto))
			exchange_dtls(x, i, &m->secure[!x->from], o->hash, o->our_setup, true, c);
		if (o->ice)
			exchange_ice(x, i, &to, o->mux && x->wish->mux_require, c);
	}
	explicit_bzero(&to, sizeof(to));
	return ret;
}

static int put_media(struct exchange *x, struct offer *o, struct medium **media)
{
	struct sdp_change c = { 0 };
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < o->n; i++) {
		c.medium[i].refuse = !o->m[i].carried;
		if (!o->m[i].carried)
			continue;
		media[i] = x->dialog->medium[i] ?: make_medium(x, &x->sdp->medium[i]);
		ret = media[i] ? put_medium(x, i, media[i], &o->m[i], &c) : -EINVAL;
	}
	if (!ret && !c.address.family)
		c.address = (struct endpoint){ AF_INET, { 0 }, 0 };
	return ret ?: exchange_write(x, &c);
}

static void keep(struct exchange *x, struct offer *o, struct medium **media)
{
	unsigned int i;

	offer_free(x->dialog->offer);
	x->dialog->offer = o;
	x->dialog->answered = false;
	for (i = 0; i < o->n; i++)
		if (media[i])
			x->dialog->medium[i] = media[i];
}

static void forget(struct exchange *x, struct offer *o, struct medium **media)
{
	unsigned int i;

	for (i = 0; i < o->n; i++) {
		if (!media[i] || media[i] == x->dialog->medium[i])
			continue;
		free_ports(media[i]);
		keying_end(x->calls, media[i], !x->from);
		free(media[i]);
	}
	offer_free(o);
}

int negotiate_offer(struct exchange *x)
{
	struct medium *media[SDP_MEDIA] = { 0 };
	struct offer *o = calloc(1, sizeof(*o));
	int ret;

	if (!o)
		return exchange_refuse(x, -ENOMEM, "out of memory");
	o->from = x->from;
	o->n = x->sdp->n_media;
	ret = read_media(x, o) ?: put_media(x, o, media);
	if (ret)
		forget(x, o, media);
	else
		keep(x, o, media);
	return ret;
}
