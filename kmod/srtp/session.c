// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kdf.h"
#include "session.h"

static const struct xsrtp_suite_info *session_suite(const struct xsrtp_session *s)
{
	return &xsrtp_suites[s->first.own[OWN_SUITE]];
}

/* --- memory ------------------------------------------------------------------ */

static bool config_valid(const struct xsrtp_session_config *cfg)
{
	return xsrtp_suite_info(cfg->suite) && cfg->streams <= XSRTP_STREAMS_MAX &&
	       (!cfg->window || (cfg->window >= XSRTP_WINDOW_MIN &&
				 cfg->window <= XSRTP_WINDOW_MAX &&
				 !(cfg->window & (cfg->window - 1))));
}

static uint32_t config_window(const struct xsrtp_session_config *cfg)
{
	return cfg->window ? cfg->window : XSRTP_WINDOW_MIN;
}

static uint32_t config_streams(const struct xsrtp_session_config *cfg)
{
	return cfg->streams ? cfg->streams : 1;
}

/* Streams 2 and on start on a 16-byte boundary and keep it: 32 bytes each. */
struct stream_slot {
	struct xsrtp_stream st;
	uint64_t pad;
};

static struct stream_slot *more_streams(const struct xsrtp_session_cold *cold)
{
	return (void *)((char *)cold + (sizeof(*cold) + 63) / 64 * 64);
}

size_t xsrtp_session_size(const struct xsrtp_session_config *cfg)
{
	uint32_t streams = config_streams(cfg);
	size_t len;

	if (!config_valid(cfg))
		return 0;
	len = XSRTP_KEYS * xsrtp_slot_size(xsrtp_suite_info(cfg->suite)) +
	      (sizeof(struct xsrtp_session_cold) + 63) / 64 * 64 +
	      (streams - 1) * sizeof(struct stream_slot) +
	      streams * xsrtp_replay_words(config_window(cfg)) * sizeof(uint64_t);
	return (len + XSRTP_ALIGN - 1) / XSRTP_ALIGN * XSRTP_ALIGN;
}

int xsrtp_session_init(struct xsrtp_session *s, const struct xsrtp_session_config *cfg)
{
	struct xsrtp_session_cold *cold;
	size_t size = xsrtp_session_size(cfg);

	if (!size)
		return -EINVAL;
	memset(s, 0, size);
	s->first.own[OWN_SUITE] = cfg->suite;
	s->first.own[OWN_SLOT] = XSRTP_NO_KEY;
	cold = xsrtp_session_cold(s, session_suite(s));
	cold->window = config_window(cfg);
	cold->streams = config_streams(cfg);
	return 0;
}

void xsrtp_session_wipe(struct xsrtp_session *s)
{
	struct xsrtp_session_cold *cold = xsrtp_session_cold(s, session_suite(s));
	struct xsrtp_session_config cfg = {
		.suite = s->first.own[OWN_SUITE],
		.window = cold->window,
		.streams = cold->streams,
	};

	memzero_explicit(s, xsrtp_session_size(&cfg));
}

/* --- streams ------------------------------------------------------------------ */

static struct xsrtp_stream *stream_at(const struct xsrtp_session *s,
				      const struct xsrtp_session_cold *cold, uint32_t i)
{
	return i ? &more_streams(cold)[i - 1].st : (struct xsrtp_stream *)&s->first;
}

uint64_t *xsrtp_stream_ring(struct xsrtp_session *s, const struct xsrtp_session_cold *cold,
			    const struct xsrtp_stream *st)
{
	struct stream_slot *more = more_streams(cold);
	uint32_t words = xsrtp_replay_words(cold->window);
	uint64_t *rings = (uint64_t *)(more + cold->streams - 1);
	size_t i = st == &s->first ? 0 : (const struct stream_slot *)st - more + 1;

	return words ? rings + i * words : NULL;
}

struct xsrtp_stream *xsrtp_stream_find(struct xsrtp_session *s,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc)
{
	uint32_t i;

	for (i = 0; i < cold->streams; i++) {
		struct xsrtp_stream *st = stream_at(s, cold, i);
		struct xsrtp_stream now = { .id = load_once(&st->id) };

		if (!now.live)
			break;
		if (now.ssrc == ssrc)
			return st;
	}
	return NULL;
}

struct xsrtp_stream *xsrtp_stream_take(struct xsrtp_session *s,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc)
{
	uint32_t i;

	for (i = 0; i < cold->streams; i++) {
		struct xsrtp_stream *st = stream_at(s, cold, i);
		struct xsrtp_stream now = { .id = load_once(&st->id) }, new;

		while (!now.live) {
			new.id = now.id;
			new.ssrc = ssrc;
			new.live = 1;
			if (cas64(&st->id, &now.id, new.id))
				return st;
		}
		if (now.ssrc == ssrc)
			return st;
	}
	return NULL;
}

bool xsrtp_stream_room(struct xsrtp_session *s, const struct xsrtp_session_cold *cold)
{
	return !stream_at(s, cold, cold->streams - 1)->live;
}

bool xsrtp_stream_get(const struct xsrtp_session *s, unsigned int n,
		      struct xsrtp_stream_state *state)
{
	const struct xsrtp_session_cold *cold = xsrtp_session_cold(s, session_suite(s));
	const struct xsrtp_stream *st;
	uint64_t next;

	if (n >= cold->streams)
		return false;
	st = stream_at(s, cold, n);
	next = load_once(&st->next);
	if (!st->live || !next)
		return false;
	state->ssrc = st->ssrc;
	state->index = next - 1;
	return true;
}

/* --- keys --------------------------------------------------------------------- */

int xsrtp_key_used(const struct xsrtp_session *s)
{
	uint8_t slot = load_once(&s->first.own[OWN_SLOT]);

	return slot == XSRTP_NO_KEY ? -1 : slot;
}

/* Is the key in @slot the one in use? */
static bool key_is_used(const struct xsrtp_session *s, const struct xsrtp_cipher_key *key)
{
	const struct xsrtp_suite_info *suite = session_suite(s);
	const struct xsrtp_cipher_key *used;

	if (xsrtp_key_used(s) < 0)
		return false;
	used = xsrtp_session_key(s, suite, xsrtp_key_used(s));
	return !(xsrtp_memneq(used->rk, key->rk, suite->key_len) |
		 xsrtp_memneq(xsrtp_key_salt(suite, used), xsrtp_key_salt(suite, key), 16));
}

int xsrtp_key_set(struct xsrtp_session *s, const struct xsrtp_cipher *c, unsigned int slot,
		  const struct xsrtp_key_config *cfg)
{
	const struct xsrtp_suite_info *suite = session_suite(s);
	struct xsrtp_session_cold *cold = xsrtp_session_cold(s, suite);
	uint8_t mki_len = cfg->mki ? cfg->mki_len : 0;
	struct xsrtp_cipher_key *key;

	if (slot >= XSRTP_KEYS || mki_len > XSRTP_MKI_MAX)
		return -EINVAL;
	if (xsrtp_key_used(s) == (int)slot)
		return -EBUSY;

	key = xsrtp_session_key(s, suite, slot);
	xsrtp_key_derive(c, suite, key, cfg->key, cfg->salt);
	if (key_is_used(s, key)) {
		xsrtp_key_wipe(s, slot);
		return -EEXIST;
	}
	cold->slot[slot].mki_len = mki_len;
	if (mki_len)
		memcpy(cold->slot[slot].mki, cfg->mki, mki_len);
	cold->slot[slot].set = 1;
	return 0;
}

int xsrtp_key_use(struct xsrtp_session *s, int slot)
{
	struct xsrtp_session_cold *cold = xsrtp_session_cold(s, session_suite(s));
	struct xsrtp_stream now, new;

	if (slot < -1 || slot >= XSRTP_KEYS)
		return -EINVAL;
	if (slot >= 0 && !cold->slot[slot].set)
		return -ENOKEY;

	/* Slot and MKI length change together, under packets and new streams. */
	now.id = load_once(&s->first.id);
	do {
		new.id = now.id;
		new.own[OWN_SLOT] = slot < 0 ? XSRTP_NO_KEY : slot;
		new.own[OWN_MKI_LEN] = slot < 0 ? 0 : cold->slot[slot].mki_len;
	} while (!cas64(&s->first.id, &now.id, new.id));
	return 0;
}

void xsrtp_key_wipe(struct xsrtp_session *s, unsigned int slot)
{
	const struct xsrtp_suite_info *suite = session_suite(s);
	struct xsrtp_session_cold *cold = xsrtp_session_cold(s, suite);

	if (slot >= XSRTP_KEYS)
		return;
	memzero_explicit(&cold->slot[slot], sizeof(cold->slot[slot]));
	memzero_explicit(xsrtp_session_key(s, suite, slot),
			 xsrtp_slot_size(suite) - XSRTP_KEY_OFFSET);
}
