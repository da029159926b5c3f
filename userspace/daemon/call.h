/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls. A call has dialogs, one for each branch that it forked to; a dialog has two
 * ends (tags) and media; a medium has a leg towards each end, and flows between them.
 * Legs hold what was negotiated; what was only offered is in the dialog's offer, and
 * becomes the legs' when it is answered, or never.
 *
 * All of it belongs to one thread. Keys are wiped with what they belong to.
 */
#ifndef XSRTPD_CALL_H
#define XSRTPD_CALL_H

#include <time.h>

#include "datapath.h"
#include "ice.h"
#include "iface.h"
#include "keying.h"
#include "sdes.h"
#include "sdp.h"
#include "trail.h"

#define CALL_DIALOGS	32	/* in one call */
#define CALL_BUCKETS	65536

enum part { PART_RTP, PART_RTCP };

struct leg {
	struct iface *iface;
	int family;
	uint16_t port[2];	/* ours, by part; 0: none */
	struct endpoint remote[2];
	enum sdp_proto proto;
	bool mux;
	/* A suite and no key: DTLS is not done yet, and the suite is what is likely. */
	struct sdes ours;	/* what we send under; no suite: RTP */
	struct sdes theirs;	/* what they send under */
	/* where the profile is DTLS: */
	enum sdp_setup setup;	/* ours: active, passive, or holdconn */
	struct fingerprints prints;	/* theirs */
	char tls_id[256];	/* theirs; empty: none */
	struct ice ice;		/* of who offers, before an answer: what ice_heard() has */
};

struct slot {
	uint32_t id;		/* 0: no flow */
	struct endpoint remote;
	struct endpoint source;
	struct endpoint destination;
	uint32_t only;
	uint32_t suite[2];	/* by direction */
};

struct medium {
	struct call *call;
	struct leg leg[2];
	struct slot slot[2][2];	/* by the leg that it arrives at, and part */
	struct secure secure[2];	/* by leg */
	bool had_flows;		/* of the journal; whether they are there the datapath says */
	time_t keyed[2][2];	/* timeout_now(): since when by leg, ours and theirs; 0: no key */
};

struct offered {
	bool carried;		/* else refused: by who offers, or by us */
	struct leg leg;		/* of who offers, without ours and theirs */
	bool hold;
	bool ice;		/* as we offered it on */
	unsigned int n_in;	/* what who offers would send under, best first; of RTP/AVP(F): by RFC 8643 */
	struct sdes in[4];
	enum sdp_proto proto;	/* as we offered it on */
	bool osrtp_accept;	/* whatever is answered */
	bool mux;		/* offered on */
	bool mux_anyway;	/* for who offers, whatever is answered */
	bool mux_never;
	enum sdp_setup setup;	/* theirs */
	enum sdp_setup our_setup;	/* as we offered it on */
	bool passive;		/* DTLS=passive was asked for */
	enum fingerprint_hash hash;
	unsigned int n_out;
	struct sdes *out;
};

struct offer {
	int from;		/* end */
	unsigned int n;
	struct offered m[SDP_MEDIA];
};

struct dialog {
	struct dialog *next;
	struct call *call;
	char *tag[2];		/* NULL: not known yet */
	char *branch;		/* NULL: none */
	struct offer *offer;	/* the last one */
	bool answered;
	struct medium *medium[SDP_MEDIA];
	time_t created;
	time_t offered;		/* timeout_now(), of the last offer */
	bool offered_silent;	/* that offer puts on hold */
	bool silent;		/* on hold, as it was agreed */
	bool established;	/* some offer was answered */
};

struct call {
	struct call *next;	/* in its bucket */
	char *id;
	size_t id_len;
	struct dialog *dialogs;
	unsigned int n_dialogs;
	time_t created;
	time_t last_signal;
	time_t began, heard;	/* timeout_now(): of the first offer; of a packet, offer or answer */
	uint64_t packets;	/* that its flows had sent on when they were looked at */
	bool remembered;	/* the journal has it */
};

struct timeouts {		/* in seconds; 0: never */
	uint32_t media;		/* no packet on any flow of a call */
	uint32_t silent;	/* the same on hold */
	uint32_t offer;		/* no answer */
	uint32_t final;		/* since the first offer */
};

enum ended { ENDED_MEDIA, ENDED_SILENT, ENDED_OFFER, ENDED_FINAL, ENDED };

struct calls {
	struct call *bucket[CALL_BUCKETS];
	unsigned int n;
	unsigned int max;	/* 0: any number */
	struct ifaces ifaces;
	struct datapath *datapath;
	uint64_t n_made, n_refused, n_flow_errors, n_handshakes, n_handshake_errors;
	uint64_t n_ended[ENDED];	/* by a timeout */
	uint64_t n_deleted, n_undone;	/* by a request; the first offer was refused */
	struct timeouts timeouts;
	unsigned int looked_at;		/* the bucket that timeout_run() goes on with */
	struct keying *keying;		/* NULL: no DTLS */
	struct memory *memory;		/* NULL: no journal */
	uint64_t cookie;		/* of all flows that we make; 0: none */
	struct trail *trail;		/* NULL: nothing is audited */
};

void calls_init(struct calls *s);
void calls_free(struct calls *s);

struct call *call_find(struct calls *s, struct text id);
/* call_new() - NULL: out of memory. */
struct call *call_new(struct calls *s, struct text id);
/* call_free() - with its dialogs, flows and ports. */
void call_free(struct calls *s, struct call *c);
/* calls_leave() - from now on their flows are none of ours: calls_free() lets them be. */
void calls_leave(struct calls *s);

struct dialog *dialog_new(struct call *c);
/* dialog_free() - flows first, then ports: nobody else gets a port that media still comes to. */
void dialog_free(struct calls *s, struct call *c, struct dialog *d);

/* text_dup() - with a 0 behind; NULL: out of memory. tag_is() - NULL is no tag. */
char *text_dup(struct text t);
bool tag_is(const char *tag, struct text t);

void offer_free(struct offer *o);

#endif /* XSRTPD_CALL_H */
