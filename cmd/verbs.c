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
	{ "summary", summary_verb, false, "[--json] RECORD...",
	  "count many records by reason; ends with 1 if any run is not ok, that is, did not end by "
	  "itself with status 0" },
	{ "canary", canary_verb, true, "[OPTIONS] [--json]",
	  "try to get out of real sandboxes that are started with OPTIONS; exit status 1 names the probe "
	  "that got through, or could not have" },
	{ "policy suggest", suggest_verb, false, "RECORD|AUDIT [--policy FILE]",
	  "print the smallest policy that would have allowed a recorded run" },
	{ "audit verify", audit_verify_verb, false,
	  "FILE [--head SHA256]... [--head-from RECORD]...",
	  "check the hash chain of an audit log, and that these heads occur in it; name the first "
	  "line that was changed, moved or dropped (exit status 1)" },
	{ "audit show", audit_show_verb, false, "FILE", "an audit log, for people" },
};

const size_t verb_count = sizeof(verbs) / sizeof(verbs[0]);

/* Words of a verb's name that stand at the beginning of these words; 0 = not all of them do. */
static size_t words_matching(const char *name, char *const *words)
{
	size_t taken = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (!words[taken] || strlen(words[taken]) != len ||
		    memcmp(words[taken], name, len) != 0)
			return 0;
		name += len + (name[len] == ' ');
		taken++;
	}
	return taken;
}

const struct verb *verb_find(char *const *words, size_t *out_taken)
{
	for (size_t i = 0; i < verb_count; i++) {
		*out_taken = words_matching(verbs[i].name, words);
		if (*out_taken > 0)
			return &verbs[i];
	}
	return NULL;
}

const struct verb *verb_begun(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < verb_count && len > 0; i++)
		if (strncmp(verbs[i].name, word, len) == 0 && verbs[i].name[len] == ' ')
			return &verbs[i];
	return NULL;
}
