// SPDX-License-Identifier: GPL-2.0
/*
 * OpenSSL's ciphers, with a context for each session.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "timing.h"

struct evp {
	EVP_CIPHER_CTX *seal, *open;
	EVP_MAC_CTX *mac;
};

static const EVP_CIPHER *evp_cipher(const struct xsrtp_suite_info *s)
{
	if (s->kind == XSRTP_KIND_GCM)
		return s->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	return s->key_len == 16 ? EVP_aes_128_ctr() :
	       s->key_len == 24 ? EVP_aes_192_ctr() : EVP_aes_256_ctr();
}

static void *evp_make(const struct system *sys, const struct xsrtp_suite_info *s,
		      uint32_t sessions)
{
	OSSL_PARAM digest[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA1", 0),
		OSSL_PARAM_construct_end(),
	};
	struct evp *e;
	EVP_MAC *hmac;
	uint32_t i;

	if (s->null_cipher || !s->tag_len)
		return NULL;
	e = calloc(sessions, sizeof(*e));
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	for (i = 0; i < sessions; i++) {
		e[i].seal = EVP_CIPHER_CTX_new();
		e[i].open = EVP_CIPHER_CTX_new();
		EVP_EncryptInit_ex(e[i].seal, evp_cipher(s), NULL, keys[i].enc, NULL);
		EVP_DecryptInit_ex(e[i].open, evp_cipher(s), NULL, keys[i].enc, NULL);
		e[i].mac = EVP_MAC_CTX_new(hmac);
		EVP_MAC_init(e[i].mac, keys[i].auth, 20, digest);
	}
	EVP_MAC_free(hmac);
	return e;
}

static void evp_drop(void *state, uint32_t sessions)
{
	struct evp *e = state;
	uint32_t i;

	for (i = 0; i < sessions; i++) {
		EVP_CIPHER_CTX_free(e[i].seal);
		EVP_CIPHER_CTX_free(e[i].open);
		EVP_MAC_CTX_free(e[i].mac);
	}
	free(e);
}

static void evp_mac(const struct evp *e, const struct item *it, uint32_t len, uint8_t mac[20])
{
	uint8_t roc[4];
	size_t out;

	put_unaligned_be32(it->index >> 16, roc);
	EVP_MAC_init(e->mac, NULL, 0, NULL);
	EVP_MAC_update(e->mac, it->data, HEADER + len);
	EVP_MAC_update(e->mac, roc, 4);
	EVP_MAC_final(e->mac, mac, &out, 20);
}

static void evp_cm(const struct evp *e, enum op op, struct item *it)
{
	uint32_t len = text_len(it, op);
	uint8_t iv[16], mac[20], *text = it->data + HEADER;
	int out;

	make_iv(iv, it);
	if (op != PROTECT) {
		evp_mac(e, it, len, mac);
		it->accepted = !xsrtp_memneq(mac, text + len, suite->tag_len);
		if (!it->accepted)
			return;
	}
	EVP_EncryptInit_ex(e->seal, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(e->seal, text, &out, text, len);
	if (op == PROTECT) {
		evp_mac(e, it, len, mac);
		memcpy(text + len, mac, suite->tag_len);
	}
}

static void evp_gcm(const struct evp *e, enum op op, struct item *it)
{
	EVP_CIPHER_CTX *ctx = op == PROTECT ? e->seal : e->open;
	uint32_t len = text_len(it, op);
	uint8_t iv[16], *text = it->data + HEADER;
	int out;

	make_iv(iv, it);
	EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, -1);
	EVP_CipherUpdate(ctx, NULL, &out, it->data, HEADER);
	EVP_CipherUpdate(ctx, text, &out, text, len);
	if (op != PROTECT)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, suite->tag_len, text + len);
	it->accepted = EVP_CipherFinal_ex(ctx, text + len, &out) == 1;
	if (op == PROTECT)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, suite->tag_len, text + len);
}

static void evp_run(void *state, enum op op, struct item *it, unsigned int burst)
{
	const struct evp *e = state;
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		if (suite->kind == XSRTP_KIND_GCM)
			evp_gcm(&e[it[i].session], op, &it[i]);
		else
			evp_cm(&e[it[i].session], op, &it[i]);
	}
}

void add_evp(const char *name, uint32_t sessions_max)
{
	struct system *s = add_system(name, sessions_max);

	if (!s)
		return;
	s->make = evp_make;
	s->drop = evp_drop;
	s->run = evp_run;
}
