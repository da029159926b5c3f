// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as an ng message, with and without a cookie. What is taken is written in
 * both formats, and what was written is read again as the same.
 */
#include <stdlib.h>

#include "bencode.h"
#include "json.h"
#include "ng.h"

static struct doc doc, again;
static char first[2 * NG_MAX], second[2 * NG_MAX];

static void same_again(const struct ng *m)
{
	struct buf a = buf_on(first, sizeof(first)), b = buf_on(second, sizeof(second));
	struct ng back;

	ng_write(m, m->dict, &a);
	if (buf_full(&a) || a.len > NG_MAX)
		return;
	if (ng_parse(buf_text(&a), m->cookie.len, &again, &back) || back.used != a.len)
		abort();
	ng_write(&back, back.dict, &b);
	if (!text_same(buf_text(&a), buf_text(&b)))
		abort();
}

static void try_it(struct text t, bool with_cookie)
{
	struct buf b = buf_on(first, sizeof(first));
	struct ng m;
	int64_t n;

	if (ng_parse(t, with_cookie, &doc, &m))
		return;
	if (m.used > t.len)
		abort();
	ng_string(m.dict, "call-id");
	ng_integer(m.dict, "delete-delay", &n);
	ng_has(m.dict, "flags", "trust-address");
	json_write(m.dict, &b);
	same_again(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };

	json_setup();
	try_it(t, true);
	try_it(t, false);
	return 0;
}
