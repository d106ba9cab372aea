/* keys.h - the one table of everything a policy can say.
 *
 * One row is one key: the option --name on the command line and the member "name" of its group in a
 * policy file.  Option parsing, policy parsing, --help, the manual pages, --keys and the shell
 * completion are all made from it, so they can't disagree. */
#ifndef PROFILES_KEYS_H
#define PROFILES_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(identifier, member of a policy file, title in the help) */
#define KEY_GROUP_TABLE(X)                               \
	X(LIMITS, "limits", "Limits")                    \
	X(FILES, "files", "Files (in order, last wins)") \
	X(PROCESS, "process", "Process")                 \
	X(NETWORK, "network", "Network")                 \
	X(SECRETS, "secrets", "Secrets")                 \
	X(WALLS, "walls", "Walls")                       \
	X(RESULT, "result", "Result")                    \
	X(HOST, "host", "Host")

enum key_group {
#define KEY_GROUP_ENUM(id, name, title) KEY_GROUP_##id,
	KEY_GROUP_TABLE(KEY_GROUP_ENUM)
#undef KEY_GROUP_ENUM
		KEY_GROUP_COUNT
};

/* The type of a key picks its setter (profiles/set.c) and the JSON it may be written as (load.c).
 * X(identifier, what a value looks like, for messages and the key reference) */
#define KEY_TYPE_TABLE(X)                                               \
	X(SIZE, "bytes or K, M, G, T (powers of 1024)")                 \
	X(DURATION, "seconds or ms, s, m, h")                           \
	X(CPUS, "a number of cpus such as 2 or 0.5")                    \
	X(COUNT_OF, "a whole number")                                   \
	X(FD, "a descriptor number")                                    \
	X(CHOICE, "a word")                                             \
	X(NET, "a word")                                                \
	X(SWITCH, "a word")                                             \
	X(FLAG, "yes or no")                                            \
	X(LOUDER, "nothing")                                            \
	X(QUIETER, "nothing")                                           \
	X(TEXT, "text")                                                 \
	X(HOST_PATH, "a path on the host")                              \
	X(INSIDE_PATH, "an absolute path inside")                       \
	X(HOSTNAME, "a host name")                                      \
	X(USER, "UID or UID:GID, as numbers")                           \
	X(SECCOMP, "a profile name, or a path with a '/'")              \
	X(MOUNT, "SRC or SRC:DST (a colon in a path is written '\\:')") \
	X(PLACE, "an absolute path inside")                             \
	X(RLIMIT, "NAME=VALUE")                                         \
	X(ENV, "VAR=VALUE, or VAR for the caller's value")              \
	X(ENV_FILE, "a file of VAR=VALUE lines")                        \
	X(KEEP_ENV, "NAME or PREFIX*")                                  \
	X(LABEL, "KEY=VALUE")                                           \
	X(SECRET, "NAME=file:PATH, NAME=fd:N or NAME=cred:NAME")        \
	X(PASS_FD, "a descriptor number")                               \
	X(WALLS, "names of walls, separated by commas")                 \
	X(EGRESS, "HOST[:PORTS][/udp]")                                 \
	X(LATER, "anything")

enum key_type {
#define KEY_TYPE_ENUM(id, wants) KEY_TYPE_##id,
	KEY_TYPE_TABLE(KEY_TYPE_ENUM)
#undef KEY_TYPE_ENUM
		KEY_TYPE_COUNT
};

#define KEY_NONE_LIFTS 1u  /* "none" = not limited */
#define KEY_REPEATS 2u	   /* may be given more than once; a JSON array in a policy file */
#define KEY_NO_VALUE 4u	   /* as an option it stands alone; a JSON boolean in a policy file */
#define KEY_OPTION_ONLY 8u /* not in policy files */
#define KEY_LATER 16u	   /* known, but refused: not in this version, not in the help */

struct key {
	enum key_group group;
	const char *name;
	char letter; /* -e; 0 = none */
	enum key_type type;
	size_t field;	   /* offset in struct policy of what the setter writes */
	uint64_t min, max; /* of the parsed number, in its own unit; both 0 = any */
	unsigned flags;
	int kind;		  /* MOUNT, PLACE: enum file_kind */
	const char *const *words; /* CHOICE, SWITCH: by value of the field, NULL-terminated */
	const char *metavar;
	const char *help; /* one line, starts with a verb or a noun, no full stop */
};

extern const struct key keys[];
extern const size_t key_count;

const char *key_group_name(enum key_group group);
const char *key_group_title(enum key_group group);
bool key_group_find(const char *name, enum key_group *out_group);
const char *key_type_wants(enum key_type type);

/* key_find() - by the name of the option without dashes; NULL if there is none. */
const struct key *key_find(const char *name);
const struct key *key_find_letter(char letter);

/* key_distance() - edit distance (insert, delete, replace, swap) of two short words. */
unsigned key_distance(const char *a, const char *b);

/* key_closer() - keep the candidate nearest to a mistyped word; start with *best NULL.  Only what a
 * slip could have produced counts: a small distance, or one word starting with the other. */
void key_closer(const char *word, const char *candidate, const char **best, unsigned *best_distance);

/* key_nearest() - nearest key that can be used; in one group, or KEY_GROUP_COUNT for all options. */
const char *key_nearest(const char *word, enum key_group group);

#endif
