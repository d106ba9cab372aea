/* load.h - policy files and presets (JSON, schema enclave-run/policy/1) into a policy.
 *
 * A document is loaded on top of the preset that it extends (`default` if it says nothing).  Every
 * error names the document, the line and the path of the key.  Unknown members are errors. */
#ifndef PROFILES_LOAD_H
#define PROFILES_LOAD_H

#include <stddef.h>

#include "base/err.h"
#include "profiles/merge.h"

#define LOAD_SCHEMA "enclave-run/policy/1"

/* load_policy() - the value of --policy: the name of a preset, else a path; NULL = preset default. */
int load_policy(struct merge *m, const char *name, struct err *e);

/* load_text() - one document held in memory; origin names it in messages. */
int load_text(struct merge *m, const char *origin, const char *text, size_t len, struct err *e);

/* How values of a type may be written besides as a string (or true and false, KEY_NO_VALUE). */
bool load_takes_number(enum key_type type);
bool load_takes_object(enum key_type type); /* { "NAME": "VALUE" } */
bool load_takes_rule(enum key_type type); /* { "to": "HOST", "ports": [443], "protocol": "tcp" } */

#endif
