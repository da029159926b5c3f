/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration in effect: from the file and the command line at the start, and
 * again on SIGHUP. What a file with an error says changes nothing.
 */
#ifndef XSRTPD_RELOAD_H
#define XSRTPD_RELOAD_H

#include "command.h"
#include "config.h"

struct reload {
	const char *path;		/* NULL: there is no file */
	struct config options;		/* of the command line */
	struct config now;
	struct command *command;	/* its calls, their interfaces and limits */
	char status[600];		/* what of the last reading is worth a line; or "" */
};

/* reload_read() - file and options into @c; how many errors there were, and were said. */
unsigned int reload_read(struct reload *r, struct config *c);

/* reload_start() - the first; false: errors were said. The interfaces have their ports then. */
bool reload_start(struct reload *r);

/* reload_again() - false: errors were said, and nothing has changed. */
bool reload_again(struct reload *r);

/* reload_mark() - ports that flows have which we did not make, of an earlier run or by hand. */
int reload_mark(struct calls *s, char *err, size_t err_len);

#endif /* XSRTPD_RELOAD_H */
