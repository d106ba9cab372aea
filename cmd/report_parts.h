/* report_parts.h - inside of the report: what its makers share. */
#ifndef CMD_REPORT_PARTS_H
#define CMD_REPORT_PARTS_H

#include "cmd/report_model.h"
#include "cmd/report_units.h"

/* report_string() - a JSON string, cut after REPORT_VALUE_MAX bytes; _upto(): after another number. */
json_t *report_string(const char *s);
json_t *report_string_upto(const char *s, size_t max);

/* report_value() - any JSON value as a string for people: words as they are, null as "not known". */
json_t *report_value(const json_t *value);

/* report_amount_string() - "not known" for RECORD_UNKNOWN. */
json_t *report_amount_string(enum amount kind, uint64_t value);

/* report_row() - one cell per column; takes them. */
void report_row(struct report_table *table, json_t *const *take_cells);

void report_head(struct report *r);	 /* verdict, ending, cause, command */
void report_resources(struct report *r); /* limits and usage */
void report_facts(struct report *r);	 /* every other table */

#endif
