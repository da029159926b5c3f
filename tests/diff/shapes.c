// SPDX-License-Identifier: GPL-2.0
/*
 * Every shape of packet through every implementation against libsrtp2: payloads of
 * 0 to 1,500 bytes × 0 to 15 CSRCs × shapes of extension × alignments 0 to 15, and
 * SRTCP of 8 to 1,508 bytes × alignments, encrypted and not. The same bytes out of
 * protect, the plain ones back out of unprotect, nothing written behind.
 *
 *	shapes [ALIGNMENTS]	of each shape, 1 to 16 (default: ALIGNMENTS of the
 *				environment, or 1: they take turns)
 *
 * libsrtp makes each packet once; all implementations and alignments are compared
 * with that. They get the packets alone, by 16 and by 64, in turns.
 *
 * AES-192 is compared with OpenSSL instead (testlib.h; SRTCP below): libsrtp derives
 * its keys otherwise (peer.h).
 */
#include "peer.h"

#define PAYLOAD_MAX	1500
#define CSRCS		16
#define SSRC		0x0badcafeu
#define IMPLS_MAX	8
#define ALIGNMENTS	16
#define GUARD		16

/* Extensions: none; empty; one-byte and two-byte elements; neither, and long. */
static const struct shape {
	bool ext;
	uint16_t profile, words;
} shapes[] = {
	{ false, 0, 0 }, { true, 0xbede, 0 }, { true, 0xbede, 1 }, { true, 0x1000, 5 },
	{ true, 0x1234, 16 },
};

#define BATCH		(CSRCS * ARRAY_SIZE(shapes))	/* packets of one length */

/* A packet before, and as it must become. */
struct shot {
	uint8_t plain[RTP_MAX], want[RTP_MAX];
	uint32_t len, want_len;
};

struct impl {
	const struct xsrtp_cipher *c;
	struct xsrtp_session *tx[ALIGNMENTS], *rx[ALIGNMENTS];
	unsigned long packets;
};

struct world {
	const struct xsrtp_suite_info *suite;
	bool rtcp, clear;
	struct rng rng;
	struct master m;
	srtp_t lib;			/* NULL: OpenSSL stands in */
	struct ref_keys ref;
	uint64_t index;
	struct impl impl[IMPLS_MAX];
	unsigned int impls;
	struct shot shot[BATCH];
	unsigned int shots;
};

static unsigned int alignments = 1;

/* --- what the packets must become ---------------------------------------------------- */

static void derive_rtcp(struct ref_keys *k, const struct master *m)
{
	ref_kdf(k->suite, m->key, m->salt, 3, 0, k->enc, k->suite->key_len);
	ref_kdf(k->suite, m->key, m->salt, 4, 0, k->auth, sizeof(k->auth));
	ref_kdf(k->suite, m->key, m->salt, 5, 0, k->salt, k->suite->salt_len);
}

/* SRTCP of the AES-CM suites (RFC 3711 3.4): E bit and index, MKI, 80 bits of tag. */
static uint32_t ref_protect_rtcp(struct world *w, uint8_t *p, uint32_t len)
{
	uint8_t iv[16], tag[20];

	ref_iv(&w->ref, get32(p + 4), w->index, iv);
	if (!w->clear)
		ref_ctr(w->ref.enc, w->suite->key_len, iv, p + 8, len - 8);
	put32(p + len, (w->clear ? 0 : 0x80000000u) | (uint32_t)w->index);
	assert_non_null(HMAC(EVP_sha1(), w->ref.auth, 20, p, len + 4, tag, NULL));
	memcpy(p + len + 4, w->m.mki, w->m.mki_len);
	memcpy(p + len + 4 + w->m.mki_len, tag, 10);
	return len + 14 + w->m.mki_len;
}

static uint32_t lib_protect(struct world *w, uint8_t *p, uint32_t len)
{
	unsigned int mki = w->m.mki_len > 0;
	int n = len;

	assert_int_equal(w->rtcp ? srtp_protect_rtcp_mki(w->lib, p, &n, mki, 0) :
				   srtp_protect_mki(w->lib, p, &n, mki, 0), srtp_err_status_ok);
	return n;
}

static void seal(struct world *w, struct shot *x, uint32_t hdr_len)
{
	memcpy(x->want, x->plain, x->len);
	if (w->lib)
		x->want_len = lib_protect(w, x->want, x->len);
	else if (w->rtcp)
		x->want_len = ref_protect_rtcp(w, x->want, x->len);
	else
		x->want_len = ref_protect(&w->ref, &w->m, w->index, x->want, hdr_len, x->len);
	w->index++;
}

/* --- packets of one length -------------------------------------------------------------- */

static void load_rtp(struct world *w, unsigned int payload)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		const struct shape *s = &shapes[i / CSRCS];
		const struct rtp h = {
			.ssrc = SSRC, .seq = (uint16_t)w->index, .csrcs = i % CSRCS,
			.ext = s->ext, .ext_words = s->words, .payload = payload,
			.padding = i % 7 == 0,
		};
		struct shot *x = &w->shot[i];

		x->len = rtp_write(&w->rng, &h, x->plain);
		if (s->ext)
			put16(x->plain + RTP_HDR + 4 * h.csrcs, s->profile);
		seal(w, x, rtp_hdr_len(&h));
	}
	w->shots = BATCH;
}

static void load_rtcp(struct world *w, unsigned int payload)
{
	unsigned int i;

	for (i = 0; i < ALIGNMENTS; i++) {
		struct shot *x = &w->shot[i];

		x->len = 8 + payload;
		rng_fill(&w->rng, x->plain, x->len);
		x->plain[0] = 0x80 | (x->plain[0] & 0x3f);
		put32(x->plain + 4, SSRC);
		seal(w, x, 0);
	}
	w->shots = ALIGNMENTS;
}

/* --- ours ---------------------------------------------------------------------------------- */

static void check_plain(const struct world *w, const struct shot *x, const struct xsrtp_packet *p)
{
	assert_reason(p->reason, OK);
	assert_int_equal(p->len, x->len);
	assert_memory_equal(p->data, x->plain, x->len);
}

static void check_sealed(const struct world *w, const struct impl *im, const struct shot *x,
			 const struct xsrtp_packet *p)
{
	unsigned int i;

	assert_reason(p->reason, OK);
	if (p->len != x->want_len || memcmp(p->data, x->want, x->want_len)) {
		hexdump("plain", x->plain, x->len);
		hexdump("ours", p->data, p->len);
		hexdump("must be", x->want, x->want_len);
		fail_msg("%s %s differs", w->suite->name, xsrtp_cipher_name(im->c));
	}
	for (i = 0; i < GUARD; i++)
		assert_int_equal(p->data[x->want_len + i], 0x5a);
}

/* @n packets out and in again, the first one at alignment @at, each at the next. */
static void fire(struct world *w, struct impl *im, unsigned int pass, struct shot *x,
		 unsigned int n, unsigned int at)
{
	static uint8_t room[XSRTP_BURST_MAX][RTP_MAX + ALIGNMENTS + GUARD]
		__attribute__((aligned(64)));
	struct xsrtp_packet pkt[XSRTP_BURST_MAX];
	unsigned int i;

	for (i = 0; i < n; i++) {
		uint8_t *data = room[i] + (at + i) % ALIGNMENTS;

		memcpy(data, x[i].plain, x[i].len);
		memset(data + x[i].want_len, 0x5a, GUARD);
		pkt[i] = (struct xsrtp_packet){
			.session = im->tx[pass], .data = data, .len = x[i].len,
			.room = x[i].want_len - x[i].len,
		};
	}
	(w->rtcp ? xsrtp_protect_rtcp : xsrtp_protect)(im->c, pkt, n);
	for (i = 0; i < n; i++) {
		check_sealed(w, im, &x[i], &pkt[i]);
		pkt[i].session = im->rx[pass];
		pkt[i].room = 0;
	}
	(w->rtcp ? xsrtp_unprotect_rtcp : xsrtp_unprotect)(im->c, pkt, n);
	for (i = 0; i < n; i++)
		check_plain(w, &x[i], &pkt[i]);
	im->packets += n;
}

/* Packet i of the batch at alignments i + payload + 0, 1, ... */
static void all_impls(struct world *w, unsigned int payload)
{
	static const unsigned int bursts[] = { 1, 16, 64 };
	unsigned int k, pass, i, n, burst;

	for (k = 0; k < w->impls; k++)
		for (pass = 0; pass < alignments; pass++) {
			burst = bursts[(payload + pass + k) % ARRAY_SIZE(bursts)];
			for (i = 0; i < w->shots; i += n) {
				n = burst < w->shots - i ? burst : w->shots - i;
				fire(w, &w->impl[k], pass, &w->shot[i], n, i + payload + pass);
			}
		}
}

/* --- one suite -------------------------------------------------------------------------------- */

static struct xsrtp_session *open_session(const struct world *w, const struct xsrtp_cipher *c)
{
	const struct xsrtp_session_config cfg = {
		.suite = w->suite->suite, .keys = 1,
		.flags = w->clear ? XSRTP_UNENCRYPTED_SRTCP : 0,
	};
	struct xsrtp_stream_state st = { .ssrc = SSRC, .index = 0 };
	struct xsrtp_session *s = session_empty(&cfg);

	assert_int_equal(master_set(s, c, 0, &w->m) | xsrtp_key_use(s, 0), 0);
	if (w->rtcp)	/* libsrtp's first SRTCP index is 1 */
		assert_int_equal(xsrtp_stream_set_rtcp(s, &st), 0);
	return s;
}

static void world_open(struct world *w)
{
	const struct xsrtp_cipher *c;
	unsigned int k, pass;

	master_random(&w->rng, &w->m, w->suite->suite % 2 ? 4 : 0);
	w->lib = !peer_has(w->suite->suite) ? NULL :
		 peer_session(w->suite->suite, true, 128, &w->m, 1, w->clear);
	ref_derive(&w->ref, w->suite->suite, &w->m);
	if (w->rtcp)
		derive_rtcp(&w->ref, &w->m);
	w->index = w->rtcp ? 1 : 30000;
	for (k = 0; k < IMPLS_MAX && (c = xsrtp_cipher_get(k)); k++) {
		w->impl[k].c = c;
		for (pass = 0; pass < alignments; pass++) {
			w->impl[k].tx[pass] = open_session(w, c);
			w->impl[k].rx[pass] = open_session(w, c);
		}
	}
	w->impls = k;
}

static void world_close(struct world *w)
{
	unsigned int k, pass;

	for (k = 0; k < w->impls; k++)
		for (pass = 0; pass < alignments; pass++) {
			session_free(w->impl[k].tx[pass]);
			session_free(w->impl[k].rx[pass]);
		}
	if (w->lib)
		srtp_dealloc(w->lib);
}

static void run_suite(unsigned int suite, bool rtcp, bool clear)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned int payload, k;

	w->suite = xsrtp_suite_info(suite);
	w->rtcp = rtcp;
	w->clear = clear;
	w->rng.s = suite;
	world_open(w);
	for (payload = 0; payload <= PAYLOAD_MAX; payload++) {
		if (rtcp)
			load_rtcp(w, payload);
		else
			load_rtp(w, payload);
		all_impls(w, payload);
	}
	world_close(w);
	printf("# %s %s:", w->suite->name, w->lib ? "libsrtp" : "OpenSSL");
	for (k = 0; k < w->impls; k++)
		printf(" %s %lu", xsrtp_cipher_name(w->impl[k].c), w->impl[k].packets);
	printf("\n");
	free(w);
}

#define TESTS(sym, num, name_, kind, key, salt, tag)			\
	static void sym##_srtp(void **state)				\
	{								\
		run_suite(num, false, false);				\
	}								\
	static void sym##_srtcp(void **state)				\
	{								\
		run_suite(num, true, false);				\
		run_suite(num, true, true);				\
	}
XSRTP_SUITES(TESTS)

int main(int argc, char **argv)
{
	static const struct test_row rows[] = {
#define ROWS(sym, num, name_, kind, key, salt, tag)			\
		ONCE(sym##_srtp), ONCE(sym##_srtcp),
		XSRTP_SUITES(ROWS)
	};
	const char *number = argc > 1 ? argv[1] : getenv("ALIGNMENTS");

	if (number)
		alignments = strtoul(number, NULL, 0);
	if (!alignments || alignments > ALIGNMENTS || srtp_init() != srtp_err_status_ok)
		return 1;
	return run_rows("shapes", rows, ARRAY_SIZE(rows));
}
