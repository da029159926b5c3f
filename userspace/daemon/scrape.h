/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page that a collector of metrics reads: the host's, and those of calls, keys, ports
 * and the process. Made when it is asked for, at most once a second: who asks without end
 * takes no time from calls.
 */
#ifndef XSRTPD_SCRAPE_H
#define XSRTPD_SCRAPE_H

#include "command.h"

struct scrape {
	const struct command *command;
	uint64_t made_us[2];		/* CLOCK_MONOTONIC; by format */
	char *page[2];
	size_t len[2];
};

#define SCRAPE_AGE_US	1000000		/* a page is as it was at most so long ago */

/* scrape_page() - in one format, ours until the next; NULL: out of memory. */
const char *scrape_page(struct scrape *s, bool openmetrics, size_t *len);

/* scrape_healthy() - the datapath answers; else false with the reason in @err. */
bool scrape_healthy(const struct scrape *s, char *err, size_t err_len);

void scrape_free(struct scrape *s);

#endif /* XSRTPD_SCRAPE_H */
