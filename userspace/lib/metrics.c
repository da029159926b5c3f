// SPDX-License-Identifier: GPL-2.0
/*
 * Writing the document of metrics. Where the two formats differ: OpenMetrics names a
 * counter without "_total", says units, has types for infos and for histograms of what
 * can become less, and ends with "# EOF".
 */
#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

enum type { COUNTER, GAUGE, INFO, HISTOGRAM };

static const struct family {
	const char *name, *unit, *help;
	enum type type;
} families[] = {
#define X(sym, type, name, unit, help) [METRIC_##sym] = { name, unit, help, type },
	METRICS_OF_HOST(X)
	METRICS_OF_DAEMON(X)
#undef X
};

const char *metrics_type(bool openmetrics)
{
	return openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
			     "text/plain; version=0.0.4; charset=utf-8";
}

/* What a sample's name has behind the family's. */
static const char *suffix(enum type type)
{
	return type == COUNTER ? "_total" : type == INFO ? "_info" : "";
}

void metrics_family(const struct metrics *m, enum metric f)
{
	static const char *const types[2][4] = { { "counter", "gauge", "gauge", "histogram" },
						 { "counter", "gauge", "info", "gaugehistogram" } };
	const struct family *k = &families[f];
	const char *end = m->openmetrics ? "" : suffix(k->type);

	fprintf(m->to, "# TYPE %s%s %s\n", k->name, end, types[m->openmetrics][k->type]);
	if (m->openmetrics && *k->unit)
		fprintf(m->to, "# UNIT %s %s\n", k->name, k->unit);
	fprintf(m->to, "# HELP %s%s %s\n", k->name, end, k->help);
}

/* Backslash, quote and line end; both formats have the same three. */
static void put_value(FILE *to, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			fputs("\\n", to);
		else if (*s == '\\' || *s == '"')
			fprintf(to, "\\%c", *s);
		else
			fputc(*s, to);
	}
}

static void put_name(const struct metrics *m, enum metric f, va_list labels)
{
	const struct family *k = &families[f];
	const char *name, *before = "{";

	fprintf(m->to, "%s%s", k->name, suffix(k->type));
	while ((name = va_arg(labels, const char *))) {
		fprintf(m->to, "%s%s=\"", before, name);
		put_value(m->to, va_arg(labels, const char *));
		fputc('"', m->to);
		before = ",";
	}
	fputs(*before == ',' ? "} " : " ", m->to);
}

void metrics_count(const struct metrics *m, enum metric f, uint64_t v, ...)
{
	va_list ap;

	va_start(ap, v);
	put_name(m, f, ap);
	va_end(ap);
	fprintf(m->to, "%" PRIu64 "\n", v);
}

void metrics_number(const struct metrics *m, enum metric f, double v, ...)
{
	va_list ap;

	va_start(ap, v);
	put_name(m, f, ap);
	va_end(ap);
	fprintf(m->to, "%.15g\n", v);
}

void metrics_ages(const struct metrics *m, enum metric f, const double *bound, const uint64_t *within,
		  size_t n, uint64_t all, double sum)
{
	const char *name = families[f].name, *g = m->openmetrics ? "g" : "";
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(m->to, "%s_bucket{le=\"%.1f\"} %" PRIu64 "\n", name, bound[i], within[i]);
	fprintf(m->to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, all);
	fprintf(m->to, "%s_%ssum %.15g\n", name, g, sum);
	fprintf(m->to, "%s_%scount %" PRIu64 "\n", name, g, all);
}

int metrics_end(const struct metrics *m)
{
	if (m->openmetrics)
		fputs("# EOF\n", m->to);
	return fflush(m->to) || ferror(m->to) ? -EIO : 0;
}
