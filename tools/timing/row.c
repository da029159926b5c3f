// SPDX-License-Identifier: GPL-2.0
/*
 * One row of the table: all systems on the same packets, in turn.
 */
#include <string.h>
#include <time.h>

#include "timing.h"

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static double time_set(struct system *s, const struct row *row, const struct item *master)
{
	struct item it[BURST];
	uint64_t start;
	double ns;
	unsigned int i;

	copy_round(it, master);
	start = now_ns();
	s->run(s->state, row->op, it, row->burst);
	ns = (now_ns() - start) / (double)BURST;
	for (i = 0; row->op != PROTECT && i < BURST; i++)
		if (it[i].accepted != (row->op == UNPROTECT))
			s->broken = true;
	return ns;
}

/* Does the system make of the round what the reference makes of it? */
static void check_system(struct system *s, const struct row *row, const struct item *master,
			 const struct item *want)
{
	struct item it[BURST];
	unsigned int i;

	copy_round(it, master);
	s->run(s->state, row->op, it, row->burst);
	for (i = 0; i < BURST; i++)
		if (row->op == PROTECT ? memcmp(it[i].data, want[i].data,
						it[i].len + suite->tag_len) != 0 :
					 it[i].accepted != (row->op == UNPROTECT))
			s->broken = true;
	if (s->broken)
		fprintf(stderr, "bench-core: %s is wrong: %s %s %u bytes\n", s->name,
			suite->name, op_names[row->op], row->bytes);
}

static uint8_t master[SETS][BURST * ROOM];
static struct item items[SETS][BURST];

/* All systems on the first set, which is then used up. */
static void check_row(const struct row *row)
{
	static uint8_t wanted[BURST * ROOM];
	struct item want[BURST];
	unsigned int i;

	make_round(items[0], master[0], row);
	if (row->op == PROTECT) {
		copy_round(want, items[0]);
		memcpy(wanted, want[0].data, sizeof(wanted));
		for (i = 0; i < BURST; i++)
			want[i].data = wanted + i * ROOM;
		reference_protect(want);
	}
	for (i = 0; i < system_count; i++)
		if (systems[i].state && !systems[i].broken)
			check_system(&systems[i], row, items[0], want);
}

void begin_sessions(uint32_t sessions)
{
	struct row row = { .bytes = 160, .burst = BURST, .sessions = sessions };
	struct item it[BURST];
	unsigned int i;

	for (row.op = PROTECT; row.op <= UNPROTECT; row.op++)
		for (row.begin = 1; row.begin <= sessions; row.begin += BURST) {
			make_round(items[0], master[0], &row);
			for (i = 0; i < system_count; i++) {
				copy_round(it, items[0]);
				if (systems[i].state)
					systems[i].run(systems[i].state, row.op, it, BURST);
			}
		}
}

/* Forged packets move no state, so those of the first round serve all rounds. */
void time_row(FILE *json, const struct row *row, unsigned int rounds)
{
	unsigned int i, r, set, samples = 0;

	check_row(row);
	for (r = 0; r < rounds; r++, samples += SETS - WARM) {
		for (set = 0; set < SETS && (row->op != FORGED || r == 0); set++)
			make_round(items[set], master[set], row);
		for (i = 0; i < system_count; i++) {
			struct system *s = &systems[(i + r) % system_count];

			for (set = 0; set < SETS && s->state && !s->broken; set++) {
				double ns = time_set(s, row, items[set]);

				if (set >= WARM)
					s->ns[samples + set - WARM] = ns;
			}
		}
	}
	print_row(json, row, samples);
}
