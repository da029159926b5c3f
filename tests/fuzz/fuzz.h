/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets share. The input is a script:
 *
 *	byte 0		suite; byte 1: window, MKI, number of streams; then packets:
 *	2 bytes		length of the packet, 1 byte: what to do with it, then its bytes
 *
 * Each packet lies in a malloc()ed block of exactly its size and room, so that
 * AddressSanitizer sees one byte too many. Packets gather in bursts.
 */
#ifndef XSRTP_FUZZ_H
#define XSRTP_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include <xsrtp/srtp.h>

#define FUZZ_PACKET_MAX	2000

/* A broken promise ends the run like a crash does. */
#define must(ok)	do { if (!(ok)) __builtin_trap(); } while (0)

struct fuzz {
	const uint8_t *in;
	size_t left;
	const struct xsrtp_cipher *c;
	const struct xsrtp_suite_info *suite;
	uint8_t mki_len;
	struct xsrtp_session *tx, *rx;
};

static inline uint8_t fuzz_byte(struct fuzz *f)
{
	if (!f->left)
		return 0;
	f->left--;
	return *f->in++;
}

static inline struct xsrtp_session *fuzz_session(struct fuzz *f, uint8_t shape)
{
	static const uint8_t bytes[XSRTP_KEY_MAX + XSRTP_SALT_MAX + XSRTP_MKI_MAX] = { 1, 2, 3 };
	const struct xsrtp_session_config cfg = {
		.suite = f->suite->suite, .window = 64u << shape % 4,
		.streams = 1 + (shape >> 2) % 4,
	};
	const struct xsrtp_key_config key = {
		.key = bytes, .salt = bytes + 1, .mki = f->mki_len ? bytes + 2 : NULL,
		.mki_len = f->mki_len,
	};
	struct xsrtp_session *s = aligned_alloc(XSRTP_ALIGN, xsrtp_session_size(&cfg));

	must(s && !xsrtp_session_init(s, &cfg));
	must(!xsrtp_key_set(s, f->c, 0, &key) && !xsrtp_key_use(s, 0));
	return s;
}

static inline int fuzz_open(struct fuzz *f, const uint8_t *in, size_t len)
{
	static const uint8_t mkis[] = { 0, 1, 4, 128 };
	unsigned int suite;
	uint8_t shape;

	f->in = in;
	f->left = len;
	suite = fuzz_byte(f);
	f->c = xsrtp_cipher_get(suite >> 5);
	if (!f->c)
		f->c = xsrtp_cipher_get(0);
	f->suite = xsrtp_suite_info(suite & 31);
	if (!f->suite)
		return -1;
	shape = fuzz_byte(f);
	f->mki_len = mkis[shape >> 6];
	f->tx = fuzz_session(f, shape);
	f->rx = fuzz_session(f, shape);
	return 0;
}

static inline void fuzz_close(struct fuzz *f)
{
	xsrtp_session_wipe(f->tx);
	xsrtp_session_wipe(f->rx);
	free(f->tx);
	free(f->rx);
}

/* The next packet of the script, with @room behind it; false at the end. */
static inline int fuzz_packet(struct fuzz *f, struct xsrtp_packet *p, struct xsrtp_session *s,
			      uint32_t room, uint8_t *todo)
{
	uint32_t len;

	if (f->left < 3)
		return 0;
	len = fuzz_byte(f);
	len = (len << 8 | fuzz_byte(f)) % FUZZ_PACKET_MAX;
	*todo = fuzz_byte(f);
	if (len > f->left)
		len = f->left;
	memset(p, 0xa5, sizeof(*p));	/* private members may hold anything */
	p->session = s;
	p->len = len;
	p->room = room;
	p->data = malloc(len + room ? len + room : 1);
	must(p->data);
	memcpy(p->data, f->in, len);
	f->in += len;
	f->left -= len;
	return 1;
}

#endif /* XSRTP_FUZZ_H */
