/* relay.c - TCP connections of the workload, from accept to the last event.
 *
 *	           denied: never a relay
 *	accept ----------------------> reset
 *	  | relay_open.c: accepted
 *	  v                       relay_dial_next
 *	RESOLVING --dial_found--> CONNECTING --no address left--> OVER --relay_told--> freed
 *	(names only)                  | relay_upstream_ready        ^
 *	                              v                             |
 *	                            OPEN ---relay_advance-----------'
 *	                                    ended, broken, idle, refused
 *
 * To OVER always by relay_over(), which closes both sockets; the memory stays until every event of the
 * flow was taken by the supervisor, and counts against the connection limit until then.
 *
 * Beside the state, a gate (relay_gate.c) stands in the direction out of the sandbox when the connection
 * is one to a name.  It works from the start, so a client that speaks first loses no time; the direction
 * into the sandbox is never held, so servers that speak first need no timer.
 * Timers: one per connection, for what is due first (relay_arm).  The idle timer is not moved for every
 * byte: when it goes off it looks at moved_ns. */
#include "netns/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"

/* ---------------------------------------------------------------------------------- end of a relay */

void relay_forget_dial(struct relay *r)
{
	if (!r->dial)
		return;
	resolver_forget(&r->dial->wait);
	free(r->dial);
	r->dial = NULL;
}

void relay_reset_on_close(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void unlink_relay(struct relay *r)
{
	struct relays *all = &r->flow.gateway->relays;

	if (r->next)
		r->next->prev = r->prev;
	if (r->prev)
		r->prev->next = r->next;
	else
		all->first = r->next;
}

/* Everything but the memory and what is still to be told. */
static void relay_over(struct relay *r, bool reset)
{
	struct gateway *gw = r->flow.gateway;

	r->state = RELAY_OVER;
	if (reset) {
		if (r->client.watch.watched)
			relay_reset_on_close(r->client.watch.fd);
		if (r->upstream.watch.watched)
			relay_reset_on_close(r->upstream.watch.fd);
	}
	loop_close(&gw->loop, &r->client.watch);
	loop_close(&gw->loop, &r->upstream.watch);
	loop_clear_timer(&gw->loop, &r->timer);
	channel_release(&r->out, &gw->relays.room);
	channel_release(&r->in, &gw->relays.room);
	relay_forget_dial(r);
	free(r->sniff);
	r->sniff = NULL;
}

static void free_relay(struct task *task)
{
	struct relay *r = container_of(task, struct relay, task);
	struct gateway *gw = r->flow.gateway;

	unlink_relay(r);
	free(r);
	gw->relays.count--;
	relay_listen(gw);
}

void relay_told(struct flow *flow)
{
	struct relay *r = container_of(flow, struct relay, flow);

	r->task.run = free_relay; /* if a turn was due it runs into this instead */
	loop_later(&flow->gateway->loop, &r->task);
}

static void relay_end(struct relay *r, enum net_end end)
{
	/* Bytes of the upstream that nobody wants any more would turn close() into a reset. */
	if (end == NET_END_STOPPED && !r->out.passed_on)
		shutdown(r->upstream.watch.fd, SHUT_WR);
	relay_over(r, end != NET_END_DONE && end != NET_END_STOPPED);
	flow_end(&r->flow, end);
}

void relay_unreached(struct relay *r, enum net_cause cause, int errnum)
{
	relay_over(r, true);
	flow_unreached(&r->flow, cause, errnum);
}

void relay_denied(struct relay *r)
{
	relay_over(r, true);
	if (r->flow.connected)
		flow_end(&r->flow, NET_END_REFUSED);
	else
		flow_drop(&r->flow);
}

/* The workload went away; with no upstream yet it is an attempt that led to nothing. */
void relay_broken_inside(struct relay *r)
{
	if (r->flow.connected)
		relay_end(r, NET_END_RESET_INSIDE);
	else
		relay_unreached(r, NET_CAUSE_NO_CONNECTION, ECANCELED);
}

/* ------------------------------------------------------------------------------------------ timers */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* While candidates are left a silent one does not get all the time. */
static uint64_t connect_patience_ns(const struct relay *r)
{
	uint64_t all_ns = r->flow.gateway->limits.connect_timeout_ms * NS_PER_MS;

	return r->dial->aim.next < r->dial->aim.found.count ? all_ns / 4 : all_ns;
}

static uint64_t idle_ns(const struct relay *r)
{
	return r->flow.gateway->limits.idle_timeout_ms * NS_PER_MS;
}

void relay_arm(struct relay *r)
{
	uint64_t due_ns = TIMERS_NEVER;

	if (r->state == RELAY_CONNECTING)
		due_ns = r->attempt_ns + connect_patience_ns(r);
	else if (r->state == RELAY_OPEN)
		due_ns = r->moved_ns + idle_ns(r);
	if (r->gate == RELAY_GATE_HOLDING)
		due_ns = earlier(due_ns,
				 r->held_since_ns +
					 r->flow.gateway->limits.hello_timeout_ms * NS_PER_MS);
	timers_set(&r->flow.gateway->loop.timers, &r->timer, due_ns);
}

void relay_timer(struct timer *timer)
{
	struct relay *r = container_of(timer, struct relay, timer);
	const uint64_t now_ns = r->flow.gateway->loop.now_ns;

	if (r->gate == RELAY_GATE_HOLDING &&
	    now_ns - r->held_since_ns >= r->flow.gateway->limits.hello_timeout_ms * NS_PER_MS) {
		flow_deny(&r->flow, NET_CAUSE_NO_VERDICT, NULL);
		relay_denied(r);
	} else if (r->state == RELAY_CONNECTING) {
		relay_dial_next(r, ETIMEDOUT);
	} else if (r->state == RELAY_OPEN && now_ns - r->moved_ns >= idle_ns(r)) {
		relay_end(r, NET_END_IDLE);
	} else {
		relay_arm(r);
	}
}

/* ------------------------------------------------------------------------------------------- moving */

/* False: the relay is over. */
static bool handle(struct relay *r, enum channel_result result, enum net_end source_end,
		   enum net_end sink_end)
{
	switch (result) {
	case CHANNEL_SOURCE_BROKEN:
		relay_end(r, source_end);
		return false;
	case CHANNEL_SINK_BROKEN:
		relay_end(r, sink_end);
		return false;
	case CHANNEL_NO_MEMORY:
		relay_end(r, NET_END_RESET_OUTSIDE);
		return false;
	case CHANNEL_MORE:
		loop_later(&r->flow.gateway->loop, &r->task);
		return true;
	case CHANNEL_WAITS:
	default:
		return true;
	}
}

static bool pump_out(struct relay *r)
{
	enum channel_result result;
	uint64_t moved;

	r->out.last = r->in.passed_on;
	result = channel_pump(&r->out, &r->client, &r->upstream, &r->flow.gateway->relays.room,
			      &moved);
	flow_moved(&r->flow, 0, moved);
	if (moved > 0) {
		r->moved_ns = r->flow.gateway->loop.now_ns;
		flow_announce(&r->flow);
	}
	return handle(r, result, NET_END_RESET_INSIDE, NET_END_RESET_OUTSIDE);
}

static bool pump_in(struct relay *r)
{
	enum channel_result result;
	uint64_t moved;

	r->in.last = r->out.passed_on;
	result = channel_pump(&r->in, &r->upstream, &r->client, &r->flow.gateway->relays.room,
			      &moved);
	flow_moved(&r->flow, moved, 0);
	if (moved > 0) {
		r->moved_ns = r->flow.gateway->loop.now_ns;
		flow_announce(&r->flow);
	}
	return handle(r, result, NET_END_RESET_OUTSIDE, NET_END_RESET_INSIDE);
}

/* Nothing at all goes out. */
static bool is_held(const struct relay *r)
{
	return r->gate == RELAY_GATE_WAITING || r->gate == RELAY_GATE_HOLDING;
}

/* Whatever is possible now, in any state. */
void relay_advance(struct relay *r)
{
	if (is_held(r) && r->client.readable && !relay_gate_feed(r))
		return;
	if (r->state != RELAY_OPEN)
		return;
	if (!is_held(r) && !pump_out(r))
		return;
	if ((r->gate != RELAY_GATE_ANSWER || relay_gate_answer(r)) && !pump_in(r))
		return;
	if (r->out.passed_on && r->in.passed_on)
		relay_end(r, NET_END_DONE);
	else if (r->task.queued)
		return; /* there is more to move */
	else if (r->client.broken)
		relay_end(r, NET_END_RESET_INSIDE);
	else if (r->upstream.broken)
		relay_end(r, NET_END_RESET_OUTSIDE);
	else if (r->flow.gateway->stop != STOP_NO && (!r->out.bytes || r->gate != RELAY_GATE_OPEN))
		relay_end(r, NET_END_STOPPED);
}

void relay_turn(struct task *task)
{
	struct relay *r = container_of(task, struct relay, task);

	if (r->state != RELAY_OVER)
		relay_advance(r);
}

void relay_client_ready(struct watch *watch, uint32_t events)
{
	struct half *half = container_of(watch, struct half, watch);
	struct relay *r = container_of(half, struct relay, client);

	half_note(half, events);
	if (r->state != RELAY_OPEN && (events & (EPOLLERR | EPOLLHUP)))
		relay_broken_inside(r);
	else
		relay_advance(r);
}

/* The workload is gone: only what it had sent before is still worth delivering. */
void relay_stop(struct gateway *gw)
{
	loop_unwatch(&gw->loop, &gw->relays.listener);
	for (struct relay *r = gw->relays.first, *next; r; r = next) {
		next = r->next;
		if (r->state == RELAY_OVER)
			continue;
		r->client.readable = true; /* the event may be behind the one that brought us here */
		relay_advance(r);
		if (r->state != RELAY_OPEN && r->state != RELAY_OVER)
			relay_unreached(r, NET_CAUSE_NO_CONNECTION, ECANCELED);
	}
	relay_refuse_waiting(gw);
}

void relay_cut_off(struct gateway *gw)
{
	for (struct relay *r = gw->relays.first; r; r = r->next)
		if (r->state == RELAY_OPEN)
			relay_end(r, NET_END_STOPPED);
}

void relay_free_all(struct gateway *gw)
{
	for (struct relay *r = gw->relays.first, *next; r; r = next) {
		next = r->next;
		if (r->state != RELAY_OVER)
			relay_over(r, true);
		free(r);
	}
	gw->relays.first = NULL;
}
