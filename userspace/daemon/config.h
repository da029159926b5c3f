/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon's configuration: "KEY = VALUE" in a file, "--KEY VALUE" on the command
 * line, one table for both. A file is read whole, and each of its errors is told; one
 * with errors is of no use.
 */
#ifndef XSRTPD_CONFIG_H
#define XSRTPD_CONFIG_H

#include "iface.h"
#include "text.h"

#define CONFIG_KEYS	32	/* bits of a mask */
#define CONFIG_WORDS	32	/* of a key that may be there several times */
#define CONFIG_TEXT	512	/* bytes of a value, with a 0 behind */
#define CONFIG_FILE	65536

/* What becomes of calls at SIGTERM. */
enum on_stop { ON_STOP_KEEP, ON_STOP_END };

struct words {
	unsigned int n;
	unsigned int line[CONFIG_WORDS];	/* 0: of the command line */
	char text[CONFIG_WORDS][CONFIG_TEXT];
};

struct config {
	uint32_t given;				/* mask of keys, by their place in the table */
	unsigned int line[CONFIG_KEYS];		/* where last; 0: on the command line */
	struct words interface, listen_ng, listen_tcp_ng, listen_unix, record;
	struct words metrics, audit, audit_key, audit_full, audit_addresses, look_group, operate_group;
	struct words dtls_certificate, dtls_key, dtls_profiles;
	struct words journal;
	struct words suites, plain_rtp;		/* "[NAME/]..." */
	uint32_t port_min, port_max;
	uint32_t max_sessions, delete_delay;
	uint32_t media_timeout, silent_timeout, offer_timeout, final_timeout;
	uint32_t log_level;			/* enum say */
	uint32_t on_stop;			/* enum on_stop */
};

/* A sentence about @line; 0: about no line, or about the command line. */
typedef void config_tell(void *arg, unsigned int line, const char *sentence);

/* config_init() - as if nothing were said. */
void config_init(struct config *c);

/* config_key() - the name of key @i, and which value it takes; NULL: there is none. */
const char *config_key(unsigned int i, const char **takes);

/* config_set() - 0, or -EINVAL with a sentence in @err. */
int config_set(struct config *c, unsigned int key, struct text value, unsigned int line, char *err,
	       size_t err_len);

/* config_parse() - the lines of a file; how many errors were told. */
unsigned int config_parse(struct config *c, struct text t, config_tell *tell, void *arg);

/* config_load() - the same of a file by name; -1: it cannot be read, which is told. */
int config_load(struct config *c, const char *path, config_tell *tell, void *arg);

/* config_override() - each key that @by says is as @by says, and only so. */
void config_override(struct config *c, const struct config *by);

/* config_check() - what a line alone cannot tell; how many errors were told. */
unsigned int config_check(const struct config *c, config_tell *tell, void *arg);

/* config_ifaces() - the interfaces; to be called with what config_check() found right. */
void config_ifaces(const struct config *c, struct ifaces *s);

/* config_policy() - of the interface @name: what is said of it, else what is said of all. */
void config_policy(const struct config *c, const char *name, struct policy *p);

/* config_fixed() - the next key from @i on that is another in @b and cannot change while we run. */
const char *config_fixed(const struct config *a, const struct config *b, unsigned int *i);

/* config_keep_fixed() - those keys of @to as they are in @from. */
void config_keep_fixed(struct config *to, const struct config *from);

#endif /* XSRTPD_CONFIG_H */
