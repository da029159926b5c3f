/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The packet index (RFC 3711 3.3.1): i = 2^16 * ROC + SEQ, of which only SEQ is
 * in the packet. The receiver guesses the ROC that puts i nearest to the highest
 * index so far.
 */
#ifndef XSRTP_INDEX_H
#define XSRTP_INDEX_H

#include "platform.h"

#define XSRTP_INDEX_MAX		((1ULL << 48) - 1)
#define XSRTP_RTCP_INDEX_MAX	((1U << 31) - 1)	/* RFC 3711 3.4 */

/**
 * xsrtp_index_estimate() - index of a packet (RFC 3711 appendix A)
 * @next: highest index so far plus one; 0 before the first packet
 * @seq: sequence number of the packet
 *
 * Where the nearest index would lie before 0, there is no such packet: ROC 0 is
 * assumed, as for a first packet.
 *
 * Return: the index; above XSRTP_INDEX_MAX when ROC is used up.
 */
static inline uint64_t xsrtp_index_estimate(uint64_t next, uint16_t seq)
{
	uint64_t highest = next - !!next;
	/* Distance mod 2^16, as -32768 .. 32767: to the nearer side of s_l. */
	int16_t delta = (int16_t)(seq - (uint16_t)highest);
	uint64_t index = highest + delta;

	/* -32768 is a tie: the appendix goes back from s_l in the upper half ... */
	if (unlikely(delta == -32768) && !(highest & 0x8000))
		index += 1 << 16;	/* ... and ahead from the lower half */
	if (unlikely((int64_t)index < 0 || !next))
		return seq;
	return index;
}

#endif /* XSRTP_INDEX_H */
