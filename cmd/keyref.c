/* keyref.c - --keys: the key reference in Markdown. */
#include <string.h>

#include "cmd/pages.h"
#include "profiles/units.h"
#include "sandbox/plan.h"

/* In a table cell a '|' would start the next one. */
static void print_cell(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			fputc('\\', out);
		fputc(*s, out);
	}
}

static void print_range(FILE *out, const struct key *key)
{
	static void (*const formats[KEY_TYPE_COUNT])(struct text *, uint64_t) = {
		[KEY_TYPE_SIZE] = units_format_size,
		[KEY_TYPE_DURATION] = units_format_duration,
		[KEY_TYPE_CPUS] = units_format_cpus,
		[KEY_TYPE_COUNT_OF] = text_u64,
		[KEY_TYPE_FD] = text_u64,
		[KEY_TYPE_PASS_FD] = text_u64,
		[KEY_TYPE_USER] = text_u64,
	};
	char buf[80] = "";
	struct text t = TEXT_ON(buf);

	if (formats[key->type] && (key->min || key->max)) {
		formats[key->type](&t, key->min);
		text_str(&t, " to ");
		formats[key->type](&t, key->max);
		if (key->flags & KEY_NONE_LIFTS)
			text_str(&t, ", none");
	}
	print_cell(out, buf);
}

static void print_row(FILE *out, const struct pages *pages, const struct key *key)
{
	char value[80];

	fprintf(out, "| `%s` | ", key->name);
	if (key->letter)
		fprintf(out, "`-%c` ", key->letter);
	fprintf(out, "`--%s", key->name);
	if (key->metavar) {
		fputc(' ', out);
		print_cell(out, key->metavar);
	}
	fputs("` | ", out);
	print_range(out, key);
	fprintf(out, " | %s | ", pages_default(pages, key, value, sizeof(value)));
	print_cell(out, key->help);
	fprintf(out, "%s%s |\n", key->flags & KEY_REPEATS ? "; repeatable" : "",
		key->flags & KEY_OPTION_ONLY ? "; not in policy files" : "");
}

void keyref_page(FILE *out, const void *arg)
{
	const struct pages *pages = arg;

	fputs("# Key reference\n\nPrinted by `enclave-run --keys`. Every key is an option `--KEY` and, in a "
	      "policy file, the member `KEY` of its group.\n",
	      out);
	for (unsigned group = 0; group < KEY_GROUP_COUNT; group++) {
		bool titled = false;

		for (size_t i = 0; i < key_count; i++) {
			if (keys[i].group != (enum key_group)group || !pages_shown(&keys[i]))
				continue;
			if (!titled)
				fprintf(out,
					"\n## %s (`\"%s\"`)\n\n| key | option | range | default | meaning |\n"
					"|---|---|---|---|---|\n",
					key_group_title((enum key_group)group),
					key_group_name((enum key_group)group));
			titled = true;
			print_row(out, pages, &keys[i]);
		}
	}
	fputs("\n## Walls (for `--require` and `--allow-missing`)\n\n| wall | meaning |\n|---|---|\n",
	      out);
	for (unsigned i = 0; i < WALL_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", wall_name((enum wall_id)i),
			wall_meaning((enum wall_id)i));
}
