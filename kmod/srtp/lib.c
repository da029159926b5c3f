// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The ciphers by the kernel's crypto library: runs in any context, needs no FPU
 * and no memory, takes constant time (lib/crypto/aes.c, gf128mul_lle()). It is
 * what the module falls back to where the SIMD code may not or cannot run.
 */
#include <crypto/aes.h>
#include <crypto/gf128mul.h>
#include <crypto/sha1.h>

#include "cipher.h"
#include "platform.h"

/* --- AES ------------------------------------------------------------------------ */

/*
 * The round keys of a key, as the library wants them. They are the same words;
 * the library keeps the bytes of each in little-endian order.
 */
static void aes_load(struct crypto_aes_ctx *aes, const struct xsrtp_suite_info *suite,
		     const struct xsrtp_cipher_key *key)
{
	int i;

	aes->key_length = suite->key_len;
	for (i = 0; i < XSRTP_RK_BYTES(suite->key_len) / 4; i++)
		aes->key_enc[i] = get_unaligned_le32(key->rk + 4 * i);
}

static void aes_wipe(struct crypto_aes_ctx *aes)
{
	memzero_explicit(aes->key_enc, sizeof(aes->key_enc));
}

static void xor(u8 *data, const u8 *with, size_t len)
{
	while (len--)
		*data++ ^= *with++;
}

/* Counter mode; the text is far shorter than the 2^16 blocks that would carry. */
static void aes_ctr(const struct crypto_aes_ctx *aes, const u8 iv[16], u8 *data, size_t len)
{
	u8 block[16], stream[16];
	u32 counter;

	memcpy(block, iv, sizeof(block));
	counter = get_unaligned_be32(block + 12);
	while (len) {
		size_t n = min_t(size_t, len, sizeof(stream));

		put_unaligned_be32(counter++, block + 12);
		aes_encrypt(aes, stream, block);
		xor(data, stream, n);
		data += n;
		len -= n;
	}
	memzero_explicit(stream, sizeof(stream));
}

/* --- HMAC-SHA1 (RFC 2104), from the prepared states -------------------------------- */

static void hmac_pad(const u8 *auth_key, u8 pad, u32 state[5])
{
	u32 work[SHA1_WORKSPACE_WORDS];
	u8 block[SHA1_BLOCK_SIZE];

	memset(block, pad, sizeof(block));
	xor(block, auth_key, SHA1_DIGEST_SIZE);
	sha1_init(state);
	sha1_transform(state, block, work);
	memzero_explicit(block, sizeof(block));
	memzero_explicit(work, sizeof(work));
}

/*
 * The last one or two blocks: rest of the message, 0x80, zeros, and the length in
 * bits of all that was hashed, padded key included (FIPS 180-4 5.1.1).
 */
static void sha1_finish(u32 state[5], u8 block[2 * SHA1_BLOCK_SIZE], u32 rest, u32 total,
			u8 digest[SHA1_DIGEST_SIZE])
{
	u32 work[SHA1_WORKSPACE_WORDS];
	u32 end = rest + 9 <= SHA1_BLOCK_SIZE ? SHA1_BLOCK_SIZE : 2 * SHA1_BLOCK_SIZE, i;

	block[rest] = 0x80;
	memset(block + rest + 1, 0, end - rest - 1);
	put_unaligned_be32(8 * total, block + end - 4);
	for (i = 0; i < end; i += SHA1_BLOCK_SIZE)
		sha1_transform(state, block + i, work);
	for (i = 0; i < 5; i++)
		put_unaligned_be32(state[i], digest + 4 * i);
	memzero_explicit(work, sizeof(work));
}

/* HMAC over header, text and extra. */
static void cm_tag(const struct xsrtp_packet *p, u8 digest[SHA1_DIGEST_SIZE])
{
	const struct xsrtp_cipher_key *key = p->key;
	u32 len = p->hdr_len + p->text_len, at;
	u32 work[SHA1_WORKSPACE_WORDS], state[5];
	u8 block[2 * SHA1_BLOCK_SIZE];

	memcpy(state, key->hmac, sizeof(state));
	for (at = 0; at + SHA1_BLOCK_SIZE <= len; at += SHA1_BLOCK_SIZE)
		sha1_transform(state, p->data + at, work);
	memcpy(block, p->data + at, len - at);
	memcpy(block + len - at, p->extra, p->extra_len);
	at = len - at + p->extra_len;
	if (at >= SHA1_BLOCK_SIZE) {
		sha1_transform(state, block, work);
		at -= SHA1_BLOCK_SIZE;
		memmove(block, block + SHA1_BLOCK_SIZE, at);
	}
	sha1_finish(state, block, at, SHA1_BLOCK_SIZE + len + p->extra_len, digest);

	memcpy(state, key->hmac + 5, sizeof(state));
	memcpy(block, digest, SHA1_DIGEST_SIZE);
	sha1_finish(state, block, SHA1_DIGEST_SIZE, SHA1_BLOCK_SIZE + SHA1_DIGEST_SIZE, digest);
}

static void cm_seal(const struct xsrtp_suite_info *suite, const struct crypto_aes_ctx *aes,
		    struct xsrtp_packet *p)
{
	u8 digest[SHA1_DIGEST_SIZE];

	aes_ctr(aes, p->iv, p->data + p->hdr_len, p->text_len);
	cm_tag(p, digest);
	memcpy(p->tag, digest, suite->tag_len);
}

static bool cm_open(const struct xsrtp_suite_info *suite, const struct crypto_aes_ctx *aes,
		    struct xsrtp_packet *p)
{
	u8 digest[SHA1_DIGEST_SIZE];

	cm_tag(p, digest);
	if (!xsrtp_verdict(!xsrtp_memneq(digest, p->tag, suite->tag_len)))
		return false;
	aes_ctr(aes, p->iv, p->data + p->hdr_len, p->text_len);
	return true;
}

/* --- GCM (NIST SP 800-38D) ------------------------------------------------------------ */

/* One part of the input, zero-padded to whole blocks at its end. @at: bytes of it so far. */
static void ghash_update(be128 *y, const be128 *h, u32 *at, const u8 *data, size_t len)
{
	while (len--) {
		((u8 *)y)[(*at)++ % 16] ^= *data++;
		if (*at % 16 == 0)
			gf128mul_lle(y, h);
	}
}

static void ghash_pad(be128 *y, const be128 *h, u32 *at)
{
	if (*at % 16)
		gf128mul_lle(y, h);
	*at = 0;
}

static void gcm_tag(const struct crypto_aes_ctx *aes, const struct xsrtp_packet *p, u8 tag[16])
{
	be128 h = {}, y = {}, lengths = {
		cpu_to_be64(8ULL * (p->hdr_len + p->extra_len)),
		cpu_to_be64(8ULL * p->text_len) };
	u32 at = 0;
	u8 iv[16];

	aes_encrypt(aes, (u8 *)&h, (u8 *)&h);
	ghash_update(&y, &h, &at, p->data, p->hdr_len);
	ghash_update(&y, &h, &at, p->extra, p->extra_len);
	ghash_pad(&y, &h, &at);
	ghash_update(&y, &h, &at, p->data + p->hdr_len, p->text_len);
	ghash_pad(&y, &h, &at);
	ghash_update(&y, &h, &at, (u8 *)&lengths, sizeof(lengths));

	memcpy(iv, p->iv, 12);
	put_unaligned_be32(1, iv + 12);
	aes_encrypt(aes, tag, iv);
	xor(tag, (u8 *)&y, 16);
	memzero_explicit(&h, sizeof(h));
}

static void gcm_ctr(const struct crypto_aes_ctx *aes, struct xsrtp_packet *p)
{
	u8 iv[16];

	memcpy(iv, p->iv, 12);
	put_unaligned_be32(2, iv + 12);
	aes_ctr(aes, iv, p->data + p->hdr_len, p->text_len);
}

static void gcm_seal(const struct xsrtp_suite_info *suite, const struct crypto_aes_ctx *aes,
		     struct xsrtp_packet *p)
{
	u8 tag[16];

	gcm_ctr(aes, p);
	gcm_tag(aes, p, tag);
	memcpy(p->tag, tag, suite->tag_len);
}

static bool gcm_open(const struct xsrtp_suite_info *suite, const struct crypto_aes_ctx *aes,
		     struct xsrtp_packet *p)
{
	u8 tag[16];

	gcm_tag(aes, p, tag);
	if (!xsrtp_verdict(!xsrtp_memneq(tag, p->tag, suite->tag_len)))
		return false;
	gcm_ctr(aes, p);
	return true;
}

/* --- the interface -------------------------------------------------------------------- */

static void expand(const struct xsrtp_suite_info *suite, struct xsrtp_cipher_key *key,
		   const u8 *enc_key, const u8 *auth_key)
{
	struct crypto_aes_ctx aes;
	int i;

	/* Fails only for a length that no suite has. */
	WARN_ON_ONCE(aes_expandkey(&aes, enc_key, suite->key_len));
	for (i = 0; i < XSRTP_RK_BYTES(suite->key_len) / 4; i++)
		put_unaligned_le32(aes.key_enc[i], key->rk + 4 * i);
	memzero_explicit(&aes, sizeof(aes));
	if (!auth_key || suite->kind != XSRTP_KIND_CM)
		return;
	hmac_pad(auth_key, 0x36, key->hmac);
	hmac_pad(auth_key, 0x5c, key->hmac + 5);
}

static void ctr(const struct xsrtp_suite_info *suite, const struct xsrtp_cipher_key *key,
		const u8 iv[16], u8 *data, size_t len)
{
	struct crypto_aes_ctx aes;

	aes_load(&aes, suite, key);
	aes_ctr(&aes, iv, data, len);
	aes_wipe(&aes);
}

static void seal(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		 unsigned int n)
{
	struct crypto_aes_ctx aes;

	for (; n--; pkt++) {
		aes_load(&aes, suite, (*pkt)->key);
		if (suite->kind == XSRTP_KIND_CM)
			cm_seal(suite, &aes, *pkt);
		else
			gcm_seal(suite, &aes, *pkt);
	}
	aes_wipe(&aes);
}

static void open(const struct xsrtp_suite_info *suite, struct xsrtp_packet *const *pkt,
		 unsigned int n)
{
	struct crypto_aes_ctx aes;

	for (; n--; pkt++) {
		aes_load(&aes, suite, (*pkt)->key);
		if (suite->kind == XSRTP_KIND_CM ? !cm_open(suite, &aes, *pkt) :
						   !gcm_open(suite, &aes, *pkt))
			(*pkt)->reason = XSRTP_REASON_BAD_TAG;
	}
	aes_wipe(&aes);
}

const struct xsrtp_cipher xsrtp_cipher_lib = {
	.name = "kernel",
	.expand = expand,
	.ctr = ctr,
	.seal = seal,
	.open = open,
};
