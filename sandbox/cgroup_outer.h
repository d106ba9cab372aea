/* cgroup_outer.h - the memory groups around a run: which of them ran full?
 *
 * A batch job or a container is a group around ours, and when that one is out of memory the kernel may
 * choose the workload.  Its kill is counted in the run's own group (cgroup_events()), but not where the
 * memory was short; that is a counter of each group above, which has a past.  So: look once while the run is
 * young, look again at the end, name the innermost that rose.  Only reads, nothing is touched.
 * Runs in: supervisor.  Kernel: memory.events.local 5.2; v1: failcnt. */
#ifndef SANDBOX_CGROUP_OUTER_H
#define SANDBOX_CGROUP_OUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/cgroup_text.h"

#define CGROUP_OUTER_MAX 16 /* groups looked at, from the innermost on */

struct cgroup_outer {
	char dir[CGROUP_PATH_CAP];  /* file system path of the innermost */
	char seen[CGROUP_PATH_CAP]; /* its name in /proc/PID/cgroup */
	size_t count;
	struct {
		size_t dir_len, seen_len; /* what of the two is this group's */
		uint64_t full;		  /* times it ran full until the first look */
	} group[CGROUP_OUTER_MAX];
	bool v2;
	bool ours;	 /* without a group of the run: the innermost is the launcher's own */
	uint64_t killed; /* in it until the first look, if `ours` */
};

/* cgroup_outer_look() - the first look.  @cg: of the run, NULL = none.  @ever: there was no earlier one, so
 * let every group count that was ever full.  Never fails: what can't be read is left out. */
void cgroup_outer_look(const struct cgroup *cg, bool ever, struct cgroup_outer *out);

/* cgroup_outer_full() - the name of the innermost group that ran full since; false if none did. */
bool cgroup_outer_full(const struct cgroup_outer *o, char *name, size_t cap);

/* cgroup_outer_kills() - processes the kernel killed for memory in the launcher's own group since; 0 when
 * the run has a group of its own, whose counter is the better one. */
uint64_t cgroup_outer_kills(const struct cgroup_outer *o);

#endif
