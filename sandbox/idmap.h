/* idmap.h - uid and gid maps of a user namespace, one id each.  Runs in: supervisor. */
#ifndef SANDBOX_IDMAP_H
#define SANDBOX_IDMAP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* idmap_write() - map inside ids to outside ids for process pid (a child of ours in a new user
 * namespace).  @deny_setgroups: needed without CAP_SETGID (user_namespaces(7)); as root the child
 * still has to drop the caller's groups, so there it is false. */
int idmap_write(pid_t pid, uid_t inside_uid, uid_t outside_uid, gid_t inside_gid, gid_t outside_gid,
		bool deny_setgroups, struct err *e);

#endif
