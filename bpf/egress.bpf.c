// SPDX-License-Identifier: GPL-2.0
/*
 * The tc egress program, for a PBX on this host that speaks plain RTP: media that
 * leaves a socket for its peer goes to the xsrtp device instead, which encrypts
 * it and sends it on. Handshakes and everything else leave untouched. From Linux
 * 5.15 on.
 *
 * What must be encrypted and cannot be does not leave: a fragment, a packet that
 * is no RTP, one whose xsrtp device is gone. Nor is anything encrypted that no
 * local socket has sent: forwarded under a forged source address, it would reach
 * the peer as authentic.
 *
 * An skb may be large (GSO), shared, or in pieces. The program reads its headers
 * and writes nothing; the device's transmit path makes of it what the module takes.
 */
#define PARSE_SKB
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include <xsrtp/mark.h>

#include "class.h"
#include "parse.h"
#include "sender.h"

#define HEADERS	128	/* bytes that hold all headers but those of an attempt to hide them */

static __always_inline void count(__u32 counter)
{
	__u64 *n = bpf_map_lookup_elem(&xsrtp_sent, &counter);

	if (n)
		++*n;
}

static __always_inline bool sender_known(const struct packet *p)
{
	struct xsrtp_sender key = { p->from, p->to };

	return bpf_map_lookup_elem(&xsrtp_senders, &key);
}

static __always_inline struct xsrtp_datagram datagram(const struct packet *p)
{
	struct xsrtp_datagram d = { .id = p->id };

	__builtin_memcpy(d.from, p->from.addr, sizeof(d.from));
	__builtin_memcpy(d.to, p->to.addr, sizeof(d.to));
	return d;
}

/* The fragments of a datagram leave in order, and the first is dropped. */
static __always_inline void note_fragment(const struct packet *p)
{
	struct xsrtp_datagram d = datagram(p);
	__u8 one = 1;

	bpf_map_update_elem(&xsrtp_frags, &d, &one, BPF_ANY);
}

static __always_inline int later_fragment(const struct packet *p)
{
	struct xsrtp_datagram d = datagram(p);

	return bpf_map_lookup_elem(&xsrtp_frags, &d) ? XSRTP_COUNTER_DROPPED_FRAGMENT :
						       XSRTP_COUNTER_PASSED_FRAGMENT;
}

/*
 * Of a train (UDP GSO) only the first packet is seen here: behind a handshake there
 * may be media. Nobody sends handshakes so.
 */
static __always_inline bool train_of_handshakes(const struct __sk_buff *skb, int v)
{
	return skb->gso_size && v >= XSRTP_COUNTER_PASSED_STUN && v <= XSRTP_COUNTER_PASSED_TURN;
}

static __always_inline int verdict(struct __sk_buff *skb)
{
	struct packet p = {};
	int v = parse(skb, &p);

	if (v == XSRTP_COUNTER_PASSED_FRAGMENT)
		return later_fragment(&p);
	if (v != ON)
		return v;
	if (!sender_known(&p))
		return XSRTP_COUNTER_PASSED_NO_FLOW;
	v = media_verdict(&p);
	if (v == XSRTP_COUNTER_DROPPED_FRAGMENT)
		note_fragment(&p);
	if (train_of_handshakes(skb, v))
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	if (v == XSRTP_COUNTER_REDIRECTED && skb->ingress_ifindex != XSRTP_MARK_LOCAL)
		return XSRTP_COUNTER_DROPPED_WRONG_SOURCE;
	return v;
}

/* Without a device bpf_redirect() would be asked for number 0, and drop uncounted. */
static __always_inline __u32 target(void)
{
	__u32 zero = 0, *ifindex = bpf_map_lookup_elem(&xsrtp_target, &zero);

	return ifindex ? *ifindex : 0;
}

/* TC_ACT_UNSPEC: other programs and filters on the device have their turn. */
SEC("tc")
int xsrtp_egress(struct __sk_buff *skb)
{
	__u32 ifindex;
	int v;

	if (skb->ingress_ifindex == XSRTP_MARK_PROTECTED)
		return TC_ACT_UNSPEC;
	if (skb->data_end - skb->data < HEADERS && skb->data_end - skb->data < skb->len)
		bpf_skb_pull_data(skb, skb->len < HEADERS ? skb->len : HEADERS);
	v = verdict(skb);
	ifindex = target();
	if (v == XSRTP_COUNTER_REDIRECTED && !ifindex)
		v = XSRTP_COUNTER_DROPPED_XMIT;
	count(v);
	if (v == XSRTP_COUNTER_REDIRECTED)
		return bpf_redirect(ifindex, 0);
	return v < XSRTP_COUNTER_DROPPED ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
