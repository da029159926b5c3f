/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What negotiate_offer() and negotiate_answer() have in common.
 */
#ifndef XSRTPD_EXCHANGE_H
#define XSRTPD_EXCHANGE_H

#include "negotiate.h"

/* exchange_refuse() - writes the sentence, returns @ret. */
int exchange_refuse(struct exchange *x, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* exchange_warn() - medium @i, and why it is not carried. */
void exchange_warn(struct exchange *x, unsigned int i, const char *why);

/* exchange_far() - the far endpoints of @l, as @m and the wish say; none where it is on hold. */
void exchange_far(const struct exchange *x, const struct sdp_medium *m, struct leg *l);

/* exchange_read_crypto() - sdes_parse(); -EINVAL is said, -ENOTSUP is to be passed over. */
int exchange_read_crypto(struct exchange *x, struct text value, struct sdes *s);
bool exchange_crypto_fine(const struct sdes *s);

/* exchange_read_dtls() - fingerprints and tls-id of @m to @l. */
int exchange_read_dtls(struct exchange *x, const struct sdp_medium *m, struct leg *l);

/* exchange_dtls() - what medium @i, which goes on, says of our DTLS; @id: with a=tls-id. */
void exchange_dtls(struct exchange *x, unsigned int i, const struct secure *s, enum fingerprint_hash hash,
		   enum sdp_setup setup, bool id, struct sdp_change *c);

/* exchange_read_ice() - that of @m to @l, if it has it and we do it. */
int exchange_read_ice(struct exchange *x, const struct sdp_medium *m, struct leg *l);

/* exchange_ice() - what medium @i, which goes on, says of our ICE at the leg @to; after its other lines. */
void exchange_ice(struct exchange *x, unsigned int i, const struct leg *to, bool mux, struct sdp_change *c);

/* exchange_medium() - medium @i goes on with the ports of the leg @to, and these keys. */
void exchange_medium(struct exchange *x, unsigned int i, const struct leg *to, bool mux, bool hold,
		     const struct sdes *cryptos, unsigned int n, struct sdp_change *c);

/* exchange_write() - the SDP that goes on. */
int exchange_write(struct exchange *x, struct sdp_change *c);

#endif /* XSRTPD_EXCHANGE_H */
