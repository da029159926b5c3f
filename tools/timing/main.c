// SPDX-License-Identifier: GPL-2.0
/*
 * Time the SRTP core beside what people run today; called by tools/bench, see
 * Documentation/performance.md.
 *
 * bench-core [--quick] [--rounds N] [--only SYSTEM] [--libsrtp-openssl FILE] JSON
 *
 * How it is done: timing.h.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

struct system systems[SYSTEMS_MAX];
unsigned int system_count;
struct keys *keys;
const struct xsrtp_suite_info *suite;

static bool quick;
static unsigned int rounds;
static const char *only, *libsrtp_openssl;

/* --- the systems ---------------------------------------------------------------- */

struct system *add_system(const char *name, uint32_t sessions_max)
{
	struct system *s = &systems[system_count];

	if ((only && strcmp(name, only)) || system_count == SYSTEMS_MAX)
		return NULL;
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->sessions_max = sessions_max;
	system_count++;
	return s;
}

static void add_systems(void)
{
	const struct xsrtp_cipher *c;
	char name[32];
	int i;

	add_ours("xsrtp", xsrtp_cipher_get(0));
	for (i = 0; (c = xsrtp_cipher_get(i)); i++) {
		snprintf(name, sizeof(name), "xsrtp/%s", xsrtp_cipher_name(c));
		add_ours(name, c);
	}
	/*
	 * Both have one name: the one without a path must come first. NSS searches
	 * a list of all its keys for each packet: 0.1 ms with 1,000 sessions.
	 */
	add_libsrtp("libsrtp-nss", "libsrtp2.so.1", quick ? 1 : 1000);
	add_libsrtp("libsrtp-openssl", libsrtp_openssl, quick ? 10000 : SESSIONS_MAX);
	add_ipsec_mb("ipsec-mb", SESSIONS_MAX);
	add_evp("openssl", quick ? 1000 : 10000);
}

/* --- what there is to time ----------------------------------------------------------- */

static void time_sessions(FILE *json, uint32_t sessions)
{
	static const uint32_t sizes[] = { 160, 20, 320, 1200 }, bursts[] = { 1, 16, 64 };
	struct row row = { .sessions = sessions };
	unsigned int i, j;

	make_keys(sessions);
	reference_open(sessions);
	for (i = 0; i < system_count; i++) {
		struct system *s = &systems[i];

		s->broken = false;
		s->state = sessions <= s->sessions_max ? s->make(s, suite, sessions) : NULL;
	}
	begin_sessions(sessions);
	for (i = 0; i < (quick ? 1 : 4); i++)
		for (j = 0; j < 3; j++)
			for (row.op = 0; row.op < OPS; row.op++) {
				row.bytes = sizes[i];
				row.burst = bursts[j];
				time_row(json, &row, rounds);
			}
	for (i = 0; i < system_count; i++)
		if (systems[i].state)
			systems[i].drop(systems[i].state, sessions);
	reference_close(sessions);
}

/* Quick: the two suites that nearly all calls have. */
static bool wanted_suite(const struct xsrtp_suite_info *s)
{
	if (!s || s->null_cipher || !s->tag_len)
		return false;
	return !quick || s->suite == XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80 ||
	       s->suite == XSRTP_SUITE_AEAD_AES_128_GCM;
}

static void parse_args(int argc, char **argv)
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "libsrtp-openssl", required_argument, NULL, 's' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'q':
			quick = true;
			break;
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'o':
			only = optarg;
			break;
		case 's':
			libsrtp_openssl = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (!rounds)
		rounds = quick ? 6 : 12;
	if (rounds > SAMPLES_MAX / SETS || optind != argc - 1) {
		fprintf(stderr, "bench-core: see tools/bench --help\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static const uint32_t sessions[] = { 1, 1000, 10000, SESSIONS_MAX };
	unsigned int i, j;
	FILE *json;

	parse_args(argc, argv);
	json = fopen(argv[optind], "w");
	if (!json) {
		perror(argv[optind]);
		return 1;
	}
	keys = big_alloc(SESSIONS_MAX * sizeof(*keys));
	add_systems();
	for (i = 0; i < XSRTP_SUITE_END; i++) {
		suite = xsrtp_suite_info(i);
		if (!wanted_suite(suite))
			continue;
		print_head();
		for (j = 0; j < 4; j++)
			time_sessions(json, sessions[j]);
	}
	return fclose(json) ? 1 : 0;
}
