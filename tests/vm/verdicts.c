// SPDX-License-Identifier: GPL-2.0
/*
 * verdicts DOOR: the table of Documentation/verdicts.md, row by row, against the
 * module. DOOR is "xdp" (frames come by the wire, to whatever program is attached)
 * or "device" (they are handed to the xsrtp device itself).
 *
 * Namespaces and devices are made by t-50-verdicts.sh:
 *
 *	phone p0 --- a0 host b0 --- q0 peer
 *
 * Each row is one frame from the phone and what must come of it: which counter
 * moves, by exactly one and no other; and if it is sent on or delivered, that it
 * arrives once, complete, under the right checksums.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xsrtp/srtp.h>

#include "../bpf/tap.h"
#include "host.h"

#define PAYLOAD		160
#define FRAME_MAX	2048
#define SSRC		0xcafef00d
#define TEXT		0x5a	/* every byte of the payload, and of an RTCP report */
#define RTCP_PT(p)	((p)[1] >= 192 && (p)[1] <= 223)

/* The flows, by local port. What they do is in make_flows(). */
enum {
	NONE = 29998, RTP_SRTP = 30000, SRTP_RTP = 30002, RX_NO_KEY = 30004, TX_NO_KEY = 30006,
	STRICT = 30008, RTP_RTP = 30010, LOCAL = 30012, NO_ROUTE = 30014, SRTP_SRTP = 30016,
	KEY_GONE = 30018, SHORT_TAG = 30020, ONLY_RTP = 30022, ONLY_RTCP = 30024,
	PLAIN_RTP = 30026, LEARN_TX = 30028, LEARN_RX = 30030, LEARN_RX_ONCE = 30032,
	LEARN_SHUT = 30034, LEARN_RTCP = 30036, LEARN_PORT = 30038,
	FOLLOW_NONE = 30040, FOLLOW_TO = 30042,
	RTCP_SRTCP = ONLY_RTP + 1, SRTCP_RTCP = SRTP_RTP + 1,	/* under the same keys */
};

/* What a row's packet is, where it is not RTP: on RTP's port or on its own. */
enum kind { RTP, COMPOUND, REDUCED };

/* What is done to a good packet. */
enum change {
	NOTHING, AGAIN, OLD, OTHER_SSRC, BAD_TAG, PLAIN, SHORT, VERSION, CSRC, EXTENSION, LENGTH,
	EMPTY, STUN, DTLS, JUNK, FRAGMENT, OPTIONS, TTL, IP_SUM, IP_LEN, UDP_LEN, BIG, FOREIGN,
	NOT_UDP, PROVES, LATER, CUT,
};

/* What must come of it, beside a reason: the numbers of these are above all reasons. */
enum { FORWARDED = 100, DELIVERED };

struct row {
	const char *id;		/* of Documentation/verdicts.md */
	const char *event;
	uint16_t flow;
	uint8_t change;
	uint8_t device;		/* verdict of the module: reason, FORWARDED, DELIVERED */
	const char *program;	/* by the wire: the XDP program's counter, if it decides */
	uint8_t kind;
};

#define R(name) XSRTP_REASON_##name

static const struct row rows[] = {
	{ "F1", "RTP, to be protected", RTP_SRTP, NOTHING, FORWARDED, NULL, RTP },
	{ "F2", "SRTP, to be unprotected", SRTP_RTP, NOTHING, FORWARDED, NULL, RTP },
	{ "F3", "RTP, to be forwarded as it is", RTP_RTP, NOTHING, FORWARDED, NULL, RTP },
	{ "F4", "SRTP, for another key and suite", SRTP_SRTP, NOTHING, FORWARDED, NULL, RTP },
	{ "F5", "SRTP for a local socket", LOCAL, NOTHING, DELIVERED, NULL, RTP },
	{ "F6", "from the flow's remote", STRICT, NOTHING, FORWARDED, NULL, RTP },
	{ "S1", "SRTP again", SRTP_RTP, AGAIN, R(REPLAY), NULL, RTP },
	{ "S2", "SRTP from before the window", SRTP_RTP, OLD, R(TOO_OLD), NULL, RTP },
	{ "S3", "SRTP with a flipped bit", SRTP_RTP, BAD_TAG, R(BAD_TAG), NULL, RTP },
	{ "S4", "SRTP of one SSRC too many", SRTP_RTP, OTHER_SSRC, R(NO_STREAM), NULL, RTP },
	{ "S5", "plain RTP where SRTP must come", SRTP_RTP, PLAIN, R(BAD_TAG), NULL, RTP },
	{ "S6", "too short for a tag", SRTP_RTP, SHORT, R(MALFORMED), NULL, RTP },
	{ "S7", "SRTP with a flipped bit, for a local socket", LOCAL, BAD_TAG, R(BAD_TAG),
	  NULL, RTP },
	{ "S8", "plain RTP for a local socket", LOCAL, PLAIN, R(BAD_TAG), NULL, RTP },
	{ "S9", "SRTP again, for another key", SRTP_SRTP, AGAIN, R(REPLAY), NULL, RTP },
	{ "T1", "RTP with a repeated index", RTP_SRTP, AGAIN, R(INDEX_REUSE), NULL, RTP },
	{ "T2", "RTP from before the window", RTP_SRTP, OLD, R(TOO_OLD), NULL, RTP },
	{ "T3", "RTP of one SSRC too many", RTP_SRTP, OTHER_SSRC, R(NO_STREAM), NULL, RTP },
	{ "K1", "SRTP, no key yet", RX_NO_KEY, NOTHING, R(NO_KEY), NULL, RTP },
	{ "K2", "RTP to be protected, no key yet", TX_NO_KEY, NOTHING, R(NO_KEY), NULL, RTP },
	{ "K3", "RTP to be protected, key deleted", KEY_GONE, NOTHING, R(NO_KEY), NULL, RTP },
	{ "M1", "not all of an RTP header", RTP_SRTP, SHORT, R(MALFORMED), NULL, RTP },
	{ "M2", "RTP version 1", RTP_SRTP, VERSION, R(MALFORMED), "dropped-malformed", RTP },
	{ "M3", "CSRCs past the end", RTP_SRTP, CSRC, R(MALFORMED), NULL, RTP },
	{ "M4", "extension past the end", RTP_SRTP, EXTENSION, R(MALFORMED), NULL, RTP },
	{ "M5", "no payload", RTP_SRTP, EMPTY, R(MALFORMED), "dropped-malformed", RTP },
	{ "M6", "junk", RTP_RTP, JUNK, R(MALFORMED), "dropped-malformed", RTP },
	{ "M7", "CSRCs past the end, SRTP", SRTP_RTP, CSRC, R(MALFORMED), NULL, RTP },
	{ "M8", "extension past the end, RTP to RTP", RTP_RTP, EXTENSION, R(MALFORMED), NULL, RTP },
	{ "M9", "UDP longer than its IP packet", RTP_SRTP, UDP_LEN, R(MALFORMED),
	  "dropped-malformed", RTP },
	{ "M10", "IP packet longer than its frame", RTP_SRTP, IP_LEN, R(MALFORMED),
	  "dropped-malformed", RTP },
	{ "M11", "wrong IPv4 header checksum", RTP_SRTP, IP_SUM, R(MALFORMED), NULL, RTP },
	{ "I1", "fragment", RTP_SRTP, FRAGMENT, R(FRAGMENT), "dropped-fragment", RTP },
	{ "I2", "IPv4 options, IPv6 extension header", RTP_SRTP, OPTIONS, R(IP_OPTIONS),
	  "dropped-ip-options", RTP },
	{ "I3", "TTL or hop limit 1", RTP_SRTP, TTL, R(TTL), NULL, RTP },
	{ "I4", "too big with the tag", RTP_SRTP, BIG, R(TOO_BIG), NULL, RTP },
	{ "I5", "no route to the destination", NO_ROUTE, NOTHING, R(NO_ROUTE), NULL, RTP },
	{ "I6", "from elsewhere than the flow's remote", STRICT, FOREIGN, R(WRONG_SOURCE),
	  NULL, RTP },
	{ "I7", "fragment for a local socket", LOCAL, FRAGMENT, R(FRAGMENT),
	  "dropped-fragment", RTP },
	{ "I8", "later fragment", LOCAL, LATER, R(FRAGMENT), "passed-fragment", RTP },
	{ "I9", "IPv4 options, IPv6 extension header, for a local socket", LOCAL, OPTIONS,
	  R(IP_OPTIONS), "dropped-ip-options", RTP },
	{ "I10", "first fragment that ends before its port", LOCAL, CUT, R(FRAGMENT),
	  "dropped-fragment", RTP },
	{ "N1", "RTP to a port of no flow", NONE, NOTHING, R(NO_FLOW), "passed-no-flow", RTP },
	{ "N2", "not UDP", RTP_SRTP, NOT_UDP, R(NO_FLOW), "passed-not-udp", RTP },
	{ "O1", "STUN", SRTP_RTP, STUN, R(MALFORMED), "passed-stun", RTP },
	{ "O2", "DTLS", SRTP_RTP, DTLS, R(MALFORMED), "passed-dtls", RTP },
	{ "C1", "RTCP, to be protected", RTP_SRTP, NOTHING, FORWARDED, NULL, COMPOUND },
	{ "C2", "SRTCP, to be unprotected", SRTP_RTP, NOTHING, FORWARDED, NULL, COMPOUND },
	{ "C3", "RTCP, to be forwarded as it is", RTP_RTP, NOTHING, FORWARDED, NULL, COMPOUND },
	{ "C4", "SRTCP, for another key and suite", SRTP_SRTP, NOTHING, FORWARDED, NULL, COMPOUND },
	{ "C5", "SRTCP for a local socket", LOCAL, NOTHING, DELIVERED, NULL, COMPOUND },
	{ "C6", "RTCP, to be protected, SRTP's tag being shorter", SHORT_TAG, NOTHING, FORWARDED,
	  NULL, COMPOUND },
	{ "C7", "RTCP on its own port, to be protected", RTCP_SRTCP, NOTHING, FORWARDED,
	  NULL, COMPOUND },
	{ "C8", "SRTCP on its own port, to be unprotected", SRTCP_RTCP, NOTHING, FORWARDED,
	  NULL, COMPOUND },
	{ "C9", "RTCP of reduced size, to be protected", RTP_SRTP, NOTHING, FORWARDED,
	  NULL, REDUCED },
	{ "C10", "SRTCP of reduced size, to be unprotected", SRTP_RTP, NOTHING, FORWARDED,
	  NULL, REDUCED },
	{ "C11", "RTCP of reduced size, as it is", RTP_RTP, NOTHING, FORWARDED, NULL, REDUCED },
	{ "C12", "SRTCP again", SRTP_RTP, AGAIN, R(REPLAY), NULL, COMPOUND },
	{ "C13", "SRTCP again, for another key", SRTP_SRTP, AGAIN, R(REPLAY), NULL, COMPOUND },
	{ "C14", "SRTCP from before the window", SRTP_RTP, OLD, R(TOO_OLD), NULL, COMPOUND },
	{ "C15", "SRTCP with a flipped bit", SRTP_RTP, BAD_TAG, R(BAD_TAG), NULL, COMPOUND },
	{ "C16", "SRTCP with a flipped bit, for a local socket", LOCAL, BAD_TAG, R(BAD_TAG),
	  NULL, COMPOUND },
	{ "C17", "plain RTCP where SRTCP must come", SRTP_RTP, PLAIN, R(BAD_TAG), NULL, COMPOUND },
	{ "C18", "plain RTCP for a local socket", LOCAL, PLAIN, R(BAD_TAG), NULL, COMPOUND },
	{ "C19", "plain RTCP where SRTCP must come, own port", SRTCP_RTCP, PLAIN, R(BAD_TAG),
	  NULL, COMPOUND },
	{ "C20", "SRTCP of one SSRC too many", SRTP_RTP, OTHER_SSRC, R(NO_STREAM), NULL, COMPOUND },
	{ "C21", "RTCP of one SSRC too many", RTP_SRTP, OTHER_SSRC, R(NO_STREAM), NULL, COMPOUND },
	{ "C22", "SRTCP, no key yet", RX_NO_KEY, NOTHING, R(NO_KEY), NULL, COMPOUND },
	{ "C23", "RTCP to be protected, no key yet", TX_NO_KEY, NOTHING, R(NO_KEY),
	  NULL, COMPOUND },
	{ "C24", "RTCP to be protected, key deleted", KEY_GONE, NOTHING, R(NO_KEY),
	  NULL, COMPOUND },
	{ "C25", "not all of an RTCP header", RTP_SRTP, SHORT, R(MALFORMED), NULL, COMPOUND },
	{ "C26", "not all of an RTCP header, RTP to RTP", RTP_RTP, SHORT, R(MALFORMED),
	  NULL, COMPOUND },
	{ "C27", "SRTCP too short for a tag", SRTP_RTP, SHORT, R(MALFORMED), NULL, COMPOUND },
	{ "C28", "RTCP length past the end", RTP_SRTP, LENGTH, R(MALFORMED), NULL, COMPOUND },
	{ "C29", "RTCP length past the end, RTP to RTP", RTP_RTP, LENGTH, R(MALFORMED),
	  NULL, COMPOUND },
	{ "C30", "RTCP, too big with index and tag", RTP_SRTP, BIG, R(TOO_BIG), NULL, COMPOUND },
	{ "C31", "RTCP from elsewhere than the remote", STRICT, FOREIGN, R(WRONG_SOURCE),
	  NULL, COMPOUND },
	{ "C32", "RTCP with TTL or hop limit 1", RTP_SRTP, TTL, R(TTL), NULL, COMPOUND },
	{ "C33", "RTCP, to be protected, only RTP", ONLY_RTP, NOTHING, R(NOT_WANTED),
	  NULL, COMPOUND },
	{ "C34", "RTP, to be protected, only RTCP", RTCP_SRTCP, NOTHING, R(NOT_WANTED), NULL, RTP },
	{ "C35", "RTP, to be protected, only RTP", ONLY_RTP, NOTHING, FORWARDED, NULL, RTP },
	{ "C36", "SRTP, to be unprotected, only RTCP", ONLY_RTCP, NOTHING, R(NOT_WANTED),
	  NULL, RTP },
	{ "C37", "RTCP, as it is, only RTP", PLAIN_RTP, NOTHING, R(NOT_WANTED), NULL, COMPOUND },
	{ "L1", "RTP, the first of its source", LEARN_TX, NOTHING, R(LEARNING), NULL, RTP },
	{ "L2", "RTP, the next in sequence", LEARN_TX, PROVES, FORWARDED, NULL, RTP },
	{ "L3", "RTP from elsewhere", LEARN_TX, FOREIGN, R(WRONG_SOURCE), NULL, RTP },
	{ "L4", "RTP of a new SSRC from the far end", LEARN_TX, OTHER_SSRC, R(LEARNING), NULL, RTP },
	{ "L5", "RTCP of an SSRC that is known", LEARN_TX, NOTHING, FORWARDED, NULL, COMPOUND },
	{ "L6", "RTCP of a new SSRC from the far end", LEARN_TX, OTHER_SSRC, R(LEARNING),
	  NULL, COMPOUND },
	{ "L7", "RTCP from elsewhere", LEARN_TX, FOREIGN, R(WRONG_SOURCE), NULL, COMPOUND },
	{ "L8", "RTCP on the port of RTP, nothing learned", LEARN_PORT, NOTHING, R(LEARNING),
	  NULL, COMPOUND },
	{ "L9", "and again", LEARN_PORT, NOTHING, R(LEARNING), NULL, COMPOUND },
	{ "L10", "RTP from the remote's address, the first", LEARN_PORT, NOTHING, R(LEARNING),
	  NULL, RTP },
	{ "L11", "and the next", LEARN_PORT, PROVES, FORWARDED, NULL, RTP },
	{ "L12", "RTCP alone, the first of its source", LEARN_RTCP, NOTHING, R(LEARNING),
	  NULL, COMPOUND },
	{ "L13", "and the next", LEARN_RTCP, NOTHING, FORWARDED, NULL, COMPOUND },
	{ "L14", "RTP, the window is over", LEARN_SHUT, NOTHING, R(WRONG_SOURCE), NULL, RTP },
	{ "L15", "SRTP", LEARN_RX, NOTHING, FORWARDED, NULL, RTP },
	{ "L16", "SRTP from elsewhere", LEARN_RX, FOREIGN, FORWARDED, NULL, RTP },
	{ "L17", "SRTP again", LEARN_RX, AGAIN, R(REPLAY), NULL, RTP },
	{ "L18", "SRTCP from elsewhere", LEARN_RX, FOREIGN, FORWARDED, NULL, COMPOUND },
	{ "L19", "SRTP with a flipped bit, nothing learned", LEARN_RX_ONCE, BAD_TAG, R(BAD_TAG),
	  NULL, RTP },
	{ "L20", "SRTP, the first", LEARN_RX_ONCE, NOTHING, FORWARDED, NULL, RTP },
	{ "L21", "SRTP from elsewhere, learned once", LEARN_RX_ONCE, FOREIGN, R(WRONG_SOURCE),
	  NULL, RTP },
	{ "L22", "RTP, whom it follows has learned nobody", FOLLOW_NONE, NOTHING,
	  R(NO_DESTINATION), NULL, RTP },
	{ "L23", "the same, but it has a destination", FOLLOW_TO, NOTHING, FORWARDED, NULL, RTP },
};

/* --- where things are --------------------------------------------------------- */

static int family = AF_INET;
static bool by_wire;
static int phone_fd, host_fd, peer_fd, local_fd;
static struct xnl *xnl;

/* The SRTP ends. */
enum { OF_RTP_SRTP, OF_SRTP_SRTP, OF_SHORT_TAG, OF_ONLY_RTP, OF_RTCP_SRTCP, OF_LEARN,
       RECEIVERS };
static struct xsrtp_session *receiver[RECEIVERS];
static const uint16_t receiver_flow[RECEIVERS] = { RTP_SRTP, SRTP_SRTP, SHORT_TAG, ONLY_RTP,
						   RTCP_SRTCP, LEARN_TX };

/* Key and salt of what the phone sends, and of what the peer is to receive. */
static uint8_t master[2][XSRTP_KEY_MAX + XSRTP_SALT_MAX] = {
	"the key of what the phone sends, and salt" };

enum who { PHONE, HOST_A, HOST_B, PEER, NOWHERE };

static struct endpoint at(enum who who, uint16_t port)
{
	static const char *const addr[2][5] = {
		{ "10.71.1.2", "10.71.1.1", "10.71.2.1", "10.71.2.2", "198.51.100.1" },
		{ "fd71:1::2", "fd71:1::1", "fd71:2::1", "fd71:2::2", "2001:db8::1" } };
	struct endpoint ep = { .family = family, .port = port };

	if (inet_pton(family, addr[family == AF_INET6][who], ep.addr) != 1)
		errx(1, "address");
	return ep;
}

static void enter(const char *netns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static int packet_socket(const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		err(1, "%s", dev);
	return fd;
}

static int local_socket(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(LOCAL) };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)))
		err(1, "local socket");
	return fd;
}

/* --- flows ------------------------------------------------------------------------ */

/* Each flow sends under a key of its own, but for RTP and RTCP that each are alone. */
static void master_out(uint16_t port)
{
	port &= ~1;
	memcpy(master[1], &port, sizeof(port));
	master[1][2] = family;
}

static void master_init(void)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, master[1], sizeof(master[1])) != sizeof(master[1]))
		err(1, "random key");
	close(fd);
}

static uint32_t only_of(uint16_t port)
{
	switch (port) {
	case ONLY_RTP:
	case PLAIN_RTP:		return XSRTP_ONLY_RTP;
	case ONLY_RTCP:
	case LEARN_RTCP:
	case RTCP_SRTCP:	return XSRTP_ONLY_RTCP;
	default:		return 0;
	}
}

/* Without a word a flow that has no remote learns. */
static void learn_make(struct flow *f, uint16_t port)
{
	f->has_learn = port < LEARN_TX && port != STRICT;
	if (port == STRICT || port == LEARN_PORT)
		f->remote = at(PHONE, port == STRICT ? 4000 : 9);
	if (port >= LEARN_RX_ONCE) {
		f->has_learn = true;
		f->learn = port < FOLLOW_NONE ? XSRTP_LEARN_ONCE : XSRTP_LEARN_NEVER;
	}
	if (port == LEARN_SHUT)
		f->learn_window = 1;
}

/* The flow of the other direction, that has learned nobody. Returns its id. */
static uint32_t leader_make(uint16_t port)
{
	struct flow f = { .local = at(HOST_B, port), .action = XSRTP_ACTION_DELIVER };
	char text[512];
	uint32_t id;

	if (host_flow_add(xnl, &f, &id, text, sizeof(text)))
		errx(1, "flow %u: %s", port, text);
	return id;
}

static void follow_make(struct flow *f, uint16_t port)
{
	if (port < FOLLOW_NONE)
		return;
	f->follow = leader_make(port);
	if (port == FOLLOW_NONE)
		f->destination.family = 0;
}

static void flow_make(uint16_t port, uint8_t rx, uint8_t tx, bool key, enum who to)
{
	struct flow f = { .local = at(HOST_A, port), .action = XSRTP_ACTION_FORWARD,
			  .only = only_of(port) };
	struct key k[2] = { { .key_len = 16, .salt_len = 14 }, { .key_len = 16, .salt_len = 12 } };
	char text[512];
	uint32_t id;
	int i;

	master_out(port);
	for (i = 0; i < 2; i++) {
		memcpy(k[i].master_key, master[i], 16);
		memcpy(k[i].master_salt, master[i] + 16, k[i].salt_len);
	}
	if (rx)
		f.rx = (struct session){ .present = true, .suite = rx, .key = key ? &k[0] : NULL };
	if (tx) {
		k[1].salt_len = xsrtp_suite_info(tx)->salt_len;
		memcpy(k[1].master_salt, master[1] + 16, k[1].salt_len);
		f.tx = (struct session){ .present = true, .suite = tx, .key = key ? &k[1] : NULL };
	}
	f.source = at(HOST_B, port);
	f.destination = at(to, port);
	if (port == LOCAL) {
		f.action = XSRTP_ACTION_DELIVER;
		f.source.family = f.destination.family = 0;
	}
	learn_make(&f, port);
	follow_make(&f, port);
	if (host_flow_add(xnl, &f, &id, text, sizeof(text)))
		errx(1, "flow %u: %s", port, text);
	if (port == KEY_GONE) {
		struct flow which = flow_select(id, NULL);

		if (key_del(xnl, &which, TX, false))
			errx(1, "key: %s", xnl_error(xnl));
	}
}

#define CM80 XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80
#define CM32 XSRTP_SUITE_AES_CM_128_HMAC_SHA1_32
#define GCM XSRTP_SUITE_AEAD_AES_128_GCM

static void make_flows(void)
{
	flow_make(RTP_SRTP, 0, CM80, true, PEER);
	flow_make(SRTP_RTP, CM80, 0, true, PEER);
	flow_make(RX_NO_KEY, CM80, 0, false, PEER);
	flow_make(TX_NO_KEY, 0, CM80, false, PEER);
	flow_make(STRICT, 0, 0, true, PEER);
	flow_make(RTP_RTP, 0, 0, true, PEER);
	flow_make(LOCAL, CM80, 0, true, PEER);
	flow_make(NO_ROUTE, 0, 0, true, NOWHERE);
	flow_make(SRTP_SRTP, CM80, GCM, true, PEER);
	flow_make(KEY_GONE, 0, CM80, true, PEER);
	flow_make(SHORT_TAG, 0, CM32, true, PEER);
	flow_make(ONLY_RTP, 0, CM80, true, PEER);
	flow_make(RTCP_SRTCP, 0, CM80, true, PEER);
	flow_make(ONLY_RTCP, CM80, 0, true, PEER);
	flow_make(PLAIN_RTP, 0, 0, true, PEER);
	flow_make(SRTCP_RTCP, CM80, 0, true, PEER);
	flow_make(LEARN_TX, 0, CM80, true, PEER);
	flow_make(LEARN_RX, CM80, 0, true, PEER);
	flow_make(LEARN_RX_ONCE, CM80, 0, true, PEER);
	flow_make(LEARN_SHUT, 0, 0, true, PEER);
	flow_make(LEARN_RTCP, 0, 0, true, PEER);
	flow_make(LEARN_PORT, 0, 0, true, PEER);
	flow_make(FOLLOW_NONE, 0, 0, true, PEER);
	flow_make(FOLLOW_TO, 0, 0, true, PEER);
}

static struct xsrtp_session *session_make(uint8_t suite, int which)
{
	struct xsrtp_session_config cfg = { .suite = suite };
	struct xsrtp_session *s = aligned_alloc(XSRTP_ALIGN, xsrtp_session_size(&cfg));
	struct xsrtp_key_config key = { .key = master[which], .salt = master[which] + 16 };

	if (!s || xsrtp_session_init(s, &cfg) ||
	    xsrtp_key_set(s, xsrtp_cipher_get(0), 0, &key) || xsrtp_key_use(s, 0))
		errx(1, "session");
	return s;
}

static void make_receivers(void)
{
	static const uint8_t suite[RECEIVERS] = { CM80, GCM, CM32, CM80, CM80, CM80 };
	int i;

	for (i = 0; i < RECEIVERS; i++) {
		master_out(receiver_flow[i]);
		receiver[i] = session_make(suite[i], 1);
	}
}

/* Who receives SRTP from the flow; NULL: RTP. */
static struct xsrtp_session *receiver_of(uint16_t flow)
{
	int i;

	for (i = 0; i < RECEIVERS; i++)
		if (receiver_flow[i] == flow)
			return receiver[i];
	return NULL;
}

/* Does the phone send SRTP to the flow? */
static bool sends_srtp(uint16_t flow)
{
	return flow == SRTP_RTP || flow == RX_NO_KEY || flow == LOCAL || flow == SRTP_SRTP ||
	       flow == SRTCP_RTCP || flow == ONLY_RTCP || flow == LEARN_RX ||
	       flow == LEARN_RX_ONCE;
}

/* --- frames ------------------------------------------------------------------------ */

struct frame {
	uint8_t b[FRAME_MAX];
	uint32_t len;
};

static uint16_t next_number[2][65536];	/* RTP's, SRTCP's; by flow */
static struct frame plain;		/* the packet under way, as RTP or RTCP */

/* Sequence number or SRTCP index of a row's packet. */
static uint16_t number(const struct row *r)
{
	uint16_t *next = &next_number[r->kind != RTP][r->flow];

	return r->change == AGAIN ? *next - 1 : r->change == OLD ? *next - 200 : (*next)++;
}

static uint32_t ssrc_of(const struct row *r)
{
	return r->change == OTHER_SSRC ? SSRC + 1 : SSRC;
}

/* The RTP packet of a row. Returns its length. */
static uint32_t rtp_make(const struct row *r, uint8_t *p, uint16_t seq)
{
	uint32_t text = r->change == BIG ? (family == AF_INET ? 1460 : 1440) : PAYLOAD;
	uint32_t ssrc = htonl(ssrc_of(r));

	memset(p, 0, 12);
	p[0] = 0x80;
	p[2] = seq >> 8;
	p[3] = seq;
	memcpy(p + 8, &ssrc, 4);
	memset(p + 12, TEXT, text);
	return 12 + text;
}

/* One packet of a compound: @text bytes behind the SSRC. */
static uint32_t rtcp_put(const struct row *r, uint8_t *p, uint8_t count, uint8_t pt,
			 uint32_t text)
{
	uint32_t ssrc = htonl(ssrc_of(r)), words = 1 + text / 4;

	p[0] = 0x80 | count;
	p[1] = pt;
	p[2] = words >> 8;
	p[3] = words;
	memcpy(p + 4, &ssrc, 4);
	memset(p + 8, TEXT, text);
	return 8 + text;
}

/* A sender's report and something of an application, or feedback alone. */
static uint32_t rtcp_make(const struct row *r, uint8_t *p)
{
	/* With SRTP's tag it would still go through. */
	uint32_t all = r->change == BIG ? (family == AF_INET ? 1460 : 1440) : 76;
	uint32_t len;

	if (r->kind == REDUCED)
		return rtcp_put(r, p, 1, 205, 16);
	len = rtcp_put(r, p, 0, 200, 20);
	return len + rtcp_put(r, p + len, 0, 204, all - len - 8);
}

/* As the SRTP phone sends it; a session anew, so that any index may come. */
static uint32_t srtp_make(const struct row *r, uint8_t *p, uint32_t len, uint16_t index)
{
	struct xsrtp_session *s = session_make(CM80, 0);
	struct xsrtp_packet pkt = { .session = s, .data = p, .len = len, .room = 64 };
	struct xsrtp_stream_state state = { ssrc_of(r), index - 1 };

	if (r->kind == RTP) {
		xsrtp_protect(xsrtp_cipher_get(0), &pkt, 1);
	} else {
		if (xsrtp_stream_set_rtcp(s, &state))
			errx(1, "SRTCP index");
		xsrtp_protect_rtcp(xsrtp_cipher_get(0), &pkt, 1);
	}
	if (pkt.reason)
		errx(1, "cannot protect: %s", xsrtp_reason_name(pkt.reason));
	free(s);
	return pkt.len;
}

static uint32_t payload_make(const struct row *r, uint8_t *p)
{
	uint16_t index = number(r);
	uint32_t len = r->kind == RTP ? rtp_make(r, p, index) : rtcp_make(r, p);

	memcpy(plain.b, p, len);
	plain.len = len;
	if (sends_srtp(r->flow) && r->change != PLAIN)
		len = srtp_make(r, p, len, index);
	switch (r->change) {
	case BAD_TAG:	p[40] ^= 4; break;
	case VERSION:	p[0] = 0x50; break;
	case CSRC:	p[0] |= 0x0f; len = 60; break;
	case EXTENSION:	p[0] |= 0x10; p[14] = 0x40; break;
	case LENGTH:	p[31] += 1; break;	/* of the second report */
	case STUN:	p[0] = 0; break;
	case DTLS:	p[0] = 22; break;
	case JUNK:	p[0] = 0xff; break;
	case EMPTY:	return 0;
	case SHORT:	return r->kind == RTP ? (sends_srtp(r->flow) ? 12 + 9 : 11) :
					        (sends_srtp(r->flow) ? 8 + 13 : 7);
	default:	break;
	}
	return len;
}

static uint16_t fold(const void *data, uint32_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* What the packet says of fragments: offset 1,480 or the first, and that more come. */
static uint16_t offset_of(const struct row *r)
{
	return r->change == LATER ? 1480 : 0;
}

static bool is_fragment(const struct row *r)
{
	return r->change == FRAGMENT || r->change == LATER || r->change == CUT;
}

static void frame_ip4(const struct row *r, struct frame *f, uint32_t udp_len,
		      const struct endpoint *from, const struct endpoint *to)
{
	struct iphdr *ip = (struct iphdr *)(f->b + f->len);
	uint32_t hlen = r->change == OPTIONS ? 24 : 20;

	memset(ip, 1, hlen);	/* options: NOPs */
	*ip = (struct iphdr) {
		.version = 4, .ihl = hlen / 4, .ttl = r->change == TTL ? 1 : 64,
		.tot_len = htons(hlen + udp_len + (r->change == IP_LEN ? 8 : 0)),
		.protocol = r->change == NOT_UDP ? IPPROTO_UDPLITE : IPPROTO_UDP,
		.frag_off = htons(is_fragment(r) ? 0x2000 | offset_of(r) / 8 : 0x4000) };
	memcpy(&ip->saddr, from->addr, 4);
	memcpy(&ip->daddr, to->addr, 4);
	ip->check = htons(~fold(ip, hlen, 0)) ^ (r->change == IP_SUM);
	f->len += hlen;
}

static void frame_ip6(const struct row *r, struct frame *f, uint32_t udp_len,
		      const struct endpoint *from, const struct endpoint *to)
{
	struct ip6_hdr *ip = (struct ip6_hdr *)(f->b + f->len);
	uint32_t ext = r->change == OPTIONS || is_fragment(r) ? 8 : 0;
	uint8_t *next = &ip->ip6_nxt;

	memset(ip, 0, sizeof(*ip) + ext);
	ip->ip6_vfc = 0x60;
	ip->ip6_plen = htons(udp_len + ext + (r->change == IP_LEN ? 8 : 0));
	ip->ip6_hlim = r->change == TTL ? 1 : 64;
	memcpy(&ip->ip6_src, from->addr, 16);
	memcpy(&ip->ip6_dst, to->addr, 16);
	f->len += sizeof(*ip) + ext;
	if (ext) {
		*next = is_fragment(r) ? IPPROTO_FRAGMENT : IPPROTO_DSTOPTS;
		next = f->b + f->len - ext;
		if (is_fragment(r))
			next[2] = offset_of(r) >> 8, next[3] = offset_of(r) | 1;
		else
			next[2] = 1, next[3] = 4;	/* PadN */
	}
	*next = r->change == NOT_UDP ? IPPROTO_UDPLITE : IPPROTO_UDP;
}

static void frame_make(const struct row *r, struct frame *f)
{
	struct endpoint from = at(PHONE, r->change == FOREIGN ? 4002 : 4000);
	struct endpoint to = at(HOST_A, r->flow);
	uint8_t payload[FRAME_MAX];
	uint32_t len = payload_make(r, payload), alen = family == AF_INET ? 4 : 16;
	uint32_t udp_len = r->change == CUT ? 4 : 8 + len;
	struct udphdr *udp;
	uint32_t sum;

	memset(f->b, 0, 12);
	f->b[0] = 2;
	f->b[12] = family == AF_INET ? 0x08 : 0x86;
	f->b[13] = family == AF_INET ? 0x00 : 0xdd;
	f->len = 14;
	if (family == AF_INET)
		frame_ip4(r, f, udp_len, &from, &to);
	else
		frame_ip6(r, f, udp_len, &from, &to);
	udp = (struct udphdr *)(f->b + f->len);
	*udp = (struct udphdr) { .source = htons(from.port), .dest = htons(to.port),
				 .len = htons(8 + len + (r->change == UDP_LEN ? 8 : 0)) };
	memcpy(udp + 1, payload, len);
	sum = fold(from.addr, alen, 0) + fold(to.addr, alen, 0) + IPPROTO_UDP + 8 + len;
	udp->check = htons(~fold(udp, 8 + len, sum));
	f->len += udp_len;
}

/* --- what comes of it ---------------------------------------------------------------- */

/* What the phone's packet was before it was SRTP, if it was, and not a byte else? */
static bool is_plain(const uint8_t *p, int len)
{
	return len == (int)plain.len && !memcmp(p, plain.b, len);
}

/* Is the frame what the flow must make of it: whole, and right in every sum? */
static const char *judge(const struct row *r, uint8_t *b, int n)
{
	uint32_t hlen = family == AF_INET ? 20 : 40, alen = family == AF_INET ? 4 : 16;
	struct endpoint from = at(HOST_B, r->flow), to = at(PEER, r->flow);
	uint8_t *l3 = b + 14, *udp = l3 + hlen, *rtp = udp + 8;
	const uint8_t *saddr = l3 + hlen - 2 * alen;
	struct xsrtp_packet p = { .data = rtp, .session = receiver_of(r->flow) };
	int len = n - (rtp - b);

	if (len < 12 || (udp[4] << 8 | udp[5]) != 8 + len)
		return "lengths";
	if (memcmp(saddr, from.addr, alen) || memcmp(saddr + alen, to.addr, alen))
		return "addresses";
	if (l3[family == AF_INET ? 8 : 7] != 63)
		return "TTL";
	if (family == AF_INET && fold(l3, 20, 0) != 0xffff)
		return "IP checksum";
	if (!(udp[6] | udp[7]) ||
	    fold(udp, 8 + len, fold(saddr, 2 * alen, IPPROTO_UDP + 8 + len)) != 0xffff)
		return "UDP checksum";
	if (p.session) {
		if (memmem(rtp, len, "ZZZZZZZZ", 8))
			return "plaintext";
		p.len = len;
		if (RTCP_PT(rtp))
			xsrtp_unprotect_rtcp(xsrtp_cipher_get(0), &p, 1);
		else
			xsrtp_unprotect(xsrtp_cipher_get(0), &p, 1);
		if (p.reason)
			return xsrtp_reason_name(p.reason);
		len = p.len;
	}
	return is_plain(rtp, len) ? NULL : "contents";
}

/* Is this frame on the peer's wire one of ours (and not neighbour discovery)? */
static bool is_media(const uint8_t *b, int n)
{
	return n > 24 && (family == AF_INET ? b[12] == 8 && b[13] == 0 && b[23] == IPPROTO_UDP :
			  b[12] == 0x86 && b[20] == IPPROTO_UDP);
}

/* Frames that arrive at the peer within @ms; *@why: what is wrong with one. */
static int arrivals(const struct row *r, int ms, const char **why)
{
	struct pollfd pfd = { .fd = peer_fd, .events = POLLIN };
	struct sockaddr_ll from;
	socklen_t from_len;
	uint8_t b[FRAME_MAX];
	int n, count = 0;

	while (poll(&pfd, 1, count ? 20 : ms) > 0) {
		from_len = sizeof(from);
		n = recvfrom(peer_fd, b, sizeof(b), 0, (struct sockaddr *)&from, &from_len);
		if (n < 0 || from.sll_pkttype == PACKET_OUTGOING || !is_media(b, n))
			continue;
		count++;
		*why = judge(r, b, n);
	}
	return count;
}

static int deliveries(int ms, const char **why)
{
	struct pollfd pfd = { .fd = local_fd, .events = POLLIN };
	uint8_t b[FRAME_MAX];
	int n, count = 0;

	while (poll(&pfd, 1, count ? 20 : ms) > 0) {
		n = recv(local_fd, b, sizeof(b), 0);
		count++;
		if (!is_plain(b, n))
			*why = "contents";
	}
	return count;
}

struct counts {
	struct stats module;
	struct map_counter program[64];
};

static void counts_get(struct counts *c)
{
	if (stats_get(xnl, &c->module))
		errx(1, "stats: %s", xnl_error(xnl));
	memset(c->program, 0, sizeof(c->program));
	if (by_wire && ingress_stats(c->program, 64) < 0)
		errx(1, "the program's counters");
}

static uint64_t program_count(const struct counts *c, const char *name)
{
	int i;

	for (i = 0; i < 64 && c->program[i].name; i++)
		if (!strcmp(c->program[i].name, name))
			return c->program[i].packets;
	return 0;
}

/* Which verdict the counters say: exactly one of one packet, or a text of what else. */
static const char *verdict(const struct counts *was, const struct counts *is, const char *program)
{
	static char text[128];
	uint64_t drops = 0, sent = is->module.tx_packets - was->module.tx_packets;
	int i, reason = 0;

	for (i = 1; i < XSRTP_REASON_MAX; i++) {
		if (is->module.drop[i] != was->module.drop[i])
			reason = i;
		drops += is->module.drop[i] - was->module.drop[i];
	}
	if (program && program_count(is, program) == program_count(was, program) + 1 &&
	    !drops && !sent)
		return program;
	if (drops == 1 && !sent)
		return xsrtp_reason_name(reason);
	if (sent == 1 && !drops)
		return "sent";
	snprintf(text, sizeof(text), "%llu dropped, %llu sent", (unsigned long long)drops,
		 (unsigned long long)sent);
	return text;
}

/* Sends one frame of the row, and waits for what comes of it: the verdict. */
static const char *try_row(const struct row *r, const char *program, int *arrived, const char **why)
{
	bool lives = r->device >= FORWARDED;
	struct counts was, is;
	struct frame f;

	frame_make(r, &f);
	counts_get(&was);
	if (send(by_wire ? phone_fd : host_fd, f.b, f.len, 0) != (int)f.len)
		err(1, "send %s", r->id);
	*arrived = r->device == DELIVERED ? deliveries(1000, why) :
		   arrivals(r, lives ? 1000 : 60, why);
	counts_get(&is);
	return verdict(&was, &is, program);
}

static void run_row(const struct row *r)
{
	const char *program = by_wire ? r->program : NULL, *got, *why = NULL, *want;
	bool lives = r->device >= FORWARDED;
	struct row first = *r;
	int arrived, tries;

	if (family == AF_INET6 && r->change == IP_SUM)
		return;
	first.device = R(LEARNING);
	got = try_row(r, program, &arrived, &why);
	/* What is to be in sequence must come soon, too: on a slow machine both again. */
	for (tries = 0; tries < 5 && r->change == PROVES && !strcmp(got, "learning"); tries++) {
		try_row(&first, program, &arrived, &why);
		got = try_row(r, program, &arrived, &why);
	}
	want = program ? program : lives ? "sent" : xsrtp_reason_name(r->device);
	if (!why && arrived != lives)
		why = lives ? "did not arrive once" : "arrived";
	ok(!strcmp(got, want) && !why, "%s %s, IPv%d: %s%s%s%s%s", r->id, r->event,
	   family == AF_INET ? 4 : 6, want, strcmp(got, want) ? ", not " : "",
	   strcmp(got, want) ? got : "", why ? "; wrong: " : "", why ? why : "");
}

int main(int argc, char **argv)
{
	char text[512];
	unsigned int i;

	if (argc != 2)
		errx(2, "usage: verdicts xdp|device");
	by_wire = !strcmp(argv[1], "xdp");
	master_init();
	enter("peer");
	peer_fd = packet_socket("q0");
	enter("phone");
	phone_fd = packet_socket("p0");
	enter("host");
	host_fd = packet_socket("xsrtp0");
	local_fd = local_socket();
	xnl = xnl_open(text, sizeof(text));
	if (!xnl)
		errx(1, "%s", text);

	for (family = AF_INET; ; family = AF_INET6) {
		make_flows();
		make_receivers();
		for (i = 0; i < 65536; i++)
			next_number[0][i] = next_number[1][i] = 1000;
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			run_row(&rows[i]);
		if (host_flow_del_all(xnl, &i, text, sizeof(text)))
			errx(1, "%s", text);
		if (family == AF_INET6)
			break;
	}
	return tap_done();
}
