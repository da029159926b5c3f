/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle: libsrtp2 sessions from a suite's name and a key file. The tools
 * use libsrtp2 and not our own core on purpose: what the kernel made is judged
 * by an implementation that shares no line with it.
 *
 * A key file holds one line, "inline:<base64>" (as in SDP, RFC 4568 9.2; what
 * follows a '|' is ignored) or "hex:<digits>": master key, then master salt.
 */
#ifndef TOOLS_ORACLE_H
#define TOOLS_ORACLE_H

#include <openssl/evp.h>
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xsrtp/suite.h>

#define ORACLE_KEY_MAX (XSRTP_KEY_MAX + XSRTP_SALT_MAX)

struct oracle_key {
	enum xsrtp_suite suite;
	unsigned int len;
	uint8_t bytes[ORACLE_KEY_MAX];	/* master key, master salt */
};

static inline void __attribute__((noreturn)) oracle_die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(2);
}

static inline enum xsrtp_suite oracle_suite(const char *name, unsigned int *key_len)
{
#define X(sym, num, text, kind, key, salt, tag)		\
	if (!strcmp(name, text)) {			\
		*key_len = (key) + (salt);		\
		return XSRTP_SUITE_##sym;		\
	}
	XSRTP_SUITES(X)
#undef X
	oracle_die(name, "no such suite");
}

static inline int oracle_hex(const char *text, uint8_t *out, int max)
{
	int n = 0;

	for (; n < max && sscanf(text, "%2hhx", &out[n]) == 1; n++)
		text += 2;
	return n;
}

static inline int oracle_base64(char *text, uint8_t *out, int max)
{
	uint8_t buf[128];
	size_t len, pad = 0;
	int n;

	text[strcspn(text, "|")] = 0;
	len = strlen(text);
	while (pad < len && text[len - 1 - pad] == '=')
		pad++;
	if (len % 4 || len / 4 * 3 > sizeof(buf) || pad > 2)
		return -1;
	n = EVP_DecodeBlock(buf, (const uint8_t *)text, len);
	if (n < 0 || n - (int)pad > max)
		return -1;
	memcpy(out, buf, n - pad);
	return n - pad;
}

/* oracle_key_read() - the key of @suite from @path; exits with a word on error. */
static inline void oracle_key_read(struct oracle_key *k, const char *suite, const char *path)
{
	char line[256] = "";
	FILE *f = fopen(path, "re");
	int n = -1;

	k->suite = oracle_suite(suite, &k->len);
	if (!f || !fgets(line, sizeof(line), f))
		oracle_die(path, "cannot read the key");
	fclose(f);
	line[strcspn(line, " \t\r\n")] = 0;
	if (!strncmp(line, "inline:", 7))
		n = oracle_base64(line + 7, k->bytes, sizeof(k->bytes));
	else if (!strncmp(line, "hex:", 4))
		n = oracle_hex(line + 4, k->bytes, sizeof(k->bytes));
	if (n != (int)k->len)
		oracle_die(path, "not inline:<base64> or hex:<digits> of the suite's length");
}

/* libsrtp has no function for it, but the parts. */
static inline void oracle_null_32(srtp_crypto_policy_t *p)
{
	srtp_crypto_policy_set_null_cipher_hmac_sha1_80(p);
	p->auth_tag_len = 4;
}

/* The policy of each suite but AES-192, whose keys libsrtp derives wrongly (issue 763). */
static inline void oracle_policy(enum xsrtp_suite suite, srtp_crypto_policy_t *p)
{
	static void (*const set[])(srtp_crypto_policy_t *) = {
		[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80] = srtp_crypto_policy_set_rtp_default,
		[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32] =
			srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
		[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80] =
			srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
		[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_32] =
			srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
		[XSRTP_SUITE_AEAD_AES_128_GCM] = srtp_crypto_policy_set_aes_gcm_128_16_auth,
		[XSRTP_SUITE_AEAD_AES_256_GCM] = srtp_crypto_policy_set_aes_gcm_256_16_auth,
		[XSRTP_SUITE_AEAD_AES_128_GCM_8] = srtp_crypto_policy_set_aes_gcm_128_8_auth,
		[XSRTP_SUITE_AEAD_AES_256_GCM_8] = srtp_crypto_policy_set_aes_gcm_256_8_auth,
		[XSRTP_SUITE_NULL_HMAC_SHA1_80] = srtp_crypto_policy_set_null_cipher_hmac_sha1_80,
		[XSRTP_SUITE_NULL_HMAC_SHA1_32] = oracle_null_32,
		[XSRTP_SUITE_AES_CM_128_NULL_AUTH] = srtp_crypto_policy_set_aes_cm_128_null_auth,
	};

	if (suite >= sizeof(set) / sizeof(set[0]) || !set[suite])
		oracle_die("libsrtp2", "cannot judge this suite");
	set[suite](p);
}

/* oracle_open() - a libsrtp2 session for any SSRC in one direction. */
static inline srtp_t oracle_open(const struct oracle_key *k, srtp_ssrc_type_t direction)
{
	static int started;
	struct oracle_key copy = *k;
	srtp_policy_t policy;
	srtp_t s;

	if (!started++ && srtp_init())
		oracle_die("libsrtp2", "cannot start");
	memset(&policy, 0, sizeof(policy));
	oracle_policy(k->suite, &policy.rtp);
	policy.rtcp = policy.rtp;
	if (policy.rtcp.auth_key_len)
		policy.rtcp.auth_tag_len = 10;	/* HMAC: not of SRTP's length (RFC 3711 5.2) */
	policy.ssrc.type = direction;
	policy.key = copy.bytes;
	policy.window_size = 1024;
	if (srtp_create(&s, &policy))
		oracle_die("libsrtp2", "cannot make a session");
	return s;
}

#endif /* TOOLS_ORACLE_H */
