/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What SRTP has to know of RTP and RTCP packets: their headers.
 *
 * RTP (RFC 3550 5.1 and 5.3.1):
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *   |                           timestamp                           |
 *   |                             SSRC                              |
 *   |                       CSRC, CC times                          |
 *   |     profile of extension      |  words of extension (if X)    |
 *   |                          extension                            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RTCP (RFC 3550 6), one or more of these in a compound packet:
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |V=2|P|   RC    |      PT       |    length in words, less 1    |
 *   |                      SSRC of the sender                       |
 *   |                           as PT says                          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#ifndef XSRTP_PACKET_H
#define XSRTP_PACKET_H

#include "platform.h"

#define RTP_HEADER_MIN	12
#define RTCP_HEADER	8

/**
 * rtp_header_len() - length of the whole header, with CSRCs and extension
 * @data: first byte of the packet
 * @len: its length in bytes, any
 *
 * Return: bytes, at most @len; 0 if the packet is not well-formed RTP.
 */
static inline uint32_t rtp_header_len(const uint8_t *data, uint32_t len)
{
	uint32_t need;

	if (len < RTP_HEADER_MIN || data[0] >> 6 != 2)
		return 0;
	need = RTP_HEADER_MIN + 4 * (data[0] & 0x0f);
	if (data[0] & 0x10) {
		if (len < need + 4)
			return 0;
		need += 4 + 4 * get_unaligned_be16(data + need + 2);
	}
	return need <= len ? need : 0;
}

static inline uint16_t rtp_seq(const uint8_t *data)
{
	return get_unaligned_be16(data + 2);
}

static inline uint32_t rtp_ssrc(const uint8_t *data)
{
	return get_unaligned_be32(data + 8);
}

/* The header that SRTCP leaves in the clear is there, and of the right version. */
static inline bool rtcp_header_ok(const uint8_t *data, uint32_t len)
{
	return len >= RTCP_HEADER && data[0] >> 6 == 2;
}

/**
 * rtcp_ok() - is this plain RTCP well-formed? (RFC 3550 A.2)
 *
 * Packet follows packet, and the last one ends where @len does. Which they are is
 * not looked at: one that is no report may stand alone (RFC 5506).
 */
static inline bool rtcp_ok(const uint8_t *data, uint32_t len)
{
	uint32_t at = 0;

	/* The first one has an SSRC, by which the packet is protected. */
	if (!rtcp_header_ok(data, len) || !get_unaligned_be16(data + 2))
		return false;
	while (len - at >= 4 && data[at] >> 6 == 2) {
		at += 4 + 4 * get_unaligned_be16(data + at + 2);
		if (at >= len)
			return at == len;
	}
	return false;
}

#endif /* XSRTP_PACKET_H */
