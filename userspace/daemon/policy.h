/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an interface allows: whether RTP without encryption may be there, and which
 * crypto suites of SDES, best first.
 */
#ifndef XSRTPD_POLICY_H
#define XSRTPD_POLICY_H

#include "text.h"

#define POLICY_SUITES	16
#define POLICY_TEXT	512

struct policy {
	bool no_plain;
	unsigned int n;			/* 0: nothing is said, what is usual */
	unsigned char suite[POLICY_SUITES];	/* enum xsrtp_suite */
};

/* policy_takes() - the suite is in it, or nothing is said. */
bool policy_takes(const struct policy *p, unsigned int suite);

/* policy_rank() - 0 is the best; one that is not in it comes last. */
unsigned int policy_rank(const struct policy *p, unsigned int suite);

/* policy_order() - of these @n the ones that are in it, in its order; how many. */
unsigned int policy_order(const struct policy *p, unsigned char *suite, unsigned int n);

/* policy_names() - its suites, for a sentence. */
const char *policy_names(const struct policy *p, char out[POLICY_TEXT]);

/* policy_read() - "SUITE[, SUITE]..." into @p. 0, or -EINVAL with a sentence in @err. */
int policy_read(struct policy *p, struct text t, char *err, size_t err_len);

#endif /* XSRTPD_POLICY_H */
