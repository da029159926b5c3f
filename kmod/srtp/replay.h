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
 *	block = index / 32, word = ring[block % words] = block mod 2^32 | 32 bits
 */
#ifndef XSRTP_REPLAY_H
#define XSRTP_REPLAY_H

#include <xsrtp/srtp.h>
#include "index.h"

/**
 * struct xsrtp_stream - one SSRC
 * @next: highest index plus one; 0: no packet yet
 * @seen: bit k: index (highest - k) was seen. Windows of 64 only.
 * @ssrc: as in the packet, host byte order
 * @live: the slot is taken. @ssrc and @live are set by one exchange of @id.
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

/**
 * xsrtp_replay_check() - would xsrtp_replay_claim() succeed?
 * @st: stream
 * @ring: its ring of window words; NULL for a window of 64
 * @window: packets, a power of two
 * @index: index of the packet
 *
 * Return: XSRTP_REASON_OK, _REPLAY, _TOO_OLD or, past the last index,
 * _KEY_EXPIRED.
 */
enum xsrtp_reason xsrtp_replay_check(const struct xsrtp_stream *st, const uint64_t *ring,
				     uint32_t window, uint64_t index);

/**
 * xsrtp_replay_claim() - mark the index as seen, and move the highest index
 *
 * Parameters and return value as xsrtp_replay_check().
 */
enum xsrtp_reason xsrtp_replay_claim(struct xsrtp_stream *st, uint64_t *ring,
				     uint32_t window, uint64_t index);

/* Words of the ring for a window: twice what it covers; none for 64. */
static inline uint32_t xsrtp_replay_words(uint32_t window)
{
	return window > XSRTP_WINDOW_MIN ? window / 16 : 0;
}

#endif /* XSRTP_REPLAY_H */
