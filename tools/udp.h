/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UDP endpoints for the RTP tools: numeric addresses only, so that no test ever
 * asks a name server, and every socket is bound to the address it was given.
 */
#ifndef TOOLS_UDP_H
#define TOOLS_UDP_H

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct udp_addr {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* udp_parse() - "192.0.2.1:4000" or "[2001:db8::1]:4000"; 0 or -EINVAL. */
static inline int udp_parse(const char *text, struct udp_addr *a)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *res;
	char host[64];
	const char *port = strrchr(text, ':');
	size_t n;

	if (!port)
		return -EINVAL;
	n = port++ - text;
	if (text[0] == '[' && n > 2 && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = 0;
	if (getaddrinfo(host, port, &hints, &res))
		return -EINVAL;
	memcpy(&a->sa, res->ai_addr, res->ai_addrlen);
	a->len = res->ai_addrlen;
	freeaddrinfo(res);
	return 0;
}

/* udp_bind() - a socket bound to @a with room for bursts; never fails, exits. */
static inline int udp_bind(const struct udp_addr *a)
{
	int room = 4 << 20;
	int fd = socket(a->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&a->sa, a->len)) {
		fprintf(stderr, "cannot bind: %s\n", strerror(errno));
		exit(2);
	}
	/* Root may go over the system's limit; others get what there is. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

#endif /* TOOLS_UDP_H */
