// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp key set|swap|del: a new key for one direction of a flow, its two keys
 * exchanged, or none. The file is cut into master key and salt by the suite that the
 * flow has.
 */
#include "cli.h"

#include <stdlib.h>

static int set_verb(struct args *a)
{
	struct flow which = args_flow(a), f;
	enum direction dir = args_direction(a);
	struct key_words rules = { 0 };
	const struct session *s;
	bool second = false;
	const char *path;
	struct key *key;
	struct xnl *x;

	if (!args_match(a, "key"))
		usage("key set needs: key FILE, or key - for standard input");
	path = args_value(a, "key file");
	while (key_word(a, &rules) || (!second && (second = args_match(a, "second"))))
		;
	args_done(a);
	x = connect_module();
	if (flow_get(x, &which, &f))
		fail("%s", xnl_error(x));
	s = dir == RX ? &f.rx : &f.tx;
	if (!s->present)
		fail("flow %u is plain RTP in direction %s: it takes no key", f.id,
		     dir == RX ? "rx" : "tx");
	/* By id from here: the local endpoint may be another flow's meanwhile. */
	which = flow_select(f.id, NULL);
	key = secret_read(path, dir, s->suite);
	key_words_to(&rules, key);
	key->second = second;
	if (key_set(x, &which, dir, key))
		fail("%s", xnl_error(x));
	flow_clear(&f);
	xnl_close(x);
	return EXIT_SUCCESS;
}

static int swap_verb(struct args *a)
{
	struct flow which = args_flow(a);
	enum direction dir = args_direction(a);
	struct xnl *x;

	args_done(a);
	x = connect_module();
	if (key_swap(x, &which, dir))
		fail("%s", xnl_error(x));
	xnl_close(x);
	return EXIT_SUCCESS;
}

static int del_verb(struct args *a)
{
	struct flow which = args_flow(a);
	enum direction dir = args_direction(a);
	bool second = args_match(a, "second");
	struct xnl *x;

	args_done(a);
	x = connect_module();
	if (key_del(x, &which, dir, second))
		fail("%s", xnl_error(x));
	xnl_close(x);
	return EXIT_SUCCESS;
}

int verb_key(struct args *a)
{
	if (args_match(a, "set"))
		return set_verb(a);
	if (args_match(a, "swap"))
		return swap_verb(a);
	if (args_match(a, "del"))
		return del_verb(a);
	usage("key what? set, swap or del");
}
