// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: SRTCP, both ways. A packet of the script is sent as it is, or (bit 0
 * of its third byte) protected first and, if bit 1 is set, changed in one place.
 * Bit 2 ends the burst, bit 3 gives protect another room than it needs.
 *
 * protect keeps to its buffer, leaves what it refuses untouched, and counts each
 * SSRC's packets without a gap. unprotect gives back what was protected, if it was
 * not changed, and accepts nothing else: every suite authenticates SRTCP.
 */
#include "fuzz.h"

struct shot {
	uint8_t plain[FUZZ_PACKET_MAX];
	uint32_t plain_len;
	uint8_t todo;
	int sealed, changed;
};

static struct xsrtp_packet pkt[XSRTP_BURST_MAX];
static struct shot shots[XSRTP_BURST_MAX];

/* The next index of each SSRC that the sender has had: no more than it has streams. */
static struct {
	uint32_t ssrc;
	uint64_t next;
} sent[XSRTP_STREAMS_MAX];
static unsigned int n_sent;

static void check_index(const struct xsrtp_packet *p)
{
	unsigned int i;

	for (i = 0; i < n_sent && sent[i].ssrc != p->ssrc; i++)
		;
	must(i < XSRTP_STREAMS_MAX);
	if (i == n_sent) {
		n_sent++;
		sent[i].ssrc = p->ssrc;
		sent[i].next = 0;
	}
	must(p->index == sent[i].next++);
}

static void check_sealed(struct xsrtp_packet *p, struct shot *x, uint32_t overhead)
{
	must(p->reason < XSRTP_REASON_MAX);
	if (p->reason != XSRTP_REASON_OK) {
		must(p->len == x->plain_len && !memcmp(p->data, x->plain, p->len));
		return;
	}
	must(x->plain_len >= 8 && p->len == x->plain_len + overhead);
	must(!memcmp(p->data, x->plain, 8));
	check_index(p);
	x->sealed = 1;
	if (x->todo & 2) {
		p->data[(x->todo * 7 + x->plain_len * 13) % p->len] ^= 1 << (x->todo >> 5);
		x->changed = 1;
	}
}

/* Protects those that the script wants protected, in one burst. */
static void seal(struct fuzz *f, unsigned int n)
{
	uint32_t overhead = xsrtp_overhead(f->suite->suite, f->mki_len, true);
	struct xsrtp_packet out[XSRTP_BURST_MAX];
	unsigned int i, m = 0, from[XSRTP_BURST_MAX];

	for (i = 0; i < n; i++)
		if (shots[i].todo & 1) {
			from[m] = i;
			out[m] = pkt[i];
			out[m++].session = f->tx;
		}
	xsrtp_protect_rtcp(f->c, out, m);
	for (i = 0; i < m; i++) {
		check_sealed(&out[i], &shots[from[i]], overhead);
		pkt[from[i]].len = out[i].len;
	}
}

/* In a block that ends where the packet does. */
static void fit(struct xsrtp_packet *p)
{
	uint8_t *data = malloc(p->len ? p->len : 1);

	must(data);
	memcpy(data, p->data, p->len);
	free(p->data);
	p->data = data;
	p->room = 0;
}

static void check_opened(const struct xsrtp_packet *p, const struct shot *x, uint32_t len)
{
	must(p->reason < XSRTP_REASON_MAX);
	if (p->reason != XSRTP_REASON_OK) {
		must(p->len == len && (!x->sealed || x->changed));
		return;
	}
	must(x->sealed && !x->changed);
	must(p->len == x->plain_len && !memcmp(p->data, x->plain, p->len));
}

static void run_burst(struct fuzz *f, unsigned int n)
{
	uint32_t len[XSRTP_BURST_MAX];
	unsigned int i;

	seal(f, n);
	for (i = 0; i < n; i++) {
		fit(&pkt[i]);
		len[i] = pkt[i].len;
	}
	xsrtp_unprotect_rtcp(f->c, pkt, n);
	for (i = 0; i < n; i++) {
		check_opened(&pkt[i], &shots[i], len[i]);
		free(pkt[i].data);
	}
}

static uint32_t room_for(const struct fuzz *f)
{
	uint8_t todo = f->left >= 3 ? f->in[2] : 0;

	return todo & 8 ? todo >> 4 : xsrtp_overhead(f->suite->suite, f->mki_len, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	struct fuzz f;
	unsigned int n = 0;

	if (fuzz_open(&f, in, size))
		return 0;
	n_sent = 0;
	while (fuzz_packet(&f, &pkt[n], f.rx, room_for(&f), &shots[n].todo)) {
		struct shot *x = &shots[n];

		x->sealed = x->changed = 0;
		x->plain_len = pkt[n].len;
		memcpy(x->plain, pkt[n].data, pkt[n].len);
		if (++n == XSRTP_BURST_MAX || x->todo & 4) {
			run_burst(&f, n);
			n = 0;
		}
	}
	run_burst(&f, n);
	fuzz_close(&f);
	return 0;
}
