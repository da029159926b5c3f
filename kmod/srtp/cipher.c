// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The list of cipher implementations, best first.
 */
#include "cipher.h"
#include "platform.h"
#ifdef __x86_64__
#include "x86/x86.h"
#endif

/* The next of the SIMD implementations, the one behind them, or NULL. */
static const struct xsrtp_cipher *listed(unsigned int i)
{
#ifdef __x86_64__
	if (i < X86_CIPHERS)
		return xsrtp_cipher_x86[i];
	i -= X86_CIPHERS;
#endif
	return i ? NULL : &xsrtp_cipher_lib;
}

const struct xsrtp_cipher *xsrtp_cipher_get(unsigned int n)
{
	const struct xsrtp_cipher *c;
	unsigned int i;

	for (i = 0; (c = listed(i)); i++)
		if ((!c->usable || c->usable()) && !n--)
			return c;
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
