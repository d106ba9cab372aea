/* suggest.h - from what a run did, or wanted to do, on the network to the rules it needs.
 *
 *	suggest_read()	a record or an audit log to flows and the rules that were in force
 *	suggest_make()	flows and present rules to the smallest list that lets all of them through
 *
 * Files are hostile: every member may be absent, every string anything.  All memory is in one arena. */
#ifndef CMD_SUGGEST_H
#define CMD_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netns/egress.h"

struct suggest_flow {
	const char *protocol; /* word of the record: "tcp", "udp", "dns"...; never NULL */
	const char *host;     /* canonical name, NULL = none */
	struct addr addr;     /* ADDR_NONE = none */
	uint16_t port;	      /* 0 = not known */
	uint64_t count;
	const char *cause; /* NULL = let through */
};

/* One line of the outcome.  X(identifier, sign in the output) */
#define SUGGEST_LINE_TABLE(X)                                   \
	X(KEPT, ' ')   /* a present rule that something used */ \
	X(ADDED, '+')  /* a rule that was missing */            \
	X(UNUSED, '-') /* a present rule that nothing used */   \
	X(NOTE, '!')   /* what no rule is suggested for, or a warning */

enum suggest_kind {
#define SUGGEST_ENUM(id, sign) SUGGEST_##id,
	SUGGEST_LINE_TABLE(SUGGEST_ENUM)
#undef SUGGEST_ENUM
		SUGGEST_KIND_COUNT
};

char suggest_sign(enum suggest_kind kind);

struct suggest_line {
	enum suggest_kind kind;
	const char *text; /* a rule as --allow takes it; NOTE: what it is about */
	const char *why;  /* never NULL */
};

struct suggest {
	void *arena;
	struct suggest_flow *flows;
	size_t flow_count;
	const char **present; /* rules in force, as text */
	size_t present_count;
	bool knows_allowed; /* what was let through is listed too, so unused rules can be told */
	uint64_t unlisted;  /* denials that were counted without being named */
	bool no_network;    /* the run had none */

	struct suggest_line *lines; /* by kind, then sorted; present rules in their order */
	size_t line_count;
};

/* suggest_read() - *out zeroed by the caller, who calls suggest_release() whatever comes back. */
int suggest_read(const char *path, struct suggest *out, struct err *e);
int suggest_read_bytes(struct suggest *out, const char *bytes, size_t len, struct err *e);

/* suggest_present() - one more rule that is in force. */
int suggest_present(struct suggest *s, const char *text, struct err *e);

/* suggest_add_flow() - for the reader and the tests; the strings are borrowed. */
int suggest_add_flow(struct suggest *s, const struct suggest_flow *flow, struct err *e);

int suggest_make(struct suggest *s, struct err *e);
void suggest_release(struct suggest *s);

#endif
