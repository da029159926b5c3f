// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "rate.h"

#define RATE_BUSY	1	/* the keys are being replaced */
#define RATE_USER	2
#define RATE_USERS	0xfffe	/* r is above */

static bool slot_hold(struct xsrtp_option_key *k, uint64_t r)
{
	uint64_t word = load_once(&k->rate);

	do {
		if (word >> 16 != r || word & RATE_BUSY || (word & RATE_USERS) == RATE_USERS)
			return false;
	} while (!cas64(&k->rate, &word, word + RATE_USER));
	return true;
}

static void slot_release(struct xsrtp_option_key *k)
{
	uint64_t word = load_once(&k->rate);

	while (!cas64(&k->rate, &word, word - RATE_USER))
		;
}

/* Keys of a newer r into the slot, unless somebody is using those there. */
static void slot_advance(struct xsrtp_option_key *k, void *to, const void *from, size_t len,
			 uint64_t r)
{
	uint64_t word = load_once(&k->rate);

	if (word & (RATE_USERS | RATE_BUSY) || word >> 16 >= r ||
	    !cas64(&k->rate, &word, word | RATE_BUSY))
		return;
	memcpy(to, from, len);
	word |= RATE_BUSY;
	cas64(&k->rate, &word, r << 16);
}

static struct xsrtp_cipher_key *use_room(struct xsrtp_rate_use *use)
{
	uintptr_t line = ((uintptr_t)use->room + XSRTP_ALIGN - 1) & ~(uintptr_t)(XSRTP_ALIGN - 1);

	return (struct xsrtp_cipher_key *)(line + XSRTP_KEY_OFFSET);
}

void xsrtp_rate_begin(struct xsrtp_rate_use *use, const struct xsrtp_cipher *c,
		      const struct xsrtp_context *cx, struct xsrtp_packet *p,
		      enum xsrtp_kdf_label first)
{
	struct xsrtp_option *opt = xsrtp_option(cx->half, cx->cold);

	p->key = xsrtp_session_key(cx->half, cx->suite, p->slot);
	use->k = opt && opt->key[p->slot].shift != XSRTP_RATE_NONE ? &opt->key[p->slot] : NULL;
	use->r = use->k ? p->index >> use->k->shift : 0;
	if (!use->k)
		return;
	use->held = slot_hold(use->k, use->r);
	if (use->held)
		return;
	p->key = use_room(use);
	xsrtp_key_derive(c, cx->suite, use_room(use), use->k->master, use->k->salt, first, use->r);
}

void xsrtp_rate_end(struct xsrtp_rate_use *use, const struct xsrtp_context *cx,
		    struct xsrtp_packet *p, bool ok)
{
	if (!use->k)
		return;
	if (use->held) {
		slot_release(use->k);
		return;
	}
	if (ok)
		slot_advance(use->k, xsrtp_session_key(cx->half, cx->suite, p->slot), p->key,
			     xsrtp_slot_size(cx->suite) - XSRTP_KEY_OFFSET, use->r);
	memzero_explicit(use->room, sizeof(use->room));
}
