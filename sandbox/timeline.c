/* timeline.c - halve the resolution when the table is full. */
#include "sandbox/timeline.h"

/* UINT64_MAX is "unknown", which loses against any number. */
static uint64_t larger(uint64_t a, uint64_t b)
{
	if (a == TIMELINE_UNKNOWN || b == TIMELINE_UNKNOWN)
		return a == TIMELINE_UNKNOWN ? b : a;
	return a > b ? a : b;
}

/* Of cumulative values the later one stands for both; of levels the higher one, or a peak would be
 * lost by and by. */
static void halve(struct timeline *line)
{
	for (size_t i = 0; i < line->count / 2; i++) {
		const struct timeline_sample *a = &line->samples[2 * i], *b = a + 1;

		line->samples[i] = (struct timeline_sample){
			.t_ns = b->t_ns,
			.memory_bytes = larger(a->memory_bytes, b->memory_bytes),
			.cpu_ns = larger(a->cpu_ns, b->cpu_ns),
			.pids = larger(a->pids, b->pids),
		};
	}
	line->count /= 2;
	line->interval_ns *= 2;
}

bool timeline_due(const struct timeline *line, uint64_t t_ns)
{
	return line->count == 0 || t_ns >= line->samples[line->count - 1].t_ns + line->interval_ns;
}

void timeline_add(struct timeline *line, const struct timeline_sample *sample, uint64_t tick_ns)
{
	if (line->interval_ns == 0)
		line->interval_ns = tick_ns;
	if (line->count == TIMELINE_MAX)
		halve(line);
	line->samples[line->count++] = *sample;
}
