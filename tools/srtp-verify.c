// SPDX-License-Identifier: GPL-2.0
/*
 * srtp-verify: judge a capture. Of all UDP packets to one endpoint, SRTP and SRTCP:
 *
 *	- every one unprotects under libsrtp2 with the key given;
 *	- the IPv4 header checksum and the UDP checksum are right, and the UDP
 *	  checksum is not left out (zero);
 *	- no 16 bytes in a row of the plain audio occur anywhere in one.
 *
 * No run of the audio is excepted, silence included: SRTP looks random, so the
 * chance that any 16 bytes of it are found in a minute of audio is 2^-100, and
 * silence on the wire would be a leak like any other.
 *
 * With --rtcp, the RTCP packets are written to a file, one line of hexadecimal each.
 *
 * Reads pcap files with Ethernet frames, up to two VLAN tags, IPv4 and IPv6.
 * With --expect-plain it is its own control: the same search over the plain
 * side of a call must find the audio in every packet.
 */
#include <pcap/pcap.h>

#include "oracle.h"
#include "stream.h"
#include "udp.h"

#define RUN 16	/* bytes of plain audio in a row that count as a leak */

struct verifier {
	struct udp_addr to;
	srtp_t srtp;
	uint8_t *audio;
	size_t audio_len;
	uint32_t *index;	/* hash table: offset of a run in the audio, plus 1 */
	size_t mask;
	FILE *rtcp_file;
	uint64_t packets, rtcp, unprotected, refused, leaks, cut, other;
	uint64_t bad_ip_sum, bad_udp_sum, no_udp_sum;
};

/* Where the packet's parts are, after parse(). */
struct datagram {
	const uint8_t *ip;
	unsigned int ip_len;	/* header */
	const uint8_t *udp;
	unsigned int len;	/* UDP, header included */
	bool v6;
};

static unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint64_t hash(const uint8_t *p)
{
	uint64_t a, b;

	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	a = (a ^ (b << 31 | b >> 33)) * 0x9e3779b97f4a7c15;
	return a ^ a >> 32;
}

static void index_audio(struct verifier *v)
{
	size_t size = 1 << 12;

	while (size < v->audio_len * 2)
		size *= 2;
	v->index = calloc(size, sizeof(*v->index));
	if (!v->index)
		oracle_die("memory", "none left");
	v->mask = size - 1;
	for (size_t at = 0; at + RUN <= v->audio_len; at++) {
		size_t i = hash(v->audio + at) & v->mask;

		while (v->index[i] && memcmp(v->audio + v->index[i] - 1, v->audio + at, RUN))
			i = (i + 1) & v->mask;
		v->index[i] = at + 1;
	}
}

static bool leaks(const struct verifier *v, const uint8_t *data, size_t len)
{
	for (size_t at = 0; v->index && at + RUN <= len; at++) {
		size_t i = hash(data + at) & v->mask;

		for (; v->index[i]; i = (i + 1) & v->mask)
			if (!memcmp(v->audio + v->index[i] - 1, data + at, RUN))
				return true;
	}
	return false;
}

static uint32_t sum(uint32_t s, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		s += get16(p);
	if (len)
		s += *p << 8;
	return s;
}

static unsigned int fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static void check_sums(struct verifier *v, const struct datagram *d)
{
	uint32_t s = d->v6 ? sum(0, d->ip + 8, 32) : sum(0, d->ip + 12, 8);

	if (!d->v6 && fold(sum(0, d->ip, d->ip_len)) != 0xffff)
		v->bad_ip_sum++;
	if (!get16(d->udp + 6))
		v->no_udp_sum++;
	else if (fold(sum(s + 17 + d->len, d->udp, d->len)) != 0xffff)
		v->bad_udp_sum++;
}

/* An unfragmented UDP packet in @len bytes of Ethernet frame, or false. */
static bool parse(const uint8_t *p, unsigned int len, struct datagram *d)
{
	const uint8_t *end = p + len;
	unsigned int type;

	if (len < 14)
		return false;
	type = get16(p + 12);
	p += 14;
	for (int i = 0; i < 2 && (type == 0x8100 || type == 0x88a8) && end - p >= 4; i++) {
		type = get16(p + 2);
		p += 4;
	}
	d->ip = p;
	d->v6 = type == 0x86dd;
	if (type == 0x0800 && end - p >= 20 && p[9] == 17 && !(get16(p + 6) & 0x3fff))
		d->ip_len = (p[0] & 15) * 4;
	else if (type == 0x86dd && end - p >= 40 && p[6] == 17)
		d->ip_len = 40;
	else
		return false;
	if (end - p < d->ip_len + 8)
		return false;
	d->udp = p + d->ip_len;
	d->len = get16(d->udp + 4);
	return d->len >= 8;
}

static bool is_to(const struct verifier *v, const struct datagram *d)
{
	const struct sockaddr_in6 *a6 = (const void *)&v->to.sa;
	const struct sockaddr_in *a4 = (const void *)&v->to.sa;

	if (v->to.sa.ss_family == AF_INET6)
		return d->v6 && !memcmp(d->ip + 24, &a6->sin6_addr, 16) &&
		       get16(d->udp + 2) == ntohs(a6->sin6_port);
	return !d->v6 && !memcmp(d->ip + 16, &a4->sin_addr, 4) &&
	       get16(d->udp + 2) == ntohs(a4->sin_port);
}

/* RFC 5761 4 */
static bool is_rtcp(const uint8_t *data, int len)
{
	return len >= 2 && data[1] >= 192 && data[1] <= 223;
}

static void keep_rtcp(struct verifier *v, const uint8_t *data, int len)
{
	v->rtcp++;
	for (int i = 0; v->rtcp_file && i < len; i++)
		fprintf(v->rtcp_file, "%02x%s", data[i], i + 1 == len ? "\n" : "");
}

static void judge(struct verifier *v, const struct datagram *d)
{
	uint8_t data[65536] __attribute__((aligned(8)));
	int len = d->len - 8;
	bool rtcp = is_rtcp(d->udp + 8, len);

	v->packets++;
	check_sums(v, d);
	if (leaks(v, d->udp + 8, len))
		v->leaks++;
	if (!v->srtp)
		return;
	memcpy(data, d->udp + 8, len);
	if (rtcp ? srtp_unprotect_rtcp(v->srtp, data, &len) : srtp_unprotect(v->srtp, data, &len)) {
		v->refused++;
		return;
	}
	v->unprotected++;
	if (rtcp)
		keep_rtcp(v, data, len);
}

static void read_capture(struct verifier *v, const char *path)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, err);
	struct pcap_pkthdr *h;
	const uint8_t *data;
	struct datagram d;

	if (!pcap)
		oracle_die(path, err);
	if (pcap_datalink(pcap) != DLT_EN10MB)
		oracle_die(path, "not a capture of Ethernet frames");
	while (pcap_next_ex(pcap, &h, &data) == 1) {
		if (!parse(data, h->caplen, &d) || !is_to(v, &d))
			v->other++;
		else if (d.udp + d.len > data + h->caplen)
			v->cut++;
		else
			judge(v, &d);
	}
	pcap_close(pcap);
}

static const char usage[] =
	"usage: srtp-verify --capture FILE --to ADDR:PORT --suite NAME --key FILE\n"
	"                   [--audio FILE]   raw plain audio that must not occur\n"
	"                   [--rtcp FILE]    write RTCP there, unprotected\n"
	"       srtp-verify --capture FILE --to ADDR:PORT --audio FILE --expect-plain\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "capture", required_argument, NULL, 'c' },
		{ "to", required_argument, NULL, 't' },
		{ "suite", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "audio", required_argument, NULL, 'a' },
		{ "rtcp", required_argument, NULL, 'r' },
		{ "expect-plain", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *path = NULL, *suite = NULL, *keyfile = NULL;
	struct verifier v = { 0 };
	bool plain = false, sums_ok;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c': path = optarg; break;
		case 't':
			if (udp_parse(optarg, &v.to))
				oracle_die(optarg, "not an address and port");
			break;
		case 's': suite = optarg; break;
		case 'k': keyfile = optarg; break;
		case 'a': v.audio = stream_load(optarg, &v.audio_len); break;
		case 'r':
			v.rtcp_file = fopen(optarg, "we");
			if (!v.rtcp_file)
				oracle_die(optarg, "cannot write");
			break;
		case 'p': plain = true; break;
		default:
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	if (!path || !v.to.len || (plain ? !v.audio || suite : !suite || !keyfile)) {
		fputs(usage, stderr);
		return 2;
	}
	if (suite) {
		struct oracle_key key;

		oracle_key_read(&key, suite, keyfile);
		v.srtp = oracle_open(&key, ssrc_any_inbound);
	}
	if (v.audio)
		index_audio(&v);
	read_capture(&v, path);
	if (v.rtcp_file && fclose(v.rtcp_file))
		oracle_die("RTCP", "cannot write");
	printf("{\"packets\":%llu,\"rtcp\":%llu,\"unprotected\":%llu,\"refused\":%llu,\"plaintext\":%llu,"
	       "\"bad_ip_checksum\":%llu,\"bad_udp_checksum\":%llu,\"no_udp_checksum\":%llu,"
	       "\"cut\":%llu,\"other\":%llu}\n",
	       (unsigned long long)v.packets, (unsigned long long)v.rtcp,
	       (unsigned long long)v.unprotected,
	       (unsigned long long)v.refused, (unsigned long long)v.leaks,
	       (unsigned long long)v.bad_ip_sum, (unsigned long long)v.bad_udp_sum,
	       (unsigned long long)v.no_udp_sum, (unsigned long long)v.cut,
	       (unsigned long long)v.other);
	sums_ok = !v.bad_ip_sum && !v.bad_udp_sum && !v.no_udp_sum && !v.cut;
	if (plain)
		return v.packets && v.leaks == v.packets ? 0 : 1;
	return v.packets && v.unprotected == v.packets && !v.leaks && sums_ok ? 0 : 1;
}
