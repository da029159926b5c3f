// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* AES-NI and PCLMULQDQ; SHA-1 by SHA-NI, four packets at a time. */
#define HMAC_NI
#include "cipher_x86.h"

X86_CIPHER(xsrtp_cipher_shani, "shani", X86_AESNI | X86_SHANI);
