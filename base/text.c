/* text.c - bounded string building, without allocation and without stdio. */
#include "base/text.h"

#include <string.h>

void text_bytes(struct text *t, const char *s, size_t len)
{
	size_t room = t->cap > t->len + 1 ? t->cap - t->len - 1 : 0;

	if (len > room) {
		t->cut = true;
		len = room;
	}
	if (len > 0)
		memcpy(t->at + t->len, s, len);
	t->len += len;
	if (t->cap > 0)
		t->at[t->len] = '\0';
}

void text_str(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

static void text_base(struct text *t, uint64_t value, unsigned base)
{
	char digits[24];
	size_t i = sizeof(digits);

	do {
		digits[--i] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	text_bytes(t, digits + i, sizeof(digits) - i);
}

void text_u64(struct text *t, uint64_t value)
{
	text_base(t, value, 10);
}

void text_hex(struct text *t, uint64_t value)
{
	text_base(t, value, 16);
}

void text_i64(struct text *t, int64_t value)
{
	if (value < 0)
		text_str(t, "-");
	text_base(t, value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value, 10);
}

/* One conversion of text_vfmt; *longs counts 'l' and 'z' modifiers seen. */
static void text_number(struct text *t, char conv, int longs, va_list *ap)
{
	if (conv == 'd' || conv == 'i')
		text_i64(t, longs ? va_arg(*ap, long) : va_arg(*ap, int));
	else
		text_base(t, longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int),
			  conv == 'x' ? 16 : 10);
}

_Static_assert(sizeof(long) == sizeof(long long) && sizeof(long) == sizeof(size_t),
	       "text_number takes every modified integer as long");

void text_vfmt(struct text *t, const char *fmt, va_list ap_in)
{
	va_list ap;

	va_copy(ap, ap_in);
	for (const char *p = fmt; *p; p++) {
		const char *plain = p;
		int longs = 0, precision = -1;

		while (*p && *p != '%')
			p++;
		text_bytes(t, plain, (size_t)(p - plain));
		if (!*p)
			break;
		p++;
		if (p[0] == '.' && p[1] == '*') {
			precision = va_arg(ap, int);
			p += 2;
		}
		while (*p == 'l' || *p == 'z') {
			longs++;
			p++;
		}
		if (*p == 's') {
			const char *s = va_arg(ap, const char *);

			if (!s)
				s = "(null)";
			text_bytes(t, s, precision >= 0 ? strnlen(s, (size_t)precision) : strlen(s));
		} else if (*p == 'c') {
			char c = (char)va_arg(ap, int);

			text_bytes(t, &c, 1);
		} else if (*p == '%') {
			text_bytes(t, "%", 1);
		} else {
			text_number(t, *p, longs, &ap);
		}
	}
	va_end(ap);
}

void text_fmt(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vfmt(t, fmt, ap);
	va_end(ap);
}

bool text_parse_u64(const char *s, size_t len, uint64_t *out_value)
{
	uint64_t value = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(unsigned char)s[i] - '0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out_value = value;
	return true;
}

bool text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

const char *text_errno_name(int errnum)
{
	const char *name = strerrorname_np(errnum);

	return name ? name : "E?";
}
