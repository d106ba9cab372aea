/* utf8.h - strings of hostile bytes as JSON: one decision what is a character, one escaper.
 *
 * A string that is UTF-8 stays what it is.  In one that is not, every byte that belongs to no UTF-8
 * sequence becomes the character U+0080..U+00FF of that value.  No allocation. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* utf8_length() - of the sequence at s (NUL-terminated), 0 if there is none: no overlong forms, no
 * surrogates, nothing above U+10FFFF (Unicode 15, table 3-7).  Never reads past the NUL. */
size_t utf8_length(const char *s);

/* text_json() - bytes as a JSON string with its quotes, printable ASCII only; NULL gives null.
 * At most `room` bytes are written (at least 2); what did not fit is left out between characters, and
 * the answer is false then. */
bool text_json(struct text *t, const char *bytes, size_t room);

#endif
