/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard inside the XDP program of the fast path (bpf/ingress_guard.bpf.c): ingress.c
 * attaches that program, and it uses the maps, the policy and the pins of the guard that
 * stands alone (guard.h). Both may be in one namespace, on a device each.
 */
#ifndef XSRTP_GUARD_INSIDE_H
#define XSRTP_GUARD_INSIDE_H

#include "guard.h"

#define GUARD_INSIDE_PROG	"xsrtp_ingress_g"	/* at most 15 characters */

struct bpf_object;

struct guard_inside {
	struct guard_set maps;
	bool kept;		/* there was a state, and it goes on with it */
};

void guard_inside_init(struct guard_inside *gi);

/*
 * guard_inside_open() - the program @o, which is not loaded yet, will use the state that
 * there is; 0, or -errno. Who calls this and the next two holds guard_lock().
 */
int guard_inside_open(struct guard_inside *gi, struct bpf_object *o, char *err, size_t err_len);
/* guard_inside_start() - @prog is loaded, and no device has it yet. */
int guard_inside_start(struct guard_inside *gi, int prog, char *err, size_t err_len);
/* guard_inside_put() - it is on a device: pins it; else @why. Frees @gi, also after an error. */
void guard_inside_put(struct guard_inside *gi, bool attached, char *why, size_t why_len);

/* guard_is_alone() - program @id is the guard that stands alone, with none behind it. */
bool guard_is_alone(uint32_t id);

/* guard_inside_gone() - a device has it no more: with the last guard its state goes. */
void guard_inside_gone(void);

#endif /* XSRTP_GUARD_INSIDE_H */
