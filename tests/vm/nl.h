/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink by hand, for tests that want to say what no library would:
 * requests as trees of attributes that are written out only at the end, and the
 * answer's error number and extended acknowledgement.
 */
#ifndef XSRTP_TESTS_NL_H
#define XSRTP_TESTS_NL_H

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/xsrtp.h>

#define NL_BYTES	(64 << 10)
#define NODES		64
#define NODE_BYTES	160
#define ANSWER_SECONDS	20

/* --- trees of attributes ------------------------------------------------------- */

/* What a value is, for those who want to spoil it. */
enum kind {
	NEST,
	/* not every value is right */
	ID, ACTION, SUITE, WINDOW, STREAMS, FLAGS, ROC_POLICY, ROC_RATE, SEQ, KEY_SLOT, KEY_RATE,
	LIFETIME, PORT, ONLY, RTCP_INDEX, LEARN, LEARN_WINDOW, FOLLOW,
	/* every value of the right length is */
	ADDRESS, MASTER_KEY, MASTER_SALT, MKI, EXT_IDS, NUMBER,
};

struct node {
	uint16_t type;
	enum kind kind;
	int parent;
	bool required;		/* in its nest */
	uint16_t len;		/* bytes of data, not of a nest */
	uint8_t data[NODE_BYTES];
	/* ways to be wrong */
	bool gone;
	bool wrong_flag;	/* NLA_F_NESTED where it must not be, or not where it must */
	bool raw;		/* a nest that holds data, not attributes */
	int32_t false_len;	/* what nla_len says; -1: the truth */
};

struct request {
	uint8_t cmd;
	uint16_t reserved;	/* of the generic netlink header */
	uint16_t flags;
	int cut;		/* end inside the last attribute, as many bytes early; 0: no */
	int payload;		/* bytes after the netlink header; -1: all */
	int n;
	struct node node[NODES];	/* [0]: the message itself */
};

static inline void request_init(struct request *r, uint8_t cmd)
{
	r->cmd = cmd;
	r->reserved = 0;
	r->flags = NLM_F_REQUEST | NLM_F_ACK;
	r->cut = 0;
	r->payload = -1;
	r->n = 1;
	r->node[0] = (struct node){ .kind = NEST, .parent = -1 };
}

static inline int put(struct request *r, int parent, uint16_t type, enum kind kind,
		      const void *data, size_t len)
{
	struct node *n = &r->node[r->n];

	if (r->n == NODES || len > NODE_BYTES)
		errx(2, "request too large");
	*n = (struct node){ .type = type, .kind = kind, .parent = parent, .len = len,
			    .false_len = -1 };
	if (len)
		memcpy(n->data, data, len);
	return r->n++;
}

static inline int put_nest(struct request *r, int parent, uint16_t type)
{
	return put(r, parent, type, NEST, NULL, 0);
}

static inline int put_u32(struct request *r, int parent, uint16_t type, enum kind kind,
			  uint32_t value)
{
	return put(r, parent, type, kind, &value, sizeof(value));
}

static inline void require(struct request *r, int node)
{
	r->node[node].required = true;
}

static inline size_t write_nodes(const struct request *r, int parent, uint8_t *out)
{
	size_t at = 0;
	int i;

	for (i = 1; i < r->n; i++) {
		const struct node *n = &r->node[i];
		bool nest = n->kind == NEST && !n->raw;
		struct nlattr *a = (struct nlattr *)(out + at);
		size_t len = n->len;

		if (n->parent != parent || n->gone)
			continue;
		if (nest)
			len = write_nodes(r, i, out + at + NLA_HDRLEN);
		else
			memcpy(out + at + NLA_HDRLEN, n->data, len);
		a->nla_type = n->type;
		if ((n->kind == NEST) != n->wrong_flag)
			a->nla_type |= NLA_F_NESTED;
		a->nla_len = n->false_len < 0 ? NLA_HDRLEN + len : (size_t)n->false_len;
		memset(out + at + NLA_HDRLEN + len, 0, NLA_ALIGN(len) - len);
		at += NLA_HDRLEN + NLA_ALIGN(len);
	}
	return at;
}

/* Writes the message to @out, of NL_BYTES; returns its length. */
static inline size_t request_write(const struct request *r, uint16_t family, uint32_t seq,
				   uint8_t *out)
{
	struct nlmsghdr *h = (struct nlmsghdr *)out;
	struct genlmsghdr *g = NLMSG_DATA(h);
	size_t len;

	*g = (struct genlmsghdr){ .cmd = r->cmd, .version = XSRTP_FAMILY_VERSION,
				  .reserved = r->reserved };
	len = GENL_HDRLEN + write_nodes(r, 0, (uint8_t *)g + GENL_HDRLEN) - r->cut;
	if (r->payload >= 0)
		len = r->payload;
	*h = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + len, .nlmsg_type = family,
				.nlmsg_flags = r->flags, .nlmsg_seq = seq };
	return h->nlmsg_len;
}

/* --- the socket ------------------------------------------------------------------ */

struct nl {
	int fd;
	uint16_t family;
	uint32_t group;		/* of the notifications */
	uint32_t seq;
	bool explained;		/* the last error came with a text or an attribute */
	char text[128];
	uint8_t out[NL_BYTES] __attribute__((aligned(8)));
	uint8_t in[NL_BYTES] __attribute__((aligned(8)));
};

typedef void (*nl_reply)(const struct nlmsghdr *h, void *arg);

static inline int nl_socket(uint32_t group)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct sockaddr_nl me = { .nl_family = AF_NETLINK };
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int one = 1, room = 8 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof(me)))
		err(2, "netlink socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (group && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		err(2, "multicast group");
	return fd;
}

/* Walks attributes; false at the end. */
static inline bool next_attr(const uint8_t **at, size_t *left, const struct nlattr **a)
{
	size_t step;

	*a = (const struct nlattr *)*at;
	if (*left < NLA_HDRLEN || (*a)->nla_len < NLA_HDRLEN || (*a)->nla_len > *left)
		return false;
	step = NLA_ALIGN((*a)->nla_len);
	step = step < *left ? step : *left;
	*at += step;
	*left -= step;
	return true;
}

#define attr_type(a)	((a)->nla_type & NLA_TYPE_MASK)
#define attr_data(a)	((const void *)((const uint8_t *)(a) + NLA_HDRLEN))
#define attr_len(a)	((size_t)(a)->nla_len - NLA_HDRLEN)

static inline void read_ext_ack(struct nl *nl, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	const uint8_t *at = (const uint8_t *)(e + 1);
	size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*e));
	const struct nlattr *a;

	nl->explained = false;
	nl->text[0] = 0;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	while (next_attr(&at, &left, &a)) {
		nl->explained = true;
		if (attr_type(a) == NLMSGERR_ATTR_MSG)
			snprintf(nl->text, sizeof(nl->text), "%.*s", (int)attr_len(a),
				 (const char *)attr_data(a));
	}
}

/* One message of an answer; true if it was the last, with the result in *@error. */
static inline bool read_answer(struct nl *nl, const struct nlmsghdr *h, nl_reply reply, void *arg,
			       int *error)
{
	if (h->nlmsg_seq != nl->seq)
		return false;
	if (h->nlmsg_type == NLMSG_ERROR) {
		*error = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		read_ext_ack(nl, h);
		return true;
	}
	if (h->nlmsg_type == NLMSG_DONE) {
		*error = h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) ? *(const int *)NLMSG_DATA(h) : 0;
		return true;
	}
	if (reply)
		reply(h, arg);
	return false;
}

/* nl_ask() - send, hand over the answers, return 0 or -errno; -ETIME: no answer. */
static inline int nl_ask(struct nl *nl, const struct request *r, nl_reply reply, void *arg)
{
	size_t len = request_write(r, nl->family, ++nl->seq, nl->out);
	struct nlmsghdr *h;
	ssize_t got;
	int error = 0;

	if (send(nl->fd, nl->out, len, 0) < 0)
		return -errno;
	for (;;) {
		got = recv(nl->fd, nl->in, sizeof(nl->in), 0);
		if (got < 0)
			return errno == EAGAIN ? -ETIME : -errno;
		for (h = (struct nlmsghdr *)nl->in; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got))
			if (read_answer(nl, h, reply, arg, &error))
				return error;
	}
}

static inline void read_group(struct nl *nl, const struct nlattr *group)
{
	const uint8_t *at = attr_data(group);
	size_t left = attr_len(group);
	const struct nlattr *a;

	while (next_attr(&at, &left, &a))
		if (attr_type(a) == CTRL_ATTR_MCAST_GRP_ID)
			memcpy(&nl->group, attr_data(a), sizeof(nl->group));
}

static inline void read_family(const struct nlmsghdr *h, void *arg)
{
	const uint8_t *at = (const uint8_t *)NLMSG_DATA(h) + GENL_HDRLEN;
	size_t left = h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	struct nl *nl = arg;
	const struct nlattr *a;

	while (next_attr(&at, &left, &a)) {
		if (attr_type(a) == CTRL_ATTR_FAMILY_ID)
			memcpy(&nl->family, attr_data(a), sizeof(nl->family));
		if (attr_type(a) == CTRL_ATTR_MCAST_GROUPS)	/* there is one */
			read_group(nl, (const struct nlattr *)attr_data(a));
	}
}

static inline void nl_open(struct nl *nl)
{
	static struct request r;
	int error;

	nl->fd = nl_socket(0);
	nl->family = GENL_ID_CTRL;
	request_init(&r, CTRL_CMD_GETFAMILY);
	put(&r, 0, CTRL_ATTR_FAMILY_NAME, ID, XSRTP_FAMILY_NAME, sizeof(XSRTP_FAMILY_NAME));
	error = nl_ask(nl, &r, read_family, nl);
	if (error || nl->family == GENL_ID_CTRL)
		errx(2, "netlink family %s: %s", XSRTP_FAMILY_NAME, strerror(-error));
}

/* --- requests that are right --------------------------------------------------------- */

struct address {
	uint8_t bytes[16];
	uint8_t len;		/* 4 or 16 */
	uint16_t port;
};

/* The @n-th of the addresses of a family, all in networks nobody routes. */
static inline struct address address_of(bool ip6, uint32_t n, uint16_t port)
{
	struct address a = { .len = ip6 ? 16 : 4, .port = port };

	a.bytes[0] = ip6 ? 0xfd : 10;
	a.bytes[a.len - 3] = n >> 16;
	a.bytes[a.len - 2] = n >> 8;
	a.bytes[a.len - 1] = n;
	return a;
}

static inline int put_endpoint(struct request *r, uint16_t type, const struct address *a)
{
	uint8_t port[2] = { a->port >> 8, a->port & 0xff };
	int nest = put_nest(r, 0, type);

	require(r, put(r, nest, XSRTP_A_ENDPOINT_ADDRESS, ADDRESS, a->bytes, a->len));
	require(r, put(r, nest, XSRTP_A_ENDPOINT_PORT, PORT, port, sizeof(port)));
	return nest;
}

/* The u32 of this type among the message's own attributes, 0 if there is none. */
static inline uint32_t reply_u32(const struct nlmsghdr *h, uint16_t type)
{
	const uint8_t *at = (const uint8_t *)NLMSG_DATA(h) + GENL_HDRLEN;
	size_t left = h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	const struct nlattr *a;
	uint32_t value = 0;

	while (next_attr(&at, &left, &a))
		if (attr_type(a) == type && attr_len(a) == sizeof(value))
			memcpy(&value, attr_data(a), sizeof(value));
	return value;
}

static inline void read_id(const struct nlmsghdr *h, void *arg)
{
	*(uint32_t *)arg = reply_u32(h, XSRTP_A_FLOW_ID);
}

/* --- TAP ------------------------------------------------------------------------------ */

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3)))
static inline bool tap(bool good, const char *fmt, ...)
{
	va_list ap;

	tap_failed += !good;
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	puts("");
	fflush(stdout);
	return good;
}

static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif /* XSRTP_TESTS_NL_H */
