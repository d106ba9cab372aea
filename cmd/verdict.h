/* verdict.h - one sentence on why a run was not simply allowed to end.  Pure. */
#ifndef CMD_VERDICT_H
#define CMD_VERDICT_H

#include <stdbool.h>

#include "base/text.h"
#include "profiles/policy.h"
#include "sandbox/outcome.h"

/* verdict_line() - "killed: memory: limit of 64 MiB reached; raise it with --memory".
 * Returns false and writes nothing when the workload ended by itself: there is nothing to say. */
bool verdict_line(struct text *t, const struct policy *policy, const struct outcome *o);

/* verdict_egress() - "2 connections denied: a.example:443, 192.0.2.1:22; --allow a.example:443 ...";
 * false if there is nothing to say. */
bool verdict_egress(struct text *t, const struct outcome *o);

/* verdict_unreached() - "1 allowed, but not reached: a.example:443; the upstream host refuses or does
 * not answer"; false if there is nothing to say. */
bool verdict_unreached(struct text *t, const struct outcome *o);

/* verdict_cause() - the same without its first two words: cause, then remedy. */
bool verdict_cause(struct text *t, const struct policy *policy, const struct outcome *o);

/* verdict_summary() - for -v: how it ended and what it used, whatever the reason. */
void verdict_summary(struct text *t, const struct outcome *o);

#endif
