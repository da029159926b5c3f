// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp(8): the table of verbs, the options before the verb, and the way into
 * another network namespace.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NETNS_DIR	"/run/netns"	/* where ip-netns(8) keeps them */

static const struct verb {
	const char *name;
	int (*run)(struct args *a);
	const char *synopsis;
} verbs[] = {
	{ "show", verb_show, "" },
	{ "flow", verb_flow,
	  "add local EP [remote EP] (forward from EP [to EP] | deliver | send)\n"
	  "                [only rtp | only rtcp] [LEARN] [cookie N]\n"
	  "       flow add of FLOW-ID forward from EP to EP [only rtp | only rtcp]\n"
	  "                [rx SUITE [key FILE]] [tx SUITE [key FILE]] [RULE ...]\n"
	  "       flow set FLOW [remote (EP | any)] [LEARN] [forward from EP to EP | deliver]\n"
	  "       flow del FLOW | all\n"
	  "       flow show [FLOW]" },
	{ "key", verb_key,
	  "set FLOW (rx | tx) key FILE [second] [lifetime N] [rate N]\n"
	  "       key swap FLOW (rx | tx)\n"
	  "       key del FLOW (rx | tx) [second]" },
	{ "stats", verb_stats, "" },
	{ "metrics", verb_metrics, "[openmetrics]" },
	{ "attach", verb_attach, "DEV [native | generic | auto] [to XSRTP-DEV] [door device | kfunc]\n"
	  "                [guard [ports A-B[,C-D ...]]]" },
	{ "detach", verb_detach, "DEV" },
	{ "monitor", verb_monitor, "" },
	{ "top", verb_top, "[flow | source | port | reason] [SECONDS [COUNT]]" },
	{ "guard", verb_guard,
	  "attach DEV [native | generic | auto] [ports A-B[,C-D ...]]\n"
	  "       guard detach DEV\n"
	  "       guard show\n"
	  "       guard set KEY VALUE [KEY VALUE ...]" },
	{ "ban", verb_ban, "PREFIX [for TIME]" },
	{ "allow", verb_allow, "PREFIX [for TIME]" },
	{ "unban", verb_unban, "PREFIX" },
	{ "offenders", verb_offenders, "" },
	{ "audit", verb_audit,
	  "verify [key FILE] [against FILE] FILE ...\n"
	  "       audit pseudonym key FILE TEXT" },
	{ "help", verb_help, "" },
};

#define VERBS	(sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *to)
{
	size_t i;

	fputs("Usage: xsrtp [-j] [-p] [-n NETNS] VERB ...\n", to);
	for (i = 0; i < VERBS; i++)
		fprintf(to, "       %s%s%s\n", verbs[i].name, *verbs[i].synopsis ? " " : "",
			verbs[i].synopsis);
	fputs("LEARN is: learn (never | once [for SECONDS] | authenticated), learned EP,\n"
	      "follow (ID | none).\n"
	      "EP is ADDRESS:PORT or [ADDRESS]:PORT. FLOW is an ID or \"local EP\".\n"
	      "FILE holds a key (\"-\": standard input). RULE is one of: window N, streams N,\n"
	      "evict, unencrypted-srtp, unencrypted-srtcp, cryptex, ext-ids N[,N...],\n"
	      "roc (keep | zero | try), roc-rate N, key-rate, lifetime N, rate N,\n"
	      "ssrc N [roc N [seq N]] [rtcp-index N]. See xsrtp(8).\n", to);
}

int verb_help(struct args *a)
{
	print_usage(stdout);
	return EXIT_SUCCESS;
}

struct xnl *connect_module(void)
{
	char err[256];
	struct xnl *x = xnl_open(err, sizeof(err));

	if (!x)
		fail("%s", err);
	return x;
}

/* Only the network namespace: files and processes stay those of the caller. */
static void enter_netns(const char *name)
{
	char path[256];
	int fd;

	if (!*name || strchr(name, '/') || strlen(name) > 200)
		usage("\"%s\" cannot be the name of a network namespace", name);
	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("network namespace %s: %s", name, errno == ENOENT ? "there is none" :
		     strerror(errno));
	if (setns(fd, CLONE_NEWNET))
		fail("network namespace %s: %s", name, strerror(errno));
	close(fd);
}

static void read_options(int argc, char **argv, struct args *a)
{
	bool json = false, pretty = false;
	const char *netns = NULL;
	int c;

	/* "+": options end at the verb. */
	while ((c = getopt(argc, argv, "+jpn:h")) != -1) {
		if (c == 'h') {
			print_usage(stdout);
			exit(EXIT_SUCCESS);
		} else if (c == 'j') {
			json = true;
		} else if (c == 'p') {
			json = pretty = true;
		} else if (c == 'n') {
			netns = optarg;
		} else {
			exit(EXIT_USAGE);	/* getopt has said why */
		}
	}
	out_init(json, pretty);
	if (netns)
		enter_netns(netns);
	*a = (struct args){ argc - optind, argv + optind };
}

int main(int argc, char **argv)
{
	struct args a;
	const char *name;
	size_t i;
	int ret;

	secret_guard();
	/* A reader that went away is a write error like any other. */
	signal(SIGPIPE, SIG_IGN);
	read_options(argc, argv, &a);
	name = args_next(&a) ?: "show";
	for (i = 0; i < VERBS; i++)
		if (!strcmp(name, verbs[i].name))
			break;
	if (i == VERBS) {
		warn("no verb \"%s\"", name);
		print_usage(stderr);
		return EXIT_USAGE;
	}
	ret = verbs[i].run(&a);
	if (out_flush())
		fail("cannot write to standard output");
	return ret;
}
