// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU that counts the instructions that the guest's kernel executes,
 * exactly, between marks that a program in the guest sets (mark.h). For QEMU 10,
 * whose plugins have version 4 of their interface; its header is not packaged, so
 * what is used of it is declared here.
 *
 *	-plugin file=plugin.so,out=FOLDER[,profile=on]
 *
 * FOLDER/counts gets one line for each pair of marks: kernel instructions between
 * them. With profile=on also a file FOLDER/profile.N for each: address, executions.
 *
 * Kernel is what has its address in the upper half. One processor: the counters are
 * those of the first. Every instruction adds to its counter when it runs, not every
 * block of them when it starts: a block may be left half-way by a page fault, and is
 * by every access to a device when QEMU counts time in instructions (-icount).
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

/* --- QEMU's interface (include/qemu/qemu-plugin.h) ---------------------------- */

#define EXPORT		__attribute__((visibility("default")))
#define NO_REGISTERS	0	/* QEMU_PLUGIN_CB_NO_REGS */
#define ADD_U64		0	/* QEMU_PLUGIN_INLINE_ADD_U64 */

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;

typedef struct {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
} qemu_plugin_u64;

typedef void (*trans_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*exec_fn)(unsigned int cpu, void *arg);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, trans_fn fn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn fn,
					    int registers, void *arg);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn, int op,
							 qemu_plugin_u64 entry, uint64_t value);
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t size);
void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *score, unsigned int cpu);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t len);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 4;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc,
			       char **argv);

/* --- counters ------------------------------------------------------------------- */

#define SLOT_BITS	21
#define SLOTS		(1u << SLOT_BITS)

/* The scoreboard: all kernel instructions, then with a profile one slot an address. */
static struct qemu_plugin_scoreboard *board;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t *address;	/* of a slot's instruction; 0: free. NULL: no profile */
static unsigned int used;
static const char *folder = ".";
static FILE *counts;
static uint64_t before;
static unsigned int pairs;

static uint64_t *counters(void)
{
	return qemu_plugin_scoreboard_find(board, 0);
}

static void add(struct qemu_plugin_insn *insn, size_t counter)
{
	qemu_plugin_u64 entry = { board, counter * sizeof(uint64_t) };

	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, ADD_U64, entry, 1);
}

/* An address keeps its slot however often its block is translated anew. */
static size_t slot(uint64_t vaddr)
{
	uint64_t h = vaddr * 0x9e3779b97f4a7c15ull >> (64 - SLOT_BITS);

	while (address[h] && address[h] != vaddr)
		h = (h + 1) % SLOTS;
	if (!address[h]) {
		address[h] = vaddr;
		if (++used > SLOTS / 4 * 3) {
			fprintf(stderr, "plugin: too many addresses for a profile\n");
			abort();
		}
	}
	return 1 + h;
}

static void write_profile(void)
{
	uint64_t *c = counters();
	char path[512];
	unsigned int i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/profile.%u", folder, pairs);
	f = fopen(path, "w");
	for (i = 0; f && i < SLOTS; i++)
		if (address[i] && c[1 + i])
			fprintf(f, "%llx %llu\n", (unsigned long long)address[i],
				(unsigned long long)c[1 + i]);
	if (!f || fclose(f))
		fprintf(stderr, "plugin: %s: %s\n", path, strerror(errno));
}

static void start(unsigned int cpu, void *arg)
{
	if (address)
		memset(counters() + 1, 0, SLOTS * sizeof(uint64_t));
	before = counters()[0];
}

static void stop(unsigned int cpu, void *arg)
{
	fprintf(counts, "%llu\n", (unsigned long long)(counters()[0] - before));
	fflush(counts);
	if (address)
		write_profile();
	pairs++;
}

/* --- translation -------------------------------------------------------------------- */

static void watch_mark(struct qemu_plugin_insn *insn)
{
	uint8_t code[MARK_LEN] = { 0 };

	if (qemu_plugin_insn_size(insn) != MARK_LEN)
		return;
	qemu_plugin_insn_data(insn, code, sizeof(code));
	if (!memcmp(code, MARK_START, MARK_LEN))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, start, NO_REGISTERS, NULL);
	else if (!memcmp(code, MARK_STOP, MARK_LEN))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, stop, NO_REGISTERS, NULL);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	pthread_mutex_lock(&lock);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t vaddr = qemu_plugin_insn_vaddr(insn);

		if (!(vaddr >> 63)) {
			watch_mark(insn);
			continue;
		}
		add(insn, 0);
		if (address)
			add(insn, slot(vaddr));
	}
	pthread_mutex_unlock(&lock);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	bool profile = false;
	char path[512];
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			folder = strdup(argv[i] + 4);
		else if (!strcmp(argv[i], "profile=on"))
			profile = true;
	}
	snprintf(path, sizeof(path), "%s/counts", folder);
	counts = fopen(path, "w");
	if (!counts) {
		fprintf(stderr, "plugin: %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (profile)
		address = calloc(SLOTS, sizeof(*address));
	board = qemu_plugin_scoreboard_new((1 + (address ? SLOTS : 0)) * sizeof(uint64_t));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
