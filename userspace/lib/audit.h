/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lines of an audit file, one JSON object each, chained: a line has its number, the
 * hash of the line before, and at its end its own hash, over all that is before it:
 *
 *	{"seq":17,"time":"...",...,"prev":"HASH OF 16","hash":"HASH OF ALL THIS"}
 *
 * The hash is SHA-256, or with a key HMAC-SHA-256 (RFC 2104). What a chain shows: of lines
 * that were written some are changed, gone, moved, or others put between. What it does not:
 * that its last lines are gone; and without a key, that who may write the file has made all
 * of it anew from some line on. Both show against a copy, which the journal has.
 */
#ifndef XSRTP_AUDIT_H
#define XSRTP_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define AUDIT_HASH	64	/* hexadecimal digits */
#define AUDIT_LINE	8192	/* bytes at most, with its line end */
#define AUDIT_KEY_MIN	16
#define AUDIT_KEY_MAX	4096

struct audit_key {
	size_t len;		/* 0: none */
	uint8_t bytes[AUDIT_KEY_MAX];
};

/* Where a chain is: number and hash of its last line; 0 and "0...0" before the first. */
struct audit_chain {
	uint64_t seq;
	char hash[AUDIT_HASH + 1];
};

/* audit_key_read() - all of a file but line ends behind it. -EINVAL or -errno, @err says. */
int audit_key_read(const char *path, struct audit_key *key, char *err, size_t err_len);

void audit_chain_begin(struct audit_chain *c);

/*
 * audit_seal() - "{"seq":N," before @members (JSON, without braces), prev and hash behind
 *
 * The line with its end is in @line; its length, or -EMSGSIZE. @c is what it was: the line
 * counts when it is written, by audit_next().
 */
int audit_seal(const struct audit_chain *c, const struct audit_key *key, const char *members,
	       char line[AUDIT_LINE]);

/* audit_read() - number, prev and hash that a line claims; false: it is none of ours. */
bool audit_read(const char *line, size_t len, struct audit_chain *own, char prev[AUDIT_HASH + 1]);

/* audit_genuine() - its hash is that of its text. */
bool audit_genuine(const char *line, size_t len, const struct audit_key *key);

/* audit_pseudonym() - "p-..." for @text: the same for the same, and nothing without the key. */
#define AUDIT_PSEUDONYM	27
void audit_pseudonym(const struct audit_key *key, const char *text, size_t len, char out[AUDIT_PSEUDONYM]);

/* --- looking at files ------------------------------------------------------------------- */

struct audit_check {
	struct audit_chain last;
	uint64_t lines, first, findings;
	bool begun;
	/* found - @line of @file is not as it was written, or what is before it is not. */
	void (*found)(void *arg, const char *file, uint64_t line, const char *what);
	void *arg;
};

/* audit_verify() - one file, after those before it. 0 or -errno: it cannot be read. */
int audit_verify(struct audit_check *c, const struct audit_key *key, const char *path, FILE *f);

#endif /* XSRTP_AUDIT_H */
