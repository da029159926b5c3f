// SPDX-License-Identifier: GPL-2.0
/*
 * Which xsrtp devices there are is asked of rtnetlink each time: nothing is
 * remembered, so nothing can be stale. libnl-route would do the same with a
 * cache of all links and one more library.
 */
#include "link.h"

#include <errno.h>
#include <string.h>
#include <net/if.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

struct list {
	struct link *links;
	size_t max;
	size_t n;
};

static bool is_xsrtp(struct nlattr *linkinfo)
{
	struct nlattr *kind = linkinfo ? nla_find(nla_data(linkinfo), nla_len(linkinfo),
						  IFLA_INFO_KIND) : NULL;

	return kind && !nla_strcmp(kind, "xsrtp");
}

static int read_link(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct ifinfomsg *ifi = nlmsg_data(h);
	struct list *l = arg;
	struct nlattr *name;
	struct link *k;

	name = nlmsg_find_attr(h, sizeof(*ifi), IFLA_IFNAME);
	if (!name || !is_xsrtp(nlmsg_find_attr(h, sizeof(*ifi), IFLA_LINKINFO)))
		return NL_OK;
	if (l->n < l->max) {
		k = &l->links[l->n];
		nla_strlcpy(k->ifname, name, sizeof(k->ifname));
		k->ifindex = ifi->ifi_index;
		k->up = ifi->ifi_flags & IFF_UP;
	}
	l->n++;
	return NL_OK;
}

static int dump(struct nl_sock *sk, struct list *l)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	int ret;

	ret = nl_connect(sk, NETLINK_ROUTE);
	if (ret < 0)
		return ret;
	nl_socket_set_msg_buf_size(sk, 32 << 10);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, read_link, l);
	ret = nl_send_simple(sk, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi));
	return ret < 0 ? ret : nl_recvmsgs_default(sk);
}

int link_list(struct link *links, size_t max)
{
	struct list l = { links, max, 0 };
	struct nl_sock *sk = nl_socket_alloc();
	int ret;

	if (!sk)
		return -ENOMEM;
	ret = dump(sk, &l);
	nl_socket_free(sk);
	/* Links that came or went meanwhile: the list is as good as any. */
	return ret < 0 && ret != -NLE_DUMP_INTR ? -EIO : (int)l.n;
}
