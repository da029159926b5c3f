/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The memory of a session: one flat block, hot things first.
 *
 *	offset 0	first stream: index, window, SSRC; and the session's own
 *			state (suite, key in use, MKI length), in one word with
 *			the SSRC: one load tells it all
 *	24		key slot 0: HMAC states; from 64 on round keys and salt.
 *			AES_CM_128: 256 bytes with the above, four cache lines;
 *			GCM: 512, with the powers of H
 *	slot_size	key slots 1 to 3, each 24 bytes into its first line
 *	4 * slot_size	struct xsrtp_session_cold
 *	behind		streams 2 and on; rings of the replay windows
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

struct xsrtp_session {
	struct xsrtp_stream first;
};

/* xsrtp_stream.own of the first stream */
enum {
	OWN_SUITE,		/* enum xsrtp_suite */
	OWN_SLOT,		/* the key slot in use, or XSRTP_NO_KEY */
	OWN_MKI_LEN,		/* of that key */
};

struct xsrtp_session_cold {
	uint32_t window;
	uint32_t streams;
	struct {
		uint8_t set;
		uint8_t mki_len;
		uint8_t mki[XSRTP_MKI_MAX];
	} slot[XSRTP_KEYS];
};

static inline uint32_t xsrtp_slot_size(const struct xsrtp_suite_info *suite)
{
	uint32_t len = XSRTP_KEY_OFFSET + sizeof(struct xsrtp_cipher_key) +
		       XSRTP_RK_BYTES(suite->key_len) + 16;

	return suite->kind == XSRTP_KIND_GCM ? 512 : (len + 63) & ~63U;
}

static inline struct xsrtp_cipher_key *xsrtp_session_key(const struct xsrtp_session *s,
							 const struct xsrtp_suite_info *suite,
							 unsigned int slot)
{
	return (void *)((char *)s + slot * xsrtp_slot_size(suite) + XSRTP_KEY_OFFSET);
}

static inline struct xsrtp_session_cold *xsrtp_session_cold(const struct xsrtp_session *s,
							    const struct xsrtp_suite_info *suite)
{
	return (void *)((char *)s + XSRTP_KEYS * xsrtp_slot_size(suite));
}

/*
 * xsrtp_stream_find() - the live stream of an SSRC, or NULL
 * xsrtp_stream_take() - the same, making it where there is none; NULL: no room
 * xsrtp_stream_room() - would take() find or make it?
 *
 * Slots are taken from the first on, each by one exchange, so that two CPUs
 * cannot make two of one SSRC.
 */
struct xsrtp_stream *xsrtp_stream_find(struct xsrtp_session *s,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc);
struct xsrtp_stream *xsrtp_stream_take(struct xsrtp_session *s,
				       const struct xsrtp_session_cold *cold, uint32_t ssrc);
bool xsrtp_stream_room(struct xsrtp_session *s, const struct xsrtp_session_cold *cold);

/* The window's ring of a stream, or NULL for a window of 64. */
uint64_t *xsrtp_stream_ring(struct xsrtp_session *s, const struct xsrtp_session_cold *cold,
			    const struct xsrtp_stream *st);

#endif /* XSRTP_SESSION_H */
