/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The memory of a session: two halves of one shape, for SRTP and for SRTCP,
 * each a flat block, hot things first.
 *
 *	offset 0	first stream: index, window, SSRC; and the half's own state
 *			(suite, key in use), in one word with the SSRC: one load
 *			tells it all
 *	24		key slot 0: HMAC states, or GCM's salt; from 64 on round
 *			keys, and CM's salt. AES_CM_128: 256 bytes with the above,
 *			four cache lines; GCM: 512, with the powers of H
 *	slot_size	struct xsrtp_session_cold
 *	behind		more key slots, each 24 bytes into its first line; more
 *			streams; rings of the replay windows; struct xsrtp_lru;
 *			struct xsrtp_option
 *
 * Locking: the packet path reads keys and cold data that nobody writes meanwhile
 * (see the contract in srtp.h), and changes streams by atomic exchange only.
 */
#ifndef XSRTP_SESSION_H
#define XSRTP_SESSION_H

#include <xsrtp/srtp.h>
#include "cipher.h"
#include "platform.h"
#include "replay.h"
#include "suite.h"

#define XSRTP_KEY_OFFSET	24
#define XSRTP_NO_KEY		0xff
#define XSRTP_SPECIAL		0x8000	/* of xsrtp_session_cold.flags */

/* The SRTP half, and the session by its address; the SRTCP half follows. */
struct xsrtp_session {
	struct xsrtp_stream first;
};

/* xsrtp_stream.own of the first stream */
enum {
	OWN_SUITE,		/* enum xsrtp_suite, and OWN_COLD */
	OWN_SLOT,		/* the key slot in use, or XSRTP_NO_KEY */
	OWN_MKI_LEN,		/* of that key */
};

/*
 * The cold part has a say in every packet: flags, a large window or eviction. Most
 * sessions have none of it, and their packets save a cache line.
 */
#define OWN_COLD	0x80

/**
 * struct xsrtp_session_cold - what packets seldom need
 * @bytes: of this half
 * @streams: slots for SSRCs
 * @window: replay window, packets
 * @flags: XSRTP_UNENCRYPTED_* and so on; XSRTP_SPECIAL: packets go one at a time,
 *	the way of special.c
 * @keys: key slots
 * @also: second key to try, or XSRTP_NO_KEY (xsrtp_key_also())
 * @lru: where its struct xsrtp_lru is; 0: has none
 * @option: where the half's struct xsrtp_option is, from its start; 0: has none
 */
struct xsrtp_session_cold {
	uint32_t bytes;
	uint32_t streams;
	uint32_t window;
	uint16_t flags;
	uint8_t keys;
	uint8_t also;
	uint32_t option;
	uint32_t lru;
	struct xsrtp_key_info {
		struct xsrtp_budget budget;
		uint8_t set;
		uint8_t mki_len;
		uint8_t mki[XSRTP_MKI_MAX];
	} slot[];
};

static inline uint32_t xsrtp_line(uint32_t bytes)
{
	return (bytes + XSRTP_ALIGN - 1) / XSRTP_ALIGN * XSRTP_ALIGN;
}

static inline uint32_t xsrtp_slot_size(const struct xsrtp_suite_info *suite)
{
	return suite->kind == XSRTP_KIND_GCM ? XSRTP_KEY_OFFSET + XSRTP_CIPHER_KEY_MAX :
	       xsrtp_line(XSRTP_KEY_OFFSET + sizeof(struct xsrtp_cipher_key) +
			  XSRTP_RK_BYTES(suite->key_len) + 16);
}

static inline uint32_t xsrtp_cold_size(uint32_t keys)
{
	return xsrtp_line(sizeof(struct xsrtp_session_cold) +
			  keys * sizeof(struct xsrtp_key_info));
}

static inline struct xsrtp_session_cold *xsrtp_session_cold(const struct xsrtp_session *half,
							    const struct xsrtp_suite_info *suite)
{
	return (void *)((char *)half + xsrtp_slot_size(suite));
}

static inline struct xsrtp_cipher_key *xsrtp_session_key(const struct xsrtp_session *half,
							 const struct xsrtp_suite_info *suite,
							 unsigned int slot)
{
	size_t at = slot * xsrtp_slot_size(suite);

	if (slot)
		at += xsrtp_cold_size(xsrtp_session_cold(half, suite)->keys);
	return (void *)((char *)half + at + XSRTP_KEY_OFFSET);
}

static inline const struct xsrtp_suite_info *xsrtp_session_suite(const struct xsrtp_session *half)
{
	return &xsrtp_suites[half->first.own[OWN_SUITE] & ~OWN_COLD];
}

static inline struct xsrtp_session *xsrtp_session_rtcp(const struct xsrtp_session *s)
{
	const struct xsrtp_session_cold *cold = xsrtp_session_cold(s, xsrtp_session_suite(s));

	return (void *)((char *)s + cold->bytes);
}

/*
 * xsrtp_stream_find() - the live stream of an SSRC, or NULL
 * xsrtp_stream_take() - the same, making it where there is none; NULL: no room
 * xsrtp_stream_room() - is there a slot for one more?
 *
 * Slots are taken from the first on, each by one exchange, so that two CPUs
 * cannot make two of one SSRC.
 */
struct xsrtp_stream *xsrtp_stream_find(struct xsrtp_session *half,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc);
struct xsrtp_stream *xsrtp_stream_take(struct xsrtp_session *half,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc);
bool xsrtp_stream_room(struct xsrtp_session *half, const struct xsrtp_session_cold *cold);

/* By number, from 0; and its number. */
struct xsrtp_stream *xsrtp_stream_at(const struct xsrtp_session *half,
				     const struct xsrtp_session_cold *cold, uint32_t i);
uint32_t xsrtp_stream_number(const struct xsrtp_session *half,
			     const struct xsrtp_session_cold *cold,
			     const struct xsrtp_stream *st);

/* The window of a stream, under the key in @slot, whatever its size. */
void xsrtp_stream_window(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			 const struct xsrtp_stream *st, unsigned int slot,
			 struct xsrtp_window *w);

/* One packet verified under the second key: it is the first now. */
void xsrtp_key_promote(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
		       uint8_t slot);

#endif /* XSRTP_SESSION_H */
