// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* AES-NI and PCLMULQDQ; SHA-1 in 8 lanes, also of single packets. */
#define HMAC_LANES
#include "cipher_x86.h"

X86_CIPHER(xsrtp_cipher_avx2, "avx2", X86_AESNI | X86_AVX2);
