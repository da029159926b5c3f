// SPDX-License-Identifier: GPL-2.0
/*
 * The connection to the module, and reading its extended acknowledgements:
 * libnl 3.7 hands over the error number only, so the attributes behind struct
 * nlmsgerr are parsed here. The kernel points to an attribute by its offset in
 * the request; the request is kept until the answer is there, and the offset
 * becomes a path of names ("tx.key.master-salt").
 */
#include "nl.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <linux/xsrtp.h>

#define RCVBUF_BYTES	(8 << 20)	/* notifications of a burst of new calls */
#define MSG_BYTES	(64 << 10)	/* the kernel fills up to 32 KiB per message */

struct xnl {
	struct nl_sock *sk;
	struct nl_cb *cb;
	int family;
	struct nl_msg *request;		/* under way; NULL: none */
	int (*reply)(struct nlmsghdr *h, void *arg);
	void *arg;
	int error;			/* 0 or -errno, of this request */
	bool done;
	int (*tick)(void);
	int tick_ms;
	char text[512];
};

/* --- names of attributes, for errors ----------------------------------------- */

struct attr {
	const char *name;
	const struct attr *nest;	/* by type; NULL: no nest */
	unsigned int max;
};

#define NEST(set)	.nest = (set), .max = sizeof(set) / sizeof((set)[0]) - 1

static const struct attr endpoint_attrs[] = {
	[XSRTP_A_ENDPOINT_ADDRESS] = { "address" },
	[XSRTP_A_ENDPOINT_PORT] = { "port" },
};

static const struct attr key_attrs[] = {
	[XSRTP_A_KEY_MASTER_KEY] = { "master-key" },
	[XSRTP_A_KEY_MASTER_SALT] = { "master-salt" },
	[XSRTP_A_KEY_MKI] = { "mki" },
	[XSRTP_A_KEY_SLOT] = { "slot" },
	[XSRTP_A_KEY_LIFETIME] = { "lifetime" },
	[XSRTP_A_KEY_RATE] = { "rate" },
};

static const struct attr stream_attrs[] = {
	[XSRTP_A_STREAM_SSRC] = { "ssrc" },
	[XSRTP_A_STREAM_ROC] = { "roc" },
	[XSRTP_A_STREAM_SEQ] = { "seq" },
	[XSRTP_A_STREAM_RTCP_INDEX] = { "rtcp-index" },
};

static const struct attr session_attrs[] = {
	[XSRTP_A_SESSION_SUITE] = { "suite" },
	[XSRTP_A_SESSION_WINDOW] = { "window" },
	[XSRTP_A_SESSION_MAX_STREAMS] = { "max-streams" },
	[XSRTP_A_SESSION_KEY] = { "key", NEST(key_attrs) },
	[XSRTP_A_SESSION_HAS_KEY] = { "has-key" },
	[XSRTP_A_SESSION_STREAM] = { "stream", NEST(stream_attrs) },
	[XSRTP_A_SESSION_FLAGS] = { "flags" },
	[XSRTP_A_SESSION_ROC_POLICY] = { "roc-policy" },
	[XSRTP_A_SESSION_ROC_RATE] = { "roc-rate" },
	[XSRTP_A_SESSION_EXT_IDS] = { "ext-ids" },
	[XSRTP_A_SESSION_SLOT] = { "slot" },
	[XSRTP_A_SESSION_EVENTS] = { "events" },
};

static const struct attr flow_attrs[] = {
	[XSRTP_A_FLOW_ID] = { "id" },
	[XSRTP_A_FLOW_LOCAL] = { "local", NEST(endpoint_attrs) },
	[XSRTP_A_FLOW_REMOTE] = { "remote", NEST(endpoint_attrs) },
	[XSRTP_A_FLOW_ACTION] = { "action" },
	[XSRTP_A_FLOW_SOURCE] = { "source", NEST(endpoint_attrs) },
	[XSRTP_A_FLOW_DESTINATION] = { "destination", NEST(endpoint_attrs) },
	[XSRTP_A_FLOW_RX] = { "rx", NEST(session_attrs) },
	[XSRTP_A_FLOW_TX] = { "tx", NEST(session_attrs) },
	[XSRTP_A_FLOW_STATS] = { "stats" },
	[XSRTP_A_FLOW_ONLY] = { "only" },
	[XSRTP_A_FLOW_LEARN] = { "learn" },
	[XSRTP_A_FLOW_LEARN_WINDOW] = { "learn-window" },
	[XSRTP_A_FLOW_LEARNED] = { "learned", NEST(endpoint_attrs) },
	[XSRTP_A_FLOW_EVENTS] = { "events" },
	[XSRTP_A_FLOW_FOLLOW] = { "follow" },
	[XSRTP_A_FLOW_OF] = { "of" },
	[XSRTP_A_FLOW_COOKIE] = { "cookie" },
};

static const struct attr root = { "", NEST(flow_attrs) };

static const struct attr *attr_of(const struct attr *set, unsigned int type)
{
	if (!set->nest || type > set->max || !set->nest[type].name)
		return NULL;
	return &set->nest[type];
}

static void append(char *path, size_t size, const char *name)
{
	size_t len = strlen(path);

	snprintf(path + len, size - len, "%s%s", len ? "." : "", name);
}

/*
 * Writes the path of the attribute at @want (counted from @msg) to @path and
 * returns it; NULL if none starts there.
 */
static const struct attr *attr_at(const char *msg, struct nlattr *a, int len,
				  const struct attr *set, uint32_t want, char *path, size_t size)
{
	for (; nla_ok(a, len); a = nla_next(a, &len)) {
		uint32_t off = (char *)a - msg;
		const struct attr *d = attr_of(set, nla_type(a));

		if (want < off || want >= off + NLA_ALIGN(a->nla_len))
			continue;
		if (!d)
			return NULL;
		append(path, size, d->name);
		if (want == off)
			return d;
		return attr_at(msg, nla_data(a), nla_len(a), d, want, path, size);
	}
	return NULL;
}

static const struct attr *request_attr(struct xnl *x, uint32_t off, char *path, size_t size)
{
	struct nlmsghdr *h = nlmsg_hdr(x->request);
	struct genlmsghdr *g = nlmsg_data(h);

	return attr_at((char *)h, genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), &root, off,
		       path, size);
}

/* --- errors ------------------------------------------------------------------ */

__attribute__((format(printf, 3, 4)))
static int fail(struct xnl *x, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->text, sizeof(x->text), fmt, ap);
	va_end(ap);
	return err;
}

static const char *plain_text(int err)
{
	switch (-err) {
	case EPERM:
		return "not permitted: it takes CAP_NET_ADMIN over the network namespace";
	case ENOENT:
		return "no such flow";
	case EOPNOTSUPP:
		return "the xsrtp module does not know this request: it is older than this program";
	default:
		return strerror(-err);
	}
}

/* Puts "(attribute tx.key)" or "(attribute tx.key.mki is missing)" to @where. */
static void describe_attr(struct xnl *x, struct nlattr **tb, char *where, size_t size)
{
	const struct attr *set = &root, *missing = NULL;
	char path[128] = "";

	if (tb[NLMSGERR_ATTR_MISS_TYPE]) {
		if (tb[NLMSGERR_ATTR_MISS_NEST])
			set = request_attr(x, nla_get_u32(tb[NLMSGERR_ATTR_MISS_NEST]),
					   path, sizeof(path));
		if (set)
			missing = attr_of(set, nla_get_u32(tb[NLMSGERR_ATTR_MISS_TYPE]));
		if (missing)
			append(path, sizeof(path), missing->name);
	} else if (tb[NLMSGERR_ATTR_OFFS]) {
		request_attr(x, nla_get_u32(tb[NLMSGERR_ATTR_OFFS]), path, sizeof(path));
	}
	if (*path)
		snprintf(where, size, " (attribute %s%s)", path, missing ? " is missing" : "");
}

/* @off: where the attributes of an extended acknowledgement start in @h. */
static void note_error(struct xnl *x, const struct nlmsghdr *h, size_t off, int err)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { 0 };
	char where[160] = "";

	if ((h->nlmsg_flags & NLM_F_ACK_TLVS) && h->nlmsg_len > off)
		nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)((char *)h + off),
			  h->nlmsg_len - off, NULL);
	if (x->request)
		describe_attr(x, tb, where, sizeof(where));
	x->error = err;
	fail(x, err, "%s%s", tb[NLMSGERR_ATTR_MSG] ? nla_get_string(tb[NLMSGERR_ATTR_MSG]) :
	     plain_text(err), where);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *h = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	size_t off = NLMSG_HDRLEN + sizeof(*e);
	struct xnl *x = arg;

	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		off += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	note_error(x, h, off, e->error);
	x->done = true;
	return NL_STOP;
}

/* --- one request --------------------------------------------------------------- */

static int on_ack(struct nl_msg *msg, void *arg)
{
	((struct xnl *)arg)->done = true;
	return NL_STOP;
}

/* NLMSG_DONE carries an error too, when a dump fails on its way. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct xnl *x = arg;
	int err;

	if (nlmsg_datalen(h) >= (int)sizeof(err)) {
		memcpy(&err, nlmsg_data(h), sizeof(err));
		if (err < 0)
			note_error(x, h, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(err)), err);
	}
	x->done = true;
	return NL_STOP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct xnl *x = arg;
	int ret;

	if (x->error || !x->reply)
		return NL_OK;
	ret = x->reply(nlmsg_hdr(msg), x->arg);
	if (ret) {
		x->error = ret;
		fail(x, ret, "cannot read the answer of the xsrtp module: %s", strerror(-ret));
	}
	return NL_OK;
}

struct nl_msg *xnl_request(struct xnl *x, uint8_t cmd, int flags)
{
	/* All lengths of all attributes together stay far below this. */
	struct nl_msg *msg = nlmsg_alloc_size(4096);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, x->family, 0, flags, cmd,
				XSRTP_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static void wipe(struct nl_msg *msg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);

	explicit_bzero(nlmsg_data(h), nlmsg_datalen(h));
	nlmsg_free(msg);
}

int xnl_drop(struct xnl *x, struct nl_msg *msg)
{
	if (msg)
		wipe(msg);
	return fail(x, -EMSGSIZE, "no memory for a netlink message");
}

static int receive(struct xnl *x)
{
	int ret;

	while (!x->done) {
		ret = nl_recvmsgs(x->sk, x->cb);
		/* The flows changed during a dump: what came is good, go on. */
		if (ret == -NLE_DUMP_INTR || ret == -NLE_INTR)
			continue;
		if (ret < 0 && !x->error)
			return fail(x, -EIO, "netlink: %s", nl_geterror(ret));
		if (x->error && ret < 0)
			break;
	}
	return x->error;
}

int xnl_send(struct xnl *x, struct nl_msg *msg,
	     int (*reply)(struct nlmsghdr *h, void *arg), void *arg)
{
	int ret;

	x->request = msg;
	x->reply = reply;
	x->arg = arg;
	x->error = 0;
	x->done = false;
	ret = nl_send_auto(x->sk, msg);
	if (ret < 0)
		ret = fail(x, -EIO, "netlink: %s", nl_geterror(ret));
	else
		ret = receive(x);
	x->request = NULL;
	wipe(msg);
	return ret;
}

/* Notifications answer no request: their sequence number is not ours. */
static int any_sequence(struct nl_msg *msg, void *arg)
{
	return NL_OK;
}

void xnl_tick(struct xnl *x, int (*tick)(void), int ms)
{
	x->tick = tick;
	x->tick_ms = ms;
}

/* False: nothing has come, and the caller's own has been seen to. */
static bool wait_event(struct xnl *x)
{
	struct pollfd p = { .fd = nl_socket_get_fd(x->sk), .events = POLLIN };
	bool came;

	if (!x->tick)
		return true;
	came = poll(&p, 1, x->tick_ms) > 0;
	x->error = x->tick();
	return came && !x->error;
}

int xnl_listen(struct xnl *x, const char *group,
	       int (*event)(struct nlmsghdr *h, void *arg), void *arg)
{
	int ret, grp = genl_ctrl_resolve_grp(x->sk, XSRTP_FAMILY_NAME, group);

	if (grp < 0)
		return fail(x, -ENOENT, "the xsrtp module has no multicast group \"%s\"", group);
	ret = nl_socket_add_membership(x->sk, grp);
	if (ret < 0)
		return fail(x, -EIO, "netlink: %s", nl_geterror(ret));
	nl_cb_set(x->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, any_sequence, NULL);
	x->reply = event;
	x->arg = arg;
	x->error = 0;
	while (!x->error) {
		if (!wait_event(x))
			continue;
		ret = nl_recvmsgs(x->sk, x->cb);
		if (ret == -NLE_NOMEM)
			return fail(x, -ENOBUFS, "events were lost: they came faster than they "
				    "were read");
		if (ret < 0 && ret != -NLE_INTR)
			return fail(x, -EIO, "netlink: %s", nl_geterror(ret));
	}
	return x->error;
}

/* --- open and close -------------------------------------------------------------- */

static void set_options(struct nl_sock *sk)
{
	int fd = nl_socket_get_fd(sk), one = 1, size = RCVBUF_BYTES;

	/*
	 * Each of them makes something better and nothing depends on it: an old
	 * kernel without one still answers, with fewer words.
	 */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	nl_socket_set_msg_buf_size(sk, MSG_BYTES);
}

static int set_callbacks(struct xnl *x)
{
	x->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!x->cb)
		return -ENOMEM;
	nl_cb_err(x->cb, NL_CB_CUSTOM, on_error, x);
	nl_cb_set(x->cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, x);
	nl_cb_set(x->cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, x);
	nl_cb_set(x->cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, x);
	return 0;
}

struct xnl *xnl_open(char *err, size_t err_len)
{
	struct xnl *x = calloc(1, sizeof(*x));

	if (x)
		x->sk = nl_socket_alloc();
	if (!x || !x->sk || set_callbacks(x)) {
		snprintf(err, err_len, "out of memory");
		goto close;
	}
	if (genl_connect(x->sk) < 0) {
		snprintf(err, err_len, "cannot open a netlink socket: %s", strerror(errno));
		goto close;
	}
	set_options(x->sk);
	x->family = genl_ctrl_resolve(x->sk, XSRTP_FAMILY_NAME);
	if (x->family < 0) {
		snprintf(err, err_len, "the xsrtp module is not loaded (modprobe xsrtp)");
		goto close;
	}
	return x;

close:
	xnl_close(x);
	return NULL;
}

void xnl_close(struct xnl *x)
{
	if (!x)
		return;
	nl_cb_put(x->cb);
	nl_socket_free(x->sk);
	free(x);
}

const char *xnl_error(const struct xnl *x)
{
	return x->text;
}
