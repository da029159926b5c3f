// SPDX-License-Identifier: GPL-2.0
/*
 * learn: calls whose far end the host has to learn, with an attacker beside them.
 *
 * Namespaces and devices are made by t-65-learn.sh:
 *
 *	phone p0 --- a0 host b0 --- q0 peer
 *
 * The phone, behind its NAT, and the attacker put frames on the wire p0, from any
 * address and port that they like. The peer holds what comes against what the phone
 * sent, in order and byte for byte, unprotected if it must be SRTP. Each scenario ends
 * with all counters of its flow, and with whom it has learned.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xsrtp/srtp.h>

#include "../bpf/tap.h"
#include "host.h"

#define TEXT		160
#define PACKET_MAX	256
#define SSRC		0xcafef00d
#define CALL		0x5a	/* payload of the phone's packets */
#define ATTACK		0xa5
#define LONG		100	/* packets of a stream */
#define PATIENCE	5000	/* ms */

static int family, phone_fd, peer_fd;
static int phone_socket[3];	/* of phone_port[] */
static const uint16_t phone_port[3] = { 4000, 4999, 4444 };
static struct xnl *xnl;
static uint16_t port = 30000;	/* of the scenario's flow */
static uint32_t flow_id;
static struct flow flow;
static const char *scenario;

/* --- places ------------------------------------------------------------------------ */

enum who { PHONE, ELSEWHERE, HOST_A, HOST_B, PEER, MULTICAST, PLACES };

static struct endpoint at(enum who who, uint16_t p)
{
	static const char *const addr[2][PLACES] = {
		{ "10.71.1.2", "10.71.1.66", "10.71.1.1", "10.71.2.1", "10.71.2.2", "224.0.0.9" },
		{ "fd71:1::2", "fd71:1::66", "fd71:1::1", "fd71:2::1", "fd71:2::2", "ff02::9" } };
	struct endpoint ep = { .family = family, .port = p };

	if (inet_pton(family, addr[family == AF_INET6][who], ep.addr) != 1)
		errx(1, "address");
	return ep;
}

static bool same(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       (!a->family || !memcmp(a->addr, b->addr, a->family == AF_INET ? 4 : 16));
}

static void enter(const char *netns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static int wire(const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		err(1, "%s", dev);
	return fd;
}

static int udp_socket(uint16_t p)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(p) };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)))
		err(1, "port %u", p);
	return fd;
}

/* --- SRTP ---------------------------------------------------------------------------- */

#define CM80 XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80

static uint8_t master[2][30];	/* what arrives at the host, what leaves */
static struct xsrtp_session *hears;	/* the peer; NULL: RTP */

static struct key key_of(const uint8_t *m)
{
	struct key k = { .key_len = 16, .salt_len = 14 };

	memcpy(k.master_key, m, 16);
	memcpy(k.master_salt, m + 16, 14);
	return k;
}

static struct xsrtp_session *session_of(const uint8_t *m)
{
	struct xsrtp_session_config cfg = { .suite = CM80, .streams = 4 };
	struct xsrtp_session *s = aligned_alloc(XSRTP_ALIGN, xsrtp_session_size(&cfg));
	struct xsrtp_key_config key = { .key = m, .salt = m + 16 };

	if (!s || xsrtp_session_init(s, &cfg) ||
	    xsrtp_key_set(s, xsrtp_cipher_get(0), 0, &key) || xsrtp_key_use(s, 0))
		errx(1, "session");
	return s;
}

/* --- packets --------------------------------------------------------------------------- */

struct packet {
	uint8_t b[PACKET_MAX];
	uint32_t len;
};

struct phone {
	struct endpoint from;
	uint32_t ssrc;
	uint16_t seq;
	struct xsrtp_session *srtp;	/* NULL: RTP */
};

static struct packet rtp(uint32_t ssrc, uint16_t seq, uint8_t text)
{
	struct packet p = { .b = { 0x80, 0, seq >> 8, seq }, .len = 12 + TEXT };

	ssrc = htonl(ssrc);
	memcpy(p.b + 8, &ssrc, 4);
	memset(p.b + 12, text, TEXT);
	return p;
}

/* A sender's report. */
static struct packet rtcp(uint32_t ssrc)
{
	struct packet p = { .b = { 0x80, 200, 0, 6 }, .len = 28 };

	ssrc = htonl(ssrc);
	memcpy(p.b + 4, &ssrc, 4);
	memset(p.b + 8, ATTACK, 20);
	return p;
}

/* The phone's next packet, as it leaves the phone. */
static struct packet next_of(struct phone *ph)
{
	struct packet p = rtp(ph->ssrc, ph->seq++, CALL);
	struct xsrtp_packet x = { .session = ph->srtp, .data = p.b, .len = p.len, .room = 64 };

	if (!ph->srtp)
		return p;
	xsrtp_protect(xsrtp_cipher_get(0), &x, 1);
	if (x.reason)
		errx(1, "protect: %s", xsrtp_reason_name(x.reason));
	p.len = x.len;
	return p;
}

static uint16_t fold(const void *data, uint32_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t ip_header(uint8_t *b, const struct endpoint *from, const struct endpoint *to,
			  uint32_t len)
{
	struct ip6_hdr *ip6 = (struct ip6_hdr *)b;
	struct iphdr *ip = (struct iphdr *)b;

	if (family == AF_INET6) {
		*ip6 = (struct ip6_hdr) { .ip6_plen = htons(len), .ip6_nxt = IPPROTO_UDP,
					  .ip6_hlim = 64 };
		ip6->ip6_vfc = 0x60;
		memcpy(&ip6->ip6_src, from->addr, 16);
		memcpy(&ip6->ip6_dst, to->addr, 16);
		return sizeof(*ip6);
	}
	*ip = (struct iphdr) { .version = 4, .ihl = 5, .ttl = 64, .tot_len = htons(20 + len),
			       .protocol = IPPROTO_UDP, .frag_off = htons(0x4000) };
	memcpy(&ip->saddr, from->addr, 4);
	memcpy(&ip->daddr, to->addr, 4);
	ip->check = htons(~fold(ip, 20, 0));
	return sizeof(*ip);
}

/* Puts a packet to the flow on the wire, from wherever. */
static void throw(const struct endpoint *from, const struct packet *p)
{
	uint8_t b[PACKET_MAX + 64] = { 2, [12] = family == AF_INET ? 8 : 0x86,
				       family == AF_INET ? 0 : 0xdd };
	uint32_t alen = family == AF_INET ? 4 : 16, len = 8 + p->len;
	struct endpoint to = at(HOST_A, port);
	uint8_t *udp = b + 14 + ip_header(b + 14, from, &to, len);
	struct udphdr h = { .source = htons(from->port), .dest = htons(port), .len = htons(len) };
	int n = udp + len - b;

	memcpy(udp, &h, 8);
	memcpy(udp + 8, p->b, p->len);
	h.check = htons(~fold(udp, len, fold(from->addr, alen, 0) + fold(to.addr, alen, 0) +
			      IPPROTO_UDP + len));
	memcpy(udp, &h, 8);
	if (send(phone_fd, b, n, 0) != n)
		err(1, "send");
}

static void throw_from(enum who who, uint16_t p, const struct packet *pkt)
{
	struct endpoint from = at(who, p);

	throw(&from, pkt);
}

static void say(struct phone *ph)
{
	struct packet p = next_of(ph);

	throw(&ph->from, &p);
}

/* --- what the peer hears ----------------------------------------------------------------- */

static uint32_t heard, foreign;	/* of the call, in order and whole; all else */
static uint16_t heard_seq;

static void hear(uint8_t *b, int n)
{
	struct xsrtp_packet x = { .session = hears, .data = b, .len = n };
	struct packet want;

	if (hears) {
		xsrtp_unprotect(xsrtp_cipher_get(0), &x, 1);
		if (x.reason) {
			printf("# the peer: %s\n", xsrtp_reason_name(x.reason));
			foreign++;
			return;
		}
	}
	heard_seq = b[2] << 8 | b[3];
	want = rtp(b[8] << 24 | b[9] << 16 | b[10] << 8 | b[11], heard_seq, CALL);
	if (x.len == want.len && !memcmp(b, want.b, want.len))
		heard++;
	else
		foreign++;
}

/* Waits until so many packets of the call have come, or for long; then for stragglers. */
static void listen_for(uint32_t n)
{
	struct pollfd pfd = { .fd = peer_fd, .events = POLLIN };
	uint8_t b[PACKET_MAX];
	int len;

	while (poll(&pfd, 1, heard < n ? PATIENCE : 50) > 0) {
		len = recv(peer_fd, b, sizeof(b), 0);
		if (len > 0)
			hear(b, len);
	}
}

/* --- flows ------------------------------------------------------------------------------------ */

/* A flow of the scenario, as @f has it, on a port of its own. */
static void begin(const char *name, struct flow f, bool rx, bool tx)
{
	struct key in, out;
	char text[512];

	scenario = name;
	port += 2;
	heard = foreign = 0;
	master[0][0] = master[1][0] = port;
	master[0][1] = master[1][1] = port >> 8;
	in = key_of(master[0]);
	out = key_of(master[1]);
	if (rx)
		f.rx = (struct session){ .present = true, .suite = CM80, .key = &in,
					 .max_streams = 2 };
	if (tx)
		f.tx = (struct session){ .present = true, .suite = CM80, .key = &out,
					 .max_streams = 2 };
	f.local = at(HOST_A, port);
	f.action = XSRTP_ACTION_FORWARD;
	f.source = at(HOST_B, port);
	f.destination = at(PEER, 5000);
	hears = tx ? session_of(master[1]) : NULL;
	if (host_flow_add(xnl, &f, &flow_id, text, sizeof(text)))
		errx(1, "%s: %s", name, text);
}

static void look(void)
{
	struct flow which = flow_select(flow_id, NULL);

	flow_clear(&flow);
	if (flow_get(xnl, &which, &flow))
		errx(1, "%s: %s", scenario, xnl_error(xnl));
}

static void set(struct flow f)
{
	f.id = flow_id;
	f.action = FLOW_NO_ACTION;
	if (flow_set(xnl, &f))
		errx(1, "%s: %s", scenario, xnl_error(xnl));
}

struct drops {
	uint64_t learning, wrong_source, replay, bad_tag;
};

/*
 * Ends a scenario: the peer has heard so many packets of the call, all of them, and
 * nothing else; each other packet was dropped under the reason that it must be; the
 * flow has learned @far, or nobody.
 */
static void end(uint32_t want, struct drops d, const struct endpoint *far)
{
	static const struct endpoint nobody;
	const uint64_t *got = flow.stats.drop;
	uint64_t all = d.learning + d.wrong_source + d.replay + d.bad_tag;
	uint64_t bad_tag;

	listen_for(want);
	look();
	/* Of many at once the last are not asked for their tag (kmod/forged.c). */
	bad_tag = got[XSRTP_REASON_BAD_TAG] + got[XSRTP_REASON_RATE_BAD_TAG];
	ok(heard == want && !foreign, "%s, IPv%d: the peer heard %u of %u packets of the call, %u others",
	   scenario, family == AF_INET ? 4 : 6, heard, want, foreign);
	ok(got[XSRTP_REASON_LEARNING] == d.learning &&
	   got[XSRTP_REASON_WRONG_SOURCE] == d.wrong_source &&
	   got[XSRTP_REASON_REPLAY] == d.replay && bad_tag == d.bad_tag &&
	   stats_drops(&flow.stats) == all && flow.stats.tx_packets == want &&
	   flow.stats.rx_packets == want + all,
	   "%s: dropped %llu learning, %llu wrong-source, %llu replay, %llu bad-tag, %llu in all",
	   scenario, (unsigned long long)got[XSRTP_REASON_LEARNING],
	   (unsigned long long)got[XSRTP_REASON_WRONG_SOURCE],
	   (unsigned long long)got[XSRTP_REASON_REPLAY],
	   (unsigned long long)bad_tag,
	   (unsigned long long)stats_drops(&flow.stats));
	ok(same(&flow.learned, far ? far : &nobody), "%s: %s is learned", scenario,
	   far ? "the phone" : "nobody");
	free(hears);
}

/* --- the attacker ----------------------------------------------------------------------------- */

static uint32_t noise_n;

/* RTP as those send it who spray ports: SSRC and number at random, or always the same. */
static struct packet noise(void)
{
	uint32_t n = noise_n++;

	return rtp(n % 4 ? 0x10000 + n * 7919 : 0x66, n % 4 ? n * 7 : 666, ATTACK);
}

/* From four ports of his own; every eighth is RTCP. Returns how many. */
static uint32_t spray(uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct packet p = i % 8 == 7 ? rtcp(i) : noise();

		throw_from(ELSEWHERE, 6000 + i % 4, &p);
	}
	return n;
}

/* The same from the phone's address and port. */
static uint32_t forge(const struct phone *ph, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct packet p = noise();

		throw(&ph->from, &p);
	}
	return n;
}

/* --- RTP ---------------------------------------------------------------------------------------- */

static struct phone plain_phone(void)
{
	return (struct phone){ .from = at(PHONE, 4000), .ssrc = SSRC, .seq = 65500 };
}

/*
 * The phone begins, between the attacker's packets: two in sequence within a fifth of a
 * second do. A machine that sleeps longer than that may cost it more: all are counted,
 * the attacker's in *@noise.
 */
static void begin_call(struct phone *ph, struct drops *d, uint64_t *noise)
{
	int tries;

	for (tries = 0; tries < 20; tries++) {
		usleep(250000);		/* the candidates' places are free again */
		say(ph);
		d->learning++;
		*noise += spray(4);
		say(ph);
		listen_for(1);
		look();
		if (flow.learned.family)
			return;
		d->learning++;
	}
	errx(1, "%s: nothing is learned", scenario);
}

/* A new SSRC, as after a transfer: its first packet is not heard. */
static void change_ssrc(struct phone *ph, struct drops *d)
{
	uint32_t before = heard;

	ph->ssrc++;
	do {
		usleep(250000);
		say(ph);
		say(ph);
		listen_for(before + 1);
		d->learning += 2 - (heard - before);
	} while (heard == before);
}

static void rtp_once(bool tx)
{
	struct phone ph = plain_phone();
	struct drops d = {};
	uint32_t i;

	begin(tx ? "RTP to SRTP, once" : "RTP to RTP, once", (struct flow){}, false, tx);
	d.learning = spray(40) + forge(&ph, 10);
	begin_call(&ph, &d, &d.learning);
	for (i = 1; i < LONG; i++) {
		d.wrong_source += spray(2);
		d.learning += forge(&ph, 1);
		say(&ph);
	}
	listen_for(LONG);
	change_ssrc(&ph, &d);
	for (i = 1; i < 10; i++) {
		d.wrong_source += spray(1);
		say(&ph);
	}
	/* The call is over: he still gets nothing through. */
	listen_for(LONG + 10);
	d.wrong_source += spray(40);
	d.learning += forge(&ph, 10);
	end(LONG + 10, d, &ph.from);
}

/* Waits until the flow has had so many packets. */
static void settle(uint64_t n)
{
	int i;

	for (i = 0; i < 5000; i++, usleep(2000)) {
		look();
		if (flow.stats.rx_packets >= n)
			return;
	}
	errx(1, "%s: %llu of %llu packets came", scenario,
	     (unsigned long long)flow.stats.rx_packets, (unsigned long long)n);
}

/*
 * Twenty of his for each of the phone's, all the time: they take the candidates' places,
 * but do not keep them. It is a matter of chance when the phone's is free: within a
 * second, as a rule; that it never is in all this time does not happen.
 */
static void rtp_flood(void)
{
	struct phone ph = plain_phone();
	struct drops d = {};
	uint32_t said;

	begin("RTP in a flood", (struct flow){}, false, true);
	for (said = 1; said < 20000; said++) {
		d.learning += spray(20);
		say(&ph);
		usleep(5000);
		settle(d.learning + said);
		if (flow.learned.family)
			break;
	}
	printf("# %s: the phone was learned by its packet %u\n", scenario, said);
	d.learning += said - 1;
	end(1, d, &ph.from);
}

/* His packets are in sequence, from another address: the remote's is known. */
static void rtp_port_only(void)
{
	struct phone ph = plain_phone(), liar = plain_phone();
	struct drops d = {};
	int i;

	liar.from = at(ELSEWHERE, 4000);
	begin("RTP, the port is learned", (struct flow){
		.remote = at(PHONE, 9), .has_learn = true, .learn = XSRTP_LEARN_ONCE }, false, true);
	for (i = 0; i < 20; i++, d.wrong_source++)
		say(&liar);
	usleep(250000);
	begin_call(&ph, &d, &d.wrong_source);
	for (i = 1; i < 10; i++) {
		say(&liar);
		d.wrong_source++;
		say(&ph);
	}
	end(10, d, &ph.from);
}

/* A remote, strictly; and none, when that is what was asked for. */
static void rtp_never(void)
{
	struct phone ph = plain_phone(), other = plain_phone();
	struct drops d = {};
	int i;

	begin("RTP, never, a remote", (struct flow){ .remote = ph.from }, false, true);
	for (i = 0; i < 10; i++) {
		d.wrong_source += spray(2);
		say(&ph);
	}
	end(10, d, NULL);
	ph = plain_phone();
	other.from = at(ELSEWHERE, 4002);
	other.ssrc++;
	begin("RTP, never, from anywhere", (struct flow){ .has_learn = true }, false, true);
	for (i = 0; i < 5; i++) {
		say(&ph);
		say(&other);
	}
	end(10, d = (struct drops){}, NULL);
}

/* Nobody came in time; the window is opened again. */
static void rtp_window(void)
{
	struct phone ph = plain_phone(), liar = plain_phone();
	struct drops d = {};
	int i;

	liar.from = at(ELSEWHERE, 4000);
	begin("RTP, too late, then again", (struct flow){
		.has_learn = true, .learn = XSRTP_LEARN_ONCE, .learn_window = 1 }, false, true);
	d.learning = spray(10);
	usleep(1200000);
	for (i = 0; i < 10; i++, d.wrong_source++)
		say(&liar);
	listen_for(0);
	look();
	ok(!flow.learned.family && flow.learn_window == 1, "%s: nobody is, in the window", scenario);
	set((struct flow){ .has_learn = true, .learn = XSRTP_LEARN_ONCE });
	begin_call(&ph, &d, &d.learning);
	for (i = 1; i < 10; i++)
		say(&ph);
	end(10, d, &ph.from);
}

/* Where nothing could be sent back to, nothing is learned from. */
static void rtp_nowhere(void)
{
	struct phone liar = plain_phone();
	struct drops d = {};
	int i;

	begin("RTP from nowhere", (struct flow){}, false, true);
	liar.from.port = 0;
	for (i = 0; i < 4; i++, d.wrong_source++)
		say(&liar);
	liar.from = at(MULTICAST, 4000);
	for (i = 0; i < 4; i++, d.wrong_source++)
		say(&liar);
	end(0, d, NULL);
}

/* A host that takes over goes on from where the other was. */
static void rtp_failover(void)
{
	struct phone ph = plain_phone();
	struct drops d = {};
	int i;

	begin("RTP, taken over", (struct flow){ .learned = ph.from }, false, true);
	d.wrong_source = spray(20);
	say(&ph);
	say(&ph);
	listen_for(1);
	for (d.learning = 2 - heard; !heard; d.learning += 2 - heard) {
		say(&ph);
		say(&ph);
		listen_for(1);
	}
	for (i = 1; i < 10; i++) {
		d.wrong_source += spray(1);
		say(&ph);
	}
	end(10, d, &ph.from);
}

/* --- SRTP --------------------------------------------------------------------------------------- */

static struct phone srtp_phone(void)
{
	return (struct phone){ .from = at(PHONE, 4000), .ssrc = SSRC, .seq = 65500,
			       .srtp = session_of(master[0]) };
}

/* With what he has of the call: a forgery, and each packet again, from his address. */
static void attack_srtp(const struct packet *p, struct drops *d)
{
	uint16_t seq = p->b[2] << 8 | p->b[3];
	struct packet bad = *p;

	throw_from(ELSEWHERE, 6000, p);
	d->replay++;
	/* An index that was not seen yet: else no tag would be asked. */
	bad.b[2] = (seq + 100) >> 8;
	bad.b[3] = seq + 100;
	throw_from(ELSEWHERE, 6000, &bad);
	d->bad_tag += 1 + spray(1);
}

/* The NAT gives the phone another port in mid-call; a packet from before comes late. */
static void srtp_authenticated(bool tx)
{
	struct drops d = {};
	struct packet p, late;
	struct phone ph;
	int i;

	begin(tx ? "SRTP to SRTP, authenticated" : "SRTP to RTP, authenticated",
	      (struct flow){}, true, tx);
	ph = srtp_phone();
	d.bad_tag = spray(15);
	for (i = 0; i < LONG; i++) {
		p = next_of(&ph);
		throw(&ph.from, &p);
		attack_srtp(&p, &d);
	}
	late = next_of(&ph);
	listen_for(LONG);
	look();
	ok(same(&flow.learned, &ph.from), "%s: the phone is learned", scenario);
	ph.from.port = 4999;
	p = next_of(&ph);
	throw(&ph.from, &p);
	listen_for(LONG + 1);
	look();
	ok(same(&flow.learned, &ph.from), "%s: its next packet, from another port, is followed",
	   scenario);
	attack_srtp(&p, &d);
	throw_from(PHONE, 4000, &late);
	listen_for(LONG + 2);
	ok(heard_seq == (uint16_t)(ph.seq - 2), "%s: one from before came late", scenario);
	for (i = 0; i < 10; i++)
		throw_from(PHONE, 4000, &p);
	d.replay += 10;
	end(LONG + 2, d, &ph.from);
	free(ph.srtp);
}

/* The first authentic one is it, from then on; his come before any MAC. */
static void srtp_once(void)
{
	struct drops d = {};
	struct packet p;
	struct phone ph;
	int i;

	begin("SRTP to RTP, once", (struct flow){ .has_learn = true,
						  .learn = XSRTP_LEARN_ONCE }, true, false);
	ph = srtp_phone();
	d.bad_tag = spray(10);
	for (i = 0; i < LONG; i++) {
		p = next_of(&ph);
		throw(&ph.from, &p);
		throw_from(ELSEWHERE, 6000, &p);
		d.wrong_source += 1 + spray(1);
	}
	p = next_of(&ph);
	throw_from(PHONE, 4999, &p);
	d.wrong_source++;
	end(LONG, d, &ph.from);
	free(ph.srtp);
}

static void srtp_failover(void)
{
	struct endpoint other = at(PHONE, 4998);
	struct drops d = {};
	struct phone ph;

	begin("SRTP to RTP, taken over", (struct flow){ .learned = other }, true, false);
	d.bad_tag = spray(10);
	look();
	ok(same(&flow.learned, &other), "%s: as it was told", scenario);
	ph = srtp_phone();
	say(&ph);
	end(1, d, &ph.from);
	free(ph.srtp);
}

/* From where nothing could be sent back to: it is authentic, but learned it is not. */
static void srtp_nowhere(void)
{
	struct phone ph;

	begin("SRTP from port 0", (struct flow){}, true, false);
	ph = srtp_phone();
	ph.from.port = 0;
	say(&ph);
	say(&ph);
	end(2, (struct drops){}, NULL);
	free(ph.srtp);
	begin("SRTP from port 0, once", (struct flow){ .has_learn = true,
						       .learn = XSRTP_LEARN_ONCE }, true, false);
	ph = srtp_phone();
	ph.from.port = 0;
	say(&ph);
	end(0, (struct drops){ .wrong_source = 1 }, NULL);
	free(ph.srtp);
}

/* Of an address that is known the port is followed; another address is not heard. */
static void srtp_port_only(void)
{
	struct drops d = {};
	struct phone ph;

	begin("SRTP, the port is learned", (struct flow){
		.remote = at(PHONE, 9), .has_learn = true, .learn = XSRTP_LEARN_AUTHENTICATED },
	      true, false);
	ph = srtp_phone();
	say(&ph);
	ph.from.port++;
	say(&ph);
	d.wrong_source = spray(5);
	end(2, d, &ph.from);
	free(ph.srtp);
}

/* --- the other direction ------------------------------------------------------------------------ */

static uint32_t follower_id;
static uint16_t answer_seq;

/* A flow of what the peer sends, to whom this one's flow has learned, or to @p. */
static int follower_add(uint16_t p, char *text, size_t size)
{
	struct flow f = { .local = at(HOST_B, port), .remote = at(PEER, 5000),
			  .action = XSRTP_ACTION_FORWARD, .source = at(HOST_A, port),
			  .follow = flow_id };

	if (p)
		f.destination = at(PHONE, p);
	return host_flow_add(xnl, &f, &follower_id, text, size);
}

/* The peer answers, by its socket, to where the call comes from. */
static void answer(uint32_t n)
{
	struct endpoint to = at(HOST_B, port);
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct packet p;

	memcpy(&a.sin6_addr, to.addr, 16);
	if (family == AF_INET) {
		a.sin6_addr = (struct in6_addr){ .s6_addr = { [10] = 0xff, 0xff } };
		memcpy(&a.sin6_addr.s6_addr[12], to.addr, 4);
	}
	while (n--) {
		p = rtp(SSRC + 7, answer_seq++, CALL);
		if (sendto(peer_fd, p.b, p.len, 0, (struct sockaddr *)&a, sizeof(a)) < 0)
			err(1, "answer");
	}
}

/* What comes to the phone on one of its ports: @want of them, or what there is. */
static uint32_t phone_hears(int i, uint32_t want)
{
	struct pollfd pfd = { .fd = phone_socket[i], .events = POLLIN };
	uint8_t b[PACKET_MAX];
	uint32_t n = 0;

	while (poll(&pfd, 1, n < want ? PATIENCE : 50) > 0)
		n += recv(pfd.fd, b, sizeof(b), 0) == 12 + TEXT && b[12] == CALL;
	return n;
}

static uint64_t follower_drops(void)
{
	struct flow which = flow_select(follower_id, NULL), f;
	uint64_t n;

	if (flow_get(xnl, &which, &f))
		errx(1, "%s: %s", scenario, xnl_error(xnl));
	n = f.stats.drop[XSRTP_REASON_NO_DESTINATION];
	ok(n == stats_drops(&f.stats), "%s: nothing is dropped but for want of a destination",
	   scenario);
	flow_clear(&f);
	return n;
}

/* Ten answers: all to this port of the phone, none to another. */
static void answers_go_to(int to, const char *when)
{
	uint32_t got[3];
	int i;

	usleep(300000);		/* a move is followed by a work of the kernel's */
	answer(10);
	got[to] = phone_hears(to, 10);
	for (i = 0; i < 3; i++)
		if (i != to)
			got[i] = phone_hears(i, 0);
	ok(got[to] == 10 && got[0] + got[1] + got[2] == 10,
	   "%s, IPv%d: %s answers go to port %u (%u, %u, %u)", scenario,
	   family == AF_INET ? 4 : 6, when, phone_port[to], got[0], got[1], got[2]);
}

static void flow_delete(uint32_t id)
{
	struct flow which = flow_select(id, NULL);
	char text[512];

	if (host_flow_del(xnl, &which, text, sizeof(text)))
		errx(1, "%s: %s", scenario, text);
}

/* A call both ways; the NAT gives the phone another port; the flow that learned goes. */
static void follow_call(void)
{
	char text[512];
	struct drops d = {};
	struct packet p;
	struct phone ph;
	int i;

	begin("both ways", (struct flow){}, true, false);
	if (follower_add(0, text, sizeof(text)))
		errx(1, "%s: %s", scenario, text);
	ph = srtp_phone();
	answer(5);
	ok(!phone_hears(0, 0) && follower_drops() == 5, "%s: before the call nobody is answered",
	   scenario);
	d.bad_tag = spray(10);
	for (i = 0; i < 10; i++) {
		p = next_of(&ph);
		throw(&ph.from, &p);
		attack_srtp(&p, &d);
	}
	listen_for(10);
	answers_go_to(0, "its");
	ph.from.port = phone_port[1];
	p = next_of(&ph);
	throw(&ph.from, &p);
	attack_srtp(&p, &d);
	listen_for(11);
	answers_go_to(1, "from another port, its");
	end(11, d, &ph.from);
	ok(follower_drops() == 5, "%s: no answer was lost", scenario);
	flow_delete(flow_id);
	usleep(300000);
	answer(5);
	ok(!phone_hears(1, 0) && follower_drops() == 10, "%s: the flow is deleted, nobody is answered",
	   scenario);
	flow_delete(follower_id);
	free(ph.srtp);
}

/* With a destination until the far end is known, and when it is no more. */
static void follow_fallback(void)
{
	char text[512];
	struct phone ph;

	begin("both ways, a destination", (struct flow){}, true, false);
	if (follower_add(phone_port[2], text, sizeof(text)))
		errx(1, "%s: %s", scenario, text);
	answers_go_to(2, "before the call");
	ph = srtp_phone();
	say(&ph);
	listen_for(1);
	answers_go_to(0, "its");
	set((struct flow){ .has_learn = true, .learn = XSRTP_LEARN_AUTHENTICATED });
	answers_go_to(2, "it is to learn anew:");
	say(&ph);
	end(2, (struct drops){}, &ph.from);
	answers_go_to(0, "its");
	flow_delete(flow_id);
	answers_go_to(2, "the flow is deleted:");
	ok(!follower_drops(), "%s: no answer was lost", scenario);
	flow_delete(follower_id);
	free(ph.srtp);
}

static void master_init(void)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, master, sizeof(master)) != sizeof(master))
		err(1, "random keys");
	close(fd);
}

int main(void)
{
	char text[512];
	unsigned int n;

	master_init();
	enter("peer");
	peer_fd = udp_socket(5000);
	enter("phone");
	phone_fd = wire("p0");
	for (n = 0; n < 3; n++)
		phone_socket[n] = udp_socket(phone_port[n]);
	enter("host");
	xnl = xnl_open(text, sizeof(text));
	if (!xnl)
		errx(1, "%s", text);
	for (family = AF_INET; ; family = AF_INET6) {
		master[0][2] = master[1][2] = family;
		rtp_once(true);
		rtp_once(false);
		rtp_flood();
		rtp_port_only();
		rtp_never();
		rtp_window();
		rtp_nowhere();
		rtp_failover();
		srtp_authenticated(false);
		srtp_authenticated(true);
		srtp_once();
		srtp_failover();
		srtp_nowhere();
		srtp_port_only();
		follow_call();
		follow_fallback();
		if (host_flow_del_all(xnl, &n, text, sizeof(text)))
			errx(1, "%s", text);
		if (family == AF_INET6)
			break;
	}
	flow_clear(&flow);
	return tap_done();
}
