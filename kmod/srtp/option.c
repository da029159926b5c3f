// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "option.h"

/* --- configuration ------------------------------------------------------------- */

#define FLAGS	(XSRTP_UNENCRYPTED_SRTP | XSRTP_UNENCRYPTED_SRTCP | XSRTP_CRYPTEX | \
		 XSRTP_KEY_RATE | XSRTP_EVICT)

static bool any_ext(const struct xsrtp_session_config *cfg)
{
	unsigned int i, any = 0;

	for (i = 0; i < sizeof(cfg->ext_ids); i++)
		any |= cfg->ext_ids[i];
	return any;
}

/* Does it need struct xsrtp_option? Cryptex is one flag. */
static bool wanted(const struct xsrtp_session_config *cfg)
{
	return cfg->flags & XSRTP_KEY_RATE || cfg->roc || cfg->rcc_rate || any_ext(cfg);
}

bool xsrtp_option_valid(const struct xsrtp_session_config *cfg)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(cfg->suite);
	bool clear = suite->null_cipher || cfg->flags & XSRTP_UNENCRYPTED_SRTP;

	if (cfg->flags & ~FLAGS || cfg->roc > XSRTP_ROC_TRY)
		return false;
	/* Nothing to hide a header with; and one way to hide it, not two. */
	if (cfg->flags & XSRTP_CRYPTEX && (clear || any_ext(cfg)))
		return false;
	if (clear && any_ext(cfg))
		return false;
	/* A stream that comes back would have to bring its bases. */
	if (cfg->flags & XSRTP_EVICT && cfg->roc)
		return false;
	/* Four bytes of the tag's place go to the ROC; enough must be left. */
	return !cfg->rcc_rate || (suite->kind == XSRTP_KIND_CM && suite->tag_len == 10 &&
				  cfg->roc == XSRTP_ROC_KEEP);
}

uint32_t xsrtp_option_size(const struct xsrtp_session_config *c)
{
	if (!wanted(c))
		return 0;
	return sizeof(struct xsrtp_option) + (any_ext(c) ? c->keys * XSRTP_EXT_KEY_BYTES : 0) +
	       (c->roc ? (c->keys + 1) * c->streams * sizeof(uint64_t) : 0);
}

void xsrtp_option_init(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
		       const struct xsrtp_session_config *c)
{
	struct xsrtp_option *opt;

	/* Without a tag no packet tells that its index was estimated too early. */
	if (wanted(c) || c->flags & XSRTP_CRYPTEX || !xsrtp_suite_info(c->suite)->tag_len)
		cold->flags |= XSRTP_SPECIAL;
	if (!wanted(c))
		return;
	/* The last thing of the half, which is of whole lines. */
	cold->option = cold->bytes - xsrtp_option_size(c);
	opt = xsrtp_option(half, cold);
	memcpy(opt->ext_ids, c->ext_ids, sizeof(opt->ext_ids));
	opt->ext = any_ext(c);
	opt->roc = c->roc;
	opt->rcc_rate = c->rcc_rate;
}

/* --- keys ---------------------------------------------------------------------- */

static uint64_t fingerprint(const struct xsrtp_session *half, const struct xsrtp_cipher *c,
			    const struct xsrtp_key_config *cfg)
{
	uint64_t print;

	xsrtp_kdf(c, xsrtp_session_suite(half), cfg->key, cfg->salt, KDF_FINGERPRINT, 0,
		  (uint8_t *)&print, sizeof(print));
	return print;
}

/* Where ROC may start again, a key that comes again would bring its keystream again. */
static bool key_known(const struct xsrtp_option *opt, const struct xsrtp_session_cold *cold,
		      unsigned int slot, uint64_t print)
{
	unsigned int i;

	for (i = 0; i < XSRTP_KEYS_KNOWN; i++)
		if (xsrtp_verdict(opt->known[i] == print))
			return true;
	for (i = 0; i < cold->keys; i++)
		if (opt->key[i].set && xsrtp_verdict(opt->key[i].print == print) &&
		    (i != slot || opt->key[i].used))
			return true;
	return false;
}

/* The key in use has changed since it was set: compare what it is made from. */
static bool master_is_used(const struct xsrtp_session *s, const struct xsrtp_option *opt,
			   const struct xsrtp_key_config *cfg)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(s);
	const struct xsrtp_option_key *k = &opt->key[xsrtp_key_used(s) < 0 ? 0 :
						     xsrtp_key_used(s)];

	return xsrtp_key_used(s) >= 0 && k->shift != XSRTP_RATE_NONE &&
	       xsrtp_verdict(!(xsrtp_memneq(k->master, cfg->key, suite->key_len) |
			       xsrtp_memneq(k->salt, cfg->salt, suite->salt_len)));
}

int xsrtp_option_key_check(struct xsrtp_session *s, struct xsrtp_session_cold *cold,
			   const struct xsrtp_cipher *c, unsigned int slot,
			   const struct xsrtp_key_config *cfg)
{
	const struct xsrtp_option *opt = xsrtp_option(s, cold);

	if (cfg->kdr && (!(cold->flags & XSRTP_KEY_RATE) || cfg->kdr > XSRTP_KDR_MAX ||
			 cfg->kdr & (cfg->kdr - 1)))
		return -EINVAL;
	if (!opt)
		return 0;
	if (cold->flags & XSRTP_KEY_RATE && master_is_used(s, opt, cfg))
		return -EEXIST;
	return opt->roc && key_known(opt, cold, slot, fingerprint(s, c, cfg)) ? -EEXIST : 0;
}

/* Under a key that follows another the bases are open; under the first, as told. */
static void bases_open(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
		       unsigned int slot)
{
	struct xsrtp_option *opt = xsrtp_option(half, cold);
	uint32_t i;

	for (i = 0; i < cold->streams; i++)
		*xsrtp_option_base(opt, cold, slot, i) =
			opt->began || xsrtp_key_used(half) >= 0 ? 0 :
			*xsrtp_option_base(opt, cold, cold->keys, i);
}

void xsrtp_option_key_use(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			  unsigned int slot)
{
	struct xsrtp_option *opt = xsrtp_option(half, cold);
	unsigned int i;

	if (!opt || !opt->roc || opt->began || xsrtp_key_used(half) >= 0)
		return;
	/* The first key of all: those that were prepared too follow it. */
	for (i = 0; i < cold->keys; i++)
		if (i != slot)
			memset(xsrtp_option_base(opt, cold, i, 0), 0,
			       cold->streams * sizeof(uint64_t));
}

void xsrtp_option_key_set(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			  const struct xsrtp_cipher *c, unsigned int slot,
			  const struct xsrtp_key_config *cfg)
{
	const struct xsrtp_suite_info *suite = xsrtp_session_suite(half);
	struct xsrtp_option *opt = xsrtp_option(half, cold);
	struct xsrtp_option_key *k;

	if (!opt)
		return;
	xsrtp_option_key_wipe(half, cold, slot);
	k = &opt->key[slot];
	k->set = 1;
	k->shift = XSRTP_RATE_NONE;
	if (cfg->kdr) {
		k->shift = __builtin_ctz(cfg->kdr);
		memcpy(k->master, cfg->key, suite->key_len);
		memcpy(k->salt, cfg->salt, suite->salt_len);
	}
	if (opt->ext)
		xsrtp_key_derive_ext(c, suite, xsrtp_option_ext_key(opt, slot), cfg->key,
				     cfg->salt, 0);
	if (opt->roc) {
		k->print = fingerprint(half, c, cfg);
		bases_open(half, cold, slot);
	}
}

void xsrtp_option_key_wipe(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			   unsigned int slot)
{
	struct xsrtp_option *opt = xsrtp_option(half, cold);

	if (!opt)
		return;
	if (opt->roc && opt->key[slot].used)
		opt->known[opt->next_known++ % XSRTP_KEYS_KNOWN] = opt->key[slot].print;
	memzero_explicit(&opt->key[slot], sizeof(opt->key[slot]));
	if (opt->ext)
		memzero_explicit(xsrtp_option_ext_key(opt, slot), XSRTP_EXT_KEY_BYTES);
}

uint32_t xsrtp_option_kdr(const struct xsrtp_session *half,
			  const struct xsrtp_session_cold *cold, unsigned int slot)
{
	const struct xsrtp_option *opt = xsrtp_option(half, cold);

	return !opt || opt->key[slot].shift == XSRTP_RATE_NONE ? 0 : 1U << opt->key[slot].shift;
}

/* --- bases ---------------------------------------------------------------------- */

void xsrtp_option_stream_told(struct xsrtp_session *half, struct xsrtp_session_cold *cold,
			      uint32_t stream)
{
	struct xsrtp_option *opt = xsrtp_option(half, cold);
	int used = xsrtp_key_used(half);
	unsigned int i;

	if (!opt || !opt->roc)
		return;
	*xsrtp_option_base(opt, cold, cold->keys, stream) = 1;
	for (i = 0; i < cold->keys; i++)
		if (used < 0 || used == (int)i)
			*xsrtp_option_base(opt, cold, i, stream) = 1;
}

uint64_t xsrtp_option_base_now(const struct xsrtp_session *half,
			       const struct xsrtp_session_cold *cold, uint32_t stream)
{
	struct xsrtp_option *opt = xsrtp_option(half, cold);
	uint64_t base;

	if (!opt || !opt->roc)
		return 0;
	base = load_once(xsrtp_option_base(opt, cold, cold->keys, stream));
	return base ? (base - 1) << 16 : 0;
}
