/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log: standard error, a line for each thing that is said. What came from outside
 * may be in it: bytes that would end the line or steer a terminal are written as "?".
 */
#ifndef XSRTPD_SAY_H
#define XSRTPD_SAY_H

/* By how much it matters; the numbers are those of syslog(3). */
enum say { SAY_ERROR = 3, SAY_WARNING = 4, SAY_NOTICE = 5, SAY_INFO = 6 };

/* say_level() - from now on what matters less than @least is not said. */
void say_level(enum say least);
void say(enum say level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* XSRTPD_SAY_H */
