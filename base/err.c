/* err.c - fill, prefix and check the error value.  No allocation, no stdio: runs in children too. */
#include "base/err.h"

#include <string.h>

#include "base/text.h"

int err_set(struct err *e, enum err_kind kind, int errnum, const char *at, const char *fmt, ...)
{
	struct text place = TEXT_ON(e->at), msg = TEXT_ON(e->msg);
	va_list ap;

	e->kind = kind;
	e->errnum = errnum;
	e->stage[0] = '\0';
	text_str(&place, at);
	va_start(ap, fmt);
	text_vfmt(&msg, fmt, ap);
	va_end(ap);
	if (errnum > 0)
		text_fmt(&msg, ": %s (%s)",
			 strerrordesc_np(errnum) ? strerrordesc_np(errnum) : "unknown error",
			 text_errno_name(errnum));
	return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char inner[sizeof(e->msg)];
	struct text msg = TEXT_ON(e->msg);
	va_list ap;

	memcpy(inner, e->msg, sizeof(inner));
	inner[sizeof(inner) - 1] = '\0';
	va_start(ap, fmt);
	text_vfmt(&msg, fmt, ap);
	va_end(ap);
	text_fmt(&msg, ": %s", inner);
	return -1;
}

int err_stage(struct err *e, const char *stage)
{
	struct text t = TEXT_ON(e->stage);

	if (e->stage[0] == '\0')
		text_str(&t, stage);
	return -1;
}

bool err_sanitize(struct err *e)
{
	bool sane = e->kind > ERR_NONE && e->kind < ERR_KIND_COUNT;

	if (!sane)
		e->kind = ERR_INTERNAL;
	e->at[sizeof(e->at) - 1] = '\0';
	e->stage[sizeof(e->stage) - 1] = '\0';
	e->msg[sizeof(e->msg) - 1] = '\0';
	return sane;
}
