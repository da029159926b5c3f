// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The tables behind include/xsrtp/suite.h and reason.h.
 */
#include "platform.h"
#include "suite.h"

#define NULL_CIPHER(num)	((num) == XSRTP_SUITE_NULL_HMAC_SHA1_80 ||	\
				 (num) == XSRTP_SUITE_NULL_HMAC_SHA1_32)

const struct xsrtp_suite_info xsrtp_suites[XSRTP_SUITE_END] = {
#define X(sym, num, text, k, key, salt, tag)				\
	[num] = { .name = text, .suite = num, .kind = XSRTP_KIND_##k,	\
		  .key_len = key, .salt_len = salt, .tag_len = tag,	\
		  .null_cipher = NULL_CIPHER(num) },
	XSRTP_SUITES(X)
#undef X
};

#define RTCP_TAG_CM(tag)	10
#define RTCP_TAG_GCM(tag)	(tag)

const struct xsrtp_suite_info xsrtp_suites_rtcp[XSRTP_SUITE_END] = {
#define X(sym, num, text, k, key, salt, tag)				\
	[num] = { .name = text, .suite = num, .kind = XSRTP_KIND_##k,	\
		  .key_len = key, .salt_len = salt,			\
		  .tag_len = RTCP_TAG_##k(tag),				\
		  .null_cipher = NULL_CIPHER(num) },
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

uint32_t xsrtp_overhead(unsigned int suite, unsigned int mki_len, bool rtcp)
{
	if (!xsrtp_suite_info(suite))
		return 0;
	return mki_len + (rtcp ? 4 + xsrtp_suites_rtcp[suite].tag_len :
				 xsrtp_suites[suite].tag_len);
}
