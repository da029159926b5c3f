// SPDX-License-Identifier: GPL-2.0
/*
 * load CASE SUITE DOOR ARMS BURST PACKETS ROUNDS: sends the packets of one case
 * through the host, with marks for the plugin around each round, and checks that
 * each packet became what the case says. Prints a line of JSON for each round.
 *
 * Namespaces and devices are made by guest.sh:
 *
 *	phone p0 === a0 host b0 === q0 peer
 *
 * ARMS is 2 from the phone to the peer, 1 back to the phone. Packets go out in
 * bursts, each packet of one to a flow of its own. What makes the device deliver a
 * burst as such is that the host's packet threads (threaded NAPI) run at a lower
 * priority than we do: they start when we sleep.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <xsrtp/srtp.h>

#include "host.h"
#include "mark.h"

#define PAYLOAD		160
#define FRAME_MAX	512
#define PORT		30000
#define FLOWS		16
#define RING		512	/* more than a device's ring of buffers holds */
#define FLUSH_US	2000	/* real time, in which a burst is through */

/* Frames are as for Ethernet with 8 bytes of UDP and 20 of IP. */
struct frame {
	uint8_t b[FRAME_MAX];
	uint32_t len;
};

static const struct kind {
	const char *name;
	bool rx, tx;		/* SRTP comes in, SRTP goes out */
	bool flows;		/* through the module */
	int reason;		/* 0: it is sent on */
	bool forward;		/* to the peer's own address */
} kinds[] = {
	{ "drop", .reason = -1 },
	{ "ip-forward", .forward = true },
	{ "xdp-redirect", .flows = false },
	{ "rtp-rtp", .flows = true },
	{ "rtp-srtp", .flows = true, .tx = true },
	{ "srtp-rtp", .flows = true, .rx = true },
	{ "srtp-srtp", .flows = true, .rx = true, .tx = true },
	{ "forged", .flows = true, .rx = true, .reason = XSRTP_REASON_BAD_TAG },
	{ "replay", .flows = true, .rx = true, .reason = XSRTP_REASON_REPLAY },
	{ "unknown-ssrc", .flows = true, .rx = true, .reason = XSRTP_REASON_NO_STREAM },
};

static const struct kind *kind;
static const struct xsrtp_suite_info *suite;
static int arms, burst, packets;
static struct xsrtp_session *sender[FLOWS];
static struct frame *frames;
static uint16_t seq;
static struct xnl *xnl;
static int fd;

static const uint8_t master[XSRTP_KEY_MAX + XSRTP_SALT_MAX] =
	"the key of what all phones send, and a salt.";

/* --- where things are ------------------------------------------------------------- */

static struct endpoint at(const char *addr, uint16_t port)
{
	struct endpoint ep = { .family = AF_INET, .port = port };

	if (inet_pton(AF_INET, addr, ep.addr) != 1)
		errx(1, "%s", addr);
	return ep;
}

static const char *sink_addr(void)
{
	return arms == 1 ? "10.71.1.3" : "10.71.2.2";
}

static void enter(const char *netns)
{
	char path[64];
	int ns;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		err(1, "%s", path);
	close(ns);
}

/* Sends only, and past the queueing layer: as much of the phone as must be. */
static int packet_socket(const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(dev) };
	int s = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (s < 0 || bind(s, (struct sockaddr *)&ll, sizeof(ll)) ||
	    setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		err(1, "%s", dev);
	return s;
}

/* --- flows --------------------------------------------------------------------------- */

static struct key master_key(void)
{
	struct key k = { .key_len = suite->key_len, .salt_len = suite->salt_len };

	memcpy(k.master_key, master, k.key_len);
	memcpy(k.master_salt, master + XSRTP_KEY_MAX, k.salt_len);
	return k;
}

/* What a flow sends under must be its own. */
static struct key random_key(void)
{
	struct key k = master_key();

	if (getrandom(k.master_key, k.key_len, 0) != k.key_len)
		err(1, "random key");
	return k;
}

static void make_flow(int i)
{
	struct key in = {}, out = {};
	struct flow f = { .local = at("10.71.1.1", PORT + 2 * i), .action = XSRTP_ACTION_FORWARD,
			  .has_learn = true,	/* never: from anywhere */
			  .source = at(arms == 1 ? "10.71.1.1" : "10.71.2.1", PORT + 2 * i),
			  .destination = at(sink_addr(), PORT + 2 * i) };
	char text[512];
	uint32_t id;

	if (suite) {
		in = master_key();
		out = random_key();
	}
	if (kind->rx)
		f.rx = (struct session){ .present = true, .suite = suite->suite, .key = &in };
	if (kind->tx)
		f.tx = (struct session){ .present = true, .suite = suite->suite, .key = &out };
	if (host_flow_add(xnl, &f, &id, text, sizeof(text)))
		errx(1, "flow: %s", text);
}

static void make_sender(int i)
{
	struct xsrtp_session_config cfg = { .suite = suite->suite };
	struct xsrtp_key_config key = { .key = master, .salt = master + XSRTP_KEY_MAX };

	sender[i] = aligned_alloc(XSRTP_ALIGN, xsrtp_session_size(&cfg));
	if (!sender[i] || xsrtp_session_init(sender[i], &cfg) ||
	    xsrtp_key_set(sender[i], xsrtp_cipher_get(0), 0, &key) ||
	    xsrtp_key_use(sender[i], 0))
		errx(1, "session");
}

static void make_flows(void)
{
	int i;

	for (i = 0; kind->flows && i < FLOWS; i++)
		make_flow(i);
	for (i = 0; kind->rx && i < FLOWS; i++)
		make_sender(i);
}

static void delete_flows(void)
{
	char text[512];
	unsigned int n;

	if (kind->flows && host_flow_del_all(xnl, &n, text, sizeof(text)))
		errx(1, "flows: %s", text);
}

/* --- frames ------------------------------------------------------------------------------ */

static uint32_t make_rtp(uint8_t *p, int i)
{
	struct xsrtp_packet pkt = { .session = sender[i], .data = p, .len = 12 + PAYLOAD,
				    .room = XSRTP_TAG_MAX };

	memset(p, 0x5a, 12 + PAYLOAD);
	memcpy(p, (uint8_t[12]){ 0x80, 0, seq >> 8, seq, 0, 0, 0, 0, 0xca, 0xfe, 0, i }, 12);
	if (!kind->rx)
		return pkt.len;
	xsrtp_protect(xsrtp_cipher_get(0), &pkt, 1);
	if (pkt.reason)
		errx(1, "cannot protect: %s", xsrtp_reason_name(pkt.reason));
	return pkt.len;
}

static uint16_t ip_sum(const void *header)
{
	const uint8_t *p = header;
	uint32_t sum = 0;
	int i;

	for (i = 0; i < 20; i += 2)
		sum += p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons(~(sum + (sum >> 16)));
}

/* From the phone to flow @i. MAC addresses are those that guest.sh gave. */
static void make_frame(struct frame *f, int i)
{
	static const uint8_t eth[14] = { 0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 8, 0 };
	struct endpoint from = at("10.71.1.2", 4000);
	struct endpoint to = at(kind->forward ? sink_addr() : "10.71.1.1", PORT + 2 * i);
	struct iphdr *ip = (struct iphdr *)(f->b + sizeof(eth));
	struct udphdr *udp = (struct udphdr *)(ip + 1);
	uint32_t len = sizeof(*udp) + make_rtp((uint8_t *)(udp + 1), i);

	memcpy(f->b, eth, sizeof(eth));
	*ip = (struct iphdr) { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
			       .tot_len = htons(sizeof(*ip) + len), .frag_off = htons(IP_DF) };
	memcpy(&ip->saddr, from.addr, 4);
	memcpy(&ip->daddr, to.addr, 4);
	ip->check = ip_sum(ip);
	*udp = (struct udphdr) { .source = htons(from.port), .dest = htons(to.port),
				 .len = htons(len) };
	f->len = sizeof(eth) + sizeof(*ip) + len;
}

/* The attacker's change to a good packet that the host has not, or has, seen. */
static void spoil(struct frame *f)
{
	uint8_t *rtp = f->b + 42;

	if (kind->reason == XSRTP_REASON_BAD_TAG)
		f->b[f->len - 1] ^= 1;
	else if (kind->reason == XSRTP_REASON_NO_STREAM)
		rtp[8] ^= 0xff;
}

static void make_frames(bool attack)
{
	int i;

	for (i = 0; i < packets; i++) {
		if (i % FLOWS == 0 && !(attack && kind->reason == XSRTP_REASON_REPLAY))
			seq++;
		if (attack && kind->reason == XSRTP_REASON_REPLAY)
			continue;
		make_frame(&frames[i], i % FLOWS);
		if (attack)
			spoil(&frames[i]);
	}
}

/* --- a round ------------------------------------------------------------------------------- */

static void send_bursts(void)
{
	int i;

	for (i = 0; i < packets; i++) {
		if (send(fd, frames[i].b, frames[i].len, 0) != (ssize_t)frames[i].len)
			err(1, "send");
		if ((i + 1) % burst == 0)
			usleep(FLUSH_US);
	}
}

static uint64_t received(const char *netns, const char *dev)
{
	struct ifaddrs *all, *a;
	uint64_t n = 0;

	enter(netns);
	if (getifaddrs(&all))
		err(1, "getifaddrs");
	for (a = all; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_PACKET && !strcmp(a->ifa_name, dev))
			n = ((struct rtnl_link_stats *)a->ifa_data)->rx_packets;
	freeifaddrs(all);
	return n;
}

/* Packets that became what they should, so far. */
static uint64_t done(bool attack)
{
	struct stats s;

	if (kind->reason == -1)
		return received("host", "a0");
	if (!kind->reason || !attack)
		return arms == 1 ? received("phone", "p0") : received("peer", "q0");
	if (stats_get(xnl, &s))
		errx(1, "stats: %s", xnl_error(xnl));
	return s.drop[kind->reason];
}

/* Waits for stragglers, of which there are none as a rule: the host was slow. */
static void expect(uint64_t before, bool attack)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < 50; i++) {
		n = done(attack) - before;
		if (n == (uint64_t)packets)
			return;
		usleep(20000);
	}
	errx(1, "%s: of %d packets %llu did what they should", kind->name, packets,
	     (unsigned long long)n);
}

static void run(bool attack, bool counted)
{
	uint64_t before = done(attack);

	make_frames(attack);
	if (counted)
		mark_start();
	send_bursts();
	if (counted)
		mark_stop();
	expect(before, attack);
}

static void arguments(char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, argv[1]))
			kind = &kinds[i];
	if (!kind)
		errx(2, "no case %s", argv[1]);
	suite = xsrtp_suite_by_name(argv[2]);
	if (!suite && (kind->rx || kind->tx))
		errx(2, "no suite %s", argv[2]);
	arms = atoi(argv[4]);
	burst = atoi(argv[5]);
	packets = atoi(argv[6]);
}

static void setup(void)
{
	struct sched_param fifo = { .sched_priority = 30 };
	char text[512];

	frames = calloc(packets, sizeof(*frames));
	if (!frames)
		err(1, "memory");
	enter("phone");
	fd = packet_socket("p0");
	enter("host");
	xnl = xnl_open(text, sizeof(text));
	if (!xnl)
		errx(1, "%s", text);
	make_flows();
	if (sched_setscheduler(0, SCHED_FIFO, &fifo))
		err(1, "priority");
}

int main(int argc, char **argv)
{
	int i;

	if (argc != 8)
		errx(2, "usage: load CASE SUITE DOOR ARMS BURST PACKETS ROUNDS");
	arguments(argv);
	setup();
	/*
	 * Good packets first: they make the streams, and replace what lies in the rings
	 * from before the hook was there, with too little room for it.
	 */
	for (i = 0; i < RING; i += packets)
		run(false, false);
	if (kind->reason)
		run(true, false);
	for (i = 0; i < atoi(argv[7]); i++) {
		run(kind->reason, true);
		printf("{\"case\": \"%s\", \"suite\": \"%s\", \"door\": \"%s\", \"arms\": %d, "
		       "\"burst\": %d, \"packets\": %d}\n", kind->name, argv[2], argv[3], arms,
		       burst, packets);
	}
	enter("host");
	delete_flows();
	return 0;
}
