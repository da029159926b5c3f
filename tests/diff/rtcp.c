// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test of SRTCP against libsrtp2: the same random RTCP through both.
 *
 * On the way out our packets must be libsrtp's byte for byte; on the way in both
 * get libsrtp's packets reordered, repeated, with a bit changed and cut short, and
 * must agree on which to accept, and on what comes out.
 *
 * Where the two differ on purpose:
 *
 * - The sender's first index is 0 here (RFC 3711 3.4), 1 in libsrtp: our stream
 *   is set to 0 first.
 * - AES_192: libsrtp before 2.8 derives its keys wrongly (its issue 763); it is
 *   compared with RFC 6188 7.4 and OpenSSL in tests/diff/srtcp.c instead.
 * - NULL_HMAC_SHA1_32 and E = 0 are made by changing libsrtp's policy by hand.
 * - libsrtp's window is 128, so is ours.
 */
#include <srtp2/srtp.h>

#include "../unit/testlib.h"

#define PACKETS	20000
#define LATE	96	/* how far a packet may be held back: within the window */

struct pair {
	struct rng rng;
	const struct xsrtp_cipher *c;
	struct xsrtp_session *tx, *rx;
	srtp_t ltx, lrx;
	bool mki;
};

static bool policy(unsigned int suite, bool clear, srtp_policy_t *p)
{
	static void (*const set[])(srtp_crypto_policy_t *) = {
		[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80] = srtp_crypto_policy_set_rtp_default,
		[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32] = srtp_crypto_policy_set_rtp_default,
		[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80] =
			srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
		[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_32] =
			srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
		[XSRTP_SUITE_AEAD_AES_128_GCM] = srtp_crypto_policy_set_aes_gcm_128_16_auth,
		[XSRTP_SUITE_AEAD_AES_256_GCM] = srtp_crypto_policy_set_aes_gcm_256_16_auth,
		[XSRTP_SUITE_AEAD_AES_128_GCM_8] = srtp_crypto_policy_set_aes_gcm_128_8_auth,
		[XSRTP_SUITE_AEAD_AES_256_GCM_8] = srtp_crypto_policy_set_aes_gcm_256_8_auth,
		[XSRTP_SUITE_NULL_HMAC_SHA1_80] = srtp_crypto_policy_set_null_cipher_hmac_sha1_80,
		[XSRTP_SUITE_NULL_HMAC_SHA1_32] = srtp_crypto_policy_set_null_cipher_hmac_sha1_80,
		[XSRTP_SUITE_AES_CM_128_NULL_AUTH] = srtp_crypto_policy_set_rtp_default,
	};

	memset(p, 0, sizeof(*p));
	if (suite >= ARRAY_SIZE(set) || !set[suite])
		return false;
	set[suite](&p->rtcp);	/* all SRTCP tags are of 80 bits under HMAC-SHA1 */
	srtp_crypto_policy_set_rtp_default(&p->rtp);
	if (xsrtp_suite_info(suite)->kind == XSRTP_KIND_GCM || suite >= 5)
		p->rtp = p->rtcp;
	if (clear)
		p->rtcp.sec_serv = sec_serv_auth;
	p->window_size = 128;
	return true;
}

static srtp_t lib_new(srtp_policy_t p, struct master *m, uint8_t *both, bool out)
{
	srtp_master_key_t key = { both, m->mki, m->mki_len }, *keys[] = { &key };
	srtp_t s;

	p.ssrc.type = out ? ssrc_any_outbound : ssrc_any_inbound;
	if (m->mki_len) {
		p.keys = keys;
		p.num_master_keys = 1;
	} else {
		p.key = both;
	}
	assert_int_equal(srtp_create(&s, &p), srtp_err_status_ok);
	return s;
}

static uint32_t make_rtcp(struct pair *p, uint8_t *out)
{
	uint32_t len = 8 + (rng_once_in(&p->rng, 8) ? 0 : 4 * rng_below(&p->rng, 60));

	rng_fill(&p->rng, out, len);
	out[0] = 0x80 | (out[0] & 0x3f);
	out[1] = 200 + rng_below(&p->rng, 7);
	put16(out + 2, len / 4 - 1);
	put32(out + 4, 0xcafe0000 + rng_below(&p->rng, 3));
	return len;
}

/* The same packet by both, and the same bytes of both. */
static uint32_t protect_both(struct pair *p, uint8_t *out)
{
	uint8_t ours[512];
	int len = make_rtcp(p, out);
	struct xsrtp_packet pk = { .session = p->tx, .data = ours, .len = len,
				   .room = sizeof(ours) - len };

	memcpy(ours, out, len);
	xsrtp_protect_rtcp(p->c, &pk, 1);
	assert_reason(pk.reason, OK);
	assert_int_equal(srtp_protect_rtcp_mki(p->ltx, out, &len, p->mki, 0), 0);
	assert_int_equal(pk.len, len);
	assert_memory_equal(ours, out, len);
	return len;
}

static void unprotect_both(struct pair *p, const uint8_t *in, uint32_t in_len)
{
	uint8_t ours[512], theirs[512];
	uint32_t n = in_len;
	int len = in_len;
	unsigned int r, err;

	memcpy(ours, in, in_len);
	memcpy(theirs, in, in_len);
	r = run_one(xsrtp_unprotect_rtcp, p->c, p->rx, ours, &n, 0);
	/* Too short for index, MKI and tag: libsrtp 2.5 may read before the packet. */
	if (r == XSRTP_REASON_MALFORMED)
		return;
	err = srtp_unprotect_rtcp_mki(p->lrx, theirs, &len, p->mki);
	if (!r != !err) {
		hexdump("packet", in, in_len);
		print_message("# ours %s, theirs %u\n", xsrtp_reason_name(r), err);
	}
	assert_int_equal(!r, !err);
	if (r)
		return;
	assert_int_equal(n, len);
	assert_memory_equal(ours, theirs, len);
}

/* A stream of packets, each some places late or not at all, and harmed copies. */
static void traffic(struct pair *p, bool authentic)
{
	static struct { uint8_t data[512]; uint32_t len; } held[LATE];
	unsigned int i, k;

	memset(held, 0, sizeof(held));
	for (i = 0; i < PACKETS; i++) {
		k = rng_once_in(&p->rng, 3) ? rng_below(&p->rng, LATE) : i % LATE;
		if (held[k].len) {
			uint8_t bad[512];
			uint32_t bit = rng_below(&p->rng, 8 * held[k].len);

			memcpy(bad, held[k].data, held[k].len);
			bad[bit / 8] ^= 1 << bit % 8;
			if (authentic && bad[0] >> 6 == 2)
				unprotect_both(p, bad, held[k].len);
			if (authentic && rng_once_in(&p->rng, 4))
				unprotect_both(p, held[k].data,
					       rng_below(&p->rng, held[k].len));
			unprotect_both(p, held[k].data, held[k].len);
			if (rng_once_in(&p->rng, 4))
				unprotect_both(p, held[k].data, held[k].len);
		}
		held[k].len = protect_both(p, held[k].data);
	}
}

static void run_suite(const struct xsrtp_cipher *c, unsigned int suite, unsigned int mki_len,
		      bool clear)
{
	const struct xsrtp_suite_info *info = xsrtp_suite_info(suite);
	struct xsrtp_session_config cfg = {
		.suite = suite, .window = 128, .streams = 8,
		.flags = clear ? XSRTP_UNENCRYPTED_SRTCP : 0 };
	struct pair p = { .rng.s = 1000 * suite + mki_len, .c = c, .mki = mki_len };
	uint8_t both[XSRTP_KEY_MAX + XSRTP_SALT_MAX];
	srtp_policy_t pol;
	struct master m;
	unsigned int i;

	if (!policy(suite, clear, &pol))
		return;
	master_random(&p.rng, &m, mki_len);
	memcpy(both, m.key, info->key_len);
	memcpy(both + info->key_len, m.salt, info->salt_len);
	p.ltx = lib_new(pol, &m, both, true);
	p.lrx = lib_new(pol, &m, both, false);
	p.tx = session_empty(&cfg);
	p.rx = session_empty(&cfg);
	assert_int_equal(master_set(p.tx, c, 0, &m) | xsrtp_key_use(p.tx, 0), 0);
	assert_int_equal(master_set(p.rx, c, 0, &m) | xsrtp_key_use(p.rx, 0), 0);
	for (i = 0; i < 3; i++) {
		struct xsrtp_stream_state st = { .ssrc = 0xcafe0000 + i };

		assert_int_equal(xsrtp_stream_set_rtcp(p.tx, &st), 0);
	}
	traffic(&p, true);
	srtp_dealloc(p.ltx);
	srtp_dealloc(p.lrx);
	session_free(p.tx);
	session_free(p.rx);
}

static void all_suites(void **state, unsigned int mki_len, bool clear)
{
	unsigned int suite;

	for (suite = 1; xsrtp_suite_info(suite); suite++)
		if (suite != XSRTP_SUITE_AES_192_CM_HMAC_SHA1_80 &&
		    suite != XSRTP_SUITE_AES_192_CM_HMAC_SHA1_32)
			run_suite(*state, suite, mki_len, clear);
}

static void encrypted(void **state) { all_suites(state, 0, false); }
static void encrypted_mki(void **state) { all_suites(state, 4, false); }
static void encrypted_long_mki(void **state) { all_suites(state, 127, false); }
static void in_the_clear(void **state) { all_suites(state, 0, true); }
static void in_the_clear_mki(void **state) { all_suites(state, 4, true); }

int main(void)
{
	static const struct test_row rows[] = {
		EACH(encrypted), EACH(encrypted_mki), EACH(encrypted_long_mki),
		EACH(in_the_clear), EACH(in_the_clear_mki),
	};

	if (srtp_init() != srtp_err_status_ok)
		return 1;
	return run_rows("rtcp", rows, ARRAY_SIZE(rows));
}
