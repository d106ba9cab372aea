/* timers.h - any number of deadlines: a binary heap whose entries live in their owners.
 *
 * Memory is reserved once, for as many timers as can be set at one time, so that setting one can't
 * fail.  Pure: time is what the caller says it is. */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#define TIMERS_NEVER UINT64_MAX

/* Starts zeroed: not set. */
struct timer {
	uint64_t due_ns;
	size_t place; /* private: index in the heap + 1, 0 = not set */
	void (*fire)(struct timer *timer);
};

struct timers {
	struct timer **heap; /* heap[0] is due first */
	size_t count, cap;
};

int timers_init(struct timers *t, size_t cap); /* -1: out of memory */
void timers_release(struct timers *t);

/* timers_set() - set or move; with TIMERS_NEVER the same as timers_clear().  More than cap timers at
 * one time is a broken contract: the timer is then not set. */
void timers_set(struct timers *t, struct timer *timer, uint64_t due_ns);
void timers_clear(struct timers *t, struct timer *timer);

uint64_t timers_next_ns(const struct timers *t); /* TIMERS_NEVER if none is set */

/* timers_take() - one timer that is due, no longer set; NULL if none is. */
struct timer *timers_take(struct timers *t, uint64_t now_ns);

#endif
