/* Amounts for people, row by row. */
#include "cmd/report_units.h"

#include "base/clock.h"
#include "tests/unit/tap.h"

static const struct {
	enum amount kind;
	uint64_t value;
	const char *want;
} rows[] = {
	{ AMOUNT_BYTES, 0, "0 bytes" },
	{ AMOUNT_BYTES, 1, "1 byte" },
	{ AMOUNT_BYTES, 1023, "1023 bytes" },
	{ AMOUNT_BYTES, 1024, "1 KiB" },
	{ AMOUNT_BYTES, 1536, "1.5 KiB" },
	{ AMOUNT_BYTES, 1024 * 1024 - 1, "1023 KiB" },
	{ AMOUNT_BYTES, 50 << 20, "50 MiB" },
	{ AMOUNT_BYTES, 3911188, "3.72 MiB" },
	{ AMOUNT_BYTES, 1ULL << 40, "1 TiB" },
	{ AMOUNT_BYTES, INT64_MAX, "8191 PiB" },
	{ AMOUNT_NS, 0, "0 s" },
	{ AMOUNT_NS, 1, "0 ms" },
	{ AMOUNT_NS, 227455357, "227 ms" },
	{ AMOUNT_NS, 1530 * NS_PER_MS, "1.53 s" },
	{ AMOUNT_NS, 12 * NS_PER_S + 340 * NS_PER_MS, "12.3 s" },
	{ AMOUNT_NS, 60 * NS_PER_S, "1 min" },
	{ AMOUNT_NS, 125 * NS_PER_S, "2 min 5 s" },
	{ AMOUNT_NS, 3600 * NS_PER_S, "1 h" },
	{ AMOUNT_NS, 3600 * NS_PER_S * 25, "1 d 1 h" },
	{ AMOUNT_NS, INT64_MAX, "106751 d 23 h" },
	{ AMOUNT_MILLICPUS, 1000, "1 cpu" },
	{ AMOUNT_MILLICPUS, 250, "0.25 cpus" },
	{ AMOUNT_MILLICPUS, 2000, "2 cpus" },
	{ AMOUNT_COUNT, 17, "17" },
	{ AMOUNT_COUNT, UINT64_MAX, "18446744073709551615" },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[64];
		struct text t = TEXT_ON(buf);

		report_amount(&t, rows[i].kind, rows[i].value);
		is_str(buf, rows[i].want, "%llu", (unsigned long long)rows[i].value);
		ok(!t.cut, "fits");
	}
	return done();
}
