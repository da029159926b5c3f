/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * HMAC of a burst of packets of any lengths: which of them are hashed together.
 *
 * Packets are put in order of their number of SHA-1 blocks, the longest first.
 * What is in front is then hashed by what costs least: a vector of lanes takes
 * as long for one packet as for all of its lanes, the SHA instructions work on up
 * to four at a time in less. One long packet among short ones therefore goes by
 * those, and the others are spared its length.
 *
 * An implementation has lanes (HMAC_LANES), the SHA instructions (HMAC_NI), or
 * both, and defines which before it includes this.
 */
#ifndef XSRTP_X86_HMAC_H
#define XSRTP_X86_HMAC_H

#include "sha1.h"
#ifdef HMAC_LANES
#include "sha1_lanes.h"
#endif
#ifdef HMAC_NI
#include "sha1_ni.h"
#endif

/* Packets of more blocks than this are not told apart; they are rare. */
#define HMAC_SORT	31

static __always_inline unsigned int hmac_class(const struct xsrtp_packet *pkt)
{
	uint32_t blocks = mac_blocks(pkt);

	return HMAC_SORT - (blocks < HMAC_SORT ? blocks : HMAC_SORT);
}

/* The packets in order, by counting; @pkt itself if all are of one class. */
static struct xsrtp_packet *const *hmac_sort(struct xsrtp_packet **sorted,
					     struct xsrtp_packet *const *pkt, unsigned int n)
{
	uint8_t class[XSRTP_BURST_MAX], at[HMAC_SORT + 1] = { 0 };
	unsigned int i, sum = 0, differ = 0;

	for (i = 0; i < n; i++) {
		class[i] = hmac_class(pkt[i]);
		differ |= class[i] ^ class[0];
	}
	if (!differ)
		return pkt;
	for (i = 0; i < n; i++)
		at[class[i]]++;
	for (i = 0; i <= HMAC_SORT; i++) {
		unsigned int count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (i = 0; i < n; i++)
		sorted[at[class[i]]++] = pkt[i];
	return sorted;
}

#ifdef HMAC_NI
/*
 * How long a block takes of 1 to 4 packets by the SHA instructions, in units of
 * 1 ns on Zen 4; only the ratios matter.
 */
static const uint8_t hmac_ni_cost[NI_LANES + 1] = { 0, 33, 36, 43, 53 };

/*
 * How many of the packets to take together: one more adds to every block of the
 * longest, but is spared its own, which cost 13 (by fours) to 33 each (alone).
 */
static unsigned int hmac_ni_take(struct xsrtp_packet *const *pkt, unsigned int n)
{
	unsigned int take = 1, longest = mac_blocks(pkt[0]) + 1;

	while (take < n && take < NI_LANES &&
	       (hmac_ni_cost[take + 1] - hmac_ni_cost[take]) * longest <=
	       20 * (mac_blocks(pkt[take]) + 1))
		take++;
	return take;
}
#endif

#if defined(HMAC_LANES) && defined(HMAC_NI)

#define HMAC_LANES_COST	135	/* of a block of all lanes, in the same units */

/* Is a vector of lanes for the first @n packets faster than the SHA instructions? */
static bool hmac_lanes_pay(struct xsrtp_packet *const *pkt, unsigned int n)
{
	unsigned int cost = 0, i, take;

	for (i = 0; i < n; i += take) {
		take = hmac_ni_take(pkt + i, n - i);
		cost += hmac_ni_cost[take] * (mac_blocks(pkt[i]) + 1);
	}
	return cost > HMAC_LANES_COST * (mac_blocks(pkt[0]) + 1);
}

/* Hash some packets from the front. Return: how many. */
static unsigned int hmac_front(const struct xsrtp_suite_info *suite,
			       struct xsrtp_packet *const *pkt, unsigned int n, bool seal)
{
	unsigned int take = n < LANES ? n : LANES;

	if (take > NI_LANES && hmac_lanes_pay(pkt, take)) {
		hmac_lanes(suite, pkt, take, seal);
		return take;
	}
	take = hmac_ni_take(pkt, n);
	hmac_ni_up_to_4(suite, pkt, take, seal);
	return take;
}

#elif defined(HMAC_LANES)

static unsigned int hmac_front(const struct xsrtp_suite_info *suite,
			       struct xsrtp_packet *const *pkt, unsigned int n, bool seal)
{
	unsigned int take = n < LANES ? n : LANES;

	hmac_lanes(suite, pkt, take, seal);
	return take;
}

#else

static unsigned int hmac_front(const struct xsrtp_suite_info *suite,
			       struct xsrtp_packet *const *pkt, unsigned int n, bool seal)
{
	unsigned int take = hmac_ni_take(pkt, n);

	hmac_ni_up_to_4(suite, pkt, take, seal);
	return take;
}

#endif

/* The two states of an HMAC key: after its inner and its outer block (RFC 2104 2). */
static void hmac_expand(uint32_t hmac[10], const uint8_t auth_key[20])
{
	uint8_t block[SHA1_BLOCK];
	int outer, i;

	for (outer = 0; outer < 2; outer++) {
		for (i = 0; i < SHA1_BLOCK; i++)
			block[i] = (i < 20 ? auth_key[i] : 0) ^ (outer ? 0x5c : 0x36);
		sha1_first_block(hmac + 5 * outer, block);
	}
	memzero_explicit(block, sizeof(block));
}

/* HMAC of @n packets, up to XSRTP_BURST_MAX: write the tags, or compare them. */
static noinline void hmac_burst(const struct xsrtp_suite_info *suite,
				struct xsrtp_packet *const *pkt, unsigned int n, bool seal)
{
	struct xsrtp_packet *sorted[XSRTP_BURST_MAX];
	unsigned int done;

	if (n > 1)
		pkt = hmac_sort(sorted, pkt, n);
	for (; n; n -= done, pkt += done)
		done = hmac_front(suite, pkt, n, seal);
}

#endif /* XSRTP_X86_HMAC_H */
