/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPUs that meet in every order, on one thread: each is a coroutine, and before
 * every step on memory that they share (platform.h: xsrtp_race()) a seeded random
 * number says which goes on. A run is the same whenever its seed is, and millions
 * of meetings take seconds, where threads on real CPUs meet once in a while.
 * What it does not show: reordering by the CPU, of which tests/unit has threads.
 */
#ifndef XSRTP_CPUS_H
#define XSRTP_CPUS_H

#include <ucontext.h>

#include "testlib.h"

#define CPUS_MAX	4
#define CPU_STACK	(256 << 10)

void xsrtp_race(void);

static struct {
	ucontext_t back, cpu[CPUS_MAX];
	bool runs[CPUS_MAX];
	uint64_t asleep[CPUS_MAX];	/* until that step */
	uint64_t steps;
	uint64_t park_at;		/* not 0: as cpus_park() says */
	void (*fn)(unsigned int cpu, void *arg);
	void *arg;
	unsigned int n, now;
	bool on;
	struct rng r;
	uint64_t switches;
} cpus;

static void cpu_switch(unsigned int to)
{
	unsigned int was = cpus.now;

	cpus.switches++;
	cpus.now = to;
	swapcontext(&cpus.cpu[was], &cpus.cpu[to]);
}

/*
 * Long stretches alone and quick changes, both. And now and then a CPU is kept from
 * going on for up to thousands of steps, as by an interrupt, or as a guest's is.
 */
void xsrtp_race(void)
{
	unsigned int was = cpus.now, to;

	if (!cpus.on)
		return;
	if (cpus.park_at) {
		if (!was && ++cpus.steps == cpus.park_at)
			cpu_switch(1);
		return;
	}
	cpus.steps++;
	if (!(rng_next(&cpus.r) >> 56))
		cpus.asleep[was] = cpus.steps + (1U << rng_below(&cpus.r, 14));
	if (cpus.asleep[was] <= cpus.steps && rng_next(&cpus.r) >> 61)
		return;
	to = rng_below(&cpus.r, cpus.n);
	if (to != was && cpus.runs[to] && cpus.asleep[to] <= cpus.steps)
		cpu_switch(to);
}

static void cpu_main(void)
{
	unsigned int me = cpus.now, i;

	cpus.fn(me, cpus.arg);
	cpus.runs[me] = false;
	for (i = 0; i < cpus.n; i++) {
		if (!cpus.runs[i])
			continue;
		cpus.now = i;
		setcontext(&cpus.cpu[i]);
	}
	setcontext(&cpus.back);
}

/* Runs @fn on @n CPUs until all have returned. */
static inline void cpus_run(unsigned int n, uint64_t seed, void (*fn)(unsigned int, void *),
			    void *arg)
{
	static char stack[CPUS_MAX][CPU_STACK] __attribute__((aligned(64)));
	unsigned int i;

	cpus.fn = fn;
	cpus.arg = arg;
	cpus.n = n;
	cpus.r.s = seed;
	cpus.steps = 0;
	for (i = 0; i < n; i++) {
		getcontext(&cpus.cpu[i]);
		cpus.cpu[i].uc_stack.ss_sp = stack[i];
		cpus.cpu[i].uc_stack.ss_size = CPU_STACK;
		makecontext(&cpus.cpu[i], cpu_main, 0);
		cpus.runs[i] = true;
		cpus.asleep[i] = 0;
	}
	cpus.now = 0;
	cpus.on = true;
	swapcontext(&cpus.back, &cpus.cpu[0]);
	cpus.on = false;
}

/*
 * Runs @fn on two CPUs: the first up to its @step-th step, then the second to its
 * end, then the first on. Returns false if the first has not so many.
 */
static inline bool cpus_park(uint64_t step, void (*fn)(unsigned int, void *), void *arg)
{
	cpus.park_at = step;
	cpus_run(2, 0, fn, arg);
	cpus.park_at = 0;
	return cpus.steps >= step;
}

#endif /* XSRTP_CPUS_H */
