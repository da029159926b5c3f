/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A master key on its way from a file to the kernel. It lives in memory of the
 * caller for that time only: key_wipe() it. No function puts any part of a key,
 * or a character of a key file, into an error.
 */
#ifndef XSRTP_USER_KEY_H
#define XSRTP_USER_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xsrtp/suite.h>

struct key {
	uint8_t master_key[XSRTP_KEY_MAX];
	uint8_t master_salt[XSRTP_SALT_MAX];
	uint8_t mki[XSRTP_MKI_MAX];
	uint8_t key_len;	/* bytes; 0: no key */
	uint8_t salt_len;
	uint8_t mki_len;	/* 0: no MKI */
	/* not of the file: what else is said of the key */
	bool second;		/* not to be used at once */
	uint64_t lifetime;	/* packets; 0: as many as RFC 3711 allows */
	uint32_t rate;		/* key derivation rate; 0: none */
};

/*
 * key_parse() - the text of a key file, for this suite
 *
 * Line 1: "inline:BASE64" (RFC 4568 9.1) or "hex:HEX" of master key || salt.
 * Line 2, optional: "mki:HEX". Nothing else: no blanks, no comments.
 *
 * Returns 0, or -EINVAL with a sentence in @err.
 */
int key_parse(const char *text, size_t len, const struct xsrtp_suite_info *suite,
	      struct key *key, char *err, size_t err_len);

/*
 * key_read() - the same from a file, "-" for standard input
 * @open_to_others: set when group or others may access the file
 *
 * Returns 0, or -errno with a sentence in @err.
 */
int key_read(const char *path, const struct xsrtp_suite_info *suite, struct key *key,
	     bool *open_to_others, char *err, size_t err_len);

void key_wipe(struct key *key);

#endif /* XSRTP_USER_KEY_H */
