// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The ciphers by OpenSSL 3: what userspace uses where our own SIMD code does
 * not run, and what that code is compared with.
 *
 * Keys are flat bytes (cipher.h), so OpenSSL sets its own key up for each
 * packet, in one context per thread. That costs more than the cipher; it is the
 * way that works everywhere. The SHA1_* calls are deprecated but the only ones
 * that start from a prepared HMAC state.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>

#include "cipher.h"
#include "platform.h"

#define SHA1_BLOCK	64

/* A call that cannot fail but for want of memory: nothing to be salvaged. */
static void must(int ok)
{
	if (!ok)
		abort();
}

static pthread_key_t thread_end;

static void context_free(void *ctx)
{
	EVP_CIPHER_CTX_free(ctx);
}

static void thread_end_make(void)
{
	must(!pthread_key_create(&thread_end, context_free));
}

/* The thread's own context, freed (and so wiped) with the thread. */
static EVP_CIPHER_CTX *context(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static __thread EVP_CIPHER_CTX *ctx;

	if (!ctx) {
		must(!pthread_once(&once, thread_end_make));
		must((ctx = EVP_CIPHER_CTX_new()) != NULL);
		must(!pthread_setspecific(thread_end, ctx));
	}
	return ctx;
}

static void hmac_pad(const uint8_t *key, uint8_t pad, uint32_t state[5])
{
	uint8_t block[SHA1_BLOCK];
	SHA_CTX sha;
	int i;

	for (i = 0; i < SHA1_BLOCK; i++)
		block[i] = (i < SHA_DIGEST_LENGTH ? key[i] : 0) ^ pad;
	SHA1_Init(&sha);
	SHA1_Transform(&sha, block);
	memcpy(state, (uint32_t[5]){ sha.h0, sha.h1, sha.h2, sha.h3, sha.h4 }, 20);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&sha, sizeof(sha));
}

static void expand(const struct xsrtp_suite_info *suite, struct xsrtp_cipher_key *key,
		   const uint8_t *enc_key, const uint8_t *auth_key)
{
	memcpy(key->rk, enc_key, suite->key_len);
	if (!auth_key || suite->kind != XSRTP_KIND_CM)
		return;
	hmac_pad(auth_key, 0x36, key->hmac);
	hmac_pad(auth_key, 0x5c, key->hmac + 5);
}

static const EVP_CIPHER *ctr_cipher(const struct xsrtp_suite_info *suite)
{
	return suite->key_len == 32 ? EVP_aes_256_ctr() :
	       suite->key_len == 24 ? EVP_aes_192_ctr() : EVP_aes_128_ctr();
}

static const EVP_CIPHER *gcm_cipher(const struct xsrtp_suite_info *suite)
{
	return suite->key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

static void ctr(const struct xsrtp_suite_info *suite, const struct xsrtp_cipher_key *key,
		const uint8_t iv[16], uint8_t *data, size_t len)
{
	EVP_CIPHER_CTX *ctx = context();
	int out;

	must(EVP_EncryptInit_ex(ctx, ctr_cipher(suite), NULL, key->rk, iv));
	must(EVP_EncryptUpdate(ctx, data, &out, data, len));
}

static void sha_start(SHA_CTX *sha, const uint32_t state[5])
{
	SHA1_Init(sha);
	sha->h0 = state[0];
	sha->h1 = state[1];
	sha->h2 = state[2];
	sha->h3 = state[3];
	sha->h4 = state[4];
	sha->Nl = 8 * SHA1_BLOCK;
}

static void cm_tag(const struct xsrtp_packet *p, uint8_t digest[SHA_DIGEST_LENGTH])
{
	const struct xsrtp_cipher_key *key = p->key;
	SHA_CTX sha;

	sha_start(&sha, key->hmac);
	SHA1_Update(&sha, p->data, p->hdr_len + p->text_len);
	SHA1_Update(&sha, p->extra, p->extra_len);
	SHA1_Final(digest, &sha);
	sha_start(&sha, key->hmac + 5);
	SHA1_Update(&sha, digest, SHA_DIGEST_LENGTH);
	SHA1_Final(digest, &sha);
}

static void cm_seal(const struct xsrtp_suite_info *suite, struct xsrtp_packet *p)
{
	uint8_t digest[SHA_DIGEST_LENGTH];

	ctr(suite, p->key, p->iv, p->data + p->hdr_len, p->text_len);
	cm_tag(p, digest);
	memcpy(p->tag, digest, suite->tag_len);
}

static bool cm_open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *p)
{
	uint8_t digest[SHA_DIGEST_LENGTH];

	cm_tag(p, digest);
	if (!xsrtp_verdict(!CRYPTO_memcmp(digest, p->tag, suite->tag_len)))
		return false;
	ctr(suite, p->key, p->iv, p->data + p->hdr_len, p->text_len);
	return true;
}

static EVP_CIPHER_CTX *gcm_start(const struct xsrtp_suite_info *suite,
				 const struct xsrtp_packet *p, int encrypt)
{
	const struct xsrtp_cipher_key *key = p->key;
	EVP_CIPHER_CTX *ctx = context();
	int out;

	must(EVP_CipherInit_ex(ctx, gcm_cipher(suite), NULL, key->rk, p->iv, encrypt));
	must(EVP_CipherUpdate(ctx, NULL, &out, p->data, p->hdr_len));
	must(EVP_CipherUpdate(ctx, NULL, &out, p->extra, p->extra_len));
	return ctx;
}

static void gcm_seal(const struct xsrtp_suite_info *suite, struct xsrtp_packet *p)
{
	EVP_CIPHER_CTX *ctx = gcm_start(suite, p, 1);
	uint8_t *text = p->data + p->hdr_len, last[16];
	int out;

	must(EVP_EncryptUpdate(ctx, text, &out, text, p->text_len));
	must(EVP_EncryptFinal_ex(ctx, last, &out));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, suite->tag_len, p->tag));
}

static bool gcm_open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *p)
{
	EVP_CIPHER_CTX *ctx = gcm_start(suite, p, 0);
	uint8_t *text = p->data + p->hdr_len, last[16];
	int out;

	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, suite->tag_len, p->tag));
	must(EVP_DecryptUpdate(ctx, text, &out, text, p->text_len));
	if (EVP_DecryptFinal_ex(ctx, last, &out) == 1)
		return true;

	/* OpenSSL decrypts before it verifies: back to what came. */
	ctx = gcm_start(suite, p, 1);
	must(EVP_EncryptUpdate(ctx, text, &out, text, p->text_len));
	return false;
}

static void seal(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		 unsigned int n)
{
	void (*one)(const struct xsrtp_suite_info *, struct xsrtp_packet *) =
		suite->kind == XSRTP_KIND_CM ? cm_seal : gcm_seal;

	while (n--)
		one(suite, *pkt++);
}

static void open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		 unsigned int n)
{
	bool (*one)(const struct xsrtp_suite_info *, struct xsrtp_packet *) =
		suite->kind == XSRTP_KIND_CM ? cm_open : gcm_open;

	for (; n--; pkt++)
		if (!one(suite, *pkt))
			(*pkt)->reason = XSRTP_REASON_BAD_TAG;
}

const struct xsrtp_cipher xsrtp_cipher_lib = {
	.name = "openssl",
	.expand = expand,
	.ctr = ctr,
	.seal = seal,
	.open = open,
};
