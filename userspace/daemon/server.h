/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control sockets: UDP, TCP and Unix streams, and what comes from them. One request
 * at a time; each gets an answer.
 */
#ifndef XSRTPD_SERVER_H
#define XSRTPD_SERVER_H

#include <systemd/sd-event.h>

#include "command.h"
#include "cookies.h"

#define CONNECTIONS	64	/* of TCP, and of Unix */

struct server {
	sd_event *event;
	struct command *command;
	struct cookies *cookies;
	struct roles roles;
	struct doc *doc;	/* of the request */
	unsigned int n_connections[2];	/* Unix, TCP */
	uint64_t n_heard;
	struct connection *connections;
	char *answer;		/* NG_MAX * 2 */
	char *packet;		/* a datagram */
};

/* server_udp(), server_tcp(): "ADDRESS:PORT"; server_unix(): a path. 0 or -errno, @err says. */
int server_udp(struct server *s, const char *where, char *err, size_t err_len);
int server_tcp(struct server *s, const char *where, char *err, size_t err_len);
int server_unix(struct server *s, const char *path, char *err, size_t err_len);

/* server_adopt() - one of those that are open already, which says itself what it is. */
int server_adopt(struct server *s, int fd, char *err, size_t err_len);

void server_close(struct server *s);

#endif /* XSRTPD_SERVER_H */
