/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the Ethernet header to the first byte behind the UDP header, by a cursor
 * that only ever moves over bytes that are there.
 *
 * Whether a fault matters is known only when the local endpoint is: to a media
 * endpoint it means drop, elsewhere the packet is none of our business. So the
 * parser goes on over every fault that lets it, notes the first, and stops
 * early only where it cannot find a UDP port.
 *
 * One source for XDP and, with PARSE_SKB defined, for tc, where the packet may go
 * on behind the bytes that can be read. PARSE_PAYLOAD also asks for the UDP payload
 * itself.
 */
#ifndef XSRTP_BPF_PARSE_H
#define XSRTP_BPF_PARSE_H

#include <stddef.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "counters.h"
#include "port.h"

#define VLAN_TAGS	2	/* QinQ (IEEE 802.1ad) */
#define EXT_HEADERS	8	/* IPv6 extension headers looked through */

#define IPV4_OFFSET	0x1fff
#define IPV4_MF		0x2000
#define IPV6_OFFSET	0xfff8

#define ON		(-1)	/* nothing decided: go on */

#ifdef PARSE_SKB
typedef struct __sk_buff parse_ctx;
#else
typedef struct xdp_md parse_ctx;
#endif

struct cursor {
	void *pos;
	void *end;
};

struct vlan_tag {
	__be16 tci;
	__be16 proto;
};

/* IPv6 extension header; all are at least 8 bytes (RFC 8200 4.2). */
struct ext_header {
	__u8 next;
	__u8 len;
	__be16 frag;		/* fragment header only (4.5) */
	__be32 id;
};

struct packet {
	struct xsrtp_local from;
	struct xsrtp_local to;
	__be32 id;		/* of a fragment's datagram */
	int fault;		/* enum xsrtp_counter: its drop at a media endpoint, or 0 */
	__u8 first;		/* byte of the UDP payload; only without a fault */
#ifdef PARSE_PAYLOAD
	__u8 *payload;
	__u32 len;		/* of it, by the UDP header; only without a fault */
#endif
};

/* What the IP header says about the rest; the UDP header is judged by it. */
struct ip_facts {
	__u32 room;		/* bytes behind the IP header, in its own words */
	__u32 skipped;		/* of these: extension headers */
	int malformed, fragment, options;
};

static __always_inline struct cursor cursor(parse_ctx *ctx)
{
	return (struct cursor){ (void *)(long)ctx->data, (void *)(long)ctx->data_end };
}

/* Bytes of the packet from the cursor on, also those that cannot be read here. */
static __always_inline __u32 rest(parse_ctx *ctx, const struct cursor *c)
{
#ifdef PARSE_SKB
	return ctx->len - (c->pos - (void *)(long)ctx->data);
#else
	return c->end - c->pos;
#endif
}

static __always_inline void *take(struct cursor *c, __u32 len)
{
	void *p = c->pos;

	if (p + len > c->end)
		return NULL;
	c->pos = p + len;
	return p;
}

/*
 * For a length out of the packet, at most @max (all ones). Its range may be
 * known to the compiler, which then drops the mask, and not to the verifier,
 * which without it does not follow (seen on 6.1; 6.12 does).
 */
static __always_inline void *skip(struct cursor *c, __u32 len, __u32 max)
{
	asm volatile("" : "+r"(len));
	return take(c, len & max);
}

static __always_inline int is_vlan(__be16 proto)
{
	return proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD);
}

/* Returns the protocol behind the tags; one more tag than we read is not IP. */
static __always_inline __be16 parse_eth(struct cursor *c)
{
	struct ethhdr *eth = take(c, sizeof(*eth));
	__be16 proto;
	int i;

	if (!eth)
		return 0;
	proto = eth->h_proto;
#pragma unroll
	for (i = 0; i < VLAN_TAGS; i++) {
		struct vlan_tag *tag;

		if (!is_vlan(proto))
			break;
		tag = take(c, sizeof(*tag));
		if (!tag)
			return 0;
		proto = tag->proto;
	}
	return proto;
}

/*
 * The length of a UDP datagram may be less than the IP payload (RFC 768 leaves
 * it open; the rest is not part of the datagram), never more. A length of 0
 * means a jumbogram (RFC 2675) or nothing.
 */
static __always_inline int udp_fault(const struct udphdr *udp, const struct ip_facts *ip)
{
	__u32 len = bpf_ntohs(udp->len);

	if (ip->malformed)
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	if (ip->fragment)
		return XSRTP_COUNTER_DROPPED_FRAGMENT;
	if (ip->options)
		return XSRTP_COUNTER_DROPPED_IP_OPTIONS;
	if (len <= sizeof(*udp) || len > ip->room - ip->skipped)
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	return 0;
}

/*
 * The packet ends before its port. If it is a fragment, what is missing may follow in
 * others, and the kernel put it together to a datagram whose port we never saw: it
 * takes an extension header cut short for the last (net/ipv6/exthdrs_core.c,
 * ipv6_skip_exthdr()). RFC 7112 5 lets a host discard it; RFC 8200 4.5 wants it so.
 */
static __always_inline int ends_early(const struct ip_facts *ip)
{
	return ip->fragment ? XSRTP_COUNTER_DROPPED_FRAGMENT : XSRTP_COUNTER_PASSED_MALFORMED;
}

static __always_inline int parse_udp(struct cursor *c, const struct ip_facts *ip,
				     struct packet *p)
{
	struct udphdr *udp = take(c, sizeof(*udp));
	__u8 *first = c->pos;

	if (!udp)
		return ends_early(ip);
	p->from.port = udp->source;
	p->to.port = udp->dest;
	p->fault = udp_fault(udp, ip);
#ifdef PARSE_PAYLOAD
	p->payload = first;
	p->len = bpf_ntohs(udp->len) - sizeof(*udp);
#endif
	if (first + 1 <= (__u8 *)c->end)
		p->first = *first;
	else if (!p->fault)
		p->fault = XSRTP_COUNTER_DROPPED_MALFORMED;
	return ON;
}

static __always_inline int parse_ipv4(parse_ctx *ctx, struct cursor *c, struct packet *p)
{
	__u32 there = rest(ctx, c), hlen, total;
	struct iphdr *iph = take(c, sizeof(*iph));
	struct ip_facts ip = {};

	if (!iph)
		return XSRTP_COUNTER_PASSED_MALFORMED;
	if (iph->protocol != IPPROTO_UDP)
		return XSRTP_COUNTER_PASSED_NOT_UDP;
	p->from.addr[0] = iph->saddr;
	p->to.addr[0] = iph->daddr;
	p->from.version = p->to.version = 4;
	p->id = iph->id;
	if (iph->frag_off & bpf_htons(IPV4_OFFSET))
		return XSRTP_COUNTER_PASSED_FRAGMENT;
	hlen = iph->ihl * 4;
	total = bpf_ntohs(iph->tot_len);
	ip.malformed = iph->version != 4 || hlen < sizeof(*iph) ||
		       total > there || total < hlen + sizeof(struct udphdr);
	ip.fragment = !!(iph->frag_off & bpf_htons(IPV4_MF));
	ip.options = hlen > sizeof(*iph);
	ip.room = total - hlen;
	if (ip.options && !skip(c, hlen - sizeof(*iph), 0x3f))
		return ends_early(&ip);
	return parse_udp(c, &ip, p);
}

/* Extension headers behind which the kernel would find UDP (RFC 8200 4.1). */
#define EXT_BITS	(1ULL << IPPROTO_HOPOPTS | 1ULL << IPPROTO_ROUTING |	\
			 1ULL << IPPROTO_FRAGMENT | 1ULL << IPPROTO_AH |	\
			 1ULL << IPPROTO_DSTOPTS)

static __always_inline int is_ext(__u32 next)
{
	return next < 64 && EXT_BITS >> next & 1;
}

/* What ext_step() found: length, next header and these; 0: it is not all there. */
#define EXT_LEN		0x0fff		/* at most 8 + 255 * 8 */
#define EXT_NEXT(step)	((step) >> 16 & 0xff)
#define EXT_FRAGMENT	0x01000000
#define EXT_LATER	0x02000000	/* a fragment other than the first */

/*
 * Reads the extension header of type @next that begins @at bytes into the
 * frame. Not inlined, and global: the verifier then goes through it once and
 * not along every path through the loop below (3,400 against 40,000
 * instructions).
 */
__noinline __u32 ext_step(parse_ctx *ctx, __u32 at, __u32 next)
{
	struct cursor c = cursor(ctx);
	struct ext_header *ext;
	__u32 step;

	if (at > 0x7fff)
		return 0;
	c.pos += at;
	ext = take(&c, sizeof(*ext));
	if (!ext)
		return 0;
	step = sizeof(*ext) | ext->next << 16;
	if (next == IPPROTO_FRAGMENT)
		return step | (ext->frag & bpf_htons(IPV6_OFFSET) ? EXT_LATER : EXT_FRAGMENT);
	if (next == IPPROTO_AH)		/* counts in words of 4 bytes (RFC 4302 2.2) */
		return step + ext->len * 4;
	return step + ext->len * 8;
}

/* tc only: what the XDP program has no use for shall not cost it anything. */
static __always_inline void fragment_id(const struct cursor *c, struct packet *p)
{
#ifdef PARSE_SKB
	struct ext_header *ext = c->pos;

	if ((void *)(ext + 1) <= c->end)
		p->id = ext->id;
#endif
}

/*
 * Moves to the UDP header. More extension headers than we look through is
 * dropped whoever it is for: passed on, it would reach the socket behind a
 * media endpoint without having been authenticated.
 */
static __always_inline int skip_ext(parse_ctx *ctx, struct cursor *c, __u32 next,
				    struct ip_facts *ip, struct packet *p)
{
	int i;

#pragma unroll	/* as a loop that clang enters in its middle, 6.1 refuses it */
	for (i = 0; i < EXT_HEADERS; i++) {
		__u32 step;

		if (!is_ext(next))
			break;
		step = ext_step(ctx, c->pos - (void *)(long)ctx->data, next);

		if (step & (EXT_FRAGMENT | EXT_LATER))
			fragment_id(c, p);
		if (step & EXT_LATER)
			return XSRTP_COUNTER_PASSED_FRAGMENT;
		if (!step || !skip(c, step, EXT_LEN))
			return ends_early(ip);
		ip->fragment |= step & EXT_FRAGMENT;
		ip->options = 1;
		ip->skipped += step & EXT_LEN;
		next = EXT_NEXT(step);
	}
	if (next == IPPROTO_UDP)
		return ON;
	return is_ext(next) ? XSRTP_COUNTER_DROPPED_IP_OPTIONS : XSRTP_COUNTER_PASSED_NOT_UDP;
}

static __always_inline int parse_ipv6(parse_ctx *ctx, struct cursor *c, struct packet *p)
{
	struct ipv6hdr *ip6 = take(c, sizeof(*ip6));
	__u32 there = rest(ctx, c);
	struct ip_facts ip = {};
	int verdict;

	if (!ip6)
		return XSRTP_COUNTER_PASSED_MALFORMED;
	ip.room = bpf_ntohs(ip6->payload_len);
	__builtin_memcpy(p->from.addr, &ip6->saddr, sizeof(p->from.addr));
	__builtin_memcpy(p->to.addr, &ip6->daddr, sizeof(p->to.addr));
	p->from.version = p->to.version = 6;
	ip.malformed = ip6->version != 6;
	verdict = skip_ext(ctx, c, ip6->nexthdr, &ip, p);
	if (verdict != ON)
		return verdict;
	ip.malformed |= ip.room > there || ip.room < ip.skipped + sizeof(struct udphdr);
	return parse_udp(c, &ip, p);
}

/* Returns ON with @p filled in, or what becomes of the packet. */
static __always_inline int parse(parse_ctx *ctx, struct packet *p)
{
	struct cursor c = cursor(ctx);

	switch (parse_eth(&c)) {
	case bpf_htons(ETH_P_IP):
		return parse_ipv4(ctx, &c, p);
	case bpf_htons(ETH_P_IPV6):
		return parse_ipv6(ctx, &c, p);
	default:
		return XSRTP_COUNTER_PASSED_NOT_IP;
	}
}

#endif /* XSRTP_BPF_PARSE_H */
