// SPDX-License-Identifier: GPL-2.0
/*
 * STUN messages. Strict: the length of the datagram is the message's, each attribute is
 * inside, FINGERPRINT is the last. That and the CRC cost little, and all that is not for
 * us, or is noise, ends there, before the HMAC.
 */
#include "stun.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <sys/socket.h>

#define HEADER		20
#define COOKIE		0x2112a442u
#define INTEGRITY_LEN	20	/* SHA-1: what RFC 8445 has for credentials */
#define USERNAME_MAX	512	/* RFC 8489 14.3: less than 513 bytes */
#define FINGERPRINT_XOR	0x5354554eu	/* "STUN", RFC 8489 14.7 */

static unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* --- FINGERPRINT and MESSAGE-INTEGRITY ----------------------------------------------------- */

/* ITU V.42's CRC-32, four bits at a time. */
static uint32_t crc32(const uint8_t *p, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* Over the message up to the attribute at @end, as if that were the last one (RFC 8489 14.5). */
static bool integrity(const uint8_t *packet, size_t end, const char *password, uint8_t mac[INTEGRITY_LEN])
{
	uint8_t covered[STUN_MAX];
	unsigned int len = INTEGRITY_LEN;

	if (end > sizeof(covered))
		return false;
	memcpy(covered, packet, end);
	put16(covered + 2, end + 4 + INTEGRITY_LEN - HEADER);
	return HMAC(EVP_sha1(), password, strlen(password), covered, end, mac, &len);
}

bool stun_verify(const struct stun *s, const char *password)
{
	uint8_t mac[INTEGRITY_LEN];

	return s->integrity && integrity(s->packet, s->integrity, password, mac) &&
	       !CRYPTO_memcmp(mac, s->packet + s->integrity + 4, INTEGRITY_LEN);
}

/* --- reading --------------------------------------------------------------------------------- */

/* Those that no request of ICE needs, but that a request may have: passed over. */
static bool is_known(unsigned int type)
{
	switch (type) {
	case 0x0001: case STUN_ERROR_CODE: case STUN_UNKNOWN_ATTRIBUTES: case 0x0014: case 0x0015:
	case 0x001c: case 0x001d: case 0x001e: case STUN_XOR_MAPPED_ADDRESS:
		return true;
	default:
		return type >= 0x8000;	/* RFC 8489 14: comprehension is optional */
	}
}

static void read_unknown(struct stun *s, unsigned int type)
{
	if (!is_known(type) && s->n_unknown < STUN_UNKNOWN)
		s->unknown[s->n_unknown++] = type;
}

/* Of one that is there twice the first counts (RFC 8489 14). */
static void read_attribute(struct stun *s, unsigned int type, const uint8_t *value, size_t len)
{
	switch (type) {
	case STUN_USERNAME:
		s->wrong |= len > USERNAME_MAX;
		if (!s->username.s)
			s->username = (struct text){ (const char *)value, len };
		break;
	case STUN_MESSAGE_INTEGRITY:
		s->integrity = value - 4 - s->packet;
		break;
	case STUN_PRIORITY:
		s->wrong |= len != 4;
		break;
	case STUN_USE_CANDIDATE:
		s->wrong |= len != 0;
		s->use_candidate = true;
		break;
	case STUN_ICE_CONTROLLED:
		s->wrong |= len != 8;
		s->controlled = true;
		break;
	case STUN_ICE_CONTROLLING:
		s->wrong |= len != 8;
		s->controlling = true;
		break;
	default:
		read_unknown(s, type);
	}
}

/* The last 8 bytes; @end is where they begin. */
static bool fingerprint_fits(const uint8_t *packet, size_t end)
{
	return get16(packet + end) == STUN_FINGERPRINT && get16(packet + end + 2) == 4 &&
	       get32(packet + end + 4) == (crc32(packet, end) ^ FINGERPRINT_XOR);
}

static bool is_stun(const uint8_t *p, size_t len)
{
	return len >= HEADER + 8 && len <= STUN_MAX && !(p[0] & 0xc0) && get32(p + 4) == COOKIE &&
	       !(get16(p + 2) & 3) && HEADER + get16(p + 2) == len;
}

int stun_parse(const uint8_t *packet, size_t len, struct stun *s)
{
	size_t at = HEADER, end = len - 8, n;

	if (!is_stun(packet, len) || !fingerprint_fits(packet, end))
		return -EINVAL;
	*s = (struct stun){ .type = get16(packet), .packet = packet, .id = packet + 8 };
	while (at < end) {
		n = get16(packet + at + 2);
		if (padded(n) > end - at - 4)
			return -EINVAL;
		if (!s->integrity)
			read_attribute(s, get16(packet + at), packet + at + 4, n);
		at += 4 + padded(n);
	}
	/* Of another length it is none, and is not to be read as one. */
	if (s->integrity && get16(packet + s->integrity + 2) != INTEGRITY_LEN)
		return -EINVAL;
	return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

/* The length is said in the header as attributes come. */
static void put_bytes(struct buf *b, const void *value, size_t len)
{
	buf_put(b, (struct text){ value, len });
	if (!buf_full(b))
		put16((uint8_t *)b->data + 2, b->len - HEADER);
}

void stun_begin(struct buf *b, enum stun_type type, const uint8_t id[STUN_ID])
{
	uint8_t header[HEADER] = { 0 };

	put16(header, type);
	put32(header + 4, COOKIE);
	memcpy(header + 8, id, STUN_ID);
	buf_put(b, (struct text){ (const char *)header, HEADER });
}

void stun_put(struct buf *b, enum stun_attribute type, const void *value, size_t len)
{
	static const uint8_t zero[3];
	uint8_t head[4];

	put16(head, type);
	put16(head + 2, len);
	put_bytes(b, head, sizeof(head));
	put_bytes(b, value, len);
	put_bytes(b, zero, padded(len) - len);
}

/* RFC 8489 14.2: the port under the cookie, the address under the cookie and the ID. */
void stun_put_mapped(struct buf *b, const struct endpoint *ep)
{
	bool six = ep->family == AF_INET6;
	uint8_t v[20] = { 0, six ? 2 : 1 };
	const uint8_t *under = (const uint8_t *)b->data + 4;
	size_t i, n = six ? 16 : 4;

	if (buf_full(b))
		return;
	put16(v + 2, ep->port ^ COOKIE >> 16);
	for (i = 0; i < n; i++)
		v[4 + i] = ep->addr[i] ^ under[i];
	stun_put(b, STUN_XOR_MAPPED_ADDRESS, v, 4 + n);
}

void stun_put_error(struct buf *b, unsigned int code)
{
	const char *reason = code == 420 ? "Unknown Attribute" : code == 487 ? "Role Conflict" : "Bad Request";
	uint8_t v[4 + 32] = { 0, 0, code / 100, code % 100 };
	size_t len = strlen(reason);

	memcpy(v + 4, reason, len);
	stun_put(b, STUN_ERROR_CODE, v, 4 + len);
}

void stun_put_unknown(struct buf *b, const struct stun *s)
{
	uint8_t v[2 * STUN_UNKNOWN];
	unsigned int i;

	for (i = 0; i < s->n_unknown; i++)
		put16(v + 2 * i, s->unknown[i]);
	stun_put(b, STUN_UNKNOWN_ATTRIBUTES, v, 2 * s->n_unknown);
}

void stun_end(struct buf *b, const char *password)
{
	uint8_t mac[INTEGRITY_LEN], crc[4];

	if (buf_full(b) || !integrity((const uint8_t *)b->data, b->len, password, mac)) {
		b->full = true;
		return;
	}
	stun_put(b, STUN_MESSAGE_INTEGRITY, mac, sizeof(mac));
	if (buf_full(b))
		return;
	/* Its length is that of the whole message: said before it is counted over. */
	put16((uint8_t *)b->data + 2, b->len + 8 - HEADER);
	put32(crc, crc32((const uint8_t *)b->data, b->len) ^ FINGERPRINT_XOR);
	stun_put(b, STUN_FINGERPRINT, crc, sizeof(crc));
}
