// SPDX-License-Identifier: GPL-2.0
/*
 * The print layer. The state is what JSON needs to know: how deep it is, what
 * closes each level, and whether a comma is due.
 */
#include "out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define DEPTH_MAX	8

static struct {
	bool json;
	bool pretty;
	unsigned int depth;
	char closes[DEPTH_MAX];
	bool has_member[DEPTH_MAX];
} out;

void out_init(bool json, bool pretty)
{
	out.json = json;
	out.pretty = pretty;
}

bool out_is_json(void)
{
	return out.json;
}

static void new_line(void)
{
	if (out.pretty)
		printf("\n%*s", 4 * out.depth, "");
}

/* RFC 8259 section 7: quote, backslash and control characters are escaped. */
static void quote(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

/* What stands before a value: comma, line, key. */
static void lead(const char *name)
{
	if (out.depth) {
		if (out.has_member[out.depth - 1])
			putchar(',');
		out.has_member[out.depth - 1] = true;
		new_line();
	}
	if (name) {
		quote(name);
		printf(out.pretty ? ": " : ":");
	}
}

static void open_level(const char *name, char opens, char closes)
{
	if (!out.json)
		return;
	lead(name);
	putchar(opens);
	out.closes[out.depth] = closes;
	out.has_member[out.depth] = false;
	out.depth++;
}

void out_object(const char *name)
{
	open_level(name, '{', '}');
}

void out_array(const char *name)
{
	open_level(name, '[', ']');
}

void out_end(void)
{
	if (!out.json)
		return;
	out.depth--;
	if (out.has_member[out.depth])
		new_line();
	putchar(out.closes[out.depth]);
	if (!out.depth)
		putchar('\n');
}

void out_str(const char *name, const char *fmt, const char *value)
{
	if (out.json) {
		lead(name);
		quote(value);
	} else if (!out.json && fmt) {
		printf(fmt, value);
	}
}

void out_u64(const char *name, const char *fmt, uint64_t value)
{
	if (out.json) {
		lead(name);
		printf("%" PRIu64, value);
	} else if (!out.json && fmt) {
		printf(fmt, value);
	}
}

void out_float(const char *name, const char *fmt, double value)
{
	if (out.json && name) {
		lead(name);
		printf("%.3f", value);
	} else if (!out.json && fmt) {
		printf(fmt, value);
	}
}

void out_bool(const char *name, const char *if_true, const char *if_false, bool value)
{
	if (out.json && name) {
		lead(name);
		printf(value ? "true" : "false");
	} else if (!out.json) {
		fputs(value ? if_true : if_false, stdout);
	}
}

void out_text(const char *fmt, ...)
{
	va_list ap;

	if (out.json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

int out_flush(void)
{
	return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}
