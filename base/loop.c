/* loop.c - see loop.h for the order inside a round. */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define BATCH 128

int loop_init(struct loop *loop, size_t timers_max, struct err *e)
{
	*loop = (struct loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	loop->last = &loop->first;
	loop->now_ns = clock_now_ns();
	if (loop->epoll_fd < 0)
		return err_sys(e, "epoll_create1");
	if (timers_init(&loop->timers, timers_max) != 0) {
		fd_close(&loop->epoll_fd);
		return err_nomem(e);
	}
	return 0;
}

void loop_release(struct loop *loop)
{
	timers_release(&loop->timers);
	fd_close(&loop->epoll_fd);
}

int loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };
	int op = watch->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (watch->watched && watch->events == events)
		return 0;
	if (epoll_ctl(loop->epoll_fd, op, fd, &ev) != 0)
		return -1;
	watch->fd = fd;
	watch->events = events;
	watch->watched = true;
	return 0;
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
	if (!watch->watched)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->watched = false;
}

/* Closing the only descriptor of a file takes it out of the set: epoll(7). */
void loop_close(struct loop *loop, struct watch *watch)
{
	(void)loop;
	if (!watch->watched)
		return;
	close(watch->fd);
	watch->fd = -1;
	watch->watched = false;
}

void loop_later(struct loop *loop, struct task *task)
{
	if (task->queued)
		return;
	task->queued = true;
	task->next = NULL;
	*loop->last = task;
	loop->last = &task->next;
}

void loop_set_timer(struct loop *loop, struct timer *timer, uint64_t after_ns)
{
	timers_set(&loop->timers, timer, loop->now_ns + after_ns);
}

void loop_clear_timer(struct loop *loop, struct timer *timer)
{
	timers_clear(&loop->timers, timer);
}

/* Rounded up: a timer is never early, and a loop that wakes too early would spin. */
static int wait_ms(const struct loop *loop)
{
	uint64_t due_ns = timers_next_ns(&loop->timers), now_ns = clock_now_ns(), ms;

	if (loop->first || due_ns <= now_ns)
		return 0;
	if (due_ns == TIMERS_NEVER)
		return -1;
	ms = (due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Only what is queued now: a task that queues itself again runs in the next round. */
static void run_tasks(struct loop *loop)
{
	struct task *task = loop->first;

	loop->first = NULL;
	loop->last = &loop->first;
	while (task) {
		struct task *next = task->next; /* the task may free itself */

		task->queued = false;
		task->run(task);
		task = next;
	}
}

int loop_round(struct loop *loop, struct err *e)
{
	struct epoll_event ready[BATCH];
	int n = epoll_wait(loop->epoll_fd, ready, BATCH, wait_ms(loop));
	struct timer *timer;

	if (n < 0 && errno != EINTR)
		return err_sys(e, "epoll_wait");
	loop->now_ns = clock_now_ns();
	for (int i = 0; i < n; i++) {
		struct watch *watch = ready[i].data.ptr;

		if (watch->watched)
			watch->ready(watch, ready[i].events);
	}
	run_tasks(loop);
	while ((timer = timers_take(&loop->timers, loop->now_ns)))
		timer->fire(timer);
	return 0;
}
