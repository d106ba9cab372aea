/* hash.h - SHA-256 as 64 lower-case hexadecimal digits.
 *
 * libmd: plain C without a constructor.  (A static libnettle brings one that asks the processor at
 * every start, and its block ciphers, for 25 KiB; OpenSSL costs every run 0.2 ms.) */
#ifndef AUDIT_HASH_H
#define AUDIT_HASH_H

#include <stdbool.h>
#include <stddef.h>

#define HASH_HEX_LEN 64

struct hash {
	char hex[HASH_HEX_LEN + 1];
};

struct hash hash_of(const void *bytes, size_t len);
struct hash hash_none(void); /* 64 zeros: what the first line of a log follows */
bool hash_equal(const struct hash *a, const struct hash *b);

/* hash_parse() - exactly 64 of 0-9a-f; s need not end there.  False leaves *out alone. */
bool hash_parse(const char *s, size_t len, struct hash *out);

#endif
