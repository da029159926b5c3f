// SPDX-License-Identifier: GPL-2.0
/*
 * The guard on this namespace's devices. A policy is a map of its own, and the one that
 * holds is the entry of an outer map: it is exchanged in one step, and processes that
 * exchange it at the same time do so one after the other, under the lock.
 */
#include "guard.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "clock.skel.h"
#include "guard.skel.h"
#include "guard_inside.h"
#include "guard_next.skel.h"
#include "maps.h"
#include "next.h"
#include "pins.h"
#include "policy.h"

#define PROG		"xsrtp_guard"
#define IDS_MAX		32
#define DEVICES_MAX	64
#define LOCK_TRIES	1000	/* of 10 ms */

static const struct {
	const char *name;
	__u32 value_size;
	__u32 entries;
} shapes[GUARD_MAPS] = {
	[GUARD_POLICY] = { "guard_policy", sizeof(__u32), 1 },
	[GUARD_STATE] = { "guard_state", sizeof(struct xsrtp_guard), 1 },
	[GUARD_SOURCES] = { "guard_sources", sizeof(struct xsrtp_source), XSRTP_SOURCES },
	[GUARD_HOSTS] = { "guard_hosts", sizeof(struct xsrtp_host_line), XSRTP_HOST_LINES },
	[GUARD_OFFENDERS] = { "guard_offenders", sizeof(struct xsrtp_offender), XSRTP_OFFENDERS },
	[GUARD_PORTS] = { "guard_ports", sizeof(struct xsrtp_port_drops), XSRTP_PORTS },
	[GUARD_ENDS] = { "guard_ends", sizeof(struct xsrtp_ends), XSRTP_PORTS },
	[GUARD_TALKERS] = { "guard_talkers", sizeof(struct xsrtp_talkers), XSRTP_PORTS },
	[GUARD_CANDIDATES] = { "guard_talkers_c", sizeof(struct xsrtp_candidate),
			       XSRTP_CANDIDATES },
	[GUARD_CPU] = { "guard_cpu", sizeof(struct xsrtp_guard_cpu), 1 },
	[GUARD_PREFIX4] = { "guard_prefix4", sizeof(struct xsrtp_prefix_state),
			    XSRTP_PREFIXES_MAX },
	[GUARD_PREFIX6] = { "guard_prefix6", sizeof(struct xsrtp_prefix_state),
			    XSRTP_PREFIXES_MAX },
};

_Static_assert(sizeof(struct xsrtp_ends) == 64, "one cache line");
_Static_assert(sizeof(struct xsrtp_talkers) == 128, "two cache lines");
_Static_assert(sizeof(struct xsrtp_host_line) == 64, "one cache line");
_Static_assert(sizeof(struct xsrtp_source) == 32, "half a cache line");

/* --- what libbpf says ---------------------------------------------------------------- */

static __thread char heard[200];

/* The kernel's own words are the last that is warned of. */
static int hear(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[256];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = 0;
	if (!heard[0] || !strncmp(line, "libbpf: Kernel error message: ", 30))
		snprintf(heard, sizeof(heard), "%.190s", line);
	return 0;
}

/* --- counters ------------------------------------------------------------------------ */

static const char *const counter_name[XSRTP_GUARD_MAX] = {
#define X(sym, name) [XSRTP_COUNTER_##sym] = name,
	XSRTP_COUNTERS(X)
#undef X
#define X(sym, name) [XSRTP_GUARD_##sym] = name,
	XSRTP_GUARD_COUNTERS(X)
#undef X
};

const char *guard_counter_name(unsigned int i)
{
	return i < XSRTP_GUARD_MAX ? counter_name[i] : NULL;
}

bool guard_counter_drops(unsigned int i)
{
	return !strncmp(counter_name[i], "dropped-", 8);
}

int guard_cpus(struct guard_set *g, struct xsrtp_guard_cpu *sum)
{
	int cpus = libbpf_num_possible_cpus(), cpu, ret = 0;
	struct xsrtp_guard_cpu *v = calloc(cpus > 0 ? cpus : 1, sizeof(*v));
	__u32 zero = 0, i;

	memset(sum, 0, sizeof(*sum));
	if (!v || cpus <= 0)
		ret = -ENOMEM;
	else if (bpf_map_lookup_elem(g->fd[GUARD_CPU], &zero, v))
		ret = -errno;
	for (cpu = 0; cpu < cpus && !ret; cpu++)
		for (i = 0; i < XSRTP_GUARD_MAX; i++) {
			sum->count[i] += v[cpu].count[i];
			sum->would[i] += v[cpu].would[i];
		}
	free(v);
	return ret;
}

/* --- clock --------------------------------------------------------------------------- */

int guard_clock_read(struct guard_clock *c)
{
	libbpf_print_fn_t before = libbpf_set_print(hear);
	struct clock *skel = clock__open_and_load();
	__u64 in[8] = { 0 }, out[8];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = in, .data_size_in = sizeof(in),
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	int ret = -errno;

	libbpf_set_print(before);
	if (!skel)
		return ret;
	ret = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.xsrtp_clock), &o);
	clock__destroy(skel);
	if (ret)
		return -errno;
	c->jiffies = out[0];
	c->ns = out[1];
	return 0;
}

/* The kernel's CONFIG_HZ is told nowhere that is always there: measured. */
static int clock_measure(struct guard_clock *c)
{
	static const unsigned int known[] = { 100, 250, 300, 1000 };
	struct guard_clock then;
	unsigned int i, best = 0;
	double hz, off, least = 1e9;
	int ret = guard_clock_read(&then);

	usleep(200000);
	ret = ret ?: guard_clock_read(c);
	if (ret)
		return ret;
	hz = (c->jiffies - then.jiffies) * 1e9 / (c->ns - then.ns);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		off = hz > known[i] ? hz - known[i] : known[i] - hz;
		if (off < least) {
			least = off;
			best = known[i];
		}
	}
	c->hz = best;
	return 0;
}

double guard_clock_real(const struct guard_clock *c, uint64_t jiffies)
{
	struct timespec mono, real;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	return real.tv_sec - mono.tv_sec + (real.tv_nsec - mono.tv_nsec) / 1e9 + c->ns / 1e9 -
	       (double)(int64_t)(c->jiffies - jiffies) / c->hz;
}

void guard_clock_advance(struct guard_clock *c)
{
	struct timespec mono;
	uint64_t ns, ticks;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	ns = mono.tv_sec * 1000000000ULL + mono.tv_nsec;
	ticks = (ns - c->ns) / (1000000000 / c->hz);
	c->jiffies += ticks;
	c->ns += ticks * (1000000000 / c->hz);
}

bool guard_attacked(const struct xsrtp_guard *s, const struct xsrtp_policy *p,
		    const struct guard_clock *c)
{
	return s->attack && (int64_t)(c->jiffies - s->above) < (int64_t)p->hold;
}

/* --- maps ---------------------------------------------------------------------------- */

void guard_close(struct guard_set *g)
{
	int i;

	for (i = 0; i < GUARD_MAPS; i++) {
		if (g->fd[i] >= 0)
			close(g->fd[i]);
		g->fd[i] = -1;
	}
}

const char *guard_map_name(enum guard_map i)
{
	return shapes[i].name;
}

static bool is_shaped(int fd, int i)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(info.name, shapes[i].name) &&
	       info.value_size == shapes[i].value_size && info.max_entries == shapes[i].entries;
}

static void take(struct guard_set *g, int fd)
{
	int i;

	for (i = 0; i < GUARD_MAPS; i++)
		if (g->fd[i] < 0 && is_shaped(fd, i))
			break;
	if (i < GUARD_MAPS)
		g->fd[i] = fd;
	else
		close(fd);
}

int guard_of(int prog, struct guard_set *g)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info), ids[IDS_MAX], i;

	memset(g->fd, -1, sizeof(g->fd));
	info.nr_map_ids = IDS_MAX;
	info.map_ids = (unsigned long)ids;
	if (bpf_obj_get_info_by_fd(prog, &info, &len))
		return -errno;
	for (i = 0; i < info.nr_map_ids && i < IDS_MAX; i++) {
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd >= 0)
			take(g, fd);
	}
	for (i = 0; i < GUARD_MAPS; i++)
		if (g->fd[i] < 0) {
			guard_close(g);
			return -ESTALE;
		}
	return 0;
}

/* The policy lies in a map of its own, whose size no program's list of maps tells. */
static bool policy_fits(const struct guard_set *g)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0, id;
	int inner = -1;
	bool fits;

	if (!bpf_map_lookup_elem(g->fd[GUARD_POLICY], &zero, &id))
		inner = bpf_map_get_fd_by_id(id);
	fits = inner >= 0 && !bpf_obj_get_info_by_fd(inner, &info, &len) &&
	       info.value_size == sizeof(struct xsrtp_policy);
	if (inner >= 0)
		close(inner);
	return fits;
}

/* 0, or -ESTALE and in @why what is not as this version of xsrtp has it. */
static int guard_fits(struct guard_set *g, char *why, size_t why_len)
{
	struct xsrtp_guard *s;
	__u32 layout;
	int i;

	for (i = 0; i < GUARD_MAPS; i++)
		if (!is_shaped(g->fd[i], i))
			return map_fail(-ESTALE, why, why_len, "%s has another size", shapes[i].name);
	if (!policy_fits(g))
		return map_fail(-ESTALE, why, why_len, "the policy has another size");
	s = guard_state_map(g);
	layout = s ? s->layout : 0;
	if (s)
		guard_state_unmap(s);
	return layout == XSRTP_GUARD_LAYOUT ? 0 :
	       map_fail(-ESTALE, why, why_len, "layout %u, not %u", layout, XSRTP_GUARD_LAYOUT);
}

uint64_t guard_memory(const struct guard_set *g)
{
	char path[64], line[128];
	uint64_t sum = 0, v;
	FILE *f;
	int i;

	for (i = 0; i < GUARD_MAPS; i++) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", g->fd[i]);
		f = fopen(path, "r");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "memlock: %lu", &v) == 1)
				sum += v;
		if (f)
			fclose(f);
	}
	return sum;
}

struct xsrtp_guard *guard_state_map(struct guard_set *g)
{
	void *m = mmap(NULL, sizeof(struct xsrtp_guard), PROT_READ | PROT_WRITE, MAP_SHARED,
		       g->fd[GUARD_STATE], 0);

	return m == MAP_FAILED ? NULL : m;
}

void guard_state_unmap(struct xsrtp_guard *s)
{
	munmap(s, sizeof(*s));
}

int guard_array(struct guard_set *g, enum guard_map i, void *to, size_t size)
{
	void *m = mmap(NULL, size, PROT_READ, MAP_SHARED, g->fd[i], 0);

	if (m == MAP_FAILED)
		return -errno;
	memcpy(to, m, size);
	munmap(m, size);
	return 0;
}

int guard_offenders(struct guard_set *g, struct xsrtp_offender *o)
{
	struct xsrtp_offender *m = mmap(NULL, XSRTP_OFFENDERS * sizeof(*m), PROT_READ, MAP_SHARED,
					g->fd[GUARD_OFFENDERS], 0);
	unsigned int i;
	int n = 0;

	if (m == MAP_FAILED)
		return -errno;
	for (i = 0; i < XSRTP_OFFENDERS; i++)
		if (m[i].version)
			o[n++] = m[i];
	munmap(m, XSRTP_OFFENDERS * sizeof(*m));
	return n;
}

/* --- policy -------------------------------------------------------------------------- */

int guard_policy_get(struct guard_set *g, struct xsrtp_policy *p, char *err, size_t err_len)
{
	__u32 zero = 0, id;
	int inner = -1, ret = 0;

	if (!bpf_map_lookup_elem(g->fd[GUARD_POLICY], &zero, &id))
		inner = bpf_map_get_fd_by_id(id);
	if (inner < 0 || bpf_map_lookup_elem(inner, &zero, p))
		ret = -errno;
	if (inner >= 0)
		close(inner);
	if (ret)
		map_fail(ret, err, err_len, "cannot read the guard's policy: %s", strerror(-ret));
	return ret;
}

int guard_policy_put(struct guard_set *g, const struct xsrtp_policy *p, char *err, size_t err_len)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = 0);
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "guard_policy_in", sizeof(__u32), sizeof(*p),
				   1, &o);
	int ret = inner < 0 ? -errno : 0;
	__u32 zero = 0;

	if (!ret && (bpf_map_update_elem(inner, &zero, p, BPF_ANY) ||
		     bpf_map_update_elem(g->fd[GUARD_POLICY], &zero, &inner, BPF_ANY)))
		ret = -errno;
	if (inner >= 0)
		close(inner);
	if (ret)
		map_fail(ret, err, err_len, "cannot change the guard's policy: %s", strerror(-ret));
	return ret;
}

int guard_start(struct guard_set *g, const char *ports, char *err, size_t err_len)
{
	struct xsrtp_guard *s = guard_state_map(g);
	struct xsrtp_policy p;
	struct guard_clock c;
	int ret = clock_measure(&c);

	if (!s)
		return map_fail(-errno, err, err_len, "cannot map the guard's state");
	s->layout = XSRTP_GUARD_LAYOUT;
	guard_state_unmap(s);
	if (ret)
		return map_fail(ret, err, err_len, "cannot read the kernel's clock: %s", strerror(-ret));
	policy_init(&p, c.hz);
	if (ports)
		ret = policy_word(&p, "ports", ports, err, err_len);
	ret = ret ?: policy_finish(&p, err, err_len);
	if (ret)
		return ret;
	if (getrandom(p.secret, sizeof(p.secret), 0) != sizeof(p.secret))
		return map_fail(-EIO, err, err_len, "no random bytes for the guard's secrets");
	return guard_policy_put(g, &p, err, err_len);
}

/*
 * An abstract socket's name belongs to the network namespace, and is free when its
 * process is gone.
 */
int guard_lock(char *err, size_t err_len)
{
	struct sockaddr_un a = { AF_UNIX, "\0xsrtp-guard" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), i;

	for (i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (!bind(fd, (struct sockaddr *)&a, sizeof(a)))
			return fd;
		if (errno != EADDRINUSE)
			break;
		usleep(10000);
	}
	i = errno;
	if (fd >= 0)
		close(fd);
	return map_fail(-i, err, err_len, i == EADDRINUSE ? "another process has been changing the "
			"guard for 10 s: try again" : "no lock for the guard: %s", strerror(i));
}

/* --- devices ------------------------------------------------------------------------- */

/* The program's descriptor if it is or has the guard, or -errno; -ENOENT: it is none. */
static int guard_prog(__u32 id, bool *inside)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return -errno;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_PROG_TYPE_XDP) {
		*inside = !strcmp(info.name, GUARD_INSIDE_PROG);
		if (*inside || !strcmp(info.name, PROG))
			return fd;
	}
	close(fd);
	return -ENOENT;
}

bool guard_is_alone(__u32 id)
{
	bool inside, alone;
	int fd = guard_prog(id, &inside);

	if (fd < 0)
		return false;
	alone = !inside && !next_id(fd);
	close(fd);
	return alone;
}

static int device_query(int ifindex, struct ingress_info *info)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, o);
	int ret = bpf_xdp_query(ifindex, 0, &o);

	if (ret)
		return ret;
	info->prog_id = o.drv_prog_id ?: o.skb_prog_id;
	info->mode = o.drv_prog_id ? INGRESS_NATIVE : INGRESS_GENERIC;
	return info->prog_id ? 0 : -ENOENT;
}

int guard_list(struct ingress_info *info, size_t max)
{
	struct if_nameindex *all = if_nameindex(), *i;
	bool inside;
	size_t n = 0;
	int fd;

	for (i = all; i && i->if_index && n < max; i++) {
		info[n] = (struct ingress_info){ 0 };
		if (device_query(i->if_index, &info[n]))
			continue;
		fd = guard_prog(info[n].prog_id, &inside);
		if (fd == -EPERM) {
			if_freenameindex(all);
			return fd;
		}
		if (fd < 0)
			continue;
		close(fd);
		info[n].door = inside ? INGRESS_GUARD : INGRESS_DEVICE;
		snprintf(info[n++].ifname, sizeof(info->ifname), "%.15s", i->if_name);
	}
	if_freenameindex(all);
	return n;
}

/* Its maps, from the program on a device; 0, -ENOENT, -ESTALE with @why, ... */
static int device_open(const struct ingress_info *d, struct guard_set *g, char *why, size_t why_len)
{
	bool inside;
	int prog = guard_prog(d->prog_id, &inside), ret;

	if (prog < 0)
		return prog;
	ret = guard_of(prog, g);
	close(prog);
	if (ret == -ESTALE)
		return map_fail(ret, why, why_len, "its maps have other sizes");
	ret = ret ?: guard_fits(g, why, why_len);
	if (ret)
		guard_close(g);
	return ret;
}

/* The first device's whose maps are this version's. */
static int devices_open(struct guard_set *g, char *why, size_t why_len)
{
	struct ingress_info d[DEVICES_MAX];
	int n = guard_list(d, DEVICES_MAX), i, ret = n < 0 ? n : -ENOENT;

	memset(g->fd, -1, sizeof(g->fd));
	for (i = 0; i < n; i++) {
		ret = device_open(&d[i], g, why, why_len);
		if (ret != -ESTALE && ret != -ENOENT)
			break;
	}
	return ret;
}

/* The same or, where no device has it, what is pinned. */
int guard_state_open(struct guard_set *g, char *why, size_t why_len)
{
	int ret = devices_open(g, why, why_len);

	if (ret != -ENOENT)
		return ret;
	ret = pins_open(g);
	ret = ret ?: guard_fits(g, why, why_len);
	if (ret)
		guard_close(g);
	return ret;
}

void guard_next_name(const struct ingress_info *d, char name[NEXT_NAME_LEN])
{
	bool inside;
	int prog = guard_prog(d->prog_id, &inside);
	__u32 id = prog < 0 ? 0 : next_id(prog);

	name[0] = 0;
	if (id)
		next_name(id, name);
	if (prog >= 0)
		close(prog);
}

int guard_open(struct guard_set *g, char *err, size_t err_len)
{
	struct guard_set pinned;
	char why[100];
	int ret = devices_open(g, why, sizeof(why));

	if (ret == -ESTALE)
		return map_fail(ret, err, err_len, "the guard is of another version of xsrtp (%s): xsrtp "
				"guard attach DEV renews it", why);
	if (ret != -ENOENT)
		return ret ? map_explain(ret, "XDP", err, err_len) : 0;
	if (pins_open(&pinned))
		return map_fail(ret, err, err_len, "no device of this network namespace has the "
				"guard: xsrtp guard attach DEV");
	guard_close(&pinned);
	return map_fail(ret, err, err_len, "no device of this network namespace has the guard any "
			"more: xsrtp guard attach DEV goes on with its state, xsrtp guard detach DEV "
			"forgets it");
}

/* What a program is loaded with: the maps of another, and for being in front of one. */
struct start {
	const struct guard_set *old;	/* or NULL */
	__u32 next;			/* or 0 */
	int attach_type;		/* of @next */
};

/* Loads the program. */
static int prog_load(const struct start *with, struct bpf_object **to, char *err, size_t err_len)
{
	struct bpf_object *o;
	size_t size;
	const void *elf = with->next ? guard_next__elf_bytes(&size) : guard__elf_bytes(&size);
	int i, ret;

	o = bpf_object__open_mem(elf, size, NULL);
	ret = o ? 0 : -errno;
	if (!ret && with->next)
		bpf_program__set_expected_attach_type(bpf_object__find_program_by_name(o, PROG),
						      with->attach_type);
	for (i = 0; !ret && with->old && i < GUARD_MAPS; i++)
		ret = bpf_map__reuse_fd(bpf_object__find_map_by_name(o, shapes[i].name),
					with->old->fd[i]);
	ret = ret ?: bpf_object__load(o);
	if (ret) {
		bpf_object__close(o);
		return map_fail(ret, err, err_len, "the kernel does not take the guard: %s%s%s",
				strerror(-ret), heard[0] ? ": " : "", heard);
	}
	*to = o;
	return 0;
}

static int xdp_attach(int ifindex, int prog, enum ingress_mode mode)
{
	__u32 flags = XDP_FLAGS_UPDATE_IF_NOEXIST |
		      (mode == INGRESS_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);

	heard[0] = 0;
	return bpf_xdp_attach(ifindex, prog, flags, NULL);
}

static int mode_attach(int ifindex, int prog, enum ingress_mode mode, struct ingress_info *info,
		       char *err, size_t err_len)
{
	int ret;

	info->mode = mode == INGRESS_GENERIC ? INGRESS_GENERIC : INGRESS_NATIVE;
	ret = xdp_attach(ifindex, prog, info->mode);
	if (ret && mode == INGRESS_AUTO && ret != -EBUSY && ret != -EEXIST && ret != -EPERM) {
		snprintf(info->why, sizeof(info->why), "%s", heard[0] ? heard : strerror(-ret));
		info->mode = INGRESS_GENERIC;
		ret = xdp_attach(ifindex, prog, info->mode);
	}
	if (ret == -EEXIST || ret == -EBUSY)
		return map_fail(-EBUSY, err, err_len, "%s has another XDP program", info->ifname);
	if (ret)
		return map_fail(ret, err, err_len, "cannot attach to %s: %s%s%s", info->ifname,
				strerror(-ret), heard[0] ? ": " : "", heard);
	return 0;
}

/* On maps that other devices use already, the ports are part of the policy that holds. */
static int ports_change(struct guard_set *g, const char *ports, char *err, size_t err_len)
{
	struct xsrtp_policy p;
	int ret = guard_policy_get(g, &p, err, err_len);

	ret = ret ?: policy_word(&p, "ports", ports, err, err_len);
	ret = ret ?: policy_finish(&p, err, err_len);
	return ret ?: guard_policy_put(g, &p, err, err_len);
}

static __u32 mode_flags(const struct ingress_info *info)
{
	return info->mode == INGRESS_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

/* From one packet to the next; what is on the device must be what was looked at. */
static int exchange(int ifindex, int prog, const struct ingress_info *info)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, o, .old_prog_fd = bpf_prog_get_fd_by_id(info->prog_id));
	int ret;

	if (o.old_prog_fd < 0)
		return -errno;
	ret = bpf_xdp_attach(ifindex, prog, mode_flags(info), &o);
	close(o.old_prog_fd);
	return ret;
}

/* In place of the guard, or of the program that is behind it from now on. */
static int take_place(int ifindex, int prog, enum ingress_mode mode, const struct ingress_info *info,
		      char *err, size_t err_len)
{
	int ret;

	if (mode != INGRESS_AUTO && mode != info->mode)
		return map_fail(-EEXIST, err, err_len, "%s has its program in %s mode: detach that, "
				"then attach again", info->ifname,
				info->mode == INGRESS_NATIVE ? "native" : "generic");
	ret = exchange(ifindex, prog, info);
	if (ret == -EBUSY)
		return map_fail(ret, err, err_len, "%s has another XDP program, which only who attached "
				"it can exchange%s%s", info->ifname, heard[0] ? ": " : "", heard);
	return ret ? map_fail(ret, err, err_len, "cannot attach to %s: %s%s%s", info->ifname,
			      strerror(-ret), heard[0] ? ": " : "", heard) : 0;
}

/* With the maps of @with, or where there are none with new ones. */
static int prog_start(const struct start *with, const char *ports, struct bpf_object **o,
		      struct guard_set *g, char *err, size_t err_len)
{
	int ret = prog_load(with, o, err, err_len);

	if (ret)
		return ret;
	ret = guard_of(bpf_program__fd(bpf_object__find_program_by_name(*o, PROG)), g);
	if (ret)
		ret = map_explain(ret, "XDP", err, err_len);
	else if (!with->old)
		ret = guard_start(g, ports, err, err_len);
	else if (ports)
		ret = ports_change(g, ports, err, err_len);
	if (ret)
		bpf_object__close(*o);
	return ret;
}

/* Onto the device: alone, or in the place of what is there. */
static int prog_put(int ifindex, int prog, enum ingress_mode mode, __u32 next,
		    struct guard_attached *to, char *err, size_t err_len)
{
	char why[200];

	if (next && next_put(prog, next, why, sizeof(why)))
		return map_fail(-EBUSY, err, err_len, "cannot put the guard in front of the XDP program "
				"of %s: %s", to->dev.ifname, why);
	return to->dev.prog_id ? take_place(ifindex, prog, mode, &to->dev, err, err_len) :
				 mode_attach(ifindex, prog, mode, &to->dev, err, err_len);
}

static int attach_prog(int ifindex, enum ingress_mode mode, const char *ports, struct start *with,
		       struct guard_attached *to, char *err, size_t err_len)
{
	struct guard_set old, g;
	struct bpf_object *o = NULL;
	int found, ret, prog;

	found = guard_state_open(&old, to->fresh, sizeof(to->fresh));
	if (found && found != -ENOENT && found != -ESTALE)
		return map_explain(found, "XDP", err, err_len);
	with->old = found ? NULL : &old;
	ret = prog_start(with, ports, &o, &g, err, err_len);
	guard_close(&old);
	if (ret)
		return ret;
	prog = bpf_program__fd(bpf_object__find_program_by_name(o, PROG));
	ret = prog_put(ifindex, prog, mode, with->next, to, err, err_len);
	if (!ret)
		pins_put(&g, to->unpinned, sizeof(to->unpinned));
	to->kept = !found;
	guard_close(&g);
	bpf_object__close(o);
	return ret;
}

/*
 * What will be behind the guard: what is behind the one that is there, or what is there.
 * Not our own other program: that is found by being the device's, when flows are added.
 */
static int find_next(struct guard_attached *to, struct start *with, char *err, size_t err_len)
{
	bool inside = false;
	int prog = guard_prog(to->dev.prog_id, &inside);
	char why[200];

	if (inside) {
		close(prog);
		return map_fail(-EEXIST, err, err_len, "%s has the guard, inside the program of xsrtp "
				"attach: to renew both, xsrtp detach %s and xsrtp attach %s guard",
				to->dev.ifname, to->dev.ifname, to->dev.ifname);
	}
	to->renewed = prog >= 0;
	with->next = to->renewed ? next_id(prog) : to->dev.prog_id;
	if (prog >= 0)
		close(prog);
	if (!with->next)
		return 0;
	next_name(with->next, to->next);
	if (!strncmp(to->next, "xsrtp_ingress", strlen("xsrtp_ingress")))
		return map_fail(-EBUSY, err, err_len, "%s has xsrtp's own program: xsrtp attach %s guard "
				"puts the guard into it", to->dev.ifname, to->dev.ifname);
	with->attach_type = next_attach_type(with->next, why, sizeof(why));
	return with->attach_type >= 0 ? 0 :
	       map_fail(-EBUSY, err, err_len, "%s has another XDP program (%s), and the guard cannot be "
			"in front of it: %s", to->dev.ifname, to->next, why);
}

static int attach_locked(int ifindex, enum ingress_mode mode, const char *ports,
			 struct guard_attached *to, char *err, size_t err_len)
{
	libbpf_print_fn_t before = libbpf_set_print(hear);
	struct start with = {};
	int ret = 0;

	if (!device_query(ifindex, &to->dev))
		ret = find_next(to, &with, err, err_len);
	heard[0] = 0;
	ret = ret ?: attach_prog(ifindex, mode, ports, &with, to, err, err_len);
	libbpf_set_print(before);
	pins_sweep();
	return ret;
}

int guard_attach(const char *ifname, enum ingress_mode mode, const char *ports,
		 struct guard_attached *to, char *err, size_t err_len)
{
	int ifindex = if_nametoindex(ifname), lock, ret;

	memset(to, 0, sizeof(*to));
	snprintf(to->dev.ifname, sizeof(to->dev.ifname), "%s", ifname);
	if (!ifindex)
		return map_fail(-ENODEV, err, err_len, "there is no device %s", ifname);
	lock = guard_lock(err, err_len);
	if (lock < 0)
		return lock;
	ret = attach_locked(ifindex, mode, ports, to, err, err_len);
	close(lock);
	return ret;
}

/* The program behind is the device's again. */
static int give_place(int ifindex, int prog, const struct ingress_info *info)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, o, .old_prog_fd = prog);
	__u32 id = next_id(prog);
	int next, ret;

	if (!id)
		return bpf_xdp_detach(ifindex, mode_flags(info), &o);
	next = bpf_prog_get_fd_by_id(id);
	if (next < 0)
		return -errno;
	ret = exchange(ifindex, next, info);
	close(next);
	return ret;
}

static int detach_device(const char *ifname, char *err, size_t err_len)
{
	int ifindex = if_nametoindex(ifname), prog = -ENOENT, ret;
	struct ingress_info info;
	bool inside = false;

	if (!ifindex)
		return map_fail(-ENODEV, err, err_len, "there is no device %s", ifname);
	if (!device_query(ifindex, &info))
		prog = guard_prog(info.prog_id, &inside);
	if (prog < 0)
		return map_fail(prog, err, err_len, "%s has no guard", ifname);
	if (inside) {
		close(prog);
		return map_fail(-EBUSY, err, err_len, "the guard of %s is inside the program of xsrtp "
				"attach: xsrtp detach %s takes off both", ifname, ifname);
	}
	ret = give_place(ifindex, prog, &info);
	close(prog);
	return ret ? map_fail(ret, err, err_len, "cannot detach from %s: %s", ifname,
			      strerror(-ret)) : 0;
}

int guard_detach(const char *ifname, char *err, size_t err_len)
{
	int lock = guard_lock(err, err_len), ret;
	struct ingress_info left;

	if (lock < 0)
		return lock;
	ret = detach_device(ifname, err, err_len);
	/* Of a device that is gone, or has lost its program, the state is what is there. */
	if (!guard_list(&left, 1) && pins_remove() && (ret == -ENODEV || ret == -ENOENT))
		ret = 0;
	pins_sweep();
	close(lock);
	return ret;
}
