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
	const char *name;
	int (*run)(struct options *o); /* returns the exit status; NULL = not in this version */
	bool has_policy;	       /* takes the keys as options, and a command */
	const char *synopsis;
	const char *help;
};

extern const struct verb verbs[];
extern const size_t verb_count;
const struct verb *verb_find(const char *name);

/* An option of the program, not of the policy. */
struct program_option {
	const char *name;
	char letter;
	size_t field; /* offset in struct options */
	enum { PROGRAM_FLAG, PROGRAM_VALUE, PROGRAM_OPTIONAL } takes;
	const char *verb; /* only for this one; NULL = for all */
	const char *metavar;
	const char *help;
};

extern const struct program_option program_options[];
extern const size_t program_option_count;

struct options {
	const struct verb *verb;
	bool help, version, keys, json, sweep;
	const char *policy_name;	       /* --policy */
	const char *man, *completion, *format; /* NULL = not given */
	char **rest;			       /* what follows the options, NULL-terminated */
	size_t rest_count;
	struct policy policy; /* merged, for verbs that have one */
};

/* options_parse() - argv without the program's name.  On success the caller releases *out with
 * options_release(); the policy is merged unless a page (help, man...) was asked for. */
int options_parse(char **argv, struct options *out, struct err *e);
void options_release(struct options *o);

/* options_page() - was a page asked for instead of a verb's work? */
bool options_page(const struct options *o);

#endif
