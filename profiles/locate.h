/* locate.h - where in a JSON text a value stands: its line, and its bytes as written.
 *
 * jansson checks the text and gives the values, but not their places; this walks the same text
 * again, only when a message or the digits of a fraction are needed.  Bounded: one pass, no
 * recursion, no allocation; on text that is not JSON it finds nothing. */
#ifndef PROFILES_LOCATE_H
#define PROFILES_LOCATE_H

#include <stdbool.h>
#include <stddef.h>

/* One step from a value to one inside it: a member by name, or an item by index (name NULL). */
struct locate_step {
	const char *name;
	size_t index;
};

struct located {
	unsigned line;	   /* from 1; of the member's name, or of the item */
	const char *value; /* its text, borrowed */
	size_t value_len;
};

bool locate(const char *text, size_t len, const struct locate_step *steps, size_t step_count,
	    struct located *out);

#endif
