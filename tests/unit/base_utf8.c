/* The escaper of the log agrees with the JSON library and with json_bytes() on every pair of bytes. */
#include "base/utf8.h"

#include <jansson.h>
#include <stdlib.h>

#include "cmd/json.h"
#include "tests/unit/tap.h"

static char buf[1024];

static const char *escaped(const char *bytes, size_t room)
{
	struct text t = TEXT_ON(buf);

	text_json(&t, bytes, room);
	return buf;
}

static void every_pair(void)
{
	unsigned differ = 0, not_ascii = 0;

	for (int a = 1; a < 256; a++) {
		for (int b = 1; b < 256; b++) {
			char bytes[] = { (char)a, (char)b, '\xf0',  (char)a, (char)b,
					 (char)a, '\xe2',  (char)b, '\0' };
			const char *text = escaped(bytes, SIZE_MAX);
			json_t *mine = json_loads(text, JSON_DECODE_ANY, NULL);
			json_t *theirs = json_bytes(bytes);

			differ += !mine || !json_equal(mine, theirs);
			for (; *text; text++)
				not_ascii += *text < 0x20 || *text > 0x7e;
			json_decref(mine);
			json_decref(theirs);
		}
	}
	is_int(differ, 0, "the same strings as json_bytes()");
	is_int(not_ascii, 0, "in printable ASCII");
}

static void check_room(void)
{
	struct text t = TEXT_ON(buf);

	is_str(escaped("\x1b\x1b", 8), "\"\\u001B\"", "as many characters as fit, whole");
	is_str(escaped("\x1b\x1b", 7), "\"\"", "or none");
	is_str(escaped("abc", 5), "\"abc\"", "to the last byte");
	is_str(escaped("\xf0\x9f\x98\x80", 13), "\"\"", "a pair is never split");
	is_str(escaped("\xf0\x9f\x98\x80", 14), "\"\\uD83D\\uDE00\"", "a pair");
	ok(text_json(&t, "abc", 5) && !text_json(&t, "abcd", 5), "and says whether all did");
}

int main(void)
{
	is_str(escaped("a\"b\\\n\t\x1b\x7f/", SIZE_MAX), "\"a\\\"b\\\\\\n\\t\\u001B\\u007F/\"",
	       "escapes");
	is_str(escaped(NULL, 10), "null", "NULL is null");
	is_str(escaped("", 2), "\"\"", "nothing");
	is_str(escaped("\xff\xc3\xa9", SIZE_MAX), "\"\\u00FF\\u00E9\"", "a stray byte, a character");
	check_room();
	every_pair();
	return done();
}
