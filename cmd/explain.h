/* explain.h - a plan by its name: the hash that the audit log keeps. */
#ifndef CMD_EXPLAIN_H
#define CMD_EXPLAIN_H

#include "audit/hash.h"
#include "base/err.h"
#include "sandbox/plan.h"

/* explain_hash() - SHA-256 of what `explain --json` prints for this plan. */
int explain_hash(const struct plan *plan, struct hash *out, struct err *e);

#endif
