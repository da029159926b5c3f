// SPDX-License-Identifier: GPL-2.0
/*
 * SDES attributes. What is not understood is never passed over within an attribute:
 * a parameter that is mandatory and unknown makes the attribute useless (RFC 4568
 * 6.3.8), and so does a second spelling of one that is known.
 */
#include "sdes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

#include <xsrtp/srtp.h>

#include "base64.h"

#define TAG_MAX		999999999
#define LIFETIME_MAX	(1ull << 48)	/* RFC 3711 9.2, SRTP packets */
#define SECRET_MAX	(XSRTP_KEY_MAX + XSRTP_SALT_MAX)

struct parser {
	struct sdes *s;
	unsigned int seen;	/* parameters, by their place in the table */
	char *err;
	size_t err_len;
};

__attribute__((format(printf, 3, 4)))
static int refuse(struct parser *p, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->err, p->err_len, fmt, ap);
	va_end(ap);
	return ret;
}

/* --- keys: KEY||SALT ["|" lifetime] ["|" MKI ":" length] -------------------------- */

static int read_secret(struct parser *p, struct text t, struct key *key)
{
	const struct xsrtp_suite_info *suite = p->s->suite;
	uint8_t secret[SECRET_MAX];
	int n = base64_decode(t, secret, sizeof(secret));
	int ret = 0;

	if (n == suite->key_len + suite->salt_len) {
		memcpy(key->master_key, secret, suite->key_len);
		memcpy(key->master_salt, secret + suite->key_len, suite->salt_len);
		key->key_len = suite->key_len;
		key->salt_len = suite->salt_len;
	} else if (n < 0) {
		ret = refuse(p, -EINVAL, "the key after inline: is not base64");
	} else {
		ret = refuse(p, -EINVAL, "%s takes %d bytes of key and salt, got %d", suite->name,
			     suite->key_len + suite->salt_len, n);
	}
	explicit_bzero(secret, sizeof(secret));
	return ret;
}

static int read_lifetime(struct parser *p, struct text t, struct key *key)
{
	bool power = text_strip(&t, "2^");
	uint64_t n;

	if (!text_number(t, power ? 48 : LIFETIME_MAX, &n) || !(power || n))
		return refuse(p, -EINVAL, "the lifetime is a number of packets from 1 to 2^48, or 2^N");
	key->lifetime = power ? 1ull << n : n;
	return 0;
}

/* A number and how many bytes it has on the wire, big-endian. */
static int read_mki(struct parser *p, struct text t, struct key *key)
{
	struct text length, value = text_cut(t, ':', &length);
	uint64_t n, len, left;

	if (!text_number(length, XSRTP_MKI_MAX, &len) || !len)
		return refuse(p, -EINVAL, "an MKI is NUMBER:LENGTH, of 1 to %d bytes", XSRTP_MKI_MAX);
	if (!text_number(value, UINT64_MAX, &n) || (len < 8 && n >> (8 * len)))
		return refuse(p, -EINVAL, "the MKI is no number of %" PRIu64 " bytes", len);
	key->mki_len = len;
	for (left = len; left; left--, n >>= 8)
		key->mki[left - 1] = n;
	return 0;
}

static int read_key(struct parser *p, struct text t, struct key *key)
{
	struct text part = text_cut(t, '|', &t);
	int ret = read_secret(p, part, key);
	bool more = t.len;

	/* Either may be left out; only an MKI has a colon. */
	if (!ret && more && !memchr(t.s, ':', text_cut(t, '|', &part).len))
		ret = read_lifetime(p, text_cut(t, '|', &t), key);
	if (!ret && t.len)
		ret = read_mki(p, t, key);
	return ret;
}

static bool same_mki(const struct key *a, const struct key *b)
{
	return !memcmp(a->mki, b->mki, sizeof(a->mki));
}

static int read_keys(struct parser *p, struct text t)
{
	struct sdes *s = p->s;
	struct text one;
	int ret = 0;

	do {
		one = text_cut(t, ';', &t);
		if (s->n_keys == SDES_KEYS)
			return refuse(p, -ENOTSUP, "more than %d keys", SDES_KEYS);
		if (!text_strip(&one, "inline:"))
			return refuse(p, -ENOTSUP, "a key method other than inline:");
		ret = read_key(p, one, &s->key[s->n_keys]);
		s->n_keys++;
	} while (!ret && t.len);
	/* RFC 4568 6.1: of several each has one, all of one length, no two the same. */
	if (!ret && s->n_keys > 1 && (!s->key[0].mki_len || s->key[0].mki_len != s->key[1].mki_len ||
				      same_mki(&s->key[0], &s->key[1])))
		ret = refuse(p, -EINVAL, "of several keys each needs an MKI of its own, all of one length");
	return ret;
}

/* --- session parameters, RFC 4568 6.3 --------------------------------------------- */

static int read_kdr(struct parser *p, struct text t)
{
	unsigned int i;
	uint64_t n;

	if (!text_number(t, 24, &n) || !n)
		return refuse(p, -EINVAL, "KDR= takes a power of two, from 1 to 24");
	for (i = 0; i < p->s->n_keys; i++)
		p->s->key[i].rate = 1u << n;
	return 0;
}

static int read_unencrypted_srtp(struct parser *p, struct text t)
{
	p->s->unencrypted_srtp = true;
	return 0;
}

static int read_unencrypted_srtcp(struct parser *p, struct text t)
{
	p->s->unencrypted_srtcp = true;
	return 0;
}

static int read_unauthenticated(struct parser *p, struct text t)
{
	p->s->unauthenticated_srtp = true;
	return 0;
}

static int read_fec_order(struct parser *p, struct text t)
{
	p->s->fec_before_srtp = text_is(t, "FEC_SRTP");
	if (!p->s->fec_before_srtp && !text_is(t, "SRTP_FEC"))
		return refuse(p, -EINVAL, "FEC_ORDER= takes FEC_SRTP or SRTP_FEC");
	return 0;
}

static int read_wsh(struct parser *p, struct text t)
{
	uint64_t n;

	if (!text_number(t, UINT32_MAX, &n) || n < 64)
		return refuse(p, -EINVAL, "WSH= takes a window of at least 64 packets");
	p->s->window = n;
	return 0;
}

static const struct {
	const char *name;	/* with "=": a value follows */
	int (*read)(struct parser *p, struct text t);
} params[] = {
	{ "KDR=", read_kdr },
	{ "UNENCRYPTED_SRTP", read_unencrypted_srtp },
	{ "UNENCRYPTED_SRTCP", read_unencrypted_srtcp },
	{ "UNAUTHENTICATED_SRTP", read_unauthenticated },
	{ "FEC_ORDER=", read_fec_order },
	{ "WSH=", read_wsh },
};

static int read_param(struct parser *p, struct text t)
{
	struct text value;
	unsigned int i;

	for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		value = t;
		if (!text_strip(&value, params[i].name))
			continue;
		if (value.len && params[i].name[strlen(params[i].name) - 1] != '=')
			continue;
		if (p->seen & 1u << i)
			return refuse(p, -EINVAL, "%s is there twice", params[i].name);
		p->seen |= 1u << i;
		return params[i].read(p, value);
	}
	/* RFC 4568 6.3.8: "-" says that it may be passed over. */
	if (t.len > 1 && *t.s == '-')
		return 0;
	/* Its name only: the value may be a key, as FEC_KEY's is. */
	t = text_cut(t, '=', &value);
	return refuse(p, -ENOTSUP, "session parameter \"%.*s\" is not known", TEXT_ARG(t));
}

/* --- the attribute ------------------------------------------------------------------ */

static struct text word(struct text *t)
{
	struct text w;

	while (t->len && (*t->s == ' ' || *t->s == '\t')) {
		t->s++;
		t->len--;
	}
	for (w = (struct text){ t->s, 0 }; w.len < t->len; w.len++)
		if (w.s[w.len] == ' ' || w.s[w.len] == '\t')
			break;
	t->s += w.len;
	t->len -= w.len;
	return w;
}

static const struct xsrtp_suite_info *suite_of(struct text name)
{
	char buf[32];

	if (name.len >= sizeof(buf))
		return NULL;
	memcpy(buf, name.s, name.len);
	buf[name.len] = 0;
	return strlen(buf) == name.len ? xsrtp_suite_by_name(buf) : NULL;
}

static int read_attribute(struct parser *p, struct text t)
{
	struct text tag = word(&t), suite = word(&t), keys = word(&t), param;
	uint64_t n;
	int ret;

	if (!text_number(tag, TAG_MAX, &n) || tag.len > 9 || (tag.len > 1 && *tag.s == '0'))
		return refuse(p, -EINVAL, "it begins with a tag of 1 to 9 digits");
	p->s->tag = n;
	if (!keys.len)
		return refuse(p, -EINVAL, "it has TAG, SUITE and KEY, with a space between them");
	p->s->suite = suite_of(suite);
	suite = text_cut(suite, ':', &param);	/* a key that stands in the wrong place */
	if (!p->s->suite)
		return refuse(p, -ENOTSUP, "no suite \"%.*s\"", TEXT_ARG(suite));
	ret = read_keys(p, keys);
	while (!ret && (param = word(&t)).len)
		ret = read_param(p, param);
	return ret;
}

int sdes_parse(struct text t, struct sdes *s, char *err, size_t err_len)
{
	struct parser p = { s, 0, err, err_len };
	int ret;

	*s = (struct sdes){ 0 };
	ret = read_attribute(&p, t);
	if (ret)
		sdes_wipe(s);
	return ret;
}

static void write_key(const struct key *k, struct buf *b)
{
	uint8_t secret[SECRET_MAX];
	uint64_t mki = 0;
	unsigned int i;

	memcpy(secret, k->master_key, k->key_len);
	memcpy(secret + k->key_len, k->master_salt, k->salt_len);
	buf_puts(b, "inline:");
	base64_encode(secret, k->key_len + k->salt_len, b);
	explicit_bzero(secret, sizeof(secret));
	if (k->lifetime && !(k->lifetime & (k->lifetime - 1)))
		buf_printf(b, "|2^%d", __builtin_ctzll(k->lifetime));
	else if (k->lifetime)
		buf_printf(b, "|%" PRIu64, k->lifetime);
	for (i = 0; i < k->mki_len; i++)
		mki = mki << 8 | k->mki[i];
	if (k->mki_len)
		buf_printf(b, "|%" PRIu64 ":%u", mki, k->mki_len);
}

void sdes_write(const struct sdes *s, struct buf *b)
{
	unsigned int i;

	buf_printf(b, "%" PRIu32 " %s ", s->tag, s->suite->name);
	for (i = 0; i < s->n_keys; i++) {
		if (i)
			buf_putc(b, ';');
		write_key(&s->key[i], b);
	}
	if (s->key[0].rate)
		buf_printf(b, " KDR=%d", __builtin_ctz(s->key[0].rate));
	if (s->unencrypted_srtp)
		buf_puts(b, " UNENCRYPTED_SRTP");
	if (s->unencrypted_srtcp)
		buf_puts(b, " UNENCRYPTED_SRTCP");
	if (s->unauthenticated_srtp)
		buf_puts(b, " UNAUTHENTICATED_SRTP");
	if (s->fec_before_srtp)
		buf_puts(b, " FEC_ORDER=FEC_SRTP");
	if (s->window)
		buf_printf(b, " WSH=%" PRIu32, s->window);
}

static int random_bytes(uint8_t *out, size_t len)
{
	ssize_t n = getrandom(out, len, 0);

	return n < 0 ? -errno : (size_t)n == len ? 0 : -EIO;
}

int sdes_make(struct sdes *s, uint32_t tag, const struct xsrtp_suite_info *suite)
{
	struct key *k = &s->key[0];
	int ret;

	*s = (struct sdes){ .tag = tag, .suite = suite, .n_keys = 1 };
	k->key_len = suite->key_len;
	k->salt_len = suite->salt_len;
	ret = random_bytes(k->master_key, k->key_len) ?: random_bytes(k->master_salt, k->salt_len);
	if (ret)
		sdes_wipe(s);
	return ret;
}

bool sdes_known(const struct sdes *s)
{
	return s->n_keys && s->key[0].key_len;
}

void sdes_wipe(struct sdes *s)
{
	explicit_bzero(s, sizeof(*s));
}
