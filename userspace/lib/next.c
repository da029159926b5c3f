// SPDX-License-Identifier: GPL-2.0
/*
 * A map of programs is emptied when no process and no pin has it any more, whatever
 * programs use it (kernel/bpf/arraymap.c, prog_array_map_clear()): so it is pinned first,
 * and each device has its own.
 */
#include "next.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "maps.h"
#include "pins.h"

#define MAP		"guard_next"
#define IDS_MAX		32

/* The map of the guard @prog; -ENOENT: it is alone. */
static int map_of(int prog)
{
	struct bpf_prog_info info = {};
	struct bpf_map_info map;
	__u32 len = sizeof(info), ids[IDS_MAX], i;
	int fd;

	info.nr_map_ids = IDS_MAX;
	info.map_ids = (unsigned long)ids;
	if (bpf_obj_get_info_by_fd(prog, &info, &len))
		return -errno;
	for (i = 0; i < info.nr_map_ids && i < IDS_MAX; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		memset(&map, 0, sizeof(map));
		len = sizeof(map);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &len) && !strcmp(map.name, MAP))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

__u32 next_id(int prog)
{
	int map = map_of(prog);
	__u32 zero = 0, id = 0;

	if (map < 0)
		return 0;
	if (bpf_map_lookup_elem(map, &zero, &id))
		id = 0;
	close(map);
	return id;
}

void next_name(__u32 id, char name[NEXT_NAME_LEN])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		memcpy(name, info.name, NEXT_NAME_LEN);
	else
		name[0] = 0;
	if (fd >= 0)
		close(fd);
}

/* The least program there is, loaded for @type. */
static int pass_load(enum bpf_attach_type type)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = type);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, &o);
}

/* All that are in one map have to be alike, and the first says how. */
static bool go_together(enum bpf_attach_type type, int prog)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "probe", sizeof(__u32), sizeof(__u32), 1,
				 NULL);
	int first = pass_load(type);
	__u32 zero = 0;
	bool ok = map >= 0 && first >= 0 && !bpf_map_update_elem(map, &zero, &first, BPF_ANY) &&
		  !bpf_map_update_elem(map, &zero, &prog, BPF_ANY);

	if (map >= 0)
		close(map);
	if (first >= 0)
		close(first);
	return ok;
}

int next_attach_type(__u32 id, char *err, size_t err_len)
{
	/* Loaders older than BPF_XDP say nothing, which is 0. */
	static const enum bpf_attach_type types[] = { BPF_XDP, 0 };
	int prog = bpf_prog_get_fd_by_id(id), i, ret = -EBUSY;

	if (prog < 0)
		return map_fail(-errno, err, err_len, "cannot open it: %s", strerror(errno));
	for (i = 0; i < 2 && ret < 0; i++)
		if (go_together(types[i], prog))
			ret = types[i];
	close(prog);
	return ret >= 0 ? ret : map_fail(ret, err, err_len, "the kernel does not take both behind each "
					 "other: one for packets in fragments (xdp.frags) or for "
					 "one device's hardware must be alone");
}

int next_put(int prog, __u32 id, char *err, size_t err_len)
{
	int map = map_of(prog), next = bpf_prog_get_fd_by_id(id), ret = 0;
	__u32 zero = 0;

	if (map < 0 || next < 0 || bpf_map_update_elem(map, &zero, &next, BPF_ANY))
		ret = map_fail(-errno, err, err_len, "%s", strerror(errno));
	else
		ret = pins_next_put(map, err, err_len);
	if (map >= 0)
		close(map);
	if (next >= 0)
		close(next);
	return ret;
}
