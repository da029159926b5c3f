/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The print layer: one call prints a value as text or as JSON, so that both say
 * the same. Text is what the format makes of the value; JSON is written as it
 * comes (a dump of 100,000 flows takes no memory), u64 as integers.
 *
 * @name: the JSON key; NULL inside arrays and at the top
 * @fmt: printf format of the text, for this one value; NULL: nothing in text
 */
#ifndef XSRTP_OUT_H
#define XSRTP_OUT_H

#include <stdbool.h>
#include <stdint.h>

void out_init(bool json, bool pretty);
bool out_is_json(void);

void out_object(const char *name);
void out_array(const char *name);
void out_end(void);		/* closes what was opened last */

void out_str(const char *name, const char *fmt, const char *value);
void out_u64(const char *name, const char *fmt, uint64_t value);
void out_float(const char *name, const char *fmt, double value);
/* The text is chosen by the value, and printed as it stands. */
void out_bool(const char *name, const char *if_true, const char *if_false, bool value);

/* out_text() - in text only. */
__attribute__((format(printf, 1, 2)))
void out_text(const char *fmt, ...);

/* out_flush() - 0, or -errno when standard output did not take everything. */
int out_flush(void);

#endif /* XSRTP_OUT_H */
