/* line.h - one line of an audit log: its fixed beginning, written and read back.
 *
 *	{"seq":N,"prev":"SHA-256 of the line before","time":"...","session":"...","event":"...",...}
 *
 * N counts from 1 without a gap: it is the number of the line in its file.  The hash covers the line
 * before with its newline (`tail -n 1 FILE | sha256sum`); line 1 follows 64 zeros.  Only printable
 * ASCII occurs in a line. */
#ifndef AUDIT_LINE_H
#define AUDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/event.h"
#include "audit/hash.h"

struct audit_line {
	uint64_t seq;
	struct hash prev;
};

/* audit_line_write() - @session: "" for a run refused before it had a name.  t->cut afterwards: it does
 * not fit. */
void audit_line_write(struct text *t, const struct audit_line *line, uint64_t realtime_ns,
		      const char *session, const struct audit_event *ev);

/* audit_line_parse() - len bytes, newline included; false when they are no line of ours. */
bool audit_line_parse(const char *bytes, size_t len, struct audit_line *out);

#endif
