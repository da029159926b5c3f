// SPDX-License-Identifier: GPL-2.0
/*
 * peer ADDRESS PROFILES: a phone's DTLS, with OpenSSL and nothing of ours.
 *
 * Says "ready PORT FINGERPRINT"; then, of standard input, a line each:
 *
 *	connect ADDRESS PORT active|passive	a handshake, after which it says
 *			"done PROFILE OURS THEIRS", of each key what the recorder writes,
 *			or "failed"
 *	keys FOLDER	of the next handshakes, the whole keys go to FOLDER/ours and
 *			FOLDER/theirs, as SDES would have them
 *	certificate	another one: "ready PORT FINGERPRINT" again
 *	junk ADDRESS PORT N	N datagrams that are no DTLS of anybody
 *	stun ADDRESS PORT HEX	this datagram, and "stun HEX", the answer, or "stun" without one
 *
 * In between it answers what comes, and says "closed" if the other end says so.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#define LIMIT_S 30

static SSL_CTX *ctx;
static SSL *ssl;
static X509 *cert;
static EVP_PKEY *key;
static int fd;
static unsigned int port;
static char folder[200];

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void make_certificate(void)
{
	X509_free(cert);
	EVP_PKEY_free(key);
	key = EVP_EC_gen("P-256");
	cert = X509_new();
	ASN1_INTEGER_set(X509_get_serialNumber(cert), time(NULL));
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	if (!X509_sign(cert, key, EVP_sha256()) || SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		die("certificate");
}

static void say_ready(void)
{
	unsigned char hash[32];
	unsigned int len = sizeof(hash), i;

	X509_digest(cert, EVP_sha256(), hash, &len);
	printf("ready %u sha-256 ", port);
	for (i = 0; i < len; i++)
		printf("%s%02X", i ? ":" : "", hash[i]);
	putchar('\n');
}

static int any(int ok, X509_STORE_CTX *x)
{
	return 1;
}

static struct sockaddr_in address(const char *text, unsigned int p)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(p) };

	if (inet_pton(AF_INET, text, &in.sin_addr) != 1)
		die(text);
	return in;
}

static void open_all(const char *local, const char *profiles)
{
	struct sockaddr_in in = address(local, 0);
	socklen_t len = sizeof(in);

	ctx = SSL_CTX_new(DTLS_method());
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, any);
	if (SSL_CTX_set_tlsext_use_srtp(ctx, profiles))
		die("profiles");
	make_certificate();
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, len) || getsockname(fd, (struct sockaddr *)&in, &len))
		die("socket");
	port = ntohs(in.sin_port);
	say_ready();
}

static void write_key(const char *name, const unsigned char *both, int len)
{
	unsigned char base64[128];
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f)
		die(path);
	EVP_EncodeBlock(base64, both, len);
	fprintf(f, "inline:%s\n", base64);
	fclose(f);
}

static void print_key(const char *name, const unsigned char *secrets, int key_len, int salt_len, int which)
{
	unsigned char both[64], hash[32];
	int i;

	memcpy(both, secrets + which * key_len, key_len);
	memcpy(both + key_len, secrets + 2 * key_len + which * salt_len, salt_len);
	if (folder[0])
		write_key(name, both, key_len + salt_len);
	SHA256(both, key_len + salt_len, hash);
	putchar(' ');
	for (i = 0; i < 8; i++)
		printf("%02x", hash[i]);
}

/* RFC 5764 4.2 */
static void say_done(bool active)
{
	const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(ssl);
	int key_len = p && p->id == SRTP_AEAD_AES_256_GCM ? 32 : 16;
	int salt_len = p && p->id >= SRTP_AEAD_AES_128_GCM ? 12 : 14;
	unsigned char secrets[128];

	if (!p || SSL_export_keying_material(ssl, secrets, 2 * (key_len + salt_len), "EXTRACTOR-dtls_srtp", 19,
					     NULL, 0, 0) != 1) {
		puts("failed");
		return;
	}
	printf("done %s", p->name);
	print_key("ours", secrets, key_len, salt_len, !active);
	print_key("theirs", secrets, key_len, salt_len, active);
	putchar('\n');
}

static void wait_for_it(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timeval t = { 1, 0 };

	DTLSv1_get_timeout(ssl, &t);
	if (!poll(&p, 1, t.tv_sec * 1000 + t.tv_usec / 1000 + 1))
		DTLSv1_handle_timeout(ssl);
}

/* Until it is done, or a fatal error; who is not there yet (ECONNREFUSED) is asked again. */
static void handshake(bool active)
{
	time_t end = time(NULL) + LIMIT_S;
	int ret, error;

	while (time(NULL) < end) {
		ERR_clear_error();
		errno = 0;
		ret = SSL_do_handshake(ssl);
		if (ret == 1) {
			say_done(active);
			return;
		}
		error = SSL_get_error(ssl, ret);
		if (error == SSL_ERROR_SSL || (error == SSL_ERROR_SYSCALL && errno != ECONNREFUSED))
			break;
		wait_for_it();
	}
	puts("failed");
	SSL_free(ssl);
	ssl = NULL;
}

static void do_connect(const char *to, unsigned int p, bool active)
{
	struct sockaddr_in in = address(to, p);
	BIO *bio = BIO_new_dgram(fd, BIO_NOCLOSE);

	if (connect(fd, (struct sockaddr *)&in, sizeof(in)))
		die("connect");
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &in);
	SSL_free(ssl);
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, bio, bio);
	if (active)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	handshake(active);
}

static void do_junk(const char *to, unsigned int p, unsigned int n)
{
	struct sockaddr_in in = address(to, p);
	unsigned char data[200] = { 22, 0xfe, 0xff };
	unsigned int i, k;

	for (i = 0; i < n; i++) {
		for (k = 3; k < sizeof(data); k++)
			data[k] = i * 31 + k * k;
		data[0] = i % 4 ? i : 22;
		sendto(fd, data, i % sizeof(data), 0, (struct sockaddr *)&in, sizeof(in));
	}
	puts("sent");
}

/* Answers are told from DTLS by their first byte (RFC 7983 7). */
static void do_stun(const char *to, unsigned int p, const char *hex)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	struct sockaddr_in at = address(to, p);
	unsigned char data[2048];
	unsigned int byte;
	ssize_t n = 0, i;

	while (sscanf(hex + 2 * n, "%2x", &byte) == 1)
		data[n++] = byte;
	sendto(fd, data, n, 0, (struct sockaddr *)&at, sizeof(at));
	printf("stun ");
	while (poll(&in, 1, 500) > 0) {
		n = recv(fd, data, sizeof(data), 0);
		if (n <= 0 || data[0] > 3)
			continue;
		for (i = 0; i < n; i++)
			printf("%02x", data[i]);
		break;
	}
	putchar('\n');
}

static void command(const char *line)
{
	char to[64], role[16], hex[600];
	unsigned int p, n;

	if (sscanf(line, "connect %63s %u %15s", to, &p, role) == 3)
		do_connect(to, p, !strcmp(role, "active"));
	else if (sscanf(line, "junk %63s %u %u", to, &p, &n) == 3)
		do_junk(to, p, n);
	else if (sscanf(line, "stun %63s %u %599s", to, &p, hex) == 3)
		do_stun(to, p, hex);
	else if (sscanf(line, "keys %199s", folder) == 1)
		return;
	else if (!strcmp(line, "certificate\n")) {
		make_certificate();
		say_ready();
	} else {
		die(line);
	}
}

static void read_socket(void)
{
	unsigned char data[2048];

	if (!ssl) {
		while (recv(fd, data, sizeof(data), 0) >= 0)
			;
		return;
	}
	while (SSL_read(ssl, data, sizeof(data)) > 0)
		;
	ERR_clear_error();
	if (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) {
		puts("closed");
		SSL_free(ssl);
		ssl = NULL;
	}
}

int main(int argc, char **argv)
{
	struct pollfd p[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	char line[800];

	if (argc != 3)
		die("usage: peer ADDRESS PROFILES");
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	open_all(argv[1], argv[2]);
	p[1].fd = fd;
	while (poll(p, 2, -1) > 0) {
		if (p[1].revents)
			read_socket();
		if (!p[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			break;
		command(line);
	}
	return 0;
}
