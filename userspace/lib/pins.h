/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard's maps in the BPF file system, so that its state outlives its program too: a
 * device that goes and comes back, a program that somebody took off it.
 *
 *   /sys/fs/bpf/xsrtp/netns-COOKIE/guard_state, ...
 *   /sys/fs/bpf/xsrtp/netns-COOKIE/next-ID		a map of next.h
 *
 * The kernel gives a network namespace its cookie once (SO_NETNS_COOKIE, Linux 5.14): what
 * is left of a namespace that is gone is never taken for another's, and nothing outlives a
 * reboot. Who calls holds guard_lock().
 */
#ifndef XSRTP_PINS_H
#define XSRTP_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "guard.h"

#define PINS_STRLEN	64	/* of a folder's path */

/* pins_open() - the maps of this namespace; -ENOENT there are none, or not all. */
int pins_open(struct guard_set *g);

/*
 * pins_put() - @g's, in place of what was there. 0, or -errno and then @why, in words:
 * nothing is pinned. Mounts the file system where it is not.
 */
int pins_put(const struct guard_set *g, char *why, size_t why_len);

/* pins_hold() - @g's are pinned, in the folder @path. */
bool pins_hold(const struct guard_set *g, char path[PINS_STRLEN]);

/* pins_remove() - this namespace's; false: there were none. */
bool pins_remove(void);

/* pins_next_put() - @map too, until no program uses it; as pins_put(). */
int pins_next_put(int map, char *why, size_t why_len);

/* pins_sweep() - what no program uses any more: of other namespaces, of devices. */
void pins_sweep(void);

#endif /* XSRTP_PINS_H */
