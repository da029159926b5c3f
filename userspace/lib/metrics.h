/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The document of metrics, written in one of two formats: OpenMetrics 1.0
 * (github.com/OpenObservability/OpenMetrics), or the older text format 0.0.4 of
 * Prometheus, which node_exporter's textfile collector reads. Names, types and help are
 * one table, for xsrtpd and for the command line.
 *
 * No label has what tells a call: no Call-ID, no address of a phone, no port, no SSRC.
 */
#ifndef XSRTP_METRICS_H
#define XSRTP_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * X(symbol, type, name, unit, help). The unit, if there is one, is the name's end. A
 * counter's samples have "_total" behind the name, an info's "_info".
 */
#define METRICS_OF_HOST(X)							\
	X(SOURCE_UP, GAUGE, "xsrtp_source_up", "",				\
	  "1: this part of the host could be read; 0: its metrics are missing")	\
	X(CIPHER, INFO, "xsrtp_cipher", "", "The module's implementation of the ciphers") \
	X(PACKETS, COUNTER, "xsrtp_packets", "", "Packets of flows, received and sent on") \
	X(BYTES, COUNTER, "xsrtp_bytes", "bytes",				\
	  "Bytes of flows, RTP and SRTP without the headers before it")		\
	X(DROPS, COUNTER, "xsrtp_drops", "", "Packets dropped, by who dropped them and why") \
	X(PROGRAM_PACKETS, COUNTER, "xsrtp_program_packets", "",		\
	  "Packets that a program has let go on, by what became of them")	\
	X(FLOWS, GAUGE, "xsrtp_flows", "", "Flows in the module")		\
	X(DEVICE_UP, GAUGE, "xsrtp_device_up", "", "1: this xsrtp device is up") \
	X(ATTACHED, GAUGE, "xsrtp_attached_devices", "",			\
	  "Devices that have the program, by XDP mode")				\
	X(GUARD_ENFORCING, GAUGE, "xsrtp_guard_enforcing", "",			\
	  "1: the guard drops; 0: it only counts what it would drop")		\
	X(GUARD_ATTACK, GAUGE, "xsrtp_guard_under_attack", "", "1: the guard sees an attack") \
	X(GUARD_CHANGES, COUNTER, "xsrtp_guard_state_changes", "",		\
	  "How often an attack has begun or ended")				\
	X(GUARD_WOULD_DROP, COUNTER, "xsrtp_guard_would_drops", "",		\
	  "Packets that the guard would have dropped, had it not only observed") \
	X(GUARD_PREFIXES, GAUGE, "xsrtp_guard_prefixes", "", "Banned and allowed prefixes, by table") \
	X(GUARD_MEMORY, GAUGE, "xsrtp_guard_memory_bytes", "bytes", "Memory of the guard's tables")

#define METRICS_OF_DAEMON(X)							\
	X(CALLS, GAUGE, "xsrtp_calls", "", "Calls now")				\
	X(CALLS_BEGUN, COUNTER, "xsrtp_calls_begun", "", "Calls that an offer has begun") \
	X(CALLS_ENDED, COUNTER, "xsrtp_calls_ended", "", "Calls that have ended, by cause") \
	X(CALLS_REFUSED, COUNTER, "xsrtp_calls_refused", "",			\
	  "Offers refused because of max-sessions")				\
	X(REQUESTS, COUNTER, "xsrtp_requests", "", "Requests of the ng protocol") \
	X(REQUEST_ERRORS, COUNTER, "xsrtp_request_errors", "", "Requests answered by an error") \
	X(HANDSHAKES, COUNTER, "xsrtp_handshakes", "", "DTLS handshakes that have ended, by result") \
	X(FLOW_ERRORS, COUNTER, "xsrtp_flow_errors", "",			\
	  "Flows that could not be made, changed or deleted")			\
	X(PORTS, GAUGE, "xsrtp_ports", "", "Ports for media of an interface")	\
	X(PORTS_USED, GAUGE, "xsrtp_ports_used", "", "Those in use")		\
	X(KEY_AGE, HISTOGRAM, "xsrtp_key_age_seconds", "seconds",		\
	  "Keys that calls have now, by age")					\
	X(AUDIT_LINES, COUNTER, "xsrtp_audit_lines", "", "Lines of the audit trail written")	\
	X(AUDIT_LOST, COUNTER, "xsrtp_audit_lost", "", "Lines of the audit trail that could not be written") \
	X(COLLECT, GAUGE, "xsrtp_collect_seconds", "seconds",			\
	  "How long it took to collect this document")				\
	X(CPU, COUNTER, "process_cpu_seconds", "seconds", "User and system time of xsrtpd") \
	X(START, GAUGE, "process_start_time_seconds", "seconds", "When xsrtpd began, since 1970") \
	X(RESIDENT, GAUGE, "process_resident_memory_bytes", "bytes", "Memory of xsrtpd in RAM") \
	X(VIRTUAL, GAUGE, "process_virtual_memory_bytes", "bytes", "Address space of xsrtpd") \
	X(OPEN_FDS, GAUGE, "process_open_fds", "", "Open file descriptors of xsrtpd") \
	X(MAX_FDS, GAUGE, "process_max_fds", "", "Most that it may have")

enum metric {
#define X(sym, type, name, unit, help) METRIC_##sym,
	METRICS_OF_HOST(X)
	METRICS_OF_DAEMON(X)
#undef X
	METRIC_MAX
};

struct metrics {
	FILE *to;
	bool openmetrics;	/* else 0.0.4 */
};

/* metrics_type() - what HTTP calls the format. */
const char *metrics_type(bool openmetrics);

/*
 * metrics_family() - what is said before the samples of @f, which follow at once
 *
 * A family is there also without samples: who looks for a name finds it.
 */
void metrics_family(const struct metrics *m, enum metric f);

/* A sample; the names and values of its labels follow, and a NULL. */
__attribute__((sentinel)) void metrics_count(const struct metrics *m, enum metric f, uint64_t v, ...);
__attribute__((sentinel)) void metrics_number(const struct metrics *m, enum metric f, double v, ...);

/* metrics_ages() - how many are not older than each of the @n bounds; @all: how many, @sum of them. */
void metrics_ages(const struct metrics *m, enum metric f, const double *bound, const uint64_t *within,
		  size_t n, uint64_t all, double sum);

/* metrics_end() - nothing may follow. 0 or -errno: something could not be written. */
int metrics_end(const struct metrics *m);

#endif /* XSRTP_METRICS_H */
