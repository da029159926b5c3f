// SPDX-License-Identifier: GPL-2.0
/*
 * The datapath that carries nothing, for tests: it writes down what it is told, one
 * line each, and refuses a second flow at a local endpoint and a key that is there, as the
 * module does. That no key sends twice is checked by who reads the lines. It reads them
 * itself when it begins, so that its flows are there again after a kill.
 */
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datapath.h"

#define BUCKETS 4096
#define KEY_HASH 16	/* digits */

struct recorded {
	struct recorded *next;
	struct recorded *same_port;
	struct flow f;
	char key[2][KEY_HASH + 1];	/* by direction; "": none */
};

struct record {
	struct datapath d;
	FILE *file;
	uint32_t last_id, n_flows;
	char *counters;		/* a file's name */
	uint64_t n_asked;
	struct recorded *bucket[BUCKETS];	/* by id */
	struct recorded *by_port[65536];
};

static void hash_key(const struct key *k, char out[KEY_HASH + 1])
{
	uint8_t secret[XSRTP_KEY_MAX + XSRTP_SALT_MAX], hash[SHA256_DIGEST_LENGTH];
	unsigned int i;

	memcpy(secret, k->master_key, k->key_len);
	memcpy(secret + k->key_len, k->master_salt, k->salt_len);
	SHA256(secret, k->key_len + k->salt_len, hash);
	explicit_bzero(secret, sizeof(secret));
	for (i = 0; i < KEY_HASH / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static void write_key(FILE *f, const char *name, const struct session *s)
{
	char hash[KEY_HASH + 1];

	if (!s->present)
		return;
	fprintf(f, " %s suite %u", name, s->suite);
	if (!s->key)
		return;
	hash_key(s->key, hash);
	fprintf(f, " key %s", hash);
	if (s->key->mki_len)
		fprintf(f, " mki %u", s->key->mki_len);
	if (s->key->lifetime)
		fprintf(f, " lifetime %llu", (unsigned long long)s->key->lifetime);
	if (s->key->rate)
		fprintf(f, " rate %u", s->key->rate);
	if (s->max_streams)
		fprintf(f, " streams %u%s", s->max_streams,
			s->flags & XSRTP_SESSION_FLAGS_EVICT ? " evict" : "");
}

static void write_ends(FILE *f, const struct flow *fl)
{
	char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN], c[ENDPOINT_STRLEN];

	fprintf(f, " remote %s from %s to %s", endpoint_format(&fl->remote, a),
		endpoint_format(&fl->source, b), endpoint_format(&fl->destination, c));
}

static struct recorded **find(struct record *r, uint32_t id)
{
	struct recorded **p = &r->bucket[id % BUCKETS];

	while (*p && (*p)->f.id != id)
		p = &(*p)->next;
	return p;
}

static struct recorded **place(struct record *r, const struct endpoint *local)
{
	struct recorded **p = &r->by_port[local->port];

	while (*p && !endpoint_equal(&(*p)->f.local, local))
		p = &(*p)->same_port;
	return p;
}

/* The flow @f, of which nothing that needs freeing is kept. NULL: its place is taken. */
static struct recorded *insert(struct record *r, const struct flow *f)
{
	struct recorded *e = calloc(1, sizeof(*e)), **p;

	if (!e || *place(r, &f->local)) {
		free(e);
		return NULL;
	}
	e->f = *f;
	e->f.rx.key = e->f.tx.key = NULL;
	e->f.rx.has_key = f->rx.key;
	e->f.tx.has_key = f->tx.key;
	p = find(r, f->id);
	*p = e;
	*place(r, &f->local) = e;
	r->n_flows++;
	return e;
}

static void extract(struct record *r, struct recorded **p)
{
	struct recorded *e = *p, **at = place(r, &e->f.local);

	*p = e->next;
	*at = e->same_port;
	r->n_flows--;
	free(e);
}

static int record_add(struct datapath *d, const struct flow *f, uint32_t *id, char *err, size_t err_len)
{
	static const char *const only[] = { "", " only rtp", " only rtcp" };
	struct record *r = (struct record *)d;
	struct flow made = *f;
	struct recorded *e;
	char a[ENDPOINT_STRLEN];

	made.id = r->last_id + 1;
	e = insert(r, &made);
	if (!e) {
		snprintf(err, err_len, "another flow has this local address and port");
		return -EEXIST;
	}
	*id = ++r->last_id;
	if (f->rx.key)
		hash_key(f->rx.key, e->key[RX]);
	if (f->tx.key)
		hash_key(f->tx.key, e->key[TX]);
	fprintf(r->file, "add %u", *id);
	if (f->cookie)
		fprintf(r->file, " cookie %llu", (unsigned long long)f->cookie);
	fprintf(r->file, " local %s", endpoint_format(&f->local, a));
	write_ends(r->file, f);
	fputs(only[f->only], r->file);
	write_key(r->file, "rx", &f->rx);
	write_key(r->file, "tx", &f->tx);
	fputc('\n', r->file);
	return fflush(r->file) ? -EIO : 0;
}

static int gone(char *err, size_t err_len)
{
	snprintf(err, err_len, "no such flow");
	return -ENOENT;
}

static int record_move(struct datapath *d, const struct flow *f, char *err, size_t err_len)
{
	struct record *r = (struct record *)d;
	struct recorded *e = *find(r, f->id);

	if (!e)
		return gone(err, err_len);
	e->f.remote = f->remote;
	e->f.source = f->source;
	e->f.destination = f->destination;
	fprintf(r->file, "move %u", f->id);
	write_ends(r->file, f);
	fputc('\n', r->file);
	return fflush(r->file) ? -EIO : 0;
}

static int set_key(struct record *r, struct recorded *e, enum direction dir, const struct key *k)
{
	struct session s = { .present = true, .key = k };

	(dir == RX ? &e->f.rx : &e->f.tx)->has_key = true;
	if (!k->second)
		hash_key(k, e->key[dir]);
	fprintf(r->file, "rekey %u%s", e->f.id, k->second ? " second" : "");
	write_key(r->file, dir == RX ? "rx" : "tx", &s);
	fputc('\n', r->file);
	return fflush(r->file) ? -EIO : 0;
}

static int record_rekey(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
			char *err, size_t err_len)
{
	struct recorded *e = *find((struct record *)d, id);
	char hash[KEY_HASH + 1];

	if (!e)
		return gone(err, err_len);
	hash_key(k, hash);
	if (!strcmp(hash, e->key[dir])) {
		snprintf(err, err_len, "this key is already in use: setting it changes nothing");
		return -EEXIST;
	}
	return set_key((struct record *)d, e, dir, k);
}

static int record_only(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
		       char *err, size_t err_len)
{
	struct recorded *e = *find((struct record *)d, id);

	return e ? set_key((struct record *)d, e, dir, k) : gone(err, err_len);
}

static int record_del(struct datapath *d, uint32_t id, char *err, size_t err_len)
{
	struct record *r = (struct record *)d;
	struct recorded **p = find(r, id);

	if (!*p)
		return gone(err, err_len);
	extract(r, p);
	fprintf(r->file, "del %u\n", id);
	return fflush(r->file) ? -EIO : 0;
}

static uint64_t carried(struct record *r, uint32_t id)
{
	FILE *f = fopen(r->counters, "re");
	uint64_t packets = 0;
	char line[64], n[32];
	unsigned int which;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u %31s", &which, n) != 2 || (which && which != id))
			continue;
		packets = *n == '+' ? ++r->n_asked : strtoull(n, NULL, 10);
		if (which)
			break;
	}
	if (f)
		fclose(f);
	return packets;
}

static int record_stats(struct datapath *d, uint32_t id, struct stats *s, char *err, size_t err_len)
{
	struct record *r = (struct record *)d;

	*s = (struct stats){ 0 };
	if (!*find(r, id))
		return gone(err, err_len);
	s->rx_packets = s->tx_packets = carried(r, id);
	return 0;
}

static int record_each(struct datapath *d, void (*fn)(const struct flow *f, void *arg), void *arg,
		       char *err, size_t err_len)
{
	struct record *r = (struct record *)d;
	struct recorded *e;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		for (e = r->bucket[i]; e; e = e->next)
			fn(&e->f, arg);
	return 0;
}

/* It has one part. */
static int record_reconcile(struct datapath *d, char *err, size_t err_len)
{
	return 0;
}

static void read_total(const char *line, struct stats *s)
{
	unsigned long long packets, bytes;
	unsigned int reason;

	if (sscanf(line, "total %llu %llu", &packets, &bytes) == 2) {
		s->rx_packets = s->tx_packets = packets;
		s->rx_bytes = s->tx_bytes = bytes;
	} else if (sscanf(line, "drop %u %llu", &reason, &packets) == 2 && reason < XSRTP_REASON_MAX) {
		s->drop[reason] = packets;
	}
}

static int record_totals(struct datapath *d, struct stats *s, char *err, size_t err_len)
{
	struct record *r = (struct record *)d;
	FILE *f = fopen(r->counters, "re");
	char line[64];

	*s = (struct stats){ .flows = r->n_flows, .cipher = "none" };
	while (f && fgets(line, sizeof(line), f))
		read_total(line, s);
	if (f)
		fclose(f);
	return 0;
}

static void record_close(struct datapath *d)
{
	struct record *r = (struct record *)d;
	struct recorded *e;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		while ((e = r->bucket[i])) {
			r->bucket[i] = e->next;
			free(e);
		}
	fclose(r->file);
	free(r->counters);
	free(r);
}

/* --- its own lines ---------------------------------------------------------------------- */

static char *word_after(char *line, const char *name)
{
	char *at = strstr(line, name);

	return at ? at + strlen(name) : NULL;
}

static void read_endpoint(char *line, const char *name, struct endpoint *ep)
{
	char word[ENDPOINT_STRLEN], err[256], *at = word_after(line, name);

	if (at && sscanf(at, "%63s", word) == 1)
		endpoint_parse(word, ep, err, sizeof(err));
}

static void read_ends(char *line, struct flow *f)
{
	read_endpoint(line, " remote ", &f->remote);
	read_endpoint(line, " from ", &f->source);
	read_endpoint(line, " to ", &f->destination);
}

/* Its suite, and whether there is a key: the one of the line, before what is of the other. */
static void read_session(char *line, const char *name, const char *other, struct session *s, char *key)
{
	char *at = word_after(line, name), *end = at ? strstr(at, other) : NULL, *k;

	if (!at)
		return;
	s->present = true;
	if (sscanf(at, "%u", &s->suite) != 1)
		s->suite = 0;
	k = strstr(at, " key ");
	s->has_key |= k && (!end || k < end) && sscanf(k, " key %16s", key) == 1;
}

static void read_add(struct record *r, char *line, uint32_t id)
{
	struct flow f = { .id = id, .action = XSRTP_ACTION_FORWARD };
	char *cookie = word_after(line, " cookie "), key[2][KEY_HASH + 1] = { "", "" };
	struct recorded *e;

	f.cookie = cookie ? strtoull(cookie, NULL, 10) : 0;
	read_endpoint(line, " local ", &f.local);
	read_ends(line, &f);
	f.only = strstr(line, " only rtp ") || strstr(line, " only rtp\n") ? XSRTP_ONLY_RTP :
		 strstr(line, " only rtcp") ? XSRTP_ONLY_RTCP : 0;
	read_session(line, " rx suite ", " tx ", &f.rx, key[RX]);
	read_session(line, " tx suite ", " rx ", &f.tx, key[TX]);
	e = insert(r, &f);
	if (!e)
		return;
	e->f.rx.has_key = *key[RX];
	e->f.tx.has_key = *key[TX];
	memcpy(e->key, key, sizeof(key));
	r->last_id = id;
}

static void read_rekey(struct recorded *e, char *line)
{
	enum direction dir = strstr(line, " tx ") ? TX : RX;
	char *at = word_after(line, " key ");

	(dir == RX ? &e->f.rx : &e->f.tx)->has_key = true;
	if (at && !strstr(line, " second") && sscanf(at, "%16s", e->key[dir]) != 1)
		*e->key[dir] = 0;
}

static void read_line(struct record *r, char *line)
{
	struct recorded **p;
	char what[8];
	uint32_t id;

	if (sscanf(line, "%7s %u", what, &id) != 2)
		return;
	p = find(r, id);
	if (!strcmp(what, "add"))
		read_add(r, line, id);
	else if (*p && !strcmp(what, "del"))
		extract(r, p);
	else if (*p && !strcmp(what, "move"))
		read_ends(line, &(*p)->f);
	else if (*p && !strcmp(what, "rekey"))
		read_rekey(*p, line);
}

/* To append to; a line that a kill has left half done is as good as none. */
static int open_file(struct record *r, const char *path)
{
	char line[512];
	long whole = 0;

	r->file = fopen(path, "a+e");
	if (!r->file)
		return -errno;
	while (fgets(line, sizeof(line), r->file) && strchr(line, '\n')) {
		read_line(r, line);
		whole = ftell(r->file);
	}
	if (!feof(r->file) || ftell(r->file) > whole)
		if (ftruncate(fileno(r->file), whole))
			return -errno;
	return 0;
}

struct datapath *datapath_record(const char *path, char *err, size_t err_len)
{
	static const struct datapath ops = {
		record_add, record_move, record_rekey, record_only, record_del, record_stats, record_each,
		record_reconcile, record_close, record_totals,
	};
	struct record *r = calloc(1, sizeof(*r));
	int ret;

	if (!r) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	r->d = ops;
	ret = open_file(r, path);
	if (!ret && asprintf(&r->counters, "%s.counters", path) > 0)
		return &r->d;
	snprintf(err, err_len, "%s: %s", path, strerror(-ret));
	if (r->file)
		fclose(r->file);
	free(r);
	return NULL;
}
