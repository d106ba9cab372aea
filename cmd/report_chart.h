/* report_chart.h - a record's timeline as inline SVG, or as one line of block characters.
 *
 * Only numbers are taken from the record, and only numbers and words of our own are written.  Samples that
 * are no numbers or go back in time are passed over; below two there is nothing to draw. */
#ifndef CMD_REPORT_CHART_H
#define CMD_REPORT_CHART_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/report_units.h"

#define CHART_POINTS_MAX 512

enum chart_series { CHART_MEMORY, CHART_CPUS, CHART_PIDS, CHART_SERIES_COUNT };

/* In the units of enum amount; negative = not known. */
struct chart_point {
	double t_ns, value;
};

struct chart_line {
	const char *title;
	enum amount kind;
	bool steps; /* a value holds for the time before it, else straight lines */
	size_t count;
	struct chart_point points[CHART_POINTS_MAX];
	double largest, limit; /* limit < 0: none */
};

struct chart {
	double end_ns;
	bool killed; /* at end_ns */
	struct chart_line lines[CHART_SERIES_COUNT];
};

void chart_read(const json_t *record, struct chart *out);

/* chart_worth() - two points at least, and not all the time nothing, or one process. */
bool chart_worth(const struct chart *chart, enum chart_series series);

/* Both write nothing if it is not worth it. */
void chart_svg(FILE *out, const struct chart *chart, enum chart_series series);
/* up to 40 characters in UTF-8, from zero to the largest value */
void chart_spark(FILE *out, const struct chart *chart, enum chart_series series);

#endif
