/* resolve_tree.c - which rows make up the tree.
 *
 * Order: skeleton, system tree (or --rootfs), /dev, /etc, scratch places, covers over /proc, and last
 * the user's entries in their order.  Nothing of the host appears that is not in these tables: no
 * /run, /var/run, /tmp, /home or /root of the host, hence no runtime socket, no credential. */
#include "profiles/resolve_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "netns/subnet.h"

#define ROW_MAX 256

static int add(struct plan *plan, struct tree_row row, struct err *e)
{
	if (plan->row_count == ROW_MAX)
		return err_usage(e, "more than %d mounts", ROW_MAX);
	if (!row.target)
		return err_nomem(e);
	plan->rows[plan->row_count++] = row;
	return 0;
}

static const struct tree_row skeleton[] = {
	{ .kind = TREE_DIR, .target = "/sys", .mode = 0555 },
	{ .kind = TREE_DIR, .target = "/dev", .mode = 0755 },
	{ .kind = TREE_DIR, .target = "/dev/shm", .mode = 0755 },
	{ .kind = TREE_SYMLINK, .target = "/dev/ptmx", .source = "pts/ptmx" },
	{ .kind = TREE_SYMLINK, .target = "/dev/fd", .source = "/proc/self/fd" },
	{ .kind = TREE_SYMLINK, .target = "/dev/stdin", .source = "/proc/self/fd/0" },
	{ .kind = TREE_SYMLINK, .target = "/dev/stdout", .source = "/proc/self/fd/1" },
	{ .kind = TREE_SYMLINK, .target = "/dev/stderr", .source = "/proc/self/fd/2" },
	{ .kind = TREE_DIR, .target = "/tmp", .mode = 0755 },
	{ .kind = TREE_DIR, .target = "/run", .mode = 0755 },
	{ .kind = TREE_DIR, .target = "/home", .mode = 0755 },
	{ .kind = TREE_DIR, .target = "/home/sandbox", .mode = 0755 },
	{ .kind = TREE_DIR, .target = "/var", .mode = 0755 },
	{ .kind = TREE_SYMLINK, .target = "/var/tmp", .source = "/tmp" },
	{ .kind = TREE_SYMLINK, .target = "/var/run", .source = "/run" },
	/* The one size-capped tmpfs; /tmp first: the file system is mounted there and then covered. */
	{ .kind = TREE_SCRATCH, .target = "/tmp", .mode = 01777, .writable = true },
	{ .kind = TREE_SCRATCH, .target = "/run", .mode = 0755, .writable = true },
	{ .kind = TREE_SCRATCH, .target = "/dev/shm", .mode = 01777, .writable = true },
	{ .kind = TREE_SCRATCH, .target = "/home/sandbox", .mode = 0755, .writable = true },
};

/* World-readable on many hosts, and telling about the host or its other users; then two that only
 * root may open anyway.  What else is in /proc is protected by its mode: the workload owns nothing
 * there but its own processes. */
static const struct tree_row covers[] = {
	{ .kind = TREE_HIDE, .target = "/proc/acpi", .mode = S_IFDIR, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/asound", .mode = S_IFDIR, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/bus", .mode = S_IFDIR, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/fs", .mode = S_IFDIR, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/irq", .mode = S_IFDIR, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/scsi", .mode = S_IFDIR, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/cmdline", .mode = S_IFREG, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/interrupts", .mode = S_IFREG, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/kallsyms", .mode = S_IFREG, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/key-users", .mode = S_IFREG, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/keys", .mode = S_IFREG, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/kcore", .mode = S_IFREG, .optional = true },
	{ .kind = TREE_HIDE, .target = "/proc/sysrq-trigger", .mode = S_IFREG, .optional = true },
};

/* Of the host's /etc only what programs need to find themselves; all world-readable, none a secret.
 * Each costs four system calls a run, so the list is short: --ro adds what a program lacks. */
static const char *const etc_files[] = {
	"/etc/ld.so.cache",
	"/etc/alternatives",
	"/etc/ssl/certs",
	"/etc/java-11-openjdk",
	"/etc/java-17-openjdk",
	"/etc/java-21-openjdk",
	"/etc/pki/ca-trust/extracted",
};

static bool has_target(const struct plan *plan, const char *target)
{
	for (size_t i = 0; i < plan->row_count; i++)
		if (strcmp(plan->rows[i].target, target) == 0)
			return true;
	return false;
}

static int add_table(struct plan *plan, const struct tree_row *rows, size_t count, struct err *e)
{
	/* A --rootfs may bring a /var of its own, read-only: nothing can be made below it. */
	bool own_var = has_target(plan, "/var");

	for (size_t i = 0; i < count; i++)
		if (!(own_var && text_starts(rows[i].target, "/var")) && add(plan, rows[i], e) != 0)
			return -1;
	return 0;
}

#define ADD_TABLE(plan, table, e) add_table(plan, table, sizeof(table) / sizeof((table)[0]), e)

/* One entry of a root directory: links stay links, directories and files become read-only binds. */
static int add_root_entry(struct plan *plan, const char *dir, const char *name, struct err *e)
{
	char *path = plan_printf(plan, "%s/%s", dir, name),
	     *target = plan_printf(plan, "/%s", name);
	struct tree_row row = { .target = target };
	char link[PATH_MAX];
	struct stat st;
	ssize_t len;

	if (!path || !target)
		return err_nomem(e);
	len = readlink(path, link, sizeof(link) - 1);
	if (len >= 0) {
		row.kind = TREE_SYMLINK;
		row.source = plan_printf(plan, "%.*s", (int)len, link);
		return row.source ? add(plan, row, e) : err_nomem(e);
	}
	if (errno == ENOENT)
		return 0;
	if (errno != EINVAL || lstat(path, &st) != 0) /* EINVAL: there, but no link */
		return err_sys(e, "look at '%s'", path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return 0;
	row.kind = TREE_BIND;
	row.source = path;
	row.mode = st.st_mode & S_IFMT;
	return add(plan, row, e);
}

static int add_system_tree(struct plan *plan, struct err *e)
{
	static const char *const names[] = {
		"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (add_root_entry(plan, "", names[i], e) != 0)
			return -1;
	return 0;
}

/* Names of a --rootfs that are ours whatever the tree holds. */
static bool is_ours(const char *name)
{
	static const char *const ours[] = { ".", "..", "proc", "sys", "dev", "tmp", "run", "home" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(name, ours[i]) == 0)
			return true;
	return false;
}

static int add_rootfs(struct plan *plan, const char *rootfs, struct err *e)
{
	DIR *dir = opendir(rootfs);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "--rootfs '%s'", rootfs);
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (!is_ours(entry->d_name))
			rc = add_root_entry(plan, rootfs, entry->d_name, e);
	closedir(dir);
	if (rc == 0)
		plan->rootfs = rootfs;
	/* What a run of the user reads must be opened with the user's rights (root path). */
	for (size_t i = 0; i < plan->row_count; i++)
		if (plan->rows[i].kind == TREE_BIND)
			plan->rows[i].by_user = true;
	return rc;
}

static int add_file(struct plan *plan, const char *target, const char *contents, struct err *e)
{
	struct tree_row row = {
		.kind = TREE_FILE, .target = target, .source = contents, .mode = 0444
	};

	return contents ? add(plan, row, e) : err_nomem(e);
}

static int add_etc_dir(struct plan *plan, const char *target, struct err *e)
{
	struct tree_row row = { .kind = TREE_DIR, .target = target, .mode = 0755 };

	return has_target(plan, target) ? 0 : add(plan, row, e);
}

/* The parents of an /etc row, one level: "/etc/ssl" of "/etc/ssl/certs". */
static int add_etc_parents(struct plan *plan, const char *path, struct err *e)
{
	for (const char *slash = strchr(path + 5, '/'); slash; slash = strchr(slash + 1, '/')) {
		char *parent = plan_printf(plan, "%.*s", (int)(slash - path), path);

		if (!parent)
			return err_nomem(e);
		if (add_etc_dir(plan, parent, e) != 0)
			return -1;
	}
	return 0;
}

static int add_localtime(struct plan *plan, struct err *e)
{
	char link[256];
	ssize_t len = readlink("/etc/localtime", link, sizeof(link) - 1);
	struct tree_row row = { .kind = TREE_SYMLINK, .target = "/etc/localtime" };

	if (len < 0) /* none, or a copy: UTC */
		return errno == ENOENT || errno == EINVAL ? 0 : err_sys(e, "read /etc/localtime");
	row.source = plan_printf(plan, "%.*s", (int)len, link);
	return row.source ? add(plan, row, e) : err_nomem(e);
}

static int add_etc(struct plan *plan, const struct policy *policy, struct err *e)
{
	unsigned uid = policy->inside_uid, gid = policy->inside_gid;
	struct stat st;

	if (add_etc_dir(plan, "/etc", e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(etc_files) / sizeof(etc_files[0]); i++) {
		struct tree_row row = { .kind = TREE_BIND,
					.source = etc_files[i],
					.target = etc_files[i] };

		if (stat(etc_files[i], &st) != 0) {
			if (errno == ENOENT || errno == ENOTDIR)
				continue;
			return err_sys(e, "look at '%s'", etc_files[i]);
		}
		row.mode = st.st_mode & S_IFMT;
		if (add_etc_parents(plan, etc_files[i], e) != 0 || add(plan, row, e) != 0)
			return -1;
	}
	if (add_localtime(plan, e) != 0)
		return -1;
	if (add_file(plan, "/etc/passwd",
		     plan_printf(plan,
				 "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n"
				 "sandbox:x:%u:%u:sandbox:/home/sandbox:/bin/sh\n",
				 uid, gid),
		     e) != 0 ||
	    add_file(plan, "/etc/group", plan_printf(plan, "root:x:0:\nsandbox:x:%u:\n", gid), e) !=
		    0 ||
	    add_file(plan, "/etc/hosts",
		     plan_printf(plan, "127.0.0.1 localhost %s\n%s", policy->hostname,
				 policy->net == NET_NONE ? "::1 localhost\n" : ""),
		     e) != 0 ||
	    add_file(plan, "/etc/resolv.conf",
		     policy->net == NET_NONE ? "# no network\n" : "nameserver " SUBNET_RESOLVER "\n",
		     e) != 0)
		return -1;
	return add_file(plan, "/etc/nsswitch.conf",
			"passwd: files\ngroup: files\nhosts: files dns\n", e);
}

static int add_user_entries(struct plan *plan, const struct policy *policy, struct err *e)
{
	for (size_t i = 0; i < policy->file_count; i++) {
		const struct file_entry *f = &policy->files[i];
		struct tree_row row = { .source = f->source, .target = f->target, .by_user = true };

		if (f->kind == FILE_TMPFS) {
			row.kind = TREE_SCRATCH;
			row.mode = 01777;
			row.writable = true;
		} else if (f->kind == FILE_HIDE) {
			row.kind = TREE_HIDE;
		} else {
			row.kind = TREE_BIND;
			row.writable = f->kind == FILE_RW;
			row.optional = f->kind == FILE_RO_TRY;
		}
		if (add(plan, row, e) != 0)
			return -1;
	}
	return 0;
}

int resolve_tree(const struct policy *policy, struct plan *plan, struct err *e)
{
	plan->rows = plan_alloc(plan, ROW_MAX * sizeof(*plan->rows));
	if (!plan->rows)
		return err_nomem(e);
	if (policy->rootfs ? add_rootfs(plan, policy->rootfs, e) != 0
			   : add_system_tree(plan, e) != 0)
		return -1;
	if (!policy->rootfs && add_etc(plan, policy, e) != 0)
		return -1;
	if (ADD_TABLE(plan, skeleton, e) != 0 || ADD_TABLE(plan, covers, e) != 0)
		return -1;
	if (add_user_entries(plan, policy, e) != 0)
		return -1;
	/* Last, so that nothing of the user can lie on top. */
	if (policy->secret_count == 0)
		return 0;
	plan->secrets = policy->secrets;
	plan->secret_count = policy->secret_count;
	return add(plan, (struct tree_row){ .kind = TREE_SECRETS, .target = SECRET_DIR }, e);
}
