// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* VAES and VPCLMULQDQ on 256 bits; SHA-1 by SHA-NI, four packets at a time. */
#define HMAC_NI
#include "cipher_x86.h"

X86_CIPHER(xsrtp_cipher_vaes, "vaes", X86_AESNI | X86_SHANI | X86_AVX2 | X86_VAES);
