/* SPDX-License-Identifier: GPL-2.0 */
/* What the guard's verbs share. All end the program where they fail. */
#ifndef XSRTP_GUARD_CLI_H
#define XSRTP_GUARD_CLI_H

#include "cli.h"
#include "guard.h"

void open_guard(struct guard_set *g);
void get_policy(struct guard_set *g, struct xsrtp_policy *p);
void get_clock(struct guard_clock *c, const struct xsrtp_policy *p);

/* print_time() - one of the guard's, as RFC 3339 has it. */
void print_time(const char *name, const char *fmt, const struct guard_clock *c, uint64_t jiffies);

/* offender_source() - "203.0.113.7/32" into @text, of PREFIX_STRLEN. */
const char *offender_source(const struct xsrtp_offender *o, char *text);
/* offender_forged() - whether its address looks forged. */
bool offender_forged(const struct xsrtp_offender *o);
/* reason_name() - a counter's without "dropped-". */
const char *reason_name(unsigned int counter);

/* top_guard() - xsrtp top by @what: source, port, reason, or NULL for all of them. */
int top_guard(const char *what, unsigned int seconds, unsigned int count);

/*
 * The guard's changes of state, for xsrtp monitor. watch_guard() prints what has changed
 * since it was called last, of the guard that is there then, if one is; 0, or -EIO when
 * nobody reads any more.
 */
int watch_guard(void);

#endif /* XSRTP_GUARD_CLI_H */
