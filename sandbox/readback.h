/* readback.h - what is really in force in the held child, seen from outside.
 *
 * Called between READY and release, when every wall is up and nothing hostile has run.  Reads
 * /proc/PID (status, namespaces, mountinfo, maps, network devices, limits, cgroup) and compares with
 * the plan.  The result is the record's `walls`.  A wall that was planned and is not seen fails the
 * run; an absent one is accepted only if the policy or ARCHITECTURE accepts it.
 * Runs in: supervisor.  Sources: proc(5), Documentation/filesystems/proc.rst. */
#ifndef SANDBOX_READBACK_H
#define SANDBOX_READBACK_H

#include <sys/types.h>

#include "base/err.h"
#include "netns/subnet.h"
#include "sandbox/cgroup.h"
#include "sandbox/outcome.h"
#include "sandbox/plan.h"

struct readback {
	const struct plan *plan;
	const struct cgroup *cgroup;
	const char *cgroup_why; /* why there is no cgroup */
	pid_t pid;		/* the held child, in our pid namespace */
	pid_t init_pid;		/* sealed by now */
	rlim_t nproc;		/* 0 = a cgroup counts */
	uid_t host_uid;
	gid_t host_gid;
	struct subnet subnet; /* with a network */
};

/* readback_walls() - fill out->walls; -1 with *e when a wall is missing that may not be. */
int readback_walls(const struct readback *rb, struct outcome *out, struct err *e);

/* Pure parts, for tests: each returns NULL if the text is as planned, else what is wrong. */
const char *readback_status(const struct readback *rb, const char *status,
			    struct wall_report *walls);
/* readback_mounts() leaves the mount point it looked at last in path. */
const char *readback_mounts(const struct plan *plan, const char *mountinfo, char *path, size_t cap);
const char *readback_links(const char *net_dev, bool has_network);
const char *readback_routes(const char *routes, const struct subnet *net);
const char *readback_helper(const char *status); /* of the gateway and the socket maker */

/* readback_helpers() - the network's two processes, once they are confined for good; readback_net.c */
int readback_helpers(pid_t gate, pid_t maker, struct err *e);

/* readback_network() - interfaces and routes; readback_net.c.  @proc: /proc/PID of the held child
 * @buf: scratch. */
int readback_network(const struct readback *rb, int proc, char *buf, size_t cap,
		     struct wall_report *wall, struct err *e);

#endif
