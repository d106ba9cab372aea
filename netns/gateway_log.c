/* gateway_log.c - what the kernel refused, counted exactly.
 *
 * Theory of operation.  Every refused packet takes a number in its log group, also when the message about
 * it is lost because our socket was full.  So a gap between two numbers is that many denials, of which
 * nothing but the protocol is known: they are counted as unlisted.  What is lost at the end leaves no
 * gap; log_drain() therefore has the kernel log a packet of our own ("mark", see gateway.h) and waits until
 * it comes back, again if the mark itself was lost.  Marks are taken off the count. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "netns/gateway_state.h"
#include "netns/nflog.h"

#define MESSAGES_PER_TURN 256
#define MARK_WAIT_MS 20
#define MARK_TRIES 5

/* A group of another number than ours is of rules that know nothing of these: counted as the last. */
static struct log_group *group_of(struct packet_log *log, uint32_t id)
{
	return &log->groups[id >= 1 && id <= GATEWAY_LOG_GROUPS ? id - 1 : GATEWAY_LOG_GROUPS - 1];
}

static uint64_t *denied_of(struct gateway *gw, const struct log_group *group)
{
	switch (group->id) {
	case GATEWAY_LOG_TCP:
		return &gw->totals.denied_tcp;
	case GATEWAY_LOG_UDP:
		return &gw->totals.denied_udp;
	default:
		return &gw->totals.denied_other;
	}
}

static void count_lost(struct gateway *gw, const struct log_group *group, uint64_t lost)
{
	gw->totals.unlisted += lost;
	gw->totals.log_lost += lost;
	*denied_of(gw, group) += lost;
}

/* Marks that were lost themselves stand in the gaps, too. */
static void uncount_marks(struct gateway *gw, struct log_group *group)
{
	uint64_t lost = group->marks_sent - group->marks_seen;

	if (lost > gw->totals.log_lost || lost > *denied_of(gw, group))
		return; /* the rules log no marks at all */
	gw->totals.unlisted -= lost;
	gw->totals.log_lost -= lost;
	*denied_of(gw, group) -= lost;
	group->marks_sent = group->marks_seen;
}

/* The first number of a group is 0: what was lost before the first message counts, too. */
static struct log_group *count_number(struct gateway *gw, const struct nflog_packet *packet)
{
	struct log_group *group = group_of(&gw->log, packet->group);

	if (!packet->has_sequence)
		return group;
	if (packet->sequence != group->expected)
		count_lost(gw, group, packet->sequence - group->expected);
	group->expected = packet->sequence + 1;
	return group;
}

static enum net_protocol protocol_of(uint8_t ip_protocol)
{
	switch (ip_protocol) {
	case IPPROTO_TCP:
		return NET_PROTOCOL_TCP;
	case IPPROTO_UDP:
		return NET_PROTOCOL_UDP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return NET_PROTOCOL_ICMP;
	default:
		return NET_PROTOCOL_OTHER;
	}
}

/* Why, as the policy sees it: the same words for what the kernel and what the gateway refused. */
static void explain(struct gateway *gw, struct net_flow *denial)
{
	const struct egress_flow flow = { .protocol = denial->protocol == NET_PROTOCOL_TCP
							      ? EGRESS_TCP
							      : EGRESS_UDP,
					  .port = denial->port,
					  .addr = denial->address };
	struct egress_decision decision;

	denial->cause = NET_CAUSE_NO_RULE;
	denial->rule = NET_NO_RULE;
	if (denial->protocol != NET_PROTOCOL_TCP && denial->protocol != NET_PROTOCOL_UDP)
		return;
	decision = egress_decide(gw->config->egress, &flow);
	denial->rule = decision.rule;
	denial->never = (uint8_t)decision.never;
	denial->cause = (uint8_t)aim_cause(&decision);
}

static void deny(struct gateway *gw, const struct nflog_packet *packet)
{
	struct net_flow denial = { .address = packet->destination, .port = packet->port };

	denial.protocol = (uint8_t)protocol_of(packet->protocol);
	if (denial.protocol == NET_PROTOCOL_OTHER)
		denial.ip_protocol = packet->protocol;
	explain(gw, &denial);
	denials_add(&gw->denials, &denial);
}

/* One that comes after it was taken for lost leaves no gap, but was taken off the count. */
static void take_mark(struct gateway *gw, struct log_group *group)
{
	if (group->marks_seen == group->marks_sent)
		count_lost(gw, group, 1);
	else
		group->marks_seen++;
	if (!group->marked) {
		group->marked = true;
		gw->log.groups_marked++;
	}
}

static void take(struct gateway *gw, const struct nflog_packet *packet)
{
	struct log_group *group = count_number(gw, packet);

	if (strcmp(packet->prefix, GATEWAY_LOG_MARK) == 0) {
		take_mark(gw, group);
	} else if (packet->has_packet) {
		deny(gw, packet);
	} else {
		count_lost(gw, group, 1);
	}
}

static void drained(struct gateway *gw)
{
	void (*done)(struct gateway * gw) = gw->log.done;

	gw->log.done = NULL;
	gw->log.unmarked = 0;
	for (size_t i = 0; i < GATEWAY_LOG_GROUPS; i++) {
		if (gw->log.groups[i].marked)
			uncount_marks(gw, &gw->log.groups[i]);
		else if (gw->config->nflog_fd >= 0) /* what was lost before it is not known */
			gw->log.unmarked++;
	}
	loop_clear_timer(&gw->loop, &gw->log.mark_timer);
	if (done)
		done(gw);
}

static void log_ready(struct watch *watch, uint32_t events)
{
	struct gateway *gw = container_of(watch, struct gateway, log.watch);

	(void)events;
	for (int i = 0; i < MESSAGES_PER_TURN; i++) {
		ssize_t n = recv(watch->fd, gw->block, GATEWAY_DATAGRAM_MAX, 0);
		const uint8_t *at = gw->block;
		struct nflog_packet packet;
		enum nflog_status status;
		size_t len;

		if (n < 0 && errno == ENOBUFS)
			continue; /* messages were lost: the numbers will tell how many */
		if (n < 0)
			break;
		len = (size_t)n;
		while ((status = nflog_next(&at, &len, &packet)) != NFLOG_END)
			if (status == NFLOG_PACKET)
				take(gw, &packet);
	}
	if (gw->log.done && gw->log.groups_marked == GATEWAY_LOG_GROUPS)
		drained(gw);
}

static void send_marks(struct gateway *gw)
{
	for (uint16_t id = 1; id <= GATEWAY_LOG_GROUPS; id++) {
		const struct sockaddr_in to = { .sin_family = AF_INET,
						.sin_port = htons(id),
						.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

		group_of(&gw->log, id)->marks_sent++;
		sendto(gw->config->dns_udp_fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL,
		       (const struct sockaddr *)&to, sizeof(to));
	}
	gw->log.tries++;
	loop_set_timer(&gw->loop, &gw->log.mark_timer, MARK_WAIT_MS * NS_PER_MS);
}

static void mark_timer(struct timer *timer)
{
	struct gateway *gw = container_of(timer, struct gateway, log.mark_timer);

	if (gw->log.tries < MARK_TRIES)
		send_marks(gw);
	else
		drained(gw);
}

void log_drain(struct gateway *gw, void (*done)(struct gateway *gw))
{
	gw->log.done = done;
	gw->log.groups_marked = 0;
	gw->log.tries = 0;
	for (size_t i = 0; i < GATEWAY_LOG_GROUPS; i++)
		gw->log.groups[i].marked = false;
	if (gw->config->nflog_fd < 0)
		drained(gw);
	else
		send_marks(gw);
}

int log_start(struct gateway *gw, struct err *e)
{
	gw->log.watch.ready = log_ready;
	gw->log.mark_timer.fire = mark_timer;
	for (uint32_t i = 0; i < GATEWAY_LOG_GROUPS; i++)
		gw->log.groups[i].id = i + 1;
	if (gw->config->nflog_fd < 0)
		return 0;
	if (loop_watch(&gw->loop, &gw->log.watch, gw->config->nflog_fd, EPOLLIN) != 0)
		return err_sys(e, "watch the packet log");
	return 0;
}
