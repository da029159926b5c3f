// SPDX-License-Identifier: GPL-2.0
/*
 * Pins are files: all of them are there or none counts, and which map is behind one is
 * asked of the kernel, by its id.
 *
 * Memory must not be left behind by namespaces that come and go (containers): a folder
 * whose maps no guard uses is swept by the next attach or detach anywhere. It is no loss
 * but for a namespace that just waits for its device to come back.
 */
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/magic.h>

#include "maps.h"

#define BPFFS		"/sys/fs/bpf"
#define OURS		"/xsrtp"
#define PATH_LEN	(PINS_STRLEN + 16)
#define NEXT		"next-"
#define PROG_MAPS_MAX	32

static bool is_bpffs(const char *path)
{
	struct statfs s;

	return !statfs(path, &s) && s.f_type == BPF_FS_MAGIC;
}

/*
 * ip netns exec gives its process a /sys of its own, and what is pinned in a file system
 * that is mounted there goes with the process. That of the first process stays.
 */
static const char *root(void)
{
	static const char first[] = "/proc/1/root" BPFFS;

	return is_bpffs(first) ? first : BPFFS;
}

static int mount_bpffs(void)
{
	if (is_bpffs(root()))
		return 0;
	return mount("bpf", BPFFS, "bpf", 0, "mode=0700") ? -errno : 0;
}

static int folder_of_this(char path[PINS_STRLEN])
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;
	unsigned long long cookie;
	socklen_t len = sizeof(cookie);

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		ret = -errno;
	close(fd);
	if (!ret)
		snprintf(path, PINS_STRLEN, "%s" OURS "/netns-%llu", root(), cookie);
	return ret;
}

static __u32 map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.id : 0;
}

static int pin_open(const char *folder, enum guard_map i)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", folder, guard_map_name(i));
	return bpf_obj_get(path);
}

/* --- of this namespace --------------------------------------------------------------- */

int pins_open(struct guard_set *g)
{
	char folder[PINS_STRLEN];
	int ret = folder_of_this(folder), i;

	memset(g->fd, -1, sizeof(g->fd));
	for (i = 0; !ret && i < GUARD_MAPS; i++) {
		g->fd[i] = pin_open(folder, i);
		if (g->fd[i] < 0)
			ret = -ENOENT;
	}
	if (ret)
		guard_close(g);
	return ret;
}

bool pins_hold(const struct guard_set *g, char path[PINS_STRLEN])
{
	struct guard_set pinned;
	bool same = true;
	int i;

	if (folder_of_this(path) || pins_open(&pinned))
		return false;
	for (i = 0; i < GUARD_MAPS; i++)
		same &= map_id(pinned.fd[i]) == map_id(g->fd[i]);
	guard_close(&pinned);
	return same;
}

static bool folder_remove(const char *folder)
{
	char path[PATH_LEN];
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%.15s", folder, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	return !rmdir(folder);
}

/* Stays where another namespace has its own in it. */
static void parent_remove(void)
{
	char path[PINS_STRLEN];

	snprintf(path, sizeof(path), "%s" OURS, root());
	rmdir(path);
}

static int folder_fill(const struct guard_set *g, const char *folder)
{
	char path[PATH_LEN];
	int i;

	for (i = 0; i < GUARD_MAPS; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, guard_map_name(i));
		if (unlink(path) && errno != ENOENT)
			return -errno;
		if (bpf_obj_pin(g->fd[i], path))
			return -errno;
	}
	return 0;
}

static int folder_make(const char *folder)
{
	char parent[PINS_STRLEN];

	snprintf(parent, sizeof(parent), "%s" OURS, root());
	if (mkdir(parent, 0700) && errno != EEXIST)
		return -errno;
	return mkdir(folder, 0700) && errno != EEXIST ? -errno : 0;
}

int pins_put(const struct guard_set *g, char *why, size_t why_len)
{
	char folder[PINS_STRLEN] = BPFFS;
	int ret = mount_bpffs();

	ret = ret ?: folder_of_this(folder);
	if (!ret && pins_hold(g, folder))
		return 0;
	ret = ret ?: folder_make(folder);
	if (!ret) {
		ret = folder_fill(g, folder);
		if (ret)
			folder_remove(folder);
	}
	return ret ? map_fail(ret, why, why_len, "%s: %s", folder, strerror(-ret)) : 0;
}

bool pins_remove(void)
{
	char folder[PINS_STRLEN];
	bool was = !folder_of_this(folder) && folder_remove(folder);

	parent_remove();
	return was;
}

int pins_next_put(int map, char *why, size_t why_len)
{
	char folder[PINS_STRLEN] = BPFFS, path[PATH_LEN];
	int ret = mount_bpffs();

	ret = ret ?: folder_of_this(folder);
	ret = ret ?: folder_make(folder);
	snprintf(path, sizeof(path), "%s/" NEXT "%u", folder, map_id(map));
	if (!ret && bpf_obj_pin(map, path))
		ret = -errno;
	return ret ? map_fail(ret, why, why_len, "%s: %s", path, strerror(-ret)) : 0;
}

/* --- of others ----------------------------------------------------------------------- */

static bool prog_has_map(__u32 prog_id, __u32 id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info), ids[PROG_MAPS_MAX], i;
	int prog = bpf_prog_get_fd_by_id(prog_id);
	bool has = false;

	info.nr_map_ids = PROG_MAPS_MAX;
	info.map_ids = (unsigned long)ids;
	if (prog >= 0 && !bpf_obj_get_info_by_fd(prog, &info, &len))
		for (i = 0; i < info.nr_map_ids && i < PROG_MAPS_MAX; i++)
			has |= ids[i] == id;
	if (prog >= 0)
		close(prog);
	return has;
}

static bool map_in_use(__u32 id)
{
	__u32 prog = 0;

	while (!bpf_prog_get_next_id(prog, &prog))
		if (prog_has_map(prog, id))
			return true;
	return false;
}

static bool pin_in_use(const char *path, bool *is_pin)
{
	int fd = bpf_obj_get(path);
	__u32 id = map_id(fd);

	if (fd >= 0)
		close(fd);
	*is_pin = id;
	return id && map_in_use(id);
}

/* Of this namespace: of devices that are gone, or that have another guard now. */
static void next_sweep(const char *folder)
{
	char path[PATH_LEN];
	DIR *d = opendir(folder);
	struct dirent *e;
	bool is_pin;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%.15s", folder, e->d_name);
		if (!strncmp(e->d_name, NEXT, strlen(NEXT)) && !pin_in_use(path, &is_pin) && is_pin)
			unlink(path);
	}
	if (d)
		closedir(d);
	/* Where nothing else is in it: a guard that was refused. */
	rmdir(folder);
}

/* A folder without a state is being filled, by a process that is at it. */
static void folder_sweep(const char *folder)
{
	char path[PATH_LEN];
	bool is_pin;

	snprintf(path, sizeof(path), "%s/%s", folder, guard_map_name(GUARD_STATE));
	if (!pin_in_use(path, &is_pin) && is_pin)
		folder_remove(folder);
}

void pins_sweep(void)
{
	char path[PINS_STRLEN], own[PINS_STRLEN] = "";
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s" OURS, root());
	d = folder_of_this(own) ? NULL : opendir(path);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s" OURS "/%.26s", root(), e->d_name);
		if (!strncmp(e->d_name, "netns-", 6) && strcmp(path, own))
			folder_sweep(path);
	}
	if (d)
		closedir(d);
	next_sweep(own);
	parent_remove();
}
