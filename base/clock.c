/* clock.c - the two clocks and the one text form of a date. */
#include "base/clock.h"

#include <time.h>

#include "base/text.h"

static uint64_t clock_read(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_realtime_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

static void clock_digits(struct text *t, uint64_t value, unsigned width)
{
	uint64_t scale = 1;

	for (unsigned i = 1; i < width; i++)
		scale *= 10;
	for (; scale > 0; scale /= 10)
		text_u64(t, value / scale % 10);
}

void clock_rfc3339(uint64_t realtime_ns, char *buf, size_t cap)
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
	struct text t = { .at = buf, .cap = cap };
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	clock_digits(&t, (uint64_t)tm.tm_year + 1900, 4);
	text_str(&t, "-");
	clock_digits(&t, (uint64_t)tm.tm_mon + 1, 2);
	text_str(&t, "-");
	clock_digits(&t, (uint64_t)tm.tm_mday, 2);
	text_str(&t, "T");
	clock_digits(&t, (uint64_t)tm.tm_hour, 2);
	text_str(&t, ":");
	clock_digits(&t, (uint64_t)tm.tm_min, 2);
	text_str(&t, ":");
	clock_digits(&t, (uint64_t)tm.tm_sec, 2);
	text_str(&t, ".");
	clock_digits(&t, realtime_ns % NS_PER_S, 9);
	text_str(&t, "Z");
}
