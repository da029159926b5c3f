// SPDX-License-Identifier: GPL-2.0
/*
 * What few sessions ask for: cryptex (RFC 9335), encrypted header extension
 * elements (RFC 6904), ROC in the tag (RFC 4771), ROC policies, key derivation
 * rate (RFC 3711 4.3.1).
 */
#include <errno.h>
#include <pthread.h>

#include "testlib.h"
#include "kdf.h"

#define CM	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80
#define GCM	XSRTP_SUITE_AEAD_AES_128_GCM
#define SSRC	0xcafebabe
#define ROOM	64

static struct xsrtp_session *make(const struct xsrtp_session_config *cfg,
				  const struct xsrtp_cipher *c, const struct master *m,
				  uint32_t kdr)
{
	struct xsrtp_session *s = session_empty(cfg);
	struct xsrtp_key_config k = { .key = m->key, .salt = m->salt, .kdr = kdr,
				      .mki = m->mki_len ? m->mki : NULL, .mki_len = m->mki_len };

	assert_int_equal(xsrtp_key_set(s, c, 0, &k), 0);
	assert_int_equal(xsrtp_key_use(s, 0), 0);
	return s;
}

/* A plain packet of 12 + 20 bytes. */
static uint32_t rtp(uint8_t *p, uint16_t seq)
{
	memset(p, 0xab, 32);
	p[0] = 0x80;
	p[1] = 15;
	put16(p + 2, seq);
	put32(p + 8, SSRC);
	return 32;
}

/* --- cryptex ------------------------------------------------------------------- */

static const char *const ctr_key = "e1f97a0d3e018be0d64fa32c06de4139";
static const char *const ctr_salt = "0ec675ad498afeebb6960b3aabe6";
static const char *const gcm_key = "000102030405060708090a0b0c0d0e0f";
static const char *const gcm_salt = "a0a1a2a3a4a5a6a7a8a9aaab";

/* RFC 9335 A.1 and A.2: what goes in, and what comes out of each. */
static const struct {
	const char *plain, *cm, *gcm;
} cryptex_vectors[] = {
	{ "900f1235decafbadcafebabebede000151000200abababababababababababababababab",
	  "900f1235decafbadcafebabec0de0001eb92365251c3e036f8de27e9c27ee3e0b4651d9fbc4218a7"
	  "0244522f34a5",
	  "900f1235decafbadcafebabec0de000139972dc9572c4d99e8fc355de743fb2e94f9d8ff54e72f41"
	  "93bbc5c74ffab0fa9fa0fbeb" },
	{ "900f1236decafbadcafebabe1000000105020002abababababababababababababababab",
	  "900f1236decafbadcafebabec2de00014ed9cc4e6a712b3096c5ca77339d4204ce0d77396cab6958"
	  "5fbce38194a5",
	  "900f1236decafbadcafebabec2de0001bb75a4c545cd1f413bdb7daa2b1e3263de313667c9632490"
	  "81b35a65f5cb6c88b394235f" },
	{ "920f1238decafbadcafebabe0001e2400000b26ebede000151000200ababababababababababababab"
	  "ababab",
	  "920f1238decafbadcafebabe8bb6e12b5cff16ddc0de000192838c8c09e58393e1de3a9a74734d67"
	  "45671338c3acf11da2df8423bee0",
	  "920f1238decafbadcafebabe63bbccc4a7f695c4c0de00018ad7c71fac70a80c92866b4c6ba98546"
	  "ef913586e95ffaaffe956885bb0647a8bc094ac8" },
	{ "920f1239decafbadcafebabe0001e2400000b26e1000000105020002ababababababababababababab"
	  "ababab",
	  "920f1239decafbadcafebabef70e513eb90b9b25c2de0001bbed4848faa644665f3d7f34125914e9"
	  "f4d0ae923c6f479b95a0f7b53133",
	  "920f1239decafbadcafebabe3680524f8d312b00c2de0001c78d120038422bc111a7187a18246f98"
	  "0c059cc6bc9df8b626394eca344e4b05d80fea83" },
	{ "920f123adecafbadcafebabe0001e2400000b26ebede0000abababababababababababababababab",
	  "920f123adecafbadcafebabe7130b6abfe2ab0e3c0de0000e3d9f64b25c9e74cb4cf8e43fb92e378"
	  "1c2c0ceab6b3a499a14c",
	  "920f123adecafbadcafebabe15b6bb4337906fffc0de0000b7b964537a2b03ab7ba5389ce9331712"
	  "6b5d974df30c6884dcb651c5e120c1da" },
	{ "920f123bdecafbadcafebabe0001e2400000b26e10000000abababababababababababababababab",
	  "920f123bdecafbadcafebabecbf24c124330e1c8c2de0000599dd45bc9d687b603e8b59d771fd38e"
	  "88b170e0cd31e125eabe",
	  "920f123bdecafbadcafebabedcb38c9e48bf95f4c2de000061ee432cf920317076613258d3ce4236"
	  "c06ac429681ad08413512dc98b5207d8" },
};

static void cryptex_session(const struct xsrtp_cipher *c, unsigned int suite,
			    struct xsrtp_session **tx, struct xsrtp_session **rx)
{
	struct xsrtp_session_config cfg = { .suite = suite, .flags = XSRTP_CRYPTEX };
	struct master m = { 0 };

	unhex(suite == CM ? ctr_key : gcm_key, m.key, sizeof(m.key));
	unhex(suite == CM ? ctr_salt : gcm_salt, m.salt, sizeof(m.salt));
	*tx = make(&cfg, c, &m, 0);
	*rx = make(&cfg, c, &m, 0);
}

static void rfc9335_a(void **state)
{
	struct xsrtp_session *tx, *rx;
	uint8_t plain[128], want[128], data[128];
	unsigned int i, suite;
	uint32_t len, want_len, plain_len;

	for (suite = CM; suite <= GCM; suite += GCM - CM) {
		cryptex_session(*state, suite, &tx, &rx);
		for (i = 0; i < ARRAY_SIZE(cryptex_vectors); i++) {
			plain_len = len = unhex(cryptex_vectors[i].plain, plain, sizeof(plain));
			want_len = unhex(suite == CM ? cryptex_vectors[i].cm :
					 cryptex_vectors[i].gcm, want, sizeof(want));
			memcpy(data, plain, len);
			assert_reason(protect_one(*state, tx, data, &len, 16), OK);
			assert_int_equal(len, want_len);
			assert_memory_equal(data, want, len);

			data[20] ^= 1;	/* a changed bit: refused, and the packet as it came */
			assert_reason(unprotect_one(*state, rx, data, &len), BAD_TAG);
			data[20] ^= 1;
			assert_memory_equal(data, want, len);
			assert_reason(unprotect_one(*state, rx, data, &len), OK);
			assert_int_equal(len, plain_len);
			assert_memory_equal(data, plain, len);
		}
		session_free(tx);
		session_free(rx);
	}
}

/* CSRCs without an extension get an empty one; neither: as ever; other profiles: no. */
static void cryptex_shapes(void **state)
{
	struct xsrtp_session *tx, *rx;
	uint8_t data[128], was[128];
	unsigned int suite;
	uint32_t len;

	for (suite = CM; suite <= GCM; suite += GCM - CM) {
		cryptex_session(*state, suite, &tx, &rx);
		len = rtp(data, 1);
		assert_reason(protect_one(*state, tx, data, &len, 16), OK);
		assert_int_equal(data[0], 0x80);
		assert_reason(unprotect_one(*state, rx, data, &len), OK);
		assert_int_equal(len, 32);

		len = rtp(data, 2);
		data[0] = 0x82;
		memcpy(was, data, len);
		assert_reason(protect_one(*state, tx, data, &len, xsrtp_suite_info(suite)->tag_len
					  + 3), NO_ROOM);
		assert_reason(protect_one(*state, tx, data, &len, xsrtp_suite_info(suite)->tag_len
					  + 4), OK);
		assert_int_equal(data[0], 0x92);
		assert_int_equal(get32(data + 20), 0xc0de0000);
		assert_memory_not_equal(data + 12, was + 12, 8);
		assert_reason(unprotect_one(*state, rx, data, &len), OK);
		assert_int_equal(len, 36);
		assert_int_equal(get32(data + 20), 0xbede0000);
		assert_memory_equal(data + 12, was + 12, 8);
		assert_memory_equal(data + 24, was + 20, 12);

		len = rtp(data, 3);
		data[0] = 0x90;
		put32(data + 12, 0x12340001);
		assert_reason(protect_one(*state, tx, data, &len, 16), MALFORMED);
		session_free(tx);
		session_free(rx);
	}
}

/* Random packets there and back, alone against the same in bursts. */
static void cryptex_random(void **state)
{
	struct rng r = { 9335 };
	unsigned int suite, i;

	for (suite = CM; suite <= GCM; suite += GCM - CM) {
		struct xsrtp_session *tx, *rx;

		cryptex_session(*state, suite, &tx, &rx);
		for (i = 0; i < 2000; i++) {
			struct rtp h = { .ssrc = SSRC, .seq = i, .csrcs = rng_below(&r, 16),
					 .ext = true, .ext_words = rng_below(&r, 9),
					 .payload = rng_below(&r, 200) };
			uint8_t was[RTP_MAX], data[RTP_MAX];
			uint32_t len = rtp_write(&r, &h, was), n = len;

			put16(was + 12 + 4 * h.csrcs, i % 2 ? 0xbede : 0x1000);
			memcpy(data, was, len);
			assert_reason(protect_one(*state, tx, data, &n, 16), OK);
			if (rng_once_in(&r, 4)) {
				uint32_t bit = rng_below(&r, 8 * n);

				data[bit / 8] ^= 1 << bit % 8;
				assert_int_not_equal(unprotect_one(*state, rx, data, &n), 0);
				data[bit / 8] ^= 1 << bit % 8;
			}
			assert_reason(unprotect_one(*state, rx, data, &n), OK);
			assert_int_equal(n, len);
			assert_memory_equal(data, was, len);
		}
		session_free(tx);
		session_free(rx);
	}
}

/* --- RFC 6904 -------------------------------------------------------------------- */

static void rfc6904_a(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM, .ext_ids = { 1 << 1 | 1 << 3 | 1 << 4 } };
	static const char plain[] = "900f1234decafbadcafebabebede0006"
		"17414273a475262748220000c8308e4655996386b395fb00abababababababababababababababab";
	static const char want[] = "900f1234decafbadcafebabebede0006"
		"17588a9270f4e15e1c220000c8309546a994f0bc54789700";
	uint8_t data[128], was[128], hdr[64], out[16], key[16];
	struct xsrtp_session *tx, *rx;
	struct master m = { 0 };
	uint32_t len, n;

	unhex(ctr_key, m.key, sizeof(m.key));
	unhex(ctr_salt, m.salt, sizeof(m.salt));
	xsrtp_kdf(*state, xsrtp_suite_info(CM), m.key, m.salt, KDF_EXT_ENCRYPTION, 0, out, 16);
	unhex("549752054d6fb708622c4a2e596a1b93", key, 16);
	assert_memory_equal(out, key, 16);
	xsrtp_kdf(*state, xsrtp_suite_info(CM), m.key, m.salt, KDF_EXT_SALT, 0, out, 14);
	unhex("ab01818174c40d39a3781f7c2d27", key, 16);
	assert_memory_equal(out, key, 14);

	tx = make(&cfg, *state, &m, 0);
	rx = make(&cfg, *state, &m, 0);
	n = len = unhex(plain, was, sizeof(was));
	memcpy(data, was, len);
	assert_reason(protect_one(*state, tx, data, &n, 16), OK);
	assert_int_equal(unhex(want, hdr, sizeof(hdr)), 40);
	assert_memory_equal(data, hdr, 40);
	assert_reason(unprotect_one(*state, rx, data, &n), OK);
	assert_int_equal(n, len);
	assert_memory_equal(data, was, len);

	/* Elements past the end: malformed, and nothing was used up. */
	memcpy(data, was, len);
	data[3]++;
	data[16] = 0x1f;
	data[33] = 0x4f;
	n = len;
	assert_reason(protect_one(*state, tx, data, &n, 16), MALFORMED);
	memcpy(data, was, len);
	data[3]++;
	assert_reason(protect_one(*state, tx, data, &n, 16), OK);
	session_free(tx);
	session_free(rx);
}

/* The keystream counts every byte of the extension, padding too; by OpenSSL. */
static void elements_and_padding(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM, .ext_ids = { [2] = 1 << 4 } };
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(CM);
	uint8_t data[700], want[700], enc[16], salt[16] = { 0 }, iv[16] = { 0 }, ks[640] = { 0 };
	struct xsrtp_session *tx;
	struct rng r = { 20 };
	struct master m;
	unsigned int i, at;
	uint32_t len = 12 + 4 + 640;

	master_random(&r, &m, 0);
	ref_kdf(suite, m.key, m.salt, 6, 0, enc, 16);
	ref_kdf(suite, m.key, m.salt, 7, 0, salt, 14);
	put32(iv + 4, SSRC);
	put16(iv + 12, 77);
	for (i = 0; i < 16; i++)
		iv[i] ^= salt[i];
	ref_ctr(enc, 16, iv, ks, sizeof(ks));

	memset(data, 0, sizeof(data));
	rtp(data, 77);
	data[0] = 0x90;
	put32(data + 12, 0x10000000 | 160);
	memset(data + 16, 0, 640);
	memcpy(want, data, len);
	/* Elements 20 (encrypted) and 21 by turns, with padding before each. */
	for (i = 0, at = 5; at < 600; i++, at += 2 + 37 + i % 5) {
		data[16 + at] = want[16 + at] = 20 + i % 2;
		data[16 + at + 1] = want[16 + at + 1] = 37;
		memset(data + 16 + at + 2, i, 37);
		memset(want + 16 + at + 2, i, 37);
		for (unsigned int k = at + 2; k < at + 39 && i % 2 == 0; k++)
			want[16 + k] ^= ks[k];
	}
	tx = make(&cfg, *state, &m, 0);
	assert_reason(protect_one(*state, tx, data, &len, 16), OK);
	assert_memory_equal(data, want, 16 + 640);
	session_free(tx);
}

/* --- RFC 4771 ------------------------------------------------------------------------ */

static void rcc(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM, .rcc_rate = 10, .window = 64 };
	struct xsrtp_session *tx, *rx;
	struct ref_keys ref;
	struct rng r = { 4771 };
	struct master m;
	uint8_t data[64], want[64], mac[20], old[64];
	uint32_t len, old_len = 0, seq;
	uint64_t index;

	master_random(&r, &m, 4);
	ref_derive(&ref, CM, &m);
	tx = make(&cfg, *state, &m, 0);
	rx = make(&cfg, *state, &m, 0);
	assert_int_equal(xsrtp_stream_roc(tx, SSRC, 7), 0);
	for (seq = 65530 - 3; seq < 65536 + 300; seq++) {
		index = (7ULL << 16) + seq;
		len = rtp(data, seq);
		memcpy(want, data, len);
		assert_int_equal(ref_protect(&ref, &m, index, want, 12, 32), 46);
		if ((uint16_t)seq % 10 == 0) {
			memcpy(mac, want + 36, 6);
			put32(want + 36, index >> 16);
			memcpy(want + 40, mac, 6);
		}
		assert_reason(protect_one(*state, tx, data, &len, 14), OK);
		assert_int_equal(len, 46);
		assert_memory_equal(data, want, len);
		/* A receiver that knows no ROC takes it from the first that carries it. */
		if (seq < 65530) {
			memcpy(old, data, old_len = len);
			assert_reason(unprotect_one(*state, rx, data, &len), BAD_TAG);
			continue;
		}
		data[36] ^= 1;	/* a forged ROC or tag moves nothing */
		assert_int_not_equal(unprotect_one(*state, rx, data, &len), 0);
		data[36] ^= 1;
		assert_reason(unprotect_one(*state, rx, data, &len), OK);
	}
	assert_reason(unprotect_one(*state, rx, old, &old_len), TOO_OLD);
	session_free(tx);
	session_free(rx);

	/* Not where too little of the tag would be left, nor where there is none to take. */
	cfg.suite = XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32;
	assert_int_equal(xsrtp_session_size(&cfg), 0);
	cfg.suite = GCM;
	assert_int_equal(xsrtp_session_size(&cfg), 0);
}

/* --- key derivation rate ---------------------------------------------------------------- */

static void ref_rate(struct ref_keys *k, unsigned int suite, const struct master *m, uint64_t r)
{
	k->suite = xsrtp_suite_info(suite);
	ref_kdf(k->suite, m->key, m->salt, 0, r, k->enc, k->suite->key_len);
	ref_kdf(k->suite, m->key, m->salt, 1, r, k->auth, sizeof(k->auth));
	ref_kdf(k->suite, m->key, m->salt, 2, r, k->salt, k->suite->salt_len);
}

static void rate_suite(const struct xsrtp_cipher *c, unsigned int suite, uint32_t kdr)
{
	struct xsrtp_session_config cfg = { .suite = suite, .flags = XSRTP_KEY_RATE };
	struct rng r = { suite + kdr };
	struct xsrtp_session *tx, *rx;
	struct ref_keys ref;
	struct master m;
	uint8_t data[64], want[64], held[64];
	uint32_t len, held_len = 0, i, seq;

	master_random(&r, &m, 0);
	tx = make(&cfg, c, &m, kdr);
	rx = make(&cfg, c, &m, kdr);
	assert_int_equal(xsrtp_stream_roc(tx, SSRC, 3) | xsrtp_stream_roc(rx, SSRC, 3), 0);
	for (i = 0; i < 600; i++) {
		seq = 65000 + i * 2;
		ref_rate(&ref, suite, &m, ((3ULL << 16) + seq) / kdr);
		len = rtp(data, seq);
		memcpy(want, data, len);
		ref_protect(&ref, &m, (3ULL << 16) + seq, want, 12, 32);
		assert_reason(protect_one(c, tx, data, &len, 16), OK);
		assert_memory_equal(data, want, len);
		/* Every fifth comes late. */
		if (i % 5 == 0) {
			memcpy(held, data, held_len = len);
			continue;
		}
		data[14] ^= 1;
		assert_reason(unprotect_one(c, rx, data, &len), BAD_TAG);
		data[14] ^= 1;
		assert_reason(unprotect_one(c, rx, data, &len), OK);
		if (i % 5 == 3)
			assert_reason(unprotect_one(c, rx, held, &held_len), OK);
	}
	session_free(tx);
	session_free(rx);
}

static void key_rate(void **state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(test_suites); i++) {
		rate_suite(*state, test_suites[i], 1);
		rate_suite(*state, test_suites[i], 16);
		rate_suite(*state, test_suites[i], 1 << 16);
	}
}

/* SRTCP by its own index and labels; GCM needs no more to be compared with. */
static void key_rate_rtcp(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM, .flags = XSRTP_KEY_RATE };
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(CM);
	struct xsrtp_session *tx, *rx;
	struct rng r = { 31 };
	struct master m;
	uint8_t data[64], want[64], enc[16], auth[20], salt[16], iv[16], tag[20];
	uint32_t len, i, k;

	master_random(&r, &m, 0);
	tx = make(&cfg, *state, &m, 8);
	rx = make(&cfg, *state, &m, 8);
	for (i = 0; i < 100; i++) {
		memset(salt, 0, 16);
		ref_kdf(suite, m.key, m.salt, 3, i / 8, enc, 16);
		ref_kdf(suite, m.key, m.salt, 4, i / 8, auth, 20);
		ref_kdf(suite, m.key, m.salt, 5, i / 8, salt, 14);
		rng_fill(&r, data, 28);
		data[0] = 0x81;
		put32(data + 4, SSRC);
		memcpy(want, data, 28);
		memset(iv, 0, 16);
		put32(iv + 4, SSRC);
		put32(iv + 10, i);
		for (k = 0; k < 16; k++)
			iv[k] ^= salt[k];
		ref_ctr(enc, 16, iv, want + 8, 20);
		put32(want + 28, i | 1U << 31);
		ref_hmac(auth, want, 28, i | 1U << 31, tag);
		memcpy(want + 32, tag, 10);
		len = 28;
		assert_reason(run_one(xsrtp_protect_rtcp, *state, tx, data, &len, 14), OK);
		assert_int_equal(len, 42);
		assert_memory_equal(data, want, 42);
		data[9] ^= 4;
		assert_reason(run_one(xsrtp_unprotect_rtcp, *state, rx, data, &len, 0), BAD_TAG);
		data[9] ^= 4;
		assert_reason(run_one(xsrtp_unprotect_rtcp, *state, rx, data, &len, 0), OK);
		assert_reason(run_one(xsrtp_unprotect_rtcp, *state, rx, want, &(uint32_t){ 42 }, 0),
			      REPLAY);
	}
	session_free(tx);
	session_free(rx);
}

static void key_rate_refused(void **state)
{
	struct xsrtp_session_config cfg = { .suite = CM };
	struct xsrtp_session *s = session_empty(&cfg);
	struct master m = { .key = { 1 } };
	struct xsrtp_key_config k = { .key = m.key, .salt = m.salt, .kdr = 16 };

	assert_int_equal(xsrtp_key_set(s, *state, 0, &k), -EINVAL);
	session_free(s);
	cfg.flags = XSRTP_KEY_RATE;
	s = session_empty(&cfg);
	k.kdr = 24;
	assert_int_equal(xsrtp_key_set(s, *state, 0, &k), -EINVAL);
	k.kdr = XSRTP_KDR_MAX * 2;
	assert_int_equal(xsrtp_key_set(s, *state, 0, &k), -EINVAL);
	k.kdr = XSRTP_KDR_MAX;
	assert_int_equal(xsrtp_key_set(s, *state, 0, &k), 0);
	assert_int_equal(xsrtp_key_use(s, 0), 0);
	assert_int_equal(xsrtp_key_set(s, *state, 1, &k), -EEXIST);
	session_free(s);
}

/* Two threads over many changes of r: every packet verifies at a plain receiver. */
struct rate_thread {
	const struct xsrtp_cipher *c;
	struct xsrtp_session *tx;
	struct master *m;
	unsigned int first, bad;
};

static void *rate_run(void *arg)
{
	struct rate_thread *t = arg;
	struct ref_keys ref;
	uint8_t data[64], want[64];
	unsigned int i;

	for (i = t->first; i < 20000; i += 2) {
		struct xsrtp_packet p = { .session = t->tx, .data = data, .room = 16 };

		p.len = rtp(data, i);
		memcpy(want, data, 32);
		xsrtp_protect(t->c, &p, 1);
		if (p.reason == XSRTP_REASON_TOO_OLD)	/* the other ran ahead */
			continue;
		ref_rate(&ref, GCM, t->m, i / 4);
		ref_protect(&ref, t->m, i, want, 12, 32);
		t->bad += p.reason || memcmp(data, want, 48);
	}
	return NULL;
}

static void key_rate_threads(void **state)
{
	struct xsrtp_session_config cfg = { .suite = GCM, .flags = XSRTP_KEY_RATE,
					    .window = 32768 };
	struct rng r = { 5 };
	struct master m;
	struct rate_thread t[2];
	pthread_t id[2];
	int i;

	master_random(&r, &m, 0);
	t[0] = (struct rate_thread){ *state, make(&cfg, *state, &m, 4), &m, 0, 0 };
	t[1] = t[0];
	t[1].first = 1;
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&id[i], NULL, rate_run, &t[i]), 0);
	for (i = 0; i < 2; i++)
		pthread_join(id[i], NULL);
	assert_int_equal(t[0].bad | t[1].bad, 0);
	session_free(t[0].tx);
}

/* --- ROC policies ------------------------------------------------------------------------ */

/* What the peer sends: a packet of this index on the wire, by the second SRTP. */
static uint32_t peer(const struct master *m, uint64_t index, uint8_t *data)
{
	struct ref_keys ref;

	ref_derive(&ref, CM, m);
	return ref_protect(&ref, m, index, data, 12, rtp(data, index));
}

static unsigned int arrive(const struct xsrtp_cipher *c, struct xsrtp_session *s,
			   const struct master *m, uint64_t index)
{
	uint8_t data[64];
	uint32_t len = peer(m, index, data);

	return unprotect_one(c, s, data, &len);
}

/* Sends sequence number @seq; is it what the peer makes of @index? */
static void sends(const struct xsrtp_cipher *c, struct xsrtp_session *s, const struct master *m,
		  uint16_t seq, uint64_t index)
{
	uint8_t data[64], want[64];
	uint32_t len = rtp(data, seq);

	assert_reason(protect_one(c, s, data, &len, 10), OK);
	assert_int_equal(peer(m, index, want), len);
	assert_memory_equal(data, want, len);
}

struct roc {
	const struct xsrtp_cipher *c;
	struct xsrtp_session *s;
	struct master m[24];
};

/* A session at index 5 << 16 | 100, under the first key; the second is in slot 1. */
static void roc_open(struct roc *t, void **state, unsigned int policy, unsigned int window)
{
	struct xsrtp_session_config cfg = { .suite = CM, .roc = policy, .window = window,
					    .streams = 2 };
	struct xsrtp_stream_state st = { SSRC, 5 << 16 | 100 };
	struct rng r = { 99 };
	unsigned int i;

	t->c = *state;
	for (i = 0; i < ARRAY_SIZE(t->m); i++)
		master_random(&r, &t->m[i], 0);
	t->s = make(&cfg, t->c, &t->m[0], 0);
	assert_int_equal(xsrtp_stream_set(t->s, &st), 0);
	assert_int_equal(master_set(t->s, t->c, 1, &t->m[1]), 0);
}

static void roc_zero_sends(void **state)
{
	struct xsrtp_stream_state st;
	unsigned int w, i;
	struct roc t;

	for (w = 64; w <= 1024; w *= 16) {
		roc_open(&t, state, XSRTP_ROC_ZERO, w);
		sends(t.c, t.s, &t.m[0], 101, 5 << 16 | 101);
		sends(t.c, t.s, &t.m[0], 30000, 5 << 16 | 30000);
		sends(t.c, t.s, &t.m[0], 60000, 5 << 16 | 60000);
		sends(t.c, t.s, &t.m[0], 65535, 5 << 16 | 65535);
		assert_int_equal(xsrtp_key_use(t.s, 1), 0);
		sends(t.c, t.s, &t.m[1], 0, 0);
		assert_true(xsrtp_stream_get(t.s, 0, &st));
		assert_int_equal(st.index, 0);
		for (i = 1; i < 70000; i += 10000)
			sends(t.c, t.s, &t.m[1], i, i);
		assert_true(xsrtp_stream_get(t.s, 0, &st));
		assert_int_equal(st.index, i - 10000);

		/* The former key goes on where it was, and never repeats itself. */
		assert_int_equal(master_set(t.s, t.c, 2, &t.m[0]), -EEXIST);
		xsrtp_key_wipe(t.s, 0);
		assert_int_equal(master_set(t.s, t.c, 0, &t.m[0]), -EEXIST);
		for (i = 2; i < 18; i++) {
			assert_int_equal(master_set(t.s, t.c, 2 * (i % 2), &t.m[i]), 0);
			assert_int_equal(xsrtp_key_use(t.s, 2 * (i % 2)), 0);
			sends(t.c, t.s, &t.m[i], 60002 + i, 60002 + i);
			assert_int_equal(master_set(t.s, t.c, 3, &t.m[i - 1]), -EEXIST);
			assert_int_equal(master_set(t.s, t.c, 3, &t.m[1]), -EEXIST);
		}
		/* Sequence numbers that start again too, behind what was sent. */
		assert_int_equal(master_set(t.s, t.c, 3, &t.m[20]), 0);
		assert_int_equal(xsrtp_key_use(t.s, 3), 0);
		sends(t.c, t.s, &t.m[20], 40000, 40000);
		sends(t.c, t.s, &t.m[20], 40001, 40001);
		session_free(t.s);
	}
}

/* A key that was prepared and never used may come again. */
static void roc_zero_unused_key(void **state)
{
	struct roc t;

	roc_open(&t, state, XSRTP_ROC_ZERO, 64);
	xsrtp_key_wipe(t.s, 1);
	assert_int_equal(master_set(t.s, t.c, 1, &t.m[1]), 0);
	assert_int_equal(master_set(t.s, t.c, 1, &t.m[1]), 0);
	assert_int_equal(master_set(t.s, t.c, 2, &t.m[1]), -EEXIST);
	session_free(t.s);
}

static void roc_zero_receives(void **state)
{
	unsigned int w, also;
	struct roc t;

	for (w = 64; w <= 1024; w *= 16)
		for (also = 0; also < 2; also++) {
			roc_open(&t, state, XSRTP_ROC_ZERO, w);
			assert_reason(arrive(t.c, t.s, &t.m[0], 5 << 16 | 101), OK);
			assert_int_equal(also ? xsrtp_key_also(t.s, 1) : xsrtp_key_use(t.s, 1), 0);
			assert_reason(arrive(t.c, t.s, &t.m[1], 6 << 16 | 103), BAD_TAG);
			assert_reason(arrive(t.c, t.s, &t.m[1], 103), OK);
			assert_reason(arrive(t.c, t.s, &t.m[1], 103), REPLAY);
			assert_reason(arrive(t.c, t.s, &t.m[1], 102), OK);
			/* A late one of the old key, while it is there. */
			if (also)
				assert_reason(arrive(t.c, t.s, &t.m[0], 5 << 16 | 99), REPLAY);
			assert_reason(arrive(t.c, t.s, &t.m[1], 30000), OK);
			assert_reason(arrive(t.c, t.s, &t.m[1], 60000), OK);
			assert_reason(arrive(t.c, t.s, &t.m[1], 1 << 16 | 5), OK);
			assert_int_not_equal(arrive(t.c, t.s, &t.m[1], 103), 0);
			session_free(t.s);
		}
}

/* Either way the peer does it; and never back under one key. */
static void roc_try(void **state)
{
	unsigned int w, zero;
	struct roc t;

	for (w = 64; w <= 1024; w *= 16)
		for (zero = 0; zero < 2; zero++) {
			uint64_t roc = zero ? 0 : 5 << 16, other = zero ? 5 << 16 : 0;

			roc_open(&t, state, XSRTP_ROC_TRY, w);
			assert_reason(arrive(t.c, t.s, &t.m[0], 5 << 16 | 101), OK);
			assert_reason(arrive(t.c, t.s, &t.m[0], 102), BAD_TAG);
			assert_int_equal(xsrtp_key_use(t.s, 1), 0);
			assert_reason(arrive(t.c, t.s, &t.m[2], 102), BAD_TAG);
			assert_reason(arrive(t.c, t.s, &t.m[1], roc | 110), OK);
			/* Decided: the other is no more. */
			assert_int_not_equal(arrive(t.c, t.s, &t.m[1], other | 111), 0);
			assert_reason(arrive(t.c, t.s, &t.m[1], roc | 109), OK);
			assert_reason(arrive(t.c, t.s, &t.m[1], roc | 110), REPLAY);
			assert_reason(arrive(t.c, t.s, &t.m[1], roc | 109), REPLAY);
			assert_reason(arrive(t.c, t.s, &t.m[1], roc | 30000), OK);
			assert_reason(arrive(t.c, t.s, &t.m[1], roc | 60000), OK);
			assert_reason(arrive(t.c, t.s, &t.m[1], roc + (1 << 16) + 10), OK);
			assert_int_not_equal(arrive(t.c, t.s, &t.m[1], roc | 110), 0);
			session_free(t.s);
		}
}

/* All that was ever sent, under three keys, again and in any order: nothing passes. */
static void roc_nothing_again(void **state)
{
	static struct { struct master *m; uint64_t index; } sent[3000];
	struct rng r = { 8 };
	unsigned int policy, n, k, i;
	struct roc t;

	for (policy = XSRTP_ROC_KEEP; policy <= XSRTP_ROC_TRY; policy++) {
		uint64_t internal = 5 << 16 | 100, base = 0;

		roc_open(&t, state, policy, 256);
		assert_int_equal(master_set(t.s, t.c, 2, &t.m[2]), 0);
		for (n = 0, k = 0; k < 3; k++) {
			if (k)
				assert_int_equal(xsrtp_key_use(t.s, k), 0);
			if (k && policy)
				base = (internal + 1) & ~0xffffULL;
			for (i = 0; i < 1000; i++, n++) {
				internal += 1 + rng_below(&r, 150);
				if (!i && k && policy)
					base = internal & ~0xffffULL;
				sent[n].m = &t.m[k];
				sent[n].index = internal - base;
				assert_reason(arrive(t.c, t.s, sent[n].m, sent[n].index), OK);
			}
		}
		for (i = 0; i < 6000; i++) {
			n = rng_below(&r, ARRAY_SIZE(sent));
			k = sent[n].m - t.m;
			assert_int_equal(xsrtp_key_use(t.s, i % 7 ? (int)k : (int)i % 3), 0);
			assert_int_not_equal(arrive(t.c, t.s, sent[n].m, sent[n].index), 0);
		}
		session_free(t.s);
	}
}

int main(void)
{
	static const struct test_row rows[] = {
		EACH(rfc9335_a), EACH(cryptex_shapes), EACH(cryptex_random), EACH(rfc6904_a),
		EACH(elements_and_padding),
		EACH(rcc), EACH(key_rate), EACH(key_rate_rtcp), EACH(key_rate_refused),
		EACH(key_rate_threads), EACH(roc_zero_sends), EACH(roc_zero_unused_key),
		EACH(roc_zero_receives), EACH(roc_try), EACH(roc_nothing_again),
	};

	return run_rows("special", rows, ARRAY_SIZE(rows));
}
