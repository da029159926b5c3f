/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbering plan of calls(1), which makes the flows, and phones(1), which sends and
 * judges their packets: four ports a call, each a flow, and a key for each direction.
 */
#ifndef XSRTP_TESTS_CALLS_H
#define XSRTP_TESTS_CALLS_H

#include <arpa/inet.h>
#include <err.h>
#include <stdbool.h>
#include <string.h>

#include "endpoint.h"
#include "key.h"

#define FLOWS_OF_A_CALL	4

/* port & 1: RTCP; port & 2: SRTP comes in and RTP goes out, else the reverse. */
static inline bool port_is_rtcp(uint16_t port)
{
	return port & 1;
}

static inline bool port_takes_srtp(uint16_t port)
{
	return port & 2;
}

static inline struct endpoint endpoint_of(const char *text, uint16_t port)
{
	struct endpoint ep = { .family = strchr(text, ':') ? AF_INET6 : AF_INET, .port = port };

	if (inet_pton(ep.family, text, ep.addr) != 1)
		errx(2, "%s: not an address", text);
	return ep;
}

/* A key of its own for each call and direction; its RTP and its RTCP have it. */
static inline struct key key_of(uint16_t port, uint8_t family, uint8_t round)
{
	struct key k = { .key_len = 16, .salt_len = 14 };

	k.master_key[0] = port >> 8;
	k.master_key[1] = port & ~1;
	k.master_key[2] = family;
	k.master_key[3] = round;
	return k;
}

#endif /* XSRTP_TESTS_CALLS_H */
