/* child_source.c - turn a host path into a detached mount; used by supervisor and init alike. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/launch.h"
#include "sandbox/rootfs.h"

int rootfs_clone_tree(int dirfd, const char *path, bool recursive)
{
	return (int)syscall(SYS_open_tree, dirfd, path,
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
				    (recursive ? AT_RECURSIVE : 0));
}

/* A path of the user may contain links (his own affair) but no magic ones: /proc/self/fd and
 * the like would name another process's files. */
static int open_user_path(const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static int set_attributes(int tree, const struct tree_row *row, int idmap, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
				   .propagation = MS_PRIVATE };

	if (!row->writable)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if (idmap >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t)(uint32_t)idmap;
	}
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) == 0)
		return 0;
	if (idmap >= 0 && errno == EINVAL)
		return err_unsupported(e,
				       "--rw '%s': its file system has no id-mapped mounts, so the "
				       "sandbox can't write there as root; use a directory on ext4, "
				       "xfs or btrfs, or run as an ordinary user",
				       row->source);
	return err_sys(e, "protect '%s'", row->source);
}

/* Only directories and regular files make sense inside; a socket or device would be a way out. */
static int check_type(int path_fd, const struct tree_row *row, struct err *e)
{
	struct stat st;

	if (fstat(path_fd, &st) != 0)
		return err_sys(e, "stat '%s'", row->source);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_unsupported(
			e, "'%s' is neither a directory nor a regular file: not shown to a sandbox",
			row->source);
	return 0;
}

int rootfs_open_source(const struct tree_row *row, int idmap, struct err *e)
{
	autofd int path_fd = -1;
	autofd int tree = -1;

	if (row->by_user) {
		path_fd = open_user_path(row->source);
		if (path_fd >= 0 && check_type(path_fd, row, e) != 0)
			return -1;
		if (path_fd >= 0)
			tree = rootfs_clone_tree(path_fd, "", true);
	} else {
		tree = rootfs_clone_tree(AT_FDCWD, row->source, true);
	}
	if (tree < 0 && row->optional && (errno == ENOENT || errno == ENOTDIR))
		return LAUNCH_NO_SOURCE;
	if (tree < 0)
		return err_sys(e, "%s '%s'",
			       !row->by_user   ? "open"
			       : row->writable ? "--rw"
					       : "--ro",
			       row->source);
	return set_attributes(tree, row, idmap, e) == 0 ? fd_take(&tree) : -1;
}
