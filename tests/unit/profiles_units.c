/* Sizes, durations and cpus: what is read, what is refused, and that both ways agree. */
#include "profiles/units.h"

#include "profiles/merge.h"
#include "tests/unit/tap.h"

typedef enum units_status (*parse_fn)(const char *s, uint64_t *out);

static const struct {
	parse_fn parse;
	const char *text;
	enum units_status status;
	uint64_t value;
} rows[] = {
	{ units_parse_size, "0", UNITS_OK, 0 },
	{ units_parse_size, "4096", UNITS_OK, 4096 },
	{ units_parse_size, "1K", UNITS_OK, 1024 },
	{ units_parse_size, "1k", UNITS_OK, 1024 },
	{ units_parse_size, "64m", UNITS_OK, 64 << 20 },
	{ units_parse_size, "64MiB", UNITS_OK, 64 << 20 },
	{ units_parse_size, "64mib", UNITS_OK, 64 << 20 },
	{ units_parse_size, "1.5G", UNITS_OK, UINT64_C(3) << 29 },
	{ units_parse_size, "2T", UNITS_OK, UINT64_C(2) << 40 },
	{ units_parse_size, "0.998046875T", UNITS_OK, UINT64_C(511) << 31 },
	{ units_parse_size, "1.50", UNITS_TOO_FINE, 0 },
	{ units_parse_size, "0.1K", UNITS_TOO_FINE, 0 },
	{ units_parse_size, "64MB", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_size, "64Q", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_size, "10s", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_size, "64 M", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_size, "1e3", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_size, "0x10", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_size, "", UNITS_NO_NUMBER, 0 },
	{ units_parse_size, "-1", UNITS_NO_NUMBER, 0 },
	{ units_parse_size, "+1", UNITS_NO_NUMBER, 0 },
	{ units_parse_size, " 1", UNITS_NO_NUMBER, 0 },
	{ units_parse_size, ".5G", UNITS_NO_NUMBER, 0 },
	{ units_parse_size, "1.G", UNITS_NO_NUMBER, 0 },
	{ units_parse_size, "none", UNITS_NO_NUMBER, 0 },
	{ units_parse_size, "18446744073709551614", UNITS_OK, UINT64_MAX - 1 },
	{ units_parse_size, "18446744073709551615", UNITS_TOO_LARGE, 0 }, /* LIMIT_NONE */
	{ units_parse_size, "18446744073709551616", UNITS_TOO_LARGE, 0 },
	{ units_parse_size, "16777216T", UNITS_TOO_LARGE, 0 },
	{ units_parse_size, "99999999999999999999999", UNITS_TOO_LARGE, 0 },

	{ units_parse_duration, "10", UNITS_OK, UINT64_C(10000000000) },
	{ units_parse_duration, "1.5", UNITS_OK, UINT64_C(1500000000) },
	{ units_parse_duration, "1.5s", UNITS_OK, UINT64_C(1500000000) },
	{ units_parse_duration, "500ms", UNITS_OK, UINT64_C(500000000) },
	{ units_parse_duration, "2m", UNITS_OK, UINT64_C(120000000000) },
	{ units_parse_duration, "1h", UNITS_OK, UINT64_C(3600000000000) },
	{ units_parse_duration, "0.000000001", UNITS_OK, 1 },
	{ units_parse_duration, "0.0000000010", UNITS_OK, 1 },
	{ units_parse_duration, "0.0000000001", UNITS_TOO_FINE, 0 },
	{ units_parse_duration, "0.0000001ms", UNITS_TOO_FINE, 0 },
	{ units_parse_duration, "2M", UNITS_BAD_SUFFIX, 0 }, /* megabytes? minutes? a slip */
	{ units_parse_duration, "1d", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_duration, "1m30s", UNITS_BAD_SUFFIX, 0 },
	{ units_parse_duration, "5124095h", UNITS_OK, UINT64_C(18446742000000000000) },
	{ units_parse_duration, "5124096h", UNITS_TOO_LARGE, 0 },

	{ units_parse_cpus, "2", UNITS_OK, 2000 },
	{ units_parse_cpus, "0.5", UNITS_OK, 500 },
	{ units_parse_cpus, "0.001", UNITS_OK, 1 },
	{ units_parse_cpus, "0.0001", UNITS_TOO_FINE, 0 },
	{ units_parse_cpus, "2c", UNITS_BAD_SUFFIX, 0 },

	{ units_parse_count, "32", UNITS_OK, 32 },
	{ units_parse_count, "1.0", UNITS_OK, 1 },
	{ units_parse_count, "1.5", UNITS_TOO_FINE, 0 },
	{ units_parse_count, "32K", UNITS_BAD_SUFFIX, 0 },
};

static void check_parsing(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 12345;
		enum units_status status = rows[i].parse(rows[i].text, &value);

		is_int(status, rows[i].status, "'%s': status", rows[i].text);
		if (rows[i].status == UNITS_OK)
			ok(value == rows[i].value, "'%s' is %" PRIu64, rows[i].text, value);
		else
			ok(value == 12345, "'%s': the value is left alone", rows[i].text);
	}
}

static void formats(void (*format)(struct text *, uint64_t), parse_fn parse, uint64_t value,
		    const char *want)
{
	char buf[40] = "";
	struct text t = TEXT_ON(buf);
	uint64_t back = 0;

	format(&t, value);
	is_str(buf, want, "%" PRIu64 " is written %s", value, want);
	if (parse)
		ok(parse(buf, &back) == UNITS_OK && back == value, "%s reads back", want);
}

int main(void)
{
	check_parsing();
	formats(units_format_size, units_parse_size, 0, "0");
	formats(units_format_size, units_parse_size, 1000, "1000");
	formats(units_format_size, units_parse_size, 64 << 20, "64M");
	formats(units_format_size, units_parse_size, UINT64_C(3) << 29, "1536M");
	formats(units_format_size, units_parse_size, UINT64_C(1) << 50, "1024T");
	formats(units_say_size, NULL, 64 << 20, "64 MiB");
	formats(units_say_size, NULL, 1, "1 byte");
	formats(units_say_size, NULL, 1000, "1000 bytes");
	formats(units_format_duration, units_parse_duration, 0, "0s");
	formats(units_format_duration, units_parse_duration, UINT64_C(3600000000000), "1h");
	formats(units_format_duration, units_parse_duration, UINT64_C(5400000000000), "90m");
	formats(units_format_duration, units_parse_duration, UINT64_C(1500000000), "1500ms");
	formats(units_format_duration, units_parse_duration, UINT64_C(1500000001), "1.500000001s");
	formats(units_format_cpus, units_parse_cpus, 2000, "2");
	formats(units_format_cpus, units_parse_cpus, 500, "0.5");
	formats(units_format_cpus, units_parse_cpus, 1, "0.001");
	return done();
}
