/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Streams and their replay windows (RFC 3711 3.3.2): which indexes of an SSRC
 * have been seen. The receiver refuses an index twice; so does the sender, whose
 * keystream depends on it (RFC 3711 9.1).
 *
 * Locking: none. claim() is atomic over all CPUs: of several callers with one
 * index exactly one gets it.
 *
 * A window of 64 packets is one word of the stream, which moves together with
 * the highest index by one 16-byte compare and exchange. A larger window keeps
 * its bits in a ring of words behind the session, 32 indexes a word, each word
 * tagged with the block of indexes that it stands for, so that a word is one
 * compare and exchange too:
 *
 *	block = index / 32
 *	word = ring[block % words] = block mod 2^32 | 32 bits
 *
 * Beside the index stands what must change together with it:
 *
 *	next = 0 (6) | key slot (2) | credit (7) | highest index plus one (49)
 *
 * Credit: how many more packets of its key's lifetime the stream may take before it
 * draws again from the key's budget. So the lifetime is counted for no more than the
 * exchange that is made anyway. It pays for the key in the slot beside it only; what
 * a stream had left when it changes to another key is lost, never overdrawn.
 *
 * Where streams may be evicted, who claims an index holds the stream (lru.h).
 */
#ifndef XSRTP_REPLAY_H
#define XSRTP_REPLAY_H

#include <xsrtp/srtp.h>
#include "index.h"

/**
 * struct xsrtp_stream - one SSRC
 * @next: highest index plus one, 0: no packet yet; above it what XSRTP_NEXT_* say
 * @seen: bit k: index (highest - k) was seen. Windows of 64 only. Before the
 *	first packet: the ROC that it will have
 * @ssrc: as in the packet, host byte order
 * @live: the slot is taken, STREAM_*. @ssrc and @live are set by one exchange of
 *	@id.
 * @own: of the session's first stream: belongs to the session (session.h)
 */
struct xsrtp_stream {
	union {
		struct {
			uint64_t next;
			uint64_t seen;
		};
		uint64_t both[2];
	};
	union {
		struct {
			uint32_t ssrc;
			uint8_t live;
			uint8_t own[3];
		};
		uint64_t id;
	};
};

enum {
	STREAM_CHANGES = 1,	/* taken, but another SSRC moves in (lru.h) */
	STREAM_LIVES,		/* and more: so many hold it meanwhile (lru.h) */
	STREAM_HELD_MAX = 255,
};

#define XSRTP_NEXT_CREDIT	49	/* where in the word */
#define XSRTP_NEXT_SLOT		56
#define XSRTP_CREDIT_MAX	((1U << (XSRTP_NEXT_SLOT - XSRTP_NEXT_CREDIT)) - 1)

static inline uint64_t xsrtp_next(uint64_t word)
{
	return word & ((1ULL << XSRTP_NEXT_CREDIT) - 1);
}

/**
 * struct xsrtp_budget - packets that a key may still serve (RFC 3711 9.2)
 * @left: not drawn yet
 * @low: when @left falls to this, a warning is due
 * @share: one draw takes at most one in so many of @left
 */
struct xsrtp_budget {
	uint64_t left;
	uint64_t low;
	uint32_t share;
};

/**
 * struct xsrtp_window - what claim() and check() need beside the stream
 * @ring: the stream's window words; NULL for a window of 64
 * @packets: size of the window, a power of two
 * @slot: of the key, below XSRTP_KEYS
 * @budget: of the key
 */
struct xsrtp_window {
	uint64_t *ring;
	uint32_t packets;
	uint32_t slot;
	struct xsrtp_budget *budget;
};

/**
 * xsrtp_replay_check() - would xsrtp_replay_claim() succeed?
 *
 * Return: XSRTP_REASON_OK, _REPLAY, _TOO_OLD or, past the last index,
 * _KEY_EXPIRED.
 */
enum xsrtp_reason xsrtp_replay_check(const struct xsrtp_stream *st,
				     const struct xsrtp_window *w, uint64_t index);

/**
 * xsrtp_replay_claim() - mark the index as seen, and move the highest index
 * @st: stream
 * @w: its window
 * @index: of the packet
 * @event: XSRTP_EVENT_KEY_LOW is set in it when this packet made it so
 *
 * Return: as xsrtp_replay_check(); _KEY_EXPIRED also when the budget is used up.
 */
enum xsrtp_reason xsrtp_replay_claim(struct xsrtp_stream *st, const struct xsrtp_window *w,
				     uint64_t index, uint8_t *event);

/*
 * xsrtp_replay_reset() - the stream begins again, for another SSRC, with all
 * before @next seen (0: none). Its @live is STREAM_CHANGES: nobody claims.
 *
 * Return: highest index plus one of the one before.
 */
uint64_t xsrtp_replay_reset(struct xsrtp_stream *st, const struct xsrtp_window *w,
			    uint64_t next);

/* All before @st->next was seen, and nothing from there on. */
void xsrtp_replay_fill(struct xsrtp_stream *st, const struct xsrtp_window *w);

/* xsrtp_replay_uncredit() - forget credit of @slot, which gets another key now. */
void xsrtp_replay_uncredit(struct xsrtp_stream *st, unsigned int slot);

/* Words of the ring for a window: twice what it covers; none for 64. */
static inline uint32_t xsrtp_replay_words(uint32_t window)
{
	return window > XSRTP_WINDOW_MIN ? window / 16 : 0;
}

#endif /* XSRTP_REPLAY_H */
