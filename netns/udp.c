/* udp.c - the sockets that all UDP flows share: first datagrams, the socket maker, refusals. */
#include "netns/udp.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "netns/maker_wire.h"

#define DATAGRAMS_PER_TURN 64
#define WAITING_MAX 65536 /* more than a receive buffer holds */

/* ---------------------------------------------------------------------------------------- refusals */

static uint16_t checksum(const void *bytes, size_t len)
{
	const uint16_t *p = bytes; /* even length, aligned */
	uint32_t sum = 0;

	for (size_t i = 0; i < len / 2; i++)
		sum += p[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* What the workload's kernel looks at in an ICMP error: the ends of the datagram it is about.  The rest
 * of that datagram's header is what it may have been. */
struct refusal {
	struct icmphdr icmp;
	struct iphdr ip;
	struct udphdr udp;
};

void udp_refuse(struct gateway *gw, const struct sockaddr_in *from, const struct sockaddr_in *asked,
		uint8_t code)
{
	struct refusal r = { .icmp = { .type = ICMP_DEST_UNREACH, .code = code },
			     .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP } };

	if (gw->config->icmp_fd < 0)
		return;
	r.ip.tot_len = htons(sizeof(r.ip) + sizeof(r.udp));
	r.ip.saddr = from->sin_addr.s_addr;
	r.ip.daddr = asked->sin_addr.s_addr;
	r.ip.check = checksum(&r.ip, sizeof(r.ip));
	r.udp.source = from->sin_port;
	r.udp.dest = asked->sin_port;
	r.udp.len = htons(sizeof(r.udp));
	r.icmp.checksum = checksum(&r, sizeof(r));
	/* Full buffer: the workload waits for its own time-out, as after any lost ICMP. */
	sendto(gw->config->icmp_fd, &r, sizeof(r), MSG_DONTWAIT | MSG_NOSIGNAL,
	       (const struct sockaddr *)from, sizeof(*from));
}

/* ---------------------------------------------------------------------------------- first datagrams */

/* Returns the length; -1: none, or not one of the workload's. */
static ssize_t receive(struct gateway *gw, struct udp_key *key)
{
	union {
		struct cmsghdr align;
		char bytes[128];
	} control;
	struct iovec iov = { .iov_base = gw->block, .iov_len = GATEWAY_DATAGRAM_MAX };
	struct msghdr msg = { .msg_name = &key->from,
			      .msg_namelen = sizeof(key->from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(gw->config->udp_fd, &msg, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -1;
	memset(&key->asked, 0, sizeof(key->asked));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_ORIGDSTADDR &&
		    c->cmsg_len >= CMSG_LEN(sizeof(key->asked)))
			memcpy(&key->asked, CMSG_DATA(c), sizeof(key->asked));
	if (key->asked.sin_family != AF_INET || !gateway_is_workload(gw, &key->from)) {
		errno = 0;
		return -1;
	}
	return n;
}

/* At most so many; false: there are no more. */
static bool take_datagrams(struct gateway *gw, int most)
{
	for (int i = 0; i < most; i++) {
		struct udp_key key = { 0 };
		ssize_t n = receive(gw, &key);
		struct udp_flow *f;

		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0)
			continue;
		f = udp_find(&gw->udp, &key);
		if (f)
			udp_datagram(f, gw->block, (size_t)n);
		else
			udp_open(gw, &key, gw->block, (size_t)n);
	}
	return true;
}

static void socket_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	(void)take_datagrams(container_of(watch, struct gateway, udp.socket), DATAGRAMS_PER_TURN);
}

/* ------------------------------------------------------------------------------------- socket maker */

/* It lives and dies with us; without it no further flow can be answered. */
static void maker_gone(struct gateway *gw)
{
	loop_unwatch(&gw->loop, &gw->udp.maker);
	gateway_fail(gw, "the socket maker is gone");
}

static void maker_ready(struct watch *watch, uint32_t events)
{
	struct gateway *gw = container_of(watch, struct gateway, udp.maker);

	(void)events;
	for (;;) {
		struct maker_answer answer;
		autofd int fd = -1;
		size_t count = 0;
		ssize_t n = fd_recv(watch->fd, &answer, sizeof(answer), &fd, 1, &count, NULL);
		struct udp_flow *f;

		if (n < 0 && errno == EAGAIN)
			return;
		if (n != (ssize_t)sizeof(answer) || answer.magic != MAKER_MAGIC) {
			maker_gone(gw);
			return;
		}
		f = udp_find_tag(&gw->udp, answer.tag);
		if (f && count == 1)
			udp_take_inside(f, fd_take(&fd));
		else if (f)
			udp_over(f, NET_END_RESET_INSIDE);
	}
}

int udp_start(struct gateway *gw, struct err *e)
{
	if (gw->config->udp_fd < 0 || gw->config->maker_fd < 0)
		return 0;
	gw->udp.socket.ready = socket_ready;
	gw->udp.maker.ready = maker_ready;
	if (loop_watch(&gw->loop, &gw->udp.socket, gw->config->udp_fd, EPOLLIN) != 0 ||
	    loop_watch(&gw->loop, &gw->udp.maker, gw->config->maker_fd, EPOLLIN) != 0)
		return err_sys(e, "watch the UDP sockets");
	return 0;
}

void udp_stop(struct gateway *gw)
{
	/* What the workload sent at last is decided all the same. */
	if (gw->config->udp_fd >= 0)
		(void)take_datagrams(gw, WAITING_MAX);
	loop_unwatch(&gw->loop, &gw->udp.socket);
	for (size_t i = 0; i < UDP_BUCKETS; i++)
		for (struct udp_flow *f = gw->udp.buckets[i], *next; f; f = next) {
			next = f->next;
			udp_over(f, NET_END_STOPPED);
		}
}

void udp_free_all(struct gateway *gw)
{
	for (size_t i = 0; i < UDP_BUCKETS; i++)
		while (gw->udp.buckets[i]) {
			struct udp_flow *f = gw->udp.buckets[i];

			udp_close(f);
			udp_remove(&gw->udp, f);
			free(f);
		}
}
