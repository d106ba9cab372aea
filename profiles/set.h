/* set.h - the setters behind merge_set(), one per type of key; private to profiles/.
 *
 * A setter parses `value`, checks it against the key's range and writes the policy. */
#ifndef PROFILES_SET_H
#define PROFILES_SET_H

#include "profiles/merge.h"

typedef int (*setter_fn)(struct merge *m, const struct key *key, const char *value, struct err *e);

/* Lists and pairs: profiles/set_list.c */
int set_mount(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_place(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_rlimit(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_label(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_pass_fd(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_walls(struct merge *m, const struct key *key, const char *value, struct err *e);

/* Secrets: profiles/set_secret.c */
int set_secret(struct merge *m, const struct key *key, const char *value, struct err *e);

/* The environment: profiles/set_env.c */
int set_env(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_env_file(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_keep_env(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_env_base(struct merge *m, struct err *e);

/* set_caller_value() - of the caller's variable of that name, NULL if he has none. */
const char *set_caller_value(const struct merge *m, const char *name);

/* The network: profiles/set_net.c */
int set_net(struct merge *m, const struct key *key, const char *value, struct err *e);
int set_egress(struct merge *m, const struct key *key, const char *value, struct err *e);

/* set_net_finish() - what `net` means once all rules are known: see profiles/merge.h. */
int set_net_finish(struct merge *m, struct err *e);

/* set_word() - index of value in the words of the key; -1 with *e. */
int set_word(const struct key *key, const char *value, struct err *e);

/* set_number() - parse by the key's type and check its range; "none" gives LIMIT_NONE where the key
 * allows it. */
int set_number(const struct key *key, const char *value, uint64_t *out, struct err *e);

/* set_host_path() - value relative to the caller's directory as an absolute path, in the arena. */
char *set_host_path(struct merge *m, const char *value, struct err *e);

/* set_inside_path() - check that value is absolute and without ".."; normalised copy in the arena. */
char *set_inside_path(struct merge *m, const char *value, struct err *e);

/* set_pair() - put name=value into a list of pairs, replacing an entry of that name. */
int set_pair(struct policy *policy, struct env_entry **list, size_t *count, const char *name,
	     size_t name_len, const char *value, struct err *e);

#endif
