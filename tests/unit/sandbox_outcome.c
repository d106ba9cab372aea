/* Warnings are bounded; cpu time is shared out without losing any. */
#include "sandbox/outcome.h"

#include "tests/unit/tap.h"

static void splits(uint64_t total, uint64_t user, uint64_t system, uint64_t want_user)
{
	outcome_split_cpu(total, &user, &system);
	is_int(user, want_user, "user of %ju", (uintmax_t)total);
	is_int(user + system, total, "nothing is lost");
}

static void check_warnings(void)
{
	static struct outcome o;
	size_t max = sizeof(o.warnings) / sizeof(o.warnings[0]);

	for (size_t i = 0; i <= max; i++)
		outcome_warn(&o, "number %zu", i);
	is_int(o.warning_count, max, "no more than there is room for");
	is_str(o.warnings[0], "number 0", "the first stays");
	is_str(o.warnings[max - 1], "further warnings were dropped", "the last says so");
}

int main(void)
{
	splits(100, 1, 3, 25);
	splits(0, 10, 10, 0);
	splits(90, 0, 10, 0);
	splits(90, 10, 0, 90);
	splits(7, 0, 0, 7);
	splits(UINT64_MAX / 2, UINT64_MAX / 2, 0, UINT64_MAX / 2);
	splits(1000000007, 10000000, 20000000, 333333335);
	check_warnings();
	return done();
}
