// SPDX-License-Identifier: GPL-2.0
/*
 * Base64. A character is compared with the five ranges of the alphabet at once; how
 * long a text is, is no secret.
 */
#include "base64.h"

/* all bits if lo <= c <= hi, else 0 */
static unsigned int between(unsigned int c, unsigned int lo, unsigned int hi)
{
	return (((c - lo) | (hi - c)) >> 31) - 1;
}

/* 0 to 63, or one with bit 8 */
static unsigned int digit(unsigned char c)
{
	unsigned int upper = between(c, 'A', 'Z'), lower = between(c, 'a', 'z');
	unsigned int number = between(c, '0', '9'), plus = between(c, '+', '+');
	unsigned int slash = between(c, '/', '/');
	unsigned int none = ~(upper | lower | number | plus | slash) & 0x100;

	return ((upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (number & (c - '0' + 52)) |
		(plus & 62) | (slash & 63)) | none;
}

int base64_decode(struct text t, uint8_t *out, size_t size)
{
	size_t pad = t.len && t.s[t.len - 1] == '=', n = 0, i;
	unsigned int bits = 0, bad = 0;

	if (pad && t.len > 1 && t.s[t.len - 2] == '=')
		pad++;
	if ((pad && t.len % 4) || (t.len - pad) % 4 == 1 || (t.len - pad) * 3 / 4 > size)
		return -1;
	for (i = 0; i < t.len - pad; i++) {
		unsigned int d = digit(t.s[i]);

		bad |= d & 0x100;
		bits = bits << 6 | (d & 63);
		if (i % 4)
			out[n++] = bits >> (6 - 2 * (i % 4));
	}
	/* Of a byte string there is one spelling: what is left over is 0. */
	bad |= bits & (i % 4 == 2 ? 15 : i % 4 == 3 ? 3 : 0);
	return bad ? -1 : (int)n;
}

void base64_encode(const uint8_t *in, size_t len, struct buf *b)
{
	unsigned int bits, i, n, d;

	for (; len; in += n, len -= n) {
		n = len < 3 ? len : 3;
		bits = in[0] << 16 | (n > 1 ? in[1] : 0) << 8 | (n > 2 ? in[2] : 0);
		for (i = 0; i < 4; i++) {
			d = bits >> (18 - 6 * i) & 63;
			d = i > n ? '=' : d + 'A' + ((25 - d) >> 8 & 6) - ((51 - d) >> 8 & 75) -
			    ((61 - d) >> 8 & 15) + ((62 - d) >> 8 & 3);
			buf_putc(b, d);
		}
	}
	explicit_bzero(&bits, sizeof(bits));
}
