// SPDX-License-Identifier: GPL-2.0
/* The XDP program for kernels on which the module's kfunc can be called. */
#define INGRESS_KFUNC
#include "ingress.bpf.c"
