/* SPDX-License-Identifier: GPL-2.0 */
/* What is changed in a frame of packet.h that is RTP. */
#ifndef RTP_FRAME_H
#define RTP_FRAME_H

#include "packet.h"

static inline uint8_t *at_ip(struct frame *f, int tags)
{
	return f->b + 14 + 4 * tags;
}

static inline uint8_t *at_udp(struct frame *f, int family, int tags)
{
	return at_ip(f, tags) + (family == V4 ? 20 : 40);
}

static inline void set16(uint8_t *at, uint16_t v)
{
	v = htons(v);
	memcpy(at, &v, 2);
}

static inline void set32(uint8_t *at, uint32_t v)
{
	v = htonl(v);
	memcpy(at, &v, 4);
}

static inline void set_seq(struct frame *f, int family, int tags, uint16_t seq)
{
	set16(at_udp(f, family, tags) + 8 + 2, seq);
}

static inline void set_ssrc(struct frame *f, int family, int tags, uint32_t ssrc)
{
	set32(at_udp(f, family, tags) + 8 + 8, ssrc);
}

/* Another source: of IPv6, another /64. */
static inline void set_source(struct frame *f, int family, int tags, uint32_t n)
{
	set32(at_ip(f, tags) + (family == V4 ? 12 : 8 + 4), n);
}

#endif /* RTP_FRAME_H */
