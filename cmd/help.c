/* help.c - --help: usage, options by group, exit status. */
#include <string.h>

#include "base/text.h"
#include "cmd/pages.h"

#define COLUMN 34
#define WIDTH 96

/* Text from COLUMN on, wrapped between words; `used` characters already stand in the line. */
static void print_wrapped(FILE *out, size_t used, const char *words)
{
	size_t at = COLUMN;

	if (used >= COLUMN) {
		fputc('\n', out);
		used = 0;
	}
	fprintf(out, "%*s", (int)(COLUMN - used), "");
	while (*words) {
		size_t len = strcspn(words, " ");

		if (at > COLUMN && at + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", COLUMN, "");
			at = COLUMN;
		} else if (at > COLUMN) {
			fputc(' ', out);
			at++;
		}
		fwrite(words, 1, len, out);
		at += len;
		words += len + (words[len] == ' ');
	}
	fputc('\n', out);
}

static size_t print_name(FILE *out, const char *name, char letter, const char *metavar,
			 bool optional)
{
	char buf[80] = "";
	struct text t = TEXT_ON(buf);

	text_fmt(&t, "  --%s", name);
	if (letter)
		text_fmt(&t, ", -%c", letter);
	if (metavar)
		text_fmt(&t, optional ? "[=%s]" : " %s", metavar);
	fputs(buf, out);
	return t.len;
}

static void print_key(FILE *out, const struct pages *pages, const struct key *key)
{
	char value[80], help[256] = "";
	struct text t = TEXT_ON(help);

	text_str(&t, key->help);
	if (*pages_default(pages, key, value, sizeof(value)))
		text_fmt(&t, " (default %s)", value);
	print_wrapped(out, print_name(out, key->name, key->letter, key->metavar, false), help);
}

static void print_keys(FILE *out, const struct pages *pages)
{
	for (unsigned group = 0; group < KEY_GROUP_COUNT; group++) {
		bool titled = false;

		for (size_t i = 0; i < key_count; i++) {
			if (keys[i].group != (enum key_group)group || !pages_shown(&keys[i]))
				continue;
			if (!titled)
				fprintf(out, "\n%s:\n", key_group_title((enum key_group)group));
			titled = true;
			print_key(out, pages, &keys[i]);
		}
	}
}

static void print_program_options(FILE *out, const struct verb *verb)
{
	fputs("\nProgram:\n", out);
	for (size_t i = 0; i < program_option_count; i++) {
		const struct program_option *option = &program_options[i];

		/* The page of `run` is the page of the program: it shows what the others take, too. */
		if (strcmp(verb->name, "run") != 0 && !program_option_of(option, verb))
			continue;
		print_wrapped(out,
			      print_name(out, option->name, option->letter, option->metavar,
					 option->takes == PROGRAM_OPTIONAL),
			      option->help);
	}
}

static void print_usage(FILE *out)
{
	for (size_t i = 0; i < verb_count; i++) {
		const struct verb *verb = &verbs[i];

		if (verb->run)
			fprintf(out, "%s enclave-run %s%s%s\n", i == 0 ? "Usage:" : "      ",
				i == 0 ? "" : verb->name, i == 0 ? "" : " ", verb->synopsis);
	}
	fputs("\nRuns one untrusted command in a namespace sandbox and says exactly why it ended.\n"
	      "The first word that is no option ends the options. --name VALUE and --name=VALUE are\n"
	      "the same. Sizes: bytes or K M G T (powers of 1024). Times: seconds, 500ms, 1.5s, 2m, 1h.\n"
	      "'none' lifts a limit. Options may be given more than once: lists grow, else the last wins.\n",
	      out);
}

void help_page(FILE *out, const void *arg)
{
	const struct pages *pages = arg;

	print_usage(out);
	if (pages->verb->has_policy)
		print_keys(out, pages);
	print_program_options(out, pages->verb);
	fputs("\nExit status:\n", out);
	for (const struct page_row *row = page_exit_statuses; row->name; row++)
		fprintf(out, "  %-8s %s\n", row->name, row->text);
	fputs("\nThe record (--record FILE) says which of these it was. Full manual: enclave-run --man\n",
	      out);
}
