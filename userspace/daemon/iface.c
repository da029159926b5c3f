// SPDX-License-Identifier: GPL-2.0
/*
 * Logical interfaces.
 */
#include "iface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

static bool read_address(const char *s, struct endpoint *ep)
{
	static const uint8_t none[16];

	*ep = (struct endpoint){ .family = strchr(s, ':') ? AF_INET6 : AF_INET };
	return inet_pton(ep->family, s, ep->addr) == 1 && memcmp(ep->addr, none, sizeof(none));
}

struct iface *ifaces_find(struct ifaces *s, struct text name)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (!name.len || text_is(name, s->iface[i].name))
			return &s->iface[i];
	return NULL;
}

const struct iface_addr *iface_addr(const struct iface *i, int family)
{
	const struct iface_addr *a = &i->addr[family == AF_INET6];

	return a->local.family ? a : NULL;
}

static bool has_address(const struct ifaces *s, const struct endpoint *ep)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (endpoint_equal(&s->iface[i].addr[ep->family == AF_INET6].local, ep))
			return true;
	return false;
}

int ifaces_add(struct ifaces *s, const char *text, char *err, size_t err_len)
{
	char name[IFACE_NAME], local[64], advertised[64];
	int n = sscanf(text, "%31[^/]/%63[^!]!%63s", name, local, advertised);
	struct iface_addr a;
	struct iface *i;

	if (n < 2 || !read_address(local, &a.local) ||
	    !read_address(n == 3 ? advertised : local, &a.advertised) ||
	    a.advertised.family != a.local.family) {
		snprintf(err, err_len, "\"%s\" is not NAME/ADDRESS or NAME/ADDRESS!ADVERTISED, with "
			 "addresses of one family", text);
		return -EINVAL;
	}
	i = ifaces_find(s, text_of(name));
	if (!i && s->n == IFACES) {
		snprintf(err, err_len, "more than %d interfaces", IFACES);
		return -EINVAL;
	}
	if (i && iface_addr(i, a.local.family)) {
		snprintf(err, err_len, "interface %s has two addresses of one family", name);
		return -EINVAL;
	}
	/* Each has ports of its own: two at one address would give the same. */
	if (has_address(s, &a.local)) {
		snprintf(err, err_len, "\"%s\": another interface has this address", text);
		return -EINVAL;
	}
	if (!i) {
		i = &s->iface[s->n++];
		memcpy(i->name, name, sizeof(name));
	}
	i->addr[a.local.family == AF_INET6] = a;
	return 0;
}
