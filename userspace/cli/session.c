// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of SRTP that flow add takes: how they are said, and how they are shown,
 * in the same words. They are said once, for the directions that are SRTP.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xsrtp/suite.h>

#define LIFETIME_MAX	(1ULL << 48)	/* what RFC 3711 9.2 allows */

static const struct word {
	const char *name;
	uint32_t bit;
} flag_words[] = {
	{ "unencrypted-srtp", XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTP },
	{ "unencrypted-srtcp", XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTCP },
	{ "cryptex", XSRTP_SESSION_FLAGS_CRYPTEX },
	{ "key-rate", XSRTP_SESSION_FLAGS_KEY_RATE },
	{ "evict", XSRTP_SESSION_FLAGS_EVICT },
	{ NULL, 0 }
}, event_words[] = {
	{ "key-low", XSRTP_EVENTS_KEY_LOW },
	{ "key-switch", XSRTP_EVENTS_KEY_SWITCH },
	{ "new-stream", XSRTP_EVENTS_NEW_STREAM },
	{ "key-expired", XSRTP_EVENTS_KEY_EXPIRED },
	{ NULL, 0 }
};

static const char *const roc_words[] = { "keep", "zero", "try" };
#define ROC_WORDS	(sizeof(roc_words) / sizeof(roc_words[0]))

/* --- reading -------------------------------------------------------------------- */

static bool read_flag(struct args *a, struct session *s)
{
	const struct word *w;

	for (w = flag_words; w->name; w++) {
		if (!args_match(a, w->name))
			continue;
		s->flags |= w->bit;
		return true;
	}
	return false;
}

static uint32_t read_roc(struct args *a)
{
	const char *text = args_value(a, "ROC policy");
	uint32_t i;

	for (i = 0; i < ROC_WORDS; i++)
		if (!strcmp(text, roc_words[i]))
			return i;
	usage("roc is keep, zero or try, not \"%s\"", text);
}

/* "1,3,14": elements of header extensions. */
static void read_ext_ids(struct args *a, struct session *s)
{
	const char *text = args_value(a, "list of ids"), *at = text;
	unsigned long id;
	char *end;

	do {
		id = strtoul(at, &end, 10);
		if (*at < '0' || *at > '9' || (*end && *end != ',') || !id || id > 255)
			usage("ext-ids: \"%s\" is not a list of ids from 1 to 255, as 1,3", text);
		s->ext_ids[id / 8] |= 1 << id % 8;
		at = end + 1;
	} while (*end);
}

static void read_stream(struct args *a, struct session *s)
{
	struct stream *st;

	s->streams = reallocarray(s->streams, s->n_streams + 1, sizeof(*s->streams));
	if (!s->streams)
		fail("out of memory");
	st = &s->streams[s->n_streams++];
	*st = (struct stream){ .ssrc = args_u32(a, "SSRC") };
	st->no_roc = !args_match(a, "roc");
	if (!st->no_roc)
		st->roc = args_u32(a, "roc");
	st->no_seq = st->no_roc || !args_match(a, "seq");
	if (!st->no_seq)
		st->seq = args_u32(a, "seq");
	st->has_rtcp_index = args_match(a, "rtcp-index");
	if (st->has_rtcp_index)
		st->rtcp_index = args_u32(a, "rtcp-index");
	if (st->no_roc && !st->has_rtcp_index)
		usage("ssrc needs: ssrc SSRC roc N [seq N], rtcp-index N, or both");
}

bool session_word(struct args *a, struct session *s)
{
	if (args_match(a, "window"))
		s->window = args_u32(a, "window");
	else if (args_match(a, "streams"))
		s->max_streams = args_u32(a, "streams");
	else if (args_match(a, "roc"))
		s->roc_policy = read_roc(a);
	else if (args_match(a, "roc-rate"))
		s->roc_rate = args_u32(a, "roc-rate");
	else if (args_match(a, "ext-ids"))
		read_ext_ids(a, s);
	else if (args_match(a, "ssrc"))
		read_stream(a, s);
	else
		return read_flag(a, s);
	return true;
}

bool key_word(struct args *a, struct key_words *w)
{
	if (args_match(a, "lifetime")) {
		w->lifetime = args_u64(a, "lifetime");
		if (!w->lifetime || w->lifetime > LIFETIME_MAX)
			usage("a key serves 1 to 2^48 packets");
	} else if (args_match(a, "rate")) {
		w->rate = args_u32(a, "rate");
	} else {
		return false;
	}
	return true;
}

void key_words_to(const struct key_words *w, struct key *key)
{
	key->lifetime = w->lifetime;
	key->rate = w->rate;
}

/* --- showing -------------------------------------------------------------------- */

static void print_words(const char *name, const struct word *w, uint32_t bits)
{
	if (!bits)
		return;
	out_array(name);
	for (; w->name; w++)
		if (bits & w->bit)
			out_str(NULL, " %s", w->name);
	out_end();
}

static void print_ext_ids(const struct session *s)
{
	bool any = false;
	unsigned int id;

	for (id = 1; id < 256; id++) {
		if (!(s->ext_ids[id / 8] >> id % 8 & 1))
			continue;
		if (!any)
			out_array("ext_ids");
		out_u64(NULL, any ? ",%" PRIu64 : " ext-ids %" PRIu64, id);
		any = true;
	}
	if (any)
		out_end();
}

void print_rules(const struct session *s)
{
	print_words("flags", flag_words, s->flags);
	if (s->roc_policy)
		out_str("roc_policy", " roc %s", s->roc_policy < ROC_WORDS ?
			roc_words[s->roc_policy] : "unknown");
	if (s->roc_rate)
		out_u64("roc_rate", " roc-rate %" PRIu64, s->roc_rate);
	print_ext_ids(s);
}

void print_events(const struct session *s)
{
	if (!s->events)
		return;
	out_text("    event");
	print_words("events", event_words, s->events);
	out_text("\n");
}

static void print_mki(const struct key_slot *slot)
{
	char hex[2 * XSRTP_MKI_MAX + 1];
	unsigned int i;

	for (i = 0; i < slot->mki_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", slot->mki[i]);
	if (slot->mki_len)
		out_str("mki", " mki %s", hex);
}

/* In text only what a plain key has not. */
void print_slots(const struct session *s)
{
	const struct key_slot *k;

	out_array("keys");
	for (k = s->slots; k < s->slots + s->n_slots; k++) {
		bool second = k->which == XSRTP_KEY_SLOT_SECOND;
		bool plain = !second && s->n_slots == 1 && !k->mki_len && !k->rate &&
			     k->left > LIFETIME_MAX / 2;

		out_object(NULL);
		out_str("slot", plain ? NULL : "    %s key", second ? "second" : "first");
		print_mki(k);
		out_u64("packets_left", plain ? NULL : " %" PRIu64 " packets left", k->left);
		if (k->rate)
			out_u64("rate", " rate %" PRIu64, k->rate);
		out_text(plain ? "" : "\n");
		out_end();
	}
	out_end();
}
