// SPDX-License-Identifier: GPL-2.0
/*
 * The maps of a program, as the kernel tells them: by the program's list of ids.
 * No pins and no files, so nothing can go stale with them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/counters.h"
#include "maps.h"

#define IDS_MAX	32

int map_fail(int error, char *err, size_t err_len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (err && err_len)
		vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return error;
}

int map_explain(int error, const char *kind, char *err, size_t err_len)
{
	if (error == -EPERM || error == -EACCES)
		return map_fail(error, err, err_len, "reading and changing %s programs needs root "
				"(CAP_SYS_ADMIN)", kind);
	if (error == -ESTALE)
		return map_fail(error, err, err_len, "the %s program of another version of xsrtp is "
				"attached in this namespace: detach it, then attach again", kind);
	return map_fail(error, err, err_len, "cannot read the %s programs of this namespace: %s",
			kind, strerror(-error));
}

/* --- a set ------------------------------------------------------------------ */

static bool fits(const struct bpf_map_info *info, const struct map_shape *shape)
{
	return !strcmp(info->name, shape->name) &&
	       (!shape->key_size || info->key_size == shape->key_size) &&
	       (!shape->value_size || info->value_size == shape->value_size) &&
	       (!shape->max_entries || info->max_entries == shape->max_entries);
}

/* Takes @fd if it is one of @shapes, else closes it. */
static void take(struct map_set *s, const struct map_shape *shapes, int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int i = MAPS;

	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		for (i = 0; i < MAPS && !fits(&info, &shapes[i]); i++)
			;
	if (i == MAPS || s->fd[i] >= 0) {
		close(fd);
		return;
	}
	s->fd[i] = fd;
	if (!i)
		s->id = info.id;
}

static bool complete(const struct map_set *s)
{
	int i;

	for (i = 0; i < MAPS; i++)
		if (s->fd[i] < 0)
			return false;
	return true;
}

int map_set_of(int prog, const struct map_shape *shapes, struct map_set *s)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info), ids[IDS_MAX], i;

	*s = (struct map_set){ 0, { -1, -1, -1, -1 } };
	info.nr_map_ids = IDS_MAX;
	info.map_ids = (unsigned long)ids;
	if (bpf_obj_get_info_by_fd(prog, &info, &len))
		return -errno;
	for (i = 0; i < info.nr_map_ids && i < IDS_MAX; i++) {
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd >= 0)
			take(s, shapes, fd);
	}
	if (complete(s))
		return 0;
	map_set_close(s);
	return -ESTALE;
}

void map_set_close(struct map_set *s)
{
	int i;

	for (i = 0; i < MAPS; i++)
		if (s->fd[i] >= 0)
			close(s->fd[i]);
}

/* --- all sets of a namespace ------------------------------------------------ */

void map_sets_take(struct map_sets *ss, const struct map_set *s)
{
	struct map_set known = *s;
	int k;

	for (k = 0; k < ss->n && ss->s[k].id != s->id; k++)
		;
	if (k == ss->n && k < MAP_SETS_MAX)
		ss->s[ss->n++] = *s;
	else
		map_set_close(&known);
}

void map_sets_close(struct map_sets *ss)
{
	while (ss->n)
		map_set_close(&ss->s[--ss->n]);
}

/* --- counters --------------------------------------------------------------- */

static const char *const counter_name[] = {
#define X(sym, name) [XSRTP_COUNTER_##sym] = name,
	XSRTP_COUNTERS(X)
#undef X
	NULL
};

void map_counters_name(struct map_counter *c, size_t max)
{
	size_t i;

	for (i = 0; i < max; i++)
		c[i] = (struct map_counter){
			.name = i < XSRTP_COUNTER_MAX && i + 1 < max ? counter_name[i] : NULL };
}

int map_counters_add(const struct map_set *s, struct map_counter *c)
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	__u64 *v = calloc(cpus > 0 ? cpus : 1, sizeof(*v));
	__u32 i;

	if (!v || cpus <= 0) {
		free(v);
		return -ENOMEM;
	}
	for (i = 0; c[i].name; i++)
		if (!bpf_map_lookup_elem(s->fd[MAPS_COUNTERS], &i, v))
			for (cpu = 0; cpu < cpus; cpu++)
				c[i].packets += v[cpu];
	free(v);
	return 0;
}
