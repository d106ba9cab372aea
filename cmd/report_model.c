/* report_model.c - cells, rows, and the whole of a page. */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/record_read.h"
#include "cmd/report_parts.h"

json_t *report_string_upto(const char *s, size_t max)
{
	size_t len = strlen(s), cut = max;
	autofree char *copy = NULL;
	struct text t;

	if (len <= max)
		return json_string(s);
	while (cut > 0 && ((unsigned char)s[cut] & 0xc0) == 0x80)
		cut--; /* not inside a character */
	copy = malloc(max + 64);
	if (!copy)
		return NULL;
	t = (struct text){ .at = copy, .cap = max + 64 };
	text_bytes(&t, s, cut);
	text_fmt(&t, " ... [%llu bytes in all]", (unsigned long long)len);
	return json_string(copy);
}

json_t *report_string(const char *s)
{
	return report_string_upto(s, REPORT_VALUE_MAX);
}

json_t *report_value(const json_t *value)
{
	autofree char *text = NULL;

	if (!value || json_is_null(value))
		return json_string("not known");
	if (json_is_string(value))
		return report_string(json_string_value(value));
	if (json_is_boolean(value))
		return json_string(json_is_true(value) ? "yes" : "no");
	text = json_dumps(value, JSON_ENCODE_ANY);
	return text ? report_string(text) : NULL;
}

json_t *report_amount_string(enum amount kind, uint64_t value)
{
	char buf[64];
	struct text t = TEXT_ON(buf);

	if (value == RECORD_UNKNOWN)
		return json_string("not known");
	report_amount(&t, kind, value);
	return json_string(buf);
}

void report_row(struct report_table *table, json_t *const *take_cells)
{
	json_t *row = json_array();

	for (size_t i = 0; i < REPORT_COLUMNS_MAX && table->heads[i]; i++)
		json_array_append_new(row, take_cells[i] ? take_cells[i] : json_string("?"));
	if (!table->rows)
		table->rows = json_array();
	if (json_array_size(table->rows) < REPORT_ROWS_MAX) {
		json_array_append_new(table->rows, row);
		return;
	}
	table->left_out++;
	json_decref(row);
}

#define COLUMN(index) (1u << (index))

static const struct report_table empty_tables[TABLE_COUNT] = {
	[TABLE_RESOURCES] = { "resources",
			      "Resources",
			      { "Resource", "Used", "Limit", "Share", "Enforced by" },
			      .foreign = COLUMN(0) | COLUMN(4),
			      .numbers = COLUMN(1) | COLUMN(2) },
	[TABLE_DENIALS] = { "denials",
			    "Denied connections",
			    { "To", "Protocol", "Count", "Rule", "To allow it" },
			    .foreign = COLUMN(0) | COLUMN(1) | COLUMN(3) | COLUMN(4),
			    .numbers = COLUMN(2) },
	[TABLE_UNRULED] = { "unruled",
			    "Let out by --net audit, which no rule allows",
			    { "To", "Protocol", "Count", "To allow it" },
			    .foreign = COLUMN(0) | COLUMN(1) | COLUMN(3),
			    .numbers = COLUMN(2) },
	[TABLE_FAILURES] = { "failures",
			     "Allowed, but not reached",
			     { "To", "Protocol", "Count", "Rule", "Why" },
			     .foreign = COLUMN(0) | COLUMN(1) | COLUMN(3) | COLUMN(4),
			     .numbers = COLUMN(2) },
	[TABLE_VIOLATIONS] = { "violations",
			       "Forbidden system calls",
			       { "System call", "Count", "Action", "First by pid" },
			       .foreign = COLUMN(0) | COLUMN(2),
			       .numbers = COLUMN(1) | COLUMN(3) },
	[TABLE_ABSENT] = { "absent",
			   "Walls that were not there",
			   { "Wall", "State", "Why" },
			   .foreign = COLUMN(0) | COLUMN(1) | COLUMN(2) },
	[TABLE_WARNINGS] = { "warnings", "Warnings", { "Warning" }, .foreign = COLUMN(0) },
	[TABLE_EVIDENCE] = { "evidence",
			     "What the verdict rests on",
			     { "Evidence", "Value" },
			     .foreign = COLUMN(0) | COLUMN(1) },
	[TABLE_RUN] = { "run", "Run", { "", "" }, .foreign = COLUMN(1) },
	[TABLE_USAGE] = { "usage", "Usage", { "", "" }, .numbers = COLUMN(1) },
	[TABLE_NETWORK] = { "network", "Network", { "", "" }, .foreign = COLUMN(1) },
	[TABLE_WALLS] = { "walls",
			  "Walls in force",
			  { "Wall", "Read back", "As seen" },
			  .foreign = COLUMN(0) | COLUMN(2) },
	[TABLE_LABELS] = { "labels",
			   "Labels",
			   { "Label", "Value" },
			   .foreign = COLUMN(0) | COLUMN(1) },
	[TABLE_SECRETS] = { "secrets", "Secrets used", { "Secret" }, .foreign = COLUMN(0) },
	[TABLE_MORE] = { "more",
			 "Other members of the record",
			 { "Member", "Value" },
			 .foreign = COLUMN(0) | COLUMN(1) },
};

void report_make(const json_t *record, struct report *out)
{
	*out = (struct report){ .record = record };
	memcpy(out->tables, empty_tables, sizeof(out->tables));
	report_head(out);
	report_resources(out);
	report_facts(out);
}

void report_release(struct report *r)
{
	json_decref(r->verdict);
	json_decref(r->ending);
	json_decref(r->cause);
	json_decref(r->command);
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		json_decref(r->tables[i].rows);
	*r = (struct report){ 0 };
}
