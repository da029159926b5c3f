// SPDX-License-Identifier: GPL-2.0
/*
 * The datapath that carries nothing, for tests: it writes down what it is told, one
 * line each, and refuses a second flow at a local endpoint, as the module does. That no
 * key sends twice is checked by who reads the lines.
 */
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath.h"

#define BUCKETS 4096

struct recorded {
	struct recorded *next;
	struct recorded *same_port;
	uint32_t id;
	struct endpoint local;
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

static void write_key(FILE *f, const char *name, const struct session *s)
{
	uint8_t secret[XSRTP_KEY_MAX + XSRTP_SALT_MAX], hash[SHA256_DIGEST_LENGTH];
	unsigned int i;

	if (!s->present)
		return;
	fprintf(f, " %s suite %u", name, s->suite);
	if (!s->key)
		return;
	memcpy(secret, s->key->master_key, s->key->key_len);
	memcpy(secret + s->key->key_len, s->key->master_salt, s->key->salt_len);
	SHA256(secret, s->key->key_len + s->key->salt_len, hash);
	explicit_bzero(secret, sizeof(secret));
	fputs(" key ", f);
	for (i = 0; i < 8; i++)
		fprintf(f, "%02x", hash[i]);
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

	while (*p && (*p)->id != id)
		p = &(*p)->next;
	return p;
}

static struct recorded **place(struct record *r, const struct endpoint *local)
{
	struct recorded **p = &r->by_port[local->port];

	while (*p && !endpoint_equal(&(*p)->local, local))
		p = &(*p)->same_port;
	return p;
}

static int record_add(struct datapath *d, const struct flow *f, uint32_t *id, char *err, size_t err_len)
{
	static const char *const only[] = { "", " only rtp", " only rtcp" };
	struct record *r = (struct record *)d;
	struct recorded *e = calloc(1, sizeof(*e)), **p;
	char a[ENDPOINT_STRLEN];

	if (!e || *place(r, &f->local)) {
		free(e);
		snprintf(err, err_len, "another flow has this local address and port");
		return -EEXIST;
	}
	*e = (struct recorded){ .id = ++r->last_id, .local = f->local };
	p = find(r, e->id);
	*p = e;
	*place(r, &f->local) = e;
	*id = e->id;
	r->n_flows++;
	fprintf(r->file, "add %u local %s", e->id, endpoint_format(&f->local, a));
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

	if (!*find(r, f->id))
		return gone(err, err_len);
	fprintf(r->file, "move %u", f->id);
	write_ends(r->file, f);
	fputc('\n', r->file);
	return fflush(r->file) ? -EIO : 0;
}

static int record_rekey(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
			char *err, size_t err_len)
{
	struct record *r = (struct record *)d;
	struct session s = { .present = true, .key = k };

	if (!*find(r, id))
		return gone(err, err_len);
	fprintf(r->file, "rekey %u%s", id, k->second ? " second" : "");
	write_key(r->file, dir == RX ? "rx" : "tx", &s);
	fputc('\n', r->file);
	return fflush(r->file) ? -EIO : 0;
}

static int record_del(struct datapath *d, uint32_t id, char *err, size_t err_len)
{
	struct record *r = (struct record *)d;
	struct recorded **p = find(r, id), *e = *p;

	if (!e)
		return gone(err, err_len);
	*p = e->next;
	*place(r, &e->local) = e->same_port;
	free(e);
	r->n_flows--;
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

static int record_each(struct datapath *d, void (*fn)(const struct endpoint *local, void *arg),
		       void *arg, char *err, size_t err_len)
{
	struct record *r = (struct record *)d;
	struct recorded *e;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		for (e = r->bucket[i]; e; e = e->next)
			fn(&e->local, arg);
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

struct datapath *datapath_record(const char *path, char *err, size_t err_len)
{
	static const struct datapath ops = {
		record_add, record_move, record_rekey, record_rekey, record_del, record_stats, record_each, record_close,
		record_totals,
	};
	struct record *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	r->d = ops;
	r->file = fopen(path, "we");
	if (r->file && asprintf(&r->counters, "%s.counters", path) > 0)
		return &r->d;
	snprintf(err, err_len, "%s: %s", path, strerror(errno));
	if (r->file)
		fclose(r->file);
	free(r);
	return NULL;
}
