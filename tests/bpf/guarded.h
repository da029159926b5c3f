/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of a guard share, alone (guard.c) and in the program of the fast path
 * (ingress_guard.c): its maps and policy, a namespace with a socket, the verifier's gate.
 */
#ifndef XSRTP_TESTS_GUARDED_H
#define XSRTP_TESTS_GUARDED_H

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "guard.h"
#include "packet.h"
#include "policy.h"
#include "prefix.h"
#include "rtp_frame.h"
#include "tap.h"

#define NO_SOCKET	4008
#define OUTSIDE		80

static struct guard_set g;
static struct xsrtp_guard *state;
static struct xsrtp_policy base;
static char err[512];
static int prog;

static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* More than one at a time waits for RCU, before and after (bpf_prog_change_xdp()). */
static void repeat(int program, const struct frame *f, uint32_t n)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = f->len, .repeat = n);

	if (bpf_prog_test_run_opts(program, &o))
		bail("a run");
}

static void clear(enum guard_map map, size_t size)
{
	void *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, g.fd[map], 0);

	memset(m, 0, size);
	munmap(m, size);
}

/* A guard that has seen nothing, but for the prefixes and counters. */
static void forget_all(void)
{
	clear(GUARD_SOURCES, XSRTP_SOURCES * sizeof(struct xsrtp_source));
	clear(GUARD_ENDS, XSRTP_PORTS * sizeof(struct xsrtp_ends));
	clear(GUARD_TALKERS, XSRTP_PORTS * sizeof(struct xsrtp_talkers));
	clear(GUARD_CANDIDATES, XSRTP_CANDIDATES * sizeof(struct xsrtp_candidate));
	clear(GUARD_OFFENDERS, XSRTP_OFFENDERS * sizeof(struct xsrtp_offender));
	memset(&state->attack, 0, offsetof(struct xsrtp_guard, maybe) -
	       offsetof(struct xsrtp_guard, attack));
}

/* The defaults of the test with these words, or the end of it. */
static void policy(const char *words)
{
	struct xsrtp_policy p = base;
	char copy[256], *save, *key;

	snprintf(copy, sizeof(copy), "%s", words);
	for (key = strtok_r(copy, " ", &save); key; key = strtok_r(NULL, " ", &save))
		if (policy_word(&p, key, strtok_r(NULL, " ", &save), err, sizeof(err)))
			bail(err);
	if (policy_finish(&p, err, sizeof(err)) || guard_policy_put(&g, &p, err, sizeof(err)))
		bail(err);
}

static struct prefix source_prefix(int family, int bits, int st)
{
	struct prefix p = { .family = family == V4 ? AF_INET : AF_INET6, .bits = bits, .state = st };

	memcpy(p.addr, family == V4 ? addr4[ADDR_FOREIGN] : addr6[ADDR_FOREIGN], bits / 8);
	return p;
}

/* --- rows of fixtures: struct spec, and the payload's beginning behind its first byte ------- */

#define TO(p)	.port = p
#define IS(c)	.counter = XSRTP_GUARD_##c
#define WAS(c)	.counter = XSRTP_COUNTER_##c
#define FIRST(b)	.has_first = 1, .first = (b)
#define STUN_BINDING	{ 1, 0, 8, 0x21, 0x12, 0xa4, 0x42 }
#define DTLS_HELLO	{ 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 1 }

static void put_bytes(struct frame *f, const struct spec *s, const uint8_t *bytes, size_t n, int family,
		      int tags)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (bytes[i] || (s->has_first && s->first < 64))
			at_udp(f, family, tags)[8 + 1 + i] = bytes[i];
}

/* --- beginning ------------------------------------------------------------------------------- */

/* What the verifier went through when it was last looked at; a tenth more fails. */
struct verified {
	const char *kernel;	/* its release begins so; "": any other, the last row */
	unsigned int insns;
};

static void verifier_ok(int fd, const char *name, const struct verified *v)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	struct utsname u;

	uname(&u);
	while (strncmp(u.release, v->kernel, strlen(v->kernel)))
		v++;
	bpf_obj_get_info_by_fd(fd, &info, &len);
	ok(info.verified_insns && info.verified_insns <= v->insns * 11 / 10,
	   "%s, verifier of %s: %u instructions gone through (%u when last looked at)", name,
	   u.release, info.verified_insns, v->insns);
}

static void socket_on(uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (bind(socket(AF_INET6, SOCK_DGRAM, 0), (struct sockaddr *)&a, sizeof(a)))
		bail("a socket");
}

static void enter_namespace(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (unshare(CLONE_NEWNET) || ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &r))
		bail("a network namespace (needs root)");
}

/* The guard in the loaded program @prog. */
static void guard_begin(void)
{
	if (guard_of(prog, &g) || guard_start(&g, "4000-4010", err, sizeof(err)) ||
	    guard_policy_get(&g, &base, err, sizeof(err)))
		bail(err);
	state = guard_state_map(&g);
}

#endif /* XSRTP_TESTS_GUARDED_H */
