/* What --strip-escapes takes out and what it leaves, whole and cut at every place. */
#include "sandbox/escapes.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

#define ROW(in, out)                                     \
	{                                                \
		in, sizeof(in) - 1, out, sizeof(out) - 1 \
	}

static const struct {
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
} rows[] = {
	ROW("plain text\n", "plain text\n"),
	ROW("a\tb\r\nc", "a\tb\r\nc"),
	ROW("", ""),
	/* CSI */
	ROW("\033[31mred\033[0m", "red"),
	ROW("\033[?1049h\033[2Jx", "x"),
	ROW("\033[38;2;1;2;3mx", "x"),
	ROW("\033[!px", "x"),
	ROW("\033[>4;1mx", "x"),
	ROW("\033[1\n2Hx", "\nx"),
	ROW("\033[1\a2Hx", "x"),
	ROW("\033[12", ""),
	ROW("\033[1\033[2mx", "x"),
	ROW("\033[1\030x", "x"),
	ROW("\033[1\032x", "x"),
	ROW("\033[1\177mx", "x"),
	ROW("\033[1\303\251x", "\303\251x"),
	ROW("\033[1\2332mx", "x"),
	/* OSC, DCS, SOS, PM, APC */
	ROW("\033]0;title\ax", "x"),
	ROW("\033]0;title\033\\x", "x"),
	ROW("\033]8;;http://h/\033\\link\033]8;;\033\\x", "linkx"),
	ROW("\033]52;c;ZXZpbA==\234x", "x"),
	ROW("\033]0;caf\303\251 \303\234 x\ay", "y"),
	ROW("\033]0;c2 st\302\234x", "x"),
	ROW("\033]0;unfinished\nnext line", "\nnext line"),
	ROW("\033]0;ends\033[1mx", "x"),
	ROW("\033P1;2|17/ab\ncd\033\\x", "x"),
	ROW("\033P\a still\033\\x", "x"),
	ROW("\033Xsos\033\\x\033^pm\033\\y\033_apc\033\\z", "xyz"),
	ROW("\033_cut\030x", "x"),
	/* other escapes */
	ROW("\033cx", "x"),
	ROW("\033(Bx\033)0y", "xy"),
	ROW("\033%@x\033#8y", "xy"),
	ROW("\0337x\0338y", "xy"),
	ROW("\033=x\033>y", "xy"),
	ROW("\033\033[1mx", "x"),
	ROW("\033\nAx", "\nx"),
	ROW("\033\303\251x", "\303\251x"),
	ROW("x\033", "x"),
	/* control bytes */
	ROW("a\0b\001c\005d", "abcd"),
	ROW("a\ab\bc\vd\fe\016f\017g\177h", "abcdefgh"),
	ROW("a\021b\023c\024d", "abcd"),
	/* C1, bare and in UTF-8 */
	ROW("\23331mx", "x"),
	ROW("\302\23331mx", "x"),
	ROW("\2350;t\ax", "x"),
	ROW("\302\2350;t\302\234x", "x"),
	ROW("\220dcs\234x\302\220dcs\033\\y", "xy"),
	ROW("a\204b\205c\302\205d", "abcd"),
	ROW("\302\302\23331mx", "\302x"),
	/* UTF-8 stays; its 0x80-0x9F are no controls */
	ROW("\302\251 \303\233 \304\233 \303\237", "\302\251 \303\233 \304\233 \303\237"),
	ROW("\342\202\254 \346\227\245\346\234\254", "\342\202\254 \346\227\245\346\234\254"),
	ROW("\360\237\230\200\360\237\233\233", "\360\237\230\200\360\237\233\233"),
	/* broken UTF-8 hides none either: overlong, surrogate, too large, cut */
	ROW("\340\23331mx", "\340x"),
	ROW("\340\202\23331mx", "\340x"),
	ROW("\360\200\200\23331mx", "\360x"),
	ROW("\355\240\200x", "\355\240x"),
	ROW("\364\220x\033\\y", "\364y"),
	ROW("\300\23331mx", "\300x"),
	ROW("\342\202\033[1m\254x", "\342\202\254x"),
	ROW("\342\033[1m\202\254x", "\342\254x"),
	ROW("\304\033[1m\233y\033[mx", "\304x"),
	/* text in another encoding */
	ROW("caf\351 \374ber", "caf\351 \374ber"),
	ROW("\377\376", "\377\376"),
	ROW("\302x\302", "\302x"),
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static bool strips(size_t row, size_t cut)
{
	char buf[256] = { 0 };
	struct escapes x = { 0 };
	size_t used = escapes_strip(&x, rows[row].in, cut, buf);

	used += escapes_strip(&x, rows[row].in + cut, rows[row].in_len - cut, buf + used);
	return used == rows[row].out_len && memcmp(buf, rows[row].out, used) == 0;
}

static void test_rows(void)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		bool whole = strips(i, 0), cut = true;

		for (size_t at = 1; at <= rows[i].in_len; at++)
			cut = cut && strips(i, at);
		ok(whole, "row %zu: whole", i);
		ok(cut, "row %zu: cut at every place", i);
	}
}

/* As the relay does it: the input lies one byte behind the output. */
static void test_overlap(void)
{
	bool same = true;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		char buf[256];
		struct escapes x = { 0 };

		memcpy(buf + 1, rows[i].in, rows[i].in_len);
		same = same && escapes_strip(&x, buf + 1, rows[i].in_len, buf) == rows[i].out_len &&
		       memcmp(buf, rows[i].out, rows[i].out_len) == 0;
	}
	ok(same, "in place, with the input one byte behind");
}

static void test_growth(void)
{
	struct escapes x = { 0 };
	char out[4];

	is_int(escapes_strip(&x, "\302", 1, out), 0, "a C2 is held back");
	is_int(escapes_strip(&x, "\251", 1, out), 2, "one byte in, two bytes out");
	is_mem(out, "\302\251", 2, "the character is whole");
}

static void test_present(void)
{
	ok(!escapes_present("plain\ttext\r\n\a\b", 14), "no sequence in plain text");
	ok(escapes_present("\033", 1), "ESC");
	ok(escapes_present("x\016", 2), "shift out");
	ok(escapes_present("\302\2331m", 4), "CSI in UTF-8");
	ok(escapes_present("\302\237", 2), "APC in UTF-8");
	ok(escapes_present("\230", 1), "SOS");
	ok(!escapes_present("\033", 0), "nothing");
}

int main(void)
{
	test_rows();
	test_overlap();
	test_growth();
	test_present();
	return done();
}
