/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_ENGINE_H
#define XSRTP_ENGINE_H

#include <linux/types.h>
#include <xsrtp/srtp.h>

struct net_device;
struct sk_buff;
struct xdp_frame;
struct xsrtp_flow;
struct xsrtp_net;

#define XSRTP_BURST	16	/* what XDP hands over at once */

/**
 * struct xsrtp_buf - one packet on its way through the module
 * @frame: where it came as: an XDP frame
 * @skb: or an skb; if neither is set it is its driver's (xsrtp_engine_run_inline())
 * @data: Ethernet header, all of the packet is linear behind it
 * @len: bytes from @data, without the padding that Ethernet adds
 * @headroom: writable bytes in front of @data
 * @tailroom: writable bytes behind @len
 * @flow: whose it is; NULL: of none
 * @l3: offset of the IP header
 * @rtp: offset of the UDP payload
 * @family: of the IP header
 * @tos: DSCP and ECN
 * @ttl: or hop limit
 * @reason: enum xsrtp_reason: OK as long as the packet lives
 * @rtcp: it is RTCP or SRTCP
 * @learn: if it proves authentic, its source may be the far end (learn.h)
 */
struct xsrtp_buf {
	struct xdp_frame *frame;
	struct sk_buff *skb;
	u8 *data;
	u32 len;
	u32 headroom;
	u32 tailroom;
	struct xsrtp_flow *flow;
	u16 l3;
	u16 rtp;
	u8 family;
	u8 tos;
	u8 ttl;
	u8 reason;
	bool rtcp;
	bool learn;

	/* set by rewrite */
	struct net_device *out;
	u32 sent;		/* bytes from @rtp on */
};

static inline u32 xsrtp_buf_rtp_len(const struct xsrtp_buf *buf)
{
	return buf->len - buf->rtp;
}

int xsrtp_engine_init(void);
const struct xsrtp_cipher *xsrtp_engine_cipher(void);
void xsrtp_engine_cipher_begin(const struct xsrtp_cipher *cipher);
void xsrtp_engine_cipher_end(const struct xsrtp_cipher *cipher);

void xsrtp_engine_run(struct xsrtp_net *xn, struct net_device *dev,
		      struct xsrtp_buf *bufs, unsigned int n);
struct net_device *xsrtp_engine_run_inline(struct xsrtp_net *xn, struct xsrtp_buf *buf);
u8 xsrtp_engine_wants(const struct xsrtp_flow *flow, bool rtcp, u8 ttl);
void xsrtp_engine_send(struct xsrtp_net *xn, struct net_device *dev,
		       struct xsrtp_buf *bufs, unsigned int n);
void xsrtp_engine_drop(struct xsrtp_net *xn, struct xsrtp_buf *buf, unsigned int reason);

#endif /* XSRTP_ENGINE_H */
