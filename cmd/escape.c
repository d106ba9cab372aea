/* escape.c - one decoder, one list of what is hidden, four ways to write. */
#include "cmd/escape.h"

#include <stddef.h>
#include <string.h>

uint32_t escape_next(const char **s)
{
	/* Smallest code point of each length: overlong forms are no UTF-8 (RFC 3629). */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)*s;
	unsigned length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t code = length > 1 ? p[0] & (0x7fu >> length) : p[0];

	if (p[0] == '\0')
		return 0;
	/* The terminating NUL is no continuation byte: never read past it. */
	for (unsigned i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			length = 0;
			break;
		}
		code = code << 6 | (p[i] & 0x3f);
	}
	if (length == 0 || code < least[length] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff)) {
		*s += 1;
		return ESCAPE_BYTE + p[0];
	}
	*s += length;
	return code;
}

bool escape_hidden(uint32_t code)
{
	/* Unicode 15: Cc, Cf, Zl, Zp, variation selectors and tags; fillers that look like nothing. */
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },	      { 0x7f, 0x9f },	     { 0xad, 0xad },
		{ 0x34f, 0x34f },     { 0x61c, 0x61c },	     { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },    { 0x200b, 0x200f },
		{ 0x2028, 0x202e },   { 0x2060, 0x206f },    { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },    { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb },   { 0xfffe, 0xffff },    { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff }, /* private use from 0xf0000 */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return code >= ESCAPE_BYTE;
}

static void put_written_out(FILE *out, uint32_t code)
{
	if (code == '\n' || code == '\t' || code == '\r')
		fprintf(out, "\\%c", code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
	else if (code >= ESCAPE_BYTE)
		fprintf(out, "\\x{%x}", (unsigned)(code - ESCAPE_BYTE));
	else
		fprintf(out, "\\u{%x}", (unsigned)code);
}

static void put_bytes(FILE *out, const char *from, const char *to)
{
	fwrite(from, 1, (size_t)(to - from), out);
}

void escape_text(FILE *out, const char *s, bool utf8)
{
	const char *from = s;
	uint32_t code;

	for (; (code = escape_next(&s)) != 0; from = s)
		if (escape_hidden(code) || (!utf8 && code > 0x7e))
			put_written_out(out, code);
		else
			put_bytes(out, from, s);
}

void escape_html(FILE *out, const char *s)
{
	const char *from = s;
	uint32_t code;

	for (; (code = escape_next(&s)) != 0; from = s)
		if (escape_hidden(code))
			put_written_out(out, code);
		else if (code < 0x80 && strchr("&<>\"'`", (int)code))
			fprintf(out, "&#%u;", (unsigned)code);
		else
			put_bytes(out, from, s);
}

/* A blank at both ends would be stripped, a code span of blanks alone is none: write them out. */
void escape_code(FILE *out, const char *s)
{
	const char *from = s;
	uint32_t code;

	if (!*s)
		return;
	fputc('`', out);
	for (; (code = escape_next(&s)) != 0; from = s)
		if (escape_hidden(code) || code == '`' || code == '|' || (code == ' ' && !*s))
			put_written_out(out, code);
		else
			put_bytes(out, from, s);
	fputc('`', out);
}

void escape_markdown(FILE *out, const char *s)
{
	const char *from = s;
	uint32_t code;

	for (; (code = escape_next(&s)) != 0; from = s) {
		if (escape_hidden(code)) {
			put_written_out(out, code);
			continue;
		}
		if (code < 0x80 && strchr("\\`*_{}[]<>#|~&!@$", (int)code))
			fputc('\\', out);
		put_bytes(out, from, s);
	}
}
