/* report_text.c - a record for a terminal: aligned columns, nothing that acts on the terminal. */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/escape.h"
#include "cmd/report_chart.h"
#include "cmd/report_model.h"

#define COLUMN_WIDTH_MAX 44

/* Columns of a terminal that a cell takes, as escape_text() writes it; wide characters count once. */
static size_t width_of(const char *s, bool utf8)
{
	autofree char *text = NULL;
	size_t size = 0, width = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return 0;
	escape_text(out, s, utf8);
	if (fclose(out) != 0)
		return 0;
	for (size_t i = 0; i < size; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static const char *cell(const json_t *row, size_t column)
{
	const char *s = json_string_value(json_array_get(row, column));

	return s ? s : "";
}

static void widths(const struct report_table *table, bool utf8, size_t *out)
{
	for (size_t column = 0; column < REPORT_COLUMNS_MAX && table->heads[column]; column++) {
		out[column] = strlen(table->heads[column]);
		for (size_t i = 0; i < json_array_size(table->rows); i++) {
			size_t width = width_of(cell(json_array_get(table->rows, i), column), utf8);

			if (width > out[column] && width <= COLUMN_WIDTH_MAX)
				out[column] = width;
		}
	}
}

static void put_cell(FILE *out, const char *s, bool utf8, size_t width, bool last)
{
	size_t have = last ? width : width_of(s, utf8);

	escape_text(out, s, utf8);
	if (!last)
		fprintf(out, "%*s", (int)(have < width ? width - have : 0) + 2, "");
}

static bool last_column(const struct report_table *table, size_t column)
{
	return column + 1 == REPORT_COLUMNS_MAX || !table->heads[column + 1];
}

static void put_row(FILE *out, const struct report_table *table, const json_t *row,
		    const size_t *width, bool utf8)
{
	fputs("  ", out);
	for (size_t i = 0; i < REPORT_COLUMNS_MAX && table->heads[i]; i++)
		put_cell(out, row ? cell(row, i) : table->heads[i], utf8, width[i],
			 last_column(table, i));
	fputs("\n", out);
}

static void put_table(FILE *out, const struct report_table *table, bool utf8)
{
	size_t width[REPORT_COLUMNS_MAX] = { 0 };

	if (json_array_size(table->rows) == 0)
		return;
	widths(table, utf8, width);
	fprintf(out, "\n%s\n", table->title);
	if (*table->heads[0] && table->heads[1])
		put_row(out, table, NULL, width, utf8);
	for (size_t i = 0; i < json_array_size(table->rows); i++)
		put_row(out, table, json_array_get(table->rows, i), width, utf8);
	if (table->left_out)
		fprintf(out, "  and %zu more\n", table->left_out);
}

static void put_line(FILE *out, const char *name, const json_t *value, bool utf8)
{
	if (!value)
		return;
	fprintf(out, "%-9s ", name);
	escape_text(out, json_string_value(value), utf8);
	fputs("\n", out);
}

static void put_sparks(FILE *out, const struct report *r)
{
	static const char *const names[] = { "memory", "cpu", "processes" };
	struct chart chart;

	chart_read(r->record, &chart);
	for (unsigned i = 0; i < CHART_SERIES_COUNT; i++) {
		if (!chart_worth(&chart, (enum chart_series)i))
			continue;
		fprintf(out, "%-9s ", names[i]);
		chart_spark(out, &chart, (enum chart_series)i);
		fputs("\n", out);
	}
}

void report_text(FILE *out, const struct report *r, bool utf8)
{
	fputs("verdict   ", out);
	escape_text(out, json_is_string(r->verdict) ? json_string_value(r->verdict) : "?", utf8);
	if (r->ending) {
		fputs(" (", out);
		escape_text(out, json_string_value(r->ending), utf8);
		fputs(")", out);
	}
	fputs("\n", out);
	put_line(out, "cause", r->cause, utf8);
	put_line(out, "command", r->command, utf8);
	if (utf8)
		put_sparks(out, r);
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		put_table(out, &r->tables[i], utf8);
}
