/* run.h - the supervisor's state of one run while it lives; owned by session.c. */
#ifndef SANDBOX_RUN_H
#define SANDBOX_RUN_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sandbox/cgroup.h"
#include "sandbox/cgroup_outer.h"
#include "sandbox/launch.h"
#include "sandbox/network.h"
#include "sandbox/outcome.h"
#include "sandbox/plan.h"
#include "sandbox/process.h"
#include "sandbox/session.h"
#include "sandbox/streams.h"
#include "sandbox/trail.h"
#include "sandbox/wire.h"

struct run {
	const struct plan *plan;
	struct outcome *out;
	struct trail *trail; /* NULL: no audit log */

	session_notify_fn notify; /* NULL = nobody is told */
	void *notify_arg;
	struct launch launch;
	struct cgroup *cgroup;
	char cgroup_why[192];
	struct streams streams;
	struct secret_store secrets; /* empty again before the workload is released */
	struct process stage;	     /* pidfd -1 = not there, as for all three */
	struct process init;
	struct process workload; /* a handle for signals; init reaps it */
	struct network net;
	int slot_fd, ctl, signal_fd, listener, scratch;
	int tty_master, tty_slave; /* until the streams take them */
	unsigned slot;
	uid_t host_uid;
	gid_t host_gid;
	sigset_t old_mask;
	bool mask_saved;

	/* the loop */
	bool released; /* the workload was let go */
	bool killed;   /* we have sent SIGKILL; its flag is in the evidence */
	bool init_gone;
	bool drain_cut;	   /* a signal ended the waiting for a reader of the output */
	uint64_t start_ns; /* of the workload: release */
	uint64_t end_ns;   /* of init, and so of everybody; 0 = not yet */
	uint64_t stop_ns;  /* when a cancelled run is killed; 0 = not cancelled */
	unsigned tick_count;
	struct cgroup_outer outer; /* looked at in the first tick, that is after the workload's start */
	bool outer_known;
	struct cgroup_usage seen; /* by the watchdog, where there is no cgroup */
	struct rusage rusage;	  /* of init and everything it waited for */
};

/* supervise() - from release to the end of init and of the streams; fills out->evidence and usage.
 * supervise.c; runs in: supervisor. */
void supervise(struct run *r);

/* supervise_kill() - end the run now; *flag (in the evidence) is set first, NULL = no verdict. */
void supervise_kill(struct run *r, bool *flag);

/* supervise_disk_full() - is no block or no inode left in the writable space? */
bool supervise_disk_full(const struct run *r);

/* supervise_count() - what the kernel counted in the run's group, into the evidence; until our own kill. */
void supervise_count(struct run *r);

/* run_told() - the answer of a trail_*() call: an event that could not be written ends the run. */
void run_told(struct run *r, bool written);

/* One step of set-up; -1 with *e ends it. */
struct run_step {
	const char *stage; /* the record's error.stage, unless a child names a finer one */
	int (*run)(struct run *r, struct err *e);
};

/* run_steps() - each in order, until one fails.  session.c */
int run_steps(struct run *r, const struct run_step *steps, size_t count, struct err *e);

#define RUN_STEPS(r, steps, e) run_steps(r, steps, sizeof(steps) / sizeof((steps)[0]), e)

/* run_prepare() - everything that can be refused before a process is made.  prepare.c
 * run_start() - the processes, up to a workload that is held and read back.  start.c
 * run_release() - let it go.  start.c */
int run_prepare(struct run *r, struct err *e);
int run_start(struct run *r, struct err *e);
int run_release(struct run *r, struct err *e);

/* run_setup_signal() - take what lies in the signal descriptor; -1 for one that cancels the set-up.  start.c */
int run_setup_signal(struct run *r, struct err *e);

/* run_poll() - poll during set-up for `whom`, with the set-up's time limit; fds[0] is the signal descriptor.  -1
 * with *e also for a terminating signal.  start.c */
int run_poll(struct run *r, struct pollfd *fds, nfds_t count, const char *whom, struct err *e);

/* collect() - the last look, after the end and before the cgroup is removed: evidence and usage.  Never
 * fails: what can't be read is not known.  collect.c; runs in: supervisor. */
void collect(struct run *r);

/* run_wait() - wait for the next message during set-up, up to WIRE timeout; 0 when w->type == type.
 * An error message, EOF, a terminating signal or garbage is -1 with *e.  start.c */
int run_wait(struct run *r, uint32_t type, struct wire *w, int *fds, size_t fd_cap, size_t *out_fds,
	     pid_t *out_pid, struct err *e);

#endif
