/* hostaddr.c - see hostaddr.h.  Two fixed messages: written by hand, so that nothing allocates here. */
#include "netns/hostaddr.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct question {
	struct nlmsghdr head;
	struct rtmsg route;
	struct rtattr attr;
	uint8_t addr[16];
};

int hostaddr_open(struct hostaddr *h, struct err *e)
{
	h->sequence = 0;
	h->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	return h->fd >= 0 ? 0 : err_sys(e, "open a routing socket");
}

static bool ask(struct hostaddr *h, const struct addr *addr)
{
	const unsigned len = addr->family == ADDR_V4 ? 4 : 16;
	struct question q = { .head = { .nlmsg_type = RTM_GETROUTE,
					.nlmsg_flags = NLM_F_REQUEST,
					.nlmsg_seq = ++h->sequence },
			      .attr = { .rta_type = RTA_DST } };

	q.head.nlmsg_len = (uint32_t)(offsetof(struct question, addr) + len);
	q.route.rtm_family = addr->family == ADDR_V4 ? AF_INET : AF_INET6;
	q.route.rtm_dst_len = (uint8_t)(8 * len);
	q.attr.rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(q.addr, addr->bytes, len);
	return send(h->fd, &q, q.head.nlmsg_len, 0) == (ssize_t)q.head.nlmsg_len;
}

/* The errors by which the kernel says that nothing leads there. */
static bool means_no_route(int error)
{
	return error == -ENETUNREACH || error == -EHOSTUNREACH || error == -EACCES ||
	       error == -EINVAL;
}

static bool routes_to_own(struct hostaddr *h, const struct addr *addr)
{
	union {
		struct nlmsghdr head;
		char bytes[1024];
	} answer;
	ssize_t n;

	if (!ask(h, addr))
		return true;
	n = recv(h->fd, &answer, sizeof(answer), 0);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(int)) || answer.head.nlmsg_len > (size_t)n ||
	    answer.head.nlmsg_seq != h->sequence)
		return true;
	if (answer.head.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(&answer.head);

		return !means_no_route(error->error);
	}
	if (answer.head.nlmsg_type != RTM_NEWROUTE ||
	    n < (ssize_t)NLMSG_LENGTH(sizeof(struct rtmsg)))
		return true;
	return ((const struct rtmsg *)NLMSG_DATA(&answer.head))->rtm_type != RTN_UNICAST;
}

/* The routes of IPv6 know nothing of the IPv4 address that ::ffff:0:0/96 is dialled as. */
bool hostaddr_is_own(struct hostaddr *h, const struct addr *addr)
{
	const struct addr plain = addr_unwrap(addr);

	return routes_to_own(h, addr) || (!addr_equal(&plain, addr) && routes_to_own(h, &plain));
}
