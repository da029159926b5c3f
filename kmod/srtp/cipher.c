// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The list of cipher implementations, best first.
 */
#include "cipher.h"
#include "platform.h"

static const struct xsrtp_cipher *const ciphers[] = {
	&xsrtp_cipher_lib,
};

const struct xsrtp_cipher *xsrtp_cipher_get(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if ((!ciphers[i]->usable || ciphers[i]->usable()) && !n--)
			return ciphers[i];
	return NULL;
}

const char *xsrtp_cipher_name(const struct xsrtp_cipher *c)
{
	return c->name;
}

bool xsrtp_cipher_needs_fpu(const struct xsrtp_cipher *c)
{
	return c->needs_fpu;
}
