/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys by DTLS (RFC 5763) between what was negotiated and the flows: which end of a
 * medium needs an association, when it needs a new one, and what becomes of its keys.
 * Sockets and the event loop are behind struct keying: association.c, or a stub.
 */
#ifndef XSRTPD_KEYING_H
#define XSRTPD_KEYING_H

#include "dtls.h"
#include "sdp.h"

#define TLS_ID_LEN	32	/* RFC 8842 4: 120 bits at least; ours are 128, in hex */

struct association;
struct calls;
struct leg;
struct medium;

/* One handshake: for which end of which medium, and with whom. */
struct handshake {
	struct medium *medium;
	int end;
	enum dtls_role role;
	struct endpoint peer;
	struct fingerprints prints;		/* the peer's */
	struct certificate *certificate;	/* ours; the medium holds it */
	const struct xsrtp_suite_info *only;	/* NULL: any */
};

struct keying {
	const struct xsrtp_suite_info *suite;	/* likely: of flows that have no keys yet */
	struct certificate *certificate;	/* for media to come */
	bool silent;		/* no goodbye: we end, and the keys that were made do not */
	/* open - a socket for the end @end of @m, at its port of @part. 0, or -errno with a sentence in @err. */
	int (*open)(struct keying *k, const struct endpoint *local, struct medium *m, int end, int part,
		    struct association **a, char *err, size_t err_len);
	/* start - a handshake, instead of an association that there may be; keying_done() follows, or not */
	void (*start)(struct keying *k, struct association *a, const struct handshake *h);
	/* move - the peer has another address and port */
	void (*move)(struct keying *k, struct association *a, const struct endpoint *peer);
	void (*close)(struct keying *k, struct association *a);
};

/* What of an end of a medium is not the leg's: it stays as long as the medium. */
struct secure {
	struct certificate *certificate;	/* held; NULL: no DTLS yet */
	char id[TLS_ID_LEN + 1];	/* our a=tls-id */
	struct association *association;
	struct association *rtcp;	/* for ICE only, where RTCP has a port of its own */
	bool started;
};

/* keying_prepare() - certificate and tls-id of this end; @fresh: a new tls-id. 0 or -errno. */
int keying_prepare(struct keying *k, struct secure *s, bool fresh);

/* keying_lines() - a=fingerprint, a=setup and, with @id, a=tls-id */
void keying_lines(const struct secure *s, enum fingerprint_hash hash, enum sdp_setup setup, bool id,
		  struct text end, struct buf *b);

/* keying_fresh() - is there to be another association than the one of @before (RFC 8842 3.1)? */
bool keying_fresh(const struct secure *s, const struct leg *before, const struct leg *now);

/*
 * keying_open() - the sockets that @l needs at this end, if it has none: for DTLS and for ICE
 *
 * 0, or -errno with a sentence in @err.
 */
int keying_open(struct calls *s, struct medium *m, int end, const struct leg *l, char *err, size_t err_len);

/* keying_spare() - after m->leg was set: closes those that it does not need. */
void keying_spare(struct calls *s, struct medium *m, int end);

/* keying_follow() - after m->leg was set: starts what is @fresh, or has it follow the peer. */
void keying_follow(struct calls *s, struct medium *m, int end, bool fresh);

/* keying_stop() - of one end; keying_end() - and forgets its certificate. */
void keying_stop(struct calls *s, struct medium *m, int end);
void keying_end(struct calls *s, struct medium *m, int end);

/*
 * keying_done() - the keys of the end are there: into the flows with them
 *
 * true: others were there, and what the peer has sent under them is still taken:
 * keying_settle() when all of it has arrived.
 */
bool keying_done(struct calls *s, struct medium *m, int end, const struct dtls_keys *k);

void keying_settle(struct calls *s, struct medium *m, int end);

/* keying_failed() - they are not; it is counted and said. */
void keying_failed(struct calls *s, const struct endpoint *peer, const char *why);

#endif /* XSRTPD_KEYING_H */
