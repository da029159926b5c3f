// SPDX-License-Identifier: GPL-2.0
/*
 * The other door to the engine: a function that XDP programs call, on kernels that
 * have type information (BTF) of modules. The packet is worked on where it lies and
 * the program redirects it, so it never is a frame of ours: no burst to wait for, but
 * no burst to share the cost either.
 *
 * A program that calls it holds the module: rmmod is refused until it is detached.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/filter.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/xdp.h>

#include "compat.h"
#include "engine.h"
#include "flow.h"
#include "kfunc.h"

#ifdef COMPAT_KFUNCS

/*
 * A buffer's memory, from the driver's page on; the space of struct xdp_frame must be
 * left alone, redirecting puts one there:
 *
 *	| struct xdp_frame | headroom | data .. data_end | tail room | skb_shared_info |
 *	|<------------------------------- frame_sz --------------------------------->|
 */
static bool buf_from_xdp(struct xsrtp_buf *buf, const struct xdp_buff *xdp)
{
	u8 *start = (u8 *)xdp->data_hard_start + sizeof(struct xdp_frame);
	u8 *end = xdp_data_hard_end(xdp);

	/* In pieces: the device has it made whole. */
	if (xdp_buff_has_frags((struct xdp_buff *)xdp))
		return false;
	if ((u8 *)xdp->data < start || (u8 *)xdp->data_end > end)
		return false;
	*buf = (struct xsrtp_buf) {
		.data = xdp->data,
		.len = xdp->data_end - xdp->data,
		.headroom = (u8 *)xdp->data - start,
		.tailroom = end - (u8 *)xdp->data_end,
	};
	return true;
}

/* What lay in front of the old data (metadata of a program) does not any more. */
static void buf_to_xdp(const struct xsrtp_buf *buf, struct xdp_buff *xdp)
{
	bool meta = !xdp_data_meta_unsupported(xdp);

	xdp->data = buf->data;
	xdp->data_end = buf->data + buf->len;
	if (meta)
		xdp->data_meta = xdp->data;
	else
		xdp_set_data_meta_invalid(xdp);
}

__bpf_kfunc_start_defs();

/**
 * bpf_xsrtp_forward() - do with a packet what its flow says, inline
 * @ctx: the packet, from its Ethernet header on
 *
 * Pointers into the packet are void afterwards.
 *
 * Return: > 0: index of the device to redirect the packet to. 0: it is for the xsrtp
 * device, untouched and uncounted. < 0: it is to be dropped, and counted.
 */
__bpf_kfunc int bpf_xsrtp_forward(struct xdp_md *ctx)
{
	struct xdp_buff *xdp = (struct xdp_buff *)ctx;
	struct net_device *out;
	struct xsrtp_buf buf;
	int ret = 0;

	/* Test runs are not always in softirq, and what is this CPU's must stay so. */
	if (!in_softirq() || !buf_from_xdp(&buf, xdp))
		return 0;
	rcu_read_lock();
	out = xsrtp_engine_run_inline(xsrtp_net(dev_net(xdp->rxq->dev)), &buf);
	if (out) {
		buf_to_xdp(&buf, xdp);
		ret = out->ifindex;
	} else if (buf.reason != XSRTP_REASON_OK) {
		ret = -EINVAL;
	}
	rcu_read_unlock();
	return ret;
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(kfunc_ids)
BTF_ID_FLAGS(func, bpf_xsrtp_forward)
BTF_KFUNCS_END(kfunc_ids)

static const struct btf_kfunc_id_set kfunc_set = {
	.owner = THIS_MODULE,
	.set = &kfunc_ids,
};

/* Without it there is the device: no reason not to load. */
void __init xsrtp_kfunc_init(void)
{
	int err = register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &kfunc_set);

	if (err)
		pr_info("xsrtp: no kfunc for XDP programs (%d), they have the device\n", err);
}

#else

void __init xsrtp_kfunc_init(void)
{
}

#endif /* COMPAT_KFUNCS */
