// SPDX-License-Identifier: GPL-2.0
/*
 * Key files: reading and decoding. Everything that held a part of a key is
 * wiped before return, on success too. stdio is not used for keys: its buffers
 * are freed unwiped. Base64 is RFC 4648 section 4, padded, and of a byte string
 * there is one spelling only (unused bits are 0).
 */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES	1024	/* longest valid file: 93 + 261 bytes */
#define SECRET_MAX	(XSRTP_KEY_MAX + XSRTP_SALT_MAX)

__attribute__((format(printf, 3, 4)))
static int refuse(char *err, size_t err_len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

/* The decoders return the number of bytes, counted on past @max, or -EINVAL. */
static int decode_hex(const char *s, size_t len, uint8_t *out, size_t max)
{
	size_t i;

	if (len % 2)
		return -EINVAL;
	for (i = 0; i < len / 2; i++) {
		int hi = hex_digit(s[2 * i]), lo = hex_digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return -EINVAL;
		if (i < max)
			out[i] = hi << 4 | lo;
	}
	return i;
}

static int decode_base64(const char *s, size_t len, uint8_t *out, size_t max)
{
	uint32_t bits = 0;
	int n = 0, have = 0;
	size_t pad = 0, i;

	if (len % 4)
		return -EINVAL;
	while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len - pad; i++) {
		int d = base64_digit(s[i]);

		if (d < 0)
			return -EINVAL;
		bits = bits << 6 | d;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if ((size_t)n < max)
			out[n] = bits >> have;
		n++;
	}
	return bits & ((1U << have) - 1) ? -EINVAL : n;
}

struct line {
	const char *s;
	size_t len;
};

/* Cuts the next line off; false at the end of the text. */
static bool next_line(const char **text, size_t *left, struct line *l)
{
	const char *nl;

	if (!*left)
		return false;
	nl = memchr(*text, '\n', *left);
	l->s = *text;
	l->len = nl ? (size_t)(nl - *text) : *left;
	*left -= l->len + (nl != NULL);
	*text += l->len + (nl != NULL);
	return true;
}

static bool strip(struct line *l, const char *prefix)
{
	size_t n = strlen(prefix);

	if (l->len < n || memcmp(l->s, prefix, n))
		return false;
	l->s += n;
	l->len -= n;
	return true;
}

static int parse_secret(struct line l, const struct xsrtp_suite_info *suite, struct key *key,
			char *err, size_t err_len)
{
	int n, want = suite->key_len + suite->salt_len, ret = 0;
	uint8_t secret[SECRET_MAX];

	if (strip(&l, "inline:")) {
		if (memchr(l.s, '|', l.len))
			return refuse(err, err_len, "line 1: lifetime and MKI after \"|\" are not "
				      "taken: write the MKI on line 2, as mki:HEX");
		n = decode_base64(l.s, l.len, secret, sizeof(secret));
		if (n < 0)
			ret = refuse(err, err_len, "line 1: not base64 after \"inline:\"");
	} else if (strip(&l, "hex:")) {
		n = decode_hex(l.s, l.len, secret, sizeof(secret));
		if (n < 0)
			ret = refuse(err, err_len, "line 1: not an even number of hexadecimal digits "
				     "after \"hex:\"");
	} else {
		return refuse(err, err_len, "line 1: must be inline:BASE64 or hex:HEX of the master "
			      "key followed by the master salt");
	}
	if (!ret && n != want)
		ret = refuse(err, err_len, "line 1: %s takes %d bytes (master key %u, master salt "
			     "%u), got %d", suite->name, want, suite->key_len, suite->salt_len, n);
	if (!ret) {
		memcpy(key->master_key, secret, suite->key_len);
		memcpy(key->master_salt, secret + suite->key_len, suite->salt_len);
		key->key_len = suite->key_len;
		key->salt_len = suite->salt_len;
	}
	explicit_bzero(secret, sizeof(secret));
	return ret;
}

static int parse_mki(struct line l, struct key *key, char *err, size_t err_len)
{
	int n;

	if (!strip(&l, "mki:"))
		return refuse(err, err_len, "line 2: must be mki:HEX, or not be there");
	n = decode_hex(l.s, l.len, key->mki, sizeof(key->mki));
	if (n < 0)
		return refuse(err, err_len,
			      "line 2: not an even number of hexadecimal digits after \"mki:\"");
	if (n < 1 || n > XSRTP_MKI_MAX)
		return refuse(err, err_len, "line 2: an MKI has 1 to %d bytes, got %d",
			      XSRTP_MKI_MAX, n);
	key->mki_len = n;
	return 0;
}

int key_parse(const char *text, size_t len, const struct xsrtp_suite_info *suite,
	      struct key *key, char *err, size_t err_len)
{
	struct line l;
	int ret;

	memset(key, 0, sizeof(*key));
	if (!next_line(&text, &len, &l))
		return refuse(err, err_len, "it is empty");
	ret = parse_secret(l, suite, key, err, err_len);
	if (!ret && next_line(&text, &len, &l))
		ret = parse_mki(l, key, err, err_len);
	if (!ret && len)
		ret = refuse(err, err_len, "line 3: a key file has one line, or two with mki:HEX");
	if (ret)
		key_wipe(key);
	return ret;
}

/* Reads to the end; -EFBIG if it is longer than @size. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t r;

	for (;;) {
		r = read(fd, buf + n, size - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (!r)
			return n;
		n += r;
		if (n == size)
			return -EFBIG;
	}
}

static int read_fd(int fd, const char *name, const struct xsrtp_suite_info *suite,
		   struct key *key, char *err, size_t err_len)
{
	char buf[FILE_MAX_BYTES] = "", why[256];
	ssize_t n;
	int ret;

	/* May fail over RLIMIT_MEMLOCK: then the key can reach swap, as before. */
	mlock(buf, sizeof(buf));
	n = read_all(fd, buf, sizeof(buf));
	if (n < 0) {
		ret = n;
		snprintf(err, err_len, "key file %s: %s", name, n == -EFBIG ?
			 "too long to be a key file" : strerror(-n));
	} else {
		ret = key_parse(buf, n, suite, key, why, sizeof(why));
		if (ret)
			snprintf(err, err_len, "key file %s: %s", name, why);
	}
	explicit_bzero(buf, sizeof(buf));
	munlock(buf, sizeof(buf));
	return ret;
}

int key_read(const char *path, const struct xsrtp_suite_info *suite, struct key *key,
	     bool *open_to_others, char *err, size_t err_len)
{
	struct stat st;
	int fd, ret;

	*open_to_others = false;
	if (!strcmp(path, "-"))
		return read_fd(STDIN_FILENO, "(standard input)", suite, key, err, err_len);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		ret = -errno;
		snprintf(err, err_len, "key file %s: %s", path, strerror(errno));
		return ret;
	}
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		*open_to_others = st.st_mode & 077;
	ret = read_fd(fd, path, suite, key, err, err_len);
	close(fd);
	return ret;
}

void key_wipe(struct key *key)
{
	explicit_bzero(key, sizeof(*key));
}
