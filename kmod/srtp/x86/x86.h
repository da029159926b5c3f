/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The SIMD implementations of the ciphers for x86-64, and what they ask of a CPU.
 *
 *	avx512	VAES and VPCLMULQDQ on 512 bits, SHA-1 in 16 lanes and by SHA-NI
 *		(Intel from Ice Lake, AMD from Zen 4)
 *	vaes	VAES and VPCLMULQDQ on 256 bits, SHA-NI (Zen 3, Alder Lake)
 *	shani	AES-NI, PCLMULQDQ, SHA-NI (Zen, Zen 2, Goldmont)
 *	avx2	AES-NI, PCLMULQDQ, SHA-1 in 8 lanes (Intel from Haswell)
 */
#ifndef XSRTP_X86_H
#define XSRTP_X86_H

#include "../cipher.h"

/* Features, with the OS's support for the registers they use. */
#define X86_AESNI	0x01	/* AES, PCLMULQDQ, SSSE3, SSE4.1 */
#define X86_SHANI	0x02	/* SHA-1 instructions */
#define X86_AVX2	0x04	/* 256-bit integer vectors, BMI2 */
#define X86_VAES	0x08	/* VAES, VPCLMULQDQ */
#define X86_AVX512	0x10	/* AVX-512 F, BW, DQ, VL, VBMI */

/* Does this CPU have all of @features? */
bool x86_cpu_has(unsigned int features);

#define X86_CIPHERS	4

/* Best first, then NULL. Those that this CPU cannot run are among them. */
extern const struct xsrtp_cipher *const xsrtp_cipher_x86[X86_CIPHERS + 1];

extern const struct xsrtp_cipher xsrtp_cipher_avx512;
extern const struct xsrtp_cipher xsrtp_cipher_vaes;
extern const struct xsrtp_cipher xsrtp_cipher_shani;
extern const struct xsrtp_cipher xsrtp_cipher_avx2;

#endif /* XSRTP_X86_H */
