/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The prefixes that the operator has banned or allowed, in the guard's tables: IPv4
 * addresses and IPv6 /64 in lines of a hash, which cost the program one cache line, and
 * all others in a trie for each family.
 *
 * All that return int: 0, or -errno with a sentence in @err. Who changes something holds
 * guard_lock().
 */
#ifndef XSRTP_PREFIX_H
#define XSRTP_PREFIX_H

#include "guard.h"

struct prefix {
	uint8_t family;		/* AF_INET, AF_INET6 */
	uint8_t bits;
	uint8_t addr[16];	/* network byte order; behind the bits zero */
	uint16_t state;		/* XSRTP_PREFIX_... */
	uint32_t until;		/* jiffies / 256; 0: for good */
};

#define PREFIX_STRLEN	64

/* prefix_parse() - "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". */
int prefix_parse(const char *text, struct prefix *p, char *err, size_t err_len);
/* prefix_format() - into @buf, which is returned. */
const char *prefix_format(const struct prefix *p, char *buf);

/* prefix_add() - @p->state and ->until hold from now on; refused where it overlaps its opposite. */
int prefix_add(struct guard_set *g, const struct prefix *p, char *err, size_t err_len);
/* prefix_del() - -ENOENT: it is not there. */
int prefix_del(struct guard_set *g, const struct prefix *p, char *err, size_t err_len);
/* prefix_each() - those that hold. Ends with the first that returns something else than 0. */
int prefix_each(struct guard_set *g, int (*fn)(const struct prefix *p, void *arg), void *arg,
		char *err, size_t err_len);

/* prefix_until() - @seconds from now, as the tables have it. */
uint32_t prefix_until(const struct guard_clock *c, uint64_t seconds);

#endif /* XSRTP_PREFIX_H */
