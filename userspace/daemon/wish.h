/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an offer or an answer asks for besides its SDP: the flags of the ng protocol,
 * as Documentation/ng.md lists them.
 */
#ifndef XSRTPD_WISH_H
#define XSRTPD_WISH_H

#include "endpoint.h"
#include "ng.h"
#include "policy.h"
#include "sdes.h"
#include "sdp.h"

#define SUITES	32	/* bits of a mask by enum xsrtp_suite */

/* Towards who receives the SDP. */
enum wish_ice { WISH_ICE_DEFAULT, WISH_ICE_REMOVE, WISH_ICE_FORCE };

struct wish {
	enum sdp_proto proto;	/* towards who receives the SDP; SDP_OTHER: not said */
	struct text direction[2];
	int family;		/* address-family; 0: not said */
	struct endpoint far;	/* instead of the SDP's addresses; family 0: not said */
	bool mux_offer, mux_require, mux_demux, mux_accept, mux_reject;
	bool replace_origin, replace_session, replace_zero;
	bool full_rtcp, no_rtcp;
	bool sdes_off, sdes_nonew, sdes_lifetime;
	bool osrtp_offer, osrtp_accept;	/* RFC 8643 */
	uint32_t sdes_no;	/* masks of suites */
	uint32_t sdes_only;
	bool dtls_off, dtls_passive;
	enum wish_ice ice;
	bool ice_reject;	/* none with who offers either */
	bool ice_trickle;	/* our SDP says that we know of it */
	enum fingerprint_hash dtls_hash;	/* of our fingerprint; HASH_NONE: not said */
	unsigned int n_order;
	unsigned char order[SUITES];
};

/*
 * wish_read() - 0, or -EINVAL with a sentence in @err, for what we do not do and what
 * would be a wrong answer if it were passed over
 */
int wish_read(const struct item *dict, struct wish *w, char *err, size_t err_len);

/*
 * wish_suites() - those to be offered; how many
 *
 * In order: @theirs come first, but where the interface's policy @p says suites it is
 * the policy's, and no others are offered.
 */
unsigned int wish_suites(const struct wish *w, const struct policy *p, const struct sdes *theirs,
			 unsigned int n, unsigned char suite[SUITES]);

#endif /* XSRTPD_WISH_H */
