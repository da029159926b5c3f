// SPDX-License-Identifier: GPL-2.0
/*
 * keys FOLDER: flows with keys that nobody else has had, for somebody who looks for them in
 * the machine's memory from outside (tests/e2e/key-memory.sh). The keys come from the
 * kernel's generator and go back into it by netlink; every copy of our own is wiped, and
 * FOLDER/keys has them with each bit turned. One line per key: name, key and salt in hex.
 *
 * Then it says FOLDER/live, and waits for FOLDER/seen-live; deletes the flows; says
 * FOLDER/deleted, and waits for FOLDER/seen-deleted. Wants a network namespace of its own.
 */
#include "nl.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <xsrtp/suite.h>

#define WAIT_SECONDS	120

static const struct {
	uint32_t number, key, salt;
	const char *name;
} suites[] = {
#define ROW(sym, num, name, kind, key, salt, tag) { num, key, salt, name },
	XSRTP_SUITES(ROW)
#undef ROW
};
#define SUITES	(sizeof(suites) / sizeof(suites[0]))

static struct nl nl;
static struct request r;
static uint32_t ids[SUITES];

/* What is wiped may have been copied to a stack: the callee's, of the same depth. */
static void wipe(void)
{
	volatile uint8_t below[16 << 10];
	size_t i;

	for (i = 0; i < sizeof(below); i++)
		below[i] = 0;
	explicit_bzero(&r, sizeof(r));
	explicit_bzero(nl.out, sizeof(nl.out));
	explicit_bzero(nl.in, sizeof(nl.in));
}

static void write_turned(FILE *f, const uint8_t *p, size_t len)
{
	fputc(' ', f);
	while (len--)
		fprintf(f, "%02x", *p++ ^ 0xff);
}

static int add(size_t i, FILE *f)
{
	struct address local = { .bytes = { 192, 0, 2, 1 }, .len = 4, .port = 30000 + 2 * i };
	struct address from = { .bytes = { 198, 51, 100, 1 }, .len = 4, .port = 31000 + 2 * i };
	struct address to = { .bytes = { 198, 51, 100, 2 }, .len = 4, .port = 5000 };
	uint8_t key[XSRTP_KEY_MAX], salt[XSRTP_SALT_MAX];
	int tx, k, error;

	if (getrandom(key, sizeof(key), 0) < 0 || getrandom(salt, sizeof(salt), 0) < 0)
		err(2, "getrandom");
	request_init(&r, XSRTP_CMD_FLOW_NEW);
	put_endpoint(&r, XSRTP_A_FLOW_LOCAL, &local);
	put_u32(&r, 0, XSRTP_A_FLOW_ACTION, ACTION, XSRTP_ACTION_FORWARD);
	put_endpoint(&r, XSRTP_A_FLOW_SOURCE, &from);
	put_endpoint(&r, XSRTP_A_FLOW_DESTINATION, &to);
	tx = put_nest(&r, 0, XSRTP_A_FLOW_TX);
	put_u32(&r, tx, XSRTP_A_SESSION_SUITE, SUITE, suites[i].number);
	k = put_nest(&r, tx, XSRTP_A_SESSION_KEY);
	put(&r, k, XSRTP_A_KEY_MASTER_KEY, MASTER_KEY, key, suites[i].key);
	put(&r, k, XSRTP_A_KEY_MASTER_SALT, MASTER_SALT, salt, suites[i].salt);
	error = nl_ask(&nl, &r, read_id, &ids[i]);
	fputs(suites[i].name, f);
	write_turned(f, key, suites[i].key);
	write_turned(f, salt, suites[i].salt);
	fputc('\n', f);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(salt, sizeof(salt));
	wipe();
	return error;
}

static void say(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		err(2, "%s", name);
	close(fd);
}

static void await(const char *name)
{
	struct stat st;
	int i;

	for (i = 0; i < WAIT_SECONDS * 10; i++) {
		if (!stat(name, &st))
			return;
		usleep(100000);
	}
	errx(2, "nobody made %s", name);
}

static void delete(size_t i)
{
	int error;

	request_init(&r, XSRTP_CMD_FLOW_DEL);
	put_u32(&r, 0, XSRTP_A_FLOW_ID, ID, ids[i]);
	error = nl_ask(&nl, &r, NULL, NULL);
	if (error)
		errx(2, "flow-del: %s", strerror(-error));
}

int main(int argc, char **argv)
{
	FILE *f;
	size_t i;
	int error;

	if (argc != 2 || chdir(argv[1]))
		err(2, "keys FOLDER");
	nl_open(&nl);
	f = fopen("keys", "we");
	if (!f)
		err(2, "keys");
	for (i = 0; i < SUITES; i++) {
		error = add(i, f);
		if (error)
			errx(2, "%s: %s (%s)", suites[i].name, strerror(-error), nl.text);
	}
	fclose(f);
	say("live");
	await("seen-live");
	for (i = 0; i < SUITES; i++)
		delete(i);
	/* A grace period, and the work that frees. */
	sleep(3);
	say("deleted");
	await("seen-deleted");
	return 0;
}
