/* relay_open.c - from the listening socket to a connection with an upstream, or to none.
 *
 * What is denied is reset without ever becoming a relay.  The handshake with the workload is over when
 * we hear of it (TPROXY can't hold it back), so an upstream that can't be had shows as a reset.
 * The listener is polled only below the connection limit and while descriptors last: a connection that
 * can't be accepted would be reported again at once, for ever. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "netns/relay.h"

#define ACCEPTS_PER_TURN 64
#define WAITING_MAX 65536 /* the kernel's bound of a listener's queue (somaxconn) is lower */

/* -------------------------------------------------------------------------------------------- dial */

static void relay_opened(struct relay *r)
{
	r->state = RELAY_OPEN;
	r->moved_ns = r->flow.gateway->loop.now_ns;
	r->upstream.writable = true;
	relay_forget_dial(r);
	flow_connected(&r->flow);
	/* A literal address was decided in full; of a name the first bytes have a say. */
	if (r->gate == RELAY_GATE_OPEN)
		flow_announce(&r->flow);
	relay_arm(r);
	relay_advance(r);
}

void relay_upstream_ready(struct watch *watch, uint32_t events)
{
	struct half *half = container_of(watch, struct half, watch);
	struct relay *r = container_of(half, struct relay, upstream);
	int error = 0;
	socklen_t len = sizeof(error);

	if (r->state == RELAY_CONNECTING) {
		getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error || (events & EPOLLHUP)) {
			relay_dial_next(r, error ? error : ECONNREFUSED);
			return;
		}
		half_note(half, events);
		relay_opened(r);
		return;
	}
	half_note(half, events);
	relay_advance(r);
}

/* One attempt: 0 or errno.  In progress is fine. */
static int dial(struct relay *r, const struct addr *addr)
{
	struct gateway *gw = r->flow.gateway;
	struct sockaddr_storage to;
	const int on = 1;
	socklen_t len = aim_sockaddr(addr, r->flow.port, &to);
	autofd int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	/* What comes in one piece is passed on in one piece, without waiting for more. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    (connect(fd, (struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS) ||
	    loop_watch(&gw->loop, &r->upstream.watch, fd, CHANNEL_EVENTS) != 0)
		return errno;
	fd_take(&fd);
	return 0;
}

void relay_dial_next(struct relay *r, int errnum)
{
	struct aim *aim = &r->dial->aim;
	struct addr addr;

	loop_close(&r->flow.gateway->loop, &r->upstream.watch);
	r->upstream = (struct half){ .watch = r->upstream.watch };
	while (aim_next(aim, &addr)) {
		r->flow.address = addr;
		errnum = dial(r, &addr);
		if (errnum == 0) {
			r->state = RELAY_CONNECTING;
			r->attempt_ns = r->flow.gateway->loop.now_ns;
			relay_arm(r);
			return;
		}
	}
	if (r->flow.address.family == ADDR_NONE && aim_close(aim))
		relay_denied(r);
	else
		relay_unreached(r, NET_CAUSE_NO_CONNECTION, errnum);
}

static void dial_found(struct resolver_wait *wait, const struct resolver_answer *answer)
{
	struct relay_dial *d = container_of(wait, struct relay_dial, wait);

	d->aim.found = *answer;
	if (answer->count == 0)
		relay_unreached(d->relay, answer->cause, 0);
	else
		relay_dial_next(d->relay, 0);
}

static void relay_begin(struct relay *r)
{
	const struct resolver_answer *answer;

	if (!r->flow.entry) {
		relay_dial_next(r, 0);
		return;
	}
	r->gate = RELAY_GATE_WAITING;
	answer = resolver_ask(r->flow.gateway->resolver, r->flow.entry, &r->dial->wait);
	if (answer)
		dial_found(&r->dial->wait, answer);
}

/* ------------------------------------------------------------------------------------------ accept */

static struct relay *new_relay(struct gateway *gw, const struct aim *aim)
{
	struct relay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->dial = calloc(1, sizeof(*r->dial));
	if (!r->dial) {
		free(r);
		return NULL;
	}
	r->dial->relay = r;
	r->dial->wait.found = dial_found;
	r->dial->aim = *aim;
	r->client.watch.ready = relay_client_ready;
	r->upstream.watch.ready = relay_upstream_ready;
	r->timer.fire = relay_timer;
	r->task.run = relay_turn;
	r->flow.told = relay_told;
	flow_init(&r->flow, gw, NET_PROTOCOL_TCP);
	r->flow.entry = aim->entry;
	r->flow.port = aim->want.port;
	r->flow.rule = aim->decision.rule;
	r->flow.would_deny = aim->decision.verdict == EGRESS_WOULD_DENY;
	r->next = gw->relays.first;
	if (r->next)
		r->next->prev = r;
	gw->relays.first = r;
	gw->relays.count++;
	return r;
}

static void accepted(struct gateway *gw, int take_fd, const struct sockaddr_in *from)
{
	autofd int fd = take_fd;
	struct sockaddr_in asked = { 0 };
	socklen_t len = sizeof(asked);
	struct relay *r;
	struct aim aim;

	if (!gateway_is_workload(gw, from) ||
	    getsockname(fd, (struct sockaddr *)&asked, &len) != 0 || asked.sin_family != AF_INET ||
	    !aim_take(&aim, gw, EGRESS_TCP, &asked)) {
		relay_reset_on_close(fd);
		return;
	}
	r = new_relay(gw, &aim);
	if (!r || loop_watch(&gw->loop, &r->client.watch, fd, CHANNEL_EVENTS) != 0) {
		relay_reset_on_close(fd);
		if (r)
			relay_unreached(r, NET_CAUSE_NO_CONNECTION, errno);
		return;
	}
	fd_take(&fd);
	relay_begin(r);
}

static void relay_accept(struct watch *watch, uint32_t events)
{
	struct gateway *gw = container_of(watch, struct gateway, relays.listener);

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_in from = { 0 };
		socklen_t len = sizeof(from);
		int fd;

		if (gw->relays.count >= gw->limits.connections) {
			loop_unwatch(&gw->loop, watch);
			gateway_limited(gw);
			return;
		}
		fd = accept4(gw->config->tcp_fd, (struct sockaddr *)&from, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			accepted(gw, fd, &from);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			loop_unwatch(&gw->loop, watch);
			gateway_pause(gw);
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

/* The workload is gone, but what it asked for at last has to be decided: a denial is none the less one
 * because nobody had come to it yet. */
void relay_refuse_waiting(struct gateway *gw)
{
	struct sockaddr_in from = { 0 }, asked = { 0 };
	socklen_t len = sizeof(from);
	struct aim aim;
	int fd;

	for (int i = 0; i < WAITING_MAX && gw->config->tcp_fd >= 0; i++) {
		len = sizeof(from);
		fd = accept4(gw->config->tcp_fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC);
		if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
			return;
		len = sizeof(asked);
		if (fd >= 0 && gateway_is_workload(gw, &from) &&
		    getsockname(fd, (struct sockaddr *)&asked, &len) == 0 &&
		    asked.sin_family == AF_INET)
			(void)aim_take(&aim, gw, EGRESS_TCP, &asked);
		relay_reset_on_close(fd);
		fd_close(&fd);
	}
}

void relay_listen(struct gateway *gw)
{
	if (gw->config->tcp_fd < 0 || !gateway_may_accept(gw) ||
	    gw->relays.count >= gw->limits.connections)
		return;
	loop_watch(&gw->loop, &gw->relays.listener, gw->config->tcp_fd, EPOLLIN);
}

int relay_start(struct gateway *gw, struct err *e)
{
	const int on = 1;

	if (gw->config->tcp_fd < 0)
		return 0;
	/* Accepted sockets inherit it. */
	if (setsockopt(gw->config->tcp_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		return err_sys(e, "set TCP_NODELAY");
	gw->relays.listener.ready = relay_accept;
	relay_listen(gw);
	return gw->relays.listener.watched ? 0 : err_sys(e, "watch the relay's socket");
}
