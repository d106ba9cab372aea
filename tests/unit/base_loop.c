/* The loop: order inside a round, closing and freeing while it goes on. */
#include "base/loop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/tap.h"

struct thing {
	struct loop *loop;
	struct watch watch, *victim;
	struct task task;
	struct timer timer;
	int ready, ran, fired;
};

static void on_ready(struct watch *watch, uint32_t events)
{
	struct thing *t = container_of(watch, struct thing, watch);

	(void)events;
	t->ready++;
	if (t->victim)
		loop_close(t->loop, t->victim);
}

static void on_task(struct task *task)
{
	struct thing *t = container_of(task, struct thing, task);

	if (t->ran++ < 2)
		loop_later(t->loop, task);
}

static void on_timer(struct timer *timer)
{
	container_of(timer, struct thing, timer)->fired++;
}

static void init(struct thing *t, struct loop *loop)
{
	*t = (struct thing){
		.loop = loop, .watch.ready = on_ready, .task.run = on_task, .timer.fire = on_timer
	};
}

static void test_victim(struct loop *loop)
{
	struct thing a, b;
	int pair[2], other[2];
	struct err e;

	init(&a, loop);
	init(&b, loop);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other) != 0) {
		fail("socketpair");
		return;
	}
	a.victim = &b.watch;
	b.victim = &a.watch;
	loop_watch(loop, &a.watch, pair[0], EPOLLIN);
	loop_watch(loop, &b.watch, other[0], EPOLLIN);
	close(pair[1]);
	close(other[1]);
	ok(loop_round(loop, &e) == 0, "a round with two that are ready");
	is_int(a.ready + b.ready, 1, "whoever is closed by the first is skipped");
	loop_close(loop, &a.watch);
	loop_close(loop, &b.watch);
}

static void test_tasks(struct loop *loop)
{
	struct thing a;
	struct err e;

	init(&a, loop);
	loop_later(loop, &a.task);
	loop_later(loop, &a.task);
	loop_round(loop, &e);
	is_int(a.ran, 1, "a task queued twice runs once, and again in the next round only");
	loop_round(loop, &e);
	loop_round(loop, &e);
	is_int(a.ran, 3, "further rounds do not wait while a task is queued");
}

static void test_timer(struct loop *loop)
{
	struct thing a;
	uint64_t start = clock_now_ns();
	struct err e;

	init(&a, loop);
	loop_set_timer(loop, &a.timer, 20 * NS_PER_MS);
	while (!a.fired && loop_round(loop, &e) == 0)
		;
	ok(clock_now_ns() - start >= 20 * NS_PER_MS - NS_PER_MS, "a timer is not early");
	is_int(a.fired, 1, "and goes off once");
}

int main(void)
{
	struct loop loop;
	struct err e;

	if (!ok(loop_init(&loop, 8, &e) == 0, "a loop"))
		return done();
	test_victim(&loop);
	test_tasks(&loop);
	test_timer(&loop);
	loop_release(&loop);
	return done();
}
