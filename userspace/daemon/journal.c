// SPDX-License-Identifier: GPL-2.0
/*
 * The journal's file.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC	"xsrtpd journal 1\n"
#define HEAD	(8 + 1 + 16 + 1)
#define GROWN	(1u << 20)	/* bytes more than twice what it was */
#define FILE_MAX_BYTES	(1ll << 30)

/* --- records ---------------------------------------------------------------------------- */

static void write_head(struct text record, char head[HEAD + 1])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	unsigned int i, at;

	SHA256((const uint8_t *)record.s, record.len, hash);
	at = snprintf(head, HEAD + 1, "%08zx ", record.len);
	for (i = 0; i < 8; i++)
		at += snprintf(head + at, HEAD + 1 - at, "%02x", hash[i]);
	head[HEAD - 1] = ' ';
	head[HEAD] = 0;
}

/* The length that the bytes at @t say; false: they are no record's beginning. */
static bool read_length(struct text t, size_t *len)
{
	size_t i;

	for (i = 0, *len = 0; i < 8; i++) {
		const char *hex = "0123456789abcdef", *at = t.len > i && t.s[i] ? strchr(hex, t.s[i]) : NULL;

		if (!at)
			return false;
		*len = *len << 4 | (at - hex);
	}
	return *len <= JOURNAL_RECORD;
}

/* Whether @t begins with a record, whole and right. */
static bool record_at(struct text t, struct text *record)
{
	char head[HEAD + 1];

	if (!read_length(t, &record->len) || t.len < HEAD + record->len + 1)
		return false;
	record->s = t.s + HEAD;
	write_head(*record, head);
	return !memcmp(t.s, head, HEAD) && record->s[record->len] == '\n';
}

static struct text behind(struct text t, size_t n)
{
	return (struct text){ t.s + n, t.len - n };
}

/* To the next record after bytes that are none; false: there is none. */
static bool find_next(struct text *t, struct text *record)
{
	while (t->len) {
		*t = behind(*t, 1);
		if (record_at(*t, record))
			return true;
	}
	return false;
}

/* What a kill can have left: a record's beginning, and no byte after its length. */
static bool is_torn(struct text t)
{
	size_t len;

	return t.len < 8 || (read_length(t, &len) && t.len < HEAD + len + 1);
}

enum journal_state journal_read(struct text t, journal_record *fn, void *arg)
{
	enum journal_state state = JOURNAL_WHOLE;
	struct text record, bad;

	if (!text_strip(&t, MAGIC))
		return t.len ? JOURNAL_FOREIGN : JOURNAL_WHOLE;
	while (t.len) {
		bad = t;
		if (!record_at(t, &record)) {
			if (!find_next(&t, &record))
				return is_torn(bad) ? state : JOURNAL_DAMAGED;
			state = JOURNAL_DAMAGED;
		}
		if (!fn(arg, record))
			state = JOURNAL_DAMAGED;
		t = behind(t, HEAD + record.len + 1);
	}
	return state;
}

/* --- the file ----------------------------------------------------------------------------- */

static int refuse(int ret, char *err, size_t err_len, const char *path, const char *why)
{
	snprintf(err, err_len, "journal %s: %s", path, why);
	return ret;
}

/* Who may write to it makes calls of ours, and deletes flows by our hand. */
static int check_file(int fd, const char *path, char *err, size_t err_len)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(-errno, err, err_len, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(-EBADMSG, err, err_len, path, "no regular file; name another");
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return refuse(-EPERM, err, err_len, path, "others can write to it: it must belong to xsrtpd's "
			      "user, mode 600");
	if (st.st_size > FILE_MAX_BYTES)
		return refuse(-EFBIG, err, err_len, path, "larger than 1 GiB: name another file, or remove it");
	return 0;
}

/* The lock is on the file that has the name: another process may just have put it there. */
static bool is_named(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int open_locked(const char *path, char *err, size_t err_len)
{
	int fd, ret;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
		if (fd < 0)
			return refuse(-errno, err, err_len, path, strerror(errno));
		ret = check_file(fd, path, err, err_len);
		if (!ret && flock(fd, LOCK_EX | LOCK_NB))
			ret = refuse(-EBUSY, err, err_len, path, "another xsrtpd has it");
		if (!ret && is_named(fd, path))
			return fd;
		close(fd);
		if (ret)
			return ret;
	}
}

static int read_file(struct journal *j, char **bytes)
{
	struct stat st;
	ssize_t n;

	if (fstat(j->fd, &st))
		return -errno;
	*bytes = malloc(st.st_size + 1);
	if (!*bytes)
		return -ENOMEM;
	while (j->bytes < (size_t)st.st_size) {
		n = pread(j->fd, *bytes + j->bytes, st.st_size - j->bytes, j->bytes);
		if (n <= 0)
			return n ? -errno : -EIO;
		j->bytes += n;
	}
	return 0;
}

int journal_open(struct journal *j, const char *path, journal_record *fn, void *arg,
		 enum journal_state *state, char *err, size_t err_len)
{
	char *bytes = NULL;
	int ret;

	*j = (struct journal){ .path = strdup(path), .fd = -1, .next = -1 };
	if (!j->path)
		return refuse(-ENOMEM, err, err_len, path, "out of memory");
	j->fd = open_locked(path, err, err_len);
	ret = j->fd < 0 ? j->fd : read_file(j, &bytes);
	if (j->fd >= 0 && ret)
		refuse(ret, err, err_len, path, strerror(-ret));
	if (!ret) {
		*state = journal_read((struct text){ bytes, j->bytes }, fn, arg);
		if (*state == JOURNAL_FOREIGN)
			ret = refuse(-EBADMSG, err, err_len, path, "this is no journal of xsrtpd: name "
				     "another file, or remove it");
	}
	free(bytes);
	if (ret)
		journal_close(j);
	return ret;
}

/* All of it, or nothing: @had bytes stay. */
static int append(int fd, const char *s, size_t len, size_t had)
{
	size_t done = 0;
	ssize_t n;
	int ret;

	while (done < len) {
		n = pwrite(fd, s + done, len - done, had + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			ret = n ? -errno : -EIO;
			return ftruncate(fd, had) ? -errno : ret;
		}
		done += n;
	}
	return 0;
}

int journal_write(struct journal *j, struct text record)
{
	bool next = j->next >= 0;
	size_t *bytes = next ? &j->next_bytes : &j->bytes, len = HEAD + record.len + 1;
	char *line = record.len <= JOURNAL_RECORD ? malloc(len + 1) : NULL;
	int ret;

	if (!line)
		return record.len <= JOURNAL_RECORD ? -ENOMEM : -E2BIG;
	write_head(record, line);
	memcpy(line + HEAD, record.s, record.len);
	line[len - 1] = '\n';
	ret = append(next ? j->next : j->fd, line, len, *bytes);
	free(line);
	if (!ret)
		*bytes += len;
	return ret;
}

/* --- written anew --------------------------------------------------------------------------- */

static char *next_path(const struct journal *j)
{
	char *path;

	return asprintf(&path, "%s.new", j->path) < 0 ? NULL : path;
}

int journal_begin(struct journal *j)
{
	char *path = next_path(j);
	int ret = -ENOMEM;

	if (!path)
		return ret;
	unlink(path);
	j->next = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (j->next < 0)
		return -errno;
	j->next_bytes = strlen(MAGIC);
	ret = flock(j->next, LOCK_EX | LOCK_NB) ? -errno : append(j->next, MAGIC, strlen(MAGIC), 0);
	if (ret)
		journal_undo(j);
	return ret;
}

int journal_end(struct journal *j)
{
	char *path = next_path(j);
	int ret = path ? rename(path, j->path) ? -errno : 0 : -ENOMEM;

	free(path);
	if (ret) {
		journal_undo(j);
		return ret;
	}
	close(j->fd);
	j->fd = j->next;
	j->bytes = j->compacted = j->next_bytes;
	j->next = -1;
	return 0;
}

void journal_undo(struct journal *j)
{
	char *path = next_path(j);

	if (path)
		unlink(path);
	free(path);
	close(j->next);
	j->next = -1;
}

bool journal_grown(const struct journal *j)
{
	return j->bytes > 2 * j->compacted + GROWN;
}

void journal_close(struct journal *j)
{
	if (j->next >= 0)
		journal_undo(j);
	if (j->fd >= 0)
		close(j->fd);
	free(j->path);
	*j = (struct journal){ .fd = -1, .next = -1 };
}
