/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where the parts of an SRTP packet are and which index it has: what the two ways
 * of SRTP packets, srtp.c and special.c, have in common.
 */
#ifndef XSRTP_RTP_H
#define XSRTP_RTP_H

#include "burst.h"
#include "packet.h"

/*
 * Index of the packet by the state of its stream; the first one's apart, so that
 * the usual case is short.
 */
static inline uint64_t rtp_index(const struct xsrtp_context *cx, const struct xsrtp_packet *p)
{
	const struct xsrtp_stream *st = p->stream;
	uint64_t next = likely(st) ? xsrtp_next(load_once(&st->next)) : 0;

	if (unlikely(!next))
		return xsrtp_packet_index_first(cx, p, rtp_seq(p->data));
	return xsrtp_index_estimate(next, rtp_seq(p->data));
}

static inline uint8_t *rtp_end(const struct xsrtp_packet *p)
{
	return p->data + p->hdr_len + p->text_len;
}

/* MKI and tag: their places, and the first of them. */
static inline void rtp_trailer(const struct xsrtp_context *cx, struct xsrtp_packet *p)
{
	uint8_t mki_len = xsrtp_mki_len(cx, p->slot), *end = rtp_end(p), *mki = end;

	if (cx->suite->kind == XSRTP_KIND_GCM)
		mki = end + cx->suite->tag_len;
	p->tag = mki == end ? end + mki_len : end;
	if (mki_len)
		memcpy(mki, cx->cold->slot[p->slot].mki, mki_len);
	p->len += mki_len + cx->suite->tag_len;
}

/* Which key, by the MKI if there is one; and from there, where the text ends. */
static inline enum xsrtp_reason rtp_find_key(const struct xsrtp_context *cx,
					     struct xsrtp_packet *p, uint8_t slot)
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
	p->tag = rtp_end(p) + (cx->suite->kind == XSRTP_KIND_CM ? mki_len : 0);
	return XSRTP_REASON_OK;
}

#endif /* XSRTP_RTP_H */
