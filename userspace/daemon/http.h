/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HTTP for collectors and probes: GET and HEAD of /metrics and /healthz, and nothing else.
 * In the event loop like all other sockets; libmicrohttpd has the protocol.
 */
#ifndef XSRTPD_HTTP_H
#define XSRTPD_HTTP_H

#include <systemd/sd-event.h>

#include "scrape.h"

struct http;

/* http_open() - @where: "ADDRESS:PORT", or the path of a Unix socket. NULL with a sentence in @err. */
struct http *http_open(sd_event *event, const char *where, struct scrape *scrape, char *err, size_t err_len);

/* http_close() - NULL: there is none. */
void http_close(struct http *h);

/*
 * http_wants_openmetrics() - by the request's Accept header (RFC 9110 12.5.1); NULL: none
 *
 * OpenMetrics if it is asked for by name, and not less than plain text is.
 */
bool http_wants_openmetrics(const char *accept);

#endif /* XSRTPD_HTTP_H */
