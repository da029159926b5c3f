// SPDX-License-Identifier: GPL-2.0
/*
 * Policies. A suite that does not encrypt or does not authenticate is in none: what it
 * would allow is worse than RTP, which at least says what it is.
 */
#include "policy.h"

#include <errno.h>
#include <stdio.h>

#include <xsrtp/srtp.h>

#include "buf.h"

unsigned int policy_rank(const struct policy *p, unsigned int suite)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		if (p->suite[i] == suite)
			return i;
	return p->n;
}

bool policy_takes(const struct policy *p, unsigned int suite)
{
	return !p->n || policy_rank(p, suite) < p->n;
}

unsigned int policy_order(const struct policy *p, unsigned char *suite, unsigned int n)
{
	unsigned char found[POLICY_SUITES];
	unsigned int i, k = 0;

	if (!p->n)
		return n;
	for (i = 0; i < p->n; i++)
		if (memchr(suite, p->suite[i], n))
			found[k++] = p->suite[i];
	memcpy(suite, found, k);
	return k;
}

const char *policy_names(const struct policy *p, char out[POLICY_TEXT])
{
	struct buf b = buf_on(out, POLICY_TEXT - 1);
	unsigned int i;

	for (i = 0; i < p->n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", xsrtp_suite_info(p->suite[i])->name);
	out[b.len] = 0;
	return out;
}

static const struct xsrtp_suite_info *suite_of(struct text name)
{
	const struct xsrtp_suite_info *s;
	unsigned int i;

	for (i = 1; (s = xsrtp_suite_info(i)); i++)
		if (text_is(name, s->name))
			return s;
	return NULL;
}

static int refuse(char *err, size_t err_len, struct text name, const char *why)
{
	snprintf(err, err_len, "\"%.*s\" %s", TEXT_ARG(name), why);
	return -EINVAL;
}

static int add(struct policy *p, struct text name, char *err, size_t err_len)
{
	const struct xsrtp_suite_info *s = suite_of(name);

	if (!s)
		return refuse(err, err_len, name, "is no crypto suite; write names such as "
			      "AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80, with commas between them");
	if (s->null_cipher || !s->tag_len)
		return refuse(err, err_len, name, "does not encrypt and authenticate: no interface takes "
			      "it; leave it out");
	if (policy_rank(p, s->suite) < p->n)
		return refuse(err, err_len, name, "is there twice; leave one out");
	p->suite[p->n++] = s->suite;	/* no two are the same: there are fewer than POLICY_SUITES */
	return 0;
}

int policy_read(struct policy *p, struct text t, char *err, size_t err_len)
{
	struct text one;
	int ret;

	p->n = 0;
	do {
		one = text_cut(t, ',', &t);
		while (one.len && *one.s == ' ') {
			one.s++;
			one.len--;
		}
		while (one.len && one.s[one.len - 1] == ' ')
			one.len--;
		ret = add(p, one, err, err_len);
	} while (!ret && t.len);
	return ret;
}
