/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program behind the guard: one that the device had before, any XDP program. What the
 * guard passes goes on to it by a tail call, as if the guard were not there; what the guard
 * drops it does not see. It is called by nothing else and changed in nothing, so it needs
 * no BTF, no source and no loader that cooperates.
 *
 * libxdp's dispatcher does the same with freplace programs (Linux 5.10, BTF of the kernel,
 * CAP_PERFMON), for programs that are loaded anew through it. It can be the one behind.
 */
#ifndef XSRTP_NEXT_H
#define XSRTP_NEXT_H

#include <linux/bpf.h>
#include <stddef.h>

#define NEXT_NAME_LEN	BPF_OBJ_NAME_LEN

/* next_id() - of the program behind the guard @prog; 0: none. */
__u32 next_id(int prog);
/* next_name() - of program @id; "" where it has none. */
void next_name(__u32 id, char name[NEXT_NAME_LEN]);

/*
 * next_attach_type() - what the guard must be loaded for, that program @id may come behind
 * it; -EBUSY and in @err why none can.
 */
int next_attach_type(__u32 id, char *err, size_t err_len);

/* next_put() - @id behind the guard @prog, which is on no device yet. */
int next_put(int prog, __u32 id, char *err, size_t err_len);

#endif /* XSRTP_NEXT_H */
