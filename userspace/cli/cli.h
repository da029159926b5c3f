/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verbs share: reading the argument list, ending with an error, and
 * the way a flow and its counters look.
 */
#ifndef XSRTP_CLI_H
#define XSRTP_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"
#include "out.h"

#define EXIT_USAGE	2

/* --- args.c: the argument list ---------------------------------------------------- */

struct args {
	int left;
	char **next;
};

/* fail() - "xsrtp: sentence" on stderr, exit 1. usage() - the same, exit 2. */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *fmt, ...);
__attribute__((format(printf, 1, 2), noreturn)) void usage(const char *fmt, ...);
/* warn() - and go on. */
__attribute__((format(printf, 1, 2))) void warn(const char *fmt, ...);

/* args_match() - takes the next word if it is @word. */
bool args_match(struct args *a, const char *word);
/* args_next() - takes the next word, or NULL. */
const char *args_next(struct args *a);
/* The rest end with usage() when the value is missing or bad. @what: its name. */
const char *args_value(struct args *a, const char *what);
uint32_t args_u32(struct args *a, const char *what);
/* args_u64() - also as a power of two, "2^20". */
uint64_t args_u64(struct args *a, const char *what);
struct endpoint args_endpoint(struct args *a, const char *what);
/* args_flow() - ID, or "local EP". */
struct flow args_flow(struct args *a);
enum direction args_direction(struct args *a);
void args_done(struct args *a);

/* --- secret.c: keys on their way through this process ------------------------------ */

/* secret_read() - the key in file @path; wiped at exit, whichever way. */
struct key *secret_read(const char *path, enum direction dir, unsigned int suite);
/* secret_guard() - no core dump, no debugger of the same user. */
void secret_guard(void);

/* --- session.c: the rules of SRTP --------------------------------------------------- */

struct key_words {
	uint64_t lifetime;	/* 0: not said */
	uint32_t rate;		/* 0: not said */
};

/* session_word() - takes the next words if they are a rule of a session, into @s. */
bool session_word(struct args *a, struct session *s);
/* key_word() - the same for a rule of a key; key_words_to() has @key follow them. */
bool key_word(struct args *a, struct key_words *w);
void key_words_to(const struct key_words *w, struct key *key);
void print_rules(const struct session *s);
void print_events(const struct session *s);
void print_slots(const struct session *s);

/* --- learn.c: how a flow learns its far end ----------------------------------------- */

/* learn_word() - takes the next words if they are about that, into @f. */
bool learn_word(struct args *a, struct flow *f);
void print_learn(const struct flow *f);
void print_learn_events(const struct flow *f);

/* --- print.c: how flows and counters look ------------------------------------------ */

void print_endpoint(const char *name, const char *fmt, const struct endpoint *ep);
void print_flow(const struct flow *f);
/* print_flow_members() - the same inside an object that is open. */
void print_flow_members(const struct flow *f);
void print_flow_line(const struct flow *f);
/* print_drops() - an object "drops" by reason; text: one line each, or nothing. */
void print_drops(const struct stats *s, const char *indent);
void print_packets(const struct stats *s, const char *indent);
/* print_target() - where it goes on to: destination or peer, or "deliver". */
void print_target(const struct flow *f, const char *fmt);

struct ingress_info;
void print_attached(const struct ingress_info *info);

/* --- verbs -------------------------------------------------------------------------- */

/* connect_module() - or end with the reason. */
struct xnl *connect_module(void);

/* Each returns the exit status. */
int verb_show(struct args *a);
int verb_flow(struct args *a);
int verb_key(struct args *a);
int verb_stats(struct args *a);
int verb_metrics(struct args *a);
int verb_attach(struct args *a);
int verb_detach(struct args *a);
int verb_monitor(struct args *a);
int verb_top(struct args *a);
int verb_guard(struct args *a);
int verb_ban(struct args *a);
int verb_allow(struct args *a);
int verb_unban(struct args *a);
int verb_offenders(struct args *a);
int verb_audit(struct args *a);
int verb_help(struct args *a);

#endif /* XSRTP_CLI_H */
