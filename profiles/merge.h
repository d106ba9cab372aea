/* merge.h - write values into a policy, key by key, in the order they are said.
 *
 *	merge_begin()		what holds before anything is said: base environment, unset fields
 *	merge_set()		once per value: presets first, then the policy file, then the options
 *	merge_finish()		what follows from other values (fsize from disk)
 *
 * What is said comes from sources: each document, then all options together; merge_source() begins one.
 * The first is always the preset `default`.  Two keys care: a rule of --allow lifts a `net` that let
 * nothing out (`--allow` without `--net` means `--net allow`), unless
 *	both were said by one source	an error: they contradict each other
 *	`none` was said before		an error: only a later --net lifts it (but that of `default`)
 *	`none`, `deny` was said later	it wins, and the rules said before it are dropped
 *
 * Scalars: the last one wins.  Lists grow; env, rlimit and label replace an entry of the same name.
 * Values arrive as text, whatever they were written as. */
#ifndef PROFILES_MERGE_H
#define PROFILES_MERGE_H

#include "base/err.h"
#include "profiles/keys.h"
#include "profiles/policy.h"

struct merge {
	struct policy *policy;
	char *const *caller_env; /* what -e VAR and --keep-env take from; NULL-terminated */
	const char *directory;	 /* absolute: relative host paths start here */
	unsigned source;	 /* the first is 1; 0: nobody said anything yet */
	unsigned net_source, allow_source; /* of the last word about net and allow */
};

/* merge_begin() - m->policy is zeroed, or holds nothing but its arena. */
int merge_begin(struct merge *m, struct err *e);

/* merge_source() - what is set from here on comes from the next document, or from the options. */
void merge_source(struct merge *m);

/* merge_set() - one value for one key.  The message in *e does not name the key: the caller knows
 * where the value stands and prefixes that. */
int merge_set(struct merge *m, const struct key *key, const char *value, struct err *e);

int merge_finish(struct merge *m, struct err *e);

#endif
