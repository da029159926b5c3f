// SPDX-License-Identifier: GPL-2.0
/*
 * Audit lines: making them, and looking whether they are as they were made. The end of a
 * line has a fixed form, so what is hashed is found without reading JSON.
 */
#include "audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define PREV	",\"prev\":\""
#define HASH	"\",\"hash\":\""
#define END	"\"}"
/* From the end of a line: where each of them begins. */
#define AT_END	(sizeof(END) - 1)
#define AT_HASH	(AT_END + AUDIT_HASH + sizeof(HASH) - 1)
#define AT_PREV	(AT_HASH + AUDIT_HASH + sizeof(PREV) - 1)

int audit_key_read(const char *path, struct audit_key *key, char *err, size_t err_len)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int ret = 0;

	key->len = f ? fread(key->bytes, 1, sizeof(key->bytes), f) : 0;
	while (key->len && (key->bytes[key->len - 1] == '\n' || key->bytes[key->len - 1] == '\r'))
		key->len--;
	if (!f || ferror(f) || fstat(fileno(f), &st)) {
		ret = -errno;
		snprintf(err, err_len, "%s: %s", path, strerror(-ret));
	} else if (st.st_mode & 077) {
		ret = -EINVAL;
		snprintf(err, err_len, "%s: others than its owner may read it: chmod 600", path);
	} else if (key->len < AUDIT_KEY_MIN) {
		ret = -EINVAL;
		snprintf(err, err_len, "%s: %zu bytes are no key, write %d or more: openssl rand -hex 32", path,
			 key->len, AUDIT_KEY_MIN);
	}
	if (f)
		fclose(f);
	if (ret)
		explicit_bzero(key, sizeof(*key));
	return ret;
}

void audit_chain_begin(struct audit_chain *c)
{
	c->seq = 0;
	memset(c->hash, '0', AUDIT_HASH);
	c->hash[AUDIT_HASH] = 0;
}

static void put_hex(const uint8_t *bytes, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

static void hash_of(const struct audit_key *key, const char *text, size_t len, char out[AUDIT_HASH + 1])
{
	uint8_t h[AUDIT_HASH / 2];
	unsigned int n = sizeof(h);

	if (key && key->len)
		HMAC(EVP_sha256(), key->bytes, key->len, (const uint8_t *)text, len, h, &n);
	else
		EVP_Digest(text, len, h, &n, EVP_sha256(), NULL);
	put_hex(h, sizeof(h), out);
}

int audit_seal(const struct audit_chain *c, const struct audit_key *key, const char *members, char line[AUDIT_LINE])
{
	char hash[AUDIT_HASH + 1];
	int n = snprintf(line, AUDIT_LINE, "{\"seq\":%" PRIu64 ",%s" PREV "%s", c->seq + 1, members, c->hash);

	if (n < 0 || n + AT_HASH + 2 > AUDIT_LINE)
		return -EMSGSIZE;
	hash_of(key, line, n, hash);
	return n + snprintf(line + n, AUDIT_LINE - n, HASH "%s" END "\n", hash);
}

static bool copy_hash(const char *from, char to[AUDIT_HASH + 1])
{
	memcpy(to, from, AUDIT_HASH);
	to[AUDIT_HASH] = 0;
	return strspn(to, "0123456789abcdef") == AUDIT_HASH;
}

bool audit_read(const char *line, size_t len, struct audit_chain *own, char prev[AUDIT_HASH + 1])
{
	const char *end = line + len;
	int at = 0;

	if (len < AT_PREV || memchr(line, 0, len) || memcmp(end - AT_END, END, AT_END) ||
	    memcmp(end - AT_HASH, HASH, sizeof(HASH) - 1) || memcmp(end - AT_PREV, PREV, sizeof(PREV) - 1))
		return false;
	return sscanf(line, "{\"seq\":%" SCNu64 ",%n", &own->seq, &at) == 1 && at &&
	       copy_hash(end - AT_END - AUDIT_HASH, own->hash) && copy_hash(end - AT_HASH - AUDIT_HASH, prev);
}

bool audit_genuine(const char *line, size_t len, const struct audit_key *key)
{
	char hash[AUDIT_HASH + 1];

	hash_of(key, line, len - AT_HASH, hash);
	return !CRYPTO_memcmp(hash, line + len - AT_END - AUDIT_HASH, AUDIT_HASH);
}

/* A key of its own, so that a pseudonym is no hash that could be in the chain. */
void audit_pseudonym(const struct audit_key *key, const char *text, size_t len, char out[AUDIT_PSEUDONYM])
{
	static const char label[] = "xsrtp audit pseudonym";
	uint8_t own[32], h[32];
	unsigned int n = 32;

	HMAC(EVP_sha256(), key->bytes, key->len, (const uint8_t *)label, sizeof(label), own, &n);
	HMAC(EVP_sha256(), own, sizeof(own), (const uint8_t *)text, len, h, &n);
	explicit_bzero(own, sizeof(own));
	memcpy(out, "p-", 2);
	put_hex(h, 12, out + 2);
}

/* --- looking at files ---------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5)))
static void find(struct audit_check *c, const char *file, uint64_t line, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	c->findings++;
	c->found(c->arg, file, line, what);
}

/* How a line that is genuine goes on from the one before. */
static void follow(struct audit_check *c, const char *file, uint64_t line, const struct audit_chain *own,
		   const char *prev)
{
	if (!c->begun)
		c->first = own->seq;
	else if (own->seq > c->last.seq + 1)
		find(c, file, line, "%" PRIu64 " lines are gone before this one (%" PRIu64 " to %" PRIu64 ")",
		     own->seq - c->last.seq - 1, c->last.seq + 1, own->seq - 1);
	else if (own->seq <= c->last.seq)
		find(c, file, line, "number %" PRIu64 " comes after %" PRIu64 ": moved, put in, or the chain begins anew",
		     own->seq, c->last.seq);
	else if (strcmp(prev, c->last.hash))
		find(c, file, line, "the line before is another than when this one was written");
}

static void look_at(struct audit_check *c, const struct audit_key *key, const char *file, uint64_t line,
		    const char *text, size_t len)
{
	char prev[AUDIT_HASH + 1];
	struct audit_chain own;

	c->lines++;
	if (!len || text[len - 1] != '\n' || !audit_read(text, len - 1, &own, prev)) {
		find(c, file, line, "no line of an audit file, or cut off");
		return;
	}
	if (!audit_genuine(text, len - 1, key))
		find(c, file, line, "changed since it was written%s", key->len || c->begun ? "" : ", or written with a key");
	else
		follow(c, file, line, &own, prev);
	c->begun = true;
	c->last = own;
}

int audit_verify(struct audit_check *c, const struct audit_key *key, const char *path, FILE *f)
{
	uint64_t line = 0;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	int ret;

	errno = 0;
	while ((len = getline(&text, &room, f)) >= 0)
		look_at(c, key, path, ++line, text, len);
	ret = ferror(f) ? -(errno ?: EIO) : 0;
	free(text);
	return ret;
}
