// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtpd: reads its options, opens the datapath and the control sockets, and serves
 * until SIGTERM.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "association.h"
#include "json.h"
#include "server.h"

#define LISTENERS	16
#define DEFAULT_NG	"127.0.0.1:2223"

struct listener {
	int (*open)(struct server *s, const char *where, char *err, size_t err_len);
	const char *where;
};

struct options {
	struct listener listener[LISTENERS];
	unsigned int n_listeners;
	uint16_t port_min, port_max;
	const char *record;
	const char *dtls_certificate, *dtls_key, *dtls_profiles;
};

static struct calls calls;
static struct delays delays;
static struct command command = { .calls = &calls, .delays = &delays };
static struct cookies cookies;
static struct doc request;

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
	puts("xsrtpd --interface NAME/ADDRESS[!ADVERTISED] [OPTION...]\n"
	     "\n"
	     "  --interface NAME/ADDRESS[!ADVERTISED]  where media arrives; the first is the\n"
	     "                          default; of a name one IPv4 and one IPv6 address\n"
	     "  --listen-ng ADDRESS:PORT      ng over UDP (" DEFAULT_NG " if none is given)\n"
	     "  --listen-tcp-ng ADDRESS:PORT  ng over TCP\n"
	     "  --listen-unix PATH            ng over a Unix stream, without cookies\n"
	     "  --port-min N, --port-max N    ports for media (30000 to 40000)\n"
	     "  --max-sessions N              calls at once (any number)\n"
	     "  --delete-delay SECONDS        that a deleted call lives on (0)\n"
	     "  --dtls-certificate FILE, --dtls-key FILE  in PEM (one made at the start)\n"
	     "  --dtls-profiles LIST    for SRTP, IANA's names with commas, best first\n"
	     "  --record FILE                 no module: what it would be told goes to FILE\n"
	     "  --help");
}

static uint64_t number(const char *name, const char *text, uint64_t max)
{
	uint64_t n;

	if (!text_number(text_of(text), max, &n))
		die("--%s takes a number from 0 to %llu, not \"%s\"", name, (unsigned long long)max, text);
	return n;
}

static void add_listener(struct options *o, const char *where,
			 int (*open)(struct server *s, const char *where, char *err, size_t err_len))
{
	if (o->n_listeners == LISTENERS)
		die("more than %d control sockets", LISTENERS);
	o->listener[o->n_listeners++] = (struct listener){ open, where };
}

static void add_interface(const char *text)
{
	char err[256];

	if (ifaces_add(&calls.ifaces, text, err, sizeof(err)))
		die("--interface: %s", err);
}

static void read_option(struct options *o, int c, const char *name)
{
	switch (c) {
	case 'i': add_interface(optarg); break;
	case 'n': add_listener(o, optarg, server_udp); break;
	case 't': add_listener(o, optarg, server_tcp); break;
	case 'u': add_listener(o, optarg, server_unix); break;
	case 'm': o->port_min = number(name, optarg, 65535); break;
	case 'M': o->port_max = number(name, optarg, 65535); break;
	case 's': calls.max = number(name, optarg, 1000000); break;
	case 'd': command.delay = number(name, optarg, 86400); break;
	case 'r': o->record = optarg; break;
	case 'c': o->dtls_certificate = optarg; break;
	case 'k': o->dtls_key = optarg; break;
	case 'p': o->dtls_profiles = optarg; break;
	case 'h': help(); exit(EXIT_SUCCESS);
	default: exit(EXIT_FAILURE);	/* getopt has said why */
	}
}

static void read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "interface", required_argument, NULL, 'i' }, { "listen-ng", required_argument, NULL, 'n' },
		{ "listen-tcp-ng", required_argument, NULL, 't' },
		{ "listen-unix", required_argument, NULL, 'u' }, { "port-min", required_argument, NULL, 'm' },
		{ "port-max", required_argument, NULL, 'M' }, { "max-sessions", required_argument, NULL, 's' },
		{ "delete-delay", required_argument, NULL, 'd' }, { "record", required_argument, NULL, 'r' },
		{ "dtls-certificate", required_argument, NULL, 'c' },
		{ "dtls-key", required_argument, NULL, 'k' }, { "dtls-profiles", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c, at = 0;

	while ((c = getopt_long(argc, argv, "", longs, &at)) != -1)
		read_option(o, c, longs[at].name);
	if (optind < argc)
		die("what is \"%s\"? (--help)", argv[optind]);
	if (!calls.ifaces.n)
		die("say where media arrives: --interface NAME/ADDRESS (--help)");
	if (!o->n_listeners)
		add_listener(o, DEFAULT_NG, server_udp);
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

/* Ports that flows have which we did not make, of an earlier run or by hand. */
static void mark_port(const struct endpoint *local, void *arg)
{
	unsigned int i;

	for (i = 0; i < calls.ifaces.n; i++)
		pool_mark(&calls.ifaces.iface[i].pool, local->port);
}

static void open_datapath(const struct options *o)
{
	char err[512];
	unsigned int i;

	for (i = 0; i < calls.ifaces.n; i++)
		if (!pool_init(&calls.ifaces.iface[i].pool, o->port_min, o->port_max))
			die("--port-min %u --port-max %u: no even port and the next fit in", o->port_min,
			    o->port_max);
	calls.datapath = o->record ? datapath_record(o->record, err, sizeof(err)) :
				     datapath_kernel(err, sizeof(err));
	if (!calls.datapath)
		die("%s", err);
	if (calls.datapath->each(calls.datapath, mark_port, NULL, err, sizeof(err)))
		die("%s", err);
}

static int on_second(sd_event_source *source, uint64_t usec, void *arg)
{
	time_t now = time(NULL);

	delay_run(&delays, &calls, now);
	cookies_expire(&cookies, now);
	associations_second(calls.keying, now);
	sd_event_source_set_time_relative(source, 1000000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Nothing is read again yet; without this the signal would end us, and calls with us. */
static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	fprintf(stderr, "SIGHUP: options come from the command line, nothing to read again\n");
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

static void open_dtls(const struct options *o, sd_event *event)
{
	static const char usual[] = "SRTP_AEAD_AES_256_GCM,SRTP_AEAD_AES_128_GCM,"
				    "SRTP_AES128_CM_HMAC_SHA1_80,SRTP_AES128_CM_HMAC_SHA1_32";
	unsigned char suite[DTLS_PROFILES];
	struct dtls_context *context;
	struct certificate *c;
	char err[512];
	int n = dtls_profiles(o->dtls_profiles ?: usual, suite, err, sizeof(err));

	if (n < 0)
		die("--dtls-profiles: %s", err);
	if (!o->dtls_certificate != !o->dtls_key)
		die("--dtls-certificate and --dtls-key belong together");
	c = o->dtls_key ? certificate_load(o->dtls_certificate, o->dtls_key, err, sizeof(err)) :
			  certificate_make(time(NULL), err, sizeof(err));
	context = c ? dtls_context_new(suite, n, err, sizeof(err)) : NULL;
	if (!context)
		die("%s", err);
	calls.keying = associations_new(event, &calls, c, context);
	if (!calls.keying)
		die("out of memory");
	have_sockets();
}

static void run(const struct options *o)
{
	struct server s = { .command = &command, .cookies = &cookies, .doc = &request };
	char err[512];
	unsigned int i;

	s.answer = malloc(2 * NG_MAX);
	s.packet = malloc(65536);
	if (!s.answer || !s.packet || sd_event_default(&s.event) < 0)
		die("out of memory");
	open_dtls(o, s.event);
	handle_signals(s.event);
	for (i = 0; i < o->n_listeners; i++)
		if (o->listener[i].open(&s, o->listener[i].where, err, sizeof(err)))
			die("%s", err);
	sd_notify(0, "READY=1");
	sd_event_loop(s.event);
	sd_notify(0, "STOPPING=1");
	server_close(&s);
	sd_event_unref(s.event);
	explicit_bzero(s.answer, 2 * NG_MAX);
	free(s.answer);
	free(s.packet);
}

/* A daemon that is stopped ends its calls: it could not take them up again. */
static void end(void)
{
	calls_free(&calls);
	delay_free(&delays);
	cookies_free(&cookies);
	associations_free(calls.keying);
	calls.datapath->close(calls.datapath);
}

int main(int argc, char **argv)
{
	struct options o = { .port_min = 30000, .port_max = 40000 };

	keep_secrets();
	json_setup();
	read_options(&o, argc, argv);
	open_datapath(&o);
	run(&o);
	end();
	return EXIT_SUCCESS;
}
