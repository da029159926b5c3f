/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a program in the guest tells the plugin where to count: by executing a no-op
 * with a displacement that no compiler writes. Elsewhere it does nothing.
 */
#ifndef XSRTP_MARK_H
#define XSRTP_MARK_H

#define MARK_LEN	8
#define MARK_START	"\x0f\x1f\x84\x00" "STRT"	/* nopl 0x54525453(%rax,%rax,1) */
#define MARK_STOP	"\x0f\x1f\x84\x00" "STOP"

#define mark_start()	asm volatile(".byte 0x0f,0x1f,0x84,0x00\n\t.ascii \"STRT\"" ::: "memory")
#define mark_stop()	asm volatile(".byte 0x0f,0x1f,0x84,0x00\n\t.ascii \"STOP\"" ::: "memory")

#endif /* XSRTP_MARK_H */
