// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kdf.h"
#include "lru.h"
#include "option.h"
#include "session.h"

/* --- memory ------------------------------------------------------------------ */

static bool config_valid(const struct xsrtp_session_config *cfg)
{
	return xsrtp_suite_info(cfg->suite) && cfg->keys <= XSRTP_KEYS &&
	       cfg->streams <= XSRTP_STREAMS_MAX &&
	       xsrtp_option_valid(cfg) &&
	       (!cfg->window || (cfg->window >= XSRTP_WINDOW_MIN &&
				 cfg->window <= XSRTP_WINDOW_MAX &&
				 !(cfg->window & (cfg->window - 1))));
}

static struct xsrtp_session_config config_defaults(const struct xsrtp_session_config *cfg)
{
	struct xsrtp_session_config c = *cfg;

	if (!c.keys)
		c.keys = XSRTP_KEYS;
	if (!c.window)
		c.window = XSRTP_WINDOW_MIN;
	if (!c.streams)
		c.streams = 1;
	return c;
}

/* Streams but the first keep to 16-byte boundaries: 32 bytes each. */
struct stream_slot {
	struct xsrtp_stream st;
	uint64_t pad;
};

static struct stream_slot *more_streams(const struct xsrtp_session *half,
					const struct xsrtp_session_cold *cold)
{
	return (void *)((char *)half + cold->keys * xsrtp_slot_size(xsrtp_session_suite(half)) +
			xsrtp_cold_size(cold->keys));
}

/* @c: without zeros for defaults */
static uint32_t half_bytes(const struct xsrtp_session_config *c)
{
	return xsrtp_line(c->keys * xsrtp_slot_size(xsrtp_suite_info(c->suite)) +
			  xsrtp_cold_size(c->keys) +
			  (c->streams - 1) * sizeof(struct stream_slot) +
			  c->streams * xsrtp_replay_words(c->window) * sizeof(uint64_t) +
			  xsrtp_lru_size(c) + xsrtp_option_size(c));
}

size_t xsrtp_session_size(const struct xsrtp_session_config *cfg)
{
	struct xsrtp_session_config c = config_defaults(cfg);

	return config_valid(cfg) ? 2 * half_bytes(&c) : 0;
}

/* When all of the half's cold part is set. */
static void half_is_cold(struct xsrtp_session *half, const struct xsrtp_session_cold *cold)
{
	half->first.own[OWN_SUITE] &= ~OWN_COLD;
	if (cold->flags || cold->lru || cold->window > XSRTP_WINDOW_MIN)
		half->first.own[OWN_SUITE] |= OWN_COLD;
}

static void half_init(struct xsrtp_session *half, const struct xsrtp_session_config *c)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(c->suite);
	struct xsrtp_session_cold *cold = xsrtp_session_cold(half, suite);

	half->first.own[OWN_SUITE] = c->suite;
	half->first.own[OWN_SLOT] = XSRTP_NO_KEY;
	cold->bytes = half_bytes(c);
	cold->streams = c->streams;
	cold->window = c->window;
	cold->flags = c->flags;
	cold->keys = c->keys;
	cold->also = XSRTP_NO_KEY;
	xsrtp_option_init(half, cold, c);
	if (xsrtp_lru_size(c))
		cold->lru = cold->bytes - xsrtp_option_size(c) - xsrtp_lru_size(c);
	half_is_cold(half, cold);
}

int xsrtp_session_init(struct xsrtp_session *s, const struct xsrtp_session_config *cfg)
{
	struct xsrtp_session_config c = config_defaults(cfg);
	size_t size = xsrtp_session_size(cfg);
	struct xsrtp_session_cold *cold;
	struct xsrtp_session *rtcp;

	if (!size)
		return -EINVAL;
	memset(s, 0, size);
	half_init(s, &c);
	rtcp = xsrtp_session_rtcp(s);
	half_init(rtcp, &c);
	/* Of all that is special only the derivation rate concerns SRTCP. */
	cold = xsrtp_session_cold(rtcp, xsrtp_session_suite(s));
	if (!(c.flags & XSRTP_KEY_RATE))
		cold->flags &= ~XSRTP_SPECIAL;
	half_is_cold(rtcp, cold);
	return 0;
}

void xsrtp_session_wipe(struct xsrtp_session *s)
{
	memzero_explicit(s, 2 * xsrtp_session_cold(s, xsrtp_session_suite(s))->bytes);
}

/* --- streams ------------------------------------------------------------------ */

struct xsrtp_stream *xsrtp_stream_at(const struct xsrtp_session *half,
				     const struct xsrtp_session_cold *cold, uint32_t i)
{
	return i ? &more_streams(half, cold)[i - 1].st : (struct xsrtp_stream *)&half->first;
}

uint32_t xsrtp_stream_number(const struct xsrtp_session *half,
			     const struct xsrtp_session_cold *cold,
			     const struct xsrtp_stream *st)
{
	return st == &half->first ? 0 :
	       (const struct stream_slot *)st - more_streams(half, cold) + 1;
}

void xsrtp_stream_window(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			 const struct xsrtp_stream *st, unsigned int slot,
			 struct xsrtp_window *w)
{
	w->packets = cold->window;
	w->slot = slot;
	w->budget = &cold->slot[slot].budget;
	w->ring = NULL;
	if (unlikely(cold->window > XSRTP_WINDOW_MIN)) {
		struct stream_slot *more = more_streams(half, cold);
		uint64_t *rings = (uint64_t *)(more + cold->streams - 1);

		w->ring = rings + xsrtp_stream_number(half, cold, st) *
				  xsrtp_replay_words(cold->window);
	}
}

struct xsrtp_stream *xsrtp_stream_find(struct xsrtp_session *half,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc)
{
	uint32_t i;

	for (i = 0; i < cold->streams; i++) {
		struct xsrtp_stream *st = xsrtp_stream_at(half, cold, i);
		struct xsrtp_stream now = { .id = load_once(&st->id) };

		if (!now.live)
			break;
		if (now.ssrc == ssrc && now.live >= STREAM_LIVES)
			return st;
	}
	return NULL;
}

struct xsrtp_stream *xsrtp_stream_take(struct xsrtp_session *half,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc)
{
	uint32_t i;

	for (i = 0; i < cold->streams; i++) {
		struct xsrtp_stream *st = xsrtp_stream_at(half, cold, i);
		struct xsrtp_stream now = { .id = load_once(&st->id) }, new;

		while (!now.live) {
			new.id = now.id;
			new.ssrc = ssrc;
			new.live = STREAM_LIVES;
			if (cas64(&st->id, &now.id, new.id))
				return st;
		}
		if (now.ssrc == ssrc && now.live >= STREAM_LIVES)
			return st;
	}
	return NULL;
}

bool xsrtp_stream_room(struct xsrtp_session *half, const struct xsrtp_session_cold *cold)
{
	struct xsrtp_stream last = {
		.id = load_once(&xsrtp_stream_at(half, cold, cold->streams - 1)->id) };

	return !last.live;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Number of the @n-th stream that has an index; one that waits with its ROC has none. */
static uint32_t stream_counted(const struct xsrtp_session *half,
			       const struct xsrtp_session_cold *cold, unsigned int n)
{
	uint32_t i;

	for (i = 0; i < cold->streams; i++)
		if (xsrtp_next(load_once(&xsrtp_stream_at(half, cold, i)->next)) && !n--)
			break;
	return i;
}

/* As on the wire; it may be about to start again (option.h). */
static uint64_t stream_index(const struct xsrtp_session *half,
			     const struct xsrtp_session_cold *cold, uint32_t i)
{
	uint64_t index = xsrtp_next(load_once(&xsrtp_stream_at(half, cold, i)->next)) - 1;

	return index - min_u64(index, xsrtp_option_base_now(half, cold, i));
}

static bool half_stream_get(const struct xsrtp_session *half, unsigned int n,
			    struct xsrtp_stream_state *state)
{
	const struct xsrtp_session_cold *cold = xsrtp_session_cold(half,
								   xsrtp_session_suite(half));
	uint32_t i = stream_counted(half, cold, n);

	if (i == cold->streams)
		return false;
	state->ssrc = xsrtp_stream_at(half, cold, i)->ssrc;
	state->index = stream_index(half, cold, i);
	return true;
}

/* A stream that has had no packet, for the caller to fill. */
static int half_stream_new(struct xsrtp_session *half, uint32_t ssrc, struct xsrtp_stream **st)
{
	struct xsrtp_session_cold *cold = xsrtp_session_cold(half, xsrtp_session_suite(half));

	*st = xsrtp_stream_take(half, cold, ssrc);
	if (!*st)
		return -ENOSPC;
	if (xsrtp_next((*st)->next))
		return -EEXIST;
	xsrtp_option_stream_told(half, cold, xsrtp_stream_number(half, cold, *st));
	return 0;
}

static int half_stream_set(struct xsrtp_session *half, const struct xsrtp_stream_state *state)
{
	struct xsrtp_session_cold *cold = xsrtp_session_cold(half, xsrtp_session_suite(half));
	struct xsrtp_window w;
	struct xsrtp_stream *st;
	int err = half_stream_new(half, state->ssrc, &st);

	if (err)
		return err;
	xsrtp_stream_window(half, cold, st, 0, &w);
	st->seen = ~0ULL;
	st->next = state->index + 1;
	xsrtp_replay_fill(st, &w);
	return 0;
}

bool xsrtp_stream_get(const struct xsrtp_session *s, unsigned int n,
		      struct xsrtp_stream_state *state)
{
	return half_stream_get(s, n, state);
}

bool xsrtp_stream_get_rtcp(const struct xsrtp_session *s, unsigned int n,
			   struct xsrtp_stream_state *state)
{
	return half_stream_get(xsrtp_session_rtcp(s), n, state);
}

bool xsrtp_stream_index(const struct xsrtp_session *s, uint32_t ssrc, bool rtcp,
			uint64_t *index)
{
	struct xsrtp_session *half = rtcp ? xsrtp_session_rtcp(s) : (struct xsrtp_session *)s;
	struct xsrtp_session_cold *cold = xsrtp_session_cold(half, xsrtp_session_suite(half));
	struct xsrtp_stream *st = xsrtp_stream_find(half, cold, ssrc);

	if (!st || !xsrtp_next(load_once(&st->next)))
		return false;
	*index = stream_index(half, cold, xsrtp_stream_number(half, cold, st));
	return true;
}

int xsrtp_stream_set(struct xsrtp_session *s, const struct xsrtp_stream_state *state)
{
	return state->index > XSRTP_INDEX_MAX ? -EINVAL : half_stream_set(s, state);
}

int xsrtp_stream_set_rtcp(struct xsrtp_session *s, const struct xsrtp_stream_state *state)
{
	return state->index > XSRTP_RTCP_INDEX_MAX ? -EINVAL :
	       half_stream_set(xsrtp_session_rtcp(s), state);
}

int xsrtp_stream_roc(struct xsrtp_session *s, uint32_t ssrc, uint32_t roc)
{
	struct xsrtp_stream *st;
	int err = half_stream_new(s, ssrc, &st);

	if (!err)
		st->seen = roc;
	return err;
}

/* --- keys --------------------------------------------------------------------- */

int xsrtp_key_used(const struct xsrtp_session *s)
{
	struct xsrtp_stream own = { .id = load_once(&s->first.id) };

	return own.own[OWN_SLOT] == XSRTP_NO_KEY ? -1 : own.own[OWN_SLOT];
}

/* Is the key in @slot the one in use? */
static bool key_is_used(const struct xsrtp_session *half, const struct xsrtp_cipher_key *key)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(half);
	const struct xsrtp_cipher_key *used;

	if (xsrtp_key_used(half) < 0)
		return false;
	used = xsrtp_session_key(half, suite, xsrtp_key_used(half));
	return xsrtp_verdict(!(xsrtp_memneq(used->rk, key->rk, suite->key_len) |
			       xsrtp_memneq(xsrtp_key_salt(suite, used),
					    xsrtp_key_salt(suite, key), 16)));
}

static void budget_init(struct xsrtp_budget *b, uint64_t lifetime, uint64_t most,
			uint32_t streams)
{
	b->left = lifetime && lifetime < most ? lifetime : most;
	b->low = b->left / 16;
	/* However many streams hold credit, near the end they hold little. */
	b->share = 64 * streams;
}

static void key_info_set(struct xsrtp_session *half, unsigned int slot,
			 const struct xsrtp_key_config *cfg, uint64_t most)
{
	struct xsrtp_session_cold *cold = xsrtp_session_cold(half, xsrtp_session_suite(half));
	struct xsrtp_key_info *info = &cold->slot[slot];
	uint32_t i;

	for (i = 0; i < cold->streams; i++)
		xsrtp_replay_uncredit(xsrtp_stream_at(half, cold, i), slot);
	info->mki_len = cfg->mki ? cfg->mki_len : 0;
	if (info->mki_len)
		memcpy(info->mki, cfg->mki, info->mki_len);
	budget_init(&info->budget, cfg->lifetime, most, cold->streams);
}

/* From here on packets may find it by its MKI: last, when all of it is there. */
static void key_info_show(struct xsrtp_session *half, unsigned int slot)
{
	store_release(&xsrtp_session_cold(half, xsrtp_session_suite(half))->slot[slot].set, 1);
}

static void key_info_wipe(struct xsrtp_session *half, unsigned int slot)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(half);
	struct xsrtp_session_cold *cold = xsrtp_session_cold(half, suite);

	xsrtp_option_key_wipe(half, cold, slot);
	memzero_explicit(&cold->slot[slot], sizeof(cold->slot[slot]));
	memzero_explicit(xsrtp_session_key(half, suite, slot),
			 xsrtp_slot_size(suite) - XSRTP_KEY_OFFSET);
}

int xsrtp_key_set(struct xsrtp_session *s, const struct xsrtp_cipher *c, unsigned int slot,
		  const struct xsrtp_key_config *cfg)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(s);
	struct xsrtp_session_cold *cold = xsrtp_session_cold(s, suite);
	struct xsrtp_session *rtcp = xsrtp_session_rtcp(s);
	int err;

	if (slot >= cold->keys || (cfg->mki && cfg->mki_len > XSRTP_MKI_MAX))
		return -EINVAL;
	if (xsrtp_key_used(s) == (int)slot || cold->also == slot)
		return -EBUSY;
	err = xsrtp_option_key_check(s, cold, c, slot, cfg);
	if (err)
		return err;

	xsrtp_key_derive(c, suite, xsrtp_session_key(s, suite, slot), cfg->key, cfg->salt,
			 KDF_RTP_ENCRYPTION, 0);
	if (key_is_used(s, xsrtp_session_key(s, suite, slot))) {
		xsrtp_key_wipe(s, slot);
		return -EEXIST;
	}
	xsrtp_key_derive(c, suite, xsrtp_session_key(rtcp, suite, slot), cfg->key, cfg->salt,
			 KDF_RTCP_ENCRYPTION, 0);
	key_info_set(s, slot, cfg, XSRTP_INDEX_MAX + 1);
	key_info_set(rtcp, slot, cfg, XSRTP_RTCP_INDEX_MAX + 1ULL);
	xsrtp_option_key_set(s, cold, c, slot, cfg);
	xsrtp_option_key_set(rtcp, xsrtp_session_cold(rtcp, suite), c, slot, cfg);
	key_info_show(s, slot);
	key_info_show(rtcp, slot);
	return 0;
}

/* Slot and MKI length change together, under packets and new streams. */
static void half_use(struct xsrtp_session *half, const struct xsrtp_session_cold *cold,
		     uint8_t slot)
{
	struct xsrtp_stream now = { .id = load_once(&half->first.id) }, new;

	do {
		new.id = now.id;
		new.own[OWN_SLOT] = slot;
		new.own[OWN_MKI_LEN] = slot == XSRTP_NO_KEY ? 0 : cold->slot[slot].mki_len;
	} while (!cas64(&half->first.id, &now.id, new.id));
}

static int slot_check(const struct xsrtp_session *s, int slot)
{
	const struct xsrtp_session_cold *cold = xsrtp_session_cold(s, xsrtp_session_suite(s));

	if (slot < -1 || slot >= cold->keys)
		return -EINVAL;
	return slot < 0 || cold->slot[slot].set ? 0 : -ENOKEY;
}

int xsrtp_key_use(struct xsrtp_session *s, int slot)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(s);
	struct xsrtp_session *half = s;
	int i, err = slot_check(s, slot);

	for (i = 0; !err && i < 2; i++, half = xsrtp_session_rtcp(s)) {
		struct xsrtp_session_cold *cold = xsrtp_session_cold(half, suite);

		if (slot < 0 || cold->also == slot)
			store_once(&cold->also, XSRTP_NO_KEY);
		if (slot >= 0)
			xsrtp_option_key_use(half, cold, slot);
		half_use(half, cold, slot < 0 ? XSRTP_NO_KEY : slot);
	}
	return err;
}

int xsrtp_key_also(struct xsrtp_session *s, int slot)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(s);
	int err = slot_check(s, slot);

	if (err)
		return err;
	store_once(&xsrtp_session_cold(s, suite)->also, slot < 0 ? XSRTP_NO_KEY : slot);
	store_once(&xsrtp_session_cold(xsrtp_session_rtcp(s), suite)->also,
		   slot < 0 ? XSRTP_NO_KEY : slot);
	return 0;
}

void xsrtp_key_promote(struct xsrtp_session *half, struct xsrtp_session_cold *cold, uint8_t slot)
{
	int used = xsrtp_key_used(half);

	if (used < 0 || used == slot)
		return;
	store_once(&cold->also, used);
	half_use(half, cold, slot);
}

void xsrtp_key_hide(struct xsrtp_session *s, unsigned int slot)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(s);

	if (slot >= xsrtp_session_cold(s, suite)->keys)
		return;
	store_once(&xsrtp_session_cold(s, suite)->slot[slot].set, 0);
	store_once(&xsrtp_session_cold(xsrtp_session_rtcp(s), suite)->slot[slot].set, 0);
}

bool xsrtp_key_get(const struct xsrtp_session *s, unsigned int slot,
		   struct xsrtp_key_state *state)
{
	const struct xsrtp_session_cold *cold = xsrtp_session_cold(s, xsrtp_session_suite(s));
	const struct xsrtp_key_info *info = &cold->slot[slot];

	if (slot >= cold->keys || !load_acquire(&info->set))
		return false;
	state->mki = info->mki;
	state->mki_len = info->mki_len;
	state->left = load_once(&info->budget.left);
	state->kdr = xsrtp_option_kdr(s, cold, slot);
	return true;
}

void xsrtp_key_wipe(struct xsrtp_session *s, unsigned int slot)
{
	if (slot >= xsrtp_session_cold(s, xsrtp_session_suite(s))->keys)
		return;
	key_info_wipe(s, slot);
	key_info_wipe(xsrtp_session_rtcp(s), slot);
}
