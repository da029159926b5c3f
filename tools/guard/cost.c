// SPDX-License-Identifier: GPL-2.0
/*
 * What the guard costs a packet: BPF_PROG_TEST_RUN, medians of interleaved rounds, of
 * frames whose source (and port, and sequence number) is another each time. In a network
 * namespace of its own, with a socket on each port. Every case says what is to become of
 * its packets, and a run in which other things happen ends the program.
 *
 *	cost ROUNDS JSON
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/hash.h"
#include "../../tests/bpf/packet.h"
#include "guard.h"
#include "guard.skel.h"
#include "guard_next.skel.h"
#include "policy.h"
#include "spray.h"
#include "spray.skel.h"

#define REPEAT		200000
#define ASKED		50	/* two packets each in a run: one in 100 looks for its socket, as with 50 a second */
#define ROUNDS_MAX	101
#define PORT		10000
#define PORTS		50000
#define PORTS_EACH	10000
#define ENTRIES		100000
#define BASE		0x0a000000	/* 10.0.0.0 */
#define KNOWN		0x0b000000
#define BANNED		0x0c000000
#define BANS		10000

enum { BARE = -1, ONE_SLOT = -2 };	/* not the guard */

enum policy_of { GENEROUS, TIGHT, ATTACKED, POLICIES };

struct test {
	const char *name;
	uint32_t entries;
	int counter;		/* where its packets are counted; or: */
	enum policy_of policy;
	uint32_t addr;
	uint16_t port;
	uint16_t port_shift;
	uint8_t first;		/* byte of the payload, instead of RTP's */
	bool next;		/* in front of another program, which passes */
};

#define PER_ENTRIES(name, counter, policy, addr, port, shift)			\
	{ name, 1, counter, policy, addr, port, shift, 0, false },		\
	{ name, 1000, counter, policy, addr, port, shift, 0, false },		\
	{ name, 10000, counter, policy, addr, port, shift, 0, false },		\
	{ name, ENTRIES, counter, policy, addr, port, shift, 0, false }

static const struct test tests[] = {
	{ "bare-drop", 1, BARE, GENEROUS, BASE, PORT, 31, 0, false },
	{ "bare-drop", ENTRIES, BARE, GENEROUS, BASE, PORT, 31, 0, false },
	{ "one-slot", 1, ONE_SLOT, GENEROUS, BASE, PORT, 1, 0, false },
	{ "one-slot", 10000, ONE_SLOT, GENEROUS, BASE, PORT, 1, 0, false },
	{ "one-slot", ENTRIES, ONE_SLOT, GENEROUS, BASE, PORT, 1, 0, false },
	{ "not-media", 1, XSRTP_COUNTER_PASSED_NO_FLOW, GENEROUS, BASE, 80, 31, 0, false },
	{ "not-media-in-front", 1, XSRTP_COUNTER_PASSED_NO_FLOW, GENEROUS, BASE, 80, 31, 0, true },
	{ "known-in-front", 1, XSRTP_GUARD_PASSED_KNOWN, GENEROUS, KNOWN, PORT, 1, 0, true },
	{ "known-in-front", ENTRIES, XSRTP_GUARD_PASSED_KNOWN, GENEROUS, KNOWN, PORT, 1, 0, true },
	{ "denied", 1, XSRTP_GUARD_DROPPED_DENIED, GENEROUS, BANNED, PORT, 31, 0, false },
	{ "denied", 1000, XSRTP_GUARD_DROPPED_DENIED, GENEROUS, BANNED, PORT, 31, 0, false },
	{ "denied", BANS, XSRTP_GUARD_DROPPED_DENIED, GENEROUS, BANNED, PORT, 31, 0, false },
	{ "malformed", 1, XSRTP_COUNTER_DROPPED_MALFORMED, GENEROUS, BASE, PORT, 31, 0xff, false },
	{ "malformed", ENTRIES, XSRTP_COUNTER_DROPPED_MALFORMED, GENEROUS, BASE, PORT, 31, 0xff, false },
	PER_ENTRIES("unknown-over-budget", XSRTP_GUARD_DROPPED_RATE_UNKNOWN, TIGHT, BASE, PORT, 10),
	PER_ENTRIES("unknown-under-attack", XSRTP_GUARD_DROPPED_RATE_UNKNOWN, ATTACKED, BASE, PORT, 10),
	PER_ENTRIES("known-in-budget", XSRTP_GUARD_PASSED_KNOWN, GENEROUS, KNOWN, PORT, 1),
	PER_ENTRIES("known-under-attack", XSRTP_GUARD_PASSED_KNOWN, ATTACKED, KNOWN, PORT, 1),
	{ "no-flow", ENTRIES, XSRTP_GUARD_DROPPED_NO_FLOW, GENEROUS, BASE, PORT + PORTS + 1, 31, 0, false },
};

#define TESTS	(sizeof(tests) / sizeof(tests[0]))

static struct guard *skel;
static struct guard_next *front;
static struct spray *spray_state;
static struct spray_bpf *sprayer;
static struct guard_set g;
static struct xsrtp_policy policy[POLICIES];
static struct xsrtp_guard *state;
static int bare;

static void die(const char *what)
{
	fprintf(stderr, "cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- setting up ---------------------------------------------------------------------- */

static void lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (ioctl(fd, SIOCSIFFLAGS, &r))
		die("lo");
	close(fd);
}

/* Holds the sockets until its parent is gone. */
static void holder(int first, int ready)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = first; i < first + PORTS_EACH; i++) {
		a.sin_port = htons(PORT + i);
		if (bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&a, sizeof(a)))
			_exit(1);
	}
	if (write(ready, "", 1) == 1)
		pause();
	_exit(1);
}

/* By several processes: one may not have so many files. */
static void bind_ports(void)
{
	char byte;
	int ready[2], i;

	if (pipe(ready))
		die("a pipe");
	for (i = 0; i < PORTS; i += PORTS_EACH)
		if (!fork())
			holder(i, ready[1]);
	close(ready[1]);
	for (i = 0; i < PORTS; i += PORTS_EACH)
		if (read(ready[0], &byte, 1) != 1)
			die("a socket for each port");
}

static void word(struct xsrtp_policy *p, const char *key, const char *value)
{
	char err[256];

	if (policy_word(p, key, value, err, sizeof(err))) {
		fprintf(stderr, "cost: %s\n", err);
		exit(1);
	}
}

static void make_policies(void)
{
	static const char *const packets[] = { "flow-rate", "source-rate", "port-rate", "unknown-rate" };
	static const char *const bytes[] = { "flow-bytes", "source-bytes", "port-bytes", "unknown-bytes" };
	struct xsrtp_policy *p = &policy[GENEROUS];
	char err[256];
	unsigned int i;

	if (guard_policy_get(&g, p, err, sizeof(err)))
		die(err);
	for (i = 0; i < 4; i++) {
		word(p, packets[i], "10000000/600000000");
		word(p, bytes[i], "12500000000/750000000000");
	}
	word(p, "attack-on", "10000000");
	word(p, "ports", "10000-65535");
	policy[TIGHT] = policy[ATTACKED] = *p;
	word(&policy[TIGHT], "unknown-rate", "1/2");
	word(&policy[ATTACKED], "attack-hold", "3600");
	for (i = 0; i < POLICIES; i++)
		if (policy_finish(&policy[i], err, sizeof(err)))
			die(err);
}

/* The far ends of all flows, as if each had sent its first packets: number 0 comes next. */
static void make_flows(void)
{
	size_t size = XSRTP_PORTS * sizeof(struct xsrtp_ends);
	struct xsrtp_ends *t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
				       g.fd[GUARD_ENDS], 0);
	const struct xsrtp_policy *p = &policy[GENEROUS];
	struct guard_clock c;
	uint32_t i;

	c.hz = p->hz;
	if (t == MAP_FAILED || guard_clock_read(&c))
		die("far ends");
	for (i = 0; i < ENTRIES; i++) {
		__be32 from[4] = { htonl(KNOWN + i) }, to[4] = { 0 };
		struct xsrtp_end *e = &t[PORT + (i >> 1)].end[i & 1];
		uint64_t sum;

		memcpy(to, addr4[ADDR_MEDIA], 4);
		sum = p->secret[14] + xsrtp_hash_words(&p->secret[4], from, 4) +
		      xsrtp_hash_words(&p->secret[8], to, 4);
		e->id = (sum >> 32 | 1) << 32 | 0x01020304;
		e->port = 5000;
		e->seq = e->jump = 0;
		e->media.packets = c.jiffies << XSRTP_TICK_SHIFT;
		e->bound = i % ASKED ? (c.jiffies + 2 * c.hz) >> XSRTP_BOUND_SHIFT : 0;
	}
	munmap(t, size);
}

static void make_bans(void)
{
	size_t size = XSRTP_HOST_LINES * sizeof(struct xsrtp_host_line);
	struct xsrtp_host_line *lines = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
					     g.fd[GUARD_HOSTS], 0);
	uint32_t i, k;

	if (lines == MAP_FAILED)
		die("bans");
	for (i = 0; i < BANS; i++) {
		struct xsrtp_local from = { .addr = { htonl(BANNED + i) }, .version = 4 };
		struct xsrtp_host_line *line = &lines[xsrtp_hash_source(&policy[GENEROUS], &from) >>
						      (64 - XSRTP_HOST_BITS)];

		k = xsrtp_hash_source(&policy[GENEROUS], &from) >> (64 - XSRTP_SOURCE_BITS);
		state->maybe[k / 64] |= 1ULL << k % 64;
		for (k = 0; k < XSRTP_HOSTS_A_LINE && line->host[k].state; k++)
			;
		if (k < XSRTP_HOSTS_A_LINE)
			line->host[k] = (struct xsrtp_host){ xsrtp_source_key(&from), 0, 4,
							      XSRTP_PREFIX_BANNED };
	}
	state->hosts = BANS;
	munmap(lines, size);
}

static int load_bare(int verdict)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = BPF_XDP);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "bare", "GPL", insns, 2, &o);
}

/* On the guard's maps, the variant that is in front of another program. */
static void load_front(void)
{
	int pass = load_bare(XDP_PASS), i;
	__u32 zero = 0;

	front = guard_next__open();
	for (i = 0; front && i < GUARD_MAPS; i++)
		if (bpf_map__reuse_fd(bpf_object__find_map_by_name(front->obj, guard_map_name(i)),
				      g.fd[i]))
			die("the guard's maps");
	if (!front || guard_next__load(front) || pass < 0 ||
	    bpf_map_update_elem(bpf_map__fd(front->maps.guard_next), &zero, &pass, 0))
		die("the guard in front of a program");
}

static void set_up(void)
{
	char err[256];

	if (unshare(CLONE_NEWNET))
		die("a network namespace (needs root)");
	lo_up();
	bind_ports();
	skel = guard__open_and_load();
	sprayer = spray_bpf__open_and_load();
	bare = load_bare(XDP_DROP);
	if (!skel || !sprayer || bare < 0 || guard_of(bpf_program__fd(skel->progs.xsrtp_guard), &g))
		die("the programs");
	if (guard_start(&g, NULL, err, sizeof(err)))
		die(err);
	load_front();
	state = guard_state_map(&g);
	spray_state = calloc(1, sizeof(*spray_state));
	make_policies();
	make_bans();
}

/* --- measuring ----------------------------------------------------------------------- */

static uint64_t counted(int counter)
{
	struct xsrtp_guard_cpu sum;

	return counter < 0 || guard_cpus(&g, &sum) ? 0 : sum.count[counter];
}

static int program_of(const struct test *t)
{
	if (t->counter == BARE)
		return bare;
	if (t->next)
		return bpf_program__fd(front->progs.xsrtp_guard);
	return bpf_program__fd(t->counter == ONE_SLOT ? sprayer->progs.one_slot :
							 skel->progs.xsrtp_guard);
}

static void prepare(const struct test *t, struct frame *f)
{
	struct spec s = { .has_first = t->first != 0, .first = t->first };
	int program = program_of(t);
	struct guard_clock c;
	__u32 zero = 0;
	char err[256];

	build(f, &s, V4, 0);
	*spray_state = (struct spray){ 0, random(), t->entries, 31 - __builtin_clz(t->entries), t->addr, t->port, t->port_shift };
	if (t->addr == KNOWN)
		make_flows();
	if (guard_policy_put(&g, &policy[t->policy], err, sizeof(err)) || guard_clock_read(&c) ||
	    bpf_map_update_elem(bpf_map__fd(sprayer->maps.spray_entry), &zero, spray_state, 0) ||
	    bpf_map_update_elem(bpf_map__fd(sprayer->maps.spray_target), &zero, &program, 0))
		die("a case");
	state->attack = t->policy == ATTACKED ? c.jiffies : 0;
	state->above = c.jiffies;
}

/* Less than one in a hundred may have gone another way (a socket asked for again, a burst). */
static unsigned int once(const struct test *t)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .repeat = REPEAT);
	struct frame f;
	uint64_t before;

	prepare(t, &f);
	before = counted(t->counter);
	o.data_in = f.b;
	o.data_size_in = f.len;
	if (bpf_prog_test_run_opts(bpf_program__fd(sprayer->progs.spray), &o))
		die("a run");
	if (t->counter >= 0 && counted(t->counter) - before < REPEAT - REPEAT / 100) {
		fprintf(stderr, "cost: %s, %u entries: only %lu of %d packets %s\n", t->name, t->entries,
			counted(t->counter) - before, REPEAT, guard_counter_name(t->counter));
		exit(1);
	}
	return o.duration;
}

static int cmp(const void *a, const void *b)
{
	return *(const unsigned int *)a - *(const unsigned int *)b;
}

int main(int argc, char **argv)
{
	static unsigned int ns[TESTS][ROUNDS_MAX];
	int rounds = argc > 1 ? atoi(argv[1]) : 0, round;
	FILE *json = argc > 2 ? fopen(argv[2], "w") : NULL;
	size_t i;

	if (rounds < 1 || rounds > ROUNDS_MAX || !json) {
		fprintf(stderr, "usage: cost ROUNDS (1 to %d) JSON\n", ROUNDS_MAX);
		return 2;
	}
	set_up();
	for (round = 0; round < rounds; round++)
		for (i = 0; i < TESTS; i++)
			ns[i][round] = once(&tests[i]);
	printf("%-22s %8s %7s %6s %10s\n", "case", "entries", "median", "p10", "over bare");
	for (i = 0; i < TESTS; i++) {
		qsort(ns[i], rounds, sizeof(ns[i][0]), cmp);
		printf("%-22s %8u %4u ns %3u ns %7d ns\n", tests[i].name, tests[i].entries,
		       ns[i][rounds / 2], ns[i][rounds / 10],
		       (int)(ns[i][rounds / 2] - ns[0][rounds / 2]));
		fprintf(json, "{\"bench\":\"guard\",\"case\":\"%s\",\"entries\":%u,\"ns_median\":%u,"
			"\"ns_p10\":%u,\"rounds\":%d}\n", tests[i].name, tests[i].entries,
			ns[i][rounds / 2], ns[i][rounds / 10], rounds);
	}
	return fclose(json) ? 1 : 0;
}
