// SPDX-License-Identifier: GPL-2.0
/*
 * Reading SDP. Strict about what we act on (m=, c=, a=rtcp) and about nothing else:
 * phones send much that RFC 8866 does not know, and it is not addressed to us.
 */
#include "sdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

struct parser {
	struct sdp *s;
	struct endpoint session;	/* c= before the first m= */
	struct sdp_medium whole;	/* what it says of DTLS for all media */
	char whole_err[160];	/* if that is not as it should be: told to who needs it */
	size_t line;
	char *err;
	size_t err_len;
};

__attribute__((format(printf, 2, 3)))
static int refuse(struct parser *p, const char *fmt, ...)
{
	int n = snprintf(p->err, p->err_len, "SDP line %zu: ", p->line + 1);
	va_list ap;

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < p->err_len)
		vsnprintf(p->err + n, p->err_len - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* --- lines ---------------------------------------------------------------------- */

static struct sdp_line cut_line(struct text *t)
{
	struct sdp_line l = { .text = { t->s, 0 }, .medium = -1 };
	const char *end;

	while (l.text.len < t->len && t->s[l.text.len] != '\r' && t->s[l.text.len] != '\n')
		l.text.len++;
	end = t->s + l.text.len;
	l.end = (struct text){ end, l.text.len < t->len };
	if (l.end.len && *end == '\r' && l.text.len + 1 < t->len && end[1] == '\n')
		l.end.len = 2;
	t->s = end + l.end.len;
	t->len -= l.text.len + l.end.len;
	return l;
}

struct text sdp_end(const struct sdp *s)
{
	return s->n_lines && s->line[0].end.len ? s->line[0].end : text_of("\r\n");
}

/* --- what a line says ------------------------------------------------------------- */

static struct text next_word(struct text *t)
{
	while (t->len && *t->s == ' ') {
		t->s++;
		t->len--;
	}
	return text_cut(*t, ' ', t);
}

/* "IN IP4 192.0.2.1", with "/TTL" only of multicast, which is nothing for us. */
static int read_address(struct parser *p, struct text t, struct endpoint *ep)
{
	struct text net = next_word(&t), type = next_word(&t), addr = next_word(&t);
	char buf[INET6_ADDRSTRLEN + 1];
	int family = text_is_any_case(type, "IP4") ? AF_INET :
		     text_is_any_case(type, "IP6") ? AF_INET6 : 0;

	if (!text_is_any_case(net, "IN") || !family || !addr.len)
		return refuse(p, "an address is IN IP4 or IN IP6, and an IP address");
	*ep = (struct endpoint){ .family = family };
	if (addr.len < sizeof(buf)) {
		memcpy(buf, addr.s, addr.len);
		buf[addr.len] = 0;
		if (strlen(buf) == addr.len && inet_pton(family, buf, ep->addr) == 1)
			return 0;
	}
	return refuse(p, "\"%.*s\" is not an %s address (no name, no multicast)", TEXT_ARG(addr),
		      family == AF_INET ? "IPv4" : "IPv6");
}

bool sdp_unset(const struct endpoint *ep)
{
	static const uint8_t none[16];

	return !memcmp(ep->addr, none, sizeof(none));
}

static const char *const protos[] = {
	[SDP_AVP] = "RTP/AVP", [SDP_AVPF] = "RTP/AVPF",
	[SDP_SAVP] = "RTP/SAVP", [SDP_SAVPF] = "RTP/SAVPF",
	[SDP_TLS_SAVP] = "UDP/TLS/RTP/SAVP", [SDP_TLS_SAVPF] = "UDP/TLS/RTP/SAVPF",
};

const char *sdp_proto_name(enum sdp_proto p)
{
	return p < sizeof(protos) / sizeof(protos[0]) ? protos[p] : NULL;
}

enum sdp_proto sdp_proto_of(struct text t)
{
	enum sdp_proto p;

	for (p = SDP_AVP; p <= SDP_TLS_SAVPF; p++)
		if (text_is_any_case(t, protos[p]))
			return p;
	return SDP_OTHER;
}

bool sdp_plain(enum sdp_proto p)
{
	return p == SDP_AVP || p == SDP_AVPF;
}

bool sdp_secure(enum sdp_proto p)
{
	return p == SDP_SAVP || p == SDP_SAVPF;
}

bool sdp_dtls(enum sdp_proto p)
{
	return p == SDP_TLS_SAVP || p == SDP_TLS_SAVPF;
}

bool sdp_feedback(enum sdp_proto p)
{
	return p == SDP_AVPF || p == SDP_SAVPF || p == SDP_TLS_SAVPF;
}

/* m=audio 49170/2 RTP/AVP 0 8 */
static int read_medium(struct parser *p, struct text t)
{
	struct sdp *s = p->s;
	struct sdp_medium *m;
	struct text port;
	uint64_t n;

	if (s->n_media == SDP_MEDIA)
		return refuse(p, "more than %d media", SDP_MEDIA);
	m = &s->medium[s->n_media++];
	*m = (struct sdp_medium){ .type = next_word(&t), .last = p->line };
	port = next_word(&t);
	m->proto_text = next_word(&t);
	m->formats = t;
	m->proto = sdp_proto_of(m->proto_text);
	port = text_cut(port, '/', &m->port_count);
	if (!m->type.len || !m->proto_text.len || !text_number(port, UINT16_MAX, &n))
		return refuse(p, "m= is MEDIA PORT PROTO FORMAT...");
	m->port = n;
	if (m->port_count.len) {
		m->port_count = (struct text){ m->port_count.s - 1, m->port_count.len + 1 };
		if (!text_is(m->port_count, "/1") && m->port && m->proto != SDP_OTHER)
			return refuse(p, "several ports for one medium are not carried");
	}
	return 0;
}

/* a=rtcp:53020 [IN IP4 126.16.64.4], RFC 3605 */
static int read_rtcp(struct parser *p, struct text t, struct sdp_medium *m)
{
	struct text port = next_word(&t);
	uint64_t n;

	if (!text_number(port, UINT16_MAX, &n) || (!n && m->port))
		return refuse(p, "a=rtcp takes a port from 1 to 65535");
	if (t.len && read_address(p, t, &m->rtcp))
		return -EINVAL;
	m->rtcp.port = n;
	return 0;
}

/* --- DTLS: of the medium, or of all that say nothing of it ------------------------- */

static int read_fingerprint(struct parser *p, struct text t, struct sdp_medium *m)
{
	struct fingerprints *s = &m->prints;
	char why[128];
	int ret;

	if (s->n == FINGERPRINTS)
		return refuse(p, "more than %d a=fingerprint for one medium", FINGERPRINTS);
	ret = fingerprint_parse(t, &s->f[s->n], why, sizeof(why));
	if (ret == -EINVAL)
		return refuse(p, "%s", why);
	m->weak_prints |= ret == -ENOTSUP;
	s->n += !ret;
	return 0;
}

static int read_setup(struct parser *p, struct text t, struct sdp_medium *m)
{
	static const char *const names[] = {
		[SETUP_ACTIVE] = "active", [SETUP_PASSIVE] = "passive", [SETUP_ACTPASS] = "actpass",
		[SETUP_HOLDCONN] = "holdconn",
	};
	enum sdp_setup s;

	for (s = SETUP_ACTIVE; s <= SETUP_HOLDCONN; s++)
		if (text_is_any_case(t, names[s])) {
			m->setup = s;
			return 0;
		}
	return refuse(p, "a=setup is active, passive, actpass or holdconn");
}

/* RFC 8842 4: a token of 20 to 255 characters */
static int read_tls_id(struct parser *p, struct text t, struct sdp_medium *m)
{
	if (t.len < 20 || t.len > 255)
		return refuse(p, "a=tls-id has 20 to 255 characters");
	m->tls_id = t;
	return 0;
}

static int read_dtls_of(struct parser *p, struct text name, struct text value, struct sdp_medium *m)
{
	return text_is_any_case(name, "fingerprint") ? read_fingerprint(p, value, m) :
	       text_is_any_case(name, "setup") ? read_setup(p, value, m) :
	       text_is_any_case(name, "tls-id") ? read_tls_id(p, value, m) : 0;
}

/* To a medium that is something else it is nothing (BFCP over TLS has a=setup, too). */
static int read_dtls(struct parser *p, struct text name, struct text value, struct sdp_medium *m)
{
	if (m)
		return sdp_dtls(m->proto) ? read_dtls_of(p, name, value, m) : 0;
	if (read_dtls_of(p, name, value, &p->whole))
		snprintf(p->whole_err, sizeof(p->whole_err), "%s", p->err);
	return 0;
}

/* What a medium with DTLS takes from the session. */
static int complete_dtls(struct parser *p, struct sdp_medium *m)
{
	if (!sdp_dtls(m->proto) || !m->port)
		return 0;
	if (*p->whole_err) {
		snprintf(p->err, p->err_len, "%s", p->whole_err);
		return -EINVAL;
	}
	if (!m->prints.n && !m->weak_prints) {
		m->prints = p->whole.prints;
		m->weak_prints = p->whole.weak_prints;
	}
	m->setup = m->setup ?: p->whole.setup;
	m->tls_id = m->tls_id.len ? m->tls_id : p->whole.tls_id;
	return 0;
}

static bool is_ice(struct text name)
{
	static const char *const names[] = {
		"candidate", "remote-candidates", "end-of-candidates", "rtcp-ice",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_is_any_case(name, names[i]))
			return true;
	return name.len > 4 && !strncasecmp(name.s, "ice-", 4);
}

/* The medium's own, else the session's (RFC 8839 5.4); a=ice-lite is of the session. */
static void read_ice(struct parser *p, struct text name, struct text value, struct sdp_medium *m)
{
	struct sdp_medium *at = m ?: &p->whole;

	at->ice = true;
	if (text_is_any_case(name, "ice-ufrag"))
		at->ice_ufrag = value;
	else if (text_is_any_case(name, "ice-pwd"))
		at->ice_pwd = value;
	else if (text_is_any_case(name, "ice-lite"))
		p->s->ice_lite = true;
}

static void complete_ice(struct parser *p, struct sdp_medium *m)
{
	if (!m->ice_ufrag.len)
		m->ice_ufrag = p->whole.ice_ufrag;
	if (!m->ice_pwd.len)
		m->ice_pwd = p->whole.ice_pwd;
}

static enum sdp_kind kind_of(struct text name)
{
	static const struct { const char *name; enum sdp_kind kind; } kinds[] = {
		{ "rtcp", SDP_RTCP }, { "rtcp-mux", SDP_RTCP }, { "rtcp-mux-only", SDP_RTCP },
		{ "crypto", SDP_CRYPTO_LINE }, { "fingerprint", SDP_KEYS },
		{ "setup", SDP_KEYS }, { "tls-id", SDP_KEYS },
		{ "dtls-id", SDP_KEYS }, { "rtcp-fb", SDP_FEEDBACK },
		/* Keys in other clothes: RFC 4567, and Lync's. */
		{ "key-mgmt", SDP_KEYS }, { "cryptoscale", SDP_KEYS },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (text_is_any_case(name, kinds[i].name))
			return kinds[i].kind;
	return is_ice(name) ? SDP_ICE : SDP_KEEP;
}

static int read_attribute(struct parser *p, struct text t, struct sdp_line *l)
{
	struct sdp_medium *m = l->medium < 0 ? NULL : &p->s->medium[l->medium];
	struct text value, name = text_cut(t, ':', &value);

	while (name.len && name.s[name.len - 1] == ' ')
		name.len--;
	l->kind = kind_of(name);
	if (l->kind == SDP_KEYS)
		return read_dtls(p, name, value, m);
	if (l->kind == SDP_ICE)
		read_ice(p, name, value, m);
	if (!m)
		return 0;
	if (l->kind == SDP_RTCP && text_is_any_case(name, "rtcp"))
		return read_rtcp(p, value, m);
	if (l->kind == SDP_RTCP)
		m->mux = true;
	if (l->kind != SDP_CRYPTO_LINE)
		return 0;
	if (m->n_crypto == SDP_CRYPTO)
		return refuse(p, "more than %d a=crypto in one medium", SDP_CRYPTO);
	m->crypto[m->n_crypto++] = value;
	return 0;
}

static int read_connection(struct parser *p, struct text t, struct sdp_line *l)
{
	struct sdp_medium *m = l->medium < 0 ? NULL : &p->s->medium[l->medium];

	l->kind = SDP_CONNECTION;
	if (!m)
		return read_address(p, t, &p->session);
	if (m->own_connection)
		return refuse(p, "a second c= in one medium");
	m->own_connection = true;
	return read_address(p, t, &m->rtp);
}

static int read_line(struct parser *p, struct sdp_line *l)
{
	struct text t = l->text;

	if (t.len && memchr(t.s, 0, t.len))
		return refuse(p, "a byte 0");
	if (!p->line && !text_is(t, "v=0"))
		return refuse(p, "an SDP begins with v=0");
	if (!t.len)
		return 0;
	if (t.len < 2 || t.s[1] != '=')
		return refuse(p, "a line is a letter, \"=\" and a value");
	if (*t.s == 'm') {
		l->kind = SDP_MEDIUM;
		l->medium = p->s->n_media;
	}
	if (l->medium >= 0 && *t.s != 'm')
		p->s->medium[l->medium].last = p->line;
	t.s += 2;
	t.len -= 2;
	if (*l->text.s == 'o')
		l->kind = SDP_ORIGIN;
	if (*l->text.s == 'k')
		l->kind = SDP_KEYS;
	return *l->text.s == 'm' ? read_medium(p, t) :
	       *l->text.s == 'c' ? read_connection(p, t, l) :
	       *l->text.s == 'a' ? read_attribute(p, t, l) : 0;
}

/* What a medium takes from the session, and RTCP from RTP. */
static int complete(struct parser *p, struct sdp_medium *m)
{
	if (!m->own_connection)
		m->rtp = p->session;
	m->rtp.port = m->port;
	if (m->port && !m->rtp.family)
		return refuse(p, "m=%.*s and the session have no c=", TEXT_ARG(m->type));
	if (!m->rtcp.family) {
		memcpy(m->rtcp.addr, m->rtp.addr, sizeof(m->rtp.addr));
		m->rtcp.family = m->rtp.family;
	}
	if (!m->rtcp.port)
		m->rtcp.port = m->port + 1;
	if (m->port && !m->rtcp.port && !m->mux)
		return refuse(p, "m=%.*s has port 65535, and none for RTCP", TEXT_ARG(m->type));
	return complete_dtls(p, m);
}

int sdp_parse(struct text t, struct sdp *s, char *err, size_t err_len)
{
	struct parser p = { .s = s, .err = err, .err_len = err_len };
	unsigned int i;

	s->n_lines = s->n_media = 0;
	s->ice_lite = false;
	if (!t.len)
		return refuse(&p, "it is empty");
	for (; t.len; p.line++) {
		struct sdp_line *l = &s->line[p.line];

		if (p.line == SDP_LINES)
			return refuse(&p, "more than %d lines", SDP_LINES);
		*l = cut_line(&t);
		l->medium = (int)s->n_media - 1;
		if (read_line(&p, l))
			return -EINVAL;
		s->n_lines = p.line + 1;
	}
	for (i = 0; i < s->n_media; i++) {
		p.line = s->medium[i].last;
		complete_ice(&p, &s->medium[i]);
		if (complete(&p, &s->medium[i]))
			return -EINVAL;
	}
	return 0;
}

bool sdp_trickles(const struct sdp_medium *m)
{
	return m->port == 9 && sdp_unset(&m->rtp) && m->ice_ufrag.len && m->ice_pwd.len;
}

/* 0: no direction; else 1, or 2 for sendrecv. */
static int direction_of(struct text line)
{
	static const char *const one_way[] = { "a=sendonly", "a=recvonly", "a=inactive" };
	size_t i;

	for (i = 0; i < sizeof(one_way) / sizeof(one_way[0]); i++)
		if (text_is_any_case(line, one_way[i]))
			return 1;
	return text_is_any_case(line, "a=sendrecv") ? 2 : 0;
}

/* What the medium says counts, else what the session says. */
bool sdp_silent(const struct sdp *s, unsigned int i)
{
	int direction, medium = 0, session = 0;
	size_t k;

	for (k = 0; k < s->n_lines; k++) {
		direction = direction_of(s->line[k].text);
		if (direction && s->line[k].medium == (int)i)
			medium = direction;
		if (direction && s->line[k].medium < 0)
			session = direction;
	}
	return (sdp_unset(&s->medium[i].rtp) && !sdp_trickles(&s->medium[i])) || (medium ?: session) == 1;
}
