// SPDX-License-Identifier: GPL-2.0
/*
 * The link type "xsrtp": the door through which packets come to the engine.
 *
 * XDP programs redirect frames to a device of this type and they arrive in
 * bursts of up to 16 (ndo_xdp_xmit); generic XDP, tc (what local sockets send) and
 * routing hand it skbs one at a time (ndo_start_xmit). The device has no features:
 * GSO, missing checksums, pieces and VLAN tags beside the data the kernel has
 * undone before. Either way the flow table of the device's
 * namespace decides. Nothing that belongs to no flow goes anywhere: the device
 * never sends back what it was given. Packets with action "deliver" enter the
 * local stack from this device.
 *
 * No queue, no lock: every CPU works on its own burst.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/rtnetlink.h>
#include <net/xdp.h>

#include "compat.h"
#include "device.h"
#include "engine.h"
#include "flow.h"

struct device_stats {
	u64_stats_t rx_packets;		/* delivered to the local stack */
	u64_stats_t rx_bytes;
	u64_stats_t tx_packets;		/* handed to us */
	u64_stats_t tx_bytes;
	u64_stats_t tx_dropped;
	struct u64_stats_sync sync;
};

struct device_priv {
	struct device_stats __percpu *stats;
};

/* --- counters -------------------------------------------------------------- */

static struct device_stats *stats_here(const struct net_device *dev)
{
	const struct device_priv *priv = netdev_priv(dev);

	return this_cpu_ptr(priv->stats);
}

/* A packet goes up the local stack. BH disabled. */
void xsrtp_device_delivered(struct net_device *dev, unsigned int bytes)
{
	struct device_stats *s = stats_here(dev);

	u64_stats_update_begin(&s->sync);
	u64_stats_inc(&s->rx_packets);
	u64_stats_add(&s->rx_bytes, bytes);
	u64_stats_update_end(&s->sync);
}

static void count(struct net_device *dev, unsigned int packets, unsigned int bytes,
		  unsigned int dropped)
{
	struct device_stats *s = stats_here(dev);

	u64_stats_update_begin(&s->sync);
	u64_stats_add(&s->tx_packets, packets);
	u64_stats_add(&s->tx_bytes, bytes);
	u64_stats_add(&s->tx_dropped, dropped);
	u64_stats_update_end(&s->sync);
}

static void device_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *sum)
{
	const struct device_priv *priv = netdev_priv(dev);
	struct rtnl_link_stats64 one;
	unsigned int start;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct device_stats *s = per_cpu_ptr(priv->stats, cpu);

		do {
			start = u64_stats_fetch_begin(&s->sync);
			one.rx_packets = u64_stats_read(&s->rx_packets);
			one.rx_bytes = u64_stats_read(&s->rx_bytes);
			one.tx_packets = u64_stats_read(&s->tx_packets);
			one.tx_bytes = u64_stats_read(&s->tx_bytes);
			one.tx_dropped = u64_stats_read(&s->tx_dropped);
		} while (u64_stats_fetch_retry(&s->sync, start));

		sum->rx_packets += one.rx_packets;
		sum->rx_bytes += one.rx_bytes;
		sum->tx_packets += one.tx_packets;
		sum->tx_bytes += one.tx_bytes;
		sum->tx_dropped += one.tx_dropped;
	}
}

/* --- packets --------------------------------------------------------------- */

static void run(struct net_device *dev, struct xsrtp_buf *bufs, unsigned int n,
		unsigned int bytes)
{
	unsigned int i, dropped = 0;

	xsrtp_engine_run(xsrtp_net(dev_net(dev)), dev, bufs, n);
	for (i = 0; i < n; i++)
		dropped += bufs[i].reason != XSRTP_REASON_OK;
	count(dev, n, bytes, dropped);
}

/*
 * A frame's memory, from the driver's page on:
 *
 *	| struct xdp_frame | headroom | data .. len | tail room | skb_shared_info |
 *	|<------------------------------ frame_sz ------------------------------>|
 */
static void buf_from_frame(struct xsrtp_buf *buf, struct xdp_frame *frame)
{
	u8 *end = (u8 *)xdp_get_shared_info_from_frame(frame);
	u8 *tail = (u8 *)frame->data + frame->len;

	*buf = (struct xsrtp_buf) {
		.frame = frame,
		.data = frame->data,
		.len = frame->len,
		.headroom = frame->headroom,
		.tailroom = end > tail ? end - tail : 0,
	};
}

/* The caller frees frames that are not taken, and counts nothing. */
static int refuse(struct net_device *dev, int n)
{
	struct xsrtp_stats *stats = this_cpu_ptr(xsrtp_net(dev_net(dev))->stats);
	int i;

	for (i = 0; i < n; i++)
		xsrtp_stats_drop(stats, XSRTP_REASON_XMIT);
	count(dev, 0, 0, n);
	return -ENETDOWN;
}

/*
 * Frames that XDP redirects here. All are consumed: what the engine does not
 * send on it has dropped and counted. The caller has BH disabled.
 */
static int device_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags)
{
	struct xsrtp_buf bufs[XSRTP_BURST];
	unsigned int bytes, m;
	int i;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!netif_running(dev)))
		return refuse(dev, n);

	rcu_read_lock();
	for (i = 0; i < n; i += m) {
		bytes = 0;
		for (m = 0; m < XSRTP_BURST && i + m < n; m++) {
			buf_from_frame(&bufs[m], frames[i + m]);
			bytes += frames[i + m]->len;
		}
		run(dev, bufs, m, bytes);
	}
	rcu_read_unlock();
	return n;
}

static void xmit_one(struct net_device *dev, struct sk_buff *skb)
{
	struct xsrtp_buf buf = {};
	unsigned int bytes = skb->len;

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb)) {
		count(dev, 1, bytes, 1);
		return;
	}
	buf.skb = skb;
	if (unlikely(skb_linearize(skb))) {
		xsrtp_engine_drop(xsrtp_net(dev_net(dev)), &buf, XSRTP_REASON_NO_MEMORY);
		count(dev, 1, bytes, 1);
		return;
	}
	buf.data = skb->data;
	buf.len = skb->len;
	buf.headroom = skb_headroom(skb);
	buf.tailroom = skb_tailroom(skb);
	run(dev, &buf, 1, bytes);
}

/* Large packets (GSO, or merged by GRO) are cut into what they were. */
static void xmit_gso(struct net_device *dev, struct sk_buff *skb)
{
	struct sk_buff *segs, *next;
	struct xsrtp_buf buf = { .skb = skb };

	segs = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segs)) {
		count(dev, 1, skb->len, 1);
		xsrtp_engine_drop(xsrtp_net(dev_net(dev)), &buf, XSRTP_REASON_MALFORMED);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, skb, next) {
		skb_mark_not_on_list(skb);
		xmit_one(dev, skb);
	}
}

/* skbs: from generic XDP, tc, or routed here. BH disabled. */
static netdev_tx_t device_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	rcu_read_lock();
	if (unlikely(skb_is_gso(skb)))
		xmit_gso(dev, skb);
	else
		xmit_one(dev, skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/* --- the device ------------------------------------------------------------ */

static int device_init(struct net_device *dev)
{
	struct device_priv *priv = netdev_priv(dev);
	int cpu;

	priv->stats = alloc_percpu(struct device_stats);
	if (!priv->stats)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(priv->stats, cpu)->sync);
	return 0;
}

/* The last reader of the counters may still hold the device: not in uninit. */
static void device_free(struct net_device *dev)
{
	struct device_priv *priv = netdev_priv(dev);

	free_percpu(priv->stats);
}

static const struct net_device_ops device_ops = {
	.ndo_init = device_init,
	.ndo_start_xmit = device_start_xmit,
	.ndo_xdp_xmit = device_xdp_xmit,
	.ndo_get_stats64 = device_get_stats64,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void device_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "xsrtp", sizeof(info->driver));
}

static const struct ethtool_ops device_ethtool_ops = {
	.get_drvinfo = device_get_drvinfo,
	.get_link = ethtool_op_get_link,
};

bool xsrtp_device_is(const struct net_device *dev)
{
	return dev->netdev_ops == &device_ops;
}

static void device_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &device_ops;
	dev->ethtool_ops = &device_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = device_free;
	eth_hw_addr_random(dev);
	compat_set_lltx(dev);
	compat_set_xdp_xmit(dev);
	compat_set_no_addrconf(dev);

	/* Not a network: no neighbours, no broadcast, no automatic addresses. */
	dev->flags = IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;

	/* XDP compares a frame with the MTU: it must never be what refuses. */
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	dev->mtu = ETH_MAX_MTU;
}

static int device_validate(struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	if (!tb[IFLA_ADDRESS])
		return 0;
	if (nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN ||
	    !is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS]))) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS], "not a unicast Ethernet address");
		return -EINVAL;
	}
	return 0;
}

static struct rtnl_link_ops device_link_ops = {
	.kind = "xsrtp",
	.priv_size = sizeof(struct device_priv),
	.setup = device_setup,
	.validate = device_validate,
};

int __init xsrtp_device_init(void)
{
	return rtnl_link_register(&device_link_ops);
}

/* Removes all devices of the type; none is in use on return. */
void xsrtp_device_exit(void)
{
	rtnl_link_unregister(&device_link_ops);
}

MODULE_ALIAS_RTNL_LINK("xsrtp");
