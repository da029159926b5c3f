// SPDX-License-Identifier: GPL-2.0
/*
 * flood: the attacker of the tests. Sends forged frames (forge.h) from a packet
 * socket at a fixed rate, and prints how many it sent.
 *
 * It is for a wire that a test made, and for no other:
 *   - it enters the named network namespace itself, and refuses the one that it
 *     was started in and the one of process 1, by whatever name;
 *   - it refuses a device that is not veth (asked of the driver), so a frame
 *     gets no further than the peer that was made with it;
 *   - number and rate have no default.
 *
 * With --write it sends nothing: the same frames go to a file (pcap).
 *
 * The rate is a limit: who comes late (a busy machine) does not make up for it in
 * one burst, which the wire would lose and the test would have to explain.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "forge.h"
#include "udp.h"

#define BATCH		64
#define RATE_MAX	1000000
#define LATE_MAX_NS	2000000		/* made up for; more is left out */

struct flood {
	struct forge forge;
	const char *netns, *dev, *path;
	uint64_t count;
	uint64_t rate_pps;
	int fd;
	uint64_t sent, refused, bytes;
	double seconds;
};

__attribute__((noreturn))
static void die(const char *what, const char *why)
{
	fprintf(stderr, "flood: %s: %s\n", what, why);
	exit(2);
}

/* --- only where a test said so --------------------------------------------------- */

/* A process that may not be looked at (a container's) has no say. */
static bool namespace_of(const char *process, int fd)
{
	struct stat x, y;

	if (stat(process, &x) || fstat(fd, &y))
		return false;
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void enter_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path, strerror(errno));
	if (namespace_of("/proc/self/ns/net", fd) || namespace_of("/proc/1/ns/net", fd))
		die(name, "is the namespace of the host, not one made for a test");
	if (setns(fd, CLONE_NEWNET))
		die(name, strerror(errno));
	close(fd);
}

static void ask_device(int fd, const char *dev, unsigned long request, void *data,
		       struct ifreq *ifr)
{
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", dev);
	ifr->ifr_data = data;
	if (ioctl(fd, request, ifr))
		die(dev, strerror(errno));
}

static void open_device(struct flood *f)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct ifreq ifr;

	/* Protocol 0: it receives nothing. */
	f->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (f->fd < 0)
		die("packet socket", strerror(errno));
	ask_device(f->fd, f->dev, SIOCETHTOOL, &driver, &ifr);
	if (strcmp(driver.driver, "veth"))
		die(f->dev, "is not veth: it could lead out of the test");
	ask_device(f->fd, f->dev, SIOCGIFHWADDR, NULL, &ifr);
	memcpy(f->forge.mac_from, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	ll.sll_ifindex = if_nametoindex(f->dev);
	if (bind(f->fd, (struct sockaddr *)&ll, sizeof(ll)))
		die(f->dev, strerror(errno));
}

/* --- sending --------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Frames @first on; a full queue refuses one (ENOBUFS), which is then left out. */
static void send_batch(struct flood *f, uint64_t first, unsigned int n)
{
	static uint8_t frame[BATCH][FORGE_FRAME_MAX];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v[BATCH];

	for (unsigned int i = 0; i < n; i++) {
		v[i] = (struct iovec){ frame[i], forge_frame(&f->forge, first + i, frame[i]) };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
	}
	for (unsigned int i = 0; i < n;) {
		int done = sendmmsg(f->fd, m + i, n - i, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno != ENOBUFS && errno != EAGAIN)
			die(f->dev, strerror(errno));
		if (done < 0) {
			f->refused++;
			i++;
			continue;
		}
		f->sent += done;
		while (done--)
			f->bytes += v[i++].iov_len;
	}
}

static void send_all(struct flood *f)
{
	uint64_t start = now_ns(), due = start, gap_ns = 1000000000 / f->rate_pps;

	for (uint64_t n = 0; n < f->count;) {
		uint64_t now = now_ns(), batch;

		if (due > now) {
			/* A millisecond's worth at once: timers are no finer on a busy machine. */
			sleep_until(due + (gap_ns < 1000000 ? 1000000 : 0));
			now = now_ns();
		}
		if (now > due + LATE_MAX_NS)
			due = now - (gap_ns > LATE_MAX_NS ? 0 : LATE_MAX_NS);
		batch = (now - due) / gap_ns + 1;
		if (batch > BATCH)
			batch = BATCH;
		if (batch > f->count - n)
			batch = f->count - n;
		send_batch(f, n, batch);
		n += batch;
		due += batch * gap_ns;
	}
	f->seconds = (now_ns() - start) / 1e9;
}

/* --- writing --------------------------------------------------------------------- */

static void write_all(struct flood *f)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, FORGE_FRAME_MAX);
	pcap_dumper_t *out = pcap ? pcap_dump_open(pcap, f->path) : NULL;
	uint8_t frame[FORGE_FRAME_MAX];

	if (!out)
		die(f->path, "cannot be written");
	for (uint64_t n = 0; n < f->count; n++) {
		uint64_t us = n * 1000000 / f->rate_pps;
		struct pcap_pkthdr h = { .ts = { us / 1000000, us % 1000000 } };

		h.caplen = h.len = forge_frame(&f->forge, n, frame);
		pcap_dump((u_char *)out, &h, frame);
		f->bytes += h.len;
	}
	pcap_dump_close(out);
	pcap_close(pcap);
}

/* --- options --------------------------------------------------------------------- */

static int parse_addr(const char *text, int *family, uint8_t *addr)
{
	*family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, text, addr) == 1 ? 0 : -EINVAL;
}

/* ADDR or ADDR/LEN */
static void parse_from(struct forge *f, const char *text)
{
	char addr[64];
	const char *slash = strchr(text, '/');
	unsigned int bits;

	snprintf(addr, sizeof(addr), "%.*s", slash ? (int)(slash - text) : 63, text);
	if (parse_addr(addr, &f->family, f->from))
		die(text, "not an address or prefix");
	bits = forge_addr_len(f) * 8;
	f->from_len = slash ? stream_number(slash + 1, bits) : bits;
}

/* ADDR:PORT or ADDR:PORT-PORT, as udp.h writes addresses */
static int parse_to(struct forge *f, const char *text)
{
	char first[80];
	const char *colon = strrchr(text, ':'), *dash = colon ? strchr(colon, '-') : NULL;
	unsigned int last;
	struct udp_addr a;

	snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - text) : 79, text);
	if (udp_parse(first, &a))
		die(text, "not an address and port");
	if (a.sa.ss_family == AF_INET6) {
		memcpy(f->to, &((struct sockaddr_in6 *)&a.sa)->sin6_addr, 16);
		f->to_port = ntohs(((struct sockaddr_in6 *)&a.sa)->sin6_port);
	} else {
		memcpy(f->to, &((struct sockaddr_in *)&a.sa)->sin_addr, 4);
		f->to_port = ntohs(((struct sockaddr_in *)&a.sa)->sin_port);
	}
	last = dash ? stream_number(dash + 1, 65535) : f->to_port;
	if (last < f->to_port)
		die(text, "the last port is below the first");
	f->to_ports = (last - f->to_port) / f->step + 1;
	return a.sa.ss_family;
}

static void parse_mac(uint8_t *mac, const char *text)
{
	int end = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &end) != 6 || text[end])
		die(text, "not a link-layer address");
}

static enum forge_kind parse_kind(const char *text)
{
	for (int i = 0; i < FORGE_KINDS; i++)
		if (!strcmp(text, forge_names[i]))
			return i;
	die(text, "no kind: rtp ssrcs bad-tag stun dtls fragment malformed");
}

static const char usage[] =
	"usage: flood --netns NAME --dev VETH --mac ADDR … | flood --write FILE …\n"
	"  --kind rtp|ssrcs|bad-tag|stun|dtls|fragment|malformed\n"
	"  --from ADDR[/LEN]    sources drawn from that prefix; --from-port N, else random\n"
	"  --to ADDR:PORT[-PORT]  --even: only ports of the first one's parity, as RTP's are\n"
	"  --count N  --rate PPS\n"
	"  --ssrc N (of rtp, bad-tag, fragment)  --seed N\n"
	"  --mac ADDR           the link-layer address of the wire's other end\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "netns", required_argument, NULL, 'n' },
		{ "dev", required_argument, NULL, 'd' },
		{ "mac", required_argument, NULL, 'm' },
		{ "write", required_argument, NULL, 'w' },
		{ "kind", required_argument, NULL, 'k' },
		{ "from", required_argument, NULL, 'f' },
		{ "from-port", required_argument, NULL, 'p' },
		{ "to", required_argument, NULL, 't' },
		{ "even", no_argument, NULL, 'E' },
		{ "count", required_argument, NULL, 'c' },
		{ "rate", required_argument, NULL, 'r' },
		{ "ssrc", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct flood f = { .forge = { .ssrc = 0xbad00bad, .seed = 1, .step = 1 } };
	int opt, to_family = 0;
	bool mac = false, kind = false;
	const char *to = NULL;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'n': f.netns = optarg; break;
		case 'd': f.dev = optarg; break;
		case 'm': parse_mac(f.forge.mac_to, optarg); mac = true; break;
		case 'w': f.path = optarg; break;
		case 'k': f.forge.kind = parse_kind(optarg); kind = true; break;
		case 'f': parse_from(&f.forge, optarg); break;
		case 'p': f.forge.from_port = stream_number(optarg, 65535); break;
		case 't': to = optarg; break;
		case 'E': f.forge.step = 2; break;
		case 'c': f.count = stream_number(optarg, STREAM_COUNT_MAX); break;
		case 'r': f.rate_pps = stream_number(optarg, RATE_MAX); break;
		case 's': f.forge.ssrc = stream_number(optarg, UINT32_MAX); break;
		case 'e': f.forge.seed = stream_number(optarg, UINT64_MAX); break;
		default:
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	if (to)
		to_family = parse_to(&f.forge, to);
	if (!kind || !f.count || !f.rate_pps || !to_family || to_family != f.forge.family ||
	    (f.path ? f.netns || f.dev : !f.netns || !f.dev || !mac)) {
		fputs(usage, stderr);
		return 2;
	}
	if (f.path) {
		write_all(&f);
	} else {
		enter_netns(f.netns);
		open_device(&f);
		send_all(&f);
	}
	printf("{\"kind\":\"%s\",\"sent\":%llu,\"refused\":%llu,\"bytes\":%llu,\"seconds\":%.3f}\n",
	       forge_names[f.forge.kind], (unsigned long long)f.sent,
	       (unsigned long long)f.refused, (unsigned long long)f.bytes, f.seconds);
	return f.refused ? 1 : 0;
}
