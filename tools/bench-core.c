// SPDX-License-Identifier: GPL-2.0
/*
 * Time the SRTP core beside what people run today; called by tools/bench, see
 * Documentation/performance.md.
 *
 * bench-core [--quick] [--rounds N] [--only SYSTEM] [--libsrtp-openssl FILE] JSON
 *
 * All systems get the same packets: each round makes some sets of 64, and every
 * system in turn gets copies and is timed on each, so that whatever disturbs the
 * machine disturbs all alike. The first sets of a round are not counted: they
 * bring a system's sessions back into the caches, which the others have had
 * meanwhile. Sessions are drawn at random for each packet. What a system makes of
 * the first set of a row is compared with what our core makes of it through the
 * slowest implementation, OpenSSL's; one that differs is not timed.
 *
 * xsrtp and libsrtp do the full operation: header, index, replay, counter block,
 * cipher, tag. ipsec-mb and openssl are told index and counter block, and do the
 * cipher and the tag only.
 */
#include <dlfcn.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <srtp2/srtp.h>
#include <srtp2/crypto_types.h>
#if __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>
#define HAVE_IPSEC_MB 1
#endif

#include "kdf.h"
#include "platform.h"
#include "suite.h"

#define BURST		64		/* packets of a set */
#define SETS		24		/* of a round */
#define WARM		8		/* of them not counted */
#define ROOM		2240		/* 2048 and some, so that packets do not share a set */
#define SAMPLES_MAX	2000
#define SYSTEMS_MAX	16
#define HEADER		12

enum op { PROTECT, UNPROTECT, FORGED, OPS };

static const char *const op_names[OPS] = { "protect", "unprotect", "forged" };

/* One packet of a round, and what those who cannot find it out are told of it. */
struct item {
	uint8_t *data;
	uint32_t len;		/* RTP or SRTP packet as it comes in */
	uint32_t session;
	uint64_t index;
	bool accepted;		/* result of unprotect */
};

/* The keys of one session: master, and derived from it. */
struct keys {
	uint8_t master[XSRTP_KEY_MAX], master_salt[16];
	uint8_t enc[XSRTP_KEY_MAX], salt[16], auth[20];
};

struct system {
	char name[32];
	const struct xsrtp_cipher *cipher;	/* ours only */
	const struct srtp_api *srtp;		/* libsrtp only */
	uint32_t sessions_max;
	/* NULL: does not have the suite */
	void *(*make)(const struct system *sys, const struct xsrtp_suite_info *suite,
		      uint32_t sessions);
	void (*drop)(void *state, uint32_t sessions);
	void (*run)(void *state, enum op op, struct item *items, unsigned int burst);
	void *state;
	bool broken;
	double ns[SAMPLES_MAX];
};

static struct system systems[SYSTEMS_MAX];
static unsigned int system_count;
static struct keys *keys;			/* of all sessions */
static const struct xsrtp_suite_info *suite;	/* of this row */
static uint8_t *buffer;				/* BURST packets that are worked on */
static uint64_t *sent, *received;		/* next index of each session */
static bool quick;
static unsigned int rounds, samples;
static const char *only, *libsrtp_openssl;

static uint64_t random_state = 88172645463325252;

static uint32_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 20;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static uint32_t session_ssrc(uint32_t session)
{
	return 0x10000000 + session;
}

/*
 * Memory for many sessions: huge pages, as a kernel would have it. What is not
 * used any more is kept for the next, since huge pages become rare.
 */
#define POOL	64

static struct block {
	void *p;
	size_t size;
	bool used;
} pool[POOL];

static void *big_alloc(size_t size)
{
	size_t huge = 2 << 20;
	struct block *b = NULL;
	unsigned int i;

	size = (size + huge - 1) / huge * huge;
	for (i = 0; i < POOL && pool[i].p; i++)
		if (!pool[i].used && pool[i].size >= size && (!b || pool[i].size < b->size))
			b = &pool[i];
	if (!b) {
		b = &pool[i];
		b->size = size;
		if (i < POOL)
			b->p = aligned_alloc(huge, size);
		if (!b->p) {
			fprintf(stderr, "bench-core: no memory\n");
			exit(1);
		}
		madvise(b->p, size, MADV_HUGEPAGE);
	}
	b->used = true;
	memset(b->p, 0, size);
	return b->p;
}

static void big_free(void *p)
{
	unsigned int i;

	for (i = 0; i < POOL; i++)
		if (pool[i].p && pool[i].p == p)
			pool[i].used = false;
}

/* --- ours ------------------------------------------------------------------ */

struct ours {
	const struct xsrtp_cipher *cipher;
	size_t size;		/* of a session */
	uint8_t *send, *receive;
};

static struct xsrtp_session *ours_session(uint8_t *all, size_t size, uint32_t i)
{
	return (struct xsrtp_session *)(all + size * i);
}

static void *ours_make(const struct system *sys, const struct xsrtp_suite_info *s,
		       uint32_t sessions)
{
	struct xsrtp_session_config cfg = { .suite = s->suite, .keys = 1 };
	struct ours *o = malloc(sizeof(*o));
	uint32_t i;

	o->cipher = sys->cipher;
	o->size = xsrtp_session_size(&cfg);
	o->send = big_alloc(o->size * sessions);
	o->receive = big_alloc(o->size * sessions);
	for (i = 0; i < 2 * sessions; i++) {
		uint8_t *all = i < sessions ? o->send : o->receive;
		struct xsrtp_session *x = ours_session(all, o->size, i % sessions);
		struct xsrtp_key_config key = {
			.key = keys[i % sessions].master,
			.salt = keys[i % sessions].master_salt,
		};

		if (xsrtp_session_init(x, &cfg) || xsrtp_key_set(x, o->cipher, 0, &key) ||
		    xsrtp_key_use(x, 0))
			abort();
	}
	return o;
}

static void ours_drop(void *state, uint32_t sessions)
{
	struct ours *o = state;

	big_free(o->send);
	big_free(o->receive);
	free(o);
}

static void ours_run(void *state, enum op op, struct item *it, unsigned int burst)
{
	const struct ours *o = state;
	struct xsrtp_packet pkt[BURST];
	unsigned int i, j;

	for (i = 0; i < BURST; i += burst) {
		for (j = 0; j < burst; j++) {
			pkt[j].session = ours_session(op == PROTECT ? o->send : o->receive,
						      o->size, it[i + j].session);
			pkt[j].data = it[i + j].data;
			pkt[j].len = it[i + j].len;
			pkt[j].room = ROOM - it[i + j].len;
		}
		if (op == PROTECT)
			xsrtp_protect(o->cipher, pkt, burst);
		else
			xsrtp_unprotect(o->cipher, pkt, burst);
		for (j = 0; j < burst; j++)
			it[i + j].accepted = pkt[j].reason == XSRTP_REASON_OK;
	}
}

/* --- libsrtp ------------------------------------------------------------------ */

/* Two builds of one library: each is loaded on its own and found by dlsym(). */
struct srtp_api {
	srtp_err_status_t (*init)(void);
	srtp_err_status_t (*create)(srtp_t *session, const srtp_policy_t *policy);
	srtp_err_status_t (*dealloc)(srtp_t s);
	srtp_err_status_t (*protect)(srtp_t ctx, void *rtp, int *len);
	srtp_err_status_t (*unprotect)(srtp_t ctx, void *rtp, int *len);
};

struct libsrtp {
	const struct srtp_api *api;
	srtp_t *send, *receive;
};

static bool libsrtp_load(struct srtp_api *api, const char *file)
{
	void *so = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

	if (!so) {
		fprintf(stderr, "bench-core: %s\n", dlerror());
		return false;
	}
	api->init = dlsym(so, "srtp_init");
	api->create = dlsym(so, "srtp_create");
	api->dealloc = dlsym(so, "srtp_dealloc");
	api->protect = dlsym(so, "srtp_protect");
	api->unprotect = dlsym(so, "srtp_unprotect");
	return api->init && !api->init();
}

/* The crypto policy by hand: the library's functions that fill it in differ. */
static bool libsrtp_policy(srtp_crypto_policy_t *p, const struct xsrtp_suite_info *s)
{
	bool gcm = s->kind == XSRTP_KIND_GCM;

	if (s->null_cipher || !s->tag_len)
		return false;
	if (gcm)
		p->cipher_type = s->key_len == 16 ? SRTP_AES_GCM_128 : SRTP_AES_GCM_256;
	else
		p->cipher_type = s->key_len == 16 ? SRTP_AES_ICM_128 :
				 s->key_len == 24 ? SRTP_AES_ICM_192 : SRTP_AES_ICM_256;
	p->cipher_key_len = s->key_len + s->salt_len;
	p->auth_type = gcm ? SRTP_NULL_AUTH : SRTP_HMAC_SHA1;
	p->auth_key_len = gcm ? 0 : 20;
	p->auth_tag_len = s->tag_len;
	p->sec_serv = sec_serv_conf_and_auth;
	return true;
}

static srtp_t libsrtp_session(const struct srtp_api *api, const struct xsrtp_suite_info *s,
			      uint32_t session)
{
	uint8_t key[XSRTP_KEY_MAX + 16];
	srtp_policy_t policy = {
		.ssrc = { ssrc_specific, session_ssrc(session) },
		.key = key,
		.window_size = 128,
	};
	srtp_t made = NULL;

	memcpy(key, keys[session].master, s->key_len);
	memcpy(key + s->key_len, keys[session].master_salt, s->salt_len);
	if (!libsrtp_policy(&policy.rtp, s))
		return NULL;
	policy.rtcp = policy.rtp;
	return api->create(&made, &policy) == srtp_err_status_ok ? made : NULL;
}

static void libsrtp_drop(void *state, uint32_t sessions)
{
	struct libsrtp *l = state;
	uint32_t i;

	for (i = 0; i < sessions; i++) {
		if (l->send[i])
			l->api->dealloc(l->send[i]);
		if (l->receive[i])
			l->api->dealloc(l->receive[i]);
	}
	free(l->send);
	free(l->receive);
	free(l);
}

static void *libsrtp_make(const struct system *sys, const struct xsrtp_suite_info *s,
			  uint32_t sessions)
{
	struct libsrtp *l = malloc(sizeof(*l));
	uint32_t i;

	l->api = sys->srtp;
	l->send = calloc(sessions, sizeof(srtp_t));
	l->receive = calloc(sessions, sizeof(srtp_t));
	for (i = 0; i < sessions; i++) {
		l->send[i] = libsrtp_session(l->api, s, i);
		l->receive[i] = libsrtp_session(l->api, s, i);
		if (!l->send[i] || !l->receive[i]) {
			libsrtp_drop(l, sessions);
			return NULL;
		}
	}
	return l;
}

static void libsrtp_run(void *state, enum op op, struct item *it, unsigned int burst)
{
	const struct libsrtp *l = state;
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		int len = it[i].len;

		if (op == PROTECT)
			it[i].accepted = !l->api->protect(l->send[it[i].session], it[i].data,
							  &len);
		else
			it[i].accepted = !l->api->unprotect(l->receive[it[i].session],
							    it[i].data, &len);
	}
}

/* --- what the bare ciphers are told ------------------------------------------- */

static uint32_t text_len(const struct item *it, enum op op)
{
	return it->len - HEADER - (op == PROTECT ? 0 : suite->tag_len);
}

/* RFC 3711 4.1.1, RFC 7714 8.1 */
static void make_iv(uint8_t iv[16], const struct item *it)
{
	int at = suite->kind == XSRTP_KIND_CM ? 4 : 2, i;

	memset(iv, 0, 16);
	put_unaligned_be32(session_ssrc(it->session), iv + at);
	put_unaligned_be32(it->index >> 16, iv + at + 4);
	put_unaligned_be16(it->index, iv + at + 8);
	for (i = 0; i < suite->salt_len; i++)
		iv[i] ^= keys[it->session].salt[i];
}

/* --- OpenSSL ------------------------------------------------------------------- */

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

/* --- Intel's multi-buffer library ----------------------------------------------- */

#ifdef HAVE_IPSEC_MB

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

#endif /* HAVE_IPSEC_MB */

/* --- the systems ---------------------------------------------------------------- */

static struct system *add_system(const char *name, uint32_t sessions_max)
{
	struct system *s = &systems[system_count];

	if ((only && strcmp(name, only)) || system_count == SYSTEMS_MAX)
		return NULL;
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->sessions_max = sessions_max;
	system_count++;
	return s;
}

static void add_ours(const char *name, const struct xsrtp_cipher *c)
{
	struct system *s = add_system(name, 100000);

	if (!s)
		return;
	s->cipher = c;
	s->make = ours_make;
	s->drop = ours_drop;
	s->run = ours_run;
}

static void add_libsrtp(const char *name, const char *file, struct srtp_api *api,
			uint32_t sessions_max)
{
	struct system *s;

	if (!file || !libsrtp_load(api, file))
		return;
	s = add_system(name, sessions_max);
	if (!s)
		return;
	s->srtp = api;
	s->make = libsrtp_make;
	s->drop = libsrtp_drop;
	s->run = libsrtp_run;
}

static void add_systems(void)
{
	static struct srtp_api openssl, nss;
	const struct xsrtp_cipher *c;
	struct system *s;
	char name[32];
	int i;

	add_ours("xsrtp", xsrtp_cipher_get(0));
	for (i = 0; (c = xsrtp_cipher_get(i)); i++) {
		snprintf(name, sizeof(name), "xsrtp/%s", xsrtp_cipher_name(c));
		add_ours(name, c);
	}
	/*
	 * Both have one name: the one without a path must come first. NSS searches
	 * a list of all its keys for each packet: 0.1 ms with 1,000 sessions.
	 */
	add_libsrtp("libsrtp-nss", "libsrtp2.so.1", &nss, quick ? 1 : 1000);
	add_libsrtp("libsrtp-openssl", libsrtp_openssl, &openssl, quick ? 10000 : 100000);
#ifdef HAVE_IPSEC_MB
	s = imb_load() ? add_system("ipsec-mb", 100000) : NULL;
	if (s) {
		s->make = imb_make;
		s->drop = imb_drop;
		s->run = imb_run;
	}
#endif
	s = add_system("openssl", quick ? 1000 : 10000);
	if (s) {
		s->make = evp_make;
		s->drop = evp_drop;
		s->run = evp_run;
	}
}

/* --- packets of a round ----------------------------------------------------------- */

/* Ours on OpenSSL: what a set must become, and what makes the sets to be opened. */
static struct ours *reference, sealer;

static void make_rtp(uint8_t *p, const struct item *it)
{
	memset(p, 0, HEADER);
	p[0] = 0x80;
	p[1] = 8;
	put_unaligned_be16(it->index, p + 2);
	put_unaligned_be32(session_ssrc(it->session), p + 8);
	memset(p + HEADER, it->index, it->len - HEADER);
}

/* A round's packets into @master: plain, or sealed, or with a bit of the tag wrong. */
static void make_round(struct item *it, uint8_t *master, enum op op, uint32_t bytes,
		       uint32_t sessions)
{
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		it[i].session = rnd() % sessions;
		it[i].index = (op == PROTECT ? sent : received)[it[i].session]++;
		it[i].data = master + i * ROOM;
		it[i].len = HEADER + bytes;
		make_rtp(it[i].data, &it[i]);
	}
	if (op == PROTECT)
		return;
	ours_run(&sealer, PROTECT, it, BURST);
	for (i = 0; i < BURST; i++) {
		it[i].len += suite->tag_len;
		if (op == FORGED)
			it[i].data[it[i].len - 1] ^= 1 << rnd() % 8;
	}
}

/* What a system gets: a copy to work on. */
static void copy_round(struct item *to, const struct item *from)
{
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		to[i] = from[i];
		to[i].data = buffer + i * ROOM;
		to[i].accepted = false;
		memcpy(to[i].data, from[i].data, from[i].len);
	}
}

/* --- rows ------------------------------------------------------------------------ */

struct row {
	enum op op;
	uint32_t bytes, burst, sessions;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double time_set(struct system *s, const struct row *row, const struct item *master)
{
	struct item it[BURST];
	uint64_t start;
	double ns;
	unsigned int i;

	copy_round(it, master);
	start = now_ns();
	s->run(s->state, row->op, it, row->burst);
	ns = (now_ns() - start) / (double)BURST;
	for (i = 0; row->op != PROTECT && i < BURST; i++)
		if (it[i].accepted != (row->op == UNPROTECT))
			s->broken = true;
	return ns;
}

/* Does the system make of the round what the reference makes of it? */
static void check_system(struct system *s, const struct row *row, const struct item *master,
			 const struct item *want)
{
	struct item it[BURST];
	unsigned int i;

	copy_round(it, master);
	s->run(s->state, row->op, it, row->burst);
	for (i = 0; i < BURST; i++)
		if (row->op == PROTECT ? memcmp(it[i].data, want[i].data,
						it[i].len + suite->tag_len) != 0 :
					 it[i].accepted != (row->op == UNPROTECT))
			s->broken = true;
	if (s->broken)
		fprintf(stderr, "bench-core: %s is wrong: %s %s %u bytes\n", s->name,
			suite->name, op_names[row->op], row->bytes);
}

static void print_row(FILE *json, const struct row *row)
{
	unsigned int i;

	printf("%-24s %-9s %4u %5u %8u", suite->name, op_names[row->op], row->bytes, row->burst,
	       row->sessions);
	for (i = 0; i < system_count; i++) {
		struct system *s = &systems[i];

		if (!s->state || s->broken) {
			printf(" %9s", "-");
			continue;
		}
		qsort(s->ns, samples, sizeof(double), compare);
		printf(" %9.1f", s->ns[samples / 2]);
		fprintf(json, "{\"bench\":\"core\",\"impl\":\"%s\",\"suite\":\"%s\",\"op\":\"%s\","
			"\"bytes\":%u,\"burst\":%u,\"sessions\":%u,\"ns_median\":%.1f,"
			"\"ns_p10\":%.1f,\"rounds\":%u}\n", s->name, suite->name,
			op_names[row->op], row->bytes, row->burst, row->sessions,
			s->ns[samples / 2], s->ns[samples / 10], samples);
	}
	printf("\n");
	fflush(stdout);
	fflush(json);
}

static uint8_t master[SETS][BURST * ROOM];
static struct item items[SETS][BURST];

/* All systems on the first set, which is then used up. */
static void check_row(const struct row *row)
{
	static uint8_t wanted[BURST * ROOM];
	struct item want[BURST];
	unsigned int i;

	make_round(items[0], master[0], row->op, row->bytes, row->sessions);
	if (row->op == PROTECT) {
		copy_round(want, items[0]);
		memcpy(wanted, buffer, sizeof(wanted));
		for (i = 0; i < BURST; i++)
			want[i].data = wanted + i * ROOM;
		ours_run(reference, PROTECT, want, BURST);
	}
	for (i = 0; i < system_count; i++)
		if (systems[i].state && !systems[i].broken)
			check_system(&systems[i], row, items[0], want);
}

/* Forged packets move no state, so those of the first round serve all rounds. */
static void time_row(FILE *json, const struct row *row)
{
	unsigned int i, r, set;

	check_row(row);
	samples = 0;
	for (r = 0; r < rounds; r++, samples += SETS - WARM) {
		for (set = 0; set < SETS && (row->op != FORGED || r == 0); set++)
			make_round(items[set], master[set], row->op, row->bytes, row->sessions);
		for (i = 0; i < system_count; i++) {
			struct system *s = &systems[(i + r) % system_count];

			for (set = 0; set < SETS && s->state && !s->broken; set++) {
				double ns = time_set(s, row, items[set]);

				if (set >= WARM)
					s->ns[samples + set - WARM] = ns;
			}
		}
	}
	print_row(json, row);
}

/* --- sessions --------------------------------------------------------------------- */

static void make_keys(uint32_t sessions)
{
	const struct xsrtp_cipher *c = xsrtp_cipher_get(0);
	uint32_t i, j;

	for (i = 0; i < sessions; i++) {
		struct keys *k = &keys[i];

		for (j = 0; j < sizeof(k->master); j++)
			k->master[j] = rnd();
		for (j = 0; j < sizeof(k->master_salt); j++)
			k->master_salt[j] = rnd();
		xsrtp_kdf(c, suite, k->master, k->master_salt, KDF_RTP_ENCRYPTION, 0, k->enc,
			  suite->key_len);
		xsrtp_kdf(c, suite, k->master, k->master_salt, KDF_RTP_AUTH, 0, k->auth, 20);
		xsrtp_kdf(c, suite, k->master, k->master_salt, KDF_RTP_SALT, 0, k->salt,
			  suite->salt_len);
		sent[i] = received[i] = 1;
	}
}

static void print_head(void)
{
	unsigned int i;

	printf("\n%-24s %-9s %4s %5s %8s", "suite", "op", "size", "burst", "sessions");
	for (i = 0; i < system_count; i++)
		printf(" %9.9s", strncmp(systems[i].name, "xsrtp/", 6) ? systems[i].name :
								    systems[i].name + 5);
	printf("\n");
}

static void time_sessions(FILE *json, uint32_t sessions)
{
	static const uint32_t sizes[] = { 160, 20, 320, 1200 }, bursts[] = { 1, 16, 64 };
	struct system lib = { .cipher = xsrtp_cipher_get(0) };
	struct row row = { .sessions = sessions };
	unsigned int i, j;

	for (i = 0; xsrtp_cipher_get(i); i++)
		lib.cipher = xsrtp_cipher_get(i);
	make_keys(sessions);
	reference = ours_make(&lib, suite, sessions);
	sealer = *reference;
	sealer.send = reference->receive;
	for (i = 0; i < system_count; i++) {
		struct system *s = &systems[i];

		s->broken = false;
		s->state = sessions <= s->sessions_max ? s->make(s, suite, sessions) : NULL;
	}
	for (i = 0; i < (quick ? 1 : 4); i++)
		for (j = 0; j < 3; j++)
			for (row.op = 0; row.op < OPS; row.op++) {
				row.bytes = sizes[i];
				row.burst = bursts[j];
				time_row(json, &row);
			}
	for (i = 0; i < system_count; i++)
		if (systems[i].state)
			systems[i].drop(systems[i].state, sessions);
	ours_drop(reference, sessions);
}

/* Quick: the two suites that nearly all calls have. */
static bool wanted_suite(const struct xsrtp_suite_info *s)
{
	if (!s || s->null_cipher || !s->tag_len)
		return false;
	return !quick || s->suite == XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80 ||
	       s->suite == XSRTP_SUITE_AEAD_AES_128_GCM;
}

static void parse_args(int argc, char **argv)
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "libsrtp-openssl", required_argument, NULL, 's' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'q':
			quick = true;
			break;
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'o':
			only = optarg;
			break;
		case 's':
			libsrtp_openssl = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (!rounds)
		rounds = quick ? 6 : 12;
	if (rounds > SAMPLES_MAX / SETS || optind != argc - 1) {
		fprintf(stderr, "bench-core: see tools/bench --help\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static const uint32_t sessions[] = { 1, 1000, 10000, 100000 };
	unsigned int i, j;
	FILE *json;

	parse_args(argc, argv);
	json = fopen(argv[optind], "w");
	if (!json) {
		perror(argv[optind]);
		return 1;
	}
	keys = calloc(100000, sizeof(*keys));
	sent = calloc(100000, sizeof(*sent));
	received = calloc(100000, sizeof(*received));
	buffer = big_alloc(BURST * ROOM);
	add_systems();
	for (i = 0; i < XSRTP_SUITE_END; i++) {
		suite = xsrtp_suite_info(i);
		if (!wanted_suite(suite))
			continue;
		print_head();
		for (j = 0; j < 4; j++)
			time_sessions(json, sessions[j]);
	}
	return fclose(json) ? 1 : 0;
}
