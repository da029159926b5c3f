/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SDP, RFC 8866: a document is its lines. What we know of it is read from them, and
 * it is written anew line by line: what is not ours to change stays as it was, byte
 * for byte, its line end too.
 */
#ifndef XSRTPD_SDP_H
#define XSRTPD_SDP_H

#include "buf.h"
#include "endpoint.h"
#include "fingerprint.h"

#define SDP_LINES	1024
#define SDP_MEDIA	16
#define SDP_CRYPTO	24	/* a=crypto lines of one medium */

enum sdp_proto {
	SDP_OTHER,		/* not RTP: T.38's udptl, TCP, ... */
	SDP_AVP, SDP_AVPF, SDP_SAVP, SDP_SAVPF,
	SDP_TLS_SAVP, SDP_TLS_SAVPF,	/* UDP/TLS/RTP/SAVP and SAVPF, RFC 5764 8 */
};

/* RFC 4145 4: who makes the connection; here, who begins the handshake. */
enum sdp_setup { SETUP_NONE, SETUP_ACTIVE, SETUP_PASSIVE, SETUP_ACTPASS, SETUP_HOLDCONN };

enum sdp_kind {
	SDP_KEEP,
	SDP_MEDIUM,		/* m= */
	SDP_CONNECTION,		/* c= */
	SDP_ORIGIN,		/* o= */
	SDP_RTCP,		/* a=rtcp, a=rtcp-mux, a=rtcp-mux-only */
	SDP_CRYPTO_LINE,	/* a=crypto */
	SDP_KEYS,		/* a=fingerprint, setup, tls-id, key-mgmt, cryptoscale; k= */
	SDP_ICE,		/* a=ice-*, candidate, ... */
	SDP_FEEDBACK,		/* a=rtcp-fb */
};

struct sdp_line {
	struct text text;	/* without its end */
	struct text end;	/* "\r\n", "\n", "\r" or, of the last line, "" */
	enum sdp_kind kind;
	int medium;		/* -1: of the session */
};

struct sdp_medium {
	size_t last;		/* its last line that is not empty */
	struct text type;	/* "audio" */
	struct text port_count;	/* "/2", or empty */
	struct text proto_text;
	struct text formats;
	enum sdp_proto proto;
	uint16_t port;		/* 0: rejected */
	struct endpoint rtp;	/* family 0: neither it nor the session has c= */
	struct endpoint rtcp;	/* of RFC 3605, or the port after RTP's: without a=rtcp-mux */
	bool own_connection;
	bool mux;		/* a=rtcp-mux */
	bool ice;
	unsigned int n_crypto;
	struct text crypto[SDP_CRYPTO];	/* values */
	/* Of RFC 8122 and RFC 8842, its own or else the session's: */
	struct fingerprints prints;
	bool weak_prints;	/* there were others, with hashes that we do not take */
	enum sdp_setup setup;
	struct text tls_id;
	struct text ice_ufrag, ice_pwd;	/* its own or the session's; both, or no ICE */
};

struct sdp {
	size_t n_lines;
	struct sdp_line line[SDP_LINES];
	unsigned int n_media;
	bool ice_lite;
	struct sdp_medium medium[SDP_MEDIA];
};

/* sdp_parse() - 0, or -EINVAL with a sentence in @err. @s points into @t. */
int sdp_parse(struct text t, struct sdp *s, char *err, size_t err_len);

/* sdp_unset() - 0.0.0.0 or ::, by which RFC 2543 put a call on hold. */
bool sdp_unset(const struct endpoint *ep);

/* sdp_trickles() - it is unset as its candidates are yet to come (RFC 8840 4.1.1), not on hold. */
bool sdp_trickles(const struct sdp_medium *m);

/* sdp_silent() - medium @i is on hold: media goes one way at most (RFC 8866 6.7), or to no address. */
bool sdp_silent(const struct sdp *s, unsigned int i);

/* sdp_proto_name() - "RTP/AVP" */
const char *sdp_proto_name(enum sdp_proto p);
enum sdp_proto sdp_proto_of(struct text t);
/* Of those of RTP: */
bool sdp_plain(enum sdp_proto p);	/* may have SDES all the same: RFC 8643 */
bool sdp_secure(enum sdp_proto p);	/* with SDES */
bool sdp_dtls(enum sdp_proto p);
bool sdp_feedback(enum sdp_proto p);

struct sdp_medium_change {
	bool refuse;		/* port 0, and nothing of ours in it */
	enum sdp_proto proto;
	uint16_t rtp_port;
	uint16_t rtcp_port;	/* written if it is not 0 */
	bool full_rtcp;		/* with its address */
	bool mux;
	bool hold;		/* an unset address stays unset */
	struct text lines;	/* to add, each with its line end */
};

struct sdp_change {
	struct endpoint address;	/* the port does not count */
	bool origin;		/* o= too */
	bool session;		/* the session's c= also where no medium depends on it */
	bool ice_lite;		/* ours, of the session (RFC 8839 5.3) */
	struct sdp_medium_change medium[SDP_MEDIA];
};

/* sdp_write() - @s with these changes; check buf_full(). */
void sdp_write(const struct sdp *s, const struct sdp_change *c, struct buf *b);

/* sdp_end() - the document's line end. */
struct text sdp_end(const struct sdp *s);

#endif /* XSRTPD_SDP_H */
