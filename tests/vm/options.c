// SPDX-License-Identifier: GPL-2.0
/*
 * options: each rule that a session or a key can have, seen on packets.
 *
 * Namespaces and devices are made by t-56-options.sh:
 *
 *	a phone0 --- p0 h s0 --- phone0 b
 *
 * A case makes one flow on h with a rule, and a peer with the same one: a session of
 * the core in this process, which tests/diff holds against libsrtp2. OUT: RTP goes
 * from a through the flow, and what comes to b the peer must unprotect to the same
 * bytes. IN: what the peer protects goes from a, and comes to b as the RTP it was.
 * A packet that must not pass must move the one counter that is named. The events
 * that the module tells are gathered by a child.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <xsrtp/srtp.h>

#include "../bpf/tap.h"
#include "host.h"

#define PAYLOAD		40
#define ROOM		256	/* behind a packet */
#define PATIENCE_MS	4000	/* on a busy host, emulated */
#define SSRC		0x1234abcd
#define PORT		30000

enum way { OUT, IN };

static struct xnl *x;
static const struct xsrtp_cipher *cipher;
static int a_sock, b_sock, event_pipe;

/* The flow and the peer of the case that runs. */
static enum way way;
static uint32_t flow_id;
static char why[768];			/* it was refused */
static struct session rule;		/* of the flow */
static struct key keys[3];
static struct xsrtp_session *peer;
static uint8_t csrcs;			/* shape of packets */
static bool extension;
static uint32_t seen[4];		/* events, how often, by bit */

/* --- namespaces and sockets ---------------------------------------------------------- */

static void enter(const char *ns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(2, "%s", path);
	close(fd);
}

static struct sockaddr_in address(const char *ip, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, ip, &sa.sin_addr);
	return sa;
}

static int socket_at(const char *ns, const char *ip, uint16_t port)
{
	struct sockaddr_in sa = address(ip, port);
	int fd;

	enter(ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		err(2, "socket at %s", ip);
	return fd;
}

static struct endpoint endpoint(const char *ip, uint16_t port)
{
	struct endpoint ep = { .family = AF_INET, .port = port };

	inet_pton(AF_INET, ip, ep.addr);
	return ep;
}

/* --- events -------------------------------------------------------------------------- */

static int write_event(uint8_t cmd, const struct flow *f, void *arg)
{
	uint32_t e[2] = { f->id, f->rx.events | f->tx.events };

	if (cmd != XSRTP_CMD_EVENT_NTF)
		return 0;
	return write(event_pipe, e, sizeof(e)) == sizeof(e) ? 0 : -EPIPE;
}

static pid_t listen_for_events(void)
{
	char text[256];
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		err(2, "pipe");
	pid = fork();
	event_pipe = fds[pid == 0];
	if (pid)
		return pid;
	enter("h");
	x = xnl_open(text, sizeof(text));
	if (x)
		flow_monitor(x, write_event, NULL);
	_exit(1);
}

/* Takes what has come so far, of this flow. */
static void gather_events(int wait_ms)
{
	struct pollfd p = { .fd = event_pipe, .events = POLLIN };
	uint32_t e[2];
	int bit;

	while (poll(&p, 1, wait_ms) > 0 && read(event_pipe, e, sizeof(e)) == sizeof(e)) {
		for (bit = 0; bit < 4; bit++)
			seen[bit] += e[0] == flow_id && e[1] >> bit & 1;
		wait_ms = 400;
	}
}

static bool told(uint32_t event, uint32_t times)
{
	uint32_t n = seen[__builtin_ctz(event)];

	if (n != times)
		printf("# event %u came %u times, wanted %u\n", event, n, times);
	return n == times;
}

/* --- flow and peer ------------------------------------------------------------------- */

static void make_keys(void)
{
	const struct xsrtp_suite_info *suite = xsrtp_suite_info(rule.suite);
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	unsigned int i;

	if (fd < 0 || read(fd, keys, sizeof(keys)) != sizeof(keys))
		err(2, "random keys");
	close(fd);
	for (i = 0; i < 3; i++) {
		struct key *k = &keys[i];

		k->key_len = suite->key_len;
		k->salt_len = suite->salt_len;
		k->mki_len = 0;
		k->second = false;
		k->lifetime = 0;
		k->rate = 0;
	}
}

static int peer_key(unsigned int slot, const struct key *k)
{
	struct xsrtp_key_config cfg = { .key = k->master_key, .salt = k->master_salt,
					.mki = k->mki, .mki_len = k->mki_len, .kdr = k->rate };

	return xsrtp_key_set(peer, cipher, slot, &cfg);
}

static void peer_use(unsigned int slot)
{
	if (xsrtp_key_use(peer, slot))
		errx(2, "the peer's key %u", slot);
}

/* The peer has room for more than the flow, and no window of its own to fail by. */
static void make_peer(void)
{
	struct xsrtp_session_config cfg = { .suite = rule.suite, .window = 4096, .streams = 16,
					    .flags = rule.flags & ~XSRTP_EVICT,
					    .roc = rule.roc_policy, .rcc_rate = rule.roc_rate };

	memcpy(cfg.ext_ids, rule.ext_ids, sizeof(cfg.ext_ids));
	if (way == IN && cfg.roc == XSRTP_ROC_TRY)
		cfg.roc = XSRTP_ROC_ZERO;
	free(peer);
	peer = aligned_alloc(XSRTP_ALIGN, xsrtp_session_size(&cfg));
	if (!peer || xsrtp_session_init(peer, &cfg) || peer_key(0, &keys[0]))
		errx(2, "the peer's session");
	peer_use(0);
}

static struct session *direction_of(struct flow *f)
{
	return way == OUT ? &f->tx : &f->rx;
}

static int make_flow(void)
{
	struct flow f = { .action = XSRTP_ACTION_FORWARD,
			  .has_learn = true,	/* never: from anywhere */
			  .local = endpoint("10.0.1.1", PORT),
			  .source = endpoint("10.0.2.1", PORT),
			  .destination = endpoint("10.0.2.2", 5000) };

	rule.present = true;
	rule.key = &keys[0];
	*direction_of(&f) = rule;
	return host_flow_add(x, &f, &flow_id, why, sizeof(why));
}

/* Begins a case; what has been said in rule, and later in keys[0], holds. */
static void begin(enum way w, uint32_t suite)
{
	way = w;
	rule = (struct session){ .suite = suite };
	csrcs = 0;
	extension = false;
	make_keys();
}

static void up(void)
{
	if (make_flow())
		errx(2, "flow: %s", why);
	make_peer();
	memset(seen, 0, sizeof(seen));
}

static void down(void)
{
	struct flow which = flow_select(flow_id, NULL);

	if (host_flow_del(x, &which, why, sizeof(why)))
		errx(2, "flow: %s", why);
}

static bool set_key(int i)
{
	struct flow which = flow_select(flow_id, NULL);
	int ret = key_set(x, &which, way == OUT ? TX : RX, &keys[i]);

	if (ret)
		printf("# key %d: %s\n", i, xnl_error(x));
	return !ret;
}

static bool del_second(void)
{
	struct flow which = flow_select(flow_id, NULL);

	return !key_del(x, &which, way == OUT ? TX : RX, true);
}

static bool swap_keys(void)
{
	struct flow which = flow_select(flow_id, NULL);

	return !key_swap(x, &which, way == OUT ? TX : RX);
}

static struct flow get(void)
{
	struct flow which = flow_select(flow_id, NULL), f;

	if (flow_get(x, &which, &f))
		errx(2, "flow: %s", xnl_error(x));
	return f;
}

/* --- packets ------------------------------------------------------------------------- */

struct packet {
	uint8_t b[2048];
	uint32_t len;
};

static void make_rtp(struct packet *p, uint32_t ssrc, uint16_t seq)
{
	uint8_t *at = p->b;
	uint32_t be = htonl(ssrc);

	memset(p->b, 0, 12);
	at[0] = 0x80 | extension << 4 | csrcs;
	at[2] = seq >> 8;
	at[3] = seq;
	memcpy(at + 8, &be, 4);
	memset(at + 12, 0xcc, csrcs * 4);
	at += 12 + csrcs * 4;
	if (extension) {	/* one-byte headers: id 1, 4 bytes; id 3, 2 bytes */
		memcpy(at, "\xbe\xde\0\2\x13" "abcd" "\x31" "xy", 12);
		at += 12;
	}
	memset(at, 0x5a, PAYLOAD);
	p->len = at + PAYLOAD - p->b;
}

static uint32_t run_peer(struct packet *p, bool protect)
{
	struct xsrtp_packet pkt = { .session = peer, .data = p->b, .len = p->len, .room = ROOM };

	if (protect)
		xsrtp_protect(cipher, &pkt, 1);
	else
		xsrtp_unprotect(cipher, &pkt, 1);
	p->len = pkt.len;
	return pkt.reason;
}

static void send_packet(const struct packet *p)
{
	struct sockaddr_in to = address("10.0.1.1", PORT);

	if (sendto(a_sock, p->b, p->len, 0, (struct sockaddr *)&to, sizeof(to)) != p->len)
		err(2, "send");
}

static bool receive(struct packet *p, int wait_ms)
{
	struct pollfd fd = { .fd = b_sock, .events = POLLIN };
	ssize_t n;

	if (poll(&fd, 1, wait_ms) <= 0)
		return false;
	n = recv(b_sock, p->b, sizeof(p->b) - ROOM, 0);
	p->len = n < 0 ? 0 : n;
	return n >= 0;
}

/* What came to b, as on the wire, before the peer has it. */
static struct packet wire;

/* Cryptex gives CSRCs that have none an empty extension, which stays (RFC 9335 5.1). */
static void add_empty_extension(struct packet *p)
{
	uint8_t *at = p->b + 12 + csrcs * 4;

	if (!(rule.flags & XSRTP_SESSION_FLAGS_CRYPTEX) || !csrcs || extension)
		return;
	memmove(at + 4, at, p->len - (at - p->b));
	memcpy(at, "\xbe\xde\0\0", 4);
	p->b[0] |= 0x10;
	p->len += 4;
}

static void print_drops(void)
{
	struct flow f = get();
	int i;

	printf("# %llu in, %llu out", (unsigned long long)f.stats.rx_packets,
	       (unsigned long long)f.stats.tx_packets);
	for (i = 0; i < XSRTP_REASON_MAX; i++)
		if (f.stats.drop[i])
			printf(", %llu %s", (unsigned long long)f.stats.drop[i],
			       xsrtp_reason_name(i));
	puts("");
	flow_clear(&f);
}

/* One packet through the flow, which must come out whole. */
static bool passes(uint32_t ssrc, uint16_t seq)
{
	struct packet plain, p, got;
	uint32_t reason = XSRTP_REASON_OK;

	make_rtp(&plain, ssrc, seq);
	p = plain;
	if (way == IN)
		reason = run_peer(&p, true);
	if (!reason)
		send_packet(&p);
	if (reason || !receive(&got, PATIENCE_MS)) {
		printf("# seq %u: %s\n", seq, reason ? xsrtp_reason_name(reason) : "did not come");
		print_drops();
		return false;
	}
	wire = got;
	add_empty_extension(&plain);
	if (way == OUT)
		reason = run_peer(&got, false);
	if (reason || got.len != plain.len || memcmp(got.b, plain.b, plain.len)) {
		printf("# seq %u: %s, %u bytes of %u\n", seq, xsrtp_reason_name(reason), got.len,
		       plain.len);
		return false;
	}
	return true;
}

static bool pass_all(uint32_t ssrc, uint16_t from, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		if (!passes(ssrc, from + i))
			return false;
	return true;
}

static uint64_t dropped(uint32_t reason)
{
	struct flow f = get();
	uint64_t n = f.stats.drop[reason];

	flow_clear(&f);
	return n;
}

/* One packet through the flow, which must be dropped for this reason. */
static bool drops(uint32_t ssrc, uint16_t seq, uint32_t reason)
{
	uint64_t before = dropped(reason);
	struct packet p, got;
	int tries;

	make_rtp(&p, ssrc, seq);
	if (way == IN)
		run_peer(&p, true);
	send_packet(&p);
	for (tries = 0; tries < 40 && dropped(reason) == before; tries++)
		usleep(50000);
	if (receive(&got, 50))
		printf("# seq %u came\n", seq);
	else if (dropped(reason) == before + 1)
		return true;
	printf("# seq %u: no drop as %s\n", seq, xsrtp_reason_name(reason));
	return false;
}

#define R(name)	XSRTP_REASON_##name
#define CM	XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80
#define GCM	XSRTP_SUITE_AEAD_AES_256_GCM

/* --- rules of a session -------------------------------------------------------------- */

static void case_window(void)
{
	begin(IN, CM);
	rule.window = 1024;
	up();
	ok(passes(SSRC, 1) && passes(SSRC, 1000) && passes(SSRC, 10),
	   "window 1024: a packet 990 late passes");
	ok(passes(SSRC, 1500) && drops(SSRC, 400, R(TOO_OLD)), "and one 1100 late is too old");
	down();
	begin(IN, CM);
	up();
	ok(passes(SSRC, 1) && passes(SSRC, 1000) && drops(SSRC, 10, R(TOO_OLD)),
	   "with the default of 64 it is too old");
	down();
}

static void case_streams(void)
{
	int w;

	for (w = OUT; w <= IN; w++) {
		begin(w, CM);
		rule.max_streams = 2;
		up();
		ok(pass_all(1, 10, 3) && pass_all(2, 500, 3) && passes(1, 13) &&
		   drops(3, 1, R(NO_STREAM)), "%s, streams 2: two SSRCs pass, a third does not",
		   w == OUT ? "tx" : "rx");
		gather_events(3000);
		ok(seen[2] >= 1, "the event new-stream is told");
		down();
	}
	begin(IN, CM);
	rule.max_streams = 2;
	rule.flags = XSRTP_SESSION_FLAGS_EVICT;
	up();
	ok(passes(1, 10) && passes(2, 10) && passes(3, 10) && passes(2, 11),
	   "evict: a third SSRC takes the place of the first");
	ok(drops(1, 9, R(TOO_OLD)) && passes(1, 11), "which comes back, but not with what it had");
	down();
}

/* The payload of the packet on the wire, found as it is. */
static bool in_the_clear(void)
{
	static const uint8_t text[PAYLOAD] = { [0 ... PAYLOAD - 1] = 0x5a };

	return memmem(wire.b, wire.len, text, sizeof(text));
}

static void case_clear(void)
{
	int w;

	for (w = OUT; w <= IN; w++) {
		begin(w, CM);
		rule.flags = XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTP;
		up();
		ok(pass_all(SSRC, 1, 3) && in_the_clear(), "%s, unencrypted-srtp",
		   w == OUT ? "tx" : "rx");
		if (w == OUT)
			ok(wire.len == 12 + PAYLOAD + 10, "with a tag");
		down();
	}
	begin(OUT, CM);
	up();
	ok(passes(SSRC, 1) && !in_the_clear(), "without, nothing is in the clear");
	down();
}

static void case_header(uint32_t suite, const char *name)
{
	int w;

	for (w = OUT; w <= IN; w++) {
		begin(w, suite);
		rule.flags = XSRTP_SESSION_FLAGS_CRYPTEX;
		csrcs = 2;
		up();
		ok(pass_all(SSRC, 1, 3), "%s %s, cryptex: CSRCs", name, w == OUT ? "tx" : "rx");
		extension = true;
		ok(pass_all(SSRC, 4, 3), "and an extension");
		if (w == OUT)
			ok(!memmem(wire.b, wire.len, "abcd", 4), "which is not in the clear");
		down();
		begin(w, suite);
		rule.ext_ids[0] = 1 << 1;
		extension = true;
		up();
		ok(pass_all(SSRC, 1, 3), "%s %s, ext-ids 1", name, w == OUT ? "tx" : "rx");
		if (w == OUT)
			ok(!memmem(wire.b, wire.len, "abcd", 4) && memmem(wire.b, wire.len, "xy", 2),
			   "element 1 is hidden, element 3 is not");
		down();
	}
}

static struct stream told_stream(uint32_t roc, int seq)
{
	return (struct stream){ .ssrc = SSRC, .roc = roc, .no_seq = seq < 0,
				.seq = seq < 0 ? 0 : seq };
}

static void case_told(void)
{
	struct stream st = told_stream(7, -1);
	struct flow f;
	int w;

	for (w = OUT; w <= IN; w++) {
		begin(w, GCM);
		rule.streams = &st;
		rule.n_streams = 1;
		up();
		if (xsrtp_stream_roc(peer, SSRC, 7))
			errx(2, "the peer's ROC");
		ok(pass_all(SSRC, 100, 3), "%s: a ROC that was told", w == OUT ? "tx" : "rx");
		f = get();
		ok(direction_of(&f)->n_streams == 1 && direction_of(&f)->streams[0].roc == 7,
		   "and is seen");
		flow_clear(&f);
		down();
	}
	st = told_stream(7, 100);
	begin(IN, CM);
	rule.streams = &st;
	rule.n_streams = 1;
	up();
	if (xsrtp_stream_roc(peer, SSRC, 7))
		errx(2, "the peer's ROC");
	ok(drops(SSRC, 100, R(REPLAY)) && pass_all(SSRC, 101, 3),
	   "rx: an index that was told counts as seen");
	down();
}

static void case_roc_rate(void)
{
	struct stream st = told_stream(9, -1);

	begin(OUT, CM);
	rule.roc_rate = 4;
	rule.streams = &st;
	rule.n_streams = 1;
	up();
	ok(pass_all(SSRC, 8, 8), "tx, roc-rate 4: the peer finds ROC 9, of which nobody told it");
	down();
	begin(IN, CM);
	rule.roc_rate = 4;
	up();
	if (xsrtp_stream_roc(peer, SSRC, 9))
		errx(2, "the peer's ROC");
	ok(pass_all(SSRC, 8, 8), "rx, roc-rate 4: the flow finds it");
	down();
}

static void case_roc_policy(void)
{
	static const char *const name[] = { "keep", "zero", "try" };
	struct stream st = told_stream(5, -1);
	struct flow f;
	uint32_t roc;
	int w, policy;

	for (w = OUT; w <= IN; w++) {
		for (policy = XSRTP_ROC_KEEP; policy <= XSRTP_ROC_TRY; policy++) {
			begin(w, CM);
			rule.roc_policy = policy;
			rule.streams = &st;
			rule.n_streams = 1;
			up();
			if (xsrtp_stream_roc(peer, SSRC, 5))
				errx(2, "the peer's ROC");
			ok(pass_all(SSRC, 10, 2) && set_key(1) && !peer_key(1, &keys[1]),
			   "%s, roc %s: under the first key", w == OUT ? "tx" : "rx", name[policy]);
			peer_use(1);
			ok(pass_all(SSRC, 12, 4), "and under the next");
			f = get();
			roc = policy == XSRTP_ROC_KEEP || (policy == XSRTP_ROC_TRY && w == OUT) ? 5 : 0;
			ok(direction_of(&f)->streams[0].roc == roc, "with ROC %u", roc);
			flow_clear(&f);
			if (policy != XSRTP_ROC_KEEP)
				ok(!set_key(0), "a key that it has had is refused");
			down();
		}
	}
}

/* --- rules of a key -------------------------------------------------------------------- */

static void case_mki(void)
{
	struct flow f;
	int w;

	for (w = OUT; w <= IN; w++) {
		begin(w, w == OUT ? CM : GCM);
		keys[0].mki_len = XSRTP_MKI_MAX;
		up();
		ok(pass_all(SSRC, 1, 3), "%s: an MKI of 128 bytes", w == OUT ? "tx" : "rx");
		if (w == OUT)
			ok(wire.len == 12 + PAYLOAD + 128 + 10 &&
			   !memcmp(wire.b + 12 + PAYLOAD, keys[0].mki, 128), "is on the wire");
		f = get();
		ok(direction_of(&f)->slots[0].mki_len == 128 &&
		   !memcmp(direction_of(&f)->slots[0].mki, keys[0].mki, 128), "and is shown");
		flow_clear(&f);
		down();
	}
}

static void case_rate(void)
{
	int w;

	for (w = OUT; w <= IN; w++) {
		begin(w, w == OUT ? CM : GCM);
		rule.flags = XSRTP_SESSION_FLAGS_KEY_RATE;
		keys[0].rate = 8;
		up();
		ok(pass_all(SSRC, 1, 30), "%s: keys derived anew every 8 packets",
		   w == OUT ? "tx" : "rx");
		down();
	}
}

static void case_lifetime(void)
{
	int w;

	for (w = OUT; w <= IN; w++) {
		begin(w, CM);
		keys[0].lifetime = 32;
		up();
		ok(pass_all(SSRC, 1, 32) && drops(SSRC, 33, R(KEY_EXPIRED)) &&
		   drops(SSRC, 34, R(KEY_EXPIRED)), "%s: a key of 32 packets serves 32",
		   w == OUT ? "tx" : "rx");
		gather_events(3000);
		ok(told(XSRTP_EVENTS_KEY_LOW, 1), "the event key-low is told once");
		ok(told(XSRTP_EVENTS_KEY_EXPIRED, 1), "the event key-expired is told once");
		ok(set_key(1) && !peer_key(1, &keys[1]), "a new key");
		peer_use(1);
		ok(pass_all(SSRC, 40, 3), "serves again");
		down();
	}
}

/* Make before break: no packet is lost, whenever the peer changes over. */
static void case_second_rx(void)
{
	begin(IN, CM);
	up();
	ok(pass_all(SSRC, 1, 3), "rx: under the first key");
	keys[1].second = true;
	ok(set_key(1), "a second key");
	ok(pass_all(SSRC, 4, 3), "the peer goes on under the first");
	if (peer_key(1, &keys[1]))
		errx(2, "the peer's second key");
	peer_use(1);
	ok(pass_all(SSRC, 7, 3), "and under the second");
	gather_events(3000);
	ok(told(XSRTP_EVENTS_KEY_SWITCH, 1), "the event key-switch is told once");
	peer_use(0);
	ok(pass_all(SSRC, 10, 2), "the first passes still");
	peer_use(1);
	ok(pass_all(SSRC, 12, 2) && del_second(), "until it is taken away");
	peer_use(0);
	ok(drops(SSRC, 14, R(BAD_TAG)), "then no more");
	peer_use(1);
	ok(pass_all(SSRC, 15, 3), "the other one does");
	keys[2].second = true;
	ok(set_key(2) && set_key(0), "a first key takes the place of both");
	ok(drops(SSRC, 20, R(BAD_TAG)), "neither passes");
	down();
}

static void case_second_mki(void)
{
	begin(IN, GCM);
	keys[0].mki_len = 1;
	keys[1].mki_len = 4;
	up();
	ok(pass_all(SSRC, 1, 2), "rx, with MKIs: under the first key");
	keys[1].second = true;
	ok(set_key(1) && !peer_key(1, &keys[1]), "a second key");
	peer_use(1);
	ok(pass_all(SSRC, 3, 2), "is found by its MKI");
	peer_use(0);
	ok(pass_all(SSRC, 5, 2), "as is the first");
	ok(swap_keys() && del_second(), "they are exchanged, and the former first goes");
	ok(drops(SSRC, 7, R(BAD_MKI)), "its MKI is not known any more");
	peer_use(1);
	ok(pass_all(SSRC, 8, 2), "the other one's is");
	keys[2].second = true;
	ok(!set_key(2), "a second key without an MKI is refused");
	down();
}

static void case_second_tx(void)
{
	begin(OUT, CM);
	up();
	ok(pass_all(SSRC, 1, 2), "tx: under the first key");
	keys[1].second = true;
	ok(set_key(1) && pass_all(SSRC, 3, 2), "a second key waits");
	if (peer_key(1, &keys[1]) || !swap_keys())
		errx(2, "swap");
	peer_use(1);
	ok(pass_all(SSRC, 5, 2), "until they are exchanged");
	ok(swap_keys(), "and back");
	peer_use(0);
	ok(pass_all(SSRC, 7, 2), "the first one serves again");
	ok(del_second() && !swap_keys(), "without a second key there is nothing to exchange");
	down();
}

/* --- what is refused ------------------------------------------------------------------- */

/* Refused for the reason that holds @text. */
static void refused(const char *text, const char *name)
{
	int ret = make_flow();

	if (!ok(ret && strstr(why, text), "refused: %s", name))
		printf("# %s\n", ret ? why : "it was not");
	if (!ret)
		down();
}

static void case_refused(void)
{
	struct stream twice[2] = { told_stream(1, -1), told_stream(2, 5) };

	begin(OUT, CM);
	rule.flags = XSRTP_SESSION_FLAGS_EVICT;
	refused("tx.flags", "evict in tx");
	begin(IN, CM);
	rule.flags = XSRTP_SESSION_FLAGS_EVICT;
	rule.roc_policy = XSRTP_ROC_POLICY_ZERO;
	refused("rx.roc-policy", "evict with roc zero");
	begin(OUT, GCM);
	rule.roc_rate = 1;
	refused("tx.roc-rate", "roc-rate of a suite whose tag has no room");
	begin(OUT, CM);
	rule.ext_ids[0] = 2;
	rule.flags = XSRTP_SESSION_FLAGS_CRYPTEX;
	refused("tx.ext-ids", "ext-ids with cryptex");
	begin(OUT, CM);
	rule.flags = XSRTP_SESSION_FLAGS_CRYPTEX | XSRTP_SESSION_FLAGS_UNENCRYPTED_SRTP;
	refused("tx.flags", "cryptex of what is not encrypted");
	begin(IN, CM);
	rule.max_streams = 4;
	rule.streams = twice;
	rule.n_streams = 2;
	twice[0].no_seq = false;
	refused("stream", "an SSRC told twice");
	begin(OUT, CM);
	keys[0].rate = 8;
	refused("tx.key.rate", "a rate without the flag");
	begin(OUT, CM);
	rule.flags = XSRTP_SESSION_FLAGS_KEY_RATE;
	keys[0].rate = 12;
	refused("tx.key.rate", "a rate that is not a power of two");
	begin(OUT, CM);
	keys[0].lifetime = (1ULL << 48) + 1;
	refused("tx.key.lifetime", "a lifetime above 2^48");
	begin(OUT, CM);
	keys[0].second = true;
	refused("tx.key", "a new flow with a second key only");
}

int main(void)
{
	char text[256];
	pid_t listener;

	cipher = xsrtp_cipher_get(0);
	a_sock = socket_at("a", "10.0.1.2", 4000);
	b_sock = socket_at("b", "10.0.2.2", 5000);
	listener = listen_for_events();
	enter("h");
	x = xnl_open(text, sizeof(text));
	if (!x)
		errx(2, "%s", text);
	sleep(1);
	case_window();
	case_streams();
	case_clear();
	case_header(CM, "CM");
	case_header(GCM, "GCM");
	case_told();
	case_roc_rate();
	case_roc_policy();
	case_mki();
	case_rate();
	case_lifetime();
	case_second_rx();
	case_second_mki();
	case_second_tx();
	case_refused();
	kill(listener, SIGKILL);
	xnl_close(x);
	return tap_done();
}
