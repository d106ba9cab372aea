/* Whatever bytes a command line holds, the record is valid JSON. */
#include "cmd/json.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static void becomes(const char *bytes, const char *want)
{
	json_t *value = json_bytes(bytes);
	char *line = json_line(value);

	is_str(line, want, "escaped");
	free(line);
	json_decref(value);
}

/* Every pair of bytes, alone and behind a lead byte, gives a string that reads back. */
static void every_pair(void)
{
	unsigned bad = 0;

	for (int a = 1; a < 256; a++) {
		for (int b = 1; b < 256; b++) {
			char bytes[] = { (char)a, (char)b, '\xe2', (char)b, (char)a, '\0' };
			json_t *value = json_bytes(bytes), *back;
			char *line = value ? json_line(value) : NULL;

			back = line ? json_loads(line, JSON_DECODE_ANY, NULL) : NULL;
			bad += !back || !json_equal(back, value);
			for (const char *p = line; p && *p; p++)
				bad += (unsigned char)*p >= 0x80;
			json_decref(back);
			json_decref(value);
			free(line);
		}
	}
	is_int(bad, 0, "all pairs of bytes read back, in ASCII");
}

int main(void)
{
	json_t *value;

	becomes("plain", "\"plain\"\n");
	becomes("a\"b\\\n\x1b[2J", "\"a\\\"b\\\\\\n\\u001B[2J\"\n");
	becomes("\xc3\xa9", "\"\\u00E9\"\n");
	becomes("\xe9", "\"\\u00E9\"\n");
	becomes("\xff\xfe", "\"\\u00FF\\u00FE\"\n");
	becomes("\xf0\x9f\x98\x80", "\"\\uD83D\\uDE00\"\n");
	becomes("\xf0\x9f\x98\x80\xff", "\"\\uD83D\\uDE00\\u00FF\"\n");
	becomes("\xed\xa0\x80", "\"\\u00ED\\u00A0\\u0080\"\n"); /* a surrogate */
	becomes("\xc0\xaf", "\"\\u00C0\\u00AF\"\n");		/* overlong */
	becomes("\xe2\x82", "\"\\u00E2\\u0082\"\n");		/* cut */
	becomes("\xf5\x80\x80\x80", "\"\\u00F5\\u0080\\u0080\\u0080\"\n");
	becomes("", "\"\"\n");
	becomes(NULL, "null\n");
	every_pair();
	value = json_u64(UINT64_MAX);
	ok(json_is_null(value), "no limit is null");
	json_decref(value);
	value = json_u64(UINT64_MAX - 1);
	ok(json_integer_value(value) == INT64_MAX, "clamped to 63 bits");
	json_decref(value);
	return done();
}
