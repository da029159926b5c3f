/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands of the ng protocol: a request's dictionary in, an answer's out.
 */
#ifndef XSRTPD_COMMAND_H
#define XSRTPD_COMMAND_H

#include "call.h"
#include "delay.h"
#include "ng.h"

#define COMMAND_SDP	(128 * 1024)
#define COMMAND_LINES	(16 * 1024)

/* Room that a command needs; one is enough for all, as they come one after the other. */
struct command {
	struct calls *calls;
	struct delays *delays;
	const struct who *who;	/* of the request */
	int delay;		/* seconds that a deleted call lives, if not said */
	uint64_t n_requests, n_errors;
	struct doc answer;
	struct sdp sdp;
	char out[COMMAND_SDP];
	char lines[COMMAND_LINES];	/* both may hold keys: command_wipe() */
	size_t lines_used, out_used;
	char err[512];
	char warning[1024];
};

/* command_do() - the answer to @request: always one. Texts of it live until command_wipe(). */
struct item *command_do(struct command *c, const struct item *request);

/* command_error() - the answer to what is no request. */
struct item *command_error(struct command *c, const char *reason);

void command_wipe(struct command *c);

#endif /* XSRTPD_COMMAND_H */
