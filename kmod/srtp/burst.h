/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What SRTP and SRTCP share in going through a burst: three passes. Prepare each
 * packet in order (where is what, which key, stream and index); the ciphers over
 * all of them together; finish each in order. What authentication guards moves
 * only in the last.
 */
#ifndef XSRTP_BURST_H
#define XSRTP_BURST_H

#include "cipher.h"
#include "platform.h"
#include "session.h"

/**
 * struct xsrtp_context - what of a session one packet needs
 * @half: of the session: SRTP or SRTCP
 * @suite: of that half: the tag may differ
 * @cold: of the half
 * @own: the half's word
 * @flags: of @cold
 */
struct xsrtp_context {
	struct xsrtp_session *half;
	const struct xsrtp_suite_info *suite;
	struct xsrtp_session_cold *cold;
	struct xsrtp_stream own;
	uint16_t flags;
};

static inline bool xsrtp_context_is_cold(const struct xsrtp_context *cx)
{
	return unlikely(cx->own.own[OWN_SUITE] & OWN_COLD);
}

static inline void xsrtp_context_load(struct xsrtp_context *cx, struct xsrtp_session *half,
				      const struct xsrtp_suite_info *suites)
{
	cx->half = half;
	cx->own.id = load_once(&half->first.id);
	cx->suite = &suites[cx->own.own[OWN_SUITE] & ~OWN_COLD];
	cx->cold = xsrtp_session_cold(half, cx->suite);
	cx->flags = xsrtp_context_is_cold(cx) ? cx->cold->flags : 0;
}

static inline bool xsrtp_context_evicts(const struct xsrtp_context *cx)
{
	return xsrtp_context_is_cold(cx) && cx->cold->lru;
}

/* The window of a stream of the context, under the key in @slot. */
static inline void xsrtp_context_window(const struct xsrtp_context *cx,
					const struct xsrtp_stream *st, unsigned int slot,
					struct xsrtp_window *w)
{
	if (xsrtp_context_is_cold(cx)) {
		xsrtp_stream_window(cx->half, cx->cold, st, slot, w);
		return;
	}
	w->ring = NULL;
	w->packets = XSRTP_WINDOW_MIN;
	w->slot = slot;
	w->budget = &cx->cold->slot[slot].budget;
}

/* Nearly always the first stream, which the context has loaded already. */
static inline struct xsrtp_stream *xsrtp_context_stream(const struct xsrtp_context *cx,
							uint32_t ssrc)
{
	if (likely(cx->own.live >= STREAM_LIVES && cx->own.ssrc == ssrc))
		return &cx->half->first;
	return xsrtp_stream_find(cx->half, cx->cold, ssrc);
}

static inline uint8_t xsrtp_mki_len(const struct xsrtp_context *cx, uint8_t slot)
{
	return likely(slot == cx->own.own[OWN_SLOT]) ? cx->own.own[OWN_MKI_LEN] :
						       cx->cold->slot[slot].mki_len;
}

/*
 * Not a reason, and never seen outside: prepare() says that the packet's session
 * is one of special.c. A bit that no reason has.
 */
#define XSRTP_REASON_SPECIAL	0x8000

/* The ciphers over all packets whose reason is OK; @open: unprotect. */
void xsrtp_burst_crypt(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n,
		       bool open);

/* The way in: the passes, with what to do for a packet before and after. */
struct xsrtp_unprotect_ops {
	/* @slot: the key to use, or XSRTP_NO_KEY: find it */
	unsigned int (*prepare)(struct xsrtp_packet *p, uint8_t slot);
	enum xsrtp_reason (*finish)(struct xsrtp_packet *p);
	/* a packet failed: would another index be right now? may be NULL */
	bool (*index_moved)(const struct xsrtp_packet *p);
	void (*context)(struct xsrtp_context *cx, struct xsrtp_session *s);
	/* all of it for one packet, where prepare() has said XSRTP_REASON_SPECIAL */
	enum xsrtp_reason (*special)(const struct xsrtp_cipher *c, struct xsrtp_packet *p,
				     uint8_t slot);
};

void xsrtp_burst_unprotect(const struct xsrtp_cipher *c, const struct xsrtp_unprotect_ops *ops,
			   struct xsrtp_packet *pkt, unsigned int n);

/*
 * Finds the key of a packet by its MKI (RFC 3711 8.1).
 * @end: behind the MKI's place when its length is 0
 * @first: the packet's first byte that may not be part of an MKI
 *
 * Returns the slot, or XSRTP_NO_KEY: none has this MKI.
 */
uint8_t xsrtp_mki_find(const struct xsrtp_context *cx, const uint8_t *first,
		       const uint8_t *end);

/*
 * Marks the packet's index, making its stream where there is none yet. @in: an
 * authentic packet has come, for which another stream may have to go (lru.h).
 */
enum xsrtp_reason xsrtp_packet_claim(const struct xsrtp_context *cx, struct xsrtp_packet *p,
				     bool in);

/* Index of a packet whose stream has had none, or is not known. */
uint64_t xsrtp_packet_index_first(const struct xsrtp_context *cx, const struct xsrtp_packet *p,
				  uint16_t seq);

/* May the packet's index still come? No stream yet: is there room for one? */
enum xsrtp_reason xsrtp_packet_check(const struct xsrtp_context *cx,
				     const struct xsrtp_packet *p);

/*
 * Initial counter block of CM (RFC 3711 4.1.1) and nonce of GCM (RFC 7714 8.1 and
 * 9.1), XORed with the session salt. The 31-bit index of SRTCP stands where the
 * low bits of SRTP's 48 do.
 *
 *	byte	0   2   4   6   8  10  12  14
 *	CM	   0   | SSRC  |   index   | 0
 *	GCM SRTP 0 | SSRC  |  ROC  |SEQ|
 *	GCM SRTCP 0| SSRC  | 0 | index |
 */
static inline void xsrtp_packet_iv(const struct xsrtp_suite_info *suite,
				   struct xsrtp_packet *p)
{
	const uint8_t *salt = xsrtp_key_salt(suite, p->key);
	uint64_t high = p->ssrc, low = p->index << 16;

	if (suite->kind == XSRTP_KIND_GCM) {	/* two bytes to the left */
		high = high << 16 | low >> 48;
		low <<= 16;
	}
	put_unaligned_be64(get_unaligned_be64(salt) ^ high, p->iv);
	put_unaligned_be64(get_unaligned_be64(salt + 8) ^ low, p->iv + 8);
}

/*
 * Read what preparing the packets of a burst will read of their sessions: first
 * the line that tells where the rest is, then the salt. So the misses of many
 * packets overlap. These are loads and not prefetches because the exchange of
 * each packet's index waits for prefetches under way, one packet after the other
 * (seen on Zen 4: 10,000 sessions, 230 ns a packet with prefetches, 115 with this).
 * The ciphers, which exchange nothing, prefetch the keys.
 */
static inline void xsrtp_burst_touch(const struct xsrtp_packet *pkt, unsigned int n)
{
	const struct xsrtp_suite_info *suite;
	const struct xsrtp_session *s;
	unsigned int i;

	for (i = 0; n > 1 && i < n; i++)
		(void)load_once(&pkt[i].session->first.id);
	for (i = 0; n > 1 && i < n; i++) {
		s = pkt[i].session;
		suite = xsrtp_session_suite(s);
		(void)load_once(xsrtp_key_salt(suite, xsrtp_session_key(s, suite, 0)));
	}
}

#endif /* XSRTP_BURST_H */
