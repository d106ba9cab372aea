/* name.h - the one form in which host names are compared.
 *
 * Canonical: lower case, no dot at the end, labels of 1 to 63 letters, digits, '-' and '_' (as in
 * _dmarc.x), 253 bytes at most, NUL-terminated.  Everything that comes from outside passes here once;
 * after that strcmp() decides.  International names are compared in their xn-- form.
 *
 * Pure.   Runs in: gateway, supervisor, tests. */
#ifndef NETNS_NAME_H
#define NETNS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_LEN 253
#define NAME_CAP 256 /* storage for a canonical name */

/* name_canonical() - bytes [s, s+len) as a canonical name; one dot at the end is dropped.
 * Addresses pass too if they look like names ("10.0.0.1"): see name_is_address().
 * False, out untouched: empty, too long, an empty or too long label, any other byte (NUL, blank...). */
bool name_canonical(const char *s, size_t len, char out[NAME_CAP]);

/* name_is_address() - does a canonical name end in a label of digits only, or of 0x and hex digits?  No
 * host name does, and libraries read such a text as an IPv4 address (URL Standard, host parsing). */
bool name_is_address(const char *name);

/* name_below() - is name parent itself or any depth below it?  Both canonical. */
bool name_below(const char *name, const char *parent);

#endif
