/* cgroup.h - resource control of one run: one interface, two back ends (v1/hybrid and v2).
 *
 * The supervisor creates one directory per hierarchy below its *own* cgroup (so that an outer limit
 * of Slurm or CI still holds), named "enclave-run-<slot>-<pid>.work" (and one ".gate" with a network), holds an flock(2) on each for the
 * life of the run (the mark of a live run, valid across pid namespaces) and removes them at the end.
 * The lock lasts as long as any copy of the descriptor: children must not keep one.
 * Nothing is ever moved that we did not start, and no ancestor is touched.
 *
 *	v2:  the child is born inside by clone3(CLONE_INTO_CGROUP, cgroup_clone_fd())
 *	v1:  the child joins by writing "0" to the tasks descriptors before it runs anything else
 *	     (cgroup_enter(); writing a pid to cgroup.procs instead costs a grace period of 11 ms)
 *
 * Parent on v2, in order: --cgroup-parent; own cgroup if it already distributes the controllers; own
 * cgroup if we are its only process (move ourselves to a leaf, then enable); else absent.
 * Absent is not an error here: cgroup_create() returns 0 with mode CGROUP_NONE and `why` filled; the
 * caller decides (fail closed unless the policy or ARCHITECTURE accepts it).
 * Runs in: supervisor, except cgroup_enter() (stage).  Kernel: 5.7 (CLONE_INTO_CGROUP). */
#ifndef SANDBOX_CGROUP_H
#define SANDBOX_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "sandbox/limits.h"

enum cgroup_mode { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

struct cgroup_spec {
	unsigned slot;	       /* of this run, part of the directory name */
	const char *parent;    /* --cgroup-parent: a path below the cgroup root; NULL = our own */
	uint64_t memory_bytes; /* LIMIT_NONE = no limit, as all of these */
	uint64_t cpus_milli;
	uint64_t pids_count; /* already including our own processes (init) */
};

struct cgroup_usage {
	uint64_t memory_peak_bytes; /* 0 = unknown, as of all but two */
	uint64_t cpu_ns, cpu_user_ns, cpu_system_ns;
	uint64_t throttled_ns; /* UINT64_MAX = unknown: most runs never are, as for the next */
	uint64_t oom_kills;    /* processes, where events count what the kernel counts */
	uint64_t pids_peak;
};

/* What is used right now; UINT64_MAX = unknown. */
struct cgroup_now {
	uint64_t memory_bytes;
	uint64_t cpu_ns; /* so far */
	uint64_t tasks;	 /* processes and threads, init included */
};

/* The kernel counts both in the group of the victim, whichever group's limit was hit. */
struct cgroup_events {
	uint64_t oom_kills;    /* v2 counts a victim twice in group mode: a flag, not a count */
	uint64_t pids_refused; /* forks refused by the limit */
	/* The same, where the run's own limit was never reached: a group around it, or the machine. */
	uint64_t outer_oom_kills, outer_pids_refused;
};

/* What the kernel holds, read back from the limit files after writing. */
struct cgroup_readback {
	uint64_t memory_bytes, cpus_milli, pids_count; /* LIMIT_NONE = not limited */
	bool swap_excluded;
};

struct cgroup; /* heap; opaque */

/* cgroup_create() - make the directories and write the limits, after a small sweep of the same parent
 * (one stat if there is nothing to sweep; at most 16 directories looked at).
 * *out_cg is NULL when mode is NONE.
 * @why: at least 192 bytes; the cause and the remedy when NONE, "" otherwise.
 * -1 only when something that should work failed (e.g. a limit was refused): the run must not start. */
int cgroup_create(const struct cgroup_spec *spec, struct cgroup **out_cg, char *why, size_t why_cap,
		  struct err *e);

/* cgroup_create_gate() - a second group beside `work` for the processes of the network gateway, so that
 * the workload can neither starve them nor be blamed for them.  NULL when work is NULL.  Removed by
 * cgroup_destroy() before work is. */
int cgroup_create_gate(const struct cgroup *work, const struct cgroup_spec *spec,
		       struct cgroup **out_cg, struct err *e);

enum cgroup_mode cgroup_mode(const struct cgroup *cg); /* CGROUP_NONE for NULL */

/* cgroup_clone_fd() - directory for CLONE_INTO_CGROUP on v2; -1 on v1 or NULL. */
int cgroup_clone_fd(const struct cgroup *cg);

/* cgroup_enter() - v1: the calling single-threaded process joins; v2 and NULL: nothing to do.
 * No allocation; runs in stage. */
int cgroup_enter(const struct cgroup *cg, struct err *e);

/* cgroup_entered() - the processes that enter have been started: descriptors for that are closed. */
void cgroup_entered(struct cgroup *cg);

int cgroup_readback(const struct cgroup *cg, struct cgroup_readback *out, struct err *e);

/* cgroup_contains() - is pid in the run's own directories?  Text is /proc/PID/cgroup. */
bool cgroup_contains(const struct cgroup *cg, const char *proc_cgroup_text);

/* Cheap enough for a 10 ms tick: pread of descriptors kept open.  Never fail: unknown reads as 0. */
void cgroup_events(const struct cgroup *cg, struct cgroup_events *out);
uint64_t cgroup_cpu_ns(const struct cgroup *cg);
void cgroup_usage(const struct cgroup *cg, struct cgroup_usage *out);

/* cgroup_now() - the same for the moment.  The first call opens two files more: a run that ends before
 * its first tick never pays for them. */
void cgroup_now(struct cgroup *cg, struct cgroup_now *out);

/* cgroup_lift_cpu() - remove the cpu quota, so that a throttled tree dies at once when killed. */
void cgroup_lift_cpu(const struct cgroup *cg);

/* cgroup_kill() - v2 cgroup.kill; v1 whoever is there at this moment.  The caller also kills the pid
 * namespace's init, which leaves nobody. */
void cgroup_kill(const struct cgroup *cg);

/* cgroup_destroy() - remove the directories (bounded retry while the kernel still empties them) and
 * free.  NULL is fine.  Returns the number of directories that could not be removed. */
unsigned cgroup_destroy(struct cgroup *cg);

/* cgroup_sweep() - remove every directory of a dead run (flock is free) below our own cgroup and
 * `parent` (may be NULL).  Returns how many were removed.  For `check --sweep`: a run need not call
 * it, since cgroup_create() sweeps with what it has found out already (80 us less). */
unsigned cgroup_sweep(const char *parent);

#endif
