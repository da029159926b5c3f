// SPDX-License-Identifier: GPL-2.0
/*
 * Known answers: RFC 3711 appendix B.2 and B.3, RFC 6188 section 7, RFC 7714
 * sections 16 and 17, RFC 2202 section 3, NIST SP 800-38A F.5.1 to F.5.6 and the test
 * cases of the GCM submission (McGrew and Viega, appendix B), on every cipher
 * implementation of this CPU. RFC 6904 A and RFC 9335 A, which are packets, are in
 * special.c.
 *
 * Each vector is first computed by OpenSSL's EVP, so that neither a slip in
 * the vector nor one in the core can hide behind the other.
 *
 * What cannot be said through the cipher interface is left out: RFC 2202's case 4,
 * whose key of 25 bytes has no equal of 20; the GCM cases 5, 6, 11, 12, 17 and 18,
 * whose nonces are not 96 bits, and 7 to 12, AES-192.
 */
#include <errno.h>

#include "testlib.h"

#include "cipher.h"
#include "kdf.h"

/* --- a key outside of a session ------------------------------------------------ */

/* As a session places it: 24 bytes into a cache line. */
struct key_room {
	uint8_t pad[24];
	struct xsrtp_cipher_key key;
	uint8_t room[XSRTP_CIPHER_KEY_MAX - sizeof(struct xsrtp_cipher_key)];
} __attribute__((aligned(64)));

static struct xsrtp_cipher_key *expand(struct key_room *k, const struct xsrtp_cipher *c,
				       unsigned int suite, const uint8_t *enc, const uint8_t *auth)
{
	memset(k, 0xa5, sizeof(*k));
	c->expand(xsrtp_suite_info(suite), &k->key, enc, auth);
	return &k->key;
}

/* One packet as the core would hand it over: header, text, tag in a row. */
static void set_packet(struct xsrtp_packet *p, const struct xsrtp_cipher_key *key,
		       const uint8_t *iv, size_t iv_len, uint8_t *data, size_t hdr, size_t text)
{
	memset(p, 0, sizeof(*p));
	p->data = data;
	p->hdr_len = hdr;
	p->text_len = text;
	p->key = key;
	p->tag = data + hdr + text;
	memcpy(p->iv, iv, iv_len);
}

/* --- RFC 3711 appendix B.2, and NIST SP 800-38A F.5.1 and F.5.5 ------------------- */

static const char b2_key[] = "2B7E151628AED2A6ABF7158809CF4F3C";
static const char b2_iv[] = "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000";
static const unsigned int b2_blocks[] = { 0, 1, 2, 0xfeff, 0xff00, 0xff01 };

static const struct {
	unsigned int suite;
	const char *key;
	const char *keystream[ARRAY_SIZE(b2_blocks)];
} b2[] = {
	{ XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, b2_key, {
	  "E03EAD0935C95E80E166B16DD92B4EB4", "D23513162B02D0F72A43A2FE4A5F97AB",
	  "41E95B3BB0A2E8DD477901E4FCA894C0", "EC8CDF7398607CB0F2D21675EA9EA1E4",
	  "362B7C3C6773516318A077D7FC5073AE", "6A2CC3787889374FBEB4C81B17BA6C44" } },
	{ XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80,	/* RFC 6188 7.1 */
	  "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98", {
	  "92bdd28a93c3f52511c677d08b5515a4", "9da71b2378a854f67050756ded165bac",
	  "63c4868b7096d88421b563b8c94c9a31", "cea518c90fd91ced9cbb18c078a54711",
	  "3dbc4814f4da5f00a08772b63c6a046d", "6eb246913062a16891433e97dd01a57f" } },
	{ XSRTP_SUITE_AES_192_CM_HMAC_SHA1_80,	/* RFC 6188 7.3 */
	  "eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7", {
	  "35096cba4610028dc1b57503804ce37c", "5de986291dcce161d5165ec4568f5c9a",
	  "474a40c77894bc17180202272a4c264d", "d108d1a31a00bad6367ec23eb044b415",
	  "c8f57129fdeb970b59f917b257662d4c", "a5dab625811034e8cebdfeb6dc158dd3" } },
};

static void keystream(const struct xsrtp_cipher *c, unsigned int v, uint8_t *ks, uint8_t *ref,
		      size_t len)
{
	uint8_t key[32], iv[16], want[16];
	size_t key_len = unhex(b2[v].key, key, sizeof(key));
	struct key_room k;
	unsigned int i;

	unhex(b2_iv, iv, sizeof(iv));
	memset(ks, 0, len);
	memset(ref, 0, len);
	expand(&k, c, b2[v].suite, key, NULL);
	c->ctr(xsrtp_suite_info(b2[v].suite), &k.key, iv, ks, len);
	ref_ctr(key, key_len, iv, ref, len);
	for (i = 0; i < ARRAY_SIZE(b2_blocks); i++) {
		unhex(b2[v].keystream[i], want, 16);
		assert_memory_equal(ref + 16 * b2_blocks[i], want, 16);
		assert_memory_equal(ks + 16 * b2_blocks[i], want, 16);
	}
	assert_memory_equal(ks, ref, len);
}

static void rfc3711_b2_rfc6188_keystream(void **state)
{
	const size_t len = 16 * 0xff02;
	uint8_t *ks = malloc(len), *ref = malloc(len);
	unsigned int v;

	for (v = 0; v < ARRAY_SIZE(b2); v++)
		keystream(*state, v, ks, ref, len);
	free(ks);
	free(ref);
}

/* The same keystream as a packet's text, through seal and open. */
static void rfc3711_b2_sealed(void **state)
{
	const struct xsrtp_cipher *c = *state;
	const struct xsrtp_suite_info *suite;
	uint8_t key[16], iv[16], want[16], data[12 + 48 + 10] = { 0 }, auth[20] = { 7 };
	struct xsrtp_packet p, *pp = &p;
	struct key_room k;
	unsigned int i;

	suite = xsrtp_suite_info(XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
	unhex(b2_key, key, sizeof(key));
	unhex(b2_iv, iv, sizeof(iv));
	expand(&k, c, suite->suite, key, auth);
	set_packet(&p, &k.key, iv, 16, data, 12, 48);
	c->seal(suite, &pp, 1);
	for (i = 0; i < 3; i++) {
		unhex(b2[0].keystream[i], want, 16);
		assert_memory_equal(data + 12 + 16 * i, want, 16);
	}
	c->open(suite, &pp, 1);
	assert_reason(p.reason, OK);
	for (i = 0; i < 60; i++)
		assert_int_equal(data[i], 0);
}

static const char nist_plain[] =
	"6bc1bee22e409f96e93d7e117393172a" "ae2d8a571e03ac9c9eb76fac45af8e51"
	"30c81c46a35ce411e5fbc1191a0a52ef" "f69f2445df4f9b17ad2b417be66c3710";

static const struct {
	unsigned int suite;
	const char *key, *cipher;
} nist_ctr[] = {
	{ XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, "2b7e151628aed2a6abf7158809cf4f3c",
	  "874d6191b620e3261bef6864990db6ce" "9806f66b7970fdff8617187bb9fffdff"
	  "5ae4df3edbd5d35e5b4f09020db03eab" "1e031dda2fbe03d1792170a0f3009cee" },
	{ XSRTP_SUITE_AES_192_CM_HMAC_SHA1_80,
	  "8e73b0f7da0e6452c810f32b809079e5" "62f8ead2522c6b7b",
	  "1abc932417521ca24f2b0459fe7e6e0b" "090339ec0aa6faefd5ccc2c6f4ce8e94"
	  "1e36b26bd1ebc670d1bd1d665620abf7" "4f78a7f6d29809585a97daec58c6b050" },
	{ XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80,
	  "603deb1015ca71be2b73aef0857d7781" "1f352c073b6108d72d9810a30914dff4",
	  "601ec313775789a5b7a7f504bbf3d228" "f443e3ca4d62b59aca84e990cacaf5c5"
	  "2b0930daa23de94ce87017ba2d84988d" "dfc9c58db67aada613c2dd08457941a6" },
	{ XSRTP_SUITE_AEAD_AES_256_GCM,		/* its key is prepared otherwise */
	  "603deb1015ca71be2b73aef0857d7781" "1f352c073b6108d72d9810a30914dff4",
	  "601ec313775789a5b7a7f504bbf3d228" "f443e3ca4d62b59aca84e990cacaf5c5"
	  "2b0930daa23de94ce87017ba2d84988d" "dfc9c58db67aada613c2dd08457941a6" },
};

/* The counter is 128 bits and carries out of its last bytes here. */
static void nist_sp800_38a_ctr(void **state)
{
	const struct xsrtp_cipher *c = *state;
	uint8_t key[32], iv[16], text[64], want[64], ref[64];
	struct key_room k;
	unsigned int i;

	unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", iv, sizeof(iv));
	for (i = 0; i < ARRAY_SIZE(nist_ctr); i++) {
		size_t key_len = unhex(nist_ctr[i].key, key, sizeof(key));

		unhex(nist_ctr[i].cipher, want, sizeof(want));
		unhex(nist_plain, text, sizeof(text));
		memcpy(ref, text, sizeof(ref));
		ref_ctr(key, key_len, iv, ref, sizeof(ref));
		assert_memory_equal(ref, want, sizeof(want));
		expand(&k, c, nist_ctr[i].suite, key, NULL);
		c->ctr(xsrtp_suite_info(nist_ctr[i].suite), &k.key, iv, text, sizeof(text));
		assert_memory_equal(text, want, sizeof(want));
	}
}

/* --- RFC 3711 appendix B.3 --------------------------------------------------------- */

static const struct {
	unsigned int suite;
	const char *key, *salt;
	const char *out[3];	/* labels 0, 1, 2: cipher key, auth key, salt */
} b3[] = {
	{ XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80,
	  "E1F97A0D3E018BE0D64FA32C06DE4139", "0EC675AD498AFEEBB6960B3AABE6", {
	  "C61E7A93744F39EE10734AFE3FF7A087",
	  "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE"
	  "E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25"
	  "6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2",
	  "30CBBC08863D8C85D49DB34A9AE1" } },
	{ XSRTP_SUITE_AES_256_CM_HMAC_SHA1_80,	/* RFC 6188 7.2 */
	  "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
	  "3b04803de51ee7c96423ab5b78d2", {
	  "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
	  "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05", "fa31791685ca444a9e07c6c64e93" } },
	{ XSRTP_SUITE_AES_192_CM_HMAC_SHA1_80,	/* RFC 6188 7.4 */
	  "73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1",
	  "c8522f3acd4ce86d5add78edbb11", {
	  "31874736a8f1143870c26e4857d8a5b2c4a354407faadabb",
	  "355b10973cd95b9eacf4061c7e1a7151e7cfbfcb", "2372b82d639b6d8503a47adc0a6c" } },
};

static void rfc3711_b3_rfc6188_kdf(void **state)
{
	const struct xsrtp_cipher *c = *state;
	uint8_t key[32], salt[14], want[94], got[95], ref[94];
	unsigned int i, label;
	size_t len;

	for (i = 0; i < ARRAY_SIZE(b3); i++) {
		const struct xsrtp_suite_info *suite = xsrtp_suite_info(b3[i].suite);

		unhex(b3[i].key, key, sizeof(key));
		unhex(b3[i].salt, salt, sizeof(salt));
		for (label = 0; label < 3; label++) {
			len = unhex(b3[i].out[label], want, sizeof(want));
			ref_kdf(suite, key, salt, label, 0, ref, len);
			assert_memory_equal(ref, want, len);
			memset(got, 0x5a, sizeof(got));
			xsrtp_kdf(c, suite, key, salt, label, 0, got, len);
			assert_memory_equal(got, want, len);
			assert_int_equal(got[len], 0x5a);
		}
	}
}

/* Every suite, label and length, with an index divided by the derivation rate. */
static void kdf_against_evp(void **state)
{
	static const uint64_t rates[] = { 0, 1, 0xabcdef, 0x800000000001, 0xffffffffffff };
	const struct xsrtp_cipher *c = *state;
	struct rng rng = { 3711 };
	struct master m;
	uint8_t got[64], ref[64];
	unsigned int s, label, r;
	size_t len;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		const struct xsrtp_suite_info *suite = xsrtp_suite_info(test_suites[s]);

		master_random(&rng, &m, 0);
		for (label = 0; label < 8; label++)
			for (r = 0; r < ARRAY_SIZE(rates); r++) {
				len = 1 + rng_below(&rng, sizeof(got));
				xsrtp_kdf(c, suite, m.key, m.salt, label, rates[r], got, len);
				ref_kdf(suite, m.key, m.salt, label, rates[r], ref, len);
				assert_memory_equal(got, ref, len);
			}
	}
}

/* --- RFC 7714 sections 16 and 17, and the GCM submission's test cases ---------------- */

#define K128 "000102030405060708090a0b0c0d0e0f"
#define K256 K128 "101112131415161718191a1b1c1d1e1f"
#define RTP_IV "51753c6580c2726f20718414"
#define RTP_HEAD "8040f17b 8041f8d3 5501a0b2"
/* "Gallia est omnis divisa in partes tres" */
#define RTP_TEXT "47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465" \
	"73207472 6573"
#define RTCP_IV "517524055203726f207170bb"
#define RTCP_HEAD "81c8000d 4d617273"
#define RTCP_TEXT "4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef" \
	"deadbeef deadbeef deadbeef"

static const struct gcm_vector {
	const char *what;
	const char *key, *iv, *aad, *plain, *cipher, *tag;
} gcm_vectors[] = {
	{ "RFC 7714 16.1.1, 16.1.2", K128, RTP_IV, RTP_HEAD, RTP_TEXT,
	  "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833",
	  "899d7f27beb16a9152cf765ee4390cce" },
	{ "RFC 7714 16.1.3, 16.1.4", K128, RTP_IV, RTP_HEAD RTP_TEXT, "", "",
	  "22493f82d2bce397e9d79e3b19aa4216" },
	{ "RFC 7714 16.2.1, 16.2.2", K256, RTP_IV, RTP_HEAD, RTP_TEXT,
	  "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b",
	  "7aa3db36dfffd6b0f9bb7878d7a76c13" },
	{ "RFC 7714 16.2.3, 16.2.4", K256, RTP_IV, RTP_HEAD RTP_TEXT, "", "",
	  "a866d5910f887463067ceefec45215d4" },
	/* SRTCP: the word of E bit and index is additional data, E = 1 ... */
	{ "RFC 7714 17.1", K128, RTCP_IV, RTCP_HEAD "800005d4", RTCP_TEXT,
	  "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b46"
	  "86303ded0bb9275b", "c84aa45896cf4d2fc5abf87245d9eade" },
	{ "RFC 7714 17.2", K256, RTCP_IV, RTCP_HEAD "800005d4", RTCP_TEXT,
	  "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658"
	  "c61de0476f1b6fad", "1d1eb30c4446839f57ff6f6cb26ac3be" },
	/* ... and with E = 0 so is the whole packet. */
	{ "RFC 7714 17.3", K128, RTCP_IV, RTCP_HEAD RTCP_TEXT "000005d4", "", "",
	  "841dd9683dd78ec92ae58790125f62b3" },
	{ "RFC 7714 17.4", K256, RTCP_IV, RTCP_HEAD RTCP_TEXT "000005d4", "", "",
	  "91db4afbfeee5a978fab4393ed2615fe" },
	{ "GCM test case 1", "00000000000000000000000000000000", "000000000000000000000000",
	  "", "", "", "58e2fccefa7e3061367f1d57a4e7455a" },
	{ "GCM test case 2", "00000000000000000000000000000000", "000000000000000000000000",
	  "", "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78",
	  "ab6e47d42cec13bdf53a67b21257bddf" },
	{ "GCM test case 3", "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
	  "4d5c2af327cd64a62cf35abd2ba6fab4" },
	{ "GCM test case 4", "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	  "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ "GCM test case 13",
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
	{ "GCM test case 14",
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "000000000000000000000000", "", "00000000000000000000000000000000",
	  "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919" },
	{ "GCM test case 15",
	  "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
	  "b094dac5d93471bdec1a502270e3cc6c" },
	{ "GCM test case 16",
	  "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
};

/* The vector against OpenSSL's EVP, before anything else relies on it. */
static void check_gcm_vector(const uint8_t *key, size_t key_len, const uint8_t *iv,
			     const uint8_t *plain, size_t hdr, size_t text, const uint8_t *sealed)
{
	uint8_t buf[256], tag[16];

	memcpy(buf, plain, hdr + text);
	ref_gcm(key, key_len, iv, buf, hdr, buf + hdr, text, tag);
	assert_memory_equal(buf, sealed, hdr + text);
	assert_memory_equal(tag, sealed + hdr + text, 16);
}

static void run_gcm_vector(const struct xsrtp_cipher *c, const struct gcm_vector *v)
{
	uint8_t key[32], iv[12], plain[256], sealed[256], *data;
	size_t key_len, hdr, text, len, bit;
	const struct xsrtp_suite_info *suite;
	struct xsrtp_packet p, *pp = &p;
	struct key_room k;

	key_len = unhex(v->key, key, sizeof(key));
	assert_int_equal(unhex(v->iv, iv, sizeof(iv)), 12);
	hdr = unhex(v->aad, plain, sizeof(plain));
	text = unhex(v->plain, plain + hdr, sizeof(plain) - hdr);
	memcpy(sealed, plain, hdr);
	assert_int_equal(unhex(v->cipher, sealed + hdr, 200), text);
	assert_int_equal(unhex(v->tag, sealed + hdr + text, 16), 16);
	check_gcm_vector(key, key_len, iv, plain, hdr, text, sealed);

	suite = xsrtp_suite_info(key_len == 16 ? XSRTP_SUITE_AEAD_AES_128_GCM :
				 XSRTP_SUITE_AEAD_AES_256_GCM);
	len = hdr + text + 16;
	data = malloc(len);
	memcpy(data, plain, hdr + text);
	expand(&k, c, suite->suite, key, (uint8_t[20]){ 0 });
	set_packet(&p, &k.key, iv, 12, data, hdr, text);
	c->seal(suite, &pp, 1);
	assert_memory_equal(data, sealed, len);
	c->open(suite, &pp, 1);
	assert_reason(p.reason, OK);
	assert_memory_equal(data, plain, hdr + text);

	for (bit = 0; bit < 8 * len; bit++) {	/* any changed bit is refused */
		memcpy(data, sealed, len);
		data[bit / 8] ^= 1 << bit % 8;
		p.reason = XSRTP_REASON_OK;
		c->open(suite, &pp, 1);
		assert_reason(p.reason, BAD_TAG);
		data[bit / 8] ^= 1 << bit % 8;
		assert_memory_equal(data, sealed, len);	/* "as they came" */
	}
	free(data);
}

static void rfc7714_16_17_gcm(void **state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gcm_vectors); i++) {
		print_message("# %s\n", gcm_vectors[i].what);
		run_gcm_vector(*state, &gcm_vectors[i]);
	}
}

/* --- RFC 2202 section 3 ----------------------------------------------------------------- */

static const struct {
	const char *text;	/* the key, or */
	uint8_t byte;		/* so many times this byte */
	unsigned int len;
	const char *data;	/* hex */
	const char *digest;
} rfc2202[] = {
	{ NULL, 0x0b, 20, "4869205468657265",	/* 1: "Hi There" */
	  "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ "Jefe", 0, 4,				/* 2: "what do ya want for nothing?" */
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ NULL, 0xaa, 20,			/* 3: 50 bytes of 0xdd */
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	  "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
	{ NULL, 0x0c, 20,			/* 5: "Test With Truncation" */
	  "546573742057697468205472756e636174696f6e",
	  "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04" },
	{ NULL, 0xaa, 80,	/* 6: "Test Using Larger Than Block-Size Key - Hash Key First" */
	  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d20"
	  "48617368204b6579204669727374", "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
	{ NULL, 0xaa, 80,	/* 7: "... Key and Larger Than One Block-Size Data" */
	  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920616e"
	  "64204c6172676572205468616e204f6e6520426c6f636b2d53697a652044617461",
	  "e8e99d0f45237d786d6bbaa7965c7808bbff1a91" },
};

/*
 * The case's key as the 20 bytes that HMAC makes the same of (RFC 2104 2): a shorter
 * one has zeros appended, one longer than a block is hashed first. Returns the length
 * of @own, the key as the case has it.
 */
static unsigned int rfc2202_key(unsigned int i, uint8_t own[80], uint8_t key[20])
{
	unsigned int len = rfc2202[i].len;

	if (rfc2202[i].text)
		memcpy(own, rfc2202[i].text, len);
	else
		memset(own, rfc2202[i].byte, len);
	memset(key, 0, 20);
	if (len > 20)
		assert_int_equal(EVP_Digest(own, len, key, NULL, EVP_sha1(), NULL), 1);
	else
		memcpy(key, own, len);
	return len;
}

/*
 * The message is a packet without text: all but the last four bytes are the
 * header, those are the extra word, where SRTP has the ROC.
 */
static void rfc2202_hmac_sha1(void **state)
{
	static const unsigned int suites[] = {
		XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32,
	};
	uint8_t own[80], key[20], enc[16] = { 1 }, iv[16] = { 2 }, data[128], want[20], ref[20];
	const struct xsrtp_cipher *c = *state;
	struct xsrtp_packet p, *pp = &p;
	struct key_room k;
	unsigned int i, own_len;

	for (i = 0; i < 2 * ARRAY_SIZE(rfc2202); i++) {
		const struct xsrtp_suite_info *suite = xsrtp_suite_info(suites[i % 2]);
		size_t len = unhex(rfc2202[i / 2].data, data, sizeof(data));

		own_len = rfc2202_key(i / 2, own, key);
		unhex(rfc2202[i / 2].digest, want, sizeof(want));
		assert_non_null(HMAC(EVP_sha1(), own, own_len, data, len, ref, NULL));
		assert_memory_equal(ref, want, 20);

		expand(&k, c, suite->suite, enc, key);
		set_packet(&p, &k.key, iv, 16, data, len - 4, 0);
		p.extra_len = 4;
		memcpy(p.extra, data + len - 4, 4);
		memset(p.tag, 0x5a, 24);
		c->seal(suite, &pp, 1);
		assert_memory_equal(p.tag, want, suite->tag_len);
		assert_int_equal(p.tag[suite->tag_len], 0x5a);
		c->open(suite, &pp, 1);
		assert_reason(p.reason, OK);
		p.extra[3] ^= 1;
		c->open(suite, &pp, 1);
		assert_reason(p.reason, BAD_TAG);
	}
}

/* --- implementations among each other ------------------------------------------------------ */

/* The library serves under a key that any implementation prepared (cipher.h). */
static void library_under_foreign_key(void **state)
{
	const struct xsrtp_cipher *c = *state, *lib = &xsrtp_cipher_lib;
	uint8_t mine[200], theirs[200];
	struct xsrtp_packet p, *pp = &p;
	struct rng rng = { 99 };
	struct key_room k;
	struct master m;
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(test_suites); s++) {
		const struct xsrtp_suite_info *suite = xsrtp_suite_info(test_suites[s]);

		master_random(&rng, &m, 20);
		rng_fill(&rng, mine, sizeof(mine));
		memcpy(theirs, mine, sizeof(mine));
		expand(&k, c, suite->suite, m.key, m.mki);
		set_packet(&p, &k.key, m.salt, 12, mine, 16, 160);
		p.extra_len = suite->kind == XSRTP_KIND_CM ? 4 : 0;
		c->seal(suite, &pp, 1);
		set_packet(&p, &k.key, m.salt, 12, theirs, 16, 160);
		p.extra_len = suite->kind == XSRTP_KIND_CM ? 4 : 0;
		lib->seal(suite, &pp, 1);
		assert_memory_equal(mine, theirs, sizeof(mine));
		lib->open(suite, &pp, 1);
		assert_reason(p.reason, OK);
	}
}

/* --- the self-test: passes, and fails when it must -------------------------------------- */

static uint8_t selftest_mem[XSRTP_SELFTEST_BYTES] __attribute__((aligned(XSRTP_ALIGN)));

static int selftest(const struct xsrtp_cipher *c, const char **what)
{
	size_t i;
	int err;

	memset(selftest_mem, 0xa5, sizeof(selftest_mem));
	err = xsrtp_selftest(c, selftest_mem, what);
	for (i = 0; i < sizeof(selftest_mem); i++)
		assert_int_equal(selftest_mem[i], 0);
	return err;
}

static void selftest_passes(void **state)
{
	const char *what = "?";

	if (selftest(*state, &what))
		fail_msg("%s", what);
}

/* Implementations with one fault each, around the one under test. */
static const struct xsrtp_cipher *sound;
static int fault_kind;

static void seal_wrong_text(const struct xsrtp_suite_info *suite,
			    struct xsrtp_packet *const *pkt, unsigned int n)
{
	sound->seal(suite, pkt, n);
	if ((int)suite->kind == fault_kind && pkt[n - 1]->text_len)
		pkt[n - 1]->data[pkt[n - 1]->hdr_len] ^= 1;
}

static void seal_wrong_tag(const struct xsrtp_suite_info *suite,
			   struct xsrtp_packet *const *pkt, unsigned int n)
{
	sound->seal(suite, pkt, n);
	if ((int)suite->kind == fault_kind)
		pkt[n - 1]->tag[suite->tag_len - 1] ^= 0x80;
}

/* Takes any tag for good. */
static void open_all(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		     unsigned int n)
{
	unsigned int i;

	sound->open(suite, pkt, n);
	for (i = 0; (int)suite->kind == fault_kind && i < n; i++)
		pkt[i]->reason = XSRTP_REASON_OK;
}

/* Verifies but forgets to decrypt the last one. */
static void open_no_text(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
			 unsigned int n)
{
	uint8_t copy[RTP_MAX];
	struct xsrtp_packet *last = pkt[n - 1];
	uint8_t *text = last->data + last->hdr_len;

	memcpy(copy, text, last->text_len);
	sound->open(suite, pkt, n);
	if ((int)suite->kind == fault_kind)
		memcpy(text, copy, last->text_len);
}

static void ctr_wrong(const struct xsrtp_suite_info *suite, const struct xsrtp_cipher_key *key,
		      const uint8_t iv[16], uint8_t *data, size_t len)
{
	sound->ctr(suite, key, iv, data, len);
	if ((int)suite->kind == fault_kind)
		data[0] ^= 1;
}

static void selftest_finds_faults(void **state)
{
	struct xsrtp_cipher bad[5];
	unsigned int i;

	sound = *state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = *sound;
	bad[0].seal = seal_wrong_text;
	bad[1].seal = seal_wrong_tag;
	bad[2].open = open_all;
	bad[3].open = open_no_text;
	bad[4].ctr = ctr_wrong;
	for (i = 0; i < 2 * ARRAY_SIZE(bad); i++) {
		const char *what = NULL;

		fault_kind = i % 2 ? XSRTP_KIND_GCM : XSRTP_KIND_CM;
		if (selftest(&bad[i / 2], &what) != -EBADMSG)
			fail_msg("fault %u of kind %d passes", i / 2, fault_kind);
		assert_non_null(what);
	}
}

int main(void)
{
	static const struct test_row rows[] = {
		EACH(rfc3711_b2_rfc6188_keystream),
		EACH(rfc3711_b2_sealed),
		EACH(nist_sp800_38a_ctr),
		EACH(rfc3711_b3_rfc6188_kdf),
		EACH(kdf_against_evp),
		EACH(rfc7714_16_17_gcm),
		EACH(rfc2202_hmac_sha1),
		EACH(library_under_foreign_key),
		EACH(selftest_passes),
		EACH(selftest_finds_faults),
	};

	return run_rows("vectors", rows, ARRAY_SIZE(rows));
}
