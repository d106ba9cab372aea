/* text.h - bounded string building and strict number parsing.
 *
 * A struct text never overflows: what does not fit sets `cut` and is dropped, so that a caller can
 * check once at the end.  No allocation: usable in children after clone (see sandbox/process.h).
 * text_fmt() understands a small subset of printf on purpose: glibc's vsnprintf may allocate. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at;   /* storage, borrowed; always NUL-terminated when cap > 0 */
	size_t len; /* bytes used, without the NUL */
	size_t cap;
	bool cut; /* something did not fit */
};

#define TEXT_ON(array) \
	((struct text){ .at = (array), .len = 0, .cap = sizeof(array), .cut = false })

void text_str(struct text *t, const char *s);
void text_bytes(struct text *t, const char *s, size_t len);
void text_u64(struct text *t, uint64_t value);
void text_i64(struct text *t, int64_t value);
void text_hex(struct text *t, uint64_t value);

/* text_fmt() - %s %d %i %u %x %c %% with l/ll/z length modifiers, %.*s; nothing else. */
void text_fmt(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vfmt(struct text *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* text_parse_u64() - decimal digits only, the whole of [s, s+len); false on empty, sign, space,
 * trailing bytes or overflow. */
bool text_parse_u64(const char *s, size_t len, uint64_t *out_value);

/* text_equal_prefix() - does s start with prefix? */
bool text_starts(const char *s, const char *prefix);

/* text_errno_name() - "ENOENT" for 2; "E?" when unknown.  Static storage. */
const char *text_errno_name(int errnum);

#endif
