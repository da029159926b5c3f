// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: whatever is sent, protect keeps to its buffer and room; a packet
 * that it takes comes back the same from unprotect, one that it refuses is
 * untouched, and no index is used twice.
 */
#include "fuzz.h"

static struct xsrtp_packet pkt[XSRTP_BURST_MAX];
static uint8_t plain[XSRTP_BURST_MAX][FUZZ_PACKET_MAX];
static uint32_t plain_len[XSRTP_BURST_MAX];

#define INDEXES	4096

static struct {
	uint32_t ssrc;
	uint64_t index;
} used[INDEXES];
static unsigned int n_used;

static void note_index(const struct xsrtp_packet *p)
{
	unsigned int i;

	for (i = 0; i < n_used; i++)
		must(used[i].ssrc != p->ssrc || used[i].index != p->index);
	if (n_used < INDEXES) {
		used[n_used].ssrc = p->ssrc;
		used[n_used++].index = p->index;
	}
}

static void check_sent(struct fuzz *f, const struct xsrtp_packet *p, unsigned int i)
{
	must(p->reason < XSRTP_REASON_MAX);
	if (p->reason != XSRTP_REASON_OK) {
		must(p->len == plain_len[i] && !memcmp(p->data, plain[i], p->len));
		return;
	}
	must(p->len == plain_len[i] + f->suite->tag_len + f->mki_len);
	must(!memcmp(p->data, plain[i], 12));
	note_index(p);
}

static void run_burst(struct fuzz *f, unsigned int n)
{
	unsigned int i, m = 0, from[XSRTP_BURST_MAX];

	xsrtp_protect(f->c, pkt, n);
	for (i = 0; i < n; i++) {
		check_sent(f, &pkt[i], i);
		if (pkt[i].reason != XSRTP_REASON_OK) {
			free(pkt[i].data);
			continue;
		}
		pkt[m] = pkt[i];
		pkt[m].session = f->rx;
		pkt[m].room = 0;
		from[m++] = i;
	}
	xsrtp_unprotect(f->c, pkt, m);
	for (i = 0; i < m; i++) {
		must(pkt[i].reason == XSRTP_REASON_OK);
		must(pkt[i].len == plain_len[from[i]]);
		must(!memcmp(pkt[i].data, plain[from[i]], pkt[i].len));
		free(pkt[i].data);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	struct fuzz f;
	unsigned int n = 0;
	uint32_t room;
	uint8_t todo;

	if (fuzz_open(&f, in, size))
		return 0;
	n_used = 0;
	for (;;) {
		room = f.suite->tag_len + f.mki_len;
		if (f.left >= 3 && f.in[2] & 2)	/* now and then too little, or more */
			room = f.in[2] >> 2;
		if (!fuzz_packet(&f, &pkt[n], f.tx, room, &todo))
			break;
		plain_len[n] = pkt[n].len;
		memcpy(plain[n], pkt[n].data, pkt[n].len);
		if (++n == XSRTP_BURST_MAX || todo & 1) {
			run_burst(&f, n);
			n = 0;
		}
	}
	run_burst(&f, n);
	fuzz_close(&f);
	return 0;
}
