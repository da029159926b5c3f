// SPDX-License-Identifier: GPL-2.0
/*
 * verdicts WINDOW HIGHEST AROUND DEPTH DELTA...: the core's verdicts on all sequences
 * of up to DEPTH packets, a letter each, in the order of a depth-first walk.
 *
 * HIGHEST: index that the stream begins with (it and all before were seen), -1: none
 * yet. A packet has the highest index so far (AROUND before the first) plus DELTA, and
 * a good tag unless DELTA ends in "!". An index that does not exist has no packet and
 * no letter.
 *
 * The cipher encrypts nothing. A tag is good if the packet's text is the index that
 * the core has estimated, as with a MAC over the ROC.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cipher.h"

#define LEN		20	/* header and the index */
#define TAG		4
#define DELTAS_MAX	64
#define DEPTH_MAX	8

static struct {
	int64_t delta;
	bool good;
} deltas[DELTAS_MAX];
static int n_deltas;
static size_t session_bytes;
static int64_t around;

static void expand(const struct xsrtp_suite_info *suite, struct xsrtp_cipher_key *key,
		   const uint8_t *enc_key, const uint8_t *auth_key)
{
	memcpy(key->rk, enc_key, suite->key_len);
}

static void ctr(const struct xsrtp_suite_info *suite, const struct xsrtp_cipher_key *key,
		const uint8_t iv[16], uint8_t *data, size_t len)
{
}

static void open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		 unsigned int n)
{
	for (; n--; pkt++)
		if (memcmp((*pkt)->data + LEN - 8, &(*pkt)->index, 8) || (*pkt)->tag[0])
			(*pkt)->reason = XSRTP_REASON_BAD_TAG;
}

static const struct xsrtp_cipher shows_index = {
	.name = "shows-index", .expand = expand, .ctr = ctr, .open = open,
};

static unsigned int receive(struct xsrtp_session *s, uint64_t index, bool good)
{
	uint8_t data[LEN + TAG] = { 0x80, 0, index >> 8, index, [LEN] = !good };
	struct xsrtp_packet p = { .session = s, .data = data, .len = sizeof(data) };

	memcpy(data + LEN - 8, &index, 8);
	xsrtp_unprotect(&shows_index, &p, 1);
	return p.reason;
}

static char letter(unsigned int reason)
{
	return reason == XSRTP_REASON_OK ? 'o' : reason == XSRTP_REASON_REPLAY ? 'r' :
	       reason == XSRTP_REASON_TOO_OLD ? 't' : reason == XSRTP_REASON_BAD_TAG ? 'b' :
	       reason == XSRTP_REASON_KEY_EXPIRED ? 'e' : '?';
}

/* @s: a session for each level; the one of this level is not changed. */
static void walk(struct xsrtp_session *const *s, int64_t highest, int depth)
{
	int i;

	for (i = 0; i < n_deltas; i++) {
		int64_t index = (highest < 0 ? around : highest) + deltas[i].delta;
		unsigned int reason;

		if (index < 0)
			continue;
		memcpy(s[1], s[0], session_bytes);
		reason = receive(s[1], index, deltas[i].good);
		putchar(letter(reason));
		if (depth > 1)
			walk(s + 1, !reason && index > highest ? index : highest, depth - 1);
	}
}

static struct xsrtp_session *session(int window, int64_t highest)
{
	static const uint8_t bytes[64];
	const struct xsrtp_session_config cfg = {
		.suite = XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32, .window = window,
	};
	const struct xsrtp_key_config key = { .key = bytes, .salt = bytes };
	const struct xsrtp_stream_state st = { .index = highest };
	struct xsrtp_session *s;

	session_bytes = xsrtp_session_size(&cfg);
	s = session_bytes ? aligned_alloc(XSRTP_ALIGN, session_bytes) : NULL;
	if (!s || xsrtp_session_init(s, &cfg) || xsrtp_key_set(s, &shows_index, 0, &key) ||
	    xsrtp_key_use(s, 0) || (highest >= 0 && xsrtp_stream_set(s, &st)))
		exit(2);
	return s;
}

int main(int argc, char **argv)
{
	struct xsrtp_session *s[DEPTH_MAX + 1];
	int depth = argc > 5 ? atoi(argv[4]) : 0, i;
	char *end;

	if (depth < 1 || depth > DEPTH_MAX || argc - 5 > DELTAS_MAX)
		return 2;
	around = atoll(argv[3]);
	for (n_deltas = 0; n_deltas < argc - 5; n_deltas++) {
		deltas[n_deltas].delta = strtoll(argv[5 + n_deltas], &end, 10);
		deltas[n_deltas].good = *end != '!';
	}
	for (i = 0; i <= depth; i++)
		s[i] = session(atoi(argv[1]), atoll(argv[2]));
	walk(s, atoll(argv[2]), depth);
	return fflush(stdout) ? 1 : 0;
}
