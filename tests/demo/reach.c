/* reach.c - get out over the network, or to a service of this machine.
 *
 *	reach PORT ABSTRACT PATH [planted]
 *
 * PORT is a listener on the host's 127.0.0.1, ABSTRACT and PATH are unix sockets of the host.  `planted`:
 * try only those three, which must succeed where there is no sandbox; nothing else is ever tried there. */
#include "attempt.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* UDP has no connection: what counts is that somebody answers. */
static int try_datagram(int fd, const struct sockaddr *to, socklen_t len)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char answer[64];

	if (connect(fd, to, len) != 0 || send(fd, "x", 1, 0) < 0)
		return -1;
	if (poll(&ready, 1, 300) == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	return recv(fd, answer, sizeof(answer), 0) < 0 ? -1 : 0;
}

/* Connect within a second; -1 with errno. */
static int try_address(int family, int type, const struct sockaddr *to, socklen_t len)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0, rc;
	socklen_t size = sizeof(error);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	if (fd < 0)
		return -1;
	rc = type == SOCK_DGRAM ? try_datagram(fd, to, len) : connect(fd, to, len);
	if (rc < 0 && errno == EINPROGRESS) {
		rc = -1;
		if (poll(&ready, 1, 1000) == 0)
			error = ETIMEDOUT;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
			rc = 0;
		errno = error;
	}
	error = errno;
	close(fd);
	errno = error;
	return rc;
}

static void ipv4(const char *what, int type, const char *address, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, address, &to.sin_addr);
	attempt(what, try_address(AF_INET, type, (struct sockaddr *)&to, sizeof(to)));
}

static void ipv6(const char *what, const char *address, int port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	inet_pton(AF_INET6, address, &to.sin6_addr);
	attempt(what, try_address(AF_INET6, SOCK_STREAM, (struct sockaddr *)&to, sizeof(to)));
}

static void unix_socket(const char *what, const char *name, bool abstract)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	snprintf(to.sun_path + abstract, sizeof(to.sun_path) - abstract, "%s", name);
	attempt(what, try_address(AF_UNIX, SOCK_STREAM, (struct sockaddr *)&to,
				  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract +
					      strlen(name))));
}

static void interfaces(void)
{
	struct if_nameindex *list = if_nameindex();
	bool other = false;

	for (struct if_nameindex *i = list; i && i->if_index; i++)
		if (strcmp(i->if_name, "lo") != 0 && strcmp(i->if_name, "eth0") != 0) {
			breach(i->if_name);
			other = true;
		}
	if_freenameindex(list);
	if (!other)
		held("find an interface besides lo and the one to the gateway", "there is none");
}

static void change_the_network(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = 0 };
	struct rtentry route = { .rt_flags = RTF_UP };
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} add = { .header = { .nlmsg_len = sizeof(add),
			      .nlmsg_type = RTM_NEWLINK,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[256];
	} answer = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), netlink;

	attempt("take the loopback interface down", ioctl(fd, SIOCSIFFLAGS, &up));
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	memcpy(&route.rt_gateway, &any, sizeof(any));
	attempt("add a default route", ioctl(fd, SIOCADDRT, &route));
	close(fd);
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0 || send(netlink, &add, sizeof(add), 0) < 0 ||
	    recv(netlink, &answer, sizeof(answer), 0) < 0) {
		attempt("make a network interface", -1);
	} else {
		errno = -answer.error.error;
		attempt("make a network interface", answer.error.error);
	}
	if (netlink >= 0)
		close(netlink);
}

static void special_socket(const char *what, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (attempt(what, fd))
		close(fd);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	ipv4("the host's service on 127.0.0.1", SOCK_STREAM, "127.0.0.1", atoi(argv[1]));
	unix_socket("the host's abstract unix socket", argv[2], true);
	unix_socket("the host's unix socket by path", argv[3], false);
	if (argc > 4)
		return 0;
	/* 192.0.2.0/24, 2001:db8::/32: addresses that are nobody's, for documentation */
	ipv6("the host's service on ::1", "::1", atoi(argv[1]));
	ipv4("the metadata service 169.254.169.254", SOCK_STREAM, "169.254.169.254", 80);
	ipv6("the metadata service fd00:ec2::254", "fd00:ec2::254", 80);
	ipv4("an internet address, TCP 443", SOCK_STREAM, "192.0.2.1", 443);
	ipv6("an internet address, IPv6", "2001:db8::1", 443);
	ipv4("a name server, UDP 53", SOCK_DGRAM, "192.0.2.53", 53);
	ipv4("the private network 10.0.0.1", SOCK_STREAM, "10.0.0.1", 22);
	ipv4("the private network 192.168.1.1", SOCK_STREAM, "192.168.1.1", 80);
	ipv4("the docker bridge 172.17.0.1", SOCK_STREAM, "172.17.0.1", 2375);
	ipv4("everybody, by broadcast", SOCK_DGRAM, "255.255.255.255", 67);
	ipv4("everybody, by multicast", SOCK_DGRAM, "224.0.0.251", 5353);
	interfaces();
	change_the_network();
	special_socket("a raw socket", AF_INET, SOCK_RAW, IPPROTO_ICMP);
	special_socket("a packet socket", AF_PACKET, SOCK_RAW, 0x0300);
	special_socket("a socket to the hypervisor", 40 /* AF_VSOCK */, SOCK_STREAM, 0);
	special_socket("a kernel crypto socket", 38 /* AF_ALG */, SOCK_SEQPACKET, 0);
	special_socket("a bluetooth socket", 31 /* AF_BLUETOOTH */, SOCK_RAW, 1);
	return 0;
}
