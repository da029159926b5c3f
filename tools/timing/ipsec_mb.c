// SPDX-License-Identifier: GPL-2.0
/*
 * Intel's multi-buffer library, where it is installed: bursts for CM, direct calls
 * for GCM. Loaded when asked for, so that the others can do without.
 */
#include "timing.h"

#if __has_include(<intel-ipsec-mb.h>)
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>

struct imb_session {
	uint8_t enc[16 * 15] __attribute__((aligned(16)));
	uint8_t dec[16 * 15] __attribute__((aligned(16)));
	uint8_t inner[20], outer[20];
};

struct imb {
	struct imb_session *cm;
	struct gcm_key_data *gcm;
};

static IMB_MGR *imb;

static bool imb_load(void)
{
	void *so = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
	IMB_MGR *(*alloc)(uint64_t flags);
	void (*init)(IMB_MGR *state, IMB_ARCH *arch);
	IMB_ARCH arch;

	if (!so)
		return false;
	alloc = (IMB_MGR *(*)(uint64_t))dlsym(so, "alloc_mb_mgr");
	init = (void (*)(IMB_MGR *, IMB_ARCH *))dlsym(so, "init_mb_mgr_auto");
	imb = alloc(0);
	if (imb)
		init(imb, &arch);
	return imb;
}

static void imb_hmac_state(uint8_t state[20], const uint8_t key[20], uint8_t pad)
{
	uint8_t block[64];
	int i;

	for (i = 0; i < 64; i++)
		block[i] = (i < 20 ? key[i] : 0) ^ pad;
	IMB_SHA1_ONE_BLOCK(imb, block, state);
}

static void imb_expand(struct imb_session *s, const struct keys *k, unsigned int key_len)
{
	if (key_len == 16)
		IMB_AES_KEYEXP_128(imb, k->enc, s->enc, s->dec);
	else if (key_len == 24)
		IMB_AES_KEYEXP_192(imb, k->enc, s->enc, s->dec);
	else
		IMB_AES_KEYEXP_256(imb, k->enc, s->enc, s->dec);
	imb_hmac_state(s->inner, k->auth, 0x36);
	imb_hmac_state(s->outer, k->auth, 0x5c);
}

static void *imb_make(const struct system *sys, const struct xsrtp_suite_info *s,
		      uint32_t sessions)
{
	struct imb *m;
	uint32_t i;

	if (s->null_cipher || !s->tag_len)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (s->kind == XSRTP_KIND_CM) {
		m->cm = big_alloc(sessions * sizeof(*m->cm));
		for (i = 0; i < sessions; i++)
			imb_expand(&m->cm[i], &keys[i], s->key_len);
		return m;
	}
	m->gcm = big_alloc(sessions * sizeof(*m->gcm));
	for (i = 0; i < sessions; i++) {
		if (s->key_len == 16)
			IMB_AES128_GCM_PRE(imb, keys[i].enc, &m->gcm[i]);
		else
			IMB_AES256_GCM_PRE(imb, keys[i].enc, &m->gcm[i]);
	}
	return m;
}

static void imb_drop(void *state, uint32_t sessions)
{
	struct imb *m = state;

	big_free(m->cm);
	big_free(m->gcm);
	free(m);
}

/* The ROC goes behind the text, where the tag will be or was. */
static void imb_job(IMB_JOB *job, const struct imb_session *s, enum op op, struct item *it,
		    uint8_t iv[16], uint8_t tag[20])
{
	uint32_t len = text_len(it, op);

	make_iv(iv, it);
	job->cipher_mode = IMB_CIPHER_CNTR;
	job->hash_alg = IMB_AUTH_HMAC_SHA_1;
	job->cipher_direction = op == PROTECT ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
	job->chain_order = op == PROTECT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	job->enc_keys = s->enc;
	job->dec_keys = s->dec;
	job->key_len_in_bytes = suite->key_len;
	job->src = it->data;
	job->dst = it->data + HEADER;
	job->iv = iv;
	job->iv_len_in_bytes = 16;
	job->cipher_start_src_offset_in_bytes = HEADER;
	job->msg_len_to_cipher_in_bytes = len;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = HEADER + len + 4;
	put_unaligned_be32(it->index >> 16, it->data + HEADER + len);
	job->auth_tag_output = tag;
	job->auth_tag_output_len_in_bytes = 12;
	job->u.HMAC._hashed_auth_key_xor_ipad = s->inner;
	job->u.HMAC._hashed_auth_key_xor_opad = s->outer;
}

static void imb_cm(const struct imb *m, enum op op, struct item *it, unsigned int n)
{
	uint8_t iv[BURST][16] __attribute__((aligned(16))), tag[BURST][20], was[BURST][16];
	IMB_JOB *jobs[BURST];
	unsigned int i;

	while (IMB_GET_NEXT_BURST(imb, n, jobs) < n)
		IMB_FLUSH_BURST(imb, n, jobs);
	for (i = 0; i < n; i++) {
		if (op != PROTECT)
			memcpy(was[i], it[i].data + it[i].len - suite->tag_len, suite->tag_len);
		imb_job(jobs[i], &m->cm[it[i].session], op, &it[i], iv[i], tag[i]);
	}
	i = IMB_SUBMIT_BURST_NOCHECK(imb, n, jobs);
	while (i < n)
		i += IMB_FLUSH_BURST(imb, n - i, jobs);
	for (i = 0; i < n; i++) {
		if (op == PROTECT)
			memcpy(it[i].data + it[i].len, tag[i], suite->tag_len);
		else
			it[i].accepted = !xsrtp_memneq(was[i], tag[i], suite->tag_len);
	}
}

static void imb_gcm(const struct imb *m, enum op op, struct item *it)
{
	const struct gcm_key_data *key = &m->gcm[it->session];
	uint32_t len = text_len(it, op);
	uint8_t iv[16], tag[16], *text = it->data + HEADER;
	struct gcm_context_data ctx;

	make_iv(iv, it);
	if (op == PROTECT) {
		if (suite->key_len == 16)
			IMB_AES128_GCM_ENC(imb, key, &ctx, text, text, len, iv, it->data, HEADER,
					   text + len, suite->tag_len);
		else
			IMB_AES256_GCM_ENC(imb, key, &ctx, text, text, len, iv, it->data, HEADER,
					   text + len, suite->tag_len);
		return;
	}
	if (suite->key_len == 16)
		IMB_AES128_GCM_DEC(imb, key, &ctx, text, text, len, iv, it->data, HEADER,
				   tag, suite->tag_len);
	else
		IMB_AES256_GCM_DEC(imb, key, &ctx, text, text, len, iv, it->data, HEADER,
				   tag, suite->tag_len);
	it->accepted = !xsrtp_memneq(tag, text + len, suite->tag_len);
}

static void imb_run(void *state, enum op op, struct item *it, unsigned int burst)
{
	const struct imb *m = state;
	unsigned int i;

	if (suite->kind == XSRTP_KIND_GCM) {
		for (i = 0; i < BURST; i++)
			imb_gcm(m, op, &it[i]);
		return;
	}
	for (i = 0; i < BURST; i += burst)
		imb_cm(m, op, &it[i], burst);
}

void add_ipsec_mb(const char *name, uint32_t sessions_max)
{
	struct system *s = imb_load() ? add_system(name, sessions_max) : NULL;

	if (!s)
		return;
	s->make = imb_make;
	s->drop = imb_drop;
	s->run = imb_run;
}

#else

void add_ipsec_mb(const char *name, uint32_t sessions_max)
{
}

#endif
