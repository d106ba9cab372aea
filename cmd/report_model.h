/* report_model.h - one record as what a page shows, the same for every format.
 *
 *	record (record_read.h) -> report_make() -> struct report -> report_text, report_md, report_html
 *
 * Everything that comes from the record is kept apart from words of our own, so that a renderer can't
 * mix them up: a column is foreign or ours as a whole.  Nothing is escaped here, and nothing is left to
 * look up for the renderers but the timeline (report_chart.h).  Long values and long lists are cut, and
 * say so.  Members that this version does not know are shown as they are. */
#ifndef CMD_REPORT_MODEL_H
#define CMD_REPORT_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define REPORT_COLUMNS_MAX 5
#define REPORT_ROWS_MAX 200
#define REPORT_VALUE_MAX 2048 /* bytes of one value */

enum report_tone { TONE_GOOD, TONE_BAD, TONE_WAIT };

struct report_table {
	const char *id, *title;		       /* id: for links and styles */
	const char *heads[REPORT_COLUMNS_MAX]; /* NULL ends; "" = the row's own name */
	unsigned foreign; /* set of columns (1u << index) that hold foreign bytes */
	unsigned numbers; /* set of columns that hold amounts */
	json_t *rows;	  /* array of arrays of strings, one per column */
	size_t left_out;
};

/* In the order of the page. */
enum report_table_id {
	TABLE_RESOURCES,
	TABLE_DENIALS,
	TABLE_UNRULED,
	TABLE_FAILURES,
	TABLE_VIOLATIONS,
	TABLE_ABSENT,
	TABLE_WARNINGS,
	TABLE_EVIDENCE,
	TABLE_RUN,
	TABLE_USAGE,
	TABLE_NETWORK,
	TABLE_WALLS,
	TABLE_LABELS,
	TABLE_SECRETS,
	TABLE_MORE,
	TABLE_COUNT
};

struct report {
	const json_t *record; /* borrowed */
	enum report_tone tone;
	json_t *verdict; /* strings: "killed: memory", foreign; */
	json_t *ending;	 /*   "exact, signal 9 SIGKILL", foreign; */
	json_t *cause;	 /*   a sentence, foreign; NULL = nothing to say */
	json_t *command; /*   as a shell would take it, foreign */
	struct report_table tables[TABLE_COUNT];
};

/* report_make() - never fails: what there is no memory for is missing from the page. */
void report_make(const json_t *record, struct report *out);
void report_release(struct report *r);

/* The renderers.  @utf8: the terminal shows it. */
void report_text(FILE *out, const struct report *r, bool utf8);
void report_md(FILE *out, const struct report *r);
void report_html(FILE *out, const struct report *r);

#endif
