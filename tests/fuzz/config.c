// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a configuration file. Each error that is counted is told, of a line that
 * there is, in a sentence that stays one line of a log. What is right in itself gives
 * interfaces and a range of ports, and differs in no key from itself.
 */
#include <stdlib.h>

#include "config.h"

static struct config config, other;
static struct ifaces ifaces;
static unsigned int told, lines;

static void tell(void *arg, unsigned int line, const char *sentence)
{
	const char *c;

	if (!*sentence || line > lines)
		abort();
	for (c = sentence; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort();
	told++;
}

static void use(void)
{
	unsigned int i = 0, k;
	struct policy p;

	memset(&ifaces, 0, sizeof(ifaces));
	config_ifaces(&config, &ifaces);
	if (!ifaces.n || !pool_init(&ifaces.iface[0].pool, config.port_min, config.port_max))
		abort();
	for (k = 0; k < ifaces.n; k++) {
		config_policy(&config, ifaces.iface[k].name, &p);
		if ((p.n || p.no_plain) && !config.suites.n && !config.plain_rtp.n)
			abort();
	}
	config_init(&other);
	config_override(&other, &config);
	if (config_fixed(&config, &other, &i) || other.port_min != config.port_min ||
	    other.log_level != config.log_level)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int errors;
	size_t i;

	told = 0;
	for (i = 0, lines = 1; i < size; i++)
		lines += data[i] == '\n';
	config_init(&config);
	errors = config_parse(&config, (struct text){ (const char *)data, size }, tell, NULL);
	errors += config_check(&config, tell, NULL);
	if (errors != told)
		abort();
	if (!errors)
		use();
	return 0;
}
