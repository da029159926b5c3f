/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Roles: which requests who asks may make. Of a Unix socket by the user and groups that the
 * kernel saw when it was connected (SO_PEERCRED, SO_PEERGROUPS; unix(7)); nobody can be
 * told by UDP and TCP.
 */
#ifndef XSRTPD_ROLE_H
#define XSRTPD_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Each may what those before it may. */
enum role { ROLE_NONE, ROLE_LOOK, ROLE_OPERATE };

struct roles {
	bool has[ROLE_OPERATE + 1];	/* none: everybody may everything */
	gid_t group[ROLE_OPERATE + 1];
};

/* roles_set() - the group of @role, by name or number. -ENOENT with a sentence in @err. */
int roles_set(struct roles *r, enum role role, const char *group, char *err, size_t err_len);

bool roles_any(const struct roles *r);

/* roles_of() - who is at the other end of @fd; < 0: nobody that can be told. */
enum role roles_of(const struct roles *r, int fd);

const char *role_name(enum role role);

#endif /* XSRTPD_ROLE_H */
