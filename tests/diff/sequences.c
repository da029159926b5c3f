// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of packets through ours and libsrtp2: the same bytes, the same
 * packets accepted and refused, the same ROC at the end.
 *
 *	sequences [NUMBER]	in all (default: SEQUENCES of the environment, or
 *				50,000), shared among every implementation, suite,
 *				and SRTP and SRTCP
 *
 * A sequence is the life of one SSRC: 8 to 40 packets that both protect, with gaps,
 * repeats and late ones, and what arrives of them: some lost, some held back to the
 * edge of the window and beyond, some twice, some changed. Sequence numbers begin
 * near their wrap, ROCs anywhere up to the last, 2^32 - 1. Where keys have MKIs
 * there are up to four, and the sender changes over between packets.
 *
 * So that a million is a matter of minutes, 64 sequences share a pair of sessions
 * and their keys, each with an SSRC of its own.
 *
 * Where the two differ on purpose:
 *
 * - The end of the last ROC. Behind index 2^48 - 1 libsrtp begins with ROC 0 again,
 *   under the same key: the keystream a second time. RFC 3711 9.2 forbids it; we
 *   refuse what would be there as key-expired, and it is not shown to libsrtp.
 * - ROC. libsrtp takes one for a stream that exists already: there a packet of
 *   index 0 makes it. Ours is told before the first packet.
 * - First SRTCP index: ours is 0 (RFC 3711 3.4), libsrtp's 1: our stream is set
 *   to 0. It cannot be told another; near 2^31 - 1 our packets are what both get.
 * - Window. libsrtp's for SRTCP is always 128: so is ours there.
 * - E bit of SRTCP. libsrtp refuses one that its policy does not expect before it
 *   looks at the tag, with cant_check.
 * - MKI of SRTCP. libsrtp 2.5 looks for it before a tag of SRTP's length, and
 *   misses it where SRTCP's is longer (_32 and NULL_AUTH): no MKI there.
 * - Reasons in a burst: MACs come before earlier packets of the burst have moved
 *   the window, so replay, too-old and bad-tag stand for each other. Without a tag
 *   (NULL_AUTH) any change is accepted and moves the index: none is made there.
 */
#include <arpa/inet.h>

#include "peer.h"

#define SHARE		64		/* sequences under one set of keys */
#define PACKETS_MAX	40		/* of a sequence */
#define ARRIVALS_MAX	(3 * PACKETS_MAX)
#define VOLLEY		16		/* packets at a time */
#define BYTES		512

/* One direction: ours and libsrtp's under the same keys. */
struct pair {
	struct xsrtp_session *own;
	srtp_t lib;
	bool out;
};

struct packet {
	uint8_t data[BYTES];
	uint32_t len;
	unsigned int at;		/* when it arrives */
	bool damaged;
};

struct world {
	const struct xsrtp_cipher *c;
	const struct xsrtp_suite_info *suite;
	bool rtcp;
	uint64_t seed;			/* of these keys */
	struct rng rng;
	struct master m[PEER_KEYS];
	unsigned int keys, key;		/* how many; the sender's */
	unsigned int window;
	struct pair tx, rx;
	/* the sequence */
	uint32_t ssrc;
	uint64_t begin, next;		/* index of the first packet, of the next in order */
	bool own_only;			/* libsrtp's sender cannot be brought there */
	struct packet sent[PACKETS_MAX], arrived[ARRIVALS_MAX];
	unsigned int sents, arrivals;
};

static unsigned long wanted = 50000;

static struct {
	unsigned long sequences, sent, unsent, arrived, accepted;
	unsigned long lost, late, twice, damaged, seq_wraps, roc_ends, told, switches;
	unsigned long refused[XSRTP_REASON_MAX];
} done;

/* --- keys and sessions -------------------------------------------------------------- */

/* MKIs of one length that differ in their last byte. */
static void choose_keys(struct world *w)
{
	static const uint8_t lens[] = { 0, 1, 2, 4, 4, 127 };
	unsigned int len = lens[rng_below(&w->rng, ARRAY_SIZE(lens))], i;

	if (w->rtcp && w->suite->kind == XSRTP_KIND_CM && w->suite->tag_len != 10)
		len = 0;
	w->keys = len ? 1 + rng_below(&w->rng, PEER_KEYS) : 1;
	w->key = 0;
	for (i = 0; i < w->keys; i++) {
		master_random(&w->rng, &w->m[i], len);
		if (len)
			w->m[i].mki[len - 1] = 16 * i + rng_below(&w->rng, 16);
	}
}

static void pair_open(struct world *w, struct pair *p, bool out)
{
	const struct xsrtp_session_config cfg = {
		.suite = w->suite->suite, .window = w->window, .streams = SHARE,
	};
	unsigned int i;

	p->out = out;
	p->own = session_empty(&cfg);
	for (i = 0; i < w->keys; i++)
		assert_int_equal(master_set(p->own, w->c, i, &w->m[i]), 0);
	assert_int_equal(xsrtp_key_use(p->own, 0), 0);
	p->lib = peer_session(w->suite->suite, out, w->window, w->m, w->keys,
			      false);
}

static void pair_close(struct pair *p)
{
	session_free(p->own);
	srtp_dealloc(p->lib);
}

static void world_open(struct world *w)
{
	w->rng.s = w->seed;
	w->window = w->rtcp ? 128 : 64 << rng_below(&w->rng, 3);
	choose_keys(w);
	pair_open(w, &w->tx, true);
	pair_open(w, &w->rx, false);
}

static void world_close(struct world *w)
{
	pair_close(&w->tx);
	pair_close(&w->rx);
}

/* --- one packet, or a volley, through both -------------------------------------------- */

static unsigned int overhead(const struct world *w)
{
	return xsrtp_overhead(w->suite->suite, w->m[0].mki_len, w->rtcp);
}

static srtp_err_status_t lib_run(const struct world *w, const struct pair *p, uint8_t *data,
				 int *len)
{
	unsigned int mki = w->m[0].mki_len > 0;

	if (p->out)
		return (w->rtcp ? srtp_protect_rtcp_mki : srtp_protect_mki)
			(p->lib, data, len, mki, w->key);
	return (w->rtcp ? srtp_unprotect_rtcp_mki : srtp_unprotect_mki)(p->lib, data, len, mki);
}

static void own_run(const struct world *w, const struct pair *p, struct xsrtp_packet *pkt,
		    unsigned int n)
{
	if (p->out)
		(w->rtcp ? xsrtp_protect_rtcp : xsrtp_protect)(w->c, pkt, n);
	else
		(w->rtcp ? xsrtp_unprotect_rtcp : xsrtp_unprotect)(w->c, pkt, n);
}

static void differs(const struct world *w, const struct pair *p, const struct packet *in,
		    const struct xsrtp_packet *own, const uint8_t *lib, int len, int status)
{
	printf("# %s %s %s, SSRC %08x, keys of seed %llu, window %u, %u keys, MKI of %u bytes\n",
	       w->suite->name, w->rtcp ? "SRTCP" : "SRTP", p->out ? "protect" : "unprotect",
	       w->ssrc, (unsigned long long)w->seed, w->window, w->keys, w->m[0].mki_len);
	hexdump("as it came", in->data, in->len);
	hexdump("ours", own->data, own->len);
	hexdump("libsrtp's", lib, len);
	fail_msg("ours %s, libsrtp %d", xsrtp_reason_name(own->reason), status);
}

/* The same fate; and for packets on their own the same reason. */
static bool agree(const struct world *w, const struct pair *p, const struct packet *in,
		  unsigned int own, srtp_err_status_t status, bool alone)
{
	unsigned int lib = peer_reason(status, p->out);

	if (!own != !status)
		return false;
	return own == lib || in->damaged || (!alone && !p->out) ||
	       (!p->out && w->rtcp && status == srtp_err_status_cant_check);
}

/* May libsrtp see what ours made @reason of? */
static bool shown(const struct world *w, const struct pair *p, const struct packet *in,
		  unsigned int reason)
{
	if (p->out)
		return !w->own_only;
	if (w->rtcp || in->damaged || reason != XSRTP_REASON_KEY_EXPIRED)
		return true;
	assert_true(w->next >> 16 >= 0xffffffff);
	return false;
}

/* @n packets of @in in one call of ours; what they became goes back to @in. */
static void volley(struct world *w, struct pair *p, struct packet *in, unsigned int n)
{
	static uint8_t room[VOLLEY][BYTES];
	struct xsrtp_packet pkt[VOLLEY];
	uint8_t lib[BYTES] __attribute__((aligned(16)));
	srtp_err_status_t status;
	unsigned int i;
	int len;

	for (i = 0; i < n; i++) {
		pkt[i] = (struct xsrtp_packet){ .session = p->own, .data = room[i],
						.len = in[i].len,
						.room = p->out ? overhead(w) : 0 };
		memcpy(room[i], in[i].data, in[i].len);
	}
	own_run(w, p, pkt, n);
	for (i = 0; i < n; i++) {
		if (shown(w, p, &in[i], pkt[i].reason)) {
			memcpy(lib, in[i].data, len = in[i].len);
			status = lib_run(w, p, lib, &len);
			if (!agree(w, p, &in[i], pkt[i].reason, status, n == 1) ||
			    (!status && (pkt[i].len != (uint32_t)len || memcmp(room[i], lib, len))))
				differs(w, p, &in[i], &pkt[i], lib, len, status);
		}
		done.refused[pkt[i].reason]++;
		memcpy(in[i].data, room[i], in[i].len = pkt[i].reason ? 0 : pkt[i].len);
	}
}

/* --- the sender's side ------------------------------------------------------------------ */

static uint32_t write_rtp(struct world *w, uint64_t index, uint8_t *out)
{
	struct rng *r = &w->rng;
	const struct rtp h = {
		.ssrc = w->ssrc, .seq = (uint16_t)index,
		.csrcs = rng_once_in(r, 8) ? rng_below(r, 16) : 0,
		.ext = rng_once_in(r, 8), .ext_words = rng_below(r, 5),
		.padding = rng_once_in(r, 8), .payload = rng_below(r, 64),
	};

	return rtp_write(r, &h, out);
}

static uint32_t write_rtcp(struct world *w, uint8_t *out)
{
	uint32_t len = 8 + 4 * rng_below(&w->rng, 20);

	rng_fill(&w->rng, out, len);
	out[0] = 0x80 | (out[0] & 0x3f);
	put32(out + 4, w->ssrc);
	return len;
}

/*
 * Mostly the next one; or after a gap, or late, or once more. The first one is the
 * one whose ROC both were told.
 */
static uint64_t choose_index(struct world *w)
{
	uint32_t step = rng_below(&w->rng, 32);
	uint64_t back;

	if (w->next == w->begin)
		return w->next++;
	if (step == 0)
		w->next += rng_below(&w->rng, 32700);
	else if (step < 3)
		w->next += rng_below(&w->rng, 2 * w->window);
	else if (step < 8)
		w->next += 1 + rng_below(&w->rng, 4);
	else if (step < 12) {
		back = 1 + rng_below(&w->rng, step == 11 ? 2 * w->window : 6);
		if (w->next > back && w->next - back > 40000)
			return w->next - back;
	}
	return w->next++;
}

/* Behind the last index there is none: ours must say so, libsrtp begins anew. */
static void past_the_end(struct world *w)
{
	struct packet x = { .len = write_rtp(w, 0, x.data) };
	unsigned int was = w->own_only;

	w->own_only = true;
	volley(w, &w->tx, &x, 1);
	w->own_only = was;
	assert_int_equal(x.len, 0);
	done.roc_ends++;
}

static void switch_key(struct world *w)
{
	unsigned int key = rng_below(&w->rng, w->keys);

	if (key == w->key)
		return;
	w->key = key;
	assert_int_equal(xsrtp_key_use(w->tx.own, key), 0);
	done.switches++;
}

/* One volley under one key; what was not refused is on its way. */
static void send_some(struct world *w, unsigned int n)
{
	struct packet x[VOLLEY];
	unsigned int i, made = 0;
	uint64_t index, was;

	switch_key(w);
	for (i = 0; i < n; i++) {
		was = w->next;
		index = w->rtcp ? 0 : choose_index(w);
		if (index >> 48) {
			w->next = was;
			break;
		}
		done.seq_wraps += !w->rtcp && w->next >> 16 != was >> 16;
		x[made++] = (struct packet){ 0 };
		x[made - 1].len = w->rtcp ? write_rtcp(w, x[made - 1].data) :
					    write_rtp(w, index, x[made - 1].data);
	}
	volley(w, &w->tx, x, made);
	for (i = 0; i < made; i++)
		if (x[i].len)
			w->sent[w->sents++] = x[i];
	done.sent += made;
	if (!w->rtcp && w->next == 1ULL << 48)
		past_the_end(w);
}

/* --- the receiver's side ------------------------------------------------------------------ */

static void arrive(struct world *w, const struct packet *x, unsigned int at, bool damaged)
{
	struct packet *to = &w->arrived[w->arrivals++];
	uint32_t bit;

	*to = *x;
	to->at = at;
	to->damaged = damaged;
	if (!damaged)
		return;
	bit = 8 + rng_below(&w->rng, 8 * x->len - 8);	/* not what tells the lengths */
	to->data[bit / 8] ^= 1 << bit % 8;
	done.damaged++;
}

/* Held back by some places, or not. */
static unsigned int delay(struct world *w)
{
	uint32_t kind = rng_below(&w->rng, 8);

	if (kind > 2)
		return 0;
	done.late++;
	return 1 + rng_below(&w->rng, kind ? 5 : PACKETS_MAX);
}

static int by_time(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	return x->at != y->at ? x->at > y->at ? 1 : -1 : (x > y) - (x < y);
}

static void travel(struct world *w)
{
	bool tag = w->rtcp || w->suite->tag_len;
	unsigned int i;

	w->arrivals = 0;
	for (i = 0; i < w->sents; i++) {
		if (rng_once_in(&w->rng, 8))
			done.lost++;
		else
			arrive(w, &w->sent[i], 2 * i + 2 * delay(w), false);
		if (rng_once_in(&w->rng, 8)) {
			arrive(w, &w->sent[i], 2 * i + 1 + 2 * delay(w), false);
			done.twice++;
		}
		if (tag && rng_once_in(&w->rng, 12))
			arrive(w, &w->sent[i], 2 * i + delay(w), true);
	}
	qsort(w->arrived, w->arrivals, sizeof(w->arrived[0]), by_time);
}

static void receive(struct world *w)
{
	bool alone = !w->suite->tag_len || rng_once_in(&w->rng, 2);
	unsigned int i, n;

	for (i = 0; i < w->arrivals; i += n) {
		n = alone ? 1 : 1 + rng_below(&w->rng, VOLLEY);
		n = n < w->arrivals - i ? n : w->arrivals - i;
		volley(w, &w->rx, &w->arrived[i], n);
	}
	done.arrived += w->arrivals;
}

/* --- one sequence --------------------------------------------------------------------------- */

/* libsrtp's stream comes to be by a packet of index 0, with ROC 0; then it is told. */
static void tell_roc(struct world *w, uint32_t roc)
{
	uint8_t data[BYTES] __attribute__((aligned(16))) = { 0x80 };
	int len = RTP_HDR + 4;

	put32(data + 8, w->ssrc);
	assert_int_equal(lib_run(w, &w->tx, data, &len), srtp_err_status_ok);
	assert_int_equal(lib_run(w, &w->rx, data, &len), srtp_err_status_ok);
	assert_int_equal(srtp_set_stream_roc(w->tx.lib, w->ssrc, roc), srtp_err_status_ok);
	assert_int_equal(srtp_set_stream_roc(w->rx.lib, w->ssrc, roc), srtp_err_status_ok);
	assert_int_equal(xsrtp_stream_roc(w->tx.own, w->ssrc, roc), 0);
	assert_int_equal(xsrtp_stream_roc(w->rx.own, w->ssrc, roc), 0);
	done.told++;
}

static void begin_rtp(struct world *w)
{
	static const uint32_t rocs[] = { 0, 0, 0, 1, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff };
	uint32_t roc = rocs[rng_below(&w->rng, ARRAY_SIZE(rocs))];

	w->next = (uint64_t)roc << 16 | (rng_once_in(&w->rng, 3) ? rng_below(&w->rng, 65536) :
					 65516 + rng_below(&w->rng, 20));
	w->begin = w->next;
	if (roc)
		tell_roc(w, roc);
}

static void begin_rtcp(struct world *w)
{
	struct xsrtp_stream_state st = { .ssrc = w->ssrc, .index = 0 };

	w->own_only = rng_once_in(&w->rng, 4);
	if (w->own_only)
		st.index = 0x7fffffff - rng_below(&w->rng, rng_once_in(&w->rng, 2) ? 60 : 1u << 30);
	assert_int_equal(xsrtp_stream_set_rtcp(w->tx.own, &st), 0);
}

/* The ROC that both have come to; 0 where no authentic packet came. */
static void compare_rocs(const struct world *w, const struct pair *p)
{
	struct xsrtp_stream_state st;
	uint32_t own = 0, lib = 0;
	unsigned int i;

	for (i = 0; i < SHARE; i++)	/* some have been told a ROC and no more */
		if (xsrtp_stream_get(p->own, i, &st) && st.ssrc == w->ssrc)
			own = st.index >> 16;
	if (srtp_get_stream_roc(p->lib, w->ssrc, &lib) || (!own && w->next >> 16 != 0))
		return;
	assert_int_equal(own, lib);
}

static void one_sequence(struct world *w)
{
	unsigned int left = 8 + rng_below(&w->rng, PACKETS_MAX - 7), n;

	w->sents = 0;
	w->begin = w->next = 0;
	w->own_only = false;
	if (w->rtcp)
		begin_rtcp(w);
	else
		begin_rtp(w);
	while (left) {
		n = 1 + rng_below(&w->rng, left < VOLLEY ? left : VOLLEY);
		send_some(w, n);
		left -= n;
	}
	travel(w);
	receive(w);
	if (!w->rtcp) {
		compare_rocs(w, &w->tx);
		compare_rocs(w, &w->rx);
	}
	/* one that never came to be is fine; libsrtp has the SSRC as in the packet */
	srtp_remove_stream(w->tx.lib, htonl(w->ssrc));
	srtp_remove_stream(w->rx.lib, htonl(w->ssrc));
	done.sequences++;
}

static void run_suite(const struct xsrtp_cipher *c, unsigned int suite, bool rtcp,
		      unsigned long sequences)
{
	static unsigned long runs;
	struct world *w = calloc(1, sizeof(*w));
	unsigned long i;

	w->c = c;
	w->suite = xsrtp_suite_info(suite);
	w->rtcp = rtcp;
	runs++;				/* others for each implementation */
	for (i = 0; i < sequences; i++) {
		w->seed = runs * 1000000 + i / SHARE;
		if (i % SHARE == 0)
			world_open(w);
		w->ssrc = (uint32_t)(w->seed * 2654435761u) + i % SHARE;
		one_sequence(w);
		if (i % SHARE == SHARE - 1 || i == sequences - 1)
			world_close(w);
	}
	free(w);
}

/* --- running ---------------------------------------------------------------------------------- */

static unsigned long share;	/* sequences of each row and implementation */

#define TESTS(sym, num, name_, kind, key, salt, tag)			\
	static void sym##_srtp(void **state)				\
	{								\
		run_suite(*state, num, false, share);			\
	}								\
	static void sym##_srtcp(void **state)				\
	{								\
		run_suite(*state, num, true, share);			\
	}
XSRTP_SUITES(TESTS)

static void report(void)
{
	unsigned int i;

	printf("# %lu sequences, %lu packets sent, %lu arrived; lost %lu, late %lu, twice %lu, "
	       "damaged %lu\n", done.sequences, done.sent, done.arrived, done.lost, done.late,
	       done.twice, done.damaged);
	printf("# ROC told %lu, wraps of the sequence number %lu, ends of the last ROC %lu, "
	       "MKI switches %lu\n#", done.told, done.seq_wraps, done.roc_ends, done.switches);
	for (i = 0; i < XSRTP_REASON_MAX; i++)
		if (done.refused[i])
			printf(" %s %lu", xsrtp_reason_name(i), done.refused[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static const struct {
		unsigned int suite;
		struct test_row rows[2];
	} all[] = {
#define ROWS(sym, num, name_, kind, key, salt, tag) \
		{ num, { EACH(sym##_srtp), EACH(sym##_srtcp) } },
		XSRTP_SUITES(ROWS)
	};
	const char *number = argc > 1 ? argv[1] : getenv("SEQUENCES");
	struct test_row rows[2 * ARRAY_SIZE(all)];
	unsigned int i, n = 0, ciphers = 0;
	int failed;

	if (srtp_init() != srtp_err_status_ok)
		return 1;
	if (number)
		wanted = strtoul(number, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (!peer_has(all[i].suite))
			continue;
		rows[n++] = all[i].rows[0];
		rows[n++] = all[i].rows[1];
	}
	while (xsrtp_cipher_get(ciphers))
		ciphers++;
	share = (wanted + n * ciphers - 1) / (n * ciphers);
	failed = run_rows("sequences", rows, n);
	report();
	return failed;
}
