/* launch.h - what the supervisor prepared for its children: the plan plus descriptors.
 *
 * Filled before the first clone, read-only afterwards; children see their copy of it.  A descriptor
 * of -1 means "none". */
#ifndef SANDBOX_LAUNCH_H
#define SANDBOX_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netns/subnet.h"
#include "sandbox/cgroup.h"
#include "sandbox/plan.h"
#include "sandbox/wire.h"

#define LAUNCH_NO_SOURCE (-2) /* an optional row whose source does not exist */

/* With a network (plan.net is not NET_NONE); every descriptor -1 without.  The gate makes U1 and the
 * socket maker W, and stage joins both; the pair `link` brings a descriptor of W to stage. */
struct launch_net {
	int outer_ns;		     /* user namespace U1, for stage */
	int wire, wire_supervisor;   /* gate and maker to supervisor, during set-up: struct wire */
	int event, event_supervisor; /* gateway to supervisor: netns/event.h */
	int link_stage, link_maker;
	const struct cgroup *cgroup; /* of gate and maker */
	struct subnet subnet;
	struct sock_fprog gateway_filter, maker_filter;
};

struct launch {
	const struct plan *plan;
	const struct cgroup *cgroup;
	struct secret_store *secrets; /* for init to write and wipe; empty without secrets */
	int ctl;		      /* children's end of the wire */
	int ctl_supervisor; /* closed first thing in every child, so that EOF means: supervisor gone */
	int stdio[3];	    /* the workload's ends */
	int scratch; /* O_PATH of the writable tmpfs; set by init for the workload's process */
	int *trees;  /* one per plan row: detached mount (root path), -1 = init opens it */
	uint64_t ignored_signals; /* bit N-1: the caller had signal N ignored */
	char *argv_area; /* the supervisor's own argv and environment strings, wiped in init */
	size_t argv_area_len;
	rlim_t cpu_s; /* RLIMIT_CPU behind --cpu-time, in seconds; 0 = leave it */
	rlim_t nproc; /* RLIMIT_NPROC where no cgroup counts processes; 0 = leave it */
	struct sock_fprog init_filter; /* pid 1's own filter */
	struct launch_net net;
};

/* child_fail() - report *e for this stage and exit.  Runs in: stage, init, workload. */
void child_fail(const struct launch *l, struct err *e, const char *stage) __attribute__((noreturn));

/* child_wait_go() - block for WIRE_GO; never returns without it.  Runs in: every child. */
void child_wait_go(const struct launch *l);

void stage_main(void *launch) __attribute__((noreturn)); /* child_stage.c */
void gate_main(void *launch) __attribute__((noreturn));	 /* gate.c */
void init_main(void *launch) __attribute__((noreturn));	 /* child_init.c */
void last_main(void *launch) __attribute__((noreturn));	 /* child_last.c */

/* child_tty() - a private terminal as the controlling one and as the streams the plan says; both
 * descriptors close-on-exec.  child_tty.c; runs in: workload. */
int child_tty(const struct launch *l, int *out_master, int *out_slave, struct err *e);

/* child_become_run_uid() - root path only: from our id in U1 to its id 0, which is the run's own uid
 * outside.  child_stage.c */
int child_become_run_uid(struct err *e);

/* The workload's tree; *out_scratch is a directory descriptor of the scratch tmpfs.  child_rootfs.c */
int child_rootfs(const struct launch *l, int *out_scratch, struct err *e);

/* The files of /run/secrets, and the end of their values in memory.  child_secrets.c */
int child_secrets(const struct launch *l, struct err *e);

/* child_walls.c: the walls around the process itself, in order. */
int child_drop_capabilities(struct err *e);
int child_seccomp(const struct sock_fprog *prog, bool listener, int *out_listener, struct err *e);
int child_signals(const struct launch *l, struct err *e);
int child_rlimits(const struct launch *l, struct err *e);

#endif
