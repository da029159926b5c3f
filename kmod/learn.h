/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_LEARN_H
#define XSRTP_LEARN_H

#include <linux/cache.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "endpoint.h"

struct xsrtp_buf;
struct xsrtp_flow;
struct xsrtp_packet;

#define XSRTP_LEARN_SSRCS	4	/* of the far end that have proved themselves */
#define XSRTP_LEARN_RTP		64	/* places for candidates */
#define XSRTP_LEARN_RTCP	8
#define XSRTP_LEARN_PLACES	(XSRTP_LEARN_RTP + XSRTP_LEARN_RTCP)
#define XSRTP_LEARN_WINDOW	30	/* seconds */

/* A source that has to prove itself: its last packet, and when the first came. */
struct xsrtp_candidate {
	u32 who;		/* hash of address, port and SSRC; 0: nobody */
	u32 since;		/* jiffies */
	u16 seq;
};

/**
 * struct xsrtp_learner - the far end of a flow that learns it
 * @latch: moves before each of the two copies of @far is written: who reads takes
 *	the other one, and waits for nobody (seqlock.h, "Latch sequence counters")
 * @far: the far end; family 0: not learned yet
 * @by_tag: SRTP: a tag tells; else packets in sequence do
 * @by_rtp: by RTP, so RTCP on the same port does not move it
 * @closed: the window is over, nothing was learned
 * @n_known: how many SSRCs have proved themselves; the last few are in
 * @known: of them
 * @until: end of the window, in jiffies
 * @window: in seconds
 * @told: when the far end was told last, in jiffies
 * @lock: of those who write. Who comes second does not wait but leaves it to the
 *	next packet. Raw, because it is taken inside an FPU section
 * @candidates: of RTP, and behind them of RTCP; with @by_tag there are none
 */
struct xsrtp_learner {
	u32 latch;
	struct xsrtp_endpoint far[2];
	bool by_tag;
	bool by_rtp;
	bool closed;

	u32 n_known ____cacheline_aligned;
	u32 known[XSRTP_LEARN_SSRCS];
	unsigned long until;
	u32 window;
	unsigned long told;
	raw_spinlock_t lock;
	struct xsrtp_candidate candidates[];
};

struct xsrtp_learner *xsrtp_learn_new(bool by_tag);
void xsrtp_learn_open(struct xsrtp_learner *l, u32 window, const struct xsrtp_endpoint *learned);
void xsrtp_learn_get(const struct xsrtp_learner *l, struct xsrtp_endpoint *far);

u8 xsrtp_learn_admit(struct xsrtp_buf *buf, const struct xsrtp_endpoint *from);
void xsrtp_learn_authentic(const struct xsrtp_buf *buf, const struct xsrtp_packet *pkt);

#endif /* XSRTP_LEARN_H */
