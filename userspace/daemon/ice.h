/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICE-lite (RFC 8445 2.5): the agent of one leg. It has host candidates only, sends no
 * checks, is always controlled, and answers what is authenticated by its own credentials.
 * The peer, which is full, says by USE-CANDIDATE where media goes (8.1.2). Consent
 * (RFC 7675) is the same check again, and answered as that.
 *
 * No socket and no clock: datagrams come in, answers go out by a buffer.
 */
#ifndef XSRTPD_ICE_H
#define XSRTPD_ICE_H

#include "buf.h"
#include "endpoint.h"

/* RFC 8839 5.4: 4 to 256, and 22 to 256 of ice-char; 6 bits in each. */
#define ICE_UFRAG	8
#define ICE_PWD		24
#define ICE_COMPONENTS	2	/* RTP, RTCP; numbered from 1 on the wire, from 0 here */
#define ICE_PEER	32	/* SHA-256 of a ufrag, which may be long */
#define ICE_SEEN	16
#define ICE_ANSWER	128	/* room for any of ours */

struct ice_secret {
	char ufrag[ICE_UFRAG + 1];	/* empty: none */
	char pwd[ICE_PWD + 1];
};

struct ice {
	bool offered;		/* the last SDP to the peer had it */
	bool on;		/* and the peer's too */
	bool lite;		/* the peer's is lite as well: nobody checks, the SDP says where */
	struct ice_secret ours;
	struct ice_secret former;	/* until the peer nominates after a restart: for consent */
	uint8_t theirs[ICE_PEER];	/* the peer by its ufrag */
	struct endpoint chosen[ICE_COMPONENTS];	/* nominated; family 0: not yet */
	/* Nominated by who has our SDP, while theirs is not here: theirs says if it counts. */
	uint8_t early_peer[ICE_PEER];
	struct endpoint early[ICE_COMPONENTS];
};

/* What a socket remembers of checks: how many were answered, and which were the last. */
struct ice_door {
	uint64_t until_us;	/* what was answered is paid for until then */
	unsigned int next;
	struct {
		uint8_t id[12];
		struct endpoint from;
	} seen[ICE_SEEN];
};

enum ice_verdict { ICE_PASSED_OVER, ICE_ANSWERED, ICE_NOMINATED };

/* ice_valid() - @ufrag and @pwd are such as RFC 8839 5.4 has them. */
bool ice_valid(struct text ufrag, struct text pwd);

/* ice_prepare() - credentials to be offered, if there are none. 0, or -EIO. */
int ice_prepare(struct ice *i);

/* ice_heard() - what the peer's SDP says, of an agent that is only to hold that */
struct ice ice_heard(struct text ufrag, bool lite);

/*
 * ice_agree() - offer and answer both have it
 * @heard: by ice_heard(); @ours_next: the peer offered, and our SDP is yet to be written
 *
 * A peer with another ufrag (a restart, RFC 8445 9, or another peer) is given other
 * credentials where it can be, and media stays where it is until it nominates. 0, or -EIO.
 */
int ice_agree(struct ice *i, const struct ice *heard, bool ours_next);

/* ice_leave() - the leg goes on without; what was offered may still be answered with it. */
void ice_leave(struct ice *i);

/*
 * ice_check() - a datagram at the socket of @component, from @from
 *
 * The answer to be sent there is in @answer, if it is not ICE_PASSED_OVER. ICE_NOMINATED:
 * media is to go there from now on; ice_choose() when it does.
 */
enum ice_verdict ice_check(struct ice *i, struct ice_door *d, unsigned int component, const struct endpoint *from,
			   uint64_t now_us, const uint8_t *packet, size_t len, struct buf *answer);
void ice_choose(struct ice *i, unsigned int component, const struct endpoint *to);

/*
 * ice_lines() - of a medium: credentials, options, and a candidate for each port
 * @port: 0: no such component
 */
void ice_lines(const struct ice *i, const struct endpoint *address, const uint16_t port[ICE_COMPONENTS], bool trickle,
	       struct text end, struct buf *b);

#endif /* XSRTPD_ICE_H */
