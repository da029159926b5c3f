/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of the XDP program a second time, for the fuzzer to compare with:
 * written from the rules (Documentation/verdicts.md), over an array and
 * offsets, sharing nothing with bpf/ but the names of the counters.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../../bpf/counters.h"

struct model_endpoint {
	int version;
	uint8_t addr[16];
	int port;
};

struct model {
	const struct model_endpoint *ep;
	int n;
	bool device;
};

static inline int m16(const uint8_t *b)
{
	return b[0] << 8 | b[1];
}

static inline bool model_known(const struct model *m, int version, const uint8_t *addr, int port)
{
	int i;

	for (i = 0; i < m->n; i++)
		if (m->ep[i].version == version && m->ep[i].port == port &&
		    !memcmp(m->ep[i].addr, addr, version == 4 ? 4 : 16))
			return true;
	return false;
}

static inline int model_class(int byte)
{
	if (byte <= 3)
		return XSRTP_COUNTER_PASSED_STUN;
	if (byte >= 16 && byte <= 19)
		return XSRTP_COUNTER_PASSED_ZRTP;
	if (byte >= 20 && byte <= 63)
		return XSRTP_COUNTER_PASSED_DTLS;
	if (byte >= 64 && byte <= 79)
		return XSRTP_COUNTER_PASSED_TURN;
	if (byte >= 128 && byte <= 191)
		return XSRTP_COUNTER_REDIRECTED;
	return XSRTP_COUNTER_DROPPED_MALFORMED;
}

/* No port: the rest of a fragment may still come. */
static inline int model_short(bool fragment)
{
	return fragment ? XSRTP_COUNTER_DROPPED_FRAGMENT : XSRTP_COUNTER_PASSED_MALFORMED;
}

/*
 * @udp: where the UDP header is; @end: where the IP packet ends by its own
 * length, or -1 if the IP header contradicts itself or the frame.
 */
static inline int model_udp(const struct model *m, const uint8_t *b, int len, int version,
			    const uint8_t *daddr, int udp, int end, bool fragment, bool options)
{
	int ulen;

	if (udp + 8 > len)
		return model_short(fragment);
	if (!model_known(m, version, daddr, m16(b + udp + 2)))
		return XSRTP_COUNTER_PASSED_NO_FLOW;
	if (end < 0 || end > len || udp + 8 > end)
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	if (fragment)
		return XSRTP_COUNTER_DROPPED_FRAGMENT;
	if (options)
		return XSRTP_COUNTER_DROPPED_IP_OPTIONS;
	ulen = m16(b + udp + 4);
	if (ulen < 9 || udp + ulen > end)
		return XSRTP_COUNTER_DROPPED_MALFORMED;
	return model_class(b[udp + 8]);
}

static inline int model_ipv4(const struct model *m, const uint8_t *b, int len, int ip)
{
	int hlen, total;

	if (ip + 20 > len)
		return XSRTP_COUNTER_PASSED_MALFORMED;
	if (b[ip + 9] != 17)
		return XSRTP_COUNTER_PASSED_NOT_UDP;
	if (m16(b + ip + 6) % 0x2000)
		return XSRTP_COUNTER_PASSED_FRAGMENT;
	hlen = b[ip] % 16 * 4;
	total = m16(b + ip + 2);
	return model_udp(m, b, len, 4, b + ip + 16, ip + (hlen < 20 ? 20 : hlen),
			 b[ip] / 16 != 4 || hlen < 20 ? -1 : ip + total,
			 m16(b + ip + 6) / 0x2000 % 2, hlen > 20);
}

static inline int model_ipv6(const struct model *m, const uint8_t *b, int len, int ip)
{
	int at = ip + 40, next, n = 0, bytes;
	bool fragment = false;

	if (at > len)
		return XSRTP_COUNTER_PASSED_MALFORMED;
	for (next = b[ip + 6]; ; n++) {
		if (next != 0 && next != 43 && next != 44 && next != 51 && next != 60)
			break;
		if (n == 8)
			return XSRTP_COUNTER_DROPPED_IP_OPTIONS;
		if (at + 8 > len)
			return model_short(fragment);
		bytes = 8 + b[at + 1] * (next == 44 ? 0 : next == 51 ? 4 : 8);
		if (next == 44 && m16(b + at + 2) / 8)
			return XSRTP_COUNTER_PASSED_FRAGMENT;
		if (at + bytes > len)
			return model_short(fragment);
		fragment |= next == 44;
		next = b[at];
		at += bytes;
	}
	if (next != 17)
		return XSRTP_COUNTER_PASSED_NOT_UDP;
	return model_udp(m, b, len, 6, b + ip + 24, at,
			 b[ip] / 16 != 6 ? -1 : ip + 40 + m16(b + ip + 4), fragment, n > 0);
}

static inline int model(const struct model *m, const uint8_t *b, int len)
{
	int ip = 14, tags, type, v;

	if (len < 14)
		return XSRTP_COUNTER_PASSED_NOT_IP;
	type = m16(b + 12);
	for (tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8); tags++) {
		if (len < ip + 4)
			return XSRTP_COUNTER_PASSED_NOT_IP;
		type = m16(b + ip + 2);
		ip += 4;
	}
	if (type == 0x0800)
		v = model_ipv4(m, b, len, ip);
	else if (type == 0x86dd)
		v = model_ipv6(m, b, len, ip);
	else
		v = XSRTP_COUNTER_PASSED_NOT_IP;
	return v == XSRTP_COUNTER_REDIRECTED && !m->device ? XSRTP_COUNTER_DROPPED_XMIT : v;
}

#endif /* MODEL_H */
