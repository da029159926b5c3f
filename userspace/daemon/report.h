/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is told of calls: in the words of rtpengine's query, list and statistics. Never
 * a key.
 */
#ifndef XSRTPD_REPORT_H
#define XSRTPD_REPORT_H

#include "call.h"
#include "doc.h"

void report_call(struct doc *d, struct item *to, struct calls *s, const struct call *c);
void report_list(struct doc *d, struct item *to, const struct calls *s, int64_t limit);
void report_statistics(struct doc *d, struct item *to, const struct calls *s);

#endif /* XSRTPD_REPORT_H */
