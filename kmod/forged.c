// SPDX-License-Identifier: GPL-2.0
/*
 * What forged packets may cost. Each takes a MAC to be told from a good one, so a flow has
 * a budget of bad tags, a token bucket. While that is empty only what may be of a stream
 * that is there gets its MAC: an SSRC that has authenticated, and, of SRTP, a number that
 * is not far ahead of the highest. (What is behind the window is dropped without a MAC
 * anyway.)
 *
 * So nobody who has authenticated loses a packet to it, whatever comes beside him; forged
 * packets that are plausible too cost a MAC each, and what bounds them is the guard's
 * budget of the flow. Who has not authenticated yet, with a new SSRC, shares what the
 * bucket regains with the forged, and takes nothing of it himself: at 500 forged a second
 * one in six of his packets is looked at, and one is enough.
 *
 * No source is told from another here: it would be the legitimate peer's that is forged.
 *
 * Packets run under rcu_read_lock() with BH disabled. CPUs that meet in the bucket may lose
 * each other's token; a burst on its way when it runs out is worked off.
 */
#include <linux/jiffies.h>

#include <xsrtp/reason.h>
#include <xsrtp/wire.h>

#include "engine.h"
#include "flow.h"
#include "forged.h"
#include "srtp/platform.h"

#define RATE		100		/* bad tags a second */
#define BURST		200
#define AHEAD		4096		/* sequence numbers: 80 s of 20 ms */
#define TICK_SHIFT	8		/* the bucket counts in 2^-8 jiffy */
#define COST		(((unsigned long)HZ << TICK_SHIFT) / RATE)
#define DEPTH		(BURST * COST)

/* How much is taken; the word is when the bucket will be full again. */
static unsigned long taken(const struct xsrtp_flow_state *state, unsigned long now)
{
	unsigned long level = READ_ONCE(state->forged) - now;

	return level > DEPTH ? 0 : level;	/* it has long been full */
}

/**
 * xsrtp_forged_note() - a tag of a packet of the flow did not verify
 */
void xsrtp_forged_note(struct xsrtp_flow *flow)
{
	unsigned long now = jiffies << TICK_SHIFT, level = taken(flow->state, now);

	if (level + COST <= DEPTH)
		WRITE_ONCE(flow->state->forged, now + level + COST);
	else if (!READ_ONCE(flow->forged))
		WRITE_ONCE(flow->forged, true);
}

static bool plausible(const struct xsrtp_buf *buf)
{
	const struct xsrtp_rtp_header *rtp = (const void *)(buf->data + buf->rtp);
	u64 highest;
	u32 ssrc;

	/* Too short: the core says so. */
	if (xsrtp_buf_rtp_len(buf) < (buf->rtcp ? XSRTP_RTCP_HDR_LEN : XSRTP_RTP_HDR_LEN))
		return true;
	ssrc = get_unaligned_be32(buf->rtcp ? &rtp->timestamp : &rtp->ssrc);
	if (!xsrtp_stream_index(buf->flow->rx, ssrc, buf->rtcp, &highest))
		return false;
	return buf->rtcp || (s16)(get_unaligned_be16(&rtp->seq) - (u16)highest) <= AHEAD;
}

/**
 * xsrtp_forged_admit() - may a packet of a flow with @forged set have its MAC?
 *
 * Return: enum xsrtp_reason
 */
u8 xsrtp_forged_admit(const struct xsrtp_buf *buf)
{
	struct xsrtp_flow *flow = buf->flow;

	if (taken(flow->state, jiffies << TICK_SHIFT) + COST <= DEPTH) {
		WRITE_ONCE(flow->forged, false);
		return XSRTP_REASON_OK;
	}
	return plausible(buf) ? XSRTP_REASON_OK : XSRTP_REASON_RATE_BAD_TAG;
}
