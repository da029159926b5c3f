// SPDX-License-Identifier: GPL-2.0
/*
 * audio-compare: is the audio that came the audio that was sent, sample by
 * sample? G.711 loses nothing on the way, so nothing less than equality will do.
 *
 * A receiver may miss the first packets (it was not there yet) or the last: the
 * received samples must be one unbroken piece of the sent ones, no sample
 * changed, missing or added inside it, and at least 95 % of them. Prints one
 * line of JSON that says what is missing where.
 *
 * Reads WAV files of 16-bit samples in one channel.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct audio {
	int16_t *samples;
	size_t n;
	unsigned int rate;
};

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(2);
}

static unsigned int get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (unsigned int)p[3] << 24;
}

/*
 * A RIFF file is chunks of: name (4), length (4), data. ffmpeg, ended by a
 * signal, may leave the length of the last one at 0 or 0xffffffff: to the end.
 */
static void load(const char *path, struct audio *a)
{
	static const size_t max = 256 << 20;
	uint8_t *buf = malloc(max);
	FILE *f = fopen(path, "re");
	size_t len, at = 12, size;

	if (!f || !buf)
		die(path, "cannot read");
	len = fread(buf, 1, max, f);
	fclose(f);
	if (len < 12 || memcmp(buf, "RIFF", 4) || memcmp(buf + 8, "WAVE", 4))
		die(path, "not a WAV file");
	for (; at + 8 <= len; at += 8 + size + (size & 1)) {
		const uint8_t *data = buf + at + 8;

		size = get32(buf + at + 4);
		if (size > len - at - 8)
			size = len - at - 8;
		if (!memcmp(buf + at, "fmt ", 4) && size >= 16) {
			if (data[0] != 1 || data[2] != 1 || data[14] != 16)
				die(path, "not 16-bit samples in one channel");
			a->rate = get32(data + 4);
		} else if (!memcmp(buf + at, "data", 4)) {
			if (!size)
				size = len - at - 8;
			a->n = size / 2;
			a->samples = malloc(size + 2);
			if (!a->samples)
				die(path, "no memory");
			memcpy(a->samples, data, size & ~1ul);
			free(buf);
			return;
		}
	}
	die(path, "no samples in it");
}

/* How many samples are equal from the start of @b and @from in @a on. */
static size_t equal(const struct audio *a, size_t from, const struct audio *b)
{
	size_t n = 0;

	while (n < b->n && from + n < a->n && a->samples[from + n] == b->samples[n])
		n++;
	return n;
}

/* Where in @a the longest beginning of @b is. */
static size_t align(const struct audio *a, const struct audio *b, size_t *run)
{
	size_t best = 0;

	*run = 0;
	for (size_t from = 0; from < a->n && *run < b->n; from++) {
		size_t n = equal(a, from, b);

		if (n > *run) {
			*run = n;
			best = from;
		}
	}
	return best;
}

static bool silent(const struct audio *a)
{
	for (size_t i = 1; i < a->n; i++)
		if (a->samples[i] != a->samples[0])
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "sent", required_argument, NULL, 's' },
		{ "received", required_argument, NULL, 'r' },
		{ "share", required_argument, NULL, 'm' },
		{ 0 }
	};
	const char *sent = NULL, *received = NULL;
	double share = 0.95, has;
	struct audio a, b;
	size_t from, run;
	bool ok;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's': sent = optarg; break;
		case 'r': received = optarg; break;
		case 'm': share = atof(optarg); break;
		default: return 2;
		}
	}
	if (!sent || !received)
		die("usage", "audio-compare --sent WAV --received WAV [--share 0.95]");
	load(sent, &a);
	load(received, &b);
	if (!a.n || silent(&a))
		die(sent, "silence proves nothing");
	from = align(&a, &b, &run);
	has = (double)b.n / a.n;
	ok = b.n && run == b.n && has >= share && a.rate == b.rate;
	printf("{\"sent\":%zu,\"received\":%zu,\"equal\":%zu,\"missing_start\":%zu,"
	       "\"missing_end\":%zu,\"percent\":%.2f,\"exact\":%s}\n",
	       a.n, b.n, run, from, a.n > from + run ? a.n - from - run : 0,
	       has * 100, ok ? "true" : "false");
	if (!ok && run < b.n)
		fprintf(stderr, "%s: differs from what was sent at its sample %zu (%.3f s)\n",
			received, run, a.rate ? (double)run / a.rate : 0);
	return ok ? 0 : 1;
}
