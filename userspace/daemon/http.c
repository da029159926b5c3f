// SPDX-License-Identifier: GPL-2.0
/*
 * The HTTP server. What comes is bounded: so many connections, so much memory of each
 * (a longer request is refused, 431 or 414), and so long without a byte. Who holds all
 * connections open keeps metrics from others, never calls.
 */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "metrics.h"
#include "say.h"

#define CONNECTIONS_MAX	256
#define MEMORY_BYTES	8192
#define SILENCE_S	5
#define AGAIN_MS	1000

struct http {
	struct MHD_Daemon *daemon;
	sd_event_source *io, *timer;
	struct scrape *scrape;
};

/* --- what is accepted ---------------------------------------------------------------------- */

static struct text trim(struct text t)
{
	while (t.len && (t.s[0] == ' ' || t.s[0] == '\t')) {
		t.s++;
		t.len--;
	}
	while (t.len && (t.s[t.len - 1] == ' ' || t.s[t.len - 1] == '\t'))
		t.len--;
	return t;
}

/* RFC 9110 12.4.2, "0.75" as 750; what is no such number is 0: nothing is sent that is not wanted. */
static unsigned int weight(struct text t)
{
	struct text fraction, whole = text_cut(t, '.', &fraction);
	uint64_t n, thousandths = 0;
	size_t i;

	if (!text_number(whole, 1, &n) || fraction.len > 3)
		return 0;
	for (i = 0; i < 3; i++) {
		if (i < fraction.len && (fraction.s[i] < '0' || fraction.s[i] > '9'))
			return 0;
		thousandths = thousandths * 10 + (i < fraction.len ? fraction.s[i] - '0' : 0);
	}
	return n ? 1000 : thousandths;
}

/* One of the list: its media type, how much it is wanted, and whether its version is ours. */
static struct text range(struct text t, unsigned int *q, bool *version)
{
	struct text type = trim(text_cut(t, ';', &t)), one;

	*q = 1000;
	*version = true;
	while (t.len) {
		one = trim(text_cut(t, ';', &t));
		if (text_strip(&one, "q=") || text_strip(&one, "Q="))
			*q = weight(one);
		else if (text_strip(&one, "version="))
			*version = text_is(one, "1.0.0") || text_is(one, "\"1.0.0\"");
	}
	return type;
}

bool http_wants_openmetrics(const char *accept)
{
	unsigned int q, open = 0, plain = 0;
	struct text t = text_of(accept ?: ""), type;
	bool version;

	while (t.len) {
		type = range(text_cut(t, ',', &t), &q, &version);
		if (text_is_any_case(type, "application/openmetrics-text") && version && q > open)
			open = q;
		else if (text_is_any_case(type, "text/plain") && q > plain)
			plain = q;
	}
	return open && open >= plain;
}

/* --- requests ------------------------------------------------------------------------------- */

static enum MHD_Result reply(struct MHD_Connection *c, unsigned int status, const char *type, const char *body,
			     size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ret;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "Vary", "Accept");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	ret = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result say_line(struct MHD_Connection *c, unsigned int status, const char *what)
{
	char line[600];
	int n = snprintf(line, sizeof(line), "%s\n", what);

	return reply(c, status, "text/plain; charset=utf-8", line, n < (int)sizeof(line) ? n : (int)sizeof(line) - 1);
}

static enum MHD_Result do_metrics(struct http *h, struct MHD_Connection *c)
{
	bool open = http_wants_openmetrics(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept"));
	const char *page;
	size_t len;

	page = scrape_page(h->scrape, open, &len);
	return page ? reply(c, MHD_HTTP_OK, metrics_type(open), page, len) :
		      say_line(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
}

static enum MHD_Result do_health(struct http *h, struct MHD_Connection *c)
{
	char err[512];

	return scrape_healthy(h->scrape, err, sizeof(err)) ? say_line(c, MHD_HTTP_OK, "ok") :
	       say_line(c, MHD_HTTP_SERVICE_UNAVAILABLE, err);
}

/* Called once the headers are there; who sends a body besides is answered and hung up on. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *data, size_t *size, void **state)
{
	static const struct {
		const char *path;
		enum MHD_Result (*fn)(struct http *h, struct MHD_Connection *c);
	} pages[] = { { "/metrics", do_metrics }, { "/healthz", do_health } };
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(url, pages[i].path))
			continue;
		if (strcmp(method, "GET") && strcmp(method, "HEAD"))
			return say_line(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD");
		if (!*state) {
			*state = arg;	/* a request is whole when we are called again */
			return MHD_YES;
		}
		return pages[i].fn(arg, c);
	}
	return say_line(c, MHD_HTTP_NOT_FOUND, "there are /metrics and /healthz");
}

/* What clients do wrong is theirs to see. */
__attribute__((format(printf, 2, 0)))
static void on_log(void *arg, const char *fmt, va_list ap)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, ap);
	say(SAY_INFO, "metrics: %s", line);
}

/* --- the event loop -------------------------------------------------------------------------- */

/*
 * Also where it has no time to tell: at its most connections libmicrohttpd leaves the
 * listening socket alone, ends at once all that were silent for too long, and would listen
 * again with its next run, for which nothing else is a reason.
 */
static void arm(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(h->daemon, &ms) == MHD_NO || ms > AGAIN_MS)
		ms = AGAIN_MS;
	sd_event_source_set_time_relative(h->timer, ms * 1000);
	sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct http *h = arg;

	MHD_run(h->daemon);
	arm(h);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	return on_io(source, -1, 0, arg);
}

/* --- opening -------------------------------------------------------------------------------- */

static bool is_loopback(const struct endpoint *ep)
{
	return ep->family == AF_INET ? ep->addr[0] == 127 :
	       IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)ep->addr);
}

static int listen_inet(const char *where, char *err, size_t err_len)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct endpoint ep;
	int fd, one = 1;

	if (endpoint_parse(where, &ep, err, err_len))
		return -1;
	fd = socket(ep.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	in.sin_port = in6.sin6_port = htons(ep.port);
	memcpy(&in.sin_addr, ep.addr, 4);
	memcpy(&in6.sin6_addr, ep.addr, 16);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ep.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (fd >= 0 && !(ep.family == AF_INET ? bind(fd, (struct sockaddr *)&in, sizeof(in)) :
			 bind(fd, (struct sockaddr *)&in6, sizeof(in6)))) {
		if (!is_loopback(&ep))
			say(SAY_WARNING, "metrics: whoever reaches %s can read them, there is no authentication", where);
		return fd;
	}
	snprintf(err, err_len, "%s: %s", where, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A socket that nobody listens at is left from an earlier run; anything else is not ours. */
static void remove_stale(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd >= 0 && !lstat(un->sun_path, &st) && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)un, sizeof(*un)) && errno == ECONNREFUSED)
		unlink(un->sun_path);
	if (fd >= 0)
		close(fd);
}

static int listen_unix(const char *path, char *err, size_t err_len)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, ret;
	mode_t mask;

	if (strlen(path) >= sizeof(un.sun_path)) {
		snprintf(err, err_len, "%s: too long for a socket", path);
		return -1;
	}
	strcpy(un.sun_path, path);
	remove_stale(&un);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mask = umask(0117);
	ret = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&un, sizeof(un));
	umask(mask);
	if (!ret)
		return fd;
	snprintf(err, err_len, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static struct MHD_Daemon *start(struct http *h, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
				MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
				MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S, MHD_OPTION_END);
}

static int watch(struct http *h, sd_event *event)
{
	const union MHD_DaemonInfo *epoll = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int ret = epoll ? sd_event_add_io(event, &h->io, epoll->epoll_fd, EPOLLIN, on_io, h) : -EIO;

	if (ret < 0)
		return ret;
	return sd_event_add_time_relative(event, &h->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, h);
}

struct http *http_open(sd_event *event, const char *where, struct scrape *scrape, char *err, size_t err_len)
{
	int fd = *where == '/' ? listen_unix(where, err, err_len) : listen_inet(where, err, err_len);
	struct http *h = fd < 0 ? NULL : calloc(1, sizeof(*h));

	if (!h || listen(fd, 128)) {
		if (fd >= 0) {
			snprintf(err, err_len, "%s: %s", where, strerror(errno));
			close(fd);
		}
		free(h);
		return NULL;
	}
	h->scrape = scrape;
	h->daemon = start(h, fd);	/* the descriptor is its, if it starts */
	if (h->daemon && watch(h, event) >= 0)
		return h;
	snprintf(err, err_len, "%s: no HTTP server: %s", where, strerror(errno));
	if (!h->daemon)
		close(fd);
	http_close(h);
	return NULL;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	sd_event_source_disable_unref(h->io);
	sd_event_source_disable_unref(h->timer);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	free(h);
}
