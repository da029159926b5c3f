// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the module and the programs in step, while other processes do the same. There
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

#include <xsrtp/suite.h>

#include "egress.h"
#include "link.h"

static bool is_sender(const struct flow *f)
{
	return f->action == XSRTP_ACTION_SEND;
}

static struct sender sender_of(const struct flow *f)
{
	return (struct sender){ f->local, f->remote };
}

/* What arrives is authenticated. */
static bool has_tag(const struct session *rx)
{
	static const unsigned char tag_len[] = {
#define X(sym, num, name, kind, key, salt, tag) [num] = (tag),
		XSRTP_SUITES(X)
#undef X
	};

	return rx->present && rx->suite < sizeof(tag_len) && tag_len[rx->suite];
}

/* Whose media it waits for: of one that learns, from any port of the remote's address. */
static struct ingress_awaited awaited_of(const struct flow *f)
{
	struct ingress_awaited a = { f->local, f->remote, has_tag(&f->rx) };

	if (f->has_learn && f->learn != XSRTP_LEARN_NEVER)
		a.far.port = 0;
	return a;
}

/*
 * Into, and out of, the table of the program that its packets meet. Those of a copy
 * meet none.
 */
static int table_add(const struct flow *f, char *err, size_t err_len)
{
	struct ingress_awaited a = awaited_of(f);
	struct sender s = sender_of(f);

	if (f->of)
		return 0;
	if (is_sender(f))
		return egress_add(&s, err, err_len);
	return ingress_add(&f->local, err, err_len) ?: ingress_await(&a, 1, err, err_len);
}

static int table_del(const struct flow *f, char *err, size_t err_len)
{
	struct sender s = sender_of(f);

	return is_sender(f) ? egress_del(&s, err, err_len) : ingress_del(&f->local, err, err_len);
}

static int refuse(struct xnl *x, int ret, char *err, size_t err_len)
{
	snprintf(err, err_len, "%s", xnl_error(x));
	return ret;
}

int host_flow_add(struct xnl *x, const struct flow *f, uint32_t *id, char *err, size_t err_len)
{
	struct flow made;
	int ret;

	/* What it would send before somebody attaches would leave in the clear. */
	if (is_sender(f) && !egress_attached(NULL)) {
		snprintf(err, err_len, "no device has the egress program: xsrtp attach the one that "
			 "media leaves by, first");
		return -ENOENT;
	}
	ret = flow_new(x, f, id);
	if (ret)
		return refuse(x, ret, err, err_len);
	ret = table_add(f, err, err_len);
	if (ret) {
		made = flow_select(*id, NULL);
		flow_del(x, &made);
	}
	return ret;
}

int host_flow_set(struct xnl *x, const struct flow *f, char *err, size_t err_len)
{
	struct flow which = flow_select(f->id, f->id ? NULL : &f->local), now;
	int ret = flow_set(x, f);

	ret = ret ?: flow_get(x, &which, &now);
	if (ret)
		return refuse(x, ret, err, err_len);
	ret = table_add(&now, err, err_len);
	flow_clear(&now);
	return ret;
}

/* Flows that need the same place in a table; senders cannot be asked for by name. */
struct search {
	const struct flow *like;
	bool found;
};

static int same_sender(const struct flow *f, void *arg)
{
	struct search *s = arg;

	s->found |= is_sender(f) && endpoint_equal(&f->local, &s->like->local) &&
		    endpoint_equal(&f->remote, &s->like->remote);
	return 0;
}

static int has_flow(struct xnl *x, const struct flow *like)
{
	struct flow which = flow_select(0, &like->local), f;
	struct search s = { like, false };
	int ret;

	if (is_sender(like))
		return flow_dump(x, same_sender, &s) ?: s.found;
	ret = flow_get(x, &which, &f);
	flow_clear(&f);
	return ret == -ENOENT ? 0 : ret ?: 1;
}

/* Out of the table, unless a flow has the place (again). */
static int forget(struct xnl *x, const struct flow *f, char *err, size_t err_len)
{
	char why[256];
	int ret;

	if (f->of)
		return 0;
	ret = has_flow(x, f);
	if (ret)
		return ret < 0 ? refuse(x, ret, err, err_len) : 0;
	ret = table_del(f, why, sizeof(why));
	if (ret) {
		snprintf(err, err_len, "the flow is deleted, but its packets still go to the "
			 "xsrtp device: %s", why);
		return ret;
	}
	ret = has_flow(x, f);
	if (ret < 0)
		return refuse(x, ret, err, err_len);
	return ret ? table_add(f, err, err_len) : 0;
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
		ret = forget(x, &f, err, err_len);
	flow_clear(&f);
	return ret;
}

/* What is needed of each flow; collected first, because one socket does one thing. */
struct list {
	struct flow *flows;	/* id, action and endpoints; nothing that needs freeing */
	size_t n;
	size_t room;
};

static int grow(struct list *l)
{
	size_t room = l->room ? 2 * l->room : 64;
	struct flow *flows = reallocarray(l->flows, room, sizeof(*flows));

	if (!flows)
		return -ENOMEM;
	l->flows = flows;
	l->room = room;
	return 0;
}

static int note_flow(const struct flow *f, void *arg)
{
	struct list *l = arg;

	if (l->n == l->room && grow(l))
		return -ENOMEM;
	l->flows[l->n++] = (struct flow){ .id = f->id, .local = f->local, .remote = f->remote,
					  .action = f->action, .of = f->of,
					  .has_learn = f->has_learn, .learn = f->learn,
					  .rx = { .present = f->rx.present, .suite = f->rx.suite } };
	return 0;
}

static void free_list(struct list *l)
{
	free(l->flows);
	*l = (struct list){ 0 };
}

/* The list as the tables want it: one of the two programs' part each. */
struct parts {
	struct endpoint *locals;
	struct ingress_awaited *awaited;	/* of each of the locals */
	struct sender *senders;
	size_t n_locals;
	size_t n_senders;
};

static int split(const struct list *l, struct parts *p)
{
	size_t i;

	*p = (struct parts){ calloc(l->n + 1, sizeof(*p->locals)),
			     calloc(l->n + 1, sizeof(*p->awaited)),
			     calloc(l->n + 1, sizeof(*p->senders)), 0, 0 };
	if (!p->locals || !p->awaited || !p->senders)
		return -ENOMEM;
	for (i = 0; i < l->n; i++) {
		if (l->flows[i].of)
			continue;
		if (is_sender(&l->flows[i])) {
			p->senders[p->n_senders++] = sender_of(&l->flows[i]);
		} else {
			p->awaited[p->n_locals] = awaited_of(&l->flows[i]);
			p->locals[p->n_locals++] = l->flows[i].local;
		}
	}
	return 0;
}

static void free_parts(struct parts *p)
{
	free(p->locals);
	free(p->awaited);
	free(p->senders);
}

static int list_flows(struct xnl *x, struct list *l, char *err, size_t err_len)
{
	int ret = flow_dump(x, note_flow, l);

	return ret ? refuse(x, ret, err, err_len) : 0;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct flow *)a)->id, y = ((const struct flow *)b)->id;

	return x < y ? -1 : x > y;
}

/* Puts the flows into the tables that came after @known was listed. */
static int add_newer(struct xnl *x, struct list *known, char *err, size_t err_len)
{
	struct list now = { 0 };
	size_t i;
	int ret = list_flows(x, &now, err, err_len);

	if (known->n)
		qsort(known->flows, known->n, sizeof(*known->flows), by_id);
	for (i = 0; !ret && i < now.n; i++)
		if (!known->n || !bsearch(&now.flows[i], known->flows, known->n,
					  sizeof(*known->flows), by_id))
			ret = table_add(&now.flows[i], err, err_len);
	free_list(&now);
	return ret;
}

int host_sync(struct xnl *x, char *err, size_t err_len)
{
	struct parts p = { 0 };
	struct list l = { 0 };
	int ret;

	ret = list_flows(x, &l, err, err_len);
	if (!ret)
		ret = split(&l, &p);
	if (!ret)
		ret = ingress_sync(p.locals, p.n_locals, err, err_len);
	if (!ret)
		ret = ingress_await(p.awaited, p.n_locals, err, err_len);
	if (!ret)
		ret = egress_sync(p.senders, p.n_senders, err, err_len);
	if (!ret)
		ret = add_newer(x, &l, err, err_len);
	free_parts(&p);
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
		f = flow_select(l.flows[i].id, NULL);
		ret = flow_del(x, &f);
		if (ret == -ENOENT)	/* someone else was faster */
			ret = 0;
		else if (ret)
			refuse(x, ret, err, err_len);
		else
			++*n;
	}
	free_list(&l);
	return ret ?: host_sync(x, err, err_len);
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

/*
 * The egress program first: a device never has XDP alone. A kernel without clsact
 * still gets XDP; then flow add refuses flows that send.
 */
static int attach_both(const char *ifname, const char *xsrtp_ifname, enum ingress_mode mode,
		       enum ingress_door door, const struct parts *p, struct host_attached *a,
		       char *err, size_t err_len)
{
	int e = egress_attach(ifname, xsrtp_ifname, p->senders, p->n_senders, a->why_not,
			      sizeof(a->why_not));

	a->egress = !e;
	if (e && p->n_senders) {
		snprintf(err, err_len, "%s", a->why_not);
		return e;
	}
	e = ingress_attach_by(ifname, xsrtp_ifname, mode, door, p->locals, p->n_locals, &a->ingress,
			      err, err_len);
	return e ?: ingress_await(p->awaited, p->n_locals, err, err_len);
}

int host_attach(struct xnl *x, const char *ifname, const char *xsrtp_ifname,
		enum ingress_mode mode, enum ingress_door door, struct host_attached *a,
		char *err, size_t err_len)
{
	struct parts p = { 0 };
	struct list l = { 0 };
	char only[16];
	bool had;
	int ret = 0;

	*a = (struct host_attached){ 0 };
	if (!xsrtp_ifname) {
		ret = only_link(only, sizeof(only), err, err_len);
		xsrtp_ifname = only;
	}
	if (!ret)
		ret = list_flows(x, &l, err, err_len);
	if (!ret)
		ret = split(&l, &p);
	if (!ret) {
		had = egress_attached(ifname) == 1;
		ret = attach_both(ifname, xsrtp_ifname, mode, door, &p, a, err, err_len);
		if (ret && ret != -EEXIST && a->egress && !had)
			egress_detach(ifname, NULL, 0);
	}
	/* Flows that came while the programs were being loaded found no table. */
	if (!ret)
		ret = add_newer(x, &l, err, err_len);
	free_parts(&p);
	free_list(&l);
	return ret;
}

int host_detach(const char *ifname, char *err, size_t err_len)
{
	char why[256];
	int out = egress_detach(ifname, why, sizeof(why));
	int in = ingress_detach(ifname, err, err_len);

	if (in == -ENOENT && !out)
		return 0;
	if (in || !out || out == -ENOENT)
		return in;
	snprintf(err, err_len, "%s", why);
	return out;
}
