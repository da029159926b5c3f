/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Base64 (RFC 4648 4) of keys: no table, no branch that depends on a character's
 * value, so that neither a cache nor a clock tells it.
 */
#ifndef XSRTPD_BASE64_H
#define XSRTPD_BASE64_H

#include "buf.h"

/*
 * base64_decode() - with or without padding (RFC 4568 6.1 discards it)
 *
 * How many bytes; -1 it is no base64, or has more than @size.
 */
int base64_decode(struct text t, uint8_t *out, size_t size);

/* base64_encode() - padded. */
void base64_encode(const uint8_t *in, size_t len, struct buf *b);

#endif /* XSRTPD_BASE64_H */
