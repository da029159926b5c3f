/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection to the module: one generic netlink socket in the network
 * namespace of the caller, one request at a time, and for each refusal one
 * sentence with the kernel's own words and the attribute they are about.
 */
#ifndef XSRTP_NL_H
#define XSRTP_NL_H

#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct nlmsghdr;
struct xnl;

/* xnl_open() - NULL with a sentence in @err, also when the module is missing. */
struct xnl *xnl_open(char *err, size_t err_len);
void xnl_close(struct xnl *x);

/* xnl_error() - the sentence that goes with the last error. */
const char *xnl_error(const struct xnl *x);

/* xnl_request() - an empty request; NULL out of memory. @flags: NLM_F_DUMP or 0. */
struct nl_msg *xnl_request(struct xnl *x, uint8_t cmd, int flags);

/*
 * xnl_send() - send @msg, call @reply for each answer, wait for the end
 *
 * @msg is wiped and freed, it may hold keys. @reply returns 0, or -errno, which
 * is kept for the end: the answers that follow are read and ignored.
 *
 * Returns 0; or -errno, xnl_error() says more.
 */
int xnl_send(struct xnl *x, struct nl_msg *msg,
	     int (*reply)(struct nlmsghdr *h, void *arg), void *arg);

/* xnl_drop() - wipe and free a request that is not sent. Returns -EMSGSIZE. */
int xnl_drop(struct xnl *x, struct nl_msg *msg);

/*
 * xnl_listen() - call @event for each message of the multicast group @group
 *
 * Returns when @event returns other than 0, with that; or -errno. -ENOBUFS:
 * the kernel had more to say than the socket's buffer held; call again.
 */
int xnl_listen(struct xnl *x, const char *group,
	       int (*event)(struct nlmsghdr *h, void *arg), void *arg);

/* xnl_tick() - xnl_listen() calls @tick too, at least every @ms, until that is not 0. */
void xnl_tick(struct xnl *x, int (*tick)(void), int ms);

#endif /* XSRTP_NL_H */
