/* units.c - numbers with units: one decimal reader, one table of suffixes per kind. */
#include "profiles/units.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define FRACTION_DIGITS_MAX 9

__extension__ typedef unsigned __int128 uint128;

/* A decimal number as read: whole + fraction / scale. */
struct decimal {
	uint64_t whole;
	uint64_t fraction, scale;
};

struct suffix {
	const char *text;
	uint64_t factor;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum units_status read_whole(const char **s, uint64_t *out)
{
	if (!is_digit(**s))
		return UNITS_NO_NUMBER;
	for (*out = 0; is_digit(**s); (*s)++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(**s - '0'), out))
			return UNITS_TOO_LARGE;
	return UNITS_OK;
}

static enum units_status read_fraction(const char **s, struct decimal *d)
{
	if (**s != '.')
		return UNITS_OK;
	(*s)++;
	if (!is_digit(**s))
		return UNITS_NO_NUMBER;
	for (unsigned digits = 0; is_digit(**s); (*s)++) {
		if (digits++ < FRACTION_DIGITS_MAX) {
			d->fraction = d->fraction * 10 + (uint64_t)(**s - '0');
			d->scale *= 10;
		} else if (**s != '0') {
			return UNITS_TOO_FINE;
		}
	}
	return UNITS_OK;
}

/* whole * factor + fraction * factor / scale, exactly or not at all. */
static enum units_status scale_exactly(const struct decimal *d, uint64_t factor, uint64_t *out)
{
	uint128 part = (uint128)d->fraction * factor; /* up to 30 + 42 bits */
	uint64_t value;

	if (part % d->scale != 0)
		return UNITS_TOO_FINE;
	/* UINT64_MAX is LIMIT_NONE: a number must never come to mean "not limited". */
	if (__builtin_mul_overflow(d->whole, factor, &value) ||
	    __builtin_add_overflow(value, (uint64_t)(part / d->scale), &value) ||
	    value == UINT64_MAX)
		return UNITS_TOO_LARGE;
	*out = value;
	return UNITS_OK;
}

/* @same: sizes are read in either case (64m); of durations only "m" is a minute, 2M is a slip. */
static enum units_status parse(const char *s, const struct suffix *suffixes,
			       int (*same)(const char *, const char *), uint64_t *out)
{
	struct decimal d = { .scale = 1 };
	enum units_status status = read_whole(&s, &d.whole);

	if (status == UNITS_OK)
		status = read_fraction(&s, &d);
	if (status != UNITS_OK)
		return status;
	for (; suffixes->text; suffixes++)
		if (same(s, suffixes->text) == 0)
			return scale_exactly(&d, suffixes->factor, out);
	return UNITS_BAD_SUFFIX;
}

static const struct suffix size_suffixes[] = {
	{ "", 1 },
	{ "K", UINT64_C(1) << 10 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "M", UINT64_C(1) << 20 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "G", UINT64_C(1) << 30 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "T", UINT64_C(1) << 40 },
	{ "TiB", UINT64_C(1) << 40 },
	{ NULL, 0 },
};

static const struct suffix duration_suffixes[] = {
	{ "", NS_PER_S },	{ "s", NS_PER_S },	  { "ms", NS_PER_MS },
	{ "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S }, { NULL, 0 },
};

static const struct suffix cpus_suffixes[] = { { "", 1000 }, { NULL, 0 } };
static const struct suffix count_suffixes[] = { { "", 1 }, { NULL, 0 } };

enum units_status units_parse_size(const char *s, uint64_t *out_bytes)
{
	return parse(s, size_suffixes, strcasecmp, out_bytes);
}

enum units_status units_parse_duration(const char *s, uint64_t *out_ns)
{
	return parse(s, duration_suffixes, strcmp, out_ns);
}

enum units_status units_parse_cpus(const char *s, uint64_t *out_milli)
{
	return parse(s, cpus_suffixes, strcmp, out_milli);
}

enum units_status units_parse_count(const char *s, uint64_t *out_count)
{
	return parse(s, count_suffixes, strcmp, out_count);
}

/* value / 1000 with as many digits after the point as it takes. */
static void format_thousandths(struct text *t, uint64_t value)
{
	unsigned rest = (unsigned)(value % 1000);
	char digits[] = { '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
			  (char)('0' + rest % 10) };
	size_t len = sizeof(digits);

	text_u64(t, value / 1000);
	while (len > 1 && digits[len - 1] == '0')
		len--;
	if (len > 1)
		text_bytes(t, digits, len);
}

static const char size_letters[] = " KMGT";

static size_t largest_unit(uint64_t *bytes)
{
	size_t unit = 0;

	while (unit < 4 && *bytes != 0 && *bytes % 1024 == 0) {
		*bytes /= 1024;
		unit++;
	}
	return unit;
}

void units_format_size(struct text *t, uint64_t bytes)
{
	size_t unit = largest_unit(&bytes);

	text_u64(t, bytes);
	if (unit > 0)
		text_bytes(t, &size_letters[unit], 1);
}

void units_say_size(struct text *t, uint64_t bytes)
{
	size_t unit = largest_unit(&bytes);

	text_u64(t, bytes);
	if (unit > 0)
		text_fmt(t, " %ciB", size_letters[unit]);
	else
		text_str(t, bytes == 1 ? " byte" : " bytes");
}

void units_format_duration(struct text *t, uint64_t ns)
{
	static const struct suffix units[] = {
		{ "h", 3600 * NS_PER_S },
		{ "m", 60 * NS_PER_S },
		{ "s", NS_PER_S },
		{ "ms", NS_PER_MS },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns != 0 && ns % units[i].factor == 0) {
			text_u64(t, ns / units[i].factor);
			text_str(t, units[i].text);
			return;
		}
	}
	/* Finer than a millisecond: seconds with nine digits after the point. */
	text_u64(t, ns / NS_PER_S);
	if (ns % NS_PER_S != 0) {
		text_str(t, ".");
		for (uint64_t digit = NS_PER_S / 10; digit > 0; digit /= 10)
			text_u64(t, ns / digit % 10);
	}
	text_str(t, "s");
}

void units_format_cpus(struct text *t, uint64_t milli)
{
	format_thousandths(t, milli);
}
