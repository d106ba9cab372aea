/* resolve.h - from a checked policy and the facts of this host to the plan of one run.
 *
 * Reads the host (its own uid and capabilities, links such as /bin, optional files of /etc) but
 * changes nothing and starts nothing: `explain` calls it and stops.  Runs in: supervisor. */
#ifndef PROFILES_RESOLVE_H
#define PROFILES_RESOLVE_H

#include "base/err.h"
#include "profiles/policy.h"
#include "sandbox/plan.h"

int resolve_plan(const struct policy *policy, struct plan *out_plan, struct err *e);

#endif
