// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps module and XDP program in step, while other processes do the same. There
 * is no lock: a flow is put into the module first and into the table then, and
 * whoever takes endpoints out of the table looks at the module's flows again
 * afterwards and puts back what is needed. So the table never lacks a flow for
 * good; it may hold an endpoint too many, whose packets the module drops.
 */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"

static int refuse(struct xnl *x, int ret, char *err, size_t err_len)
{
	snprintf(err, err_len, "%s", xnl_error(x));
	return ret;
}

int host_flow_add(struct xnl *x, const struct flow *f, uint32_t *id, char *err, size_t err_len)
{
	struct flow made;
	int ret;

	ret = flow_new(x, f, id);
	if (ret)
		return refuse(x, ret, err, err_len);
	ret = ingress_add(&f->local, err, err_len);
	if (ret) {
		made = flow_select(*id, NULL);
		flow_del(x, &made);
	}
	return ret;
}

static int has_flow(struct xnl *x, const struct endpoint *local)
{
	struct flow which = flow_select(0, local), f;
	int ret = flow_get(x, &which, &f);

	flow_clear(&f);
	return ret == -ENOENT ? 0 : ret ?: 1;
}

/* Out of the table, unless a flow has the endpoint (again). */
static int forget_local(struct xnl *x, const struct endpoint *local, char *err, size_t err_len)
{
	char why[256];
	int ret = has_flow(x, local);

	if (ret)
		return ret < 0 ? refuse(x, ret, err, err_len) : 0;
	ret = ingress_del(local, why, sizeof(why));
	if (ret) {
		snprintf(err, err_len, "the flow is deleted, but its packets still go to the "
			 "xsrtp device: %s", why);
		return ret;
	}
	ret = has_flow(x, local);
	if (ret < 0)
		return refuse(x, ret, err, err_len);
	return ret ? ingress_add(local, err, err_len) : 0;
}

int host_flow_del(struct xnl *x, const struct flow *which, char *err, size_t err_len)
{
	struct flow f;
	int ret;

	ret = flow_get(x, which, &f);
	if (ret)
		return refuse(x, ret, err, err_len);
	ret = flow_del(x, which);
	if (ret)
		ret = refuse(x, ret, err, err_len);
	else
		ret = forget_local(x, &f.local, err, err_len);
	flow_clear(&f);
	return ret;
}

/* What is needed of each flow; collected first, because one socket does one thing. */
struct list {
	uint32_t *ids;
	struct endpoint *locals;
	size_t n;
	size_t room;
};

static int grow(struct list *l)
{
	size_t room = l->room ? 2 * l->room : 64;
	uint32_t *ids = reallocarray(l->ids, room, sizeof(*ids));
	struct endpoint *locals;

	if (!ids)
		return -ENOMEM;
	l->ids = ids;
	locals = reallocarray(l->locals, room, sizeof(*locals));
	if (!locals)
		return -ENOMEM;
	l->locals = locals;
	l->room = room;
	return 0;
}

static int note_flow(const struct flow *f, void *arg)
{
	struct list *l = arg;

	if (l->n == l->room && grow(l))
		return -ENOMEM;
	l->ids[l->n] = f->id;
	l->locals[l->n++] = f->local;
	return 0;
}

static void free_list(struct list *l)
{
	free(l->ids);
	free(l->locals);
	*l = (struct list){ 0 };
}

static int list_flows(struct xnl *x, struct list *l, char *err, size_t err_len)
{
	int ret = flow_dump(x, note_flow, l);

	return ret ? refuse(x, ret, err, err_len) : 0;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Puts the flows into the table that came after @known was listed. */
static int add_newer(struct xnl *x, struct list *known, char *err, size_t err_len)
{
	struct list now = { 0 };
	size_t i;
	int ret = list_flows(x, &now, err, err_len);

	if (known->n)
		qsort(known->ids, known->n, sizeof(*known->ids), by_id);
	for (i = 0; !ret && i < now.n; i++)
		if (!known->n || !bsearch(&now.ids[i], known->ids, known->n,
					  sizeof(*known->ids), by_id))
			ret = ingress_add(&now.locals[i], err, err_len);
	free_list(&now);
	return ret;
}

/* The table made new from the module. */
static int sync_locals(struct xnl *x, char *err, size_t err_len)
{
	struct list l = { 0 };
	int ret;

	ret = list_flows(x, &l, err, err_len);
	if (!ret)
		ret = ingress_sync(l.locals, l.n, err, err_len);
	if (!ret)
		ret = add_newer(x, &l, err, err_len);
	free_list(&l);
	return ret;
}

int host_flow_del_all(struct xnl *x, unsigned int *n, char *err, size_t err_len)
{
	struct list l = { 0 };
	struct flow f;
	size_t i;
	int ret;

	*n = 0;
	ret = list_flows(x, &l, err, err_len);
	for (i = 0; !ret && i < l.n; i++) {
		f = flow_select(l.ids[i], NULL);
		ret = flow_del(x, &f);
		if (ret == -ENOENT)	/* someone else was faster */
			ret = 0;
		else if (ret)
			refuse(x, ret, err, err_len);
		else
			++*n;
	}
	free_list(&l);
	return ret ?: sync_locals(x, err, err_len);
}

/* @ifname: the namespace's only xsrtp device. */
static int only_link(char *ifname, size_t size, char *err, size_t err_len)
{
	struct link links[2];
	int n = link_list(links, 2);

	if (n < 0)
		snprintf(err, err_len, "cannot list the devices: %s", strerror(-n));
	else if (!n)
		snprintf(err, err_len, "no xsrtp device in this network namespace: "
			 "ip link add dev xsrtp0 type xsrtp && ip link set xsrtp0 up");
	else if (n > 1)
		snprintf(err, err_len, "there are %d xsrtp devices: say which one, with "
			 "\"to %s\"", n, links[0].ifname);
	if (n != 1)
		return n < 0 ? n : -ENODEV;
	snprintf(ifname, size, "%s", links[0].ifname);
	return 0;
}

int host_attach(struct xnl *x, const char *ifname, const char *xsrtp_ifname,
		enum ingress_mode mode, struct ingress_info *info, char *err, size_t err_len)
{
	struct list l = { 0 };
	char only[16];
	int ret = 0;

	if (!xsrtp_ifname) {
		ret = only_link(only, sizeof(only), err, err_len);
		xsrtp_ifname = only;
	}
	if (!ret)
		ret = list_flows(x, &l, err, err_len);
	if (!ret)
		ret = ingress_attach(ifname, xsrtp_ifname, mode, l.locals, l.n, info, err,
				     err_len);
	/* Flows that came while the program was being loaded found no table. */
	if (!ret)
		ret = add_newer(x, &l, err, err_len);
	free_list(&l);
	return ret;
}
