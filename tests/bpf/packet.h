/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames for the XDP program, described by what is unusual about them: a zeroed
 * struct spec is a good RTP packet to an endpoint that is in the table.
 */
#ifndef PACKET_H
#define PACKET_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAX	4096
#define EXT_MAX		12

enum { V4 = 1, V6 = 2, V46 = 3 };
enum { TAGS_0_2 = 0, TAGS_0 = 1, TAGS_1 = 2, TAGS_2 = 4, TAGS_3 = 8 };

/* Two local addresses; of each port one is in the slot, one in the hash. */
enum { ADDR_MEDIA, ADDR_OTHER, ADDR_FOREIGN };
#define PORT_MEDIA	4000
#define PORT_SECOND	4002
#define PORT_FREE	4004

struct spec {
	const char *what;
	uint8_t families;	/* V4, V6; 0: both */
	uint8_t tags;		/* TAGS_..., 0: without, with one tag and with two */
	uint8_t action;		/* expected: XDP_... */
	uint8_t counter;	/* expected: enum xsrtp_counter */

	uint16_t ethertype;	/* instead of IPv4's or IPv6's */
	uint8_t version;	/* of IP, instead of the right one */
	uint8_t ihl;		/* IPv4: instead of the right one, in words */
	uint8_t options;	/* IPv4: words of options */
	uint8_t proto;		/* instead of UDP */
	uint8_t ext[EXT_MAX];	/* IPv6: extension headers + 1 (0 ends the list) */
	uint8_t ext_len;	/* their length field */
	uint16_t frag;		/* IPv4: flags and offset; IPv6: those of the fragment header */
	int16_t ip_len;		/* added to the length in the IP header */
	int16_t udp_len;	/* added to the length in the UDP header */
	uint8_t addr;		/* ADDR_... */
	uint16_t port;		/* 0: PORT_MEDIA */
	uint8_t has_first, first;	/* first byte of the payload, instead of RTP's */
	uint8_t second;		/* second byte, instead of RTP's; 0: none */
	int16_t payload;	/* bytes, 0: 172; -1: none */
	int16_t cut;		/* bytes cut off the end of the frame */
	int16_t pad;		/* bytes of Ethernet padding */
	uint8_t no_device;	/* run without an xsrtp device */
};

struct frame {
	uint8_t b[FRAME_MAX];
	uint32_t len;
};

static inline void put(struct frame *f, const void *p, uint32_t n)
{
	memcpy(f->b + f->len, p, n);
	f->len += n;
}

static inline void put8(struct frame *f, uint8_t v)
{
	put(f, &v, 1);
}

static inline void put16(struct frame *f, uint16_t v)
{
	v = htons(v);
	put(f, &v, 2);
}

static inline void put_zero(struct frame *f, uint32_t n)
{
	memset(f->b + f->len, 0, n);
	f->len += n;
}

static const uint8_t addr4[][4] = {
	[ADDR_MEDIA] = { 192, 0, 2, 1 }, [ADDR_OTHER] = { 192, 0, 2, 2 },
	[ADDR_FOREIGN] = { 198, 51, 100, 1 },
};
static const uint8_t addr6[][16] = {
	[ADDR_MEDIA] = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
	[ADDR_OTHER] = { 0x20, 1, 0xd, 0xb8, [15] = 2 },
	/* the bytes of the IPv4 address: only the family tells them apart */
	[ADDR_FOREIGN] = { 192, 0, 2, 1 },
};

static inline void put_eth(struct frame *f, const struct spec *s, int family, int tags)
{
	static const uint8_t mac[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	int i;

	put(f, mac, 12);
	for (i = tags; i > 0; i--) {
		put16(f, i >= 2 ? 0x88a8 : 0x8100);
		put16(f, 100 + i);
	}
	put16(f, s->ethertype ? s->ethertype : family == V4 ? 0x0800 : 0x86dd);
}

static inline void put_ipv4(struct frame *f, const struct spec *s, int inner)
{
	int words = 5 + s->options;

	put8(f, (s->version ? s->version : 4) << 4 | (s->ihl ? s->ihl : words));
	put8(f, 0);
	put16(f, words * 4 + inner + s->ip_len);
	put16(f, 0x1234);
	put16(f, s->frag);
	put8(f, 64);
	put8(f, s->proto ? s->proto : IPPROTO_UDP);
	put16(f, 0);			/* checksum: not the program's business */
	put(f, addr4[ADDR_FOREIGN], 4);
	put(f, addr4[s->addr], 4);
	memset(f->b + f->len, 1, s->options * 4);	/* no-operation */
	f->len += s->options * 4;
}

static inline int ext_bytes(const struct spec *s, int type)
{
	if (type == IPPROTO_FRAGMENT)
		return 8;
	return type == IPPROTO_AH ? 8 + s->ext_len * 4 : 8 + s->ext_len * 8;
}

static inline void put_ipv6(struct frame *f, const struct spec *s, int inner)
{
	int proto = s->proto ? s->proto : IPPROTO_UDP, i, ext = 0;

	for (i = 0; i < EXT_MAX && s->ext[i]; i++)
		ext += ext_bytes(s, s->ext[i] - 1);
	put8(f, (s->version ? s->version : 6) << 4);
	put_zero(f, 3);
	put16(f, ext + inner + s->ip_len);
	put8(f, s->ext[0] ? s->ext[0] - 1 : proto);
	put8(f, 64);
	put(f, addr6[ADDR_FOREIGN], 16);
	put(f, addr6[s->addr], 16);
	for (i = 0; i < EXT_MAX && s->ext[i]; i++) {
		int type = s->ext[i] - 1, n = ext_bytes(s, type);
		int next = i + 1 < EXT_MAX && s->ext[i + 1] ? s->ext[i + 1] - 1 : proto;

		put8(f, next);
		put8(f, type == IPPROTO_FRAGMENT ? 0 : s->ext_len);
		put16(f, type == IPPROTO_FRAGMENT ? s->frag : 0);
		put_zero(f, n - 4);
	}
}

static inline void build(struct frame *f, const struct spec *s, int family, int tags)
{
	static const uint8_t rtp[12] = { 0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4 };
	int n = s->payload < 0 ? 0 : s->payload ? s->payload : 172, i;

	f->len = 0;
	put_eth(f, s, family, tags);
	if (family == V4)
		put_ipv4(f, s, 8 + n);
	else
		put_ipv6(f, s, 8 + n);
	put16(f, 5000);
	put16(f, s->port ? s->port : PORT_MEDIA);
	put16(f, 8 + n + s->udp_len);
	put16(f, 0);
	for (i = 0; i < n; i++)
		put8(f, i == 0 && s->has_first ? s->first : i == 1 && s->second ? s->second :
			i < 12 ? rtp[i] : 0xd5);
	f->len -= s->cut;
	put_zero(f, s->pad);
}

#endif /* PACKET_H */
