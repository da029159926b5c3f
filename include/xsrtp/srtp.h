/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The SRTP core: RFC 3711 and RFC 7714 on packets in memory.
 *
 * A session is one direction of media under one suite: up to XSRTP_KEYS master
 * keys of which one is in use, and the streams (SSRCs) seen under them. It is
 * one flat block of the caller's memory that holds no pointers: allocate it
 * with xsrtp_session_size() bytes aligned to XSRTP_ALIGN, wipe it before it is
 * freed.
 *
 * A burst is an array of packets, each with its own session. A single packet
 * is a burst of one. The packets of a burst are processed as if one after the
 * other in array order.
 *
 * Every function works in any context (process, softirq), takes no lock, does
 * not sleep and does not allocate. Several CPUs may protect or unprotect under
 * the same session at the same time. Control functions (init, key_*, wipe)
 * must not run against each other on one session; key_set needs that no burst
 * still uses the slot it writes, wipe that none uses the session.
 */
#ifndef XSRTP_SRTP_H
#define XSRTP_SRTP_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#include <xsrtp/reason.h>
#include <xsrtp/suite.h>

#define XSRTP_ALIGN		64	/* of a session, bytes */
#define XSRTP_KEYS		4	/* key slots of a session */
#define XSRTP_BURST_MAX		64	/* packets in one call */
#define XSRTP_WINDOW_MIN	64	/* replay window, packets (RFC 3711 3.3.2) */
#define XSRTP_WINDOW_MAX	32768
#define XSRTP_STREAMS_MAX	256	/* SSRCs of a session */

struct xsrtp_session;
struct xsrtp_cipher;

/**
 * struct xsrtp_session_config - what a session is made of
 * @suite: enum xsrtp_suite
 * @keys: how many key slots, 1 to XSRTP_KEYS; 0 means XSRTP_KEYS
 * @window: replay window in packets, a power of two, XSRTP_WINDOW_MIN to
 *	XSRTP_WINDOW_MAX; 0 means XSRTP_WINDOW_MIN
 * @streams: how many SSRCs it can hold, 1 to XSRTP_STREAMS_MAX; 0 means 1
 * @flags: XSRTP_UNENCRYPTED_*, XSRTP_CRYPTEX, XSRTP_KEY_RATE, XSRTP_EVICT
 * @roc: enum xsrtp_roc: what becomes of the ROC when the key changes
 * @rcc_rate: R of RFC 4771, mode RCCm2: a packet whose sequence number is a
 *	multiple of R carries the ROC in its tag, and a receiver takes it from
 *	there; 0: none does. Suites with HMAC_SHA1_80 only, and @roc keep
 * @ext_ids: header extension elements to encrypt (RFC 6904): bit id % 8 of byte
 *	id / 8, for ids 1 to 14 (one-byte headers) and 1 to 255 (two-byte). All
 *	zero: none. Not together with XSRTP_CRYPTEX (RFC 9335 5)
 *
 * Packets of a session with XSRTP_CRYPTEX, XSRTP_KEY_RATE, @roc, @rcc_rate or
 * @ext_ids are processed one at a time, whatever burst they come in.
 */
struct xsrtp_session_config {
	uint8_t suite;
	uint8_t keys;
	uint16_t window;
	uint16_t streams;
	uint16_t flags;
	uint8_t roc;
	uint16_t rcc_rate;
	uint8_t ext_ids[32];
};

/* Session parameters of RFC 4568 6.3: authenticated, but sent in the clear. */
#define XSRTP_UNENCRYPTED_SRTP	1	/* both directions of use */
#define XSRTP_UNENCRYPTED_SRTCP	2	/* protect; unprotect obeys the E bit */
/*
 * RFC 9335: CSRCs and all of the header extension are encrypted too. protect()
 * does so for packets that have either, adding an empty extension (4 bytes, of
 * @room) behind CSRCs that have none, and refuses as malformed an extension that
 * is not RFC 8285's 0xBEDE or 0x1000: it would go in the clear. unprotect()
 * takes both kinds, which the packet's profile field tells apart.
 */
#define XSRTP_CRYPTEX		4
#define XSRTP_KEY_RATE		8	/* keys may have a derivation rate */
/*
 * unprotect: when @streams are taken, the new SSRC of an authentic packet takes
 * the place of the stream whose last packet is longest ago (without the flag it
 * gets XSRTP_REASON_NO_STREAM). That one's highest index is kept for the last 64
 * streams that had to go: when it comes back, what it had before does not pass
 * again. Beyond 64, old packets of an SSRC could; only one who has the key makes
 * so many SSRCs. protect never does: its state guards the keystream. Not with
 * @roc other than keep.
 */
#define XSRTP_EVICT		16

/**
 * enum xsrtp_roc - the ROC of a stream when the key changes under it
 * @XSRTP_ROC_KEEP: goes on (RFC 3711 3.3.1)
 * @XSRTP_ROC_ZERO: the stream's first packet under the new key has ROC 0
 *	(Microsoft Teams). Only a new key can do that: a key that the session has
 *	had before is refused (xsrtp_key_set()), for as many as XSRTP_KEYS_KNOWN
 *	keys back
 * @XSRTP_ROC_TRY: unprotect: the first packet under the new key decides which of
 *	the two it is, at the cost of a second MAC until one has verified. protect:
 *	as keep
 *
 * The receiver's index, and with it its replay window, never goes back: what
 * starts again is the difference between it and the index in the packet. So no
 * packet of an earlier key or ROC can come again.
 *
 * With ZERO and TRY one CPU at a time may use the session: at the change of the key
 * two that have its first packets at once can take different ROCs for the first
 * one, and a peer would lose packets. KEEP has no such limit.
 */
enum xsrtp_roc {
	XSRTP_ROC_KEEP,
	XSRTP_ROC_ZERO,
	XSRTP_ROC_TRY,
};

#define XSRTP_KEYS_KNOWN	16	/* former keys of a session that it knows again */
#define XSRTP_KDR_MAX		(1 << 24) /* RFC 3711 4.3.1 */

/**
 * struct xsrtp_key_config - one master key (RFC 3711 3.2.1)
 * @key: master key, key_len bytes of the suite
 * @salt: master salt, salt_len bytes of the suite
 * @mki: master key identifier, or NULL
 * @mki_len: its length in bytes, 0 to XSRTP_MKI_MAX
 * @lifetime: how many packets it may serve, over all SSRCs, SRTP and SRTCP each;
 *	0 or more than RFC 3711 9.2 allows: 2^48 SRTP, 2^31 SRTCP
 * @kdr: key derivation rate (RFC 3711 4.3.1): session keys are derived anew every
 *	so many packets of a stream: a power of two up to XSRTP_KDR_MAX; 0: once.
 *	The session must have XSRTP_KEY_RATE, and then keeps the master key
 */
struct xsrtp_key_config {
	const uint8_t *key;
	const uint8_t *salt;
	const uint8_t *mki;
	uint8_t mki_len;
	uint64_t lifetime;
	uint32_t kdr;
};

/* What a packet brought about, beside its own fate; bits of xsrtp_packet.event. */
#define XSRTP_EVENT_KEY_LOW	1	/* a sixteenth of the key's lifetime is left */
#define XSRTP_EVENT_KEY_SWITCH	2	/* first packet under the key of xsrtp_key_also() */
#define XSRTP_EVENT_NEW_STREAM	4	/* first packet of its SSRC */

/**
 * struct xsrtp_packet - one packet of a burst
 * @session: whose keys to use
 * @data: first byte of the RTP header
 * @len: bytes from @data; changed to the new length on success
 * @room: writable bytes behind @len (protect needs the tag's and MKI's length)
 * @reason: result, enum xsrtp_reason; XSRTP_REASON_OK on success
 * @event: result, XSRTP_EVENT_* bits
 * @ssrc: result, if @reason is OK
 * @index: result, if @reason is OK: (ROC << 16) | SEQ, or SRTCP's
 *
 * On any other reason than OK @len is unchanged and the payload must not be
 * used: it may hold anything, but no byte outside @len + @room was read or
 * written. The other members below @event belong to the core.
 */
struct xsrtp_packet {
	struct xsrtp_session *session;
	uint8_t *data;
	uint32_t len;
	uint32_t room;
	uint16_t reason;
	uint8_t event;

	/* private to the core */
	uint8_t slot;		/* of the key */
	uint32_t hdr_len;	/* authenticated only: header, CSRCs, extension */
	uint32_t text_len;	/* encrypted part, follows the header */
	uint32_t ssrc;
	uint32_t extra_len;	/* 0 or 4 */
	uint8_t extra[4];	/* authenticated, not in its place: ROC, SRTCP index */
	uint64_t index;		/* 48 bits: ROC, sequence number */
	const struct xsrtp_suite_info *suite;
	const void *key;	/* struct xsrtp_cipher_key */
	void *stream;		/* struct xsrtp_stream; NULL: not seen yet */
	uint8_t *tag;		/* where the tag stands in the packet */
	uint8_t iv[16];		/* CM: initial counter block; GCM: 12-byte nonce */
};

/** xsrtp_suite_info() - sizes of @suite, or NULL if there is no such suite. */
const struct xsrtp_suite_info *xsrtp_suite_info(unsigned int suite);

/** xsrtp_suite_by_name() - the suite of this IANA name, or NULL. */
const struct xsrtp_suite_info *xsrtp_suite_by_name(const char *name);

/** xsrtp_reason_name() - the spelling of a reason ("bad-tag"), never NULL. */
const char *xsrtp_reason_name(unsigned int reason);

/**
 * xsrtp_session_size() - memory that a session needs
 * @cfg: what it shall hold
 *
 * Return: bytes, a multiple of XSRTP_ALIGN; 0 if @cfg is not valid.
 */
size_t xsrtp_session_size(const struct xsrtp_session_config *cfg);

/**
 * xsrtp_session_init() - make an empty session: no key, no stream
 * @s: memory of xsrtp_session_size(@cfg) bytes, aligned to XSRTP_ALIGN
 * @cfg: the same as given to xsrtp_session_size()
 *
 * Until a key is in use every packet gets XSRTP_REASON_NO_KEY.
 *
 * Return: 0, or -EINVAL.
 */
int xsrtp_session_init(struct xsrtp_session *s, const struct xsrtp_session_config *cfg);

/** xsrtp_session_wipe() - overwrite all of the session's memory. */
void xsrtp_session_wipe(struct xsrtp_session *s);

/**
 * xsrtp_key_set() - derive session keys into a slot (RFC 3711 4.3)
 * @s: session
 * @c: cipher implementation to derive and prepare with
 * @slot: 0 to XSRTP_KEYS - 1; not the one in use, and used by no burst
 * @key: the master key; not referred to afterwards
 *
 * The slot is prepared, not used: xsrtp_key_use() switches. The streams keep
 * their ROC and replay state over a change of keys (RFC 3711 3.3.1).
 *
 * Return: 0; -EINVAL slot, MKI length or rate out of range; -EBUSY slot is in use;
 * -EEXIST the key in use is this very one, or, where @roc is not keep, the session
 * has it in another slot or has used it before.
 */
int xsrtp_key_set(struct xsrtp_session *s, const struct xsrtp_cipher *c,
		  unsigned int slot, const struct xsrtp_key_config *key);

/**
 * xsrtp_key_use() - switch to a prepared slot, or to none (-1: fail closed)
 *
 * Return: 0; -EINVAL no such slot; -ENOKEY the slot holds no key.
 */
int xsrtp_key_use(struct xsrtp_session *s, int slot);

/**
 * xsrtp_key_also() - receive under a second key while the peer changes over
 * @slot: a prepared slot, or -1: only the key in use
 *
 * A packet that does not verify under the key in use is tried under this one.
 * The first that verifies makes it the key in use (XSRTP_EVENT_KEY_SWITCH), and
 * the former one the second, until it is taken away. A forged packet costs two
 * MACs meanwhile. Not needed where packets carry an MKI: every prepared slot is
 * found by its MKI. (Make before break, without a signal from the peer.)
 *
 * Return: 0; -EINVAL no such slot; -ENOKEY the slot holds no key.
 */
int xsrtp_key_also(struct xsrtp_session *s, int slot);

/**
 * xsrtp_key_hide() - no packet that comes from now on finds the key in @slot
 *
 * Switching away is not enough where packets carry an MKI: they name the slot. When
 * the bursts that may have found it are over, the slot can be wiped or set again.
 */
void xsrtp_key_hide(struct xsrtp_session *s, unsigned int slot);

/** xsrtp_key_wipe() - forget the key in @slot: not in use, hidden, used by no burst. */
void xsrtp_key_wipe(struct xsrtp_session *s, unsigned int slot);

/** xsrtp_key_used() - the slot in use, or -1. */
int xsrtp_key_used(const struct xsrtp_session *s);

/**
 * struct xsrtp_key_state - what may be known of a key
 * @mki: of @mki_len bytes, in the session's memory
 * @mki_len: 0: packets carry none
 * @kdr: key derivation rate, 0: none
 * @left: SRTP packets that it may still serve; what streams hold in advance, up to
 *	127 each, is not among them
 */
struct xsrtp_key_state {
	const uint8_t *mki;
	uint8_t mki_len;
	uint32_t kdr;
	uint64_t left;
};

/**
 * xsrtp_key_get() - the state of the key in @slot, for display
 *
 * Return: false if there is none, or it is hidden.
 */
bool xsrtp_key_get(const struct xsrtp_session *s, unsigned int slot,
		   struct xsrtp_key_state *state);

/**
 * struct xsrtp_stream_state - what is known of one SSRC
 * @ssrc: host byte order
 * @index: highest index so far: (ROC << 16) | SEQ (RFC 3711 3.3.1)
 */
struct xsrtp_stream_state {
	uint32_t ssrc;
	uint64_t index;
};

/**
 * xsrtp_stream_get() - the @n-th stream of the session that has had a packet
 *
 * For display: a stream that moves meanwhile may be seen before or after.
 *
 * Return: true if there is one.
 */
bool xsrtp_stream_get(const struct xsrtp_session *s, unsigned int n,
		      struct xsrtp_stream_state *state);

/**
 * xsrtp_stream_index() - the highest index of one SSRC, for display and comparison
 * @rtcp: its SRTCP index, 31 bits
 *
 * Return: false if the SSRC has had no packet and none was told.
 */
bool xsrtp_stream_index(const struct xsrtp_session *s, uint32_t ssrc, bool rtcp,
			uint64_t *index);

/**
 * xsrtp_stream_set() - say what is known of an SSRC before its packets tell
 * @s: session that no burst uses; the SSRC has had no packet yet
 * @state: with the highest index so far, which and all before count as seen
 *
 * For a receiver that takes over (failover): the next packet is the first new one.
 *
 * Return: 0; -ENOSPC no slot; -EEXIST the stream is alive; -EINVAL.
 */
int xsrtp_stream_set(struct xsrtp_session *s, const struct xsrtp_stream_state *state);

/**
 * xsrtp_stream_roc() - ROC of an SSRC that is about to begin or to be joined
 *
 * As xsrtp_stream_set(), where the sequence number is not known (RFC 3711 3.3.1:
 * a receiver that joins late is told the ROC).
 */
int xsrtp_stream_roc(struct xsrtp_session *s, uint32_t ssrc, uint32_t roc);

/** xsrtp_stream_get_rtcp() - as xsrtp_stream_get(); @index: SRTCP index, 31 bits. */
bool xsrtp_stream_get_rtcp(const struct xsrtp_session *s, unsigned int n,
			   struct xsrtp_stream_state *state);

/** xsrtp_stream_set_rtcp() - as xsrtp_stream_set(); @index: SRTCP index, 31 bits. */
int xsrtp_stream_set_rtcp(struct xsrtp_session *s, const struct xsrtp_stream_state *state);

/**
 * xsrtp_protect() - RTP to SRTP, in place (RFC 3711 3.3 sender; RFC 7714 8.1)
 * @c: cipher implementation; the caller holds what it needs (the FPU)
 * @pkt: @n packets
 * @n: 0 to XSRTP_BURST_MAX
 *
 * Appends MKI and tag. An index that was used before is refused with
 * XSRTP_REASON_INDEX_REUSE, one too far back with XSRTP_REASON_TOO_OLD.
 */
void xsrtp_protect(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
		   unsigned int n);

/**
 * xsrtp_unprotect() - SRTP to RTP, in place (RFC 3711 3.3 receiver; 7714 8.2)
 *
 * Parameters as xsrtp_protect(). The tag is verified before anything is
 * decrypted; ROC, replay state and streams move only for packets that verify.
 */
void xsrtp_unprotect(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
		     unsigned int n);

/**
 * xsrtp_protect_rtcp() - RTCP to SRTCP, in place (RFC 3711 3.4; RFC 7714 9)
 *
 * Parameters as xsrtp_protect(); @data: a compound or reduced-size RTCP packet.
 * Appends 4 bytes more than for RTP: E bit and index, counted by the session for
 * the SSRC of the first report.
 */
void xsrtp_protect_rtcp(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
			unsigned int n);

/** xsrtp_unprotect_rtcp() - SRTCP to RTCP, in place; see xsrtp_unprotect(). */
void xsrtp_unprotect_rtcp(const struct xsrtp_cipher *c, struct xsrtp_packet *pkt,
			  unsigned int n);

/**
 * xsrtp_overhead() - the most bytes that protecting adds under this key
 *
 * With XSRTP_CRYPTEX 4 more, for SRTP.
 */
uint32_t xsrtp_overhead(unsigned int suite, unsigned int mki_len, bool rtcp);

/**
 * xsrtp_cipher_get() - a cipher implementation by number
 * @n: from 0; best first, the last one works everywhere
 *
 * Return: it, or NULL past the end. One that this CPU cannot run is skipped.
 */
const struct xsrtp_cipher *xsrtp_cipher_get(unsigned int n);

/** xsrtp_cipher_name() - "openssl", "kernel", "avx512", ... */
const char *xsrtp_cipher_name(const struct xsrtp_cipher *c);

/** xsrtp_cipher_needs_fpu() - must run inside kernel_fpu_begin()/end(). */
bool xsrtp_cipher_needs_fpu(const struct xsrtp_cipher *c);

#define XSRTP_SELFTEST_BYTES	49152	/* memory that the self-test works in */

/**
 * xsrtp_selftest() - known-answer tests of one cipher implementation
 * @c: the implementation
 * @mem: XSRTP_SELFTEST_BYTES, aligned to XSRTP_ALIGN; wiped at the end
 * @what: where to put the name of the suite that failed
 *
 * Every suite with a tag, alone and in bursts: the packets that libsrtp makes of the
 * same input, the way back, and that a changed bit and a repeated packet are refused.
 *
 * Return: 0, or -EBADMSG.
 */
int xsrtp_selftest(const struct xsrtp_cipher *c, void *mem, const char **what);

#endif /* XSRTP_SRTP_H */
