// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtpd: reads its options, opens the datapath and the control sockets, and serves
 * until SIGTERM.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "adopt.h"
#include "association.h"
#include "http.h"
#include "json.h"
#include "notify.h"
#include "reload.h"
#include "say.h"
#include "server.h"
#include "timeout.h"

#define CONFIG_PATH	"/etc/xsrtp/xsrtpd.conf"
#define DEFAULT_NG	"127.0.0.1:2223"

static struct calls calls;
static struct delays delays;
static struct command command = { .calls = &calls, .delays = &delays };
static struct cookies cookies;
static struct doc request;
static struct trail trail = { .journal = notify_journal };
static struct reload reload = { .command = &command };

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("xsrtpd: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

/* --- options --------------------------------------------------------------------------- */

static void help(void)
{
	puts("xsrtpd [OPTION...]\n"
	     "\n"
	     "  --interface NAME/ADDRESS[!ADVERTISED]  where media arrives; the first is the\n"
	     "                          default; of a name one IPv4 and one IPv6 address\n"
	     "  --listen-ng ADDRESS:PORT      ng over UDP (" DEFAULT_NG " if none is given)\n"
	     "  --listen-tcp-ng ADDRESS:PORT  ng over TCP\n"
	     "  --listen-unix PATH            ng over a Unix stream, without cookies\n"
	     "  --port-min N, --port-max N    ports for media (30000 to 40000)\n"
	     "  --suites [NAME/]SUITE,SUITE...  that the interface NAME, or all, takes and offers\n"
	     "  --plain-rtp [NAME/]yes|no     whether RTP without encryption may be there (yes)\n"
	     "  --max-sessions N              calls at once (0: any number)\n"
	     "  --delete-delay SECONDS        that a deleted call lives on (0)\n"
	     "  --media-timeout SECONDS       without media, and a call ends; 0: never (60)\n"
	     "  --silent-timeout SECONDS      the same of a call on hold (3600)\n"
	     "  --offer-timeout SECONDS       without an answer (3600)\n"
	     "  --final-timeout SECONDS       since the first offer (0)\n"
	     "  --log-level LEVEL             error, warning, notice or info (notice)\n"
	     "  --dtls-certificate FILE       in PEM, with --dtls-key (one made at the start)\n"
	     "  --dtls-key FILE               its private key\n"
	     "  --dtls-profiles LIST          for SRTP, IANA's names with commas, best first\n"
	     "  --journal FILE                of calls, for the next start (calls, in the directory\n"
	     "                          that systemd gives a service, else none)\n"
	     "  --on-stop keep|end            what becomes of calls at SIGTERM (keep; end without\n"
	     "                          a journal)\n"
	     "  --metrics WHERE               by HTTP: ADDRESS:PORT, /PATH or off\n"
	     "  --audit FILE                  requests and security events, a line each\n"
	     "  --audit-key FILE              a secret for its hashes\n"
	     "  --audit-full WORD             without room for a line: refuse or go-on (go-on)\n"
	     "  --audit-addresses WORD        of callers: plain or hidden (plain)\n"
	     "  --look-group GROUP            may query, list and statistics by Unix sockets\n"
	     "  --operate-group GROUP         may all of it; of others only root\n"
	     "  --record FILE                 no module: what it would be told goes to FILE\n"
	     "\n"
	     "Each is a key of the configuration file too (KEY = VALUE); the option wins.\n"
	     "\n"
	     "  --config FILE                 instead of " CONFIG_PATH "\n"
	     "  --check-config FILE           only say what is wrong in FILE\n"
	     "  --help");
}

static void tell_of_file(void *arg, unsigned int line, const char *sentence)
{
	if (line)
		fprintf(stderr, "%s:%u: %s\n", (const char *)arg, line, sentence);
	else
		fprintf(stderr, "%s: %s\n", (const char *)arg, sentence);
}

__attribute__((noreturn))
static void check_config(char *path)
{
	struct config *c = &reload.now;
	int errors;

	config_init(c);
	errors = config_load(c, path, tell_of_file, path);
	if (errors < 0 || errors + config_check(c, tell_of_file, path))
		exit(EXIT_FAILURE);
	printf("%s: no errors\n", path);
	exit(EXIT_SUCCESS);
}

enum { OPTION_CONFIG = 1000, OPTION_CHECK, OPTION_HELP };	/* others: the place of the key */

static void read_option(int c)
{
	char err[2 * CONFIG_TEXT];

	switch (c) {
	case OPTION_CONFIG: reload.path = optarg; break;
	case OPTION_CHECK: check_config(optarg);
	case OPTION_HELP: help(); exit(EXIT_SUCCESS);
	case '?': exit(EXIT_FAILURE);	/* getopt has said why */
	default:
		if (config_set(&reload.options, c, text_of(optarg), 0, err, sizeof(err)))
			die("--%s", err);
	}
}

static void read_options(int argc, char **argv)
{
	static struct option longs[CONFIG_KEYS + 4] = {
		{ "config", required_argument, NULL, OPTION_CONFIG },
		{ "check-config", required_argument, NULL, OPTION_CHECK },
		{ "help", no_argument, NULL, OPTION_HELP },
	};
	const char *name, *takes;
	unsigned int i;
	int c;

	config_init(&reload.options);
	for (i = 0; (name = config_key(i, &takes)); i++)
		longs[3 + i] = (struct option){ name, required_argument, NULL, i };
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		read_option(c);
	if (optind < argc)
		die("what is \"%s\"? (--help)", argv[optind]);
	if (!reload.path && !access(CONFIG_PATH, F_OK))
		reload.path = CONFIG_PATH;
	if (!reload_start(&reload))
		exit(EXIT_FAILURE);
}

/* --- secrets ---------------------------------------------------------------------------- */

/*
 * No core dump and no ptrace by the same user, and no page of ours on a swap device
 * where we may lock them: without the right to, locking would make malloc() fail later.
 */
static void keep_secrets(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit lock;

	if (prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_CORE, &none))
		die("cannot switch core dumps off: %s", strerror(errno));
	if (!getrlimit(RLIMIT_MEMLOCK, &lock) && (lock.rlim_cur == RLIM_INFINITY || !geteuid()))
		mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/* --- running ----------------------------------------------------------------------------- */

/* The value of a key that is there once, or NULL. */
static const char *word(const struct words *w)
{
	return w->n ? w->text[0] : NULL;
}

/*
 * A service has a directory of its own below /run; else there is none unless it is said:
 * two of us on a host must not have the same.
 */
static void take_up_calls(void)
{
	const char *path = word(&reload.now.journal), *run = getenv("RUNTIME_DIRECTORY");
	char usual[PATH_MAX], err[512];

	/* "RuntimeDirectory=a b": the first. */
	if (!path && run && *run) {
		snprintf(usual, sizeof(usual), "%.*s/calls", (int)strcspn(run, ":"), run);
		path = usual;
	}
	if (path && adopt_calls(&calls, &delays, path, err, sizeof(err)))
		die("%s", err);
}

static void open_datapath(void)
{
	const char *record = word(&reload.now.record);
	char err[512];

	calls.datapath = record ? datapath_record(record, err, sizeof(err)) :
				   datapath_kernel(err, sizeof(err));
	if (!calls.datapath)
		die("%s", err);
	take_up_calls();
	if (reload_mark(&calls, err, sizeof(err)))
		die("%s", err);
}

static bool is_word(const struct words *w, const char *value)
{
	return w->n && !strcmp(w->text[0], value);
}

static void open_trail(void)
{
	const struct config *c = &reload.now;
	char err[512];

	if (!c->audit.n)
		return;
	trail.refuse = is_word(&c->audit_full, "refuse");
	trail.hide = is_word(&c->audit_addresses, "hidden");
	if (c->audit_key.n && audit_key_read(c->audit_key.text[0], &trail.key, err, sizeof(err)))
		die("audit-key: %s", err);
	if (trail_open(&trail, c->audit.text[0], err, sizeof(err)))
		die("audit: %s", err);
	calls.trail = &trail;
	trail_write(&trail, &(struct trail_event){ .event = "start" });
}

static int on_second(sd_event_source *source, uint64_t usec, void *arg)
{
	time_t now = time(NULL);

	delay_run(&delays, &calls, now);
	timeout_run(&calls, timeout_now());
	cookies_expire(&cookies, now);
	memory_second(calls.memory);
	notify_status(&calls, reload.status);
	associations_second(calls.keying, now);
	sd_event_source_set_time_relative(source, 1000000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	bool good;

	trail_reopen(&trail);
	if (!reload.path) {
		say(SAY_NOTICE, "SIGHUP: there is no configuration file, nothing to read again");
		return 0;
	}
	notify_reloading();
	good = reload_again(&reload);
	trail_write(calls.trail, &(struct trail_event){ .event = "reload", .refused = !good,
							.why = text_of(reload.status) });
	notify_status(&calls, reload.status);
	notify_reloaded();
	return 0;
}

static void handle_signals(sd_event *event)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(event, NULL, SIGINT, NULL, NULL) < 0 ||
	    sd_event_add_signal(event, NULL, SIGHUP, on_hangup, NULL) < 0 ||
	    sd_event_add_time_relative(event, NULL, CLOCK_MONOTONIC, 1000000, 0, on_second, NULL) < 0)
		die("no event loop");
}

/* --- DTLS ---------------------------------------------------------------------------------- */

/* A socket for each end of a call with DTLS: as many as the administrator lets us have. */
static void have_sockets(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void open_dtls(sd_event *event)
{
	const char *pem = word(&reload.now.dtls_certificate), *key = word(&reload.now.dtls_key);
	const char *profiles = word(&reload.now.dtls_profiles) ?: DTLS_PROFILES_USUAL;
	unsigned char suite[DTLS_PROFILES];
	struct dtls_context *context;
	struct certificate *c;
	char err[512];
	int n = dtls_profiles(profiles, suite, err, sizeof(err));

	if (n < 0)
		die("dtls-profiles: %s", err);
	c = key ? certificate_load(pem, key, err, sizeof(err)) :
		  certificate_make(time(NULL), err, sizeof(err));
	context = c ? dtls_context_new(suite, n, err, sizeof(err)) : NULL;
	if (!context)
		die("%s", err);
	calls.keying = associations_new(event, &calls, c, context);
	if (!calls.keying)
		die("out of memory");
	have_sockets();
}

static void open_all(struct server *s, const struct words *where,
		     int (*open)(struct server *s, const char *where, char *err, size_t err_len))
{
	char err[512];
	unsigned int i;

	for (i = 0; i < where->n; i++)
		if (open(s, where->text[i], err, sizeof(err)))
			die("%s", err);
}

static void read_roles(struct roles *r)
{
	const char *look = word(&reload.now.look_group), *operate = word(&reload.now.operate_group);
	char err[512];

	if (look && roles_set(r, ROLE_LOOK, look, err, sizeof(err)))
		die("look-group: %s", err);
	if (operate && roles_set(r, ROLE_OPERATE, operate, err, sizeof(err)))
		die("operate-group: %s", err);
}

static void open_sockets(struct server *s)
{
	const struct config *c = &reload.now;
	int i, n = sd_listen_fds(1);
	char err[512];

	for (i = 0; i < n; i++)
		if (server_adopt(s, SD_LISTEN_FDS_START + i, err, sizeof(err)))
			die("%s", err);
	open_all(s, &c->listen_ng, server_udp);
	open_all(s, &c->listen_tcp_ng, server_tcp);
	open_all(s, &c->listen_unix, server_unix);
	if (n <= 0 && !c->listen_ng.n && !c->listen_tcp_ng.n && !c->listen_unix.n &&
	    server_udp(s, DEFAULT_NG, err, sizeof(err)))
		die("%s", err);
}

/* Where nothing is said, the directory that the service manager has made for us has it. */
static struct http *open_metrics(sd_event *event, struct scrape *scrape)
{
	const char *where = word(&reload.now.metrics), *run = getenv("RUNTIME_DIRECTORY");
	char path[CONFIG_TEXT], err[512];
	struct http *h;

	if (!where && run) {
		snprintf(path, sizeof(path), "%s/metrics", run);
		where = path;
	}
	if (!where || !strcmp(where, "off"))
		return NULL;
	h = http_open(event, where, scrape, err, sizeof(err));
	if (!h)
		die("metrics: %s", err);
	return h;
}

static void run(void)
{
	struct server s = { .command = &command, .cookies = &cookies, .doc = &request };
	struct scrape scrape = { .command = &command };
	struct http *http;

	s.answer = malloc(2 * NG_MAX);
	s.packet = malloc(65536);
	if (!s.answer || !s.packet || sd_event_default(&s.event) < 0)
		die("out of memory");
	open_dtls(s.event);
	adopt_dtls(&calls);
	handle_signals(s.event);
	read_roles(&s.roles);
	open_sockets(&s);
	http = open_metrics(s.event, &scrape);
	notify_status(&calls, reload.status);
	notify_ready(s.event);
	sd_event_loop(s.event);
	sd_notify(0, "STOPPING=1");
	server_close(&s);
	http_close(http);
	scrape_free(&scrape);
	sd_event_unref(s.event);
	explicit_bzero(s.answer, 2 * NG_MAX);
	free(s.answer);
	free(s.packet);
}

/* Without a journal nobody could take them up again. */
static void end(void)
{
	struct memory *memory = calls.memory;

	if (memory && reload.now.on_stop == ON_STOP_KEEP) {
		calls.keying->silent = true;
		calls_leave(&calls);
	}
	calls_free(&calls);
	memory_close(memory);
	delay_free(&delays);
	cookies_free(&cookies);
	associations_free(calls.keying);
	calls.datapath->close(calls.datapath);
}

int main(int argc, char **argv)
{
	keep_secrets();
	json_setup();
	read_options(argc, argv);
	open_trail();
	open_datapath();
	run();
	end();
	trail_write(calls.trail, &(struct trail_event){ .event = "stop" });
	trail_close(&trail);
	return EXIT_SUCCESS;
}
