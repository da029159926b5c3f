/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SDES, RFC 4568: the value of an a=crypto attribute. It holds keys: sdes_wipe() it.
 * No error has any part of one.
 */
#ifndef XSRTPD_SDES_H
#define XSRTPD_SDES_H

#include <xsrtp/suite.h>

#include "buf.h"
#include "key.h"

#define SDES_KEYS	2	/* as many as a direction of a flow has */

struct sdes {
	uint32_t tag;		/* 0 to 999999999 */
	const struct xsrtp_suite_info *suite;
	struct key key[SDES_KEYS];	/* of each also MKI, lifetime and, of all, rate */
	unsigned int n_keys;
	bool unencrypted_srtp;
	bool unencrypted_srtcp;
	bool unauthenticated_srtp;
	bool fec_before_srtp;	/* FEC_ORDER=FEC_SRTP; the sender's affair */
	uint32_t window;	/* WSH, a hint; 0: not said */
};

/*
 * sdes_parse() - "TAG SUITE inline:...[;inline:...] [PARAMETER...]"
 *
 * 0; -EINVAL it is not as RFC 4568 9 has it; -ENOTSUP it is, but has a suite, a
 * parameter or a number of keys that we do not have, so that this attribute, and no
 * more, is to be passed over (RFC 4568 5.1.2). A sentence in @err.
 */
int sdes_parse(struct text t, struct sdes *s, char *err, size_t err_len);

/* sdes_write() - the same back. */
void sdes_write(const struct sdes *s, struct buf *b);

/* sdes_make() - a new one with a random key. 0 or -errno. */
int sdes_make(struct sdes *s, uint32_t tag, const struct xsrtp_suite_info *suite);

/*
 * sdes_known() - we have its keys. Of a call that was taken up again only the datapath has
 * them: n_keys says how many, and they are empty.
 */
bool sdes_known(const struct sdes *s);

void sdes_wipe(struct sdes *s);

#endif /* XSRTPD_SDES_H */
