// SPDX-License-Identifier: GPL-2.0
/*
 * No branch and no address depends on a secret: valgrind's memcheck follows the
 * bits of what work.h says is secret, marked as if never written (the method of
 * Langley's ctgrind). Every jump and every address that depends on such a bit is an
 * error to memcheck, also many operations later, and also if it makes no difference
 * with the keys of this run.
 *
 * The core is compiled for it with XSRTP_CT: xsrtp_verdict() is a call, and what it
 * returns is known. Nothing else differs from the core that is used.
 *
 * To be run by valgrind (run). It shows first that it sees what must not be.
 */
#include <valgrind/memcheck.h>

#include "work.h"
#include "platform.h"

static void secret(void *p, size_t n)
{
	VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

static void known(void *p, size_t n)
{
	VALGRIND_MAKE_MEM_DEFINED(p, n);
}

static uint8_t secret_byte(void)
{
	static uint8_t byte;

	return byte = byte * 5 + 113;
}

static void core_begin(void)
{
}

static void core_end(void)
{
}

bool xsrtp_verdict(bool same)
{
	VALGRIND_MAKE_MEM_DEFINED(&same, sizeof(same));
	return same;
}

/* --- TAP ------------------------------------------------------------------------------ */

static unsigned int count, failed;

static void result(bool good, const char *what, const char *of)
{
	count++;
	failed += !good;
	printf("%sok %u - taint: %s%s%s\n", good ? "" : "not ", count, what, *of ? ": " : "", of);
	fflush(stdout);
}

/* How many errors memcheck has found since the last call. */
static unsigned int errors(void)
{
	static unsigned int before;
	unsigned int now = VALGRIND_COUNT_ERRORS, n = now - before;

	before = now;
	return n;
}

/* --- what must be seen ---------------------------------------------------------------- */

static volatile unsigned int sink;
static const volatile uint8_t table[256];

static __attribute__((noinline)) void leak_branch(const uint8_t *key)
{
	if (key[3] & 0x10)
		sink++;
}

static __attribute__((noinline)) void leak_index(const uint8_t *key)
{
	sink = table[key[3]];
}

/* A comparison that ends at the first difference. */
static __attribute__((noinline)) void leak_compare(const uint8_t *key)
{
	unsigned int i;

	for (i = 0; i < 16 && key[i] == table[i]; i++)
		sink++;
}

/* One bit of the session key, which is derived from the secret. */
static void leak_session_key(const struct xsrtp_cipher *c)
{
	struct xsrtp_session *s = session(&kinds[0], XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, 0);
	struct master m;

	secret_fill(&m, sizeof(m));
	must(!key_set(s, &kinds[0], c, 0, &m));
	must(!errors());
	leak_branch((const uint8_t *)s + XSRTP_ALIGN);
	xsrtp_session_wipe(s);
}

static void leaks_are_seen(void)
{
	uint8_t key[16];

	secret_fill(key, sizeof(key));
	errors();
	leak_branch(key);
	result(errors(), "sees a branch on a key", "");
	leak_index(key);
	result(errors(), "sees a table read at a place that a key says", "");
	leak_compare(key);
	result(errors(), "sees a comparison that ends early", "");
	leak_session_key(xsrtp_cipher_get(0));
	result(errors(), "sees a branch on a session key", "");
	known(key, sizeof(key));
	leak_compare(key);
	result(!errors(), "sees nothing in what is known", "");
}

/* --- the core ------------------------------------------------------------------------- */

static void kind_all_suites(const struct xsrtp_cipher *c, const struct kind *k)
{
	unsigned int suite, n = 0;
	char name[80];

	for (suite = 1; suite < 32; suite++)
		if (kind_fits(k, suite)) {
			work(k, c, suite, false);
			n++;
		}
	snprintf(name, sizeof(name), "%s, %u suites", k->name, n);
	result(n && !errors(), xsrtp_cipher_name(c), name);
}

int main(void)
{
	const struct xsrtp_cipher *c;
	unsigned int i, k;

	if (!RUNNING_ON_VALGRIND) {
		printf("Bail out! to be run by valgrind (tests/ct/run)\n");
		return 2;
	}
	leaks_are_seen();
	for (i = 0; (c = xsrtp_cipher_get(i)); i++)
		for (k = 0; k < KINDS; k++)
			kind_all_suites(c, &kinds[k]);
	printf("1..%u\n", count);
	return failed != 0;
}
