// SPDX-License-Identifier: GPL-2.0
/*
 * Ours: each implementation of the core. Through OpenSSL, the slowest, it is the
 * reference too.
 */
#include <stdlib.h>

#include "timing.h"

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

void add_ours(const char *name, const struct xsrtp_cipher *c)
{
	struct system *s = add_system(name, SESSIONS_MAX);

	if (!s)
		return;
	s->cipher = c;
	s->make = ours_make;
	s->drop = ours_drop;
	s->run = ours_run;
}

/* --- the reference ------------------------------------------------------------ */

/* Seals with the keys of those who receive, so that there are packets to open. */
static struct ours *reference, sealer;

void reference_open(uint32_t sessions)
{
	struct system lib = { 0 };
	unsigned int i;

	for (i = 0; xsrtp_cipher_get(i); i++)
		lib.cipher = xsrtp_cipher_get(i);
	reference = ours_make(&lib, suite, sessions);
	sealer = *reference;
	sealer.send = reference->receive;
}

void reference_close(uint32_t sessions)
{
	ours_drop(reference, sessions);
}

void reference_protect(struct item *it)
{
	ours_run(reference, PROTECT, it, BURST);
}

void reference_seal(struct item *it)
{
	ours_run(&sealer, PROTECT, it, BURST);
}
