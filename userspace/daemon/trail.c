// SPDX-License-Identifier: GPL-2.0
/*
 * The audit trail.
 */
#include "trail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

#define SHOWN	256		/* bytes of what others say of themselves */
#define AHEAD	(64 * 1024)	/* room asked for at once */
#define ENOUGH	(2 * AUDIT_LINE)	/* an action's line, and one that says what was lost */

/* --- members -------------------------------------------------------------------------------- */

/* RFC 8259 7. Bytes that are no ASCII are shown one by one: nobody says that they are UTF-8. */
static void put_string(FILE *f, const char *name, struct text t)
{
	size_t i, n = t.len < SHOWN ? t.len : SHOWN;

	fprintf(f, ",\"%s\":\"", name);
	for (i = 0; i < n; i++) {
		unsigned char c = t.s[i];

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

/* What tells who speaks with whom: hidden, if that is wanted. */
static void put_private(const struct trail *t, FILE *f, const char *name, struct text value)
{
	char p[AUDIT_PSEUDONYM];

	if (!t->hide) {
		put_string(f, name, value);
		return;
	}
	audit_pseudonym(&t->key, value.s ?: "", value.len, p);
	put_string(f, name, text_of(p));
}

/* Without its port, so that an address has one pseudonym. */
static void put_address(const struct trail *t, FILE *f, const char *name, const struct endpoint *ep)
{
	char address[INET6_ADDRSTRLEN];

	if (ep->family && inet_ntop(ep->family, ep->addr, address, sizeof(address)))
		put_private(t, f, name, text_of(address));
	fprintf(f, ",\"%s-port\":%u", name, ep->port);
}

/* A SIP proxy is no caller: its address is what an auditor asks for. */
static void put_who(FILE *f, const struct who *w)
{
	static const char *const kinds[] = { "xsrtpd", "unix", "udp", "tcp" };
	char address[INET6_ADDRSTRLEN];

	put_string(f, "by", text_of(kinds[w->kind]));
	if (w->kind == WHO_UNIX)
		fprintf(f, ",\"uid\":%u,\"gid\":%u,\"pid\":%u", w->uid, w->gid, w->pid);
	else if (w->from.family && inet_ntop(w->from.family, w->from.addr, address, sizeof(address)))
		fprintf(f, ",\"from\":\"%s\",\"from-port\":%u", address, w->from.port);
}

static void put_time(FILE *f)
{
	struct timespec now;
	char text[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
	fprintf(f, "\"time\":\"%s.%06luZ\"", text, now.tv_nsec / 1000);
}

static void put_event(const struct trail *t, FILE *f, const struct trail_event *e)
{
	static const struct who self;

	put_time(f);
	put_string(f, "event", text_of(e->event));
	put_who(f, e->who ?: &self);
	if (e->what.len)
		put_string(f, "what", e->what);
	if (e->call.len)
		put_private(t, f, "call", e->call);
	if (e->peer)
		put_address(t, f, "peer", e->peer);
	put_string(f, "result", text_of(e->refused ? "refused" : "ok"));
	if (e->why.len)
		put_string(f, "why", e->why);
}

/* --- the file ---------------------------------------------------------------------------------- */

static void set_full(struct trail *t, int error)
{
	if (!t->full)
		say(SAY_ERROR, "audit: %s: %s: %s", t->path, strerror(error), t->refuse ?
		    "requests that change something are refused" : "lines are lost");
	t->full = true;
}

/*
 * Bytes behind the end are the file's from then on, without being in it (FALLOC_FL_KEEP_SIZE,
 * fallocate(2)). A file system that cannot do so says when it is full.
 */
static bool reserve(struct trail *t)
{
	uint64_t n = AHEAD;

	for (; t->size + ENOUGH > t->reserved; n = ENOUGH) {
		if (!fallocate(t->fd, FALLOC_FL_KEEP_SIZE, t->size, n))
			t->reserved = t->size + n;
		else if (errno == EOPNOTSUPP)
			return true;
		else if (n == ENOUGH)
			return false;
	}
	return true;
}

/* All of the line or nothing: half of one would be taken for tampering. */
static bool append(struct trail *t, const char *line, size_t len)
{
	ssize_t n = write(t->fd, line, len);

	if (n == (ssize_t)len) {
		t->size += len;
		return true;
	}
	if (n > 0 && ftruncate(t->fd, t->size))
		say(SAY_ERROR, "audit: %s: half a line stays: %s", t->path, strerror(errno));
	if (n >= 0)
		errno = ENOSPC;
	return false;
}

static void tell_journal(const struct trail *t, const char *line)
{
	if (t->journal)
		t->journal(line);
}

/* The journal has it all the same, without a number. */
static void lose(struct trail *t, const char *members, int error)
{
	char line[AUDIT_LINE];

	t->n_lost++;
	t->untold++;
	set_full(t, error);
	snprintf(line, sizeof(line), "{\"lost\":true,%s}", members);
	tell_journal(t, line);
}

static bool write_members(struct trail *t, const char *members)
{
	char line[AUDIT_LINE], prev[AUDIT_HASH + 1];
	int len = audit_seal(&t->chain, &t->key, members, line);

	if (len < 0)
		errno = -len;
	if (len < 0 || !append(t, line, len))
		return false;
	audit_read(line, len - 1, &t->chain, prev);
	t->n_lines++;
	line[len - 1] = 0;
	tell_journal(t, line);
	return true;
}

/* SHOWN bounds each text: all of them fit. */
static void make_members(const struct trail *t, const struct trail_event *e, char members[AUDIT_LINE])
{
	FILE *f = fmemopen(members, AUDIT_LINE, "w");

	members[0] = 0;
	if (!f)
		return;
	put_event(t, f, e);
	fclose(f);
}

/* There is room again: first of all, how much is missing. */
static void tell_lost(struct trail *t)
{
	char why[64], members[AUDIT_LINE];
	struct trail_event e = { .event = "lost", .why = { why, 0 } };

	e.why.len = snprintf(why, sizeof(why), "%" PRIu64 " lines could not be written", t->untold);
	make_members(t, &e, members);
	if (!write_members(t, members))
		return;
	t->untold = 0;
	t->full = false;
	say(SAY_NOTICE, "audit: %s: there is room again; %s", t->path, why);
}

bool trail_may(struct trail *t)
{
	if (!t || !t->path || !t->refuse)
		return true;
	if (!reserve(t)) {
		set_full(t, errno);
		return false;
	}
	if (t->untold)
		tell_lost(t);
	t->full = t->untold;
	return !t->full;
}

/* The room that is left is for what is done: what is refused for want of it has none. */
void trail_write(struct trail *t, const struct trail_event *e)
{
	char members[AUDIT_LINE];
	bool room;

	if (!t || !t->path)
		return;
	make_members(t, e, members);
	room = reserve(t);
	if (room && t->untold)
		tell_lost(t);
	errno = ENOSPC;
	if (t->untold || (!room && t->refuse && e->refused) || !write_members(t, members))
		lose(t, members, errno);
}

/* --- opening -------------------------------------------------------------------------------- */

/* Where the chain is: the last whole line. Half a line behind it is of a host that went down. */
static int find_end(struct trail *t, char *err, size_t err_len)
{
	char tail[2 * AUDIT_LINE], prev[AUDIT_HASH + 1], *end, *at;
	ssize_t n = pread(t->fd, tail, sizeof(tail), t->size > sizeof(tail) ? t->size - sizeof(tail) : 0);

	if (n <= 0)
		return n ? -errno : 0;
	end = memrchr(tail, '\n', n);
	if (end && end + 1 != tail + n) {
		say(SAY_WARNING, "audit: %s ends with half a line, which is cut off", t->path);
		t->size -= tail + n - end - 1;
		if (ftruncate(t->fd, t->size))
			return -errno;
	}
	at = end ? memrchr(tail, '\n', end - tail) : NULL;
	at = at ? at + 1 : tail;
	if (end && audit_read(at, end - at, &t->chain, prev))
		return 0;
	snprintf(err, err_len, "%s: its last line is none of an audit file: move it away", t->path);
	return -EINVAL;
}

static int open_file(struct trail *t)
{
	struct stat st;

	t->fd = open(t->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (t->fd < 0 || fstat(t->fd, &st) || flock(t->fd, LOCK_EX | LOCK_NB))
		return -errno;
	t->size = st.st_size;
	t->reserved = 0;
	return 0;
}

int trail_open(struct trail *t, const char *path, char *err, size_t err_len)
{
	int ret;

	t->path = path;
	audit_chain_begin(&t->chain);
	err[0] = 0;
	ret = open_file(t);
	ret = ret ?: find_end(t, err, err_len);
	if (ret && !err[0])
		snprintf(err, err_len, "%s: %s", path, ret == -EWOULDBLOCK ? "another process writes it" :
			 strerror(-ret));
	return ret;
}

/* The room that was asked for ahead is given back. */
static void close_file(struct trail *t)
{
	if (ftruncate(t->fd, t->size))
		say(SAY_WARNING, "audit: %s: %s", t->path, strerror(errno));
	close(t->fd);
}

/* The old file is closed when the new one is open: nothing is lost between. */
void trail_reopen(struct trail *t)
{
	struct trail_event e = { .event = "file", .what = text_of("reopen") };
	struct trail old = *t;
	struct stat a, b;
	int ret;

	if (!t->path || (!stat(t->path, &a) && !fstat(t->fd, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino))
		return;		/* it is where it was */
	ret = open_file(t);
	if (ret) {
		say(SAY_ERROR, "audit: %s: %s: the file stays that was open", t->path, strerror(-ret));
		if (t->fd >= 0)
			close(t->fd);
		t->fd = old.fd;
		return;
	}
	close_file(&old);
	explicit_bzero(&old, sizeof(old));
	trail_write(t, &e);
}

void trail_close(struct trail *t)
{
	if (t->path)
		close_file(t);
	explicit_bzero(&t->key, sizeof(t->key));
}
