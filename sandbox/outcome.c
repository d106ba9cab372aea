/* outcome.c - the few steps from what was counted to what is said. */
#include "sandbox/outcome.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void outcome_release(struct outcome *o)
{
	free(o->egress);
	o->egress = NULL;
}

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

void outcome_split_cpu(uint64_t total_ns, uint64_t *user_ns, uint64_t *system_ns)
{
	long double sum = (long double)*user_ns + (long double)*system_ns;

	*user_ns = sum > 0 ? (uint64_t)((long double)total_ns * (long double)*user_ns / sum)
			   : total_ns;
	*system_ns = total_ns - *user_ns;
}
