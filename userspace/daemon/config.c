// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a configuration. A number is held against its limits, an address or an
 * interface read, where its line is known; what depends on other keys is left to
 * config_check(), which comes when file and command line are one.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dtls.h"
#include "endpoint.h"
#include "say.h"

#define BLANKS " \t\r\v\f"

struct setting {
	const char *name;
	/* 0 or -EINVAL, of a value that has no control bytes and fits into CONFIG_TEXT */
	int (*read)(const struct setting *k, void *to, const char *value, char *err, size_t err_len);
	size_t at, size;	/* in struct config */
	const char *takes;
	uint32_t min, max;	/* of a number */
	bool many;		/* may be there several times; a struct words */
	bool fixed;		/* not while we run */
};

__attribute__((format(printf, 3, 4)))
static int refuse(char *err, size_t err_len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* --- values ------------------------------------------------------------------------- */

static int read_number(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	uint64_t n;

	if (!text_number(text_of(value), k->max, &n) || n < k->min)
		return refuse(err, err_len, "%s takes a number from %u to %u, not \"%s\"", k->name, k->min,
			      k->max, value);
	*(uint32_t *)to = n;
	return 0;
}

static int read_level(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	static const struct {
		const char *name;
		enum say level;
	} levels[] = {
		{ "error", SAY_ERROR }, { "warning", SAY_WARNING }, { "notice", SAY_NOTICE },
		{ "info", SAY_INFO },
	};
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (text_is(text_of(value), levels[i].name)) {
			*(uint32_t *)to = levels[i].level;
			return 0;
		}
	return refuse(err, err_len, "%s takes %s, not \"%s\"", k->name, k->takes, value);
}

static int read_on_stop(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	bool end = !strcmp(value, "end");

	if (!end && strcmp(value, "keep"))
		return refuse(err, err_len, "%s takes %s, not \"%s\"", k->name, k->takes, value);
	*(uint32_t *)to = end ? ON_STOP_END : ON_STOP_KEEP;
	return 0;
}

static int read_interface(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	struct ifaces *one = calloc(1, sizeof(*one));
	char why[CONFIG_TEXT];
	int ret;

	if (strpbrk(value, " \t")) {
		free(one);
		return refuse(err, err_len, "%s: \"%s\": write one NAME/ADDRESS, and each further one in a "
			      "line of its own", k->name, value);
	}
	if (!one)
		return refuse(err, err_len, "out of memory");
	ret = ifaces_add(one, value, why, sizeof(why));
	free(one);
	return ret ? refuse(err, err_len, "%s: %s", k->name, why) : 0;
}

static int read_address(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	char why[CONFIG_TEXT];
	struct endpoint ep;

	return endpoint_parse(value, &ep, why, sizeof(why)) ?
	       refuse(err, err_len, "%s: %s", k->name, why) : 0;
}

static int read_path(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	return 0;
}

/* One of two, as it says that it takes: "this or that". */
static int read_word(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	const char *or = strstr(k->takes, " or ");

	return text_is((struct text){ k->takes, or - k->takes }, value) || !strcmp(or + 4, value) ? 0 :
	       refuse(err, err_len, "%s takes %s, not \"%s\"", k->name, k->takes, value);
}

static int read_metrics(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	return *value == '/' || !strcmp(value, "off") ? 0 : read_address(k, to, value, err, err_len);
}

static int read_profiles(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	unsigned char suite[DTLS_PROFILES];
	char why[CONFIG_TEXT];

	return dtls_profiles(value, suite, why, sizeof(why)) < 0 ?
	       refuse(err, err_len, "%s: %s", k->name, why) : 0;
}

/* "NAME/REST": the name, and @t is the rest. An empty one: of all interfaces. */
static struct text read_name(struct text *t)
{
	const char *slash = memchr(t->s, '/', t->len);

	return slash ? text_cut(*t, '/', t) : (struct text){ t->s, 0 };
}

static int read_suites(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	struct text t = text_of(value);
	char why[CONFIG_TEXT];
	struct policy p;

	read_name(&t);
	return policy_read(&p, t, why, sizeof(why)) ? refuse(err, err_len, "%s: %s", k->name, why) : 0;
}

static int read_plain(const struct setting *k, void *to, const char *value, char *err, size_t err_len)
{
	struct text t = text_of(value);

	read_name(&t);
	return text_is(t, "yes") || text_is(t, "no") ? 0 :
	       refuse(err, err_len, "%s takes %s, not \"%s\"", k->name, k->takes, value);
}

#define LEVELS "error, warning, notice or info"
#define TIMEOUT_MAX 31536000	/* a year */
#define AT(member)	offsetof(struct config, member), sizeof(((struct config *)0)->member)

static const struct setting keys[] = {
	{ "interface", read_interface, AT(interface), "NAME/ADDRESS[!ADVERTISED]", .many = true,
	  .fixed = true },
	{ "listen-ng", read_address, AT(listen_ng), "ADDRESS:PORT", .many = true, .fixed = true },
	{ "listen-tcp-ng", read_address, AT(listen_tcp_ng), "ADDRESS:PORT", .many = true, .fixed = true },
	{ "listen-unix", read_path, AT(listen_unix), "PATH", .many = true, .fixed = true },
	{ "port-min", read_number, AT(port_min), "N", .min = 2, .max = 65535 },
	{ "port-max", read_number, AT(port_max), "N", .min = 3, .max = 65535 },
	{ "max-sessions", read_number, AT(max_sessions), "N", .max = 1000000 },
	{ "delete-delay", read_number, AT(delete_delay), "SECONDS", .max = 86400 },
	{ "media-timeout", read_number, AT(media_timeout), "SECONDS", .max = TIMEOUT_MAX },
	{ "silent-timeout", read_number, AT(silent_timeout), "SECONDS", .max = TIMEOUT_MAX },
	{ "offer-timeout", read_number, AT(offer_timeout), "SECONDS", .max = TIMEOUT_MAX },
	{ "final-timeout", read_number, AT(final_timeout), "SECONDS", .max = TIMEOUT_MAX },
	{ "log-level", read_level, AT(log_level), LEVELS, .max = SAY_INFO },
	{ "suites", read_suites, AT(suites), "[NAME/]SUITE,SUITE...", .many = true },
	{ "plain-rtp", read_plain, AT(plain_rtp), "[NAME/]yes or [NAME/]no", .many = true },
	{ "dtls-certificate", read_path, AT(dtls_certificate), "FILE", .fixed = true },
	{ "dtls-key", read_path, AT(dtls_key), "FILE", .fixed = true },
	{ "dtls-profiles", read_profiles, AT(dtls_profiles), "PROFILE,PROFILE...", .fixed = true },
	{ "journal", read_path, AT(journal), "FILE", .fixed = true },
	{ "on-stop", read_on_stop, AT(on_stop), "keep or end", .max = ON_STOP_END },
	{ "record", read_path, AT(record), "FILE", .fixed = true },
	{ "metrics", read_metrics, AT(metrics), "ADDRESS:PORT, /PATH or off", .fixed = true },
	{ "audit", read_path, AT(audit), "FILE", .fixed = true },
	{ "audit-key", read_path, AT(audit_key), "FILE", .fixed = true },
	{ "audit-full", read_word, AT(audit_full), "refuse or go-on", .fixed = true },
	{ "audit-addresses", read_word, AT(audit_addresses), "plain or hidden", .fixed = true },
	{ "look-group", read_path, AT(look_group), "GROUP", .fixed = true },
	{ "operate-group", read_path, AT(operate_group), "GROUP", .fixed = true },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))
_Static_assert(KEYS <= CONFIG_KEYS, "a bit for each key");

/* The places of some. */
enum { INTERFACE = 0, PORT_MIN = 4, PORT_MAX };

void config_init(struct config *c)
{
	*c = (struct config){ .port_min = 30000, .port_max = 40000, .log_level = SAY_NOTICE,
			      .media_timeout = 60, .silent_timeout = 3600, .offer_timeout = 3600 };
}

const char *config_key(unsigned int i, const char **takes)
{
	if (i >= KEYS)
		return NULL;
	*takes = keys[i].takes;
	return keys[i].name;
}

static bool has_words(const struct setting *k)
{
	return k->size == sizeof(struct words);
}

/* --- one key ---------------------------------------------------------------------------- */

static int add_word(const struct setting *k, struct words *w, const char *value, unsigned int line, char *err,
		    size_t err_len)
{
	unsigned int i;

	if (w->n == CONFIG_WORDS)
		return refuse(err, err_len, "%s: there are %d already, no more fit", k->name, CONFIG_WORDS);
	for (i = 0; i < w->n; i++)
		if (!strcmp(w->text[i], value))
			return refuse(err, err_len, "%s: \"%s\" is there already; leave one out", k->name,
				      value);
	w->line[w->n] = line;
	snprintf(w->text[w->n++], CONFIG_TEXT, "%s", value);
	return 0;
}

static int copy_value(const struct setting *k, struct text t, char value[CONFIG_TEXT], char *err, size_t err_len)
{
	size_t i;

	if (!t.len)
		return refuse(err, err_len, "%s has no value; it takes %s", k->name, k->takes);
	if (t.len >= CONFIG_TEXT)
		return refuse(err, err_len, "%s: a value of %zu bytes; at most %d fit", k->name, t.len,
			      CONFIG_TEXT - 1);
	for (i = 0; i < t.len; i++)
		if ((unsigned char)t.s[i] < ' ' || t.s[i] == 0x7f)
			return refuse(err, err_len, "%s: byte %zu of the value is a control byte; write "
				      "text", k->name, i + 1);
	memcpy(value, t.s, t.len);
	value[t.len] = 0;
	return 0;
}

int config_set(struct config *c, unsigned int key, struct text t, unsigned int line, char *err,
	       size_t err_len)
{
	const struct setting *k = &keys[key];
	void *to = (char *)c + k->at;
	char value[CONFIG_TEXT];
	int ret;

	if (c->given & 1u << key && !k->many && c->line[key])
		return refuse(err, err_len, "%s is in line %u already; leave one out", k->name, c->line[key]);
	ret = copy_value(k, t, value, err, err_len) ?: k->read(k, to, value, err, err_len);
	/* Of two on the command line the last counts, as people expect of options. */
	if (!ret && has_words(k) && !k->many)
		((struct words *)to)->n = 0;
	if (!ret && has_words(k))
		ret = add_word(k, to, value, line, err, err_len);
	c->given |= 1u << key;
	if (!ret)
		c->line[key] = line;
	return ret;
}

/* --- files ------------------------------------------------------------------------------ */

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters are to be changed, put in or left out (Levenshtein). */
static unsigned int distance(struct text a, const char *b)
{
	unsigned int row[64], i, j, before, above, n = strlen(b);

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; i <= a.len; i++) {
		before = row[0];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			above = row[j];
			row[j] = min3(before + (a.s[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1);
			before = above;
		}
	}
	return row[n];
}

/* The key that was meant, if one is near. */
static const char *nearest(struct text name)
{
	unsigned int i, d, least = 4;
	const char *found = NULL;

	if (name.len > 32)
		return NULL;
	for (i = 0; i < KEYS; i++) {
		d = distance(name, keys[i].name);
		if (d < least) {
			least = d;
			found = keys[i].name;
		}
	}
	return found;
}

static struct text trim(struct text t)
{
	while (t.len && strchr(BLANKS, t.s[0]) && t.s[0]) {
		t.s++;
		t.len--;
	}
	while (t.len && strchr(BLANKS, t.s[t.len - 1]) && t.s[t.len - 1])
		t.len--;
	return t;
}

/* A "#" at the beginning or after a blank; within a word it is of the word. */
static struct text without_comment(struct text t)
{
	size_t i;

	for (i = 0; i < t.len; i++)
		if (t.s[i] == '#' && (!i || t.s[i - 1] == ' ' || t.s[i - 1] == '\t'))
			return (struct text){ t.s, i };
	return t;
}

/* In a sentence: what is no name may have any bytes. */
static const char *shown(struct text t, char out[TEXT_SHOWN + 1])
{
	size_t i, n = t.len < TEXT_SHOWN ? t.len : TEXT_SHOWN;

	for (i = 0; i < n; i++)
		out[i] = t.s[i] >= ' ' && t.s[i] < 0x7f ? t.s[i] : '?';
	out[n] = 0;
	return out;
}

static int unknown(struct text name, char *err, size_t err_len)
{
	const char *meant = nearest(name);
	char out[TEXT_SHOWN + 1];

	if (meant)
		return refuse(err, err_len, "there is no key \"%s\"; write %s", shown(name, out), meant);
	return refuse(err, err_len, "there is no key \"%s\"; xsrtpd --help has them all", shown(name, out));
}

static int read_line(struct config *c, struct text t, unsigned int line, char *err, size_t err_len)
{
	struct text value, name;
	char out[TEXT_SHOWN + 1];
	unsigned int i;

	t = trim(without_comment(t));
	if (!t.len)
		return 0;
	if (!memchr(t.s, '=', t.len))
		return refuse(err, err_len, "\"%s\": write KEY = VALUE", shown(t, out));
	name = trim(text_cut(t, '=', &value));
	for (i = 0; i < KEYS; i++)
		if (text_is(name, keys[i].name))
			return config_set(c, i, trim(value), line, err, err_len);
	return unknown(name, err, err_len);
}

unsigned int config_parse(struct config *c, struct text t, config_tell *tell, void *arg)
{
	unsigned int line, errors = 0;
	char err[2 * CONFIG_TEXT];

	for (line = 1; t.len; line++)
		if (read_line(c, text_cut(t, '\n', &t), line, err, sizeof(err))) {
			tell(arg, line, err);
			errors++;
		}
	return errors;
}

static ssize_t read_all(int fd, char *to, size_t room)
{
	size_t n = 0;
	ssize_t got;

	while (n < room) {
		got = read(fd, to + n, room - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		n += got;
	}
	return n;
}

int config_load(struct config *c, const char *path, config_tell *tell, void *arg)
{
	char *text = malloc(CONFIG_FILE + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = text && fd >= 0 ? read_all(fd, text, CONFIG_FILE + 1) : -1;
	int errors = -1;

	if (n < 0)
		tell(arg, 0, strerror(errno));
	else if (n > CONFIG_FILE)
		tell(arg, 0, "larger than 64 KiB: this is no configuration");
	else
		errors = config_parse(c, (struct text){ text, n }, tell, arg);
	if (fd >= 0)
		close(fd);
	free(text);
	return errors;
}

/* --- all of it ---------------------------------------------------------------------- */

void config_override(struct config *c, const struct config *by)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++) {
		if (!(by->given & 1u << i))
			continue;
		memcpy((char *)c + keys[i].at, (const char *)by + keys[i].at, keys[i].size);
		c->line[i] = 0;
		c->given |= 1u << i;
	}
}

/* Each by itself was right: how they go together. */
static unsigned int check_interfaces(const struct config *c, struct ifaces *s, config_tell *tell, void *arg)
{
	const struct words *w = &c->interface;
	char err[2 * CONFIG_TEXT], why[CONFIG_TEXT];
	unsigned int i, errors = 0;

	if (!w->n && !(c->given & 1u << INTERFACE)) {
		tell(arg, 0, "say where media arrives: interface = NAME/ADDRESS in the file, or "
		     "--interface NAME/ADDRESS (--help)");
		return 1;
	}
	for (i = 0; i < w->n; i++)
		if (ifaces_add(s, w->text[i], why, sizeof(why))) {
			snprintf(err, sizeof(err), "interface: %s", why);
			tell(arg, w->line[i], err);
			errors++;
		}
	return errors;
}

static unsigned int check_ports(const struct config *c, struct pool *scratch, config_tell *tell, void *arg)
{
	char err[CONFIG_TEXT];

	if (pool_init(scratch, c->port_min, c->port_max))
		return 0;
	snprintf(err, sizeof(err), "port-min %u and port-max %u: no even port and the next fit in; write a "
		 "larger port-max", c->port_min, c->port_max);
	tell(arg, c->line[c->given & 1u << PORT_MAX ? PORT_MAX : PORT_MIN], err);
	return 1;
}

static unsigned int check_dtls(const struct config *c, config_tell *tell, void *arg)
{
	if (!c->dtls_certificate.n == !c->dtls_key.n)
		return 0;
	tell(arg, c->dtls_key.n ? c->dtls_key.line[0] : c->dtls_certificate.line[0],
	     "dtls-certificate and dtls-key belong together: write both, or none");
	return 1;
}

static unsigned int check_audit(const struct config *c, config_tell *tell, void *arg)
{
	const struct words *alone = c->audit_key.n ? &c->audit_key : c->audit_full.n ? &c->audit_full : &c->audit_addresses;

	if (alone->n && !c->audit.n) {
		tell(arg, alone->line[0], "audit-key, audit-full and audit-addresses are about a file: write audit = FILE too");
		return 1;
	}
	if (!c->audit_addresses.n || c->audit_key.n || strcmp(c->audit_addresses.text[0], "hidden"))
		return 0;
	tell(arg, c->audit_addresses.line[0], "audit-addresses: without a key who guesses an address could tell it: "
	     "write audit-key = FILE too");
	return 1;
}

/* The line that says most of the interface @name: its own, else that of all; -1: none. */
static int line_of(const struct words *w, struct text name)
{
	int i, found = -1;

	for (i = 0; i < (int)w->n; i++) {
		struct text t = text_of(w->text[i]), n = read_name(&t);

		if (text_same(n, name))
			return i;
		if (!n.len)
			found = i;
	}
	return found;
}

/* Each line is of an interface that there is, and none is said twice. */
static unsigned int check_names(const struct words *w, const char *key, const struct ifaces *s,
				config_tell *tell, void *arg)
{
	char err[CONFIG_TEXT];
	unsigned int i, errors = 0;
	const char *what;

	for (i = 0; i < w->n; i++) {
		struct text t = text_of(w->text[i]), name = read_name(&t);

		what = name.len && !ifaces_find((struct ifaces *)s, name) ? "there is no interface of this name" :
		       line_of(w, name) != (int)i ? "is there already; leave one out" : NULL;
		if (!what)
			continue;
		snprintf(err, sizeof(err), "%s: \"%.*s\": %s", key, TEXT_ARG(name), what);
		tell(arg, w->line[i], err);
		errors++;
	}
	return errors;
}

unsigned int config_check(const struct config *c, config_tell *tell, void *arg)
{
	struct ifaces *s = calloc(1, sizeof(*s));
	unsigned int errors;

	if (!s) {
		tell(arg, 0, "out of memory");
		return 1;
	}
	errors = check_interfaces(c, s, tell, arg);
	errors += check_ports(c, &s->iface[0].pool, tell, arg);
	errors += check_dtls(c, tell, arg);
	errors += check_audit(c, tell, arg);
	errors += check_names(&c->suites, "suites", s, tell, arg);
	errors += check_names(&c->plain_rtp, "plain-rtp", s, tell, arg);
	free(s);
	return errors;
}

void config_ifaces(const struct config *c, struct ifaces *s)
{
	char err[CONFIG_TEXT];
	unsigned int i;

	for (i = 0; i < c->interface.n; i++)
		ifaces_add(s, c->interface.text[i], err, sizeof(err));
}

void config_policy(const struct config *c, const char *name, struct policy *p)
{
	int suites = line_of(&c->suites, text_of(name)), plain = line_of(&c->plain_rtp, text_of(name));
	struct text t = text_of(suites < 0 ? "" : c->suites.text[suites]);
	char err[CONFIG_TEXT];

	*p = (struct policy){ 0 };
	read_name(&t);
	if (suites >= 0)
		policy_read(p, t, err, sizeof(err));
	t = text_of(plain < 0 ? "" : c->plain_rtp.text[plain]);
	read_name(&t);
	p->no_plain = text_is(t, "no");
}

static bool same_words(const struct words *a, const struct words *b)
{
	unsigned int i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->text[i], b->text[i]))
			return false;
	return a->n == b->n;
}

const char *config_fixed(const struct config *a, const struct config *b, unsigned int *i)
{
	const struct setting *k;

	while (*i < KEYS) {
		k = &keys[(*i)++];
		if (k->fixed && !same_words((const void *)((const char *)a + k->at),
					    (const void *)((const char *)b + k->at)))
			return k->name;
	}
	return NULL;
}

void config_keep_fixed(struct config *to, const struct config *from)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		if (keys[i].fixed)
			memcpy((char *)to + keys[i].at, (const char *)from + keys[i].at, keys[i].size);
}
