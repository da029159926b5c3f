/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices of link type "xsrtp" in the caller's network namespace.
 */
#ifndef XSRTP_LINK_H
#define XSRTP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link {
	char ifname[16];
	uint32_t ifindex;
	bool up;
};

/* link_list() - up to @max of them; how many there are, or -errno. */
int link_list(struct link *links, size_t max);

#endif /* XSRTP_LINK_H */
