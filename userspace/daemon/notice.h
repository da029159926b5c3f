/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a SIP proxy asks for and is passed over: said in the log once for each word, not
 * for each call.
 */
#ifndef XSRTPD_NOTICE_H
#define XSRTPD_NOTICE_H

#include "doc.h"

/* notice_unknown() - the keys of @dict, and the words of its lists, that nobody here reads. */
void notice_unknown(const struct item *dict);

#endif /* XSRTPD_NOTICE_H */
