/* Denials and the outbox: each one counted, each kind told at once, floods in sums, nothing dropped. */
#include "netns/denials.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/tap.h"

struct rig {
	struct loop loop;
	struct watch watch;
	struct outbox outbox;
	struct net_totals totals;
	struct denials denials;
	int supervisor;
};

static void ready(struct watch *watch, uint32_t events)
{
	if (events & EPOLLOUT)
		outbox_writable(&container_of(watch, struct rig, watch)->outbox);
}

static bool build(struct rig *r, uint32_t cap)
{
	int pair[2], small = 1;
	struct err e;

	*r = (struct rig){ .watch.ready = ready };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0 ||
	    loop_init(&r->loop, 8, &e) != 0)
		return ok(false, "set up");
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	r->supervisor = pair[1];
	loop_watch(&r->loop, &r->watch, pair[0], EPOLLIN);
	outbox_init(&r->outbox, &r->loop, &r->watch);
	return ok(denials_init(&r->denials, cap, 42, &r->loop, &r->outbox, &r->totals) == 0,
		  "room for %u denials", cap);
}

static void tear_down(struct rig *r)
{
	denials_release(&r->denials);
	loop_close(&r->loop, &r->watch);
	loop_release(&r->loop);
	close(r->supervisor);
}

static void deny(struct rig *r, unsigned port)
{
	struct net_flow f = { .protocol = NET_PROTOCOL_TCP,
			      .cause = NET_CAUSE_NO_RULE,
			      .rule = NET_NO_RULE,
			      .port = (uint16_t)port,
			      .address = { ADDR_V4, { 203, 0, 113, 5 } } };

	denials_add(&r->denials, &f);
}

struct heard {
	unsigned events, invalid, limited;
	uint64_t count;
};

static void listen_all(struct rig *r, struct heard *h)
{
	struct net_event event;
	struct err e;

	for (int i = 0; i < 10000; i++) {
		ssize_t n = recv(r->supervisor, &event, sizeof(event), 0);

		if (n < 0 && outbox_empty(&r->outbox))
			return;
		if (n < 0) {
			loop_round(&r->loop, &e);
			continue;
		}
		h->events++;
		h->invalid += !net_event_valid(&event, (size_t)n);
		if (event.kind == NET_EVENT_DENIED)
			h->count += event.flow.count;
		h->limited += event.kind == NET_EVENT_LIMITED;
	}
}

static void test_sums(void)
{
	struct rig r;
	struct heard h = { 0 };

	if (!build(&r, 16))
		return;
	deny(&r, 80);
	listen_all(&r, &h);
	is_int(h.events, 1, "the first is told at once");
	for (int i = 0; i < 1000; i++)
		deny(&r, 80);
	listen_all(&r, &h);
	is_int(h.events, 1, "the same again is not");
	denials_tell(&r.denials);
	listen_all(&r, &h);
	is_int(h.events, 2, "but in a sum");
	is_int(h.count, 1001, "which is exact");
	is_int(h.invalid, 0, "every event is valid");
	tear_down(&r);
}

/* Many kinds, a supervisor with hardly any buffer that does not read until later. */
static void test_flood(void)
{
	struct rig r;
	struct heard h = { 0 };
	struct err e;

	if (!build(&r, 200))
		return;
	for (unsigned i = 0; i < 5000; i++) {
		deny(&r, i % 300);
		if (i % 50 == 0) {
			loop_later(&r.loop, &r.outbox.task);
			loop_round(&r.loop, &e);
		}
	}
	denials_tell(&r.denials);
	listen_all(&r, &h);
	is_int(r.totals.denied_tcp, 5000, "every denial is counted");
	is_int(h.count + r.totals.unlisted, 5000, "told or unlisted, none twice");
	ok(r.totals.unlisted > 0 && h.limited == 1, "the bound is told once");
	is_int(h.invalid, 0, "every event is valid");
	ok(h.events < 1000, "a flood is few events (%u)", h.events);
	tear_down(&r);
}

static void test_gone(void)
{
	struct rig r;
	struct err e;

	if (!build(&r, 4))
		return;
	shutdown(r.supervisor, SHUT_RDWR);
	deny(&r, 1);
	loop_round(&r.loop, &e);
	ok(r.outbox.gone, "a supervisor that is gone is noticed");
	tear_down(&r);
}

int main(void)
{
	test_sums();
	test_flood();
	test_gone();
	return done();
}
