// SPDX-License-Identifier: GPL-2.0
/*
 * Keys in this process: two at most (rx and tx), in one place that is locked
 * in memory, and wiped when the program ends, also by an error.
 */
#include "cli.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <xsrtp/srtp.h>

static struct key keys[2];

static void wipe(void)
{
	key_wipe(&keys[RX]);
	key_wipe(&keys[TX]);
}

void secret_guard(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	mlock(keys, sizeof(keys));
	atexit(wipe);
}

struct key *secret_read(const char *path, enum direction dir, unsigned int suite)
{
	bool open_to_others;
	char err[512];

	if (key_read(path, xsrtp_suite_info(suite), &keys[dir], &open_to_others, err, sizeof(err)))
		fail("%s", err);
	if (open_to_others)
		warn("warning: key file %s can be read by others (chmod 600 it)", path);
	return &keys[dir];
}
