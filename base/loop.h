/* loop.h - one epoll set, timers, and work that waits for the end of a round.
 *
 * A round: wait -> every ready descriptor -> tasks queued so far -> due timers.  Owners embed struct
 * watch, struct timer and struct task, and find themselves again with container_of().
 *
 * Freeing.  A ready function may close any watch, also another one that is ready in the same round
 * (it is skipped); but it may free the memory around a watch only in a task, because the round still
 * holds pointers to it.
 * Readiness.  Level-triggered unless a watch asks for EPOLLET; then the owner remembers what is ready
 * until a call says EAGAIN, and queues a task when it stops before that.
 * Single-threaded; nothing here blocks but loop_round(). */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/err.h"
#include "base/timers.h"

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Starts zeroed but for ready; fd is valid while `watched`. */
struct watch {
	void (*ready)(struct watch *watch, uint32_t events);
	int fd;
	bool watched;
	uint32_t events;
};

/* Starts zeroed but for run. */
struct task {
	void (*run)(struct task *task);
	struct task *next;
	bool queued;
};

struct loop {
	int epoll_fd;
	uint64_t now_ns; /* CLOCK_MONOTONIC, of this round */
	struct timers timers;
	struct task *first, **last;
};

int loop_init(struct loop *loop, size_t timers_max, struct err *e);
void loop_release(struct loop *loop);

/* loop_watch() - start watching fd, or change what for; 0 or -1 with errno (ENOSPC: the kernel's bound
 * per user).  The descriptor stays the caller's. */
int loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events);
void loop_unwatch(struct loop *loop, struct watch *watch);
void loop_close(struct loop *loop, struct watch *watch); /* and close fd; nothing if not watched */

void loop_later(struct loop *loop, struct task *task); /* once, after this round's descriptors */

void loop_set_timer(struct loop *loop, struct timer *timer, uint64_t after_ns);
void loop_clear_timer(struct loop *loop, struct timer *timer);

int loop_round(struct loop *loop, struct err *e);

#endif
