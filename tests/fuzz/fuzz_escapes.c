/* Any bytes, cut anywhere: nothing that a terminal obeys is left, and stripping twice changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/escapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const unsigned char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] < ' ' && s[i] != '\n' && s[i] != '\r' && s[i] != '\t')
			abort();
		if (s[i] == 0x7f)
			abort();
		/* A C1 byte only as part of a character, and none that is a C1 control itself. */
		if (s[i] >= 0x80 && s[i] <= 0x9f && (i == 0 || s[i - 1] < 0x80 || s[i - 1] == 0xc2))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct escapes whole = { 0 }, cut = { 0 }, again = { 0 };
	char *once, *parts, *twice;
	size_t at, once_len, parts_len;

	if (size < 1 || size > 4096)
		return 0;
	at = data[0] % size;
	data++, size--;
	at = at > size ? size : at;
	once = malloc(size + 1), parts = malloc(size + 2), twice = malloc(size + 2);
	if (!once || !parts || !twice)
		abort();
	once_len = escapes_strip(&whole, (const char *)data, size, once);
	parts_len = escapes_strip(&cut, (const char *)data, at, parts);
	parts_len += escapes_strip(&cut, (const char *)data + at, size - at, parts + parts_len);
	if (once_len > size || once_len != parts_len || memcmp(once, parts, once_len) != 0)
		abort();
	check((const unsigned char *)once, once_len);
	/* A C2 at the very end is held back. */
	at = escapes_strip(&again, once, once_len, twice);
	if (at + again.held != once_len || memcmp(once, twice, at) != 0)
		abort();
	free(once), free(parts), free(twice);
	return 0;
}
