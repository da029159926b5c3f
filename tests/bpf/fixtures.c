// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program against a table of frames, by BPF_PROG_TEST_RUN: what is
 * expected of each, and that the frame comes out as it went in. Then every
 * valid frame cut at every length, all first bytes, random mutations against a
 * model of the rules, and several writers of the table of ports at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <xsrtp/reason.h>

#include "../../bpf/port.h"
#include "ingress.skel.h"
#include "model.h"
#include "packet.h"
#include "ports.h"
#include "tap.h"

#define FUZZ	100000	/* or the argument */
#define ENDPOINTS	8
#define CPUS_MAX	512

/* What the verifier went through when it was last looked at; a tenth more fails. */
static const struct {
	const char *kernel;
	unsigned int insns;
} verified[] = {
	{ "6.1.", 5603 },
	{ "6.12.", 4994 },
	{ "6.18.", 4932 },
	{ "", 5603 },		/* any other */
};

#define PASS(c)		.action = XDP_PASS, .counter = XSRTP_COUNTER_PASSED_##c
#define DROP(c)		.action = XDP_DROP, .counter = XSRTP_COUNTER_DROPPED_##c
#define REDIRECT	.action = XDP_REDIRECT, .counter = XSRTP_COUNTER_REDIRECTED
#define FIRST(b)	.has_first = 1, .first = (b)
#define EXT(...)	.families = V6, .ext = { __VA_ARGS__ }
#define HBH	(IPPROTO_HOPOPTS + 1)
#define RT	(IPPROTO_ROUTING + 1)
#define DST	(IPPROTO_DSTOPTS + 1)
#define FRAG	(IPPROTO_FRAGMENT + 1)
#define AH	(IPPROTO_AH + 1)

static const struct spec table[] = {
	{ "RTP to a media endpoint", REDIRECT },
	{ "RTCP to a media endpoint", REDIRECT, FIRST(0x81), .second = 200 },
	{ "RTCP, padded", REDIRECT, FIRST(0xa1), .second = 201 },
	{ "RTCP of reduced size", REDIRECT, FIRST(0x8f), .second = 206, .payload = 12 },
	{ "RTCP of 8 bytes", REDIRECT, .second = 203, .payload = 8 },
	{ "SRTCP", REDIRECT, FIRST(0x80), .second = 200, .payload = 28 + 14 },
	{ "highest packet type of RTCP", REDIRECT, FIRST(0xbf), .second = 223 },
	{ "RTP to the second address of a port", REDIRECT, .addr = ADDR_OTHER },
	{ "RTP to the second port", REDIRECT, .addr = ADDR_OTHER, .port = PORT_SECOND },
	{ "RTP to the first address of the second port", REDIRECT, .port = PORT_SECOND },
	{ "one byte of payload", REDIRECT, .payload = 1 },
	{ "1,400 bytes of payload", REDIRECT, .payload = 1400 },
	{ "Ethernet padding behind the packet", REDIRECT, .payload = 3, .pad = 40 },
	{ "UDP shorter than the IP payload", REDIRECT, .udp_len = -20 },
	{ "don't fragment", REDIRECT, .families = V4, .frag = 0x4000 },
	{ "no xsrtp device", DROP(XMIT), .no_device = 1 },

	{ "ARP", PASS(NOT_IP), .ethertype = 0x0806 },
	{ "802.3 length instead of a type", PASS(NOT_IP), .ethertype = 0x0100 },
	{ "one tag more than is read", PASS(NOT_IP), .tags = TAGS_3 },
	{ "IPv4 under IPv6's type", PASS(MALFORMED), .families = V4, .ethertype = 0x86dd },
	{ "TCP", PASS(NOT_UDP), .proto = IPPROTO_TCP },
	{ "UDP-Lite", PASS(NOT_UDP), .proto = IPPROTO_UDPLITE },
	{ "no next header", PASS(NOT_UDP), EXT(DST), .proto = IPPROTO_NONE },
	{ "ESP behind an extension header", PASS(NOT_UDP), EXT(HBH), .proto = IPPROTO_ESP },

	{ "another port", PASS(NO_FLOW), .port = PORT_FREE },
	{ "port 65535", PASS(NO_FLOW), .port = 65535 },
	{ "another address on the port", PASS(NO_FLOW), .addr = ADDR_FOREIGN },
	{ "another address on the second port", PASS(NO_FLOW), .addr = ADDR_FOREIGN,
	  .port = PORT_SECOND },
	{ "a fragment, another port", PASS(NO_FLOW), .families = V4, .frag = 0x2000,
	  .port = PORT_FREE },
	{ "a fragment, another port", PASS(NO_FLOW), EXT(FRAG), .frag = 1, .port = PORT_FREE },
	{ "IP options, another port", PASS(NO_FLOW), .families = V4, .options = 3,
	  .port = PORT_FREE },
	{ "extension header, another port", PASS(NO_FLOW), EXT(HBH), .port = PORT_FREE },
	{ "no payload, another port", PASS(NO_FLOW), .payload = -1, .port = PORT_FREE },
	{ "UDP length too large, another port", PASS(NO_FLOW), .udp_len = 1, .port = PORT_FREE },
	{ "wrong IP version, another port", PASS(NO_FLOW), .version = 5, .port = PORT_FREE },

	{ "a later fragment", PASS(FRAGMENT), .families = V4, .frag = 185 },
	{ "a middle fragment", PASS(FRAGMENT), .families = V4, .frag = 0x2000 | 185 },
	{ "a later fragment", PASS(FRAGMENT), EXT(FRAG), .frag = 1480 },
	{ "a middle fragment", PASS(FRAGMENT), EXT(FRAG), .frag = 1480 | 1 },
	{ "a later fragment behind an extension header", PASS(FRAGMENT), EXT(HBH, FRAG),
	  .frag = 1480 },

	{ "ends in the UDP header", PASS(MALFORMED), .cut = 173 },
	{ "ends in the IP header", PASS(MALFORMED), .cut = 181 },
	{ "ends in the IP options", PASS(MALFORMED), .families = V4, .options = 4, .cut = 181 },
	{ "ends in an extension header", PASS(MALFORMED), EXT(HBH, DST), .cut = 187 },
	{ "extension header longer than the frame", PASS(MALFORMED), EXT(HBH), .ext_len = 60,
	  .cut = 200 },

	{ "STUN", PASS(STUN), FIRST(0) },
	{ "ZRTP", PASS(ZRTP), FIRST(16) },
	{ "DTLS", PASS(DTLS), FIRST(22) },
	{ "TURN channel", PASS(TURN), FIRST(64) },

	{ "nobody's first byte", DROP(MALFORMED), FIRST(4) },
	{ "RTP version 0, 3", DROP(MALFORMED), FIRST(0xc0) },
	{ "RTP version 1", DROP(MALFORMED), FIRST(0x50) },
	{ "RTCP version 3", DROP(MALFORMED), FIRST(0xc1), .second = 200 },
	{ "no payload", DROP(MALFORMED), .payload = -1 },
	{ "no payload, padded", DROP(MALFORMED), .payload = -1, .pad = 18 },
	{ "UDP length 8, with payload", DROP(MALFORMED), .udp_len = -172 },
	{ "UDP length 7", DROP(MALFORMED), .udp_len = -173 },
	{ "UDP length 0", DROP(MALFORMED), .udp_len = -180 },
	{ "UDP length too large by one", DROP(MALFORMED), .udp_len = 1 },
	{ "UDP length too large, padded", DROP(MALFORMED), .udp_len = 4, .pad = 8 },
	{ "IP length larger than the frame", DROP(MALFORMED), .ip_len = 1 },
	{ "IP length ends in the UDP header", DROP(MALFORMED), .ip_len = -173 },
	{ "IP length ends in the payload", DROP(MALFORMED), .ip_len = -1 },
	{ "IP length 0", DROP(MALFORMED), .families = V4, .ip_len = -200 },
	{ "IP length 0 (jumbogram)", DROP(MALFORMED), .families = V6, .ip_len = -180 },
	{ "IP version 5", DROP(MALFORMED), .version = 5 },
	{ "IP version 15", DROP(MALFORMED), .version = 15 },
	{ "IPv4 header length 4 words", DROP(MALFORMED), .families = V4, .ihl = 4 },
	{ "frame ends in the payload", DROP(MALFORMED), .cut = 1 },
	{ "frame ends behind the UDP header", DROP(MALFORMED), .cut = 172 },
	{ "wrong version before fragment", DROP(MALFORMED), .families = V4, .version = 6,
	  .frag = 0x2000 },
	{ "IP length ends in extension headers", DROP(MALFORMED), EXT(HBH), .ip_len = -181 },

	{ "first fragment", DROP(FRAGMENT), .families = V4, .frag = 0x2000 },
	{ "first fragment with options", DROP(FRAGMENT), .families = V4, .frag = 0x2000,
	  .options = 1 },
	{ "first fragment, UDP longer than it", DROP(FRAGMENT), .families = V4, .frag = 0x2000,
	  .udp_len = 1000 },
	{ "first fragment", DROP(FRAGMENT), EXT(FRAG), .frag = 1 },
	{ "first fragment, UDP longer than it", DROP(FRAGMENT), EXT(FRAG), .frag = 1,
	  .udp_len = 1000 },
	{ "atomic fragment (RFC 6946)", DROP(FRAGMENT), EXT(FRAG) },
	{ "fragment between extension headers", DROP(FRAGMENT), EXT(HBH, FRAG, DST), .frag = 1 },
	{ "first fragment, ends in the UDP header", DROP(FRAGMENT), .families = V4, .frag = 0x2000,
	  .cut = 173 },
	{ "first fragment, ends in the UDP header", DROP(FRAGMENT), EXT(FRAG), .frag = 1,
	  .cut = 173 },
	{ "first fragment, ends in an extension header", DROP(FRAGMENT), EXT(FRAG, DST), .frag = 1,
	  .ext_len = 2, .cut = 190 },
	{ "the same, another port", DROP(FRAGMENT), EXT(FRAG, DST), .frag = 1, .ext_len = 2,
	  .cut = 190, .port = PORT_FREE },
	{ "first fragment of STUN", DROP(FRAGMENT), .families = V4, .frag = 0x2000, FIRST(0) },

	{ "one word of IP options", DROP(IP_OPTIONS), .families = V4, .options = 1 },
	{ "ten words of IP options", DROP(IP_OPTIONS), .families = V4, .options = 10 },
	{ "hop-by-hop options", DROP(IP_OPTIONS), EXT(HBH) },
	{ "routing header", DROP(IP_OPTIONS), EXT(RT), .ext_len = 2 },
	{ "destination options, 2,048 bytes", DROP(IP_OPTIONS), EXT(DST), .ext_len = 255 },
	{ "authentication header", DROP(IP_OPTIONS), EXT(AH), .ext_len = 4 },
	{ "eight extension headers", DROP(IP_OPTIONS), EXT(HBH, DST, RT, AH, DST, DST, RT, DST) },
	{ "nine extension headers", DROP(IP_OPTIONS),
	  EXT(HBH, DST, RT, AH, DST, DST, RT, DST, DST) },
	{ "nine extension headers, another port", DROP(IP_OPTIONS),
	  EXT(HBH, DST, RT, AH, DST, DST, RT, DST, DST), .port = PORT_FREE },
	{ "IP options, STUN", DROP(IP_OPTIONS), .families = V4, .options = 1, FIRST(0) },
};

#define TABLE_LEN	(sizeof(table) / sizeof(table[0]))

static struct model_endpoint known[ENDPOINTS];
static struct model rules = { known, ENDPOINTS, true };
static struct ingress *skel;
static struct ports ports;
static int prog, cpus;

static const char *const counter_name[] = {
#define X(sym, name) name,
	XSRTP_COUNTERS(X)
#undef X
};

/* All counters, summed over CPUs, in one system call. */
static void counters_get(__u64 *sum)
{
	static __u64 v[XSRTP_COUNTER_MAX * CPUS_MAX];
	__u32 key[XSRTP_COUNTER_MAX], next, n = XSRTP_COUNTER_MAX, i;
	int cpu;

	memset(sum, 0, n * sizeof(*sum));
	if (bpf_map_lookup_batch(bpf_map__fd(skel->maps.xsrtp_counters), NULL, &next, key, v, &n,
				 NULL) && errno != ENOENT)
		return;
	for (i = 0; i < n; i++)
		for (cpu = 0; cpu < cpus; cpu++)
			sum[key[i]] += v[i * cpus + cpu];
}

struct outcome {
	int action;
	int counter;		/* -1: not exactly one */
	bool same;		/* the frame is as it was */
};

/* The counter that has grown by one while no other has moved. */
static int counter_moved(void)
{
	static __u64 last[XSRTP_COUNTER_MAX];
	__u64 now[XSRTP_COUNTER_MAX], moved = 0;
	int i, counter = -1;

	counters_get(now);
	for (i = 0; i < XSRTP_COUNTER_MAX; i++) {
		moved += now[i] - last[i];
		if (now[i] != last[i])
			counter = i;
		last[i] = now[i];
	}
	return moved == 1 ? counter : -1;
}

static struct outcome run(const struct frame *f)
{
	static uint8_t out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = f->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	struct outcome r = { -1, -1, false };

	if (bpf_prog_test_run_opts(prog, &o))
		return r;
	r.counter = counter_moved();
	r.action = o.retval;
	r.same = o.data_size_out == f->len && !memcmp(out, f->b, f->len);
	return r;
}

static void device(bool there)
{
	int map = bpf_map__fd(skel->maps.xsrtp_device);
	__u32 zero = 0, lo = 1;

	if (there)
		bpf_map_update_elem(map, &zero, &lo, BPF_ANY);
	else
		bpf_map_delete_elem(map, &zero);
	rules.device = there;
}

static int action_of(int counter)
{
	if (counter == XSRTP_COUNTER_REDIRECTED)
		return XDP_REDIRECT;
	return counter < XSRTP_COUNTER_DROPPED ? XDP_PASS : XDP_DROP;
}

/* The frames a spec stands for: families by tags. */
static int expand(const struct spec *s, struct frame *f, char name[][128])
{
	int n = 0, family, tags;

	for (family = V4; family <= V6; family++)
		for (tags = 0; tags <= 3; tags++) {
			if (!((s->families ?: V46) & family) ||
			    !((s->tags ?: TAGS_0 | TAGS_1 | TAGS_2) & 1 << tags))
				continue;
			build(&f[n], s, family, tags);
			snprintf(name[n++], 128, "IPv%d%s: %s", family == V4 ? 4 : 6,
				 tags >= 2 ? " QinQ" : tags ? " VLAN" : "", s->what);
		}
	return n;
}

static void test_table(void)
{
	static struct frame f[8];
	char name[8][128];
	size_t i;
	int n, k;

	for (i = 0; i < TABLE_LEN; i++) {
		const struct spec *s = &table[i];

		device(!s->no_device);
		n = expand(s, f, name);
		for (k = 0; k < n; k++) {
			struct outcome r = run(&f[k]);
			int m = model(&rules, f[k].b, f[k].len);
			bool good = r.action == s->action && r.counter == s->counter && r.same;

			ok(good && m == s->counter, "%s: %s", name[k], counter_name[s->counter]);
			if (!good)
				printf("# action %d, %s, frame %s\n", r.action, r.counter < 0 ? "?" :
				       counter_name[r.counter], r.same ? "same" : "changed");
			if (m != s->counter)
				printf("# model: %s\n", counter_name[m]);
		}
		device(true);
	}
}

/* Every cut of every frame that is redirected; the kernel runs none under 14 bytes. */
static void test_cut(void)
{
	static struct frame f[8];
	char name[8][128];
	int n, k, cuts = 0, bad = 0;
	size_t i;

	for (i = 0; i < TABLE_LEN; i++) {
		if (table[i].action != XDP_REDIRECT || table[i].pad)
			continue;
		n = expand(&table[i], f, name);
		for (k = 0; k < n; k++)
			while (f[k].len > 14) {
				struct outcome r;

				f[k].len--;
				r = run(&f[k]);
				cuts++;
				if (r.action != XDP_REDIRECT && r.same &&
				    r.counter == model(&rules, f[k].b, f[k].len) &&
				    r.action == action_of(r.counter))
					continue;
				if (!bad++)
					printf("# %s, cut to %u bytes: action %d\n", name[k],
					       f[k].len, r.action);
			}
	}
	ok(cuts && !bad, "%d cuts of good frames, none redirected", cuts);
}

static void test_first_byte(void)
{
	struct spec s = { "first byte", .has_first = 1 };
	struct frame f;
	int byte, family, bad = 0;

	for (family = V4; family <= V6; family++)
		for (byte = 0; byte < 256; byte++) {
			s.first = byte;
			build(&f, &s, family, 0);
			bad += run(&f).counter != model_class(byte);
		}
	ok(!bad, "all 256 first bytes by RFC 7983, IPv4 and IPv6");
}

/* Mostly in the headers, where the rules look. */
static void mutate(struct frame *f)
{
	int n = random() % 4;

	while (n--) {
		uint32_t at = random() % (random() % 4 ? (f->len < 90 ? f->len : 90) : f->len);

		switch (random() % 3) {
		case 0:
			f->b[at] ^= 1 << random() % 8;
			break;
		case 1:
			f->b[at] = random();
			break;
		case 2:
			f->b[at] += random() % 2 ? 1 : -1;
		}
	}
	if (random() % 4 == 0)
		f->len = 14 + random() % (f->len - 13);
	if (random() % 8 == 0)
		put_zero(f, random() % 64);
}

static void test_fuzz(unsigned int frames)
{
	unsigned int hits[XSRTP_COUNTER_MAX] = {}, i, bad = 0;
	static struct frame f[8];
	char name[8][128];

	srandom(1);
	for (i = 0; i < frames; i++) {
		struct frame *g = &f[random() % expand(&table[random() % TABLE_LEN], f, name)];
		struct outcome r;
		int want;

		if (g->len < 14)
			continue;
		mutate(g);
		if (i % 1000 == 0)
			device(i / 1000 % 8);
		want = model(&rules, g->b, g->len);
		r = run(g);
		hits[want]++;
		if (r.counter == want && r.action == action_of(want) && r.same)
			continue;
		if (bad++ < 5)
			printf("# %u: action %d, %s, model %s\n", i, r.action, r.counter < 0 ? "?" :
			       counter_name[r.counter], counter_name[want]);
	}
	device(true);
	ok(!bad, "%u mutated frames agree with the model of the rules", frames);
	for (i = 0; i < XSRTP_COUNTER_MAX; i++)
		printf("#   %-20s %u\n", counter_name[i], hits[i]);
}

/* "dropped-" and a reason's name, and every counter has a row in the table, or in egress.c. */
static void test_names(void)
{
	static const char *const reason[] = {
#define X(sym, num, name, text) name,
		XSRTP_REASONS(X)
#undef X
	};
	unsigned int c, i, found, rows;

	for (c = 0; c < XSRTP_COUNTER_MAX; c++) {
		found = c < XSRTP_COUNTER_DROPPED;
		for (i = 0; i < sizeof(reason) / sizeof(reason[0]) && !found; i++)
			found = !strcmp(counter_name[c] + strlen("dropped-"), reason[i]);
		for (i = 0, rows = 0; i < TABLE_LEN; i++)
			rows += table[i].counter == c;
		rows += c == XSRTP_COUNTER_DROPPED_WRONG_SOURCE;
		ok(found && rows, "%s is spelled as in reason.h and has a fixture", counter_name[c]);
	}
}

/* --- the table of ports --------------------------------------------------------- */

static bool is_redirected(const struct endpoint *ep)
{
	struct spec s = { "", .port = ep->port };
	struct frame f;
	int at = 14 + (ep->family == AF_INET ? 16 : 24);

	build(&f, &s, ep->family == AF_INET ? V4 : V6, 0);
	memcpy(f.b + at, ep->addr, ep->family == AF_INET ? 4 : 16);
	return run(&f).action == XDP_REDIRECT;
}

#define WRITERS		4
#define PER_WRITER	24
#define FIRST_PORT	6000

/* All writers' endpoints share 8 ports. */
static struct endpoint writers_endpoint(int writer, int i)
{
	struct endpoint ep = { AF_INET, { 10, 0, writer, i }, FIRST_PORT + i % 8 };

	if (i % 2)
		ep = (struct endpoint){ AF_INET6, { 0xfd, [14] = writer, [15] = i }, ep.port };
	return ep;
}

/* Ends with those of even number / 2 in the table and the others not. */
static int writer(int w)
{
	struct endpoint ep;
	int round, i, err = 0;

	srandom(w);
	for (round = 0; round < 20000 && !err; round++) {
		ep = writers_endpoint(w, random() % PER_WRITER);
		err = random() % 2 ? ports_add(&ports, &ep) : ports_del(&ports, &ep);
	}
	for (i = 0; i < PER_WRITER && !err; i++) {
		ep = writers_endpoint(w, i);
		err = i / 2 % 2 ? ports_del(&ports, &ep) : ports_add(&ports, &ep);
	}
	return err;
}

static int wrong_endpoints(bool none)
{
	struct endpoint ep;
	int w, i, bad = 0;

	for (w = 0; w < WRITERS; w++)
		for (i = 0; i < PER_WRITER; i++) {
			ep = writers_endpoint(w, i);
			bad += is_redirected(&ep) != (!none && i / 2 % 2 == 0);
		}
	return bad;
}

static int more_entries(void)
{
	int map = bpf_map__fd(skel->maps.xsrtp_more), n = 0;
	char key[20];

	if (bpf_map_get_next_key(map, NULL, key))
		return 0;
	do
		n++;
	while (!bpf_map_get_next_key(map, key, key));
	return n;
}

static void test_writers(const struct endpoint *ep)
{
	int w, status, bad = 0, port;

	for (w = 0; w < WRITERS; w++)
		if (!fork())
			_exit(writer(w) ? 1 : 0);
	while (wait(&status) > 0)
		bad += status != 0;
	ok(!bad && !wrong_endpoints(false), "ports: 4 processes write at once, nothing is lost");
	ok(!ports_sync(&ports, ep, ENDPOINTS) && !wrong_endpoints(true) && is_redirected(&ep[0]) &&
	   is_redirected(&ep[1]) && is_redirected(&ep[4]) && is_redirected(&ep[7]),
	   "ports: sync removes all but what it is given");
	for (port = FIRST_PORT, bad = 0; port < FIRST_PORT + 8; port++)
		bad += ports.slot[port].state & (XSRTP_PORT_CHANGE - 1) ? 1 : 0;
	ok(!bad && more_entries() == ENDPOINTS - 2, "ports: sync leaves clean slots");
	ok(!ports_sync(&ports, NULL, 0) && !is_redirected(&ep[0]) && !is_redirected(&ep[1]) &&
	   !more_entries(), "ports: sync with nothing empties the table");
}

/* Deleting what is in the slot leaves what is in the hash, and the slot is used again. */
static void test_ports(const struct endpoint *ep)
{
	struct endpoint bad = { AF_INET, { 1 }, 0 };

	ok(!ports_add(&ports, &ep[0]) && more_entries() == ENDPOINTS - 2, "ports: adding twice adds once");
	ok(!ports_del(&ports, &ep[0]) && !is_redirected(&ep[0]) && is_redirected(&ep[1]),
	   "ports: the slot's address goes, the hash's stays");
	ok(!ports_del(&ports, &ep[0]), "ports: deleting twice is no error");
	ok(!ports_add(&ports, &ep[0]) && is_redirected(&ep[0]) && is_redirected(&ep[1]) &&
	   more_entries() == ENDPOINTS - 2, "ports: an empty slot is used again");
	ok(ports_add(&ports, &bad) == -EINVAL, "ports: port 0 is refused");
	bad = (struct endpoint){ 0, { 1 }, 4000 };
	ok(ports_add(&ports, &bad) == -EINVAL, "ports: an address of no family is refused");
}

static void test_verifier(void)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info), i;
	struct utsname u;

	uname(&u);
	for (i = 0; strncmp(u.release, verified[i].kernel, strlen(verified[i].kernel)); i++)
		;
	bpf_obj_get_info_by_fd(prog, &info, &len);
	ok(info.verified_insns <= verified[i].insns * 11 / 10,
	   "verifier of %s: %u instructions gone through (%u when last looked at)", u.release,
	   info.verified_insns, verified[i].insns);
}

/*
 * Both families and addresses on both ports; of each port the first to come has
 * the slot (IPv4 on one, IPv6 on the other), the others are in the hash.
 */
static int add_endpoints(struct endpoint *ep)
{
	static const struct { int family, addr, port; } e[ENDPOINTS] = {
		{ V4, ADDR_MEDIA, PORT_MEDIA }, { V6, ADDR_MEDIA, PORT_MEDIA },
		{ V4, ADDR_OTHER, PORT_MEDIA }, { V6, ADDR_OTHER, PORT_MEDIA },
		{ V6, ADDR_MEDIA, PORT_SECOND }, { V4, ADDR_MEDIA, PORT_SECOND },
		{ V6, ADDR_OTHER, PORT_SECOND }, { V4, ADDR_OTHER, PORT_SECOND },
	};
	int i, err = 0;

	for (i = 0; i < ENDPOINTS && !err; i++) {
		bool v4 = e[i].family == V4;

		ep[i] = (struct endpoint){ .family = v4 ? AF_INET : AF_INET6, .port = e[i].port };
		memcpy(ep[i].addr, v4 ? addr4[e[i].addr] : addr6[e[i].addr], v4 ? 4 : 16);
		known[i] = (struct model_endpoint){ .version = v4 ? 4 : 6, .port = e[i].port };
		memcpy(known[i].addr, ep[i].addr, 16);
		err = ports_add(&ports, &ep[i]);
	}
	return err;
}

int main(int argc, char **argv)
{
	struct endpoint ep[ENDPOINTS];

	skel = ingress__open_and_load();
	if (!skel || ports_open(&ports, bpf_map__fd(skel->maps.xsrtp_ports),
				bpf_map__fd(skel->maps.xsrtp_more))) {
		printf("Bail out! cannot load the program (needs root): %s\n", strerror(errno));
		return 1;
	}
	prog = bpf_program__fd(skel->progs.xsrtp_ingress);
	cpus = libbpf_num_possible_cpus();
	if (add_endpoints(ep) || cpus > CPUS_MAX) {
		printf("Bail out! cannot fill the table of ports\n");
		return 1;
	}
	device(true);
	test_verifier();
	test_names();
	test_table();
	test_first_byte();
	test_cut();
	test_fuzz(argc > 1 ? atoi(argv[1]) : FUZZ);
	test_ports(ep);
	test_writers(ep);
	return tap_done();
}
