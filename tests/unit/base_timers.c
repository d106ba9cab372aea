/* Timers: whatever is set, moved and cleared, they come in the order of their time. */
#include "base/timers.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define COUNT 500

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 8;
}

static void test_order(void)
{
	static struct timer timers[COUNT];
	struct timers t;
	unsigned state = 7, taken = 0, expected = 0;
	uint64_t last = 0;
	bool ordered = true;
	struct timer *timer;

	if (!ok(timers_init(&t, COUNT) == 0, "room for %d timers", COUNT))
		return;
	for (int i = 0; i < 20000; i++) {
		struct timer *one = &timers[next_random(&state) % COUNT];

		if (next_random(&state) % 3 == 0)
			timers_clear(&t, one);
		else
			timers_set(&t, one, next_random(&state) % 1000 + 1);
	}
	for (int i = 0; i < COUNT; i++)
		expected += timers[i].place != 0;
	while ((timer = timers_take(&t, 2000))) {
		ordered = ordered && timer->due_ns >= last && timer->place == 0;
		last = timer->due_ns;
		taken++;
	}
	ok(ordered, "in order");
	is_int(taken, expected, "each of them once");
	is_int(timers_next_ns(&t) == TIMERS_NEVER, 1, "then none");
	timers_release(&t);
}

static void test_edges(void)
{
	struct timer a = { 0 }, b = { 0 }, c = { 0 };
	struct timers t;

	if (!ok(timers_init(&t, 2) == 0, "room for two"))
		return;
	timers_set(&t, &a, 10);
	ok(timers_take(&t, 9) == NULL, "not before its time");
	timers_set(&t, &a, 20);
	ok(timers_take(&t, 15) == NULL, "moved");
	timers_set(&t, &b, 5);
	timers_set(&t, &c, 1);
	ok(timers_next_ns(&t) == 5, "one more than there is room for is not set");
	timers_set(&t, &b, TIMERS_NEVER);
	ok(timers_take(&t, UINT64_MAX - 1) == &a, "never is never");
	timers_clear(&t, &a);
	timers_release(&t);
}

int main(void)
{
	test_order();
	test_edges();
	return done();
}
