/* report_verdict.c - the head of a page: how it ended, why, and what was run. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/escape.h"
#include "cmd/record_read.h"
#include "cmd/report_parts.h"
#include "sandbox/reason.h"

#define COMMAND_BYTES_MAX 16384

static bool is(const char *word, const char *want)
{
	return word && strcmp(word, want) == 0;
}

static void say_signal(struct text *t, const json_t *record)
{
	uint64_t number = record_number(record, "signal");
	const char *name = number < 128 ? sigabbrev_np((int)number) : NULL;

	if (name)
		text_fmt(t, "SIG%s", name);
	else
		text_fmt(t, "signal %llu", (unsigned long long)number);
}

static json_t *verdict(const json_t *record, enum record_state state)
{
	const char *status = record_word(record, "status"), *reason = record_word(record, "reason");
	uint64_t code = record_number(record, "exit_code");
	char buf[256];
	struct text t = TEXT_ON(buf);

	if (state == RECORD_RUNNING)
		return json_string(run_status_word(RUN_RUNNING));
	if (state == RECORD_LOST) {
		text_fmt(&t, "%s: %s", run_status_word(RUN_KILLED),
			 reason_word(REASON_LAUNCHER_LOST));
	} else if (is(reason, reason_word(REASON_EXIT)) && code != RECORD_UNKNOWN) {
		text_fmt(&t, "exited with %llu", (unsigned long long)code);
	} else if (is(reason, reason_word(REASON_SIGNAL)) &&
		   record_number(record, "signal") != RECORD_UNKNOWN) {
		text_str(&t, "ended by ");
		say_signal(&t, record);
	} else {
		text_fmt(&t, "%.*s: %.*s", 100, status ? status : "no status", 100,
			 reason ? reason : "no reason");
	}
	return report_string(buf);
}

static json_t *ending(const json_t *record, enum record_state state)
{
	const char *certainty = record_word(record, "certainty");
	uint64_t wall_ns = record_number(json_object_get(record, "usage"), "wall_ns");
	char buf[256];
	struct text t = TEXT_ON(buf);

	if (state == RECORD_RUNNING)
		return json_string("not ended yet");
	text_fmt(&t, "verdict %.*s", 100,
		 state == RECORD_LOST ? "inferred"
		 : certainty	      ? certainty
				      : "of unknown certainty");
	if (wall_ns != RECORD_UNKNOWN) {
		text_str(&t, ", after ");
		report_amount(&t, AMOUNT_NS, wall_ns);
	}
	if (record_number(record, "signal") != RECORD_UNKNOWN) {
		text_str(&t, ", ");
		say_signal(&t, record);
	}
	if (json_is_true(json_object_get(record, "core_dumped")))
		text_str(&t, ", core dumped");
	return report_string(buf);
}

static json_t *cause(const json_t *record, enum record_state state)
{
	const char *said = record_word(record, "cause"), *reason = record_word(record, "reason");

	if (state == RECORD_LOST)
		return json_string(reason_meaning(REASON_LAUNCHER_LOST));
	if (!said)
		said = record_word(json_object_get(record, "error"), "message");
	for (unsigned i = 0; !said && i < REASON_COUNT; i++)
		if (i != REASON_EXIT && i != REASON_SIGNAL &&
		    is(reason, reason_word((enum reason)i)))
			said = reason_meaning((enum reason)i);
	return said ? report_string(said) : NULL;
}

/* --- the command, as a shell would take it -------------------------------------------------------- */

static void put_code(FILE *out, uint32_t code, const char *from, const char *to)
{
	if (code == '\n' || code == '\t' || code == '\r')
		fputs(code == '\n' ? "\\n" : code == '\t' ? "\\t" : "\\r", out);
	else if (code == '\'' || code == '\\')
		fprintf(out, "\\%c", (int)code);
	else if (!escape_hidden(code))
		fwrite(from, 1, (size_t)(to - from), out);
	else if (code >= ESCAPE_BYTE)
		fprintf(out, "\\x%02x", (unsigned)(code - ESCAPE_BYTE));
	else
		fprintf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)code);
}

/* Plain, or in quotes, or with $'' if there is something that must be written out (bash(1), QUOTING). */
static void put_word(FILE *out, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "_-./:=,@%+^";
	bool hidden = false, quote = strchr(word, '\'') != NULL;
	const char *s = word, *from = word;
	uint32_t code;

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, out);
		return;
	}
	while ((code = escape_next(&s)) != 0)
		hidden = hidden || escape_hidden(code);
	if (!hidden && !quote) {
		fprintf(out, "'%s'", word);
		return;
	}
	fputs("$'", out);
	for (s = word; (code = escape_next(&s)) != 0; from = s)
		put_code(out, code, from, s);
	fputc('\'', out);
}

static json_t *command(const json_t *argv)
{
	autofree char *text = NULL;
	size_t size = 0, index;
	FILE *out = open_memstream(&text, &size);
	json_t *item;

	if (!out)
		return NULL;
	json_array_foreach((json_t *)(uintptr_t)argv, index, item) {
		if (ftell(out) > COMMAND_BYTES_MAX) {
			fprintf(out, " ... [%zu more words]", json_array_size(argv) - index);
			break;
		}
		fputs(index ? " " : "", out);
		put_word(out, json_is_string(item) ? json_string_value(item) : "?");
	}
	if (fclose(out) != 0 || size == 0)
		return NULL;
	return report_string_upto(text, COMMAND_BYTES_MAX);
}

void report_head(struct report *r)
{
	const json_t *record = r->record;
	enum record_state state = record_state(record);
	bool fine = is(record_word(record, "reason"), reason_word(REASON_EXIT)) &&
		    record_number(record, "exit_code") == 0;

	r->tone = state == RECORD_RUNNING ? TONE_WAIT : fine ? TONE_GOOD : TONE_BAD;
	r->verdict = verdict(record, state);
	r->ending = ending(record, state);
	r->cause = cause(record, state);
	r->command = command(json_object_get(record, "argv"));
}
