// SPDX-License-Identifier: GPL-2.0
/*
 * Commands. The texts of errors and warnings that rtpengine has too are the same, byte
 * for byte: there are scripts that look at them.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "negotiate.h"
#include "notice.h"
#include "report.h"
#include "say.h"
#include "timeout.h"

struct request {
	struct command *c;
	const struct item *dict;
	struct item *answer;
	struct text id, from, to, branch;
};

static struct item *begin(struct command *c, const char *result)
{
	struct item *a;

	doc_wipe(&c->answer);
	a = doc_root(&c->answer);
	doc_string(&c->answer, a, "result", text_of(result));
	return a;
}

struct item *command_error(struct command *c, const char *reason)
{
	struct item *a = begin(c, "error");

	c->n_errors++;
	doc_string(&c->answer, a, "error-reason", text_of(reason));
	return a;
}

static struct item *fail(struct request *r, const char *reason)
{
	return command_error(r->c, reason);
}

static struct item *ok(struct request *r)
{
	return begin(r->c, "ok");
}

/* --- offer and answer ------------------------------------------------------------------ */

static struct item *exchange(struct request *r, struct dialog *d, int from, struct wish *w,
			     int (*negotiate)(struct exchange *x))
{
	struct command *c = r->c;
	struct buf out = buf_on(c->out, sizeof(c->out)), lines = buf_on(c->lines, sizeof(c->lines));
	struct buf warning = buf_on(c->warning, sizeof(c->warning));
	struct exchange x = { c->calls, d, from, &c->sdp, w, &out, &lines, &warning, c->err,
			      sizeof(c->err) };
	struct item *a;
	int ret = negotiate(&x);

	c->out_used = sizeof(c->out);
	c->lines_used = lines.len;
	if (ret)
		return fail(r, c->err);
	a = ok(r);
	doc_string(&c->answer, a, "sdp", buf_text(&out));
	if (warning.len)
		doc_string(&c->answer, a, "warning", buf_text(&warning));
	return a;
}

/* What an offer and an answer must have; NULL: they have it. */
static struct item *read_sdp(struct request *r, struct wish *w)
{
	struct command *c = r->c;
	struct text sdp = ng_string(r->dict, "sdp");

	if (!r->id.len)
		return fail(r, "No call-id in message");
	if (!r->from.len)
		return fail(r, "No from-tag in message");
	if (!sdp.len)
		return fail(r, "No SDP body in message");
	/* Trickled candidates (RFC 8840): who answers checks and sends none needs none of them. */
	if (ng_has(r->dict, "flags", "fragment") && !text_strip(&sdp, "v="))
		return ok(r);
	if (wish_read(r->dict, w, c->err, sizeof(c->err)) ||
	    sdp_parse(sdp, &c->sdp, c->err, sizeof(c->err)))
		return fail(r, c->err);
	notice_unknown(r->dict);
	return NULL;
}

static bool same_branch(const struct dialog *d, struct text branch)
{
	return !branch.len || !d->branch || text_is(branch, d->branch);
}

/* The dialog that an offer is of, and which end sent it; NULL: a new one. */
static struct dialog *offer_dialog(struct call *c, const struct request *r, int *from)
{
	struct dialog *d;

	for (d = c->dialogs; d; d = d->next)
		for (*from = 0; *from < 2; ++*from) {
			const char *mine = d->tag[*from], *other = d->tag[!*from];

			if (r->to.len && tag_is(mine, r->from) && tag_is(other, r->to))
				return d;
			if (r->to.len && !mine && tag_is(other, r->to) && same_branch(d, r->branch))
				return d;
			if (tag_is(mine, r->from) && same_branch(d, r->branch) && (!r->to.len || !other))
				return d;
		}
	*from = 0;
	return NULL;
}

static int set_text(char **at, struct text t)
{
	if (*at || !t.len)
		return 0;
	*at = text_dup(t);
	return *at ? 0 : -ENOMEM;
}

static struct item *load_limit(struct request *r)
{
	static const char text[] = "Parallel session limit reached";
	struct item *a;

	r->c->calls->n_refused++;
	if (!ng_has(r->dict, "supports", "load-limit"))
		return fail(r, text);
	a = begin(r->c, "load limit");
	doc_string(&r->c->answer, a, "message", text_of(text));
	return a;
}

static struct item *do_offer(struct request *r)
{
	struct calls *s = r->c->calls;
	struct call *call, *new_call = NULL;
	struct dialog *d, *new_dialog = NULL;
	struct item *a;
	struct wish w;
	int from = 0;

	a = read_sdp(r, &w);
	if (a)
		return a;
	call = call_find(s, r->id);
	if (!call && s->max && s->n >= s->max)
		return load_limit(r);
	if (!call)
		call = new_call = call_new(s, r->id);
	d = call ? offer_dialog(call, r, &from) : NULL;
	if (call && !d)
		d = new_dialog = dialog_new(call);
	if (!d || set_text(&d->tag[from], r->from) || set_text(&d->tag[!from], r->to) ||
	    set_text(&d->branch, r->branch))
		a = fail(r, call && call->n_dialogs == CALL_DIALOGS ? "too many branches" : "out of memory");
	else
		a = exchange(r, d, from, &w, negotiate_offer);
	if (text_is(ng_string(a, "result"), "ok")) {
		call->last_signal = time(NULL);
		timeout_offered(call, d, &r->c->sdp);
		if (delay_cancel(r->c->delays, r->id))
			memory_changed(s, call);
		return a;
	}
	if (new_call) {
		call_free(s, new_call);
		s->n_undone++;
	} else if (new_dialog) {
		dialog_free(s, call, new_dialog);
	}
	return a;
}

/*
 * How well an answer fits a dialog's offer; 0: not. Two tags that fit say all: the branch
 * is the one of the INVITE that is answered, and a re-INVITE has another than the first.
 */
static int answers(const struct dialog *d, const struct request *r)
{
	int from = d->offer ? d->offer->from : 0;

	if (!d->offer || !tag_is(d->tag[from], r->from))
		return 0;
	if (tag_is(d->tag[!from], r->to))
		return 3;
	return !same_branch(d, r->branch) ? 0 : !d->tag[!from] ? 2 : 1;
}

/* None: taken up again from the journal, which has no offers. */
static bool any_offer(const struct call *c)
{
	const struct dialog *d;

	for (d = c->dialogs; d; d = d->next)
		if (d->offer)
			return true;
	return false;
}

static struct item *do_answer(struct request *r)
{
	struct call *call = call_find(r->c->calls, r->id);
	struct dialog *d, *best = NULL;
	struct item *a;
	struct wish w;
	char *tag, **at;

	a = read_sdp(r, &w);
	if (a)
		return a;
	if (!r->to.len)
		return fail(r, "No to-tag in message");
	if (!call)
		return fail(r, "Unknown call-id");
	for (d = call->dialogs; d; d = d->next)
		if (answers(d, r) > (best ? answers(best, r) : 0))
			best = d;
	if (!best && !any_offer(call))
		return fail(r, "xsrtpd was started anew since this offer, and the keys of it are gone: offer again");
	if (!best)
		return fail(r, "the answer is to no offer of this call: from-tag is the tag of who offered, "
			       "to-tag of who answers");
	tag = text_dup(r->to);
	if (!tag)
		return fail(r, "out of memory");
	a = exchange(r, best, !best->offer->from, &w, negotiate_answer);
	if (!text_is(ng_string(a, "result"), "ok")) {
		free(tag);
		return a;
	}
	/* Of a call that forked without branches the last who answers has it. */
	at = &best->tag[!best->offer->from];
	free(*at);
	*at = tag;
	call->last_signal = time(NULL);
	timeout_answered(call, best, &r->c->sdp);
	delay_cancel(r->c->delays, r->id);
	memory_answered(r->c->calls, call);
	return a;
}

/* --- the others ------------------------------------------------------------------------ */

static struct item *do_ping(struct request *r)
{
	return begin(r->c, "pong");
}

static struct item *unknown_call(struct request *r)
{
	static const char text[] = "Call-ID not found or tags didn't match";
	struct item *a;

	if (ng_has(r->dict, "flags", "fatal"))
		return fail(r, text);
	a = ok(r);
	doc_string(&r->c->answer, a, "warning", text_of(text));
	return a;
}

static bool any_match(const struct call *c, const struct request *r)
{
	const struct dialog *d;
	int i;

	if (!r->from.len)
		return true;
	for (d = c->dialogs; d; d = d->next)
		for (i = 0; i < 2; i++)
			if (tag_is(d->tag[i], r->from) && same_branch(d, r->branch))
				return true;
	return false;
}

static int delete_later(struct request *r, int64_t seconds)
{
	const struct delayed w = { .when = time(NULL) + seconds, .id = r->id, .from = r->from, .to = r->to,
				   .branch = r->branch };
	int ret = delay_add(r->c->delays, w.when, w.id, w.from, w.to, w.branch);

	if (!ret)
		memory_delayed(r->c->calls, &w);
	return ret;
}

/* A BYE has a branch of its own: one that no dialog has says nothing, as for rtpengine. */
static void drop_unknown_branch(struct request *r, const struct call *c)
{
	const struct dialog *d = c ? c->dialogs : NULL;

	while (d && !(d->branch && text_is(r->branch, d->branch)))
		d = d->next;
	if (!d)
		r->branch = (struct text){ 0 };
}

static struct item *do_delete(struct request *r)
{
	struct call *call = call_find(r->c->calls, r->id);
	int64_t delay = r->c->delay;
	struct item *a;

	if (!r->id.len)
		return fail(r, "No call-id in message");
	drop_unknown_branch(r, call);
	if (!call || !any_match(call, r))
		return unknown_call(r);
	ng_integer(r->dict, "delete-delay", &delay);
	a = ok(r);
	report_call(&r->c->answer, a, r->c->calls, call);
	if (delay > 0)
		return delete_later(r, delay > 86400 ? 86400 : delay) ? fail(r, "out of memory") : a;
	if (!call_delete(r->c->calls, call, r->from, r->to, r->branch))
		return unknown_call(r);
	return a;
}

static struct item *do_query(struct request *r)
{
	struct call *call = call_find(r->c->calls, r->id);
	struct item *a;

	if (!r->id.len)
		return fail(r, "No call-id in message");
	if (!call)
		return fail(r, "Unknown call-id");
	a = ok(r);
	report_call(&r->c->answer, a, r->c->calls, call);
	return a;
}

static struct item *do_list(struct request *r)
{
	int64_t limit = 32;
	struct item *a;

	if (ng_integer(r->dict, "limit", &limit) && limit <= 0)
		return fail(r, "invalid limit, must be positive");
	a = ok(r);
	report_list(&r->c->answer, a, r->c->calls, limit);
	return a;
}

static struct item *do_statistics(struct request *r)
{
	struct item *a = ok(r);

	report_statistics(&r->c->answer, a, r->c->calls);
	return a;
}

/* What is asked all the time and tells nothing of anybody is audited only if it is refused. */
enum care { QUIET, LOOKS, CHANGES };

static const struct verb {
	const char *name;
	struct item *(*fn)(struct request *r);
	enum care care;
} commands[] = {
	{ "ping", do_ping, QUIET }, { "offer", do_offer, CHANGES }, { "answer", do_answer, CHANGES },
	{ "delete", do_delete, CHANGES }, { "query", do_query, LOOKS }, { "list", do_list, LOOKS },
	{ "statistics", do_statistics, QUIET },
};

static const char *const not_done[] = {
	"start recording", "stop recording", "pause recording", "block DTMF", "unblock DTMF",
	"block media", "unblock media", "silence media", "unsilence media", "start forwarding",
	"stop forwarding", "play media", "stop media", "play DTMF", "publish", "subscribe request",
	"subscribe answer", "unsubscribe",
};

static struct text reason(const struct item *a)
{
	struct text why = ng_string(a, "error-reason");

	return why.len ? why : ng_string(a, "message");
}

/* What a request was refused for; at the level at which each call is worth a line. */
static void say_refusal(const struct request *r, struct text name, const struct item *a)
{
	struct text why = reason(a);

	if (why.len)
		say(SAY_INFO, "%.*s of call \"%.*s\" refused: %.*s", TEXT_ARG(name), TEXT_ARG(r->id),
		    (int)why.len, why.s);
}

static void audit(const struct request *r, struct text name, enum care care, const struct item *a)
{
	struct text why = reason(a);
	const struct trail_event e = {
		.event = "request", .who = r->c->who, .what = name, .call = r->id, .refused = why.len,
		.why = why.len ? why : ng_string(a, "warning"),
	};

	if (care != QUIET || e.refused)
		trail_write(r->c->calls->trail, &e);
}

/* A request that nobody is known of is a test's: no socket leaves it out. */
static bool may(const struct request *r, enum role needed)
{
	return !r->c->who || r->c->who->role >= needed;
}

static struct item *perform(struct request *r, const struct verb *v)
{
	enum role needed = v->care == CHANGES ? ROLE_OPERATE : v->fn == do_ping ? ROLE_NONE : ROLE_LOOK;

	if (!may(r, needed)) {
		snprintf(r->c->err, sizeof(r->c->err), "%s needs the role %s: ask by a Unix socket, as one of its "
			 "group (%s-group)", v->name, role_name(needed), role_name(needed));
		return fail(r, r->c->err);
	}
	if (v->care == CHANGES && !trail_may(r->c->calls->trail))
		return fail(r, "the audit file has no room, and without it nothing is changed (audit-full)");
	return v->fn(r);
}

static struct item *refuse(struct command *c, struct text name)
{
	size_t i;

	for (i = 0; i < sizeof(not_done) / sizeof(not_done[0]); i++)
		if (text_is(name, not_done[i])) {
			snprintf(c->err, sizeof(c->err), "%s: xsrtpd does not do this", not_done[i]);
			return command_error(c, c->err);
		}
	return command_error(c, "Unrecognized command");
}

struct item *command_do(struct command *c, const struct item *dict)
{
	struct request r = {
		.c = c, .dict = dict, .id = ng_string(dict, "call-id"), .from = ng_string(dict, "from-tag"),
		.to = ng_string(dict, "to-tag"), .branch = ng_string(dict, "via-branch"),
	};
	struct text name = ng_string(dict, "command");
	struct item *a;
	size_t i;

	c->n_requests++;
	if (!name.s) {
		a = command_error(c, "No command in message");
		audit(&r, name, LOOKS, a);
		return a;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!text_is(name, commands[i].name))
			continue;
		a = perform(&r, &commands[i]);
		say_refusal(&r, name, a);
		audit(&r, name, commands[i].care, a);
		return c->answer.full ? command_error(c, "the answer is too large") : a;
	}
	a = refuse(c, name);
	audit(&r, name, LOOKS, a);
	return a;
}

void command_wipe(struct command *c)
{
	doc_wipe(&c->answer);
	explicit_bzero(c->out, c->out_used);
	explicit_bzero(c->lines, c->lines_used);
	c->out_used = c->lines_used = 0;
}
