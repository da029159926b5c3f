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

#endif /* XSRTP_GUARD_CLI_H */
