// SPDX-License-Identifier: GPL-2.0
/*
 * The guard in front of a program that the device had before: what passes goes on to that.
 * A variant, because the mere possibility of a tail call has the JIT carry its counter
 * through every call.
 */
#define GUARD_NEXT
#include "guard.bpf.c"
