/* Any text as a size, a duration, a cpu share: no crash, and what is taken reads back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	enum units_status (*parse)(const char *s, uint64_t *out);
	void (*format)(struct text *t, uint64_t value);
} kinds[] = {
	{ units_parse_size, units_format_size },
	{ units_parse_duration, units_format_duration },
	{ units_parse_cpus, units_format_cpus },
	{ units_parse_count, text_u64 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char input[256];

	if (size >= sizeof(input))
		return 0;
	memcpy(input, data, size);
	input[size] = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char again[64];
		struct text t = TEXT_ON(again);
		uint64_t value, back;

		if (kinds[i].parse(input, &value) != UNITS_OK)
			continue;
		if (value == UINT64_MAX)
			abort(); /* would mean "not limited" */
		kinds[i].format(&t, value);
		if (t.cut || kinds[i].parse(again, &back) != UNITS_OK || back != value)
			abort();
	}
	return 0;
}
