/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of calls outlives the process: each call that was answered, as a record of the
 * journal, written anew with each answer. There is no key in it: the kernel has those
 * that media is under, and the next offer and answer of a call that was taken up again
 * makes new ones (RFC 4568 7.1.4). What the kernel knows of flows is not in it either;
 * flows are found again by where they arrive (adopt.c).
 *
 * The order makes every moment one to be killed at: a call is in the journal when its
 * flows are there, and no longer when the first of them goes. So a flow with our cookie
 * that is of no call in the journal is of one that was half made, or half gone.
 */
#ifndef XSRTPD_MEMORY_H
#define XSRTPD_MEMORY_H

#include "call.h"
#include "delay.h"
#include "journal.h"

struct memory;

/*
 * memory_open() - takes up what the journal at @path says, without flows; from now on,
 * but not before memory_start(), calls are written to it
 *
 * The calls are in @s and deletions that wait are in @l then; s->cookie is the one of all
 * flows of this journal. NULL with a sentence in @err. @damaged: some calls could not be
 * read.
 */
struct memory *memory_open(struct calls *s, struct delays *l, const char *path, bool *damaged, char *err,
			   size_t err_len);

/* memory_start() - writes all of it anew, and calls from now on. What fails is said and tried again. */
void memory_start(struct memory *m);

/* memory_read() - the same as memory_open() of the bytes of a file; @s is without a journal. */
enum journal_state memory_read(struct calls *s, struct delays *l, struct text bytes);

/* memory_answered() - the call as it is now; its flows are there. */
void memory_answered(struct calls *s, struct call *c);

/* memory_changed() - the same, if it was answered: a dialog of it is about to go. */
void memory_changed(struct calls *s, struct call *c);

/* memory_ended() - before its flows go. */
void memory_ended(struct calls *s, struct call *c);

/* memory_delayed() - a deletion waits; memory_answered() and memory_changed() take it back. */
void memory_delayed(struct calls *s, const struct delayed *w);

/* memory_second() - to be called each second: what could not be written is tried again. */
void memory_second(struct memory *m);

/* memory_close() - the journal stays. */
void memory_close(struct memory *m);

#endif /* XSRTPD_MEMORY_H */
