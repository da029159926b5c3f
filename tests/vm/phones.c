// SPDX-License-Identifier: GPL-2.0
/*
 * phones COUNT PORT ROUND PHONES DEVICE MAC LOCAL4 PHONE4 LOCAL6 PHONE6: all phones of
 * the COUNT calls over IPv4 and COUNT over IPv6 that calls(1) has made, in one process.
 * It is started in the host's network namespace, where it changes the flows, and puts
 * packets on DEVICE in the namespace PHONES (a file), from PHONE4 and PHONE6 to LOCAL4
 * and LOCAL6, which have the MAC address. Whatever arrives on any device there it holds
 * against what must have come: device and MAC address, IP and UDP header with addresses,
 * ports, TTL, DSCP and checksums, and, unprotected by libsrtp2 if it left as SRTP, each
 * byte of RTP and RTCP. Commands, one a line, FAMILY (4, 6) is that of LOCAL:
 *
 *	set FAMILY FROM TO SHIFT DEVICE	each of its flows now sends from FROM to TO and the
 *					call's number, ports moved by SHIFT, out of DEVICE
 *	move FAMILY FROM TO SHIFT DEVICE  the same, each between two packets of the flow
 *	via FAMILY DEVICE		what is sent comes there from now on
 *	run PACKETS			so many of each flow
 *
 * Answer to each but "via": sent, good (right and for the first time), and others, all
 * else that came. Not more than WINDOW packets are on their way at any time, which no
 * queue between here and there is too short for.
 */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calls.h"
#include "host.h"
#include "oracle.h"

#define WINDOW		64
#define WAIT_MS		8000	/* for the last of a window; an emulated machine may pause */
#define LOST_MAX	512	/* that many, and nobody waits any more */
#define PACKETS_MAX	63	/* of a flow */
#define TOS		0xb8	/* expedited forwarding */
#define TTL		64
#define PAYLOAD		160
#define APP		24	/* of RTCP (RFC 3550 6.7): name and data */

struct way {
	struct endpoint from, to;
	uint16_t shift;
	int ifindex;
	uint8_t mac[ETH_ALEN];
};

struct flow_state {
	uint16_t sent;		/* packets: each has its number, from 1 on, in its contents */
	uint64_t seen;		/* those that came, a bit each */
};

struct group {
	struct endpoint local, phone;
	struct way now, was;
	srtp_t (*srtp)[2];		/* of each call, each direction */
	struct flow_state *flow;	/* by port */
};

static unsigned int count, first;
static struct group groups[2];
static int wire, on_wire;
static unsigned long sent, good, others, lost;
static struct sockaddr_ll out_of;
static uint8_t host_mac[ETH_ALEN];

/* --- packets ------------------------------------------------------------------ */

static uint32_t ssrc_of(const struct group *g, uint16_t port)
{
	return (uint32_t)g->local.family << 24 | (port & ~1);
}

/* Packet @n of the flow with @port, as RTP or RTCP. */
static int media(const struct group *g, uint16_t port, uint16_t n, uint8_t *out)
{
	uint32_t ssrc = htonl(ssrc_of(g, port));
	int len = port_is_rtcp(port) ? 8 + APP : 12 + PAYLOAD, i;

	for (i = 0; i < len; i++)
		out[i] = port * 7 + n * 31 + i;
	out[0] = 0x80;
	if (port_is_rtcp(port)) {
		out[1] = 204;
		out[2] = 0;
		out[3] = len / 4 - 1;
		memcpy(out + 4, &ssrc, 4);
		out[8] = n >> 8;
		out[9] = n;
		return len;
	}
	out[1] = 0;
	out[2] = n >> 8;
	out[3] = n;
	memcpy(out + 8, &ssrc, 4);
	return len;
}

static srtp_t session(const struct group *g, uint16_t port)
{
	return g->srtp[(port - first) / FLOWS_OF_A_CALL][port_takes_srtp(port)];
}

static uint32_t sum(const void *data, size_t len, uint32_t s)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		s += p[0] << 8 | p[1];
	return len ? s + (p[0] << 8) : s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static size_t addr_len(const struct endpoint *ep)
{
	return ep->family == AF_INET ? 4 : 16;
}

/* Of UDP datagram and pseudo-header; of a right one with its checksum: 0xffff. */
static uint16_t udp_sum(const struct endpoint *from, const struct endpoint *to,
			const void *udp, size_t len)
{
	uint32_t s = sum(from->addr, addr_len(from), len + IPPROTO_UDP);

	return fold(sum(udp, len, sum(to->addr, addr_len(to), s)));
}

static uint8_t *put_ip(uint8_t *p, const struct endpoint *from, const struct endpoint *to,
		       size_t len)
{
	if (from->family == AF_INET) {
		struct iphdr ip = { .version = 4, .ihl = 5, .tos = TOS, .ttl = TTL,
				    .protocol = IPPROTO_UDP, .tot_len = htons(20 + len) };

		memcpy(&ip.saddr, from->addr, 4);
		memcpy(&ip.daddr, to->addr, 4);
		ip.check = htons(~fold(sum(&ip, 20, 0)));
		return mempcpy(p, &ip, sizeof(ip));
	}
	struct ip6_hdr ip6 = { .ip6_flow = htonl(6u << 28 | TOS << 20), .ip6_hlim = TTL,
			       .ip6_nxt = IPPROTO_UDP, .ip6_plen = htons(len) };

	memcpy(&ip6.ip6_src, from->addr, 16);
	memcpy(&ip6.ip6_dst, to->addr, 16);
	return mempcpy(p, &ip6, sizeof(ip6));
}

static void send_frame(const struct group *g, uint16_t port, const uint8_t *data, int n)
{
	struct udphdr udp = { .source = htons(port), .dest = htons(port), .len = htons(8 + n) };
	struct ether_header eth = { .ether_type = htons(g->local.family == AF_INET ? ETHERTYPE_IP
							: ETHERTYPE_IPV6) };
	uint8_t frame[512], *p, *l4;

	memcpy(eth.ether_dhost, host_mac, ETH_ALEN);
	eth.ether_shost[0] = 2;
	p = mempcpy(frame, &eth, sizeof(eth));
	l4 = put_ip(p, &g->phone, &g->local, 8 + n);
	memcpy(mempcpy(l4, &udp, 8), data, n);
	((struct udphdr *)l4)->check = htons(~udp_sum(&g->phone, &g->local, l4, 8 + n));
	if (sendto(wire, frame, l4 + 8 + n - frame, 0, (struct sockaddr *)&out_of,
		   sizeof(out_of)) < 0)
		err(1, "send");
}

static void send_one(struct group *g, uint16_t port)
{
	uint8_t data[512];
	int len;

	if (g->flow[port].sent == PACKETS_MAX)
		errx(2, "no more packets of a flow");
	len = media(g, port, ++g->flow[port].sent, data);

	if (port_takes_srtp(port) &&
	    (port_is_rtcp(port) ? srtp_protect_rtcp : srtp_protect)(session(g, port), data, &len))
		errx(1, "libsrtp2 does not protect");
	send_frame(g, port, data, len);
	sent++;
	on_wire++;
}

/* --- what comes ------------------------------------------------------------------ */

struct heard {
	const uint8_t *mac;
	struct endpoint from, to;
	uint8_t *data;
	int len, ifindex;
};

/* Reads a frame with a UDP datagram; false: something in it is not as it must be. */
static bool read_frame(uint8_t *frame, size_t len, struct heard *h)
{
	bool v4 = frame[12] == 8;
	size_t ip_len = v4 ? 20 : 40;
	uint8_t *ip = frame + 14, *udp = ip + ip_len;
	size_t udp_len = len - 14 - ip_len;

	h->mac = frame;
	h->from.family = h->to.family = v4 ? AF_INET : AF_INET6;
	memcpy(h->from.addr, ip + (v4 ? 12 : 8), addr_len(&h->from));
	memcpy(h->to.addr, ip + (v4 ? 16 : 24), addr_len(&h->to));
	h->from.port = udp[0] << 8 | udp[1];
	h->to.port = udp[2] << 8 | udp[3];
	h->data = udp + 8;
	h->len = udp_len - 8;
	if (v4 && (ip[0] != 0x45 || ip[1] != TOS || ip[8] != TTL - 1 || fold(sum(ip, 20, 0)) != 0xffff))
		return false;
	if (!v4 && (ip[0] != (0x60 | TOS >> 4) || ip[1] != (TOS & 15) << 4 || ip[7] != TTL - 1))
		return false;
	return (udp[6] || udp[7]) && udp_sum(&h->from, &h->to, udp, udp_len) == 0xffff;
}

/* The number that a call has in its destination's address; -1: not one of this way. */
static int call_of(const struct way *w, const struct endpoint *to)
{
	size_t n = addr_len(to) - 2;

	if (to->family != w->to.family || memcmp(to->addr, w->to.addr, n))
		return -1;
	return (to->addr[n] << 8 | to->addr[n + 1]) - 1;
}

static bool came_by(const struct way *w, const struct heard *h, uint16_t *port)
{
	int call = call_of(w, &h->to);

	*port = h->to.port - w->shift;
	return call >= 0 && *port >= first && (int)(*port - first) / FLOWS_OF_A_CALL == call &&
	       h->from.port == h->to.port && h->ifindex == w->ifindex &&
	       !memcmp(h->from.addr, w->from.addr, sizeof(h->from.addr)) &&
	       !memcmp(h->mac, w->mac, ETH_ALEN);
}

static bool equals(struct group *g, uint16_t port, struct heard *h)
{
	struct flow_state *f = &g->flow[port];
	uint8_t want[512], n;

	if (!port_takes_srtp(port) && (port_is_rtcp(port) ? srtp_unprotect_rtcp :
				       srtp_unprotect)(session(g, port), h->data, &h->len))
		return false;
	n = port_is_rtcp(port) ? h->data[9] : h->data[3];
	if (!n || n > f->sent || f->seen & 1ULL << n)
		return false;
	if (h->len != media(g, port, n, want) || memcmp(h->data, want, h->len))
		return false;
	f->seen |= 1ULL << n;
	return true;
}

static bool judge(uint8_t *frame, size_t len, int ifindex)
{
	struct heard h = { .ifindex = ifindex };
	uint16_t port;

	if (!read_frame(frame, len, &h))
		return false;
	for (struct group *g = groups; g < groups + 2; g++) {
		if (!came_by(&g->now, &h, &port) && !came_by(&g->was, &h, &port))
			continue;
		return equals(g, port, &h);
	}
	return false;
}

/* Until nothing is on its way, or nothing has come for a while. */
static void drain(void)
{
	struct pollfd p = { .fd = wire, .events = POLLIN };
	struct sockaddr_ll from;
	socklen_t size;
	uint8_t frame[2048];
	ssize_t n;

	while (poll(&p, 1, !on_wire ? 0 : lost < LOST_MAX ? WAIT_MS : 1) > 0) {
		size = sizeof(from);
		n = recvfrom(wire, frame, sizeof(frame), 0, (struct sockaddr *)&from, &size);
		/* UDP only: all else is the kernels' own (ARP, ND, MLD). */
		if (n < 42 || !((frame[12] == 8 && !frame[13] && frame[23] == IPPROTO_UDP) ||
				(frame[12] == 0x86 && frame[13] == 0xdd && frame[20] == IPPROTO_UDP)))
			continue;
		if (judge(frame, n, from.sll_ifindex)) {
			good++;
			on_wire--;
		} else {
			others++;
		}
	}
	lost += on_wire;
	on_wire = 0;
}

static void each_flow(struct group *g, void (*fn)(struct group *g, uint16_t port))
{
	unsigned int port;

	for (port = first; port < first + count * FLOWS_OF_A_CALL; port++) {
		fn(g, port);
		if (on_wire >= WINDOW)
			drain();
	}
	drain();
}

/* --- changes ----------------------------------------------------------------------- */

static struct xnl *module;

static void set_one(struct group *g, uint16_t port)
{
	unsigned int call = (port - first) / FLOWS_OF_A_CALL + 1;
	struct flow f = { .local = g->local, .action = FLOW_NO_ACTION, .source = g->now.from,
			  .destination = g->now.to };
	size_t n = addr_len(&g->now.to);

	f.local.port = port;
	f.source.port = f.destination.port = port + g->now.shift;
	f.destination.addr[n - 2] = call >> 8;
	f.destination.addr[n - 1] = call;
	if (flow_set(module, &f))
		errx(1, "port %u: %s", port, xnl_error(module));
}

static void move_one(struct group *g, uint16_t port)
{
	send_one(g, port);
	set_one(g, port);
	send_one(g, port);
}

static void device_of(struct way *w, const char *name)
{
	struct ifreq r = { };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(wire, SIOCGIFHWADDR, &r))
		err(1, "%s", name);
	memcpy(w->mac, r.ifr_hwaddr.sa_data, ETH_ALEN);
	w->ifindex = if_nametoindex(name);
}

static void change(struct group *g, char **word, bool traffic)
{
	struct way w = { .from = endpoint_of(word[0], 0), .to = endpoint_of(word[1], 0),
			 .shift = atoi(word[2]) };

	device_of(&w, word[3]);
	g->was = g->now;
	g->now = w;
	each_flow(g, traffic ? move_one : set_one);
	g->was = g->now;
}

static void run(unsigned int n)
{
	while (n--) {
		each_flow(&groups[0], send_one);
		each_flow(&groups[1], send_one);
	}
}

static void command(char *line)
{
	char *word[6], *p;
	struct group *g;
	int n = 0;

	for (p = strtok(line, " \n"); p && n < 6; p = strtok(NULL, " \n"))
		word[n++] = p;
	if (n < 2)
		errx(2, "a command");
	sent = good = others = 0;
	g = &groups[*word[1] == '6'];
	if (!strcmp(word[0], "run"))
		run(atoi(word[1]));
	else if (n == 6)
		change(g, word + 2, !strcmp(word[0], "move"));
	else
		device_of(&g->now, word[2]);
	if (n != 3)
		printf("%lu sent, %lu good, %lu others\n", sent, good, others);
	fflush(stdout);
}

/* --- start ---------------------------------------------------------------------------- */

static void group_init(struct group *g, const char *local, const char *phone, uint8_t round)
{
	struct oracle_key k = { .suite = XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, .len = 30 };
	unsigned int i, dir;
	uint16_t port;

	g->local = endpoint_of(local, 0);
	g->phone = endpoint_of(phone, 0);
	g->srtp = calloc(count, sizeof(*g->srtp));
	g->flow = calloc(65536, sizeof(*g->flow));
	if (!g->srtp || !g->flow)
		err(1, "memory");
	for (i = 0; i < count; i++) {
		for (dir = 0; dir < 2; dir++) {
			port = first + i * FLOWS_OF_A_CALL + dir * 2;
			memcpy(k.bytes, key_of(port, g->local.family, round).master_key, 16);
			g->srtp[i][dir] = oracle_open(&k, dir ? ssrc_any_outbound : ssrc_any_inbound);
		}
	}
}

static void wire_open(const char *ns, const char *dev)
{
	int fd = open(ns, O_RDONLY | O_CLOEXEC), one = 1, bytes = 64 << 20;

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", ns);
	close(fd);
	wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (wire < 0 || setsockopt(wire, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(wire, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		err(1, "packet socket");
	out_of = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(dev) };
}

int main(int argc, char **argv)
{
	char text[512];

	if (argc != 11)
		errx(2, "usage: phones COUNT PORT ROUND PHONES DEVICE MAC LOCAL4 PHONE4 LOCAL6 PHONE6");
	count = atoi(argv[1]);
	first = atoi(argv[2]);
	if (sscanf(argv[6], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &host_mac[0], &host_mac[1],
		   &host_mac[2], &host_mac[3], &host_mac[4], &host_mac[5]) != 6)
		errx(2, "%s: not a MAC address", argv[6]);
	module = xnl_open(text, sizeof(text));
	if (!module)
		errx(1, "%s", text);
	group_init(&groups[0], argv[7], argv[8], atoi(argv[3]));
	group_init(&groups[1], argv[9], argv[10], atoi(argv[3]));
	wire_open(argv[4], argv[5]);
	printf("ready\n");
	fflush(stdout);
	while (fgets(text, sizeof(text), stdin))
		command(text);
	return 0;
}
