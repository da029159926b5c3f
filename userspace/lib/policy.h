/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard's limits: from what the operator says to what the program reads
 * (bpf/policy.h). A limit is refused here or it holds exactly.
 *
 * All that return int: 0, or -EINVAL with a sentence in @err that says what to write
 * instead.
 */
#ifndef XSRTP_POLICY_H
#define XSRTP_POLICY_H

#include <stddef.h>

#include "../../bpf/policy.h"

/* policy_init() - the defaults, at @hz jiffies a second. */
void policy_init(struct xsrtp_policy *p, unsigned int hz);

/* policy_word() - "flow-rate", "500/1000"; not yet checked against the others. */
int policy_word(struct xsrtp_policy *p, const char *key, const char *value, char *err,
		size_t err_len);

/* policy_finish() - checks the whole, and makes of it what the program reads. */
int policy_finish(struct xsrtp_policy *p, char *err, size_t err_len);

/* policy_ports() - "10000-20000,30000-40000" into @buf, which is returned. */
#define POLICY_PORTS_STRLEN	(12 * XSRTP_RANGES_MAX)
const char *policy_ports(const struct xsrtp_policy *p, char *buf);

/* policy_limit_name() - "flow-rate", ... */
const char *policy_limit_name(enum xsrtp_limit i);

#endif /* XSRTP_POLICY_H */
