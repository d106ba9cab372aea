/* trail.h - what one run tells the audit log, event by event.
 *
 * The supervisor is the only writer; other processes hand it fixed-size messages.  A trail that is
 * NULL belongs to a run without --audit: nothing is done then, not one system call.
 * An event that could not be written is counted in `lost`, the first error is kept, and the answer is
 * false: whoever asked ends the run as `audit` (supervise_kill with kill_audit).
 *
 * To tell something new: a row in AUDIT_KIND_TABLE (audit/event.h), an audit_event with its members,
 * trail_event().  What a workload can repeat at will is told once, when it happens first, and with
 * exact totals at the end, as violations are.  Runs in: supervisor. */
#ifndef SANDBOX_TRAIL_H
#define SANDBOX_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/chain.h"
#include "base/err.h"
#include "sandbox/outcome.h"
#include "sandbox/plan.h"

struct trail {
	struct audit_log log;
	char *const *labels; /* "KEY=VALUE", borrowed */
	size_t label_count;
	struct hash plan_hash; /* of what `explain --json` prints */

	bool started;		/* `start` is in the log */
	size_t violations_told; /* kinds of calls */
	uint64_t lost;		/* events that could not be written */
	struct err error;	/* the first of those; valid if lost > 0 */
};

/* What teardown has achieved. */
struct trail_left {
	bool processes_gone; /* reaped, and with them the namespaces and their mounts */
	const char *cgroup;  /* "none", "removed", "left" */
};

/* trail_event() - append any event. */
bool trail_event(struct trail *t, const struct outcome *o, const struct audit_event *ev);

/* trail_start() - `start`, names of secrets, and `walls`, after the read-back and before the release.  Returns -1 with *e:
 * the workload must not be released then. */
int trail_start(struct trail *t, const struct plan *plan, const struct outcome *o, struct err *e);

/* While it runs. */
bool trail_violations(struct trail *t, const struct outcome *o,
		      bool killed); /* kinds not told yet */
bool trail_kill(struct trail *t, const struct outcome *o, const char *reason);
bool trail_cancel(struct trail *t, const struct outcome *o, int signal);

/* trail_flow() - a flow of a kind that was not told yet: let out or denied.  trail_net.c
 * trail_network_end() - the totals, and how the gateway ended. */
bool trail_flow(struct trail *t, const struct plan *plan, const struct outcome *o,
		const struct net_event *event);
bool trail_network_end(struct trail *t, const struct outcome *o, bool orderly);

/* trail_explain() - make the first thing that was lost the run's error, in front of an earlier one. */
void trail_explain(const struct trail *t, struct outcome *o);

/* At the end.  trail_refused() is for what was never released, instead of trail_start(). */
bool trail_refused(struct trail *t, const struct outcome *o, char *const *argv);
bool trail_teardown(struct trail *t, const struct outcome *o, const struct trail_left *left);
bool trail_result(struct trail *t, const struct outcome *o);

/* trail_close() - to the disk; fills o->audit.  false: what was written may be lost. */
bool trail_close(struct trail *t, struct outcome *o);

#endif
