// SPDX-License-Identifier: GPL-2.0
/*
 * SDP: what is read of a document, what is refused and on which line, and that in
 * what is written nothing differs but what was to be changed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "sdp.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\n"
#define SESSION HEAD "c=IN IP4 192.0.2.10\r\nt=0 0\r\n"

static struct sdp sdp;
static char bytes[1 << 16], err[256];

static int parse(struct text t)
{
	static char *p;

	free(p);
	p = malloc(t.len ?: 1);
	memcpy(p, t.s, t.len);
	*err = 0;
	return sdp_parse((struct text){ p, t.len }, &sdp, err, sizeof(err));
}

static struct sdp_change change(void)
{
	struct sdp_change c = { .address = { AF_INET, { 203, 0, 113, 5 }, 0 } };
	unsigned int i;

	for (i = 0; i < SDP_MEDIA; i++)
		c.medium[i] = (struct sdp_medium_change){ .proto = SDP_AVP, .rtp_port = 30000 + 2 * i,
							  .rtcp_port = 30001 + 2 * i };
	return c;
}

static void expect(const char *in, const struct sdp_change *c, const char *out)
{
	struct buf b = buf_on(bytes, sizeof(bytes));

	if (parse(text_of(in)))
		fail_msg("%s: %s", in, err);
	sdp_write(&sdp, c, &b);
	assert_false(buf_full(&b));
	if (!text_is(buf_text(&b), out))
		fail_msg("%s\ngot:\n%.*s\nnot:\n%s", in, (int)b.len, b.data, out);
}

static void test_read(void **state)
{
	assert_int_equal(parse(text_of(SESSION "m=audio 4000 RTP/SAVP 0 8\r\na=rtcp:4005\r\n"
		"a=crypto:1 A\r\na=crypto:2 B\r\na=ice-ufrag:x\r\n"
		"m=video 5000 RTP/AVPF 96\r\nc=IN IP6 2001:db8::1\r\na=rtcp-mux\r\n"
		"m=image 6000 udptl t38\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\n")), 0);
	assert_int_equal(sdp.n_media, 4);
	assert_int_equal(sdp.medium[0].proto, SDP_SAVP);
	assert_int_equal(sdp.medium[0].rtp.port, 4000);
	assert_int_equal(sdp.medium[0].rtcp.port, 4005);
	assert_memory_equal(sdp.medium[0].rtcp.addr, "\xc0\0\2\x0a", 4);
	assert_int_equal(sdp.medium[0].n_crypto, 2);
	assert_true(text_is(sdp.medium[0].crypto[1], "2 B"));
	assert_true(sdp.medium[0].ice);
	assert_false(sdp.medium[0].mux);
	assert_int_equal(sdp.medium[1].rtp.family, AF_INET6);
	assert_int_equal(sdp.medium[1].rtcp.family, AF_INET6);
	assert_int_equal(sdp.medium[1].rtcp.port, 5001);
	assert_true(sdp.medium[1].mux);
	assert_int_equal(sdp.medium[2].proto, SDP_OTHER);
	assert_int_equal(sdp.medium[3].proto, SDP_TLS_SAVPF);
	assert_int_equal(sdp.medium[3].port, 0);
	assert_int_equal(parse(text_of("v=0\nm=audio 9 RTP/AVP 0\na=rtcp:9 IN IP4 0.0.0.0\n"
				       "c=IN IP4 0.0.0.0\n")), 0);
	assert_true(sdp_unset(&sdp.medium[0].rtp));
	assert_true(sdp_unset(&sdp.medium[0].rtcp));
}

#define AB8 "AB:AB:AB:AB:AB:AB:AB:AB"
#define FP "a=fingerprint:sha-256 " AB8 ":" AB8 ":" AB8 ":" AB8 "\r\n"
#define ID "0123456789abcdefghij"

/* Of the medium, or else of the session; what it says of other media is nobody's business. */
static void test_dtls(void **state)
{
	assert_int_equal(parse(text_of(SESSION FP "a=fingerprint:sha-1 AB\r\na=setup:ACTPASS\r\na=tls-id:" ID "\r\n"
		"m=audio 4000 UDP/TLS/RTP/SAVP 0\r\nm=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n" FP FP "a=setup:passive\r\n"
		"m=audio 4000 RTP/AVP 0\r\na=fingerprint:junk\r\na=setup:junk\r\na=tls-id:x\r\n"
		"m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:sha-1 AB\r\na=setup:holdconn\r\n")), 0);
	assert_int_equal(sdp.medium[0].proto, SDP_TLS_SAVP);
	assert_int_equal(sdp.medium[0].prints.n, 1);
	assert_true(sdp.medium[0].weak_prints);
	assert_int_equal(sdp.medium[0].setup, SETUP_ACTPASS);
	assert_true(text_is(sdp.medium[0].tls_id, ID));
	assert_int_equal(sdp.medium[1].prints.n, 2);
	assert_false(sdp.medium[1].weak_prints);
	assert_int_equal(sdp.medium[1].setup, SETUP_PASSIVE);
	assert_true(text_is(sdp.medium[1].tls_id, ID));
	assert_int_equal(sdp.medium[2].prints.n + sdp.medium[2].setup + sdp.medium[2].tls_id.len, 0);
	assert_int_equal(sdp.medium[3].prints.n, 0);	/* its own is weak: no other stands in for it */
	assert_true(sdp.medium[3].weak_prints);
	assert_int_equal(sdp.medium[3].setup, SETUP_HOLDCONN);
	assert_int_equal(parse(text_of(SESSION "a=setup:junk\r\nm=audio 4000 RTP/AVP 0\r\n")), 0);
}

static void test_kept(void **state)
{
	struct sdp_change c = change();

	/* each line end as it is; blanks, unknown letters and a last line without an end too */
	expect("v=0\r\no=x 1 2 IN IP4 host.example\ns=\xff \t\r\nx=?\nc=IN IP4 192.0.2.1\r\n"
	       "a=unknown:  y \r\nm=audio 1000 RTP/AVP 0\r\n\r\na=sendonly", &c,
	       "v=0\r\no=x 1 2 IN IP4 host.example\ns=\xff \t\r\nx=?\nc=IN IP4 203.0.113.5\r\n"
	       "a=unknown:  y \r\nm=audio 30000 RTP/AVP 0\r\n\r\na=sendonly\r\na=rtcp:30001\r\n");
}

static void test_connection(void **state)
{
	struct sdp_change c = change();

	/* the session's c= stays where no medium lives by it, unless asked for */
	expect(SESSION "m=audio 10 RTP/AVP 0\r\nc=IN IP4 192.0.2.11\r\n", &c,
	       SESSION "m=audio 30000 RTP/AVP 0\r\nc=IN IP4 203.0.113.5\r\na=rtcp:30001\r\n");
	c.session = true;
	expect(SESSION "m=audio 10 RTP/AVP 0\r\nc=IN IP4 192.0.2.11\r\n", &c,
	       HEAD "c=IN IP4 203.0.113.5\r\nt=0 0\r\n"
	       "m=audio 30000 RTP/AVP 0\r\nc=IN IP4 203.0.113.5\r\na=rtcp:30001\r\n");
	c.origin = true;
	c.address = (struct endpoint){ AF_INET6, { 0x20, 1, 0xd, 0xb8, [15] = 5 }, 0 };
	c.medium[0].full_rtcp = true;
	expect(SESSION "m=audio 10 RTP/AVP 0\r\n", &c,
	       "v=0\r\no=- 1 1 IN IP6 2001:db8::5\r\ns=-\r\nc=IN IP6 2001:db8::5\r\nt=0 0\r\n"
	       "m=audio 30000 RTP/AVP 0\r\na=rtcp:30001 IN IP6 2001:db8::5\r\n");
	c.medium[0].hold = true;
	c.medium[0].rtcp_port = 0;
	c.origin = false;
	expect(HEAD "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 10 RTP/AVP 0\r\n", &c,
	       HEAD "c=IN IP6 ::\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n");
}

/* Nothing secret of one side reaches the other, in a refused medium neither. */
static void test_secrets(void **state)
{
	struct sdp_change c = change();
	static const char in[] = SESSION "a=fingerprint:sha-256 AA\r\na=ice-lite\r\n"
		"m=audio 10 RTP/SAVPF 0\r\na=crypto:1 SECRET\r\na=setup:actpass\r\na=rtcp-fb:* nack\r\n"
		"a=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\na=ice-pwd:p\r\na=rtcp-mux\r\na=mid:0\r\n"
		"m=image 12 udptl t38\r\na=crypto:1 SECRET\r\na=tls-id:x\r\na=key-mgmt:mikey S\r\nk=clear:S\r\na=cryptoscale:1 client S inline:S\r\na=T38FaxVersion:0\r\n";

	c.medium[1].refuse = true;
	c.medium[0].mux = true;
	c.medium[0].proto = SDP_SAVP;
	c.medium[0].lines = text_of("a=crypto:1 OURS\r\n");
	expect(in, &c, HEAD "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 30000 RTP/SAVP 0\r\na=mid:0\r\n"
	       "a=rtcp:30001\r\na=rtcp-mux\r\na=crypto:1 OURS\r\n"
	       "m=image 0 udptl t38\r\na=T38FaxVersion:0\r\n");
	c.medium[0].proto = SDP_SAVPF;
	c.medium[0].lines = text_of("");
	c.medium[0].mux = false;
	c.medium[0].rtcp_port = 0;
	expect(in, &c, HEAD "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 30000 RTP/SAVPF 0\r\n"
	       "a=rtcp-fb:* nack\r\na=mid:0\r\nm=image 0 udptl t38\r\na=T38FaxVersion:0\r\n");
}

static const struct { const char *in, *says; } bad[] = {
	{ "", "line 1: it is empty" }, { "o=x\r\n", "line 1: an SDP begins with v=0" },
	{ "v=1\r\n", "begins with v=0" }, { "v=0\r\nx\r\n", "line 2: a line is a letter" },
	{ SESSION "m=audio\r\n", "line 6: m= is" }, { SESSION "m=audio x RTP/AVP 0\r\n", "m= is" },
	{ SESSION "m=audio 65536 RTP/AVP 0\r\n", "m= is" }, { SESSION "m=audio -1 RTP/AVP 0\r\n", "m= is" },
	{ SESSION "m= 1 RTP/AVP 0\r\n", "m= is" }, { SESSION "m=audio 1\r\n", "m= is" },
	{ SESSION "m=audio 10/2 RTP/AVP 0\r\n", "several ports" },
	{ SESSION "m=audio 65535 RTP/AVP 0\r\n", "none for RTCP" },
	{ HEAD "m=audio 10 RTP/AVP 0\r\n", "line 4: m=audio and the session have no c=" },
	{ "v=0\r\nc=IN IP4\r\n", "line 2: an address is" }, { "v=0\r\nc=ATM NSAP 1\r\n", "an address is" },
	{ "v=0\r\nc=IN IP4 host.example\r\n", "\"host.example\" is not an IPv4 address" },
	{ "v=0\r\nc=IN IP4 224.2.1.1/127\r\n", "no multicast" }, { "v=0\r\nc=IN IP6 1.2.3.4\r\n", "not an IPv6" },
	{ "v=0\r\nc=IN IP4 ::1\r\n", "not an IPv4" }, { "v=0\r\nc=IN IP4 1.2.3.4.\r\n", "not an IPv4" },
	{ SESSION "m=audio 10 RTP/AVP 0\r\nc=IN IP4 1.2.3.4\r\nc=IN IP4 1.2.3.4\r\n", "line 8: a second c=" },
	{ SESSION "a=setup:junk\r\nm=audio 10 UDP/TLS/RTP/SAVP 0\r\n", "line 6: a=setup is" },
	{ SESSION "a=fingerprint:sha-256 A\r\nm=audio 10 UDP/TLS/RTP/SAVP 0\r\n", "line 6: a=fingerprint: sha-256 has" },
	{ SESSION "m=audio 10 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:\r\n", "line 7: a=fingerprint is" },
	{ SESSION "m=audio 10 UDP/TLS/RTP/SAVP 0\r\na=setup:\r\n", "line 7: a=setup is" },
	{ SESSION "m=audio 10 UDP/TLS/RTP/SAVP 0\r\na=tls-id:0123456789abcdefghi\r\n", "a=tls-id has" },
	{ SESSION "m=audio 10 RTP/AVP 0\r\na=rtcp:0\r\n", "a=rtcp takes" },
	{ SESSION "m=audio 10 RTP/AVP 0\r\na=rtcp:65536\r\n", "a=rtcp takes" },
	{ SESSION "m=audio 10 RTP/AVP 0\r\na=rtcp:11 IN IP4 x\r\n", "not an IPv4" },
};

static void test_bad(void **state)
{
	size_t i;

	for (i = 0; i < N(bad); i++)
		if (parse(text_of(bad[i].in)) != -EINVAL || !strstr(err, bad[i].says))
			fail_msg("%s: says \"%s\"", bad[i].in, err);
	assert_int_equal(parse((struct text){ "v=0\0\n", 5 }), -EINVAL);
}

static struct text many(const char *head, const char *each, unsigned int n)
{
	struct buf b = buf_on(bytes, sizeof(bytes));

	buf_puts(&b, head);
	while (n--)
		buf_puts(&b, each);
	assert_false(buf_full(&b));
	return buf_text(&b);
}

static void test_limits(void **state)
{
	assert_int_equal(parse(many("v=0\n", "a=x\n", SDP_LINES - 1)), 0);
	assert_int_equal(parse(many("v=0\n", "a=x\n", SDP_LINES)), -EINVAL);
	assert_int_equal(parse(many("v=0\n", "m=audio 0 RTP/AVP 0\n", SDP_MEDIA)), 0);
	assert_int_equal(parse(many("v=0\n", "m=audio 0 RTP/AVP 0\n", SDP_MEDIA + 1)), -EINVAL);
	assert_int_equal(parse(many("v=0\nm=a 0 x 0\n", "a=crypto:x\n", SDP_CRYPTO)), 0);
	assert_int_equal(parse(many("v=0\nm=a 0 x 0\n", "a=crypto:x\n", SDP_CRYPTO + 1)), -EINVAL);
	assert_int_equal(parse(many("v=0\nm=a 0 UDP/TLS/RTP/SAVP 0\n", FP, FINGERPRINTS)), 0);
	assert_int_equal(parse(many("v=0\nm=a 0 UDP/TLS/RTP/SAVP 0\n", FP, FINGERPRINTS + 1)), -EINVAL);
}

/* Cut anywhere, it is read or refused, and what is read is written. */
/* On hold: what the medium says counts, else what the session says, or an unset address. */
static void test_silent(void **state)
{
	static const struct {
		const char *session, *medium;
		bool silent;
	} rows[] = {
		{ "", "", false }, { "", "a=sendrecv\r\n", false }, { "", "a=sendonly\r\n", true },
		{ "", "a=recvonly\r\n", true }, { "", "a=inactive\r\n", true }, { "", "a=INACTIVE\r\n", true },
		{ "a=inactive\r\n", "", true }, { "a=inactive\r\n", "a=sendrecv\r\n", false },
		{ "a=sendrecv\r\n", "a=recvonly\r\n", true }, { "", "a=inactive:1\r\n", false },
		{ "", "c=IN IP4 0.0.0.0\r\n", true }, { "", "c=IN IP6 ::\r\n", true },
	};
	char text[512];
	size_t i;

	for (i = 0; i < N(rows); i++) {
		snprintf(text, sizeof(text), SESSION "%sm=audio 4000 RTP/AVP 0\r\n%sm=audio 4002 RTP/AVP 0\r\n"
			 "a=sendrecv\r\n", rows[i].session, rows[i].medium);
		assert_int_equal(parse(text_of(text)), 0);
		assert_int_equal(sdp_silent(&sdp, 0), rows[i].silent);
		assert_false(sdp_silent(&sdp, 1));
	}
}

static void test_cut(void **state)
{
	static const char in[] = SESSION "m=audio 10 RTP/SAVP 0\r\na=rtcp:11 IN IP4 192.0.2.3\r\n"
		"a=crypto:1 X\r\nm=video 20 RTP/AVP 96\r\nc=IN IP6 ::1\r\n";
	struct sdp_change c = change();
	struct buf b;
	size_t n;

	c.origin = true;
	for (n = 0; n < sizeof(in); n++) {
		if (parse((struct text){ in, n }))
			continue;
		b = buf_on(bytes, sizeof(bytes));
		sdp_write(&sdp, &c, &b);
		assert_false(buf_full(&b));
	}
}

/* RFC 8839 5.4: the medium's own, or the session's; RFC 8840 4.1.1: port 9 of nowhere is no hold. */
static void test_ice(void **state)
{
	static const char text[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
		"a=ice-lite\r\na=ice-ufrag:SESS\r\na=ice-pwd:sess\r\n"
		"m=audio 9 RTP/AVP 0\r\n"
		"m=audio 9 RTP/AVP 0\r\na=ice-pwd:own\r\na=ice-ufrag:OWN1\r\n"
		"m=audio 4000 RTP/AVP 0\r\n";

	assert_int_equal(parse(text_of(text)), 0);
	assert_true(sdp.ice_lite);
	assert_true(text_is(sdp.medium[0].ice_ufrag, "SESS") && text_is(sdp.medium[0].ice_pwd, "sess"));
	assert_true(text_is(sdp.medium[1].ice_ufrag, "OWN1") && text_is(sdp.medium[1].ice_pwd, "own"));
	assert_true(sdp_trickles(&sdp.medium[0]) && !sdp_silent(&sdp, 0));
	assert_true(!sdp_trickles(&sdp.medium[2]) && sdp_silent(&sdp, 2));
	assert_int_equal(parse(text_of("v=0\no=- 1 1 IN IP4 1.1.1.1\ns=-\nc=IN IP4 0.0.0.0\nt=0 0\n"
				       "m=audio 9 RTP/AVP 0\na=ice-ufrag:abcd\n")), 0);
	assert_false(sdp.ice_lite);
	assert_true(!sdp_trickles(&sdp.medium[0]) && sdp_silent(&sdp, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read), cmocka_unit_test(test_dtls), cmocka_unit_test(test_kept),
		cmocka_unit_test(test_connection), cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_bad), cmocka_unit_test(test_limits), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_silent), cmocka_unit_test(test_ice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("SDP", tests, NULL, NULL);
}
