// SPDX-License-Identifier: GPL-2.0
/*
 * The argument list, word by word, as ip(8) reads its own. What cannot be read
 * ends the program at once: nothing has been done yet, because every verb reads
 * all of its arguments first.
 */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(const char *fmt, va_list ap)
{
	/* What was printed so far comes before, also when both go to one file. */
	fflush(stdout);
	fputs("xsrtp: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	exit(EXIT_FAILURE);
}

void usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	exit(EXIT_USAGE);
}

const char *args_next(struct args *a)
{
	if (!a->left)
		return NULL;
	a->left--;
	return *a->next++;
}

bool args_match(struct args *a, const char *word)
{
	if (!a->left || strcmp(*a->next, word))
		return false;
	args_next(a);
	return true;
}

const char *args_value(struct args *a, const char *what)
{
	const char *v = args_next(a);

	if (!v)
		usage("%s is missing", what);
	return v;
}

/* Decimal, or hexadecimal behind 0x. */
static bool number(const char *text, uint64_t max, uint64_t *v)
{
	bool hex = text[0] == '0' && text[1] == 'x';
	const char *digits = hex ? text + 2 : text;
	char *end;

	errno = 0;
	*v = strtoull(digits, &end, hex ? 16 : 10);
	return (hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)) &&
	       !*end && !errno && *v <= max;
}

uint32_t args_u32(struct args *a, const char *what)
{
	const char *text = args_value(a, what);
	uint64_t v;

	if (!number(text, UINT32_MAX, &v))
		usage("%s: \"%s\" is not a number", what, text);
	return v;
}

uint64_t args_u64(struct args *a, const char *what)
{
	const char *text = args_value(a, what);
	uint64_t v;

	if (!strncmp(text, "2^", 2) && number(text + 2, 63, &v))
		return 1ULL << v;
	if (!number(text, UINT64_MAX, &v))
		usage("%s: \"%s\" is not a number", what, text);
	return v;
}

struct endpoint args_endpoint(struct args *a, const char *what)
{
	const char *text = args_value(a, what);
	struct endpoint ep;
	char err[256];

	if (endpoint_parse(text, &ep, err, sizeof(err)))
		usage("%s: %s", what, err);
	return ep;
}

struct flow args_flow(struct args *a)
{
	struct endpoint local;
	uint32_t id;

	if (args_match(a, "local")) {
		local = args_endpoint(a, "local");
		return flow_select(0, &local);
	}
	if (!a->left)
		usage("which flow? Its ID, or local ADDRESS:PORT");
	id = args_u32(a, "flow ID");
	if (!id)
		usage("no flow has the ID 0");
	return flow_select(id, NULL);
}

enum direction args_direction(struct args *a)
{
	if (args_match(a, "rx"))
		return RX;
	if (args_match(a, "tx"))
		return TX;
	usage("which direction: rx or tx?");
}

void args_done(struct args *a)
{
	if (a->left)
		usage("what is \"%s\"? Nothing may follow here", *a->next);
}
