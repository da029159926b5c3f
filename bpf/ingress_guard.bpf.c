// SPDX-License-Identifier: GPL-2.0
/* The XDP program with the guard in front, which knows the module's flows. */
#define INGRESS_GUARD
#define GUARD_FLOWS
#define PARSE_PAYLOAD
#include "ingress.bpf.c"
