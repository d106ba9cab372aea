/* hash.c - the one place that calls the hash library. */
#include "audit/hash.h"

#include <sha2.h>
#include <string.h>

struct hash hash_of(const void *bytes, size_t len)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	struct hash h = { "" };
	SHA2_CTX context;

	_Static_assert(2 * sizeof(digest) == HASH_HEX_LEN, "two digits per byte");
	SHA256Init(&context);
	SHA256Update(&context, bytes, len);
	SHA256Final(digest, &context);
	for (size_t i = 0; i < sizeof(digest); i++) {
		h.hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		h.hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 0xf];
	}
	return h;
}

struct hash hash_none(void)
{
	struct hash h = { "" };

	memset(h.hex, '0', HASH_HEX_LEN);
	return h;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->hex, b->hex, HASH_HEX_LEN) == 0;
}

bool hash_parse(const char *s, size_t len, struct hash *out)
{
	if (len < HASH_HEX_LEN)
		return false;
	for (size_t i = 0; i < HASH_HEX_LEN; i++)
		if (!s[i] || !strchr("0123456789abcdef", s[i]))
			return false;
	memcpy(out->hex, s, HASH_HEX_LEN);
	out->hex[HASH_HEX_LEN] = '\0';
	return true;
}
