// SPDX-License-Identifier: GPL-2.0
/*
 * bundle: several media of one call on one port (RFC 9143), and their RTCP.
 *
 *	bundle protect|unprotect SUITE KEY-FILE IDS|- SEND-NS RECV-NS FROM VIA TO
 *
 * From FROM to VIA, in blocks that leave at once: by each of three SSRCs RTP with its MID
 * in a one-byte or a two-byte header extension (RFC 8285), and beside it RTCP: compound
 * packets of one and of several SSRCs, and feedback of reduced size (RFC 5506), in turn.
 * What arrives at TO must be, packet by packet and byte by byte, what libsrtp2 makes of
 * it. IDS: elements that are encrypted (RFC 6904).
 *
 * A block is held back by a plug on the sender's device phone0, and then let go: the
 * other end gets all of it at once.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "oracle.h"
#include "stream.h"
#include "udp.h"

#define MEDIA		3
#define BLOCK		32
#define BLOCKS		8
#define PACKET_MAX	512

static const uint32_t ssrc[MEDIA] = { 0x11111111, 0x22222222, 0x33333333 };
static const uint8_t pt[MEDIA] = { 111, 96, 97 };
static uint16_t seq[MEDIA] = { 1, 65500, 0x8000 };

struct packet {
	int len;
	uint8_t b[PACKET_MAX];
};

static uint8_t *text(uint8_t *p, unsigned int n, uint8_t c)
{
	memset(p, c, n);
	return p + n;
}

/* MID "a0", audio level (RFC 6464), and a transport-wide number. */
static uint8_t *one_byte(uint8_t *p, unsigned int m)
{
	p = stream_put32(p, 0xbede0000 | 2);
	*p++ = 1 << 4 | 1;
	*p++ = 'a' + m;
	*p++ = '0';
	*p++ = 3 << 4 | 0;
	*p++ = 0x80 | m;
	*p++ = 5 << 4 | 1;
	*p++ = seq[m] >> 8;
	*p++ = seq[m];
	return p;
}

/* A MID too long for the other form, and an id that it has not. */
static uint8_t *two_bytes(uint8_t *p, unsigned int m)
{
	p = stream_put32(p, 0x10000000 | 7);
	*p++ = 1;
	*p++ = 20;
	p = text(p, 20, 'A' + m);
	*p++ = 200;
	*p++ = 4;
	return stream_put32(p, seq[m] * 0x01000193u);
}

static void rtp(struct packet *k, unsigned int m, bool wide)
{
	uint8_t *p = k->b;

	*p++ = 0x90;
	*p++ = pt[m];
	*p++ = seq[m] >> 8;
	*p++ = seq[m];
	p = stream_put32(p, 160 * seq[m]);
	p = stream_put32(p, ssrc[m]);
	p = wide ? two_bytes(p, m) : one_byte(p, m);
	p = text(p, 20 + 7 * m + seq[m] % 50, 'x');
	k->len = p - k->b;
	seq[m]++;
}

/* An RTCP header: @words 32-bit words follow. */
static uint8_t *head(uint8_t *p, uint8_t count, uint8_t type, uint16_t words)
{
	return stream_put32(p, (0x80u | count) << 24 | type << 16 | words);
}

/* A sender's report with a block on each of the others. */
static uint8_t *sender_report(uint8_t *p, unsigned int m)
{
	unsigned int i;

	p = head(p, MEDIA - 1, 200, 6 + 6 * (MEDIA - 1));
	p = stream_put32(p, ssrc[m]);
	for (i = 0; i < 5; i++)
		p = stream_put32(p, seq[m] * (i + 1));
	for (i = 0; i < MEDIA; i++) {
		if (i == m)
			continue;
		p = stream_put32(p, ssrc[i]);
		p = text(p, 20, i);
	}
	return p;
}

/* The CNAME, and the MID (RFC 9143 15.1), of so many SSRCs. */
static uint8_t *descriptions(uint8_t *p, unsigned int m, unsigned int n)
{
	unsigned int i;

	p = head(p, n, 202, 4 * n);
	for (i = 0; i < n; i++) {
		p = stream_put32(p, ssrc[(m + i) % MEDIA]);
		p = text(p, 12, 0);
		memcpy(p - 12, "\1\4call\17\2a0", 10);
		p[-3] = '0' + (m + i) % MEDIA;
	}
	return p;
}

static void rtcp(struct packet *k, unsigned int m, unsigned int kind)
{
	uint8_t *p = k->b;

	switch (kind) {
	case 0:		/* compound, one SSRC */
		p = descriptions(sender_report(p, m), m, 1);
		break;
	case 1:		/* compound: reports and descriptions of all */
		p = sender_report(sender_report(p, m), (m + 1) % MEDIA);
		p = descriptions(p, m, MEDIA);
		break;
	default:	/* of reduced size: picture loss of another */
		p = stream_put32(head(p, 1, 206, 2), ssrc[m]);
		p = stream_put32(p, ssrc[(m + 1) % MEDIA]);
	}
	k->len = p - k->b;
}

/* RTP and RTCP in turn: no two packets in a row are of one kind and SSRC. */
static void make(struct packet *k, unsigned int n)
{
	if (n % 2)
		rtcp(k, n / 2 % MEDIA, n / (2 * MEDIA) % 3);
	else
		rtp(k, n / 2 % MEDIA, n / 4 % 2);
}

static bool is_rtcp(const struct packet *k)
{
	return k->b[1] >= 192 && k->b[1] <= 223;
}

/* --- the model ------------------------------------------------------------------ */

static srtp_t model_open(const char *suite, const char *file, char *ids)
{
	struct oracle_key key;
	srtp_policy_t policy = { .window_size = 1024 };
	static int list[16];
	srtp_t s;

	oracle_key_read(&key, suite, file);
	oracle_policy(key.suite, &policy.rtp);
	policy.rtcp = policy.rtp;
	if (policy.rtcp.auth_key_len)
		policy.rtcp.auth_tag_len = 10;
	for (ids = strtok(ids, ","); ids && *ids != '-'; ids = strtok(NULL, ","))
		list[policy.enc_xtn_hdr_count++] = atoi(ids);
	policy.enc_xtn_hdr = list;
	policy.ssrc.type = ssrc_any_outbound;
	policy.key = key.bytes;
	if (srtp_init() || srtp_create(&s, &policy))
		errx(2, "libsrtp2");
	return s;
}

static void protect(srtp_t model, struct packet *k)
{
	if (is_rtcp(k) ? srtp_protect_rtcp(model, k->b, &k->len) :
			 srtp_protect(model, k->b, &k->len))
		errx(2, "libsrtp2 refuses");
}

/* --- the network ------------------------------------------------------------------ */

static void enter(const char *netns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(2, "%s", path);
	close(fd);
}

static void plug(const char *what)
{
	char command[96];

	snprintf(command, sizeof(command), "tc qdisc change dev phone0 root plug %s", what);
	if (system(command))
		errx(2, "%s", command);
}

static void send_block(int fd, const struct udp_addr *to, const struct packet *k)
{
	int i;

	plug("block");
	for (i = 0; i < BLOCK; i++)
		if (sendto(fd, k[i].b, k[i].len, 0, (void *)&to->sa, to->len) != k[i].len)
			err(2, "send");
	plug("release_indefinite");
}

static const char *name(const struct packet *k)
{
	return is_rtcp(k) ? "RTCP" : "RTP";
}

/* The first that differs is told. */
static unsigned int judge(int fd, const struct packet *want, unsigned int first)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct packet got;
	unsigned int i, good = 0;

	for (i = 0; i < BLOCK && poll(&pfd, 1, 20000) > 0; i++) {
		got.len = recv(fd, got.b, sizeof(got.b), 0);
		if (got.len == want[i].len && !memcmp(got.b, want[i].b, got.len))
			good++;
		else if (good == i)
			printf("# packet %u, %s: %d bytes, must be %d\n", first + i, name(&want[i]),
			       got.len, want[i].len);
	}
	return good;
}

int main(int argc, char **argv)
{
	static struct packet sent[BLOCK], want[BLOCK];
	unsigned int i, block, good = 0, others = 0;
	struct udp_addr from, via, to;
	bool out = argc > 1 && !strcmp(argv[1], "protect");
	int tx, rx;
	srtp_t model;

	if (argc != 10 || udp_parse(argv[7], &from) || udp_parse(argv[8], &via) ||
	    udp_parse(argv[9], &to))
		errx(2, "usage: bundle protect|unprotect SUITE KEY IDS|- SEND-NS RECV-NS FROM VIA TO");
	model = model_open(argv[2], argv[3], argv[4]);
	enter(argv[6]);
	rx = udp_bind(&to);
	enter(argv[5]);
	tx = udp_bind(&from);

	for (block = 0; block < BLOCKS; block++) {
		for (i = 0; i < BLOCK; i++) {
			make(&sent[i], block * BLOCK + i);
			want[i] = sent[i];
			protect(model, out ? &want[i] : &sent[i]);
		}
		send_block(tx, &via, sent);
		good += judge(rx, want, block * BLOCK);
	}
	while (recv(rx, sent, 1, MSG_DONTWAIT) >= 0)
		others++;
	printf("{\"good\":%u,\"of\":%u,\"others\":%u}\n", good, BLOCK * BLOCKS, others);
	return good != BLOCK * BLOCKS || others;
}
