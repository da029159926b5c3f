/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Offer and answer (RFC 3264) between the two ends of a dialog, with us between them:
 * each end sees our addresses and our keys only.
 */
#ifndef XSRTPD_NEGOTIATE_H
#define XSRTPD_NEGOTIATE_H

#include "call.h"
#include "wish.h"

/*
 * An exchange: one SDP that came from the end @from, and what is to be sent on instead.
 * All functions return 0, or -errno with a sentence in @err, which goes to the SIP
 * proxy; then nothing of the dialog has changed.
 */
struct exchange {
	struct calls *calls;
	struct dialog *dialog;
	int from;
	const struct sdp *sdp;
	const struct wish *wish;
	struct buf *out;	/* the SDP that goes on */
	struct buf *lines;	/* room for what is added to it; holds keys */
	struct buf *warning;	/* what is not carried */
	char *err;
	size_t err_len;
};

/* negotiate_offer() - "Ran out of ports" is exactly this text: SIP proxies know it. */
int negotiate_offer(struct exchange *x);
int negotiate_answer(struct exchange *x);

#endif /* XSRTPD_NEGOTIATE_H */
