// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The tables behind include/xsrtp/suite.h and reason.h.
 */
#include "platform.h"
#include "suite.h"

const struct xsrtp_suite_info xsrtp_suites[XSRTP_SUITE_END] = {
#define X(sym, num, text, k, key, salt, tag)				\
	[num] = { .name = text, .suite = num, .kind = XSRTP_KIND_##k,	\
		  .key_len = key, .salt_len = salt, .tag_len = tag },
	XSRTP_SUITES(X)
#undef X
};

const struct xsrtp_suite_info *xsrtp_suite_info(unsigned int suite)
{
	if (suite >= XSRTP_SUITE_END || !xsrtp_suites[suite].name)
		return NULL;
	return &xsrtp_suites[suite];
}

const struct xsrtp_suite_info *xsrtp_suite_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < XSRTP_SUITE_END; i++)
		if (xsrtp_suites[i].name && !strcmp(xsrtp_suites[i].name, name))
			return &xsrtp_suites[i];
	return NULL;
}

const char *xsrtp_reason_name(unsigned int reason)
{
	static const char *const names[] = {
#define X(sym, num, name, text) [num] = name,
		XSRTP_REASONS(X)
#undef X
	};

	return reason < XSRTP_REASON_MAX ? names[reason] : "unknown";
}
