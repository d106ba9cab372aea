/* Lines of values in JSON text. */
#include "profiles/locate.h"

#include "tests/unit/tap.h"

static const char text[] = "{\n"				 /* 1 */
			   "  \"a\": { \"b\\\"}\": [1, 2],\n"	 /* 2 */
			   "    \"c\":\n"			 /* 3 */
			   "      [ \"x\", { \"d\": -1.5e3 },\n" /* 4 */
			   "        \"]\"\n"			 /* 5 */
			   "      ] },\n"			 /* 6 */
			   "  \"\\u0065f\": true, \"g.h\": {}\n" /* 7 */
			   "}\n";

static void finds(const struct locate_step *steps, size_t count, unsigned line, const char *value,
		  const char *what)
{
	struct located where = { 0 };
	char got[128] = "";

	if (!ok(locate(text, sizeof(text) - 1, steps, count, &where), "%s is found", what))
		return;
	is_int(where.line, line, "%s: line", what);
	snprintf(got, sizeof(got), "%.*s", (int)where.value_len, where.value);
	is_str(got, value, "%s: text", what);
}

#define PATH(...)                                    \
	(const struct locate_step[]){ __VA_ARGS__ }, \
		sizeof((const struct locate_step[]){ __VA_ARGS__ }) / sizeof(struct locate_step)
#define KEY(s)              \
	{                   \
		.name = (s) \
	}
#define ITEM(n)              \
	{                    \
		.index = (n) \
	}

/* Cut anywhere, or with any byte wrong, it finds nothing or something, but inside the text. */
static void survives(void)
{
	static const char bad[] = "{}[]\",:\\ \n";
	const struct locate_step steps[] = { KEY("a"), KEY("c"), ITEM(1) };
	struct located where;
	char copy[sizeof(text)];
	bool inside = true;

	for (size_t len = 0; len < sizeof(text); len++)
		if (locate(text, len, steps, 3, &where))
			inside = inside && where.value + where.value_len <= text + len;
	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		for (const char *p = bad; *p; p++) {
			memcpy(copy, text, sizeof(copy));
			copy[at] = *p;
			if (locate(copy, sizeof(copy) - 1, steps, 3, &where))
				inside = inside &&
					 where.value + where.value_len <= copy + sizeof(copy) - 1;
		}
	}
	ok(inside, "damaged text is never left");
}

int main(void)
{
	struct located where;

	finds(PATH(KEY("a"), KEY("c")), 3, "[ \"x\", { \"d\": -1.5e3 },\n        \"]\"\n      ]",
	      "an array over three lines");
	finds(PATH(KEY("a"), KEY("b\"}"), ITEM(1)), 2, "2", "an escaped name");
	finds(PATH(KEY("a"), KEY("c"), ITEM(0)), 4, "\"x\"", "first item");
	finds(PATH(KEY("a"), KEY("c"), ITEM(1), KEY("d")), 4, "-1.5e3", "a number inside an item");
	finds(PATH(KEY("a"), KEY("c"), ITEM(2)), 5, "\"]\"", "a bracket in a string");
	finds(PATH(KEY("ef")), 7, "true", "a name with \\u");
	finds(PATH(KEY("g.h")), 7, "{}", "a name with a dot");
	ok(!locate(text, sizeof(text) - 1, PATH(KEY("z")), &where), "a missing member");
	ok(!locate(text, sizeof(text) - 1, PATH(KEY("a"), KEY("c"), ITEM(3)), &where),
	   "an item behind the last");
	ok(!locate(text, sizeof(text) - 1, PATH(KEY("a"), ITEM(0)), &where), "an item of an object");
	ok(!locate("", 0, PATH(KEY("a")), &where), "no text");
	survives();
	return done();
}
