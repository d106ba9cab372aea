/* rootfs.h - opening the sources of the file tree: one table of rows, two openers.
 *
 * On the root path the supervisor opens every row the user named (it may read what the run's uid may
 * not) and makes the detached, attributed copy that init only moves in; everything else is opened by
 * init itself.  Both use the functions below (child_source.c: no allocation).  Runs in: supervisor,
 * init. */
#ifndef SANDBOX_ROOTFS_H
#define SANDBOX_ROOTFS_H

#include "base/err.h"
#include "sandbox/plan.h"

/* rootfs_clone_tree() - a detached copy of what lies at path; -1 with errno.  Close-on-exec. */
int rootfs_clone_tree(int dirfd, const char *path, bool recursive);

/* rootfs_open_source() - the detached copy for one TREE_BIND row, read-only unless row->writable,
 * nosuid, nodev, private.
 * @idmap: user namespace for an id-mapped mount (writable rows on the root path), -1 = none
 * Returns the descriptor, LAUNCH_NO_SOURCE for a missing optional source, -1 with *e. */
int rootfs_open_source(const struct tree_row *row, int idmap, struct err *e);

/* rootfs_open_user_sources() - root path: fill trees[] for rows the user named.
 * Runs in: supervisor.  @run_uid, @run_gid: host ids of this run. */
int rootfs_open_user_sources(const struct plan *plan, int *trees, uid_t run_uid, gid_t run_gid,
			     struct err *e);

#endif
