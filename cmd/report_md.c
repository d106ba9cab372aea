/* report_md.c - a record as Markdown, for the summary page of a CI job: what matters first, the rest
 * folded away.  Works in GitHub, GitLab and Buildkite; what comes from the record is always a code span or
 * a code block, which no dialect looks into. */
#include <string.h>

#include "cmd/escape.h"
#include "cmd/report_chart.h"
#include "cmd/report_model.h"

static void put_cell(FILE *out, const char *s, bool foreign)
{
	fputs(" ", out);
	if (foreign)
		escape_code(out, s);
	else
		escape_markdown(out, s);
	fputs(" |", out);
}

static void put_row(FILE *out, const struct report_table *table, const json_t *row)
{
	fputs("|", out);
	for (size_t i = 0; i < REPORT_COLUMNS_MAX && table->heads[i]; i++) {
		const char *s = row ? json_string_value(json_array_get(row, i)) : table->heads[i];

		put_cell(out, s ? s : "", row && table->foreign & 1u << i);
	}
	fputs("\n", out);
}

static void put_table(FILE *out, const struct report_table *table)
{
	put_row(out, table, NULL);
	fputs("|", out);
	for (size_t i = 0; i < REPORT_COLUMNS_MAX && table->heads[i]; i++)
		fputs(table->numbers & 1u << i ? " ---: |" : " --- |", out);
	fputs("\n", out);
	for (size_t i = 0; i < json_array_size(table->rows); i++)
		put_row(out, table, json_array_get(table->rows, i));
	if (table->left_out)
		fprintf(out, "\nand %zu more\n", table->left_out);
}

/* The fence is longer than any run of backticks inside. */
static void put_block(FILE *out, const char *s)
{
	size_t longest = 2, run = 0;

	for (const char *p = s; *p; p++) {
		run = *p == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (unsigned i = 0; i < 2; i++) {
		for (size_t j = 0; j <= longest; j++)
			fputc('`', out);
		if (i == 0) {
			fputs("sh\n", out);
			escape_text(out, s, true);
		}
		fputs("\n", out);
	}
}

static void put_sparks(FILE *out, const struct report *r)
{
	struct chart chart;

	chart_read(r->record, &chart);
	for (unsigned i = 0; i < CHART_SERIES_COUNT; i++) {
		if (!chart_worth(&chart, (enum chart_series)i))
			continue;
		fprintf(out, "\n%s over time: `", chart.lines[i].title);
		chart_spark(out, &chart, (enum chart_series)i);
		fputs("`\n", out);
	}
}

static void put_head(FILE *out, const struct report *r)
{
	static const char *const marks[] = {
		[TONE_GOOD] = "\u2705", [TONE_BAD] = "\u274c", [TONE_WAIT] = "\u23f3"
	};
	const char *ending = json_string_value(r->ending);

	fprintf(out, "### %s enclave-run: ", marks[r->tone]);
	escape_code(out, json_is_string(r->verdict) ? json_string_value(r->verdict) : "?");
	fputs("\n\n", out);
	if (r->cause) {
		escape_code(out, json_string_value(r->cause));
		fputs("\n", out);
	}
	if (ending) {
		fputs(r->cause ? "(" : "", out);
		escape_code(out, ending);
		fputs(r->cause ? ")\n" : "\n", out);
	}
	fputs("\n", out);
	if (r->command)
		put_block(out, json_string_value(r->command));
}

void report_md(FILE *out, const struct report *r)
{
	put_head(out, r);
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		const struct report_table *table = &r->tables[i];
		bool folded = i >= TABLE_EVIDENCE;

		if (i == TABLE_DENIALS)
			put_sparks(out, r);
		if (json_array_size(table->rows) == 0)
			continue;
		if (folded)
			fprintf(out, "\n<details><summary>%s</summary>\n\n", table->title);
		else
			fprintf(out, "\n**%s**\n\n", table->title);
		put_table(out, table);
		if (folded)
			fputs("\n</details>\n", out);
	}
}
