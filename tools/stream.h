/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test stream: RTP packets (RFC 3550 5.1) of which every byte follows from
 * the options and the packet's number, so that the receiver, given the same
 * options, knows each packet exactly: header, CSRCs, extension and payload.
 *
 *	 0                   1                   2                   3
 *	|V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *	|                           timestamp                           |
 *	|                             SSRC                              |
 *	|                        CC times a CSRC                        |
 *	|      0xBEDE (RFC 8285)        |     length in 32-bit words    |
 *	|                       extension, if X                         |
 *	|                           payload                             |
 */
#ifndef TOOLS_STREAM_H
#define TOOLS_STREAM_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_PACKET_MAX	2048
#define STREAM_PAYLOAD_MAX	1600
#define STREAM_COUNT_MAX	10000000

struct stream {
	uint32_t ssrc;
	uint16_t seq;			/* of packet 0 */
	uint32_t timestamp;		/* of packet 0 */
	uint8_t pt;
	unsigned int size;		/* payload bytes of one packet */
	unsigned int csrcs;		/* 0 to 15 */
	unsigned int extension;		/* 32-bit words; 0: none */
	uint64_t count;			/* packets; 0: as many as the payload file gives */
	uint8_t *audio;			/* payload from a file, else a pattern */
	size_t audio_len;
};

#define STREAM_DEFAULT { .ssrc = 0x10203040, .seq = 1, .timestamp = 160, .size = 160 }

#define STREAM_OPTIONS						\
	{ "ssrc", required_argument, NULL, 1000 },		\
	{ "seq", required_argument, NULL, 1001 },		\
	{ "timestamp", required_argument, NULL, 1002 },		\
	{ "pt", required_argument, NULL, 1003 },		\
	{ "size", required_argument, NULL, 1004 },		\
	{ "csrcs", required_argument, NULL, 1005 },		\
	{ "extension", required_argument, NULL, 1006 },		\
	{ "count", required_argument, NULL, 1007 },		\
	{ "payload", required_argument, NULL, 1008 }

#define STREAM_USAGE							\
	"stream: --ssrc N  --seq N  --timestamp N  --pt N  --size BYTES  --csrcs N\n" \
	"        --extension WORDS  --count N  --payload FILE (raw audio)\n"

static inline uint64_t stream_number(const char *text, uint64_t max)
{
	char *end;
	uint64_t v = strtoull(text, &end, 0);

	if (end == text || *end || v > max) {
		fprintf(stderr, "%s: not a number up to %llu\n", text, (unsigned long long)max);
		exit(2);
	}
	return v;
}

/* stream_load() - a whole file; exits with a word on error. */
static inline uint8_t *stream_load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	uint8_t *buf = malloc(64 << 20);

	if (!f || !buf) {
		fprintf(stderr, "%s: cannot read\n", path);
		exit(2);
	}
	*len = fread(buf, 1, 64 << 20, f);
	fclose(f);
	return buf;
}

/* stream_option() - take one of STREAM_OPTIONS; false if @opt is none of them. */
static inline bool stream_option(struct stream *s, int opt, const char *arg)
{
	switch (opt) {
	case 1000: s->ssrc = stream_number(arg, UINT32_MAX); break;
	case 1001: s->seq = stream_number(arg, UINT16_MAX); break;
	case 1002: s->timestamp = stream_number(arg, UINT32_MAX); break;
	case 1003: s->pt = stream_number(arg, 127); break;
	case 1004: s->size = stream_number(arg, STREAM_PAYLOAD_MAX); break;
	case 1005: s->csrcs = stream_number(arg, 15); break;
	case 1006: s->extension = stream_number(arg, 32); break;
	case 1007: s->count = stream_number(arg, STREAM_COUNT_MAX); break;
	case 1008: s->audio = stream_load(arg, &s->audio_len); break;
	default: return false;
	}
	return true;
}

/* stream_count() - how many packets the whole stream has. */
static inline uint64_t stream_count(const struct stream *s)
{
	uint64_t n = s->audio && s->size ? (s->audio_len + s->size - 1) / s->size : 0;

	if (!s->audio)
		return s->count;
	return s->count && s->count < n ? s->count : n;
}

static inline uint8_t *stream_put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
	return p + 4;
}

static inline uint32_t stream_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* stream_random() - splitmix64: one step, also the payload's generator. */
static inline uint64_t stream_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline size_t stream_payload(const struct stream *s, uint64_t n, uint8_t *out)
{
	uint64_t state = (uint64_t)s->ssrc << 32 ^ n;
	size_t len = s->size;

	if (s->audio) {
		size_t from = n * s->size;

		if (from >= s->audio_len)
			return 0;
		if (len > s->audio_len - from)
			len = s->audio_len - from;
		memcpy(out, s->audio + from, len);
		return len;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = stream_random(&state);
	return len;
}

/* stream_packet() - packet number @n of @s into @out (STREAM_PACKET_MAX); its length. */
static inline size_t stream_packet(const struct stream *s, uint64_t n, uint8_t *out)
{
	uint16_t seq = s->seq + n;
	uint8_t *p = out;

	*p++ = 0x80 | (s->extension ? 0x10 : 0) | s->csrcs;
	*p++ = (n == 0 ? 0x80 : 0) | s->pt;
	*p++ = seq >> 8;
	*p++ = seq;
	p = stream_put32(p, s->timestamp + n * s->size);
	p = stream_put32(p, s->ssrc);
	for (unsigned int i = 0; i < s->csrcs; i++)
		p = stream_put32(p, s->ssrc + 0x01010101 * (i + 1));
	if (s->extension) {
		p = stream_put32(p, 0xbede0000 | s->extension);
		for (unsigned int i = 0; i < s->extension; i++)
			p = stream_put32(p, 0x10000000 | (n + i));
	}
	return p + stream_payload(s, n, p) - out;
}

#endif /* TOOLS_STREAM_H */
