/* SPDX-License-Identifier: GPL-2.0 */
/*
 * STUN messages (RFC 8489) as an ICE-lite agent has them: it reads Binding requests that
 * are authenticated by short-term credentials, and writes the answers. No state, no socket.
 *
 *	 0                   1                   2                   3
 *	|0 0|    message type           |        message length         |
 *	|                  magic cookie 0x2112A442                      |
 *	|                  transaction ID (96 bits)                     |
 *	| attributes: type, length, value padded to 4 bytes ...         |
 */
#ifndef XSRTPD_STUN_H
#define XSRTPD_STUN_H

#include "buf.h"
#include "endpoint.h"

#define STUN_MAX	1280	/* of what is read: RFC 8489 6.1, less than the path's MTU */
#define STUN_ID		12
#define STUN_UNKNOWN	8	/* of one message; that there are more is not told */

enum stun_type {
	STUN_REQUEST = 0x0001,	/* Binding, as all of them */
	STUN_INDICATION = 0x0011,
	STUN_SUCCESS = 0x0101,
	STUN_ERROR = 0x0111,
};

enum stun_attribute {
	STUN_USERNAME = 0x0006,
	STUN_MESSAGE_INTEGRITY = 0x0008,
	STUN_ERROR_CODE = 0x0009,
	STUN_UNKNOWN_ATTRIBUTES = 0x000a,
	STUN_XOR_MAPPED_ADDRESS = 0x0020,
	STUN_PRIORITY = 0x0024,		/* this and the next: RFC 8445 16.1 */
	STUN_USE_CANDIDATE = 0x0025,
	STUN_FINGERPRINT = 0x8028,
	STUN_ICE_CONTROLLED = 0x8029,
	STUN_ICE_CONTROLLING = 0x802a,
};

struct stun {
	uint16_t type;
	const uint8_t *packet;
	const uint8_t *id;
	struct text username;	/* s NULL: there is none */
	size_t integrity;	/* where MESSAGE-INTEGRITY begins; 0: there is none */
	bool use_candidate, controlling, controlled;
	bool wrong;		/* an attribute that we know is not as it should be */
	unsigned int n_unknown;	/* that we would have to understand, and do not */
	uint16_t unknown[STUN_UNKNOWN];
};

/*
 * stun_parse() - 0, or -EINVAL: not STUN, or without a FINGERPRINT (RFC 8445 7.1) or with a wrong one
 *
 * @s points into @packet. Attributes behind MESSAGE-INTEGRITY are not looked at
 * (RFC 8489 14.5). What @s says is nobody's before stun_verify().
 */
int stun_parse(const uint8_t *packet, size_t len, struct stun *s);

/* stun_verify() - its MESSAGE-INTEGRITY is of @password; in constant time. */
bool stun_verify(const struct stun *s, const char *password);

/* Writing: stun_begin(), attributes, stun_end() with MESSAGE-INTEGRITY and FINGERPRINT. */
void stun_begin(struct buf *b, enum stun_type type, const uint8_t id[STUN_ID]);
void stun_put(struct buf *b, enum stun_attribute type, const void *value, size_t len);
/* stun_put_mapped() - XOR-MAPPED-ADDRESS; stun_put_error() - ERROR-CODE of 400, 420 or 487 */
void stun_put_mapped(struct buf *b, const struct endpoint *ep);
void stun_put_error(struct buf *b, unsigned int code);
/* stun_put_unknown() - UNKNOWN-ATTRIBUTES: those of @s */
void stun_put_unknown(struct buf *b, const struct stun *s);
void stun_end(struct buf *b, const char *password);

#endif /* XSRTPD_STUN_H */
