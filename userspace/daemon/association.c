// SPDX-License-Identifier: GPL-2.0
/*
 * Associations, driven by the event loop. STUN goes to the leg's ICE, from whom ever it is;
 * DTLS is looked at if it comes from where the SDP, or ICE, says the peer is. A handshake that failed is tried
 * again some times: a forged message can end one (RFC 6347 4.1.2.7 has no way around
 * it), and must not end the call.
 */
#include "association.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks.h"
#include "say.h"

#define ATTEMPTS	5
#define AGAIN_US	500000
#define SETTLE_US	10000000	/* for the peer to have the new keys, and its packets to arrive */
#define TURN_S		60	/* a cookie is good for one to two minutes */
#define DATAGRAM	4096

struct associations {
	struct keying k;
	sd_event *event;
	struct calls *calls;
	struct dtls_context *context;
	time_t turn;
	uint8_t packet[DATAGRAM];
};

struct association {
	struct associations *all;
	int fd;
	sd_event_source *io, *timer;
	struct medium *medium;
	int end, part;
	struct ice_door door;
	struct handshake h;
	struct dtls *dtls;	/* NULL: none yet, or given up */
	bool done;
	bool settle;		/* keys of the one before are to be forgotten */
	unsigned int attempts;
};

/* --- addresses --------------------------------------------------------------------------- */

static socklen_t to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = ep->family;
	if (ep->family == AF_INET6) {
		in6->sin6_port = htons(ep->port);
		memcpy(&in6->sin6_addr, ep->addr, 16);
		return sizeof(*in6);
	}
	in->sin_port = htons(ep->port);
	memcpy(&in->sin_addr, ep->addr, 4);
	return sizeof(*in);
}

static struct endpoint from_sockaddr(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	struct endpoint ep = { .family = ss->ss_family };

	if (ep.family == AF_INET6) {
		ep.port = ntohs(in6->sin6_port);
		memcpy(ep.addr, &in6->sin6_addr, 16);
	} else {
		ep.port = ntohs(in->sin_port);
		memcpy(ep.addr, &in->sin_addr, 4);
	}
	return ep;
}

static bool is_from(const struct sockaddr_storage *ss, const struct endpoint *ep)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

	if (ss->ss_family != ep->family)
		return false;
	if (ep->family == AF_INET6)
		return ntohs(in6->sin6_port) == ep->port && !memcmp(&in6->sin6_addr, ep->addr, 16);
	return ntohs(in->sin_port) == ep->port && !memcmp(&in->sin_addr, ep->addr, 4);
}

/* --- a handshake -------------------------------------------------------------------------- */

/* What cannot be sent is lost, as on its way. */
static void on_output(void *arg, const uint8_t *datagram, size_t len)
{
	struct association *a = arg;
	struct sockaddr_storage ss;
	socklen_t ss_len = to_sockaddr(&a->h.peer, &ss);

	if (sendto(a->fd, datagram, len, MSG_NOSIGNAL, (struct sockaddr *)&ss, ss_len) < 0)
		errno = 0;
}

static void arm(struct association *a, uint64_t us)
{
	sd_event_source_set_time_relative(a->timer, us);
	sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

static void take_keys(struct association *a)
{
	struct dtls_keys k;

	a->done = true;
	if (dtls_keys(a->dtls, &k))
		a->settle = keying_done(a->all->calls, a->h.medium, a->h.end, &k);
	else
		keying_failed(a->all->calls, &a->h.peer, "no keys can be had of it");
	explicit_bzero(&k, sizeof(k));
	if (a->settle)
		arm(a, SETTLE_US);
}

static void give_up(struct association *a)
{
	keying_failed(a->all->calls, &a->h.peer, dtls_why(a->dtls));
	dtls_free(a->dtls);
	a->dtls = NULL;
	if (++a->attempts < ATTEMPTS)
		arm(a, AGAIN_US);
}

static void look(struct association *a, enum dtls_state state)
{
	uint64_t us;

	if (a->done)
		return;		/* its last flight again, or goodbye: dtls.c has answered */
	sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
	if (state == DTLS_DONE)
		take_keys(a);
	else if (state == DTLS_FAILED)
		give_up(a);
	else if (dtls_wait(a->dtls, &us))
		arm(a, us);
}

static void begin(struct association *a)
{
	const struct dtls_config cfg = {
		.role = a->h.role, .peer = a->h.peer, .fingerprints = &a->h.prints,
		.certificate = a->h.certificate, .only = a->h.only, .send = on_output, .arg = a,
	};

	a->done = a->settle = false;
	a->dtls = dtls_new(a->all->context, &cfg);
	if (a->dtls)
		look(a, dtls_start(a->dtls));
	else
		keying_failed(a->all->calls, &a->h.peer, "out of memory");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct association *a = arg;

	if (a->settle) {
		a->settle = false;
		keying_settle(a->all->calls, a->h.medium, a->h.end);
	} else if (a->dtls) {
		look(a, dtls_timeout(a->dtls));
	} else {
		begin(a);
	}
	return 0;
}

static void take_stun(struct association *a, const struct sockaddr_storage *from, socklen_t from_len,
		      const uint8_t *packet, size_t len)
{
	struct endpoint ep = from_sockaddr(from);
	char answer[ICE_ANSWER];
	struct buf b = buf_on(answer, sizeof(answer));
	uint64_t now;

	if (sd_event_now(a->all->event, CLOCK_MONOTONIC, &now) < 0)
		return;
	if (checks_take(a->all->calls, a->medium, a->end, a->part, &a->door, &ep, now, packet, len, &b) &&
	    sendto(a->fd, b.data, b.len, MSG_NOSIGNAL, (const struct sockaddr *)from, from_len) < 0)
		errno = 0;
}

/*
 * RFC 7983 7: STUN begins with 0 to 3, DTLS with 20 to 63. Before there is an association,
 * who asks comes again.
 */
static int on_datagram(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct association *a = arg;
	uint8_t *p = a->all->packet;
	struct sockaddr_storage from;
	socklen_t len;
	ssize_t n;
	int i;

	for (i = 0; i < 16; i++) {
		len = sizeof(from);
		n = recvfrom(fd, p, DATAGRAM, 0, (struct sockaddr *)&from, &len);
		if (n < 0)
			break;
		if (n && p[0] <= 3)
			take_stun(a, &from, len, p, n);
		else if (n && a->dtls && p[0] >= 20 && p[0] <= 63 && is_from(&from, &a->h.peer))
			look(a, dtls_packet(a->dtls, p, n));
	}
	return 0;
}

/* --- sockets --------------------------------------------------------------------------------- */

/*
 * FREEBIND: an address that another host has until it fails (VRRP) may be taken before.
 * No other socket is let in beside it.
 */
static int open_socket(const struct endpoint *local)
{
	int fd = socket(local->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, ret;
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(local, &ss);

	if (fd < 0)
		return -errno;
	if (local->family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static void shut(struct association *a)
{
	sd_event_source_disable_unref(a->io);
	sd_event_source_disable_unref(a->timer);
	if (a->fd >= 0)
		close(a->fd);
	explicit_bzero(a, sizeof(*a));
	free(a);
}

static int open_one(struct keying *k, const struct endpoint *local, struct medium *m, int end, int part,
		    struct association **out, char *err, size_t err_len)
{
	struct associations *all = (struct associations *)k;
	struct association *a = calloc(1, sizeof(*a));
	char text[ENDPOINT_STRLEN];
	int ret = -ENOMEM;

	if (a) {
		*a = (struct association){ .all = all, .medium = m, .end = end, .part = part };
		a->fd = open_socket(local);
		ret = a->fd < 0 ? a->fd : sd_event_add_io(all->event, &a->io, a->fd, EPOLLIN, on_datagram, a);
	}
	if (ret >= 0)
		ret = sd_event_add_time_relative(all->event, &a->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, a);
	if (ret < 0) {
		snprintf(err, err_len, "no socket for DTLS or ICE at %s: %s", endpoint_format(local, text), strerror(-ret));
		if (a)
			shut(a);
		return ret;
	}
	sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
	*out = a;
	return 0;
}

static void start_one(struct keying *k, struct association *a, const struct handshake *h)
{
	dtls_free(a->dtls);
	a->dtls = NULL;
	a->h = *h;
	a->attempts = 0;
	begin(a);
}

/* An association is not of an address (RFC 5764 5.1.2), but a cookie and a first hello are. */
static void move_one(struct keying *k, struct association *a, const struct endpoint *peer)
{
	struct handshake h = a->h;

	if (endpoint_equal(&a->h.peer, peer))
		return;
	h.peer = *peer;
	if (a->dtls && !a->done)
		start_one(k, a, &h);
	else
		a->h.peer = *peer;
}

static void close_one(struct keying *k, struct association *a)
{
	if (a->dtls && !k->silent)
		dtls_bye(a->dtls);
	dtls_free(a->dtls);
	shut(a);
}

/* --- all of them ------------------------------------------------------------------------------ */

struct keying *associations_new(sd_event *event, struct calls *calls, struct certificate *certificate,
				struct dtls_context *context)
{
	struct associations *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	*all = (struct associations){
		.k = { .suite = dtls_context_best(context), .certificate = certificate, .open = open_one,
		       .start = start_one, .move = move_one, .close = close_one },
		.event = event, .calls = calls, .context = context, .turn = time(NULL) + TURN_S,
	};
	return &all->k;
}

static void renew(struct keying *k, time_t now)
{
	char err[128];
	struct certificate *c = certificate_make(now, err, sizeof(err));

	if (!c) {
		say(SAY_WARNING, "%s: the one that there is stays", err);
		k->certificate->renew = now + 3600;
		return;
	}
	certificate_put(k->certificate);
	k->certificate = c;
}

void associations_second(struct keying *k, time_t now)
{
	struct associations *all = (struct associations *)k;

	if (k->certificate->renew && now >= k->certificate->renew)
		renew(k, now);
	if (now < all->turn)
		return;
	all->turn = now + TURN_S;
	if (dtls_context_turn(all->context))
		say(SAY_WARNING, "no random numbers for cookies: the secret that there is stays");
}

void associations_free(struct keying *k)
{
	struct associations *all = (struct associations *)k;

	certificate_put(k->certificate);
	dtls_context_free(all->context);
	free(all);
}
