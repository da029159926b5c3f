/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an attacker puts on the wire: frames from the Ethernet header on, each a
 * function of the options and of its number, so that a run can be had again and
 * a test can name any frame of it. tests/e2e/flood-kinds.sh has tshark say what
 * each kind is.
 *
 *	rtp		a G.711 packet (RFC 3551) of one SSRC, the next number each
 *	ssrcs		the same, another random SSRC in each
 *	bad-tag		SRTP of one SSRC: noise, and 80 bits of noise for a tag; the
 *			number random, since who cannot sign seldom sees it either
 *	stun		a binding request (RFC 8489 6), as ICE sends it
 *	dtls		a first ClientHello with use_srtp (RFC 6347, RFC 5764)
 *	fragment	rtp, each in two IP fragments: two frames, one packet
 *	malformed	in turn: no protocol of RFC 7983, no payload, a UDP length
 *			past the IP packet, an IP length past the frame
 *
 * Source addresses and ports are drawn anew for each, out of a prefix, unless
 * the prefix is one address and the port is given. Checksums are right.
 */
#ifndef TOOLS_FORGE_H
#define TOOLS_FORGE_H

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "stream.h"

#define FORGE_FRAME_MAX		512
#define FORGE_PORT_LOWEST	1024
#define FORGE_FRAGMENT		96	/* bytes of a datagram in its first fragment: 8 * n */
#define FORGE_BEYOND		64	/* how far a wrong length goes past the end */

enum forge_kind {
	FORGE_RTP, FORGE_SSRCS, FORGE_BAD_TAG, FORGE_STUN, FORGE_DTLS, FORGE_FRAGMENTS,
	FORGE_MALFORMED, FORGE_KINDS
};

static const char * const forge_names[FORGE_KINDS] = {
	"rtp", "ssrcs", "bad-tag", "stun", "dtls", "fragment", "malformed",
};

enum forge_malformed { NO_PROTOCOL, NO_PAYLOAD, UDP_TOO_LONG, IP_TOO_LONG, MALFORMED_KINDS };

struct forge {
	enum forge_kind kind;
	int family;
	uint8_t mac_from[ETH_ALEN], mac_to[ETH_ALEN];
	uint8_t from[16], to[16];	/* 4 or 16 bytes of each, as in the header */
	unsigned int from_len;		/* bits of @from that are fixed */
	uint16_t from_port;		/* 0: random */
	uint16_t to_port, to_ports;	/* the first, and how many … */
	uint16_t step;			/* … each so far from the one before */
	uint32_t ssrc;
	uint64_t seed;
};

/* One datagram on its way to frames. */
struct datagram {
	uint64_t random;
	uint8_t from[16];
	uint32_t id;			/* of its fragments */
	size_t len;			/* of the UDP header and what is behind it */
	uint8_t udp[FORGE_FRAME_MAX];
};

static inline uint8_t *forge_put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

static inline uint8_t *forge_noise(uint8_t *p, size_t len, uint64_t *random)
{
	while (len--)
		*p++ = stream_random(random) >> 56;
	return p;
}

/* --- what is behind the UDP header: each returns its end --------------------------- */

static inline uint8_t *forge_rtp(uint8_t *p, uint32_t ssrc, uint64_t n, uint64_t *random)
{
	p = forge_put16(p, 0x8000);
	p = forge_put16(p, n);
	p = stream_put32(p, n * 160);
	p = stream_put32(p, ssrc);
	return forge_noise(p, 160, random);
}

/*
 *	|0 0|       0x0001: request       |            length             |
 *	|                      magic cookie 0x2112A442                    |
 *	|                     transaction ID, 96 bits                     |
 *	|  USERNAME   0x0006, 9, "peer:host", padded to words of 32 bits  |
 *	|  PRIORITY   0x0024, 4 (RFC 8445 16.1)                           |
 */
static inline uint8_t *forge_stun(uint8_t *p, uint64_t *random)
{
	p = forge_put16(p, 0x0001);
	p = forge_put16(p, 16 + 8);
	p = stream_put32(p, 0x2112a442);
	p = forge_noise(p, 12, random);
	p = stream_put32(p, 0x0006 << 16 | 9);
	memcpy(p, "peer:host\0\0\0", 12);
	p = stream_put32(p + 12, 0x0024 << 16 | 4);
	return stream_put32(p, 0x6e0001ff);
}

/* Extensions of the ClientHello: use_srtp of one profile, without MKI (RFC 5764 4.1.1). */
#define FORGE_HELLO_EXT		9
#define FORGE_HELLO_BODY	(2 + 32 + 1 + 1 + 2 + 2 + 2 + 2 + FORGE_HELLO_EXT)

/* Record (RFC 6347 4.1), handshake header (4.2.2), ClientHello without a cookie (4.2.1). */
static inline uint8_t *forge_dtls(uint8_t *p, uint64_t *random)
{
	static const uint8_t record[11] = { 22, 0xfe, 0xff };	/* epoch and number 0 */
	static const uint8_t tail[] = {
		0, 0,			/* no session, no cookie */
		0, 2, 0xc0, 0x2b,	/* ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 */
		1, 0,			/* no compression */
		0, FORGE_HELLO_EXT, 0, 14, 0, 5, 0, 2, 0, 1, 0,
	};

	memcpy(p, record, sizeof(record));
	p = forge_put16(p + 11, 12 + FORGE_HELLO_BODY);
	p = stream_put32(p, 1 << 24 | FORGE_HELLO_BODY);
	p = stream_put32(p, 0);			/* message 0, fragment from 0 … */
	p = stream_put32(p, FORGE_HELLO_BODY);	/* … of the whole; its top byte ends the offset */
	p = forge_put16(p, 0xfefd);
	p = forge_noise(p, 32, random);
	memcpy(p, tail, sizeof(tail));
	return p + sizeof(tail);
}

static inline uint8_t *forge_malformed(uint8_t *p, uint64_t n, uint64_t *random)
{
	uint8_t *end;

	if (n % MALFORMED_KINDS == NO_PAYLOAD)
		return p;
	end = forge_rtp(p, stream_random(random), n, random);
	if (n % MALFORMED_KINDS == NO_PROTOCOL)
		*p = 0xff;
	return end;
}

static inline uint8_t *forge_payload(const struct forge *f, uint64_t n, uint64_t *random, uint8_t *p)
{
	switch (f->kind) {
	case FORGE_SSRCS:
		return forge_rtp(p, stream_random(random) >> 32, n, random);
	case FORGE_BAD_TAG:
		return forge_noise(forge_rtp(p, f->ssrc, stream_random(random), random), 10, random);
	case FORGE_STUN:
		return forge_stun(p, random);
	case FORGE_DTLS:
		return forge_dtls(p, random);
	case FORGE_MALFORMED:
		return forge_malformed(p, n, random);
	default:
		return forge_rtp(p, f->ssrc, n, random);
	}
}

/* --- checksums (RFC 1071) ------------------------------------------------------------ */

static inline uint32_t forge_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	return sum;
}

static inline uint16_t forge_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static inline size_t forge_addr_len(const struct forge *f)
{
	return f->family == AF_INET6 ? 16 : 4;
}

/* Over the pseudo header (RFC 768, RFC 8200 8.1), which sums to the same in both. */
static inline uint16_t forge_udp_sum(const struct forge *f, const struct datagram *d)
{
	uint32_t sum = d->len + IPPROTO_UDP;
	uint16_t folded;

	sum = forge_sum(d->from, forge_addr_len(f), sum);
	sum = forge_sum(f->to, forge_addr_len(f), sum);
	folded = forge_fold(forge_sum(d->udp, d->len, sum));
	return folded ? folded : 0xffff;
}

/* --- the datagram ------------------------------------------------------------------- */

static inline bool forge_too_long(const struct forge *f, uint64_t n, enum forge_malformed what)
{
	return f->kind == FORGE_MALFORMED && n % MALFORMED_KINDS == what;
}

static inline void forge_source(const struct forge *f, struct datagram *d)
{
	for (size_t i = 0; i < forge_addr_len(f); i++) {
		int fixed = (int)f->from_len - (int)i * 8;
		uint8_t mask = fixed >= 8 ? 0xff : fixed <= 0 ? 0 : 0xff << (8 - fixed);

		d->from[i] = (f->from[i] & mask) | (stream_random(&d->random) >> 56 & ~mask);
	}
}

static inline uint16_t forge_port(uint16_t lowest, uint32_t count, uint16_t step, uint64_t *random)
{
	return lowest + (stream_random(random) >> 32) % count * step;
}

static inline void forge_datagram(const struct forge *f, uint64_t n, struct datagram *d)
{
	uint16_t port;
	uint8_t *end;

	d->random = f->seed ^ (n + 1) * 0xd1342543de82ef95;
	d->id = n;
	forge_source(f, d);
	port = forge_port(FORGE_PORT_LOWEST, 65536 - FORGE_PORT_LOWEST, 1, &d->random);
	forge_put16(d->udp, f->from_port ? f->from_port : port);
	forge_put16(d->udp + 2, forge_port(f->to_port, f->to_ports, f->step, &d->random));
	end = forge_payload(f, n, &d->random, d->udp + 8);
	d->len = end - d->udp;
	forge_put16(d->udp + 4, d->len + (forge_too_long(f, n, UDP_TOO_LONG) ? FORGE_BEYOND : 0));
	forge_put16(d->udp + 6, 0);
	forge_put16(d->udp + 6, forge_udp_sum(f, d));
}

/* --- the frame: bytes @from to @to of the datagram -------------------------------------- */

/* RFC 791 3.1 */
static inline uint8_t *forge_ipv4(const struct forge *f, const struct datagram *d, size_t from,
				  size_t to, size_t beyond, uint8_t *p)
{
	uint8_t *ip = p;

	p = forge_put16(p, 0x4500);
	p = forge_put16(p, 20 + to - from + beyond);
	p = forge_put16(p, d->id);
	p = forge_put16(p, (to < d->len ? 0x2000 : 0) | from / 8);
	p = forge_put16(p, 64 << 8 | IPPROTO_UDP);
	p = forge_put16(p, 0);
	memcpy(p, d->from, 4);
	memcpy(p + 4, f->to, 4);
	forge_put16(ip + 10, forge_fold(forge_sum(ip, 20, 0)));
	return p + 8;
}

/* RFC 8200 3, and 4.5 for a fragment */
static inline uint8_t *forge_ipv6(const struct forge *f, const struct datagram *d, size_t from,
				  size_t to, size_t beyond, uint8_t *p)
{
	bool part = to - from < d->len;

	p = stream_put32(p, 6U << 28);
	p = forge_put16(p, to - from + beyond + (part ? 8 : 0));
	p = forge_put16(p, (part ? IPPROTO_FRAGMENT : IPPROTO_UDP) << 8 | 64);
	memcpy(p, d->from, 16);
	memcpy(p + 16, f->to, 16);
	p += 32;
	if (!part)
		return p;
	p = forge_put16(p, IPPROTO_UDP << 8);
	p = forge_put16(p, from | (to < d->len));
	return stream_put32(p, d->id);
}

/* forge_frame() - frame number @n into @out (FORGE_FRAME_MAX); its length. */
static inline size_t forge_frame(const struct forge *f, uint64_t n, uint8_t *out)
{
	bool fragments = f->kind == FORGE_FRAGMENTS;
	struct datagram d;
	size_t from = 0, to, beyond;
	uint8_t *p = out;

	forge_datagram(f, fragments ? n / 2 : n, &d);
	to = d.len;
	if (fragments && n % 2)
		from = FORGE_FRAGMENT;
	else if (fragments)
		to = FORGE_FRAGMENT;
	beyond = forge_too_long(f, n, IP_TOO_LONG) ? FORGE_BEYOND : 0;
	memcpy(p, f->mac_to, ETH_ALEN);
	memcpy(p + ETH_ALEN, f->mac_from, ETH_ALEN);
	p = forge_put16(p + 2 * ETH_ALEN, f->family == AF_INET6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	p = (f->family == AF_INET6 ? forge_ipv6 : forge_ipv4)(f, &d, from, to, beyond, p);
	memcpy(p, d.udp + from, to - from);
	return p + (to - from) - out;
}

#endif /* TOOLS_FORGE_H */
