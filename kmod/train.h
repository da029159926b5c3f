/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSRTP_TRAIN_H
#define XSRTP_TRAIN_H

struct net;

int xsrtp_train_watch(struct net *net);
void xsrtp_train_ignore(struct net *net);

#endif /* XSRTP_TRAIN_H */
