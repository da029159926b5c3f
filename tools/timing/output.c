// SPDX-License-Identifier: GPL-2.0
/*
 * The table on the terminal, and the same as JSON, one object a line.
 */
#include <stdlib.h>
#include <string.h>

#include "timing.h"

const char *const op_names[OPS] = { "protect", "unprotect", "forged" };

void print_head(void)
{
	unsigned int i;

	printf("\n%-24s %-9s %4s %5s %8s", "suite", "op", "size", "burst", "sessions");
	for (i = 0; i < system_count; i++)
		printf(" %9.9s", strncmp(systems[i].name, "xsrtp/", 6) ? systems[i].name :
								    systems[i].name + 5);
	printf("\n");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void print_row(FILE *json, const struct row *row, unsigned int samples)
{
	unsigned int i;

	printf("%-24s %-9s %4u %5u %8u", suite->name, op_names[row->op], row->bytes, row->burst,
	       row->sessions);
	for (i = 0; i < system_count; i++) {
		struct system *s = &systems[i];

		if (!s->state || s->broken) {
			printf(" %9s", "-");
			continue;
		}
		qsort(s->ns, samples, sizeof(double), compare);
		printf(" %9.1f", s->ns[samples / 2]);
		fprintf(json, "{\"bench\":\"core\",\"impl\":\"%s\",\"suite\":\"%s\",\"op\":\"%s\","
			"\"bytes\":%u,\"burst\":%u,\"sessions\":%u,\"ns_median\":%.1f,"
			"\"ns_p10\":%.1f,\"rounds\":%u}\n", s->name, suite->name,
			op_names[row->op], row->bytes, row->burst, row->sessions,
			s->ns[samples / 2], s->ns[samples / 10], samples);
	}
	printf("\n");
	fflush(stdout);
	fflush(json);
}
