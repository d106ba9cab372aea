/* link.c - make and address the veth pair.
 *
 * Order: both namespaces get their switches and a socket first, W and then, when it is made, G; then the
 * pair is made, then each side is addressed by its own socket, because interface indices and routes are
 * per namespace.  IPv6 is off before the pair exists: no link-local address ever does, and the kernel has
 * nothing to undo.
 * /proc/sys/net shows the namespace of the thread that opens it; a socket keeps its own. */
#include "netns/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "netns/netlink.h"

#define GATE_LINK "gw0"
#define WORK_LINK "eth0"
#define LOOPBACK_INDEX 1 /* in every network namespace */
#define QUEUE_LENGTH 999 /* any but the default: a veth has no queue */

/* ------------------------------------------------------------------------------------- messages */

static struct nl_msg *put_veth(struct nl_msg *msg, int workload_ns)
{
	const struct ifinfomsg peer = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data, *other;

	if (!msg || nla_put_string(msg, IFLA_IFNAME, GATE_LINK) != 0 ||
	    nla_put_u32(msg, IFLA_MTU, LINK_MTU) != 0 ||
	    !(info = nla_nest_start(msg, IFLA_LINKINFO)) ||
	    nla_put_string(msg, IFLA_INFO_KIND, "veth") != 0 ||
	    !(data = nla_nest_start(msg, IFLA_INFO_DATA)) ||
	    !(other = nla_nest_start(msg, VETH_INFO_PEER)) ||
	    nlmsg_append(msg, (void *)(uintptr_t)&peer, sizeof(peer), NLMSG_ALIGNTO) != 0 ||
	    nla_put_string(msg, IFLA_IFNAME, WORK_LINK) != 0 ||
	    nla_put_u32(msg, IFLA_MTU, LINK_MTU) != 0 ||
	    nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)workload_ns) != 0) {
		nlmsg_free(msg);
		return NULL;
	}
	nla_nest_end(msg, other);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return msg;
}

static struct nl_msg *veth_message(int workload_ns)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };

	return put_veth(netlink_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link),
					512),
			workload_ns);
}

static struct nl_msg *up_message(unsigned index)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC,
					.ifi_index = (int)index,
					.ifi_flags = IFF_UP,
					.ifi_change = IFF_UP };

	return netlink_message(RTM_NEWLINK, 0, &link, sizeof(link), 0);
}

static struct nl_msg *queue_message(unsigned index)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };
	struct nl_msg *msg = netlink_message(RTM_NEWLINK, 0, &link, sizeof(link), 16);

	if (msg && nla_put_u32(msg, IFLA_TXQLEN, QUEUE_LENGTH) != 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static struct nl_msg *address_message(unsigned index, struct in_addr address)
{
	const struct ifaddrmsg ifa = { .ifa_family = AF_INET,
				       .ifa_prefixlen = SUBNET_PREFIX,
				       .ifa_scope = RT_SCOPE_UNIVERSE,
				       .ifa_index = index };
	struct nl_msg *msg = netlink_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ifa,
					     sizeof(ifa), 64);

	if (msg && (nla_put(msg, IFA_LOCAL, sizeof(address), &address) != 0 ||
		    nla_put(msg, IFA_ADDRESS, sizeof(address), &address) != 0)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* A route to everything: a local one by the loopback, or one by a gateway. */
static struct nl_msg *route_message(unsigned char type, unsigned index,
				    const struct in_addr *gateway)
{
	const struct rtmsg route = { .rtm_family = AF_INET,
				     .rtm_table = RT_TABLE_MAIN,
				     .rtm_protocol = RTPROT_STATIC,
				     .rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST
								    : RT_SCOPE_UNIVERSE,
				     .rtm_type = type };
	struct nl_msg *msg = netlink_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route,
					     sizeof(route), 64);

	if (msg && (nla_put_u32(msg, RTA_OIF, index) != 0 ||
		    (gateway && nla_put(msg, RTA_GATEWAY, sizeof(*gateway), gateway) != 0))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* --------------------------------------------------------------------------------------- one side */

static const struct sysctl_row {
	const char *path, *value;
	int only_in_gate;
} sysctls[] = {
	{ "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1", 0 },
	{ "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1", 0 },
	{ "/proc/sys/net/ipv4/ip_forward", "0", 0 }, /* a new namespace copies the host's */
	/* the sockets that answer for any address also answer for any port, without a capability */
	{ "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", 1 },
};

/* No file for IPv6: this kernel has none, and what does not exist is off. */
static int set_sysctls(int in_gate, struct err *e)
{
	for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		const struct sysctl_row *row = &sysctls[i];

		if (row->only_in_gate && !in_gate)
			continue;
		if (fd_write_file(AT_FDCWD, row->path, row->value) != 0 && errno != ENOENT)
			return err_sys(e, "write %s to '%s' of the run's own network namespace",
				       row->value, row->path);
	}
	return 0;
}

/* One end of the pair: its namespace is that of the socket. */
struct side {
	const char *link;
	struct in_addr address;
	const struct in_addr *gateway; /* NULL in G */
	int netlink;
};

/* In the namespace of the calling thread: no interface is there yet that knows IPv6. */
static int prepare_side(struct side *side, struct err *e)
{
	side->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (side->netlink < 0)
		return err_sys(e, "open a netlink socket");
	return set_sysctls(!side->gateway, e);
}

static int set_up_side(const struct side *side, struct netlink_batch *b, unsigned *out_index,
		       struct err *e)
{
	struct ifreq ifr = { 0 };
	unsigned index;

	memcpy(ifr.ifr_name, side->link, strlen(side->link));
	if (ioctl(side->netlink, SIOCGIFINDEX, &ifr) != 0)
		return err_sys(e, "find the interface %s", side->link);
	index = *out_index = (unsigned)ifr.ifr_ifindex;
	netlink_add(b, up_message(LOOPBACK_INDEX), "raise lo");
	netlink_add(b, address_message(index, side->address), "address the veth pair");
	netlink_add(b, up_message(index), "raise the veth pair");
	if (side->gateway)
		netlink_add(b, route_message(RTN_UNICAST, index, side->gateway),
			    "route everything to the gateway");
	else
		netlink_add(b, route_message(RTN_LOCAL, LOOPBACK_INDEX, NULL),
			    "make every address the gateway's own");
	return netlink_send(side->netlink, b, e);
}

static int build(int workload_ns, struct side *gate, struct side *work, struct netlink_batch *b,
		 unsigned *out_gate_index, struct err *e)
{
	unsigned work_index;

	if (prepare_side(work, e) != 0)
		return -1;
	if (unshare(CLONE_NEWNET) != 0)
		return err_sys(e, "make the gateway's network namespace");
	if (prepare_side(gate, e) != 0)
		return -1;
	netlink_add(b, veth_message(workload_ns),
		    "make a veth pair (kernel module veth, CONFIG_VETH)");
	if (netlink_send(gate->netlink, b, e) != 0 || set_up_side(gate, b, out_gate_index, e) != 0)
		return -1;
	if (set_up_side(work, b, &work_index, e) != 0)
		return -1;
	/* The side that was raised first had no carrier then.  Its queue drops everything until the
	 * kernel's link watch has run, on a busy machine a second later; a new length starts it now
	 * (net/core/dev.c, dev_qdisc_change_tx_queue_len, 4.16). */
	netlink_add(b, queue_message(*out_gate_index), "start the queue of the veth pair");
	return netlink_send(gate->netlink, b, e);
}

int link_build(int workload_ns, const struct subnet *net, unsigned *out_gate_index, struct err *e)
{
	struct side gate = { .link = GATE_LINK, .address = net->gateway, .netlink = -1 };
	struct side work = {
		.link = WORK_LINK, .address = net->workload, .gateway = &net->gateway, .netlink = -1
	};
	struct netlink_batch batch = { 0 };
	int rc = build(workload_ns, &gate, &work, &batch, out_gate_index, e);

	netlink_release(&batch);
	fd_close(&gate.netlink);
	fd_close(&work.netlink);
	return rc;
}
