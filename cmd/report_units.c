/* report_units.c - three digits are enough for a reader. */
#include "cmd/report_units.h"

#include "base/clock.h"

/* value / unit, with as many places after the point as make three digits. */
static void rounded(struct text *t, uint64_t value, uint64_t unit, const char *name)
{
	uint64_t whole = value / unit, rest = value % unit;
	/* rest < unit, and no unit is above 2^62 / 100 */
	unsigned hundredths = (unsigned)(rest * 100 / unit);

	text_u64(t, whole);
	if (whole < 10 && hundredths % 10 != 0)
		text_fmt(t, ".%u%u", hundredths / 10, hundredths % 10);
	else if (whole < 100 && hundredths >= 10)
		text_fmt(t, ".%u", hundredths / 10);
	text_fmt(t, " %s", name);
}

static void say_bytes(struct text *t, uint64_t bytes)
{
	static const char *const names[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	unsigned power = 0;

	while (power < 5 && bytes >> (10 * (power + 1)) != 0)
		power++;
	rounded(t, bytes, 1ULL << (10 * power), bytes == 1 ? "byte" : names[power]);
}

static void two_units(struct text *t, uint64_t ns, uint64_t large_ns, const char *large,
		      uint64_t small_ns, const char *small)
{
	uint64_t rest = ns % large_ns / small_ns;

	text_fmt(t, "%llu %s", (unsigned long long)(ns / large_ns), large);
	if (rest)
		text_fmt(t, " %llu %s", (unsigned long long)rest, small);
}

static void say_duration(struct text *t, uint64_t ns)
{
	if (ns >= UINT64_C(24) * 3600 * NS_PER_S)
		two_units(t, ns, UINT64_C(24) * 3600 * NS_PER_S, "d", 3600 * NS_PER_S, "h");
	else if (ns >= 3600 * NS_PER_S)
		two_units(t, ns, 3600 * NS_PER_S, "h", 60 * NS_PER_S, "min");
	else if (ns >= 60 * NS_PER_S)
		two_units(t, ns, 60 * NS_PER_S, "min", NS_PER_S, "s");
	else if (ns >= NS_PER_S || ns == 0)
		rounded(t, ns, NS_PER_S, "s");
	else
		rounded(t, ns, NS_PER_MS, "ms");
}

void report_amount(struct text *t, enum amount kind, uint64_t value)
{
	switch (kind) {
	case AMOUNT_BYTES:
		say_bytes(t, value);
		break;
	case AMOUNT_NS:
		say_duration(t, value);
		break;
	case AMOUNT_MILLICPUS:
		rounded(t, value, 1000, value == 1000 ? "cpu" : "cpus");
		break;
	case AMOUNT_COUNT:
		text_u64(t, value);
		break;
	}
}
