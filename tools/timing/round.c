// SPDX-License-Identifier: GPL-2.0
/*
 * The packets of a round, and their keys.
 */
#include <string.h>

#include "kdf.h"
#include "timing.h"

static uint64_t sent[SESSIONS_MAX], received[SESSIONS_MAX];	/* next index of each */

static uint64_t random_state = 88172645463325252;

uint32_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 20;
}

uint32_t session_ssrc(uint32_t session)
{
	return 0x10000000 + session;
}

void make_keys(uint32_t sessions)
{
	const struct xsrtp_cipher *c = xsrtp_cipher_get(0);
	uint32_t i, j;

	for (i = 0; i < sessions; i++) {
		struct keys *k = &keys[i];

		for (j = 0; j < sizeof(k->master); j++)
			k->master[j] = rnd();
		for (j = 0; j < sizeof(k->master_salt); j++)
			k->master_salt[j] = rnd();
		xsrtp_kdf(c, suite, k->master, k->master_salt, KDF_RTP_ENCRYPTION, 0, k->enc,
			  suite->key_len);
		xsrtp_kdf(c, suite, k->master, k->master_salt, KDF_RTP_AUTH, 0, k->auth, 20);
		xsrtp_kdf(c, suite, k->master, k->master_salt, KDF_RTP_SALT, 0, k->salt,
			  suite->salt_len);
		sent[i] = received[i] = 1;
	}
}

uint32_t text_len(const struct item *it, enum op op)
{
	return it->len - HEADER - (op == PROTECT ? 0 : suite->tag_len);
}

/* RFC 3711 4.1.1, RFC 7714 8.1 */
void make_iv(uint8_t iv[16], const struct item *it)
{
	int at = suite->kind == XSRTP_KIND_CM ? 4 : 2, i;

	memset(iv, 0, 16);
	put_unaligned_be32(session_ssrc(it->session), iv + at);
	put_unaligned_be32(it->index >> 16, iv + at + 4);
	put_unaligned_be16(it->index, iv + at + 8);
	for (i = 0; i < suite->salt_len; i++)
		iv[i] ^= keys[it->session].salt[i];
}

static void make_rtp(uint8_t *p, const struct item *it)
{
	memset(p, 0, HEADER);
	p[0] = 0x80;
	p[1] = 8;
	put_unaligned_be16(it->index, p + 2);
	put_unaligned_be32(session_ssrc(it->session), p + 8);
	memset(p + HEADER, it->index, it->len - HEADER);
}

/* A round's packets into @master: plain, or sealed, or with a bit of the tag wrong. */
void make_round(struct item *it, uint8_t *master, const struct row *row)
{
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		it[i].session = (row->begin ? row->begin - 1 + i : rnd()) % row->sessions;
		it[i].index = (row->op == PROTECT ? sent : received)[it[i].session]++;
		it[i].data = master + i * ROOM;
		it[i].len = HEADER + row->bytes;
		make_rtp(it[i].data, &it[i]);
	}
	if (row->op == PROTECT)
		return;
	reference_seal(it);
	for (i = 0; i < BURST; i++) {
		it[i].len += suite->tag_len;
		if (row->op == FORGED)
			it[i].data[it[i].len - 1] ^= 1 << rnd() % 8;
	}
}

/* What a system gets: a copy to work on. Every system works in the same place. */
void copy_round(struct item *to, const struct item *from)
{
	static uint8_t *buffer;
	unsigned int i;

	if (!buffer)
		buffer = big_alloc(BURST * ROOM);
	for (i = 0; i < BURST; i++) {
		to[i] = from[i];
		to[i].data = buffer + i * ROOM;
		to[i].accepted = false;
		memcpy(to[i].data, from[i].data, from[i].len);
	}
}
