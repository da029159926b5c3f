// SPDX-License-Identifier: GPL-2.0
/*
 * This process, from getrusage(2) and proc(5).
 */
#include "process.h"

#include <dirent.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct own {
	unsigned long long start;	/* ticks since the host has booted */
	unsigned long long virtual;	/* bytes */
	long resident;			/* pages */
};

static bool read_line(const char *path, char *line, size_t len)
{
	FILE *f = fopen(path, "re");
	bool got = f && fgets(line, len, f);

	if (f)
		fclose(f);
	return got;
}

/* /proc/self/stat: fields are told from behind the name, which may hold anything. */
static bool read_own(struct own *o)
{
	char line[1024], *at;

	if (!read_line("/proc/self/stat", line, sizeof(line)))
		return false;
	at = strrchr(line, ')');
	return at && sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			    "%*d %*d %llu %llu %ld", &o->start, &o->virtual, &o->resident) == 3;
}

/* /proc/stat: when the host has booted, in seconds since 1970. */
static bool read_boot(unsigned long long *seconds)
{
	FILE *f = fopen("/proc/stat", "re");
	char line[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "btime %llu", seconds) == 1;
	if (f)
		fclose(f);
	return found;
}

static uint64_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint64_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n > 3 ? n - 3 : 0;	/* ".", "..", and the directory's own */
}

static double cpu_seconds(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

void process_write(const struct metrics *m)
{
	unsigned long long boot;
	struct rlimit files;
	struct own o;
	bool known = read_own(&o);

	metrics_family(m, METRIC_CPU);
	metrics_number(m, METRIC_CPU, cpu_seconds(), NULL);
	metrics_family(m, METRIC_START);
	if (known && read_boot(&boot))
		metrics_number(m, METRIC_START, boot + (double)o.start / sysconf(_SC_CLK_TCK), NULL);
	metrics_family(m, METRIC_RESIDENT);
	if (known)
		metrics_count(m, METRIC_RESIDENT, (uint64_t)o.resident * sysconf(_SC_PAGESIZE), NULL);
	metrics_family(m, METRIC_VIRTUAL);
	if (known)
		metrics_count(m, METRIC_VIRTUAL, o.virtual, NULL);
	metrics_family(m, METRIC_OPEN_FDS);
	metrics_count(m, METRIC_OPEN_FDS, open_files(), NULL);
	metrics_family(m, METRIC_MAX_FDS);
	if (!getrlimit(RLIMIT_NOFILE, &files))
		metrics_count(m, METRIC_MAX_FDS, files.rlim_cur, NULL);
}
