// SPDX-License-Identifier: GPL-2.0
/*
 * xsrtp: SRTP for the media path, in the kernel.
 *
 * Loads only if every cipher implementation that this CPU can run passes its
 * known-answer tests. Then builds up from the inside: keys, flow tables, the
 * device, and last the door for userspace; takes down in reverse.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "device.h"
#include "engine.h"
#include "flow.h"
#include "key.h"
#include "kfunc.h"
#include "ledger.h"
#include "netlink.h"

/* @names: "avx2, kernel", those that were tested, of @size bytes */
static int __init selftest(char *names, size_t size)
{
	const struct xsrtp_cipher *cipher;
	const char *what = "";
	unsigned int n, at = 0;
	int err = 0;
	void *mem;

	mem = kmalloc(XSRTP_SELFTEST_BYTES, GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	for (n = 0; !err && (cipher = xsrtp_cipher_get(n)); n++) {
		xsrtp_engine_cipher_begin(cipher);
		err = xsrtp_selftest(cipher, mem, &what);
		xsrtp_engine_cipher_end(cipher);
		if (err)
			pr_err("xsrtp: cipher %s fails its self-test: %s\n",
			       xsrtp_cipher_name(cipher), what);
		at += scnprintf(names + at, size - at, "%s%s", n ? ", " : "",
				xsrtp_cipher_name(cipher));
	}
	kfree(mem);
	return err;
}

static int __init xsrtp_init(void)
{
	char tested[64];
	int err;

	err = selftest(tested, sizeof(tested));
	if (err)
		return err;
	err = xsrtp_engine_init();
	if (err)
		return err;
	xsrtp_ledger_init();
	err = xsrtp_key_init();
	if (err)
		return err;
	err = xsrtp_flow_init();
	if (err)
		goto err_flow;
	err = xsrtp_device_init();
	if (err)
		goto err_device;
	err = xsrtp_netlink_init();
	if (err)
		goto err_netlink;
	xsrtp_kfunc_init();

	pr_info("xsrtp: loaded, self-test passed by %s; cipher %s\n", tested,
		xsrtp_cipher_name(xsrtp_engine_cipher()));
	return 0;

err_netlink:
	xsrtp_device_exit();
err_device:
	xsrtp_flow_exit();
err_flow:
	xsrtp_key_exit();
	return err;
}

static void __exit xsrtp_exit(void)
{
	xsrtp_netlink_exit();
	xsrtp_device_exit();
	xsrtp_flow_exit();
	xsrtp_key_exit();
	xsrtp_ledger_exit();
}

module_init(xsrtp_init);
module_exit(xsrtp_exit);

MODULE_DESCRIPTION("SRTP for the media path");
MODULE_AUTHOR("The xsrtp authors");
MODULE_LICENSE("GPL");
