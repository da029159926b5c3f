// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Protect and unprotect SRTP (RFC 3711 3.3, RFC 7714 8).
 *
 *	RTP	| header, CSRCs, extension | payload
 *	CM	| header, CSRCs, extension | encrypted payload | MKI | tag
 *	GCM	| header, CSRCs, extension | encrypted payload | tag | MKI
 */
#include "rtp.h"
#include "special.h"

static void context(struct xsrtp_context *cx, struct xsrtp_session *s)
{
	xsrtp_context_load(cx, s, xsrtp_suites);
}

/* The key is chosen, the index known: ready for the cipher. */
static void packet_ready(const struct xsrtp_context *cx, struct xsrtp_packet *p)
{
	p->suite = cx->suite;
	p->key = xsrtp_session_key(cx->half, cx->suite, p->slot);
	p->extra_len = cx->suite->kind == XSRTP_KIND_CM ? 4 : 0;
	put_unaligned_be32(p->index >> 16, p->extra);
	xsrtp_packet_iv(cx->suite, p);
	/* Not encrypted is the same as all of it being header. */
	if (unlikely(cx->suite->null_cipher || cx->flags & XSRTP_UNENCRYPTED_SRTP)) {
		p->hdr_len += p->text_len;
		p->text_len = 0;
	}
}

/* --- protect ----------------------------------------------------------------------- */

static unsigned int protect_prepare(struct xsrtp_packet *p)
{
	struct xsrtp_context cx;
	enum xsrtp_reason r;

	context(&cx, p->session);
	p->event = 0;
	p->slot = cx.own.own[OWN_SLOT];
	if (unlikely(p->slot == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	if (unlikely(cx.flags & XSRTP_SPECIAL))
		return XSRTP_REASON_SPECIAL;
	p->hdr_len = rtp_header_len(p->data, p->len);
	if (unlikely(!p->hdr_len))
		return XSRTP_REASON_MALFORMED;
	if (unlikely(p->room < (uint32_t)cx.suite->tag_len + xsrtp_mki_len(&cx, p->slot)))
		return XSRTP_REASON_NO_ROOM;
	p->text_len = p->len - p->hdr_len;
	p->ssrc = rtp_ssrc(p->data);
	p->stream = xsrtp_context_stream(&cx, p->ssrc);
	p->index = rtp_index(&cx, p);

	/* From here on the index is used up, whatever becomes of the packet. */
	r = xsrtp_packet_claim(&cx, p, false);
	if (unlikely(r))
		return r == XSRTP_REASON_REPLAY ? XSRTP_REASON_INDEX_REUSE : r;
	packet_ready(&cx, p);
	rtp_trailer(&cx, p);
	return XSRTP_REASON_OK;
}

void xsrtp_protect(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n)
{
	unsigned int i, special = 0;

	xsrtp_burst_touch(pkt, n);
	for (i = 0; i < n; i++)
		special |= pkt[i].reason = protect_prepare(&pkt[i]);
	xsrtp_burst_crypt(c, pkt, n, false);
	if (unlikely(special & XSRTP_REASON_SPECIAL))
		xsrtp_special_burst(c, pkt, n, xsrtp_special_protect);
}

/* --- unprotect --------------------------------------------------------------------- */

static unsigned int unprotect_prepare(struct xsrtp_packet *p, uint8_t slot)
{
	struct xsrtp_context cx;
	enum xsrtp_reason r;

	context(&cx, p->session);
	p->stream = NULL;
	if (unlikely(cx.own.own[OWN_SLOT] == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	if (unlikely(cx.flags & XSRTP_SPECIAL))
		return XSRTP_REASON_SPECIAL;
	p->hdr_len = rtp_header_len(p->data, p->len);
	if (unlikely(!p->hdr_len))
		return XSRTP_REASON_MALFORMED;
	r = rtp_find_key(&cx, p, slot);
	if (unlikely(r))
		return r;
	p->ssrc = rtp_ssrc(p->data);
	p->stream = xsrtp_context_stream(&cx, p->ssrc);
	p->index = rtp_index(&cx, p);
	r = xsrtp_packet_check(&cx, p);
	if (unlikely(r))
		return r;
	packet_ready(&cx, p);
	return XSRTP_REASON_OK;
}

/* The packet verified: now its index counts, and now its SSRC may get a stream. */
static enum xsrtp_reason unprotect_finish(struct xsrtp_packet *p)
{
	struct xsrtp_context cx;
	enum xsrtp_reason r;

	context(&cx, p->session);
	r = xsrtp_packet_claim(&cx, p, true);
	if (likely(!r))
		p->len = p->hdr_len + p->text_len;
	return r;
}

/*
 * The packet failed with an index estimated before earlier packets of the burst
 * were finished. Would it be another one now? (A jump of some 2^15 within one
 * burst.)
 */
static bool index_moved(const struct xsrtp_packet *p)
{
	struct xsrtp_context cx;

	switch (p->reason) {
	case XSRTP_REASON_BAD_TAG:
	case XSRTP_REASON_REPLAY:
	case XSRTP_REASON_TOO_OLD:
		if (!p->stream)
			return false;
		context(&cx, p->session);
		return rtp_index(&cx, p) != p->index;
	default:
		return false;
	}
}

void xsrtp_unprotect(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n)
{
	static const struct xsrtp_unprotect_ops ops = {
		.prepare = unprotect_prepare,
		.finish = unprotect_finish,
		.index_moved = index_moved,
		.context = context,
		.special = xsrtp_special_unprotect,
	};

	xsrtp_burst_unprotect(c, &ops, pkt, n);
}
