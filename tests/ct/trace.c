// SPDX-License-Identifier: GPL-2.0
/*
 * The same instructions at the same addresses, whatever the secrets: the core's own
 * work is done in single steps under several keys and texts, and of each step the
 * instruction's place and the address that it reads or writes go into a hash, which
 * must come out the same.
 *
 * That shows less than following the secrets does (taint.c): what differs for none of
 * these keys is not seen. But it is the library as it is used, with instructions that
 * valgrind does not know.
 *
 * Each step is a SIGTRAP (the CPU's trap flag). objdump tells which registers make an
 * instruction's address; the program is static, at the addresses that objdump shows.
 */
#include <signal.h>
#include <ucontext.h>

#include "work.h"

#define KEYS	3	/* all zeros, all ones, and what a generator gives */

static uint8_t secrets[4093];
static unsigned int secrets_at;

static void secret(void *p, size_t n)
{
}

static void known(void *p, size_t n)
{
}

static uint8_t secret_byte(void)
{
	return secrets[secrets_at++ % sizeof(secrets)];
}

static void secrets_choose(unsigned int n)
{
	uint64_t x = 1;
	size_t i;

	for (i = 0; i < sizeof(secrets); i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		secrets[i] = n == 0 ? 0 : n == 1 ? 0xff : x >> 56;
	}
	secrets_at = 0;
}

/* --- which registers make an address ------------------------------------------------ */

#define TEXT_MAX	(16u << 20)
#define NONE		0xff

/* Of the instruction at this place: two operands at most (movs). */
struct operand {
	uint8_t known, base[2], index[2], scale[2];
	uint8_t gathers;	/* the addresses are in a vector register */
};

static struct operand *operands;
static uint64_t text_start, text_end;

static uint8_t reg_number(const char *name, size_t len)
{
	static const struct { const char *name; uint8_t reg; } regs[] = {
		{ "rax", REG_RAX }, { "rbx", REG_RBX }, { "rcx", REG_RCX }, { "rdx", REG_RDX },
		{ "rsi", REG_RSI }, { "rdi", REG_RDI }, { "rbp", REG_RBP }, { "rsp", REG_RSP },
		{ "r8", REG_R8 }, { "r9", REG_R9 }, { "r10", REG_R10 }, { "r11", REG_R11 },
		{ "r12", REG_R12 }, { "r13", REG_R13 }, { "r14", REG_R14 }, { "r15", REG_R15 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		if (strlen(regs[i].name) == len && !strncmp(regs[i].name, name, len))
			return regs[i].reg;
	return NONE;	/* rip, eiz: the same each time */
}

/* "%rax,%rbx,8)" or "%rax)" or ",%rbx,4)" */
static void operand_parse(struct operand *o, unsigned int i, const char *s)
{
	size_t n;

	o->base[i] = o->index[i] = NONE;
	o->scale[i] = 1;
	if (*s == '%') {
		n = strcspn(s + 1, ",)");
		o->base[i] = reg_number(s + 1, n);
		s += 1 + n;
	}
	if (*s == ',' && s[1] == '%') {
		n = strcspn(s + 2, ",)");
		o->gathers |= s[3] == 'm';	/* xmm, ymm, zmm */
		o->index[i] = reg_number(s + 2, n);
		s += 2 + n;
		if (*s == ',')
			o->scale[i] = s[1] - '0';
	}
}

static void line_parse(const char *line)
{
	char *colon;
	uint64_t at = strtoull(line, &colon, 16);
	struct operand *o;
	unsigned int i;
	const char *s;

	if (*colon != ':' || at < text_start || at >= text_end)
		return;
	o = &operands[at - text_start];
	o->known = 1;
	o->base[0] = o->base[1] = o->index[0] = o->index[1] = NONE;
	if (strstr(colon, "\tlea ") || strstr(colon, "\tnop") || strstr(colon, "\tcs nop"))
		return;		/* these touch no memory */
	for (s = colon, i = 0; i < 2 && (s = strchr(s, '(')); i++)
		operand_parse(o, i, ++s);
}

static void operands_read(const char *program)
{
	extern const char __executable_start, etext;
	char line[512];
	FILE *f;

	text_start = (uintptr_t)&__executable_start;
	text_end = (uintptr_t)&etext;
	must(text_end - text_start < TEXT_MAX);
	operands = calloc(text_end - text_start, sizeof(*operands));
	must(operands);
	snprintf(line, sizeof(line), "objdump -d --no-show-raw-insn '%s'", program);
	f = popen(line, "r");
	must(f);
	while (fgets(line, sizeof(line), f))
		line_parse(line);
	must(!pclose(f));
}

/* --- stepping -------------------------------------------------------------------------- */

static struct {
	uint64_t hash, steps, addresses, unknown, gathers;
} trace;

static void note(uint64_t v)
{
	trace.hash = (trace.hash ^ v) * 0x9e3779b97f4a7c15u;
	trace.hash ^= trace.hash >> 29;
}

static void note_addresses(const struct operand *o, const greg_t *reg)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (o->base[i] != NONE)
			note(reg[o->base[i]]);
		if (o->index[i] != NONE)
			note((uint64_t)reg[o->index[i]] * o->scale[i]);
		trace.addresses += o->base[i] != NONE || o->index[i] != NONE;
	}
}

/* Before each instruction. */
static void step(int sig, siginfo_t *info, void *context)
{
	const greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t at = reg[REG_RIP];

	trace.steps++;
	note(at);
	if (at < text_start || at >= text_end || !operands[at - text_start].known) {
		trace.unknown++;
		return;
	}
	trace.gathers += operands[at - text_start].gathers;
	note_addresses(&operands[at - text_start], reg);
}

static void core_begin(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq;"
			 "lea 128(%%rsp), %%rsp" : : : "memory", "cc");
}

static void core_end(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq;"
			 "lea 128(%%rsp), %%rsp" : : : "memory", "cc");
}

static void stepping_init(void)
{
	const struct sigaction act = { .sa_sigaction = step, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	const stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };

	must(stack.ss_sp && !sigaltstack(&stack, NULL) && !sigaction(SIGTRAP, &act, NULL));
}

/* --- TAP -------------------------------------------------------------------------------- */

static unsigned int count, failed;

static void result(bool good, const char *what, const char *of)
{
	count++;
	failed += !good;
	printf("%sok %u - trace: %s%s%s\n", good ? "" : "not ", count, what, *of ? ": " : "", of);
	fflush(stdout);
}

/* Does @work leave the same trace under each key? */
static bool same_traces(void (*fn)(const void *), const void *arg)
{
	uint64_t first = 0;
	bool same = true;
	unsigned int n;

	for (n = 0; n < KEYS; n++) {
		secrets_choose(n);
		memset(&trace, 0, sizeof(trace));
		fn(arg);
		same &= !trace.unknown && !trace.gathers && trace.steps > 9 &&
			(!n || trace.hash == first);
		first = trace.hash;
	}
	return same;
}

/* --- what must be seen ------------------------------------------------------------------ */

static volatile unsigned int sink;
static const volatile uint8_t table[256];

static __attribute__((noinline)) void leak_branch(const uint8_t *key)
{
	if (key[3] & 0x10)
		sink++;
}

static __attribute__((noinline)) void leak_index(const uint8_t *key)
{
	sink = table[key[3]];
}

static void leak(const void *fn)
{
	uint8_t key[16];

	secret_fill(key, sizeof(key));
	core_begin();
	((void (*)(const uint8_t *))fn)(key);
	core_end();
}

static __attribute__((noinline)) void no_leak(const uint8_t *key)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		sink ^= key[i];
}

/* --- the core ---------------------------------------------------------------------------- */

struct task {
	const struct xsrtp_cipher *c;
	unsigned int suite;
};

static void do_task(const void *arg)
{
	const struct task *t = arg;

	work(&kinds[0], t->c, t->suite, true);
}

static void one_suite(const struct xsrtp_cipher *c, unsigned int suite)
{
	const struct task t = { c, suite };
	char name[120];
	bool good = same_traces(do_task, &t);

	snprintf(name, sizeof(name), "%s, %u keys, %llu steps, %llu addresses",
		 xsrtp_suite_info(suite)->name, KEYS, (unsigned long long)trace.steps,
		 (unsigned long long)trace.addresses);
	result(good, xsrtp_cipher_name(c), name);
}

int main(int argc, char **argv)
{
	static const uint8_t suites[] = {
		XSRTP_SUITE_AES_CM_128_HMAC_SHA1_80, XSRTP_SUITE_AES_256_CM_HMAC_SHA1_32,
		XSRTP_SUITE_AEAD_AES_128_GCM, XSRTP_SUITE_AEAD_AES_256_GCM_8,
	};
	const struct xsrtp_cipher *c;
	unsigned int i, k;

	operands_read(argv[0]);
	stepping_init();
	result(!same_traces(leak, leak_branch), "sees a branch on a key", "");
	result(!same_traces(leak, leak_index), "sees a table read at a place that a key says", "");
	result(same_traces(leak, no_leak), "sees nothing in what is the same", "");
	for (i = 0; (c = xsrtp_cipher_get(i)); i++)
		for (k = 0; k < sizeof(suites) && xsrtp_cipher_needs_fpu(c) &&
		     strcmp(xsrtp_cipher_name(c), "avx2"); k++)
			one_suite(c, suites[k]);
	printf("1..%u\n", count);
	return failed != 0;
}
