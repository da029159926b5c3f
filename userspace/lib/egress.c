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
#include <stdarg.h>
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

#define PROG_NAME	"xsrtp_egress"
#define PRIORITY	1
#define HANDLE		0x5352
#define SETS_MAX	8

__attribute__((format(printf, 4, 5)))
static int fail(int error, char *err, size_t err_len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (err && err_len)
		vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return error;
}

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

struct set {
	__u32 id;		/* of the table of senders: tells sets apart */
	int senders, frags, target, counters;
};

static void set_close(struct set *s)
{
	int *fd[] = { &s->senders, &s->frags, &s->target, &s->counters };
	size_t i;

	for (i = 0; i < 4; i++)
		if (*fd[i] >= 0)
			close(*fd[i]);
}

/* Takes @fd if it is a map of ours with the shape we know, else closes it. */
static void set_take(struct set *s, int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int *to = NULL;

	if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
		if (!strcmp(info.name, "xsrtp_senders") && info.key_size == sizeof(struct xsrtp_sender))
			to = &s->senders;
		else if (!strcmp(info.name, "xsrtp_frags") && info.key_size == sizeof(struct xsrtp_datagram))
			to = &s->frags;
		else if (!strcmp(info.name, "xsrtp_target"))
			to = &s->target;
		else if (!strcmp(info.name, "xsrtp_sent") && info.max_entries == XSRTP_COUNTER_MAX)
			to = &s->counters;
	}
	if (to == &s->senders)
		s->id = info.id;
	if (to)
		*to = fd;
	else
		close(fd);
}

/* 0; -ENOENT no program of ours; -ESTALE it is from another version; -errno. */
static int device_set(int ifindex, struct set *s)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info), ids[16], i;
	int prog = filter_prog(ifindex), e, fd;

	*s = (struct set){ 0, -1, -1, -1, -1 };
	if (prog < 0)
		return prog;
	info.nr_map_ids = 16;
	info.map_ids = (unsigned long)ids;
	e = bpf_obj_get_info_by_fd(prog, &info, &len) ? -errno : 0;
	close(prog);
	for (i = 0; !e && i < info.nr_map_ids && i < 16; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		if (fd >= 0)
			set_take(s, fd);
	}
	if (!e && s->senders >= 0 && s->frags >= 0 && s->target >= 0 && s->counters >= 0)
		return 0;
	set_close(s);
	return e ?: -ESTALE;
}

struct sets {
	struct set s[SETS_MAX];
	int n;
};

static void sets_close(struct sets *ss)
{
	while (ss->n)
		set_close(&ss->s[--ss->n]);
}

static int sets_get(struct sets *ss)
{
	struct if_nameindex *devs = if_nameindex(), *d;
	int e = devs ? 0 : -errno, k;

	ss->n = 0;
	for (d = devs; !e && d->if_index && ss->n < SETS_MAX; d++) {
		e = device_set(d->if_index, &ss->s[ss->n]);
		if (e == -ENOENT) {
			e = 0;
			continue;
		}
		for (k = 0; !e && ss->s[k].id != ss->s[ss->n].id; k++)
			;
		if (!e && k == ss->n)
			ss->n++;
		else if (!e)
			set_close(&ss->s[ss->n]);
	}
	if_freenameindex(devs);
	if (e)
		sets_close(ss);
	return e;
}

static int explain(int error, char *err, size_t err_len)
{
	if (error == -EPERM || error == -EACCES)
		return fail(error, err, err_len,
			    "reading and changing tc programs needs root (CAP_SYS_ADMIN)");
	if (error == -ESTALE)
		return fail(error, err, err_len, "the egress program of another version of xsrtp is "
			    "attached in this namespace: detach it, then attach again");
	return fail(error, err, err_len, "cannot read the egress programs of this namespace: %s",
		    strerror(-error));
}

/* libbpf warns of every device without a filter. */
static int sets_each(int (*fn)(struct set *, void *), void *arg, char *err, size_t err_len)
{
	libbpf_print_fn_t before = libbpf_set_print(NULL);
	struct sets ss;
	int e = sets_get(&ss), i;

	if (e)
		explain(e, err, err_len);
	for (i = 0; i < ss.n && !e; i++)
		e = fn(&ss.s[i], arg);
	sets_close(&ss);
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

static int add_all(const struct set *s, const struct change *c)
{
	__u8 one = 1;
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct xsrtp_sender key = to_key(&c->senders[i]);

		if (bpf_map_update_elem(s->senders, &key, &one, BPF_ANY))
			return fail(-errno, c->err, c->err_len, "cannot add to the egress program's "
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

static int del_one(const struct set *s, const struct xsrtp_sender *key, const struct change *c)
{
	if (!bpf_map_delete_elem(s->senders, key) || errno == ENOENT)
		return 0;
	return fail(-errno, c->err, c->err_len, "cannot delete from the egress program's table: %s",
		    strerror(errno));
}

/* The next key is asked for before this one is deleted, or the walk restarts. */
static int prune(const struct set *s, const struct change *c)
{
	struct xsrtp_sender key, next;
	int end = bpf_map_get_next_key(s->senders, NULL, &next), e = 0;

	while (!end && !e) {
		key = next;
		end = bpf_map_get_next_key(s->senders, &key, &next);
		if (!is_wanted(c, &key))
			e = del_one(s, &key, c);
	}
	return e;
}

static int set_change(struct set *s, void *arg)
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

static const char *const counter_name[] = {
#define X(sym, name) [XSRTP_COUNTER_##sym] = name,
	XSRTP_COUNTERS(X)
#undef X
	NULL
};

static int set_count(struct set *s, void *arg)
{
	struct ingress_counter *c = arg;
	int cpus = libbpf_num_possible_cpus(), cpu;
	__u64 *v = calloc(cpus > 0 ? cpus : 1, sizeof(*v));
	__u32 i;

	if (!v || cpus <= 0) {
		free(v);
		return -ENOMEM;
	}
	for (i = 0; c[i].name; i++)
		if (!bpf_map_lookup_elem(s->counters, &i, v))
			for (cpu = 0; cpu < cpus; cpu++)
				c[i].packets += v[cpu];
	free(v);
	return 0;
}

int egress_stats(struct ingress_counter *c, size_t max)
{
	size_t i;

	for (i = 0; i < max; i++)
		c[i] = (struct ingress_counter){
			.name = i < XSRTP_COUNTER_MAX && i + 1 < max ? counter_name[i] : NULL };
	return max ? sets_each(set_count, c, NULL, 0) : -EINVAL;
}

/* --- attach, detach --------------------------------------------------------- */

/* Unlike a device map an array keeps the number of a device that is gone: so be it. */
static int set_fill(struct set *s, __u32 ifindex, struct change *c)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(s->target, &zero, &ifindex, BPF_ANY))
		return fail(-errno, c->err, c->err_len, "cannot redirect to the xsrtp device: %s",
			    strerror(errno));
	return add_all(s, c);
}

static int share(struct egress *o, const struct set *s)
{
	int e = bpf_map__reuse_fd(o->maps.xsrtp_senders, s->senders);

	e = e ?: bpf_map__reuse_fd(o->maps.xsrtp_frags, s->frags);
	e = e ?: bpf_map__reuse_fd(o->maps.xsrtp_target, s->target);
	return e ?: bpf_map__reuse_fd(o->maps.xsrtp_sent, s->counters);
}

/* The maps are filled before the first packet leaves. */
static int attach_new(int ifindex, const char *ifname, const struct set *shared, __u32 xsrtp,
		      struct change *c)
{
	struct egress *o = egress__open();
	int e = o ? 0 : -errno;
	struct set s;

	if (!e && shared)
		e = share(o, shared);
	e = e ?: egress__load(o);
	if (e) {
		egress__destroy(o);
		return fail(e, c->err, c->err_len, "the kernel does not take the egress program: %s",
			    strerror(-e));
	}
	s = (struct set){ 0, bpf_map__fd(o->maps.xsrtp_senders), bpf_map__fd(o->maps.xsrtp_frags),
			  bpf_map__fd(o->maps.xsrtp_target), bpf_map__fd(o->maps.xsrtp_sent) };
	e = set_fill(&s, xsrtp, c);
	if (!e) {
		e = filter_add(ifindex, bpf_program__fd(o->progs.xsrtp_egress));
		if (e)
			fail(e, c->err, c->err_len, "cannot attach the egress program to %s: %s",
			     ifname, strerror(-e));
	}
	egress__destroy(o);
	return e;
}

static int attach_device(int ifindex, const char *ifname, __u32 xsrtp, struct change *c)
{
	struct sets ss;
	struct set s;
	int e = device_set(ifindex, &s);

	if (!e) {
		e = set_fill(&s, xsrtp, c);
		set_close(&s);
		return e;
	}
	if (e == -ENOENT)
		e = sets_get(&ss);
	if (e)
		return explain(e, c->err, c->err_len);
	e = attach_new(ifindex, ifname, ss.n ? &ss.s[0] : NULL, xsrtp, c);
	sets_close(&ss);
	return e;
}

int egress_attach(const char *ifname, const char *xsrtp_ifname, const struct sender *senders,
		  size_t n, char *err, size_t err_len)
{
	struct change c = { ADD, senders, n, err, err_len };
	int ifindex = if_nametoindex(ifname), xsrtp = if_nametoindex(xsrtp_ifname), e;
	libbpf_print_fn_t before;

	if (!ifindex || !xsrtp)
		return fail(-ENODEV, err, err_len, "there is no device %s",
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
			fail(e, err, err_len, "cannot detach the egress program from %s: %s", ifname,
			     strerror(-e));
	} else {
		e = fail(prog, err, err_len, "%s has no egress program", ifname);
	}
	libbpf_set_print(before);
	return e;
}

static int set_seen(struct set *s, void *arg)
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
