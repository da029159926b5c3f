// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts.
 */
#include "timeout.h"

#include <stdio.h>

#include "say.h"

time_t timeout_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* --- what negotiation says ---------------------------------------------------------------- */

static bool any_silent(const struct sdp *s)
{
	unsigned int i;

	for (i = 0; i < s->n_media; i++)
		if (s->medium[i].port && sdp_silent(s, i))
			return true;
	return false;
}

void timeout_offered(struct call *c, struct dialog *d, const struct sdp *s)
{
	d->offered = c->heard = timeout_now();
	d->offered_silent = any_silent(s);
	if (!c->began)
		c->began = c->heard;
}

void timeout_answered(struct call *c, struct dialog *d, const struct sdp *s)
{
	c->heard = timeout_now();
	d->established = true;
	d->silent = d->offered_silent || any_silent(s);
}

/* --- what the datapath says ------------------------------------------------------------- */

/* A flow that cannot be read counts as silent: it may have been deleted by hand. */
static uint64_t packets_of(struct calls *s, const struct medium *m)
{
	struct stats st;
	uint64_t n = 0;
	char why[256];
	int at, part;

	for (at = 0; at < 2; at++)
		for (part = PART_RTP; part <= PART_RTCP; part++)
			if (m->slot[at][part].id &&
			    !s->datapath->stats(s->datapath, m->slot[at][part].id, &st, why, sizeof(why)))
				n += st.tx_packets;
	return n;
}

static void listen(struct calls *s, struct call *c, time_t now)
{
	const struct dialog *d;
	uint64_t n = 0;
	unsigned int i;

	for (d = c->dialogs; d; d = d->next)
		for (i = 0; i < SDP_MEDIA; i++)
			if (d->medium[i])
				n += packets_of(s, d->medium[i]);
	if (n != c->packets)
		c->heard = now;
	c->packets = n;
}

/* --- the end ------------------------------------------------------------------------------ */

const char *const timeout_names[ENDED] = { "media-timeout", "silent-timeout", "offer-timeout", "final-timeout" };

static bool over(time_t since, uint32_t seconds, time_t now)
{
	return seconds && now - since >= (time_t)seconds;
}

static void end(struct calls *s, struct call *c, enum ended why, const char *what, uint32_t seconds)
{
	say(SAY_NOTICE, "call \"%.*s\" ended: %s for %u s (%s)",
	    TEXT_ARG(((struct text){ c->id, c->id_len })), what, seconds, timeout_names[why]);
	s->n_ended[why]++;
	call_free(s, c);
}

/* Branches that were never answered go one by one, the call with the last. */
static bool end_unanswered(struct calls *s, struct call *c, time_t now)
{
	struct dialog *d, *next;

	for (d = c->dialogs; d; d = next) {
		next = d->next;
		if (d->established || !over(d->offered, s->timeouts.offer, now))
			continue;
		if (c->n_dialogs == 1) {
			end(s, c, ENDED_OFFER, "no answer", s->timeouts.offer);
			return true;
		}
		dialog_free(s, c, d);
	}
	return false;
}

/* The longer of both times where a dialog is on hold; 0: any. Nothing before an answer. */
static void end_silent(struct calls *s, struct call *c, time_t now)
{
	const struct timeouts *t = &s->timeouts;
	bool established = false, silent = false;
	const struct dialog *d;

	for (d = c->dialogs; d; d = d->next) {
		established |= d->established;
		silent |= d->established && d->silent;
	}
	if (!established || (!t->media && !silent) || (!t->silent && silent))
		return;
	listen(s, c, now);
	if (!silent && over(c->heard, t->media, now))
		end(s, c, ENDED_MEDIA, "no media", t->media);
	else if (silent && over(c->heard, t->silent, now) && over(c->heard, t->media ?: 1, now))
		end(s, c, ENDED_SILENT, "on hold, no media", t->silent);
}

static void look_at(struct calls *s, struct call *c, time_t now)
{
	if (over(c->began, s->timeouts.final, now))
		end(s, c, ENDED_FINAL, "there", s->timeouts.final);
	else if (!end_unanswered(s, c, now))
		end_silent(s, c, now);
}

static void shorter(uint32_t *least, uint32_t seconds)
{
	if (seconds && seconds / 4 < *least)
		*least = seconds / 4;
}

/* In how many seconds all have had their turn. */
static uint32_t round_of(const struct timeouts *t)
{
	uint32_t least = TIMEOUT_ROUND;

	shorter(&least, t->media);
	shorter(&least, t->silent);
	shorter(&least, t->offer);
	shorter(&least, t->final);
	return least ?: 1;
}

void timeout_run(struct calls *s, time_t now)
{
	unsigned int i, n = (CALL_BUCKETS + round_of(&s->timeouts) - 1) / round_of(&s->timeouts);
	struct call *c, *next;

	for (i = 0; i < n; i++) {
		for (c = s->bucket[s->looked_at]; c; c = next) {
			next = c->next;
			look_at(s, c, now);
		}
		s->looked_at = (s->looked_at + 1) % CALL_BUCKETS;
	}
}
