// SPDX-License-Identifier: GPL-2.0
/*
 * How a flow and its counters look, in text and in JSON. Member names are those
 * of the netlink family with "_" for "-", reasons are spelled as everywhere.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>

#include <xsrtp/srtp.h>

void print_endpoint(const char *name, const char *fmt, const struct endpoint *ep)
{
	char buf[ENDPOINT_STRLEN];

	if (ep->family)
		out_str(name, fmt, endpoint_format(ep, buf));
}

static const char *action_name(int action)
{
	switch (action) {
	case XSRTP_ACTION_FORWARD:
		return "forward";
	case XSRTP_ACTION_DELIVER:
		return "deliver";
	case XSRTP_ACTION_SEND:
		return "send";
	default:
		return "unknown";
	}
}

static const char *suite_name(unsigned int suite)
{
	const struct xsrtp_suite_info *info = xsrtp_suite_info(suite);

	return info ? info->name : "unknown-suite";
}

static void print_stream(const struct stream *s)
{
	char ssrc[16];

	snprintf(ssrc, sizeof(ssrc), "0x%08x", s->ssrc);
	out_object(NULL);
	out_str("ssrc", "    ssrc %s", ssrc);
	if (!s->no_roc) {
		out_u64("roc", " roc %" PRIu64, s->roc);
		out_u64("seq", " seq %" PRIu64, s->seq);
	}
	if (s->has_rtcp_index)
		out_u64("rtcp_index", " rtcp-index %" PRIu64, s->rtcp_index);
	out_text("\n");
	out_end();
}

static void print_session(const char *name, const struct session *s)
{
	unsigned int i;

	if (!s->present)
		return;
	out_object(name);
	out_text("  %s", name);
	if (s->suite)
		out_str("suite", " %s", suite_name(s->suite));
	if (s->window)
		out_u64("window", " window %" PRIu64, s->window);
	if (s->max_streams)
		out_u64("max_streams", " streams %" PRIu64, s->max_streams);
	print_rules(s);
	out_bool("has_key", " key set\n", " no key\n", s->has_key);
	print_slots(s);
	print_events(s);
	out_array("streams");
	for (i = 0; i < s->n_streams; i++)
		print_stream(&s->streams[i]);
	out_end();
	out_end();
}

static void print_drop(const char *reason, uint64_t packets, const char *indent)
{
	out_text("%s", indent);
	out_u64(reason, "dropped %" PRIu64, packets);
	out_text(" %s\n", reason);
}

void print_drops(const struct stats *s, const char *indent)
{
	unsigned int i;

	out_object("drops");
	for (i = 0; i < XSRTP_REASON_MAX; i++)
		if (s->drop[i])
			print_drop(xsrtp_reason_name(i), s->drop[i], indent);
	if (s->drop_other)
		print_drop("other", s->drop_other, indent);
	out_end();
}

void print_packets(const struct stats *s, const char *indent)
{
	out_text("%s", indent);
	out_u64("rx_packets", "received %" PRIu64 " packets", s->rx_packets);
	out_u64("rx_bytes", " %" PRIu64 " bytes,", s->rx_bytes);
	out_u64("tx_packets", " sent %" PRIu64 " packets", s->tx_packets);
	out_u64("tx_bytes", " %" PRIu64 " bytes\n", s->tx_bytes);
}

/* "flow 1 local A remote B forward from C to D": the words that flow add takes. */
static void print_path(const struct flow *f)
{
	if (f->id)
		out_u64("id", "flow %" PRIu64, f->id);
	print_endpoint("local", " local %s", &f->local);
	if (f->of)
		out_u64("of", " of %" PRIu64, f->of);
	print_endpoint("remote", " remote %s", &f->remote);
	if (f->action != FLOW_NO_ACTION)
		out_str("action", " %s", action_name(f->action));
	print_endpoint("source", " from %s", &f->source);
	print_endpoint("destination", " to %s", &f->destination);
	if (f->only)
		out_str("only", " only %s", f->only == XSRTP_ONLY_RTP ? "rtp" : "rtcp");
	print_learn(f);
	if (f->cookie)
		out_u64("cookie", " cookie %" PRIu64, f->cookie);
}

void print_flow_members(const struct flow *f)
{
	print_path(f);
	out_text("\n");
	print_learn_events(f);
	print_session("rx", &f->rx);
	print_session("tx", &f->tx);
	if (f->has_stats) {
		print_packets(&f->stats, "  ");
		print_drops(&f->stats, "  ");
	}
}

void print_flow(const struct flow *f)
{
	out_object(NULL);
	print_flow_members(f);
	out_end();
}

/* What protects a direction; a suite that leaves something out is not just "SRTP". */
static const char *side(const struct session *s)
{
	const struct xsrtp_suite_info *info = xsrtp_suite_info(s->suite);

	if (!s->present)
		return "RTP";
	if (!s->has_key)
		return "SRTP, no key";
	if ((info && info->null_cipher) || s->flags & XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTP)
		return "SRTP, not encrypted";
	return info && !info->tag_len ? "SRTP, not authenticated" : "SRTP";
}

void print_target(const struct flow *f, const char *fmt)
{
	if (f->destination.family)
		print_endpoint("to", fmt, &f->destination);
	else if (f->follow)
		out_str("to", fmt, "the far end it follows");
	else if (f->action == XSRTP_ACTION_SEND)
		print_endpoint("to", fmt, &f->remote);
	else
		out_str("to", fmt, action_name(f->action));
}

void print_flow_line(const struct flow *f)
{
	out_object(NULL);
	out_u64("id", "  flow %" PRIu64, f->id);
	print_endpoint("local", " %s", &f->local);
	if (f->of)
		out_u64("of", " copy of flow %" PRIu64, f->of);
	out_str("rx", " (%s)", side(&f->rx));
	out_text(f->action == XSRTP_ACTION_DELIVER ? "" : " to");
	print_target(f, " %s");
	out_str("tx", " (%s):", side(&f->tx));
	out_u64("rx_packets", " %" PRIu64 " in", f->stats.rx_packets);
	out_u64("tx_packets", " %" PRIu64 " out", f->stats.tx_packets);
	out_u64("dropped", " %" PRIu64 " dropped\n", stats_drops(&f->stats));
	out_end();
}
