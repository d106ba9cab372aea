/* audit.c - the verbs `audit verify` and `audit show`.
 *
 * The file may have been written by anybody: nothing of it reaches a terminal but printable ASCII. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/chain.h"
#include "audit/verify.h"
#include "base/fd.h"
#include "cmd/record_read.h"
#include "cmd/report.h"
#include "cmd/verbs.h"

#define STATUS_BROKEN 1

/* A log to be read up to the line that was its last when it was opened. */
struct audit_file {
	int fd;
	const char *path;
	uint64_t left; /* bytes to be read */
};

/* head-from: a head with the number of its line, to sort by. */
struct placed_head {
	struct hash hash;
	uint64_t line;
};

static int open_file(const struct options *o, struct audit_file *out, struct err *e)
{
	*out = (struct audit_file){ .fd = -1 };
	if (o->rest_count != 1)
		return err_usage(e, "'%s' wants one FILE", o->verb->name);
	out->path = o->rest[0];
	out->fd = audit_open_to_read(out->path, &out->left, e);
	return out->fd < 0 ? -1 : 0;
}

/* Bytes read into buf, 0 at the end, -1 with *e. */
static ssize_t read_piece(struct audit_file *file, char *buf, size_t cap, struct err *e)
{
	size_t want = file->left < cap ? (size_t)file->left : cap;
	ssize_t n;

	do
		n = read(file->fd, buf, want);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "read '%s'", file->path);
	file->left -= (size_t)n;
	return n;
}

/* ------------------------------------------------------------------------------------------ heads */

static int add_named_heads(const struct options *o, struct hash *out, struct err *e)
{
	for (size_t i = 0; i < o->heads.count; i++) {
		const char *hex = o->heads.items[i];

		if (strlen(hex) != HASH_HEX_LEN || !hash_parse(hex, HASH_HEX_LEN, &out[i]))
			return err_usage(e,
					 "--head '%.*s' is no SHA-256: wants 64 digits of 0-9a-f, "
					 "the record's audit.head_sha256",
					 80, hex);
	}
	return 0;
}

/* A record without a log, or one that could not write a line, vouches for nothing: refused, because
 * whoever names it thinks that it does. */
static int head_of_record(const char *path, struct placed_head *out, struct err *e)
{
	json_t *record = record_load(path, e), *audit = json_object_get(record, "audit");
	const char *hex = json_string_value(json_object_get(audit, "head_sha256"));
	json_int_t line = json_integer_value(json_object_get(audit, "head_line"));
	int rc = 0;

	if (!record)
		return -1;
	if (!hex || line <= 0 || strlen(hex) != HASH_HEX_LEN ||
	    !hash_parse(hex, HASH_HEX_LEN, &out->hash))
		rc = err_usage(e, "--head-from '%s': this record has no audit.head_sha256", path);
	out->line = (uint64_t)line;
	json_decref(record);
	return rc;
}

static int by_line(const void *a, const void *b)
{
	const struct placed_head *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

/* Heads of records know their lines, so they may be given in any order. */
static int add_record_heads(const struct options *o, struct hash *out, struct err *e)
{
	size_t count = o->head_records.count;
	autofree struct placed_head *placed = calloc(count + 1, sizeof(*placed));

	if (!placed)
		return err_nomem(e);
	for (size_t i = 0; i < count; i++)
		if (head_of_record(o->head_records.items[i], &placed[i], e) != 0)
			return -1;
	qsort(placed, count, sizeof(*placed), by_line);
	for (size_t i = 0; i < count; i++)
		out[i] = placed[i].hash;
	return 0;
}

static struct hash *collect_heads(const struct options *o, size_t *out_count, struct err *e)
{
	size_t named = o->heads.count, placed = o->head_records.count;
	struct hash *heads = calloc(named + placed + 1, sizeof(*heads));

	*out_count = named + placed;
	if (!heads)
		err_nomem(e);
	else if (named > 0 && placed > 0)
		err_usage(e, "--head and --head-from exclude each other: which comes first?");
	else if (add_named_heads(o, heads, e) == 0 && add_record_heads(o, heads, e) == 0)
		return heads;
	free(heads);
	return NULL;
}

/* ----------------------------------------------------------------------------------------- verify */

static int verify_file(struct audit_file *file, struct audit_verifier *v, struct err *e)
{
	char buf[64 * 1024];
	ssize_t n;

	while ((n = read_piece(file, buf, sizeof(buf), e)) > 0)
		audit_verify_bytes(v, buf, (size_t)n);
	audit_verify_end(v);
	return (int)n;
}

struct finding {
	const struct audit_verifier *v;
	const char *path;
};

static void print_path(FILE *out, const char *path)
{
	for (; *path; path++)
		fputc((unsigned char)*path < 0x20 || (unsigned char)*path >= 0x7f ? '?' : *path,
		      out);
}

static void verify_page(FILE *out, const void *arg)
{
	const struct finding *finding = arg;
	const struct audit_verifier *v = finding->v;

	print_path(out, finding->path);
	if (v->broken) {
		fprintf(out, ": broken: line %llu: %s\n", (unsigned long long)v->line, v->why);
		return;
	}
	fprintf(out, ": ok: %llu lines", (unsigned long long)v->lines);
	if (v->lines > 0)
		fprintf(out, ", head %s", v->head.hex);
	if (v->head_count > 0)
		fprintf(out, ", %zu of %zu heads occur", v->heads_found, v->head_count);
	else
		fputs("; without --head a cut end, a changed last line or a log made anew can't be seen",
		      out);
	fputc('\n', out);
}

static void verify_json_page(FILE *out, const void *arg)
{
	const struct audit_verifier *v = ((const struct finding *)arg)->v;
	json_t *object = json_pack("{s:b, s:I, s:s, s:I, s:I}", "ok", !v->broken, "lines",
				   (json_int_t)v->lines, "head_sha256", v->head.hex, "heads_given",
				   (json_int_t)v->head_count, "heads_found",
				   (json_int_t)v->heads_found);

	json_object_set_new(object, "broken_line",
			    v->broken ? json_integer((json_int_t)v->line) : json_null());
	json_object_set_new(object, "why", v->broken ? json_string(v->why) : json_null());
	json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(object);
}

int audit_verify_verb(struct options *o)
{
	struct audit_verifier v = { 0 };
	struct finding finding = { .v = &v };
	struct audit_file file;
	autofree struct hash *heads = NULL;
	struct err e;
	size_t count;
	int status;

	if (open_file(o, &file, &e) != 0)
		return report_error(&e);
	finding.path = file.path;
	heads = collect_heads(o, &count, &e);
	if (heads)
		audit_verify_begin(&v, heads, count);
	if (!heads || verify_file(&file, &v, &e) != 0)
		status = report_error(&e);
	else
		status = report_page(o->json ? verify_json_page : verify_page, &finding);
	fd_close(&file.fd);
	return status == 0 && v.broken ? STATUS_BROKEN : status;
}

/* ------------------------------------------------------------------------------------------- show */

/* Text of one line that is printable as it is stays bare; all else as JSON, which is ASCII here. */
static void print_value(FILE *out, const json_t *value)
{
	const char *s = json_string_value(value);
	bool bare = s && *s;
	char *text;

	for (const char *p = s; bare && *p; p++)
		bare = *p > 0x20 && *p < 0x7f && !strchr("\"'\\=", *p);
	if (bare) {
		fputs(s, out);
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	for (const char *p = text ? text : "?"; *p; p++)
		fputc(*p == 0x7f ? '?' : *p, out);
	free(text);
}

static const char *text_of(const json_t *line, const char *name)
{
	const char *s = json_string_value(json_object_get(line, name));

	return s ? s : "-";
}

static void print_words(FILE *out, const json_t *words)
{
	size_t index;
	json_t *word;

	json_array_foreach(words, index, word) {
		fputs(index ? " " : "", out);
		print_value(out, word);
	}
}

static void show_event(FILE *out, json_t *line)
{
	static const char *const heads[] = { "seq", "prev", "time", "session", "event" };
	const char *name;
	json_t *value;

	print_path(out, text_of(line, "time"));
	fputs("  ", out);
	print_path(out, text_of(line, "session"));
	fputs("  ", out);
	print_path(out, text_of(line, "event"));
	json_object_foreach(line, name, value) {
		bool shown = json_is_null(value) ||
			     (json_is_array(value) && json_array_size(value) == 0);

		for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
			shown = shown || strcmp(name, heads[i]) == 0;
		if (shown)
			continue;
		fputs("  ", out);
		print_path(out, name);
		fputc('=', out);
		fputs(json_is_array(value) ? "[" : "", out);
		if (json_is_array(value))
			print_words(out, value);
		else
			print_value(out, value);
		fputs(json_is_array(value) ? "]" : "", out);
	}
	fputc('\n', out);
}

struct show {
	struct audit_file *file;
	uint64_t number;
	bool damaged;
	struct err e; /* kind set: reading failed */
	size_t used;
	char buf[AUDIT_LINE_MAX];
};

static void show_line(FILE *out, struct show *show)
{
	struct audit_line head;
	json_t *line = NULL;

	show->number++;
	if (audit_line_parse(show->buf, show->used, &head))
		line = json_loadb(show->buf, show->used, 0, NULL);
	if (line)
		show_event(out, line);
	else
		fprintf(out, "line %llu is no line of an audit log\n",
			(unsigned long long)show->number);
	show->damaged = show->damaged || !line;
	show->used = 0;
	json_decref(line);
}

/* A line that is too long is cut, and so is no line of ours. */
static void show_bytes(FILE *out, struct show *show, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (show->used < sizeof(show->buf))
			show->buf[show->used++] = bytes[i];
		if (bytes[i] == '\n')
			show_line(out, show);
	}
}

static void show_page(FILE *out, const void *arg)
{
	struct show *show = *(struct show *const *)arg;
	char buf[64 * 1024];
	ssize_t n;

	show->e.kind = ERR_NONE;
	while ((n = read_piece(show->file, buf, sizeof(buf), &show->e)) > 0)
		show_bytes(out, show, buf, (size_t)n);
	if (show->used > 0)
		show_line(out, show);
}

int audit_show_verb(struct options *o)
{
	struct audit_file file;
	struct show show = { .file = &file }, *arg = &show;
	struct err e;
	int status;

	if (open_file(o, &file, &e) != 0)
		return report_error(&e);
	status = report_page(show_page, &arg);
	fd_close(&file.fd);
	if (show.e.kind != ERR_NONE)
		return report_error(&show.e);
	return status == 0 && show.damaged ? STATUS_BROKEN : status;
}
