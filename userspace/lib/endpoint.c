// SPDX-License-Identifier: GPL-2.0
/*
 * Endpoints as text. IPv6 addresses stand in brackets (RFC 3986 3.2.2), because
 * without them the port cannot be told from the address. Nothing is looked up:
 * a name is not an endpoint.
 */
#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int refuse(char *err, size_t err_len, const char *fmt, const char *text)
{
	snprintf(err, err_len, fmt, text);
	return -EINVAL;
}

/* Only digits: strtoul() would take blanks, signs and a leading 0x. */
static int parse_port(const char *text, uint16_t *port)
{
	unsigned int v = 0;

	if (!*text || strlen(text) > 5)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (*text - '0');
	}
	if (!v || v > 65535)
		return -EINVAL;
	*port = v;
	return 0;
}

/* Splits "[addr]:port" or "addr:port"; returns the port's text, or NULL. */
static const char *split(const char *text, char *addr, size_t size, bool *bracket)
{
	const char *end;
	size_t len;

	*bracket = *text == '[';
	text += *bracket;
	end = *bracket ? strstr(text, "]:") : strchr(text, ':');
	if (!end)
		return NULL;
	len = end - text;
	if (len >= size)
		return NULL;
	memcpy(addr, text, len);
	addr[len] = 0;
	return end + (*bracket ? 2 : 1);
}

int endpoint_parse(const char *text, struct endpoint *ep, char *err, size_t err_len)
{
	char addr[INET6_ADDRSTRLEN + 1];
	const char *port;
	bool bracket;

	memset(ep, 0, sizeof(*ep));
	port = split(text, addr, sizeof(addr), &bracket);
	/* A second colon outside brackets: IPv6 as people first write it. */
	if (port && !bracket && strchr(port, ':'))
		return refuse(err, err_len,
			      "\"%s\": an IPv6 address is written in brackets, as [2001:db8::1]:4000",
			      text);
	if (!port)
		return refuse(err, err_len,
			      "\"%s\" is not ADDRESS:PORT, as 192.0.2.1:4000 or [2001:db8::1]:4000",
			      text);
	if (inet_pton(bracket ? AF_INET6 : AF_INET, addr, ep->addr) != 1)
		return refuse(err, err_len, bracket ? "\"%s\": not an IPv6 address before the port" :
			      "\"%s\": not an IPv4 address before the port", text);
	if (parse_port(port, &ep->port))
		return refuse(err, err_len, "\"%s\": the port must be 1 to 65535", text);
	ep->family = bracket ? AF_INET6 : AF_INET;
	return 0;
}

const char *endpoint_format(const struct endpoint *ep, char *buf)
{
	char addr[INET6_ADDRSTRLEN];

	if (!ep->family || !inet_ntop(ep->family, ep->addr, addr, sizeof(addr)))
		snprintf(buf, ENDPOINT_STRLEN, "none");
	else
		snprintf(buf, ENDPOINT_STRLEN, ep->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			 addr, ep->port);
	return buf;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	size_t len = a->family == AF_INET6 ? 16 : 4;

	if (a->family != b->family)
		return false;
	return !a->family || (a->port == b->port && !memcmp(a->addr, b->addr, len));
}
