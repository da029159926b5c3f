// SPDX-License-Identifier: GPL-2.0
/*
 * How a flow learns its far end, or follows one that does: the words that say so, and
 * how it is shown, in the same words.
 */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

static const char *const modes[] = { "never", "once", "authenticated" };
#define MODES	(sizeof(modes) / sizeof(modes[0]))

static uint32_t read_mode(struct args *a)
{
	const char *text = args_value(a, "how to learn");
	uint32_t i;

	for (i = 0; i < MODES; i++)
		if (!strcmp(text, modes[i]))
			return i;
	usage("learn is never, once or authenticated, not \"%s\"", text);
}

static void read_follow(struct args *a, struct flow *f)
{
	if (args_match(a, "none"))
		f->follow_none = true;
	else
		f->follow = args_u32(a, "follow");
	if (!f->follow && !f->follow_none)
		usage("follow needs a flow's number, or none");
}

/* 0 would be "not said" to the module. */
static uint32_t read_seconds(struct args *a)
{
	uint32_t seconds = args_u32(a, "seconds");

	if (!seconds)
		usage("learn once for 1 to 3600 seconds");
	return seconds;
}

bool learn_word(struct args *a, struct flow *f)
{
	if (args_match(a, "learn")) {
		f->has_learn = true;
		f->learn = read_mode(a);
		if (args_match(a, "for"))
			f->learn_window = read_seconds(a);
	} else if (args_match(a, "learned")) {
		f->learned = args_endpoint(a, "learned");
	} else if (args_match(a, "follow")) {
		read_follow(a, f);
	} else {
		return false;
	}
	return true;
}

void print_learn(const struct flow *f)
{
	if (f->follow)
		out_u64("follow", " follow %" PRIu64, f->follow);
	if (!f->has_learn)
		return;
	out_str("learn", " learn %s", f->learn < MODES ? modes[f->learn] : "unknown");
	if (f->learn_window)
		out_u64("learn_window", " for %" PRIu64, f->learn_window);
	print_endpoint("learned", " learned %s", &f->learned);
}

void print_learn_events(const struct flow *f)
{
	if (!f->events)
		return;
	out_text("  event");
	out_array("events");
	if (f->events & XSRTP_EVENTS_FAR_END)
		out_str(NULL, " %s", "far-end");
	if (f->events & XSRTP_EVENTS_NOT_LEARNED)
		out_str(NULL, " %s", "not-learned");
	out_end();
	out_text("\n");
}
