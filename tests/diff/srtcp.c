// SPDX-License-Identifier: GPL-2.0
/*
 * SRTCP against libsrtp2, both ways: bytes, acceptance, reasons.
 *
 *	srtcp [PACKETS]		of each suite and direction (default 20,000)
 *
 * Intended differences:
 *
 * - First index. Ours is 0 (RFC 3711 3.4), libsrtp's 1: our stream is told 0.
 * - Window. libsrtp's for SRTCP is 128 whatever the policy says: so is ours here.
 * - E bit. libsrtp refuses one that its policy does not expect with cant_check;
 *   we obey it, and it is authenticated: a changed one is a bad tag.
 * - MKI. libsrtp 2.5 looks for it before a tag of SRTP's length, and misses it in
 *   SRTCP where that differs (_32 and NULL_AUTH): there without MKI on the way in.
 * - Version, and packets too short for MKI and tag: as in libsrtp.c.
 * - AES-192: as in libsrtp.c.
 */
#include <srtp2/srtp.h>

#include "../unit/testlib.h"

#define TRIAL	500
#define SSRC	0x0a0b0c0du

static unsigned int packets_wanted = 20000;

struct trial {
	const struct xsrtp_cipher *c;
	unsigned int suite;
	uint64_t seed;
	struct rng rng;
	struct master m;
	struct xsrtp_session *s;
	srtp_t lib, sender;
	uint8_t old[TRIAL][512];	/* SRTCP that was sent, to repeat and reorder */
	int old_len[TRIAL];
	unsigned int olds;
};

typedef void (*policy_fn)(srtp_crypto_policy_t *);

/* SRTCP under the _32 suites has a tag of 80 bits (RFC 3711 5.2). */
static const struct {
	policy_fn rtp, rtcp;
} policies[] = {
	[1] = { srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtcp_default },
	[2] = { srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
		srtp_crypto_policy_set_rtcp_default },
	[5] = { srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	[6] = { srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	[7] = { srtp_crypto_policy_set_aes_gcm_128_16_auth,
		srtp_crypto_policy_set_aes_gcm_128_16_auth },
	[8] = { srtp_crypto_policy_set_aes_gcm_256_16_auth,
		srtp_crypto_policy_set_aes_gcm_256_16_auth },
	[9] = { srtp_crypto_policy_set_aes_gcm_128_8_auth,
		srtp_crypto_policy_set_aes_gcm_128_8_auth },
	[10] = { srtp_crypto_policy_set_aes_gcm_256_8_auth,
		 srtp_crypto_policy_set_aes_gcm_256_8_auth },
	[11] = { srtp_crypto_policy_set_null_cipher_hmac_sha1_80,
		 srtp_crypto_policy_set_null_cipher_hmac_sha1_80 },
	[12] = { srtp_crypto_policy_set_null_cipher_hmac_sha1_80,
		 srtp_crypto_policy_set_null_cipher_hmac_sha1_80 },
	[13] = { srtp_crypto_policy_set_aes_cm_128_null_auth,
		 srtp_crypto_policy_set_rtcp_default },
};

static srtp_t lib_session(struct trial *t, bool out)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(t->suite);
	uint8_t key[XSRTP_KEY_MAX + XSRTP_SALT_MAX];
	srtp_master_key_t mk = { .key = key, .mki_id = t->m.mki, .mki_size = t->m.mki_len };
	srtp_master_key_t *keys[] = { &mk };
	srtp_policy_t pol = { 0 };
	srtp_t lib;

	memcpy(key, t->m.key, suite->key_len);
	memcpy(key + suite->key_len, t->m.salt, suite->salt_len);
	policies[t->suite].rtp(&pol.rtp);
	policies[t->suite].rtcp(&pol.rtcp);
	pol.ssrc.type = out ? ssrc_any_outbound : ssrc_any_inbound;
	pol.window_size = 128;
	if (t->m.mki_len) {
		pol.keys = keys;
		pol.num_master_keys = 1;
	} else {
		pol.key = key;
	}
	assert_int_equal(srtp_create(&lib, &pol), srtp_err_status_ok);
	return lib;
}

static void trial_open(struct trial *t, bool out)
{
	static const uint8_t mkis[] = { 0, 0, 1, 4, 128 };
	const struct xsrtp_stream_state st = { .ssrc = SSRC, .index = 0 };
	unsigned int i;

	t->rng.s = t->seed;
	t->olds = 0;
	i = rng_below(&t->rng, ARRAY_SIZE(mkis));
	if (!out && policies[t->suite].rtp != policies[t->suite].rtcp &&
	    t->suite != XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80)
		i = 0;
	master_random(&t->rng, &t->m, mkis[i]);
	t->s = session_new(t->c, t->suite, 128, 16, &t->m);
	if (out)
		assert_int_equal(xsrtp_stream_set_rtcp(t->s, &st), 0);
	t->lib = lib_session(t, out);
	t->sender = lib_session(t, true);
}

static void trial_close(struct trial *t)
{
	session_free(t->s);
	srtp_dealloc(t->lib);
	srtp_dealloc(t->sender);
}

static int rtcp_write(struct trial *t, uint8_t *p)
{
	int len = 8 + rng_below(&t->rng, 200);

	rng_fill(&t->rng, p, len);
	p[0] = 0x80 | (p[0] & 0x3f);
	put32(p + 4, SSRC);
	return len;
}

static void failed(const struct trial *t, const char *what, const struct xsrtp_packet *p,
		   const uint8_t *in, int in_len, const uint8_t *lib, int lib_len, int status)
{
	printf("# %s, seed %llu, MKI %u\n", xsrtp_suite_info(t->suite)->name,
	       (unsigned long long)t->seed, t->m.mki_len);
	hexdump("as it came", in, in_len);
	hexdump("ours", p->data, p->len);
	hexdump("libsrtp's", lib, lib_len);
	fail_msg("%s differs: ours %s, libsrtp %d", what, xsrtp_reason_name(p->reason), status);
}

static void protect_one_rtcp(struct trial *t)
{
	uint32_t room = xsrtp_overhead(t->suite, t->m.mki_len, true);
	uint8_t in[512], ours[512], lib[512] __attribute__((aligned(16)));
	struct xsrtp_packet p = { .session = t->s, .data = ours, .room = room };
	int in_len = rtcp_write(t, in), lib_len = in_len, status;

	p.len = in_len;
	memcpy(ours, in, in_len);
	memcpy(lib, in, in_len);
	xsrtp_protect_rtcp(t->c, &p, 1);
	status = srtp_protect_rtcp_mki(t->lib, lib, &lib_len, t->m.mki_len > 0, 0);
	if (p.reason || status || p.len != (uint32_t)lib_len || memcmp(ours, lib, p.len))
		failed(t, "protect", &p, in, in_len, lib, lib_len, status);
}

/* A packet in order, or one from before, whole or damaged. */
static int arriving(struct trial *t, uint8_t *in)
{
	unsigned int n, back;
	int len;

	if (!t->olds || rng_below(&t->rng, 3)) {
		uint8_t buf[512] __attribute__((aligned(16)));

		len = rtcp_write(t, buf);
		assert_int_equal(srtp_protect_rtcp_mki(t->sender, buf, &len, t->m.mki_len > 0, 0),
				 srtp_err_status_ok);
		memcpy(t->old[t->olds], buf, len);
		t->old_len[t->olds++] = len;
		if (rng_once_in(&t->rng, 5))	/* lost for now */
			return arriving(t, in);
		n = t->olds - 1;
	} else {
		back = rng_below(&t->rng, rng_once_in(&t->rng, 3) ? t->olds : 135);
		n = back < t->olds ? t->olds - 1 - back : 0;
	}
	len = t->old_len[n];
	memcpy(in, t->old[n], len);
	switch (rng_below(&t->rng, 16)) {
	case 0:
		in[rng_below(&t->rng, len)] ^= 1 << rng_below(&t->rng, 8);
		break;
	case 1:
		in[len - 1 - rng_below(&t->rng, 16)] ^= 1 << rng_below(&t->rng, 8);
		break;
	case 2:
		len = rng_below(&t->rng, len);
		break;
	}
	return len;
}

static bool agree(const struct trial *t, unsigned int ours, srtp_err_status_t theirs)
{
	switch (theirs) {
	case srtp_err_status_ok:
		return ours == XSRTP_REASON_OK;
	case srtp_err_status_replay_fail:
		return ours == XSRTP_REASON_REPLAY;
	case srtp_err_status_replay_old:
		return ours == XSRTP_REASON_TOO_OLD;
	case srtp_err_status_auth_fail:
		return ours == XSRTP_REASON_BAD_TAG || ours == XSRTP_REASON_BAD_MKI;
	case srtp_err_status_bad_mki:
		return ours == XSRTP_REASON_BAD_MKI;
	case srtp_err_status_cant_check:
		return ours && ours != XSRTP_REASON_NO_STREAM;
	default:
		return ours == XSRTP_REASON_MALFORMED || ours == XSRTP_REASON_BAD_MKI;
	}
}

static unsigned int counts[XSRTP_REASON_MAX];

static void unprotect_one_rtcp(struct trial *t)
{
	uint8_t in[512], lib[512] __attribute__((aligned(16))), *ours;
	int in_len = arriving(t, in), lib_len = in_len, status;
	struct xsrtp_packet p = { .session = t->s, .len = in_len };
	bool shown = in_len && in[0] >> 6 == 2 &&
		     in_len >= 8 + (int)xsrtp_overhead(t->suite, t->m.mki_len, true);

	ours = p.data = malloc(in_len ? in_len : 1);
	memcpy(ours, in, in_len);
	memcpy(lib, in, in_len);
	xsrtp_unprotect_rtcp(t->c, &p, 1);
	status = srtp_err_status_bad_param;
	if (shown)
		status = srtp_unprotect_rtcp_mki(t->lib, lib, &lib_len, t->m.mki_len > 0);
	counts[p.reason]++;
	if (!agree(t, p.reason, status))
		failed(t, "the result", &p, in, in_len, lib, lib_len, status);
	if (!p.reason && (p.len != (uint32_t)lib_len || memcmp(ours, lib, lib_len)))
		failed(t, "the packet", &p, in, in_len, lib, lib_len, status);
	free(ours);
}

static void run_suite(const struct xsrtp_cipher *c, unsigned int suite, bool out)
{
	struct trial *t = calloc(1, sizeof(*t));
	unsigned int i, k;

	t->c = c;
	t->suite = suite;
	memset(counts, 0, sizeof(counts));
	for (i = 0; i < packets_wanted / TRIAL; i++) {
		t->seed = suite * 1000000 + out * 500000 + i;
		trial_open(t, out);
		for (k = 0; k < TRIAL && t->olds < TRIAL - 20; k++)
			if (out)
				protect_one_rtcp(t);
			else
				unprotect_one_rtcp(t);
		trial_close(t);
	}
	for (i = 0; !out && i < XSRTP_REASON_MAX; i++)
		if (counts[i])
			printf("# %s: %u\n", xsrtp_reason_name(i), counts[i]);
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

	if (argc > 1)
		packets_wanted = strtoul(argv[1], NULL, 0);
	if (srtp_init() != srtp_err_status_ok)
		return 1;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].suite >= ARRAY_SIZE(policies) || !policies[all[i].suite].rtp)
			continue;
		rows[n++] = all[i].rows[0];
		rows[n++] = all[i].rows[1];
	}
	return run_rows("srtcp", rows, n);
}
