/* cgroup_text.h - what the kernel says about control groups, as text in and values out.
 *
 * Pure: no I/O, no allocation.  Sources: /proc/self/cgroup and /proc/self/mountinfo (cgroups(7),
 * proc(5)), and the small files of a cgroup directory.  Fuzzed: tests/fuzz/fuzz_cgroup_text.c. */
#ifndef SANDBOX_CGROUP_TEXT_H
#define SANDBOX_CGROUP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/cgroup.h"

#define CGROUP_PATH_CAP 1024 /* a longer path counts as not usable */

/* The controllers a run needs: X(identifier, the kernel's name). */
#define CGROUP_CONTROLLER_TABLE(X) \
	X(MEMORY, "memory")        \
	X(CPU, "cpu")              \
	X(CPUACCT, "cpuacct")      \
	X(PIDS, "pids")

enum cgroup_controller {
#define CGROUP_CONTROLLER_ENUM(id, name) CONTROLLER_##id,
	CGROUP_CONTROLLER_TABLE(CGROUP_CONTROLLER_ENUM)
#undef CGROUP_CONTROLLER_ENUM
		CONTROLLER_COUNT
};

#define CONTROLLER_BIT(id) (1u << (id))
#define CONTROLLER_ALL ((1u << CONTROLLER_COUNT) - 1)

const char *controller_name(enum cgroup_controller id);

/* One hierarchy as this process sees it.  v1 may mount several controllers together. */
struct cgroup_place {
	unsigned controllers;	     /* set of CONTROLLER_BIT; 0 for v2 */
	char own[CGROUP_PATH_CAP];   /* the cgroup we are in, from /proc/self/cgroup */
	char mount[CGROUP_PATH_CAP]; /* mount point; "" when none shows our own cgroup */
	char root[CGROUP_PATH_CAP];  /* the cgroup that is visible at the mount point */
};

struct cgroup_layout {
	struct cgroup_place v1[CONTROLLER_COUNT];
	size_t v1_count;
	bool has_v2;
	struct cgroup_place v2;
};

/* cgroup_text_layout() - start a layout from the text of /proc/self/cgroup; hierarchies that hold none
 * of our controllers (name=systemd, freezer) are left out. */
void cgroup_text_layout(const char *proc_cgroup, struct cgroup_layout *out);

/* cgroup_text_mount() - add what one line of /proc/self/mountinfo says.  The first mount that shows
 * our own cgroup counts. */
void cgroup_text_mount(const char *line, size_t len, struct cgroup_layout *layout);

/* cgroup_text_mode() - v1 as soon as one of memory, cpu and pids is on v1: then v2 can't have it. */
enum cgroup_mode cgroup_text_mode(const struct cgroup_layout *layout);

/* cgroup_text_parent() - where a run's directories go: our own cgroup, or `parent` below the mount.
 * @out_dir: file system path; @out_seen: what /proc/PID/cgroup calls it, "" for the root; both
 * CGROUP_PATH_CAP.  False if a path is too long, leaves the mount ("..") or there is no mount. */
bool cgroup_text_parent(const struct cgroup_place *place, const char *parent, char *out_dir,
			char *out_seen);

/* cgroup_text_in() - does /proc/PID/cgroup put the process into `seen` (or below) in the hierarchy
 * that holds these controllers (0: v2)? */
bool cgroup_text_in(const char *proc_cgroup, unsigned controllers, const char *seen);

/* cgroup_text_counter() - the number after "key " at the start of a line. */
bool cgroup_text_counter(const char *text, const char *key, uint64_t *out_value);

/* cgroup_text_limit() - the index-th word: a number, or LIMIT_NONE for "max", "-1" and anything a
 * memory limit of v1 shows for "no limit" (2^63 rounded down to a page). */
bool cgroup_text_limit(const char *text, unsigned index, uint64_t *out_value);

/* cgroup_text_has_word() - is word one of the blank-separated words? */
bool cgroup_text_has_word(const char *text, const char *word);

/* cgroup_text_sole_pid() - does cgroup.procs hold pid and nothing else? */
bool cgroup_text_sole_pid(const char *procs, pid_t pid);

/* cgroup_text_is_run() - could we have made a directory of this name?
 * enclave-run-<slot>-<pid>[-<attempt>].work, .gate or .self */
bool cgroup_text_is_run(const char *name);

#endif
