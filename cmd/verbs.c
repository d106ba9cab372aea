/* verbs.c - the table of verbs; the first row is what runs without one. */
#include "cmd/verbs.h"

#include <string.h>

const struct verb verbs[] = {
	{ "run", run_verb, true, "[OPTIONS] [--] COMMAND [ARG...]",
	  "run one workload (the default)" },
	{ "explain", explain_verb, true, "[OPTIONS] [--] COMMAND [ARG...]",
	  "print what would be done; start nothing" },
	{ "check", check_verb, false, "--sweep", "remove what killed launchers left behind" },
	{ "report", show_verb, false, "RECORD [--format text|md|html]",
	  "one record, for people: on a terminal, in a CI summary, as a page" },
	{ "canary", NULL, false, "", "" },
	{ "policy", NULL, false, "", "" },
	{ "audit", NULL, false, "", "" },
	{ "summary", NULL, false, "", "" },
};

const size_t verb_count = sizeof(verbs) / sizeof(verbs[0]);

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < verb_count; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}
