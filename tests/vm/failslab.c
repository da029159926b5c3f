// SPDX-License-Identifier: GPL-2.0
/*
 * failslab [OPERATIONS [more]]: every allocation that the module asks for on behalf of a request
 * fails once, one after the other, and each time the request is either refused with
 * -ENOMEM and has changed nothing, or done. Then OPERATIONS (2,000) at random while each
 * allocation fails with a chance of one in ten, works and softirqs included. With "more" the
 * core's too, on behalf of a device and of a namespace.
 *
 * /proc/thread-self/fail-nth has the N-th allocation of this thread fail, and failslab's
 * stack filter counts those only that have the module on their stack
 * (Documentation/fault-injection/fault-injection.rst). tests/vm/t-97-failslab.sh sets the
 * filter. Prints TAP. Wants a network namespace of its own, and makes more.
 */
#include "nl.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include <xsrtp/suite.h>

#define MOST		2000	/* allocations of one request */
#define BASE_PORT	4000
#define OTHER_PORT	4100
#define PICTURE_BYTES	(256 << 10)

static struct nl nl, listener;
static struct request r;
static uint32_t base, copied;	/* ids: a flow that others follow and that has copies; one of those */
static uint32_t serial;		/* makes keys, lifetimes and addresses differ */

/* --- failing -------------------------------------------------------------------------- */

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(2, "%s", path);
	close(fd);
}

static void fail_nth(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	write_text("/proc/thread-self/fail-nth", text);
}

/* Has it failed in this process? */
static bool was_failed(pid_t pid)
{
	char path[32], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		err(2, "%s", path);
	close(fd);
	return atoi(text) == 0;
}

/* And in this one? Whatever it was, nothing will any more. */
static bool has_failed(void)
{
	bool failed = was_failed(getpid());

	fail_nth(0);
	return failed;
}

/* --- requests -------------------------------------------------------------------------- */

static void put_key(int session, uint32_t slot)
{
	uint8_t key[16] = { serial, serial >> 8, serial >> 16, 1 }, salt[14] = { 2 };
	uint64_t lifetime = 1000000 + serial++;
	int k = put_nest(&r, session, XSRTP_A_SESSION_KEY);

	put(&r, k, XSRTP_A_KEY_MASTER_KEY, MASTER_KEY, key, sizeof(key));
	put(&r, k, XSRTP_A_KEY_MASTER_SALT, MASTER_SALT, salt, sizeof(salt));
	put(&r, k, XSRTP_A_KEY_LIFETIME, LIFETIME, &lifetime, sizeof(lifetime));
	put_u32(&r, k, XSRTP_A_KEY_SLOT, KEY_SLOT, slot);
}

static void put_session(uint16_t type)
{
	int s = put_nest(&r, 0, type);

	put_u32(&r, s, XSRTP_A_SESSION_SUITE, SUITE, XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
	put_key(s, XSRTP_KEY_SLOT_FIRST);
}

static void put_forward(struct address from)
{
	struct address to = address_of(false, 8 + serial++, 5000);

	put_u32(&r, 0, XSRTP_A_FLOW_ACTION, ACTION, XSRTP_ACTION_FORWARD);
	put_endpoint(&r, XSRTP_A_FLOW_SOURCE, &from);
	put_endpoint(&r, XSRTP_A_FLOW_DESTINATION, &to);
}

static struct address ours(uint16_t port)
{
	return address_of(false, 1, port);
}

static void make_from_to(uint16_t port, uint16_t from)
{
	struct address local = ours(port);

	request_init(&r, XSRTP_CMD_FLOW_NEW);
	put_endpoint(&r, XSRTP_A_FLOW_LOCAL, &local);
	put_u32(&r, 0, XSRTP_A_FLOW_LEARN, LEARN, XSRTP_LEARN_AUTHENTICATED);
	put_forward(ours(from));
	put_session(XSRTP_A_FLOW_RX);
	put_session(XSRTP_A_FLOW_TX);
}

static void make_new(uint16_t port)
{
	make_from_to(port, OTHER_PORT);
}

static void make_follower(uint16_t port)
{
	make_from_to(port, BASE_PORT);
	put_u32(&r, 0, XSRTP_A_FLOW_FOLLOW, FOLLOW, base);
}

static void make_copy(void)
{
	request_init(&r, XSRTP_CMD_FLOW_NEW);
	put_u32(&r, 0, XSRTP_A_FLOW_OF, ID, base);
	put_forward(ours(OTHER_PORT));
	put_session(XSRTP_A_FLOW_TX);
}

static void make_send(uint16_t port)
{
	struct address local = ours(port), remote = address_of(false, 9, 7000);

	request_init(&r, XSRTP_CMD_FLOW_NEW);
	put_endpoint(&r, XSRTP_A_FLOW_LOCAL, &local);
	put_endpoint(&r, XSRTP_A_FLOW_REMOTE, &remote);
	put_u32(&r, 0, XSRTP_A_FLOW_ACTION, ACTION, XSRTP_ACTION_SEND);
	put_session(XSRTP_A_FLOW_TX);
}

static void make_about(uint8_t cmd, uint32_t id)
{
	request_init(&r, cmd);
	put_u32(&r, 0, XSRTP_A_FLOW_ID, ID, id);
}

static void make_set(void)
{
	make_about(XSRTP_CMD_FLOW_SET, base);
	put_forward(ours(OTHER_PORT));
}

static int make_direction(uint8_t cmd, uint16_t type)
{
	make_about(cmd, base);
	return put_nest(&r, 0, type);
}

static void make_key(uint16_t type, uint32_t slot)
{
	put_key(make_direction(XSRTP_CMD_KEY_SET, type), slot);
}

static void make_key_del(uint16_t type)
{
	int k = put_nest(&r, make_direction(XSRTP_CMD_KEY_DEL, type), XSRTP_A_SESSION_KEY);

	put_u32(&r, k, XSRTP_A_KEY_SLOT, KEY_SLOT, XSRTP_KEY_SLOT_SECOND);
}

/* --- what the kernel has ------------------------------------------------------------------ */

struct picture {
	size_t len;
	uint8_t bytes[PICTURE_BYTES];
};

static void must(int error, const char *what)
{
	if (error)
		errx(2, "%s: %s (%s)", what, strerror(-error), nl.text);
}

static void add_to_picture(const struct nlmsghdr *h, void *arg)
{
	size_t len = h->nlmsg_len - NLMSG_HDRLEN;
	struct picture *p = arg;

	if (len > sizeof(p->bytes) - p->len)
		errx(2, "more flows than expected");
	memcpy(p->bytes + p->len, NLMSG_DATA(h), len);
	p->len += len;
}

/* All that may be known of all flows. */
static void take(struct picture *p)
{
	p->len = 0;
	request_init(&r, XSRTP_CMD_FLOW_GET);
	r.flags |= NLM_F_DUMP;
	must(nl_ask(&nl, &r, add_to_picture, p), "dump");
}

static bool same(const struct picture *a, const struct picture *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static void see_stranger(const struct nlmsghdr *h, void *arg)
{
	uint32_t id = reply_u32(h, XSRTP_A_FLOW_ID);

	if (id && id != base && id != copied)
		*(uint32_t *)arg = id;
}

static uint32_t stranger(void)
{
	uint32_t id = 0;

	request_init(&r, XSRTP_CMD_FLOW_GET);
	r.flags |= NLM_F_DUMP;
	must(nl_ask(&nl, &r, see_stranger, &id), "dump");
	return id;
}

static void delete_strangers(void)
{
	uint32_t id;

	while ((id = stranger())) {
		make_about(XSRTP_CMD_FLOW_DEL, id);
		must(nl_ask(&nl, &r, NULL, NULL), "flow-del");
	}
}

/* --- the operations --------------------------------------------------------------------- */

static uint32_t made;		/* the flow that the last one made */

static int ask(void)
{
	return nl_ask(&nl, &r, read_id, &made);
}

/* A namespace that has had no flow, with a listener who is never full. */
static void enter_new(void)
{
	if (unshare(CLONE_NEWNET))
		err(2, "unshare");
	close(nl.fd);
	close(listener.fd);
	nl_open(&nl);
	listener.fd = nl_socket(nl.group);
	base = copied = 0;
}

static void begin(void)
{
	enter_new();
	make_new(BASE_PORT);
	must(ask(), "the flow to follow");
	base = made;
	make_copy();
	must(ask(), "its copy");
	copied = made;
}

static void make_first(void) { make_new(4002); }
static void make_next(void) { make_new(4002); }
static void make_next_follower(void) { make_follower(4004); }
static void make_next_send(void) { make_send(4006); }
static void make_rx_key(void) { make_key(XSRTP_A_FLOW_RX, XSRTP_KEY_SLOT_FIRST); }
static void make_tx_key(void) { make_key(XSRTP_A_FLOW_TX, XSRTP_KEY_SLOT_FIRST); }
static void make_rx_second(void) { make_key(XSRTP_A_FLOW_RX, XSRTP_KEY_SLOT_SECOND); }
static void make_tx_second(void) { make_key(XSRTP_A_FLOW_TX, XSRTP_KEY_SLOT_SECOND); }
static void make_tx_second_del(void) { make_key_del(XSRTP_A_FLOW_TX); }
static void make_swap(void) { make_direction(XSRTP_CMD_KEY_SWAP, XSRTP_A_FLOW_TX); }
static void make_del(void) { make_about(XSRTP_CMD_FLOW_DEL, made); }
static void make_get(void) { make_about(XSRTP_CMD_FLOW_GET, base); }
static void make_stats(void) { request_init(&r, XSRTP_CMD_STATS_GET); }

static void with_second(void)
{
	make_tx_second();
	must(ask(), "a second key");
}

static void with_another(void)
{
	make_new(4008);
	must(ask(), "another flow");
}

static const struct op {
	const char *name;
	void (*prepare)(void);
	void (*make)(void);
	bool reads;
} ops[] = {
	{ "the first flow of a namespace", enter_new, make_first, false },
	{ "a flow", NULL, make_next, false },
	{ "a flow that follows another", NULL, make_next_follower, false },
	{ "a copy", NULL, make_copy, false },
	{ "a flow of what is sent", NULL, make_next_send, false },
	{ "flow-set", NULL, make_set, false },
	{ "a new key that arrives", NULL, make_rx_key, false },
	{ "a new key that leaves", NULL, make_tx_key, false },
	{ "a second key that arrives", NULL, make_rx_second, false },
	{ "a second key that leaves", NULL, make_tx_second, false },
	{ "key-swap", with_second, make_swap, false },
	{ "key-del of the second", with_second, make_tx_second_del, false },
	{ "flow-del", with_another, make_del, false },
	{ "flow-get", NULL, make_get, true },
	{ "stats-get", NULL, make_stats, true },
};
#define OPS	(sizeof(ops) / sizeof(ops[0]))

/* --- one after the other ------------------------------------------------------------------ */

/*
 * The @n-th allocation of @o fails. Return: has it, that is: were there so many? What was
 * not as it must be is in *@wrong. ENOBUFS: the answer was lost, what became of it is seen.
 */
static bool try(const struct op *o, unsigned int n, const char **wrong)
{
	static struct picture before, after;
	bool failed, changed;
	int error;

	if (o->prepare)
		o->prepare();
	take(&before);
	o->make();
	fail_nth(n);
	error = ask();
	failed = has_failed();
	take(&after);
	changed = !same(&before, &after);
	if (error && error != -ENOMEM && error != -ENOBUFS && error != -EMSGSIZE)
		*wrong = "an error that does not say so";
	else if (!failed && error)
		*wrong = "refused although nothing failed";
	else if (error == -ENOMEM && changed)
		*wrong = "refused, and yet something has changed";
	else if (!error && changed == o->reads)
		*wrong = "done, and nothing has changed, or too much";
	if (*wrong)
		printf("# allocation %u: %s; %s (%s)\n", n, *wrong, strerror(-error), nl.text);
	delete_strangers();
	return failed;
}

static void each_in_turn(const struct op *o)
{
	const char *wrong = NULL;
	unsigned int n = 1;

	while (n < MOST && try(o, n, &wrong))
		n++;
	tap(!wrong && n > 1 && n < MOST, "%s: each of its %u allocations has failed", o->name, n - 1);
}

/* From here on those count that have this function of the core on their stack. */
static void below_function(const char *name)
{
	char line[256], symbol[128], text[32];
	unsigned long start = 0, end = 0, at;
	FILE *f = fopen("/proc/kallsyms", "re");

	while (f && fgets(line, sizeof(line), f) && sscanf(line, "%lx %*c %127s", &at, symbol) == 2) {
		if (!strcmp(symbol, name))
			start = at;
		else if (start && at > start && (!end || at < end))
			end = at;
	}
	if (!end)
		errx(2, "no %s in /proc/kallsyms", name);
	fclose(f);
	snprintf(text, sizeof(text), "0x%lx", start);
	write_text("/sys/kernel/debug/failslab/require-start", text);
	snprintf(text, sizeof(text), "0x%lx", end);
	write_text("/sys/kernel/debug/failslab/require-end", text);
}

/* The @n-th allocation of a program, which has no namespace of its own yet, fails. */
static bool run(char *const argv[], unsigned int n, int *status)
{
	siginfo_t info;
	pid_t pid = fork();
	bool failed;

	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		fail_nth(n);
		execvp(argv[0], argv);
		_exit(127);
	}
	/* Of one that has ended and is not waited for, what is left can be read. */
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		err(2, "waitid");
	failed = was_failed(pid);
	waitpid(pid, status, 0);
	return failed;
}

/*
 * Has @undo succeed after each success of @argv, and fail after each failure: then
 * nothing is left of it.
 */
static void program(const char *name, char *const argv[], char *const undo[])
{
	bool good = true, failed;
	unsigned int n, done = 0;
	int status, undone;

	for (n = 1; n < MOST; n++) {
		failed = run(argv, n, &status);
		done += !status;
		if (undo) {
			run(undo, 0, &undone);
			good &= !status == !undone;
		}
		if (!failed)
			break;
	}
	good &= n > 1 && n < MOST && !status;
	tap(good, "%s: each of its %u allocations has failed, and it %u times", name, n - 1, n - done);
}

static void programs(void)
{
	static char *const add[] = { "ip", "link", "add", "failing", "type", "xsrtp", NULL };
	static char *const del[] = { "ip", "link", "del", "failing", NULL };
	static char *const name_space[] = { "unshare", "--net", "true", NULL };

	below_function("register_netdevice");
	program("a device", add, del);
	below_function("ops_init");
	program("a namespace", name_space, NULL);
}

/* --- at random ------------------------------------------------------------------------------ */

static void chance(const char *percent)
{
	write_text("/sys/kernel/debug/failslab/probability", percent);
}

static void at_random(unsigned int n)
{
	unsigned int i, done = 0, refused = 0, other = 0;
	const struct op *o;
	int error;

	for (i = 0; i < n; i++) {
		o = &ops[1 + rand() % (OPS - 1)];
		if (o->make == make_del)	/* of what is there, or is not */
			made = base + 1 + rand() % 64;
		o->make();
		chance("10");
		error = ask();
		chance("0");
		done += !error;
		refused += error == -ENOMEM;
		other += error && error != -ENOMEM;
		if (i % 16 == 15)
			delete_strangers();
	}
	printf("# %u done, %u refused for want of memory, %u otherwise\n", done, refused, other);
	tap(done && refused, "%u operations while one allocation in ten fails", n);
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? atoi(argv[1]) : 2000;
	size_t i;

	nl_open(&nl);
	listener.fd = nl_socket(nl.group);
	each_in_turn(&ops[0]);
	begin();
	for (i = 1; i < OPS; i++)
		each_in_turn(&ops[i]);
	at_random(n);
	delete_strangers();
	tap(!stranger(), "what it made can be deleted");
	if (argc > 2)
		programs();
	return tap_end();
}
