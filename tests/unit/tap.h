/* tap.h - the frame of a unit test: one TAP line per check, what was expected beside what came.
 *
 *	int main(void)
 *	{
 *		ok(port_valid(80), "port 80 is valid");
 *		is_int(port_parse("x"), -1, "a word is no port");
 *		is_str(name, "eth0", "name of the link");
 *		return done();
 *	}
 *
 * A test that dies before done() prints no plan, and tests/run counts that as a failure.
 * Every check returns whether it passed: `if (!ok(p, "parsed")) return done();` */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TAP_UNUSED __attribute__((unused))
#define TAP_PRINTF(n) __attribute__((format(printf, n, n + 1), unused))

static struct {
	int count, failed;
} tap;

__attribute__((format(printf, 4, 0))) static void tap_line(bool pass, const char *file, int line,
							   const char *fmt, va_list ap)
{
	tap.count++;
	printf("%sok %d - ", pass ? "" : "not ", tap.count);
	vprintf(fmt, ap);
	putchar('\n');
	if (!pass) {
		tap.failed++;
		printf("#   at %s:%d\n", file, line);
	}
	fflush(stdout); /* what was printed must survive a crash in the next check */
}

static TAP_PRINTF(4) bool tap_ok(bool pass, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(pass, file, line, fmt, ap);
	va_end(ap);
	return pass;
}

static TAP_PRINTF(5) bool tap_is_int(intmax_t got, intmax_t want, const char *file, int line,
				     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(got == want, file, line, fmt, ap);
	va_end(ap);
	if (got != want)
		printf("#   got %jd, want %jd\n", got, want);
	return got == want;
}

static TAP_PRINTF(5) bool tap_is_str(const char *got, const char *want, const char *file, int line,
				     const char *fmt, ...)
{
	bool pass = got && want ? strcmp(got, want) == 0 : got == want;
	va_list ap;

	va_start(ap, fmt);
	tap_line(pass, file, line, fmt, ap);
	va_end(ap);
	if (!pass)
		printf("#   got  '%s'\n#   want '%s'\n", got ? got : "(null)",
		       want ? want : "(null)");
	return pass;
}

static TAP_PRINTF(6) bool tap_is_mem(const void *got, const void *want, size_t len,
				     const char *file, int line, const char *fmt, ...)
{
	const unsigned char *g = got, *w = want;
	bool pass = len == 0 || memcmp(got, want, len) == 0;
	va_list ap;

	va_start(ap, fmt);
	tap_line(pass, file, line, fmt, ap);
	va_end(ap);
	for (size_t i = 0; !pass && i < len; i++) {
		if (g[i] == w[i])
			continue;
		printf("#   byte %zu: got %02x, want %02x\n", i, g[i], w[i]);
		break;
	}
	return pass;
}

static TAP_PRINTF(1) void diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
}

/* skip() - one check can't run here; why becomes a printed line of the whole suite. */
static TAP_PRINTF(2) void skip(const char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("ok %d - ", ++tap.count);
	vprintf(fmt, ap);
	printf(" # skip %s\n", why);
	va_end(ap);
	fflush(stdout);
}

/* done() - print the plan; the exit status of the test. */
static TAP_UNUSED int done(void)
{
	printf("1..%d\n", tap.count);
	return tap.failed ? 1 : 0;
}

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_is_int((intmax_t)(got), (intmax_t)(want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_mem(got, want, len, ...) \
	tap_is_mem((got), (want), (len), __FILE__, __LINE__, __VA_ARGS__)
#define fail(...) tap_ok(false, __FILE__, __LINE__, __VA_ARGS__)
#define pass(...) tap_ok(true, __FILE__, __LINE__, __VA_ARGS__)

#endif
