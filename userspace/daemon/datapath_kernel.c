// SPDX-License-Identifier: GPL-2.0
/*
 * The datapath that is xsrtp.ko.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "datapath.h"
#include "host.h"

struct kernel {
	struct datapath d;
	struct xnl *x;
};

static struct xnl *xnl_of(struct datapath *d)
{
	return ((struct kernel *)d)->x;
}

static int tell(struct datapath *d, int ret, char *err, size_t err_len)
{
	if (ret)
		snprintf(err, err_len, "%s", xnl_error(xnl_of(d)));
	return ret;
}

static int kernel_add(struct datapath *d, const struct flow *f, uint32_t *id, char *err, size_t err_len)
{
	return host_flow_add(xnl_of(d), f, id, err, err_len);
}

static int kernel_move(struct datapath *d, const struct flow *f, char *err, size_t err_len)
{
	return host_flow_set(xnl_of(d), f, err, err_len);
}

static int kernel_rekey(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
			char *err, size_t err_len)
{
	struct flow which = flow_select(id, NULL);

	return tell(d, key_set(xnl_of(d), &which, dir, k), err, err_len);
}

/*
 * Setting a key forgets both that were there, but what is first already is refused
 * (-EEXIST). Packets may exchange the two at any moment: after forgetting the second it
 * is set once more.
 */
static int kernel_only(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
		       char *err, size_t err_len)
{
	struct flow which = flow_select(id, NULL);
	struct xnl *x = xnl_of(d);
	int ret = key_set(x, &which, dir, k);

	if (ret != -EEXIST)
		return tell(d, ret, err, err_len);
	key_del(x, &which, dir, true);
	ret = key_set(x, &which, dir, k);
	return ret == -EEXIST ? 0 : tell(d, ret, err, err_len);
}

static int kernel_del(struct datapath *d, uint32_t id, char *err, size_t err_len)
{
	struct flow which = flow_select(id, NULL);

	return host_flow_del(xnl_of(d), &which, err, err_len);
}

static int kernel_stats(struct datapath *d, uint32_t id, struct stats *s, char *err, size_t err_len)
{
	struct flow which = flow_select(id, NULL), f;
	int ret = flow_get(xnl_of(d), &which, &f);

	if (ret)
		return tell(d, ret, err, err_len);
	*s = f.stats;
	flow_clear(&f);
	return 0;
}

struct each {
	void (*fn)(const struct flow *f, void *arg);
	void *arg;
};

static int one(const struct flow *f, void *arg)
{
	struct each *e = arg;

	e->fn(f, e->arg);
	return 0;
}

static int kernel_each(struct datapath *d, void (*fn)(const struct flow *f, void *arg), void *arg,
		       char *err, size_t err_len)
{
	struct each e = { fn, arg };

	return tell(d, flow_dump(xnl_of(d), one, &e), err, err_len);
}

static int kernel_reconcile(struct datapath *d, char *err, size_t err_len)
{
	return host_sync(xnl_of(d), err, err_len);
}

static int kernel_totals(struct datapath *d, struct stats *s, char *err, size_t err_len)
{
	return tell(d, stats_get(xnl_of(d), s), err, err_len);
}

static void kernel_close(struct datapath *d)
{
	xnl_close(xnl_of(d));
	free(d);
}

struct datapath *datapath_kernel(char *err, size_t err_len)
{
	static const struct datapath ops = {
		kernel_add, kernel_move, kernel_rekey, kernel_only, kernel_del, kernel_stats, kernel_each,
		kernel_reconcile, kernel_close, kernel_totals,
	};
	struct kernel *k = calloc(1, sizeof(*k));

	if (!k) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	k->d = ops;
	k->x = xnl_open(err, err_len);
	if (k->x)
		return &k->d;
	free(k);
	return NULL;
}
