/* outcome.c - warnings of a run: bounded, because the record is. */
#include "sandbox/outcome.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

void outcome_warn(struct outcome *o, const char *fmt, ...)
{
	static const char more[] = "further warnings were dropped";
	const size_t max = sizeof(o->warnings) / sizeof(o->warnings[0]);
	struct text t;
	va_list ap;

	if (o->warning_count >= max) {
		memcpy(o->warnings[max - 1], more, sizeof(more));
		return;
	}
	t = TEXT_ON(o->warnings[o->warning_count]);
	va_start(ap, fmt);
	text_vfmt(&t, fmt, ap);
	va_end(ap);
	o->warning_count++;
}
