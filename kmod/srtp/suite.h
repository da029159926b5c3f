/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XSRTP_CORE_SUITE_H
#define XSRTP_CORE_SUITE_H

#include <xsrtp/srtp.h>

enum {
#define X(sym, num, name, kind, key, salt, tag) XSRTP_SUITE_END_##sym = num,
	XSRTP_SUITES(X)
#undef X
	XSRTP_SUITE_END		/* one more than the last suite of the list */
};

/*
 * By number; for one that is known to exist. xsrtp_suites_rtcp: with the tag that
 * SRTCP has: always 80 bits under HMAC-SHA1 (RFC 3711 5.2, RFC 4568 6.2).
 */
extern const struct xsrtp_suite_info xsrtp_suites[XSRTP_SUITE_END];
extern const struct xsrtp_suite_info xsrtp_suites_rtcp[XSRTP_SUITE_END];

#endif /* XSRTP_CORE_SUITE_H */
