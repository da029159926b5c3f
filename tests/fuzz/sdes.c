// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as an a=crypto value. What is taken is written, and read again as the same.
 */
#include <stdlib.h>

#include "sdes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char bytes[4096];
	struct buf b = buf_on(bytes, sizeof(bytes));
	struct sdes s, again;
	char err[128];

	if (sdes_parse((struct text){ (const char *)data, size }, &s, err, sizeof(err)))
		return 0;
	sdes_write(&s, &b);
	if (buf_full(&b) || sdes_parse(buf_text(&b), &again, err, sizeof(err)) ||
	    memcmp(&s, &again, sizeof(s)))
		abort();
	return 0;
}
