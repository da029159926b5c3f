// SPDX-License-Identifier: GPL-2.0
/*
 * A handshake of two of ours, and somebody on the wire. The input is what he does, a
 * step for each datagram that is on its way:
 *
 *	1 byte		what: let it pass, change a byte, cut it, drop it, give it twice,
 *			keep it for later, or send bytes of the input to one of the two
 *	2 bytes		where, how much; then, for the last, the bytes
 *
 * He never has a key: what one end has, the other has too, or none.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "dtls.h"

#include <xsrtp/srtp.h>

#define QUEUE 256

struct step {
	uint8_t what, a, b;
};

static struct dtls_context *context;
static struct certificate *cert;
static struct fingerprints prints = { .n = 1 };
static struct dtls *end[2];
static struct { int to; size_t len; uint8_t data[DTLS_MTU]; } queue[QUEUE];
static unsigned int head, tail;

static void on_wire(void *arg, const uint8_t *data, size_t len)
{
	if (tail - head == QUEUE || len > DTLS_MTU)
		abort();
	queue[tail % QUEUE].to = arg == &end[0];
	queue[tail % QUEUE].len = len;
	memcpy(queue[tail++ % QUEUE].data, data, len);
}

static void give(int to, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ?: 1);

	memcpy(copy, data, len);
	dtls_packet(end[to], copy, len);
	free(copy);
}

static struct step next(const uint8_t **in, size_t *left)
{
	struct step s = { 0 };

	if (*left < 3)
		return s;
	s = (struct step){ (*in)[0] % 7, (*in)[1], (*in)[2] };
	*in += 3;
	*left -= 3;
	return s;
}

static void send_input(const struct step *s, const uint8_t **in, size_t *left)
{
	size_t len = s->b * 4u < *left ? s->b * 4u : *left;

	give(s->a & 1, *in, len);
	*in += len;
	*left -= len;
}

static void one_datagram(const uint8_t **in, size_t *left)
{
	struct step s = next(in, left);
	unsigned int at = head++ % QUEUE;
	size_t len = queue[at].len, where = (s.a << 2 | s.b >> 6) % len;
	int to = queue[at].to;

	switch (s.what) {
	case 1: queue[at].data[where] ^= s.b | 1; break;
	case 2: len = where; break;
	case 3: return;
	case 4: give(to, queue[at].data, len); break;
	case 5: queue[tail++ % QUEUE] = queue[at]; return;
	case 6: send_input(&s, in, left); break;
	}
	give(to, queue[at].data, len);
}

static void check(void)
{
	struct dtls_keys a, b;
	bool has_a = dtls_keys(end[0], &a), has_b = dtls_keys(end[1], &b);

	if (has_a && has_b && (a.suite != b.suite || memcmp(&a.ours, &b.theirs, sizeof(a.ours)) ||
			       memcmp(&a.theirs, &b.ours, sizeof(a.ours))))
		abort();
	if (has_a != (dtls_packet(end[0], NULL, 0) == DTLS_DONE) ||
	    has_b != (dtls_packet(end[1], NULL, 0) == DTLS_DONE))
		abort();
}

static void set_up(void)
{
	static const unsigned char suite[] = { XSRTP_SUITE_AEAD_AES_128_GCM, XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80 };
	char err[256];

	context = dtls_context_new(suite, 2, err, sizeof(err));
	cert = certificate_make(1700000000, err, sizeof(err));
	if (!context || !cert || fingerprint_of(cert->x509, HASH_SHA256, &prints.f[0]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t left);
int LLVMFuzzerTestOneInput(const uint8_t *in, size_t left)
{
	struct dtls_config cfg = { .fingerprints = &prints, .send = on_wire };
	unsigned int n;
	int i;

	if (!context)
		set_up();
	head = tail = 0;
	cfg.certificate = cert;
	for (i = 0; i < 2; i++) {
		cfg.role = i ? DTLS_PASSIVE : DTLS_ACTIVE;
		cfg.peer = (struct endpoint){ AF_INET, { 192, 0, 2, i }, 4000 };
		cfg.arg = &end[i];
		end[i] = dtls_new(context, &cfg);
		if (!end[i])
			abort();
	}
	dtls_start(end[0]);
	for (n = 0; head != tail && n < 200; n++)
		one_datagram(&in, &left);
	check();
	dtls_free(end[0]);
	dtls_free(end[1]);
	return 0;
}
