// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp offenders: who sends what the guard drops. The numbers are estimates where much is
 * dropped, because then one packet in 64 is looked at.
 */
#include "guard_cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "prefix.h"

#define LITTLE	128	/* packets: less than two samples (bpf/guard.h) */

/*
 * Forged, by what it does: one socket has one port; who is over a limit that many share,
 * but not over his own, is one of many who send little each; and a live far end does not
 * lose its own SSRC or sequence.
 */
bool offender_forged(const struct xsrtp_offender *o)
{
	return __builtin_popcountll(o->from_ports) > 8 ||
	       (o->packets < LITTLE && (o->reason == XSRTP_GUARD_DROPPED_RATE_PORT ||
					o->reason == XSRTP_GUARD_DROPPED_RATE_UNKNOWN ||
					o->reason == XSRTP_GUARD_DROPPED_RATE_STUN ||
					o->reason == XSRTP_GUARD_DROPPED_RATE_DTLS)) ||
	       o->reason == XSRTP_GUARD_DROPPED_WRONG_SSRC ||
	       o->reason == XSRTP_GUARD_DROPPED_IMPLAUSIBLE;
}

const char *offender_source(const struct xsrtp_offender *o, char *text)
{
	struct prefix p = { .family = o->version == 4 ? AF_INET : AF_INET6,
			    .bits = o->version == 4 ? 32 : 64 };
	__be32 word[2] = { o->key >> 32, o->key };

	memcpy(p.addr, word, sizeof(word));
	return prefix_format(&p, text);
}

const char *reason_name(unsigned int counter)
{
	const char *name = guard_counter_name(counter) ?: "dropped-";

	return guard_counter_name(counter) && guard_counter_drops(counter) ?
	       name + strlen("dropped-") : name;
}

static void print_offender(const struct xsrtp_offender *o, const struct guard_clock *c)
{
	char text[PREFIX_STRLEN];

	out_object(NULL);
	out_str("source", "%-24s", offender_source(o, text));
	print_time("first", " %s", c, o->first);
	print_time("last", " %s", c, o->last);
	out_u64("packets", " %10" PRIu64, o->packets);
	out_u64("bytes", " %12" PRIu64, o->bytes);
	out_str("reason", " %-14s", reason_name(o->reason));
	out_u64("port", " %5" PRIu64, o->port);
	out_bool("many_ports", " and others", "", o->ports != 0);
	out_bool("forged", ", looks forged", "", offender_forged(o));
	out_text("\n");
	out_end();
}

static int by_packets(const void *a, const void *b)
{
	uint64_t x = ((const struct xsrtp_offender *)a)->packets;
	uint64_t y = ((const struct xsrtp_offender *)b)->packets;

	return x < y ? 1 : x > y ? -1 : 0;
}

int verb_offenders(struct args *a)
{
	static struct xsrtp_offender o[XSRTP_OFFENDERS];
	struct xsrtp_policy p;
	struct guard_clock c;
	struct guard_set g;
	unsigned int i;
	int n;

	if (args_match(a, "-j"))
		out_init(true, false);
	args_done(a);
	open_guard(&g);
	get_policy(&g, &p);
	get_clock(&c, &p);
	n = guard_offenders(&g, o);
	if (n < 0)
		fail("cannot read the offenders: %s", strerror(-n));
	qsort(o, n, sizeof(o[0]), by_packets);
	out_array(NULL);
	if (n)
		out_text("%-24s %-20s %-20s %10s %12s %-14s %s\n", "SOURCE", "FIRST", "LAST", "PACKETS",
			 "BYTES", "REASON", "PORT");
	for (i = 0; i < (unsigned int)n; i++)
		print_offender(&o[i], &c);
	out_end();
	guard_close(&g);
	return EXIT_SUCCESS;
}
