// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What this CPU can run (Intel SDM 2, CPUID; SDM 1, 14.3 and 15.2), and the
 * list of what there is.
 */
#include "../platform.h"
#include "x86.h"

const struct xsrtp_cipher *const xsrtp_cipher_x86[X86_CIPHERS + 1] = {
	&xsrtp_cipher_avx512,
	&xsrtp_cipher_vaes,
	&xsrtp_cipher_shani,
	&xsrtp_cipher_avx2,
	NULL
};

struct regs {
	uint32_t a, b, c, d;
};

static struct regs leaf(uint32_t n)
{
	struct regs r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "a"(n), "c"(0));
	return r;
}

/* Which registers the OS saves; only where it has said that it does (OSXSAVE). */
static uint32_t xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static bool all(uint32_t word, uint32_t bits)
{
	return (word & bits) == bits;
}

#define BIT_OF(n)	(1U << (n))

static unsigned int detect(void)
{
	struct regs one = leaf(1), seven = { 0 };
	unsigned int has = 0;
	uint32_t saved = 0;

	if (leaf(0).a >= 7)
		seven = leaf(7);
	if (one.c & BIT_OF(27))				/* OSXSAVE */
		saved = xcr0();
	/* PCLMULQDQ, SSSE3, SSE4.1, AES */
	if (all(one.c, BIT_OF(1) | BIT_OF(9) | BIT_OF(19) | BIT_OF(25)))
		has |= X86_AESNI;
	if (seven.b & BIT_OF(29))
		has |= X86_SHANI;
	/* XMM and YMM; AVX; AVX2 and BMI2 */
	if (!all(saved, 0x06) || !(one.c & BIT_OF(28)) ||
	    !all(seven.b, BIT_OF(5) | BIT_OF(8)))
		return has;
	has |= X86_AVX2;
	if (all(seven.c, BIT_OF(9) | BIT_OF(10)))
		has |= X86_VAES;
	/* mask registers and ZMM; F, DQ, BW, VL; VBMI */
	if (all(saved, 0xe0) && (seven.c & BIT_OF(1)) &&
	    all(seven.b, BIT_OF(16) | BIT_OF(17) | BIT_OF(30) | BIT_OF(31)))
		has |= X86_AVX512;
	return has;
}

/* CPUID may cost a trip to the hypervisor: once. All CPUs find the same. */
bool x86_cpu_has(unsigned int features)
{
	static unsigned int found;
	unsigned int has = load_once(&found);

	if (!has) {
		has = detect() | BIT_OF(31);
		store_once(&found, has);
	}
	return all(has, features);
}
