/* check.c - a list of rules; the first one broken is the message. */
#include "profiles/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

static int check_command(const struct policy *policy, struct err *e)
{
	if (!policy->argv || !policy->argv[0])
		return err_usage(e, "no command; see enclave-run --help");
	if (!*policy->argv[0])
		return err_usage(e, "the command is an empty word");
	return 0;
}

/* What is known but not built yet is refused, never ignored: nobody runs with less than he asked. */
static int check_available(const struct policy *policy, struct err *e)
{
	if (policy->unavailable)
		return err_usage(e, "--%s is not available in this version", policy->unavailable);
	return 0;
}

static int check_network(const struct policy *policy, struct err *e)
{
	if (policy->gate && policy->net == NET_NONE)
		return err_usage(e,
				 "--gate contradicts --net none, where there is nothing to deny: say "
				 "--net deny, allow or audit");
	return 0;
}

static int check_walls(const struct policy *policy, struct err *e)
{
	uint32_t both = policy->walls_required & policy->walls_may_miss;

	if (both)
		return err_usage(e, "the wall '%s' is both in --require and in --allow-missing",
				 wall_name((enum wall_id)__builtin_ctz(both)));
	if (policy->apparmor == WANT_OFF && policy->walls_required & 1u << WALL_APPARMOR)
		return err_usage(e, "--require apparmor contradicts --apparmor off");
	if (policy->landlock == WANT_OFF && policy->walls_required & 1u << WALL_LANDLOCK)
		return err_usage(e, "--require landlock contradicts --landlock off");
	return 0;
}

static int check_descriptors(const struct policy *policy, struct err *e)
{
	if (policy->status_fd >= 0) {
		int flags = fcntl(policy->status_fd, F_GETFL);

		if (flags < 0)
			return err_usage(e, "--status-fd %d: this descriptor is not open",
					 policy->status_fd);
		if ((flags & O_ACCMODE) == O_RDONLY)
			return err_usage(e, "--status-fd %d: this descriptor can't be written",
					 policy->status_fd);
	}
	for (size_t i = 0; i < policy->pass_fd_count; i++) {
		int fd = policy->pass_fds[i];

		if (fcntl(fd, F_GETFD) < 0)
			return err_usage(e, "--pass-fd %d: this descriptor is not open", fd);
		if (fd == policy->status_fd)
			return err_usage(e, "--pass-fd %d: the command could forge --status-fd", fd);
	}
	return 0;
}

/* Is path the tree itself or below it? */
static bool is_below(const char *path, const char *tree)
{
	size_t len = strlen(tree);

	if (len == 1) /* the tree is "/" */
		return true;
	return strncmp(path, tree, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The secrets come after all rows of the user and so can't be covered; who tries is told.  On a tree of
 * the host they would need a directory there, in sight of others. */
static int check_secret_place(const struct file_entry *file, struct err *e)
{
	/* /var/run is a link to /run. */
	const char *target = is_below(file->target, "/var/run") ? file->target + 4 : file->target;

	if (is_below(target, SECRET_DIR))
		return err_usage(e, "'%s' can't be a target of a run with secrets: they are there",
				 file->target);
	if (strcmp(target, "/run") == 0 && file->kind != FILE_TMPFS)
		return err_usage(
			e,
			"'%s' can't be a target of a run with secrets: they are made in " SECRET_DIR,
			file->target);
	return 0;
}

static int check_secrets(const struct policy *policy, struct err *e)
{
	for (size_t i = 0; i < policy->secret_count; i++) {
		const struct secret *s = &policy->secrets[i];

		if (s->source != SECRET_FD)
			continue;
		if (fcntl(s->fd, F_GETFD) < 0)
			return err_usage(e, "--secret %s: descriptor %d is not open", s->name,
					 s->fd);
		if (s->fd == policy->status_fd)
			return err_usage(e, "--secret %s: descriptor %d is that of --status-fd",
					 s->name, s->fd);
		for (size_t k = 0; k < policy->pass_fd_count; k++)
			if (s->fd == policy->pass_fds[k])
				return err_usage(e,
						 "--secret %s: descriptor %d is that of --pass-fd",
						 s->name, s->fd);
	}
	for (size_t i = 0; policy->secret_count > 0 && i < policy->file_count; i++)
		if (check_secret_place(&policy->files[i], e) != 0)
			return -1;
	return 0;
}

static int check_streams(const struct policy *policy, struct err *e)
{
	if (policy->stderr_to_stdout && policy->stderr_path)
		return err_usage(e, "--stderr-to-stdout contradicts --stderr %s",
				 policy->stderr_path);
	return 0;
}

/* realpath(3) of the directory a file is in: what a link at its end points to does not count. */
static int real_directory(const char *path, char real[PATH_MAX])
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len >= sizeof(directory)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (len == 0)
		memcpy(directory, slash ? "/" : ".", 2);
	else
		memcpy(directory, path, len);
	directory[len == 0 ? 1 : len] = '\0';
	return realpath(directory, real) ? 0 : -1;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The same by what the directories are: a tree may also be named through another mount of it.
 * @directory: as realpath(3) gives it, so that its parts can be counted. */
static bool is_below_by_mount(const char *directory, const char *tree)
{
	autofd int at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat top, st;

	if (stat(tree, &top) != 0)
		return false;
	for (const char *part = directory; part && at >= 0; part = strchr(part + 1, '/')) {
		int up;

		if (fstat(at, &st) == 0 && is_same(&st, &top))
			return true;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd_close(&at);
		at = up;
	}
	return false;
}

int check_result_path(const struct policy *policy, const char *option, const char *path,
		      struct err *e)
{
	char directory[PATH_MAX], tree[PATH_MAX];

	if (real_directory(path, directory) != 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "%s '%s'", option, path);
	for (size_t i = 0; i < policy->file_count; i++) {
		const struct file_entry *file = &policy->files[i];

		/* A missing source is reported by resolve, by its own name. */
		if (file->kind != FILE_RW || !realpath(file->source, tree))
			continue;
		if (is_below(directory, tree) || is_below_by_mount(directory, tree))
			return err_usage(e,
					 "%s '%s' lies below --rw %s, where the command could "
					 "replace it",
					 option, path, file->source);
	}
	return 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int check_replaced_path(const struct policy *policy, const char *option, const char *path,
			struct err *e)
{
	const char *audit = policy->audit_path;
	char directory[PATH_MAX], audit_directory[PATH_MAX];
	struct stat a, b;
	bool same = false;

	if (check_result_path(policy, option, path, e) != 0)
		return -1;
	if (audit && stat(path, &a) == 0 && stat(audit, &b) == 0)
		same = is_same(&a, &b);
	else if (audit && real_directory(path, directory) == 0 &&
		 real_directory(audit, audit_directory) == 0)
		same = strcmp(directory, audit_directory) == 0 &&
		       strcmp(last_part(path), last_part(audit)) == 0;
	return same ? err_usage(e, "%s and --audit are the same file '%s'", option, audit) : 0;
}

int check_audit_file(const struct policy *policy, int fd, struct err *e)
{
	const struct {
		const char *option, *path;
	} files[] = {
		{ "--stdin", policy->stdin_path },
		{ "--stdout", policy->stdout_path },
		{ "--stderr", policy->stderr_path },
	};
	struct stat log, st;

	if (fstat(fd, &log) != 0)
		return err_sys(e, "--audit '%s'", policy->audit_path);
	for (size_t i = 0; i < policy->file_count; i++)
		if (policy->files[i].kind == FILE_RW && stat(policy->files[i].source, &st) == 0 &&
		    is_same(&log, &st))
			return err_usage(e, "--audit '%s' is shown to the command by --rw",
					 policy->audit_path);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].path && stat(files[i].path, &st) == 0 && is_same(&log, &st))
			return err_usage(e, "--audit '%s' is the file of %s too",
					 policy->audit_path, files[i].option);
	for (int stream = 0; stream < 3; stream++)
		if (fstat(stream, &st) == 0 && is_same(&log, &st))
			return err_usage(e, "--audit '%s' is descriptor %d of the command too",
					 policy->audit_path, stream);
	return 0;
}

static int check_results(const struct policy *policy, struct err *e)
{
	const struct {
		const char *option, *path;
	} files[] = {
		{ "--record", policy->record_path }, { "--audit", policy->audit_path },
		{ "--meta", policy->meta_path },     { "--stdout", policy->stdout_path },
		{ "--stderr", policy->stderr_path },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].path &&
		    check_result_path(policy, files[i].option, files[i].path, e) != 0)
			return -1;
	return 0;
}

int check_policy(const struct policy *policy, struct err *e)
{
	static int (*const rules[])(const struct policy *, struct err *) = {
		check_available,   check_command, check_network, check_walls,
		check_descriptors, check_secrets, check_streams, check_results,
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i](policy, e) != 0)
			return -1;
	return 0;
}
