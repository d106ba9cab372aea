/* json.c - strings that jansson would refuse, and numbers that may be missing. */
#include "cmd/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"

/* Length of the UTF-8 sequence at s, 0 if there is none: no overlong forms, no surrogates, nothing
 * above U+10FFFF (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char first, last; /* range of the lead byte */
		unsigned char low, high;   /* range of the second byte */
		unsigned char length;
	} forms[] = {
		{ 0x01, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (forms[i].length > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		/* The terminating NUL is no continuation byte: never read past it. */
		for (size_t j = 2; j < forms[i].length; j++)
			if ((s[j] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

json_t *json_bytes(const char *bytes)
{
	const unsigned char *s = (const unsigned char *)bytes;
	autofree char *copy = NULL;
	size_t used = 0;
	json_t *value;

	if (!bytes)
		return json_null();
	value = json_string(bytes);
	if (value)
		return value;
	copy = malloc(2 * strlen(bytes) + 1);
	if (!copy)
		return NULL;
	while (*s) {
		size_t len = utf8_length(s);

		if (len == 0) {
			copy[used++] = (char)(0xc0 | *s >> 6);
			copy[used++] = (char)(0x80 | (*s & 0x3f));
			s++;
			continue;
		}
		memcpy(copy + used, s, len);
		used += len;
		s += len;
	}
	return json_stringn(copy, used);
}

json_t *json_u64(uint64_t value)
{
	if (value == UINT64_MAX)
		return json_null();
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *json_u64_known(uint64_t value)
{
	return value ? json_u64(value) : json_null();
}

json_t *json_time(uint64_t realtime_ns)
{
	char buf[40];

	if (realtime_ns == 0)
		return json_null();
	clock_rfc3339(realtime_ns, buf, sizeof(buf));
	return json_string(buf);
}

json_t *json_words(char *const *words)
{
	json_t *array = json_array();

	for (size_t i = 0; words && words[i]; i++)
		json_array_append_new(array, json_bytes(words[i]));
	return array;
}

char *json_line(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	size_t len = text ? strlen(text) : 0;
	char *line = text ? realloc(text, len + 2) : NULL;

	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + len, "\n", 2);
	return line;
}
