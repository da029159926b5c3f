// SPDX-License-Identifier: GPL-2.0
/*
 * Calls to records and back. A record is a dictionary in bencode, so that what reads it
 * is what reads requests:
 *
 *	boot, cookie			first: of which run of the host, and of whose flows
 *	call, created, ..., dialogs	a call as it is now, instead of what was said of it
 *	delete, when, from, to, branch	a deletion that waits, until the call is said again
 *	end				the call is over
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "bencode.h"
#include "ng.h"
#include "path.h"
#include "say.h"

#define BOOT_ID	"/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LEN	36
#define BOOT	80

struct memory {
	struct journal j;
	struct calls *s;
	struct delays *l;
	char boot[BOOT];
	bool behind;		/* something could not be written */
	struct doc doc;
	char text[JOURNAL_RECORD];
};

/* --- a call, to a record -------------------------------------------------------------------- */

static void put_endpoint(struct doc *d, struct item *in, const char *key, const struct endpoint *ep)
{
	char text[ENDPOINT_STRLEN];

	if (ep->family)
		doc_string(d, in, key, doc_copy(d, text_of(endpoint_format(ep, text))));
}

/* What it takes to go on answering, and to know the peer; where it is, is the remote. */
static void put_ice(struct doc *d, struct item *leg, const struct ice *ice)
{
	struct item *i = doc_dict(d, leg, "ice");

	doc_string(d, i, "ufrag", text_of(ice->ours.ufrag));
	doc_string(d, i, "pwd", text_of(ice->ours.pwd));
	doc_string(d, i, "peer", (struct text){ (const char *)ice->theirs, ICE_PEER });
	doc_number(d, i, "lite", ice->lite);
}

static void put_leg(struct doc *d, struct item *list, const struct leg *l)
{
	struct endpoint local = iface_addr(l->iface, l->family)->local;
	struct item *i = doc_dict(d, list, NULL);

	local.port = l->port[PART_RTP];
	doc_string(d, i, "interface", text_of(l->iface->name));
	put_endpoint(d, i, "local", &local);
	doc_number(d, i, "rtcp-port", l->port[PART_RTCP]);
	put_endpoint(d, i, "remote", &l->remote[PART_RTP]);
	put_endpoint(d, i, "remote-rtcp", &l->remote[PART_RTCP]);
	doc_string(d, i, "protocol", text_of(sdp_proto_name(l->proto) ?: ""));
	doc_number(d, i, "mux", l->mux);
	if (l->ice.on)
		put_ice(d, i, &l->ice);
}

static void put_medium(struct doc *d, struct item *list, unsigned int index, const struct medium *m)
{
	struct item *i = doc_dict(d, list, NULL), *legs;

	doc_number(d, i, "index", index);
	doc_number(d, i, "flows", path_any(m));
	legs = doc_list(d, i, "legs");
	put_leg(d, legs, &m->leg[0]);
	put_leg(d, legs, &m->leg[1]);
}

static void put_dialog(struct doc *d, struct item *list, const struct dialog *di)
{
	struct item *i = doc_dict(d, list, NULL), *tags = doc_list(d, i, "tags"), *media;
	unsigned int k;

	for (k = 0; k < 2; k++)
		doc_string(d, tags, NULL, text_of(di->tag[k] ?: ""));
	if (di->branch)
		doc_string(d, i, "branch", text_of(di->branch));
	doc_number(d, i, "created", di->created);
	doc_number(d, i, "silent", di->silent);
	media = doc_list(d, i, "media");
	for (k = 0; k < SDP_MEDIA; k++)
		if (di->medium[k])
			put_medium(d, media, k, di->medium[k]);
}

/* Branches without an answer have no flows: their keys are lost with us, and so are they. */
static void put_call(struct doc *d, const struct call *c)
{
	struct item *i = doc_root(d), *dialogs;
	const struct dialog *di;

	doc_string(d, i, "call", (struct text){ c->id, c->id_len });
	doc_number(d, i, "created", c->created);
	doc_number(d, i, "signal", c->last_signal);
	doc_number(d, i, "began", c->began);
	dialogs = doc_list(d, i, "dialogs");
	for (di = c->dialogs; di; di = di->next)
		if (di->established)
			put_dialog(d, dialogs, di);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The document in m->doc. */
static int write_doc(struct memory *m)
{
	struct buf b = buf_on(m->text, sizeof(m->text));

	if (!m->doc.full)
		bencode_write(&m->doc.item[0], &b);
	return m->doc.full || buf_full(&b) ? -E2BIG : journal_write(&m->j, buf_text(&b));
}

static struct item *begin(struct memory *m)
{
	doc_wipe(&m->doc);
	return doc_root(&m->doc);
}

static int write_head(struct memory *m)
{
	struct item *i = begin(m);
	char cookie[17];

	snprintf(cookie, sizeof(cookie), "%016" PRIx64, m->s->cookie);
	doc_string(&m->doc, i, "boot", text_of(m->boot));
	doc_string(&m->doc, i, "cookie", text_of(cookie));
	return write_doc(m);
}

static int write_delayed(struct memory *m, const struct delayed *w)
{
	struct item *i = begin(m);

	doc_string(&m->doc, i, "delete", w->id);
	doc_number(&m->doc, i, "when", w->when);
	doc_string(&m->doc, i, "from", w->from);
	doc_string(&m->doc, i, "to", w->to);
	doc_string(&m->doc, i, "branch", w->branch);
	return write_doc(m);
}

static int write_call(struct memory *m, const struct call *c)
{
	const struct delayed *w;
	int ret;

	doc_wipe(&m->doc);
	put_call(&m->doc, c);
	ret = write_doc(m);
	for (w = m->l->first; w && !ret; w = w->next)
		if (text_same(w->id, (struct text){ c->id, c->id_len }))
			ret = write_delayed(m, w);
	return ret;
}

static int write_all(struct memory *m)
{
	const struct call *c;
	unsigned int i;
	int ret = write_head(m);

	for (i = 0; i < CALL_BUCKETS; i++)
		for (c = m->s->bucket[i]; c && !ret; c = c->next)
			if (c->remembered)
				ret = write_call(m, c);
	return ret;
}

static int rewrite(struct memory *m)
{
	int ret = journal_begin(&m->j);

	if (ret)
		return ret;
	ret = write_all(m);
	if (ret)
		journal_undo(&m->j);
	return ret ?: journal_end(&m->j);
}

/* What is written ends with a whole file again, or is tried again each second. */
static void wrote(struct memory *m, int ret)
{
	if (!ret && journal_grown(&m->j))
		ret = rewrite(m);
	if (!ret)
		return;
	if (!m->behind)
		say(SAY_ERROR, "journal %s: %s: calls that change now are lost if xsrtpd ends before it can be "
		    "written", m->j.path, strerror(-ret));
	m->behind = true;
}

void memory_second(struct memory *m)
{
	if (!m || !m->behind || rewrite(m))
		return;
	m->behind = false;
	say(SAY_NOTICE, "journal %s: it is written again, with all calls", m->j.path);
}

void memory_answered(struct calls *s, struct call *c)
{
	if (!s->memory)
		return;
	c->remembered = true;
	wrote(s->memory, write_call(s->memory, c));
}

void memory_changed(struct calls *s, struct call *c)
{
	if (s->memory && c->remembered)
		wrote(s->memory, write_call(s->memory, c));
}

void memory_ended(struct calls *s, struct call *c)
{
	struct item *i;

	if (!s->memory || !c->remembered)
		return;
	c->remembered = false;
	i = begin(s->memory);
	doc_string(&s->memory->doc, i, "end", (struct text){ c->id, c->id_len });
	wrote(s->memory, write_doc(s->memory));
}

void memory_delayed(struct calls *s, const struct delayed *w)
{
	const struct call *c = call_find(s, w->id);

	if (s->memory && c && c->remembered)
		wrote(s->memory, write_delayed(s->memory, w));
}

/* --- a call, from a record ------------------------------------------------------------------- */

struct reader {
	struct calls *s;
	struct delays *l;
	char boot[BOOT];
	bool ours;		/* of this run of the host */
	struct doc doc;
};

static bool read_number(const struct item *i, const char *key, int64_t max, int64_t *out)
{
	return ng_integer(i, key, out) && *out >= 0 && *out <= max;
}

/* false: what is there is no endpoint. */
static bool read_endpoint(const struct item *i, const char *key, struct endpoint *ep)
{
	struct text t = ng_string(i, key);
	char text[ENDPOINT_STRLEN], err[256];

	*ep = (struct endpoint){ 0 };
	if (!t.s)
		return true;
	if (t.len >= sizeof(text))
		return false;
	memcpy(text, t.s, t.len);
	text[t.len] = 0;
	return !endpoint_parse(text, ep, err, sizeof(err));
}

static bool fits(const struct endpoint *ep, int family)
{
	return !ep->family || ep->family == family;
}

/* -ENODEV: an interface or address that we do not have any more. */
static int read_place(struct calls *s, const struct item *i, struct leg *l)
{
	struct text name = ng_string(i, "interface");
	struct endpoint local, here;

	if (!name.len || !read_endpoint(i, "local", &local) || !local.family)
		return -EBADMSG;
	l->iface = ifaces_find(&s->ifaces, name);
	if (!l->iface || !iface_addr(l->iface, local.family))
		return -ENODEV;
	here = iface_addr(l->iface, local.family)->local;
	here.port = local.port;
	if (!endpoint_equal(&here, &local))
		return -ENODEV;
	l->family = local.family;
	l->port[PART_RTP] = local.port;
	return 0;
}

static bool read_secret(const struct item *i, const char *key, char *out, size_t len)
{
	struct text t = ng_string(i, key);

	if (t.len != len)
		return false;
	memcpy(out, t.s, len);
	out[len] = 0;
	return true;
}

static bool read_ice(const struct item *leg, struct leg *l)
{
	const struct item *i = ng_get(leg, "ice");
	struct ice *ice = &l->ice;
	struct text peer;
	int64_t lite;

	if (!i)
		return true;
	if (i->type != ITEM_DICT)
		return false;
	peer = ng_string(i, "peer");
	if (peer.len != ICE_PEER || !read_secret(i, "ufrag", ice->ours.ufrag, ICE_UFRAG) ||
	    !read_secret(i, "pwd", ice->ours.pwd, ICE_PWD) || !read_number(i, "lite", 1, &lite))
		return false;
	memcpy(ice->theirs, peer.s, ICE_PEER);
	ice->on = ice->offered = true;
	ice->lite = lite;
	if (!lite)
		memcpy(ice->chosen, l->remote, sizeof(ice->chosen));
	return true;
}

static int read_leg(struct calls *s, const struct item *i, struct leg *l)
{
	int64_t rtcp, mux;
	int ret;

	if (!i || i->type != ITEM_DICT)
		return -EBADMSG;
	ret = read_place(s, i, l);
	if (ret)
		return ret;
	l->proto = sdp_proto_of(ng_string(i, "protocol"));
	if (l->proto == SDP_OTHER || !read_number(i, "rtcp-port", 65535, &rtcp) ||
	    !read_number(i, "mux", 1, &mux) || (!mux && !rtcp) ||
	    !read_endpoint(i, "remote", &l->remote[PART_RTP]) || !fits(&l->remote[PART_RTP], l->family) ||
	    !read_endpoint(i, "remote-rtcp", &l->remote[PART_RTCP]) || !fits(&l->remote[PART_RTCP], l->family))
		return -EBADMSG;
	l->port[PART_RTCP] = rtcp;
	l->mux = mux;
	return read_ice(i, l) ? 0 : -EBADMSG;
}

static const struct item *list_of(const struct item *i, const char *key)
{
	const struct item *list = i->type == ITEM_DICT ? ng_get(i, key) : NULL;

	return list && list->type == ITEM_LIST ? list : NULL;
}

static int read_medium(struct calls *s, struct call *c, struct dialog *d, const struct item *i)
{
	const struct item *legs = list_of(i, "legs");
	struct medium *m = calloc(1, sizeof(*m));
	int64_t index, flows;
	int ret = -EBADMSG, end;

	if (m && legs && legs->n == 2 && read_number(i, "index", SDP_MEDIA - 1, &index) &&
	    read_number(i, "flows", 1, &flows) && !d->medium[index])
		ret = read_leg(s, legs->first, &m->leg[0]) ?: read_leg(s, legs->last, &m->leg[1]);
	if (ret) {
		free(m);
		return m ? ret : -ENOMEM;
	}
	for (end = 0; end < 2; end++) {
		pool_mark(&m->leg[end].iface->pool, m->leg[end].port[PART_RTP]);
		pool_mark(&m->leg[end].iface->pool, m->leg[end].port[PART_RTCP]);
	}
	m->call = c;
	m->had_flows = flows;
	d->medium[index] = m;
	return 0;
}

static int read_text(char **at, struct text t)
{
	if (!t.len)
		return 0;
	*at = text_dup(t);
	return *at ? 0 : -ENOMEM;
}

static int read_dialog(struct calls *s, struct call *c, const struct item *i)
{
	const struct item *tags = list_of(i, "tags"), *media = list_of(i, "media"), *m;
	struct dialog *d;
	int64_t created, silent;
	int ret;

	if (!tags || tags->n != 2 || !media || !read_number(i, "created", INT64_MAX, &created) ||
	    !read_number(i, "silent", 1, &silent))
		return -EBADMSG;
	d = dialog_new(c);
	if (!d)
		return -ENOMEM;
	d->created = created;
	d->silent = silent;
	d->established = d->answered = true;
	ret = read_text(&d->tag[0], tags->first->string) ?: read_text(&d->tag[1], tags->last->string) ?:
	      read_text(&d->branch, ng_string(i, "branch"));
	for (m = media->first; m && !ret; m = m->next)
		ret = read_medium(s, c, d, m);
	return ret;
}

static int read_dialogs(struct reader *r, struct call *c, const struct item *dialogs)
{
	const struct item *i;
	int ret = 0;

	for (i = dialogs->first; i && !ret; i = i->next)
		ret = read_dialog(r->s, c, i);
	return ret;
}

static void forget(struct reader *r, struct text id)
{
	struct call *c = call_find(r->s, id);

	if (c)
		call_free(r->s, c);
	delay_cancel(r->l, id);
}

/* A call at an address that we have no more cannot be: with its flows it ends. */
static bool read_call(struct reader *r, const struct item *i, struct text id)
{
	const struct item *dialogs = list_of(i, "dialogs");
	int64_t created, signal, began;
	struct call *c;
	int ret;

	forget(r, id);
	if (!id.len || !dialogs || !read_number(i, "created", INT64_MAX, &created) ||
	    !read_number(i, "signal", INT64_MAX, &signal) || !read_number(i, "began", INT64_MAX, &began))
		return false;
	c = call_new(r->s, id);
	if (!c)
		return false;
	c->created = created;
	c->last_signal = signal;
	c->began = began;
	c->remembered = true;
	ret = read_dialogs(r, c, dialogs);
	if (ret == -ENODEV)
		say(SAY_WARNING, "call \"%.*s\" ends: it is at an interface or address that the configuration "
		    "does not have any more", TEXT_ARG(id));
	if (ret)
		call_free(r->s, c);
	return !ret || ret == -ENODEV;
}

static bool read_delayed(struct reader *r, const struct item *i, struct text id)
{
	int64_t when;

	if (!read_number(i, "when", INT64_MAX, &when))
		return false;
	return !call_find(r->s, id) || !delay_add(r->l, when, id, ng_string(i, "from"), ng_string(i, "to"),
						  ng_string(i, "branch"));
}

static bool read_head(struct reader *r, const struct item *i, struct text boot)
{
	struct text hex = ng_string(i, "cookie");
	char text[17] = "", *end;
	uint64_t cookie;

	if (hex.len != 16)
		return false;
	memcpy(text, hex.s, 16);
	cookie = strtoull(text, &end, 16);
	if (*end || !cookie)
		return false;
	r->ours = text_is(boot, r->boot);
	if (r->ours)
		r->s->cookie = cookie;
	return true;
}

static bool read_record(void *arg, struct text record)
{
	struct reader *r = arg;
	struct item *i;
	struct text t;
	size_t used;

	if (bencode_parse(record, &r->doc, &i, &used) || used != record.len)
		return false;
	t = ng_string(i, "boot");
	if (t.s)
		return read_head(r, i, t);
	if (!r->ours)
		return true;	/* the host has been down since, and with it all flows */
	t = ng_string(i, "call");
	if (t.s)
		return read_call(r, i, t);
	t = ng_string(i, "delete");
	if (t.s)
		return read_delayed(r, i, t);
	t = ng_string(i, "end");
	if (t.s)
		forget(r, t);
	return t.s;
}

/* --- all of it ----------------------------------------------------------------------------------- */

/* Which run of the host, and which network namespace: the flows of another are not ours. */
static void read_boot(char boot[BOOT])
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, BOOT_ID_LEN), ns;

	if (fd >= 0)
		close(fd);
	n = n > 0 ? n : 0;
	ns = readlink("/proc/self/ns/net", boot + n, BOOT - 1 - n);
	boot[ns > 0 ? n + ns : n] = 0;
}

static struct reader *reader_new(struct calls *s, struct delays *l)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r) {
		r->s = s;
		r->l = l;
		read_boot(r->boot);
	}
	return r;
}

enum journal_state memory_read(struct calls *s, struct delays *l, struct text bytes)
{
	struct reader *r = reader_new(s, l);
	enum journal_state state = r ? journal_read(bytes, read_record, r) : JOURNAL_DAMAGED;

	free(r);
	return state;
}

/*
 * A damaged journal does not tell all calls: flows with its cookie that are of no call may
 * carry one. So they are to be nobody's, and what is made from now on has another cookie.
 */
static int choose_cookie(struct calls *s, bool damaged)
{
	while (!s->cookie || damaged) {
		if (getrandom(&s->cookie, sizeof(s->cookie), 0) != sizeof(s->cookie))
			return -EIO;
		damaged = false;
	}
	return 0;
}

struct memory *memory_open(struct calls *s, struct delays *l, const char *path, bool *damaged, char *err,
			   size_t err_len)
{
	struct memory *m = calloc(1, sizeof(*m));
	struct reader *r = reader_new(s, l);
	enum journal_state state;
	int ret = -ENOMEM;

	snprintf(err, err_len, "out of memory");
	if (m && r)
		ret = journal_open(&m->j, path, read_record, r, &state, err, err_len);
	if (!ret) {
		m->s = s;
		m->l = l;
		s->n_made = s->n;
		memcpy(m->boot, r->boot, BOOT);
		*damaged = state == JOURNAL_DAMAGED;
		ret = choose_cookie(s, *damaged);
		if (ret)
			snprintf(err, err_len, "no random numbers");
	}
	free(r);
	if (!ret)
		return m;
	if (m)
		memory_close(m);
	return NULL;
}

void memory_start(struct memory *m)
{
	m->s->memory = m;
	wrote(m, rewrite(m));
}

void memory_close(struct memory *m)
{
	if (!m)
		return;
	if (m->j.path)
		journal_close(&m->j);
	free(m);
}
