// SPDX-License-Identifier: GPL-2.0
/*
 * The tc egress program against a table of frames, by BPF_PROG_TEST_RUN. The frames
 * are those of packet.h: they leave from ADDR_FOREIGN port 5000, and the one sender
 * in the table sends them to ADDR_MEDIA port PORT_MEDIA. Then every good frame cut
 * at every length, all first bytes, and later fragments after their first.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <xsrtp/mark.h>

#include "../../bpf/counters.h"
#include "../../bpf/sender.h"
#include "egress.skel.h"
#include "packet.h"
#include "tap.h"

#define CPUS_MAX	512
#define NO_COUNTER	XSRTP_COUNTER_MAX	/* seen before: not even counted */
#define DEVICE		1			/* one that is there: lo */
#define OTHER_DEVICE	7

#define PASS(c)		.action = UNTOUCHED, .counter = XSRTP_COUNTER_PASSED_##c
#define DROP(c)		.action = TC_ACT_SHOT, .counter = XSRTP_COUNTER_DROPPED_##c
#define REDIRECT	.action = TC_ACT_REDIRECT, .counter = XSRTP_COUNTER_REDIRECTED
#define FIRST(b)	.has_first = 1, .first = (b)
#define EXT(...)	.families = V6, .ext = { __VA_ARGS__ }
#define HBH	(IPPROTO_HOPOPTS + 1)
#define FRAG	(IPPROTO_FRAGMENT + 1)

/* TC_ACT_UNSPEC, -1, in a byte of struct spec. */
#define UNTOUCHED	0xff

static const struct spec table[] = {
	{ "RTP to the peer", REDIRECT },
	{ "RTCP to the peer", REDIRECT, FIRST(0x81) },
	{ "one byte of payload", REDIRECT, .payload = 1 },
	{ "1,400 bytes of payload", REDIRECT, .payload = 1400 },
	{ "no xsrtp device", DROP(XMIT), .no_device = 1 },

	{ "RTP to another port of the peer", PASS(NO_FLOW), .port = PORT_SECOND },
	{ "RTP to another address", PASS(NO_FLOW), .addr = ADDR_OTHER },
	{ "ARP", PASS(NOT_IP), .ethertype = 0x0806 },
	{ "TCP", PASS(NOT_UDP), .proto = IPPROTO_TCP },
	{ "a fragment to another port", PASS(NO_FLOW), .families = V4, .frag = 0x2000,
	  .port = PORT_SECOND },
	{ "a later fragment of it", PASS(FRAGMENT), .families = V4, .frag = 185 },
	{ "a later fragment", PASS(FRAGMENT), EXT(FRAG), .frag = 1480 },
	{ "ends in the UDP header", PASS(MALFORMED), .cut = 173 },

	{ "STUN", PASS(STUN), FIRST(0) },
	{ "ZRTP", PASS(ZRTP), FIRST(16) },
	{ "DTLS", PASS(DTLS), FIRST(22) },
	{ "TURN channel", PASS(TURN), FIRST(64) },

	{ "nobody's first byte", DROP(MALFORMED), FIRST(4) },
	{ "RTP version 1", DROP(MALFORMED), FIRST(0x50) },
	{ "no payload", DROP(MALFORMED), .payload = -1 },
	{ "UDP length too large by one", DROP(MALFORMED), .udp_len = 1 },
	{ "IP length larger than the frame", DROP(MALFORMED), .ip_len = 1 },
	{ "IP options", DROP(IP_OPTIONS), .families = V4, .options = 1 },
	{ "hop-by-hop options", DROP(IP_OPTIONS), EXT(HBH) },
	{ "first fragment", DROP(FRAGMENT), .families = V4, .frag = 0x2000 },
	{ "a later fragment of it", DROP(FRAGMENT), .families = V4, .frag = 185 },
	{ "the last fragment of it", DROP(FRAGMENT), .families = V4, .frag = 370 },
	{ "a later fragment to another address", PASS(FRAGMENT), .families = V4, .frag = 185,
	  .addr = ADDR_OTHER },
	{ "first fragment", DROP(FRAGMENT), EXT(FRAG), .frag = 1 },
	{ "a later fragment of it", DROP(FRAGMENT), EXT(FRAG), .frag = 1480 },
	{ "a later fragment to another address", PASS(FRAGMENT), EXT(FRAG), .frag = 1480,
	  .addr = ADDR_OTHER },
};

#define TABLE_LEN	(sizeof(table) / sizeof(table[0]))

static struct egress *skel;
static int prog, cpus;

static __u64 counted(int counter)
{
	static __u64 v[CPUS_MAX];
	__u32 key = counter;
	__u64 sum = 0;
	int cpu;

	if (bpf_map_lookup_elem(bpf_map__fd(skel->maps.xsrtp_sent), &key, v))
		return 0;
	for (cpu = 0; cpu < cpus; cpu++)
		sum += v[cpu];
	return sum;
}

/* The counter that has grown by one while no other has moved; NO_COUNTER: none. */
static int counter_moved(void)
{
	static __u64 last[XSRTP_COUNTER_MAX];
	int i, moved = 0, counter = NO_COUNTER;

	for (i = 0; i < XSRTP_COUNTER_MAX; i++) {
		__u64 now = counted(i);

		moved += now - last[i];
		if (now != last[i])
			counter = i;
		last[i] = now;
	}
	return moved > 1 ? -1 : counter;
}

static __u32 gso_size;	/* of the next frames: trains of packets of that size */

static bool run(const struct frame *f, __u32 iif, int action, int counter)
{
	static uint8_t out[FRAME_MAX];
	struct __sk_buff skb = { .ingress_ifindex = iif, .gso_size = gso_size,
				 .gso_segs = gso_size ? 2 : 0 };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = f->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb));
	int e = bpf_prog_test_run_opts(prog, &o), moved = counter_moved();

	if (!e && (o.retval & 0xff) == (__u32)action && moved == counter &&
	    o.data_size_out == f->len && !memcmp(out, f->b, f->len))
		return true;
	printf("# test run %d, action %d, counter %d\n", e, (int)o.retval, moved);
	return false;
}

static void device(__u32 ifindex)
{
	__u32 zero = 0;

	bpf_map_update_elem(bpf_map__fd(skel->maps.xsrtp_target), &zero, &ifindex, BPF_ANY);
}

static void test_table(void)
{
	struct frame f;
	size_t i;
	int family, tags;

	for (i = 0; i < TABLE_LEN; i++)
		for (family = V4; family <= V6; family++)
			for (tags = 0; tags <= 1; tags++) {
				const struct spec *s = &table[i];

				if (!((s->families ?: V46) & family))
					continue;
				device(s->no_device ? 0 : DEVICE);
				build(&f, s, family, tags);
				ok(run(&f, XSRTP_MARK_LOCAL, s->action, s->counter), "IPv%d%s: %s",
				   family == V4 ? 4 : 6, tags ? " VLAN" : "", s->what);
			}
	device(DEVICE);
}

/* Not by a local socket: the module's own goes on, a forged one does not. */
static void test_source(void)
{
	static const struct spec rtp = { .what = "" }, other = { .port = PORT_SECOND };
	struct frame f;
	int family;

	for (family = V4; family <= V6; family++) {
		int v = family == V4 ? 4 : 6;

		build(&f, &rtp, family, 0);
		ok(run(&f, XSRTP_MARK_PROTECTED, UNTOUCHED, NO_COUNTER),
		   "IPv%d: what the module has protected leaves", v);
		ok(run(&f, OTHER_DEVICE, TC_ACT_SHOT, XSRTP_COUNTER_DROPPED_WRONG_SOURCE),
		   "IPv%d: forwarded under our address: dropped", v);
		build(&f, &other, family, 0);
		ok(run(&f, OTHER_DEVICE, UNTOUCHED, XSRTP_COUNTER_PASSED_NO_FLOW),
		   "IPv%d: other forwarded packets leave", v);
	}
}

/* Cut off behind its ports at whatever length, it does not leave. */
static void test_cut(void)
{
	static const struct spec rtp = { .what = "" };
	int family, n = 0, bad = 0;
	struct frame f;

	for (family = V4; family <= V6; family++) {
		build(&f, &rtp, family, 0);
		for (f.len--; f.len >= (family == V4 ? 42 : 62); f.len--, n++)
			bad += !run(&f, XSRTP_MARK_LOCAL, TC_ACT_SHOT,
				    XSRTP_COUNTER_DROPPED_MALFORMED);
	}
	ok(!bad, "%d cut frames are dropped", n);
}

/* Trains: of media they go the way of media; behind a handshake there may be some. */
static void test_trains(void)
{
	static const struct spec rtp = { .what = "" }, other = { FIRST(0), .port = PORT_SECOND };
	static const uint8_t handshake[] = { 0, 16, 22, 64 };
	int family, bad;
	struct frame f;
	size_t i;

	gso_size = 80;
	for (family = V4; family <= V6; family++) {
		int v = family == V4 ? 4 : 6;

		build(&f, &rtp, family, 0);
		ok(run(&f, XSRTP_MARK_LOCAL, TC_ACT_REDIRECT, XSRTP_COUNTER_REDIRECTED),
		   "IPv%d: a train of RTP is redirected", v);
		build(&f, &other, family, 0);
		ok(run(&f, XSRTP_MARK_LOCAL, UNTOUCHED, XSRTP_COUNTER_PASSED_NO_FLOW),
		   "IPv%d: a train to another port leaves", v);
		for (bad = i = 0; i < sizeof(handshake); i++) {
			struct spec s = { FIRST(handshake[i]) };

			build(&f, &s, family, 0);
			bad += !run(&f, XSRTP_MARK_LOCAL, TC_ACT_SHOT,
				    XSRTP_COUNTER_DROPPED_MALFORMED);
		}
		ok(!bad, "IPv%d: a train that begins with a handshake is dropped", v);
	}
	gso_size = 0;
}

static void test_first_byte(void)
{
	int b, bad = 0;
	struct frame f;

	for (b = 128; b <= 191; b++) {
		struct spec s = { "", FIRST(b) };

		build(&f, &s, V4, 0);
		bad += !run(&f, XSRTP_MARK_LOCAL, TC_ACT_REDIRECT, XSRTP_COUNTER_REDIRECTED);
	}
	ok(!bad, "each first byte of RTP is redirected");
}

/* The xsrtp device goes, and another comes under its number: no place for media. */
static void test_number(void)
{
	static const struct spec rtp = { .what = "" };
	struct frame f;
	int e;

	build(&f, &rtp, V4, 0);
	e = unshare(CLONE_NEWNET) || system("ip link add x0 index 77 type veth peer name x1");
	device(77);
	ok(!e && run(&f, XSRTP_MARK_LOCAL, TC_ACT_REDIRECT, XSRTP_COUNTER_REDIRECTED),
	   "RTP is redirected to device 77");
	e = system("ip link del x0 && ip link add x0 index 77 type veth peer name x1");
	ok(!e && run(&f, XSRTP_MARK_LOCAL, TC_ACT_SHOT, XSRTP_COUNTER_DROPPED_XMIT),
	   "and not to another that gets its number");
}

static int sender_add(int version, const void *from, const void *to, size_t len)
{
	struct xsrtp_sender s = {
		.local = { .port = htons(5000), .version = version },
		.remote = { .port = htons(PORT_MEDIA), .version = version },
	};
	__u8 one = 1;

	memcpy(s.local.addr, from, len);
	memcpy(s.remote.addr, to, len);
	return bpf_map_update_elem(bpf_map__fd(skel->maps.xsrtp_senders), &s, &one, BPF_ANY);
}

int main(void)
{
	skel = egress__open_and_load();
	cpus = libbpf_num_possible_cpus();
	if (!skel || cpus > CPUS_MAX || sender_add(4, addr4[ADDR_FOREIGN], addr4[ADDR_MEDIA], 4) ||
	    sender_add(6, addr6[ADDR_FOREIGN], addr6[ADDR_MEDIA], 16)) {
		printf("Bail out! cannot load the program (needs root): %s\n", strerror(errno));
		return 1;
	}
	prog = bpf_program__fd(skel->progs.xsrtp_egress);
	test_table();
	test_source();
	test_cut();
	test_trains();
	test_first_byte();
	test_number();
	return tap_done();
}
