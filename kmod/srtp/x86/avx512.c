// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* VAES and VPCLMULQDQ on 512 bits; SHA-1 in 16 lanes, stragglers by SHA-NI. */
#define HMAC_LANES
#define HMAC_NI
#include "cipher_x86.h"

X86_CIPHER(xsrtp_cipher_avx512, "avx512", X86_AESNI | X86_SHANI | X86_AVX2 | X86_VAES | X86_AVX512);
