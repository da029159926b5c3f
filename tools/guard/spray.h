/* SPDX-License-Identifier: GPL-2.0 */
/* What tools/guard/spray.bpf.c makes of a frame before the program under test has it. */
#ifndef SPRAY_H
#define SPRAY_H

#include <linux/types.h>

struct spray {
	__u64 n;		/* packets so far */
	__u64 random;
	__u32 entries;		/* sources, or flows */
	__u32 seq_shift;	/* sequence number: n >> this */
	__u32 addr;		/* of the first, host byte order; 0: the frame's own */
	__u16 port;		/* local, of the first */
	__u16 port_shift;	/* port: + entry >> this */
};

#endif /* SPRAY_H */
