/* record.h - one run as JSON: the record file, schema enclave-run/record/1.
 *
 * Members are only ever added; readers ignore what they don't know.  Times are RFC 3339 UTC, amounts
 * are integers of bytes, nanoseconds or counts; null means not known or not limited. */
#ifndef CMD_RECORD_H
#define CMD_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "profiles/policy.h"
#include "sandbox/outcome.h"
#include "sandbox/plan.h"

#define RECORD_SCHEMA "enclave-run/record/1"

/* record_running() - what is known before anything was started: status "running".
 * record_final() - the whole.  plan is NULL when none could be made.  NULL when out of memory. */
json_t *record_running(const struct policy *policy, const struct plan *plan,
		       const struct outcome *o);
json_t *record_final(const struct policy *policy, const struct plan *plan, const struct outcome *o);

/* record_egress() - the member `egress`, null without a network.  record_egress.c */
json_t *record_egress(const struct policy *policy, const struct egress_report *report);

/* record_refused() - the outcome of a run that was refused before a session existed. */
void record_refused(const struct policy *policy, const struct err *why, struct outcome *out);

#endif
