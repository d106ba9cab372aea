/* Bounded strings, strict numbers, the error value, dates: what every other layer builds on. */
#include "base/text.h"

#include <errno.h>
#include <limits.h>

#include "base/clock.h"
#include "base/err.h"
#include "tests/unit/tap.h"

static void test_formatting(void)
{
	char buf[64];
	struct text t = TEXT_ON(buf);

	text_fmt(&t, "%s|%d|%u|%lx|%c|%%|%.*s", "a", -5, 7u, 255ul, 'z', 2, "xyz");
	is_str(buf, "a|-5|7|ff|z|%|xy", "every conversion of text_fmt");
	t = TEXT_ON(buf);
	text_i64(&t, INT64_MIN);
	is_str(buf, "-9223372036854775808", "the smallest integer");
	t = TEXT_ON(buf);
	text_u64(&t, UINT64_MAX);
	is_str(buf, "18446744073709551615", "the largest integer");
}

static void test_bounds(void)
{
	char buf[6];
	struct text t = TEXT_ON(buf);

	text_str(&t, "hello");
	ok(!t.cut, "what fits exactly is not cut");
	text_str(&t, "!");
	ok(t.cut && t.len == 5, "what does not fit is dropped and noticed");
	is_str(buf, "hello", "the text stays terminated");
	t = (struct text){ .at = buf, .cap = 0 };
	text_str(&t, "x");
	ok(t.cut && t.len == 0, "no room at all");
}

static void test_numbers(void)
{
	uint64_t v = 1;

	ok(text_parse_u64("18446744073709551615", 20, &v) && v == UINT64_MAX, "the maximum");
	ok(!text_parse_u64("18446744073709551616", 20, &v), "one more overflows");
	ok(!text_parse_u64("", 0, &v), "empty is no number");
	ok(!text_parse_u64("-1", 2, &v), "a sign is no digit");
	ok(!text_parse_u64("1 ", 2, &v), "nor is a space");
	ok(!text_parse_u64("0x1", 3, &v), "nor is hex");
}

static void test_err(void)
{
	struct err e = { 0 };

	is_int(err_set(&e, ERR_SETUP, ENOENT, "f.c:1", "open '%s'", "/x"), -1, "err_set returns -1");
	is_str(e.msg, "open '/x': No such file or directory (ENOENT)", "errno is appended");
	err_wrap(&e, "step %d", 3);
	is_str(e.msg, "step 3: open '/x': No such file or directory (ENOENT)", "err_wrap prefixes");
	err_stage(&e, "inner");
	err_stage(&e, "outer");
	is_str(e.stage, "inner", "the first stage named wins");
	e.kind = (enum err_kind)99;
	memset(e.msg, 'x', sizeof(e.msg));
	ok(!err_sanitize(&e) && e.kind == ERR_INTERNAL && e.msg[sizeof(e.msg) - 1] == '\0',
	   "a received error is made safe");
}

static void test_dates(void)
{
	char buf[40];

	clock_rfc3339(UINT64_C(951782400) * NS_PER_S + 5, buf, sizeof(buf));
	is_str(buf, "2000-02-29T00:00:00.000000005Z", "a leap day with nanoseconds");
}

int main(void)
{
	test_formatting();
	test_bounds();
	test_numbers();
	test_err();
	test_dates();
	return done();
}
