/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard on the devices of this network namespace (bpf/guard.bpf.c): attach, detach,
 * its policy and its state, which are also those of the guard inside the program of the
 * fast path (guard_inside.h). As with the other programs nothing is kept in a process: the
 * guard is found by asking the kernel, and all devices of a namespace share one set of
 * maps. They are pinned (pins.h) until the last device is detached.
 *
 * Who changes something holds the namespace's lock, which goes with the process.
 *
 * All that return int: 0, or -errno with a sentence in @err.
 */
#ifndef XSRTP_GUARD_H
#define XSRTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/guard_state.h"
#include "ingress.h"
#include "next.h"

enum guard_map {
	GUARD_POLICY, GUARD_STATE, GUARD_SOURCES, GUARD_HOSTS, GUARD_OFFENDERS, GUARD_PORTS,
	GUARD_ENDS, GUARD_TALKERS, GUARD_CANDIDATES, GUARD_CPU, GUARD_PREFIX4, GUARD_PREFIX6,
	GUARD_MAPS
};

struct guard_set {
	int fd[GUARD_MAPS];
};

/* Both clocks at one moment, and how fast the guard's runs. */
struct guard_clock {
	uint64_t jiffies;
	uint64_t ns;		/* CLOCK_MONOTONIC */
	unsigned int hz;
};

/* What guard_attach() has found and done. */
struct guard_attached {
	struct ingress_info dev;
	char next[NEXT_NAME_LEN];	/* the program behind it; empty: none */
	bool renewed;		/* the device had the guard already: another program now */
	bool kept;		/* there was a state, and the guard goes on with it */
	char fresh[100];	/* there was one, and why it could not; else empty */
	char unpinned[128];	/* why the state does not outlive the program; else empty */
};

/*
 * guard_attach() - on @ifname; @ports "A-B,C-D" or NULL: as they are, or the default
 *
 * Where the guard is already its program is exchanged, between two packets, by this
 * version's. Another XDP program is behind it from then on (next.h), and the device's again
 * when the guard is detached. -EEXIST one is there in another mode; -EBUSY one that cannot
 * be behind it.
 */
int guard_attach(const char *ifname, enum ingress_mode mode, const char *ports,
		 struct guard_attached *to, char *err, size_t err_len);
/*
 * guard_detach() - -ENOENT it is not there. With the last device its state goes; where a
 * state is all that is left, because the device is gone, that goes and it is 0.
 */
int guard_detach(const char *ifname, char *err, size_t err_len);
/*
 * guard_list() - up to @max devices that have it, alone (door INGRESS_DEVICE) or inside
 * (INGRESS_GUARD); how many, or -errno.
 */
int guard_list(struct ingress_info *info, size_t max);

/* guard_next_name() - of the program behind the guard on @d; "": none. */
void guard_next_name(const struct ingress_info *d, char name[NEXT_NAME_LEN]);

/* guard_open() - its maps; -ENOENT no device of this namespace has it. */
int guard_open(struct guard_set *g, char *err, size_t err_len);
/*
 * guard_state_open() - the same or, where no device has it any more, what is pinned;
 * -ENOENT, or -ESTALE with @why: there is a state, of another version.
 */
int guard_state_open(struct guard_set *g, char *why, size_t why_len);
/* guard_of() - those of the program @prog; -ESTALE: another version's. */
int guard_of(int prog, struct guard_set *g);
void guard_close(struct guard_set *g);
const char *guard_map_name(enum guard_map i);

/* guard_lock() - waits for others; the descriptor to close, or -errno. */
int guard_lock(char *err, size_t err_len);

/* guard_start() - the first policy, with new secrets. For maps that no device uses yet. */
int guard_start(struct guard_set *g, const char *ports, char *err, size_t err_len);

/* guard_policy_get() - the policy that holds. guard_policy_put() - one that is finished. */
int guard_policy_get(struct guard_set *g, struct xsrtp_policy *p, char *err, size_t err_len);
int guard_policy_put(struct guard_set *g, const struct xsrtp_policy *p, char *err, size_t err_len);

/* guard_state_map() - the state, to be unmapped by guard_state_unmap(); or NULL. */
struct xsrtp_guard *guard_state_map(struct guard_set *g);
void guard_state_unmap(struct xsrtp_guard *s);

/* guard_cpus() - what all CPUs have counted. */
int guard_cpus(struct guard_set *g, struct xsrtp_guard_cpu *sum);

/* guard_offenders() - up to XSRTP_OFFENDERS into @o; how many, or -errno. */
int guard_offenders(struct guard_set *g, struct xsrtp_offender *o);

/*
 * guard_array() - all values of one of its arrays, as they are at about one moment, into
 * @to, which is as large; 0 or -errno.
 */
int guard_array(struct guard_set *g, enum guard_map i, void *to, size_t size);

/* guard_memory() - bytes of all maps, as the kernel accounts for them. */
uint64_t guard_memory(const struct guard_set *g);

/* guard_counter_name() - "passed-known", ...; those of counters.h, too. */
const char *guard_counter_name(unsigned int i);
bool guard_counter_drops(unsigned int i);

/* guard_clock_advance() - to now, without asking the kernel again. */
void guard_clock_advance(struct guard_clock *c);
/* guard_attacked() - @s is under attack; one that nothing has come of lately is over. */
bool guard_attacked(const struct xsrtp_guard *s, const struct xsrtp_policy *p,
		    const struct guard_clock *c);
/* guard_clock_read() - 0 or -errno; @hz is left as it is. */
int guard_clock_read(struct guard_clock *c);
/* guard_clock_real() - a time of the guard's as seconds since 1970. */
double guard_clock_real(const struct guard_clock *c, uint64_t jiffies);

#endif /* XSRTP_GUARD_H */
