/* The canonical form of host names, row by row. */
#include "netns/name.h"
#include "tests/unit/tap.h"

#define L63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static const struct {
	const char *in, *out; /* NULL: not a name */
} rows[] = {
	{ "example.com", "example.com" },
	{ "EXAMPLE.Com", "example.com" },
	{ "example.com.", "example.com" },
	{ "localhost", "localhost" },
	{ "_dmarc.x-y.example", "_dmarc.x-y.example" },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "10.0.0.1", "10.0.0.1" },
	{ L63 ".x", L63 ".x" },
	{ L63 "1.x", NULL },
	{ L63 "." L63 "." L63 "." L63, NULL }, /* 255 */
	{ "", NULL },
	{ ".", NULL },
	{ "..", NULL },
	{ "a..b", NULL },
	{ ".a", NULL },
	{ "a..", NULL },
	{ "a b", NULL },
	{ "a/b", NULL },
	{ "a:80", NULL },
	{ "[::1]", NULL },
	{ "*.example", NULL },
	{ "b\xc3\xbc.example", NULL },
	{ "a\n", NULL },
};

static void test_canonical(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[NAME_CAP] = "untouched";
		bool good = name_canonical(rows[i].in, strlen(rows[i].in), out);

		is_int(good, rows[i].out != NULL, "'%s' is%s a name", rows[i].in,
		       rows[i].out ? "" : " not");
		is_str(out, rows[i].out ? rows[i].out : "untouched", "result of '%s'", rows[i].in);
	}
}

static void test_longest(void)
{
	char in[300], out[NAME_CAP];

	memset(in, 'a', sizeof(in));
	for (size_t i = 49; i < sizeof(in); i += 50)
		in[i] = '.';
	ok(name_canonical(in, NAME_MAX_LEN, out), "253 bytes pass");
	is_int(strlen(out), NAME_MAX_LEN, "and all of them are kept");
	ok(!name_canonical(in, NAME_MAX_LEN + 1, out), "254 don't");
	in[NAME_MAX_LEN] = '.';
	ok(name_canonical(in, NAME_MAX_LEN + 1, out), "253 and a dot do");
	ok(!name_canonical("a\0b", 3, out), "a NUL is refused");
}

static void test_is_address(void)
{
	ok(name_is_address("10.0.0.1"), "dotted quad");
	ok(name_is_address("2130706433"), "one number");
	ok(name_is_address("0x7f.1"), "short form");
	ok(name_is_address("127.0.0.0x1"), "hexadecimal");
	ok(!name_is_address("10.0.0.example"), "a name that starts like one");
	ok(!name_is_address("a1"), "a name");
	ok(!name_is_address("1.0xg"), "0x and no hexadecimal number");
}

static void test_below(void)
{
	ok(name_below("localhost", "localhost"), "itself");
	ok(name_below("a.b.localhost", "localhost"), "two labels deep");
	ok(!name_below("xlocalhost", "localhost"), "a label that ends alike");
	ok(!name_below("host", "localhost"), "a shorter one");
}

int main(void)
{
	test_canonical();
	test_longest();
	test_is_address();
	test_below();
	return done();
}
