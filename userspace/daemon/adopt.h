/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A start after a kill, or after a stop that kept the calls: the journal says which calls
 * there were, the datapath which flows there are.
 */
#ifndef XSRTPD_ADOPT_H
#define XSRTPD_ADOPT_H

#include "memory.h"

/*
 * adopt_calls() - @s, as the journal at @path has it, is what the datapath has too
 *
 * Calls of which no flow is left are over. Flows of ours that are of no call are deleted,
 * as they were half made or half gone; if the journal is damaged they may be calls, and
 * are left, which is said. Flows of others are never touched.
 *
 * 0, or -errno with a sentence in @err.
 */
int adopt_calls(struct calls *s, struct delays *l, const char *path, char *err, size_t err_len);

/* adopt_flows() - the same, of what was read (memory_read()). */
int adopt_flows(struct calls *s, bool damaged, char *err, size_t err_len);

/* adopt_dtls() - sockets where calls have DTLS, so that nobody else is at their ports. */
void adopt_dtls(struct calls *s);

#endif /* XSRTPD_ADOPT_H */
