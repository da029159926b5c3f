/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks of ICE, between the sockets that they arrive at and the media that follows
 * them: the leg's agent (ice.h) is asked, and what it says is done to flows and DTLS.
 */
#ifndef XSRTPD_CHECKS_H
#define XSRTPD_CHECKS_H

#include "call.h"

/*
 * checks_take() - a datagram of STUN at the end @end of @m, from @from
 *
 * true: @answer is to be sent there.
 */
bool checks_take(struct calls *s, struct medium *m, int end, int part, struct ice_door *door,
		 const struct endpoint *from, uint64_t now_us, const uint8_t *packet, size_t len, struct buf *answer);

#endif /* XSRTPD_CHECKS_H */
