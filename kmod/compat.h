/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernel versions and architectures. The only place in
 * the tree that may look at LINUX_VERSION_CODE. Tested: 6.12 and 6.1.
 */
#ifndef XSRTP_COMPAT_H
#define XSRTP_COMPAT_H

#include <linux/version.h>
#include <linux/local_lock.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#ifdef CONFIG_X86
#include <asm/fpu/api.h>
static inline bool compat_fpu_usable(void) { return irq_fpu_usable(); }
static inline void compat_fpu_begin(void) { kernel_fpu_begin(); }
static inline void compat_fpu_end(void) { kernel_fpu_end(); }
#else
/* No cipher of ours needs the FPU there. */
static inline bool compat_fpu_usable(void) { return false; }
static inline void compat_fpu_begin(void) { }
static inline void compat_fpu_end(void) { }
#endif

/*
 * Data of a CPU that only softirqs touch. On PREEMPT_RT softirqs may be
 * preempted: until 6.11 one lock held by local_bh_disable() keeps them apart,
 * from then on whoever needs it says so.
 */
#ifndef local_lock_nested_bh
#define local_lock_nested_bh(lock)	do { } while (0)
#define local_unlock_nested_bh(lock)	do { } while (0)
#endif

/* Transmit without a queue lock: a feature bit until 6.11. */
static inline void compat_set_lltx(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* Until 6.1 only slaves of a bond are spared: what the device then says of itself it drops. */
static inline void compat_set_no_addrconf(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	dev->priv_flags |= IFF_NO_ADDRCONF;
#endif
}

/* What a device can do with XDP: told by the device from 6.3 on. */
static inline bool compat_can_xdp_xmit(const struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return dev->xdp_features & NETDEV_XDP_ACT_NDO_XMIT;
#else
	return dev->netdev_ops->ndo_xdp_xmit;
#endif
}

static inline void compat_set_xdp_xmit(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	dev->xdp_features = NETDEV_XDP_ACT_NDO_XMIT;
#endif
}

/*
 * Functions for BPF programs, with the macros of today. They need a device to say
 * what it can do with XDP, too: an inline packet must not meet one that cannot.
 */
#if defined(CONFIG_DEBUG_INFO_BTF_MODULES) && LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define COMPAT_KFUNCS
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define compat_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define compat_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#endif

/* Limits that a netlink policy points to: const from 6.6 on. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
typedef const struct netlink_range_validation compat_range;
#else
typedef struct netlink_range_validation compat_range;
#endif

#endif /* XSRTP_COMPAT_H */
