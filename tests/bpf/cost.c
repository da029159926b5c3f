// SPDX-License-Identifier: GPL-2.0
/*
 * What the XDP program costs a packet, over a program that only drops:
 * BPF_PROG_TEST_RUN, medians of interleaved rounds. Not a test: it prints.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/counters.h"
#include "ingress.skel.h"
#include "packet.h"
#include "ports.h"

#define ROUNDS	41
#define REPEAT	200000

static const struct {
	struct spec s;
	int family;
} cases[] = {
	{ { .what = "bare XDP_DROP" }, V4 },
	{ { "passed: not IP", .ethertype = 0x0806 }, V4 },
	{ { "passed: not UDP (TCP)", .proto = IPPROTO_TCP }, V4 },
	{ { "passed: another port, IPv4", .port = PORT_FREE }, V4 },
	{ { "passed: another port, IPv6", .port = PORT_FREE }, V6 },
	{ { "dropped: malformed, IPv4", .has_first = 1, .first = 0xff }, V4 },
	{ { .what = "redirected: slot, IPv4" }, V4 },
	{ { "redirected: slot, IPv6", .port = PORT_SECOND }, V6 },
	{ { "redirected: hash, IPv4", .addr = ADDR_OTHER }, V4 },
	{ { "dropped: 1 extension header", .ext = { IPPROTO_HOPOPTS + 1 } }, V6 },
};

#define CASES	(sizeof(cases) / sizeof(cases[0]))

static int drop_prog(void)
{
	static const struct bpf_insn drop[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "bare_drop", "GPL", drop, 2, NULL);
}

static unsigned int once(int prog, const struct frame *f)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = f->len,
		    .repeat = REPEAT);

	return bpf_prog_test_run_opts(prog, &o) ? 0 : o.duration;
}

static int cmp(const void *a, const void *b)
{
	return *(const unsigned int *)a - *(const unsigned int *)b;
}

static void add(struct ports *p, int family, int addr, int port)
{
	struct endpoint ep = { .family = family == V4 ? AF_INET : AF_INET6, .port = port };

	memcpy(ep.addr, family == V4 ? addr4[addr] : addr6[addr], family == V4 ? 4 : 16);
	ports_add(p, &ep);
}

int main(void)
{
	static unsigned int ns[CASES][ROUNDS];
	static struct frame f[CASES];
	struct ingress *skel = ingress__open_and_load();
	int bare = drop_prog(), prog, round;
	__u32 zero = 0, lo = 1;
	struct ports p;
	size_t i;

	if (!skel || bare < 0 || ports_open(&p, bpf_map__fd(skel->maps.xsrtp_ports),
					    bpf_map__fd(skel->maps.xsrtp_more))) {
		fprintf(stderr, "cannot load the program (needs root): %s\n", strerror(errno));
		return 1;
	}
	prog = bpf_program__fd(skel->progs.xsrtp_ingress);
	bpf_map_update_elem(bpf_map__fd(skel->maps.xsrtp_device), &zero, &lo, BPF_ANY);
	add(&p, V4, ADDR_MEDIA, PORT_MEDIA);
	add(&p, V4, ADDR_OTHER, PORT_MEDIA);
	add(&p, V6, ADDR_MEDIA, PORT_SECOND);
	for (i = 0; i < CASES; i++)
		build(&f[i], &cases[i].s, cases[i].family, 0);
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < CASES; i++)
			ns[i][round] = once(i ? prog : bare, &f[i]);
	for (i = 0; i < CASES; i++) {
		qsort(ns[i], ROUNDS, sizeof(ns[i][0]), cmp);
		printf("%-30s median %3u ns, p10 %3u, over bare %3d\n", cases[i].s.what,
		       ns[i][ROUNDS / 2], ns[i][ROUNDS / 10],
		       (int)(ns[i][ROUNDS / 2] - ns[0][ROUNDS / 2]));
	}
	return 0;
}
