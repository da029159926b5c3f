// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Protect and unprotect bursts of SRTP (RFC 3711 3.3, RFC 7714 8).
 *
 *	RTP	| header, CSRCs, extension | payload
 *	CM	| header, CSRCs, extension | encrypted payload | MKI | tag
 *	GCM	| header, CSRCs, extension | encrypted payload | tag | MKI
 *
 * A burst goes through three passes: prepare each packet in order (where is
 * what, which stream, which index), the ciphers over all of them together, and
 * finish each in order. State that authentication guards moves only in the last.
 */
#include "cipher.h"
#include "packet.h"
#include "platform.h"
#include "session.h"

/* What of a session one packet needs. */
struct context {
	struct xsrtp_session *s;
	const struct xsrtp_suite_info *suite;
	const struct xsrtp_session_cold *cold;
	struct xsrtp_stream own;	/* its word with the session's state */
};

static void context_load(struct context *cx, struct xsrtp_session *s)
{
	cx->s = s;
	cx->own.id = load_once(&s->first.id);
	cx->suite = &xsrtp_suites[cx->own.own[OWN_SUITE]];
	cx->cold = xsrtp_session_cold(s, cx->suite);
}

static const uint8_t *context_mki(const struct context *cx)
{
	return cx->cold->slot[cx->own.own[OWN_SLOT]].mki;
}

/* Nearly always the first stream, which the context has loaded already. */
static struct xsrtp_stream *context_stream(const struct context *cx, uint32_t ssrc)
{
	if (likely(cx->own.live && cx->own.ssrc == ssrc))
		return &cx->s->first;
	return xsrtp_stream_find(cx->s, cx->cold, ssrc);
}

/*
 * Initial counter block of CM (RFC 3711 4.1.1) and nonce of GCM (RFC 7714 8.1),
 * both XORed with the session salt:
 *
 *	byte	0   2   4   6   8  10  12  14
 *	CM	   0   | SSRC  |   index   | 0
 *	GCM	 0 | SSRC  |  ROC  |SEQ|
 */
static void packet_iv(const struct xsrtp_suite_info *suite, struct xsrtp_packet *p)
{
	int at = suite->kind == XSRTP_KIND_CM ? 4 : 2, i;
	const uint8_t *salt = xsrtp_key_salt(suite, p->key);
	uint8_t block[16] = { 0 };

	put_unaligned_be32(p->ssrc, block + at);
	put_unaligned_be32(p->index >> 16, block + at + 4);
	put_unaligned_be16(p->index, block + at + 8);
	for (i = 0; i < 16; i++)
		p->iv[i] = block[i] ^ salt[i];
}

static void packet_prepare(const struct context *cx, struct xsrtp_packet *p)
{
	p->key = xsrtp_session_key(cx->s, cx->suite, cx->own.own[OWN_SLOT]);
	put_unaligned_be32(p->index >> 16, p->extra);
	p->extra_len = cx->suite->kind == XSRTP_KIND_CM ? 4 : 0;
	packet_iv(cx->suite, p);
}

static uint32_t overhead(const struct context *cx)
{
	return cx->suite->tag_len + cx->own.own[OWN_MKI_LEN];
}

/* Tag and MKI behind the text; the order differs (picture at the top). */
static uint8_t *place_tag(const struct context *cx, const struct xsrtp_packet *p)
{
	uint8_t *end = p->data + p->hdr_len + p->text_len;

	return cx->suite->kind == XSRTP_KIND_CM ? end + cx->own.own[OWN_MKI_LEN] : end;
}

static uint8_t *place_mki(const struct context *cx, const struct xsrtp_packet *p)
{
	uint8_t *end = p->data + p->hdr_len + p->text_len;

	return cx->suite->kind == XSRTP_KIND_CM ? end : end + cx->suite->tag_len;
}

/* --- the ciphers over a burst --------------------------------------------------- */

typedef void (*cipher_fn)(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
			  unsigned int n);

static const struct xsrtp_suite_info *packet_suite(const struct xsrtp_packet *p)
{
	return &xsrtp_suites[p->session->first.own[OWN_SUITE]];
}

/* One call for each suite in the burst; most bursts have one. */
static void run_cipher(cipher_fn fn, struct xsrtp_packet *pkt, unsigned int n)
{
	struct xsrtp_packet *same[XSRTP_BURST_MAX];
	uint64_t todo = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (pkt[i].reason == XSRTP_REASON_OK)
			todo |= 1ULL << i;
	while (todo) {
		const struct xsrtp_suite_info *suite = NULL;
		uint64_t left = todo;
		unsigned int m = 0;

		for (; left; left &= left - 1) {
			i = __builtin_ctzll(left);
			if (!suite)
				suite = packet_suite(&pkt[i]);
			if (packet_suite(&pkt[i]) != suite)
				continue;
			same[m++] = &pkt[i];
			todo &= ~(1ULL << i);
		}
		fn(suite, same, m);
	}
}

/* --- protect ----------------------------------------------------------------------- */

static enum xsrtp_reason protect_prepare(struct xsrtp_packet *p)
{
	struct xsrtp_stream *st;
	enum xsrtp_reason r;
	struct context cx;

	context_load(&cx, p->session);
	if (unlikely(cx.own.own[OWN_SLOT] == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	p->hdr_len = rtp_header_len(p->data, p->len);
	if (unlikely(!p->hdr_len))
		return XSRTP_REASON_MALFORMED;
	if (unlikely(p->room < overhead(&cx)))
		return XSRTP_REASON_NO_ROOM;
	p->text_len = p->len - p->hdr_len;
	p->ssrc = rtp_ssrc(p->data);

	st = context_stream(&cx, p->ssrc);
	if (unlikely(!st))
		st = xsrtp_stream_take(p->session, cx.cold, p->ssrc);
	if (unlikely(!st))
		return XSRTP_REASON_NO_STREAM;

	/* From here on the index is used up, whatever becomes of the packet. */
	p->index = xsrtp_index_estimate(load_once(&st->next), rtp_seq(p->data));
	r = xsrtp_replay_claim(st, xsrtp_stream_ring(p->session, cx.cold, st),
			       cx.cold->window, p->index);
	if (unlikely(r))
		return r == XSRTP_REASON_REPLAY ? XSRTP_REASON_INDEX_REUSE : r;

	packet_prepare(&cx, p);
	p->tag = place_tag(&cx, p);
	if (cx.own.own[OWN_MKI_LEN])
		memcpy(place_mki(&cx, p), context_mki(&cx), cx.own.own[OWN_MKI_LEN]);
	p->len += overhead(&cx);
	return XSRTP_REASON_OK;
}

void xsrtp_protect(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		prefetchw(pkt[i].session);
	for (i = 0; i < n; i++)
		pkt[i].reason = protect_prepare(&pkt[i]);
	run_cipher(c->seal, pkt, n);
}

/* --- unprotect --------------------------------------------------------------------- */

/* Index by the stream's state, and whether it may still be received. */
static enum xsrtp_reason unprotect_index(const struct context *cx, struct xsrtp_packet *p)
{
	struct xsrtp_stream *st = p->stream;

	if (unlikely(!st)) {
		p->index = xsrtp_index_estimate(0, rtp_seq(p->data));
		return xsrtp_stream_room(cx->s, cx->cold) ? XSRTP_REASON_OK :
							    XSRTP_REASON_NO_STREAM;
	}
	p->index = xsrtp_index_estimate(load_once(&st->next), rtp_seq(p->data));
	return xsrtp_replay_check(st, xsrtp_stream_ring(cx->s, cx->cold, st),
				  cx->cold->window, p->index);
}

static enum xsrtp_reason unprotect_prepare(struct xsrtp_packet *p)
{
	enum xsrtp_reason r;
	struct context cx;

	context_load(&cx, p->session);
	p->stream = NULL;
	if (unlikely(cx.own.own[OWN_SLOT] == XSRTP_NO_KEY))
		return XSRTP_REASON_NO_KEY;
	p->hdr_len = rtp_header_len(p->data, p->len);
	if (unlikely(!p->hdr_len || p->len - p->hdr_len < overhead(&cx)))
		return XSRTP_REASON_MALFORMED;
	p->text_len = p->len - p->hdr_len - overhead(&cx);
	p->ssrc = rtp_ssrc(p->data);
	if (cx.own.own[OWN_MKI_LEN] &&
	    memcmp(place_mki(&cx, p), context_mki(&cx), cx.own.own[OWN_MKI_LEN]))
		return XSRTP_REASON_BAD_MKI;

	p->stream = context_stream(&cx, p->ssrc);
	r = unprotect_index(&cx, p);
	if (unlikely(r))
		return r;
	packet_prepare(&cx, p);
	p->tag = place_tag(&cx, p);
	return XSRTP_REASON_OK;
}

/* The packet verified: now its index counts, and now its SSRC may get a stream. */
static enum xsrtp_reason unprotect_finish(struct xsrtp_packet *p)
{
	struct context cx;
	enum xsrtp_reason r;

	context_load(&cx, p->session);
	if (unlikely(!p->stream))
		p->stream = xsrtp_stream_take(p->session, cx.cold, p->ssrc);
	if (unlikely(!p->stream))
		return XSRTP_REASON_NO_STREAM;
	r = xsrtp_replay_claim(p->stream, xsrtp_stream_ring(p->session, cx.cold, p->stream),
			       cx.cold->window, p->index);
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
	const struct xsrtp_stream *st = p->stream;

	switch (p->reason) {
	case XSRTP_REASON_BAD_TAG:
	case XSRTP_REASON_REPLAY:
	case XSRTP_REASON_TOO_OLD:
		return st && xsrtp_index_estimate(load_once(&st->next), rtp_seq(p->data)) !=
			     p->index;
	default:
		return false;
	}
}

/* Does an earlier packet of the burst, not finished yet, begin the same stream? */
static bool begins_again(const struct xsrtp_packet *first, const struct xsrtp_packet *p)
{
	for (; first < p; first++)
		if (first->reason == XSRTP_REASON_OK && !first->stream &&
		    first->session == p->session && first->ssrc == p->ssrc)
			return true;
	return false;
}

/* Returns how many packets it took: all, or up to one that has to wait. */
static unsigned int unprotect_some(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
				   unsigned int n)
{
	bool unknown = false;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct xsrtp_packet *p = &pkt[i];

		p->reason = unprotect_prepare(p);
		if (likely(p->stream) || p->reason)
			continue;
		if (unknown && begins_again(pkt, p))
			n = i;
		unknown = true;
	}
	run_cipher(c->open, pkt, n);
	for (i = 0; i < n; i++) {
		struct xsrtp_packet *p = &pkt[i];

		if (likely(p->reason == XSRTP_REASON_OK))
			p->reason = unprotect_finish(p);
		else if (i && index_moved(p))
			unprotect_some(c, p, 1);
	}
	return n;
}

void xsrtp_unprotect(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		prefetchw(pkt[i].session);
	for (i = 0; i < n; )
		i += unprotect_some(c, pkt + i, n - i);
}
