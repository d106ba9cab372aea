/* cgroup.c - the run's control groups: find the parent, make, lock, limit, remove.
 *
 * What differs between v1 and v2 is behind struct cgroup_ops (cgroup_ops.h); the parsers are in
 * cgroup_text.c, what is read while a group lives in cgroup_look.c, the removal of dead runs in
 * cgroup_sweep.c, joining in child_cgroup.c.
 *
 * States of a directory, and who moves it:
 *	(none) -cgroup_dir_make-> made, locked, empty -child_cgroup / clone3-> populated
 *	populated -last process ends-> empty -cgroup_destroy-> (none)
 *	launcher killed: unlocked, empty -cgroup_sweep of a later launcher-> (none) */
#include "sandbox/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/cgroup_ops.h"

#define NAME_ATTEMPTS 8
#define SWEEP_BUDGET 16 /* directories looked at per start */

/* An empty cgroup can be busy for a moment while the kernel still frees its last task. */
#define REMOVE_FIRST_NS (NS_PER_MS / 10)
#define REMOVE_TOTAL_NS (500 * NS_PER_MS)

/* --------------------------------------------------------------------------- small files, values */

const struct cgroup_dir *cgroup_dir_of(const struct cgroup *cg, enum cgroup_controller id)
{
	for (size_t i = 0; i < cg->dir_count; i++)
		if (cg->dir[i].controllers & CONTROLLER_BIT(id))
			return &cg->dir[i];
	return NULL;
}

/* These files are made anew at offset 0 and come whole in one read: no second one for the end. */
static bool read_whole(int fd, char *buf, size_t cap)
{
	ssize_t n = pread(fd, buf, cap - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	if (n == (ssize_t)cap - 1)
		errno = EFBIG;
	return n >= 0 && n < (ssize_t)cap - 1;
}

bool cgroup_read(int dirfd, const char *name, char *buf, size_t cap)
{
	autofd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read_whole(fd, buf, cap);
}

uint64_t cgroup_read_number(const struct cgroup *cg, enum cgroup_controller id, const char *name)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, id);

	return dir ? cgroup_counter(dir->fd, name, NULL) : 0;
}

bool cgroup_file_text(const struct cgroup *cg, enum cgroup_file id, char *buf, size_t cap)
{
	return cg->file[id] >= 0 && read_whole(cg->file[id], buf, cap);
}

int cgroup_file_limit(const struct cgroup *cg, enum cgroup_file id, unsigned index, uint64_t *out,
		      struct err *e)
{
	char text[CGROUP_TEXT_CAP];

	if (!cgroup_file_text(cg, id, text, sizeof(text)))
		return err_sys(e, "read %s", cg->ops->files[id].name);
	if (!cgroup_text_limit(text, index, out))
		return err_internal(e, "%s holds no limit", cg->ops->files[id].name);
	return 0;
}

int cgroup_file_set(const struct cgroup *cg, enum cgroup_file id, const char *text, struct err *e)
{
	size_t len = strlen(text);

	if (pwrite(cg->file[id], text, len, 0) != (ssize_t)len)
		return err_sys(e, "set %s to %s", cg->ops->files[id].name, text);
	return 0;
}

int cgroup_file_set_u64(const struct cgroup *cg, enum cgroup_file id, uint64_t value, struct err *e)
{
	char digits[24];
	struct text t = TEXT_ON(digits);

	text_u64(&t, value);
	return cgroup_file_set(cg, id, digits, e);
}

/* ------------------------------------------------------------------------------------- discovery */

static bool layout_complete(const struct cgroup_layout *l)
{
	for (size_t i = 0; i < l->v1_count; i++)
		if (l->v1[i].mount[0] == '\0')
			return false;
	return !l->has_v2 || l->v2.mount[0] != '\0';
}

/* Pass the whole lines of buf on; returns how many bytes that were. */
static size_t layout_lines(struct cgroup_layout *layout, const char *buf, size_t len)
{
	size_t used = 0;
	const char *end;

	while ((end = memchr(buf + used, '\n', len - used)) != NULL) {
		cgroup_text_mount(buf + used, (size_t)(end - buf) - used, layout);
		used = (size_t)(end - buf) + 1;
	}
	return used;
}

/* mountinfo can be long, but ends for us as soon as every hierarchy is found. */
static int layout_mounts(struct cgroup_layout *layout, struct err *e)
{
	autofd int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	char buf[16384];
	size_t have = 0, used;
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "open /proc/self/mountinfo");
	while (!layout_complete(layout) && (n = read(fd, buf + have, sizeof(buf) - have)) != 0) {
		if (n < 0)
			return err_sys(e, "read /proc/self/mountinfo");
		have += (size_t)n;
		used = layout_lines(layout, buf, have);
		if (used == 0 && have == sizeof(buf))
			used = have; /* a line longer than any cgroup mount: its rest parses as nothing */
		memmove(buf, buf + used, have - used);
		have -= used;
	}
	return 0;
}

int cgroup_layout_read(struct cgroup_layout *out, struct err *e)
{
	char text[16384];

	if (!cgroup_read(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text)))
		return err_unsupported(e, "/proc/self/cgroup can't be read (%s); mount /proc",
				       text_errno_name(errno));
	cgroup_text_layout(text, out);
	return layout_mounts(out, e);
}

static const struct cgroup_ops *const ops_of_mode[] = {
	[CGROUP_NONE] = NULL,
	[CGROUP_V1] = &cgroup_v1_ops,
	[CGROUP_V2] = &cgroup_v2_ops,
};

const struct cgroup_ops *cgroup_ops_of(const struct cgroup_layout *layout)
{
	return ops_of_mode[cgroup_text_mode(layout)];
}

/* --------------------------------------------------------------------------- one directory */

void cgroup_name(char *out, unsigned slot, unsigned attempt, const char *suffix)
{
	struct text t = { .at = out, .cap = CGROUP_NAME_CAP };

	text_fmt(&t, "enclave-run-%u-%d", slot, (int)getpid());
	if (attempt > 0)
		text_fmt(&t, "-%u", attempt);
	text_fmt(&t, ".%s", suffix);
}

static int mkdir_failed(const struct cgroup_ops *ops, const struct cgroup_dir *dir, struct err *e)
{
	switch (errno) {
	case EEXIST:
		return 1;
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOENT:
		return err_unsupported(e, "no control group can be made in '%.*s' (%s); %s", 80,
				       dir->parent, text_errno_name(errno), ops->remedy);
	default:
		return err_sys(e, "make control group '%s'", dir->path);
	}
}

/* Open and lock what was just made.  A sweep may have come first: see cgroup_sweep.c. */
static int dir_claim(const struct cgroup_ops *ops, struct cgroup_dir *dir, struct err *e)
{
	int failed;

	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd >= 0 && flock(dir->fd, LOCK_EX | LOCK_NB) == 0) {
		dir->members_fd = openat(dir->fd, ops->members_name, ops->members_flags | O_CLOEXEC);
		if (dir->members_fd >= 0)
			return 0;
	}
	failed = errno;
	fd_close(&dir->fd);
	if (failed == ENOENT || failed == ENODEV || failed == EWOULDBLOCK)
		return 1;
	rmdir(dir->path);
	return err_sysn(e, failed, "claim control group '%s'", dir->path);
}

int cgroup_dir_make(const struct cgroup_ops *ops, struct cgroup_dir *dir, const char *name,
		    struct err *e)
{
	struct text path = TEXT_ON(dir->path), seen = TEXT_ON(dir->seen);
	int made;

	seen.len = strlen(dir->seen);
	text_fmt(&path, "%s/%s", dir->parent, name);
	if (path.cut || seen.len + strlen(name) + 2 > seen.cap)
		return err_unsupported(e, "the path of control group '%s' is too long", name);
	if (mkdir(dir->path, 0755) != 0)
		return mkdir_failed(ops, dir, e);
	made = dir_claim(ops, dir, e);
	if (made == 0)
		text_fmt(&seen, "/%s", name);
	return made;
}

unsigned cgroup_dir_remove(struct cgroup_dir *dir)
{
	struct timespec pause = { .tv_nsec = REMOVE_FIRST_NS };
	uint64_t waited_ns = 0;
	unsigned left = 0;

	if (dir->fd < 0)
		return 0;
	while (rmdir(dir->path) != 0 && errno != ENOENT) {
		if (errno != EBUSY || waited_ns > REMOVE_TOTAL_NS) {
			left = 1;
			break;
		}
		nanosleep(&pause, NULL);
		waited_ns += (uint64_t)pause.tv_nsec;
		if (pause.tv_nsec < 20 * (long)NS_PER_MS)
			pause.tv_nsec *= 2;
	}
	fd_close(&dir->members_fd);
	fd_close(&dir->fd);
	return left;
}

/* ------------------------------------------------------------------------------------- creation */

static struct cgroup *cgroup_new(const struct cgroup_ops *ops)
{
	struct cgroup *cg = calloc(1, sizeof(*cg));

	if (!cg)
		return NULL;
	cg->ops = ops;
	cg->parent_fd = cg->leaf.fd = cg->leaf.members_fd = -1;
	for (size_t i = 0; i < CONTROLLER_COUNT; i++)
		cg->dir[i].fd = cg->dir[i].members_fd = -1;
	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++)
		cg->file[i] = -1;
	return cg;
}

/* One try of one name in every hierarchy; what came first is undone when a later one is taken. */
static int make_dirs(struct cgroup *cg, const char *name, struct err *e)
{
	for (size_t i = 0; i < cg->dir_count; i++) {
		int made = cgroup_dir_make(cg->ops, &cg->dir[i], name, e);

		if (made == 0)
			continue;
		while (i-- > 0) {
			cgroup_dir_remove(&cg->dir[i]);
			*strrchr(cg->dir[i].seen, '/') = '\0'; /* the parent's again */
		}
		return made;
	}
	return 0;
}

static int make_named(struct cgroup *cg, unsigned slot, const char *suffix, struct err *e)
{
	char name[CGROUP_NAME_CAP];

	for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		int made;

		cgroup_name(name, slot, attempt, suffix);
		made = make_dirs(cg, name, e);
		if (made <= 0)
			return made;
	}
	return err_sysn(e, EEXIST, "make control group '%s'; remove stale ones with check --sweep",
			name);
}

/* The files before `end`; of a controller that the group has no directory for, none. */
static int open_files(struct cgroup *cg, enum cgroup_file end, struct err *e)
{
	for (unsigned id = 0; id < end; id++) {
		const struct cgroup_file_row *row = &cg->ops->files[id];
		const struct cgroup_dir *dir = cgroup_dir_of(cg, row->controller);

		if (!dir)
			continue;
		cg->file[id] = openat(dir->fd, row->name, row->flags | O_CLOEXEC);
		if (cg->file[id] >= 0 || (row->optional && errno == ENOENT))
			continue;
		if (errno == ENOENT)
			return err_unsupported(e, "this kernel has no control group file %s",
					       row->name);
		return err_sys(e, "open control group file %s", row->name);
	}
	return 0;
}

static int cgroup_build(struct cgroup *cg, const struct cgroup_layout *layout,
			const struct cgroup_spec *spec, struct err *e)
{
	const char *parents[CONTROLLER_COUNT];

	if (cg->ops->place(cg, layout, spec, e) != 0)
		return -1;
	for (size_t i = 0; i < cg->dir_count; i++)
		parents[i] = cg->dir[i].parent;
	cgroup_sweep_some(parents, cg->dir_count, SWEEP_BUDGET);
	if (make_named(cg, spec->slot, "work", e) != 0 || open_files(cg, CGROUP_FILE_LATER, e) != 0)
		return -1;
	return cg->ops->limit(cg, spec, e);
}

static int cgroup_try(const struct cgroup_spec *spec, struct cgroup **out_cg, struct err *e)
{
	struct cgroup_layout layout;
	const struct cgroup_ops *ops;
	struct cgroup *cg;

	if (cgroup_layout_read(&layout, e) != 0)
		return -1;
	ops = cgroup_ops_of(&layout);
	if (!ops)
		return err_unsupported(e,
				       "this kernel offers neither cgroup v2 nor the v1 controllers");
	cg = cgroup_new(ops);
	if (!cg)
		return err_nomem(e);
	if (cgroup_build(cg, &layout, spec, e) != 0) {
		cgroup_destroy(cg);
		return -1;
	}
	*out_cg = cg;
	return 0;
}

int cgroup_create(const struct cgroup_spec *spec, struct cgroup **out_cg, char *why, size_t why_cap,
		  struct err *e)
{
	struct text reason = { .at = why, .cap = why_cap };
	struct cgroup *cg = NULL;
	struct err found = { 0 };

	text_str(&reason, "");
	if (cgroup_try(spec, &cg, &found) != 0) {
		/* A parent that was asked for by name must not be silently passed over. */
		if (found.kind != ERR_UNSUPPORTED || spec->parent) {
			*e = found;
			return spec->parent ? err_wrap(e, "--cgroup-parent '%s'", spec->parent)
					    : -1;
		}
		text_str(&reason, found.msg);
	}
	*out_cg = cg;
	return 0;
}

static void close_files(struct cgroup *cg)
{
	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++)
		fd_close(&cg->file[i]);
}

void cgroup_entered(struct cgroup *cg)
{
	for (size_t i = 0; cg && i < cg->dir_count; i++)
		fd_close(&cg->dir[i].members_fd);
}

#define GATE_CONTROLLERS (CONTROLLER_BIT(CONTROLLER_MEMORY) | CONTROLLER_BIT(CONTROLLER_PIDS))

/* Beside work: the same parents, which work has found and, on v2, holds; but only where something is
 * limited: a directory more costs as much as ten other steps. */
static int gate_build(struct cgroup *gate, const struct cgroup *work,
		      const struct cgroup_spec *spec, struct err *e)
{
	for (size_t i = 0; i < work->dir_count; i++) {
		struct cgroup_dir *dir = &gate->dir[gate->dir_count];

		if (!(work->dir[i].controllers & GATE_CONTROLLERS))
			continue;
		memcpy(dir->parent, work->dir[i].parent, sizeof(dir->parent));
		memcpy(dir->seen, work->dir[i].seen, sizeof(dir->seen));
		*strrchr(dir->seen, '/') = '\0';
		dir->controllers = work->dir[i].controllers;
		gate->dir_count++;
	}
	if (make_named(gate, spec->slot, "gate", e) != 0 ||
	    open_files(gate, CGROUP_FILE_LIMITS, e) != 0)
		return -1;
	return gate->ops->limit(gate, spec, e);
}

int cgroup_create_gate(const struct cgroup *work, const struct cgroup_spec *spec,
		       struct cgroup **out_cg, struct err *e)
{
	struct cgroup *gate;

	*out_cg = NULL;
	if (!work)
		return 0;
	gate = cgroup_new(work->ops);
	if (!gate)
		return err_nomem(e);
	if (gate_build(gate, work, spec, e) != 0) {
		cgroup_destroy(gate);
		return err_wrap(e, "the gateway's control group");
	}
	close_files(gate); /* nothing is read there, and a caller may have few descriptors */
	*out_cg = gate;
	return 0;
}

unsigned cgroup_destroy(struct cgroup *cg)
{
	unsigned left = 0;

	if (!cg)
		return 0;
	close_files(cg);
	for (size_t i = 0; i < cg->dir_count; i++)
		left += cgroup_dir_remove(&cg->dir[i]);
	left += cg->ops->restore(cg);
	fd_close(&cg->parent_fd);
	free(cg);
	return left;
}

unsigned cgroup_sweep(const char *parent)
{
	char dir[CONTROLLER_COUNT][CGROUP_PATH_CAP], seen[CGROUP_PATH_CAP];
	const char *const given[] = { NULL, parent };
	const char *parents[CONTROLLER_COUNT];
	struct cgroup_layout layout = { 0 };
	const struct cgroup_place *places = layout.v1;
	unsigned removed = 0;
	struct err e;

	if (cgroup_layout_read(&layout, &e) != 0)
		return 0;
	if (cgroup_text_mode(&layout) == CGROUP_V2)
		places = &layout.v2;
	for (size_t g = 0; g < (parent ? 2u : 1u); g++) {
		size_t count = places == &layout.v2 ? 1 : layout.v1_count, used = 0;

		for (size_t i = 0; i < count; i++)
			if (cgroup_text_parent(&places[i], given[g], dir[used], seen)) {
				parents[used] = dir[used];
				used++;
			}
		removed += cgroup_sweep_some(parents, used, 0);
	}
	return removed;
}
