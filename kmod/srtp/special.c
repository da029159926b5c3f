// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "header.h"
#include "rate.h"
#include "rtp.h"
#include "special.h"

/**
 * struct special - a packet on its way
 * @suite: the session's, with the tag that this packet has
 * @opt: may be NULL (cryptex alone)
 * @total: bytes of header and payload
 * @index: of the stream; on the wire it is that less @base
 */
struct special {
	struct xsrtp_context cx;
	struct xsrtp_suite_info suite;
	struct xsrtp_option *opt;
	struct xsrtp_rate_use rate;
	uint32_t total;
	uint64_t index;
	uint64_t base;
	bool cryptex;
};

static enum xsrtp_reason special_start(struct special *s, struct xsrtp_packet *p)
{
	xsrtp_context_load(&s->cx, p->session, xsrtp_suites);
	s->suite = *s->cx.suite;
	s->opt = xsrtp_option(s->cx.half, s->cx.cold);
	if (s->cx.own.own[OWN_SLOT] == XSRTP_NO_KEY)
		return XSRTP_REASON_NO_KEY;
	p->hdr_len = rtp_header_len(p->data, p->len);
	return p->hdr_len ? XSRTP_REASON_OK : XSRTP_REASON_MALFORMED;
}

/* --- index and base (option.h) ------------------------------------------------------ */

static uint64_t *base_of(const struct special *s, const struct xsrtp_packet *p,
			 unsigned int slot)
{
	return xsrtp_option_base(s->opt, s->cx.cold, slot,
				 xsrtp_stream_number(s->cx.half, s->cx.cold, p->stream));
}

static bool has_bases(const struct special *s)
{
	return s->opt && s->opt->roc;
}

/*
 * The index of a packet after the base was set but before any packet has moved
 * the stream beyond it: the estimate may lie before the base.
 */
static uint64_t index_after(uint64_t index, uint64_t base, uint64_t next)
{
	return index < base && next <= base ? index + (1 << 16) : index;
}

/*
 * ROC starts again with this packet: its index is the first of its sequence number
 * that the stream has not reached yet, its base the ROC of that.
 */
static void index_again(struct special *s, uint64_t index, uint64_t next)
{
	s->index = next && index < next ? index + (1 << 16) : index;
	s->base = s->index & ~0xffffULL;
}

/*
 * Index and base of a packet by the policy. @second: the other one to try
 * (XSRTP_ROC_TRY). Returns false if there is none.
 */
static bool index_find(struct special *s, const struct xsrtp_packet *p, bool second)
{
	const struct xsrtp_stream *st = p->stream;
	uint64_t next, base, index;

	/* First the stream, then the base: who has moved the one has set the other. */
	next = st ? xsrtp_next(load_acquire(&st->next)) : 0;
	index = rtp_index(&s->cx, p);
	s->index = index;
	s->base = 0;
	if (!has_bases(s) || !p->stream)
		return !second;
	base = load_acquire(base_of(s, p, p->slot));
	if (base) {
		s->base = (base - 1) << 16;
		s->index = index_after(index, s->base, next);
		return !second;
	}
	if (s->opt->roc == XSRTP_ROC_ZERO) {
		if (next)
			index_again(s, index, next);
		return !second;
	}
	base = load_once(base_of(s, p, s->cx.cold->keys));
	s->base = base ? (base - 1) << 16 : 0;
	if (second) {
		index_again(s, index, next);
		return s->base != (base ? (base - 1) << 16 : 0) || s->index != index;
	}
	return true;
}

/* Sets the base if nobody has; false if somebody has set another. */
static bool base_settle(struct special *s, struct xsrtp_packet *p)
{
	uint64_t none = 0, *cell, want = (s->base >> 16) + 1;

	if (!has_bases(s))
		return true;
	store_once(&s->opt->key[p->slot].used, 1);
	store_once(&s->opt->began, 1);
	cell = base_of(s, p, p->slot);
	if (!cas64(cell, &none, want) && none != want)
		return false;
	if (load_once(base_of(s, p, s->cx.cold->keys)) != want)
		store_once(base_of(s, p, s->cx.cold->keys), want);
	return true;
}

/* --- the ciphers ----------------------------------------------------------------------- */

/* RFC 4771, mode RCCm2: does this packet carry its ROC? */
static bool carries_roc(const struct special *s, const struct xsrtp_packet *p)
{
	return s->opt && s->opt->rcc_rate && rtp_seq(p->data) % s->opt->rcc_rate == 0;
}

static bool in_the_clear(const struct special *s)
{
	return s->suite.null_cipher || s->cx.flags & XSRTP_UNENCRYPTED_SRTP;
}

/* Keys, IV and extents, for the index on the wire. */
static void crypt_begin(struct special *s, const struct xsrtp_cipher *c, struct xsrtp_packet *p)
{
	s->total = p->hdr_len + p->text_len;
	p->index = s->index - s->base;
	p->suite = &s->suite;
	p->extra_len = s->suite.kind == XSRTP_KIND_CM ? 4 : 0;
	put_unaligned_be32(p->index >> 16, p->extra);
	xsrtp_rate_begin(&s->rate, c, &s->cx, p, KDF_RTP_ENCRYPTION);
	xsrtp_packet_iv(&s->suite, p);
	if (in_the_clear(s))
		p->hdr_len = s->total;
	if (s->cryptex)
		p->hdr_len = RTP_HEADER_MIN + 4;
	p->text_len = s->total - p->hdr_len;
}

static void crypt_end(struct special *s, struct xsrtp_packet *p, bool ok)
{
	xsrtp_rate_end(&s->rate, &s->cx, p, ok);
	p->index = s->index;
}

/* Does cryptex find what it encrypts in two pieces? */
static bool in_pieces(const struct special *s, const struct xsrtp_packet *p)
{
	return s->cryptex && rtp_csrc_len(p->data);
}

/* The keystream alone over what cryptex encrypts, for counter mode. */
static void cryptex_ctr(struct special *s, const struct xsrtp_cipher *c, struct xsrtp_packet *p)
{
	xsrtp_header_shift(p->data);
	c->ctr(&s->suite, p->key, p->iv, p->data + RTP_HEADER_MIN + 4,
	       s->total - RTP_HEADER_MIN - 4);
	xsrtp_header_unshift(p->data);
}

/*
 * GCM authenticates the header with the pieces put together, HMAC the packet as it
 * is on the wire: there all of it is header then, and encrypted apart.
 */
static void seal(struct special *s, const struct xsrtp_cipher *c, struct xsrtp_packet *p)
{
	bool pieces = in_pieces(s, p), gcm = s->suite.kind == XSRTP_KIND_GCM;

	if (pieces && gcm)
		xsrtp_header_shift(p->data);
	if (pieces && !gcm) {
		cryptex_ctr(s, c, p);
		p->hdr_len = s->total;
		p->text_len = 0;
	}
	c->seal(&s->suite, &p, 1);
	if (pieces && gcm)
		xsrtp_header_unshift(p->data);
}

static bool open(struct special *s, const struct xsrtp_cipher *c, struct xsrtp_packet *p)
{
	bool pieces = in_pieces(s, p), gcm = s->suite.kind == XSRTP_KIND_GCM;

	if (pieces && gcm)
		xsrtp_header_shift(p->data);
	if (pieces && !gcm) {
		p->hdr_len = s->total;
		p->text_len = 0;
	}
	p->reason = XSRTP_REASON_OK;
	c->open(&s->suite, &p, 1);
	if (pieces && gcm)
		xsrtp_header_unshift(p->data);
	if (pieces && !gcm && p->reason == XSRTP_REASON_OK)
		cryptex_ctr(s, c, p);
	return p->reason == XSRTP_REASON_OK;
}

/* The selected elements, with the key of the packet's r (RFC 6904 4). */
static void elements(struct special *s, const struct xsrtp_cipher *c, struct xsrtp_packet *p)
{
	uint8_t room[XSRTP_EXT_KEY_BYTES] __attribute__((aligned(8)));
	struct xsrtp_cipher_key *key;

	if (!s->opt || !s->opt->ext || !rtp_has_ext(p->data))
		return;
	key = xsrtp_option_ext_key(s->opt, p->slot);
	if (s->rate.k) {
		key = (struct xsrtp_cipher_key *)room;
		xsrtp_key_derive_ext(c, s->cx.suite, key, s->rate.k->master, s->rate.k->salt,
				     s->rate.r);
	}
	xsrtp_header_elements(c, s->cx.suite, key, s->opt->ext_ids, p->data, p->ssrc, p->index);
	if (s->rate.k)
		memzero_explicit(room, sizeof(room));
}

/* --- cryptex (RFC 9335 5) ---------------------------------------------------------------- */

/*
 * Will the packet go by cryptex, and how many bytes does that add? What would put
 * an extension in the clear is refused.
 */
static enum xsrtp_reason cryptex_plan(struct special *s, const struct xsrtp_packet *p,
				      uint32_t *add)
{
	bool ext = rtp_has_ext(p->data);
	uint16_t profile;

	*add = 0;
	s->cryptex = s->cx.flags & XSRTP_CRYPTEX && (ext || rtp_csrc_len(p->data));
	if (!s->cryptex)
		return XSRTP_REASON_OK;
	if (!ext) {
		*add = 4;
		return XSRTP_REASON_OK;
	}
	profile = get_unaligned_be16(rtp_ext(p->data));
	return profile == EXT_ONE_BYTE || profile == EXT_TWO_BYTE ? XSRTP_REASON_OK :
								    XSRTP_REASON_MALFORMED;
}

/* The extension that says so: an empty one where there is none (RFC 9335 5.1). */
static void cryptex_mark(struct xsrtp_packet *p, uint32_t add)
{
	uint8_t *ext = rtp_ext(p->data);

	if (add) {
		memmove(ext + add, ext, p->len - p->hdr_len);
		put_unaligned_be32((uint32_t)EXT_ONE_BYTE << 16, ext);
		p->data[0] |= 0x10;
		p->hdr_len += add;
		p->len += add;
	}
	put_unaligned_be16(get_unaligned_be16(ext) == EXT_ONE_BYTE ? CRYPTEX_ONE_BYTE :
								   CRYPTEX_TWO_BYTE, ext);
}

static bool cryptex_marked(const struct special *s, const struct xsrtp_packet *p)
{
	uint16_t profile;

	if (!(s->cx.flags & XSRTP_CRYPTEX) || !rtp_has_ext(p->data))
		return false;
	profile = get_unaligned_be16(rtp_ext(p->data));
	return profile == CRYPTEX_ONE_BYTE || profile == CRYPTEX_TWO_BYTE;
}

static void cryptex_unmark(struct xsrtp_packet *p)
{
	uint8_t *ext = rtp_ext(p->data);

	put_unaligned_be16(get_unaligned_be16(ext) == CRYPTEX_ONE_BYTE ? EXT_ONE_BYTE :
								       EXT_TWO_BYTE, ext);
}

/* --- protect --------------------------------------------------------------------------------- */

/* Settles base and index; from here on the index is used up. */
static enum xsrtp_reason protect_claim(struct special *s, struct xsrtp_packet *p)
{
	enum xsrtp_reason r;

	/* The base is the stream's: the stream first. Trying is for receivers. */
	if (has_bases(s) && !p->stream) {
		p->stream = xsrtp_stream_take(s->cx.half, s->cx.cold, p->ssrc);
		if (!p->stream)
			return XSRTP_REASON_NO_STREAM;
		p->event |= XSRTP_EVENT_NEW_STREAM;
	}
	index_find(s, p, false);
	/* Another CPU was first: its base counts. */
	if (!base_settle(s, p)) {
		index_find(s, p, false);
		base_settle(s, p);
	}
	if (s->index < s->base)
		return XSRTP_REASON_TOO_OLD;
	p->index = s->index;
	r = xsrtp_packet_claim(&s->cx, p, false);
	return r == XSRTP_REASON_REPLAY ? XSRTP_REASON_INDEX_REUSE : r;
}

/* The tag's first bytes are the ROC, and it is shorter by them (RFC 4771 2). */
static void roc_to_tag(struct special *s, struct xsrtp_packet *p)
{
	put_unaligned_be32(s->index >> 16, p->tag);
	p->tag += 4;
	s->suite.tag_len -= 4;
}

enum xsrtp_reason xsrtp_special_protect(const struct xsrtp_cipher *c, struct xsrtp_packet *p)
{
	struct special s;
	enum xsrtp_reason r;
	uint32_t add;

	r = special_start(&s, p);
	if (!r)
		r = cryptex_plan(&s, p, &add);
	if (!r && s.opt && s.opt->ext && !xsrtp_header_valid(p->data))
		r = XSRTP_REASON_MALFORMED;
	if (r)
		return r;
	p->slot = s.cx.own.own[OWN_SLOT];
	if (p->room < (uint32_t)s.suite.tag_len + xsrtp_mki_len(&s.cx, p->slot) + add)
		return XSRTP_REASON_NO_ROOM;
	p->ssrc = rtp_ssrc(p->data);
	p->stream = xsrtp_context_stream(&s.cx, p->ssrc);
	r = protect_claim(&s, p);
	if (r)
		return r;

	if (s.cryptex)
		cryptex_mark(p, add);
	p->text_len = p->len - p->hdr_len;
	rtp_trailer(&s.cx, p);
	if (carries_roc(&s, p))
		roc_to_tag(&s, p);
	crypt_begin(&s, c, p);
	elements(&s, c, p);
	seal(&s, c, p);
	crypt_end(&s, p, true);
	return XSRTP_REASON_OK;
}

/* --- unprotect ---------------------------------------------------------------------------------- */

/* One try, with the index and base in @s: at most one MAC. */
static enum xsrtp_reason unprotect_try(struct special *s, const struct xsrtp_cipher *c,
				       struct xsrtp_packet *p)
{
	enum xsrtp_reason r;
	uint32_t hdr_len = p->hdr_len, text_len = p->text_len;
	bool ok;

	p->index = s->index;
	r = s->index < s->base ? XSRTP_REASON_TOO_OLD : xsrtp_packet_check(&s->cx, p);
	if (r)
		return r;
	crypt_begin(s, c, p);
	ok = open(s, c, p);
	if (ok)
		elements(s, c, p);
	crypt_end(s, p, ok);
	p->hdr_len = hdr_len;
	p->text_len = text_len;
	return ok ? XSRTP_REASON_OK : XSRTP_REASON_BAD_TAG;
}

static enum xsrtp_reason unprotect_finish(struct special *s, struct xsrtp_packet *p)
{
	bool known = p->stream;
	enum xsrtp_reason r;

	/* A stream that is new has no former ROC, and its base is 0. */
	if (known && !base_settle(s, p))
		return XSRTP_REASON_TOO_OLD;
	r = xsrtp_packet_claim(&s->cx, p, true);
	if (r)
		return r;
	if (!known)
		base_settle(s, p);
	if (s->cryptex)
		cryptex_unmark(p);
	p->len = p->hdr_len + p->text_len;
	return XSRTP_REASON_OK;
}

/* Takes ROC and index from the tag (RFC 4771 2). */
static void roc_from_tag(struct special *s, struct xsrtp_packet *p)
{
	s->index = (uint64_t)get_unaligned_be32(p->tag) << 16 | rtp_seq(p->data);
	p->tag += 4;
	s->suite.tag_len -= 4;
}

enum xsrtp_reason xsrtp_special_unprotect(const struct xsrtp_cipher *c, struct xsrtp_packet *p,
					  uint8_t slot)
{
	struct special s;
	enum xsrtp_reason r;

	p->stream = NULL;
	r = special_start(&s, p);
	if (!r)
		r = rtp_find_key(&s.cx, p, slot);
	if (r)
		return r;
	p->ssrc = rtp_ssrc(p->data);
	p->stream = xsrtp_context_stream(&s.cx, p->ssrc);
	s.cryptex = cryptex_marked(&s, p);
	index_find(&s, p, false);
	if (carries_roc(&s, p))
		roc_from_tag(&s, p);
	r = unprotect_try(&s, c, p);
	if (r && index_find(&s, p, true))
		r = unprotect_try(&s, c, p);
	return r ? r : unprotect_finish(&s, p);
}
