// SPDX-License-Identifier: GPL-2.0
/*
 * Common to offers and answers: media of an SDP, and the change from what came to
 * what goes on.
 */
#include "negotiate.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "exchange.h"
#include "path.h"

int exchange_refuse(struct exchange *x, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->err, x->err_len, fmt, ap);
	va_end(ap);
	return ret;
}

void exchange_warn(struct exchange *x, unsigned int i, const char *why)
{
	const struct sdp_medium *m = &x->sdp->medium[i];

	buf_printf(x->warning, "%smedium %u (%.*s %.*s) %s", x->warning->len ? "; " : "", i + 1,
		   TEXT_ARG(m->type), TEXT_ARG(m->proto_text), why);
}

/* Where media shall go, after what the proxy says about trust. */
void exchange_far(const struct exchange *x, const struct sdp_medium *m, struct leg *l)
{
	int part;

	l->remote[PART_RTP] = m->rtp;
	l->remote[PART_RTCP] = m->rtcp;
	for (part = PART_RTP; part <= PART_RTCP; part++) {
		struct endpoint *ep = &l->remote[part];

		if (x->wish->far.family && ep->family) {
			ep->family = x->wish->far.family;
			memcpy(ep->addr, x->wish->far.addr, sizeof(ep->addr));
		}
		/* RTCP that is not wanted (port 9 of 0.0.0.0) or on hold: nowhere. */
		if (!ep->family || sdp_unset(ep))
			*ep = (struct endpoint){ 0 };
	}
}

int exchange_read_crypto(struct exchange *x, struct text value, struct sdes *s)
{
	char why[128];
	int ret = sdes_parse(value, s, why, sizeof(why));

	if (ret == -EINVAL)
		return exchange_refuse(x, ret, "a=crypto: %s", why);
	return ret;
}

/* Fail closed: what a peer would send or take without encryption or tag is not agreed to. */
bool exchange_crypto_fine(const struct sdes *s)
{
	return !s->unencrypted_srtp && !s->unencrypted_srtcp && !s->unauthenticated_srtp;
}

/* Without a fingerprint there would be nobody to tell from an attacker. */
int exchange_read_dtls(struct exchange *x, const struct sdp_medium *m, struct leg *l)
{
	if (!x->calls->keying)
		return exchange_refuse(x, -EINVAL, "m=%.*s is %.*s, and DTLS is off", TEXT_ARG(m->type),
				       TEXT_ARG(m->proto_text));
	if (!m->prints.n)
		return exchange_refuse(x, -EINVAL, "m=%.*s is %.*s and has no a=fingerprint%s",
				       TEXT_ARG(m->type), TEXT_ARG(m->proto_text), m->weak_prints ?
				       " with sha-256, sha-384 or sha-512" : "");
	if (!m->mux)
		return exchange_refuse(x, -EINVAL, "m=%.*s is %.*s without a=rtcp-mux: that is not done",
				       TEXT_ARG(m->type), TEXT_ARG(m->proto_text));
	l->prints = m->prints;
	snprintf(l->tls_id, sizeof(l->tls_id), "%.*s", (int)m->tls_id.len, m->tls_id.s ?: "");
	return 0;
}

void exchange_dtls(struct exchange *x, unsigned int i, const struct secure *s, enum fingerprint_hash hash,
		   enum sdp_setup setup, bool id, struct sdp_change *c)
{
	size_t start = x->lines->len;

	/* RTCP is at RTP's port, whatever becomes of the offer's a=rtcp-mux. */
	if (c->medium[i].rtcp_port)
		c->medium[i].rtcp_port = c->medium[i].rtp_port;
	keying_lines(s, hash, setup, id, sdp_end(x->sdp), x->lines);
	c->medium[i].lines = (struct text){ x->lines->data + start, x->lines->len - start };
}

/* Both or none: one alone is no ICE (RFC 8839 5.4). */
int exchange_read_ice(struct exchange *x, const struct sdp_medium *m, struct leg *l)
{
	l->ice = (struct ice){ 0 };
	if (!x->calls->keying || !m->ice_ufrag.len || !m->ice_pwd.len)
		return 0;
	if (!ice_valid(m->ice_ufrag, m->ice_pwd))
		return exchange_refuse(x, -EINVAL, "m=%.*s: a=ice-ufrag has 4 to 256 letters, digits, + or /, "
				       "a=ice-pwd 22 to 256", TEXT_ARG(m->type));
	l->ice = ice_heard(m->ice_ufrag, x->sdp->ice_lite);
	return 0;
}

/* RTCP's port too, where it may be that it is used (RFC 5761 5.1.3). */
void exchange_ice(struct exchange *x, unsigned int i, const struct leg *to, bool mux, struct sdp_change *c)
{
	struct sdp_medium_change *mc = &c->medium[i];
	const uint16_t port[] = { to->port[PART_RTP], mux || sdp_dtls(to->proto) ? 0 : to->port[PART_RTCP] };

	ice_lines(&to->ice, &iface_addr(to->iface, to->family)->advertised, port, x->wish->ice_trickle,
		  sdp_end(x->sdp), x->lines);
	mc->lines.len = x->lines->data + x->lines->len - mc->lines.s;
	c->ice_lite = true;
}

static struct text crypto_lines(struct exchange *x, const struct sdes *s, unsigned int n)
{
	size_t start = x->lines->len;
	unsigned int i;

	for (i = 0; i < n; i++) {
		buf_puts(x->lines, "a=crypto:");
		sdes_write(&s[i], x->lines);
		buf_put(x->lines, sdp_end(x->sdp));
	}
	return (struct text){ x->lines->data + start, x->lines->len - start };
}

void exchange_medium(struct exchange *x, unsigned int i, const struct leg *to, bool mux, bool hold,
		     const struct sdes *cryptos, unsigned int n, struct sdp_change *c)
{
	struct sdp_medium_change *mc = &c->medium[i];
	bool rtcp = !x->wish->no_rtcp && !(mux && x->wish->mux_require);

	*mc = (struct sdp_medium_change){ .proto = to->proto, .rtp_port = to->port[PART_RTP],
					  .rtcp_port = rtcp ? to->port[PART_RTCP] : 0,
					  .full_rtcp = x->wish->full_rtcp, .mux = mux,
					  .hold = hold && !x->wish->replace_zero,
					  .lines = crypto_lines(x, cryptos, n) };
	if (rtcp && !mc->rtcp_port)
		mc->rtcp_port = mc->rtp_port;
	c->address = iface_addr(to->iface, to->family)->advertised;
}

int exchange_write(struct exchange *x, struct sdp_change *c)
{
	unsigned int i;
	bool any = false;

	for (i = 0; i < x->sdp->n_media; i++)
		any |= !c->medium[i].refuse;
	c->origin = x->wish->replace_origin && any;
	c->session = x->wish->replace_session && any;
	sdp_write(x->sdp, c, x->out);
	if (buf_full(x->out) || buf_full(x->lines))
		return exchange_refuse(x, -E2BIG, "the SDP is too large");
	return 0;
}
