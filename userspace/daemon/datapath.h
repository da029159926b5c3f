/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What carries media: flows go in, counters come out. Calls know this interface only;
 * behind it is the kernel module, or a recorder for tests.
 */
#ifndef XSRTPD_DATAPATH_H
#define XSRTPD_DATAPATH_H

#include "flow.h"

/* All return 0, or -errno with a sentence in @err. */
struct datapath {
	/* add - a flow with the keys of its two sessions, and its cookie */
	int (*add)(struct datapath *d, const struct flow *f, uint32_t *id, char *err, size_t err_len);
	/* move - remote, source and destination of the flow f->id */
	int (*move)(struct datapath *d, const struct flow *f, char *err, size_t err_len);
	/* rekey - a new key of one direction; at once, or as the second (k->second) */
	int (*rekey)(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
		     char *err, size_t err_len);
	/* only - no key of this direction but @k, which one of its two may be */
	int (*only)(struct datapath *d, uint32_t id, enum direction dir, const struct key *k,
		    char *err, size_t err_len);
	int (*del)(struct datapath *d, uint32_t id, char *err, size_t err_len);
	int (*stats)(struct datapath *d, uint32_t id, struct stats *s, char *err, size_t err_len);
	/* each - calls @fn with every flow that is there, whoever made it */
	int (*each)(struct datapath *d, void (*fn)(const struct flow *f, void *arg), void *arg,
		    char *err, size_t err_len);
	/* reconcile - what somebody was killed in the middle of is made whole */
	int (*reconcile)(struct datapath *d, char *err, size_t err_len);
	void (*close)(struct datapath *d);
	/* totals - of all flows that there are and were; one question, however many */
	int (*totals)(struct datapath *d, struct stats *s, char *err, size_t err_len);
};

/* datapath_kernel() - xsrtp.ko and the XDP program's table. NULL with a sentence in @err. */
struct datapath *datapath_kernel(char *err, size_t err_len);

/*
 * datapath_record() - carries nothing; writes a line to @path for each thing that it is
 * told, and refuses what the module would. Its flows outlive it, as the module's do: they
 * are what the lines say. Of a key it writes 8 bytes of its SHA-256. What
 * its flows have carried is in @path.counters, if that is there: lines "ID PACKETS", or
 * "ID +" for one more each time that somebody asks; ID 0 is every flow that has none. And
 * of all flows: "total PACKETS BYTES" each way, "drop REASON PACKETS" by its number.
 */
struct datapath *datapath_record(const char *path, char *err, size_t err_len);

#endif /* XSRTPD_DATAPATH_H */
