/* Any JSON as a record: every page is made, and nothing of the record acts on it. */
#include <stdint.h>

#include "tests/unit/report_sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *record = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);

	if (!record)
		return 0;
	for (unsigned i = 0; i < SOUND_FORMATS; i++) {
		char *page = sound_page(record, (enum sound_format)i);

		if (!page || sound(page, (enum sound_format)i))
			abort();
		free(page);
	}
	json_decref(record);
	return 0;
}
