/* status.h - JSON lines on --status-fd while a run goes on: created, started, ended or refused.
 *
 *	{"event":"created","session":"er-1-...","time":"...","pid":4711}
 *	{"event":"started",...}
 *	{"event":"ended",...,"status":"exited","reason":"exit","exit_code":0,"exit_status":0} */
#ifndef CMD_STATUS_H
#define CMD_STATUS_H

#include "base/err.h"
#include "profiles/policy.h"
#include "sandbox/outcome.h"
#include "sandbox/session.h"

/* status_event() - one line, if the policy asks for any. */
int status_event(const struct policy *policy, enum session_event event, const struct outcome *o,
		 struct err *e);
int status_refused(int fd, const struct err *why, struct err *e);

#endif
