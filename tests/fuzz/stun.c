// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as datagrams to an ICE-lite agent: a byte that says what is made right of
 * them, two of length, and what is left of the header on. With its fingerprint made right
 * a message is read, with its integrity too it is of the peer.
 *
 * Who does not know the password gets no answer and moves nothing; an answer is well
 * formed, and not much larger than what it answers.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "ice.h"
#include "stun.h"

enum { MAKE_HEADER = 1, MAKE_FINGERPRINT = 2, MAKE_INTEGRITY = 4, ELSEWHERE = 8, COMPONENT = 16, RESTART = 32 };

static const char pwd[] = "bP+XJMM09aR8AiX1jdukzR6Y";

static void start(struct ice *i)
{
	const struct ice heard = ice_heard(text_of("EsAw"), false);

	*i = (struct ice){ 0 };
	if (ice_agree(i, &heard, true))
		abort();
	memcpy(i->ours.ufrag, "ufragufr", ICE_UFRAG);
	memcpy(i->ours.pwd, pwd, ICE_PWD);
}

static void restart(struct ice *i)
{
	const struct ice heard = ice_heard(text_of("newufrag"), false);

	if (ice_agree(i, &heard, true))
		abort();
}

/* The message as it is, or with what the fuzzer could not find in a thousand years. */
static size_t make(unsigned int what, const uint8_t *in, size_t len, uint8_t *out)
{
	struct buf b = buf_on(out, STUN_MAX);
	size_t room = STUN_MAX - 64;

	if (!(what & MAKE_HEADER) || len < 14) {
		memcpy(out, in, len < STUN_MAX ? len : STUN_MAX);
		return len < STUN_MAX ? len : STUN_MAX;
	}
	stun_begin(&b, in[0] << 8 | in[1], in + 2);
	buf_put(&b, (struct text){ (const char *)in + 14, len - 14 < room ? (len - 14) & ~3u : room & ~3u });
	stun_end(&b, what & MAKE_INTEGRITY ? pwd : "another");
	if (!(what & MAKE_FINGERPRINT))
		out[b.len - 1] ^= 1;
	return b.len;
}

static void check(unsigned int what, enum ice_verdict v, size_t len, const struct buf *answer, const struct ice *i)
{
	struct stun s;

	if (v == ICE_PASSED_OVER)
		return;
	if (stun_parse((const uint8_t *)answer->data, answer->len, &s) || answer->len > len + 64 ||
	    (s.type != STUN_SUCCESS && s.type != STUN_ERROR) ||
	    (!stun_verify(&s, i->ours.pwd) && !stun_verify(&s, i->former.pwd)))
		abort();
	if ((what & MAKE_HEADER) && (what & (MAKE_FINGERPRINT | MAKE_INTEGRITY)) != (MAKE_FINGERPRINT | MAKE_INTEGRITY))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t left);
int LLVMFuzzerTestOneInput(const uint8_t *in, size_t left)
{
	struct ice_door door = { 0 };
	uint64_t now = 1;
	struct ice i;

	start(&i);
	while (left >= 3) {
		unsigned int what = in[0], component = !!(what & COMPONENT);
		struct endpoint from = { AF_INET, { 192, 0, 2, what & ELSEWHERE ? 1 : 2 }, 4000 };
		size_t n = in[1] << 8 | in[2], len;
		char room[ICE_ANSWER];
		struct buf answer = buf_on(room, sizeof(room));
		enum ice_verdict v;
		uint8_t *packet;
		uint8_t made[STUN_MAX];

		in += 3;
		left -= 3;
		n = n < left ? n : left;
		len = make(what, in, n, made);
		packet = malloc(len ?: 1);
		memcpy(packet, made, len);
		v = ice_check(&i, &door, component, &from, now += 10000, packet, len, &answer);
		check(what, v, len, &answer, &i);
		if (v == ICE_NOMINATED)
			ice_choose(&i, component, &from);
		if (what & RESTART)
			restart(&i);
		free(packet);
		in += n;
		left -= n;
	}
	return 0;
}
