// SPDX-License-Identifier: GPL-2.0
/*
 * The guard inside the XDP program of the fast path: where its state comes from, and
 * where it stays.
 */
#include "guard_inside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "maps.h"
#include "pins.h"

void guard_inside_init(struct guard_inside *gi)
{
	memset(gi->maps.fd, -1, sizeof(gi->maps.fd));
	gi->kept = false;
}

int guard_inside_open(struct guard_inside *gi, struct bpf_object *o, char *err, size_t err_len)
{
	char why[100];
	int ret = guard_state_open(&gi->maps, why, sizeof(why)), i;

	gi->kept = !ret;
	if (ret && ret != -ENOENT && ret != -ESTALE)
		return map_explain(ret, "XDP", err, err_len);
	for (i = 0, ret = 0; gi->kept && !ret && i < GUARD_MAPS; i++)
		ret = bpf_map__reuse_fd(bpf_object__find_map_by_name(o, guard_map_name(i)),
					gi->maps.fd[i]);
	return ret ? map_fail(ret, err, err_len, "cannot use the guard's state: %s",
			      strerror(-ret)) : 0;
}

int guard_inside_start(struct guard_inside *gi, int prog, char *err, size_t err_len)
{
	int ret;

	if (gi->kept)
		return 0;
	ret = guard_of(prog, &gi->maps);
	return ret ? map_explain(ret, "XDP", err, err_len) :
		     guard_start(&gi->maps, NULL, err, err_len);
}

void guard_inside_put(struct guard_inside *gi, bool attached, char *why, size_t why_len)
{
	if (attached)
		pins_put(&gi->maps, why, why_len);
	guard_close(&gi->maps);
	pins_sweep();
}

void guard_inside_gone(void)
{
	int lock = guard_lock(NULL, 0);
	struct ingress_info left;

	if (lock < 0)
		return;
	if (!guard_list(&left, 1))
		pins_remove();
	pins_sweep();
	close(lock);
}
