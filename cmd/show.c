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
#include "cmd/record.h"
#include "cmd/report.h"
#include "cmd/verbs.h"
#include "profiles/units.h"

#define RECORD_MAX (8u << 20)

static const char *word(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "?";
}

static uint64_t number(const json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));

	return value > 0 ? (uint64_t)value : 0;
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

/* proc(5): field 22 of stat, counted from the last ')'. */
static bool process_lives(uint64_t pid, uint64_t start_ticks)
{
	char path[64], stat[1024];
	struct text t = TEXT_ON(path);
	const char *p;
	uint64_t ticks;

	text_fmt(&t, "/proc/%llu/stat", (unsigned long long)pid);
	if (fd_read_file(AT_FDCWD, path, stat, sizeof(stat)) <= 0)
		return false;
	p = strrchr(stat, ')');
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p && text_parse_u64(p, strcspn(p, " \n"), &ticks) && ticks == start_ticks;
}

static void print_verdict(FILE *out, const json_t *record)
{
	const json_t *launcher = json_object_get(record, "launcher");
	const json_t *code = json_object_get(record, "exit_code");
	const json_t *sig = json_object_get(record, "signal");
	const char *status = word(record, "status");

	if (strcmp(status, run_status_word(RUN_RUNNING)) == 0) {
		bool lives = process_lives(number(launcher, "pid"), number(launcher, "start_ticks"));

		fprintf(out, "verdict   %s\n",
			lives ? "running"
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

static json_t *read_record(const char *path, struct err *e)
{
	autofree char *text = malloc(RECORD_MAX);
	json_error_t why;
	json_t *record;
	ssize_t len;

	if (!text) {
		err_nomem(e);
		return NULL;
	}
	len = fd_read_file(AT_FDCWD, path, text, RECORD_MAX);
	if (len < 0) {
		err_set(e, ERR_USAGE, errno, ERR_AT, "read '%s'", path);
		return NULL;
	}
	record = json_loadb(text, (size_t)len, 0, &why);
	if (!record)
		err_usage(e, "%s:%d: not valid JSON: %s", path, why.line, why.text);
	else if (strcmp(word(record, "schema"), RECORD_SCHEMA) == 0)
		return record;
	else
		err_usage(e, "'%s' is no record: wants \"schema\": \"" RECORD_SCHEMA "\"", path);
	json_decref(record);
	return NULL;
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
	record = read_record(o->rest[0], &e);
	if (!record)
		return report_error(&e);
	status = report_page(record_page, &record);
	json_decref(record);
	return status;
}
