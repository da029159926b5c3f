// SPDX-License-Identifier: GPL-2.0
/*
 * calls LOCAL REMOTE COUNT [PORT [ROUND]]: the flows of COUNT calls between a phone at REMOTE
 * that speaks SRTP and one at the same address that speaks RTP, across a host that has
 * LOCAL: RTP and RTCP, each way, so four flows a call, on ports from PORT (10000) on.
 * In the network namespace it is started in, by the same library call that the command
 * line uses.
 *
 *	LOCAL:PORT	RTP in, SRTP out to REMOTE:PORT		(PORT + 1: RTCP)
 *	LOCAL:PORT + 2	SRTP in, RTP out to REMOTE:PORT + 2	(PORT + 3: RTCP)
 *
 * Flows that are made again need other keys: another ROUND (0).
 */
#include <err.h>
#include <stdlib.h>

#include "calls.h"
#include "host.h"

static void add(struct xnl *x, const char *local, const char *remote, uint16_t port,
		uint8_t round)
{
	struct endpoint at = endpoint_of(local, port);
	struct key key = key_of(port, at.family, round);
	struct session srtp = {
		.present = true, .suite = XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, .key = &key,
		.max_streams = 1,
	};
	struct flow f = {
		.local = at, .action = XSRTP_ACTION_FORWARD, .source = at,
		.destination = endpoint_of(remote, port),
		.only = port_is_rtcp(port) ? XSRTP_ONLY_RTCP : XSRTP_ONLY_RTP,
		.has_learn = true,	/* never: from anywhere */
	};
	char text[512];
	uint32_t id;

	if (port_takes_srtp(port))
		f.rx = srtp;
	else
		f.tx = srtp;
	if (host_flow_add(x, &f, &id, text, sizeof(text)))
		errx(1, "port %u: %s", port, text);
}

int main(int argc, char **argv)
{
	unsigned long port = argc > 4 ? strtoul(argv[4], NULL, 0) : 10000, end;
	uint8_t round = argc > 5 ? strtoul(argv[5], NULL, 0) : 0;
	char text[512];
	struct xnl *x;

	if (argc < 4)
		errx(2, "usage: calls LOCAL REMOTE COUNT [PORT [ROUND]]");
	end = port + FLOWS_OF_A_CALL * strtoul(argv[3], NULL, 0);
	if (port % FLOWS_OF_A_CALL || end > 65536)
		errx(2, "a port that 4 divides, and 65536 at the end");
	x = xnl_open(text, sizeof(text));
	if (!x)
		errx(1, "%s", text);
	for (; port < end; port++)
		add(x, argv[1], argv[2], port, round);
	xnl_close(x);
	return 0;
}
