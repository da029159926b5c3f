// SPDX-License-Identifier: GPL-2.0
/*
 * Control sockets. What comes in is bounded: a datagram, or of a connection one message
 * of at most NG_MAX; a connection whose answer is not taken is not read from. Of TCP and
 * of Unix there are CONNECTIONS each: where one more comes, the one that was silent for
 * longest ends, so that who holds connections open keeps nobody out. Buffers hold keys
 * and are wiped.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "say.h"

#define DATAGRAM	65536
#define IN_MAX		(NG_MAX + NG_COOKIE_MAX + 1)

struct connection {
	struct connection *next;
	struct server *s;
	sd_event_source *source;
	int fd;
	uint64_t id;		/* of all connections so far: whose cookies are whose */
	uint64_t heard;		/* when, counted in times that any was */
	bool cookies;		/* TCP; else Unix */
	struct who who;
	size_t in_len, out_len, out_done;
	char *out;
	char in[IN_MAX];
};

/* --- who asks -------------------------------------------------------------------------- */

static void from_sockaddr(const struct sockaddr_storage *ss, struct endpoint *ep)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

	if (ss->ss_family == AF_INET6) {
		*ep = (struct endpoint){ .family = AF_INET6, .port = ntohs(in6->sin6_port) };
		memcpy(ep->addr, &in6->sin6_addr, 16);
	} else if (ss->ss_family == AF_INET) {
		*ep = (struct endpoint){ .family = AF_INET, .port = ntohs(in->sin_port) };
		memcpy(ep->addr, &in->sin_addr, 4);
	}
}

/* Of a Unix socket: who has connected, by what the kernel saw then (unix(7)). */
static struct who who_is(const struct roles *roles, int fd, bool tcp, const struct sockaddr_storage *from)
{
	struct who w = { .kind = tcp ? WHO_TCP : WHO_UNIX, .uid = -1, .gid = -1 };
	struct ucred u;
	socklen_t len = sizeof(u);

	if (tcp)
		from_sockaddr(from, &w.from);
	else if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len))
		w = (struct who){ .kind = WHO_UNIX, .uid = u.uid, .gid = u.gid, .pid = u.pid };
	w.role = roles_of(roles, tcp ? -1 : fd);
	return w;
}

/* --- one message ------------------------------------------------------------------------ */

static const char *why_not(int ret)
{
	return ret == -E2BIG ? "the message is too large" :
	       ret == -EAGAIN ? "the message ends too early" :
	       "no message: COOKIE, a space, and a dictionary in bencode or JSON";
}

/* The whole answer in s->answer. */
static struct text answer(struct server *s, const struct ng *m, int ret)
{
	struct buf b = buf_on(s->answer, 2 * NG_MAX);
	struct item *a = ret ? command_error(s->command, why_not(ret)) : command_do(s->command, m->dict);

	ng_write(m, a, &b);
	if (buf_full(&b)) {
		buf_wipe(&b);
		ng_write(m, command_error(s->command, "the answer is too large"), &b);
	}
	command_wipe(s->command);
	return buf_text(&b);
}

static struct text serve(struct server *s, const struct ng *m, int ret, struct text peer, const struct who *who)
{
	struct text a = m->cookie.len ? cookies_find(s->cookies, peer, m->cookie) : (struct text){ 0 };
	time_t now = time(NULL);

	if (a.s)
		return a;
	s->command->who = who;
	a = answer(s, m, ret);
	s->command->who = NULL;
	cookies_expire(s->cookies, now);
	if (m->cookie.len && !ret)
		cookies_add(s->cookies, peer, m->cookie, a, now);
	return a;
}

/* --- datagrams -------------------------------------------------------------------------- */

static void one_datagram(struct server *s, int fd, size_t len, const struct sockaddr_storage *from,
			 socklen_t from_len)
{
	struct text peer = { (const char *)from, from_len }, a;
	struct who who = { .kind = WHO_UDP };
	struct ng m;
	int ret = ng_parse((struct text){ s->packet, len }, true, s->doc, &m);

	/* Without a cookie nobody could tell what the answer is to. */
	if (m.cookie.len) {
		from_sockaddr(from, &who.from);
		who.role = roles_of(&s->roles, -1);
		a = serve(s, &m, ret, peer, &who);
		if (sendto(fd, a.s, a.len, 0, (const struct sockaddr *)from, from_len) < 0)
			say(SAY_WARNING, "answer not sent: %s", strerror(errno));
	}
	doc_wipe(s->doc);
	explicit_bzero(s->packet, len);
}

static int on_datagram(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct sockaddr_storage from = { 0 };
	socklen_t from_len;
	struct server *s = arg;
	ssize_t n;
	int i;

	/* Not all that wait at once: other sockets and timers have their turn too. */
	for (i = 0; i < 64; i++) {
		from_len = sizeof(from);
		n = recvfrom(fd, s->packet, DATAGRAM, 0, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			break;
		one_datagram(s, fd, n, &from, from_len);
	}
	return 0;
}

/* --- connections ---------------------------------------------------------------------- */

static void hang_up(struct connection *c)
{
	struct connection **p = &c->s->connections;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->s->n_connections[c->cookies]--;
	sd_event_source_disable_unref(c->source);
	close(c->fd);
	if (c->out)
		explicit_bzero(c->out, c->out_len);
	free(c->out);
	explicit_bzero(c, sizeof(*c));
	free(c);
}

/* false: hung up. */
static bool flush(struct connection *c)
{
	ssize_t n;

	while (c->out_done < c->out_len) {
		n = send(c->fd, c->out + c->out_done, c->out_len - c->out_done, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			sd_event_source_set_io_events(c->source, EPOLLOUT);
			return true;
		}
		if (n < 0) {
			hang_up(c);
			return false;
		}
		c->out_done += n;
	}
	if (c->out)
		explicit_bzero(c->out, c->out_len);
	free(c->out);
	c->out = NULL;
	c->out_len = c->out_done = 0;
	sd_event_source_set_io_events(c->source, EPOLLIN);
	return true;
}

static bool send_answer(struct connection *c, struct text a)
{
	c->out = malloc(a.len ?: 1);
	if (!c->out) {
		hang_up(c);
		return false;
	}
	memcpy(c->out, a.s, a.len);
	c->out_len = a.len;
	return flush(c);
}

static void consume(struct connection *c, size_t n)
{
	memmove(c->in, c->in + n, c->in_len - n);
	explicit_bzero(c->in + c->in_len - n, n);
	c->in_len -= n;
}

/* Line ends between messages, as people send them. */
static void skip_blanks(struct connection *c)
{
	size_t n = 0;

	while (n < c->in_len && (c->in[n] == '\n' || c->in[n] == '\r'))
		n++;
	consume(c, n);
}

/* One after the other, while their answers are taken. false: hung up. */
static bool messages(struct connection *c)
{
	struct text peer = { (const char *)&c->id, sizeof(c->id) }, a;
	struct ng m;
	int ret;

	for (;;) {
		skip_blanks(c);
		if (!c->in_len || c->out)
			return true;
		ret = ng_parse((struct text){ c->in, c->in_len }, c->cookies, c->s->doc, &m);
		if (ret == -EAGAIN && c->in_len < IN_MAX)
			return true;
		a = serve(c->s, &m, ret == -EAGAIN ? -E2BIG : ret, peer, &c->who);
		doc_wipe(c->s->doc);
		/* Where the next message begins, nobody knows now. */
		if (ret) {
			if (send_answer(c, a))
				hang_up(c);
			return false;
		}
		consume(c, m.used);
		if (!send_answer(c, a))
			return false;
	}
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct connection *c = arg;
	ssize_t n;

	c->heard = ++c->s->n_heard;
	if (c->out) {
		if (flush(c) && !c->out)
			messages(c);
		return 0;
	}
	n = recv(fd, c->in + c->in_len, IN_MAX - c->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		hang_up(c);
		return 0;
	}
	c->in_len += n;
	messages(c);
	return 0;
}

static void make_room(struct server *s, bool cookies)
{
	struct connection *c, *oldest = NULL;

	if (s->n_connections[cookies] < CONNECTIONS)
		return;
	for (c = s->connections; c; c = c->next)
		if (c->cookies == cookies && (!oldest || c->heard < oldest->heard))
			oldest = c;
	hang_up(oldest);
}

static int on_listen(sd_event_source *source, int fd, uint32_t events, void *arg, bool cookies)
{
	static uint64_t last_id;
	struct sockaddr_storage from = { 0 };
	socklen_t from_len = sizeof(from);
	int peer = accept4(fd, (struct sockaddr *)&from, &from_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct server *s = arg;
	struct connection *c;

	if (peer < 0)
		return 0;
	make_room(s, cookies);
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(peer);
		return 0;
	}
	*c = (struct connection){ .next = s->connections, .s = s, .fd = peer, .id = ++last_id,
				  .heard = ++s->n_heard, .cookies = cookies,
				  .who = who_is(&s->roles, peer, cookies, &from) };
	if (sd_event_add_io(s->event, &c->source, peer, EPOLLIN, on_connection, c) < 0) {
		close(peer);
		free(c);
		return 0;
	}
	s->connections = c;
	s->n_connections[cookies]++;
	return 0;
}

static int on_listen_tcp(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	return on_listen(source, fd, events, arg, true);
}

static int on_listen_unix(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	return on_listen(source, fd, events, arg, false);
}

/* --- opening ----------------------------------------------------------------------------- */

static socklen_t to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (ep->family == AF_INET6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(ep->port);
		memcpy(&in6->sin6_addr, ep->addr, 16);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(ep->port);
	memcpy(&in->sin_addr, ep->addr, 4);
	return sizeof(*in);
}

/* From now on the loop's, which closes it; also if it fails. */
static int watch(struct server *s, int fd, sd_event_io_handler_t handler)
{
	sd_event_source *source = NULL;
	int ret = sd_event_add_io(s->event, &source, fd, EPOLLIN, handler, s);

	if (ret < 0) {
		close(fd);
		return ret;
	}
	sd_event_source_set_io_fd_own(source, true);
	sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return 0;
}

static int open_socket(struct server *s, int type, const struct sockaddr *addr, socklen_t len,
		       sd_event_io_handler_t handler)
{
	int fd = socket(addr->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, ret;

	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (addr->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, addr, len) || (type == SOCK_STREAM && listen(fd, 16))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return watch(s, fd, handler);
}

static int open_inet(struct server *s, const char *where, int type, sd_event_io_handler_t handler,
		     char *err, size_t err_len)
{
	struct sockaddr_storage ss;
	struct endpoint ep;
	socklen_t len;
	int ret = endpoint_parse(where, &ep, err, err_len);

	if (ret)
		return ret;
	len = to_sockaddr(&ep, &ss);
	ret = open_socket(s, type, (struct sockaddr *)&ss, len, handler);
	if (ret)
		snprintf(err, err_len, "%s: %s", where, strerror(-ret));
	return ret;
}

int server_udp(struct server *s, const char *where, char *err, size_t err_len)
{
	return open_inet(s, where, SOCK_DGRAM, on_datagram, err, err_len);
}

int server_tcp(struct server *s, const char *where, char *err, size_t err_len)
{
	return open_inet(s, where, SOCK_STREAM, on_listen_tcp, err, err_len);
}

/* A socket that nobody listens at is left from an earlier run; anything else is not ours. */
static void remove_stale(const struct sockaddr_un *un)
{
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) && errno == ECONNREFUSED)
		unlink(un->sun_path);
	close(fd);
}

int server_unix(struct server *s, const char *path, char *err, size_t err_len)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	if (!*path || strlen(path) >= sizeof(un.sun_path)) {
		snprintf(err, err_len, "%s: too long for a socket", path);
		return -EINVAL;
	}
	strcpy(un.sun_path, path);
	remove_stale(&un);
	/* For our user and group: who may connect sets up calls; unless roles tell who may. */
	mask = umask(roles_any(&s->roles) ? 0111 : 0117);
	ret = open_socket(s, SOCK_STREAM, (struct sockaddr *)&un, sizeof(un), on_listen_unix);
	umask(mask);
	if (ret)
		snprintf(err, err_len, "%s: %s", path, strerror(-ret));
	return ret;
}

static bool is_inet(int fd, int type, int listening)
{
	return sd_is_socket(fd, AF_INET, type, listening) > 0 || sd_is_socket(fd, AF_INET6, type, listening) > 0;
}

int server_adopt(struct server *s, int fd, char *err, size_t err_len)
{
	sd_event_io_handler_t handler = is_inet(fd, SOCK_DGRAM, -1) ? on_datagram :
					is_inet(fd, SOCK_STREAM, 1) ? on_listen_tcp :
					sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0 ? on_listen_unix : NULL;
	int ret;

	if (!handler) {
		snprintf(err, err_len, "file descriptor %d of the service manager is none of UDP "
			 "(ListenDatagram=ADDRESS:PORT), TCP (ListenStream=ADDRESS:PORT) and a Unix stream "
			 "(ListenStream=/PATH)", fd);
		return -EINVAL;
	}
	ret = fcntl(fd, F_SETFL, O_NONBLOCK) ? -errno : watch(s, fd, handler);
	if (ret)
		snprintf(err, err_len, "file descriptor %d of the service manager: %s", fd, strerror(-ret));
	return ret;
}

void server_close(struct server *s)
{
	while (s->connections)
		hang_up(s->connections);
}
