/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * One implementation of struct xsrtp_cipher. An implementation's .c file says
 * what it has (HMAC_LANES, HMAC_NI), includes this, and is compiled with the
 * -m options of what it has; all code is inline or static.
 */
#ifndef XSRTP_X86_CIPHER_H
#define XSRTP_X86_CIPHER_H

#include "x86.h"
#include "cm.h"
#include "gcm.h"

/*
 * Overwrite what the functions that have just returned may have left of a key on
 * the stack. For preparing keys; bursts leave no key there but what the compiler
 * spills, which the next burst overwrites.
 */
static noinline void wipe_stack(void)
{
	uint8_t below[1024];

	memzero_explicit(below, sizeof(below));
}

static void x86_expand(const struct xsrtp_suite_info *suite, struct xsrtp_cipher_key *key,
		       const uint8_t *enc_key, const uint8_t *auth_key)
{
	aes_expand(key->rk, enc_key, suite->key_len);
	/* Without, it is for ctr() only, and there is no room for more (cipher.h). */
	if (auth_key && suite->kind == XSRTP_KIND_GCM)
		ghash_expand(suite, key);
	else if (auth_key)
		hmac_expand(key->hmac, auth_key);
	wipe_stack();
}

static void x86_seal(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		     unsigned int n)
{
	if (suite->kind == XSRTP_KIND_GCM)
		gcm_seal_burst(suite, pkt, n);
	else
		cm_seal_burst(suite, pkt, n);
}

static void x86_open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		     unsigned int n)
{
	if (suite->kind == XSRTP_KIND_GCM)
		gcm_open_burst(suite, pkt, n);
	else
		cm_open_burst(suite, pkt, n);
}

#define X86_CIPHER(symbol, text, need)					\
static bool x86_usable(void)						\
{									\
	return x86_cpu_has(need);					\
}									\
									\
const struct xsrtp_cipher symbol = {					\
	.name = text,							\
	.needs_fpu = true,						\
	.usable = x86_usable,						\
	.expand = x86_expand,						\
	.ctr = x86_ctr,							\
	.seal = x86_seal,						\
	.open = x86_open,						\
}

#endif /* XSRTP_X86_CIPHER_H */
