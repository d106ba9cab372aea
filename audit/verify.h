/* verify.h - read an audit log from its first byte and name the first thing that is wrong with it.
 *
 * What it can find: a line that was edited, dropped, inserted or moved, a torn end.  What it can't by
 * itself: the chain has no key, so whoever may write the file can cut its end, change its last line, or
 * make all of it anew.  Heads kept elsewhere (in records) are compared with for that: what lies before
 * a head that occurs is what was written.
 *
 * The bytes are fed in pieces of any size.  Heap only inside the JSON parser.  Runs in: audit verify,
 * tests. */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/event.h"
#include "audit/hash.h"
#include "audit/line.h"

struct audit_verifier {
	/* the answer */
	bool broken;
	uint64_t line; /* broken: the first line that is not what was written, or that is missing */
	char why[256];
	uint64_t lines;	  /* that were read and are in order */
	struct hash head; /* of the last of them; 64 zeros for an empty log */
	size_t head_count, heads_found;

	/* on the way */
	const struct hash *heads; /* in the order in which they must occur; borrowed */
	bool suspect; /* the link of the last line did not fit: it or the line before was edited */
	size_t early; /* a head that occurred before its turn: its index + 1, */
	uint64_t early_line; /* and where */
	char buf[AUDIT_LINE_MAX];
	size_t used;
};

void audit_verify_begin(struct audit_verifier *v, const struct hash *heads, size_t head_count);
void audit_verify_bytes(struct audit_verifier *v, const char *bytes, size_t len);
void audit_verify_end(struct audit_verifier *v);

#endif
