// SPDX-License-Identifier: GPL-2.0
/*
 * netlink-abuse [COUNT [SEED]]: COUNT malformed requests (100,000), each of which
 * must get an error, and all of which together must change nothing.
 *
 * A request begins as a right one, about flows that exist, and is then spoiled in
 * one to three ways. Each way is wrong whatever else the request says, so no
 * two of them can cancel out. That right ones are accepted is tested too: else a
 * kernel that refuses everything would pass. Prints TAP. Wants a network
 * namespace of its own.
 */
#include "nl.h"

#include <xsrtp/suite.h>

#define FLOWS	24	/* that exist while the malformed ones come */
#define RIGHT	300	/* right requests of each sort */

struct flow {
	uint32_t id;
	bool ip6, forward;
	uint32_t rx, tx;	/* suites; 0: RTP */
	struct address local;
};

static struct nl nl;
static struct request r;
static struct flow flows[FLOWS];
static uint64_t state;

/* --- chance ------------------------------------------------------------------------ */

static uint32_t rnd(void)	/* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545F4914F6CDD1Dull) >> 32;
}

static uint32_t below(uint32_t n)
{
	return rnd() % n;
}

#define one_of(list)	((list)[below(sizeof(list) / sizeof((list)[0]))])

static void fill(uint8_t *p, size_t len)
{
	while (len--)
		*p++ = rnd();
}

/* --- right requests ------------------------------------------------------------------ */

static const struct {
	uint32_t number, key, salt;
	bool clear, roc_rate;	/* encrypts nothing; its tag has room for the ROC */
} suites[] = {
#define ROW(sym, num, name, kind, key, salt, tag) \
	{ num, key, salt, name[0] == 'N', tag == 10 },
	XSRTP_SUITES(ROW)
#undef ROW
};
#define SUITES	(sizeof(suites) / sizeof(suites[0]))

static uint32_t no_suite(void)
{
	uint32_t number = below(2) ? below(300) : rnd(), i;

	for (i = 0; i < SUITES; i++)
		if (suites[i].number == number)
			return no_suite();
	return number;
}

static uint32_t any_suite(void)
{
	return one_of(suites).number;
}

static size_t suite_at(uint32_t suite)
{
	size_t i = 0;

	while (suites[i].number != suite)
		i++;
	return i;
}

static int put_key(int session, uint32_t suite)
{
	uint64_t lifetime = 1 + (uint64_t)rnd() * below(1 << 16);
	int k = put_nest(&r, session, XSRTP_A_SESSION_KEY);
	uint8_t bytes[XSRTP_KEY_MAX];
	size_t i = suite_at(suite);

	fill(bytes, sizeof(bytes));
	require(&r, put(&r, k, XSRTP_A_KEY_MASTER_KEY, MASTER_KEY, bytes, suites[i].key));
	require(&r, put(&r, k, XSRTP_A_KEY_MASTER_SALT, MASTER_SALT, bytes, suites[i].salt));
	if (below(3) == 0)
		put(&r, k, XSRTP_A_KEY_LIFETIME, LIFETIME, &lifetime, sizeof(lifetime));
	return k;
}

/* Whether the second key that may follow has one must be the same. */
static void put_mki(int key)
{
	uint8_t bytes[XSRTP_MKI_MAX];

	fill(bytes, sizeof(bytes));
	put(&r, key, XSRTP_A_KEY_MKI, MKI, bytes, 1 + below(sizeof(bytes)));
}

static void put_stream(int session)
{
	int nest = put_nest(&r, session, XSRTP_A_SESSION_STREAM);

	require(&r, put_u32(&r, nest, XSRTP_A_STREAM_SSRC, NUMBER, rnd()));
	if (below(2)) {
		require(&r, put_u32(&r, nest, XSRTP_A_STREAM_RTCP_INDEX, RTCP_INDEX,
				    below(1u << 31)));
		return;
	}
	require(&r, put_u32(&r, nest, XSRTP_A_STREAM_ROC, NUMBER, rnd()));
	if (below(2))
		put_u32(&r, nest, XSRTP_A_STREAM_SEQ, SEQ, below(1 << 16));
}

/* One rule that few ask for; two could exclude each other. Returns the flags. */
static uint32_t put_rule(int session, bool rx, size_t suite)
{
	uint32_t flags = 0;
	uint8_t ids[32];

	switch (below(8)) {
	case 0: flags = 1 + below(3); break;
	case 1: flags = suites[suite].clear ? 0 : XSRTP_SESSION_FLAGS_CRYPTEX; break;
	case 2: flags = rx ? XSRTP_SESSION_FLAGS_EVICT : 0; break;
	case 3: flags = XSRTP_SESSION_FLAGS_KEY_RATE; break;
	case 4: put_u32(&r, session, XSRTP_A_SESSION_ROC_POLICY, ROC_POLICY, below(3)); break;
	case 5:
		if (suites[suite].roc_rate)
			put_u32(&r, session, XSRTP_A_SESSION_ROC_RATE, ROC_RATE,
				1 + below(65535));
		break;
	case 6:
		fill(ids, sizeof(ids));
		if (!suites[suite].clear)
			put(&r, session, XSRTP_A_SESSION_EXT_IDS, EXT_IDS, ids, sizeof(ids));
		break;
	case 7: put_stream(session); break;
	}
	if (flags)
		put_u32(&r, session, XSRTP_A_SESSION_FLAGS, FLAGS, flags);
	return flags;
}

static void put_session(uint16_t type, uint32_t suite)
{
	uint32_t flags = 0;
	int s, k;

	if (!suite)
		return;
	s = put_nest(&r, 0, type);
	require(&r, put_u32(&r, s, XSRTP_A_SESSION_SUITE, SUITE, suite));
	if (below(2))
		put_u32(&r, s, XSRTP_A_SESSION_WINDOW, WINDOW, 64 << below(4));
	if (below(2))
		put_u32(&r, s, XSRTP_A_SESSION_MAX_STREAMS, STREAMS, 1 + below(8));
	if (below(2))
		flags = put_rule(s, type == XSRTP_A_FLOW_RX, suite_at(suite));
	if (below(2))
		return;
	k = put_key(s, suite);
	if (below(3) == 0)
		put_mki(k);
	if (flags == XSRTP_SESSION_FLAGS_KEY_RATE)
		put_u32(&r, k, XSRTP_A_KEY_RATE, KEY_RATE, 1 << below(25));
}

static struct address any_address(bool ip6)
{
	return address_of(ip6, 1 + below(1 << 20), 1 + below(65535));
}

/* The flow that a request is about, by id or by local endpoint. */
static void put_which(const struct flow *f)
{
	if (below(2))
		require(&r, put_u32(&r, 0, XSRTP_A_FLOW_ID, ID, f->id));
	else
		require(&r, put_endpoint(&r, XSRTP_A_FLOW_LOCAL, &f->local));
}

/* A new flow must say where from and where to, a change may. */
static void put_forward(bool ip6, bool required)
{
	struct address from = any_address(ip6), to = any_address(ip6);
	int source = put_endpoint(&r, XSRTP_A_FLOW_SOURCE, &from);
	int destination = put_endpoint(&r, XSRTP_A_FLOW_DESTINATION, &to);

	if (below(4) == 0)	/* nobody */
		put_u32(&r, 0, XSRTP_A_FLOW_FOLLOW, FOLLOW, 0);
	r.node[source].required = required;
	r.node[destination].required = required;
}

/* A window is for RTP; whom the flow has learned, if it has a remote, is there. */
static void put_learn(const struct flow *f, bool has_remote)
{
	struct address learned = any_address(f->ip6);

	put_u32(&r, 0, XSRTP_A_FLOW_LEARN, LEARN, XSRTP_LEARN_ONCE);
	if (!f->rx && below(2))
		put_u32(&r, 0, XSRTP_A_FLOW_LEARN_WINDOW, LEARN_WINDOW, 1 + below(3600));
	if (!has_remote && below(2))
		put_endpoint(&r, XSRTP_A_FLOW_LEARNED, &learned);
}

static void right_new(struct flow *f)
{
	static uint32_t n;
	uint64_t cookie = 1 + below(1000000);
	bool has_remote = below(2);
	struct address remote;

	*f = (struct flow){ .ip6 = below(2), .forward = below(2) };
	f->local = address_of(f->ip6, n++, 1 + below(65535));
	f->rx = below(2) ? any_suite() : 0;
	f->tx = f->forward && below(2) ? any_suite() : 0;
	remote = any_address(f->ip6);
	request_init(&r, XSRTP_CMD_FLOW_NEW);
	require(&r, put_endpoint(&r, XSRTP_A_FLOW_LOCAL, &f->local));
	if (has_remote)
		put_endpoint(&r, XSRTP_A_FLOW_REMOTE, &remote);
	put_u32(&r, 0, XSRTP_A_FLOW_ACTION, ACTION,
		f->forward ? XSRTP_ACTION_FORWARD : XSRTP_ACTION_DELIVER);
	if (f->forward)
		put_forward(f->ip6, true);
	if (below(4) == 0)
		put_u32(&r, 0, XSRTP_A_FLOW_ONLY, ONLY, 1 + below(2));
	if (below(4) == 0)
		put(&r, 0, XSRTP_A_FLOW_COOKIE, MKI, &cookie, sizeof(cookie));
	if (below(3) == 0)
		put_learn(f, has_remote);
	put_session(XSRTP_A_FLOW_RX, f->rx);
	put_session(XSRTP_A_FLOW_TX, f->tx);
}

static void right_set(const struct flow *f)
{
	struct address a = any_address(f->ip6);

	request_init(&r, XSRTP_CMD_FLOW_SET);
	put_which(f);
	if (f->forward)
		put_forward(f->ip6, false);
	if (!f->forward || below(2))
		put_endpoint(&r, XSRTP_A_FLOW_REMOTE, &a);
}

/* The direction of a flow that a request about keys names. */
static int right_direction(const struct flow *f, uint8_t cmd)
{
	int s;

	request_init(&r, cmd);
	put_which(f);
	s = put_nest(&r, 0, f->rx ? XSRTP_A_FLOW_RX : XSRTP_A_FLOW_TX);
	require(&r, s);
	return s;
}

static void right_key(const struct flow *f, uint32_t slot)
{
	int s = right_direction(f, XSRTP_CMD_KEY_SET);
	int k = put_key(s, f->rx ? f->rx : f->tx);

	require(&r, k);
	if (slot || below(2))
		put_u32(&r, k, XSRTP_A_KEY_SLOT, KEY_SLOT, slot);
}

static void right_key_del(const struct flow *f, bool second)
{
	int s = right_direction(f, XSRTP_CMD_KEY_DEL), k;

	if (!second)
		return;
	k = put_nest(&r, s, XSRTP_A_SESSION_KEY);
	require(&r, put_u32(&r, k, XSRTP_A_KEY_SLOT, KEY_SLOT, XSRTP_KEY_SLOT_SECOND));
}

static void right_about(const struct flow *f, uint8_t cmd)
{
	request_init(&r, cmd);
	put_which(f);
}

static const struct flow *any_flow(bool with_key)
{
	const struct flow *f;

	do
		f = &flows[below(FLOWS)];
	while (with_key && !f->rx && !f->tx);
	return f;
}

static void right_any(void)
{
	struct flow new;

	switch (below(10)) {
	case 0: case 1: case 2: right_new(&new); break;
	case 3: case 4: right_set(any_flow(false)); break;
	case 5: case 6: right_key(any_flow(true), XSRTP_KEY_SLOT_FIRST); break;
	case 7: right_key_del(any_flow(true), false); break;
	case 8: right_about(any_flow(false), XSRTP_CMD_FLOW_DEL); break;
	case 9: right_about(any_flow(false), XSRTP_CMD_FLOW_GET); break;
	}
}

/* --- ways to be wrong: false if this one cannot be so ---------------------------------- */

/* Any node that is still there, with all above it, and of which @good is true; or 0. */
static int any_node(bool (*good)(const struct node *n))
{
	int fit[NODES], n = 0, i, p;

	for (i = 1; i < r.n; i++) {
		for (p = i; p > 0 && !r.node[p].gone && (p == i || !r.node[p].raw);)
			p = r.node[p].parent;
		if (p == 0 && good(&r.node[i]))
			fit[n++] = i;
	}
	return n ? fit[below(n)] : 0;
}

static bool is_any(const struct node *n) { return true; }
static bool is_required(const struct node *n) { return n->required; }
static bool is_nest(const struct node *n) { return n->kind == NEST && !n->raw; }
static bool is_value(const struct node *n) { return n->kind != NEST; }
static bool is_limited(const struct node *n) { return is_value(n) && n->kind < ADDRESS; }

static bool attribute_missing(void)
{
	int i = any_node(is_required);

	r.node[i].gone = true;
	return i;
}

/* The length of some suite's key, or salt. */
static bool length_of_some(bool key, size_t len)
{
	size_t i;

	for (i = 0; i < SUITES; i++)
		if (len == (key ? suites[i].key : suites[i].salt))
			return true;
	return false;
}

static bool length_is_right(const struct node *n, size_t len)
{
	switch (n->kind) {
	case PORT: return len == 2;
	case ADDRESS: return len == 4 || len == 16;
	case MKI: return len >= 1 && len <= 128;
	case MASTER_KEY: return length_of_some(true, len);
	case MASTER_SALT: return length_of_some(false, len);
	case EXT_IDS: return len == 32;
	case LIFETIME: return len == 8;
	default: return len == 4;
	}
}

static bool wrong_length(void)
{
	int i = any_node(is_value);
	struct node *n = &r.node[i];
	size_t len;

	if (!i)
		return false;
	do
		len = below(n->kind == MKI ? NODE_BYTES : 40);
	while (length_is_right(n, len));
	fill(n->data, len);
	n->len = len;
	return true;
}

static bool is_secret(const struct node *n)
{
	return n->kind == MASTER_KEY || n->kind == MASTER_SALT;
}

/* As long as another suite's. */
static bool key_of_another_suite(void)
{
	int i = any_node(is_secret);
	struct node *n = &r.node[i];
	size_t len;

	if (!i || !length_is_right(n, n->len))
		return false;
	do
		len = n->kind == MASTER_KEY ? one_of(suites).key : one_of(suites).salt;
	while (len == n->len);
	n->len = len;
	return true;
}

static bool bad_value(void)
{
	static const uint32_t actions[] = { 2, 3, 255, 256, 1u << 16, 1u << 31, ~0u };
	static const uint32_t windows[] = { 0, 1, 32, 63, 65, 100, 32769, 1u << 16, 1u << 31, ~0u };
	static const uint32_t flags[] = { 1 << 5, 1u << 31, ~0u };
	static const uint32_t above_2[] = { 3, 4, 256, ~0u };
	static const uint32_t rates[] = { 0, 3, 7, 100, 1 << 25, ~0u };
	static const uint32_t streams[] = { 0, 257, 1u << 16 | 1, 1u << 31, ~0u };
	int i = any_node(is_limited);
	struct node *n = &r.node[i];
	uint64_t v = 0;

	if (!i)
		return false;
	switch (n->kind) {
	case ID: v = below(2) ? 0 : ~0u - below(1000); break;
	case ACTION: v = one_of(actions); break;
	case SUITE: v = no_suite(); break;
	case WINDOW: v = one_of(windows); break;
	case STREAMS: v = one_of(streams); break;
	case FLAGS: v = one_of(flags); break;
	case ROC_POLICY: case KEY_SLOT: v = one_of(above_2); break;
	case ROC_RATE: v = below(2) ? 0 : 65536; break;
	case SEQ: v = 65536 + below(1 << 20); break;
	case KEY_RATE: v = one_of(rates); break;
	case ONLY: v = below(2) ? 0 : one_of(above_2); break;
	case LEARN: v = one_of(above_2); break;
	case FOLLOW: v = ~0u - below(1000); break;
	case LEARN_WINDOW: v = below(2) ? 0 : 3601 + below(1 << 20); break;
	case RTCP_INDEX: v = 1u << 31 | rnd(); break;
	case LIFETIME: v = below(2) ? 0 : (1ull << 48) + 1 + rnd(); break;
	default: break;		/* port 0 */
	}
	n->len = n->kind == PORT ? 2 : n->kind == LIFETIME ? 8 : 4;
	memcpy(n->data, &v, n->len);
	return true;
}

static bool wrong_nested_flag(void)
{
	int i = any_node(is_any);

	r.node[i].wrong_flag = true;
	return i;
}

static bool unknown_attribute(void)
{
	uint8_t data[32];
	int i = below(3) ? any_node(is_nest) : 0;
	uint16_t type = below(4) == 0 ? 0 : XSRTP_A_FLOW_MAX + 1 + below(below(2) ? 8 : 16000);

	fill(data, sizeof(data));
	put(&r, i, type, MKI, data, below(sizeof(data)));
	return true;
}

static bool read_only_attribute(void)
{
	/* Said of a new flow only, and of that it is not 0. */
	uint64_t cookie = r.cmd != XSRTP_CMD_FLOW_NEW;
	uint8_t yes = 1;
	int i;

	for (i = 1; i < r.n; i++)
		if (r.node[i].parent == 0 && !r.node[i].gone && !r.node[i].raw &&
		    (r.node[i].type == XSRTP_A_FLOW_RX || r.node[i].type == XSRTP_A_FLOW_TX))
			break;
	if (below(4) == 0)
		put_u32(&r, 0, XSRTP_A_FLOW_EVENTS, NUMBER, 1);
	else if (below(4) == 0)
		put(&r, 0, XSRTP_A_FLOW_COOKIE, MKI, &cookie, sizeof(cookie));
	else if (i == r.n || below(2))
		put_nest(&r, 0, XSRTP_A_FLOW_STATS);
	else if (below(2))
		put_nest(&r, i, XSRTP_A_SESSION_SLOT);
	else if (below(2))
		put_u32(&r, i, XSRTP_A_SESSION_EVENTS, NUMBER, 1);
	else
		put(&r, i, XSRTP_A_SESSION_HAS_KEY, MKI, &yes, sizeof(yes));
	return true;
}

/* An attribute shorter than its own header, or longer than all that follows. */
static bool false_length(void)
{
	int i = any_node(is_any);

	r.node[i].false_len = below(2) ? below(NLA_HDRLEN) : 8192 + below(57344);
	return i;
}

static bool garbage_in_nest(void)
{
	int i = any_node(is_nest);
	struct node *n = &r.node[i];

	if (!i)
		return false;
	n->raw = true;
	n->len = 1 + below(100);
	fill(n->data, n->len);
	return true;
}

/* The message ends one to all but one bytes before its last attribute does. */
static bool truncated(void)
{
	int i, last = 0;

	for (i = 1; i < r.n; i++)
		if (r.node[i].parent == 0 && !r.node[i].gone)
			last = i;
	if (!last || r.node[last].false_len >= 0)
		return false;
	/* Padding alone may be missing; what is in a nest is padded within it. */
	if (r.node[last].kind == NEST)
		r.cut = 1 + below(NLA_HDRLEN - 1);
	else
		r.cut = NLA_ALIGN(r.node[last].len) - r.node[last].len + 1 +
			below(r.node[last].len + NLA_HDRLEN - 1);
	return true;
}

static bool unknown_command(void)
{
	static const uint8_t commands[] = { 0, XSRTP_CMD_FLOW_NEW_NTF, XSRTP_CMD_FLOW_DEL_NTF,
					    XSRTP_CMD_KEY_DEL_NTF, XSRTP_CMD_KEY_SWAP_NTF,
					    XSRTP_CMD_EVENT_NTF, XSRTP_CMD_MAX + 1, 127, 255 };

	r.cmd = one_of(commands);
	return true;
}

static bool reserved_bits(void)
{
	static const uint16_t flags[] = { 0x2, 0x10, 0x20, 0x40, 0x80, 0x100, 0x400, 0x800, 0x8000 };

	if (below(2))
		r.reserved = 1 + below(65535);
	else
		r.flags |= one_of(flags);
	return true;
}

static bool header_too_short(void)
{
	r.payload = below(GENL_HDRLEN);
	return true;
}

static bool dump_of_what_has_none(void)
{
	if (r.cmd == XSRTP_CMD_FLOW_GET)
		return false;
	r.flags |= NLM_F_DUMP;
	return true;
}

/* Source and destination of different families. */
static bool mixed_families(void)
{
	int i, p;

	for (i = 1; i < r.n; i++) {
		p = r.node[i].parent;
		if (r.node[i].kind == ADDRESS && length_is_right(&r.node[i], r.node[i].len) &&
		    r.node[p].type == XSRTP_A_FLOW_DESTINATION && r.node[p].parent == 0) {
			r.node[i].len = r.node[i].len == 4 ? 16 : 4;
			return true;
		}
	}
	return false;
}

/* A flow that is not there, or for a new one, one that is. */
static bool wrong_flow(void)
{
	struct address nowhere = address_of(false, 0xfffff0, 9);
	int i, p;

	if (r.cmd == XSRTP_CMD_FLOW_NEW)
		nowhere = any_flow(false)->local;
	for (i = 1; i < r.n; i++) {
		p = r.node[i].parent;
		if (r.node[i].kind != ADDRESS || r.node[p].type != XSRTP_A_FLOW_LOCAL ||
		    r.node[p].parent != 0)
			continue;
		r.node[i].len = nowhere.len;
		memcpy(r.node[i].data, nowhere.bytes, nowhere.len);
		/* The port of an endpoint follows its address. */
		r.node[i + 1].len = 2;
		r.node[i + 1].data[0] = nowhere.port >> 8;
		r.node[i + 1].data[1] = nowhere.port;
		return true;
	}
	return false;
}

static struct way {
	const char *name;
	bool (*spoil)(void);
	bool of_attributes;	/* the refusal must say more than a number */
	uint32_t sent, accepted, unexplained;
} ways[] = {
	{ .name = "attribute missing", .spoil = attribute_missing, .of_attributes = true },
	{ .name = "wrong length", .spoil = wrong_length, .of_attributes = true },
	{ .name = "key of another suite", .spoil = key_of_another_suite, .of_attributes = true },
	{ .name = "bad value", .spoil = bad_value, .of_attributes = true },
	{ .name = "wrong nested flag", .spoil = wrong_nested_flag, .of_attributes = true },
	{ .name = "unknown attribute", .spoil = unknown_attribute, .of_attributes = true },
	{ .name = "read-only attribute", .spoil = read_only_attribute, .of_attributes = true },
	{ .name = "false attribute length", .spoil = false_length, .of_attributes = true },
	{ .name = "garbage in a nest", .spoil = garbage_in_nest, .of_attributes = true },
	{ .name = "truncated", .spoil = truncated, .of_attributes = true },
	{ .name = "mixed families", .spoil = mixed_families, .of_attributes = true },
	{ .name = "wrong flow", .spoil = wrong_flow },
	{ .name = "unknown command", .spoil = unknown_command },
	{ .name = "reserved bits", .spoil = reserved_bits },
	{ .name = "header too short", .spoil = header_too_short },
	{ .name = "dump of what has none", .spoil = dump_of_what_has_none },
};
#define WAYS	(sizeof(ways) / sizeof(ways[0]))

/* --- what the kernel has ------------------------------------------------------------- */

struct snapshot {
	uint8_t *bytes;
	size_t len;
};

static void keep(const struct nlmsghdr *h, void *arg)
{
	struct snapshot *s = arg;
	size_t len = h->nlmsg_len - NLMSG_HDRLEN;

	s->bytes = realloc(s->bytes, s->len + len);
	if (!s->bytes)
		errx(2, "no memory");
	memcpy(s->bytes + s->len, NLMSG_DATA(h), len);
	s->len += len;
}

/* All flows and the namespace's counters, as the kernel writes them. */
static struct snapshot take_snapshot(void)
{
	struct snapshot s = { 0 };
	int error;

	request_init(&r, XSRTP_CMD_FLOW_GET);
	r.flags |= NLM_F_DUMP;
	error = nl_ask(&nl, &r, keep, &s);
	request_init(&r, XSRTP_CMD_STATS_GET);
	error = error ?: nl_ask(&nl, &r, keep, &s);
	if (error || !s.len)
		errx(2, "cannot take a snapshot: %s %s", strerror(-error), nl.text);
	return s;
}

static bool unchanged(const struct snapshot *before)
{
	struct snapshot now = take_snapshot();
	bool same = now.len == before->len && !memcmp(now.bytes, before->bytes, now.len);

	free(now.bytes);
	return same;
}

/* --- the test ------------------------------------------------------------------------ */

static void show(const char *what, uint32_t n, const char *name, int error)
{
	size_t len = request_write(&r, nl.family, 0, nl.out), i;

	printf("# %s: request %u, %s%s%s:", what, n, name, error ? ", " : "",
	       error ? strerror(-error) : "");
	for (i = 0; i < len && i < 400; i++)
		printf("%s%02x", i % 4 ? "" : " ", nl.out[i]);
	puts("");
}

/* Sends one right request; complains if it is refused. */
static bool send_right(const char *what, nl_reply reply, void *arg)
{
	int error = nl_ask(&nl, &r, reply, arg);

	if (error) {
		printf("# %s refused: %s %s\n", what, strerror(-error), nl.text);
		show(what, 0, "right", error);
	}
	return !error;
}

/* The life of a flow, in right requests. */
static bool right_life(void)
{
	struct flow f;
	bool good;

	right_new(&f);
	good = send_right("flow-new", read_id, &f.id);
	right_set(&f);
	good = good && send_right("flow-set", NULL, NULL);
	if (f.rx || f.tx) {
		right_key(&f, XSRTP_KEY_SLOT_FIRST);
		good = good && send_right("key-set", NULL, NULL);
		right_key(&f, XSRTP_KEY_SLOT_SECOND);
		good = good && send_right("key-set of a second one", NULL, NULL);
		right_direction(&f, XSRTP_CMD_KEY_SWAP);
		good = good && send_right("key-swap", NULL, NULL);
		right_key_del(&f, true);
		good = good && send_right("key-del of the second one", NULL, NULL);
		right_key_del(&f, false);
		good = good && send_right("key-del", NULL, NULL);
	}
	right_about(&f, XSRTP_CMD_FLOW_GET);
	good = good && send_right("flow-get", NULL, NULL);
	right_about(&f, XSRTP_CMD_FLOW_DEL);
	return good && send_right("flow-del", NULL, NULL);
}

static void test_right(void)
{
	uint32_t i, good = 0;

	for (i = 0; i < RIGHT; i++)
		good += right_life();
	tap(good == RIGHT, "%u flows with right requests only are accepted", RIGHT);
}

static void make_flows(void)
{
	uint32_t i, good = 0;

	for (i = 0; i < FLOWS; i++) {
		right_new(&flows[i]);
		good += send_right("flow-new", read_id, &flows[i].id);
	}
	tap(good == FLOWS, "%u flows to be left alone", FLOWS);
}

static struct way *spoil(void)
{
	uint32_t times = below(10) < 7 ? 1 : 2 + below(2), tries;
	struct way *last = NULL;
	uint64_t used = 0;
	uint32_t w;

	/* The cut is measured on the message as it is: nothing may follow it. */
	for (tries = 0; (times || !last) && !r.cut && tries < 200; tries++) {
		w = below(WAYS);
		if (used & 1ull << w || !ways[w].spoil())
			continue;
		used |= 1ull << w;
		last = &ways[w];
		times -= times > 0;
	}
	if (used & (used - 1))	/* several: the kernel may see any of them first */
		return NULL;
	return last;
}

static void send_wrong(uint32_t n, uint32_t *accepted, uint32_t *silent)
{
	struct way *way;
	int error;

	right_any();
	way = spoil();
	error = nl_ask(&nl, &r, NULL, NULL);
	if (!error && (*accepted)++ < 20)
		show("accepted", n, way ? way->name : "several ways", 0);
	if (error == -ETIME && (*silent)++ < 20)
		show("no answer", n, way ? way->name : "several ways", error);
	if (!way)
		return;
	if (error && way->of_attributes && !nl.explained && way->unexplained++ < 2)
		show("unexplained", n, way->name, error);
	way->sent++;
	way->accepted += !error;
}

static bool all_ways_used(void)
{
	bool all = true;
	size_t w;

	for (w = 0; w < WAYS; w++) {
		printf("# %-24s %6u sent alone, %u accepted, %u refused without a reason\n",
		       ways[w].name, ways[w].sent, ways[w].accepted, ways[w].unexplained);
		all = all && ways[w].sent;
	}
	return all;
}

static bool all_explained(void)
{
	size_t w;

	for (w = 0; w < WAYS; w++)
		if (ways[w].unexplained)
			return false;
	return true;
}

static void test_wrong(uint32_t count, const struct snapshot *before)
{
	uint32_t i, accepted = 0, silent = 0;
	bool same = true;

	for (i = 0; i < count; i++) {
		send_wrong(i, &accepted, &silent);
		if (i % 10000 != 9999)
			continue;
		if (same && !unchanged(before)) {
			printf("# something changed between requests %u and %u\n", i - 9999, i);
			same = false;
		}
		printf("# %u of %u\n", i + 1, count);
		fflush(stdout);
	}
	tap(!accepted && !silent, "%u malformed requests: each gets an error (%u accepted, %u no answer)",
	    count, accepted, silent);
	tap(all_ways_used(), "in all %zu ways", WAYS);
	tap(all_explained(), "what is wrong with an attribute is explained");
	tap(same && unchanged(before), "a dump before and after is identical");
}

/* Nobody was told of anything: nothing waits on the socket that listens. */
static bool quiet(int listener)
{
	uint8_t byte;

	return recv(listener, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? atoi(argv[1]) : 100000;
	struct snapshot before;
	int listener;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	printf("# seed %llu\n", (unsigned long long)state);
	state = state * 0x9E3779B97F4A7C15ull | 1;
	nl_open(&nl);
	test_right();
	make_flows();
	listener = nl_socket(nl.group);
	before = take_snapshot();
	test_wrong(count, &before);
	tap(quiet(listener), "nobody was notified of anything");
	return tap_end();
}
