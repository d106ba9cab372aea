/* report_sound.h - what must hold for every page, whatever the record: shared with the fuzzer.
 *
 * Each returns what is wrong with a page, or NULL. */
#ifndef TESTS_UNIT_REPORT_SOUND_H
#define TESTS_UNIT_REPORT_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/escape.h"
#include "cmd/report_model.h"

static inline const char *sound_bytes(const char *page, bool utf8)
{
	for (const char *s = page; *s;) {
		uint32_t code = escape_next(&s);

		if (code != '\n' && escape_hidden(code))
			return "something hidden";
		if (!utf8 && code > 0x7e)
			return "something above ASCII";
	}
	return NULL;
}

/* One of our tags at s, with nothing in it but attributes of ours? */
static inline const char *sound_tag(const char *s)
{
	static const char *const names[] = {
		"!DOCTYPE html>", "html",	"head", "meta", "title", "style",   "body", "main",
		"header",	  "h1",		"h2",	"p",	"pre",	 "section", "div",  "table",
		"thead",	  "tbody",	"tr",	"th",	"td",	 "code",    "span", "i",
		"figure",	  "figcaption", "svg",	"path", "text",	 "footer",
	};
	static const char *const attributes[] = { "lang",    "charset", "http-equiv", "content",
						  "name",    "class",	"id",	      "style",
						  "viewBox", "role",	"d",	      "x",
						  "y" };

	s += *s == '/';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *at = s + strlen(names[i]);

		if (strncmp(s, names[i], strlen(names[i])) != 0)
			continue;
		if (i == 0)
			return NULL;
		while (*at == ' ') {
			size_t len = strcspn(++at, "= >");
			bool found = false;

			for (size_t j = 0; j < sizeof(attributes) / sizeof(attributes[0]); j++)
				found = found || (strlen(attributes[j]) == len &&
						  strncmp(at, attributes[j], len) == 0);
			if (!found || at[len] != '=' || at[len + 1] != '"')
				return "a foreign attribute";
			at += len + 2;
			at += strcspn(at, "\"<>");
			if (*at++ != '"')
				return "an attribute that does not end";
		}
		if (*at == '>' || strncmp(at, "/>", 2) == 0)
			return NULL;
	}
	return "a foreign tag";
}

static inline const char *sound_html(const char *page)
{
	const char *wrong = sound_bytes(page, true), *end = strstr(page, "</html>\n");

	if (wrong)
		return wrong;
	if (!end || end[8])
		return "no end, or something behind it";
	for (const char *s = strchr(page, '<'); s; s = strchr(s + 1, '<')) {
		wrong = sound_tag(s + 1);
		if (wrong)
			return wrong;
	}
	for (const char *s = strchr(page, '&'); s; s = strchr(s + 1, '&'))
		if (s[1] != '#' || !strchr(s, ';'))
			return "a foreign character reference";
	return NULL;
}

/* Outside of code: no tags but ours, and every row of a table has the cells of its head. */
static inline const char *sound_md(const char *page)
{
	size_t cells = 0, fence = 0;

	if (sound_bytes(page, true))
		return sound_bytes(page, true);
	for (const char *line = page, *end; *line; line = end + 1) {
		size_t ticks = strspn(line, "`"), pipes = 0;
		bool code = false;

		end = strchr(line, '\n');
		if (!end)
			return "no end of line";
		if (ticks >= 3 && (fence == 0 || ticks >= fence)) {
			fence = fence ? 0 : ticks;
			continue;
		}
		if (fence)
			continue;
		for (const char *s = line; s < end; s++) {
			if (*s == '`')
				code = !code;
			else if (*s == '\\' && !code)
				s++;
			else if (*s == '|')
				pipes++;
			else if (*s == '<' && !code && strncmp(s, "<details><summary>", 18) != 0 &&
				 strncmp(s, "<summary>", 9) != 0 && strncmp(s, "</", 2) != 0)
				return "a foreign tag";
		}
		if (code)
			return "code that does not end in its line";
		if (*line == '|' ? cells && pipes != cells : pipes != 0)
			return "a cell too many or too few";
		cells = *line == '|' ? pipes : 0;
	}
	return fence ? "a block that does not end" : NULL;
}

/* The page that one renderer makes of a record; the caller's to free. */
enum sound_format { SOUND_TEXT, SOUND_ASCII, SOUND_MD, SOUND_HTML, SOUND_FORMATS };

static inline char *sound_page(const json_t *record, enum sound_format format)
{
	struct report report;
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	report_make(record, &report);
	if (format == SOUND_MD)
		report_md(out, &report);
	else if (format == SOUND_HTML)
		report_html(out, &report);
	else
		report_text(out, &report, format == SOUND_TEXT);
	report_release(&report);
	fclose(out);
	return page;
}

static inline const char *sound(const char *page, enum sound_format format)
{
	return format == SOUND_HTML ? sound_html(page)
	       : format == SOUND_MD ? sound_md(page)
				    : sound_bytes(page, format == SOUND_TEXT);
}

#endif
