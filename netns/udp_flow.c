/* udp_flow.c - the life of one UDP flow.
 *
 *	udp_open: denied -> ICMP			RESOLVING (names) -> dial -> open
 *	          allowed -> insert, ask for `inside`	                  `-> no address: ICMP, over
 *
 * open: datagrams go out as they come.  `inside` arrives independently (udp_take_inside); until then the
 * answers wait in the kernel's buffer of `outside`, which is not polled. */
#include <errno.h>
#include <linux/icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "netns/maker_wire.h"
#include "netns/udp.h"

#define DATAGRAMS_PER_TURN 64

/* ------------------------------------------------------------------------------------------- ending */

static void drop_waiting(struct udp_flow *f)
{
	while (f->waiting) {
		struct udp_waiting *first = f->waiting;

		f->waiting = first->next;
		free(first);
	}
	f->waiting_count = f->waiting_bytes = 0;
}

static void free_flow(struct task *task)
{
	struct udp_flow *f = container_of(task, struct udp_flow, task);

	udp_remove(&f->flow.gateway->udp, f);
	free(f);
}

static void udp_told(struct flow *flow)
{
	struct udp_flow *f = container_of(flow, struct udp_flow, flow);

	loop_later(&flow->gateway->loop, &f->task);
}

void udp_close(struct udp_flow *f)
{
	struct gateway *gw = f->flow.gateway;

	f->over = true;
	loop_close(&gw->loop, &f->inside);
	loop_close(&gw->loop, &f->outside);
	loop_clear_timer(&gw->loop, &f->timer);
	resolver_forget(&f->wait);
	drop_waiting(f);
}

void udp_over(struct udp_flow *f, enum net_end end)
{
	if (f->over)
		return;
	udp_close(f);
	if (f->open)
		flow_end(&f->flow, end);
	else
		flow_unreached(&f->flow, NET_CAUSE_NO_CONNECTION, ECANCELED);
}

static void refuse(struct udp_flow *f, uint8_t icmp_code)
{
	udp_refuse(f->flow.gateway, &f->key.from, &f->key.asked, icmp_code);
}

static void unreached(struct udp_flow *f, enum net_cause cause, int errnum)
{
	refuse(f, ICMP_HOST_UNREACH);
	udp_close(f);
	flow_unreached(&f->flow, cause, errnum);
}

static uint64_t idle_ns(const struct udp_flow *f)
{
	return f->flow.gateway->limits.udp_timeout_ms * NS_PER_MS;
}

static void flow_timer(struct timer *timer)
{
	struct udp_flow *f = container_of(timer, struct udp_flow, timer);
	struct loop *loop = &f->flow.gateway->loop;

	if (loop->now_ns - f->moved_ns >= idle_ns(f))
		udp_over(f, NET_END_IDLE);
	else
		timers_set(&loop->timers, timer, f->moved_ns + idle_ns(f));
}

/* ------------------------------------------------------------------------------------------- moving */

/* The peer's ICMP comes back as an error of the socket: the workload hears the same. */
static void outside_error(struct udp_flow *f, int error)
{
	if (error == ECONNREFUSED)
		refuse(f, ICMP_PORT_UNREACH);
	else if (error == EHOSTUNREACH || error == ENETUNREACH)
		refuse(f, ICMP_HOST_UNREACH);
}

static void send_out(struct udp_flow *f, const uint8_t *bytes, size_t len)
{
	ssize_t n = send(f->outside.fd, bytes, len, MSG_NOSIGNAL);

	if (n < 0) {
		outside_error(f, errno);
		return;
	}
	f->moved_ns = f->flow.gateway->loop.now_ns;
	flow_moved(&f->flow, 0, (uint64_t)n);
}

void udp_datagram(struct udp_flow *f, const uint8_t *bytes, size_t len)
{
	struct udp_waiting *w, **last = &f->waiting;

	if (f->over)
		return;
	if (f->open) {
		send_out(f, bytes, len);
		return;
	}
	/* The first one however large: a client of one datagram at a time sends no smaller one. */
	if (f->waiting_count == UDP_WAITING_MAX ||
	    (f->waiting && f->waiting_bytes + len > UDP_WAITING_BYTES))
		return;
	w = malloc(sizeof(*w) + len);
	if (!w)
		return;
	w->next = NULL;
	w->len = len;
	memcpy(w->bytes, bytes, len);
	while (*last)
		last = &(*last)->next;
	*last = w;
	f->waiting_count++;
	f->waiting_bytes += len;
}

static void inside_ready(struct watch *watch, uint32_t events)
{
	struct udp_flow *f = container_of(watch, struct udp_flow, inside);
	uint8_t *block = f->flow.gateway->block;

	(void)events;
	for (int i = 0; i < DATAGRAMS_PER_TURN && watch->watched; i++) {
		ssize_t n = recv(watch->fd, block, GATEWAY_DATAGRAM_MAX, 0);

		if (n >= 0)
			udp_datagram(f, block, (size_t)n);
		else if (errno == EAGAIN)
			return;
	}
}

static void outside_ready(struct watch *watch, uint32_t events)
{
	struct udp_flow *f = container_of(watch, struct udp_flow, outside);
	struct gateway *gw = f->flow.gateway;

	(void)events;
	if (!f->inside.watched) { /* errors are reported unasked; answers are not read yet */
		int error = 0;
		socklen_t len = sizeof(error);

		getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		outside_error(f, error);
		return;
	}
	for (int i = 0; i < DATAGRAMS_PER_TURN && watch->watched; i++) {
		ssize_t n = recv(watch->fd, gw->block, GATEWAY_DATAGRAM_MAX, 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			outside_error(f, errno);
			continue;
		}
		if (send(f->inside.fd, gw->block, (size_t)n, MSG_NOSIGNAL) < 0)
			continue;
		f->moved_ns = gw->loop.now_ns;
		flow_moved(&f->flow, (uint64_t)n, 0);
	}
}

/* Answers are read once there is a way back. */
static void watch_outside(struct udp_flow *f)
{
	struct gateway *gw = f->flow.gateway;

	if (f->open && f->inside.watched &&
	    loop_watch(&gw->loop, &f->outside, f->outside.fd, EPOLLIN) != 0)
		udp_over(f, NET_END_RESET_OUTSIDE);
}

void udp_take_inside(struct udp_flow *f, int take_fd)
{
	autofd int fd = take_fd;
	struct gateway *gw = f->flow.gateway;

	if (f->over || f->inside.watched || loop_watch(&gw->loop, &f->inside, fd, EPOLLIN) != 0)
		return;
	fd_take(&fd);
	watch_outside(f);
}

/* ---------------------------------------------------------------------------------------- beginning */

static int dial(struct udp_flow *f, const struct addr *addr)
{
	struct sockaddr_storage to;
	socklen_t len = aim_sockaddr(addr, f->flow.port, &to);
	autofd int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* Watched for nothing yet, so that it is closed like every other. */
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, len) != 0 ||
	    loop_watch(&f->flow.gateway->loop, &f->outside, fd, 0) != 0)
		return errno;
	fd_take(&fd);
	return 0;
}

static void opened(struct udp_flow *f)
{
	f->open = true;
	flow_connected(&f->flow);
	flow_announce(&f->flow);
	for (const struct udp_waiting *w = f->waiting; w; w = w->next)
		send_out(f, w->bytes, w->len);
	drop_waiting(f);
	f->moved_ns = f->flow.gateway->loop.now_ns;
	timers_set(&f->flow.gateway->loop.timers, &f->timer, f->moved_ns + idle_ns(f));
	watch_outside(f);
}

static void dial_first(struct udp_flow *f)
{
	struct addr addr;
	int errnum = 0;

	while (aim_next(&f->aim, &addr)) {
		f->flow.address = addr;
		errnum = dial(f, &addr);
		if (errnum == 0) {
			opened(f);
			return;
		}
	}
	if (f->flow.address.family == ADDR_NONE && aim_close(&f->aim)) {
		refuse(f, ICMP_PKT_FILTERED);
		udp_close(f);
		flow_drop(&f->flow);
	} else {
		unreached(f, NET_CAUSE_NO_CONNECTION, errnum);
	}
}

static void found(struct resolver_wait *wait, const struct resolver_answer *answer)
{
	struct udp_flow *f = container_of(wait, struct udp_flow, wait);

	f->aim.found = *answer;
	if (answer->count == 0)
		unreached(f, answer->cause, 0);
	else
		dial_first(f);
}

static bool ask_for_inside(struct udp_flow *f)
{
	const struct maker_request request = { .magic = MAKER_MAGIC,
					       .kind = MAKER_UDP_REPLY,
					       .tag = f->tag,
					       .local = f->key.asked,
					       .remote = f->key.from };

	return fd_send(f->flow.gateway->config->maker_fd, &request, sizeof(request), NULL, 0) == 0;
}

static struct udp_flow *new_flow(struct gateway *gw, const struct udp_key *key,
				 const struct aim *aim)
{
	struct udp_flow *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->key = *key;
	f->aim = *aim;
	f->tag = ++gw->udp.next_tag;
	f->inside.ready = inside_ready;
	f->outside.ready = outside_ready;
	f->wait.found = found;
	f->timer.fire = flow_timer;
	f->task.run = free_flow;
	f->flow.told = udp_told;
	flow_init(&f->flow, gw, NET_PROTOCOL_UDP);
	f->flow.entry = aim->entry;
	f->flow.port = aim->want.port;
	f->flow.rule = aim->decision.rule;
	f->flow.would_deny = aim->decision.verdict == EGRESS_WOULD_DENY;
	udp_insert(&gw->udp, f);
	return f;
}

void udp_open(struct gateway *gw, const struct udp_key *key, const uint8_t *bytes, size_t len)
{
	const struct resolver_answer *answer;
	struct udp_flow *f = NULL;
	struct aim aim;

	if (!aim_take(&aim, gw, EGRESS_UDP, &key->asked)) {
		udp_refuse(gw, &key->from, &key->asked, ICMP_PKT_FILTERED);
		return;
	}
	if (gw->udp.count < gw->limits.udp_flows)
		f = new_flow(gw, key, &aim);
	if (!f) {
		aim_deny(&aim, NET_CAUSE_FLOW_LIMIT, NULL);
		udp_refuse(gw, &key->from, &key->asked, ICMP_PKT_FILTERED);
		return;
	}
	udp_datagram(f, bytes, len);
	if (!ask_for_inside(f)) { /* analyzer-ok: the flow has what waits */
		unreached(f, NET_CAUSE_NO_CONNECTION, ENOBUFS);
		return;
	}
	if (!aim.entry) {
		dial_first(f);
		return;
	}
	answer = resolver_ask(gw->resolver, aim.entry, &f->wait);
	if (answer)
		found(&f->wait, answer);
}
