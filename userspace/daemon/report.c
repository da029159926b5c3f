// SPDX-License-Identifier: GPL-2.0
/*
 * Reports.
 */
#include "report.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

struct totals {
	uint64_t packets[2], bytes[2], errors[2];
};

static void put_counts(struct doc *d, struct item *to, const char *key, uint64_t packets, uint64_t bytes,
		       uint64_t errors)
{
	struct item *i = doc_dict(d, to, key);

	doc_number(d, i, "packets", packets);
	doc_number(d, i, "bytes", bytes);
	doc_number(d, i, "errors", errors);
}

static void put_endpoint(struct doc *d, struct item *to, const struct endpoint *ep)
{
	struct item *i = doc_dict(d, to, "endpoint");
	char addr[INET6_ADDRSTRLEN];

	if (!ep->family || !inet_ntop(ep->family, ep->addr, addr, sizeof(addr)))
		return;
	doc_string(d, i, "family", text_of(ep->family == AF_INET ? "IPv4" : "IPv6"));
	doc_string(d, i, "address", doc_copy(d, text_of(addr)));
	doc_number(d, i, "port", ep->port);
}

static void put_stream(struct doc *d, struct item *list, struct calls *s, const struct medium *m, int end,
		       enum part part, struct totals *t)
{
	const struct leg *l = &m->leg[end];
	uint32_t id = m->slot[end][part].id;
	struct stats st = { 0 };
	struct item *i = doc_dict(d, list, NULL);
	char why[256];

	doc_number(d, i, "local port", l->port[part]);
	put_endpoint(d, i, &l->remote[part]);
	doc_string(d, doc_list(d, i, "flags"), NULL, text_of(part == PART_RTP ? "RTP" : "RTCP"));
	if (l->theirs.n_keys)
		doc_string(d, i, "crypto suite", text_of(l->theirs.suite->name));
	if (id && s->datapath->stats(s->datapath, id, &st, why, sizeof(why)))
		st = (struct stats){ 0 };
	put_counts(d, i, "stats", st.rx_packets, st.rx_bytes, stats_drops(&st));
	t->packets[part] += st.rx_packets;
	t->bytes[part] += st.rx_bytes;
	t->errors[part] += stats_drops(&st);
}

static void put_media(struct doc *d, struct item *tag, struct calls *s, const struct dialog *di, int end,
		      struct totals *t)
{
	struct item *medias = doc_list(d, tag, "medias"), *i, *streams;
	unsigned int k;

	for (k = 0; k < SDP_MEDIA; k++) {
		const struct medium *m = di->medium[k];

		if (!m)
			continue;
		i = doc_dict(d, medias, NULL);
		doc_number(d, i, "index", k + 1);
		if (sdp_proto_name(m->leg[end].proto))
			doc_string(d, i, "protocol", text_of(sdp_proto_name(m->leg[end].proto)));
		streams = doc_list(d, i, "streams");
		put_stream(d, streams, s, m, end, PART_RTP, t);
		if (m->leg[end].port[PART_RTCP])
			put_stream(d, streams, s, m, end, PART_RTCP, t);
	}
}

static void put_dialog(struct doc *d, struct item *tags, struct calls *s, const struct dialog *di,
		       struct totals *t)
{
	struct text name[2];
	struct item *tag;
	int end;

	/* The report may outlive the call: it goes out when the call is deleted. */
	for (end = 0; end < 2; end++)
		name[end] = doc_copy(d, di->tag[end] ? text_of(di->tag[end]) : (struct text){ 0 });
	for (end = 0; end < 2; end++) {
		if (!di->tag[end])
			continue;
		tag = doc_add(d, tags, name[end], ITEM_DICT);
		doc_string(d, tag, "tag", name[end]);
		doc_number(d, tag, "created", di->created);
		if (di->tag[!end])
			doc_string(d, tag, "in dialogue with", name[!end]);
		put_media(d, tag, s, di, end, t);
	}
}

void report_call(struct doc *d, struct item *to, struct calls *s, const struct call *c)
{
	const struct dialog *di;
	struct item *tags = doc_dict(d, to, "tags"), *totals;
	struct totals t = { 0 };

	for (di = c->dialogs; di; di = di->next)
		put_dialog(d, tags, s, di, &t);
	doc_number(d, to, "created", c->created);
	doc_number(d, to, "last signal", c->last_signal);
	totals = doc_dict(d, to, "totals");
	put_counts(d, totals, "RTP", t.packets[0], t.bytes[0], t.errors[0]);
	put_counts(d, totals, "RTCP", t.packets[1], t.bytes[1], t.errors[1]);
}

void report_list(struct doc *d, struct item *to, const struct calls *s, int64_t limit)
{
	struct item *list = doc_list(d, to, "calls");
	const struct call *c;
	unsigned int i;

	for (i = 0; i < CALL_BUCKETS; i++)
		for (c = s->bucket[i]; c && limit > 0; c = c->next, limit--)
			doc_string(d, list, NULL, (struct text){ c->id, c->id_len });
}

void report_statistics(struct doc *d, struct item *to, const struct calls *s)
{
	struct item *now, *total, *ports, *one;
	unsigned int i;

	to = doc_dict(d, to, "statistics");
	now = doc_dict(d, to, "currentstatistics");
	doc_number(d, now, "sessionsown", s->n);
	doc_number(d, now, "sessionstotal", s->n);
	total = doc_dict(d, to, "totalstatistics");
	doc_number(d, total, "managedsessions", s->n_made);
	doc_number(d, total, "rejectedsessions", s->n_refused);
	doc_number(d, total, "flowerrors", s->n_flow_errors);
	doc_number(d, total, "timeoutsessions", s->n_ended[ENDED_MEDIA]);
	doc_number(d, total, "silenttimeoutsessions", s->n_ended[ENDED_SILENT]);
	doc_number(d, total, "offertimeoutsessions", s->n_ended[ENDED_OFFER]);
	doc_number(d, total, "finaltimeoutsessions", s->n_ended[ENDED_FINAL]);
	doc_number(d, total, "handshakes", s->n_handshakes);
	doc_number(d, total, "handshakeerrors", s->n_handshake_errors);
	ports = doc_list(d, to, "interfaces");
	for (i = 0; i < s->ifaces.n; i++) {
		const struct pool *p = &s->ifaces.iface[i].pool;

		one = doc_dict(d, ports, NULL);
		doc_string(d, one, "name", text_of(s->ifaces.iface[i].name));
		doc_number(d, one, "portsused", p->n_used);
		doc_number(d, one, "portstotal", p->max - p->min + 1);
	}
}
