/* resolve_tree.h - the file tree of a plan: the system's rows, then the user's.  See resolve.h. */
#ifndef PROFILES_RESOLVE_TREE_H
#define PROFILES_RESOLVE_TREE_H

#include "base/err.h"
#include "profiles/policy.h"
#include "sandbox/plan.h"

int resolve_tree(const struct policy *policy, struct plan *plan, struct err *e);

#endif
