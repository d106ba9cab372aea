/* session.h - one run from plan to outcome: owns every resource, starts in order, tears down in
 * reverse.
 *
 * session_run() always fills *out (also when set-up failed: verdict `setup`, error with its stage)
 * and always leaves nothing behind: no process, mount, namespace, cgroup.  Runs in: supervisor. */
#ifndef SANDBOX_SESSION_H
#define SANDBOX_SESSION_H

#include "base/err.h"
#include "sandbox/outcome.h"
#include "sandbox/plan.h"
#include "sandbox/trail.h"

/* What the caller is told while the run goes on (for --status-fd and the `running` record). */
enum session_event {
	SESSION_CREATED, /* name, slot and start time are known; nothing of the workload is started */
	SESSION_STARTED, /* walls read back, workload released */
	SESSION_DENIED,	 /* something was denied egress: out->egress->latest */
	SESSION_ENDED	 /* outcome complete, teardown done */
};

/* Called in the supervisor, between system calls of the loop; must not block for long.
 * Returning -1 ends the run as a set-up failure (only honoured before SESSION_STARTED is done). */
typedef int (*session_notify_fn)(void *arg, enum session_event event, const struct outcome *o,
				 struct err *e);

/* trail: the audit log, opened by the caller and closed here; NULL = none. */
void session_run(const struct plan *plan, struct trail *trail, session_notify_fn notify, void *arg,
		 struct outcome *out);

#endif
