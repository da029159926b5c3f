// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Protect and unprotect SRTP (RFC 3711 3.3, RFC 7714 8).
 *
 *	RTP	| header, CSRCs, extension | payload
 *	CM	| header, CSRCs, extension | encrypted payload | MKI | tag
 *	GCM	| header, CSRCs, extension | encrypted payload | tag | MKI
 */
#include "burst.h"
#include "packet.h"

static void context(struct xsrtp_context *cx, struct xsrtp_session *s)
{
	xsrtp_context_load(cx, s, xsrtp_suites);
}

/* Index of the packet by the state of its stream, if it has one. */
static uint64_t packet_index(const struct xsrtp_packet *p)
{
	const struct xsrtp_stream *st = p->stream;
	uint64_t told, next;

	if (unlikely(!st))
		return rtp_seq(p->data);
	/* In this order: while @next is 0, @seen is the ROC that was told. */
	told = load_acquire(&st->seen);
	next = xsrtp_next(load_once(&st->next));
	if (unlikely(!next))
		return told << 16 | rtp_seq(p->data);
	return xsrtp_index_estimate(next, rtp_seq(p->data));
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
	if (unlikely(cx->suite->null_cipher || cx->cold->flags & XSRTP_UNENCRYPTED_SRTP)) {
		p->hdr_len += p->text_len;
		p->text_len = 0;
	}
}

static uint8_t *packet_end(const struct xsrtp_packet *p)
{
	return p->data + p->hdr_len + p->text_len;
}

/* --- protect ----------------------------------------------------------------------- */

static void place_trailer(const struct xsrtp_context *cx, struct xsrtp_packet *p)
{
	uint8_t mki_len = xsrtp_mki_len(cx, p->slot), *end = packet_end(p), *mki = end;

	if (cx->suite->kind == XSRTP_KIND_GCM)
		mki = end + cx->suite->tag_len;
	p->tag = mki == end ? end + mki_len : end;
	if (mki_len)
		memcpy(mki, cx->cold->slot[p->slot].mki, mki_len);
	p->len += mki_len + cx->suite->tag_len;
}

static enum xsrtp_reason protect_prepare(struct xsrtp_packet *p)
{
	struct xsrtp_context cx;
	enum xsrtp_reason r;

	context(&cx, p->session);
	p->event = 0;
	p->slot = cx.own.own[OWN_SLOT];
	if (unlikely(p->slot == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	p->hdr_len = rtp_header_len(p->data, p->len);
	if (unlikely(!p->hdr_len))
		return XSRTP_REASON_MALFORMED;
	if (unlikely(p->room < (uint32_t)cx.suite->tag_len + xsrtp_mki_len(&cx, p->slot)))
		return XSRTP_REASON_NO_ROOM;
	p->text_len = p->len - p->hdr_len;
	p->ssrc = rtp_ssrc(p->data);
	p->stream = xsrtp_context_stream(&cx, p->ssrc);
	p->index = packet_index(p);

	/* From here on the index is used up, whatever becomes of the packet. */
	r = xsrtp_packet_claim(&cx, p);
	if (unlikely(r))
		return r == XSRTP_REASON_REPLAY ? XSRTP_REASON_INDEX_REUSE : r;
	packet_ready(&cx, p);
	place_trailer(&cx, p);
	return XSRTP_REASON_OK;
}

void xsrtp_protect(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		prefetchw(pkt[i].session);
	for (i = 0; i < n; i++)
		pkt[i].reason = protect_prepare(&pkt[i]);
	xsrtp_burst_crypt(c, pkt, n, false);
}

/* --- unprotect --------------------------------------------------------------------- */

/* Which key, by the MKI if there is one; and from there, where the text ends. */
static enum xsrtp_reason find_key(const struct xsrtp_context *cx, struct xsrtp_packet *p,
				  uint8_t slot)
{
	uint32_t rest = p->len - p->hdr_len, tag_len = cx->suite->tag_len;
	const uint8_t *mki_end = p->data + p->len;
	uint8_t mki_len;

	if (unlikely(rest < tag_len))
		return XSRTP_REASON_MALFORMED;
	if (cx->suite->kind == XSRTP_KIND_CM)
		mki_end -= tag_len;
	p->slot = slot == XSRTP_NO_KEY ? cx->own.own[OWN_SLOT] : slot;
	if (unlikely(slot == XSRTP_NO_KEY && cx->own.own[OWN_MKI_LEN]))
		p->slot = xsrtp_mki_find(cx, p->data + p->hdr_len, mki_end);
	if (unlikely(p->slot == XSRTP_NO_KEY))
		return XSRTP_REASON_BAD_MKI;

	mki_len = xsrtp_mki_len(cx, p->slot);
	if (unlikely(rest < tag_len + mki_len))
		return XSRTP_REASON_MALFORMED;
	p->text_len = rest - tag_len - mki_len;
	p->tag = packet_end(p) + (cx->suite->kind == XSRTP_KIND_CM ? mki_len : 0);
	return XSRTP_REASON_OK;
}

static enum xsrtp_reason unprotect_prepare(struct xsrtp_packet *p, uint8_t slot)
{
	struct xsrtp_context cx;
	enum xsrtp_reason r;

	context(&cx, p->session);
	p->stream = NULL;
	if (unlikely(cx.own.own[OWN_SLOT] == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	p->hdr_len = rtp_header_len(p->data, p->len);
	if (unlikely(!p->hdr_len))
		return XSRTP_REASON_MALFORMED;
	r = find_key(&cx, p, slot);
	if (unlikely(r))
		return r;
	p->ssrc = rtp_ssrc(p->data);
	p->stream = xsrtp_context_stream(&cx, p->ssrc);
	p->index = packet_index(p);
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
	r = xsrtp_packet_claim(&cx, p);
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
	switch (p->reason) {
	case XSRTP_REASON_BAD_TAG:
	case XSRTP_REASON_REPLAY:
	case XSRTP_REASON_TOO_OLD:
		return p->stream && packet_index(p) != p->index;
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
	};

	xsrtp_burst_unprotect(c, &ops, pkt, n);
}
