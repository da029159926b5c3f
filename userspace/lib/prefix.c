// SPDX-License-Identifier: GPL-2.0
/*
 * The program reads while we write. In a line the state is written last and cleared
 * first, so a host is there as a whole or not at all; how many there are in each table is
 * in the state of the guard, which has the program pass by tables that hold nothing.
 */
#include "prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>

#include "../../bpf/hash.h"
#include "maps.h"

#define LINES_BYTES	(XSRTP_HOST_LINES * sizeof(struct xsrtp_host_line))

/* --- text -------------------------------------------------------------------------- */

static bool clear_behind(uint8_t *addr, unsigned int bits)
{
	unsigned int i;
	bool some = false;

	for (i = bits; i < 128; i++) {
		some |= addr[i / 8] >> (7 - i % 8) & 1;
		addr[i / 8] &= ~(1 << (7 - i % 8));
	}
	return some;
}

int prefix_parse(const char *text, struct prefix *p, char *err, size_t err_len)
{
	char addr[INET6_ADDRSTRLEN], rest = 0, right[PREFIX_STRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int bits, most;

	memset(p, 0, sizeof(*p));
	if (len >= sizeof(addr))
		goto bad;
	memcpy(addr, text, len);
	addr[len] = 0;
	p->family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	bits = most = p->family == AF_INET ? 32 : 128;
	if (inet_pton(p->family, addr, p->addr) != 1)
		goto bad;
	if (slash && (slash[1] < '0' || slash[1] > '9' ||
		      sscanf(slash + 1, "%3u%c", &bits, &rest) != 1))
		goto bad;
	if (bits > most)
		return map_fail(-EINVAL, err, err_len, "\"%s\": a prefix of IPv%d has at most %u bits",
				text, p->family == AF_INET ? 4 : 6, most);
	p->bits = bits;
	if (clear_behind(p->addr, bits))
		return map_fail(-EINVAL, err, err_len, "\"%s\" has bits behind the prefix: write %s, or "
				"%s alone", text, prefix_format(p, right), addr);
	return 0;
bad:
	return map_fail(-EINVAL, err, err_len, "\"%s\" is not a prefix: write it as 192.0.2.1, "
			"192.0.2.0/24 or 2001:db8::/32", text);
}

const char *prefix_format(const struct prefix *p, char *buf)
{
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(p->family, p->addr, addr, sizeof(addr));
	snprintf(buf, PREFIX_STRLEN, "%s/%u", addr, p->bits);
	return buf;
}

uint32_t prefix_until(const struct guard_clock *c, uint64_t seconds)
{
	uint32_t until = ((c->jiffies + seconds * c->hz) >> XSRTP_UNTIL_SHIFT) + 1;

	return until ? until : 1;
}

/* --- the tables -------------------------------------------------------------------- */

struct tables {
	struct guard_set *g;
	struct xsrtp_guard *state;
	struct xsrtp_host_line *lines;
	struct xsrtp_policy policy;
	uint32_t now;		/* jiffies / 256 */
};

static void tables_close(struct tables *t)
{
	if (t->state)
		guard_state_unmap(t->state);
	if (t->lines)
		munmap(t->lines, LINES_BYTES);
}

static int tables_open(struct tables *t, struct guard_set *g, char *err, size_t err_len)
{
	struct guard_clock c;
	void *m;
	int ret;

	*t = (struct tables){ .g = g };
	ret = guard_policy_get(g, &t->policy, err, err_len);
	if (ret)
		return ret;
	ret = guard_clock_read(&c);
	t->now = c.jiffies >> XSRTP_UNTIL_SHIFT;
	t->state = guard_state_map(g);
	m = mmap(NULL, LINES_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd[GUARD_HOSTS], 0);
	t->lines = m == MAP_FAILED ? NULL : m;
	if (!ret && t->state && t->lines)
		return 0;
	ret = ret ?: -errno;
	tables_close(t);
	return map_fail(ret, err, err_len, "cannot map the guard's tables: %s", strerror(-ret));
}

static bool is_host(const struct prefix *p)
{
	return p->bits == (p->family == AF_INET ? 32 : 64);
}

static struct xsrtp_local local_of(const struct prefix *p)
{
	struct xsrtp_local l = { .version = p->family == AF_INET ? 4 : 6 };

	memcpy(l.addr, p->addr, sizeof(l.addr));
	return l;
}

static bool is_over(const struct tables *t, uint32_t until)
{
	return until && (int32_t)(t->now - until) >= 0;
}

/* The key of a trie; both begin so. Returns the family's map. */
static int trie_key(const struct tables *t, const struct prefix *p, struct xsrtp_prefix6 *key)
{
	key->bits = p->bits;
	memcpy(key->addr, p->addr, sizeof(key->addr));
	return t->g->fd[p->family == AF_INET ? GUARD_PREFIX4 : GUARD_PREFIX6];
}

static struct prefix prefix_of(int family, const struct xsrtp_prefix6 *key,
			       const struct xsrtp_prefix_state *s)
{
	struct prefix p = { .family = family, .bits = key->bits, .state = s->state,
			    .until = s->until };

	memcpy(p.addr, key->addr, family == AF_INET ? 4 : 16);
	return p;
}

static int trie_each(struct tables *t, int family, int (*fn)(const struct prefix *, void *),
		     void *arg)
{
	int map = t->g->fd[family == AF_INET ? GUARD_PREFIX4 : GUARD_PREFIX6], ret = 0;
	struct xsrtp_prefix6 key, next;
	struct xsrtp_prefix_state s;
	struct prefix p;
	int end = bpf_map_get_next_key(map, NULL, &next);

	while (!end && !ret) {
		key = next;
		end = bpf_map_get_next_key(map, &key, &next);
		if (bpf_map_lookup_elem(map, &key, &s))
			continue;
		p = prefix_of(family, &key, &s);
		if (!is_over(t, s.until))
			ret = fn(&p, arg);
	}
	return ret;
}

static struct prefix prefix_of_host(const struct xsrtp_host *h)
{
	struct prefix p = { .family = h->version == 4 ? AF_INET : AF_INET6, .state = h->state,
			    .bits = h->version == 4 ? 32 : 64, .until = h->until };
	__be32 word[2] = { h->key >> 32, h->key };

	memcpy(p.addr, word, sizeof(word));
	return p;
}

static int hosts_each(struct tables *t, int (*fn)(const struct prefix *, void *), void *arg)
{
	struct prefix p;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < XSRTP_HOST_LINES * XSRTP_HOSTS_A_LINE && !ret; i++) {
		struct xsrtp_host *h = &t->lines[i / XSRTP_HOSTS_A_LINE].host[i % XSRTP_HOSTS_A_LINE];

		if (!h->state || is_over(t, h->until))
			continue;
		p = prefix_of_host(h);
		ret = fn(&p, arg);
	}
	return ret;
}

static int all_each(struct tables *t, int (*fn)(const struct prefix *, void *), void *arg)
{
	int ret = hosts_each(t, fn, arg);

	ret = ret ?: trie_each(t, AF_INET, fn, arg);
	return ret ?: trie_each(t, AF_INET6, fn, arg);
}

int prefix_each(struct guard_set *g, int (*fn)(const struct prefix *p, void *arg), void *arg,
		char *err, size_t err_len)
{
	struct tables t;
	int ret = tables_open(&t, g, err, err_len);

	if (ret)
		return ret;
	ret = all_each(&t, fn, arg);
	tables_close(&t);
	return ret;
}

/* --- changes ----------------------------------------------------------------------- */

static struct xsrtp_host_line *line_of(struct tables *t, const struct prefix *p)
{
	struct xsrtp_local l = local_of(p);

	return &t->lines[xsrtp_hash_source(&t->policy, &l) >> (64 - XSRTP_HOST_BITS)];
}

/* Its place in the line, else a free one, or NULL. */
static struct xsrtp_host *host_place(struct tables *t, const struct prefix *p)
{
	struct xsrtp_host_line *line = line_of(t, p);
	struct xsrtp_local l = local_of(p);
	struct xsrtp_host *free = NULL, *h;
	unsigned int i;

	for (i = 0; i < XSRTP_HOSTS_A_LINE; i++) {
		h = &line->host[i];
		if (h->state && h->key == xsrtp_source_key(&l) && h->version == l.version)
			return h;
		if (!h->state || is_over(t, h->until))
			free = h;
	}
	return free;
}

static void host_write(struct xsrtp_host *h, const struct prefix *p)
{
	struct xsrtp_local l = local_of(p);

	__atomic_store_n(&h->state, XSRTP_PREFIX_NONE, __ATOMIC_SEQ_CST);
	h->key = xsrtp_source_key(&l);
	h->until = p->until;
	h->version = l.version;
	__atomic_store_n(&h->state, p->state, __ATOMIC_SEQ_CST);
}

static int trie_write(struct tables *t, const struct prefix *p, char *err, size_t err_len)
{
	struct xsrtp_prefix_state s = { p->until, p->state };
	struct xsrtp_prefix6 key;
	int map = trie_key(t, p, &key);

	if (!bpf_map_update_elem(map, &key, &s, BPF_ANY))
		return 0;
	if (errno == ENOSPC)
		return map_fail(-ENOSPC, err, err_len, "the table is full: %d prefixes of one family "
				"that are neither an IPv4 address nor an IPv6 /64", XSRTP_PREFIXES_MAX);
	return map_fail(-errno, err, err_len, "cannot write the guard's prefixes: %s",
			strerror(errno));
}

static uint32_t maybe_bit(const struct tables *t, const struct xsrtp_local *l)
{
	return xsrtp_hash_source(&t->policy, l) >> (64 - XSRTP_SOURCE_BITS);
}

/* Before the host is written: what is there is never without its bit. */
static void maybe_set(struct tables *t, const struct prefix *p)
{
	struct xsrtp_local l = local_of(p);
	uint32_t bit = maybe_bit(t, &l);

	t->state->maybe[bit / 64] |= 1ULL << bit % 64;
}

/* All bits anew, a word at a time. */
static void maybe_write(struct tables *t)
{
	uint64_t bits[XSRTP_MAYBE_BITS / 64] = { 0 };
	struct xsrtp_local l;
	struct prefix p;
	unsigned int i, bit;

	for (i = 0; i < XSRTP_HOST_LINES * XSRTP_HOSTS_A_LINE; i++) {
		struct xsrtp_host *h = &t->lines[i / XSRTP_HOSTS_A_LINE].host[i % XSRTP_HOSTS_A_LINE];

		if (!h->state)
			continue;
		p = prefix_of_host(h);
		l = local_of(&p);
		bit = maybe_bit(t, &l);
		bits[bit / 64] |= 1ULL << bit % 64;
	}
	for (i = 0; i < XSRTP_MAYBE_BITS / 64; i++)
		t->state->maybe[i] = bits[i];
}

/* Takes out what is over, and tells the program what there is. */
static void tables_count(struct tables *t)
{
	static const int map[] = { GUARD_PREFIX4, GUARD_PREFIX6 };
	unsigned int i, n = 0, in[2] = { 0, 0 };
	struct xsrtp_prefix6 key, next;
	struct xsrtp_prefix_state s;
	int end;

	for (i = 0; i < XSRTP_HOST_LINES * XSRTP_HOSTS_A_LINE; i++) {
		struct xsrtp_host *h = &t->lines[i / XSRTP_HOSTS_A_LINE].host[i % XSRTP_HOSTS_A_LINE];

		if (h->state && is_over(t, h->until))
			__atomic_store_n(&h->state, XSRTP_PREFIX_NONE, __ATOMIC_SEQ_CST);
		n += h->state != XSRTP_PREFIX_NONE;
	}
	for (i = 0; i < 2; i++) {
		end = bpf_map_get_next_key(t->g->fd[map[i]], NULL, &next);
		while (!end) {
			key = next;
			end = bpf_map_get_next_key(t->g->fd[map[i]], &key, &next);
			if (!bpf_map_lookup_elem(t->g->fd[map[i]], &key, &s) && is_over(t, s.until))
				bpf_map_delete_elem(t->g->fd[map[i]], &key);
			else
				in[i]++;
		}
	}
	t->state->prefixes4 = in[0];
	t->state->prefixes6 = in[1];
	t->state->hosts = n;
	maybe_write(t);
}

struct overlap {
	const struct prefix *p;
	struct prefix with;
};

static int find_overlap(const struct prefix *q, void *arg)
{
	struct overlap *o = arg;
	uint8_t a[16], b[16];
	unsigned int bits = q->bits < o->p->bits ? q->bits : o->p->bits;

	if (q->family != o->p->family || q->state == o->p->state)
		return 0;
	memcpy(a, q->addr, 16);
	memcpy(b, o->p->addr, 16);
	clear_behind(a, bits);
	clear_behind(b, bits);
	if (memcmp(a, b, 16))
		return 0;
	o->with = *q;
	return 1;
}

static int refuse_overlap(const struct overlap *o, char *err, size_t err_len)
{
	char p[PREFIX_STRLEN], q[PREFIX_STRLEN];
	bool banned = o->with.state == XSRTP_PREFIX_BANNED;

	prefix_format(o->p, p);
	prefix_format(&o->with, q);
	return map_fail(-EINVAL, err, err_len, "%s overlaps %s, which is %s: write xsrtp unban %s first, "
			"or a prefix beside it", p, q, banned ? "banned" : "allowed", q);
}

int prefix_add(struct guard_set *g, const struct prefix *p, char *err, size_t err_len)
{
	struct overlap o = { .p = p };
	struct xsrtp_prefix6 key;
	struct xsrtp_host *h;
	struct tables t;
	int ret = tables_open(&t, g, err, err_len);

	if (ret)
		return ret;
	if (all_each(&t, find_overlap, &o)) {
		tables_close(&t);
		return refuse_overlap(&o, err, err_len);
	}
	h = is_host(p) ? host_place(&t, p) : NULL;
	if (h) {
		maybe_set(&t, p);
		host_write(h, p);
		/* From when its line was full. */
		bpf_map_delete_elem(trie_key(&t, p, &key), &key);
	} else {
		ret = trie_write(&t, p, err, err_len);
	}
	tables_count(&t);
	tables_close(&t);
	return ret;
}

int prefix_del(struct guard_set *g, const struct prefix *p, char *err, size_t err_len)
{
	struct xsrtp_prefix6 key;
	struct xsrtp_host *h;
	char text[PREFIX_STRLEN];
	struct xsrtp_local l = local_of(p);
	struct tables t;
	bool found = false;
	int ret = tables_open(&t, g, err, err_len);

	if (ret)
		return ret;
	h = is_host(p) ? host_place(&t, p) : NULL;
	if (h && h->state && h->key == xsrtp_source_key(&l) && h->version == l.version) {
		found = !is_over(&t, h->until);
		__atomic_store_n(&h->state, XSRTP_PREFIX_NONE, __ATOMIC_SEQ_CST);
	}
	found |= !bpf_map_delete_elem(trie_key(&t, p, &key), &key);
	tables_count(&t);
	tables_close(&t);
	return found ? 0 : map_fail(-ENOENT, err, err_len, "%s is neither banned nor allowed: xsrtp "
				    "guard show lists what is", prefix_format(p, text));
}
