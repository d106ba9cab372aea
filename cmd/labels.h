/* labels.h - who started us: names of a scheduler or CI system become labels of the record. */
#ifndef CMD_LABELS_H
#define CMD_LABELS_H

#include "base/err.h"
#include "profiles/policy.h"

/* labels_add() - one label for every variable of the table that is set and not empty; a label of the
 * user's of the same name wins.  @lookup: getenv, or a test's own. */
int labels_add(struct policy *policy, const char *(*lookup)(const char *name), struct err *e);

/* labels_variable() - the names in the table, for the manual; NULL after the last. */
const char *labels_variable(size_t index);

#endif
