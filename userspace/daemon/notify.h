/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the service manager is told (sd_notify(3)), if there is one: that we are ready,
 * alive, reading our configuration again, and in one line how it goes.
 */
#ifndef XSRTPD_NOTIFY_H
#define XSRTPD_NOTIFY_H

#include <systemd/sd-event.h>

#include "call.h"

/* notify_ready() - and from now on its watchdog hears from the loop, if it has one. */
void notify_ready(sd_event *event);

/* notify_reloading() - READY=1 is to follow: notify_reloaded(). */
void notify_reloading(void);
void notify_reloaded(void);

/* notify_status() - if it is another line than before; @trouble: of the configuration, or "". */
void notify_status(const struct calls *s, const char *trouble);

/* notify_journal() - a line of the audit trail, with an identifier of its own. */
void notify_journal(const char *line);

#endif /* XSRTPD_NOTIFY_H */
