// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program on this namespace's devices. The kernel is asked every time:
 * one dump of the links tells which have an XDP program, the program's name
 * whether it is ours, and the program which maps it uses (maps.h).
 *
 * An endpoint that is added between a caller's reading of the flows and the end
 * of ingress_attach() finds nothing to be added to. So after attaching, read the
 * flows once more and ingress_add() each; ingress_sync() is for when nobody
 * else is adding.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "../../bpf/counters.h"
#include "../../bpf/port.h"
#include "guard_inside.h"
#include "ingress.h"
#include "ingress.skel.h"
#include "ingress_guard.skel.h"
#include "ingress_kfunc.skel.h"
#include "maps.h"
#include "ports.h"

/* By door; at most 15 characters, or the kernel cuts it. */
static const char *const prog_name[] = {
	[INGRESS_DEVICE] = "xsrtp_ingress",
	[INGRESS_KFUNC] = "xsrtp_ingress_k",
	[INGRESS_GUARD] = GUARD_INSIDE_PROG,
};

enum { PORTS, MORE, DEVICE, COUNTERS = MAPS_COUNTERS };

static const struct map_shape shapes[MAPS] = {
	[PORTS] = { .name = "xsrtp_ports", .value_size = sizeof(struct xsrtp_port) },
	[MORE] = { .name = "xsrtp_more", .key_size = sizeof(struct xsrtp_local),
		   .value_size = sizeof(struct xsrtp_awaited) },
	[DEVICE] = { .name = "xsrtp_device" },
	[COUNTERS] = { .name = "xsrtp_counters", .max_entries = XSRTP_COUNTER_MAX },
};

/* --- what libbpf and the kernel say ----------------------------------------- */

static __thread char heard[200];

/* Keeps the first warning, and the kernel's own words (extack) before any other. */
static int hear(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	static const char kernel[] = "libbpf: Kernel error message: ";
	char line[256];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = 0;
	if (!strncmp(line, kernel, strlen(kernel)))
		snprintf(heard, sizeof(heard), "%.190s", line + strlen(kernel));
	else if (!heard[0] && !strncmp(line, "libbpf: ", 8))
		snprintf(heard, sizeof(heard), "%.190s", line + 8);
	return 0;
}

static libbpf_print_fn_t listen_start(void)
{
	heard[0] = 0;
	return libbpf_set_print(hear);
}

/* --- links ------------------------------------------------------------------ */

struct link {
	int ifindex;
	int below;		/* of the device that it is a VLAN of; else what it will */
	char name[IFNAMSIZ];
	char kind[16];		/* "vlan", "bridge", ...; empty: hardware, mostly */
	enum ingress_mode mode;
	__u32 prog_id;		/* 0: no XDP program */
};

struct links {
	struct link *l;
	size_t n;
	int err;
};

static void link_xdp(struct link *l, struct nlattr *xdp)
{
	struct nlattr *a[IFLA_XDP_MAX + 1];

	if (!xdp || nla_parse_nested(a, IFLA_XDP_MAX, xdp, NULL))
		return;
	l->mode = a[IFLA_XDP_SKB_PROG_ID] ? INGRESS_GENERIC : INGRESS_NATIVE;
	if (a[IFLA_XDP_SKB_PROG_ID])
		l->prog_id = nla_get_u32(a[IFLA_XDP_SKB_PROG_ID]);
	if (a[IFLA_XDP_DRV_PROG_ID]) {
		l->mode = INGRESS_NATIVE;
		l->prog_id = nla_get_u32(a[IFLA_XDP_DRV_PROG_ID]);
	}
	if (!l->prog_id && a[IFLA_XDP_PROG_ID])
		l->prog_id = nla_get_u32(a[IFLA_XDP_PROG_ID]);
}

static void link_kind(struct link *l, struct nlattr *info)
{
	struct nlattr *a[IFLA_INFO_MAX + 1];

	if (info && !nla_parse_nested(a, IFLA_INFO_MAX, info, NULL) && a[IFLA_INFO_KIND])
		nla_strlcpy(l->kind, a[IFLA_INFO_KIND], sizeof(l->kind));
}

static int link_one(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[IFLA_MAX + 1];
	struct links *ls = arg;
	struct ifinfomsg *ifi = nlmsg_data(nlmsg_hdr(msg));
	struct link *l;

	if (nlmsg_hdr(msg)->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlmsg_hdr(msg), sizeof(*ifi), a, IFLA_MAX, NULL) || !a[IFLA_IFNAME])
		return NL_SKIP;
	l = realloc(ls->l, (ls->n + 1) * sizeof(*l));
	if (!l) {
		ls->err = -ENOMEM;
		return NL_STOP;
	}
	ls->l = l;
	l += ls->n++;
	*l = (struct link){ .ifindex = ifi->ifi_index };
	nla_strlcpy(l->name, a[IFLA_IFNAME], sizeof(l->name));
	l->below = a[IFLA_LINK] ? nla_get_u32(a[IFLA_LINK]) : 0;
	link_kind(l, a[IFLA_LINKINFO]);
	link_xdp(l, a[IFLA_XDP]);
	return NL_OK;
}

/* Free ls->l, also after an error. */
static int links_get(struct links *ls)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_sock *sk = nl_socket_alloc();
	int err;

	*ls = (struct links){ };
	if (!sk)
		return -ENOMEM;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, link_one, ls);
	err = nl_connect(sk, NETLINK_ROUTE);
	if (err >= 0)
		err = nl_send_simple(sk, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi));
	if (err >= 0)
		err = nl_recvmsgs_default(sk);
	nl_socket_free(sk);
	return err < 0 ? -EIO : ls->err;
}

static struct link *link_find(struct links *ls, const char *name)
{
	size_t i;

	for (i = 0; i < ls->n; i++)
		if (!strcmp(ls->l[i].name, name))
			return &ls->l[i];
	return NULL;
}

/* --- sets of maps ----------------------------------------------------------- */

/* Is it a program of ours, and by which door? */
static bool ours(const struct bpf_prog_info *info, enum ingress_door *door)
{
	if (info->type != BPF_PROG_TYPE_XDP)
		return false;
	for (*door = 0; *door < INGRESS_DOORS; ++*door)
		if (!strcmp(info->name, prog_name[*door]))
			return true;
	return false;
}

/*
 * 0, or -ENOENT the program is not ours (or gone meanwhile), -ESTALE it is ours
 * with other maps than these, from another version; -EPERM, ...
 */
static int prog_set(int prog, struct map_set *s, enum ingress_door *door)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog, &info, &len))
		return -errno;
	if (!ours(&info, door))
		return -ENOENT;
	return map_set_of(prog, shapes, s);
}

static int link_set(const struct link *l, struct map_set *s, enum ingress_door *door)
{
	int prog = l->prog_id ? bpf_prog_get_fd_by_id(l->prog_id) : -ENOENT, err;

	if (prog < 0)
		return prog;
	err = prog_set(prog, s, door);
	close(prog);
	return err;
}

static int sets_get(const struct links *ls, struct map_sets *ss)
{
	enum ingress_door door;
	struct map_set s;
	size_t i;
	int err;

	ss->n = 0;
	for (i = 0; i < ls->n; i++) {
		err = link_set(&ls->l[i], &s, &door);
		if (!err)
			map_sets_take(ss, &s);
		else if (err != -ENOENT) {
			map_sets_close(ss);
			return err;
		}
	}
	return 0;
}

static int explain(int error, char *err, size_t err_len)
{
	return map_explain(error, "XDP", err, err_len);
}

/* Calls @fn for every set of this namespace. */
static int sets_each(int (*fn)(struct map_set *, void *), void *arg, char *err, size_t err_len)
{
	struct links ls;
	struct map_sets ss = { .n = 0 };
	int e = links_get(&ls), i;

	if (!e)
		e = sets_get(&ls, &ss);
	if (e)
		explain(e, err, err_len);
	for (i = 0; i < ss.n && !e; i++)
		e = fn(&ss.s[i], arg);
	map_sets_close(&ss);
	free(ls.l);
	return e;
}

/* --- endpoints -------------------------------------------------------------- */

struct change {
	int (*one)(struct ports *p, const struct endpoint *ep);	/* NULL: sync */
	const struct endpoint *ep;
	size_t n;
	char *err;
	size_t err_len;
};

static int set_change(struct map_set *s, void *arg)
{
	struct change *c = arg;
	struct ports p;
	size_t i;
	int e = ports_open(&p, s->fd[PORTS], s->fd[MORE]);

	if (e)
		return map_fail(e, c->err, c->err_len, "cannot map the XDP program's ports: %s",
			    strerror(-e));
	if (!c->one)
		e = ports_sync(&p, c->ep, c->n);
	for (i = 0; c->one && i < c->n && !e; i++)
		e = c->one(&p, &c->ep[i]);
	ports_close(&p);
	if (e == -ENOSPC)
		map_fail(e, c->err, c->err_len, "the XDP program's table is full: more than %d "
		     "endpoints share their port with another address", XSRTP_MORE_MAX);
	else if (e == -EINVAL)
		map_fail(e, c->err, c->err_len, "an endpoint needs an IP address and a port");
	else if (e)
		map_fail(e, c->err, c->err_len, "cannot change the XDP program's ports: %s",
		     strerror(-e));
	return e;
}

int ingress_add(const struct endpoint *ep, char *err, size_t err_len)
{
	struct change c = { ports_add, ep, 1, err, err_len };

	return sets_each(set_change, &c, err, err_len);
}

int ingress_del(const struct endpoint *ep, char *err, size_t err_len)
{
	struct change c = { ports_del, ep, 1, err, err_len };

	return sets_each(set_change, &c, err, err_len);
}

struct await {
	const struct ingress_awaited *a;
	size_t n;
	char *err;
	size_t err_len;
};

static int set_await(struct map_set *s, void *arg)
{
	struct await *w = arg;
	struct ports p;
	size_t i;
	int e = ports_open(&p, s->fd[PORTS], s->fd[MORE]);

	if (!e) {
		for (i = 0; i < w->n && (!e || e == -ENOENT); i++)
			e = ports_await(&p, &w->a[i].local, &w->a[i].far, w->a[i].tag);
		ports_close(&p);
	}
	return !e || e == -ENOENT ? 0 : map_fail(e, w->err, w->err_len, "cannot tell the XDP "
						 "program whose media is awaited: %s", strerror(-e));
}

int ingress_await(const struct ingress_awaited *a, size_t n, char *err, size_t err_len)
{
	struct await w = { a, n, err, err_len };

	return sets_each(set_await, &w, err, err_len);
}

int ingress_sync(const struct endpoint *flows, size_t n, char *err, size_t err_len)
{
	struct change c = { NULL, flows, n, err, err_len };

	return sets_each(set_change, &c, err, err_len);
}

/* --- counters --------------------------------------------------------------- */

static int set_count(struct map_set *s, void *arg)
{
	return map_counters_add(s, arg);
}

int ingress_stats(struct map_counter *c, size_t max)
{
	if (!max)
		return -EINVAL;
	map_counters_name(c, max);
	return sets_each(set_count, c, NULL, 0);
}

/* --- attach ----------------------------------------------------------------- */

static struct bpf_object *prog_open(enum ingress_door door)
{
	size_t size;
	const void *elf = door == INGRESS_KFUNC ? ingress_kfunc__elf_bytes(&size) :
			  door == INGRESS_GUARD ? ingress_guard__elf_bytes(&size) :
						   ingress__elf_bytes(&size);

	return bpf_object__open_mem(elf, size, NULL);
}

static int map_fd(const struct bpf_object *o, const char *name)
{
	return bpf_map__fd(bpf_object__find_map_by_name(o, name));
}

static int map_share(const struct bpf_object *o, const char *name, int fd)
{
	return bpf_map__reuse_fd(bpf_object__find_map_by_name(o, name), fd);
}

/* Loads the program; with @shared on its maps, else with maps of its own. @gi: or NULL. */
static int prog_load(const struct map_set *shared, enum ingress_door door, struct guard_inside *gi,
		     struct bpf_object **to, char *err, size_t err_len)
{
	struct bpf_object *o = prog_open(door);
	int e = o ? 0 : -errno;

	if (!e && gi)
		e = guard_inside_open(gi, o, err, err_len);
	if (e && o) {
		bpf_object__close(o);
		return e;
	}

	if (!e && shared) {
		e = map_share(o, "xsrtp_ports", shared->fd[PORTS]);
		e = e ?: map_share(o, "xsrtp_more", shared->fd[MORE]);
		e = e ?: map_share(o, "xsrtp_device", shared->fd[DEVICE]);
		e = e ?: map_share(o, "xsrtp_counters", shared->fd[COUNTERS]);
	}
	e = e ?: bpf_object__load(o);
	if (e) {
		bpf_object__close(o);
		return map_fail(e, err, err_len, "the kernel does not take the XDP program: %s%s%s",
			    strerror(-e), heard[0] ? ": " : "", heard);
	}
	*to = o;
	return 0;
}

/* By the door that is asked for; where the kernel or the module has no kfunc, the device. */
static int prog_load_door(const struct map_set *shared, enum ingress_door door,
			  struct guard_inside *gi, struct bpf_object **to, struct ingress_info *info, char *err,
			  size_t err_len)
{
	info->door = door;
	if (door == INGRESS_KFUNC) {
		if (!prog_load(shared, door, NULL, to, info->why_door, sizeof(info->why_door))) {
			info->why_door[0] = 0;
			return 0;
		}
		heard[0] = 0;
		info->door = INGRESS_DEVICE;
	}
	return prog_load(shared, info->door, gi, to, err, err_len);
}

/*
 * Sets of one namespace redirect to one device. An entry whose device is gone
 * was cleared by the kernel; then @ifindex takes its place.
 */
static int device_set(int map, __u32 ifindex, char *err, size_t err_len)
{
	char name[IFNAMSIZ] = "?";
	__u32 zero = 0, old;

	if (!bpf_map_lookup_elem(map, &zero, &old) && old && old != ifindex)
		return map_fail(-EBUSY, err, err_len, "the devices of this namespace redirect to %s; "
			    "detach them first", if_indextoname(old, name) ? name : "?");
	if (bpf_map_update_elem(map, &zero, &ifindex, BPF_ANY))
		return map_fail(-errno, err, err_len, "cannot redirect to the xsrtp device: %s",
			    strerror(errno));
	return 0;
}

static int xdp_attach(int ifindex, int prog, enum ingress_mode mode)
{
	__u32 flags = XDP_FLAGS_UPDATE_IF_NOEXIST |
		      (mode == INGRESS_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
	int e;

	heard[0] = 0;
	e = bpf_xdp_attach(ifindex, prog, flags, NULL);
	return e == -EEXIST ? -EBUSY : e;
}

/* Why not, in the kernel's words where it has any; and what to do instead. */
static const char *refusal(const struct link *l, int e)
{
	static __thread char text[128];
	char below[IFNAMSIZ];

	if (e == -EOPNOTSUPP && !strcmp(l->kind, "vlan") && if_indextoname(l->below, below)) {
		snprintf(text, sizeof(text), "a VLAN device has no native XDP; %s below it may, and "
			 "there the program reads VLAN tags", below);
		return text;
	}
	if (e == -EOPNOTSUPP && !strcmp(l->kind, "bridge"))
		return "a bridge has no native XDP; its ports may";
	if (heard[0])
		return heard;
	return e == -EOPNOTSUPP ? "the driver has no native XDP" : strerror(-e);
}

/* The place is taken; by the device above, in the kernel's words, or where is not said. */
static int taken(const struct link *l, char *err, size_t err_len)
{
	if (strstr(heard, "upper device"))
		return map_fail(-EBUSY, err, err_len, "the device that %s is a port of has an XDP "
				"program, which is given what all its ports receive: detach that one "
				"first, or leave it at that", l->name);
	return map_fail(-EBUSY, err, err_len, "%s has another XDP program", l->name);
}

static int mode_attach(const struct link *l, int prog, enum ingress_mode mode,
		       struct ingress_info *info, char *err, size_t err_len)
{
	enum ingress_mode got = mode == INGRESS_GENERIC ? INGRESS_GENERIC : INGRESS_NATIVE;
	int e = xdp_attach(l->ifindex, prog, got);

	if (e && mode == INGRESS_AUTO && e != -EBUSY && e != -EPERM && e != -ENODEV) {
		snprintf(info->why, sizeof(info->why), "%s", refusal(l, e));
		got = INGRESS_GENERIC;
		e = xdp_attach(l->ifindex, prog, got);
	}
	info->mode = got;
	if (e == -EBUSY)
		return taken(l, err, err_len);
	if (e)
		return map_fail(e, err, err_len, "cannot attach to %s in %s mode: %s", l->name,
			    got == INGRESS_NATIVE ? "native" : "generic", refusal(l, e));
	return 0;
}

static __u32 prog_id(int prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog, &info, &len) ? 0 : info.id;
}

/* In the place of the program that is there, from one packet to the next. */
static int take_place(const struct link *l, int prog, enum ingress_mode mode,
		      struct ingress_info *info, char *err, size_t err_len)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, o, .old_prog_fd = bpf_prog_get_fd_by_id(l->prog_id));
	__u32 flags = l->mode == INGRESS_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
	int e = o.old_prog_fd < 0 ? o.old_prog_fd : 0;

	if (!e && mode != INGRESS_AUTO && mode != l->mode)
		e = map_fail(-EEXIST, err, err_len, "%s has its program in %s mode: detach that, then "
			     "attach again", l->name, l->mode == INGRESS_NATIVE ? "native" : "generic");
	else if (!e && (e = bpf_xdp_attach(l->ifindex, prog, flags, &o)))
		map_fail(e, err, err_len, "cannot attach to %s: %s", l->name, refusal(l, e));
	if (o.old_prog_fd >= 0)
		close(o.old_prog_fd);
	info->mode = l->mode;
	return e;
}

/* The maps are filled before the first packet comes. */
static int attach_with(const struct link *l, const struct map_set *shared, __u32 xsrtp,
		       enum ingress_mode mode, enum ingress_door door, struct guard_inside *gi,
		       struct change *c, struct ingress_info *info)
{
	struct bpf_object *o = NULL;
	struct map_set s;
	int e = prog_load_door(shared, door, gi, &o, info, c->err, c->err_len), prog;

	if (e)
		return e;
	prog = bpf_program__fd(bpf_object__find_program_by_name(o, prog_name[info->door]));
	s = (struct map_set){ 0, { map_fd(o, "xsrtp_ports"), map_fd(o, "xsrtp_more"),
				   map_fd(o, "xsrtp_device"), map_fd(o, "xsrtp_counters") } };
	e = device_set(s.fd[DEVICE], xsrtp, c->err, c->err_len);
	e = e ?: set_change(&s, c);
	if (!e && gi)
		e = guard_inside_start(gi, prog, c->err, c->err_len);
	if (!e && l->prog_id)
		e = take_place(l, prog, mode, info, c->err, c->err_len);
	else if (!e)
		e = mode_attach(l, prog, mode, info, c->err, c->err_len);
	info->prog_id = prog_id(prog);
	bpf_object__close(o);
	return e;
}

static int attach_new(const struct link *l, const struct map_set *shared, __u32 xsrtp,
		      enum ingress_mode mode, enum ingress_door door, struct change *c,
		      struct ingress_info *info)
{
	struct guard_inside gi;
	int lock, e;

	if (door != INGRESS_GUARD)
		return attach_with(l, shared, xsrtp, mode, door, NULL, c, info);
	lock = guard_lock(c->err, c->err_len);
	if (lock < 0)
		return lock;
	guard_inside_init(&gi);
	e = attach_with(l, shared, xsrtp, mode, door, &gi, c, info);
	guard_inside_put(&gi, !e, info->why_door, sizeof(info->why_door));
	close(lock);
	return e;
}

/* Ours is there: what can have gone stale is made right all the same. */
static int attach_again(const struct link *l, struct map_set *s, __u32 xsrtp, struct change *c)
{
	int e = device_set(s->fd[DEVICE], xsrtp, c->err, c->err_len);

	e = e ?: set_change(s, c);
	return e ?: map_fail(-EEXIST, c->err, c->err_len, "%s has the program already", l->name);
}

/*
 * What is on the device is ours, and the program with the guard may take its place: the
 * one without, or the guard alone, unless that has a program behind it.
 */
static bool may_take(const struct link *l, enum ingress_door door)
{
	enum ingress_door has;
	struct map_set s;
	int e = link_set(l, &s, &has);

	if (!e)
		map_set_close(&s);
	if (door != INGRESS_GUARD || (e && e != -ENOENT))
		return false;
	return e ? guard_is_alone(l->prog_id) : has != INGRESS_GUARD;
}

static int attach_link(struct links *ls, const char *ifname, __u32 xsrtp,
		       enum ingress_mode mode, enum ingress_door door, struct change *c,
		       struct ingress_info *info)
{
	struct link *l = link_find(ls, ifname);
	enum ingress_door has;
	struct map_sets ss;
	struct map_set s;
	int e;

	if (!l)
		return map_fail(-ENODEV, c->err, c->err_len, "there is no device %s", ifname);
	snprintf(info->ifname, sizeof(info->ifname), "%s", l->name);
	if (l->prog_id && !may_take(l, door)) {
		e = link_set(l, &s, &has);
		if (e == -ENOENT)
			return map_fail(-EBUSY, c->err, c->err_len, "%s has another XDP program",
				    l->name);
		if (e)
			return explain(e, c->err, c->err_len);
		e = attach_again(l, &s, xsrtp, c);
		map_set_close(&s);
		return e;
	}
	e = sets_get(ls, &ss);
	if (e)
		return explain(e, c->err, c->err_len);
	e = attach_new(l, ss.n ? &ss.s[0] : NULL, xsrtp, mode, door, c, info);
	map_sets_close(&ss);
	return e;
}

int ingress_attach_by(const char *ifname, const char *xsrtp_ifname, enum ingress_mode mode,
		      enum ingress_door door, const struct endpoint *flows, size_t n,
		      struct ingress_info *info, char *err, size_t err_len)
{
	struct change c = { ports_add, flows, n, err, err_len };
	__u32 xsrtp = if_nametoindex(xsrtp_ifname);
	struct ingress_info unused;
	libbpf_print_fn_t before;
	struct links ls;
	int e;

	info = info ?: &unused;
	memset(info, 0, sizeof(*info));
	if (!xsrtp)
		return map_fail(-ENODEV, err, err_len, "there is no device %s", xsrtp_ifname);
	before = listen_start();
	e = links_get(&ls);
	e = e ? explain(e, err, err_len) : attach_link(&ls, ifname, xsrtp, mode, door,
							       &c, info);
	libbpf_set_print(before);
	free(ls.l);
	return e;
}

int ingress_attach(const char *ifname, const char *xsrtp_ifname, enum ingress_mode mode,
		   const struct endpoint *flows, size_t n, struct ingress_info *info,
		   char *err, size_t err_len)
{
	return ingress_attach_by(ifname, xsrtp_ifname, mode, INGRESS_DEVICE, flows, n, info,
				 err, err_len);
}

/* --- detach, list ----------------------------------------------------------- */

/* Names the program that is to go, so that another one put there meanwhile stays. */
static int xdp_detach(const struct link *l)
{
	__u32 flags = l->mode == INGRESS_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
	int prog = bpf_prog_get_fd_by_id(l->prog_id), e;
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = prog);

	if (prog < 0)
		return prog;
	e = bpf_xdp_detach(l->ifindex, flags, &opts);
	close(prog);
	return e;
}

static int detach_link(struct links *ls, const char *ifname, char *err, size_t err_len)
{
	struct link *l = link_find(ls, ifname);
	enum ingress_door door;
	struct map_set s;
	int e;

	if (!l)
		return map_fail(-ENODEV, err, err_len, "there is no device %s", ifname);
	e = link_set(l, &s, &door);
	if (e == -ENOENT)
		return map_fail(e, err, err_len, l->prog_id ? "%s has an XDP program that is not ours" :
			    "%s has no XDP program", ifname);
	if (e && e != -ESTALE)
		return explain(e, err, err_len);
	if (!e)
		map_set_close(&s);
	e = xdp_detach(l);
	if (e)
		return map_fail(e, err, err_len, "cannot detach from %s: %s", ifname, refusal(l, e));
	if (door == INGRESS_GUARD)
		guard_inside_gone();
	return 0;
}

int ingress_detach(const char *ifname, char *err, size_t err_len)
{
	libbpf_print_fn_t before = listen_start();
	struct links ls;
	int e = links_get(&ls);

	e = e ? explain(e, err, err_len) : detach_link(&ls, ifname, err, err_len);
	libbpf_set_print(before);
	free(ls.l);
	return e;
}

int ingress_list(struct ingress_info *info, size_t max)
{
	enum ingress_door door;
	struct links ls;
	struct map_set s;
	size_t i, n = 0;
	int e = links_get(&ls);

	for (i = 0; i < ls.n && n < max && !e; i++) {
		e = link_set(&ls.l[i], &s, &door);
		if (!e)
			map_set_close(&s);
		if (!e || e == -ESTALE) {
			info[n] = (struct ingress_info){ .mode = ls.l[i].mode, .door = door,
							 .prog_id = ls.l[i].prog_id };
			memcpy(info[n++].ifname, ls.l[i].name, sizeof(info->ifname));
		}
		if (e == -ENOENT || e == -ESTALE)
			e = 0;
	}
	free(ls.l);
	return e ? e : (int)n;
}
