// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a journal, as they are, and as records (a byte 0 ends one) with the
 * checksums that a fuzzer cannot guess. What is read are calls that have what calls must
 * have; with a datapath that has a flow at each of their places they are taken up, and
 * nothing is left of them in the end, nor a port.
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "adopt.h"
#include "path.h"
#include "say.h"

#include <xsrtp/srtp.h>

#define FLOWS 4096

static struct calls calls;
static struct delays delays;
static struct flow flow[FLOWS];
static unsigned int n_flows, n_deleted;
static char bytes[1 << 16], boot[80];

static int del(struct datapath *d, uint32_t id, char *err, size_t err_len)
{
	if (!id || id > n_flows || !flow[id - 1].id)
		abort();
	flow[id - 1].id = 0;
	n_deleted++;
	return 0;
}

static int each(struct datapath *d, void (*fn)(const struct flow *f, void *arg), void *arg, char *err,
		size_t err_len)
{
	unsigned int i;

	for (i = 0; i < n_flows; i++)
		fn(&flow[i], arg);
	return 0;
}

static int reconcile(struct datapath *d, char *err, size_t err_len)
{
	return 0;
}

static struct datapath datapath = { .each = each, .del = del, .reconcile = reconcile };

/* What a call must have; and a flow at each of its places, now SRTP, now RTP. */
static void look_at(const struct medium *m)
{
	struct flow f = { .cookie = 7, .action = XSRTP_ACTION_FORWARD };
	int at, part;

	for (at = 0; at < 2; at++) {
		if (!m->leg[at].iface || !iface_addr(m->leg[at].iface, m->leg[at].family) ||
		    !m->leg[at].port[PART_RTP] || !sdp_proto_name(m->leg[at].proto))
			abort();
		for (part = PART_RTP; part <= PART_RTCP && n_flows < FLOWS; part++) {
			if (!path_place(m, at, part, &f.local, &f.source))
				continue;
			if (!f.local.port)
				abort();
			f.id = n_flows + 1;
			f.rx = (struct session){ .present = n_flows % 2, .suite = 1, .has_key = n_flows % 3 };
			flow[n_flows++] = f;
		}
	}
}

static void look_at_all(void)
{
	const struct dialog *d;
	const struct call *c;
	unsigned int i, k;

	for (i = 0; i < CALL_BUCKETS && calls.n; i++)
		for (c = calls.bucket[i]; c; c = c->next)
			for (d = c->dialogs; d; d = d->next)
				for (k = 0; k < SDP_MEDIA; k++)
					if (d->medium[k])
						look_at(d->medium[k]);
}

static void empty(void)
{
	unsigned int i;

	if (calls.n) {
		calls_leave(&calls);
		calls_free(&calls);
	}
	delay_free(&delays);
	for (i = 0; i < calls.ifaces.n; i++)
		if (calls.ifaces.iface[i].pool.n_used)
			abort();
	if (calls.n || delays.n)
		abort();
	n_flows = n_deleted = 0;
}

static void set_up(void)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char err[256];
	unsigned int i;

	if (!f || !fgets(boot, sizeof(boot), f))
		abort();
	fclose(f);
	if (readlink("/proc/self/ns/net", boot + 36, sizeof(boot) - 37) < 0)
		abort();
	say_level(0);
	if (ifaces_add(&calls.ifaces, "pub/203.0.113.5", err, sizeof(err)) ||
	    ifaces_add(&calls.ifaces, "pub/2001:db8:f::5", err, sizeof(err)))
		abort();
	for (i = 0; i < calls.ifaces.n; i++)
		pool_init(&calls.ifaces.iface[i].pool, 30000, 40000);
	calls.datapath = &datapath;
}

/* --- records with a checksum ------------------------------------------------------------------- */

static size_t add_record(size_t at, const char *s, size_t len)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	unsigned int i;

	if (at + len + 32 > sizeof(bytes))
		return at;
	SHA256((const uint8_t *)s, len, hash);
	at += snprintf(bytes + at, 10, "%08zx ", len);
	for (i = 0; i < 8; i++)
		at += snprintf(bytes + at, 3, "%02x", hash[i]);
	bytes[at++] = ' ';
	memcpy(bytes + at, s, len);
	bytes[at + len] = '\n';
	return at + len + 1;
}

static struct text with_checksums(const char *s, size_t size)
{
	char head[128];
	size_t at = snprintf(bytes, sizeof(bytes), "xsrtpd journal 1\n"), n;

	n = snprintf(head, sizeof(head), "d4:boot%zu:%s6:cookie16:0000000000000007e", strlen(boot), boot);
	at = add_record(at, head, n);
	while (size) {
		const char *end = memchr(s, 0, size);

		n = end ? (size_t)(end - s) : size;
		at = add_record(at, s, n);
		n += end != NULL;
		s += n;
		size -= n;
	}
	return (struct text){ bytes, at };
}

static void take_up(struct text t)
{
	char err[512];

	if (memory_read(&calls, &delays, t) == JOURNAL_FOREIGN)
		abort();
	look_at_all();
	if (adopt_flows(&calls, false, err, sizeof(err)))
		abort();
	empty();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!calls.datapath)
		set_up();
	memory_read(&calls, &delays, (struct text){ (const char *)data, size });
	empty();
	take_up(with_checksums((const char *)data, size));
	return 0;
}
