/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which stream makes room (XSRTP_EVICT): when all slots of a half are taken, the
 * new SSRC of an authentic packet gets the slot of the stream whose last packet
 * is longest ago. What was known of that stream, its SSRC and highest index, is
 * kept for the last XSRTP_PAST streams: if it comes back, it goes on from there,
 * with all up to there seen. Only receivers evict: a sender's state guards its
 * keystream.
 *
 * Order of use: a stream is stamped when the packet before was of another one, so
 * that a stream alone writes nothing.
 *
 * Locking: @busy is taken by who evicts, and not waited for: another packet that
 * needs a slot just then is dropped. Who claims an index holds the stream meanwhile,
 * by a count in the word that says whose it is: one exchange sees the right SSRC and
 * holds it. A stream that is held does not go, however long its holder is kept from
 * going on; another goes, or the packet is dropped. So a claim is always made in the
 * life of the stream that it was meant for.
 */
#ifndef XSRTP_LRU_H
#define XSRTP_LRU_H

#include "burst.h"

#define XSRTP_PAST	64	/* streams that had to go and are known still */

/**
 * struct xsrtp_past - a stream that had to go
 * @id: its SSRC, PAST_VALID above; 0: none, or being written
 * @next: its highest index plus one
 */
struct xsrtp_past {
	uint64_t id;
	uint64_t next;
};

/**
 * struct xsrtp_lru - order of use
 * @busy: somebody evicts
 * @last: number of the stream of the last packet
 * @clock: of the stamps
 * @at: in @past, the next to be overwritten
 * @stamp: by number of the stream
 */
struct xsrtp_lru {
	uint64_t busy;
	uint64_t clock;
	uint32_t last;
	uint32_t at;
	struct xsrtp_past past[XSRTP_PAST];
	uint64_t stamp[];
};

static inline uint32_t xsrtp_lru_size(const struct xsrtp_session_config *c)
{
	return c->flags & XSRTP_EVICT ?
	       sizeof(struct xsrtp_lru) + c->streams * sizeof(uint64_t) : 0;
}

/* Highest index plus one of an SSRC that had to go; 0: not known. */
uint64_t xsrtp_lru_past(const struct xsrtp_context *cx, uint32_t ssrc);

/* xsrtp_packet_claim() where streams may be evicted; @in: now, for this packet. */
enum xsrtp_reason xsrtp_lru_claim(const struct xsrtp_context *cx, struct xsrtp_packet *p,
				  bool in);

#endif /* XSRTP_LRU_H */
