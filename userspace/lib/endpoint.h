/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An endpoint: IP address and UDP port, as the operator writes it
 * ("192.0.2.1:4000", "[2001:db8::1]:4000") and as the kernel takes it.
 */
#ifndef XSRTP_ENDPOINT_H
#define XSRTP_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint {
	uint8_t family;		/* AF_INET, AF_INET6; 0: none */
	uint8_t addr[16];	/* network byte order; IPv4: the first 4, then zero */
	uint16_t port;		/* host byte order */
};

#define ENDPOINT_STRLEN	64

/* endpoint_parse() - 0, or -EINVAL with a sentence for people in @err. */
int endpoint_parse(const char *text, struct endpoint *ep, char *err, size_t err_len);

/* endpoint_format() - writes at most ENDPOINT_STRLEN bytes to @buf, returns @buf. */
const char *endpoint_format(const struct endpoint *ep, char *buf);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

#endif /* XSRTP_ENDPOINT_H */
