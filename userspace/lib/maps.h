/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The maps of our BPF programs. All programs of one kind and one network namespace
 * share one set of them, which lives as long as a device has the program; two
 * first attaches at the same moment may make two sets. So nothing depends on there
 * being one: what is added goes to every set, counters are summed.
 */
#ifndef XSRTP_MAPS_H
#define XSRTP_MAPS_H

#include <stddef.h>
#include <stdint.h>

#define MAPS		4	/* in a set: what a caller keeps where is its own affair, but: */
#define MAPS_COUNTERS	3	/* the last is per CPU, by enum xsrtp_counter */
#define MAP_SETS_MAX	8

/* By what a map is known as ours, of this version. A size of 0: any. */
struct map_shape {
	const char *name;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
};

struct map_set {
	uint32_t id;		/* of the first map: tells sets apart; 0: not asked */
	int fd[MAPS];
};

struct map_sets {
	struct map_set s[MAP_SETS_MAX];
	int n;
};

/*
 * map_set_of() - the maps that the program @prog uses, of MAPS shapes
 *
 * 0 and the caller closes @s; -ESTALE it has others, it is from another version of
 * ours; -errno.
 */
int map_set_of(int prog, const struct map_shape *shapes, struct map_set *s);
void map_set_close(struct map_set *s);

/* map_sets_take() - @s is @ss's now, or closed, where it has it or is full. */
void map_sets_take(struct map_sets *ss, const struct map_set *s);
void map_sets_close(struct map_sets *ss);

/* Packets by what became of them. A list of these ends with a NULL name. */
struct map_counter {
	const char *name;	/* "redirected", "passed-not-udp", "dropped-fragment", ... */
	uint64_t packets;
};

/* map_counters_name() - up to @max - 1 names and the NULL, nothing counted yet; @max > 0 */
void map_counters_name(struct map_counter *c, size_t max);

/* map_counters_add() - what the set has counted, on all CPUs. 0 or -ENOMEM. */
int map_counters_add(const struct map_set *s, struct map_counter *c);

/* map_fail() - a sentence into @err (NULL: not wanted). Returns @error. */
__attribute__((format(printf, 4, 5)))
int map_fail(int error, char *err, size_t err_len, const char *fmt, ...);

/* map_explain() - why the maps of the @kind ("XDP") programs cannot be had. Returns @error. */
int map_explain(int error, const char *kind, char *err, size_t err_len);

#endif /* XSRTP_MAPS_H */
