// SPDX-License-Identifier: GPL-2.0
/*
 * Keys by DTLS.
 */
#include "keying.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "path.h"
#include "say.h"

/* RFC 8842 4: who makes a new association says so by a new value. */
static int make_id(char id[TLS_ID_LEN + 1])
{
	uint8_t bytes[TLS_ID_LEN / 2];
	unsigned int i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -EIO;
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int keying_prepare(struct keying *k, struct secure *s, bool fresh)
{
	if (!s->certificate)
		s->certificate = certificate_get(k->certificate);
	return fresh || !*s->id ? make_id(s->id) : 0;
}

void keying_lines(const struct secure *s, enum fingerprint_hash hash, enum sdp_setup setup, bool id,
		  struct text end, struct buf *b)
{
	static const char *const setups[] = {
		[SETUP_ACTIVE] = "active", [SETUP_PASSIVE] = "passive", [SETUP_ACTPASS] = "actpass",
		[SETUP_HOLDCONN] = "holdconn",
	};
	struct fingerprint f;

	/* Without it the SDP would be one of no use: buf_full() refuses it. */
	b->full |= fingerprint_of(s->certificate->x509, hash ?: HASH_SHA256, &f) != 0;
	buf_puts(b, "a=fingerprint:");
	fingerprint_write(&f, b);
	buf_put(b, end);
	buf_printf(b, "a=setup:%s", setups[setup]);
	buf_put(b, end);
	if (!id)
		return;
	buf_printf(b, "a=tls-id:%s", s->id);
	buf_put(b, end);
}

bool keying_fresh(const struct secure *s, const struct leg *before, const struct leg *now)
{
	if (now->setup == SETUP_HOLDCONN)
		return false;
	return !s->started || before->setup != now->setup || !fingerprints_same(&before->prints, &now->prints) ||
	       strcmp(before->tls_id, now->tls_id);
}

static int open_one(struct calls *s, struct medium *m, int end, const struct leg *l, enum part part,
		    struct association **a, char *err, size_t err_len)
{
	struct endpoint local = iface_addr(l->iface, l->family)->local;

	local.port = l->port[part];
	return s->keying->open(s->keying, &local, m, end, part, a, err, err_len);
}

int keying_open(struct calls *s, struct medium *m, int end, const struct leg *l, char *err, size_t err_len)
{
	struct secure *e = &m->secure[end];
	bool dtls = sdp_dtls(l->proto), own_rtcp = l->ice.offered && !dtls && !l->mux && l->port[PART_RTCP];
	int ret = 0;

	if ((dtls || l->ice.offered) && !e->association)
		ret = open_one(s, m, end, l, PART_RTP, &e->association, err, err_len);
	if (!ret && own_rtcp && !e->rtcp)
		ret = open_one(s, m, end, l, PART_RTCP, &e->rtcp, err, err_len);
	return ret;
}

static void close_one(struct calls *s, struct association **a)
{
	if (*a)
		s->keying->close(s->keying, *a);
	*a = NULL;
}

void keying_spare(struct calls *s, struct medium *m, int end)
{
	const struct leg *l = &m->leg[end];

	if (l->mux || !l->ice.on)
		close_one(s, &m->secure[end].rtcp);
	if (!sdp_dtls(l->proto) && !l->ice.on)
		close_one(s, &m->secure[end].association);
}

static bool has_keys(const struct leg *l)
{
	return l->theirs.n_keys;
}

/* The suite of a call that has one stays: its flows are made for it. */
static void start(struct calls *s, struct medium *m, int end)
{
	const struct leg *l = &m->leg[end];
	const struct handshake h = {
		.medium = m, .end = end, .role = l->setup == SETUP_ACTIVE ? DTLS_ACTIVE : DTLS_PASSIVE,
		.peer = l->remote[PART_RTP], .prints = l->prints, .certificate = m->secure[end].certificate,
		.only = has_keys(l) ? l->theirs.suite : NULL,
	};

	m->secure[end].started = true;
	s->keying->start(s->keying, m->secure[end].association, &h);
}

/* On hold by an unset address, or before ICE has nominated one, there is nobody to talk to. */
void keying_follow(struct calls *s, struct medium *m, int end, bool fresh)
{
	const struct leg *l = &m->leg[end];

	if (!l->remote[PART_RTP].family)
		return;
	if (fresh)
		start(s, m, end);
	else
		s->keying->move(s->keying, m->secure[end].association, &l->remote[PART_RTP]);
}

void keying_stop(struct calls *s, struct medium *m, int end)
{
	struct secure *e = &m->secure[end];

	close_one(s, &e->association);
	close_one(s, &e->rtcp);
	*e = (struct secure){ .certificate = e->certificate };
}

void keying_end(struct calls *s, struct medium *m, int end)
{
	keying_stop(s, m, end);
	certificate_put(m->secure[end].certificate);
	m->secure[end].certificate = NULL;
}

static struct sdes as_sdes(const struct xsrtp_suite_info *suite, const struct key *k)
{
	struct sdes s = { .suite = suite, .n_keys = 1 };

	s.key[0] = *k;
	return s;
}

bool keying_done(struct calls *s, struct medium *m, int end, const struct dtls_keys *k)
{
	bool others = has_keys(&m->leg[end]);
	struct leg legs[2];
	char why[512];

	memcpy(legs, m->leg, sizeof(legs));
	legs[end].ours = as_sdes(k->suite, &k->ours);
	legs[end].theirs = as_sdes(k->suite, &k->theirs);
	if (path_set(s, m, legs, why, sizeof(why))) {
		say(SAY_ERROR, "keys of DTLS could not be used: %s", why);
		m->secure[end].started = false;	/* the next offer and answer tries again */
	} else {
		s->n_handshakes++;
	}
	trail_write(s->trail, &(struct trail_event){
		.event = "dtls", .peer = &m->leg[end].remote[PART_RTP], .refused = !m->secure[end].started,
		.why = text_of(m->secure[end].started ? k->suite->name : why) });
	explicit_bzero(legs, sizeof(legs));
	return others && m->secure[end].started;
}

void keying_settle(struct calls *s, struct medium *m, int end)
{
	char why[512];

	if (path_settle(s, m, end, why, sizeof(why))) {
		s->n_flow_errors++;
		say(SAY_WARNING, "keys of a former handshake are still taken: %s", why);
	}
}

void keying_failed(struct calls *s, const struct endpoint *peer, const char *why)
{
	char text[ENDPOINT_STRLEN];

	s->n_handshake_errors++;
	say(SAY_WARNING, "DTLS with %s: %s", endpoint_format(peer, text), why);
	trail_write(s->trail, &(struct trail_event){ .event = "dtls", .peer = peer, .refused = true, .why = text_of(why) });
}
