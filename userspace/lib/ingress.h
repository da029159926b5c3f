/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The XDP program on the devices of this network namespace: attach, detach,
 * and its table of local endpoints ("ports") whose media goes to the module.
 *
 * No state lives in a process or a file: the programs attached to devices are
 * found by asking the kernel, and all that belong to one namespace share one
 * set of maps.
 */
#ifndef XSRTP_INGRESS_H
#define XSRTP_INGRESS_H

#include <stdbool.h>

#include "endpoint.h"
#include "maps.h"

enum ingress_mode {
	INGRESS_AUTO,		/* native, or generic where the driver cannot */
	INGRESS_NATIVE,
	INGRESS_GENERIC,
};

/*
 * How the module gets its packets: with frames redirected to its device, or inline. Each
 * is a program of its own.
 */
enum ingress_door {
	INGRESS_DEVICE,
	INGRESS_KFUNC,		/* where the kernel has it, else the device */
	INGRESS_GUARD,		/* the device, and the guard in front (guard.h) */
	INGRESS_DOORS
};

struct ingress_info {
	char ifname[16];
	enum ingress_mode mode;		/* what it got: NATIVE or GENERIC */
	enum ingress_door door;		/* what it got */
	char why_door[256];		/* KFUNC and got DEVICE: why. GUARD: why its state is not
					 * pinned. Else empty */
	char why[256];			/* AUTO and got GENERIC: why; else empty */
	uint32_t prog_id;
};

/*
 * ingress_attach() - put the program on @ifname, redirecting to @xsrtp_ifname
 * @flows, @n: the local endpoints of all flows, to start with
 *
 * Returns 0; -EBUSY another XDP program is there; -EEXIST ours is; or another
 * -errno, with a sentence in @err.
 */
int ingress_attach(const char *ifname, const char *xsrtp_ifname, enum ingress_mode mode,
		   const struct endpoint *flows, size_t n, struct ingress_info *info,
		   char *err, size_t err_len);

/*
 * ingress_attach_by() - the same, by the door that is asked for (else the device's)
 *
 * With the guard where the program is there without: the one takes over from the other
 * between two packets, and it is 0.
 */
int ingress_attach_by(const char *ifname, const char *xsrtp_ifname, enum ingress_mode mode,
		      enum ingress_door door, const struct endpoint *flows, size_t n,
		      struct ingress_info *info, char *err, size_t err_len);

/* ingress_detach() - 0; -ENOENT ours is not there; -errno. */
int ingress_detach(const char *ifname, char *err, size_t err_len);

/* ingress_list() - up to @max attached devices of this namespace; how many, or -errno. */
int ingress_list(struct ingress_info *info, size_t max);

/*
 * ingress_add(), ingress_del() - one endpoint, in the maps of this namespace.
 * 0, also when nothing is attached; -errno with a sentence in @err. Adding what
 * is there and deleting what is not are no errors.
 */
int ingress_add(const struct endpoint *ep, char *err, size_t err_len);
int ingress_del(const struct endpoint *ep, char *err, size_t err_len);

/* A local endpoint, and whose media it waits for (ports_await()). */
struct ingress_awaited {
	struct endpoint local;
	struct endpoint far;
	bool tag;
};

/* ingress_await() - of @n endpoints that are there; one that is not is no error. */
int ingress_await(const struct ingress_awaited *a, size_t n, char *err, size_t err_len);

/* ingress_sync() - make the maps hold exactly @flows. */
int ingress_sync(const struct endpoint *flows, size_t n, char *err, size_t err_len);

/* ingress_stats() - what became of packets, on all CPUs; up to @max - 1. 0 or -errno. */
int ingress_stats(struct map_counter *c, size_t max);

#endif /* XSRTP_INGRESS_H */
