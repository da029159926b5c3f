/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What few sessions ask for: ROC policy, ROC in the tag (RFC 4771), encrypted
 * header extensions (RFC 6904), key derivation rate (RFC 3711 4.3.1). Its memory
 * stands at the end of each half of a session that has any of it, and nowhere
 * else; special.c is the way of such a session's packets.
 *
 *	struct xsrtp_option
 *	keys times the key for header extensions (SRTP's, if @ext_ids)
 *	(keys + 1) times streams times the base (if @roc)
 *
 * The base. A stream's index only grows, over all keys. On the wire the index
 * under one key is that less the base of this key and stream, a multiple of
 * 2^16: 0 where ROC goes on, its ROC where it starts again. A base is set once,
 * by compare and exchange, before a sender uses it and after a receiver has
 * verified a packet with it; it lasts as long as the key. So under one key no
 * index comes twice, and the replay window knows nothing of it.
 *
 * Locking: the control functions as in srtp.h; bases and @rate change by
 * exchange only.
 */
#ifndef XSRTP_OPTION_H
#define XSRTP_OPTION_H

#include "kdf.h"
#include "session.h"

#define XSRTP_EXT_KEY_BYTES	(sizeof(struct xsrtp_cipher_key) + \
				 XSRTP_RK_BYTES(XSRTP_KEY_MAX) + 16)
#define XSRTP_RATE_NONE		0xff

/**
 * struct xsrtp_option_key - more of one key slot
 * @rate: r of the session keys in the slot << 16 | how many use them << 1 |
 *	somebody replaces them
 * @print: fingerprint of the master key
 * @shift: log2 of the derivation rate, or XSRTP_RATE_NONE
 * @used: a packet has used the key
 * @master, @salt: kept only for a rate
 */
struct xsrtp_option_key {
	uint64_t rate;
	uint64_t print;
	uint8_t set;
	uint8_t shift;
	uint8_t used;
	uint8_t master[XSRTP_KEY_MAX];
	uint8_t salt[XSRTP_SALT_MAX];
};

/**
 * struct xsrtp_option - what few sessions ask for
 * @ext_ids, @ext, @roc, @rcc_rate: as configured; @ext: any bit of @ext_ids
 * @began: a packet has used any key
 * @known: fingerprints of former keys, @next_known: the one to go next
 */
struct xsrtp_option {
	uint8_t ext_ids[32];
	uint8_t ext;
	uint8_t roc;
	uint16_t rcc_rate;
	uint8_t began;
	uint8_t next_known;
	uint64_t known[XSRTP_KEYS_KNOWN];
	struct xsrtp_option_key key[XSRTP_KEYS];
};

static inline struct xsrtp_option *xsrtp_option(const struct xsrtp_session *half,
						const struct xsrtp_session_cold *cold)
{
	return cold->option ? (void *)((char *)half + cold->option) : NULL;
}

static inline struct xsrtp_cipher_key *xsrtp_option_ext_key(struct xsrtp_option *opt,
							    unsigned int slot)
{
	return (void *)((char *)(opt + 1) + slot * XSRTP_EXT_KEY_BYTES);
}

/*
 * xsrtp_option_base() - base plus one of a stream under the key in @slot, in ROCs;
 * 0: not set yet. Slot @cold->keys: that of the last packet.
 */
static inline uint64_t *xsrtp_option_base(struct xsrtp_option *opt,
					  const struct xsrtp_session_cold *cold,
					  unsigned int slot, uint32_t stream)
{
	char *table = (char *)(opt + 1) + (opt->ext ? cold->keys * XSRTP_EXT_KEY_BYTES : 0);

	return (uint64_t *)table + slot * cold->streams + stream;
}

/* The configuration beside the first five members; for @c without defaults. */
bool xsrtp_option_valid(const struct xsrtp_session_config *cfg);
uint32_t xsrtp_option_size(const struct xsrtp_session_config *c);
void xsrtp_option_init(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
		       const struct xsrtp_session_config *c);

/* What xsrtp_key_set() and _wipe() have to do more. */
int xsrtp_option_key_check(struct xsrtp_session *s, struct xsrtp_session_cold *cold,
			   const struct xsrtp_cipher *c, unsigned int slot,
			   const struct xsrtp_key_config *cfg);
void xsrtp_option_key_set(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			  const struct xsrtp_cipher *c, unsigned int slot,
			  const struct xsrtp_key_config *cfg);
void xsrtp_option_key_wipe(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			   unsigned int slot);

/* The derivation rate of the key in @slot, 0: none. */
uint32_t xsrtp_option_kdr(const struct xsrtp_session *half,
			  const struct xsrtp_session_cold *cold, unsigned int slot);

/* Before @slot comes into use. */
void xsrtp_option_key_use(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			  unsigned int slot);

/* A stream's index was told: it is that on the wire under the key in use, or the first. */
void xsrtp_option_stream_told(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			      uint32_t stream);

/* The base of the stream's last packet, in index units. */
uint64_t xsrtp_option_base_now(const struct xsrtp_session *half,
			       const struct xsrtp_session_cold *cold, uint32_t stream);

#endif /* XSRTP_OPTION_H */
