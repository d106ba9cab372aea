/* summary.c - the verb `summary`: read, count, print; exit status 1 if any run is not ok. */
#include "cmd/summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cmd/json.h"
#include "cmd/record_read.h"
#include "cmd/report.h"
#include "cmd/verbs.h"

#define NAMED_MAX 20 /* runs that are not ok, in the text; JSON has them all */

static const char *row_name(unsigned row)
{
	static const char *const more[] = { "running", "other", "unreadable" };

	return row < REASON_COUNT ? reason_word((enum reason)row) : more[row - REASON_COUNT];
}

/* --- one record --------------------------------------------------------------------------------- */

static unsigned find_row(const json_t *record)
{
	enum record_state state = record_state(record);
	const char *word = record_word(record, "reason");

	if (state != RECORD_ENDED)
		return state == RECORD_LOST ? REASON_LAUNCHER_LOST : SUMMARY_RUNNING;
	for (unsigned i = 0; word && i < REASON_COUNT; i++)
		if (strcmp(word, reason_word((enum reason)i)) == 0)
			return i;
	return SUMMARY_OTHER;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == RECORD_UNKNOWN || b == RECORD_UNKNOWN ? RECORD_UNKNOWN : a + b;
}

void summary_take(const json_t *record, struct summary_run *out)
{
	const json_t *usage = json_object_get(record, "usage");
	uint64_t code = record_number(record, "exit_code");

	out->row = find_row(record);
	out->exit_code = code <= 255 ? (int)code : -1;
	out->ok = out->row == REASON_EXIT && code == 0;
	out->used[SUMMARY_WALL] = record_number(usage, "wall_ns");
	out->used[SUMMARY_CPU] = sum(record_number(usage, "cpu_user_ns"),
				     record_number(usage, "cpu_system_ns"));
	out->used[SUMMARY_MEMORY] = record_number(usage, "memory_peak_bytes");
}

/* --- counting ----------------------------------------------------------------------------------- */

struct figure {
	uint64_t median, max; /* RECORD_UNKNOWN where no run knows */
};

struct counted {
	size_t count, ok;
	struct figure used[SUMMARY_FIGURES];
};

static int by_size(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* The median is a value that occurs: of an even number the lower one of the middle. */
static struct figure figure_of(uint64_t *values, size_t count)
{
	if (count == 0)
		return (struct figure){ RECORD_UNKNOWN, RECORD_UNKNOWN };
	qsort(values, count, sizeof(*values), by_size);
	return (struct figure){ values[(count - 1) / 2], values[count - 1] };
}

#define ALL_ROWS SUMMARY_ROWS

static struct counted count_row(const struct summary *s, unsigned row)
{
	struct counted c = { 0 };

	for (unsigned figure = 0; figure < SUMMARY_FIGURES; figure++) {
		size_t known = 0;

		c.count = c.ok = 0;
		for (size_t i = 0; i < s->count; i++) {
			const struct summary_run *run = &s->runs[i];

			if (row != ALL_ROWS && run->row != row)
				continue;
			c.count++;
			c.ok += run->ok;
			if (run->used[figure] != RECORD_UNKNOWN)
				s->values[known++] = run->used[figure];
		}
		c.used[figure] = figure_of(s->values, known);
	}
	return c;
}

/* --- text --------------------------------------------------------------------------------------- */

/* File names and messages are hostile bytes on a terminal. */
static void put_safe(FILE *out, const char *s)
{
	for (; *s; s++)
		fputc((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f ? '?' : *s, out);
}

static void put_number(FILE *out, unsigned figure, uint64_t value)
{
	if (value == RECORD_UNKNOWN)
		fprintf(out, " %10s", "-");
	else if (figure == SUMMARY_MEMORY)
		fprintf(out, " %10.1f", (double)value / (1 << 20));
	else
		fprintf(out, " %10.3f", (double)value / (double)NS_PER_S);
}

static void put_row(FILE *out, const char *name, const struct counted *c, size_t all)
{
	fprintf(out, "%-14s %7zu %6.1f%% %7zu", name, c->count,
		all ? 100.0 * (double)c->count / (double)all : 0.0, c->ok);
	for (unsigned i = 0; i < SUMMARY_FIGURES; i++) {
		put_number(out, i, c->used[i].median);
		put_number(out, i, c->used[i].max);
	}
	fputc('\n', out);
}

static void put_head(FILE *out)
{
	static const char *const titles[] = {
#define SUMMARY_TITLE(id, title, name) title,
		SUMMARY_FIGURE_TABLE(SUMMARY_TITLE)
#undef SUMMARY_TITLE
	};

	fprintf(out, "%-14s %7s %7s %7s", "", "", "", "");
	for (unsigned i = 0; i < SUMMARY_FIGURES; i++)
		fprintf(out, " %10s %10s", titles[i], "");
	fprintf(out, "\n%-14s %7s %7s %7s", "reason", "runs", "share", "ok");
	for (unsigned i = 0; i < SUMMARY_FIGURES; i++)
		fprintf(out, " %10s %10s", "median", "max");
	fputc('\n', out);
}

static void put_names(FILE *out, const struct summary *s)
{
	size_t named = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct summary_run *run = &s->runs[i];

		if (run->ok || (!run->problem && named++ >= NAMED_MAX))
			continue;
		fputs("not ok  ", out);
		if (run->problem) { /* which names the file */
			put_safe(out, run->problem);
		} else {
			put_safe(out, run->file);
			fprintf(out, ": %s", row_name(run->row));
		}
		if (run->row == REASON_EXIT && run->exit_code >= 0)
			fprintf(out, " %d", run->exit_code);
		fputc('\n', out);
	}
	if (named > NAMED_MAX)
		fprintf(out, "not ok  %zu more; --json names all\n", named - NAMED_MAX);
}

void summary_text(FILE *out, const void *summary)
{
	const struct summary *s = summary;

	put_head(out);
	for (unsigned row = 0; row <= ALL_ROWS; row++) {
		struct counted c = count_row(s, row);

		if (c.count > 0)
			put_row(out, row == ALL_ROWS ? "all" : row_name(row), &c, s->count);
	}
	put_names(out, s);
}

/* --- JSON --------------------------------------------------------------------------------------- */

static json_t *counted_json(const struct counted *c, size_t all)
{
	static const char *const names[] = {
#define SUMMARY_NAME(id, title, name) name,
		SUMMARY_FIGURE_TABLE(SUMMARY_NAME)
#undef SUMMARY_NAME
	};
	json_t *object = json_object();

	json_object_set_new(object, "runs", json_u64(c->count));
	json_object_set_new(object, "ok", json_u64(c->ok));
	json_object_set_new(object, "share", json_real((double)c->count / (double)all));
	for (unsigned i = 0; i < SUMMARY_FIGURES; i++) {
		json_t *figure = json_object();

		json_object_set_new(figure, "median", json_u64(c->used[i].median));
		json_object_set_new(figure, "max", json_u64(c->used[i].max));
		json_object_set_new(object, names[i], figure);
	}
	return object;
}

static json_t *not_ok_json(const struct summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->count; i++) {
		const struct summary_run *run = &s->runs[i];
		json_t *object;

		if (run->ok)
			continue;
		object = json_object();
		json_object_set_new(object, "file", json_bytes(run->file));
		json_object_set_new(object, "reason", json_string(row_name(run->row)));
		if (run->exit_code >= 0)
			json_object_set_new(object, "exit_code", json_integer(run->exit_code));
		if (run->problem)
			json_object_set_new(object, "message", json_bytes(run->problem));
		json_array_append_new(list, object);
	}
	return list;
}

void summary_json(FILE *out, const void *summary)
{
	const struct summary *s = summary;
	json_t *object = json_object(), *reasons = json_object();

	json_object_set_new(object, "schema", json_string("enclave-run/summary/1"));
	for (unsigned row = 0; row <= ALL_ROWS; row++) {
		struct counted c = count_row(s, row);

		if (row == ALL_ROWS)
			json_object_set_new(object, "all", counted_json(&c, s->count));
		else if (c.count > 0)
			json_object_set_new(reasons, row_name(row), counted_json(&c, s->count));
	}
	json_object_set_new(object, "reasons", reasons);
	json_object_set_new(object, "not_ok", not_ok_json(s));
	json_dumpf(object, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(object);
}

/* --- the verb ----------------------------------------------------------------------------------- */

static void read_run(const char *file, struct summary_run *out)
{
	struct err e = { 0 };
	json_t *record = record_load(file, &e);

	*out = (struct summary_run){ .file = file, .row = SUMMARY_UNREADABLE, .exit_code = -1 };
	for (unsigned i = 0; i < SUMMARY_FIGURES; i++)
		out->used[i] = RECORD_UNKNOWN;
	if (record)
		summary_take(record, out);
	else
		out->problem = strdup(e.msg);
	json_decref(record);
}

static int print_all(const struct options *o, struct summary_run *runs, struct summary *s)
{
	bool all_ok = true;
	int status;

	for (size_t i = 0; i < s->count; i++) {
		read_run(o->rest[i], &runs[i]);
		all_ok = all_ok && runs[i].ok;
	}
	status = report_page(o->json ? summary_json : summary_text, s);
	for (size_t i = 0; i < s->count; i++)
		free(runs[i].problem);
	return status ? status : !all_ok;
}

int summary_verb(struct options *o)
{
	autofree struct summary_run *runs = calloc(o->rest_count + 1, sizeof(*runs));
	autofree uint64_t *values = calloc(o->rest_count + 1, sizeof(*values));
	struct summary s = { runs, o->rest_count, values };
	struct err e;

	if (runs && values && s.count > 0)
		return print_all(o, runs, &s);
	if (s.count > 0)
		err_nomem(&e);
	else
		err_usage(&e, "'summary' wants records; a command called summary is run by "
			      "'enclave-run -- summary'");
	return report_error(&e);
}
