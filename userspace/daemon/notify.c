// SPDX-License-Identifier: GPL-2.0
/*
 * Telling the service manager.
 */
#include "notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include "say.h"

/*
 * The pings come from the loop itself, as a timer of it: a loop that hangs in a request,
 * or in the kernel, sends none, and that is what the watchdog is to see.
 */
void notify_ready(sd_event *event)
{
	int ret = sd_event_set_watchdog(event, true);

	if (ret < 0)
		say(SAY_WARNING, "the watchdog hears nothing of us: %s", strerror(-ret));
	sd_notify(0, "READY=1");
}

/* systemd 253 (Type=notify-reload) wants to know when it began; older ones pass it over. */
void notify_reloading(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, t.tv_sec * UINT64_C(1000000) + t.tv_nsec / 1000);
}

void notify_reloaded(void)
{
	sd_notify(0, "READY=1");
}

static uint64_t n_ended(const struct calls *s)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < ENDED; i++)
		n += s->n_ended[i];
	return n;
}

void notify_status(const struct calls *s, const char *trouble)
{
	static char said[1024];
	char line[sizeof(said)], *c;
	uint32_t ports = 0;
	unsigned int i;

	for (i = 0; i < s->ifaces.n; i++)
		ports += s->ifaces.iface[i].pool.n_used;
	snprintf(line, sizeof(line), "%u calls, %u ports in use, %" PRIu64 " calls ended by timeouts%s%s",
		 s->n, ports, n_ended(s), *trouble ? "; " : "", trouble);
	/* A line end would begin another assignment; what is in a file's name is not ours. */
	for (c = line; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = '?';
	if (!strcmp(line, said))
		return;
	memcpy(said, line, sizeof(said));
	sd_notifyf(0, "STATUS=%s", line);
}

void notify_journal(const char *line)
{
	sd_journal_send("MESSAGE=%s", line, "PRIORITY=6", "SYSLOG_IDENTIFIER=xsrtpd-audit", NULL);
}
