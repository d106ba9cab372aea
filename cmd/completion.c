/* completion.c - --completion=bash: names, words of choices, files. */
#include <string.h>

#include "cmd/pages.h"

static void print_option_names(FILE *out)
{
	fputs("\tlocal options='", out);
	for (size_t i = 0; i < key_count; i++)
		if (pages_shown(&keys[i]))
			fprintf(out, "--%s ", keys[i].name);
	for (size_t i = 0; i < program_option_count; i++)
		fprintf(out, "--%s ", program_options[i].name);
	fputs("'\n\tlocal verbs='", out);
	for (size_t i = 0; i < verb_count; i++) {
		size_t len = strcspn(verbs[i].name, " ");

		/* verbs of two words stand together; their first is offered once */
		if (verbs[i].run && (i == 0 || strncmp(verbs[i - 1].name, verbs[i].name, len) != 0))
			fprintf(out, "%.*s ", (int)len, verbs[i].name);
	}
	fputs("'\n", out);
}

/* What stands behind a verb that takes no command: its second word, options, files. */
static void print_verb_words(FILE *out)
{
	for (size_t i = 0; i < verb_count; i++) {
		const char *second = strchr(verbs[i].name, ' ');

		if (!verbs[i].run || verbs[i].has_policy)
			continue;
		fprintf(out, "\t[[ ${COMP_WORDS[1]} == %.*s ]] && ((COMP_CWORD > 1)) && ",
			(int)strcspn(verbs[i].name, " "), verbs[i].name);
		fprintf(out,
			second ? "second+='%s ' files=yes i=$COMP_CWORD\n"
			       : "files=yes i=$COMP_CWORD%s\n",
			second ? second + 1 : "");
	}
}

/* Options that stand alone: the word behind them is not their value. */
static void print_bare(FILE *out)
{
	fputs("\tlocal bare='", out);
	for (size_t i = 0; i < key_count; i++)
		if (keys[i].flags & KEY_NO_VALUE && pages_shown(&keys[i]))
			fprintf(out, "--%s ", keys[i].name);
	for (size_t i = 0; i < program_option_count; i++)
		if (program_options[i].takes == PROGRAM_FLAG ||
		    program_options[i].takes == PROGRAM_OPTIONAL)
			fprintf(out, "--%s ", program_options[i].name);
	fputs("-v -q -h '\n", out);
}

static void print_walls(FILE *out)
{
	for (unsigned i = 0; i < WALL_COUNT; i++)
		fprintf(out, "%s ", wall_name((enum wall_id)i));
}

static void print_values(FILE *out)
{
	fputs("\tcase $before in\n", out);
	for (size_t i = 0; i < key_count; i++) {
		const struct key *key = &keys[i];

		if (!pages_shown(key) || (!key->words && key->type != KEY_TYPE_WALLS))
			continue;
		fprintf(out, "\t--%s) words='", key->name);
		for (size_t j = 0; key->words && key->words[j]; j++)
			fprintf(out, "%s ", key->words[j]);
		if (key->type == KEY_TYPE_WALLS)
			print_walls(out);
		fputs("' ;;\n", out);
	}
	fputs("\t--policy) words='default ci judge agent' files=yes ;;\n"
	      "\t--seccomp) words='default strict debug' files=yes ;;\n"
	      "\t--man) words=policy ;;\n"
	      "\t--completion) words=bash ;;\n"
	      "\t--format) words='text md html' ;;\n"
	      "\t-*) files=yes ;;\n"
	      "\tesac\n",
	      out);
}

void completion_page(FILE *out, const void *arg)
{
	(void)arg;
	fputs("# bash completion for enclave-run; printed by enclave-run --completion=bash\n"
	      "_enclave_run() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal words='' files='' second='' i=1\n"
	      "\t[[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\t[[ $word == = ]] && { before=${COMP_WORDS[COMP_CWORD - 1]}; word=''; }\n",
	      out);
	print_option_names(out);
	print_bare(out);
	fputs("\t# behind the options stands a command: complete it as if it stood alone\n"
	      "\t[[ \" $verbs\" == *\" ${COMP_WORDS[1]} \"* ]] && ((COMP_CWORD > 1)) && i=2\n",
	      out);
	print_verb_words(out);
	fputs("\t[[ $second ]] && ((COMP_CWORD == 2)) && "
	      "{ COMPREPLY=($(compgen -W \"$second\" -- \"$word\")); return 0; }\n"
	      "\twhile ((i < COMP_CWORD)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t--) _command_offset $((i + 1)) 2>/dev/null; return ;;\n"
	      "\t\t-*)\n"
	      "\t\t\tif [[ ${COMP_WORDS[i + 1]} == = ]]; then ((i += 3))\n"
	      "\t\t\telif [[ \" $bare\" == *\" ${COMP_WORDS[i]} \"* ]]; then ((i += 1))\n"
	      "\t\t\telse ((i += 2)); fi ;;\n"
	      "\t\t*) _command_offset $i 2>/dev/null; return ;;\n"
	      "\t\tesac\n"
	      "\tdone\n",
	      out);
	print_values(out);
	fputs("\t[[ \" $bare\" == *\" $before \"* ]] && words='' files=''\n"
	      "\tif [[ $word == -* ]]; then words=$options\n"
	      "\telif [[ -z $words$files ]]; then\n"
	      "\t\t((COMP_CWORD == 1)) && words=$verbs\n"
	      "\t\tCOMPREPLY=($(compgen -c -- \"$word\"))\n"
	      "\tfi\n"
	      "\t[[ -n $words ]] && COMPREPLY+=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\t[[ -n $files ]] && COMPREPLY+=($(compgen -f -- \"$word\"))\n"
	      "\treturn 0\n"
	      "}\n"
	      "complete -o filenames -F _enclave_run enclave-run\n",
	      out);
}
