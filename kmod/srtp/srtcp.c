// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Protect and unprotect SRTCP (RFC 3711 3.4, RFC 7714 9).
 *
 *	RTCP	| header of 8 bytes | rest of the compound packet
 *	CM	| header | encrypted rest | E, index | MKI | tag
 *	GCM	| header | encrypted rest | tag | E, index | MKI
 *
 * The header (V, P, RC, PT, length, SSRC of the sender) is authenticated only;
 * with the E bit 0 so is all the rest. Under CM the word of E bit and index is
 * hashed where it stands; under GCM it is additional data although it stands
 * behind the tag. The index is explicit and counted by the sender: nothing is
 * estimated.
 */
#include "burst.h"
#include "packet.h"
#include "rate.h"
#include "special.h"

#define INDEX_WORD	4
#define E_BIT		(1U << 31)

static void context(struct xsrtp_context *cx, struct xsrtp_session *s)
{
	xsrtp_context_load(cx, xsrtp_session_rtcp(s), xsrtp_suites_rtcp);
}

/* Where the parts behind the text are; the pictures above in numbers. */
static uint8_t *index_word(const struct xsrtp_context *cx, const struct xsrtp_packet *p)
{
	return p->data + p->hdr_len + p->text_len +
	       (cx->suite->kind == XSRTP_KIND_GCM ? cx->suite->tag_len : 0);
}

static uint8_t *tag_place(const struct xsrtp_context *cx, const struct xsrtp_packet *p)
{
	return p->data + p->hdr_len + p->text_len +
	       (cx->suite->kind == XSRTP_KIND_CM ?
		INDEX_WORD + xsrtp_mki_len(cx, p->slot) : 0);
}

static void packet_ready(const struct xsrtp_context *cx, struct xsrtp_packet *p, bool encrypted)
{
	p->suite = cx->suite;
	p->key = xsrtp_session_key(cx->half, cx->suite, p->slot);
	p->tag = tag_place(cx, p);
	put_unaligned_be32(p->index | (encrypted ? E_BIT : 0), p->extra);
	p->extra_len = INDEX_WORD;
	xsrtp_packet_iv(cx->suite, p);
	if (!encrypted) {
		p->hdr_len += p->text_len;
		p->text_len = 0;
	}
}

/*
 * A session whose keys have a derivation rate: the packet is prepared; now for it
 * alone, with the keys of its index.
 */
static void special_crypt(const struct xsrtp_cipher *c, struct xsrtp_packet *p, bool in)
{
	struct xsrtp_rate_use use;
	struct xsrtp_context cx;

	context(&cx, p->session);
	xsrtp_rate_begin(&use, c, &cx, p, KDF_RTCP_ENCRYPTION);
	xsrtp_packet_iv(cx.suite, p);
	p->reason = XSRTP_REASON_OK;
	xsrtp_burst_crypt(c, p, 1, in);
	xsrtp_rate_end(&use, &cx, p, p->reason == XSRTP_REASON_OK);
}

static bool is_special(const struct xsrtp_packet *p)
{
	struct xsrtp_context cx;

	context(&cx, p->session);
	return cx.flags & XSRTP_SPECIAL;
}

/* --- protect ----------------------------------------------------------------------- */

/*
 * The next index of the sender: the first is 0 (RFC 3711 3.4). Another CPU may
 * take it first; then the one after it.
 */
static enum xsrtp_reason claim_next(const struct xsrtp_context *cx, struct xsrtp_packet *p)
{
	enum xsrtp_reason r;

	do {
		const struct xsrtp_stream *st = p->stream;

		p->index = st ? xsrtp_next(load_once(&st->next)) : 0;
		if (unlikely(p->index > XSRTP_RTCP_INDEX_MAX))
			return XSRTP_REASON_KEY_EXPIRED;
		r = xsrtp_packet_claim(cx, p, false);
	} while (unlikely(r == XSRTP_REASON_REPLAY || r == XSRTP_REASON_TOO_OLD));
	return r;
}

static enum xsrtp_reason protect_prepare(struct xsrtp_packet *p)
{
	struct xsrtp_context cx;
	enum xsrtp_reason r;
	uint8_t mki_len;
	bool encrypt;

	context(&cx, p->session);
	p->event = 0;
	p->slot = cx.own.own[OWN_SLOT];
	if (unlikely(p->slot == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	if (unlikely(!rtcp_header_ok(p->data, p->len)))
		return XSRTP_REASON_MALFORMED;
	mki_len = xsrtp_mki_len(&cx, p->slot);
	if (unlikely(p->room < INDEX_WORD + (uint32_t)cx.suite->tag_len + mki_len))
		return XSRTP_REASON_NO_ROOM;
	p->hdr_len = RTCP_HEADER;
	p->text_len = p->len - RTCP_HEADER;
	p->ssrc = get_unaligned_be32(p->data + 4);
	p->stream = xsrtp_context_stream(&cx, p->ssrc);
	r = claim_next(&cx, p);
	if (unlikely(r))
		return r;

	encrypt = !cx.suite->null_cipher && !(cx.flags & XSRTP_UNENCRYPTED_SRTCP);
	put_unaligned_be32(p->index | (encrypt ? E_BIT : 0), index_word(&cx, p));
	if (mki_len)
		memcpy(index_word(&cx, p) + INDEX_WORD, cx.cold->slot[p->slot].mki, mki_len);
	p->len += INDEX_WORD + cx.suite->tag_len + mki_len;
	packet_ready(&cx, p, encrypt);
	return XSRTP_REASON_OK;
}

static enum xsrtp_reason protect_special(const struct xsrtp_cipher *c, struct xsrtp_packet *p)
{
	enum xsrtp_reason r = protect_prepare(p);

	if (!r)
		special_crypt(c, p, false);
	return r;
}

void xsrtp_protect_rtcp(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
			unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		pkt[i].reason = is_special(&pkt[i]) ? XSRTP_REASON_SPECIAL :
						      protect_prepare(&pkt[i]);
	xsrtp_burst_crypt(c, pkt, n, false);
	xsrtp_special_burst(c, pkt, n, protect_special);
}

/* --- unprotect --------------------------------------------------------------------- */

/* Which key, by the MKI if there is one; and from there, where the text ends. */
static enum xsrtp_reason find_key(const struct xsrtp_context *cx, struct xsrtp_packet *p,
				  uint8_t slot)
{
	uint32_t fixed = RTCP_HEADER + INDEX_WORD + cx->suite->tag_len;
	const uint8_t *mki_end = p->data + p->len;

	if (unlikely(p->len < fixed))
		return XSRTP_REASON_MALFORMED;
	if (cx->suite->kind == XSRTP_KIND_CM)
		mki_end -= cx->suite->tag_len;
	p->slot = slot == XSRTP_NO_KEY ? cx->own.own[OWN_SLOT] : slot;
	if (unlikely(slot == XSRTP_NO_KEY && cx->own.own[OWN_MKI_LEN]))
		p->slot = xsrtp_mki_find(cx, p->data + RTCP_HEADER, mki_end);
	if (unlikely(p->slot == XSRTP_NO_KEY))
		return XSRTP_REASON_BAD_MKI;
	fixed += xsrtp_mki_len(cx, p->slot);
	if (unlikely(p->len < fixed))
		return XSRTP_REASON_MALFORMED;
	p->hdr_len = RTCP_HEADER;
	p->text_len = p->len - fixed;
	return XSRTP_REASON_OK;
}

static enum xsrtp_reason prepare(struct xsrtp_packet *p, uint8_t slot)
{
	struct xsrtp_context cx;
	enum xsrtp_reason r;
	uint32_t word;

	context(&cx, p->session);
	p->stream = NULL;
	if (unlikely(cx.own.own[OWN_SLOT] == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	if (unlikely(!rtcp_header_ok(p->data, p->len)))
		return XSRTP_REASON_MALFORMED;
	r = find_key(&cx, p, slot);
	if (unlikely(r))
		return r;
	word = get_unaligned_be32(index_word(&cx, p));
	p->index = word & ~E_BIT;
	p->ssrc = get_unaligned_be32(p->data + 4);
	p->stream = xsrtp_context_stream(&cx, p->ssrc);
	r = xsrtp_packet_check(&cx, p);
	if (unlikely(r))
		return r;
	packet_ready(&cx, p, word & E_BIT);
	return XSRTP_REASON_OK;
}

static unsigned int unprotect_prepare(struct xsrtp_packet *p, uint8_t slot)
{
	if (unlikely(is_special(p))) {
		p->stream = NULL;
		return XSRTP_REASON_SPECIAL;
	}
	return prepare(p, slot);
}

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

static enum xsrtp_reason unprotect_special(const struct xsrtp_cipher *c,
					   struct xsrtp_packet *p, uint8_t slot)
{
	enum xsrtp_reason r = prepare(p, slot);

	if (r)
		return r;
	special_crypt(c, p, true);
	return p->reason ? p->reason : unprotect_finish(p);
}

void xsrtp_unprotect_rtcp(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
			  unsigned int n)
{
	static const struct xsrtp_unprotect_ops ops = {
		.prepare = unprotect_prepare,
		.finish = unprotect_finish,
		.context = context,
		.special = unprotect_special,
	};

	xsrtp_burst_unprotect(c, &ops, pkt, n);
}
