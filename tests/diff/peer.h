/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libsrtp2 as the peer of a test: a session of it under the same master keys as
 * one of ours, and its status in our words. For sequences.c and shapes.c.
 *
 * Not made: AES-192, whose keys libsrtp before 2.8 derives with AES-256 (its issue
 * 763, mended by its pull requests 765 and 770), against RFC 6188.
 */
#ifndef XSRTP_PEER_H
#define XSRTP_PEER_H

#include <srtp2/srtp.h>

#include "../unit/testlib.h"

#define PEER_KEYS	XSRTP_KEYS

typedef void (*peer_policy_fn)(srtp_crypto_policy_t *);

/* libsrtp has no function for it, but the parts. */
static inline void peer_null_32(srtp_crypto_policy_t *p)
{
	srtp_crypto_policy_set_null_cipher_hmac_sha1_80(p);
	p->auth_tag_len = 4;
}

/* SRTCP has a tag of 80 bits under all HMAC-SHA1 suites (RFC 3711 5.2). */
static const struct peer_policy {
	peer_policy_fn rtp, rtcp;
} peer_policies[] = {
#define BOTH(f)	{ f, f }
	[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80] = BOTH(srtp_crypto_policy_set_rtp_default),
	[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32] = {
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
		srtp_crypto_policy_set_rtcp_default },
	[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80] =
		BOTH(srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80),
	[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_32] = {
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	[XSRTP_SUITE_AEAD_AES_128_GCM] = BOTH(srtp_crypto_policy_set_aes_gcm_128_16_auth),
	[XSRTP_SUITE_AEAD_AES_256_GCM] = BOTH(srtp_crypto_policy_set_aes_gcm_256_16_auth),
	[XSRTP_SUITE_AEAD_AES_128_GCM_8] = BOTH(srtp_crypto_policy_set_aes_gcm_128_8_auth),
	[XSRTP_SUITE_AEAD_AES_256_GCM_8] = BOTH(srtp_crypto_policy_set_aes_gcm_256_8_auth),
	[XSRTP_SUITE_NULL_HMAC_SHA1_80] = BOTH(srtp_crypto_policy_set_null_cipher_hmac_sha1_80),
	[XSRTP_SUITE_NULL_HMAC_SHA1_32] = {
		peer_null_32, srtp_crypto_policy_set_null_cipher_hmac_sha1_80 },
	[XSRTP_SUITE_AES_CM_128_NULL_AUTH] = {
		srtp_crypto_policy_set_aes_cm_128_null_auth,
		srtp_crypto_policy_set_rtcp_default },
#undef BOTH
};

static inline bool peer_has(unsigned int suite)
{
	return suite < ARRAY_SIZE(peer_policies) && peer_policies[suite].rtp;
}

/*
 * All of @keys at once, found by their MKIs; one alone may be without. @clear: SRTCP
 * is not encrypted.
 */
static inline srtp_t peer_session(unsigned int suite, bool out, unsigned int window,
				  struct master *m, unsigned int keys, bool clear)
{
	const struct xsrtp_suite_info *info = xsrtp_suite_info(suite);
	uint8_t both[PEER_KEYS][XSRTP_KEY_MAX + XSRTP_SALT_MAX];
	srtp_master_key_t list[PEER_KEYS], *pointers[PEER_KEYS];
	srtp_policy_t p = { .window_size = window };
	unsigned int i;
	srtp_t made;

	for (i = 0; i < keys; i++) {
		memcpy(both[i], m[i].key, info->key_len);
		memcpy(both[i] + info->key_len, m[i].salt, info->salt_len);
		list[i] = (srtp_master_key_t){ both[i], m[i].mki, m[i].mki_len };
		pointers[i] = &list[i];
	}
	peer_policies[suite].rtp(&p.rtp);
	peer_policies[suite].rtcp(&p.rtcp);
	if (clear)
		p.rtcp.sec_serv = sec_serv_auth;
	p.ssrc.type = out ? ssrc_any_outbound : ssrc_any_inbound;
	if (m[0].mki_len) {
		p.keys = pointers;
		p.num_master_keys = keys;
	} else {
		p.key = both[0];
	}
	assert_int_equal(srtp_create(&made, &p), srtp_err_status_ok);
	return made;
}

/* A status of libsrtp as a reason of ours; XSRTP_REASON_MAX: none is the like. */
static inline unsigned int peer_reason(srtp_err_status_t status, bool out)
{
	switch (status) {
	case srtp_err_status_ok:
		return XSRTP_REASON_OK;
	case srtp_err_status_replay_fail:
		return out ? XSRTP_REASON_INDEX_REUSE : XSRTP_REASON_REPLAY;
	case srtp_err_status_replay_old:
		return XSRTP_REASON_TOO_OLD;
	case srtp_err_status_auth_fail:
		return XSRTP_REASON_BAD_TAG;
	case srtp_err_status_bad_mki:
		return XSRTP_REASON_BAD_MKI;
	default:
		return XSRTP_REASON_MAX;
	}
}

#endif /* XSRTP_PEER_H */
