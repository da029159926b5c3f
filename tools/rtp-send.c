// SPDX-License-Identifier: GPL-2.0
/*
 * rtp-send: send a test stream by UDP as RTP, or as SRTP made by libsrtp2, and
 * on request play the attacker beside it.
 *
 * Packets are made in order and go out block by block. A block may be shuffled
 * and packets of it doubled (what networks do); an attacker adds to each packet
 * one of his own:
 *
 *	flip	a copy with one random bit changed, ahead of the good packet
 *	key	the same packet under another key, ahead of the good packet
 *	plain	the same packet as plain RTP, ahead of the good packet
 *	random	a valid RTP header, random SSRC, noise behind it
 *	replay	each packet of the block again, when the block is out
 *	mix	flip, key, plain, replay, in turn
 *
 * Two ways of sending that make the kernel build other packets: --gso gives it a
 * block as one (UDP_SEGMENT), --splice the pages of a pipe instead of bytes. --df sets
 * what IPv4 says about fragments, whatever the kernel has learned of the path's MTU.
 *
 * Ahead of the good packet is the hard case: a receiver that moves any state
 * for the forgery then refuses the good one.
 *
 * Always bounded: by --count or the payload file, and by --time; SIGTERM ends it before,
 * with its report.
 */
#include <fcntl.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <sys/uio.h>

#include "oracle.h"
#include "stream.h"
#include "udp.h"

#define BLOCK_MAX 4096
#define UDP_MAX_SEGMENTS 64	/* the kernel's */

enum attack { NONE, FLIP, KEY, PLAIN, RANDOM, REPLAY, MIX, ATTACKS };
static const char * const attack_name[] = {
	"none", "flip", "key", "plain", "random", "replay", "mix",
};

enum where { BODY, HEADER, TAG };
static const char * const where_name[] = { "body", "header", "tag" };

struct sender {
	int fd;
	struct udp_addr to;
	struct stream stream;
	srtp_t srtp;		/* NULL: plain RTP */
	srtp_t wrong;		/* the same under another key */
	unsigned int tag_len;
	enum attack attack;
	enum where where;
	bool only_attack;
	bool shuffle;
	bool gso;
	bool splice;
	int pipe[2];		/* --splice */
	unsigned int duplicate;	/* every n-th packet twice; 0: none */
	unsigned int block;
	double rate_pps;	/* 0: as fast as it goes */
	double time_s;
	uint64_t skip;		/* packets that went before */
	uint64_t random;
	struct timespec start;
	uint64_t good, bad, replays, failed;
};

struct wire {
	size_t len;
	uint8_t data[STREAM_PACKET_MAX];
};

static volatile sig_atomic_t ended;

static void end(int sig)
{
	ended = 1;
}

static double now_s(const struct sender *s)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec - s->start.tv_sec + (t.tv_nsec - s->start.tv_nsec) / 1e9;
}

static ssize_t send_pages(struct sender *s, const struct wire *w)
{
	struct iovec v = { (void *)w->data, w->len };

	if (vmsplice(s->pipe[1], &v, 1, 0) != (ssize_t)w->len)
		oracle_die("vmsplice", strerror(errno));
	return splice(s->pipe[0], NULL, s->fd, NULL, w->len, 0);
}

static ssize_t send_one(struct sender *s, const struct wire *w)
{
	if (s->splice)
		return send_pages(s, w);
	return sendto(s->fd, w->data, w->len, 0, (void *)&s->to.sa, s->to.len);
}

static void send_wire(struct sender *s, const struct wire *w, uint64_t *counter)
{
	for (int tries = 0; tries < 100; tries++) {
		if (send_one(s, w) >= 0) {
			++*counter;
			return;
		}
		/* A full queue empties; ICMP errors belong to earlier packets. */
		if (errno == ENOBUFS || errno == EAGAIN)
			poll(NULL, 0, 1);
		else if (errno != ECONNREFUSED)
			break;
	}
	s->failed++;
}

static void protect(srtp_t srtp, struct wire *w)
{
	int len = w->len;

	if (!srtp)
		return;
	if (srtp_protect(srtp, w->data, &len))
		oracle_die("libsrtp2", "refuses to protect");
	w->len = len;
}

static void flip_bit(struct sender *s, struct wire *w)
{
	size_t head = 12 + 4 * s->stream.csrcs +
		(s->stream.extension ? 4 + 4 * s->stream.extension : 0);
	size_t from = head, to = w->len - s->tag_len;
	uint64_t r = stream_random(&s->random);

	if (s->where == HEADER) {
		from = 0;
		to = head;
	} else if (s->where == TAG || from >= to) {
		from = w->len - s->tag_len;
		to = w->len;
	}
	if (from < to)
		w->data[from + r % (to - from)] ^= 1 << (r >> 32) % 8;
}

/* What is done to packet number @n. */
static enum attack attack_on(const struct sender *s, uint64_t n)
{
	static const enum attack mix[] = { FLIP, KEY, PLAIN, REPLAY };

	return s->attack == MIX ? mix[n % 4] : s->attack;
}

/* The attacker's packet to go with number @n, of which @good is on the wire. */
static void forge(struct sender *s, uint64_t n, const struct wire *good, struct wire *w)
{
	*w = *good;
	switch (attack_on(s, n)) {
	case FLIP:
		flip_bit(s, w);
		break;
	case KEY:
		w->len = stream_packet(&s->stream, n, w->data);
		protect(s->wrong, w);
		break;
	case PLAIN:
		w->len = stream_packet(&s->stream, n, w->data);
		break;
	case RANDOM:
		for (size_t i = 2; i < w->len; i++)
			w->data[i] = stream_random(&s->random);
		break;
	default:
		break;
	}
}

/* Sleep until it is the turn of the packet after @n packets. */
static void pace(const struct sender *s, uint64_t n)
{
	struct timespec at = s->start;
	double due = (n - s->skip) / s->rate_pps;

	if (s->rate_pps == 0)
		return;
	at.tv_sec += (time_t)due;
	at.tv_nsec += (due - (time_t)due) * 1e9;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void shuffle(struct sender *s, unsigned int *order, unsigned int n)
{
	for (unsigned int i = n; s->shuffle && i > 1; i--) {
		unsigned int j = stream_random(&s->random) % i;
		unsigned int t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
}

static void send_block(struct sender *s, uint64_t first, unsigned int n, struct wire *w)
{
	unsigned int order[BLOCK_MAX];
	struct wire forged;

	for (unsigned int i = 0; i < n; i++) {
		w[i].len = stream_packet(&s->stream, first + i, w[i].data);
		protect(s->srtp, &w[i]);
		order[i] = i;
	}
	shuffle(s, order, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct wire *good = &w[order[i]];
		uint64_t number = first + order[i];
		enum attack attack = attack_on(s, number);

		pace(s, first + i);
		if (attack != NONE && attack != REPLAY) {
			forge(s, number, good, &forged);
			send_wire(s, &forged, &s->bad);
		}
		if (!s->only_attack)
			send_wire(s, good, &s->good);
		if (s->duplicate && (first + i) % s->duplicate == 0)
			send_wire(s, good, &s->bad);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (attack_on(s, first + i) != REPLAY)
			continue;
		if (s->rate_pps)	/* as fast as the block itself */
			usleep(1e6 / s->rate_pps / 2);
		send_wire(s, &w[i], &s->replays);
	}
}

/* Packets of one size, handed to the kernel as one. */
static void send_block_gso(struct sender *s, uint64_t first, unsigned int n, struct wire *w)
{
	union {
		char room[CMSG_SPACE(sizeof(uint16_t))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec v[UDP_MAX_SEGMENTS];
	struct msghdr m = { .msg_name = &s->to.sa, .msg_namelen = s->to.len, .msg_iov = v,
			    .msg_iovlen = n, .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	uint16_t size;

	for (unsigned int i = 0; i < n; i++) {
		w[i].len = stream_packet(&s->stream, first + i, w[i].data);
		protect(s->srtp, &w[i]);
		v[i] = (struct iovec){ w[i].data, w[i].len };
	}
	size = w[0].len;
	*c = (struct cmsghdr){ CMSG_LEN(sizeof(size)), SOL_UDP, UDP_SEGMENT };
	memcpy(CMSG_DATA(c), &size, sizeof(size));
	pace(s, first);
	if (sendmsg(s->fd, &m, 0) < 0)
		s->failed += n;
	else
		s->good += n;
}

static void send_all(struct sender *s)
{
	struct wire *w = calloc(s->block, sizeof(*w));
	uint64_t count = stream_count(&s->stream);

	if (!w)
		oracle_die("memory", "none left");
	clock_gettime(CLOCK_MONOTONIC, &s->start);
	for (uint64_t n = 0; n < count && !ended && now_s(s) < s->time_s; n += s->block)
		(s->gso ? send_block_gso : send_block)(s, s->skip + n,
						       count - n < s->block ? count - n : s->block, w);
	free(w);
}

static int pick(const char *text, const char * const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(text, names[i]))
			return i;
	oracle_die(text, "not known here");
}

static void keys(struct sender *s, const char *suite, const char *path)
{
	struct oracle_key key;

	if (!suite || !path)
		oracle_die("rtp-send", "--suite and --key go together");
	oracle_key_read(&key, suite, path);
#define X(sym, num, name, kind, k, salt, tag)			\
	if (key.suite == XSRTP_SUITE_##sym)			\
		s->tag_len = tag;
	XSRTP_SUITES(X)
#undef X
	s->srtp = oracle_open(&key, ssrc_any_outbound);
	for (unsigned int i = 0; i < key.len; i++)
		key.bytes[i] ^= 0xff;
	s->wrong = oracle_open(&key, ssrc_any_outbound);
}

/* IPV6_PMTUDISC_ has the values of IP_PMTUDISC_. */
static void dont_fragment(const struct sender *s, bool on)
{
	bool ipv6 = s->to.sa.ss_family == AF_INET6;
	int how = on ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;

	if (setsockopt(s->fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &how, sizeof(how)))
		oracle_die("--df", strerror(errno));
}

static const char usage[] =
	"usage: rtp-send --from ADDR:PORT --to ADDR:PORT --count N [options]\n"
	"  --suite NAME --key FILE       SRTP by libsrtp2, else plain RTP\n"
	"  --rate PPS (200; 0: no limit)  --time SECONDS at most (60)\n"
	"  --shuffle  --duplicate EVERY  --block N (8): what the network does\n"
	"  --attack flip|key|plain|random|replay|mix  --flip body|header|tag  --only-attack\n"
	"  --gso | --splice: a block as one packet; pages of a pipe\n"
	"  --df 0|1: may be cut into fragments on its way, or not\n"
	"  --skip N: begin with this packet of the stream  --seed N\n"
	STREAM_USAGE;

int main(int argc, char **argv)
{
	static const struct option options[] = {
		STREAM_OPTIONS,
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ "suite", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "rate", required_argument, NULL, 'r' },
		{ "time", required_argument, NULL, 'T' },
		{ "shuffle", no_argument, NULL, 'S' },
		{ "duplicate", required_argument, NULL, 'd' },
		{ "block", required_argument, NULL, 'b' },
		{ "attack", required_argument, NULL, 'a' },
		{ "flip", required_argument, NULL, 'w' },
		{ "only-attack", no_argument, NULL, 'o' },
		{ "seed", required_argument, NULL, 'e' },
		{ "skip", required_argument, NULL, 'n' },
		{ "gso", no_argument, NULL, 'g' },
		{ "splice", no_argument, NULL, 'p' },
		{ "df", required_argument, NULL, 'D' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct sender s = {
		.stream = STREAM_DEFAULT, .block = 8, .rate_pps = 200, .time_s = 60, .random = 1,
	};
	const char *suite = NULL, *key = NULL;
	struct udp_addr from = { 0 };
	int opt, df = -1;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (stream_option(&s.stream, opt, optarg))
			continue;
		switch (opt) {
		case 'f':
			if (udp_parse(optarg, &from))
				oracle_die(optarg, "not an address and port");
			break;
		case 't':
			if (udp_parse(optarg, &s.to))
				oracle_die(optarg, "not an address and port");
			break;
		case 's': suite = optarg; break;
		case 'k': key = optarg; break;
		case 'r': s.rate_pps = stream_number(optarg, 10000000); break;
		case 'T': s.time_s = stream_number(optarg, 3600); break;
		case 'S': s.shuffle = true; break;
		case 'd': s.duplicate = stream_number(optarg, STREAM_COUNT_MAX); break;
		case 'b': s.block = stream_number(optarg, BLOCK_MAX); break;
		case 'a': s.attack = pick(optarg, attack_name, ATTACKS); break;
		case 'w': s.where = pick(optarg, where_name, 3); break;
		case 'o': s.only_attack = true; break;
		case 'n': s.skip = stream_number(optarg, STREAM_COUNT_MAX); break;
		case 'g': s.gso = true; break;
		case 'p': s.splice = true; break;
		case 'D': df = stream_number(optarg, 1); break;
		case 'e': s.random = stream_number(optarg, UINT64_MAX); break;
		default:
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	if (!from.len || !s.to.len || !s.block || !stream_count(&s.stream)) {
		fputs(usage, stderr);
		return 2;
	}
	if (suite || key)
		keys(&s, suite, key);
	if (s.gso && s.block > UDP_MAX_SEGMENTS)
		s.block = UDP_MAX_SEGMENTS;
	s.fd = udp_bind(&from);
	if (df >= 0)
		dont_fragment(&s, df);
	if (s.splice && (pipe(s.pipe) || connect(s.fd, (void *)&s.to.sa, s.to.len)))
		oracle_die("--splice", strerror(errno));
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	send_all(&s);
	printf("{\"good\":%llu,\"attack\":%llu,\"replays\":%llu,\"failed\":%llu,\"seconds\":%.3f}\n",
	       (unsigned long long)s.good, (unsigned long long)(s.bad + s.replays),
	       (unsigned long long)s.replays, (unsigned long long)s.failed, now_s(&s));
	return s.failed ? 1 : 0;
}
