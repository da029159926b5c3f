// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test of encrypted header extension elements (RFC 6904) against
 * libsrtp2 (policy.enc_xtn_hdr): random extensions of one- and two-byte headers,
 * random sets of ids, out and in, counter mode and GCM.
 *
 * Not shown to libsrtp 2.5: padding before the first element and id 0 with a
 * length, which it takes for elements; padding between elements, for which it uses
 * no keystream (RFC 6904 4: the mask is as long as all of the extension; what we
 * make of it is compared with OpenSSL in tests/unit/special.c); AES_192 (its issue
 * 763).
 */
#include <srtp2/srtp.h>

#include "../unit/testlib.h"

#define PACKETS	20000

static const struct {
	uint8_t suite;
	void (*set)(srtp_crypto_policy_t *);
} suites[] = {
	{ XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, srtp_crypto_policy_set_rtp_default },
	{ XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32 },
	{ XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ XSRTP_SUITE_AEAD_AES_128_GCM, srtp_crypto_policy_set_aes_gcm_128_16_auth },
	{ XSRTP_SUITE_AEAD_AES_256_GCM, srtp_crypto_policy_set_aes_gcm_256_16_auth },
};

/* Elements at random, then padding to whole words. Returns the words. */
static unsigned int make_elements(struct rng *r, uint8_t *body, bool two_bytes)
{
	unsigned int at = 0, n = 1 + rng_below(r, 6), len;

	while (n--) {
		len = two_bytes ? rng_below(r, 40) : 1 + rng_below(r, 16);
		if (two_bytes) {
			body[at++] = 1 + rng_below(r, 255);
			body[at++] = len;
		} else {
			body[at++] = (1 + rng_below(r, 14)) << 4 | (len - 1);
		}
		rng_fill(r, body + at, len);
		at += len;
	}
	while (at % 4)
		body[at++] = 0;
	return at / 4;
}

static uint32_t make_packet(struct rng *r, unsigned int i, uint8_t *out)
{
	static uint8_t body[1024];
	struct rtp h = { .ssrc = 0xcafebabe, .seq = i, .csrcs = rng_below(r, 4),
			 .payload = rng_below(r, 200), .ext = !rng_once_in(r, 10) };
	bool two_bytes = rng_once_in(r, 2);
	uint32_t len;

	if (h.ext)
		h.ext_words = make_elements(r, body, two_bytes);
	len = rtp_write(r, &h, out);
	if (h.ext) {
		put16(out + 12 + 4 * h.csrcs, two_bytes ? 0x1000 | rng_below(r, 16) : 0xbede);
		memcpy(out + 16 + 4 * h.csrcs, body, 4 * h.ext_words);
	}
	return len;
}

static void run_suite(const struct xsrtp_cipher *c, unsigned int n, unsigned int seed)
{
	struct xsrtp_session_config cfg = { .suite = suites[n].suite };
	const struct xsrtp_suite_info *info = xsrtp_suite_info(cfg.suite);
	uint8_t both[64], was[RTP_MAX], ours[RTP_MAX], theirs[RTP_MAX];
	struct rng r = { 6904 + seed };
	srtp_policy_t p = { .window_size = 128 };
	int ids[255], id, count = 0, len;
	struct xsrtp_session *tx, *rx;
	struct master m;
	srtp_t ltx, lrx;
	unsigned int i;
	uint32_t own;

	for (id = 1; id < 256; id++)
		if (rng_once_in(&r, 2)) {
			cfg.ext_ids[id / 8] |= 1 << id % 8;
			ids[count++] = id;
		}
	master_random(&r, &m, 0);
	memcpy(both, m.key, info->key_len);
	memcpy(both + info->key_len, m.salt, info->salt_len);
	suites[n].set(&p.rtp);
	p.rtcp = p.rtp;
	p.key = both;
	p.enc_xtn_hdr = ids;
	p.enc_xtn_hdr_count = count;
	p.ssrc.type = ssrc_any_outbound;
	assert_int_equal(srtp_create(&ltx, &p), 0);
	p.ssrc.type = ssrc_any_inbound;
	assert_int_equal(srtp_create(&lrx, &p), 0);
	tx = session_empty(&cfg);
	rx = session_empty(&cfg);
	assert_int_equal(master_set(tx, c, 0, &m) | xsrtp_key_use(tx, 0), 0);
	assert_int_equal(master_set(rx, c, 0, &m) | xsrtp_key_use(rx, 0), 0);

	for (i = 65000; i < 65000 + PACKETS / 4; i++) {
		len = own = make_packet(&r, i, was);
		memcpy(ours, was, own);
		memcpy(theirs, was, own);
		assert_int_equal(srtp_protect(ltx, theirs, &len), 0);
		assert_reason(protect_one(c, tx, ours, &own, 16), OK);
		assert_int_equal(own, len);
		assert_memory_equal(ours, theirs, own);
		assert_int_equal(srtp_unprotect(lrx, theirs, &len), 0);
		assert_reason(unprotect_one(c, rx, ours, &own), OK);
		assert_int_equal(own, len);
		assert_memory_equal(ours, theirs, own);
		assert_memory_equal(ours, was, own);
	}
	srtp_dealloc(ltx);
	srtp_dealloc(lrx);
	session_free(tx);
	session_free(rx);
}

static void elements(void **state)
{
	unsigned int i, seed;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		for (seed = 0; seed < 4; seed++)
			run_suite(*state, i, seed);
}

int main(void)
{
	static const struct test_row rows[] = { EACH(elements) };

	if (srtp_init() != srtp_err_status_ok)
		return 1;
	return run_rows("elements", rows, ARRAY_SIZE(rows));
}
