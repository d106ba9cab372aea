/* verify.c - one line after the other.
 *
 * A link that does not fit means that either the line before it was edited, or the link itself.  The
 * next line tells: if it still has the right hash of the line with the link, that one is untouched. */
#include "audit/verify.h"

#include <jansson.h>
#include <string.h>

static void broken(struct audit_verifier *v, uint64_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The first finding counts. */
static void broken(struct audit_verifier *v, uint64_t line, const char *fmt, ...)
{
	struct text why = TEXT_ON(v->why);
	va_list ap;

	if (v->broken)
		return;
	v->broken = true;
	v->line = line;
	va_start(ap, fmt);
	text_vfmt(&why, fmt, ap);
	va_end(ap);
}

void audit_verify_begin(struct audit_verifier *v, const struct hash *heads, size_t head_count)
{
	memset(v, 0, sizeof(*v));
	v->head = hash_none();
	v->heads = heads;
	v->head_count = head_count;
}

static bool is_json(const char *line, size_t len)
{
	json_t *value = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	bool good = json_is_object(value);

	json_decref(value);
	return good;
}

static void judge_suspect(struct audit_verifier *v, bool link_was_edited)
{
	if (link_was_edited)
		broken(v, v->lines, "it was changed: its \"prev\" is not the SHA-256 of line %llu",
		       (unsigned long long)v->lines - 1);
	else
		broken(v, v->lines - 1, "it was changed: line %llu has another SHA-256 of it",
		       (unsigned long long)v->lines);
}

static void judge_order(struct audit_verifier *v, const struct audit_line *line, uint64_t number)
{
	if (line->seq > number)
		broken(v, number,
		       "number %llu stands here: lines before it are missing or were moved, or it was changed",
		       (unsigned long long)line->seq);
	else
		broken(v, number,
		       "number %llu stands here again: lines were moved or inserted, or it was changed",
		       (unsigned long long)line->seq);
}

/* True if this line's hash is a head whose turn it is. */
static bool match_heads(struct audit_verifier *v)
{
	bool found = false;

	while (v->heads_found < v->head_count && hash_equal(&v->heads[v->heads_found], &v->head)) {
		v->heads_found++;
		found = true;
	}
	for (size_t i = v->heads_found + 1; !found && !v->early && i < v->head_count; i++)
		if (hash_equal(&v->heads[i], &v->head)) {
			v->early = i + 1;
			v->early_line = v->lines;
		}
	return found;
}

static void take_line(struct audit_verifier *v)
{
	uint64_t number = v->lines + 1;
	struct audit_line line;
	bool fits;

	if (!audit_line_parse(v->buf, v->used, &line) || !is_json(v->buf, v->used)) {
		broken(v, number, "it is no line of an audit log: torn, changed, or foreign");
		return;
	}
	if (line.seq != number) {
		judge_order(v, &line, number);
		return;
	}
	fits = hash_equal(&line.prev, &v->head);
	if (v->suspect) {
		judge_suspect(v, !fits);
		return;
	}
	if (!fits && number == 1) {
		broken(v, 1,
		       "it does not begin a chain: what was before it is missing, or it was changed");
		return;
	}
	v->suspect = !fits;
	v->head = hash_of(v->buf, v->used);
	v->lines = number;
	/* A head vouches for its line, so it was the one before that was edited. */
	if (match_heads(v) && v->suspect)
		judge_suspect(v, false);
}

void audit_verify_bytes(struct audit_verifier *v, const char *bytes, size_t len)
{
	while (len > 0 && !v->broken) {
		const char *newline = memchr(bytes, '\n', len);
		size_t part = newline ? (size_t)(newline - bytes) + 1 : len;

		if (part > sizeof(v->buf) - v->used) {
			broken(v, v->lines + 1, "it is longer than any line of an audit log");
			return;
		}
		memcpy(v->buf + v->used, bytes, part);
		v->used += part;
		bytes += part;
		len -= part;
		if (newline) {
			take_line(v);
			v->used = 0;
		}
	}
}

/* Behind the last head that occurred nothing vouches for the last line. */
static void judge_heads(struct audit_verifier *v)
{
	const struct hash *missing = &v->heads[v->heads_found];

	if (v->early)
		broken(v, v->early_line, "head %llu occurs here, before its turn",
		       (unsigned long long)v->early);
	else
		broken(v, v->lines ? v->lines : 1,
		       "it was changed, or what followed it was cut off: head %llu (%.*s...) does not occur",
		       (unsigned long long)v->heads_found + 1, 12, missing->hex);
}

void audit_verify_end(struct audit_verifier *v)
{
	bool heads_missing = v->heads_found < v->head_count;

	if (v->broken)
		return;
	if (v->used > 0)
		broken(v, v->lines + 1, "it is torn: its end is missing");
	else if (v->suspect && heads_missing)
		judge_suspect(v, true);
	else if (v->suspect)
		broken(v, v->lines - 1,
		       "it was changed, or line %llu was: that has another SHA-256 of it",
		       (unsigned long long)v->lines);
	else if (heads_missing)
		judge_heads(v);
}
