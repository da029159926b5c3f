/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tc egress program on the devices of this network namespace: attach, detach,
 * and its table of what local sockets send and the module must encrypt.
 *
 * As with ingress.h no state lives in a process or a file, and all programs of a
 * namespace share one set of maps.
 */
#ifndef XSRTP_EGRESS_H
#define XSRTP_EGRESS_H

#include "endpoint.h"
#include "maps.h"

/* Media on its way out: from a local socket to its peer. */
struct sender {
	struct endpoint local;
	struct endpoint remote;
};

/*
 * egress_attach() - put the program on @ifname, redirecting to @xsrtp_ifname
 * @senders, @n: what to start with
 *
 * A program of ours that is there already gets the device and the senders too.
 * 0, or -errno with a sentence in @err.
 */
int egress_attach(const char *ifname, const char *xsrtp_ifname, const struct sender *senders,
		  size_t n, char *err, size_t err_len);

/*
 * egress_detach() - 0; -ENOENT ours is not there; -errno. The clsact qdisc goes
 * too if no other filter is left in it.
 */
int egress_detach(const char *ifname, char *err, size_t err_len);

/* egress_attached() - 1, 0 or -errno. NULL: to any device? */
int egress_attached(const char *ifname);

/*
 * egress_add(), egress_del() - one sender. egress_sync() - exactly these. 0, also
 * when nothing is attached and when there is nothing to change; -errno with a
 * sentence in @err.
 */
int egress_add(const struct sender *sender, char *err, size_t err_len);
int egress_del(const struct sender *sender, char *err, size_t err_len);
int egress_sync(const struct sender *senders, size_t n, char *err, size_t err_len);

/* egress_stats() - as ingress_stats(). */
int egress_stats(struct map_counter *c, size_t max);

#endif /* XSRTP_EGRESS_H */
