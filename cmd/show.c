/* show.c - the verb `report`: one record, for people.
 *
 * The record was written by us but may have been edited or cut: every member is optional here. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/json.h"
#include "cmd/record_read.h"
#include "cmd/report.h"
#include "cmd/verbs.h"
#include "profiles/units.h"

static const char *word(const json_t *object, const char *name)
{
	const char *s = record_word(object, name);

	return s ? s : "?";
}

static uint64_t number(const json_t *object, const char *name)
{
	uint64_t value = record_number(object, name);

	return value == RECORD_UNKNOWN ? 0 : value;
}

/* Printable ASCII only: argv and labels of a record are hostile bytes on a terminal. */
static void print_safe(FILE *out, const char *s)
{
	for (; *s; s++)
		fputc((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f ? '?' : *s, out);
}

static void print_words(FILE *out, const json_t *list)
{
	size_t index;
	json_t *item;

	json_array_foreach(list, index, item) {
		const char *s = json_string_value(item);

		fputs(index ? " " : "", out);
		print_safe(out, s ? s : "?");
	}
	fputs("\n", out);
}

static void print_verdict(FILE *out, const json_t *record)
{
	const json_t *code = json_object_get(record, "exit_code");
	const json_t *sig = json_object_get(record, "signal");
	const char *status = word(record, "status");
	enum record_state state = record_state(record);

	if (state != RECORD_ENDED) {
		fprintf(out, "verdict   %s\n",
			state == RECORD_RUNNING
				? "running"
				: "killed: launcher-lost (inferred): the launcher vanished while the run went on");
		return;
	}
	fputs("verdict   ", out);
	print_safe(out, status);
	fputs(": ", out);
	print_safe(out, word(record, "reason"));
	fputs(" (", out);
	print_safe(out, word(record, "certainty"));
	fputs(")", out);
	if (json_is_integer(code))
		fprintf(out, ", exit code %d", (int)json_integer_value(code));
	if (json_is_integer(sig)) {
		int signum = (int)json_integer_value(sig);
		const char *name = sigabbrev_np(signum);

		fprintf(out, ", signal %d%s%s", signum, name ? " SIG" : "", name ? name : "");
	}
	fputs("\n", out);
}

static void print_usage(FILE *out, const json_t *usage)
{
	char buf[200] = "";
	struct text t = TEXT_ON(buf);

	if (!json_is_object(usage))
		return;
	text_str(&t, "wall ");
	units_format_duration(&t, number(usage, "wall_ns") / 1000000 * 1000000);
	text_str(&t, ", cpu ");
	units_format_duration(&t, (number(usage, "cpu_user_ns") + number(usage, "cpu_system_ns")) /
					  1000000 * 1000000);
	if (number(usage, "memory_peak_bytes")) {
		text_str(&t, ", memory peak ");
		units_say_size(&t, number(usage, "memory_peak_bytes"));
	}
	if (number(usage, "pids_peak"))
		text_fmt(&t, ", processes peak %llu",
			 (unsigned long long)number(usage, "pids_peak"));
	fprintf(out, "used      %s\n", buf);
}

static void print_violations(FILE *out, json_t *list)
{
	size_t index;
	json_t *item;

	json_array_foreach(list, index, item) {
		fputs("forbidden ", out);
		print_safe(out, word(item, "syscall"));
		fprintf(out, " x %llu\n", (unsigned long long)number(item, "count"));
	}
}

static void print_walls(FILE *out, json_t *walls)
{
	const char *name;
	json_t *wall;

	json_object_foreach(walls, name, wall) {
		if (strcmp(word(wall, "state"), "applied") == 0)
			continue;
		fputs("without   ", out);
		print_safe(out, name);
		fputs(": ", out);
		print_safe(out, word(wall, "detail"));
		fputs("\n", out);
	}
}

static void record_page(FILE *out, const void *arg)
{
	const json_t *record = *(json_t *const *)arg;
	const char *message = json_string_value(
		json_object_get(json_object_get(record, "error"), "message"));

	fputs("command   ", out);
	print_words(out, json_object_get(record, "argv"));
	fputs("started   ", out);
	print_safe(out, word(record, "started"));
	fputs("\n", out);
	print_verdict(out, record);
	if (message) {
		fputs("error     ", out);
		print_safe(out, message);
		fputs("\n", out);
	}
	print_usage(out, json_object_get(record, "usage"));
	print_violations(out, json_object_get(record, "violations"));
	print_walls(out, json_object_get(record, "walls"));
}

int show_verb(struct options *o)
{
	json_t *record;
	struct err e;
	int status;

	if (o->rest_count != 1) {
		err_usage(&e, "'report' wants one record; a command called report is run by "
			      "'enclave-run -- report'");
		return report_error(&e);
	}
	if (o->format && strcmp(o->format, "text") != 0) {
		err_usage(&e, "--format: only text is available in this version");
		return report_error(&e);
	}
	record = record_load(o->rest[0], &e);
	if (!record)
		return report_error(&e);
	status = report_page(record_page, &record);
	json_decref(record);
	return status;
}
