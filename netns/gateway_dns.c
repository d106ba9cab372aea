/* gateway_dns.c - the sockets of the responder: UDP, and TCP with a few short-lived clients.
 *
 * netns/dns.h decides and answers; here are the policy behind it, the sockets and the record.  A reply
 * goes out from the address that was asked, since every address is the responder's. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "netns/dns.h"
#include "netns/gateway_state.h"

#define DATAGRAMS_PER_TURN 64
#define CLIENT_TIMEOUT_MS 10000
#define WAITING_MAX 65536 /* more than a receive buffer holds */

struct dns_client {
	struct gateway *gateway;
	struct dns_client *next;
	struct watch watch;
	struct timer timer;
	struct task task;
	size_t len;
	uint8_t bytes[DNS_FRAME_MAX];
};

/* ------------------------------------------------------------------------------------------ policy */

/* A name below a wildcard says what the workload wants to say to the owner of the domain.  So there is
 * only a number of them, which grows slowly. */
static bool may_be_new(const struct gateway *gw)
{
	uint64_t age_ms = (gw->loop.now_ns - gw->dns.start_ns) / NS_PER_MS;

	return gw->dns.wildcard_names < gw->limits.new_names + age_ms / gw->limits.new_name_ms;
}

static bool by_wildcard(const struct gateway *gw, const char *name)
{
	return egress_decide_name(gw->config->egress, name, strlen(name)).by_wildcard;
}

static enum dns_verdict decide(void *context, const char *name, uint32_t *out_rule)
{
	const struct gateway *gw = context;
	struct egress_decision decision = egress_decide_name(gw->config->egress, name, strlen(name));

	if (decision.verdict == EGRESS_DENY)
		return DNS_NAME_DENIED;
	*out_rule = (uint32_t)decision.rule;
	if (decision.by_wildcard && !may_be_new(gw) && !pool_find_name(gw->dns.pool, name))
		return DNS_NAME_LIMITED;
	return DNS_NAME_ALLOWED;
}

static enum net_cause cause_of(enum dns_outcome outcome)
{
	static const uint8_t causes[DNS_OUTCOME_COUNT] = {
		[DNS_REFUSED] = NET_CAUSE_NO_RULE,	[DNS_LIMITED] = NET_CAUSE_RATE_LIMIT,
		[DNS_FULL] = NET_CAUSE_POOL_FULL,	[DNS_MALFORMED] = NET_CAUSE_BAD_QUESTION,
		[DNS_DROPPED] = NET_CAUSE_BAD_QUESTION,
	};

	return causes[outcome];
}

static size_t respond(struct gateway *gw, const uint8_t *query, size_t len,
		      uint8_t reply[DNS_REPLY_MAX])
{
	const struct dns_policy policy = { .decide = decide, .context = gw, .pool = gw->dns.pool };
	struct dns_report report;
	size_t size = dns_respond(&policy, query, len, reply, &report);
	struct net_flow denial = { .protocol = NET_PROTOCOL_DNS,
				   .dns_type = report.type,
				   .rule = NET_NO_RULE };

	if (!dns_outcome_denial(report.outcome)) {
		gw->totals.dns_answered++;
		gw->dns.wildcard_names += report.fresh && by_wildcard(gw, report.name);
		return size;
	}
	denial.cause = (uint8_t)cause_of(report.outcome);
	memcpy(denial.name, report.name, strnlen(report.name, sizeof(denial.name) - 1));
	denials_add(&gw->denials, &denial);
	return size;
}

/* --------------------------------------------------------------------------------------------- UDP */

/* The control message that came with the query goes back with the reply, its address now the source. */
static void answer_from(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct in_pktinfo info;

	if (!c || c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO ||
	    c->cmsg_len < CMSG_LEN(sizeof(info))) {
		msg->msg_controllen = 0;
		return;
	}
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	info.ipi_spec_dst = info.ipi_addr;
	info.ipi_ifindex = 0;
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	msg->msg_controllen = CMSG_SPACE(sizeof(info));
}

/* False: nothing more for now. */
static bool answer_one(struct gateway *gw)
{
	union {
		struct cmsghdr align;
		char bytes[64];
	} control;
	uint8_t reply[DNS_REPLY_MAX];
	struct sockaddr_in from = { 0 };
	struct iovec iov = { .iov_base = gw->block, .iov_len = GATEWAY_DATAGRAM_MAX };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(gw->config->dns_udp_fd, &msg, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno != EAGAIN;
	if (!gateway_is_workload(gw, &from))
		return true;
	iov.iov_len = respond(gw, gw->block, (size_t)n, reply);
	if (iov.iov_len == 0)
		return true;
	iov.iov_base = reply;
	answer_from(&msg);
	sendmsg(gw->config->dns_udp_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	return true;
}

static void udp_ready(struct watch *watch, uint32_t events)
{
	struct gateway *gw = container_of(watch, struct gateway, dns.udp);

	(void)events;
	for (int i = 0; i < DATAGRAMS_PER_TURN && answer_one(gw); i++)
		;
}

/* --------------------------------------------------------------------------------------------- TCP */

static void free_client(struct task *task)
{
	free(container_of(task, struct dns_client, task));
}

void dns_listen(struct gateway *gw)
{
	if (gw->dns.count < DNS_CLIENTS_MAX && gateway_may_accept(gw))
		loop_watch(&gw->loop, &gw->dns.listener, gw->config->dns_tcp_fd, EPOLLIN);
}

static void close_client(struct dns_client *client)
{
	struct gateway *gw = client->gateway;
	struct dns_client **at = &gw->dns.first;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	gw->dns.count--;
	loop_close(&gw->loop, &client->watch);
	loop_clear_timer(&gw->loop, &client->timer);
	loop_later(&gw->loop, &client->task);
	dns_listen(gw);
}

static void client_timer(struct timer *timer)
{
	close_client(container_of(timer, struct dns_client, timer));
}

/* A client that does not read its answers is not worth a buffer. */
static bool send_reply(struct dns_client *client, const uint8_t *reply, size_t len)
{
	uint8_t frame[2 + DNS_REPLY_MAX];

	frame[0] = (uint8_t)(len >> 8);
	frame[1] = (uint8_t)len;
	memcpy(frame + 2, reply, len);
	return send(client->watch.fd, frame, len + 2, MSG_NOSIGNAL) == (ssize_t)len + 2;
}

/* False: close. */
static bool answer_frames(struct dns_client *client)
{
	uint8_t reply[DNS_REPLY_MAX];
	enum dns_frame frame;
	size_t size;

	while ((frame = dns_frame(client->bytes, client->len, &size)) == DNS_FRAME_WHOLE) {
		size_t len = respond(client->gateway, client->bytes + 2, size - 2, reply);

		if (len > 0 && !send_reply(client, reply, len))
			return false;
		client->len -= size;
		memmove(client->bytes, client->bytes + size, client->len);
	}
	return frame == DNS_FRAME_MORE;
}

static void client_ready(struct watch *watch, uint32_t events)
{
	struct dns_client *client = container_of(watch, struct dns_client, watch);
	ssize_t n = recv(watch->fd, client->bytes + client->len,
			 sizeof(client->bytes) - client->len, 0);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		client->len += (size_t)n;
	if (n <= 0 || !answer_frames(client))
		close_client(client);
}

static void add_client(struct gateway *gw, int take_fd)
{
	struct dns_client *client = calloc(1, sizeof(*client));

	if (client) {
		client->gateway = gw;
		client->watch.ready = client_ready;
		client->timer.fire = client_timer;
		client->task.run = free_client;
	}
	if (!client || loop_watch(&gw->loop, &client->watch, take_fd, EPOLLIN) != 0) {
		free(client);
		close(take_fd);
		return;
	}
	client->next = gw->dns.first;
	gw->dns.first = client;
	gw->dns.count++;
	loop_set_timer(&gw->loop, &client->timer, CLIENT_TIMEOUT_MS * NS_PER_MS);
}

/* False with errno: there is none. */
static bool accept_client(struct gateway *gw)
{
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof(from);
	int fd = accept4(gw->config->dns_tcp_fd, (struct sockaddr *)&from, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	if (gateway_is_workload(gw, &from))
		add_client(gw, fd);
	else
		close(fd);
	return true;
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	struct gateway *gw = container_of(watch, struct gateway, dns.listener);

	(void)events;
	if (gw->dns.count == DNS_CLIENTS_MAX) {
		loop_unwatch(&gw->loop, watch);
		return;
	}
	if (!accept_client(gw) && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
		loop_unwatch(&gw->loop, watch);
		gateway_pause(gw);
	}
}

int dns_start(struct gateway *gw, struct err *e)
{
	gw->dns.start_ns = gw->loop.now_ns;
	gw->dns.udp.ready = udp_ready;
	gw->dns.listener.ready = listener_ready;
	if (loop_watch(&gw->loop, &gw->dns.udp, gw->config->dns_udp_fd, EPOLLIN) != 0 ||
	    loop_watch(&gw->loop, &gw->dns.listener, gw->config->dns_tcp_fd, EPOLLIN) != 0)
		return err_sys(e, "watch the responder's sockets");
	return 0;
}

/* What it has asked, and no more of it. */
static void hear_out(struct dns_client *client)
{
	ssize_t n;

	do {
		n = recv(client->watch.fd, client->bytes + client->len,
			 sizeof(client->bytes) - client->len, 0);
		client->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && answer_frames(client));
	close_client(client);
}

/* The workload is gone, but what it asked at last has to be decided and counted. */
void dns_stop(struct gateway *gw)
{
	for (int i = 0; i < WAITING_MAX && answer_one(gw); i++)
		;
	loop_unwatch(&gw->loop, &gw->dns.udp);
	loop_unwatch(&gw->loop, &gw->dns.listener);
	for (int i = 0; i < WAITING_MAX; i++) {
		while (gw->dns.first)
			hear_out(gw->dns.first);
		if (!accept_client(gw))
			return;
	}
}

/* The loop does not run any more. */
void dns_free_all(struct gateway *gw)
{
	while (gw->dns.first) {
		struct dns_client *client = gw->dns.first;

		gw->dns.first = client->next;
		loop_close(&gw->loop, &client->watch);
		free(client);
	}
}
