/* Any bytes as a record that is counted: never a crash, never ok without exit code 0. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/record_read.h"
#include "cmd/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	json_t *record = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	struct summary_run run = { .file = "x" };
	uint64_t values[1];
	struct summary s = { &run, 1, values };

	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	if (!record || !nowhere)
		return 0;
	summary_take(record, &run);
	if (run.row >= SUMMARY_ROWS ||
	    (run.ok && (run.exit_code != 0 || strcmp(record_word(record, "reason"), "exit") != 0)))
		abort();
	summary_text(nowhere, &s);
	summary_json(nowhere, &s);
	json_decref(record);
	return 0;
}
