// SPDX-License-Identifier: GPL-2.0
/*
 * The tc egress program. It is a filter with a priority and a handle of our own in
 * the device's clsact qdisc, which works from 5.15 on; so the kernel can be asked
 * which devices have it, and the program which maps it uses.
 *
 * Filters are asked in the order of their priority. Ours is among the first: one
 * that lets a packet go before would let it go in the clear.
 */
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "../../bpf/counters.h"
#include "../../bpf/sender.h"
#include "egress.h"
#include "egress.skel.h"
#include "maps.h"

#define PROG_NAME	"xsrtp_egress"
#define PRIORITY	1
#define HANDLE		0x5352

enum { SENDERS, FRAGS, TARGET, COUNTERS = MAPS_COUNTERS };

static const struct map_shape shapes[MAPS] = {
	[SENDERS] = { .name = "xsrtp_senders", .key_size = sizeof(struct xsrtp_sender) },
	[FRAGS] = { .name = "xsrtp_frags", .key_size = sizeof(struct xsrtp_datagram) },
	[TARGET] = { .name = "xsrtp_target" },
	[COUNTERS] = { .name = "xsrtp_sent", .max_entries = XSRTP_COUNTER_MAX },
};

/* --- filters ---------------------------------------------------------------- */

#define HOOK(at, point)	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = ifindex, .attach_point = (point))

/* The program on the device: its descriptor, or -ENOENT, -EPERM, ... */
static int filter_prog(int ifindex)
{
	HOOK(hook, BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd;

	/* Any error: no qdisc, no filter. */
	if (bpf_tc_query(&hook, &opts))
		return -ENOENT;
	fd = bpf_prog_get_fd_by_id(opts.prog_id);
	if (fd < 0)
		return fd;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(info.name, PROG_NAME))
		return fd;
	close(fd);
	return -ENOENT;
}

static int filter_add(int ifindex, int prog)
{
	HOOK(hook, BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY, .prog_fd = prog);
	int e = bpf_tc_hook_create(&hook);

	return e && e != -EEXIST ? e : bpf_tc_attach(&hook, &opts);
}

static int count_one(struct nl_msg *msg, void *arg)
{
	if (nlmsg_hdr(msg)->nlmsg_type == RTM_NEWTFILTER)
		++*(int *)arg;
	return NL_OK;
}

/* How many filters the clsact qdisc has on one side; -errno. */
static int filter_count(int ifindex, __u32 minor)
{
	struct tcmsg t = { .tcm_ifindex = ifindex,
			   .tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor) };
	struct nl_sock *sk = nl_socket_alloc();
	int n = 0, e;

	if (!sk)
		return -ENOMEM;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, count_one, &n);
	e = nl_connect(sk, NETLINK_ROUTE);
	if (e >= 0)
		e = nl_send_simple(sk, RTM_GETTFILTER, NLM_F_DUMP, &t, sizeof(t));
	if (e >= 0)
		e = nl_recvmsgs_default(sk);
	nl_socket_free(sk);
	return e < 0 ? -EIO : n;
}

/* With the qdisc, if nobody else has a filter in it. */
static int filter_del(int ifindex)
{
	HOOK(hook, BPF_TC_EGRESS);
	HOOK(both, BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY);
	int e = bpf_tc_detach(&hook, &opts);

	if (!e && !filter_count(ifindex, TC_H_MIN_EGRESS) &&
	    !filter_count(ifindex, TC_H_MIN_INGRESS))
		e = bpf_tc_hook_destroy(&both);
	return e;
}

/* --- sets of maps ----------------------------------------------------------- */

/* 0; -ENOENT no program of ours; -ESTALE it is from another version; -errno. */
static int device_set(int ifindex, struct map_set *s)
{
	int prog = filter_prog(ifindex), e;

	if (prog < 0)
		return prog;
	e = map_set_of(prog, shapes, s);
	close(prog);
	return e;
}

static int sets_get(struct map_sets *ss)
{
	struct if_nameindex *devs = if_nameindex(), *d;
	int e = devs ? 0 : -errno;
	struct map_set s;

	ss->n = 0;
	for (d = devs; !e && d->if_index; d++) {
		e = device_set(d->if_index, &s);
		if (!e)
			map_sets_take(ss, &s);
		else if (e == -ENOENT)
			e = 0;
	}
	if_freenameindex(devs);
	if (e)
		map_sets_close(ss);
	return e;
}

static int explain(int error, char *err, size_t err_len)
{
	return map_explain(error, "egress", err, err_len);
}

/* libbpf warns of every device without a filter. */
static int sets_each(int (*fn)(struct map_set *, void *), void *arg, char *err, size_t err_len)
{
	libbpf_print_fn_t before = libbpf_set_print(NULL);
	struct map_sets ss;
	int e = sets_get(&ss), i;

	if (e)
		explain(e, err, err_len);
	for (i = 0; i < ss.n && !e; i++)
		e = fn(&ss.s[i], arg);
	map_sets_close(&ss);
	libbpf_set_print(before);
	return e;
}

/* --- senders ---------------------------------------------------------------- */

static struct xsrtp_local to_local(const struct endpoint *ep)
{
	struct xsrtp_local l = { .port = htons(ep->port), .version = ep->family == AF_INET ? 4 : 6 };

	memcpy(l.addr, ep->addr, sizeof(l.addr));
	return l;
}

static struct xsrtp_sender to_key(const struct sender *s)
{
	return (struct xsrtp_sender){ to_local(&s->local), to_local(&s->remote) };
}

struct change {
	enum { ADD, DEL, SYNC } what;
	const struct sender *senders;
	size_t n;
	char *err;
	size_t err_len;
};

static int add_all(const struct map_set *s, const struct change *c)
{
	__u8 one = 1;
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct xsrtp_sender key = to_key(&c->senders[i]);

		if (bpf_map_update_elem(s->fd[SENDERS], &key, &one, BPF_ANY))
			return map_fail(-errno, c->err, c->err_len, "cannot add to the egress program's "
				    "table: %s", errno == E2BIG ? "it is full" : strerror(errno));
	}
	return 0;
}

static bool is_wanted(const struct change *c, const struct xsrtp_sender *key)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct xsrtp_sender want = to_key(&c->senders[i]);

		if (!memcmp(&want, key, sizeof(want)))
			return true;
	}
	return false;
}

static int del_one(const struct map_set *s, const struct xsrtp_sender *key, const struct change *c)
{
	if (!bpf_map_delete_elem(s->fd[SENDERS], key) || errno == ENOENT)
		return 0;
	return map_fail(-errno, c->err, c->err_len, "cannot delete from the egress program's table: %s",
		    strerror(errno));
}

/* The next key is asked for before this one is deleted, or the walk restarts. */
static int prune(const struct map_set *s, const struct change *c)
{
	struct xsrtp_sender key, next;
	int end = bpf_map_get_next_key(s->fd[SENDERS], NULL, &next), e = 0;

	while (!end && !e) {
		key = next;
		end = bpf_map_get_next_key(s->fd[SENDERS], &key, &next);
		if (!is_wanted(c, &key))
			e = del_one(s, &key, c);
	}
	return e;
}

static int set_change(struct map_set *s, void *arg)
{
	struct change *c = arg;
	struct xsrtp_sender key;

	if (c->what == DEL) {
		key = to_key(c->senders);
		return del_one(s, &key, c);
	}
	return (c->what == SYNC ? prune(s, c) : 0) ?: add_all(s, c);
}

int egress_add(const struct sender *sender, char *err, size_t err_len)
{
	struct change c = { ADD, sender, 1, err, err_len };

	return sets_each(set_change, &c, err, err_len);
}

int egress_del(const struct sender *sender, char *err, size_t err_len)
{
	struct change c = { DEL, sender, 1, err, err_len };

	return sets_each(set_change, &c, err, err_len);
}

int egress_sync(const struct sender *senders, size_t n, char *err, size_t err_len)
{
	struct change c = { SYNC, senders, n, err, err_len };

	return sets_each(set_change, &c, err, err_len);
}

/* --- counters --------------------------------------------------------------- */

static int set_count(struct map_set *s, void *arg)
{
	return map_counters_add(s, arg);
}

int egress_stats(struct map_counter *c, size_t max)
{
	if (!max)
		return -EINVAL;
	map_counters_name(c, max);
	return sets_each(set_count, c, NULL, 0);
}

/* --- attach, detach --------------------------------------------------------- */

static int set_fill(struct map_set *s, __u32 ifindex, struct change *c)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(s->fd[TARGET], &zero, &ifindex, BPF_ANY))
		return map_fail(-errno, c->err, c->err_len, "cannot redirect to the xsrtp device: %s",
			    strerror(errno));
	return add_all(s, c);
}

static int share(struct egress *o, const struct map_set *s)
{
	int e = bpf_map__reuse_fd(o->maps.xsrtp_senders, s->fd[SENDERS]);

	e = e ?: bpf_map__reuse_fd(o->maps.xsrtp_frags, s->fd[FRAGS]);
	e = e ?: bpf_map__reuse_fd(o->maps.xsrtp_target, s->fd[TARGET]);
	return e ?: bpf_map__reuse_fd(o->maps.xsrtp_sent, s->fd[COUNTERS]);
}

/* The maps are filled before the first packet leaves. */
static int attach_new(int ifindex, const char *ifname, const struct map_set *shared, __u32 xsrtp,
		      struct change *c)
{
	struct egress *o = egress__open();
	int e = o ? 0 : -errno;
	struct map_set s;

	if (!e && shared)
		e = share(o, shared);
	e = e ?: egress__load(o);
	if (e) {
		egress__destroy(o);
		return map_fail(e, c->err, c->err_len, "the kernel does not take the egress program: %s",
			    strerror(-e));
	}
	s = (struct map_set){ 0, { bpf_map__fd(o->maps.xsrtp_senders),
				   bpf_map__fd(o->maps.xsrtp_frags),
				   bpf_map__fd(o->maps.xsrtp_target),
				   bpf_map__fd(o->maps.xsrtp_sent) } };
	e = set_fill(&s, xsrtp, c);
	if (!e) {
		e = filter_add(ifindex, bpf_program__fd(o->progs.xsrtp_egress));
		if (e)
			map_fail(e, c->err, c->err_len, "cannot attach the egress program to %s: %s",
			     ifname, strerror(-e));
	}
	egress__destroy(o);
	return e;
}

static int attach_device(int ifindex, const char *ifname, __u32 xsrtp, struct change *c)
{
	struct map_sets ss;
	struct map_set s;
	int e = device_set(ifindex, &s);

	if (!e) {
		e = set_fill(&s, xsrtp, c);
		map_set_close(&s);
		return e;
	}
	if (e == -ENOENT)
		e = sets_get(&ss);
	if (e)
		return explain(e, c->err, c->err_len);
	e = attach_new(ifindex, ifname, ss.n ? &ss.s[0] : NULL, xsrtp, c);
	map_sets_close(&ss);
	return e;
}

int egress_attach(const char *ifname, const char *xsrtp_ifname, const struct sender *senders,
		  size_t n, char *err, size_t err_len)
{
	struct change c = { ADD, senders, n, err, err_len };
	int ifindex = if_nametoindex(ifname), xsrtp = if_nametoindex(xsrtp_ifname), e;
	libbpf_print_fn_t before;

	if (!ifindex || !xsrtp)
		return map_fail(-ENODEV, err, err_len, "there is no device %s",
			    ifindex ? xsrtp_ifname : ifname);
	before = libbpf_set_print(NULL);
	e = attach_device(ifindex, ifname, xsrtp, &c);
	libbpf_set_print(before);
	return e;
}

/* Also one of another version: that is how it goes. */
int egress_detach(const char *ifname, char *err, size_t err_len)
{
	libbpf_print_fn_t before = libbpf_set_print(NULL);
	int ifindex = if_nametoindex(ifname), prog, e;

	prog = ifindex ? filter_prog(ifindex) : -ENODEV;
	if (prog >= 0) {
		close(prog);
		e = filter_del(ifindex);
		if (e)
			map_fail(e, err, err_len, "cannot detach the egress program from %s: %s", ifname,
			     strerror(-e));
	} else {
		e = map_fail(prog, err, err_len, "%s has no egress program", ifname);
	}
	libbpf_set_print(before);
	return e;
}

static int set_seen(struct map_set *s, void *arg)
{
	*(int *)arg = 1;
	return 0;
}

int egress_attached(const char *ifname)
{
	libbpf_print_fn_t before;
	int seen = 0, e;

	if (!ifname)
		return sets_each(set_seen, &seen, NULL, 0) ?: seen;
	before = libbpf_set_print(NULL);
	e = filter_prog(if_nametoindex(ifname));
	libbpf_set_print(before);
	if (e >= 0)
		close(e);
	return e >= 0 ? 1 : e == -ENOENT ? 0 : e;
}
