// SPDX-License-Identifier: GPL-2.0
/*
 * ICE-lite. Nothing is done and nothing is sent for a datagram before its integrity is
 * that of our password: RFC 8489 9.1.3 would have errors sent to strangers, which is of
 * use to nobody but who looks for a reflector.
 */
#include "ice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "stun.h"

#define RATE_US		20000	/* one answer; a full agent sends a check each 50 ms (RFC 8445 14.2) */
#define BURST_US	(64 * RATE_US)
#define PRIORITY_HOST	(126u << 24 | 65535u << 8)	/* RFC 8445 5.1.2.1, without the component */

/* --- credentials ---------------------------------------------------------------------------- */

static bool is_ice_text(struct text t, size_t min)
{
	size_t i;

	if (t.len < min || t.len > 256)
		return false;
	for (i = 0; i < t.len; i++) {
		char c = t.s[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '+' &&
		    c != '/')
			return false;
	}
	return true;
}

bool ice_valid(struct text ufrag, struct text pwd)
{
	return is_ice_text(ufrag, 4) && is_ice_text(pwd, 22);
}

static int make_text(char *out, size_t len)
{
	static const char ice_char[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t random[ICE_PWD];
	size_t i;

	if (RAND_bytes(random, len) != 1)
		return -EIO;
	for (i = 0; i < len; i++)
		out[i] = ice_char[random[i] % 64];
	out[len] = 0;
	OPENSSL_cleanse(random, sizeof(random));
	return 0;
}

static int make_secret(struct ice_secret *s)
{
	return make_text(s->ufrag, ICE_UFRAG) ?: make_text(s->pwd, ICE_PWD);
}

int ice_prepare(struct ice *i)
{
	return *i->ours.ufrag ? 0 : make_secret(&i->ours);
}

static void digest(struct text ufrag, uint8_t peer[ICE_PEER])
{
	SHA256((const uint8_t *)ufrag.s, ufrag.len, peer);
}

struct ice ice_heard(struct text ufrag, bool lite)
{
	struct ice i = { .on = true, .lite = lite };

	digest(ufrag, i.theirs);
	return i;
}

static bool same_peer(const uint8_t a[ICE_PEER], const uint8_t b[ICE_PEER])
{
	return !memcmp(a, b, ICE_PEER);
}

/* What was nominated too early for us to know by whom. */
static void take_early(struct ice *i)
{
	unsigned int k;

	for (k = 0; k < ICE_COMPONENTS; k++)
		if (i->early[k].family && same_peer(i->early_peer, i->theirs))
			i->chosen[k] = i->early[k];
	memset(i->early, 0, sizeof(i->early));
}

int ice_agree(struct ice *i, const struct ice *heard, bool ours_next)
{
	bool fresh = !i->on || !same_peer(i->theirs, heard->theirs);

	if (fresh && ours_next) {
		if (i->on)
			i->former = i->ours;
		if (make_secret(&i->ours))
			return -EIO;
	}
	i->on = i->offered = true;
	i->lite = heard->lite;
	memcpy(i->theirs, heard->theirs, ICE_PEER);
	take_early(i);
	return 0;
}

void ice_leave(struct ice *i)
{
	*i = (struct ice){ .offered = i->offered, .ours = i->ours };
}

/* --- checks ---------------------------------------------------------------------------------- */

static bool is_ufrag(const struct ice_secret *s, struct text ufrag)
{
	return *s->ufrag && text_is(ufrag, s->ufrag);
}

/* RFC 8445 7.3, 7.2.2: our ufrag, a colon, theirs. NULL: not for us, or not by who knows the password. */
static const struct ice_secret *authenticate(const struct ice *i, const struct stun *s, struct text *theirs)
{
	struct text mine = text_cut(s->username, ':', theirs);
	const struct ice_secret *secret = is_ufrag(&i->ours, mine) ? &i->ours :
					  is_ufrag(&i->former, mine) ? &i->former : NULL;

	if (!secret || !theirs->len || !stun_verify(s, secret->pwd))
		return NULL;
	return secret;
}

/*
 * A check from another address than before is one that somebody has heard and sends
 * again, to have media sent to him: each of the peer's has an ID of its own.
 */
static bool is_replayed(struct ice_door *d, const struct stun *s, const struct endpoint *from)
{
	unsigned int k;

	for (k = 0; k < ICE_SEEN; k++)
		if (d->seen[k].from.family && !memcmp(d->seen[k].id, s->id, STUN_ID))
			return !endpoint_equal(&d->seen[k].from, from);
	memcpy(d->seen[d->next].id, s->id, STUN_ID);
	d->seen[d->next].from = *from;
	d->next = (d->next + 1) % ICE_SEEN;
	return false;
}

static bool is_too_much(struct ice_door *d, uint64_t now_us)
{
	if (d->until_us < now_us)
		d->until_us = now_us;
	if (d->until_us - now_us > BURST_US - RATE_US)
		return true;
	d->until_us += RATE_US;
	return false;
}

/* 0: it is as it should be. Who believes to be controlled by us is told (RFC 8445 7.3.1.1). */
static unsigned int error_of(const struct stun *s)
{
	return s->wrong ? 400 : s->n_unknown ? 420 : s->controlled ? 487 : 0;
}

static void write_answer(const struct stun *s, const struct endpoint *from, const char *password, struct buf *b)
{
	unsigned int error = error_of(s);

	stun_begin(b, error ? STUN_ERROR : STUN_SUCCESS, s->id);
	if (error)
		stun_put_error(b, error);
	else
		stun_put_mapped(b, from);
	if (error == 420)
		stun_put_unknown(b, s);
	stun_end(b, password);
}

/* Of this peer, under the credentials of its last offer; and elsewhere than it is. */
static bool is_nomination(struct ice *i, unsigned int component, const struct endpoint *from, struct text theirs)
{
	uint8_t peer[ICE_PEER];

	digest(theirs, peer);
	if (!i->on) {
		memcpy(i->early_peer, peer, ICE_PEER);
		i->early[component] = *from;
		return false;
	}
	return !i->lite && same_peer(peer, i->theirs) &&
	       (*i->former.ufrag || !endpoint_equal(&i->chosen[component], from));
}

enum ice_verdict ice_check(struct ice *i, struct ice_door *d, unsigned int component, const struct endpoint *from,
			   uint64_t now_us, const uint8_t *packet, size_t len, struct buf *answer)
{
	const struct ice_secret *secret;
	struct text theirs;
	struct stun s;

	if (stun_parse(packet, len, &s) || s.type != STUN_REQUEST)
		return ICE_PASSED_OVER;
	secret = authenticate(i, &s, &theirs);
	if (!secret || is_replayed(d, &s, from) || is_too_much(d, now_us))
		return ICE_PASSED_OVER;
	write_answer(&s, from, secret->pwd, answer);
	if (buf_full(answer))
		return ICE_PASSED_OVER;
	if (error_of(&s) || !s.use_candidate || secret != &i->ours || !is_nomination(i, component, from, theirs))
		return ICE_ANSWERED;
	return ICE_NOMINATED;
}

void ice_choose(struct ice *i, unsigned int component, const struct endpoint *to)
{
	i->chosen[component] = *to;
	OPENSSL_cleanse(&i->former, sizeof(i->former));
}

/* --- SDP ------------------------------------------------------------------------------------- */

void ice_lines(const struct ice *i, const struct endpoint *address, const uint16_t port[ICE_COMPONENTS], bool trickle,
	       struct text end, struct buf *b)
{
	char addr[INET6_ADDRSTRLEN];
	unsigned int k;

	inet_ntop(address->family, address->addr, addr, sizeof(addr));
	buf_printf(b, "a=ice-ufrag:%s", i->ours.ufrag);
	buf_put(b, end);
	buf_printf(b, "a=ice-pwd:%s", i->ours.pwd);
	buf_put(b, end);
	/* RFC 8445 10: who goes by it, and not by RFC 5245, says so. */
	buf_printf(b, "a=ice-options:ice2%s", trickle ? " trickle" : "");
	buf_put(b, end);
	for (k = 0; k < ICE_COMPONENTS && port[k]; k++) {
		buf_printf(b, "a=candidate:1 %u UDP %u %s %u typ host", k + 1, PRIORITY_HOST | (256 - (k + 1)), addr,
			   port[k]);
		buf_put(b, end);
	}
	buf_puts(b, "a=end-of-candidates");
	buf_put(b, end);
}
