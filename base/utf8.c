/* utf8.c - characters of a byte string, and their JSON escapes (RFC 8259, section 7). */
#include "base/utf8.h"

#include <string.h>

size_t utf8_length(const char *bytes)
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
	const unsigned char *s = (const unsigned char *)bytes;

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

/* The character at *s, which moves behind it. */
static uint32_t next_character(const char **s)
{
	static const unsigned char lead_bits[] = { 0xff, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *p = (const unsigned char *)*s;
	size_t len = utf8_length(*s);
	uint32_t c = p[0] & lead_bits[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s += len ? len : 1;
	return c;
}

static void add_unit(struct text *t, uint32_t unit)
{
	text_str(t, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		text_bytes(t, &"0123456789ABCDEF"[unit >> shift & 0xf], 1);
}

static void escape(struct text *t, uint32_t c)
{
	static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c < 0x80 ? strchr(named, (int)c) : NULL;
	char plain = (char)c;

	if (at) {
		text_str(t, "\\");
		text_bytes(t, &letters[at - named], 1);
	} else if (c >= 0x20 && c < 0x7f) {
		text_bytes(t, &plain, 1);
	} else if (c < 0x10000) {
		add_unit(t, c);
	} else {
		add_unit(t, 0xd800 + ((c - 0x10000) >> 10));
		add_unit(t, 0xdc00 + ((c - 0x10000) & 0x3ff));
	}
}

bool text_json(struct text *t, const char *bytes, size_t room)
{
	size_t used = 2; /* the quotes */

	if (!bytes) {
		text_str(t, "null");
		return true;
	}
	text_str(t, "\"");
	while (*bytes) {
		char one[16];
		struct text escaped = TEXT_ON(one);

		escape(&escaped, next_character(&bytes));
		used += escaped.len;
		if (used > room)
			break;
		text_bytes(t, one, escaped.len);
	}
	text_str(t, "\"");
	return used <= room;
}
