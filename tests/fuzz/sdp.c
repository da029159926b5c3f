// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as an SDP, rewritten with changes that its first bytes choose. What comes
 * out is an SDP again, with our address, ports and attributes and none of the other
 * side's keys, fingerprints and candidates.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "sdp.h"

static struct sdp in, out;
static char bytes[1 << 20];

static void choose(const uint8_t *data, struct sdp_change *c)
{
	unsigned int i;

	*c = (struct sdp_change){ .address = { AF_INET, { 192, 0, 2, 9 }, 0 },
				  .origin = data[0] & 1, .session = data[0] & 2 };
	for (i = 0; i < in.n_media; i++)
		c->medium[i] = (struct sdp_medium_change){
			.refuse = !in.medium[i].port || in.medium[i].proto == SDP_OTHER || data[0] & 4,
			.proto = SDP_AVP + (data[1] & 3), .rtp_port = 30000,
			.rtcp_port = data[0] & 8 ? 30001 : 0, .mux = data[0] & 16,
			.full_rtcp = data[0] & 32, .hold = data[0] & 64,
			.lines = data[1] & 4 ? text_of("a=crypto:OURS\r\n") : text_of(""),
		};
}

static void check(const struct sdp_change *c)
{
	unsigned int i, k;

	if (out.n_media != in.n_media)
		abort();
	for (i = 0; i < out.n_media; i++) {
		const struct sdp_medium *m = &out.medium[i];

		if (m->ice || m->port != (c->medium[i].refuse ? 0 : 30000))
			abort();
		for (k = 0; k < m->n_crypto; k++)
			if (!text_is(m->crypto[k], "OURS"))
				abort();
		if (m->port && !c->medium[i].hold && memcmp(m->rtp.addr, c->address.addr, 4) &&
		    !in.medium[i].own_connection == !m->own_connection && m->own_connection)
			abort();
	}
	for (i = 0; i < out.n_lines; i++)
		if (out.line[i].kind == SDP_KEYS || out.line[i].kind == SDP_ICE)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = buf_on(bytes, sizeof(bytes));
	struct sdp_change c;
	char err[128];

	if (size < 2 || sdp_parse((struct text){ (const char *)data + 2, size - 2 }, &in, err,
				  sizeof(err)))
		return 0;
	choose(data, &c);
	sdp_write(&in, &c, &b);
	if (buf_full(&b))
		return 0;
	/* We may have added lines or cryptos to one that was full of them. */
	if (in.n_lines + 4 * in.n_media > SDP_LINES)
		return 0;
	if (sdp_parse(buf_text(&b), &out, err, sizeof(err)))
		abort();
	check(&c);
	return 0;
}
