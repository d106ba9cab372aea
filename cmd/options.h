/* options.h - the command line: options in any order, then the command.
 *
 * Before a command the first word that is no option ends the options, and so does "--"; nothing after
 * it is looked at.  A verb that runs nothing takes its words and options in any order.
 * --name=VALUE and --name VALUE are the same; names are never abbreviated.  The keys of
 * profiles/keys are the options, and a few of the program itself (cmd/options.c). */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "profiles/policy.h"

struct options;

/* A verb is one only as the first argument: enclave-run VERB ... */
struct verb {
	const char *name;	       /* one word, or two: "audit verify" */
	int (*run)(struct options *o); /* returns the exit status; NULL = not in this version */
	bool has_policy;	       /* takes the keys as options, most also a command */
	const char *synopsis;
	const char *help;
};

extern const struct verb verbs[];
extern const size_t verb_count;

/* verb_find() - the verb that the first words name, and how many they are; NULL = none. */
const struct verb *verb_find(char *const *words, size_t *out_taken);

/* verb_begun() - a verb of two words whose first is this one; NULL = none. */
const struct verb *verb_begun(const char *word);

/* An option of the program, not of the policy. */
struct program_option {
	const char *name;
	char letter;
	size_t field; /* offset in struct options */
	enum { PROGRAM_FLAG, PROGRAM_VALUE, PROGRAM_OPTIONAL, PROGRAM_LIST } takes;
	const char *verb; /* only for these, separated by ", "; NULL = for all */
	const char *metavar;
	const char *help;
};

extern const struct program_option program_options[];
extern const size_t program_option_count;

/* program_option_of() - is it an option of this verb? */
bool program_option_of(const struct program_option *option, const struct verb *verb);

struct options {
	const struct verb *verb;
	bool help, version, keys, json, sweep;
	const char *policy_name;	       /* --policy */
	const char *man, *completion, *format; /* NULL = not given */
	struct text_list heads, head_records;  /* --head, --head-from */
	char **rest; /* the command, NULL-terminated; or a verb's words, by their count */
	size_t rest_count;
	struct text_list words; /* canary: the options of a run, to be handed on */
	struct policy policy;	/* merged, for verbs that have one */
};

/* options_parse() - argv without the program's name.  On success the caller releases *out with
 * options_release(); the policy is merged unless a page (help, man...) was asked for. */
int options_parse(char **argv, struct options *out, struct err *e);
void options_release(struct options *o);

/* options_page() - was a page asked for instead of a verb's work? */
bool options_page(const struct options *o);

#endif
