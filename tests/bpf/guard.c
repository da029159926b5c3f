// SPDX-License-Identifier: GPL-2.0
/*
 * The guard by BPF_PROG_TEST_RUN, in a network namespace of its own: frames with what is
 * to become of them and why, for each reason, IPv4 and IPv6, plain and with a VLAN tag;
 * the buckets against the clock, on two CPUs at once; policies exchanged under packets;
 * what is refused; attacks; and ten million forged sources.
 */
#include <pthread.h>
#include <time.h>

#include "../../bpf/hash.h"
#include "../../tools/guard/spray.h"
#include "guard.skel.h"
#include "guard_next.skel.h"
#include "guarded.h"
#include "spray.skel.h"

#define SSRC		0x01020304	/* of packet.h */

static const struct verified verified[] = {
	{ "6.18.", 104190 },
	{ "", 104190 },
};

static struct guard *skel;
static struct spray_bpf *sprayer;

/* --- running --------------------------------------------------------------------------- */

static struct xsrtp_guard_cpu counts(void)
{
	struct xsrtp_guard_cpu sum;

	if (guard_cpus(&g, &sum))
		bail("cannot read the counters");
	return sum;
}

struct outcome {
	int action;
	int counter;		/* -1: not exactly one */
	bool would;		/* of those that were not dropped */
	bool same;		/* the frame is as it was */
};

static struct outcome run(const struct frame *f)
{
	static struct xsrtp_guard_cpu last;
	static uint8_t out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = f->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	struct outcome r = { -1, -1, false, false };
	struct xsrtp_guard_cpu now;
	int i, moved = 0;

	last = counts();
	if (bpf_prog_test_run_opts(prog, &o))
		return r;
	now = counts();
	for (i = 0; i < XSRTP_GUARD_MAX; i++) {
		moved += now.count[i] - last.count[i] + now.would[i] - last.would[i];
		if (now.count[i] != last.count[i])
			r.counter = i;
		if (now.would[i] != last.would[i]) {
			r.counter = i;
			r.would = true;
		}
	}
	if (moved != 1)
		r.counter = -1;
	r.action = o.retval;
	r.same = o.data_size_out == f->len && !memcmp(out, f->b, f->len);
	return r;
}

/* However many are dropped: under attack it is another reason that unknown sources are refused for. */
#define NO_ATTACK	"attack-on 1000000000 "

/* Budgets that nothing here uses up, and no attack. */
#define ENOUGH	NO_ATTACK \
		"source-rate 1000000 source-bytes 1000000000 port-rate 1000000 port-bytes 1000000000 " \
		"unknown-rate 1000000 unknown-bytes 1000000000"

/* A far end becomes known: the sequence number that comes next, or 0. */
static uint16_t establish(struct frame *f, int family, int tags, uint16_t seq)
{
	int i;

	for (i = 0; i < 6; i++) {
		set_seq(f, family, tags, seq++);
		if (run(f).counter == XSRTP_GUARD_PASSED_KNOWN)
			return seq;
		usleep(12000);
	}
	return 0;
}

/* --- fixtures --------------------------------------------------------------------------- */

enum before {
	NOTHING,
	BANNED,			/* the source */
	BANNED_WIDE,		/* a prefix around it */
	ALLOWED,
	KNOWN,			/* the source is a far end */
	KNOWN_SPENT,		/* and has sent what it may */
	OTHER_KNOWN,		/* another source is */
	OTHER_SSRC,		/* the source is, with another SSRC */
	OTHER_SEQ,		/* and with other numbers */
	TWICE,			/* two packets like it, which pass */
	ATTACK,
};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct fixture {
	struct spec s;
	enum before before;
	const char *policy;
	uint8_t bytes[24];	/* begin the payload, behind the first */
};

#define HEAD(...)	.bytes = { __VA_ARGS__ }

static const struct fixture fixtures[] = {
	{ { "ARP", WAS(PASSED_NOT_IP), .ethertype = 0x0806 } },
	{ { "TCP", WAS(PASSED_NOT_UDP), .proto = IPPROTO_TCP } },
	{ { "a later fragment", WAS(PASSED_FRAGMENT), .families = V4, .frag = 0x20 } },
	{ { "RTP to a port outside the ranges", WAS(PASSED_NO_FLOW), TO(OUTSIDE) } },
	{ { "a first byte of nobody, outside the ranges", WAS(PASSED_NO_FLOW), TO(OUTSIDE), FIRST(255) } },

	{ { "a first byte of nobody", WAS(DROPPED_MALFORMED), FIRST(255) } },
	{ { "RTP of 11 bytes", WAS(DROPPED_MALFORMED), .payload = 11 } },
	{ { "RTP shorter than its CSRCs", WAS(DROPPED_MALFORMED), FIRST(0x8f), .payload = 71 } },
	{ { "RTP shorter than its extension's head", WAS(DROPPED_MALFORMED), FIRST(0x90), .payload = 15 } },
	{ { "RTCP of 7 bytes", WAS(DROPPED_MALFORMED), .second = 200, .payload = 7 } },
	{ { "STUN of 19 bytes", WAS(DROPPED_MALFORMED), FIRST(0), .payload = 19 } },
	{ { "STUN longer than the datagram", WAS(DROPPED_MALFORMED), FIRST(0), .payload = 27 },
	  .bytes = STUN_BINDING },
	{ { "STUN of an odd length", WAS(DROPPED_MALFORMED), FIRST(0) }, HEAD(1, 0, 7) },
	{ { "DTLS of 12 bytes", WAS(DROPPED_MALFORMED), FIRST(22), .payload = 12 } },
	{ { "DTLS of another version", WAS(DROPPED_MALFORMED), FIRST(22) }, HEAD(3, 3) },
	{ { "DTLS longer than the datagram", WAS(DROPPED_MALFORMED), FIRST(22), .payload = 52 },
	  .bytes = DTLS_HELLO },
	{ { "ZRTP of 11 bytes", WAS(DROPPED_MALFORMED), FIRST(16), .payload = 11 } },
	{ { "UDP length too large", WAS(DROPPED_MALFORMED), .udp_len = 1 } },
	{ { "a first fragment", WAS(DROPPED_FRAGMENT), .families = V4, .frag = 0x2000 } },
	{ { "a first fragment", WAS(DROPPED_FRAGMENT), .families = V6, .ext = { IPPROTO_FRAGMENT + 1 },
	    .frag = 1 } },
	{ { "IPv4 options", WAS(DROPPED_IP_OPTIONS), .families = V4, .options = 1 } },
	{ { "hop-by-hop options", WAS(DROPPED_IP_OPTIONS), .families = V6,
	    .ext = { IPPROTO_HOPOPTS + 1 } } },

	{ { "RTP of a banned source", IS(DROPPED_DENIED) }, BANNED },
	{ { "RTP of a banned prefix", IS(DROPPED_DENIED) }, BANNED_WIDE },
	{ { "STUN of a banned source", IS(DROPPED_DENIED), FIRST(0) }, BANNED, .bytes = STUN_BINDING },
	{ { "a banned source, outside the ranges", WAS(PASSED_NO_FLOW), TO(OUTSIDE) }, BANNED },
	{ { "RTP of an allowed source over all budgets", IS(PASSED_ALLOWED) }, ALLOWED,
	  "source-rate 1/2 port-rate 1/2 unknown-rate 1/2" },

	{ { "RTP to a port without a socket", IS(DROPPED_NO_FLOW), TO(NO_SOCKET) } },
	{ { "RTCP to a port without a socket", IS(DROPPED_NO_FLOW), TO(NO_SOCKET), .second = 200 } },
	{ { "STUN to a port without a socket", IS(DROPPED_NO_FLOW), TO(NO_SOCKET), FIRST(0) },
	  .bytes = STUN_BINDING },
	{ { "DTLS to a port without a socket", IS(DROPPED_NO_FLOW), TO(NO_SOCKET), FIRST(22) },
	  .bytes = DTLS_HELLO },

	{ { "RTP of an unknown source", IS(PASSED_UNKNOWN) } },
	{ { "RTCP of an unknown source", IS(PASSED_UNKNOWN), .second = 200 } },
	{ { "STUN", WAS(PASSED_STUN), FIRST(0) }, .bytes = STUN_BINDING },
	{ { "DTLS", WAS(PASSED_DTLS), FIRST(22) }, .bytes = DTLS_HELLO },
	{ { "ZRTP", WAS(PASSED_ZRTP), FIRST(16) } },
	{ { "TURN channel data", WAS(PASSED_TURN), FIRST(64) } },

	{ { "RTP of a far end", IS(PASSED_KNOWN) }, KNOWN },
	{ { "RTCP of a far end", IS(PASSED_KNOWN), .second = 200, .payload = 8 }, KNOWN,
	  .bytes = { [3] = 1, 2, 3, 4 } },
	{ { "RTP of a far end under attack", IS(PASSED_KNOWN) }, ATTACK },
	{ { "RTP of a far end over its budget", IS(DROPPED_RATE_FLOW) }, KNOWN_SPENT, "flow-rate 1/2" },
	{ { "RTP of a far end over its bytes", IS(DROPPED_RATE_FLOW) }, KNOWN_SPENT,
	  "flow-bytes 1000/2004" },
	{ { "RTP with a far end's address and another SSRC", IS(DROPPED_WRONG_SSRC) }, OTHER_SSRC },
	{ { "RTP from elsewhere to a port with a live far end", WAS(DROPPED_WRONG_SOURCE) }, OTHER_KNOWN },
	{ { "RTP with a far end's SSRC and other numbers", IS(DROPPED_IMPLAUSIBLE) }, OTHER_SEQ },

	{ { "RTP over the source's budget", IS(DROPPED_RATE_SOURCE) }, TWICE, "source-rate 1/2" },
	{ { "RTP over the source's bytes", IS(DROPPED_RATE_SOURCE), .payload = 900 }, TWICE,
	  "source-bytes 1000/2004" },
	{ { "RTP over the port's budget", IS(DROPPED_RATE_PORT) }, TWICE, "port-rate 1/2" },
	{ { "RTP over the port's bytes", IS(DROPPED_RATE_PORT), .payload = 900 }, TWICE,
	  "port-bytes 1000/2004" },
	{ { "RTP over the budget of all unknown", IS(DROPPED_RATE_UNKNOWN) }, TWICE, "unknown-rate 1/2" },
	{ { "RTP over the bytes of all unknown", IS(DROPPED_RATE_UNKNOWN), .payload = 900 }, TWICE,
	  "unknown-bytes 1000/2004" },
	{ { "RTCP over the source's budget", IS(DROPPED_RATE_SOURCE), .second = 200 }, TWICE,
	  "source-rate 1/2" },
	{ { "STUN over the source's budget", IS(DROPPED_RATE_STUN), FIRST(0) }, TWICE,
	  "stun-source-rate 1/2", STUN_BINDING },
	{ { "STUN over the budget of all", IS(DROPPED_RATE_STUN), FIRST(0) }, TWICE,
	  "stun-rate 1/2", STUN_BINDING },
	{ { "DTLS over the source's budget", IS(DROPPED_RATE_DTLS), FIRST(22) }, TWICE,
	  "dtls-source-rate 1/2", DTLS_HELLO },
	{ { "DTLS over the budget of all", IS(DROPPED_RATE_DTLS), FIRST(22) }, TWICE,
	  "dtls-rate 1/2", DTLS_HELLO },
};

#define FIXTURES	(sizeof(fixtures) / sizeof(fixtures[0]))

static struct prefix fixture_prefix(enum before before, int family)
{
	if (before == BANNED_WIDE)
		return source_prefix(family, 24, XSRTP_PREFIX_BANNED);
	return source_prefix(family, family == V4 ? 32 : 64, before == ALLOWED ?
			     XSRTP_PREFIX_ALLOWED : XSRTP_PREFIX_BANNED);
}

static void before(const struct fixture *x, struct frame *f, int family, int tags)
{
	struct frame rtp;
	struct spec s = { .port = x->s.port };
	struct prefix p = fixture_prefix(x->before, family);

	build(&rtp, &s, family, tags);
	switch (x->before) {
	case NOTHING:
		break;
	case BANNED:
	case BANNED_WIDE:
	case ALLOWED:
		if (prefix_add(&g, &p, err, sizeof(err)))
			printf("# %s\n", err);
		break;
	case KNOWN:
		set_seq(f, family, tags, establish(&rtp, family, tags, 100));
		break;
	case ATTACK:
		set_seq(f, family, tags, establish(&rtp, family, tags, 100));
		policy("attack-hold 3600");
		state->attack = state->above = 1;
		break;
	case KNOWN_SPENT:
		policy("");
		set_seq(f, family, tags, establish(&rtp, family, tags, 100));
		policy(x->policy);
		repeat(prog, f, 50);
		break;
	case OTHER_KNOWN:
		set_source(&rtp, family, tags, 0x0a000001);
		establish(&rtp, family, tags, 100);
		break;
	case OTHER_SSRC:
		set_ssrc(&rtp, family, tags, 7);
		establish(&rtp, family, tags, 100);
		break;
	case OTHER_SEQ:
		establish(&rtp, family, tags, 100);
		set_seq(f, family, tags, 30000);
		break;
	case TWICE:
		repeat(prog, f, 2);
	}
}

static void fixture_run(const struct fixture *x, int family, int tags)
{
	struct prefix p = fixture_prefix(x->before, family);
	struct frame f;
	struct outcome r;
	bool drops = guard_counter_drops(x->s.counter), good;

	forget_all();
	policy(x->policy ?: "");
	build(&f, &x->s, family, tags);
	put_bytes(&f, &x->s, x->bytes, sizeof(x->bytes), family, tags);
	before(x, &f, family, tags);
	r = run(&f);
	good = r.counter == x->s.counter && r.action == (drops ? XDP_DROP : XDP_PASS) && r.same &&
	       !r.would;
	ok(good, "IPv%d%s: %s: %s", family == V4 ? 4 : 6, tags ? " VLAN" : "", x->s.what,
	   guard_counter_name(x->s.counter));
	if (!good)
		printf("# action %d, %s, frame %s\n", r.action, r.counter < 0 ? "?" :
		       guard_counter_name(r.counter), r.same ? "same" : "changed");
	if (x->before == BANNED || x->before == BANNED_WIDE || x->before == ALLOWED)
		prefix_del(&g, &p, err, sizeof(err));
}

static void test_fixtures(void)
{
	unsigned int i, c, rows;
	int family, tags;

	for (i = 0; i < FIXTURES; i++)
		for (family = V4; family <= V6; family++)
			for (tags = 0; tags <= 1; tags++)
				if (!fixtures[i].s.families || fixtures[i].s.families & family)
					fixture_run(&fixtures[i], family, tags);
	for (c = XSRTP_COUNTER_MAX; c < XSRTP_GUARD_MAX; c++) {
		for (i = 0, rows = 0; i < FIXTURES; i++)
			rows += fixtures[i].s.counter == c;
		ok(rows, "%s has a fixture", guard_counter_name(c));
	}
	policy("");
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* --- far ends ---------------------------------------------------------------------------- */

static struct xsrtp_ends *ends_map(void)
{
	return mmap(NULL, XSRTP_PORTS * sizeof(struct xsrtp_ends), PROT_READ | PROT_WRITE, MAP_SHARED,
		    g.fd[GUARD_ENDS], 0);
}

/* A sequence as RFC 3550 A.1 has it: what may come, and what does not move the window. */
static void test_window(void)
{
	static const struct { int seq; bool known; const char *what; } step[] = {
		{ 200, true, "next" }, { 200, true, "again" }, { 198, true, "reordered" },
		{ 204, true, "after three lost" }, { 75, false, "too old" },
		{ 260, true, "after fifty-five lost" }, { 205, true, "the next of before: not moved" },
		{ 245, true, "after forty lost" }, { 246, true, "and the next: moved" },
		{ 309, true, "within the new window" }, { 400, false, "too far ahead" },
		{ 118, true, "as far behind as may be" }, { 117, false, "further behind" },
		{ 247, true, "the next" },
	};
	struct spec s = { .what = "" };
	struct frame f;
	unsigned int i;
	bool known;

	forget_all();
	build(&f, &s, V4, 0);
	establish(&f, V4, 0, 196);
	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		set_seq(&f, V4, 0, step[i].seq);
		known = run(&f).counter == XSRTP_GUARD_PASSED_KNOWN;
		ok(known == step[i].known, "window: %d (%s) is %splausible", step[i].seq, step[i].what,
		   step[i].known ? "" : "im");
	}
}

static void test_places(void)
{
	struct spec s = { .what = "" };
	struct xsrtp_ends *ends = ends_map();
	struct frame f[7];
	uint16_t next[7];
	struct guard_clock c;
	int i, good = 0;

	forget_all();
	for (i = 0; i < 7; i++) {
		build(&f[i], &s, V4, 0);
		set_source(&f[i], V4, 0, 0x0a000001 + i);
		next[i] = establish(&f[i], V4, 0, 100);
		good += next[i] != 0;
	}
	ok(good == XSRTP_ENDS_NEAR + XSRTP_ENDS_MORE && next[0] && !next[5] && !next[6],
	   "places: a port has %d far ends, and no further one displaces them", good);
	for (i = 0, good = 0; i < 5; i++) {
		set_seq(&f[i], V4, 0, next[i]);
		good += run(&f[i]).counter == XSRTP_GUARD_PASSED_KNOWN;
	}
	ok(good == 5, "places: all of them are known after that");
	guard_clock_read(&c);
	ends[PORT_MEDIA].end[1].media.packets = (c.jiffies - 11 * base.hz) << XSRTP_TICK_SHIFT;
	ok(establish(&f[5], V4, 0, 200) && !establish(&f[1], V4, 0, 104) &&
	   !establish(&f[6], V4, 0, 104), "places: one that was silent for 11 s gives up its own");
	munmap(ends, XSRTP_PORTS * sizeof(*ends));
}

/* What is no codec does not become a far end: at random, too fast, or once in a while. */
static void test_candidates(void)
{
	struct spec s = { .what = "" };
	struct frame f;
	int i, known = 0;

	forget_all();
	build(&f, &s, V4, 0);
	srandom(1);
	for (i = 0; i < 60; i++) {
		set_seq(&f, V4, 0, random() & 0x7fff);
		known += run(&f).counter == XSRTP_GUARD_PASSED_KNOWN;
		usleep(1000);
	}
	ok(!known, "candidates: random sequence numbers prove nothing");
	forget_all();
	for (i = 0; i < 20; i++) {
		set_seq(&f, V4, 0, 100 + i);
		known += run(&f).counter == XSRTP_GUARD_PASSED_KNOWN;
	}
	ok(!known, "candidates: twenty good packets at once prove nothing");
}

/* While random packets come to its port, one that is a codec's is proven; then it is live. */
static void test_contest(void)
{
	struct spec s = { .what = "" };
	struct frame f, junk;
	struct xsrtp_guard_cpu was;
	uint16_t seq = 100;
	int i, k, known = 0;

	forget_all();
	policy(ENOUGH);
	build(&f, &s, V4, 0);
	build(&junk, &s, V4, 0);
	for (i = 0; i < 6; i++) {
		set_seq(&f, V4, 0, seq++);
		known += run(&f).counter == XSRTP_GUARD_PASSED_KNOWN;
		for (k = 0; k < 500; k++) {
			set_ssrc(&junk, V4, 0, random());
			set_seq(&junk, V4, 0, random());
			repeat(prog, &junk, 1);
		}
		usleep(12000);
	}
	ok(known > 0, "contest: a codec among 3,000 random packets becomes a far end");
	was = counts();
	for (i = 0; i < 1000; i++) {
		set_ssrc(&junk, V4, 0, random());
		repeat(prog, &junk, 1);
	}
	ok(counts().count[XSRTP_GUARD_DROPPED_WRONG_SSRC] - was.count[XSRTP_GUARD_DROPPED_WRONG_SSRC] ==
	   1000, "contest: then none of 1,000 with its address and random SSRCs passes");
	set_seq(&f, V4, 0, seq++);
	ok(run(&f).counter == XSRTP_GUARD_PASSED_KNOWN, "contest: and it does");
	policy("");
}

/* --- buckets ------------------------------------------------------------------------------ */

struct load {
	struct frame f[3];
	int cpu;
	volatile bool *stop;
};

static void *offer(void *arg)
{
	struct load *l = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(l->cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	while (!*l->stop) {
		repeat(prog, &l->f[0], 100000);
		repeat(prog, &l->f[1], 2000);
		repeat(prog, &l->f[2], 50);
	}
	return NULL;
}

/* One packet a time, until one does not pass: all that there is has been taken by now. */
static double drain(const struct frame *f)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = f->len, .repeat = 1);

	while (!bpf_prog_test_run_opts(prog, &o) && o.retval == XDP_PASS)
		;
	return seconds();
}

static void check_rate(const char *what, uint64_t passed, double rate, double s)
{
	double want = rate * s, off = passed - want;

	/* One packet, and what a jiffy more or less lets through. */
	ok((off < 0 ? -off : off) <= want / 100 + 1 + 2 * rate / base.hz,
	   "buckets: %s: %lu packets passed in %.2f s on two CPUs, %.0f should", what, passed, s, want);
}

/*
 * Three budgets at once, each offered more than it lets through, from both CPUs. The
 * bursts, taken before, are those of three seconds: so long these threads may have to wait
 * for a CPU.
 */
static void test_rates(void)
{
	struct fixture stun = { { .has_first = 1, .first = 0 }, .bytes = STUN_BINDING };
	struct fixture dtls = { { .has_first = 1, .first = 22 }, .bytes = DTLS_HELLO };
	static const uint32_t bursts[] = { 300000, 3000, 30 };
	struct spec turn = { .has_first = 1, .first = 64 };
	struct xsrtp_guard_cpu was, now;
	volatile bool stop = false;
	struct load l[2];
	pthread_t t[2];
	double took[3];
	int i;

	forget_all();
	policy("source-rate 10000000 source-bytes 12500000000 port-rate 10000000 "
	       "port-bytes 12500000000 unknown-rate 100000/300000 unknown-bytes 12500000000 "
	       "stun-source-rate 10000000 stun-rate 1000/3000 dtls-source-rate 10000000 "
	       "dtls-rate 10/30 attack-on 1000000000");
	for (i = 0; i < 2; i++) {
		l[i].cpu = i % sysconf(_SC_NPROCESSORS_ONLN);
		l[i].stop = &stop;
		build(&l[i].f[0], &turn, V4, 0);
		build(&l[i].f[1], &stun.s, V4, 0);
		build(&l[i].f[2], &dtls.s, V4, 0);
		memset(at_udp(&l[i].f[1], V4, 0) + 9, 0, 24);
		memset(at_udp(&l[i].f[2], V4, 0) + 9, 0, 24);
		memcpy(at_udp(&l[i].f[1], V4, 0) + 9, stun.bytes, 7);
		memcpy(at_udp(&l[i].f[2], V4, 0) + 9, dtls.bytes, 13);
	}
	for (i = 0; i < 3; i++) {
		repeat(prog, &l[0].f[i], bursts[i]);
		took[i] = drain(&l[0].f[i]);
	}
	was = counts();
	for (i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, offer, &l[i]);
	usleep(10000000);
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 3; i++)
		took[i] = drain(&l[0].f[i]) - took[i];
	now = counts();
#define PASSED(c) (now.count[XSRTP_COUNTER_##c] - was.count[XSRTP_COUNTER_##c])
	check_rate("100,000 a second", PASSED(PASSED_TURN), 100000, took[0]);
	check_rate("1,000 a second", PASSED(PASSED_STUN), 1000, took[1]);
	check_rate("10 a second", PASSED(PASSED_DTLS), 10, took[2]);
#undef PASSED
}

static void test_burst(void)
{
	struct spec turn = { .has_first = 1, .first = 64 };
	struct xsrtp_guard_cpu was;
	uint64_t n;
	struct frame f;

	forget_all();
	policy("source-rate 10/600 port-rate 10000 port-bytes 10000000");
	build(&f, &turn, V4, 0);
	was = counts();
	repeat(prog, &f, 5000);
	n = counts().count[XSRTP_COUNTER_PASSED_TURN] - was.count[XSRTP_COUNTER_PASSED_TURN];
	ok(n >= 600 && n <= 601, "buckets: a burst of 600 packets lets %lu through", n);
	forget_all();
	policy("source-bytes 1000/60000 port-rate 10000 port-bytes 10000000");
	was = counts();
	repeat(prog, &f, 5000);
	n = counts().count[XSRTP_COUNTER_PASSED_TURN] - was.count[XSRTP_COUNTER_PASSED_TURN];
	ok(n == 60000 / f.len, "buckets: a burst of 60,000 bytes lets %lu packets of %u through", n,
	   f.len);
}

/* --- policies ----------------------------------------------------------------------------- */

static volatile int exchanged;

static void *exchange(void *arg)
{
	volatile bool *stop = arg;

	while (!*stop) {
		policy(exchanged++ % 2 ? NO_ATTACK "source-rate 1/2 port-rate 1000/60000" :
					 NO_ATTACK "source-rate 1000/60000 port-rate 1/2");
		usleep(1000);
	}
	return NULL;
}

/*
 * Both buckets are taken from up to half a minute ahead: each policy lets one of them go so
 * far, and refuses by the other. A packet that met one half of each would pass.
 */
static void test_exchange(void)
{
	struct spec s = { .has_first = 1, .first = 64 };
	struct xsrtp_local from = { .version = 4 };
	struct xsrtp_talkers *t = mmap(NULL, XSRTP_PORTS * sizeof(*t), PROT_READ | PROT_WRITE,
				       MAP_SHARED, g.fd[GUARD_TALKERS], 0);
	struct xsrtp_source *src = mmap(NULL, XSRTP_SOURCES * sizeof(*src), PROT_READ | PROT_WRITE,
					MAP_SHARED, g.fd[GUARD_SOURCES], 0);
	struct xsrtp_guard_cpu was, now;
	volatile bool stop = false;
	struct guard_clock c;
	time_t end = time(NULL) + 25;	/* the buckets are ahead for 30 s */
	pthread_t thread;
	struct frame f;
	int i;

	forget_all();
	policy(NO_ATTACK "source-rate 1/2 port-rate 1000/60000");
	build(&f, &s, V4, 0);
	memcpy(from.addr, addr4[ADDR_FOREIGN], 4);
	guard_clock_read(&c);
	src[xsrtp_hash_source(&base, &from) >> (64 - XSRTP_SOURCE_BITS)].media.packets =
		t[PORT_MEDIA].unknown.packets = (c.jiffies + 30 * base.hz) << XSRTP_TICK_SHIFT;
	was = counts();
	pthread_create(&thread, NULL, exchange, (void *)&stop);
#define MORE(c) (now.count[c] - was.count[c])
	do {
		for (i = 0; i < 5000; i++)
			repeat(prog, &f, 1);
		now = counts();
	} while (time(NULL) < end && (exchanged < 20 || !MORE(XSRTP_GUARD_DROPPED_RATE_SOURCE) ||
				      !MORE(XSRTP_GUARD_DROPPED_RATE_PORT)));
	stop = true;
	pthread_join(thread, NULL);
	ok(exchanged >= 20 && MORE(XSRTP_GUARD_DROPPED_RATE_SOURCE) &&
	   MORE(XSRTP_GUARD_DROPPED_RATE_PORT), "policy: each of two is met, over and over");
	ok(!MORE(XSRTP_COUNTER_PASSED_TURN), "policy: %d exchanges, %llu packets meet one, %llu the "
	   "other, %llu a mixture", exchanged, MORE(XSRTP_GUARD_DROPPED_RATE_SOURCE),
	   MORE(XSRTP_GUARD_DROPPED_RATE_PORT), MORE(XSRTP_COUNTER_PASSED_TURN));
#undef MORE
	munmap(t, XSRTP_PORTS * sizeof(*t));
	munmap(src, XSRTP_SOURCES * sizeof(*src));
	policy("");
}

/* What is refused says what to write instead. */
static void test_refused(void)
{
	static const struct { const char *key, *value, *says; } bad[] = {
		{ "flow-rate", "0", "write flow-rate 1 or more" },
		{ "source-rate", "0/10", "write source-rate 1 or more" },
		{ "unknown-bytes", "0", "write unknown-bytes 1000 or more" },
		{ "unknown-bytes", "999/5000", "write 1000 to 12500000000 bytes" },
		{ "port-rate", "10000001", "write 1 to 10000000 packets" },
		{ "port-rate", "100/1", "write port-rate 100/2 or more" },
		{ "port-rate", "100/0", "write port-rate 100/2 or more" },
		{ "source-bytes", "100000/1500", "or more" },
		{ "stun-rate", "100/6001", "write stun-rate 100/6000 or less" },
		{ "stun-rate", "100/99999999999999999999", "write it as stun-rate 100/200" },
		{ "dtls-rate", "-5", "write it as dtls-rate 100/200" },
		{ "dtls-rate", "5/", "write it as dtls-rate 100/200" },
		{ "flow-bytes", "1M", "write it as flow-bytes 100000/200000" },
		{ "attack-on", "1", "write 2 to" },
		{ "attack-on", "100", "write attack-off 25" },
		{ "attack-off", "10000", "write attack-off 2500" },
		{ "attack-off", "0", "write attack-off 2500" },
		{ "attack-hold", "0", "write 1 to 3600 seconds" },
		{ "attack-hold", "x", "write it in digits" },
		{ "ports", "30000-20000", "write 20000-30000" },
		{ "ports", "20000-70000", "a port is 1 to 65535" },
		{ "ports", "0-10", "a port is 1 to 65535" },
		{ "ports", "20000-", "write it as ports" },
		{ "ports", "", "write it as ports" },
		{ "ports", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "join those that touch" },
		{ "mode", "off", "write mode enforce, or mode observe" },
		{ "flow-limit", "10", "xsrtp guard show names them all" },
	};
	struct xsrtp_policy p, now;
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = base;
		err[0] = 0;
		ret = policy_word(&p, bad[i].key, bad[i].value, err, sizeof(err)) ?:
		      policy_finish(&p, err, sizeof(err));
		ok(ret == -EINVAL && strstr(err, bad[i].says), "refused: %s %s: %s", bad[i].key,
		   bad[i].value, err);
	}
	ok(!guard_policy_get(&g, &now, err, sizeof(err)) && !memcmp(&now, &base, sizeof(now)),
	   "refused: the policy that holds is the one of before");
}

/* --- prefixes ------------------------------------------------------------------------------ */

static int change(const char *text, int st, uint32_t until)
{
	struct prefix p;
	int ret = prefix_parse(text, &p, err, sizeof(err));

	p.state = st;
	p.until = until;
	if (!ret)
		ret = st ? prefix_add(&g, &p, err, sizeof(err)) : prefix_del(&g, &p, err, sizeof(err));
	return ret;
}

static bool is_denied(int family, uint32_t source)
{
	struct spec s = { .what = "" };
	struct frame f;

	build(&f, &s, family, 0);
	if (family == V4)
		set_source(&f, family, 0, source);
	return run(&f).counter == XSRTP_GUARD_DROPPED_DENIED;
}

/* More addresses of one line of the hash than it holds: the others go to the trie. */
static void test_full_line(void)
{
	struct xsrtp_local l = { .version = 4 };
	uint32_t found[XSRTP_HOSTS_A_LINE + 3], a, n = 0, denied = 0, i;
	char text[PREFIX_STRLEN];
	bool added = true;

	for (a = 0x0a000000; n < XSRTP_HOSTS_A_LINE + 3; a++) {
		l.addr[0] = htonl(a);
		if (xsrtp_hash_source(&base, &l) >> (64 - XSRTP_HOST_BITS) == 77)
			found[n++] = a;
	}
	for (i = 0; i < n; i++) {
		a = htonl(found[i]);
		added &= !change(inet_ntop(AF_INET, &a, text, sizeof(text)), XSRTP_PREFIX_BANNED, 0);
	}
	for (i = 0; i < n; i++)
		denied += is_denied(V4, found[i]);
	ok(added && denied == n && state->hosts == XSRTP_HOSTS_A_LINE && state->prefixes4 == 3,
	   "prefixes: %u addresses of one line are banned, %u of them in the trie", n,
	   state->prefixes4);
	for (i = 0, denied = 0; i < n; i++) {
		a = htonl(found[i]);
		change(inet_ntop(AF_INET, &a, text, sizeof(text)), XSRTP_PREFIX_NONE, 0);
		denied += is_denied(V4, found[i]);
	}
	ok(!denied && !state->hosts && !state->prefixes4, "prefixes: and none of them any more");
}

static void test_prefixes(void)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "192.0.2.1/24", "write 192.0.2.0/24, or 192.0.2.1 alone" },
		{ "192.0.2.0/33", "at most 32 bits" }, { "2001:db8::/129", "at most 128 bits" },
		{ "192.0.2", "write it as" }, { "example.org", "write it as" }, { "", "write it as" },
		{ "192.0.2.0/", "write it as" }, { "192.0.2.0/x", "write it as" },
	};
	struct guard_clock c = { 0 };
	unsigned int i;

	forget_all();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(change(bad[i].text, XSRTP_PREFIX_BANNED, 0) == -EINVAL && strstr(err, bad[i].says),
		   "prefixes: refused: \"%s\": %s", bad[i].text, err);
	ok(!change("10.0.0.0/8", XSRTP_PREFIX_BANNED, 0) && is_denied(V4, 0x0a010203) &&
	   !is_denied(V4, 0x0b010203), "prefixes: 10.0.0.0/8 is banned, 11.0.0.0/8 is not");
	ok(change("10.1.0.0/16", XSRTP_PREFIX_ALLOWED, 0) == -EINVAL &&
	   strstr(err, "xsrtp unban 10.0.0.0/8 first"), "prefixes: refused: %s", err);
	ok(change("0.0.0.0/0", XSRTP_PREFIX_ALLOWED, 0) == -EINVAL, "prefixes: refused: %s", err);
	ok(!change("10.2.3.4", XSRTP_PREFIX_BANNED, 0), "prefixes: a ban in a banned prefix is none");
	ok(!change("10.0.0.0/8", XSRTP_PREFIX_NONE, 0) && !is_denied(V4, 0x0a010203) &&
	   is_denied(V4, 0x0a020304), "prefixes: the wide one goes, the other stays");
	ok(!change("10.2.3.4", XSRTP_PREFIX_NONE, 0) && !is_denied(V4, 0x0a020304) &&
	   change("10.2.3.4", XSRTP_PREFIX_NONE, 0) == -ENOENT, "prefixes: unban, and again: %s", err);
	ok(!change("c000:201::/32", XSRTP_PREFIX_BANNED, 0) && is_denied(V6, 0) &&
	   !change("c000:201::/32", XSRTP_PREFIX_NONE, 0) && !is_denied(V6, 0), "prefixes: an IPv6 /32");
	guard_clock_read(&c);
	c.hz = base.hz;
	ok(!change("10.2.3.4", XSRTP_PREFIX_BANNED, prefix_until(&c, 1)) && is_denied(V4, 0x0a020304),
	   "prefixes: banned for a second or two");
	usleep(1000000 + 2 * 256 * 1000000ULL / base.hz);
	ok(!is_denied(V4, 0x0a020304) && change("10.2.3.4", XSRTP_PREFIX_NONE, 0) == -ENOENT,
	   "prefixes: not any more");
	test_full_line();
}

/* --- observe, attack ------------------------------------------------------------------------ */

static void test_observe(void)
{
	struct spec s = { .has_first = 1, .first = 255 };
	struct outcome r;
	struct frame f;

	forget_all();
	policy("mode observe");
	build(&f, &s, V4, 0);
	r = run(&f);
	ok(r.action == XDP_PASS && r.would && r.counter == XSRTP_COUNTER_DROPPED_MALFORMED,
	   "observe: what is malformed passes, and is counted as what would be dropped");
	policy("");
	ok(run(&f).action == XDP_DROP, "observe: and back: dropped");
}

static void test_attack(void)
{
	struct spec s = { .what = "" }, other = { .port = PORT_SECOND };
	struct fixture stun = { { .has_first = 1, .first = 0 }, .bytes = STUN_BINDING };
	struct frame f, flood, newcomer, shake;
	struct xsrtp_guard_cpu was;
	uint16_t next;
	uint64_t n;
	int i;

	forget_all();
	policy("attack-on 1000 attack-off 100 attack-hold 2 stun-source-rate 40/80");
	build(&f, &s, V4, 0);
	next = establish(&f, V4, 0, 100);
	build(&flood, &other, V4, 0);
	set_source(&flood, V4, 0, 0x0a000001);
	build(&newcomer, &other, V4, 0);
	set_source(&newcomer, V4, 0, 0x0a000002);
	build(&shake, &stun.s, V4, 0);
	memset(at_udp(&shake, V4, 0) + 9, 0, 24);
	memcpy(at_udp(&shake, V4, 0) + 9, stun.bytes, 7);
	set_source(&shake, V4, 0, 0x0a000003);
	ok(run(&newcomer).counter == XSRTP_GUARD_PASSED_UNKNOWN && !state->attack && !state->events,
	   "attack: calm, a newcomer passes");
	for (i = 0; i < 40; i++) {
		repeat(prog, &flood, 500);
		usleep(5000);
	}
	ok(state->attack && state->events == 1 && state->event[0].attack == 1,
	   "attack: it begins, and there is one event");
	set_seq(&f, V4, 0, next++);
	ok(run(&f).counter == XSRTP_GUARD_PASSED_KNOWN &&
	   run(&newcomer).counter == XSRTP_GUARD_DROPPED_RATE_UNKNOWN,
	   "attack: the far end passes, the newcomer does not");
	was = counts();
	repeat(prog, &shake, 500);
	n = counts().count[XSRTP_COUNTER_PASSED_STUN] - was.count[XSRTP_COUNTER_PASSED_STUN];
	ok(n >= 20 && n <= 21, "attack: of a burst of 80 STUN, %lu pass", n);
	for (i = 0; i < 6; i++) {
		usleep(200000);
		run(&newcomer);
	}
	ok(state->attack, "attack: after 1.2 s of little it is still on (hysteresis)");
	usleep(1500000);
	ok(run(&newcomer).counter == XSRTP_GUARD_PASSED_UNKNOWN && !state->attack &&
	   state->events == 2 && !state->event[1].attack, "attack: after 2.7 s it is over, and the "
	   "newcomer passes");
	policy("");
}

/* --- offenders and floods -------------------------------------------------------------------- */

static const struct xsrtp_offender *offender_of(struct xsrtp_offender *o, int n, uint32_t source)
{
	int i;

	for (i = 0; i < n; i++)
		if (o[i].version == 4 && o[i].key >> 32 == htonl(source))
			return &o[i];
	return NULL;
}

static void spray_run(const struct frame *f, uint32_t addr, uint32_t entries, uint32_t packets)
{
	struct spray s = { 0, 88172645463325252ULL + addr, entries, 0, addr, PORT_MEDIA, 31 };
	__u32 zero = 0;

	bpf_map_update_elem(bpf_map__fd(sprayer->maps.spray_entry), &zero, &s, 0);
	bpf_map_update_elem(bpf_map__fd(sprayer->maps.spray_target), &zero, &prog, 0);
	repeat(bpf_program__fd(sprayer->progs.spray), f, packets);
}

#define HEAVY	0x0b000001

static void test_offenders(void)
{
	static struct xsrtp_offender o[XSRTP_OFFENDERS];
	const struct xsrtp_offender *h;
	struct spec s = { .port = NO_SOCKET };
	struct frame f;
	int i, n;

	forget_all();
	build(&f, &s, V4, 0);
	set_source(&f, V4, 0, 0x0c000001);
	for (i = 0; i < 50; i++) {
		repeat(prog, &f, 2);
		usleep(10000);
	}
	n = guard_offenders(&g, o);
	h = offender_of(o, n, 0x0c000001);
	ok(n == 1 && h && h->packets == 100 && h->bytes == 100 * f.len && h->last > h->first &&
	   h->reason == XSRTP_GUARD_DROPPED_NO_FLOW && h->port == NO_SOCKET && !h->ports,
	   "offenders: one source, counted exactly where there is little");
	forget_all();
	policy("source-rate 10/20 attack-on 1000000000");
	s.port = PORT_MEDIA;
	build(&f, &s, V4, 0);
	for (i = 0; i < 10; i++) {
		set_source(&f, V4, 0, HEAVY);
		repeat(prog, &f, 100000);
		spray_run(&f, 0x20000000, 1000000, 300000);
	}
	n = guard_offenders(&g, o);
	h = offender_of(o, n, HEAVY);
	ok(h && h->packets > 900000 && h->packets < 1100000 &&
	   h->reason == XSRTP_GUARD_DROPPED_RATE_SOURCE, "offenders: a million packets of one among "
	   "three million of a million others: %lu", h ? (uint64_t)h->packets : 0);
	policy("");
}

/* Memory, and a far end, through ten million forged sources. */
static void test_forged(void)
{
	struct spec s = { .what = "" };
	uint64_t memory, known = 0;
	struct frame f, flood;
	uint16_t seq;
	int i;

	forget_all();
	policy("attack-on 1000000000");
	build(&f, &s, V4, 0);
	build(&flood, &s, V4, 0);
	seq = establish(&f, V4, 0, 100);
	memory = guard_memory(&g);
	for (i = 0; i < 10; i++) {
		spray_run(&flood, 0x30000000 + i * 1000000, 1000000, 1600000);
		set_seq(&f, V4, 0, seq++);
		known += run(&f).counter == XSRTP_GUARD_PASSED_KNOWN;
	}
	ok(known == 10, "forged: the far end is known all through 16 million packets of 10 million "
	   "forged sources");
	ok(guard_memory(&g) == memory, "forged: %lu bytes of memory before, and after", memory);
}

/* --- beginning ------------------------------------------------------------------------------- */

/* The variant that is in front of another program, too. */
static void test_verifier(void)
{
	struct guard_next *front = guard_next__open_and_load();

	verifier_ok(prog, "guard", verified);
	verifier_ok(front ? bpf_program__fd(front->progs.xsrtp_guard) : -1, "guard_next", verified);
	guard_next__destroy(front);
}

static void set_up(void)
{
	enter_namespace();
	socket_on(PORT_MEDIA);
	socket_on(PORT_SECOND);
	skel = guard__open_and_load();
	sprayer = spray_bpf__open_and_load();
	if (!skel || !sprayer)
		bail("cannot load the programs");
	prog = bpf_program__fd(skel->progs.xsrtp_guard);
	guard_begin();
}

int main(void)
{
	set_up();
	test_verifier();
	test_fixtures();
	test_window();
	test_places();
	test_candidates();
	test_contest();
	test_burst();
	test_rates();
	test_exchange();
	test_refused();
	test_prefixes();
	test_observe();
	test_attack();
	test_offenders();
	test_forged();
	return tap_done();
}
