// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: whatever arrives, unprotect keeps to its buffer, and accepts only
 * what a sender under the same key has made.
 *
 * A packet of the script is taken for SRTP as it is, or (bit 0 of its third byte)
 * protected first and, if bit 1 is set, changed in one place: so the fuzzer gets
 * behind the tag. What was changed must be refused; what was not must come back
 * as it was, unless its index is not new.
 */
#include "fuzz.h"

struct shot {
	uint8_t plain[FUZZ_PACKET_MAX];
	uint32_t plain_len;
	int sealed, changed;
};

static struct xsrtp_packet pkt[XSRTP_BURST_MAX];
static struct shot shots[XSRTP_BURST_MAX];

/* Protects packet @p and puts it in a buffer without room behind it. */
static void seal(struct fuzz *f, struct xsrtp_packet *p, struct shot *x, uint8_t todo)
{
	struct xsrtp_packet out = *p;
	uint8_t *data;

	x->plain_len = p->len;
	memcpy(x->plain, p->data, p->len);
	out.session = f->tx;
	xsrtp_protect(f->c, &out, 1);
	must(out.reason < XSRTP_REASON_MAX);
	if (out.reason != XSRTP_REASON_OK)
		return;
	must(out.len == p->len + p->room);
	if (todo & 2) {
		out.data[(todo * 7 + f->left * 13) % out.len] ^= 1 << (todo >> 5);
		x->changed = 1;
	}
	data = malloc(out.len);
	must(data);
	memcpy(data, out.data, out.len);
	free(out.data);
	p->data = data;
	p->len = out.len;
	x->sealed = 1;
}

static void check(struct fuzz *f, const struct xsrtp_packet *p, const struct shot *x,
		  uint32_t len)
{
	must(p->reason < XSRTP_REASON_MAX);
	if (p->reason != XSRTP_REASON_OK) {
		must(p->len == len);
		return;
	}
	must(p->len + f->suite->tag_len + f->mki_len == len);
	if (!f->suite->tag_len)
		return;		/* nothing is authenticated */
	must(x->sealed && !x->changed);
	must(p->len == x->plain_len && !memcmp(p->data, x->plain, p->len));
}

static void run_burst(struct fuzz *f, unsigned int n)
{
	uint32_t len[XSRTP_BURST_MAX];
	unsigned int i;

	for (i = 0; i < n; i++) {
		len[i] = pkt[i].len;
		pkt[i].session = f->rx;
		pkt[i].room = 0;
	}
	xsrtp_unprotect(f->c, pkt, n);
	for (i = 0; i < n; i++) {
		check(f, &pkt[i], &shots[i], len[i]);
		free(pkt[i].data);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	struct fuzz f;
	unsigned int n = 0;
	uint8_t todo;

	if (fuzz_open(&f, in, size))
		return 0;
	for (;;) {
		uint32_t room = f.suite->tag_len + f.mki_len;

		/* raw packets get no room: the block ends where the packet does */
		if (f.left >= 3 && !(f.in[2] & 1))
			room = 0;
		if (!fuzz_packet(&f, &pkt[n], f.rx, room, &todo))
			break;
		shots[n].sealed = shots[n].changed = 0;
		if (todo & 1) {
			seal(&f, &pkt[n], &shots[n], todo);
		}
		n++;
		if (n == XSRTP_BURST_MAX || todo & 4) {
			run_burst(&f, n);
			n = 0;
		}
	}
	run_burst(&f, n);
	fuzz_close(&f);
	return 0;
}
