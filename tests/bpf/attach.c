// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program on real devices, through the library: attach, list, detach,
 * one table for all devices of a namespace, and real UDP datagrams that are
 * redirected, passed and dropped.
 *
 *	namespace "net"			namespace "host"
 *	w0 192.0.2.9 ------------------ w1 192.0.2.1	the program
 *	v0 ---------------------------- v1		the program
 *					x0 ------ x1	stands in for the xsrtp
 *							device; x1 is captured
 *
 * Both namespaces are the process's own and vanish with it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/counters.h"
#include "guard.h"
#include "ingress.h"
#include "packet.h"
#include "pins.h"
#include "tap.h"

#define MEDIA	4000
#define LATER	4002		/* added after attaching */
#define FREE	4004
#define WAIT_MS	2000

static int ns_net, ns_host;
static char err[256];

/* --- the network ------------------------------------------------------------- */

__attribute__((format(printf, 1, 2)))
static void sh(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd)) {
		printf("Bail out! %s\n", cmd);
		exit(1);
	}
}

static int new_namespace(void)
{
	int fd = unshare(CLONE_NEWNET) ? -1 : open("/proc/self/ns/net", O_RDONLY);

	if (fd < 0) {
		printf("Bail out! no network namespace (needs root): %s\n", strerror(errno));
		exit(1);
	}
	sh("ip link set lo up");
	return fd;
}

static void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET))
		exit(1);
}

static void make_network(void)
{
	int pid = getpid();

	ns_net = new_namespace();
	ns_host = new_namespace();
	sh("ip link add w1 type veth peer name w0 netns /proc/%d/fd/%d", pid, ns_net);
	sh("ip link add v1 type veth peer name v0 netns /proc/%d/fd/%d", pid, ns_net);
	sh("ip link add x0 type veth peer name x1");
	sh("ip link add br0 type bridge");
	sh("ip addr add 192.0.2.1/24 dev w1; ip addr add 2001:db8::1/64 dev w1 nodad");
	sh("ip addr add 198.51.100.1/24 dev v1");
	sh("for d in w1 v1 x0 x1 br0; do ip link set $d up || exit; done");
	enter(ns_net);
	sh("ip addr add 192.0.2.9/24 dev w0; ip addr add 2001:db8::9/64 dev w0 nodad");
	sh("ip addr add 198.51.100.9/24 dev v0");
	sh("ip link set w0 up; ip link set v0 up");
	enter(ns_host);
}

/* A program without maps; on x1 it also makes x0 accept redirected frames. */
static void put_program(const char *dev, const char *name, __u32 flags)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, name, "GPL", pass, 2, NULL);

	if (fd < 0 || bpf_xdp_attach(if_nametoindex(dev), fd, flags, NULL)) {
		printf("Bail out! cannot attach a program to %s\n", dev);
		exit(1);
	}
	close(fd);
}

static struct endpoint endpoint(const char *addr, int port)
{
	struct endpoint ep = { .port = port };

	ep.family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	inet_pton(ep.family, addr, ep.addr);
	return ep;
}

static int udp_socket(const struct endpoint *ep, bool local)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(ep->port) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(ep->port) };
	bool v4 = ep->family == AF_INET;
	const struct sockaddr *sa = v4 ? (void *)&a4 : (void *)&a6;
	socklen_t len = v4 ? sizeof(a4) : sizeof(a6);
	int fd = socket(ep->family, SOCK_DGRAM, 0);

	memcpy(v4 ? (void *)&a4.sin_addr : (void *)&a6.sin6_addr, ep->addr, v4 ? 4 : 16);
	if (local ? bind(fd, sa, len) : connect(fd, sa, len)) {
		printf("Bail out! cannot %s: %s\n", local ? "bind" : "connect", strerror(errno));
		exit(1);
	}
	return fd;
}

static void send_udp(const struct endpoint *to, uint8_t first)
{
	char payload[172] = { first };
	int fd;

	enter(ns_net);
	fd = udp_socket(to, false);
	if (send(fd, payload, sizeof(payload), 0) < 0)
		printf("# send: %s\n", strerror(errno));
	close(fd);
	enter(ns_host);
}

static int capture_open(const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (void *)&ll, sizeof(ll)))
		exit(1);
	return fd;
}

/*
 * Waits for the frame of a datagram to @ep on the captured device. Of its @tags the
 * kernel takes off the first.
 */
static bool captured_tagged(int fd, const struct endpoint *ep, int tags)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int at = (ep->family == AF_INET ? 14 + 20 : 14 + 40) + (tags > 1 ? 4 * (tags - 1) : 0);
	uint8_t b[2048];

	while (poll(&p, 1, WAIT_MS) > 0) {
		ssize_t n = recv(fd, b, sizeof(b), 0);

		if (n == at + 8 + 172 && b[at + 2] << 8 == (ep->port & 0xff00) &&
		    b[at + 3] == (ep->port & 0xff))
			return true;
	}
	return false;
}

static bool captured(int fd, const struct endpoint *ep)
{
	return captured_tagged(fd, ep, 0);
}

static bool received(int fd, int timeout_ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char b[2048];

	return poll(&p, 1, timeout_ms) > 0 && recv(fd, b, sizeof(b), 0) == 172;
}

static uint64_t counter(const char *name)
{
	struct map_counter c[XSRTP_COUNTER_MAX + 1];
	int i;

	if (ingress_stats(c, XSRTP_COUNTER_MAX + 1))
		return ~0ull;
	for (i = 0; c[i].name; i++)
		if (!strcmp(c[i].name, name))
			return c[i].packets;
	return ~0ull;
}

/* Waits until the counter has grown by one. */
static bool counted(const char *name, uint64_t before)
{
	int i;

	for (i = 0; i < WAIT_MS / 10 && counter(name) == before; i++)
		usleep(10000);
	return counter(name) == before + 1;
}

/* --- tests --------------------------------------------------------------------- */

static bool attached(const char *dev, enum ingress_mode mode)
{
	struct ingress_info info[8];
	int n = ingress_list(info, 8), i;

	for (i = 0; i < n; i++)
		if (!strcmp(info[i].ifname, dev) && info[i].mode == mode && info[i].prog_id)
			return true;
	return false;
}

static int maps_of(const char *dev, __u32 *ids)
{
	struct bpf_prog_info info = { .nr_map_ids = 8, .map_ids = (unsigned long)ids };
	__u32 len = sizeof(info), id = 0;
	int fd;

	if (bpf_xdp_query_id(if_nametoindex(dev), 0, &id))
		return -1;
	fd = bpf_prog_get_fd_by_id(id);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -1;
	close(fd);
	return info.nr_map_ids;
}

/* What arrives where, in the mode in which w1 has the program. */
static void test_traffic(const char *mode, int capture)
{
	static const char *const addr[] = { "192.0.2.1", "2001:db8::1" };
	int i;

	for (i = 0; i < 2; i++) {
		struct endpoint media = endpoint(addr[i], MEDIA), free = endpoint(addr[i], FREE);
		int sk_media = udp_socket(&media, true), sk_free = udp_socket(&free, true);
		uint64_t n = counter("redirected");

		send_udp(&media, 0x80);
		ok(captured(capture, &media) && counted("redirected", n) &&
		   !received(sk_media, 0), "%s, IPv%d: RTP arrives behind the device, not at the "
		   "socket", mode, i ? 6 : 4);
		send_udp(&free, 0x80);
		ok(received(sk_free, WAIT_MS), "%s, IPv%d: RTP to another port arrives at its socket",
		   mode, i ? 6 : 4);
		send_udp(&media, 0);
		ok(received(sk_media, WAIT_MS), "%s, IPv%d: STUN arrives at the media port's socket",
		   mode, i ? 6 : 4);
		n = counter("dropped-malformed");
		send_udp(&media, 0xff);
		ok(counted("dropped-malformed", n) && !received(sk_media, 0),
		   "%s, IPv%d: what cannot be media is dropped", mode, i ? 6 : 4);
		close(sk_media);
		close(sk_free);
	}
}

static void test_attach_traffic(enum ingress_mode mode, const char *name,
				const struct endpoint *ep, int capture)
{
	struct ingress_info info;

	ok(!ingress_attach("w1", "x0", mode, ep, 2, &info, err, sizeof(err)) &&
	   info.mode == mode && !info.why[0] && attached("w1", mode), "%s: attach, listed", name);
	test_traffic(name, capture);
	ok(ingress_attach("w1", "x0", mode, ep, 2, &info, err, sizeof(err)) == -EEXIST,
	   "%s: attach again: \"%s\"", name, err);
	ok(!ingress_detach("w1", err, sizeof(err)) && !attached("w1", mode), "%s: detach", name);
}

static void test_auto(const struct endpoint *ep)
{
	struct ingress_info info;

	ok(!ingress_attach("w1", "x0", INGRESS_AUTO, ep, 2, &info, err, sizeof(err)) &&
	   info.mode == INGRESS_NATIVE && !info.why[0], "auto: native on veth");
	ok(!ingress_attach("br0", "x0", INGRESS_AUTO, ep, 2, &info, err, sizeof(err)) &&
	   info.mode == INGRESS_GENERIC && info.why[0], "auto: generic on a bridge: \"%s\"",
	   info.why);
	ok(!ingress_detach("br0", err, sizeof(err)) && !ingress_detach("w1", err, sizeof(err)),
	   "auto: detach both");
	enter(ns_net);
	sh("ip link set w0 mtu 9000");
	enter(ns_host);
	ok(!ingress_attach("w1", "x0", INGRESS_AUTO, ep, 2, &info, err, sizeof(err)) &&
	   info.mode == INGRESS_GENERIC && strstr(info.why, "MTU"),
	   "auto: generic, MTU too large: \"%s\"", info.why);
	ingress_detach("w1", err, sizeof(err));
	ok(ingress_attach("w1", "x0", INGRESS_NATIVE, ep, 2, &info, err, sizeof(err)) < 0 &&
	   strstr(err, "MTU"), "native: refused: \"%s\"", err);
	enter(ns_net);
	sh("ip link set w0 mtu 1500");
	enter(ns_host);
}

static void test_refusals(const struct endpoint *ep)
{
	__u32 before = 0, after = 0;

	bpf_xdp_query_id(if_nametoindex("x1"), 0, &before);
	ok(ingress_attach("x1", "x0", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) == -EBUSY,
	   "another program: \"%s\"", err);
	ok(ingress_detach("x1", err, sizeof(err)) == -ENOENT, "not ours to detach: \"%s\"", err);
	bpf_xdp_query_id(if_nametoindex("x1"), 0, &after);
	ok(before && before == after && !attached("x1", INGRESS_NATIVE),
	   "another program: untouched and not listed");
	ok(ingress_detach("w1", err, sizeof(err)) == -ENOENT, "nothing to detach: \"%s\"", err);
	ok(ingress_attach("none", "x0", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) == -ENODEV,
	   "no such device: \"%s\"", err);
	ok(ingress_attach("w1", "none", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) == -ENODEV,
	   "no xsrtp device: \"%s\"", err);
	ok(!ingress_add(ep, err, sizeof(err)) && !ingress_del(ep, err, sizeof(err)) &&
	   !ingress_sync(ep, 1, err, sizeof(err)), "nothing attached: changing endpoints is no error");
	ok(counter("redirected") == 0 && !ingress_list(&(struct ingress_info){ }, 1),
	   "nothing attached: counters are 0, list is empty");
}

/* One of our name whose maps are not those we know. */
static void test_other_version(const struct endpoint *ep)
{
	put_program("br0", "xsrtp_ingress", XDP_FLAGS_SKB_MODE);
	ok(ingress_attach("w1", "x0", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) == -ESTALE &&
	   ingress_attach("br0", "x0", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) == -ESTALE,
	   "another version: \"%s\"", err);
	ok(ingress_add(ep, err, sizeof(err)) == -ESTALE, "another version: no endpoint is lost unseen");
	ok(attached("br0", INGRESS_GENERIC) && !ingress_detach("br0", err, sizeof(err)) &&
	   !attached("br0", INGRESS_GENERIC), "another version: listed, and can be detached");
}

static void test_shared(const struct endpoint *ep)
{
	struct endpoint later = endpoint("198.51.100.1", LATER);
	__u32 a[8], b[8];
	uint64_t n;

	ok(!ingress_attach("w1", "x0", INGRESS_NATIVE, ep, 2, NULL, err, sizeof(err)) &&
	   !ingress_attach("v1", "x0", INGRESS_GENERIC, NULL, 0, NULL, err, sizeof(err)) &&
	   maps_of("w1", a) == 4 && maps_of("v1", b) == 4 && !memcmp(a, b, 4 * sizeof(*a)),
	   "two devices, one set of maps");
	ok(attached("w1", INGRESS_NATIVE) && attached("v1", INGRESS_GENERIC), "both are listed");
	ok(ingress_attach("br0", "x1", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) == -EBUSY,
	   "another xsrtp device: \"%s\"", err);
	n = counter("redirected");
	ok(!ingress_add(&later, err, sizeof(err)), "add an endpoint");
	send_udp(&later, 0x80);
	ok(counted("redirected", n), "add: redirected on the second device");
	ok(!ingress_detach("w1", err, sizeof(err)), "detach the first");
	n = counter("redirected");
	send_udp(&later, 0x80);
	ok(counted("redirected", n), "the second still has the table");
	n = counter("passed-no-flow");
	ok(!ingress_del(&later, err, sizeof(err)), "delete the endpoint");
	send_udp(&later, 0x80);
	ok(counted("passed-no-flow", n), "delete: passed");
	n = counter("redirected");
	ok(!ingress_sync(&later, 1, err, sizeof(err)), "sync to one endpoint");
	send_udp(&later, 0x80);
	ok(counted("redirected", n), "sync: redirected");
}

/* Goes on from test_shared(): v1 has the program. */
static void test_device_gone(void)
{
	struct endpoint later = endpoint("198.51.100.1", LATER);
	int sk = udp_socket(&later, true);
	uint64_t n = counter("dropped-xmit");

	sh("ip link del x0");
	send_udp(&later, 0x80);
	ok(counted("dropped-xmit", n) && !received(sk, 0), "xsrtp device gone: dropped, not passed");
	sh("ip link add x0 type veth peer name x1; ip link set x0 up; ip link set x1 up");
	put_program("x1", "other", XDP_FLAGS_DRV_MODE);
	ok(ingress_attach("v1", "x0", INGRESS_AUTO, NULL, 0, NULL, err, sizeof(err)) == -EEXIST,
	   "xsrtp device is back: attach again: \"%s\"", err);
	n = counter("redirected");
	send_udp(&later, 0x80);
	ok(counted("redirected", n), "xsrtp device is back: redirected again");
	ok(!ingress_detach("v1", err, sizeof(err)), "detach");
	close(sk);
}

static void send_frame(const struct spec *spec, int family, int tags)
{
	struct frame f;
	int fd;

	build(&f, spec, family, tags);
	enter(ns_net);
	fd = capture_open("w0");
	if (send(fd, f.b, f.len, 0) < 0)
		printf("# send: %s\n", strerror(errno));
	close(fd);
	enter(ns_host);
}

/* Frames with the tag in them, as NICs deliver them; this kernel may have no VLAN devices. */
static void test_vlan(enum ingress_mode mode, const char *name, const struct endpoint *ep,
		      int capture)
{
	static const struct spec rtp = { .what = "RTP" }, free_port = { .port = FREE };
	uint64_t n;
	int i;

	ingress_attach("w1", "x0", mode, ep, 2, NULL, err, sizeof(err));
	for (i = 0; i < 4; i++) {
		int v6 = i & 1, tags = 1 + i / 2;

		n = counter("redirected");
		send_frame(&rtp, v6 ? V6 : V4, tags);
		ok(captured_tagged(capture, &ep[v6], tags) && counted("redirected", n),
		   "%s, IPv%d, %d tags: RTP arrives behind the device", name, v6 ? 6 : 4, tags);
		n = counter("passed-no-flow");
		send_frame(&free_port, v6 ? V6 : V4, tags);
		ok(counted("passed-no-flow", n), "%s, IPv%d, %d tags: another port passes", name,
		   v6 ? 6 : 4, tags);
	}
	ingress_detach("w1", err, sizeof(err));
}

/* Two first attaches at once; whatever sets of maps come of it, all are served. */
static void test_race(void)
{
	struct endpoint a = endpoint("192.0.2.1", LATER), b = endpoint("198.51.100.1", LATER);
	static const char *const dev[] = { "w1", "v1" };
	int round, i, status, bad = 0;

	for (round = 0; round < 10; round++) {
		uint64_t n;

		for (i = 0; i < 2; i++)
			if (!fork())
				_exit(ingress_attach(dev[i], "x0", INGRESS_GENERIC, NULL, 0, NULL,
						     err, sizeof(err)) ? 1 : 0);
		while (wait(&status) > 0)
			bad += status != 0;
		bad += ingress_add(&a, err, sizeof(err)) || ingress_add(&b, err, sizeof(err));
		n = counter("redirected");
		send_udp(&a, 0x80);
		bad += !counted("redirected", n);
		send_udp(&b, 0x80);
		bad += !counted("redirected", n + 1);
		bad += ingress_detach("w1", err, sizeof(err)) || ingress_detach("v1", err, sizeof(err));
	}
	ok(!bad, "two first attaches at once, 10 times: both devices are served");
}

/* --- with the guard in front -------------------------------------------------------------- */

static __u32 prog_on(const char *dev)
{
	__u32 id = 0;

	bpf_xdp_query_id(if_nametoindex(dev), 0, &id);
	return id;
}

static int attach_guarded(const char *dev, enum ingress_mode mode, const struct endpoint *ep,
			  struct ingress_info *info)
{
	return ingress_attach_by(dev, "x0", mode, INGRESS_GUARD, ep, 2, info, err, sizeof(err));
}

static bool guard_on(const char *dev, enum ingress_door door)
{
	struct ingress_info d[8];
	int n = guard_list(d, 8), i;

	for (i = 0; i < n; i++)
		if (!strcmp(d[i].ifname, dev))
			return d[i].door == door;
	return false;
}

static bool state_pinned(void)
{
	struct guard_set g;

	if (pins_open(&g))
		return false;
	guard_close(&g);
	return true;
}

/* In the place of the program without, which goes on with its endpoints. */
static void test_guard_in(const struct endpoint *ep)
{
	struct guard_attached alone;
	struct ingress_info info;
	__u32 id;

	ok(!ingress_attach("w1", "x0", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) &&
	   attach_guarded("w1", INGRESS_GENERIC, ep, &info) == -EEXIST, "guard: in another mode: \"%s\"", err);
	id = prog_on("w1");
	ok(!attach_guarded("w1", INGRESS_AUTO, ep, &info) && info.door == INGRESS_GUARD &&
	   prog_on("w1") == info.prog_id && info.prog_id != id, "guard: takes the program's place");
	ok(attached("w1", INGRESS_NATIVE) && guard_on("w1", INGRESS_GUARD) && state_pinned(),
	   "guard: both list the device, its state is pinned");
	ok(attach_guarded("w1", INGRESS_AUTO, ep, &info) == -EEXIST, "guard: again: \"%s\"", err);
	ok(ingress_attach("w1", "x0", INGRESS_AUTO, ep, 2, NULL, err, sizeof(err)) == -EEXIST &&
	   guard_on("w1", INGRESS_GUARD), "guard: attaching without it does not take it off: \"%s\"", err);
	ok(guard_attach("w1", INGRESS_AUTO, NULL, &alone, err, sizeof(err)) == -EEXIST,
	   "guard: the guard alone beside it: \"%s\"", err);
	ok(guard_detach("w1", err, sizeof(err)) == -EBUSY && guard_on("w1", INGRESS_GUARD),
	   "guard: only the guard off: \"%s\"", err);
	ok(!ingress_detach("w1", err, sizeof(err)) && !prog_on("w1") && !state_pinned(),
	   "guard: detached, and its state with it");
}

/* In the place of the guard alone: policy and state are those of before. */
static void test_guard_alone(const struct endpoint *ep)
{
	struct guard_attached alone;
	struct xsrtp_policy p;
	struct ingress_info info;
	struct guard_set g;

	ok(!guard_attach("w1", INGRESS_AUTO, "5000-5010", &alone, err, sizeof(err)) &&
	   !guard_attach("v1", INGRESS_GENERIC, NULL, &alone, err, sizeof(err)), "guard alone: on two devices");
	ok(!attach_guarded("w1", INGRESS_AUTO, ep, &info) && guard_on("w1", INGRESS_GUARD) &&
	   guard_on("v1", INGRESS_DEVICE), "guard alone: the program takes its place, on one device of two");
	ok(!guard_open(&g, err, sizeof(err)) && !guard_policy_get(&g, &p, err, sizeof(err)) &&
	   p.ranges == 1 && p.range[0].first == 5000, "guard alone: its policy is that of before");
	guard_close(&g);
	ok(!ingress_detach("w1", err, sizeof(err)) && state_pinned(), "guard alone: the other's state stays");
	ok(!guard_detach("v1", err, sizeof(err)) && !state_pinned(), "guard alone: until it is off");
	ok(attach_guarded("x1", INGRESS_AUTO, ep, &info) == -EBUSY && !state_pinned(),
	   "guard: another program there: \"%s\"", err);
}

int main(void)
{
	struct endpoint ep[2];
	int capture;

	make_network();
	put_program("x1", "other", XDP_FLAGS_DRV_MODE);
	capture = capture_open("x1");
	ep[0] = endpoint("192.0.2.1", MEDIA);
	ep[1] = endpoint("2001:db8::1", MEDIA);
	test_refusals(ep);
	test_attach_traffic(INGRESS_NATIVE, "native", ep, capture);
	test_attach_traffic(INGRESS_GENERIC, "generic", ep, capture);
	test_vlan(INGRESS_NATIVE, "native", ep, capture);
	test_vlan(INGRESS_GENERIC, "generic", ep, capture);
	test_auto(ep);
	test_other_version(ep);
	test_shared(ep);
	test_device_gone();
	test_race();
	test_guard_in(ep);
	test_guard_alone(ep);
	return tap_done();
}
