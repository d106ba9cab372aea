/* child_rootfs.c - the read-only file tree the workload sees.
 *
 * Theory of operation.  Runs in init, alone in its mount namespace.  (1) Every host source is turned
 * into a *detached* copy while the old root is still there: by init here, or, on the root path, by the
 * supervisor before (rows named by the user may be readable only to root; an O_PATH descriptor does
 * not cross mount namespaces, a detached tree does).  Attributes (read-only, nosuid, nodev, private) are set on
 * the detached copy, so no writable instant exists.  (2) A small tmpfs becomes the new root and a
 * fresh /proc is mounted on it, both while the old /proc is visible (else EPERM).  (3) pivot_root, old
 * root gone.  (4) Only then are target paths walked: an absolute symbolic link in a tree resolves
 * inside, there is no host left to escape to.  (5) The root turns read-only last.
 * Fails closed.  Kernel: open_tree/move_mount 5.2, mount_setattr 5.12, hidepid per mount 5.8. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/launch.h"
#include "sandbox/rootfs.h"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

struct tree_state {
	const struct launch *l;
	int scratch;	    /* O_PATH of the scratch tmpfs, -1 until it exists */
	unsigned scratches; /* directories made in it */
	const char *hidden; /* the first covered directory; the others are binds of it */
};

/* --- (1) sources --------------------------------------------------------------------------------- */

static const char *const dev_nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };

#define DEV_NODE_COUNT (sizeof(dev_nodes) / sizeof(dev_nodes[0]))

static int open_dev_nodes(int *out_fds, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
				   .propagation = MS_PRIVATE };
	char path[32];

	for (size_t i = 0; i < DEV_NODE_COUNT; i++) {
		struct text t = TEXT_ON(path);

		text_fmt(&t, "/dev/%s", dev_nodes[i]);
		out_fds[i] = rootfs_clone_tree(AT_FDCWD, path, false);
		if (out_fds[i] < 0 || syscall(SYS_mount_setattr, out_fds[i], "", AT_EMPTY_PATH,
					      &attr, sizeof(attr)) != 0)
			return err_sys(e, "take %s from the host", path);
	}
	return 0;
}

static int open_sources(const struct launch *l, struct err *e)
{
	for (size_t i = 0; i < l->plan->row_count; i++) {
		const struct tree_row *row = &l->plan->rows[i];

		if (row->kind != TREE_BIND || l->trees[i] != -1)
			continue;
		l->trees[i] = rootfs_open_source(row, -1, e);
		if (l->trees[i] == -1)
			return -1;
	}
	return 0;
}

/* --- (2), (3) the new root ------------------------------------------------------------------------ */

static int new_root(struct err *e)
{
	if (mount("enclave-root", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4m") != 0)
		return err_sys(e, "mount the new root on /tmp");
	if (chdir("/tmp") != 0 || mkdir("proc", 0555) != 0)
		return err_sys(e, "enter the new root");
	if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=invisible") !=
	    0)
		return err_sys(e,
			       "mount a fresh /proc (is the host's /proc covered by other mounts, "
			       "as inside a container?)");
	if (syscall(SYS_pivot_root, ".", ".") != 0)
		return err_sys(e, "pivot_root");
	/* The old root now lies on top of the new one at the same place. */
	if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
		return err_sys(e, "leave the old root");
	return 0;
}

/* --- (4) rows ----------------------------------------------------------------------------------- */

/* mkdir -p for all directories above the last component; the tree is ours, links resolve inside. */
static int make_parents(const char *target, struct err *e)
{
	char path[PATH_MAX];

	for (const char *slash = strchr(target + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct text t = TEXT_ON(path);

		text_bytes(&t, target, (size_t)(slash - target));
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return err_sys(
				e,
				"make '%s' for '%s': a mount point below a read-only tree must exist there",
				path, target);
	}
	return 0;
}

/* A mount point of the right type: made if missing, kept if there. */
static int make_point(const struct tree_row *row, bool is_dir, struct err *e)
{
	struct stat st;
	int rc;

	if (row->by_user && make_parents(row->target, e) != 0)
		return -1;
	rc = is_dir ? mkdir(row->target, row->kind == TREE_DIR ? row->mode : 0755)
		    : mknod(row->target, S_IFREG | 0444, 0);
	if (rc == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e,
			       "make the mount point '%s': below a read-only tree it must exist there",
			       row->target);
	if (row->by_user && (stat(row->target, &st) != 0 || S_ISDIR(st.st_mode) != is_dir))
		return err_sysn(e, is_dir ? ENOTDIR : EISDIR,
				"mount point '%s' has another type than its source", row->target);
	return 0;
}

static int attach(int tree, const char *target, struct err *e)
{
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, target,
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) != 0)
		return err_sys(e, "mount on '%s'", target);
	return 0;
}

static int row_dir(struct tree_state *s, const struct tree_row *row, int tree, struct err *e)
{
	(void)s, (void)tree;
	return make_point(row, true, e);
}

static int row_symlink(struct tree_state *s, const struct tree_row *row, int tree, struct err *e)
{
	(void)s, (void)tree;
	if (symlink(row->source, row->target) != 0)
		return err_sys(e, "make the link '%s'", row->target);
	return 0;
}

static int row_file(struct tree_state *s, const struct tree_row *row, int tree, struct err *e)
{
	autofd int fd = open(row->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, row->mode);

	(void)s, (void)tree;
	if (fd < 0 || fd_write_all(fd, row->source, strlen(row->source)) != 0)
		return err_sys(e, "write '%s'", row->target);
	return 0;
}

static int row_bind(struct tree_state *s, const struct tree_row *row, int tree, struct err *e)
{
	bool is_dir = S_ISDIR(row->mode);
	struct stat st;

	(void)s;
	if (tree == LAUNCH_NO_SOURCE)
		return 0;
	if (row->mode == 0) { /* not looked at by resolve: a row of the user */
		if (fstat(tree, &st) != 0)
			return err_sys(e, "stat '%s'", row->source);
		is_dir = S_ISDIR(st.st_mode);
	}
	if (make_point(row, is_dir, e) != 0)
		return -1;
	return attach(tree, row->target, e);
}

/* The first scratch row mounts the one tmpfs on its own target; its directory then covers it. */
static int scratch_mount(struct tree_state *s, const struct tree_row *row, struct err *e)
{
	const struct plan *p = s->l->plan;
	char options[96];
	struct text t = TEXT_ON(options);

	text_str(&t, "mode=0755");
	if (p->scratch_bytes != LIMIT_NONE)
		text_fmt(&t, ",size=%lu", (unsigned long)p->scratch_bytes);
	if (p->scratch_inodes != LIMIT_NONE)
		text_fmt(&t, ",nr_inodes=%lu", (unsigned long)p->scratch_inodes);
	if (mount("enclave-scratch", row->target, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
		return err_sys(e, "mount the writable tmpfs");
	s->scratch = open(row->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->scratch < 0)
		return err_sys(e, "open the writable tmpfs");
	return 0;
}

static int row_scratch(struct tree_state *s, const struct tree_row *row, int tree, struct err *e)
{
	char name[16];
	struct text t = TEXT_ON(name);
	int dir; /* closed with all the others by init */

	(void)tree;
	/* The system's own places are made by rows before. */
	if ((row->by_user && make_point(row, true, e) != 0) ||
	    (s->scratch < 0 && scratch_mount(s, row, e) != 0))
		return -1;
	text_u64(&t, s->scratches++);
	if (mkdirat(s->scratch, name, row->mode) != 0)
		return err_sys(e, "make a writable directory for '%s'", row->target);
	dir = (int)syscall(SYS_open_tree, s->scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "take a writable directory for '%s'", row->target);
	return attach(dir, row->target, e);
}

/* One empty read-only file system for all: a bind keeps its flags and costs a tenth of a new one. */
static int cover_directory(struct tree_state *s, const char *target)
{
	if (s->hidden)
		return mount(s->hidden, target, NULL, MS_BIND, NULL);
	if (mount("enclave-hidden", target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0555,size=4k,nr_inodes=2") != 0)
		return -1;
	s->hidden = target;
	return 0;
}

static int row_hide(struct tree_state *s, const struct tree_row *row, int tree, struct err *e)
{
	bool is_dir = S_ISDIR(row->mode);
	struct stat st;
	int rc;

	(void)tree;
	if (row->mode == 0) {
		if (stat(row->target, &st) != 0) {
			return err_sys(e, "--hide '%s'", row->target);
		}
		is_dir = S_ISDIR(st.st_mode);
	}
	rc = is_dir ? cover_directory(s, row->target)
		    : mount("/dev/null", row->target, NULL, MS_BIND, NULL);
	if (rc != 0 && !(row->optional && (errno == ENOENT || errno == ENOTDIR)))
		return err_sys(e, "hide '%s'", row->target);
	return 0;
}

static int row_secrets(struct tree_state *s, const struct tree_row *row, int tree, struct err *e)
{
	(void)row, (void)tree;
	return child_secrets(s->l, e);
}

static int (*const row_makers[TREE_KIND_COUNT])(struct tree_state *s, const struct tree_row *row,
						int tree, struct err *e) = {
	[TREE_DIR] = row_dir,	      [TREE_SYMLINK] = row_symlink, [TREE_FILE] = row_file,
	[TREE_BIND] = row_bind,	      [TREE_SCRATCH] = row_scratch, [TREE_HIDE] = row_hide,
	[TREE_SECRETS] = row_secrets,
};

static int make_dev(const int *nodes, struct err *e)
{
	char path[32];

	for (size_t i = 0; i < DEV_NODE_COUNT; i++) {
		struct text t = TEXT_ON(path);

		text_fmt(&t, "/dev/%s", dev_nodes[i]);
		if (mknod(path, S_IFREG | 0444, 0) != 0)
			return err_sys(e, "make '%s'", path);
		if (attach(nodes[i], path, e) != 0)
			return -1;
	}
	if (mkdir("/dev/pts", 0755) != 0 ||
	    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=0620") != 0)
		return err_sys(e, "mount /dev/pts");
	return 0;
}

/* Second wall against nested user namespaces, while /proc is still writable; read again at once. */
static int forbid_nested_userns(struct err *e)
{
	const char *knob = "/proc/sys/user/max_user_namespaces";
	char now[16];

	if (fd_write_file(AT_FDCWD, knob, "0") != 0)
		return err_sys(e, "write 0 to %s", knob);
	if (fd_read_file(AT_FDCWD, knob, now, sizeof(now)) < 0 || now[0] != '0')
		return err_sys(e, "read %s back", knob);
	return 0;
}

static int make_rows(struct tree_state *s, const int *nodes, struct err *e)
{
	const struct plan *p = s->l->plan;
	bool dev_made = false;

	for (size_t i = 0; i < p->row_count; i++) {
		const struct tree_row *row = &p->rows[i];

		if (row_makers[row->kind](s, row, s->l->trees[i], e) != 0)
			return -1;
		/* The nodes as soon as there is a /dev: hiding needs /dev/null. */
		if (!dev_made && strcmp(row->target, "/dev") == 0) {
			if (make_dev(nodes, e) != 0)
				return -1;
			dev_made = true;
		}
	}
	return dev_made ? 0 : err_internal(e, "the plan has no /dev");
}

/* --- (5) ------------------------------------------------------------------------------------------ */

static int make_read_only(struct err *e)
{
	const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV |
				    MS_NOEXEC;

	if (mount(NULL, "/proc", NULL, flags, NULL) != 0 || mount(NULL, "/", NULL, flags, NULL) != 0)
		return err_sys(e, "make the root read-only");
	return 0;
}

int child_rootfs(const struct launch *l, int *out_scratch, struct err *e)
{
	struct tree_state s = { .l = l, .scratch = -1 };
	int nodes[DEV_NODE_COUNT] = { 0 };

	umask(0); /* modes below are meant as written; init sets the workload's later */
	if (open_dev_nodes(nodes, e) != 0 || open_sources(l, e) != 0 || new_root(e) != 0 ||
	    forbid_nested_userns(e) != 0 || make_rows(&s, nodes, e) != 0 || make_read_only(e) != 0)
		return -1;
	*out_scratch = s.scratch;
	return 0;
}
