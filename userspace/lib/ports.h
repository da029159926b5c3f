/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The XDP program's table of local media endpoints (bpf/port.h), written by any
 * number of processes at once without a lock.
 */
#ifndef XSRTP_PORTS_H
#define XSRTP_PORTS_H

#include <stdbool.h>

#include "endpoint.h"

struct xsrtp_port;

struct ports {
	struct xsrtp_port *slot;	/* XSRTP_PORTS of them, the kernel's memory */
	int more;			/* the hash; belongs to the caller */
};

/* ports_open() - 0 or -errno. @array, @more: the maps' descriptors. */
int ports_open(struct ports *p, int array, int more);
void ports_close(struct ports *p);

/*
 * 0 or -errno: -EINVAL not an IPv4 or IPv6 address with a port, -ENOSPC the
 * hash is full. What is there already or is not there is no error.
 */
int ports_add(struct ports *p, const struct endpoint *ep);
int ports_del(struct ports *p, const struct endpoint *ep);

/*
 * ports_await() - media for @ep comes from @far: family 0 anybody, port 0 any of the
 * address. @tag: SRTP's tag tells him from others. Until this is said of an endpoint that
 * is added, anybody and false. -ENOENT: @ep is not there.
 */
int ports_await(struct ports *p, const struct endpoint *ep, const struct endpoint *far, bool tag);

/* ports_sync() - make the table hold exactly the @n endpoints. */
int ports_sync(struct ports *p, const struct endpoint *ep, size_t n);

#endif /* XSRTP_PORTS_H */
