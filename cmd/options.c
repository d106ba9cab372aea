/* options.c - one pass over the words, then the policy: preset or file first, options in order.
 *
 * The options are collected before any is applied, because --policy may stand behind others and still
 * comes first. */
#include "cmd/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/verbs.h"
#include "profiles/keys.h"
#include "profiles/load.h"
#include "profiles/merge.h"

#define FIELD(member) offsetof(struct options, member)

const struct program_option program_options[] = {
	{ "policy", 0, FIELD(policy_name), PROGRAM_VALUE, NULL, "FILE|PRESET",
	  "start from this policy: default, ci, judge, agent, or a JSON file" },
	{ "json", 0, FIELD(json), PROGRAM_FLAG, "explain, summary, canary, audit verify", NULL,
	  "print the plan, the counts or the findings as JSON" },
	{ "sweep", 0, FIELD(sweep), PROGRAM_FLAG, "check", NULL,
	  "remove control groups left by runs whose launcher was killed" },
	{ "format", 0, FIELD(format), PROGRAM_VALUE, "report", "text|md|html",
	  "how to print a record" },
	{ "head", 0, FIELD(heads), PROGRAM_LIST, "audit verify", "SHA256",
	  "a hash that must occur in the log, behind those named before it" },
	{ "head-from", 0, FIELD(head_records), PROGRAM_LIST, "audit verify", "RECORD",
	  "take the head that this record has kept; in any order" },
	{ "help", 'h', FIELD(help), PROGRAM_FLAG, NULL, NULL, "print this page" },
	{ "version", 0, FIELD(version), PROGRAM_FLAG, NULL, NULL, "print the version" },
	{ "keys", 0, FIELD(keys), PROGRAM_FLAG, NULL, NULL, "print the key reference (Markdown)" },
	{ "man", 0, FIELD(man), PROGRAM_OPTIONAL, NULL, "policy",
	  "print the manual page, or the one about policy files" },
	{ "completion", 0, FIELD(completion), PROGRAM_VALUE, NULL, "bash",
	  "print the shell completion" },
};

const size_t program_option_count = sizeof(program_options) / sizeof(program_options[0]);

/* One policy key as it stood on the command line. */
struct said {
	const struct key *key;
	const char *as; /* "--memory" or "-e", for messages */
	const char *value;
};

struct parser {
	struct options *o;
	char **at; /* next word */
	struct said *said;
	size_t said_count;
};

/* One option of the command line, taken apart. */
struct word {
	char name[64]; /* without dashes and value */
	char as[72];
	const char *value; /* behind '=' or the letter; NULL = none there */
};

static const struct program_option *find_program_option(const struct word *w, bool letter)
{
	for (size_t i = 0; i < program_option_count; i++) {
		const struct program_option *option = &program_options[i];

		if (letter ? option->letter == w->name[0] : strcmp(option->name, w->name) == 0)
			return option;
	}
	return NULL;
}

/* "--memory=1G", "--memory", "-e", "-eA=1" */
static bool split(const char *arg, struct word *w)
{
	bool letter = arg[1] != '-';
	const char *equals = letter ? NULL : strchr(arg, '=');
	struct text name = TEXT_ON(w->name), as = TEXT_ON(w->as);
	size_t len = letter ? 2 : equals ? (size_t)(equals - arg) : strlen(arg);

	text_bytes(&as, arg, len);
	text_bytes(&name, arg + 2 - letter, len - 2 + letter);
	w->value = equals ? equals + 1 : letter && arg[2] ? arg + 2 : NULL;
	return letter;
}

/* "--", or an option by its long name, with a value or without. */
static bool is_option(const char *arg)
{
	struct word w = { 0 };

	if (arg[0] != '-' || arg[1] != '-')
		return false;
	split(arg, &w);
	return arg[2] == '\0' || find_program_option(&w, false) || key_find(w.name);
}

/* What those look for who have a wrapper of bubblewrap, and what it is here. */
static const struct {
	const char *name, *here;
} foreign_options[] = {
	{ "ro-bind", "here it is --ro SRC[:DST]" },
	{ "ro-bind-try", "here it is --ro-try SRC[:DST]" },
	{ "bind", "here it is --rw SRC[:DST]" },
	{ "setenv", "here it is --env VAR=VALUE" },
	{ "unshare-net", "here it is --net none" },
	{ "share-net", "here what may be reached is named: --allow HOST[:PORTS]" },
	{ "deny", "nothing is let out but what --allow names" },
	{ "clearenv", "it is always so: leave it away" },
	{ "die-with-parent", "it is always so: leave it away" },
	{ "new-session", "it is always so: leave it away" },
	{ "unshare-all", "it is always so: leave it away" },
	{ "unshare-user", "it is always so: leave it away" },
	{ "unshare-pid", "it is always so: leave it away" },
	{ "unshare-ipc", "it is always so: leave it away" },
	{ "unshare-uts", "it is always so: leave it away" },
	{ "proc", "/proc is always there: leave it away" },
	{ "dev", "a minimal /dev is always there: leave it away" },
};

static int unknown_option(const struct word *w, bool letter, struct err *e)
{
	const char *best = letter ? NULL : key_nearest(w->name, KEY_GROUP_COUNT);
	unsigned distance = best ? key_distance(w->name, best) : 0;

	for (size_t i = 0; !letter && i < sizeof(foreign_options) / sizeof(foreign_options[0]); i++)
		if (strcmp(w->name, foreign_options[i].name) == 0)
			return err_usage(e, "unknown option '%s'; %s", w->as,
					 foreign_options[i].here);
	for (size_t i = 0; !letter && i < program_option_count; i++)
		key_closer(w->name, program_options[i].name, &best, &distance);
	if (best)
		return err_usage(e, "unknown option '%s'; did you mean --%s?", w->as, best);
	return err_usage(e, "unknown option '%s'; see enclave-run --help", w->as);
}

/* The value of an option that wants one: behind '=', or the next word.  There "--" and our own options
 * are no values: they show that the value was forgotten. */
static int take_value(struct parser *p, struct word *w, const char *metavar, struct err *e)
{
	if (!w->value && *p->at && is_option(*p->at))
		return err_usage(e, "%s wants a value: %s, and '%s' is none", w->as, metavar,
				 *p->at);
	if (!w->value && *p->at)
		w->value = *p->at++;
	if (!w->value)
		return err_usage(e, "%s wants a value: %s", w->as, metavar);
	return 0;
}

bool program_option_of(const struct program_option *option, const struct verb *verb)
{
	size_t len = strlen(verb->name);

	for (const char *p = option->verb; p; p = strchr(p, ',')) {
		p += strspn(p, ", ");
		if (strncmp(p, verb->name, len) == 0 && (p[len] == ',' || p[len] == '\0'))
			return true;
	}
	return !option->verb;
}

static int add_to_list(struct parser *p, struct text_list *list, const char *value, struct err *e)
{
	char **grown = policy_grow(&p->o->policy, list->items, list->count, sizeof(*grown));
	char *copy = policy_printf(&p->o->policy, "%s", value);

	if (!grown || !copy)
		return err_nomem(e);
	list->items = grown;
	grown[list->count++] = copy;
	return 0;
}

static int set_program_option(struct parser *p, const struct program_option *option, struct word *w,
			      struct err *e)
{
	char *field = (char *)p->o + option->field;

	if (!program_option_of(option, p->o->verb))
		return err_usage(e, "%s is an option of '%s' only", w->as, option->verb);
	if (option->takes == PROGRAM_FLAG) {
		if (w->value)
			return err_usage(e, "%s takes no value", w->as);
		*(bool *)field = true;
		return 0;
	}
	if (option->takes != PROGRAM_OPTIONAL && take_value(p, w, option->metavar, e) != 0)
		return -1;
	if (option->takes == PROGRAM_LIST)
		return add_to_list(p, (struct text_list *)(void *)field, w->value, e);
	*(const char **)(void *)field = w->value ? w->value : "";
	return 0;
}

static int add_said(struct parser *p, const struct key *key, struct word *w, struct err *e)
{
	struct said *said = &p->said[p->said_count];

	if (!p->o->verb->has_policy)
		return err_usage(e, "%s is no option of '%s'", w->as, p->o->verb->name);
	if (key->flags & KEY_NO_VALUE)
		w->value = w->value ? w->value : "yes";
	else if (take_value(p, w, key->metavar, e) != 0)
		return -1;
	said->key = key;
	said->value = w->value;
	said->as = policy_printf(&p->o->policy, "%s", w->as);
	if (!said->as)
		return err_nomem(e);
	p->said_count++;
	return 0;
}

/* The words of an option of a run, for a verb that starts runs of its own. */
static int keep_words(struct parser *p, char **word, struct err *e)
{
	struct text_list *list = &p->o->words;

	for (; p->o->verb->run == canary_verb && word < p->at; word++) {
		char **grown = policy_grow(&p->o->policy, list->items, list->count, sizeof(*grown));

		if (!grown)
			return err_nomem(e);
		list->items = grown;
		grown[list->count++] = *word;
	}
	return 0;
}

static int parse_option(struct parser *p, struct err *e)
{
	struct word w = { 0 };
	char **first = p->at;
	bool letter = split(*p->at++, &w);
	const struct program_option *option = find_program_option(&w, letter);
	const struct key *key = option	 ? NULL
				: letter ? key_find_letter(w.name[0])
					 : key_find(w.name);

	/* -vq is not -v with the value "q" */
	if (letter && w.value && (option || (key && key->flags & KEY_NO_VALUE)))
		return err_usage(e, "%s takes no value: letters are not bundled", w.as);
	if (option && set_program_option(p, option, &w, e) != 0)
		return -1;
	if (key && add_said(p, key, &w, e) != 0)
		return -1;
	if (option || key) /* an option of a few verbs is none of a run */
		return option && option->verb ? 0 : keep_words(p, first, e);
	return unknown_option(&w, letter, e);
}

static int parse_words(struct parser *p, struct err *e)
{
	while (*p->at && (*p->at)[0] == '-' && (*p->at)[1] != '\0') {
		if (strcmp(*p->at, "--") == 0) {
			p->at++;
			return 0;
		}
		if (parse_option(p, e) != 0)
			return -1;
	}
	return 0;
}

static int find_verb(struct parser *p, struct err *e)
{
	const struct verb *begun = *p->at ? verb_begun(*p->at) : NULL;
	size_t taken = 0;

	p->o->verb = verb_find(p->at, &taken);
	p->at += taken;
	if (p->o->verb)
		return 0;
	if (begun)
		return err_usage(e,
				 "'%s' alone is no verb, '%s' is one; see enclave-run --help (a command of "
				 "this name is run by 'enclave-run -- %s')",
				 *p->at, begun->name, *p->at);
	p->o->verb = &verbs[0];
	return 0;
}

/* Without a command there is nothing that an option could belong to but us: words and options in any
 * order, the words moved together in the caller's array. */
static int parse_mixed(struct parser *p, size_t *out_count, struct err *e)
{
	char **first = p->at, **word = p->at;
	bool ended = false;

	while (*p->at) {
		bool dash = !ended && (*p->at)[0] == '-' && (*p->at)[1] != '\0';

		if (dash && strcmp(*p->at, "--") == 0) {
			ended = true;
			p->at++;
		} else if (!dash) {
			*word++ = *p->at++;
		} else if (parse_option(p, e) != 0) {
			return -1;
		}
	}
	*word = NULL;
	*out_count = (size_t)(word - first);
	p->at = first;
	return 0;
}

static int merge_options(const struct parser *p, struct err *e)
{
	char here[PATH_MAX];
	struct merge m = { .policy = &p->o->policy, .caller_env = environ };

	/* A directory without a readable name still works by the kernel's link to it. */
	m.directory = getcwd(here, sizeof(here)) ? here : "/proc/self/cwd";
	if (merge_begin(&m, e) != 0 || load_policy(&m, p->o->policy_name, e) != 0)
		return -1;
	merge_source(&m);
	for (size_t i = 0; i < p->said_count; i++)
		if (merge_set(&m, p->said[i].key, p->said[i].value, e) != 0)
			return err_wrap(e, "%s", p->said[i].as);
	p->o->policy.argv = p->o->rest;
	return merge_finish(&m, e);
}

static int parse_rest(struct parser *p, struct err *e)
{
	struct options *o = p->o;
	int rc;

	if (!o->verb->has_policy) {
		rc = parse_mixed(p, &o->rest_count, e);
		o->rest = p->at;
		return rc;
	}
	if (parse_words(p, e) != 0)
		return -1;
	o->rest = p->at;
	while (o->rest[o->rest_count])
		o->rest_count++;
	return options_page(o) ? 0 : merge_options(p, e);
}

int options_parse(char **argv, struct options *out, struct err *e)
{
	struct parser p = { .o = out, .at = argv };
	size_t words = 0;
	int rc;

	memset(out, 0, sizeof(*out));
	while (argv[words])
		words++;
	p.said = calloc(words + 1, sizeof(*p.said));
	if (!p.said)
		return err_nomem(e);
	rc = find_verb(&p, e) == 0 ? parse_rest(&p, e) : -1;
	free(p.said);
	if (rc != 0)
		options_release(out);
	return rc;
}

void options_release(struct options *o)
{
	policy_release(&o->policy);
}

bool options_page(const struct options *o)
{
	return o->help || o->version || o->keys || o->man || o->completion;
}
