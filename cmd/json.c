/* json.c - strings that jansson would refuse, and numbers that may be missing. */
#include "cmd/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/utf8.h"

json_t *json_bytes(const char *bytes)
{
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
	while (*bytes) {
		size_t len = utf8_length(bytes);
		unsigned char byte = (unsigned char)*bytes;

		if (len == 0) {
			copy[used++] = (char)(0xc0 | byte >> 6);
			copy[used++] = (char)(0x80 | (byte & 0x3f));
			bytes++;
			continue;
		}
		memcpy(copy + used, bytes, len);
		used += len;
		bytes += len;
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
