/* The timeline: bounded, ordered, peaks kept. */
#include "sandbox/timeline.h"

#include "tests/unit/tap.h"

#define TICK 10

/* A run of `ticks` ticks: memory is the tick number, but for one peak. */
static struct timeline ran(uint64_t ticks, uint64_t peak_at)
{
	struct timeline line = { 0 };

	for (uint64_t i = 1; i <= ticks; i++) {
		const struct timeline_sample s = { .t_ns = i * TICK,
						   .memory_bytes = i == peak_at ? 1u << 30 : i,
						   .cpu_ns = i,
						   .pids = 1 };
		if (timeline_due(&line, s.t_ns))
			timeline_add(&line, &s, TICK);
	}
	return line;
}

static void check_short(void)
{
	struct timeline none = { 0 }, line = ran(3, 0);

	ok(timeline_due(&none, 0), "the first is always due");
	is_int(line.count, 3, "one sample a tick");
	is_int(line.interval_ns, TICK, "at the interval of the tick");
	is_int(line.samples[2].t_ns, 30, "with its time");
	ok(!timeline_due(&line, 39), "not due before the interval is over");
	ok(timeline_due(&line, 40), "due when it is");
}

static void check_full(void)
{
	struct timeline full = ran(TIMELINE_MAX, 5), more = ran(TIMELINE_MAX + 1, 5);

	is_int(full.count, TIMELINE_MAX, "the whole table is used");
	is_int(full.interval_ns, TICK, "before anything is merged");
	is_int(more.count, TIMELINE_MAX / 2 + 1, "one more halves it");
	is_int(more.interval_ns, 2 * TICK, "and doubles the interval");
	is_int(more.samples[2].memory_bytes, 1 << 30, "the peak stays");
	is_int(more.samples[2].t_ns, 6 * TICK, "a pair ends where its second did");
	is_int(more.samples[2].cpu_ns, 6, "and had used by then what the second says");
}

static void check_long(void)
{
	struct timeline line = ran(1000000, 0);
	bool ordered = true, growing = true;

	ok(line.count > TIMELINE_MAX / 2 && line.count <= TIMELINE_MAX, "%zu samples", line.count);
	for (size_t i = 1; i < line.count; i++) {
		ordered = ordered && line.samples[i].t_ns > line.samples[i - 1].t_ns;
		growing = growing && line.samples[i].cpu_ns >= line.samples[i - 1].cpu_ns;
	}
	ok(ordered, "times grow");
	ok(growing, "cpu time never falls");
	ok(line.samples[0].t_ns <= 2 * line.interval_ns, "the beginning is still there");
	ok(line.samples[line.count - 1].t_ns + line.interval_ns > 1000000ULL * TICK,
	   "and so is the end");
}

static void check_unknown(void)
{
	struct timeline line = { 0 };
	struct timeline_sample s = { .memory_bytes = 7, .cpu_ns = 1, .pids = TIMELINE_UNKNOWN };

	for (unsigned i = 0; i <= TIMELINE_MAX; i++) {
		s.t_ns = i * TICK;
		timeline_add(&line, &s, TICK);
		s.memory_bytes = TIMELINE_UNKNOWN;
	}
	is_int(line.samples[0].memory_bytes, 7, "a number beats unknown");
	ok(line.samples[1].memory_bytes == TIMELINE_UNKNOWN, "unknown stays unknown");
	ok(line.samples[1].pids == TIMELINE_UNKNOWN, "for every value");
}

int main(void)
{
	check_short();
	check_full();
	check_long();
	check_unknown();
	return done();
}
