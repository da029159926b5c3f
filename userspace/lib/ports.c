// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program's table of local media endpoints: an array slot for each UDP
 * port, which holds one address, and a hash for further addresses on the port.
 *
 * Several processes write at once, and each may be killed at any instruction.
 * So there is no lock. The slots are the kernel's memory, mapped; every change
 * of a slot is a compare-and-swap of its state word, which counts changes, so
 * that one who was overtaken notices and starts again:
 *
 *   add   empty slot: state := claimed; write the address; state := version.
 *         Else into the hash, then state |= more.
 *   del   state := no version; out of the hash.
 *
 * Whoever finds a slot claimed uses the hash. A process killed between claiming
 * and writing leaves the slot claimed for good: the port then costs a hash
 * lookup and works. The same address may come to be in the slot and in the
 * hash; deleting takes it out of both.
 *
 * Whose media is awaited is no part of that: it is the guard's, which leaves to the
 * module what it does not know. Who fills in a slot, or is killed while he says whose,
 * leaves it at anybody's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <bpf/bpf.h>

#include "../../bpf/port.h"
#include "ports.h"

_Static_assert(sizeof(struct xsrtp_port) == 64, "a slot is one cache line");
_Static_assert(sizeof(struct xsrtp_awaited) == 40, "what is behind its address");
_Static_assert(sizeof(struct xsrtp_local) == 20, "no padding in a key");

#define SLOTS_BYTES	(XSRTP_PORTS * sizeof(struct xsrtp_port))

int ports_open(struct ports *p, int array, int more)
{
	void *m = mmap(NULL, SLOTS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, array, 0);

	if (m == MAP_FAILED)
		return -errno;
	p->slot = m;
	p->more = more;
	return 0;
}

void ports_close(struct ports *p)
{
	munmap(p->slot, SLOTS_BYTES);
}

static int to_local(const struct endpoint *ep, struct xsrtp_local *l)
{
	memset(l, 0, sizeof(*l));
	if (!ep->port || (ep->family != AF_INET && ep->family != AF_INET6))
		return -EINVAL;
	memcpy(l->addr, ep->addr, ep->family == AF_INET ? 4 : 16);
	l->port = htons(ep->port);
	l->version = ep->family == AF_INET ? 4 : 6;
	return 0;
}

static struct xsrtp_port *slot_of(struct ports *p, const struct xsrtp_local *l)
{
	return &p->slot[ntohs(l->port)];
}

static __u32 slot_state(struct xsrtp_port *s)
{
	return __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
}

/* Replaces the flags of @old by @flags; false if somebody changed the slot. */
static bool slot_change(struct xsrtp_port *s, __u32 old, __u32 flags)
{
	__u32 new = ((old & ~(XSRTP_PORT_CHANGE - 1)) + XSRTP_PORT_CHANGE) | flags;

	return __atomic_compare_exchange_n(&s->state, &old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool slot_holds(struct xsrtp_port *s, __u32 state, const struct xsrtp_local *l)
{
	return (state & XSRTP_PORT_VERSION) == l->version &&
	       !memcmp(s->addr, l->addr, sizeof(l->addr));
}

/*
 * Between the two changes nobody but deleters of other addresses and setters of
 * "more" touch the state, and nobody the address. False: start again.
 */
static bool slot_fill(struct xsrtp_port *s, __u32 state, const struct xsrtp_local *l)
{
	__u32 more = state & XSRTP_PORT_MORE;

	if (!slot_change(s, state, more | XSRTP_PORT_CLAIMED))
		return false;
	memcpy(s->addr, l->addr, sizeof(l->addr));
	s->awaited.tag = 0;
	__atomic_store_n(&s->awaited.version, 0, __ATOMIC_RELEASE);
	do {
		state = slot_state(s);
		more = state & XSRTP_PORT_MORE;
	} while (!slot_change(s, state, more | l->version));
	return true;
}

/* Also when "more" is set already: the change tells ports_sync() of the entry. */
static void slot_set_more(struct xsrtp_port *s)
{
	__u32 state;

	do
		state = slot_state(s);
	while (!slot_change(s, state, (state & (XSRTP_PORT_CHANGE - 1)) | XSRTP_PORT_MORE));
}

static int more_add(struct ports *p, const struct xsrtp_local *l)
{
	struct xsrtp_awaited anybody = { };

	if (bpf_map_update_elem(p->more, l, &anybody, BPF_ANY))
		return errno == E2BIG ? -ENOSPC : -errno;
	slot_set_more(slot_of(p, l));
	return 0;
}

static bool more_holds(struct ports *p, const struct xsrtp_local *l)
{
	struct xsrtp_awaited a;

	return !bpf_map_lookup_elem(p->more, l, &a);
}

int ports_add(struct ports *p, const struct endpoint *ep)
{
	struct xsrtp_local l;
	struct xsrtp_port *s;
	__u32 state;

	if (to_local(ep, &l))
		return -EINVAL;
	s = slot_of(p, &l);
	for (;;) {
		state = slot_state(s);
		if (slot_holds(s, state, &l))
			return 0;
		if ((state & (XSRTP_PORT_VERSION | XSRTP_PORT_CLAIMED)) || more_holds(p, &l))
			return more_add(p, &l);
		if (slot_fill(s, state, &l))
			return 0;
	}
}

static int local_del(struct ports *p, const struct xsrtp_local *l)
{
	struct xsrtp_port *s = slot_of(p, l);
	__u32 state = slot_state(s);

	while (slot_holds(s, state, l)) {
		if (slot_change(s, state, state & XSRTP_PORT_MORE))
			break;
		state = slot_state(s);
	}
	if (bpf_map_delete_elem(p->more, l) && errno != ENOENT)
		return -errno;
	return 0;
}

int ports_del(struct ports *p, const struct endpoint *ep)
{
	struct xsrtp_local l;

	return to_local(ep, &l) ? -EINVAL : local_del(p, &l);
}

/* --- whose media is awaited --------------------------------------------- */

static int to_awaited(const struct endpoint *far, struct xsrtp_awaited *a)
{
	memset(a, 0, sizeof(*a));
	if (!far->family)
		return 0;
	if (far->family != AF_INET && far->family != AF_INET6)
		return -EINVAL;
	memcpy(a->addr, far->addr, far->family == AF_INET ? 4 : 16);
	a->port = htons(far->port);
	a->version = far->family == AF_INET ? 4 : 6;
	return 0;
}

/* The program compares nothing while there is no version. */
static void slot_await(struct xsrtp_port *s, const struct xsrtp_awaited *a)
{
	__atomic_store_n(&s->awaited.version, 0, __ATOMIC_SEQ_CST);
	memcpy(s->awaited.addr, a->addr, sizeof(a->addr));
	s->awaited.port = a->port;
	s->awaited.tag = a->tag;
	__atomic_store_n(&s->awaited.version, a->version, __ATOMIC_RELEASE);
}

int ports_await(struct ports *p, const struct endpoint *ep, const struct endpoint *far, bool tag)
{
	struct xsrtp_awaited a;
	struct xsrtp_local l;
	struct xsrtp_port *s;

	if (to_local(ep, &l) || to_awaited(far, &a))
		return -EINVAL;
	a.tag = tag;
	s = slot_of(p, &l);
	if (slot_holds(s, slot_state(s), &l)) {
		slot_await(s, &a);
		return 0;
	}
	return bpf_map_update_elem(p->more, &l, &a, BPF_EXIST) ? -errno : 0;
}

/* --- sync --------------------------------------------------------------- */

static int local_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct xsrtp_local));
}

struct wanted {
	struct xsrtp_local *l;
	size_t n;
};

static bool is_wanted(const struct wanted *w, const struct xsrtp_local *l)
{
	return bsearch(l, w->l, w->n, sizeof(*l), local_cmp);
}

static int prune_slots(struct ports *p, const struct wanted *w)
{
	unsigned int port;

	for (port = 0; port < XSRTP_PORTS; port++) {
		struct xsrtp_port *s = &p->slot[port];
		struct xsrtp_local l = { .port = htons(port) };
		int err = 0;

		l.version = slot_state(s) & XSRTP_PORT_VERSION;
		memcpy(l.addr, s->addr, sizeof(l.addr));
		if (l.version && !is_wanted(w, &l))
			err = local_del(p, &l);
		if (err)
			return err;
	}
	return 0;
}

/* The next key is asked for before this one is deleted, or the walk restarts. */
static int prune_more(struct ports *p, const struct wanted *w)
{
	struct xsrtp_local l, next;
	int end = bpf_map_get_next_key(p->more, NULL, &next);

	while (!end) {
		l = next;
		end = bpf_map_get_next_key(p->more, &l, &next);
		if (!is_wanted(w, &l) && bpf_map_delete_elem(p->more, &l) && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/*
 * Clears "more" where the hash has nothing on the port. The states are taken
 * before the hash is read: one who adds an entry meanwhile changes the state
 * after it, and "more" then stays.
 */
static int clear_more(struct ports *p)
{
	__u32 *state = calloc(XSRTP_PORTS, sizeof(*state));
	struct xsrtp_local l;
	unsigned int port;
	int end;

	if (!state)
		return -ENOMEM;
	for (port = 0; port < XSRTP_PORTS; port++)
		state[port] = slot_state(&p->slot[port]);
	for (end = bpf_map_get_next_key(p->more, NULL, &l); !end;
	     end = bpf_map_get_next_key(p->more, &l, &l))
		state[ntohs(l.port)] = 0;
	for (port = 0; port < XSRTP_PORTS; port++)
		if (state[port] & XSRTP_PORT_MORE)
			slot_change(&p->slot[port], state[port], state[port] &
				    (XSRTP_PORT_CHANGE - 1) & ~XSRTP_PORT_MORE);
	free(state);
	return 0;
}

int ports_sync(struct ports *p, const struct endpoint *ep, size_t n)
{
	struct wanted w = { .l = calloc(n + 1, sizeof(*w.l)), .n = n };
	size_t i;
	int err = w.l ? 0 : -ENOMEM;

	for (i = 0; i < n && !err; i++)
		err = to_local(&ep[i], &w.l[i]);
	if (!err) {
		qsort(w.l, n, sizeof(*w.l), local_cmp);
		err = prune_slots(p, &w);
	}
	if (!err)
		err = prune_more(p, &w);
	for (i = 0; i < n && !err; i++)
		err = ports_add(p, &ep[i]);
	if (!err)
		err = clear_more(p);
	free(w.l);
	return err;
}
