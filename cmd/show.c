/* show.c - the verb `report`: one record, for people. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/record_read.h"
#include "cmd/report.h"
#include "cmd/report_model.h"
#include "cmd/verbs.h"

/* Bytes above ASCII are characters only for a terminal that takes them as UTF-8; for another some of
 * them are control codes. */
static bool utf8_wanted(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value) /* the first that is set decides (locale(7)) */
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static void text_page(FILE *out, const void *report)
{
	report_text(out, report, utf8_wanted());
}

static void md_page(FILE *out, const void *report)
{
	report_md(out, report);
}

static void html_page(FILE *out, const void *report)
{
	report_html(out, report);
}

static const struct {
	const char *name;
	void (*page)(FILE *out, const void *report);
} formats[] = {
	{ "text", text_page }, /* without --format */
	{ "md", md_page },
	{ "html", html_page },
};

static int find_format(const char *name, size_t *out, struct err *e)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!name || strcmp(formats[i].name, name) == 0) {
			*out = i;
			return 0;
		}
	return err_usage(e, "--format: '%s' is none of text, md, html", name);
}

int show_verb(struct options *o)
{
	struct report report;
	json_t *record;
	struct err e;
	size_t format = 0;
	int status;

	if (o->rest_count != 1) {
		err_usage(&e, "'report' wants one record; a command called report is run by "
			      "'enclave-run -- report'");
		return report_error(&e);
	}
	if (find_format(o->format, &format, &e) != 0)
		return report_error(&e);
	record = record_load(o->rest[0], &e);
	if (!record)
		return report_error(&e);
	report_make(record, &report);
	status = report_page(formats[format].page, &report);
	report_release(&report);
	json_decref(record);
	return status;
}
