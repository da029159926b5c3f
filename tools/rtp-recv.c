// SPDX-License-Identifier: GPL-2.0
/*
 * rtp-recv: receive a test stream and hold every packet against what rtp-send,
 * given the same options, must have sent: every byte of the RTP packet, once
 * it is unprotected by libsrtp2 if it is SRTP. Ends by itself, or by SIGTERM when
 * it has read what is there, and prints one line of JSON:
 *
 *	received	datagrams that came
 *	good		equal to a packet of the stream, the first time each
 *	duplicates	equal to one that came before
 *	refused		libsrtp2 did not unprotect it (tag, replay)
 *	wrong		anything else: not a packet of the stream
 *	lost		of the stream's packets, never seen
 *	reordered	came after one with a higher number
 *
 * Exit status 0 if all of the stream came and nothing else did.
 */
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "oracle.h"
#include "stream.h"
#include "udp.h"

struct receiver {
	int fd;
	struct stream stream;
	uint64_t count;		/* packets that the stream has */
	srtp_t srtp;
	uint8_t *seen;		/* one byte per packet of the stream */
	uint64_t highest;	/* number of the newest good packet, plus 1 */
	uint8_t *audio;		/* --write: payloads in their places */
	size_t audio_len;
	uint64_t received, good, duplicates, refused, wrong, reordered;
};

static volatile sig_atomic_t ended;

static void end(int sig)
{
	ended = 1;
}

/* The number of a packet by its sequence number, the candidate next to the newest. */
static bool number(const struct receiver *r, const uint8_t *data, uint64_t *n)
{
	uint16_t low = (uint16_t)(data[2] << 8 | data[3]) - r->stream.seq;
	int64_t near = r->highest ? r->highest - 1 : 0;
	int64_t guess = near + (int16_t)(low - (uint16_t)near);

	*n = guess;
	return guess >= 0 && (uint64_t)guess < r->count;
}

static void keep_audio(struct receiver *r, uint64_t n, const uint8_t *payload, size_t len)
{
	size_t at = n * r->stream.size;

	if (!r->audio)
		return;
	memcpy(r->audio + at, payload, len);
	if (at + len > r->audio_len)
		r->audio_len = at + len;
}

static void judge(struct receiver *r, uint8_t *data, int len)
{
	uint8_t expected[STREAM_PACKET_MAX], audio[STREAM_PACKET_MAX];
	size_t audio_len;
	uint64_t n;

	r->received++;
	if (r->srtp && srtp_unprotect(r->srtp, data, &len)) {
		r->refused++;
		return;
	}
	if (len < 12 || !number(r, data, &n) ||
	    stream_packet(&r->stream, n, expected) != (size_t)len ||
	    memcmp(expected, data, len)) {
		r->wrong++;
		return;
	}
	if (r->seen[n]++) {
		r->duplicates++;
		return;
	}
	r->good++;
	if (n + 1 < r->highest)
		r->reordered++;
	else
		r->highest = n + 1;
	audio_len = stream_payload(&r->stream, n, audio);
	keep_audio(r, n, audio, audio_len);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/*
 * Until it has been quiet for @idle_ms after the first packet, or @time_ms is
 * over, or a signal came and nothing is left to read.
 */
static void receive(struct receiver *r, int idle_ms, int64_t time_ms)
{
	uint8_t data[65536] __attribute__((aligned(8)));
	int64_t end = now_ms() + time_ms;

	for (;;) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };
		int64_t left = end - now_ms();
		int64_t wait = r->received && idle_ms < left ? idle_ms : left;
		ssize_t len;
		int n;

		n = left > 0 ? poll(&p, 1, ended ? 0 : wait) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len = recv(r->fd, data, sizeof(data), MSG_DONTWAIT);
		if (len >= 0)
			judge(r, data, len);
	}
}

static void write_audio(const struct receiver *r, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f || fwrite(r->audio, 1, r->audio_len, f) != r->audio_len || fclose(f))
		oracle_die(path, "cannot write");
}

static const char usage[] =
	"usage: rtp-recv --on ADDR:PORT --count N [options]\n"
	"  --suite NAME --key FILE  unprotect by libsrtp2 first\n"
	"  --idle MS (1000): end after that much quiet  --time SECONDS at most (60)\n"
	"  --write FILE: the payloads that came, as raw audio\n"
	STREAM_USAGE;

int main(int argc, char **argv)
{
	static const struct option options[] = {
		STREAM_OPTIONS,
		{ "on", required_argument, NULL, 'o' },
		{ "suite", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "idle", required_argument, NULL, 'i' },
		{ "time", required_argument, NULL, 'T' },
		{ "write", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct receiver r = { .stream = STREAM_DEFAULT };
	const char *suite = NULL, *keyfile = NULL, *path = NULL;
	int idle_ms = 1000, time_s = 60, opt;
	struct udp_addr on = { 0 };

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (stream_option(&r.stream, opt, optarg))
			continue;
		switch (opt) {
		case 'o':
			if (udp_parse(optarg, &on))
				oracle_die(optarg, "not an address and port");
			break;
		case 's': suite = optarg; break;
		case 'k': keyfile = optarg; break;
		case 'i': idle_ms = stream_number(optarg, 60000); break;
		case 'T': time_s = stream_number(optarg, 3600); break;
		case 'w': path = optarg; break;
		default:
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	r.count = stream_count(&r.stream);
	r.seen = calloc(r.count + 1, 1);
	if (!on.len || !r.count || !r.seen || !suite != !keyfile) {
		fputs(usage, stderr);
		return 2;
	}
	if (path)
		r.audio = calloc(r.count + 1, r.stream.size + 1);
	if (suite) {
		struct oracle_key key;

		oracle_key_read(&key, suite, keyfile);
		r.srtp = oracle_open(&key, ssrc_any_inbound);
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	r.fd = udp_bind(&on);
	receive(&r, idle_ms, time_s * 1000LL);
	if (path)
		write_audio(&r, path);
	printf("{\"received\":%llu,\"good\":%llu,\"duplicates\":%llu,\"refused\":%llu,"
	       "\"wrong\":%llu,\"lost\":%llu,\"reordered\":%llu}\n",
	       (unsigned long long)r.received, (unsigned long long)r.good,
	       (unsigned long long)r.duplicates, (unsigned long long)r.refused,
	       (unsigned long long)r.wrong, (unsigned long long)(r.count - r.good),
	       (unsigned long long)r.reordered);
	return r.good == r.count && r.received == r.good ? 0 : 1;
}
