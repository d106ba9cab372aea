/* timeline.h - what a run used over time, in bounded space whatever it lasts.
 *
 * A sample is due every interval.  When the table is full, neighbours are merged in pairs and the
 * interval doubles, so a long run has between TIMELINE_MAX / 2 and TIMELINE_MAX samples and the more time
 * passes the less often anybody looks.  A run shorter than the first interval has none.
 * Pure; fixed size, no allocation. */
#ifndef SANDBOX_TIMELINE_H
#define SANDBOX_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_MAX 128 /* even; 3 to 6 KB in the record */
#define TIMELINE_UNKNOWN UINT64_MAX

struct timeline_sample {
	uint64_t t_ns;	       /* since the workload was released */
	uint64_t memory_bytes; /* what the memory limit counts; the largest that was merged here */
	uint64_t cpu_ns;       /* user and system of the whole tree, up to t_ns */
	uint64_t pids;	       /* tasks without init; the largest that was merged here */
};

struct timeline {
	uint64_t interval_ns; /* 0 in a new one: every sample is due until the table is full */
	size_t count;
	struct timeline_sample samples[TIMELINE_MAX];
};

/* timeline_due() - is it time for a sample?  Asked before the values are read. */
bool timeline_due(const struct timeline *line, uint64_t t_ns);

/* timeline_add() - takes the sample; t_ns may not be earlier than that of the last one.
 * @tick_ns: the interval between samples while nothing has been merged yet */
void timeline_add(struct timeline *line, const struct timeline_sample *sample, uint64_t tick_ns);

#endif
