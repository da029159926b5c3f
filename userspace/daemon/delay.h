/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Deletions that wait: a SIP proxy that deletes a call may still send an answer or an
 * offer for it (another branch, a failover), which takes the deletion back.
 */
#ifndef XSRTPD_DELAY_H
#define XSRTPD_DELAY_H

#include "call.h"

struct delayed {
	struct delayed *next;	/* in the order of their time, per list */
	time_t when;
	struct text id;		/* with bytes of its own; s[len] is 0 */
	struct text from, to, branch;	/* s NULL: not said */
};

struct delays {
	struct delayed *first;
	unsigned int n;
};

/* delay_add() - 0 or -ENOMEM. */
int delay_add(struct delays *l, time_t when, struct text id, struct text from, struct text to,
	      struct text branch);

/* delay_cancel() - what waits for this call; how many. */
unsigned int delay_cancel(struct delays *l, struct text id);

/* delay_run() - what is due. Its call may be gone already. */
void delay_run(struct delays *l, struct calls *s, time_t now);

void delay_free(struct delays *l);

/*
 * call_delete() - the dialogs of @c that these say, and the call with its last one
 *
 * @from alone: all that have this tag; with @to: those between the two; @branch: only
 * those of it. How many.
 */
unsigned int call_delete(struct calls *s, struct call *c, struct text from, struct text to,
			 struct text branch);

#endif /* XSRTPD_DELAY_H */
