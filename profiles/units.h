/* units.h - sizes, durations and cpus as people write them, and back.
 *
 * Pure and exact: integer arithmetic only, overflow and silent rounding are refused.  Everything is
 * decimal ASCII without sign and without blanks.  Fuzzed: tests/fuzz/fuzz_units.c. */
#ifndef PROFILES_UNITS_H
#define PROFILES_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum units_status {
	UNITS_OK,
	UNITS_NO_NUMBER,  /* does not start with a number */
	UNITS_BAD_SUFFIX, /* something that is no unit of this kind follows */
	UNITS_TOO_LARGE,  /* does not fit 64 bits */
	UNITS_TOO_FINE	  /* more digits after the point than the unit can hold */
};

/* "4096", "64M", "64m", "64MiB": bytes; K M G T are powers of 1024. */
enum units_status units_parse_size(const char *s, uint64_t *out_bytes);

/* "10", "1.5", "500ms", "1.5s", "2m", "1h": nanoseconds; a bare number is seconds. */
enum units_status units_parse_duration(const char *s, uint64_t *out_ns);

/* "2", "0.5": thousandths of a cpu. */
enum units_status units_parse_cpus(const char *s, uint64_t *out_milli);

/* "32": a plain number. */
enum units_status units_parse_count(const char *s, uint64_t *out_count);

/* The largest unit that shows the value exactly: "64M", "1000", "1500ms", "0.5".  What they write
 * parses back to the same value. */
void units_format_size(struct text *t, uint64_t bytes);
void units_format_duration(struct text *t, uint64_t ns);
void units_format_cpus(struct text *t, uint64_t milli);

/* For sentences: "64 MiB", "1000 bytes". */
void units_say_size(struct text *t, uint64_t bytes);

#endif
