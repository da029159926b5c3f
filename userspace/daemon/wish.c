// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the flags. What would change the media and is not done is refused; what only
 * tunes rtpengine's own ways is passed over, and said once in the log.
 */
#include "wish.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include <xsrtp/srtp.h>

struct reader {
	struct wish *w;
	char *err;
	size_t err_len;
};

__attribute__((format(printf, 2, 3)))
static int refuse(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->err, r->err_len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool read_ip(struct text t, struct endpoint *ep)
{
	char buf[INET6_ADDRSTRLEN + 1];

	if (!t.len || t.len >= sizeof(buf))
		return false;
	memcpy(buf, t.s, t.len);
	buf[t.len] = 0;
	*ep = (struct endpoint){ .family = memchr(t.s, ':', t.len) ? AF_INET6 : AF_INET };
	return strlen(buf) == t.len && inet_pton(ep->family, buf, ep->addr) == 1;
}

/* --- each key ------------------------------------------------------------------- */

static int read_transport(struct reader *r, const struct item *i)
{
	struct text t = i->string;

	if (i->type == ITEM_STRING && text_is_any_case(t, "accept"))
		return 0;	/* who answers with another profile is taken at its word anyway */
	r->w->proto = i->type == ITEM_STRING ? sdp_proto_of(t) : SDP_OTHER;
	if (r->w->proto == SDP_OTHER)
		return refuse(r, "transport-protocol %.*s: there are RTP/AVP, RTP/AVPF, RTP/SAVP, "
			      "RTP/SAVPF, UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF", TEXT_ARG(t));
	return 0;
}

/* As rtpengine has them. With one candidate to offer, "optional" is to offer it. */
static int read_ice(struct reader *r, const struct item *i)
{
	static const struct { const char *name; enum wish_ice ice; } words[] = {
		{ "remove", WISH_ICE_REMOVE }, { "default", WISH_ICE_DEFAULT }, { "force", WISH_ICE_FORCE },
		{ "optional", WISH_ICE_FORCE },
	};
	size_t k;

	for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (i->type == ITEM_STRING && text_is(i->string, words[k].name)) {
			r->w->ice = words[k].ice;
			return 0;
		}
	if (i->type == ITEM_STRING && text_is(i->string, "force-relay"))
		return refuse(r, "ICE=force-relay: we are no TURN server, and media crosses us or does not; write "
			      "ICE=force");
	return refuse(r, "ICE is remove, default, force or optional");
}

/* Ours is ICE-lite whatever is said: who is full has a peer either way. */
static int read_ice_lite(struct reader *r, const struct item *i)
{
	static const char *const fine[] = { "forward", "backward", "both", "off" };
	size_t k;

	for (k = 0; k < sizeof(fine) / sizeof(fine[0]); k++)
		if (i->type == ITEM_STRING && text_is(i->string, fine[k]))
			return 0;
	return refuse(r, "ICE-lite is forward, backward, both or off");
}

static int read_family(struct reader *r, const struct item *i)
{
	r->w->family = text_is(i->string, "IP4") ? AF_INET : text_is(i->string, "IP6") ? AF_INET6 : 0;
	return r->w->family ? 0 : refuse(r, "address-family is IP4 or IP6");
}

static int read_direction(struct reader *r, const struct item *i)
{
	if (i->type != ITEM_LIST || i->n != 2 || i->first->type != ITEM_STRING ||
	    i->last->type != ITEM_STRING)
		return refuse(r, "direction is a list of two interfaces");
	r->w->direction[0] = i->first->string;
	r->w->direction[1] = i->last->string;
	return 0;
}

static int read_media_address(struct reader *r, const struct item *i)
{
	if (i->type != ITEM_STRING || !read_ip(i->string, &r->w->far))
		return refuse(r, "media-address is an IP address");
	return 0;
}

static int read_record_call(struct reader *r, const struct item *i)
{
	if (text_is(i->string, "no") || text_is(i->string, "off"))
		return 0;
	return refuse(r, "record-call: recording is not done");
}

static int read_codec(struct reader *r, const struct item *i)
{
	return i->n ? refuse(r, "codec: codecs are not changed, nor transcoded") : 0;
}

static int read_t38(struct reader *r, const struct item *i)
{
	return i->n ? refuse(r, "T.38: fax is not converted") : 0;
}

static int read_raw_flags(struct reader *r, const struct item *i)
{
	return refuse(r, "rtpp-flags: flags are not read from a text; have the SIP proxy parse them");
}

static int read_ptime(struct reader *r, const struct item *i)
{
	return refuse(r, "ptime: packets are not joined or split");
}

/* As rtpengine has them; "active", as nothing, is to begin the handshake where we may choose. */
static int read_dtls(struct reader *r, const struct item *i)
{
	struct text t = i->string;

	r->w->dtls_off = text_is(t, "off") || text_is(t, "no") || text_is(t, "disable");
	r->w->dtls_passive = text_is(t, "passive");
	if (i->type != ITEM_STRING || (!r->w->dtls_off && !r->w->dtls_passive && !text_is(t, "active")))
		return refuse(r, "DTLS is off, passive or active");
	return 0;
}

static int read_dtls_fingerprint(struct reader *r, const struct item *i)
{
	r->w->dtls_hash = i->type == ITEM_STRING ? fingerprint_hash_of(i->string) : HASH_NONE;
	return r->w->dtls_hash ? 0 : refuse(r, "DTLS-fingerprint is sha-256, sha-384 or sha-512");
}

static const struct {
	const char *key;
	int (*read)(struct reader *r, const struct item *i);
} keys[] = {
	{ "transport-protocol", read_transport }, { "ICE", read_ice },
	{ "ICE-lite", read_ice_lite },
	{ "address-family", read_family }, { "direction", read_direction },
	{ "media-address", read_media_address }, { "record-call", read_record_call },
	{ "codec", read_codec }, { "T.38", read_t38 }, { "rtpp-flags", read_raw_flags },
	{ "DTLS", read_dtls }, { "DTLS-fingerprint", read_dtls_fingerprint },
	{ "ptime", read_ptime }, { "ptime-reverse", read_ptime }, { "repacketize", read_ptime },
};

/* --- SDES ------------------------------------------------------------------------- */

static unsigned int suite_of(struct text name)
{
	unsigned int i;

	for (i = 1; i < SUITES && xsrtp_suite_info(i); i++)
		if (text_is(name, xsrtp_suite_info(i)->name))
			return i;
	return 0;
}

static void read_order(struct wish *w, struct text list)
{
	unsigned int suite;

	while (list.len && w->n_order < SUITES) {
		suite = suite_of(text_cut(list, ';', &list));
		if (suite)
			w->order[w->n_order++] = suite;
	}
}

/* What tunes a parameter that we do not send, or a suite that we do not have, is passed over. */
static void read_sdes_word(struct wish *w, struct text t)
{
	if (text_is(t, "off") || text_is(t, "no") || text_is(t, "disable"))
		w->sdes_off = true;
	else if (text_is(t, "nonew"))
		w->sdes_nonew = true;
	else if (text_is(t, "lifetime"))
		w->sdes_lifetime = true;
	else if (text_strip(&t, "no-"))
		w->sdes_no |= 1u << suite_of(t);
	else if (text_strip(&t, "only-"))
		w->sdes_only |= 1u << suite_of(t);
	else if (text_strip(&t, "order:"))
		read_order(w, t);
}

static void read_sdes(const struct item *dict, struct wish *w)
{
	const struct item *list = ng_get(dict, "SDES"), *i;
	struct text t;

	if (list && list->type == ITEM_STRING)
		read_sdes_word(w, list->string);
	for (i = list && list->type == ITEM_LIST ? list->first : NULL; i; i = i->next)
		read_sdes_word(w, i->string);
	list = ng_get(dict, "flags");
	for (i = list && list->type == ITEM_LIST ? list->first : NULL; i; i = i->next) {
		t = i->string;
		if (text_strip(&t, "SDES-"))
			read_sdes_word(w, t);
	}
	w->sdes_no &= ~1u;
}

/*
 * Offered unless something is said. The 32-bit tags are last but one reason: phones
 * that have nothing else. Suites that do not encrypt or do not authenticate are only
 * what was asked for by name.
 */
static const unsigned char usual[] = {
	XSRTP_SUITE_AEAD_AES_256_GCM, XSRTP_SUITE_AEAD_AES_128_GCM,
	XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80, XSRTP_SUITE_AES_192_CM_HMAC_SHA1_80,
	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, XSRTP_SUITE_AES_256_CM_HMAC_SHA1_32,
	XSRTP_SUITE_AES_192_CM_HMAC_SHA1_32, XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32,
};

struct list {
	const struct wish *w;
	uint32_t candidates;
	uint32_t taken;
	unsigned char *suite;
	unsigned int n;
};

static void take(struct list *l, unsigned int suite)
{
	if (!(l->candidates & ~l->taken & 1u << suite))
		return;
	l->taken |= 1u << suite;
	l->suite[l->n++] = suite;
}

unsigned int wish_suites(const struct wish *w, const struct policy *p, const struct sdes *theirs,
			 unsigned int n, unsigned char suite[SUITES])
{
	struct list l = { .w = w, .suite = suite };
	unsigned int i;

	if (w->sdes_off)
		return 0;
	for (i = 0; i < n; i++)
		l.candidates |= 1u << theirs[i].suite->suite;
	for (i = 0; i < sizeof(usual) && !(w->sdes_nonew && n); i++)
		l.candidates |= 1u << usual[i];
	for (i = 0; i < p->n && !(w->sdes_nonew && n); i++)
		l.candidates |= 1u << p->suite[i];
	if (w->sdes_only & ~1u)
		l.candidates = w->sdes_only & ~1u;
	else if (!w->sdes_nonew)
		l.candidates &= ~w->sdes_no;
	for (i = 0; i < w->n_order; i++)
		take(&l, w->order[i]);
	for (i = 0; i < n; i++)
		take(&l, theirs[i].suite->suite);
	for (i = 0; i < sizeof(usual); i++)
		take(&l, usual[i]);
	for (i = 1; i < SUITES; i++)
		take(&l, i);
	return policy_order(p, suite, l.n);
}

/*
 * rtpengine's words, also as flags: Kamailio passes on those that it does not know. The
 * legacy forms (a medium twice, once as RTP/AVP and once as RTP/SAVP) are not done.
 */
static bool has_osrtp(const struct item *dict, const char *word)
{
	char flag[32];

	snprintf(flag, sizeof(flag), "OSRTP-%s", word);
	return ng_has(dict, "OSRTP", word) || ng_has(dict, "flags", flag);
}

static void read_osrtp(const struct item *dict, struct wish *w)
{
	w->osrtp_offer = has_osrtp(dict, "offer") || has_osrtp(dict, "offer-RFC");
	w->osrtp_accept = has_osrtp(dict, "accept") || has_osrtp(dict, "accept-RFC");
}

/* --- all of it ---------------------------------------------------------------------- */

static int read_far(const struct item *dict, struct reader *r)
{
	const struct item *from = ng_get(dict, "received-from");

	if (r->w->far.family || !ng_has(dict, "flags", "SIP-source-address"))
		return 0;
	if (!from || from->type != ITEM_LIST || from->n != 2 || !read_ip(from->last->string, &r->w->far))
		return refuse(r, "SIP-source-address needs received-from: a list of IP4 or IP6, and an "
			      "address");
	return 0;
}

static int read_flags(const struct item *dict, struct reader *r)
{
	static const char *const refused[] = {
		"record-call", "inject-DTMF", "always-transcode",
	};
	struct wish *w = r->w;
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (ng_has(dict, "flags", refused[i]))
			return refuse(r, "flag %s is not done", refused[i]);
	w->mux_offer = ng_has(dict, "rtcp-mux", "offer");
	w->mux_require = ng_has(dict, "rtcp-mux", "require");
	w->mux_demux = ng_has(dict, "rtcp-mux", "demux");
	w->mux_accept = ng_has(dict, "rtcp-mux", "accept");
	w->mux_reject = ng_has(dict, "rtcp-mux", "reject");
	w->replace_origin = ng_has(dict, "replace", "origin");
	w->replace_session = ng_has(dict, "replace", "session-connection");
	w->replace_zero = ng_has(dict, "replace", "zero-address");
	w->full_rtcp = ng_has(dict, "flags", "full-rtcp-attribute");
	w->no_rtcp = ng_has(dict, "flags", "no-rtcp-attribute");
	w->ice_reject = ng_has(dict, "flags", "reject-ICE");
	w->ice_trickle = ng_has(dict, "flags", "trickle-ICE");
	return 0;
}

int wish_read(const struct item *dict, struct wish *w, char *err, size_t err_len)
{
	struct reader r = { w, err, err_len };
	const struct item *i;
	size_t k;
	int ret;

	*w = (struct wish){ 0 };
	for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		i = ng_get(dict, keys[k].key);
		ret = i ? keys[k].read(&r, i) : 0;
		if (ret)
			return ret;
	}
	read_sdes(dict, w);
	read_osrtp(dict, w);
	return read_flags(dict, &r) ?: read_far(dict, &r);
}
