/* cgroup_ops.h - inside of the cgroup layer: what cgroup.c and the two back ends share.
 *
 * A back end is one struct cgroup_ops: a table of the files that are kept open, and the few steps
 * that differ.  Inside the layer "absent" (see cgroup.h) is an error of kind ERR_UNSUPPORTED, and
 * cgroup_create() turns it into mode NONE. */
#ifndef SANDBOX_CGROUP_OPS_H
#define SANDBOX_CGROUP_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "sandbox/cgroup.h"
#include "sandbox/cgroup_text.h"

#define CGROUP_TEXT_CAP 4096 /* the files of a cgroup directory that we read whole are shorter */
#define CGROUP_CPU_PERIOD_US 100000
#define CGROUP_US_PER_MILLI (CGROUP_CPU_PERIOD_US / 1000) /* quota of a thousandth of a cpu */

/* Files of the run's directories that stay open: read in every tick, or written, read back and lifted.
 * A pread is one call instead of three, and works after a later chroot or privilege drop. */
enum cgroup_file {
	FILE_MEMORY_LIMIT,
	FILE_SWAP_LIMIT,
	FILE_CPU_LIMIT,
	FILE_PIDS_LIMIT,
	CGROUP_FILE_LIMITS, /* up to here: all that a group needs of which nothing is read */
	FILE_OOM_EVENTS = CGROUP_FILE_LIMITS, /* holds a line "oom_kill N" on v1 and v2 */
	FILE_PIDS_EVENTS,		      /* holds a line "max N" on v1 and v2 */
	FILE_CPU_USED,
	CGROUP_FILE_LATER, /* from here on opened at their first use, not before the run */
	FILE_MEMORY_NOW = CGROUP_FILE_LATER,
	FILE_PIDS_NOW,
	CGROUP_FILE_COUNT
};

struct cgroup_file_row {
	enum cgroup_controller controller;
	const char *name;
	int flags;
	bool optional; /* not every kernel has it */
};

struct cgroup_dir {
	unsigned controllers;	      /* set of CONTROLLER_BIT on v1; all on v2 */
	int fd;			      /* the directory; carries the flock.  -1: not made */
	int members_fd;		      /* v1: tasks, write-only; v2: cgroup.procs, read-only */
	char parent[CGROUP_PATH_CAP]; /* file system path */
	char path[CGROUP_PATH_CAP];   /* file system path of the directory itself */
	char seen[CGROUP_PATH_CAP];   /* its name in /proc/PID/cgroup; until made: the parent's */
};

struct cgroup {
	const struct cgroup_ops *ops;
	struct cgroup_dir dir[CONTROLLER_COUNT]; /* one per hierarchy */
	size_t dir_count;
	int file[CGROUP_FILE_COUNT]; /* -1: this kernel has none */
	int parent_fd;		     /* v2: carries the shared flock of cgroup_v2.c; else -1 */
	struct cgroup_dir leaf;	     /* v2: where we moved ourselves; fd -1 if we did not */
};

struct cgroup_ops {
	enum cgroup_mode mode;
	const struct cgroup_file_row *files; /* CGROUP_FILE_COUNT rows */
	const char *members_name;
	int members_flags;
	const char *cpu_unlimited; /* what lifts the quota in FILE_CPU_LIMIT */
	const char *remedy;	   /* ends the message when we may not make directories */

	/* place() - fill cg->dir[].parent and .seen; v2 also makes sure that controllers arrive there. */
	int (*place)(struct cgroup *cg, const struct cgroup_layout *layout,
		     const struct cgroup_spec *spec, struct err *e);
	int (*limit)(const struct cgroup *cg, const struct cgroup_spec *spec, struct err *e);
	int (*readback)(const struct cgroup *cg, struct cgroup_readback *out, struct err *e);
	/* Of the memory directory of any group: how often its limit was hit; processes killed in it. */
	uint64_t (*times_full)(int dirfd);
	uint64_t (*times_killed)(int dirfd);
	uint64_t (*cpu_ns)(const struct cgroup *cg);
	void (*usage)(const struct cgroup *cg, struct cgroup_usage *out);
	void (*kill)(const struct cgroup *cg);
	unsigned (*restore)(struct cgroup *cg); /* undo place(); directories left behind */
};

extern const struct cgroup_ops cgroup_v1_ops, cgroup_v2_ops;

/* The directory that holds a controller of the run; NULL if none does. */
const struct cgroup_dir *cgroup_dir_of(const struct cgroup *cg, enum cgroup_controller id);

/* cgroup_dir_make() - mkdir, open, flock.  Returns 1 when the name is taken or a sweep was faster:
 * try another name.  -1 with *e. */
int cgroup_dir_make(const struct cgroup_ops *ops, struct cgroup_dir *dir, const char *name,
		    struct err *e);

/* cgroup_dir_remove() - rmdir with bounded retry, then let the lock go.  0, or 1 if it is still there. */
unsigned cgroup_dir_remove(struct cgroup_dir *dir);

/* cgroup_name() - "enclave-run-<slot>-<pid>[-<attempt>].<suffix>"; the caller's buffer holds 80. */
#define CGROUP_NAME_CAP 80
void cgroup_name(char *out, unsigned slot, unsigned attempt, const char *suffix);

/* cgroup_file_set() - write text to one of the files kept open. */
int cgroup_file_set(const struct cgroup *cg, enum cgroup_file id, const char *text, struct err *e);
int cgroup_file_set_u64(const struct cgroup *cg, enum cgroup_file id, uint64_t value, struct err *e);

/* cgroup_file_text() - the content of a file kept open, in one call; false if it can't be read. */
bool cgroup_file_text(const struct cgroup *cg, enum cgroup_file id, char *buf, size_t cap);
int cgroup_file_limit(const struct cgroup *cg, enum cgroup_file id, unsigned index, uint64_t *out,
		      struct err *e);

/* cgroup_layout_read() - where this process's groups are and where they are mounted. */
int cgroup_layout_read(struct cgroup_layout *out, struct err *e);
const struct cgroup_ops *cgroup_ops_of(const struct cgroup_layout *layout); /* NULL: no cgroups */

/* cgroup_counter() - the number after a key in a file of a directory, or the file's one number when key
 * is NULL; 0 if it can't be read. */
uint64_t cgroup_counter(int dirfd, const char *file, const char *key);

/* cgroup_read() - a file that is not kept open; false with errno if it can't be read whole. */
bool cgroup_read(int dirfd, const char *name, char *buf, size_t cap);
/* 0 if there is no such number. */
uint64_t cgroup_read_number(const struct cgroup *cg, enum cgroup_controller id, const char *name);

/* cgroup_sweep_some() - sweep below parents[0..count).  A budget of 0 means: all.  See cgroup_sweep.c. */
unsigned cgroup_sweep_some(const char *const *parents, size_t count, unsigned budget);

#endif
