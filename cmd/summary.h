/* summary.h - many records counted: by reason, with median and maximum of what they used.
 *
 * A run is *ok* if its command ended by itself with status 0: reason exit, exit_code 0.  A record that
 * still says running is none, nor is a file that can't be read or is no record: it is counted as
 * `running` or `launcher-lost` (cmd/record_read.h), or as `unreadable`. */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "sandbox/reason.h"

/* The rows behind those of REASON_TABLE. */
enum { SUMMARY_RUNNING = REASON_COUNT, SUMMARY_OTHER, SUMMARY_UNREADABLE, SUMMARY_ROWS };

/* X(identifier, column in the text, member in JSON) */
#define SUMMARY_FIGURE_TABLE(X)      \
	X(WALL, "wall s", "wall_ns") \
	X(CPU, "cpu s", "cpu_ns")    \
	X(MEMORY, "memory MiB", "memory_peak_bytes")

enum summary_figure {
#define SUMMARY_FIGURE_ENUM(id, title, name) SUMMARY_##id,
	SUMMARY_FIGURE_TABLE(SUMMARY_FIGURE_ENUM)
#undef SUMMARY_FIGURE_ENUM
		SUMMARY_FIGURES
};

struct summary_run {
	const char *file; /* borrowed */
	unsigned row;	  /* enum reason, or one of those above */
	bool ok;
	int exit_code;			/* -1 = not known */
	uint64_t used[SUMMARY_FIGURES]; /* RECORD_UNKNOWN = not known */
	char *problem;			/* UNREADABLE: why; heap */
};

/* summary_take() - what one record says.  Pure but for looking whether a launcher lives; any JSON. */
void summary_take(const json_t *record, struct summary_run *out);

struct summary {
	const struct summary_run *runs;
	size_t count;
	uint64_t *values; /* scratch: room for one of every run */
};

void summary_text(FILE *out, const void *summary);
void summary_json(FILE *out, const void *summary);

#endif
