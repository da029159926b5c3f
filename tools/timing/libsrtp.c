// SPDX-License-Identifier: GPL-2.0
/*
 * libsrtp, whichever build of it: each is loaded on its own and found by dlsym().
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <srtp2/srtp.h>
#include <srtp2/crypto_types.h>

#include "timing.h"

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

void add_libsrtp(const char *name, const char *file, uint32_t sessions_max)
{
	struct srtp_api *api = calloc(1, sizeof(*api));
	struct system *s;

	if (!api || !file || !libsrtp_load(api, file))
		return;
	s = add_system(name, sessions_max);
	if (!s)
		return;
	s->srtp = api;
	s->make = libsrtp_make;
	s->drop = libsrtp_drop;
	s->run = libsrtp_run;
}
