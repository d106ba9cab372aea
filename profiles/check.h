/* check.h - rules that need more than one key, or the state of this process, to decide.
 *
 * Called once, after everything was merged.  Reads descriptors and paths, changes nothing. */
#ifndef PROFILES_CHECK_H
#define PROFILES_CHECK_H

#include "base/err.h"
#include "profiles/policy.h"

int check_policy(const struct policy *policy, struct err *e);

/* check_result_path() - may this result file be written there?  Its directory must exist and must
 * not lie in a tree that the workload can write (it could replace the file by a link).
 * @option: for the message, e.g. "--record" */
int check_result_path(const struct policy *policy, const char *option, const char *path,
		      struct err *e);

/* check_replaced_path() - check_result_path() for the record and the meta file, whose names are expanded by
 * now; and they must not replace the audit log. */
int check_replaced_path(const struct policy *policy, const char *option, const char *path,
			struct err *e);

/* check_audit_file() - the log, opened as fd, must be nothing that somebody else is told to write: no
 * --rw source, no stream of the command's. */
int check_audit_file(const struct policy *policy, int fd, struct err *e);

#endif
