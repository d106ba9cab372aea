/* record_file.c - temporary file and rename in one directory. */
#include "cmd/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/json.h"

static int open_directory(const char *option, const char *path, const char *name, struct err *e)
{
	char directory[PATH_MAX];
	size_t len = (size_t)(name - path);
	int fd;

	if (len >= sizeof(directory))
		return err_usage(e, "%s: the path is too long", option);
	memcpy(directory, path, len);
	memcpy(directory + len, len ? "" : ".", len ? 1 : 2);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : err_set(e, ERR_USAGE, errno, ERR_AT, "%s '%s'", option, path);
}

int record_file_open(const char *option, const char *path, struct record_file *out, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	autofd int dir = -1;
	struct stat st;

	*out = (struct record_file){ .dir = -1 };
	if (!*name)
		return err_usage(e, "%s '%s' names a directory", option, path);
	dir = open_directory(option, path, name, e);
	if (dir < 0)
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISREG(st.st_mode))
			return err_usage(e,
					 "%s '%s' is not a regular file; a stream of JSON "
					 "lines is written by --status-fd",
					 option, path);
	} else if (errno != ENOENT) {
		return err_set(e, ERR_USAGE, errno, ERR_AT, "%s '%s'", option, path);
	}
	*out = (struct record_file){
		.dir = fd_take(&dir), .name = name, .path = path, .option = option
	};
	return 0;
}

void record_file_close(struct record_file *file)
{
	fd_close(&file->dir);
}

/* A name nobody has: pids repeat in other pid namespaces that may share the directory. */
static int create_temporary(int dir, char *name, size_t cap)
{
	struct text t = { .at = name, .cap = cap };
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -1;
	text_str(&t, ".enclave-run.");
	text_hex(&t, number);
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
}

/* All or nothing: a second write would only find the same full disk. */
static int write_whole(int fd, const char *line)
{
	size_t len = strlen(line);
	ssize_t n = fd_write_limited(fd, line, len);

	if (n >= 0 && (size_t)n < len)
		errno = ENOSPC;
	return n == (ssize_t)len ? 0 : -1;
}

static int replace(const struct record_file *file, const char *line)
{
	char name[48] = "";
	autofd int fd = create_temporary(file->dir, name, sizeof(name));
	int saved;

	if (fd < 0)
		return -1;
	if (write_whole(fd, line) == 0 && renameat(file->dir, name, file->dir, file->name) == 0)
		return 0;
	saved = errno;
	unlinkat(file->dir, name, 0);
	errno = saved;
	return -1;
}

int record_file_replace(const struct record_file *file, const char *text, struct err *e)
{
	if (file->dir >= 0 && replace(file, text) != 0)
		return err_sys(e, "%s '%s' can't be written", file->option, file->path);
	return 0;
}

int record_file_write(const struct record_file *file, json_t *take_record, struct err *e)
{
	autofree char *line = take_record && file->dir >= 0 ? json_line(take_record) : NULL;

	json_decref(take_record);
	if (file->dir < 0)
		return 0;
	return line ? record_file_replace(file, line, e) : err_nomem(e);
}

bool record_file_same(const struct record_file *a, const struct record_file *b)
{
	struct stat dir_a, dir_b;

	return a->dir >= 0 && b->dir >= 0 && strcmp(a->name, b->name) == 0 &&
	       fstat(a->dir, &dir_a) == 0 && fstat(b->dir, &dir_b) == 0 &&
	       dir_a.st_dev == dir_b.st_dev && dir_a.st_ino == dir_b.st_ino;
}

static const char *pattern_value(char letter, const char *(*lookup)(const char *name), char *buf,
				 size_t cap)
{
	static const struct {
		char letter;
		const char *variable;
	} variables[] = {
		{ 'j', "SLURM_JOB_ID" },
		{ 't', "SLURM_PROCID" },
		{ 'a', "SLURM_ARRAY_TASK_ID" },
		{ 'A', "SLURM_ARRAY_JOB_ID" },
	};
	struct text t = { .at = buf, .cap = cap };

	if (letter == 'p') {
		text_u64(&t, (uint64_t)getpid());
		return buf;
	}
	if (letter == 'h')
		return gethostname(buf, cap - 1) == 0 ? buf : "none";
	if (letter == '%')
		return "%";
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (variables[i].letter == letter) {
			const char *value = lookup(variables[i].variable);

			return value && *value ? value : "none";
		}
	}
	return NULL;
}

int record_path_expand(const char *option, const char *pattern,
		       const char *(*lookup)(const char *name), char **out, struct err *e)
{
	char path[PATH_MAX] = "", buf[HOST_NAME_MAX + 2] = "";
	struct text t = TEXT_ON(path);

	for (const char *p = pattern; *p; p++) {
		const char *value;

		if (*p != '%') {
			text_bytes(&t, p, 1);
			continue;
		}
		value = pattern_value(*++p, lookup, buf, sizeof(buf));
		if (!value)
			return err_usage(e, "%s '%s': wants one of %%j %%t %%a %%A %%h %%p %%%%",
					 option, pattern);
		/* Values come from the environment: they may fill a name, not choose a directory. */
		if (strchr(value, '/'))
			return err_usage(e, "%s '%s': %%%c holds a '/'", option, pattern, *p);
		text_str(&t, value);
	}
	if (t.cut)
		return err_usage(e, "%s: the path is too long", option);
	*out = strdup(path);
	return *out ? 0 : err_nomem(e);
}
