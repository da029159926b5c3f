// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp flow add|set|del|show. Arguments are read to the end before a key file
 * is opened, and key files before the module hears anything.
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <xsrtp/srtp.h>

#include "host.h"

/* What the words after "flow add" and "flow set" say. */
struct request {
	struct flow flow;
	const char *key_file[2];	/* by direction; NULL: none */
	struct session rules;		/* of both */
	struct key_words key_rules;
	bool any_rule;
};

static struct session *session_of(struct flow *f, enum direction dir)
{
	return dir == RX ? &f->rx : &f->tx;
}

static unsigned int suite_of(const char *name)
{
	const struct xsrtp_suite_info *info = xsrtp_suite_by_name(name);

	if (info)
		return info->suite;
#define X(sym, num, suite, kind, key, salt, tag) " " suite
	usage("no suite \"%s\"; there are:" XSRTP_SUITES(X), name);
#undef X
}

static bool from_stdin(const char *path)
{
	return path && !strcmp(path, "-");
}

static void read_session(struct args *a, struct request *r, enum direction dir)
{
	struct session *s = session_of(&r->flow, dir);

	if (s->present)
		usage("%s is given twice", dir == RX ? "rx" : "tx");
	s->present = true;
	s->suite = suite_of(args_value(a, dir == RX ? "suite after rx" : "suite after tx"));
	if (args_match(a, "key"))
		r->key_file[dir] = args_value(a, "key file");
	if (from_stdin(r->key_file[RX]) && from_stdin(r->key_file[TX]))
		usage("standard input holds one key: the other one must be in a file");
}

static void read_action(struct args *a, struct request *r, int action)
{
	if (r->flow.action != FLOW_NO_ACTION)
		usage("a flow has one action: forward, deliver or send");
	r->flow.action = action;
	if (action != XSRTP_ACTION_FORWARD)
		return;
	if (!args_match(a, "from"))
		usage("forward needs: from ADDRESS:PORT to ADDRESS:PORT");
	r->flow.source = args_endpoint(a, "from");
	if (args_match(a, "to"))
		r->flow.destination = args_endpoint(a, "to");
	else if (!learn_word(a, &r->flow) || !r->flow.follow)
		usage("forward needs: from ADDRESS:PORT to ADDRESS:PORT, or from ADDRESS:PORT follow FLOW");
}

static void read_remote(struct args *a, struct flow *f)
{
	if (args_match(a, "any"))
		f->remote_any = true;
	else
		f->remote = args_endpoint(a, "remote");
}

/* The words that both flow add and flow set take. */
static bool read_path(struct args *a, struct request *r)
{
	if (args_match(a, "remote"))
		read_remote(a, &r->flow);
	else if (args_match(a, "forward"))
		read_action(a, r, XSRTP_ACTION_FORWARD);
	else if (args_match(a, "deliver"))
		read_action(a, r, XSRTP_ACTION_DELIVER);
	else if (args_match(a, "send"))
		read_action(a, r, XSRTP_ACTION_SEND);
	else
		return learn_word(a, &r->flow);
	return true;
}

static uint32_t read_only(struct args *a)
{
	const char *text = args_value(a, "what the flow is only for");

	if (!strcmp(text, "rtp"))
		return XSRTP_ONLY_RTP;
	if (!strcmp(text, "rtcp"))
		return XSRTP_ONLY_RTCP;
	usage("a flow is only rtp or only rtcp, not \"%s\"", text);
}

/* 0 would be "not said" to the module. */
static uint64_t read_cookie(struct args *a)
{
	uint64_t cookie = args_u64(a, "cookie");

	if (!cookie)
		usage("a cookie is a number from 1 on: leave it out where there is none");
	return cookie;
}

/* What is said of a new flow. */
static bool read_srtp(struct args *a, struct request *r)
{
	if (args_match(a, "only"))
		r->flow.only = read_only(a);
	else if (args_match(a, "cookie"))
		r->flow.cookie = read_cookie(a);
	else if (args_match(a, "rx"))
		read_session(a, r, RX);
	else if (args_match(a, "tx"))
		read_session(a, r, TX);
	else if (session_word(a, &r->rules) || key_word(a, &r->key_rules))
		r->any_rule = true;
	else
		return false;
	return true;
}

/* A receiver alone forgets streams; all else is of both directions. */
static void apply_rules(const struct request *r, enum direction dir, struct session *s)
{
	bool present = s->present;
	uint32_t suite = s->suite;

	*s = r->rules;
	s->present = present;
	s->suite = suite;
	if (dir == TX)
		s->flags &= ~XSRTP_SESSION_FLAGS_EVICT;
	if (r->key_rules.rate)
		s->flags |= XSRTP_SESSION_FLAGS_KEY_RATE;
}

/* Rules are said once, for the directions that are SRTP. */
static void read_words(struct args *a, struct request *r)
{
	enum direction dir;

	while (read_path(a, r) || read_srtp(a, r))
		;
	args_done(a);
	if (r->any_rule && !r->flow.rx.present && !r->flow.tx.present)
		usage("window, streams and so on are for SRTP: say rx SUITE or tx SUITE too");
	if ((r->key_rules.lifetime || r->key_rules.rate) && !r->key_file[RX] && !r->key_file[TX])
		usage("lifetime and rate are a key's: say key FILE too");
	if (r->rules.flags & XSRTP_SESSION_FLAGS_EVICT && !r->flow.rx.present)
		usage("evict is for a receiver: say rx SUITE too");
	for (dir = RX; dir <= TX; dir++)
		apply_rules(r, dir, session_of(&r->flow, dir));
}

static void read_keys(struct request *r)
{
	enum direction dir;
	struct session *s;
	struct key *key;

	for (dir = RX; dir <= TX; dir++) {
		s = session_of(&r->flow, dir);
		if (!r->key_file[dir])
			continue;
		key = secret_read(r->key_file[dir], dir, s->suite);
		key_words_to(&r->key_rules, key);
		s->key = key;
	}
}

static int flow_add_verb(struct args *a)
{
	struct request r = { .flow.action = FLOW_NO_ACTION };
	struct xnl *x;
	char err[768];
	uint32_t id;

	if (args_match(a, "of"))
		r.flow.of = args_u32(a, "flow to copy");
	else if (args_match(a, "local"))
		r.flow.local = args_endpoint(a, "local");
	else
		usage("flow add starts with: local ADDRESS:PORT, or for a copy: of FLOW");
	read_words(a, &r);
	if (r.flow.action == FLOW_NO_ACTION)
		usage("flow add needs: forward from ADDRESS:PORT to ADDRESS:PORT, deliver or send");
	x = connect_module();
	read_keys(&r);
	if (host_flow_add(x, &r.flow, &id, err, sizeof(err)))
		fail("%s", err);
	out_object(NULL);
	out_u64("id", "%" PRIu64 "\n", id);
	out_end();
	free(r.rules.streams);
	xnl_close(x);
	return EXIT_SUCCESS;
}

static int flow_set_verb(struct args *a)
{
	struct request r = { .flow = args_flow(a) };
	struct xnl *x;
	char err[768];

	if (!a->left)
		usage("flow set: nothing to change is said");
	while (read_path(a, &r))
		;
	if (read_srtp(a, &r))
		usage("flow set changes remote, learn, forward and deliver; a key is changed with "
		      "\"xsrtp key set\", anything else by deleting and adding the flow");
	args_done(a);
	x = connect_module();
	if (host_flow_set(x, &r.flow, err, sizeof(err)))
		fail("%s", err);
	xnl_close(x);
	return EXIT_SUCCESS;
}

static int flow_del_verb(struct args *a)
{
	bool all = args_match(a, "all");
	struct flow which = { 0 };
	struct xnl *x;
	char err[768];
	unsigned int n;

	if (!all)
		which = args_flow(a);
	args_done(a);
	x = connect_module();
	if (all ? host_flow_del_all(x, &n, err, sizeof(err)) :
		  host_flow_del(x, &which, err, sizeof(err)))
		fail("%s", err);
	xnl_close(x);
	return EXIT_SUCCESS;
}

static int show_one(const struct flow *f, void *arg)
{
	print_flow(f);
	return 0;
}

static int flow_show_verb(struct args *a)
{
	struct flow which, f;
	bool one = a->left;
	struct xnl *x;
	int ret;

	if (one)
		which = args_flow(a);
	args_done(a);
	x = connect_module();
	if (one) {
		ret = flow_get(x, &which, &f);
	} else {
		out_array(NULL);
		ret = flow_dump(x, show_one, NULL);
		out_end();
	}
	if (ret)
		fail("%s", xnl_error(x));
	if (one) {
		print_flow(&f);
		flow_clear(&f);
	}
	xnl_close(x);
	return EXIT_SUCCESS;
}

int verb_flow(struct args *a)
{
	if (args_match(a, "add"))
		return flow_add_verb(a);
	if (args_match(a, "set"))
		return flow_set_verb(a);
	if (args_match(a, "del"))
		return flow_del_verb(a);
	if (args_match(a, "show") || !a->left)
		return flow_show_verb(a);
	usage("flow what? add, set, del or show, not \"%s\"", *a->next);
}
