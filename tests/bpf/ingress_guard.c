// SPDX-License-Identifier: GPL-2.0
/*
 * The guard inside the program of the fast path, by BPF_PROG_TEST_RUN: what it does that
 * the guard alone (guard.c) does not, because it knows the flows; and, once each, what it
 * does the same. The endpoint that a row is for has its place in the slot of the port, and
 * then in the hash.
 */
#include "guard_inside.h"
#include "guarded.h"
#include "ingress_guard.skel.h"
#include "maps.h"
#include "ports.h"

#define FROM_PORT	5000	/* of packet.h */
#define CPUS_MAX	256

static const struct verified verified[] = {
	{ "6.18.", 258509 },
	{ "", 258509 },
};

static struct ingress_guard *skel;
static struct ports ports;
static int cpus;

/* --- running --------------------------------------------------------------------------- */

struct outcome {
	int action;
	int guard;		/* what it has counted; -1: not exactly one */
	int program;		/* the same of the program behind; XSRTP_COUNTER_MAX: nothing */
	bool would;
};

static uint64_t counted(uint32_t i)
{
	static uint64_t v[CPUS_MAX];
	uint64_t sum = 0;
	int cpu;

	bpf_map_lookup_elem(bpf_map__fd(skel->maps.xsrtp_counters), &i, v);
	for (cpu = 0; cpu < cpus; cpu++)
		sum += v[cpu];
	return sum;
}

struct counts {
	struct xsrtp_guard_cpu guard;
	uint64_t program[XSRTP_COUNTER_MAX];
};

static void counts(struct counts *c)
{
	uint32_t i;

	if (guard_cpus(&g, &c->guard))
		bail("cannot read the counters");
	for (i = 0; i < XSRTP_COUNTER_MAX; i++)
		c->program[i] = counted(i);
}

/* Which one moved, by one. */
static int moved(const uint64_t *was, const uint64_t *is, int n, int none)
{
	int i, which = none;

	for (i = 0; i < n; i++)
		if (is[i] != was[i])
			which = which == none && is[i] == was[i] + 1 ? i : -1;
	return which;
}

static struct outcome run(const struct frame *f)
{
	static struct counts last, now;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = f->len, .repeat = 1);
	struct outcome r = { -1, -1, -1, false };
	int would;

	counts(&last);
	if (bpf_prog_test_run_opts(prog, &o))
		return r;
	counts(&now);
	r.action = o.retval;
	r.guard = moved((uint64_t *)last.guard.count, (uint64_t *)now.guard.count, XSRTP_GUARD_MAX, -2);
	would = moved((uint64_t *)last.guard.would, (uint64_t *)now.guard.would, XSRTP_GUARD_MAX, -2);
	r.would = r.guard == -2;
	if (r.would || would != -2)
		r.guard = r.would ? would : -1;
	r.program = moved(last.program, now.program, XSRTP_COUNTER_MAX, XSRTP_COUNTER_MAX);
	return r;
}

/* The flows' budgets are full when they are added anew. */
static void forget(void)
{
	forget_all();
	ports_sync(&ports, NULL, 0);
	memset(ports.slot, 0, XSRTP_PORTS * sizeof(*ports.slot));
}

/* --- flows ------------------------------------------------------------------------------ */

enum flow {
	REMOTE,			/* of the source's address and port */
	REMOTE_LEARNED,		/* of its address */
	REMOTE_PORT,		/* of its address and another port */
	REMOTE_OTHER,		/* of another address */
	ANYBODY,
	REMOTE_SRTP,		/* as REMOTE; what arrives has a tag */
	ANYBODY_SRTP,
	NO_FLOW,
};

static struct endpoint endpoint(int family, enum flow kind, const uint8_t *a4, const uint8_t *a6,
				int port)
{
	struct endpoint e = { .family = family == V4 ? AF_INET : AF_INET6, .port = port };

	memcpy(e.addr, family == V4 ? a4 : a6, family == V4 ? 4 : 16);
	if (kind == REMOTE_OTHER)
		e.addr[3] ^= 1;
	if (kind == REMOTE_LEARNED)
		e.port = 0;
	if (kind == REMOTE_PORT)
		e.port = port + 2;
	return e;
}

static void flow_add(const struct spec *s, int family, enum flow kind, bool in_hash)
{
	struct endpoint far = endpoint(family, kind, addr4[ADDR_FOREIGN], addr6[ADDR_FOREIGN], FROM_PORT);
	struct endpoint local = endpoint(family, REMOTE, addr4[s->addr], addr6[s->addr],
					 s->port ?: PORT_MEDIA);
	struct endpoint first = local, nobody = { 0 };
	bool anybody = kind == ANYBODY || kind == ANYBODY_SRTP;
	bool tag = kind == REMOTE_SRTP || kind == ANYBODY_SRTP;

	if (kind == NO_FLOW)
		return;
	first.addr[0] ^= 1;	/* has the slot */
	if ((in_hash && ports_add(&ports, &first)) || ports_add(&ports, &local) ||
	    ports_await(&ports, &local, anybody ? &nobody : &far, tag))
		bail("cannot add a flow");
}

/* --- fixtures --------------------------------------------------------------------------- */

enum before {
	NOTHING,
	BANNED,
	ALLOWED,
	KNOWN,			/* the source is a far end */
	KNOWN_SPENT,		/* and has sent what it may */
	KNOWN_FLOW_SPENT,	/* and others of its address what the flow may */
	OTHER_SSRC,		/* the source is one, with another SSRC; with a policy, the flow's is spent */
	OTHER_SEQ,		/* with other numbers; the same */
	OTHER_KNOWN,		/* another source is */
	SHAKEN,			/* KNOWN, and the port's budget for handshakes is spent */
	TWICE,			/* two packets like it */
	ATTACK,
};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct fixture {
	struct spec s;		/* counter: the guard's */
	uint8_t program;	/* the other's counter, if it is not dropped */
	enum flow flow;
	enum before before;
	const char *policy;
	uint8_t bytes[24];
};

#define THEN(c)	.program = XSRTP_COUNTER_##c

static const struct fixture fixtures[] = {
	/* what the flow says of it */
	{ { "RTP of the remote", IS(PASSED_KNOWN) }, THEN(REDIRECTED) },
	{ { "RTCP of the remote", IS(PASSED_KNOWN), .second = 200 }, THEN(REDIRECTED) },
	{ { "RTP of the remote to a port outside the ranges", IS(PASSED_KNOWN), TO(OUTSIDE) },
	  THEN(REDIRECTED) },
	{ { "RTP of the remote's address, the port is learned", IS(PASSED_KNOWN) }, THEN(REDIRECTED),
	  REMOTE_LEARNED },
	{ { "RTP of the remote's address and another port", WAS(DROPPED_WRONG_SOURCE) }, 0, REMOTE_PORT },
	{ { "RTP of another address than the remote's", WAS(DROPPED_WRONG_SOURCE) }, 0, REMOTE_OTHER },
	{ { "RTCP of another address than the remote's", WAS(DROPPED_WRONG_SOURCE), .second = 200 }, 0,
	  REMOTE_OTHER },
	{ { "RTP of another address, which is allowed", WAS(DROPPED_WRONG_SOURCE) }, 0, REMOTE_OTHER, ALLOWED },
	{ { "RTP of an unknown source to a flow of anybody's", IS(PASSED_UNKNOWN) }, THEN(REDIRECTED), ANYBODY },
	{ { "RTCP of an unknown source to a flow of anybody's", IS(PASSED_UNKNOWN), .second = 200 },
	  THEN(REDIRECTED), ANYBODY },
	{ { "the same from elsewhere, where one talks", WAS(DROPPED_WRONG_SOURCE) }, 0, ANYBODY, OTHER_KNOWN },
	{ { "SRTP from elsewhere, where one talks", IS(PASSED_UNKNOWN) }, THEN(REDIRECTED), ANYBODY_SRTP,
	  OTHER_KNOWN },
	{ { "RTP of the remote with another SSRC than one that talks", IS(DROPPED_WRONG_SSRC) }, 0, REMOTE,
	  OTHER_SSRC },
	{ { "RTP of the remote with other numbers than one that talks", IS(DROPPED_IMPLAUSIBLE) }, 0, REMOTE,
	  OTHER_SEQ },
	{ { "SRTP of the remote with another SSRC than one that talks", IS(PASSED_KNOWN) }, THEN(REDIRECTED),
	  REMOTE_SRTP, OTHER_SSRC },
	{ { "SRTP of the remote with other numbers than one that talks", IS(PASSED_KNOWN) },
	  THEN(REDIRECTED), REMOTE_SRTP, OTHER_SEQ },
	{ { "RTP to a socket without a flow", IS(DROPPED_NO_FLOW) }, 0, NO_FLOW },
	{ { "RTCP to a socket without a flow", IS(DROPPED_NO_FLOW), .second = 200 }, 0, NO_FLOW },
	{ { "RTP to neither", IS(DROPPED_NO_FLOW), TO(NO_SOCKET) }, 0, NO_FLOW },
	{ { "RTP to neither, outside the ranges", WAS(PASSED_NO_FLOW), TO(OUTSIDE) }, THEN(PASSED_NO_FLOW),
	  NO_FLOW },
	{ { "STUN to a flow without a socket", WAS(PASSED_STUN), TO(NO_SOCKET), FIRST(0) }, THEN(PASSED_STUN),
	  .bytes = STUN_BINDING },
	{ { "STUN to a socket without a flow", WAS(PASSED_STUN), FIRST(0) }, THEN(PASSED_NO_FLOW), NO_FLOW,
	  .bytes = STUN_BINDING },
	{ { "STUN to neither", IS(DROPPED_NO_FLOW), TO(NO_SOCKET), FIRST(0) }, 0, NO_FLOW,
	  .bytes = STUN_BINDING },
	{ { "DTLS of another address than the remote's", WAS(PASSED_DTLS), FIRST(22) }, THEN(PASSED_DTLS),
	  REMOTE_OTHER, .bytes = DTLS_HELLO },
	{ { "ZRTP", WAS(PASSED_ZRTP), FIRST(16) }, THEN(PASSED_ZRTP) },
	{ { "TURN channel data", WAS(PASSED_TURN), FIRST(64) }, THEN(PASSED_TURN) },

	/* budgets */
	{ { "RTP of the remote over the flow's budget", IS(DROPPED_RATE_FLOW) }, 0, REMOTE, TWICE,
	  "flow-rate 1/2" },
	{ { "RTP of the remote over the flow's bytes", IS(DROPPED_RATE_FLOW), .payload = 900 }, 0, REMOTE, TWICE,
	  "flow-bytes 1000/2004" },
	{ { "RTCP of the remote over the flow's budget", IS(DROPPED_RATE_FLOW), .second = 200 }, 0, REMOTE,
	  TWICE, "flow-rate 1/2" },
	{ { "RTP of a far end, others have spent the flow's", IS(PASSED_KNOWN) }, THEN(REDIRECTED), REMOTE_SRTP,
	  KNOWN_FLOW_SPENT, "flow-rate 10/20" },
	{ { "RTP of a far end over its own", IS(DROPPED_RATE_FLOW) }, 0, REMOTE, KNOWN_SPENT, "flow-rate 1/2" },
	{ { "SRTP with its address and another SSRC", IS(DROPPED_WRONG_SSRC) }, 0, REMOTE_SRTP, OTHER_SSRC,
	  "flow-rate 1/2" },
	{ { "SRTP with its SSRC and other numbers", IS(DROPPED_IMPLAUSIBLE) }, 0, REMOTE_SRTP, OTHER_SEQ,
	  "flow-rate 1/2" },
	{ { "RTCP of a far end, handshakes have spent the port's", IS(PASSED_KNOWN), .second = 200, .payload = 8 },
	  THEN(REDIRECTED), REMOTE, SHAKEN, "stun-source-rate 1/2", .bytes = { [3] = 1, 2, 3, 4 } },
	{ { "RTP over the source's budget", IS(DROPPED_RATE_SOURCE) }, 0, ANYBODY, TWICE, "source-rate 1/2" },
	{ { "RTP over the port's budget", IS(DROPPED_RATE_PORT) }, 0, ANYBODY, TWICE, "port-rate 1/2" },
	{ { "RTP over the budget of all unknown", IS(DROPPED_RATE_UNKNOWN) }, 0, ANYBODY, TWICE,
	  "unknown-rate 1/2" },
	{ { "STUN over the source's budget", IS(DROPPED_RATE_STUN), FIRST(0) }, 0, ANYBODY, TWICE,
	  "stun-source-rate 1/2", STUN_BINDING },
	{ { "DTLS over the source's budget", IS(DROPPED_RATE_DTLS), FIRST(22) }, 0, ANYBODY, TWICE,
	  "dtls-source-rate 1/2", DTLS_HELLO },
	{ { "RTP of the remote under attack", IS(PASSED_KNOWN) }, THEN(REDIRECTED), REMOTE, ATTACK },
	{ { "RTP of an unknown source under attack", IS(DROPPED_RATE_UNKNOWN) }, 0, ANYBODY, ATTACK },

	/* the same as ever */
	{ { "ARP", WAS(PASSED_NOT_IP), .ethertype = 0x0806 }, THEN(PASSED_NOT_IP), NO_FLOW },
	{ { "TCP", WAS(PASSED_NOT_UDP), .proto = IPPROTO_TCP }, THEN(PASSED_NOT_UDP), NO_FLOW },
	{ { "a later fragment", WAS(PASSED_FRAGMENT), .families = V4, .frag = 0x20 }, THEN(PASSED_FRAGMENT) },
	{ { "a first byte of nobody", WAS(DROPPED_MALFORMED), FIRST(255) } },
	{ { "RTP of 11 bytes", WAS(DROPPED_MALFORMED), .payload = 11 } },
	{ { "a first fragment", WAS(DROPPED_FRAGMENT), .families = V4, .frag = 0x2000 } },
	{ { "a first fragment", WAS(DROPPED_FRAGMENT), .families = V6, .ext = { IPPROTO_FRAGMENT + 1 },
	    .frag = 1 } },
	{ { "IPv4 options", WAS(DROPPED_IP_OPTIONS), .families = V4, .options = 1 } },
	{ { "hop-by-hop options", WAS(DROPPED_IP_OPTIONS), .families = V6,
	    .ext = { IPPROTO_HOPOPTS + 1 } } },
	{ { "RTP of the remote, which is banned", IS(DROPPED_DENIED) }, 0, REMOTE, BANNED },
	{ { "RTP of an allowed source", IS(PASSED_ALLOWED) }, THEN(REDIRECTED), ANYBODY, ALLOWED,
	  "source-rate 1/2" },

	/* what it only would drop has the verdict of the program */
	{ { "observe: RTP of another address", WAS(DROPPED_WRONG_SOURCE) }, THEN(REDIRECTED), REMOTE_OTHER,
	  NOTHING, "mode observe" },
	{ { "observe: RTP to a socket without a flow", IS(DROPPED_NO_FLOW) }, THEN(PASSED_NO_FLOW), NO_FLOW,
	  NOTHING, "mode observe" },
	{ { "observe: a first byte of nobody", WAS(DROPPED_MALFORMED), FIRST(255) }, THEN(DROPPED_MALFORMED),
	  REMOTE, NOTHING, "mode observe" },
};

#define FIXTURES	(sizeof(fixtures) / sizeof(fixtures[0]))

/* A far end becomes known: the sequence number that comes next. */
static uint16_t establish(struct frame *f, int family, int tags, uint16_t seq)
{
	int i;

	for (i = 0; i < 5; i++) {
		set_seq(f, family, tags, seq++);
		run(f);
		usleep(12000);
	}
	return seq;
}

static struct prefix fixture_prefix(int family, enum before before)
{
	return source_prefix(family, family == V4 ? 32 : 64, before == BANNED ? XSRTP_PREFIX_BANNED :
			     XSRTP_PREFIX_ALLOWED);
}

static void before(const struct fixture *x, struct frame *f, int family, int tags)
{
	static const struct spec stun = { .has_first = 1, .first = 0 };
	struct prefix p = fixture_prefix(family, x->before);
	struct spec s = { .port = x->s.port, .addr = x->s.addr };
	struct frame rtp, other;
	struct guard_clock c;

	build(&rtp, &s, family, tags);
	switch (x->before) {
	case NOTHING:
		break;
	case BANNED:
	case ALLOWED:
		prefix_add(&g, &p, err, sizeof(err));
		break;
	case KNOWN:
	case KNOWN_SPENT:
	case KNOWN_FLOW_SPENT:
	case SHAKEN:
		policy("");
		set_seq(f, family, tags, establish(&rtp, family, tags, 100));
		policy(x->policy);
		other = x->before == SHAKEN ? rtp : *f;
		if (x->before == SHAKEN) {
			build(&other, &stun, family, tags);
			memset(at_udp(&other, family, tags) + 8, 0, 20);
			set16(at_udp(&other, family, tags) + 8, 1);
		}
		if (x->before == KNOWN_FLOW_SPENT)
			set_ssrc(&other, family, tags, 7);
		if (x->before != KNOWN)
			repeat(prog, &other, 1100);
		break;
	case OTHER_SSRC:
		set_ssrc(&rtp, family, tags, 7);
		policy("");
		establish(&rtp, family, tags, 100);
		policy(x->policy ?: "");
		if (x->policy)
			repeat(prog, f, 1100);
		break;
	case OTHER_SEQ:
		policy("");
		establish(&rtp, family, tags, 100);
		policy(x->policy ?: "");
		set_seq(f, family, tags, 30000);
		if (x->policy)
			repeat(prog, f, 1100);
		break;
	case OTHER_KNOWN:
		set_source(&rtp, family, tags, 0x0a000001);
		establish(&rtp, family, tags, 100);
		break;
	case ATTACK:
		policy("attack-hold 3600");
		guard_clock_read(&c);
		state->attack = state->above = c.jiffies;
		break;
	case TWICE:
		repeat(prog, f, 2);
	}
}

static void fixture_run(const struct fixture *x, int family, int tags, bool in_hash)
{
	bool would = x->policy && !strcmp(x->policy, "mode observe");
	bool drops = guard_counter_drops(x->s.counter) && !would;
	int program = drops ? XSRTP_COUNTER_MAX : x->program, action;
	struct prefix p = fixture_prefix(family, x->before);
	struct outcome r;
	struct frame f;

	forget();
	policy(x->policy ?: "");
	flow_add(&x->s, family, x->flow, in_hash);
	build(&f, &x->s, family, tags);
	put_bytes(&f, &x->s, x->bytes, sizeof(x->bytes), family, tags);
	before(x, &f, family, tags);
	r = run(&f);
	action = drops || x->program >= XSRTP_COUNTER_DROPPED ? XDP_DROP :
		 x->program == XSRTP_COUNTER_REDIRECTED ? XDP_REDIRECT : XDP_PASS;
	if (!ok(r.guard == x->s.counter && r.program == program && r.action == action && r.would == would,
		"IPv%d%s%s: %s: %s", family == V4 ? 4 : 6, tags ? " VLAN" : "", in_hash ? " hash" : "",
		x->s.what, guard_counter_name(x->s.counter)))
		printf("# action %d (%d), guard %s, program %d (%d)\n", r.action, action,
		       r.guard < 0 ? "?" : guard_counter_name(r.guard), r.program, program);
	if (x->before == BANNED || x->before == ALLOWED)
		prefix_del(&g, &p, err, sizeof(err));
}

static void test_fixtures(void)
{
	unsigned int i, c, rows;
	int family, tags, in_hash;

	for (i = 0; i < FIXTURES; i++)
		for (family = V4; family <= V6; family++)
			for (tags = 0; tags <= 1; tags++)
				for (in_hash = 0; in_hash <= (fixtures[i].flow != NO_FLOW && !tags); in_hash++)
					if (!fixtures[i].s.families || fixtures[i].s.families & family)
						fixture_run(&fixtures[i], family, tags, in_hash);
	for (c = XSRTP_COUNTER_MAX; c < XSRTP_GUARD_MAX; c++) {
		for (i = 0, rows = 0; i < FIXTURES; i++)
			rows += fixtures[i].s.counter == c;
		ok(rows, "%s has a fixture", guard_counter_name(c));
	}
}

/* --- who forges the remote ----------------------------------------------------------------- */

/*
 * He knows the SSRC too, and counts: from one far ahead of the phone's number, through its
 * window. It stays the phone's.
 */
static void test_counting(void)
{
	struct spec s = { 0 };
	struct frame f, forged;
	int i, over = 0, known = 0;
	uint16_t seq;

	forget();
	policy("flow-rate 10/40");
	flow_add(&s, V4, REMOTE_SRTP, false);
	build(&f, &s, V4, 0);
	build(&forged, &s, V4, 0);
	seq = establish(&f, V4, 0, 1000);
	for (i = 0; i < 400; i++) {
		set_seq(&forged, V4, 0, 20000 + i);
		over += run(&forged).guard == XSRTP_GUARD_DROPPED_IMPLAUSIBLE;
		if (i % 20 == 0) {
			set_seq(&f, V4, 0, seq++);
			known += run(&f).guard == XSRTP_GUARD_PASSED_KNOWN;
			usleep(10000);
		}
	}
	ok(known == 20 && over > 100, "counting under a known SSRC: %d of 400 forged packets dropped, %d of 20 "
	   "of the phone's pass", over, known);
}

/* 1,000 a second for a second of random SSRCs under the phone's address and port. */
static void test_random_ssrcs(enum flow kind, int least)
{
	struct spec s = { 0 };
	struct frame f, forged;
	int i, over = 0, known = 0;
	uint16_t seq;

	forget();
	policy("flow-rate 50/200");
	flow_add(&s, V6, kind, false);
	build(&f, &s, V6, 0);
	build(&forged, &s, V6, 0);
	seq = establish(&f, V6, 0, 65530);
	for (i = 0; i < 3000; i++) {
		set_ssrc(&forged, V6, 0, random());
		set_seq(&forged, V6, 0, random());
		over += run(&forged).guard == XSRTP_GUARD_DROPPED_WRONG_SSRC;
		if (i % 20)
			continue;
		set_seq(&f, V6, 0, seq++);
		known += run(&f).guard == XSRTP_GUARD_PASSED_KNOWN;
		usleep(1000);
	}
	ok(known == 150 && over > least, "random SSRCs under the phone's address: %d of 3000 dropped as wrong-ssrc, "
	   "%d of 150 of the phone's pass", over, known);
}

/* --- the table --------------------------------------------------------------------------- */

static bool passes(struct frame *f)
{
	return run(f).action == XDP_REDIRECT;
}

static void test_await(void)
{
	struct endpoint local = endpoint(V4, REMOTE, addr4[ADDR_MEDIA], NULL, PORT_MEDIA);
	struct endpoint far = endpoint(V4, REMOTE_OTHER, addr4[ADDR_FOREIGN], NULL, FROM_PORT);
	struct endpoint bad = { .family = 99 }, nobody = { 0 };
	struct spec s = { 0 };
	struct frame f;

	forget();
	policy("");
	build(&f, &s, V4, 0);
	ok(ports_await(&ports, &local, &far, false) == -ENOENT, "await: of an endpoint that is not there");
	ports_add(&ports, &local);
	ok(passes(&f), "await: nothing said: anybody");
	ok(!ports_await(&ports, &local, &far, false) && !passes(&f), "await: from now on another");
	ok(!ports_add(&ports, &local) && !passes(&f), "await: adding again changes nothing");
	ok(ports_await(&ports, &local, &bad, false) == -EINVAL && !passes(&f), "await: an address of no family");
	ok(!ports_await(&ports, &local, &nobody, false) && passes(&f), "await: anybody again");
	ports_await(&ports, &local, &far, false);
	ports_del(&ports, &local);
	ports_add(&ports, &local);
	ok(passes(&f), "await: the next flow on the port is not the former's");
}

/* --- beginning ------------------------------------------------------------------------------- */

static void set_up(void)
{
	__u32 zero = 0, lo = 1;

	enter_namespace();
	socket_on(PORT_MEDIA);
	skel = ingress_guard__open_and_load();
	cpus = libbpf_num_possible_cpus();
	if (!skel || cpus > CPUS_MAX)
		bail("cannot load the program");
	prog = bpf_program__fd(skel->progs.xsrtp_ingress_g);
	guard_begin();
	if (ports_open(&ports, bpf_map__fd(skel->maps.xsrtp_ports), bpf_map__fd(skel->maps.xsrtp_more)) ||
	    bpf_map_update_elem(bpf_map__fd(skel->maps.xsrtp_device), &zero, &lo, BPF_ANY))
		bail("the maps");
}

int main(void)
{
	set_up();
	verifier_ok(prog, "ingress_guard", verified);
	test_fixtures();
	test_counting();
	test_random_ssrcs(REMOTE_SRTP, 1000);
	test_random_ssrcs(REMOTE, 2999);
	test_await();
	return tap_done();
}
