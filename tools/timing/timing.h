/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of bench-core share: packets, keys, and the systems that are timed.
 *
 *	main.c		the suites and sessions to go through
 *	round.c		the packets of a round
 *	row.c		one row of the table: all systems, in turn
 *	output.c	the table and the JSON
 *	memory.c	memory for many sessions
 *	xsrtp.c libsrtp.c evp.c ipsec_mb.c	the systems
 *
 * All systems get the same packets: each round makes some sets of 64, and every
 * system in turn gets copies and is timed on each, so that whatever disturbs the
 * machine disturbs all alike. The first sets of a round are not counted: they
 * bring a system's sessions back into the caches, which the others have had
 * meanwhile. Sessions are drawn at random for each packet; each has had one before,
 * for the first makes more work (stream, lifetime) than all others. What a system makes of
 * the first set of a row is compared with what our core makes of it through the
 * slowest implementation, OpenSSL's; one that differs is not timed.
 *
 * xsrtp and libsrtp do the full operation: header, index, replay, counter block,
 * cipher, tag. ipsec-mb and openssl are told index and counter block, and do the
 * cipher and the tag only.
 */
#ifndef TIMING_H
#define TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "platform.h"
#include "suite.h"

#define BURST		64		/* packets of a set */
#define SETS		24		/* of a round */
#define WARM		8		/* of them not counted */
#define ROOM		2240		/* 2048 and some, so that packets do not share a set */
#define SAMPLES_MAX	2000
#define SYSTEMS_MAX	16
#define SESSIONS_MAX	100000
#define HEADER		12

enum op { PROTECT, UNPROTECT, FORGED, OPS };

extern const char *const op_names[OPS];

/* One packet of a round, and what those who cannot find it out are told of it. */
struct item {
	uint8_t *data;
	uint32_t len;		/* RTP or SRTP packet as it comes in */
	uint32_t session;
	uint64_t index;
	bool accepted;		/* result of unprotect */
};

/* The keys of one session: master, and derived from it. */
struct keys {
	uint8_t master[XSRTP_KEY_MAX], master_salt[16];
	uint8_t enc[XSRTP_KEY_MAX], salt[16], auth[20];
};

/* @begin: the set goes to the sessions from number @begin - 1 on; 0: at random */
struct row {
	enum op op;
	uint32_t bytes, burst, sessions, begin;
};

struct system {
	char name[32];
	const struct xsrtp_cipher *cipher;	/* ours only */
	const struct srtp_api *srtp;		/* libsrtp only */
	uint32_t sessions_max;
	/* NULL: does not have the suite */
	void *(*make)(const struct system *sys, const struct xsrtp_suite_info *suite,
		      uint32_t sessions);
	void (*drop)(void *state, uint32_t sessions);
	void (*run)(void *state, enum op op, struct item *items, unsigned int burst);
	void *state;
	bool broken;
	double ns[SAMPLES_MAX];
};

extern struct system systems[SYSTEMS_MAX];
extern unsigned int system_count;
extern struct keys *keys;			/* of all sessions */
extern const struct xsrtp_suite_info *suite;	/* of this row */

/* A new system, or NULL: it was not asked for. */
struct system *add_system(const char *name, uint32_t sessions_max);
void add_ours(const char *name, const struct xsrtp_cipher *c);
void add_libsrtp(const char *name, const char *file, uint32_t sessions_max);
void add_evp(const char *name, uint32_t sessions_max);
void add_ipsec_mb(const char *name, uint32_t sessions_max);

uint32_t rnd(void);
uint32_t session_ssrc(uint32_t session);

/* memory.c: zeroed, in huge pages */
void *big_alloc(size_t size);
void big_free(void *p);

/* What the bare ciphers are told: length of the text, counter block or nonce. */
uint32_t text_len(const struct item *it, enum op op);
void make_iv(uint8_t iv[16], const struct item *it);

/* xsrtp.c: ours through OpenSSL: what a set must become, and sets to be opened */
void reference_open(uint32_t sessions);
void reference_close(uint32_t sessions);
void reference_protect(struct item *it);
void reference_seal(struct item *it);

/* round.c: keys, packets, and the copy of them that a system gets to work on */
void make_keys(uint32_t sessions);
void make_round(struct item *it, uint8_t *master, const struct row *row);
void copy_round(struct item *to, const struct item *from);

/* row.c: @rounds rounds of all systems; before, each session's first packet each way */
void begin_sessions(uint32_t sessions);
void time_row(FILE *json, const struct row *row, unsigned int rounds);

/* output.c: the samples of each system are sorted on the way */
void print_head(void);
void print_row(FILE *json, const struct row *row, unsigned int samples);

#endif /* TIMING_H */
