/* rootfs.c - the supervisor's part of the file tree: sources that only root may open.
 *
 * A writable source gets an id-mapped mount: the owner of SRC on disk appears as the run's uid, and
 * what the workload creates belongs to that owner on disk.  The map is a user namespace made for it
 * (a paused child holds it until the mount has its own reference).  Kernel: 5.12. */
#include "sandbox/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/idmap.h"
#include "sandbox/launch.h"
#include "sandbox/process.h"

static void pause_main(void *arg) __attribute__((noreturn));

/* Dies with the supervisor; the check closes the gap before the signal is armed. */
static void pause_main(void *arg)
{
	const pid_t *supervisor = arg;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != *supervisor)
		process_exit(1);
	for (;;)
		pause();
}

/* A user namespace that maps disk_uid to run_uid, as a descriptor. */
static int make_idmap(uid_t disk_uid, gid_t disk_gid, uid_t run_uid, gid_t run_gid, struct err *e)
{
	pid_t supervisor = getpid();
	struct process_spec spec = {
		.flags = CLONE_NEWUSER, .cgroup_fd = -1, .main = pause_main, .arg = &supervisor
	};
	struct process holder = { .pidfd = -1 };
	char path[48];
	struct text t = TEXT_ON(path);
	int fd = -1;

	if (process_clone(&spec, &holder, e) != 0)
		return -1;
	if (idmap_write(holder.pid, disk_uid, run_uid, disk_gid, run_gid, false, e) == 0) {
		text_fmt(&t, "/proc/%d/ns/user", (int)holder.pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err_sys(e, "open %s", path);
	}
	process_release(&holder);
	return fd;
}

static int check_entry(const FTSENT *entry, const struct tree_row *row, struct err *e)
{
	const struct stat *st = entry->fts_statp;

	if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
		return err_sysn(e, entry->fts_errno, "--rw '%s': look at '%s'", row->source,
				entry->fts_path);
	if (entry->fts_info == FTS_F && S_ISREG(st->st_mode) && (st->st_mode & (S_ISUID | S_ISGID)))
		return err_unsupported(e,
				       "--rw '%s' holds '%s', a set-user-id or set-group-id file whose "
				       "contents the run could replace; remove the bit or show another "
				       "directory",
				       row->source, entry->fts_path);
	return 0;
}

/* New set-id files can't be made inside (seccomp), but one that exists keeps its bit when it is written
 * through a shared mapping, and here the workload owns what the caller, root, owns (tried: 4755 root
 * stays, with the workload's bytes).  So there must be none.  Nothing hostile runs yet: no race. */
static int refuse_set_id_files(const struct tree_row *row, struct err *e)
{
	char *paths[2] = { (char *)(uintptr_t)row->source, NULL };
	FTS *walk = fts_open(paths, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int rc = 0;

	if (!walk)
		return err_sys(e, "--rw '%s'", row->source);
	while (rc == 0 && (entry = fts_read(walk)) != NULL)
		rc = check_entry(entry, row, e);
	fts_close(walk);
	return rc;
}

static int open_writable(const struct tree_row *row, uid_t run_uid, gid_t run_gid, struct err *e)
{
	autofd int idmap = -1;
	struct stat st;

	if (stat(row->source, &st) != 0)
		return err_sys(e, "--rw '%s'", row->source);
	if (refuse_set_id_files(row, e) != 0)
		return -1;
	idmap = make_idmap(st.st_uid, st.st_gid, run_uid, run_gid, e);
	return idmap < 0 ? -1 : rootfs_open_source(row, idmap, e);
}

int rootfs_open_user_sources(const struct plan *plan, int *trees, uid_t run_uid, gid_t run_gid,
			     struct err *e)
{
	for (size_t i = 0; i < plan->row_count; i++) {
		const struct tree_row *row = &plan->rows[i];

		if (row->kind != TREE_BIND || !row->by_user)
			continue;
		trees[i] = row->writable ? open_writable(row, run_uid, run_gid, e)
					 : rootfs_open_source(row, -1, e);
		if (trees[i] == -1)
			return -1;
	}
	return 0;
}
