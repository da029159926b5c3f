/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Associations on sockets: a UDP socket for each end of a medium that has its keys by
 * DTLS, at the port where its media arrives. Media never comes to it: the flow has it.
 */
#ifndef XSRTPD_ASSOCIATION_H
#define XSRTPD_ASSOCIATION_H

#include <systemd/sd-event.h>

#include "call.h"

/*
 * associations_new() - takes @certificate and @context
 *
 * NULL: out of memory.
 */
struct keying *associations_new(sd_event *event, struct calls *calls, struct certificate *certificate,
				struct dtls_context *context);

/* associations_second() - to be called each second: cookies and certificates have their time. */
void associations_second(struct keying *k, time_t now);

/* associations_free() - when all of them are closed. */
void associations_free(struct keying *k);

#endif /* XSRTPD_ASSOCIATION_H */
