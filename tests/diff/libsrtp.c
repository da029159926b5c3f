// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test against libsrtp2 (Debian's 2.5, built on NSS): the same
 * random packets through both, in both directions; bytes, lengths, acceptance
 * and the reason of a refusal are compared.
 *
 *	libsrtp [PACKETS]	of each suite and direction (default 100,000)
 *	XSRTP_SEED=n		other packets; a failure prints the seed and how
 *				to run that one trial again (XSRTP_TRIAL)
 *
 * Packets come in trials of some 1,000 under one key, each with its own seed,
 * window, MKI, burst size and traffic: every length of payload from 0 to 1,460,
 * 0 to 15 CSRCs, extensions of any profile, all header bits, alignment, several
 * SSRCs, loss, reordering within and beyond the window, duplicates, changed bits,
 * truncation; sequence numbers start near the wrap and jump up to 2^15 - 1, so
 * that ROC moves often.
 *
 * Where the two differ on purpose:
 *
 * - Window. libsrtp takes any size of 64 to 32,767 but not our 32,768. Both get
 *   the same size here: 64 to 16,384.
 * - Repeats. libsrtp is created with allow_repeat_tx = 0: a sender's repeated
 *   index is replay_fail there, index-reuse here.
 * - Version. libsrtp does not look at it; we refuse all but 2 as malformed. Such
 *   packets are not shown to libsrtp (it would accept them).
 * - Too short for MKI and tag. With an MKI libsrtp 2.5 computes the length of
 *   what it decrypts without looking whether MKI and tag fit behind the header;
 *   under GCM it then reads 4 GB from there and crashes. Such packets, which we
 *   refuse as malformed, are not shown to it either.
 * - Order of checks. We look at the packet's form first, then the MKI, then the
 *   index, then the tag. libsrtp looks at the index before it sees that MKI and
 *   tag leave no room for a header, and under GCM before the MKI. A packet that
 *   is wrong in two ways may have either's reason; refused it is by both.
 * - In a burst MACs come before earlier packets of the burst have moved the
 *   window, so there replay, too-old and bad-tag stand for each other.
 *   Without a tag (AES_CM_128_NULL_AUTH) a forgery moves the index, and the next
 *   packet of the same burst would have another one: there packets come alone.
 * - AES-192. libsrtp up to 2.7 derives its keys with AES-256 (issue 763, fixed by
 *   pull requests 765 and 770), against RFC 6188: not compared here, but with
 *   OpenSSL (shapes.c) and the vectors of RFC 6188 section 7 (vectors.c).
 * - SSRCs. libsrtp's template makes any number of streams; we get 16, more than
 *   a trial's. Only authentic packets make one, in both. (Without a tag every
 *   packet is authentic: there 256, and noise makes streams in both.)
 */
#include <srtp2/srtp.h>

#include "../unit/testlib.h"

#define TRIAL	1000	/* packets */
#define SSRCS	5
#define HISTORY	80	/* packets that a mismatch prints */

static unsigned int packets_wanted = 100000;
static uint64_t base_seed = 20261122;
static const char *only_trial;

/* --- one trial -------------------------------------------------------------------- */

struct event {
	uint32_t ssrc;
	uint16_t seq;
	uint32_t len;
	const char *kind;
	unsigned int ours;
	srtp_err_status_t theirs;
};

struct trial {
	const struct xsrtp_cipher *c;
	const struct xsrtp_suite_info *suite;
	bool out;			/* protect; else unprotect */
	uint64_t seed;
	struct rng rng;
	struct master m;
	unsigned int window, burst;
	struct xsrtp_session *s;
	srtp_t lib;
	uint64_t at[SSRCS];		/* index of the next packet in order */
	struct event log[TRIAL * 2];
	unsigned int events;
};

/* One packet of a burst: as both saw it, before and after. */
struct item {
	uint8_t room[16 + RTP_MAX];	/* ours, at any alignment */
	uint8_t *data;
	uint8_t in[RTP_MAX];
	uint8_t lib[RTP_MAX] __attribute__((aligned(16)));
	uint32_t in_len;
	int lib_len;
	bool shown;			/* libsrtp may see it (top of the file) */
	const char *kind;
	struct xsrtp_packet *p;
	srtp_err_status_t theirs;
};

/* libsrtp has no function for it, but the parts. */
static void policy_null_32(srtp_crypto_policy_t *p)
{
	srtp_crypto_policy_set_null_cipher_hmac_sha1_80(p);
	p->auth_tag_len = 4;
}

static void (*const policy_of[])(srtp_crypto_policy_t *) = {
	[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80] = srtp_crypto_policy_set_rtp_default,
	[XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32] = srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
	[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80] = srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	[XSRTP_SUITE_AES_256_CM_HMAC_SHA1_32] = srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
	[XSRTP_SUITE_AEAD_AES_128_GCM] = srtp_crypto_policy_set_aes_gcm_128_16_auth,
	[XSRTP_SUITE_AEAD_AES_256_GCM] = srtp_crypto_policy_set_aes_gcm_256_16_auth,
	[XSRTP_SUITE_AEAD_AES_128_GCM_8] = srtp_crypto_policy_set_aes_gcm_128_8_auth,
	[XSRTP_SUITE_AEAD_AES_256_GCM_8] = srtp_crypto_policy_set_aes_gcm_256_8_auth,
	[XSRTP_SUITE_NULL_HMAC_SHA1_80] = srtp_crypto_policy_set_null_cipher_hmac_sha1_80,
	[XSRTP_SUITE_NULL_HMAC_SHA1_32] = policy_null_32,
	[XSRTP_SUITE_AES_CM_128_NULL_AUTH] = srtp_crypto_policy_set_aes_cm_128_null_auth,
};

static void suite_policy(const struct xsrtp_suite_info *suite, srtp_policy_t *pol)
{
	policy_of[suite->suite](&pol->rtp);
	pol->rtcp = pol->rtp;
}

static srtp_t lib_session(struct trial *t, bool out, unsigned int window)
{
	uint8_t key[XSRTP_KEY_MAX + XSRTP_SALT_MAX];
	srtp_master_key_t mk = { .key = key, .mki_id = t->m.mki, .mki_size = t->m.mki_len };
	srtp_master_key_t *keys[] = { &mk };
	srtp_policy_t pol = { 0 };
	srtp_t lib;

	memcpy(key, t->m.key, t->suite->key_len);
	memcpy(key + t->suite->key_len, t->m.salt, t->suite->salt_len);
	suite_policy(t->suite, &pol);
	pol.ssrc.type = out ? ssrc_any_outbound : ssrc_any_inbound;
	pol.window_size = window;
	if (t->m.mki_len) {
		pol.keys = keys;
		pol.num_master_keys = 1;
	} else {
		pol.key = key;
	}
	assert_int_equal(srtp_create(&lib, &pol), srtp_err_status_ok);
	return lib;
}

static void trial_open(struct trial *t)
{
	static const uint8_t mkis[] = { 0, 0, 0, 1, 4, 128 };
	unsigned int i;

	t->rng.s = t->seed;
	t->events = 0;
	master_random(&t->rng, &t->m, mkis[rng_below(&t->rng, ARRAY_SIZE(mkis))]);
	t->window = 64u << rng_below(&t->rng, 9);
	t->burst = !t->suite->tag_len || rng_once_in(&t->rng, 2) ? 1 : XSRTP_BURST_MAX;
	t->s = session_new(t->c, t->suite->suite, t->window,
			   t->suite->tag_len ? 16 : XSRTP_STREAMS_MAX, &t->m);
	t->lib = lib_session(t, t->out, t->window);
	for (i = 0; i < SSRCS; i++)	/* from anywhere to just before the wrap */
		t->at[i] = rng_once_in(&t->rng, 3) ? rng_below(&t->rng, 65536) :
						     65400 + rng_below(&t->rng, 136);
}

static void trial_close(struct trial *t)
{
	session_free(t->s);
	srtp_dealloc(t->lib);
}

/* --- traffic ------------------------------------------------------------------------ */

static uint32_t ssrc_of(const struct trial *t, unsigned int k)
{
	return (uint32_t)(t->seed * 2654435761u) + k * 0x01010101u;
}

/*
 * The index of the next packet: mostly the one in order, or ahead (loss, at most
 * 2^15 - 1), or back (late, or again). Never back before the first: SRTP has no
 * index below 0.
 */
static uint64_t next_index(struct trial *t, unsigned int k, const char **kind)
{
	struct rng *r = &t->rng;
	uint64_t at = t->at[k];
	uint32_t back;

	switch (rng_below(r, 20)) {
	case 0:
		*kind = "far ahead";
		t->at[k] += rng_below(r, 32766) + 1;
		return t->at[k] - 1;
	case 1:
		*kind = "lost some";
		t->at[k] += rng_below(r, 2 * t->window < 32766 ? 2 * t->window : 32766) + 1;
		return t->at[k] - 1;
	case 2: case 3: case 4:
		*kind = "late";
		back = 1 + rng_below(r, 80);
		return at > back ? at - back : at;
	case 5:
		*kind = "edge of window";
		back = t->window - 3 + rng_below(r, 8);
		return at > 40000 ? at - back : at;
	case 6:
		*kind = "old";
		back = 1 + rng_below(r, 30000);
		return at > 40000 ? at - back : at;
	default:
		*kind = "in order";
		return t->at[k]++;
	}
}

static void plain_packet(struct trial *t, struct item *it, uint32_t ssrc, uint64_t index)
{
	struct rng *r = &t->rng;
	const struct rtp h = {
		.ssrc = ssrc, .seq = (uint16_t)index,
		.csrcs = rng_once_in(r, 3) ? rng_below(r, 16) : 0,
		.ext = rng_once_in(r, 3), .ext_words = rng_below(r, 17),
		.padding = rng_once_in(r, 4), .payload = rng_below(r, 1461),
	};

	it->in_len = rtp_write(r, &h, it->in);
}

/* Length of the header with CSRCs and extension; 0: it does not fit. */
static uint32_t header_len(const uint8_t *data, uint32_t len)
{
	uint32_t hdr = RTP_HDR;

	if (len < hdr)
		return 0;
	hdr += 4 * (data[0] & 15);
	if (data[0] & 0x10) {
		if (len < hdr + 4)
			return 0;
		hdr += 4 + 4 * get16(data + hdr + 2);
	}
	return hdr <= len ? hdr : 0;
}

/* SRTP of any index, made by the second SRTP of testlib.h: libsrtp must accept it. */
static void sealed_packet(struct trial *t, struct item *it, uint32_t ssrc, uint64_t index)
{
	static struct ref_keys k;
	static uint64_t keys_of;

	plain_packet(t, it, ssrc, index);
	if (keys_of != t->seed || k.suite != t->suite) {
		ref_derive(&k, t->suite->suite, &t->m);
		keys_of = t->seed;
	}
	it->in_len = ref_protect(&k, &t->m, index, it->in, header_len(it->in, it->in_len),
				 it->in_len);
}

/* Changes bits, cuts off, or puts noise in place of a packet that comes in. */
static void damage(struct trial *t, struct item *it)
{
	struct rng *r = &t->rng;
	unsigned int n;

	switch (rng_below(r, 24)) {
	case 0:
		it->kind = "changed bit";
		it->in[rng_below(r, it->in_len)] ^= 1 << rng_below(r, 8);
		break;
	case 1:
		it->kind = "changed header";
		it->in[rng_below(r, 16)] ^= 1 << rng_below(r, 8);
		break;
	case 2:
		it->kind = "changed end";
		n = 16u + t->m.mki_len;
		n = it->in_len < n ? it->in_len : n;
		it->in[it->in_len - 1 - rng_below(r, n)] ^= 1 << rng_below(r, 8);
		break;
	case 3:
		it->kind = "truncated";
		it->in_len = rng_below(r, it->in_len);
		break;
	case 4:
		it->kind = "short";
		it->in_len = rng_below(r, 60 + t->m.mki_len);
		break;
	case 5:
		it->kind = "noise";
		it->in_len = rng_below(r, 200);
		rng_fill(r, it->in, it->in_len);
		break;
	}
}

static bool may_show(const struct trial *t, const struct item *it)
{
	uint32_t hdr = header_len(it->in, it->in_len);

	if (it->in_len && it->in[0] >> 6 != 2)
		return false;
	return t->out || !t->m.mki_len || !hdr ||
	       it->in_len - hdr >= suite_overhead(t->suite->suite, &t->m);
}

static void next_packet(struct trial *t, struct item *it)
{
	unsigned int k = rng_below(&t->rng, SSRCS) & rng_below(&t->rng, SSRCS + 2);
	uint64_t index;

	k %= SSRCS;
	index = next_index(t, k, &it->kind);
	if (t->out) {
		plain_packet(t, it, ssrc_of(t, k), index);
		if (rng_once_in(&t->rng, 40)) {
			it->kind = "malformed";
			it->in_len = rng_below(&t->rng, 80);
		}
	} else {
		sealed_packet(t, it, ssrc_of(t, k), index);
		damage(t, it);
	}
	it->shown = may_show(t, it);
}

/* --- comparison ----------------------------------------------------------------------- */

/* libsrtp's status as a reason of ours. */
static unsigned int theirs_as_reason(const struct trial *t, srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return XSRTP_REASON_OK;
	case srtp_err_status_replay_fail:
		return t->out ? XSRTP_REASON_INDEX_REUSE : XSRTP_REASON_REPLAY;
	case srtp_err_status_replay_old:
		return XSRTP_REASON_TOO_OLD;
	case srtp_err_status_auth_fail:
		return XSRTP_REASON_BAD_TAG;
	case srtp_err_status_bad_param:
	case srtp_err_status_parse_err:
	case srtp_err_status_cipher_fail:	/* GCM: shorter than a tag */
		return XSRTP_REASON_MALFORMED;
	case srtp_err_status_bad_mki:
		return XSRTP_REASON_BAD_MKI;
	default:
		return XSRTP_REASON_MAX;
	}
}

static bool agree(const struct trial *t, const struct item *it)
{
	const unsigned int late = 1u << XSRTP_REASON_REPLAY | 1u << XSRTP_REASON_TOO_OLD |
				  1u << XSRTP_REASON_BAD_TAG;
	unsigned int ours = it->p->reason, theirs = theirs_as_reason(t, it->theirs);

	if (!it->shown)
		return ours == XSRTP_REASON_MALFORMED ||
		       (t->m.mki_len && ours == XSRTP_REASON_BAD_MKI);
	if (ours == theirs)
		return true;
	if (!ours || !theirs || theirs == XSRTP_REASON_MAX)
		return false;
	if (ours == XSRTP_REASON_MALFORMED || ours == XSRTP_REASON_BAD_MKI)
		return !t->out;			/* wrong in two ways: order of checks */
	return !t->out && t->burst > 1 && (late >> ours & late >> theirs & 1);
}

static bool same_bytes(const struct item *it)
{
	if (it->p->reason)
		return it->p->len == it->in_len;
	return it->p->len == (uint32_t)it->lib_len &&
	       !memcmp(it->data, it->lib, it->p->len);
}

static void print_event(const struct event *e)
{
	printf("#   ssrc %08x seq %5u len %4u %-14s ours %s, libsrtp %d\n", e->ssrc, e->seq,
	       e->len, e->kind, xsrtp_reason_name(e->ours), e->theirs);
}

static void mismatch(struct trial *t, const struct item *it, const char *what)
{
	unsigned int i = t->events > HISTORY ? t->events - HISTORY : 0;

	printf("# %s %s: %s differs at packet %u of the trial\n", t->suite->name,
	       t->out ? "protect" : "unprotect", what, t->events);
	printf("# again: XSRTP_TRIAL=%s/%s/%llu\n", t->suite->name, t->out ? "out" : "in",
	       (unsigned long long)t->seed);
	printf("# window %u, bursts up to %u, MKI of %u bytes\n", t->window, t->burst,
	       t->m.mki_len);
	for (; i < t->events; i++)
		print_event(&t->log[i]);
	hexdump("the packet as it came", it->in, it->in_len);
	hexdump("ours", it->data, it->p->len);
	hexdump("libsrtp's", it->lib, it->lib_len);
	hexdump("master key", t->m.key, t->suite->key_len);
	hexdump("master salt", t->m.salt, t->suite->salt_len);
	fail_msg("%s differs: ours %s, libsrtp %d", what, xsrtp_reason_name(it->p->reason),
		 it->theirs);
}

static void record(struct trial *t, const struct item *it)
{
	t->log[t->events++] = (struct event){
		.ssrc = it->in_len >= 12 ? get32(it->in + 8) : 0,
		.seq = it->in_len >= 4 ? get16(it->in + 2) : 0, .len = it->in_len,
		.kind = it->kind, .ours = it->p->reason, .theirs = it->theirs,
	};
}

/* --- running --------------------------------------------------------------------------- */

static void run_lib(struct trial *t, struct item *it)
{
	unsigned int mki = t->m.mki_len > 0;

	memcpy(it->lib, it->in, it->in_len);
	it->lib_len = it->in_len;
	it->theirs = srtp_err_status_bad_param;
	if (!it->shown)
		return;
	it->theirs = t->out ? srtp_protect_mki(t->lib, it->lib, &it->lib_len, mki, 0) :
			      srtp_unprotect_mki(t->lib, it->lib, &it->lib_len, mki);
}

static unsigned int counts[2][XSRTP_REASON_MAX];	/* what was compared */

static void run_burst(struct trial *t, struct item *it, unsigned int n)
{
	struct xsrtp_packet pkt[XSRTP_BURST_MAX];
	unsigned int i;

	for (i = 0; i < n; i++) {
		next_packet(t, &it[i]);
		it[i].data = it[i].room + rng_below(&t->rng, 16);
		memcpy(it[i].data, it[i].in, it[i].in_len);
		it[i].p = &pkt[i];
		pkt[i] = (struct xsrtp_packet){
			.session = t->s, .data = it[i].data, .len = it[i].in_len,
			.room = t->out ? suite_overhead(t->suite->suite, &t->m) : 0,
			.reason = XSRTP_REASON_MAX,
		};
		run_lib(t, &it[i]);
	}
	(t->out ? xsrtp_protect : xsrtp_unprotect)(t->c, pkt, n);
	for (i = 0; i < n; i++) {
		record(t, &it[i]);
		if (!agree(t, &it[i]))
			mismatch(t, &it[i], "the result");
		if (!same_bytes(&it[i]))
			mismatch(t, &it[i], "the packet");
		counts[t->out][pkt[i].reason]++;
	}
}

static void run_trial(struct trial *t)
{
	static struct item items[XSRTP_BURST_MAX];
	unsigned int done = 0, n;

	trial_open(t);
	while (done < TRIAL) {
		n = 1 + rng_below(&t->rng, t->burst);
		run_burst(t, items, n);
		done += n;
	}
	trial_close(t);
}

/* Every kind of outcome must have come up, or the traffic tests too little. */
static void check_coverage(bool out, bool tag)
{
	static const unsigned int in_kinds[] = {
		XSRTP_REASON_OK, XSRTP_REASON_MALFORMED, XSRTP_REASON_BAD_TAG,
		XSRTP_REASON_REPLAY, XSRTP_REASON_TOO_OLD, XSRTP_REASON_BAD_MKI,
	};
	static const unsigned int out_kinds[] = {
		XSRTP_REASON_OK, XSRTP_REASON_MALFORMED, XSRTP_REASON_INDEX_REUSE,
		XSRTP_REASON_TOO_OLD,
	};
	unsigned int i;

	printf("#");
	for (i = 0; i < XSRTP_REASON_MAX; i++)
		if (counts[out][i])
			printf(" %s %u", xsrtp_reason_name(i), counts[out][i]);
	printf("\n");
	for (i = 0; i < (out ? ARRAY_SIZE(out_kinds) : ARRAY_SIZE(in_kinds)); i++) {
		unsigned int kind = out ? out_kinds[i] : in_kinds[i];

		/* a few trials do not have them all */
		if (packets_wanted >= 50000 && (kind != XSRTP_REASON_BAD_TAG || tag))
			assert_true(counts[out][kind] * 1000 > packets_wanted);
	}
}

static void run_suite(const struct xsrtp_cipher *c, unsigned int suite, bool out)
{
	struct trial *t = calloc(1, sizeof(*t));
	unsigned int i;

	t->c = c;
	t->suite = xsrtp_suite_info(suite);
	t->out = out;
	memset(counts, 0, sizeof(counts));
	for (i = 0; i < (packets_wanted + TRIAL - 1) / TRIAL; i++) {
		t->seed = base_seed * 1000003 + suite * 100000 + out * 50000 + i;
		run_trial(t);
	}
	check_coverage(out, t->suite->tag_len);
	free(t);
}

#define TESTS(sym, num, name_, kind, key, salt, tag)			\
	static void sym##_protect(void **state)				\
	{								\
		run_suite(*state, num, true);				\
	}								\
	static void sym##_unprotect(void **state)			\
	{								\
		run_suite(*state, num, false);				\
	}
XSRTP_SUITES(TESTS)

/* Only the trial of XSRTP_TRIAL=suite/out|in/seed */
static void one_trial(void **state)
{
	struct trial *t = calloc(1, sizeof(*t));
	char name[64], dir[4];
	unsigned long long seed;

	assert_int_equal(sscanf(only_trial, "%63[^/]/%3[^/]/%llu", name, dir, &seed), 3);
	t->c = *state;
	t->suite = xsrtp_suite_by_name(name);
	assert_non_null(t->suite);
	t->out = !strcmp(dir, "out");
	t->seed = seed;
	run_trial(t);
	free(t);
}

int main(int argc, char **argv)
{
	static const struct {
		unsigned int suite;
		struct test_row rows[2];
	} all[] = {
#define ROWS(sym, num, name_, kind, key, salt, tag) \
		{ num, { EACH(sym##_protect), EACH(sym##_unprotect) } },
		XSRTP_SUITES(ROWS)
	};
	struct test_row rows[2 * ARRAY_SIZE(all)];
	unsigned int i, n = 0;
	static const struct test_row one[] = { EACH(one_trial) };
	const char *seed = getenv("XSRTP_SEED");

	if (argc > 1)
		packets_wanted = strtoul(argv[1], NULL, 0);
	if (seed)
		base_seed = strtoull(seed, NULL, 0);
	only_trial = getenv("XSRTP_TRIAL");
	if (srtp_init() != srtp_err_status_ok)
		return 1;
	printf("# %s, seed %llu, %u packets of each suite and direction\n",
	       srtp_get_version_string(), (unsigned long long)base_seed, packets_wanted);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (!policy_of[all[i].suite]) {
			printf("# %s is not compared (see the source)\n",
			       xsrtp_suite_info(all[i].suite)->name);
			continue;
		}
		rows[n++] = all[i].rows[0];
		rows[n++] = all[i].rows[1];
	}
	return only_trial ? run_rows("one trial", one, 1) : run_rows("libsrtp", rows, n);
}
