// SPDX-License-Identifier: GPL-2.0
/*
 * The journal's file: cut at every byte it is whole and has the records before the cut;
 * changed at every byte it is damaged, or another kind of file, and has all records but
 * the one that was changed; written anew it is the new one or the old one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal.h"

static char dir[] = "/tmp/xsrtp-journal.XXXXXX", path[64];
static char seen[4096];
static char bytes[4096];

static bool note(void *arg, struct text record)
{
	assert_true(strlen(seen) + record.len + 2 < sizeof(seen));
	strncat(seen, record.s, record.len);
	strcat(seen, ";");
	return !text_is(record, "bad");
}

static int open_it(struct journal *j, enum journal_state *state)
{
	char err[256] = "";
	int ret;

	*seen = 0;
	ret = journal_open(j, path, note, NULL, state, err, sizeof(err));
	assert_int_equal(!ret, !*err);
	return ret;
}

/* Three records, of which one is empty and one looks like a record's beginning. */
static size_t make(void)
{
	enum journal_state state;
	struct journal j;
	FILE *f;
	size_t n;

	unlink(path);
	assert_int_equal(open_it(&j, &state), 0);
	assert_int_equal(state, JOURNAL_WHOLE);
	assert_int_equal(journal_begin(&j), 0);
	assert_int_equal(journal_write(&j, text_of("one")), 0);
	assert_int_equal(journal_write(&j, text_of("")), 0);
	assert_int_equal(journal_end(&j), 0);
	assert_int_equal(journal_write(&j, text_of("\n00000001 three")), 0);
	journal_close(&j);
	f = fopen(path, "re");
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return n;
}

static void test_cut(void **state)
{
	const size_t n = make(), first = strlen("xsrtpd journal 1\n"), head = 8 + 1 + 16 + 1 + 1;
	const size_t ends[] = { first + head + 3, first + 2 * head + 3, n };
	const char *const all[] = { "", "one;", "one;;", "one;;\n00000001 three;" };
	size_t cut, i;

	for (cut = first; cut <= n; cut++) {
		for (i = 0; i < 3 && cut >= ends[i]; i++)
			;
		*seen = 0;
		assert_int_equal(journal_read((struct text){ bytes, cut }, note, NULL), JOURNAL_WHOLE);
		assert_string_equal(seen, all[i]);
	}
	assert_int_equal(journal_read((struct text){ bytes, first - 1 }, note, NULL), JOURNAL_FOREIGN);
	assert_int_equal(journal_read((struct text){ bytes, 0 }, note, NULL), JOURNAL_WHOLE);
}

static void test_change(void **state)
{
	const size_t n = make(), first = strlen("xsrtpd journal 1\n"), head = 8 + 1 + 16 + 1 + 1;
	enum journal_state got;
	size_t at;

	for (at = 0; at < n; at++) {
		bytes[at] ^= 0x15;
		*seen = 0;
		got = journal_read((struct text){ bytes, n }, note, NULL);
		if (at < first) {
			assert_int_equal(got, JOURNAL_FOREIGN);
		} else if (at < first + head + 3) {
			assert_int_equal(got, JOURNAL_DAMAGED);
			assert_string_equal(seen, ";\n00000001 three;");
		} else if (at < first + 2 * head + 3) {
			assert_int_equal(got, JOURNAL_DAMAGED);
			assert_string_equal(seen, "one;\n00000001 three;");
		} else {
			/* Of the last one a longer length looks like a kill, and is no loss of others. */
			assert_string_equal(seen, "one;;");
			assert_int_not_equal(got, JOURNAL_FOREIGN);
		}
		bytes[at] ^= 0x15;
	}
}

static void test_anew(void **state)
{
	enum journal_state s;
	struct journal j, other;
	struct stat st;
	char next[80];

	make();
	snprintf(next, sizeof(next), "%s.new", path);
	assert_int_equal(open_it(&j, &s), 0);
	assert_int_equal(open_it(&other, &s), -EBUSY);
	assert_int_equal(journal_begin(&j), 0);
	assert_int_equal(journal_write(&j, text_of("new")), 0);
	journal_undo(&j);
	assert_int_equal(access(next, F_OK), -1);
	assert_int_equal(journal_write(&j, text_of("old")), 0);
	assert_false(journal_grown(&j));
	journal_close(&j);
	assert_int_equal(open_it(&j, &s), 0);
	assert_string_equal(seen, "one;;\n00000001 three;old;");
	assert_int_equal(journal_begin(&j), 0);
	assert_int_equal(journal_write(&j, text_of("bad")), 0);
	assert_int_equal(journal_end(&j), 0);
	assert_int_equal(open_it(&other, &s), -EBUSY);
	assert_int_equal(journal_write(&j, (struct text){ bytes, JOURNAL_RECORD + 1 }), -E2BIG);
	journal_close(&j);
	assert_int_equal(open_it(&j, &s), 0);
	assert_string_equal(seen, "bad;");
	assert_int_equal(s, JOURNAL_DAMAGED);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	journal_close(&j);
}

static void test_refused(void **state)
{
	enum journal_state s;
	struct journal j;

	make();
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(open_it(&j, &s), -EPERM);
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(open_it(&j, &s), -ELOOP);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_it(&j, &s), -EBADMSG);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_anew),
		cmocka_unit_test(test_refused),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/calls", dir);
	failed = cmocka_run_group_tests_name("journal", tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
