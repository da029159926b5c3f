/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The audit trail: one line for each control action and security event, to a file and to
 * the journal, chained (audit.h). What others say of themselves (Call-ID, errors) is in it
 * escaped and cut; no SDP, and so no key, ever.
 *
 * Room for the next lines is asked of the file system before an action: where the disk is
 * full and that is to refuse, nothing is done that could not be written down.
 */
#ifndef XSRTPD_TRAIL_H
#define XSRTPD_TRAIL_H

#include "audit.h"
#include "endpoint.h"
#include "role.h"
#include "text.h"

/* Who asked. */
struct who {
	enum { WHO_SELF, WHO_UNIX, WHO_UDP, WHO_TCP } kind;
	uint32_t uid, gid, pid;		/* UNIX: SO_PEERCRED, of who has connected */
	struct endpoint from;		/* UDP, TCP */
	enum role role;
};

struct trail {
	const char *path;		/* NULL: no file, no lines */
	int fd;
	struct audit_chain chain;
	struct audit_key key;
	bool hide;			/* addresses and Call-IDs by pseudonyms */
	bool refuse;			/* what is not written is not done */
	bool full;			/* the last line could not be written, or the next could not */
	uint64_t size, reserved;	/* bytes of the file; and asked for ahead */
	uint64_t n_lines, n_lost;	/* since the start */
	uint64_t untold;		/* lost and not yet said in the file */
	void (*journal)(const char *line);	/* NULL: none */
};

/* trail_open() - goes on with what is there. 0, or -errno with a sentence in @err. */
int trail_open(struct trail *t, const char *path, char *err, size_t err_len);

/* trail_reopen() - another file may be there now (rotation): the chain goes on in it. */
void trail_reopen(struct trail *t);

/* trail_may() - an action may be done: there is room to write it down, or that is no matter. */
bool trail_may(struct trail *t);

struct trail_event {
	const char *event;		/* "request", "dtls", "start", ... */
	const struct who *who;
	struct text what;		/* of a request: its command */
	struct text call;
	const struct endpoint *peer;	/* of media; NULL: none */
	bool refused;
	struct text why;
};

/* trail_write() - NULL as @t: there is no trail. */
void trail_write(struct trail *t, const struct trail_event *e);

void trail_close(struct trail *t);

#endif /* XSRTPD_TRAIL_H */
