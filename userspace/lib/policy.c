// SPDX-License-Identifier: GPL-2.0
/*
 * Limits in packets and bytes a second become costs in fractions of a jiffy, so that the
 * program divides nothing. Jiffies are coarse (4 ms at 250 Hz): what comes between two of
 * them must fit into the burst, or the rate would not be reached.
 */
#include "policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS_MAX	10000000ULL	/* more, and a cost is no longer within 1 % at 100 Hz */
#define ATTACK_MAX	1000000000ULL	/* which never comes */
#define BYTES_MIN	1000ULL
#define BYTES_MAX	12500000000ULL	/* 100 Gbit/s */
#define PACKET_BYTES	2000		/* a burst of bytes holds a packet of an Ethernet's MTU */
#define BURST_S		60
#define HOLD_MAX_S	3600
#define TICK		(1ULL << XSRTP_TICK_SHIFT)
#define PACE_MS		30		/* less than two packet times of 20 ms */
#define TRIP		4		/* the attack begins after 1/4 s at twice its threshold */

static const struct {
	const char *name;
	bool bytes;
	struct xsrtp_said said;
} limits[XSRTP_LIMIT_MAX] = {
#define X(sym, str, is_bytes) [XSRTP_LIMIT_##sym].name = str, [XSRTP_LIMIT_##sym].bytes = is_bytes,
	XSRTP_LIMITS(X)
#undef X
	[XSRTP_LIMIT_FLOW_RATE].said = { 500, 1000 },
	[XSRTP_LIMIT_FLOW_BYTES].said = { 1000000, 1000000 },
	/* Two hundred calls that begin at once from one trunk, until they are known. */
	[XSRTP_LIMIT_SOURCE_RATE].said = { 1000, 2000 },
	[XSRTP_LIMIT_SOURCE_BYTES].said = { 1000000, 2000000 },
	[XSRTP_LIMIT_PORT_RATE].said = { 100, 200 },
	[XSRTP_LIMIT_PORT_BYTES].said = { 100000, 200000 },
	[XSRTP_LIMIT_UNKNOWN_RATE].said = { 20000, 20000 },
	[XSRTP_LIMIT_UNKNOWN_BYTES].said = { 20000000, 20000000 },
	[XSRTP_LIMIT_STUN_RATE].said = { 5000, 5000 },
	[XSRTP_LIMIT_STUN_SOURCE_RATE].said = { 50, 100 },
	[XSRTP_LIMIT_DTLS_RATE].said = { 2000, 2000 },
	[XSRTP_LIMIT_DTLS_SOURCE_RATE].said = { 20, 40 },
};

__attribute__((format(printf, 3, 4)))
static int refuse(char *err, size_t err_len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

const char *policy_limit_name(enum xsrtp_limit i)
{
	return limits[i].name;
}

void policy_init(struct xsrtp_policy *p, unsigned int hz)
{
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->hz = hz;
	for (i = 0; i < XSRTP_LIMIT_MAX; i++)
		p->said[i] = limits[i].said;
	p->attack_on_pps = 10000;
	p->attack_off_pps = 2000;
	p->attack_hold_s = 10;
	/* Below the ports that the kernel gives to clients (ip_local_port_range). */
	p->ranges = 1;
	p->range[0] = (struct xsrtp_range){ 10000, 32767 };
}

/* --- words ------------------------------------------------------------------------- */

/* Digits only, up to @end. */
static bool number(const char **text, uint64_t *v)
{
	const char *s = *text;

	*v = 0;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (*v > UINT64_MAX / 10 - 10)
			return false;
		*v = *v * 10 + (*s - '0');
	}
	*text = s;
	return true;
}

static int word_number(const char *key, const char *value, uint64_t *v, char *err, size_t err_len)
{
	const char *s = value;

	if (!number(&s, v) || *s)
		return refuse(err, err_len, "%s: \"%s\" is not a number: write it in digits, as %s 10",
			      key, value, key);
	return 0;
}

/* What must fit between two jiffies, and one more. */
static uint64_t burst_min(const struct xsrtp_policy *p, unsigned int i, uint64_t rate)
{
	return rate / p->hz + (rate % p->hz != 0) + (limits[i].bytes ? PACKET_BYTES : 1);
}

static int word_limit(struct xsrtp_policy *p, unsigned int i, const char *value, char *err,
		      size_t err_len)
{
	struct xsrtp_said said;
	const char *s = value, *name = limits[i].name;
	bool burst = false;

	if (!number(&s, (uint64_t *)&said.rate))
		goto bad;
	if (*s == '/') {
		s++;
		burst = number(&s, (uint64_t *)&said.burst);
		if (!burst)
			goto bad;
	}
	if (*s)
		goto bad;
	if (!burst) {
		said.burst = burst_min(p, i, said.rate);
		said.burst = said.rate > said.burst ? said.rate : said.burst;
	}
	p->said[i] = said;
	return 0;
bad:
	return refuse(err, err_len, "%s: \"%s\" is not %s: write it as %s %s", name, value,
		      limits[i].bytes ? "BYTES_PER_SECOND[/BURST]" : "PACKETS_PER_SECOND[/BURST]",
		      name, limits[i].bytes ? "100000/200000" : "100/200");
}

static int word_range(const char **text, struct xsrtp_range *r, const char *all, char *err,
		      size_t err_len)
{
	uint64_t first, last;

	if (!number(text, &first))
		goto bad;
	last = first;
	if (**text == '-') {
		++*text;
		if (!number(text, &last))
			goto bad;
	}
	if (first > 65535 || last > 65535 || !first || !last)
		return refuse(err, err_len, "ports: \"%s\": a port is 1 to 65535", all);
	if (first > last)
		return refuse(err, err_len, "ports: %" PRIu64 "-%" PRIu64 " is reversed: write "
			      "%" PRIu64 "-%" PRIu64, first, last, last, first);
	*r = (struct xsrtp_range){ first, last };
	return 0;
bad:
	return refuse(err, err_len, "ports: \"%s\" is not A-B[,C-D...]: write it as ports "
		      "10000-20000,30000-40000", all);
}

static int word_ports(struct xsrtp_policy *p, const char *value, char *err, size_t err_len)
{
	struct xsrtp_range range[XSRTP_RANGES_MAX];
	const char *s = value;
	unsigned int n = 0;

	for (;;) {
		if (n == XSRTP_RANGES_MAX)
			return refuse(err, err_len, "ports: more than %d ranges: join those that touch",
				      XSRTP_RANGES_MAX);
		if (word_range(&s, &range[n++], value, err, err_len))
			return -EINVAL;
		if (*s != ',')
			break;
		s++;
	}
	if (*s)
		return refuse(err, err_len, "ports: \"%s\" is not A-B[,C-D...]: write it as ports "
			      "10000-20000,30000-40000", value);
	memset(p->range, 0, sizeof(p->range));
	memcpy(p->range, range, n * sizeof(range[0]));
	p->ranges = n;
	return 0;
}

static int word_mode(struct xsrtp_policy *p, const char *value, char *err, size_t err_len)
{
	if (strcmp(value, "enforce") && strcmp(value, "observe"))
		return refuse(err, err_len, "mode: \"%s\" is none: write mode enforce, or mode observe "
			      "to count what would be dropped and drop nothing", value);
	p->observe = !strcmp(value, "observe");
	return 0;
}

int policy_word(struct xsrtp_policy *p, const char *key, const char *value, char *err,
		size_t err_len)
{
	uint64_t v;
	int ret;
	unsigned int i;

	for (i = 0; i < XSRTP_LIMIT_MAX; i++)
		if (!strcmp(key, limits[i].name))
			return word_limit(p, i, value, err, err_len);
	if (!strcmp(key, "mode"))
		return word_mode(p, value, err, err_len);
	if (!strcmp(key, "ports"))
		return word_ports(p, value, err, err_len);
	if (strcmp(key, "attack-on") && strcmp(key, "attack-off") && strcmp(key, "attack-hold"))
		return refuse(err, err_len, "no limit \"%s\": xsrtp guard show names them all", key);
	ret = word_number(key, value, &v, err, err_len);
	if (ret)
		return ret;
	if (!strcmp(key, "attack-on"))
		p->attack_on_pps = v;
	else if (!strcmp(key, "attack-off"))
		p->attack_off_pps = v;
	else
		p->attack_hold_s = v > UINT32_MAX ? UINT32_MAX : v;
	return 0;
}

/* --- the whole --------------------------------------------------------------------- */

static int check_limit(const struct xsrtp_policy *p, unsigned int i, char *err, size_t err_len)
{
	const struct xsrtp_said *said = &p->said[i];
	const char *name = limits[i].name, *unit = limits[i].bytes ? "bytes" : "packets";
	uint64_t low = limits[i].bytes ? BYTES_MIN : 1;
	uint64_t high = limits[i].bytes ? BYTES_MAX : PACKETS_MAX;
	uint64_t least = burst_min(p, i, said->rate), most = said->rate * BURST_S;

	if (!said->rate)
		return refuse(err, err_len, "%s: a rate of 0 would let nothing through: write %s %"
			      PRIu64 " or more (mode observe drops nothing)", name, name, low);
	if (said->rate < low || said->rate > high)
		return refuse(err, err_len, "%s: write %" PRIu64 " to %" PRIu64 " %s a second", name,
			      low, high, unit);
	if (said->burst < least)
		return refuse(err, err_len, "%s: a burst of %" PRIu64 " %s is too small: the clock has "
			      "%u ticks a second, and what comes in one must fit: write %s %" PRIu64
			      "/%" PRIu64 " or more", name, (uint64_t)said->burst, unit, p->hz, name,
			      (uint64_t)said->rate, least);
	most = most > least ? most : least;
	if (said->burst > most)
		return refuse(err, err_len, "%s: a burst of %" PRIu64 " %s is more than a minute's: "
			      "write %s %" PRIu64 "/%" PRIu64 " or less", name,
			      (uint64_t)said->burst, unit, name, (uint64_t)said->rate, most);
	return 0;
}

static int check_attack(const struct xsrtp_policy *p, char *err, size_t err_len)
{
	if (p->attack_on_pps < 2 || p->attack_on_pps > ATTACK_MAX)
		return refuse(err, err_len, "attack-on: write 2 to %llu packets a second", ATTACK_MAX);
	if (!p->attack_off_pps || p->attack_off_pps >= p->attack_on_pps)
		return refuse(err, err_len, "attack-off %" PRIu64 " must be below attack-on %" PRIu64
			      ", or the state would flap: write attack-off %" PRIu64,
			      (uint64_t)p->attack_off_pps, (uint64_t)p->attack_on_pps,
			      (uint64_t)(p->attack_on_pps > 4 ? p->attack_on_pps / 4 : 1));
	if (!p->attack_hold_s || p->attack_hold_s > HOLD_MAX_S)
		return refuse(err, err_len, "attack-hold: write 1 to %d seconds", HOLD_MAX_S);
	return 0;
}

/* In jiffies of 2^-@shift, rounded to the nearest. */
static uint64_t cost_of(const struct xsrtp_policy *p, uint64_t rate, unsigned int shift)
{
	unsigned __int128 second = (unsigned __int128)p->hz << shift;

	return (second + rate / 2) / rate;
}

static struct xsrtp_rate rate_of(const struct xsrtp_policy *p, unsigned int i)
{
	const struct xsrtp_said *said = &p->said[i];
	unsigned int finer = limits[i].bytes ? XSRTP_BYTE_SHIFT : 0;
	struct xsrtp_rate r;

	r.cost = cost_of(p, said->rate, XSRTP_TICK_SHIFT + finer);
	r.depth = ((unsigned __int128)r.cost * said->burst) >> finer;
	return r;
}

static struct xsrtp_rate leak_of(const struct xsrtp_policy *p, uint64_t pps)
{
	uint64_t depth = p->hz * TICK / TRIP, cost = cost_of(p, pps, XSRTP_TICK_SHIFT);

	/* One packet more than a second allows is no attack. */
	return (struct xsrtp_rate){ cost, depth > 2 * cost ? depth : 2 * cost };
}

static void fill_ports(struct xsrtp_policy *p)
{
	unsigned int i, port;

	memset(p->ports, 0, sizeof(p->ports));
	for (i = 0; i < p->ranges; i++)
		for (port = p->range[i].first; port <= p->range[i].last; port++)
			p->ports[port / 64] |= 1ULL << port % 64;
}

int policy_finish(struct xsrtp_policy *p, char *err, size_t err_len)
{
	unsigned int i;

	for (i = 0; i < XSRTP_LIMIT_MAX; i++)
		if (check_limit(p, i, err, err_len))
			return -EINVAL;
	if (check_attack(p, err, err_len))
		return -EINVAL;
	for (i = 0; i < XSRTP_LIMIT_MAX; i++)
		p->rate[i] = rate_of(p, i);
	p->attack_on = leak_of(p, p->attack_on_pps);
	p->attack_off = leak_of(p, p->attack_off_pps);
	p->hold = (uint64_t)p->attack_hold_s * p->hz;
	p->pace = p->hz * PACE_MS / 1000;
	p->advance = (1000 + p->hz - 1) / p->hz;
	fill_ports(p);
	return 0;
}

const char *policy_ports(const struct xsrtp_policy *p, char *buf)
{
	unsigned int i, n = 0;

	for (i = 0; i < p->ranges; i++)
		n += sprintf(buf + n, "%s%u-%u", i ? "," : "", p->range[i].first, p->range[i].last);
	return buf;
}
