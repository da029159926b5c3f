// SPDX-License-Identifier: GPL-2.0
/*
 * calls-load: many calls at once, plain RTP in one direction, one process for the
 * phones and one for the media server, which knows nothing of xsrtp: a UDP socket
 * for each call with the room that the system gives any socket, and some work for
 * each packet, whoever sent it.
 *
 *	calls-load send --from ADDR:PORT --to ADDR:PORT --calls N --count N
 *	calls-load recv --on ADDR:PORT --calls N --count N
 *
 * Call i is from and to the i-th port of the same parity as the first (RFC 3550
 * 11: RTP has the even ones), with an SSRC of its own, and from the i-th address of
 * --hosts: phones, or one trunk. Each packet carries the
 * time it was sent and a hash of itself, so that the receiver knows the calls'
 * packets from forged ones, and each of them from every other:
 *
 *	|  RTP header  |  time, 64 bits  |  hash, 64 bits  |  pattern  |
 *
 * Prints one line of JSON; --flows FILE gets one line for each call: its local
 * port at the receiver and how many were sent, or received (each once).
 *
 *	received	datagrams that came, of whoever
 *	good		packets of the calls, the first time each
 *	lost		packets of the calls that never came
 *	hurt		calls that lost any
 *	worst		lost by the call that lost most
 *	foreign		datagrams that are no packet of a call
 *	late		of the good, how many took longer than 200 ms from sending to
 *			reading: no phone waits for them
 *	latest_us	the latest of the good
 *
 * Exit status 0 if each call got all of its packets (recv), if each was sent (send).
 */
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <time.h>

#include "stream.h"
#include "udp.h"

#define CALLS_MAX	1000
#define PACKET_LEN	172
#define PAYLOAD		12
#define SSRC_FIRST	0x5ca11000
#define NAMED_MAX	10	/* lost packets that are named on standard error */
#define LATE_NS		200000000
#define AT_ONCE		16	/* packets of one call before the others have their turn */

struct call {
	int fd;
	uint16_t port;		/* the receiver's */
	uint64_t packets;	/* sent, or received */
	uint8_t *seen;		/* receiver: one byte per packet */
};

struct load {
	struct call calls[CALLS_MAX];
	unsigned int n;
	unsigned int hosts;	/* that send */
	uint64_t count;		/* packets of one call */
	double rate_pps;	/* of one call */
	uint64_t work_ns;
	uint64_t received, foreign, failed, duplicates;
	uint64_t late, latest_ns;
};

static volatile sig_atomic_t ended;

static void end(int sig)
{
	ended = 1;
}

__attribute__((noreturn))
static void die(const char *what, const char *why)
{
	fprintf(stderr, "calls-load: %s: %s\n", what, why);
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* --- packets ---------------------------------------------------------------------- */

static void put64(uint8_t *p, uint64_t v)
{
	stream_put32(stream_put32(p, v >> 32), v);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)stream_get32(p) << 32 | stream_get32(p + 4);
}

static uint64_t hash(unsigned int call, uint64_t n, uint64_t time)
{
	uint64_t state = ((uint64_t)call << 32 ^ n) * 0x9e3779b97f4a7c15 ^ time;

	return stream_random(&state);
}

/* Anything, as RFC 3550 8.1 has it; but that of the first call is known to who attacks it. */
static uint32_t ssrc_of(unsigned int call)
{
	uint64_t state = call;

	return call ? stream_random(&state) >> 32 : SSRC_FIRST;
}

static void write_packet(unsigned int call, uint64_t n, uint64_t time, uint8_t *p)
{
	p[0] = 0x80;
	p[1] = n ? 0 : 0x80;
	p[2] = n >> 8;
	p[3] = n;
	stream_put32(p + 4, n * 160);
	stream_put32(p + 8, ssrc_of(call));
	put64(p + PAYLOAD, time);
	put64(p + PAYLOAD + 8, hash(call, n, time));
	memset(p + PAYLOAD + 16, call ^ n, PACKET_LEN - PAYLOAD - 16);
}

/* Is it a packet of @call? Its number, and when it was sent. --count keeps it to 16 bits. */
static bool is_packet(unsigned int call, const uint8_t *p, ssize_t len, uint64_t *n, uint64_t *time)
{
	uint8_t whole[PACKET_LEN];

	if (len != PACKET_LEN)
		return false;
	*n = p[2] << 8 | p[3];
	*time = get64(p + PAYLOAD);
	write_packet(call, *n, *time, whole);
	return !memcmp(whole, p, PACKET_LEN);
}

/* --- sockets ---------------------------------------------------------------------- */

static struct udp_addr nth(const struct udp_addr *a, unsigned int i)
{
	struct udp_addr r = *a;
	in_port_t *port = r.sa.ss_family == AF_INET6 ? &((struct sockaddr_in6 *)&r.sa)->sin6_port :
		&((struct sockaddr_in *)&r.sa)->sin_port;
	unsigned int number = ntohs(*port) + 2 * i;

	if (number > 65535)
		die("--calls", "more than there are ports from the first on");
	*port = htons(number);
	return r;
}

static uint16_t port_of(const struct udp_addr *a)
{
	return ntohs(a->sa.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a->sa)->sin6_port :
		     ((struct sockaddr_in *)&a->sa)->sin_port);
}

/* Not udp_bind(): the room for what waits is the system's default, as a server's is. */
static int open_socket(const struct udp_addr *on)
{
	int fd = socket(on->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&on->sa, on->len))
		die("cannot bind", strerror(errno));
	return fd;
}

/* Consecutive addresses, within the last byte. */
static void next_host(struct udp_addr *a, unsigned int i)
{
	uint8_t *last = a->sa.ss_family == AF_INET6 ?
		&((struct sockaddr_in6 *)&a->sa)->sin6_addr.s6_addr[15] :
		(uint8_t *)&((struct sockaddr_in *)&a->sa)->sin_addr + 3;

	if (*last + i > 255)
		die("--hosts", "more than there are in the last byte of the address");
	*last += i;
}

static void open_sender(struct load *l, const struct udp_addr *from, const struct udp_addr *to)
{
	for (unsigned int i = 0; i < l->n; i++) {
		struct udp_addr a = nth(from, i), b = nth(to, i);

		next_host(&a, i % l->hosts);
		l->calls[i] = (struct call){ .fd = open_socket(&a), .port = port_of(&b) };
		if (connect(l->calls[i].fd, (struct sockaddr *)&b.sa, b.len))
			die("cannot connect", strerror(errno));
	}
}

static int open_receiver(struct load *l, const struct udp_addr *on)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (unsigned int i = 0; i < l->n; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
		struct udp_addr a = nth(on, i);
		struct call *c = &l->calls[i];

		*c = (struct call){ open_socket(&a), port_of(&a), 0, calloc(l->count, 1) };
		if (!c->seen || epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e))
			die("receiver", strerror(errno));
	}
	return epoll;
}

/* --- sending ---------------------------------------------------------------------- */

static void send_packet(struct load *l, unsigned int call, uint64_t n)
{
	uint8_t p[PACKET_LEN];

	/* ICMP errors belong to earlier packets; a full queue empties. */
	for (int tries = 0; tries < 100; tries++) {
		write_packet(call, n, now_ns(), p);
		if (send(l->calls[call].fd, p, sizeof(p), 0) == sizeof(p)) {
			l->calls[call].packets++;
			return;
		}
		if (errno == ENOBUFS)
			poll(NULL, 0, 1);
		else if (errno != ECONNREFUSED && errno != EINTR)
			break;
	}
	l->failed++;
}

/* The calls take turns within the time of a packet, as calls do that began anywhere. */
static void send_all(struct load *l)
{
	uint64_t start = now_ns(), total = l->n * l->count, gap_ns = 1e9 / l->rate_pps / l->n;

	for (uint64_t k = 0; k < total && !ended; k++) {
		uint64_t due = start + k * gap_ns;
		struct timespec t = { due / 1000000000, due % 1000000000 };

		if (due > now_ns())
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		send_packet(l, k % l->n, k / l->n);
	}
}

/* --- receiving -------------------------------------------------------------------- */

/* What a media server does with a packet, in time: look up, decrypt, encrypt, send on. */
static void work(const struct load *l)
{
	uint64_t until = now_ns() + l->work_ns;

	while (l->work_ns && now_ns() < until)
		;
}

static void judge(struct load *l, unsigned int call, const uint8_t *p, ssize_t len)
{
	struct call *c = &l->calls[call];
	uint64_t n, time, late;

	l->received++;
	if (!is_packet(call, p, len, &n, &time) || n >= l->count) {
		l->foreign++;
		return;
	}
	if (c->seen[n]++) {
		l->duplicates++;
		return;
	}
	c->packets++;
	late = now_ns() - time;
	l->late += late > LATE_NS;
	if (late > l->latest_ns)
		l->latest_ns = late;
}

static void read_call(struct load *l, unsigned int call)
{
	uint8_t p[2048];

	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t len = recv(l->calls[call].fd, p, sizeof(p), MSG_DONTWAIT);

		if (len < 0)
			return;
		judge(l, call, p, len);
		work(l);
	}
}

/*
 * Until a signal says that the calls are over, and nothing is left to read: or
 * until @time_s. The signal is the caller's, who knows when the last was sent.
 */
static void receive(struct load *l, int epoll, int time_s)
{
	uint64_t until = now_ns() + time_s * 1000000000ULL;
	struct epoll_event e[CALLS_MAX];

	while (now_ns() < until) {
		int n = epoll_wait(epoll, e, l->n, ended ? 0 : 100);

		if (n == 0 && ended)
			return;
		for (int i = 0; i < n; i++)
			read_call(l, e[i].data.u32);
	}
}

/* --- what came of it ---------------------------------------------------------------- */

static void write_flows(const struct load *l, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		die(path, strerror(errno));
	for (unsigned int i = 0; i < l->n; i++)
		fprintf(f, "%u %llu\n", l->calls[i].port, (unsigned long long)l->calls[i].packets);
	fclose(f);
}

/* Which ones were lost, for who looks for the reason. */
static void name_lost(const struct load *l)
{
	unsigned int named = 0;

	for (unsigned int i = 0; i < l->n; i++)
		for (uint64_t n = 0; n < l->count && named < NAMED_MAX; n++)
			if (!l->calls[i].seen[n] && ++named)
				fprintf(stderr, "calls-load: port %u: lost packet %llu\n", l->calls[i].port,
					(unsigned long long)n);
}

static int report_sent(const struct load *l)
{
	unsigned long long sent = 0;

	for (unsigned int i = 0; i < l->n; i++)
		sent += l->calls[i].packets;
	printf("{\"calls\":%u,\"sent\":%llu,\"failed\":%llu}\n", l->n, sent,
	       (unsigned long long)l->failed);
	return sent == l->n * l->count ? 0 : 1;
}

static int report_received(const struct load *l)
{
	unsigned long long good = 0, worst = 0, hurt = 0;

	for (unsigned int i = 0; i < l->n; i++) {
		uint64_t lost = l->count - l->calls[i].packets;

		good += l->calls[i].packets;
		hurt += !!lost;
		if (lost > worst)
			worst = lost;
	}
	printf("{\"calls\":%u,\"received\":%llu,\"good\":%llu,\"lost\":%llu,\"hurt\":%llu,"
	       "\"worst\":%llu,\"duplicates\":%llu,\"foreign\":%llu,\"late\":%llu,"
	       "\"latest_us\":%llu}\n",
	       l->n, (unsigned long long)l->received, good, l->n * l->count - good, hurt, worst,
	       (unsigned long long)l->duplicates, (unsigned long long)l->foreign,
	       (unsigned long long)l->late, (unsigned long long)l->latest_ns / 1000);
	return good == l->n * l->count ? 0 : 1;
}

static const char usage[] =
	"usage: calls-load send --from ADDR:PORT --to ADDR:PORT --calls N --count N [--rate PPS]\n"
	"                       [--hosts N]\n"
	"       calls-load recv --on ADDR:PORT --calls N --count N [--work NS] [--time SECONDS]\n"
	"  --count: packets of each call, at most 65536; --rate: of each call (50)\n"
	"  --work: what the receiver does with each packet, in ns of its CPU (0)\n"
	"  --time: recv ends after that at the latest (60); else on SIGTERM, when all is read\n"
	"  --flows FILE: for each call, the receiver's port and the number of packets\n";

static struct udp_addr parse_endpoint(const char *text)
{
	struct udp_addr a;

	if (udp_parse(text, &a))
		die(text, "not an address and port");
	return a;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ "on", required_argument, NULL, 'o' },
		{ "calls", required_argument, NULL, 'n' },
		{ "hosts", required_argument, NULL, 'H' },
		{ "count", required_argument, NULL, 'c' },
		{ "rate", required_argument, NULL, 'r' },
		{ "work", required_argument, NULL, 'w' },
		{ "time", required_argument, NULL, 'T' },
		{ "flows", required_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static struct load l = { .rate_pps = 50, .hosts = 1 };
	struct udp_addr from = { 0 }, to = { 0 }, on = { 0 };
	const char *flows = NULL;
	int time_s = 60, opt;
	bool sends, receives;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'f': from = parse_endpoint(optarg); break;
		case 't': to = parse_endpoint(optarg); break;
		case 'o': on = parse_endpoint(optarg); break;
		case 'n': l.n = stream_number(optarg, CALLS_MAX); break;
		case 'H': l.hosts = stream_number(optarg, 256); break;
		case 'c': l.count = stream_number(optarg, 65536); break;
		case 'r': l.rate_pps = stream_number(optarg, 1000); break;
		case 'w': l.work_ns = stream_number(optarg, 1000000); break;
		case 'T': time_s = stream_number(optarg, 3600); break;
		case 'F': flows = optarg; break;
		default:
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	sends = argc - optind == 1 && !strcmp(argv[optind], "send") && from.len && to.len;
	receives = argc - optind == 1 && !strcmp(argv[optind], "recv") && on.len;
	if ((!sends && !receives) || !l.n || !l.hosts || !l.count || l.rate_pps == 0) {
		fputs(usage, stderr);
		return 2;
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	if (sends) {
		open_sender(&l, &from, &to);
		send_all(&l);
	} else {
		receive(&l, open_receiver(&l, &on), time_s);
	}
	if (flows)
		write_flows(&l, flows);
	if (sends)
		return report_sent(&l);
	name_lost(&l);
	return report_received(&l);
}
