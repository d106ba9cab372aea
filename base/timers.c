/* timers.c - a binary heap; every entry knows its place, so that it can be moved or taken out. */
#include "base/timers.h"

#include <stdlib.h>

int timers_init(struct timers *t, size_t cap)
{
	*t = (struct timers){ .heap = calloc(cap, sizeof(struct timer *)), .cap = cap };
	return t->heap ? 0 : -1;
}

void timers_release(struct timers *t)
{
	free(t->heap);
	*t = (struct timers){ 0 };
}

static void put(struct timers *t, size_t index, struct timer *timer)
{
	t->heap[index] = timer;
	timer->place = index + 1;
}

static void rise(struct timers *t, size_t index, struct timer *timer)
{
	while (index > 0 && t->heap[(index - 1) / 2]->due_ns > timer->due_ns) {
		put(t, index, t->heap[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	put(t, index, timer);
}

static void sink(struct timers *t, size_t index, struct timer *timer)
{
	for (;;) {
		size_t child = 2 * index + 1;

		if (child >= t->count)
			break;
		if (child + 1 < t->count && t->heap[child + 1]->due_ns < t->heap[child]->due_ns)
			child++;
		if (t->heap[child]->due_ns >= timer->due_ns)
			break;
		put(t, index, t->heap[child]);
		index = child;
	}
	put(t, index, timer);
}

void timers_clear(struct timers *t, struct timer *timer)
{
	size_t index = timer->place - 1;
	struct timer *last;

	if (timer->place == 0)
		return;
	timer->place = 0;
	last = t->heap[--t->count];
	if (last == timer)
		return;
	if (index > 0 && t->heap[(index - 1) / 2]->due_ns > last->due_ns)
		rise(t, index, last);
	else
		sink(t, index, last);
}

void timers_set(struct timers *t, struct timer *timer, uint64_t due_ns)
{
	timers_clear(t, timer);
	if (due_ns == TIMERS_NEVER || t->count == t->cap)
		return;
	timer->due_ns = due_ns;
	rise(t, t->count++, timer);
}

uint64_t timers_next_ns(const struct timers *t)
{
	return t->count ? t->heap[0]->due_ns : TIMERS_NEVER;
}

struct timer *timers_take(struct timers *t, uint64_t now_ns)
{
	struct timer *first = t->count ? t->heap[0] : NULL;

	if (!first || first->due_ns > now_ns)
		return NULL;
	timers_clear(t, first);
	return first;
}
