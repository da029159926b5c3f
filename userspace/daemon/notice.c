// SPDX-License-Identifier: GPL-2.0
/*
 * Words that are known (read somewhere, or passed over on purpose: Documentation/ng.md
 * has them all), and up to NOTICES others that were said already.
 */
#include "notice.h"

#include "ng.h"
#include "say.h"

#define NOTICES	64

static const char *const known_keys[] = {
	"command", "call-id", "from-tag", "to-tag", "via-branch", "sdp", "supports", "flags", "replace",
	"direction", "interface", "transport-protocol", "rtcp-mux", "ICE", "SDES", "address-family",
	"media-address", "received-from", "delete-delay", "record-call", "codec", "T.38", "rtpp-flags",
	"ptime", "ptime-reverse", "repacketize", "limit", "sip-message-type", "DTLS", "DTLS-reverse",
	"DTLS-fingerprint", "TOS", "OSRTP", "label", "ICE-lite", "metadata", "all",
};

static const char *const known_flags[] = {
	"trust-address", "SIP-source-address", "symmetric", "asymmetric", "strict-source",
	"media-handover", "port-latching", "no-port-latching", "full-rtcp-attribute", "no-rtcp-attribute",
	"fatal", "original-sendrecv", "reset", "unidirectional", "recrypt", "origin", "session-connection",
	"zero-address", "trickle-ICE", "reject-ICE", "fragment",
};

static bool is_known(const char *const *words, size_t n, struct text t)
{
	while (n--)
		if (ng_word_is(t, words[n]))
			return true;
	return false;
}

/* Only its hash is kept: who sends much cannot fill more than the table. */
static bool said(struct text t)
{
	static uint32_t hashes[NOTICES];
	static unsigned int n;
	uint32_t h = 2166136261u;
	unsigned int k;
	size_t i;

	for (i = 0; i < t.len; i++)
		h = (h ^ (unsigned char)t.s[i]) * 16777619u;
	for (k = 0; k < n; k++)
		if (hashes[k] == h)
			return true;
	if (n == NOTICES)
		return true;
	hashes[n++] = h;
	return false;
}

static void notice(const char *what, struct text t)
{
	char word[TEXT_SHOWN + 1];
	size_t i;

	if (said(t))
		return;
	for (i = 0; i < t.len && i < TEXT_SHOWN; i++)
		word[i] = t.s[i] > ' ' && t.s[i] < 0x7f ? t.s[i] : '?';
	word[i] = 0;
	say(SAY_NOTICE, "%s passed over, as we do not know it: %s", what, word);
}

static void look_at_words(const struct item *list)
{
	const struct item *i;

	for (i = list && list->type == ITEM_LIST ? list->first : NULL; i; i = i->next) {
		struct text t = i->string;

		if (i->type != ITEM_STRING || text_strip(&t, "SDES-") || text_strip(&t, "OSRTP-"))
			continue;
		if (!is_known(known_flags, sizeof(known_flags) / sizeof(known_flags[0]), t))
			notice("flag", t);
	}
}

void notice_unknown(const struct item *dict)
{
	const struct item *i;

	for (i = dict->first; i; i = i->next)
		if (!is_known(known_keys, sizeof(known_keys) / sizeof(known_keys[0]), i->key))
			notice("key", i->key);
	look_at_words(ng_get(dict, "flags"));
	look_at_words(ng_get(dict, "replace"));
}
