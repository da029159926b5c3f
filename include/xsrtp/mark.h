/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * How the tc egress program knows an skb that the module has protected: it has
 * the same addresses and ports as before, and must not be handed over again.
 *
 * The module writes the mark where the kernel keeps the number of the device
 * that a packet came in by (skb->skb_iif; a BPF program reads it as
 * ingress_ifindex). No device has this number, which as the kernel's int is -1.
 * What a local socket sends has 0 there, what the host forwards its device's
 * number; and no socket option, firewall rule, tc action or other BPF program can
 * write it, as they all can skb->mark. It stays while the packet waits for its
 * neighbour or in a queue; tunnels and the far end of a veth clear it. The kernel's
 * own skb->tc_skip_classify is for tc's actions, and does not stop a BPF filter.
 */
#ifndef XSRTP_MARK_H
#define XSRTP_MARK_H

#define XSRTP_MARK_LOCAL	0		/* a local socket sent it */
#define XSRTP_MARK_PROTECTED	0xffffffff	/* the module did */

#endif /* XSRTP_MARK_H */
