/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The journal: a file of records that outlives the process, each whole or not there. A
 * record is appended by one write(2); what a kill leaves of one is at the end, and is no
 * record. What is in a record is memory.c's affair: never a key.
 *
 *	xsrtpd journal 1 LF
 *	LENGTH(8 hex) SP CHECK(16 hex: of SHA-256) SP RECORD LF
 *	...
 *
 * It belongs into memory (/run): with the machine the flows are gone, and so are the
 * calls. So nothing is ever synced: page cache outlives the process, and that is all that
 * it has to outlive.
 */
#ifndef XSRTPD_JOURNAL_H
#define XSRTPD_JOURNAL_H

#include "text.h"

#define JOURNAL_RECORD	(256 * 1024)

struct journal {
	char *path;
	int fd;
	size_t bytes;		/* of whole records */
	size_t compacted;	/* of them after the last journal_end() */
	int next;		/* the file that takes its place; -1: none is being written */
	size_t next_bytes;
};

enum journal_state {
	JOURNAL_WHOLE,		/* or torn at its end, as a kill leaves it */
	JOURNAL_DAMAGED,	/* other records than the last one cannot be read */
	JOURNAL_FOREIGN,	/* no journal */
};

/* A record; false: what is in it is none. */
typedef bool journal_record(void *arg, struct text record);

/*
 * journal_read() - calls @fn for each record of the bytes @t
 *
 * After bytes that are no record it goes on at the next one that is whole.
 */
enum journal_state journal_read(struct text t, journal_record *fn, void *arg);

/*
 * journal_open() - opens or makes the file, keeps others from it, and reads it
 *
 * 0, or -errno with a sentence in @err: -EBUSY another process has it; -EBADMSG it is
 * another kind of file, which nothing is written to.
 */
int journal_open(struct journal *j, const char *path, journal_record *fn, void *arg,
		 enum journal_state *state, char *err, size_t err_len);

/* journal_write() - 0 or -errno; then the record is not there, and those before are. */
int journal_write(struct journal *j, struct text record);

/*
 * journal_begin() - from now on journal_write() is to a new file, which takes the old
 * one's place whole with journal_end(), or never with journal_undo(). 0 or -errno.
 */
int journal_begin(struct journal *j);
int journal_end(struct journal *j);
void journal_undo(struct journal *j);

/* journal_grown() - most of it is records of what is over: worth writing it anew. */
bool journal_grown(const struct journal *j);

void journal_close(struct journal *j);

#endif /* XSRTPD_JOURNAL_H */
