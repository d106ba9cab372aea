/* event.h - what an audit log can say: the table of kinds, and building one event.
 *
 * An event is a kind and its members as JSON text, bounded: building never fails and never allocates;
 * what does not fit sets body.cut, and the writer refuses such an event instead of dropping a part.
 * Strings may hold hostile bytes (base/utf8.h).  Runs in: supervisor. */
#ifndef AUDIT_EVENT_H
#define AUDIT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* X(identifier, wire word, members and meaning, for the manual page) */
#define AUDIT_KIND_TABLE(X)                                                                       \
	X(START, "start",                                                                         \
	  "written before the command is released: argv, labels, plan_sha256 (of what explain "   \
	  "--json prints), user, host_uid, cgroup, network, seccomp, limits")                     \
	X(WALLS, "walls", "what was read back before the release: applied (names), absent (why)") \
	X(REFUSED, "refused", "nothing was executed: argv, labels, stage, message")               \
	X(SECRETS, "secrets", "names of the secrets that were handed in; never their contents")   \
	X(VIOLATION, "violation",                                                                 \
	  "the first call of a forbidden kind: syscall, number, pid, action")                     \
	X(VIOLATIONS, "violations", "at the end, exact: total, by call, more (of further kinds)") \
	X(KILL, "kill", "written before our own kill: reason")                                    \
	X(CANCEL, "cancel", "the launcher was told to stop: signal")                              \
	X(EGRESS_ALLOWED, "egress-allowed",                                                       \
	  "a connection was let out: protocol, host, address, port, rule")                        \
	X(EGRESS_DENIED, "egress-denied", "a connection was refused: the same, and why")          \
	X(EGRESS_TOTALS, "egress-totals",                                                         \
	  "at the end, exact: allowed, denied, would_deny, bytes_in, bytes_out")                  \
	X(DNS_DENIED, "dns-denied", "a name was refused: host, type")                             \
	X(GATEWAY_END, "gateway-end", "the network gateway ended: why")                           \
	X(TEARDOWN, "teardown", "what was removed, and what was left")                            \
	X(RESULT, "result",                                                                       \
	  "the last line of every run: status, reason, certainty, exit_code, signal, "            \
	  "exit_status, usage, error, lost (lines that could not be written)")

enum audit_kind {
#define AUDIT_KIND_ENUM(id, word, meaning) AUDIT_##id,
	AUDIT_KIND_TABLE(AUDIT_KIND_ENUM)
#undef AUDIT_KIND_ENUM
		AUDIT_KIND_COUNT
};

#define AUDIT_LINE_MAX 16384 /* bytes of a line, newline included */
#define AUDIT_BODY_MAX (AUDIT_LINE_MAX - 512)

struct audit_event {
	enum audit_kind kind;
	struct text body; /* members, without the outer braces; on buf: don't copy the struct */
	char buf[AUDIT_BODY_MAX];
};

void audit_event_init(struct audit_event *ev, enum audit_kind kind);

/* One member each; name NULL inside an array.  Text that is NULL is JSON null; of longer text than
 * `room` bytes of JSON the beginning is kept, and the answer is false. */
bool audit_put_text(struct audit_event *ev, const char *name, const char *text, size_t room);
void audit_put_word(struct audit_event *ev, const char *name, const char *word); /* our own word */
void audit_put_number(struct audit_event *ev, const char *name, uint64_t number);
void audit_put_signed(struct audit_event *ev, const char *name, int64_t number);
void audit_put_null(struct audit_event *ev, const char *name);

/* audit_put_words() - an array of strings; where it would grow beyond room bytes it ends, and a member
 * NAME_total says how many there were. */
void audit_put_words(struct audit_event *ev, const char *name, char *const *words, size_t count,
		     size_t room);

/* Nested members: '{' or '[', then the members, then '}' or ']'. */
void audit_open_member(struct audit_event *ev, const char *name, char bracket);
void audit_close_member(struct audit_event *ev, char bracket);

const char *audit_kind_word(enum audit_kind kind);
const char *audit_kind_meaning(enum audit_kind kind);

#endif
