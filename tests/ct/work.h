/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the core does with secrets, once for each suite and kind of session:
 * keys are derived, packets protected, refused when forged, unprotected; RTP and
 * RTCP. What is secret is said by secret(), what is not any more by known():
 *
 *	secret	master keys and salts (and so all that comes of them), the text of
 *		packets, the tags of packets that arrive
 *	known	packets that were sent: ciphertext and tag
 *
 * Included by the two programs that look at it (taint.c, trace.c), which define
 * these functions.
 */
#ifndef XSRTP_CT_WORK_H
#define XSRTP_CT_WORK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xsrtp/srtp.h>

#include "session.h"

static void secret(void *p, size_t n);
static void known(void *p, size_t n);
static uint8_t secret_byte(void);	/* before secret() is told of it */
static void core_begin(void);		/* around all that is the core's */
static void core_end(void);

#define must(ok) do {							\
	if (!(ok)) {							\
		printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #ok); \
		exit(2);						\
	}								\
} while (0)

/* --- kinds of sessions ------------------------------------------------------------- */

struct kind {
	const char *name;
	struct xsrtp_session_config cfg;
	uint32_t kdr;
};

static const struct kind kinds[] = {
	{ "usual", { .streams = 2 }, 0 },
	{ "window 1024", { .window = 1024 }, 0 },
	{ "evict", { .flags = XSRTP_EVICT }, 0 },
	{ "in the clear", { .flags = XSRTP_UNENCRYPTED_SRTP | XSRTP_UNENCRYPTED_SRTCP }, 0 },
	{ "cryptex", { .flags = XSRTP_CRYPTEX }, 0 },
	{ "key rate", { .flags = XSRTP_KEY_RATE }, 4 },
	{ "header elements", { .ext_ids = { 0x02 } }, 0 },
	{ "ROC again", { .roc = XSRTP_ROC_ZERO }, 0 },
	{ "ROC tried", { .roc = XSRTP_ROC_TRY }, 0 },
	{ "ROC in the tag", { .rcc_rate = 1 }, 0 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static inline bool kind_fits(const struct kind *k, unsigned int suite)
{
	struct xsrtp_session_config cfg = k->cfg;

	cfg.suite = suite;
	return xsrtp_suite_info(suite) && xsrtp_session_size(&cfg);
}

/* --- keys -------------------------------------------------------------------------- */

struct master {
	uint8_t key[XSRTP_KEY_MAX], salt[XSRTP_SALT_MAX];
};

static void secret_fill(void *to, size_t n)
{
	uint8_t *p = to;
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = secret_byte();
	secret(to, n);
}

/* The @n-th session: always in the same place, so that addresses can be compared. */
static struct xsrtp_session *session(const struct kind *k, unsigned int suite, unsigned int n)
{
	static uint8_t room[2][1 << 16] __attribute__((aligned(XSRTP_ALIGN)));
	struct xsrtp_session_config cfg = k->cfg;
	struct xsrtp_session *s = (void *)room[n];

	cfg.suite = suite;
	must(xsrtp_session_size(&cfg) <= sizeof(room[n]) && !xsrtp_session_init(s, &cfg));
	return s;
}

static int key_set(struct xsrtp_session *s, const struct kind *k, const struct xsrtp_cipher *c,
		   unsigned int slot, const struct master *m)
{
	const struct xsrtp_key_config key = { .key = m->key, .salt = m->salt, .kdr = k->kdr };

	int err;

	core_begin();
	err = xsrtp_key_set(s, c, slot, &key);
	core_end();
	return err;
}

/* --- packets ------------------------------------------------------------------------ */

#define PACKETS		12	/* of a burst: more than there are lanes of AVX2 */
#define PACKET_BYTES	500

struct burst {
	uint8_t data[PACKETS][PACKET_BYTES], plain[PACKETS][PACKET_BYTES];
	uint32_t len[PACKETS], text[PACKETS];	/* of the plain packet; where its text begins */
	struct xsrtp_packet pkt[PACKETS];
};

typedef void (*work_fn)(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt, unsigned int n);

static const uint16_t text_bytes[PACKETS] = { 160, 0, 1, 15, 16, 17, 63, 64, 160, 200, 240, 400 };

/* Header, now and then two CSRCs and an extension of one element, text. */
static void rtp_make(struct burst *b, unsigned int i, uint16_t seq)
{
	uint8_t *p = b->data[i], *ext = p + 12;

	memset(p, 0, 12);
	p[0] = 0x80;
	p[2] = seq >> 8;
	p[3] = seq;
	p[11] = 9;
	if (i % 4 == 3) {
		p[0] |= 2;
		memset(ext, 7, 8);
		ext += 8;
	}
	if (i % 2) {
		p[0] |= 0x10;
		memcpy(ext, "\xbe\xde\x00\x01\x12", 5);
		secret_fill(ext + 5, 3);
		ext += 8;
	}
	b->text[i] = ext - p;
}

static void rtcp_make(struct burst *b, unsigned int i)
{
	memcpy(b->data[i], "\x80\xc9\x00\x01\x00\x00\x00\x09", 8);
	b->text[i] = 8;
}

static void burst_make(struct burst *b, struct xsrtp_session *s, bool rtcp, uint16_t first)
{
	unsigned int i;

	for (i = 0; i < PACKETS; i++) {
		if (rtcp)
			rtcp_make(b, i);
		else
			rtp_make(b, i, first + i);
		secret_fill(b->data[i] + b->text[i], text_bytes[i]);
		b->len[i] = b->text[i] + text_bytes[i];
		memcpy(b->plain[i], b->data[i], b->len[i]);
		b->pkt[i] = (struct xsrtp_packet){ .session = s, .data = b->data[i],
						   .len = b->len[i], .room = 40 };
	}
}

/* They were sent: now all the world has them. */
static void burst_sent(struct burst *b)
{
	unsigned int i;

	for (i = 0; i < PACKETS; i++) {
		must(b->pkt[i].reason == XSRTP_REASON_OK);
		known(b->data[i], b->pkt[i].len);
	}
}

/* How many bytes the tag has, and where; without the ROC that may stand in front. */
static uint8_t *tag_of(const struct kind *k, const struct xsrtp_packet *p, bool rtcp, uint32_t *n)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(p->session);
	uint32_t word = rtcp ? 4 : 0;

	*n = xsrtp_overhead(suite->suite, 0, rtcp) - word;
	if (k->cfg.rcc_rate && !rtcp)
		*n -= 4;
	return p->data + p->len - *n - (suite->kind == XSRTP_KIND_GCM ? word : 0);
}

/* Arrives: as sent, or @forged. The tag is secret, as what it is compared with. */
static void burst_arrive(struct burst *b, const struct kind *k, struct xsrtp_session *s,
			 bool rtcp, bool forged)
{
	unsigned int i;
	uint32_t n;

	for (i = 0; i < PACKETS; i++) {
		struct xsrtp_packet *p = &b->pkt[i];
		uint8_t *tag;

		p->session = s;
		p->room = 0;
		tag = tag_of(k, p, rtcp, &n);
		if (forged && n)
			tag[i % n] ^= 1;
		secret(tag, n);
	}
}

static void burst_refused(struct burst *b, const struct kind *k, bool rtcp)
{
	unsigned int i;
	uint32_t n;

	for (i = 0; i < PACKETS; i++) {
		uint8_t *tag = tag_of(k, &b->pkt[i], rtcp, &n);

		must(b->pkt[i].reason == XSRTP_REASON_BAD_TAG);
		tag[i % n] ^= 1;
	}
}

static void burst_accepted(struct burst *b)
{
	unsigned int i;

	for (i = 0; i < PACKETS; i++) {
		must(b->pkt[i].reason == XSRTP_REASON_OK);
		must(b->pkt[i].len == b->len[i]);
		known(b->data[i], b->len[i]);
		known(b->plain[i], b->len[i]);
		must(!memcmp(b->data[i], b->plain[i], b->len[i]));
	}
}

/* One burst there and back; alone: packet by packet. */
static void run(work_fn fn, const struct xsrtp_cipher *c, struct burst *b, bool alone)
{
	unsigned int i, n = alone ? 1 : PACKETS;

	for (i = 0; i < PACKETS; i += n) {
		core_begin();
		fn(c, &b->pkt[i], n);
		core_end();
	}
}

static void there_and_back(const struct kind *k, const struct xsrtp_cipher *c,
			   struct xsrtp_session *tx, struct xsrtp_session *rx, bool rtcp,
			   uint16_t first, bool alone)
{
	static struct burst b;
	work_fn protect = rtcp ? xsrtp_protect_rtcp : xsrtp_protect;
	work_fn unprotect = rtcp ? xsrtp_unprotect_rtcp : xsrtp_unprotect;

	burst_make(&b, tx, rtcp, first);
	run(protect, c, &b, alone);
	burst_sent(&b);
	if (rtcp || xsrtp_session_suite(tx)->tag_len) {
		burst_arrive(&b, k, rx, rtcp, true);
		run(unprotect, c, &b, alone);
		burst_refused(&b, k, rtcp);
	}
	burst_arrive(&b, k, rx, rtcp, false);
	run(unprotect, c, &b, alone);
	burst_accepted(&b);
}

/* A key in slot @n, used for packets from sequence number @first on. */
static void under_key(const struct kind *k, const struct xsrtp_cipher *c,
		      struct xsrtp_session *tx, struct xsrtp_session *rx, unsigned int n,
		      uint16_t first, bool alone)
{
	struct master m;

	secret_fill(&m, sizeof(m));
	must(!key_set(tx, k, c, n, &m) && !xsrtp_key_use(tx, n));
	must(!key_set(rx, k, c, n, &m) && !xsrtp_key_use(rx, n));
	must(key_set(tx, k, c, 2, &m));		/* refused: it is the one in use */
	there_and_back(k, c, tx, rx, false, first, alone);
	there_and_back(k, c, tx, rx, true, first, alone);
}

/* Everything: in bursts, and under another key packet by packet unless @brief. */
static void work(const struct kind *k, const struct xsrtp_cipher *c, unsigned int suite,
		 bool brief)
{
	struct xsrtp_session *tx = session(k, suite, 0), *rx = session(k, suite, 1);

	under_key(k, c, tx, rx, 0, 1, false);
	if (!brief)
		under_key(k, c, tx, rx, 1, 100, true);
	xsrtp_session_wipe(tx);
	xsrtp_session_wipe(rx);
}

#endif /* XSRTP_CT_WORK_H */
