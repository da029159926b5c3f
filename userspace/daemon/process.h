/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this process takes of the host, by the names that collectors know from every
 * program (process_...).
 */
#ifndef XSRTPD_PROCESS_H
#define XSRTPD_PROCESS_H

#include "metrics.h"

/* process_write() - its families; one that cannot be read has no sample. */
void process_write(const struct metrics *m);

#endif /* XSRTPD_PROCESS_H */
