/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of calls that nobody ends: no media, no answer, or too long. Media is what a
 * flow has sent on, by the datapath's counters: what a stranger throws at a port, and is
 * dropped, keeps no call alive.
 */
#ifndef XSRTPD_TIMEOUT_H
#define XSRTPD_TIMEOUT_H

#include "call.h"

/* The keys of the configuration that say how long. */
extern const char *const timeout_names[ENDED];

/* timeout_now() - a clock in seconds that nobody sets (CLOCK_MONOTONIC). */
time_t timeout_now(void);

/* timeout_offered(), timeout_answered() - @s was taken; time begins anew. */
void timeout_offered(struct call *c, struct dialog *d, const struct sdp *s);
void timeout_answered(struct call *c, struct dialog *d, const struct sdp *s);

/*
 * timeout_run() - looks at a part of the calls, and ends those whose time is over
 *
 * To be called each second: with N seconds as the shortest time, each call is looked at
 * every N/4 seconds, at least every TIMEOUT_ROUND and at most each second. A call ends
 * at its time or up to two such rounds later, never before.
 */
#define TIMEOUT_ROUND	15
void timeout_run(struct calls *s, time_t now);

#endif /* XSRTPD_TIMEOUT_H */
