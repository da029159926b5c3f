// SPDX-License-Identifier: GPL-2.0
/*
 * Roles. Root may everything, and so may xsrtpd's own user: they could do it without asking.
 */
#include "role.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "text.h"

int roles_set(struct roles *r, enum role role, const char *group, char *err, size_t err_len)
{
	const struct group *g = getgrnam(group);
	uint64_t gid;

	if (!g && !text_number(text_of(group), UINT32_MAX - 1, &gid)) {
		snprintf(err, err_len, "there is no group \"%s\": groupadd --system %s", group, group);
		return -ENOENT;
	}
	r->group[role] = g ? g->gr_gid : gid;
	r->has[role] = true;
	return 0;
}

bool roles_any(const struct roles *r)
{
	return r->has[ROLE_LOOK] || r->has[ROLE_OPERATE];
}

static enum role of_group(const struct roles *r, gid_t gid)
{
	if (r->has[ROLE_OPERATE] && gid == r->group[ROLE_OPERATE])
		return ROLE_OPERATE;
	return r->has[ROLE_LOOK] && gid == r->group[ROLE_LOOK] ? ROLE_LOOK : ROLE_NONE;
}

/* The most that any of his groups may. Whose groups cannot be read has those of none. */
static enum role of_groups(const struct roles *r, int fd)
{
	enum role best = ROLE_NONE, one;
	socklen_t len = 0, i;
	gid_t *groups;

	if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) || errno != ERANGE)
		return best;
	groups = malloc(len);
	if (groups && !getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		for (i = 0; i < len / sizeof(*groups); i++) {
			one = of_group(r, groups[i]);
			best = one > best ? one : best;
		}
	free(groups);
	return best;
}

enum role roles_of(const struct roles *r, int fd)
{
	struct ucred u;
	socklen_t len = sizeof(u);
	enum role by_group, by_groups;

	if (!roles_any(r))
		return ROLE_OPERATE;
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len))
		return ROLE_NONE;
	if (!u.uid || u.uid == geteuid())
		return ROLE_OPERATE;
	by_group = of_group(r, u.gid);
	by_groups = of_groups(r, fd);
	return by_group > by_groups ? by_group : by_groups;
}

const char *role_name(enum role role)
{
	static const char *const names[] = { "none", "look", "operate" };

	return names[role];
}
