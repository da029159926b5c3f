// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp audit verify: whether the lines of audit files are those that xsrtpd wrote, all of
 * them, in their order; and against a copy, as the journal has, whether the last ones are
 * there, and none was made anew. xsrtp audit pseudonym: what stands for an address.
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

static struct audit_key key;

static void wipe(void)
{
	explicit_bzero(&key, sizeof(key));
}

static void print_finding(void *arg, const char *file, uint64_t line, const char *what)
{
	out_object(NULL);
	out_str("file", "%s", file);
	out_u64("line", ":%" PRIu64 ": ", line);
	out_str("finding", "%s\n", what);
	out_end();
}

static FILE *open_file(const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;

	if (!f)
		fail("%s: %s", path, strerror(errno));
	return f;
}

/* --- a copy ---------------------------------------------------------------------------------- */

struct copy {
	const char *path;
	struct audit_chain *line;
	size_t n;
};

/* Lines of other kinds are left out: a journal has them between. */
static void read_copy(struct copy *to)
{
	FILE *f = open_file(to->path);
	char *text = NULL, prev[AUDIT_HASH + 1];
	struct audit_chain own;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&text, &room, f)) >= 0) {
		if (len && text[len - 1] == '\n')
			len--;
		if (!audit_read(text, len, &own, prev))
			continue;
		to->line = realloc(to->line, (to->n + 1) * sizeof(own));
		if (!to->line)
			fail("out of memory");
		to->line[to->n++] = own;
	}
	free(text);
}

static int by_seq(const void *a, const void *b)
{
	const struct audit_chain *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Both in the order of their numbers: each line of the file is as the copy has it. */
static void compare_lines(struct audit_check *c, const struct copy *with, const char *path)
{
	char *text = NULL, prev[AUDIT_HASH + 1];
	const struct audit_chain *there;
	struct audit_chain own;
	uint64_t line = 0;
	size_t room = 0;
	ssize_t len;
	FILE *f = open_file(path);

	while ((len = getline(&text, &room, f)) > 0) {
		line++;
		if (!audit_read(text, len - 1, &own, prev))
			continue;
		there = bsearch(&own, with->line, with->n, sizeof(own), by_seq);
		if (there && strcmp(there->hash, own.hash)) {
			c->findings++;
			print_finding(NULL, path, line, "another line than the copy has under this number");
		}
	}
	free(text);
	fclose(f);
}

static void compare_end(struct audit_check *c, const struct copy *with)
{
	char what[128];

	if (!with->n || with->line[with->n - 1].seq <= c->last.seq)
		return;
	snprintf(what, sizeof(what), "the copy goes on to number %" PRIu64 ", the files end at %" PRIu64,
		 with->line[with->n - 1].seq, c->last.seq);
	c->findings++;
	print_finding(NULL, with->path, with->n, what);
}

/* --- verbs ------------------------------------------------------------------------------------ */

static void read_key(const char *path)
{
	char err[512];

	atexit(wipe);
	if (audit_key_read(path, &key, err, sizeof(err)))
		fail("%s", err);
}

static void print_result(const struct audit_check *c)
{
	out_u64("lines", "%" PRIu64 " lines", c->lines);
	if (c->begun) {
		out_u64("first", ", numbers %" PRIu64, c->first);
		out_u64("last", " to %" PRIu64, c->last.seq);
		out_str("hash", ", the last with hash %s", c->last.hash);
	}
	out_u64("findings", c->findings ? ": %" PRIu64 " findings\n" : ": as they were written\n", c->findings);
}

static int verify(struct args *a)
{
	struct audit_check c = { .found = print_finding };
	struct copy copy = { 0 };
	const char *path;
	FILE *f;
	int i, ret;

	for (;;) {
		if (args_match(a, "key"))
			read_key(args_value(a, "key"));
		else if (args_match(a, "against"))
			copy.path = args_value(a, "against");
		else
			break;
	}
	if (!a->left)
		usage("audit verify: which files? The oldest first");
	if (copy.path) {
		read_copy(&copy);
		qsort(copy.line, copy.n, sizeof(*copy.line), by_seq);
	}
	out_object(NULL);
	out_array("found");
	for (i = 0; i < a->left; i++) {
		path = a->next[i];
		f = open_file(path);
		ret = audit_verify(&c, &key, path, f);
		if (ret)
			fail("%s: %s", path, strerror(-ret));
		if (f != stdin)
			fclose(f);
		if (copy.path)
			compare_lines(&c, &copy, path);
	}
	compare_end(&c, &copy);
	out_end();
	print_result(&c);
	out_end();
	free(copy.line);
	return c.findings || !c.begun ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int pseudonym(struct args *a)
{
	char out[AUDIT_PSEUDONYM];
	const char *text;

	if (!args_match(a, "key"))
		usage("audit pseudonym: as in: xsrtp audit pseudonym key FILE 192.0.2.10");
	read_key(args_value(a, "key"));
	text = args_value(a, "text");
	args_done(a);
	audit_pseudonym(&key, text, strlen(text), out);
	out_object(NULL);
	out_str("pseudonym", "%s\n", out);
	out_end();
	return EXIT_SUCCESS;
}

int verb_audit(struct args *a)
{
	if (args_match(a, "verify"))
		return verify(a);
	if (args_match(a, "pseudonym"))
		return pseudonym(a);
	usage("audit: verify or pseudonym");
}
