/* locate.c - a walk over JSON text along one path. */
#include "profiles/locate.h"

#include <string.h>

struct cursor {
	const char *at, *end;
	unsigned line;
};

static char peek(const struct cursor *c)
{
	return (char)(c->at < c->end ? *c->at : '\0');
}

static void advance(struct cursor *c)
{
	if (c->at < c->end && *c->at++ == '\n')
		c->line++;
}

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at)
		advance(c);
}

/* From the opening quote to behind the closing one. */
static void skip_string(struct cursor *c)
{
	advance(c);
	while (c->at < c->end && *c->at != '"') {
		if (*c->at == '\\')
			advance(c);
		advance(c);
	}
	advance(c);
}

static void skip_value(struct cursor *c)
{
	size_t depth = 0;

	do {
		char now = peek(c);

		if (now == '"') {
			skip_string(c);
			continue;
		}
		if (depth == 0 && strchr(",]} \t\r\n", now))
			return;
		if (now == '{' || now == '[')
			depth++;
		if (now == '}' || now == ']')
			depth--;
		advance(c);
		if (depth == 0 && (now == '}' || now == ']'))
			return;
	} while (c->at < c->end && (depth > 0 || !strchr(",]} \t\r\n\"", *c->at)));
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF",
		   *found = c ? strchr(digits, c) : NULL;

	return found ? (int)((found - digits) % 16) : -1;
}

/* The byte an escape stands for; 0 for what a key name of ours never holds. */
static char unescape(const char **p, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	int code = 0;

	if (*p >= end)
		return '\0';
	if (**p != 'u') {
		found = strchr(from, **p);
		(*p)++;
		return (char)(found ? to[found - from] : '\0');
	}
	(*p)++;
	for (int i = 0; i < 4; i++, (*p)++) {
		if (*p >= end || hex_digit(**p) < 0)
			return '\0';
		code = code * 16 + hex_digit(**p);
	}
	return (char)(code < 0x80 ? code : '\0');
}

/* Does the string that starts at the cursor's quote spell name? */
static bool spells(const struct cursor *c, const char *name)
{
	const char *p = c->at + 1;

	while (p < c->end && *p != '"') {
		char byte = *p++;

		if (byte == '\\')
			byte = unescape(&p, c->end);
		if (byte == '\0' || byte != *name++)
			return false;
	}
	return *name == '\0';
}

static bool enter_member(struct cursor *c, const char *name, unsigned *line)
{
	if (peek(c) != '{')
		return false;
	advance(c);
	for (;;) {
		bool found;

		skip_space(c);
		if (peek(c) != '"')
			return false;
		*line = c->line;
		found = spells(c, name);
		skip_string(c);
		skip_space(c);
		if (peek(c) != ':')
			return false;
		advance(c);
		skip_space(c);
		if (found)
			return true;
		skip_value(c);
		skip_space(c);
		if (peek(c) != ',')
			return false;
		advance(c);
	}
}

static bool enter_item(struct cursor *c, size_t index, unsigned *line)
{
	if (peek(c) != '[')
		return false;
	advance(c);
	skip_space(c);
	for (; index > 0; index--) {
		skip_value(c);
		skip_space(c);
		if (peek(c) != ',')
			return false;
		advance(c);
		skip_space(c);
	}
	*line = c->line;
	return peek(c) != ']' && c->at < c->end;
}

bool locate(const char *text, size_t len, const struct locate_step *steps, size_t step_count,
	    struct located *out)
{
	struct cursor c = { .at = text, .end = text + len, .line = 1 };
	unsigned line;
	const char *start;

	skip_space(&c);
	line = c.line;
	for (size_t i = 0; i < step_count; i++) {
		bool entered = steps[i].name ? enter_member(&c, steps[i].name, &line)
					     : enter_item(&c, steps[i].index, &line);
		if (!entered)
			return false;
	}
	start = c.at;
	skip_value(&c);
	*out = (struct located){ .line = line, .value = start, .value_len = (size_t)(c.at - start) };
	return true;
}
