// SPDX-License-Identifier: GPL-2.0
/*
 * Writing SDP: each line is kept, replaced or left out, and what is added comes at
 * the end of its medium. Keys, fingerprints and candidates of one side never reach
 * the other, also not those of a medium that is refused.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "sdp.h"

static const struct sdp_medium_change *change_of(const struct sdp_change *c,
						 const struct sdp_line *l)
{
	return l->medium < 0 ? NULL : &c->medium[l->medium];
}

static void write_address(const struct endpoint *ep, struct buf *b)
{
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(ep->family, ep->addr, addr, sizeof(addr));
	buf_printf(b, "IN %s %s", ep->family == AF_INET ? "IP4" : "IP6", addr);
}

/* On hold the address is of the new family, but unset as it was. */
static void write_connection(const struct sdp_change *c, bool hold, struct buf *b)
{
	struct endpoint ep = hold ? (struct endpoint){ .family = c->address.family } : c->address;

	buf_puts(b, "c=");
	write_address(&ep, b);
}

/* o=USER ID VERSION IN IP4 ADDRESS: all but the end stays. */
static void write_origin(const struct sdp_line *l, const struct sdp_change *c, struct buf *b)
{
	struct text rest = l->text, word;
	int i;

	for (i = 0; i < 3; i++) {
		word = text_cut(rest, ' ', &rest);
		buf_put(b, word);
		buf_putc(b, ' ');
	}
	write_address(&c->address, b);
}

static void write_medium(const struct sdp_medium *m, const struct sdp_medium_change *mc,
			 struct buf *b)
{
	buf_puts(b, "m=");
	buf_put(b, m->type);
	buf_printf(b, " %u", mc->refuse ? 0 : mc->rtp_port);
	buf_put(b, m->port_count);
	buf_putc(b, ' ');
	if (mc->refuse)
		buf_put(b, m->proto_text);
	else
		buf_puts(b, sdp_proto_name(mc->proto));
	buf_putc(b, ' ');
	buf_put(b, m->formats);
}

static void write_rtcp(const struct sdp_change *c, const struct sdp_medium_change *mc,
		       struct text end, struct buf *b)
{
	if (mc->rtcp_port) {
		buf_printf(b, "a=rtcp:%u", mc->rtcp_port);
		if (mc->full_rtcp) {
			buf_putc(b, ' ');
			write_address(&c->address, b);
		}
		buf_put(b, end);
	}
	if (mc->mux) {
		buf_puts(b, "a=rtcp-mux");
		buf_put(b, end);
	}
}

/* Does a medium that we carry live by the session's c=, and is it on hold by it? */
static bool session_needed(const struct sdp *s, const struct sdp_change *c, bool *hold)
{
	bool needed = c->session;
	unsigned int i;

	*hold = false;
	for (i = 0; i < s->n_media; i++)
		if (!s->medium[i].own_connection && !c->medium[i].refuse) {
			needed = true;
			*hold |= c->medium[i].hold;
		}
	return needed;
}

static bool left_out(const struct sdp *s, const struct sdp_line *l, const struct sdp_medium_change *mc)
{
	switch (l->kind) {
	case SDP_RTCP: case SDP_CRYPTO_LINE: case SDP_KEYS: case SDP_ICE:
		return true;
	case SDP_FEEDBACK:	/* RFC 4585 4.1: with AVPF only */
		return mc && !mc->refuse && sdp_feedback(s->medium[l->medium].proto) &&
		       !sdp_feedback(mc->proto);
	default:
		return false;
	}
}

static void write_line(const struct sdp *s, const struct sdp_line *l, const struct sdp_change *c,
		       struct buf *b)
{
	const struct sdp_medium_change *mc = change_of(c, l);
	bool hold;

	if (l->kind == SDP_MEDIUM)
		write_medium(&s->medium[l->medium], mc, b);
	else if (l->kind == SDP_ORIGIN && c->origin)
		write_origin(l, c, b);
	else if (l->kind == SDP_CONNECTION && mc)
		write_connection(c, mc->hold, b);
	else if (l->kind == SDP_CONNECTION && session_needed(s, c, &hold))
		write_connection(c, hold, b);
	else
		buf_put(b, l->text);
}

void sdp_write(const struct sdp *s, const struct sdp_change *c, struct buf *b)
{
	struct text end = sdp_end(s);
	size_t i;

	for (i = 0; i < s->n_lines; i++) {
		const struct sdp_line *l = &s->line[i];
		const struct sdp_medium_change *mc = change_of(c, l);
		bool last = mc && i == s->medium[l->medium].last;

		if (c->ice_lite && l->kind == SDP_MEDIUM && !l->medium) {
			buf_puts(b, "a=ice-lite");
			buf_put(b, end);
		}
		if (!left_out(s, l, mc)) {
			write_line(s, l, c, b);
			/* Something is added after a last line that had no end. */
			buf_put(b, l->end.len || !last || mc->refuse ? l->end : end);
		}
		if (last && !mc->refuse) {
			write_rtcp(c, mc, end, b);
			buf_put(b, mc->lines);
		}
	}
}
