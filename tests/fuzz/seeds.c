// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a small corpus for the fuzz targets: seeds DIR. For each suite and shape
 * of session a script (fuzz.h) of a dozen packets: with CSRCs, an extension, over
 * the wrap, repeated, reordered, short. The same for all targets.
 */
#include <stdio.h>

#include "fuzz.h"

static size_t add(uint8_t *out, const uint8_t *pkt, uint32_t len, uint8_t todo)
{
	out[0] = len >> 8;
	out[1] = len;
	out[2] = todo;
	memcpy(out + 3, pkt, len);
	return 3 + len;
}

static uint32_t rtp(uint8_t *p, unsigned int i, uint16_t seq)
{
	uint32_t len = 12 + 4 * (i % 3);

	memset(p, i, 256);
	p[0] = 0x80 | (i % 2) << 4 | i % 3;
	p[2] = seq >> 8;
	p[3] = seq;
	memset(p + 8, i % 5 == 4, 4);	/* SSRC 0, now and then another */
	if (i % 2) {
		memcpy(p + len, "\xbe\xde\x00\x01\x10\xff\x00\x00", 8);
		len += 8;
	}
	return len + 7 * i;
}

static size_t script(uint8_t *out, unsigned int suite, uint8_t shape)
{
	static const uint16_t seqs[] = { 65533, 65534, 65535, 0, 1, 1, 65534, 40, 3, 2, 9, 8 };
	uint8_t p[256];
	size_t n = 2;
	unsigned int i;

	out[0] = suite;
	out[1] = shape;
	for (i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		uint32_t len = rtp(p, i, seqs[i]);

		n += add(out + n, p, len, (shape & 1 ? 1 : i % 4) | (i % 3 == 2) << 2);
	}
	n += add(out + n, p, 11, 5);
	return n;
}

int main(int argc, char **argv)
{
	static uint8_t out[16384];
	unsigned int suite, shape;
	char name[4096];
	FILE *f;

	if (argc != 2)
		return 2;
	for (suite = 1; suite < 32; suite++)
		for (shape = 0; xsrtp_suite_info(suite) && shape < 256; shape += 37) {
			snprintf(name, sizeof(name), "%s/seed-%02u-%03u", argv[1], suite, shape);
			f = fopen(name, "wb");
			if (!f || !fwrite(out, script(out, suite, shape), 1, f) || fclose(f)) {
				perror(name);
				return 1;
			}
		}
	return 0;
}
