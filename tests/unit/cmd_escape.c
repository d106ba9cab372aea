/* Hostile bytes on a page: nothing acts, everything shows. */
#include "cmd/escape.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static void text_utf8(FILE *out, const char *s)
{
	escape_text(out, s, true);
}

static void text_ascii(FILE *out, const char *s)
{
	escape_text(out, s, false);
}

static void gives(void (*how)(FILE *, const char *), const char *s, const char *want)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	how(out, s);
	fclose(out);
	is_str(text, want, "%zu bytes", strlen(s));
	free(text);
}

static void check_decoding(void)
{
	static const char *const broken[] = {
		"\x80",		"\xc0\x80",	    "\xc1\xbf",		"\xc3", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5", "\xe2\x82",
		"\xff",		"\xf0\x9f\x98",
	};
	const char *s = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";

	is_int(escape_next(&s), 'a', "one byte");
	is_int(escape_next(&s), 0xe9, "two");
	is_int(escape_next(&s), 0x20ac, "three");
	is_int(escape_next(&s), 0x1f600, "four");
	is_int(escape_next(&s), 0, "the end");
	is_int(escape_next(&s), 0, "and stays there");
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		const char *p = broken[i];

		is_int(escape_next(&p), ESCAPE_BYTE + (unsigned char)broken[i][0], "no UTF-8");
		is_int(p - broken[i], 1, "only its first byte is taken");
	}
}

static void check_hidden(void)
{
	static const uint32_t hidden[] = { 0x1,	   0x1b,   0x7f,   0x9b,   0xad,    0x61c,  0x200b,
					   0x200f, 0x2028, 0x202e, 0x2066, 0x2069,  0xfeff, 0xe0041,
					   0xfe0f, 0xfff9, 0x180e, 0xffff, 0x10ffff };
	static const uint32_t shown[] = { ' ', 'a', '~', 0xe9, 0x5d0, 0x20ac, 0x4e2d, 0x1f600 };

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		ok(escape_hidden(hidden[i]), "U+%04X is written out", (unsigned)hidden[i]);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		ok(!escape_hidden(shown[i]), "U+%04X is not", (unsigned)shown[i]);
}

static void check_text(void)
{
	gives(text_utf8, "", "");
	gives(text_utf8, "a\tb\nc\r\x1b[31m\x7f", "a\\tb\\nc\\r\\u{1b}[31m\\u{7f}");
	gives(text_utf8, "\xc3\xa9\xc2\x9b\xe2\x80\xae", "\xc3\xa9\\u{9b}\\u{202e}");
	gives(text_utf8, "\xff\xc3", "\\x{ff}\\x{c3}");
	gives(text_ascii, "\xc3\xa9 ~", "\\u{e9} ~");
	gives(text_ascii, "\xff", "\\x{ff}");
}

static void check_html(void)
{
	gives(escape_html, "</script><img src=x onerror='a(\"b\")'>&amp;`",
	      "&#60;/script&#62;&#60;img src=x onerror=&#39;a(&#34;b&#34;)&#39;&#62;&#38;amp;&#96;");
	gives(escape_html, "\xe2\x80\xae\x01\xff", "\\u{202e}\\u{1}\\x{ff}");
	gives(escape_html, "\xd7\xa9\xf0\x9f\x98\x80", "\xd7\xa9\xf0\x9f\x98\x80");
}

static void check_markdown(void)
{
	gives(escape_code, "", "");
	gives(escape_code, "a*b_c<d>[e](f)@g#1\\", "`a*b_c<d>[e](f)@g#1\\`");
	gives(escape_code, "a`b``c|d\ne", "`a\\u{60}b\\u{60}\\u{60}c\\u{7c}d\\ne`");
	gives(escape_code, " ", "`\\u{20}`");
	gives(escape_code, " a ", "` a\\u{20}`");
	gives(escape_markdown, "a*b_c|<i>\\ @x #1 !", "a\\*b\\_c\\|\\<i\\>\\\\ \\@x \\#1 \\!");
	gives(escape_markdown, "\n\x1b", "\\n\\u{1b}");
}

int main(void)
{
	check_decoding();
	check_hidden();
	check_text();
	check_html();
	check_markdown();
	return done();
}
