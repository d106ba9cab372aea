/* start.c - from a prepared run to a workload that is let go.
 *
 * Clone stage (U1, W; cgroup v2: born inside), write its maps, receive init's pidfd, reap stage, let init
 * go on, see that the gateway is ready while init builds the tree, receive READY with the listener, read
 * everything back, release.  Runs in: supervisor.
 *
 * Nobody can hold us up without a limit, be he stopped or stuck.  What a child does is waited for in
 * run_poll() alone: a message is read once it is there, a child reaped once it has ended.  What it is sent
 * are a few messages, which fit its socket whether it reads or not.  What is read of it in /proc takes none
 * of its locks, and it is killed with a limit (process_release()).  There is no limit on what the kernel
 * itself makes us wait for, as any program: a new namespace while others are taken down, a path on a file
 * system that does not answer. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sandbox/caps.h"
#include "sandbox/idmap.h"
#include "sandbox/readback.h"
#include "sandbox/run.h"

#define SETUP_TIMEOUT_S 30

/* A terminating signal cancels the set-up; others have nobody to be forwarded to yet. */
int run_setup_signal(struct run *r, struct err *e)
{
	struct signalfd_siginfo sig;

	while (read(r->signal_fd, &sig, sizeof(sig)) == (ssize_t)sizeof(sig)) {
		int number = (int)sig.ssi_signo;

		if (number != SIGTERM && number != SIGINT && number != SIGHUP && number != SIGQUIT)
			continue;
		r->out->evidence.cancel_signal = number;
		return err_set(e, ERR_SETUP, 0, ERR_AT, "cancelled by signal %d during set-up",
			       number);
	}
	return 0;
}

#define WIRE_ANY 0 /* READY or SEALED */

static const char *sender(uint32_t type)
{
	return type == WIRE_INIT ? "stage" : type == WIRE_READY ? "the workload's process" : "init";
}

static bool is_late(uint32_t type)
{
	return type == WIRE_READY || type == WIRE_SEALED;
}

/* Who is waited for may itself wait for one that is stopped, or hangs in the kernel. */
static int got_stuck(struct run *r, const char *whom, struct err *e)
{
	const struct {
		const char *name;
		const struct process *process;
	} all[] = { { "stage", &r->stage },
		    { "init", &r->init },
		    { "the gateway", &r->net.gate },
		    { "the socket maker", &r->net.maker } };
	struct err said = { 0 };

	network_explain(r, &said); /* and who the socket maker is */
	if (said.kind != ERR_NONE) {
		*e = said;
		return -1;
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		pid_t pid = all[i].process->pidfd < 0 ? 0 : all[i].process->pid;
		char state = process_state(pid);

		if (state == 'T' || state == 't')
			return err_set(e, ERR_SETUP, 0, ERR_AT,
				       "set-up got stuck for %d s: %s (pid %d) is stopped",
				       SETUP_TIMEOUT_S, all[i].name, (int)pid);
		if (state == 'D')
			return err_set(e, ERR_SETUP, 0, ERR_AT,
				       "set-up got stuck for %d s: %s (pid %d) hangs in the kernel "
				       "(a file system that does not answer?)",
				       SETUP_TIMEOUT_S, all[i].name, (int)pid);
	}
	return err_set(e, ERR_SETUP, 0, ERR_AT,
		       "set-up got stuck for %d s: no answer from %s (stopped, or waiting for a file "
		       "system?)",
		       SETUP_TIMEOUT_S, whom);
}

int run_poll(struct run *r, struct pollfd *fds, nfds_t count, const char *whom, struct err *e)
{
	bool others = false;

	while (!others) {
		int rc = poll(fds, count, SETUP_TIMEOUT_S * 1000);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return err_sys(e, "wait for the sandbox");
		if (rc == 0)
			return got_stuck(r, whom, e);
		if (fds[0].revents && run_setup_signal(r, e) != 0)
			return -1;
		for (nfds_t i = 1; i < count; i++)
			others = others || fds[i].revents;
	}
	return 0;
}

/* The wire may bring what is due, an error, an unexpected type or its end. */
int run_wait(struct run *r, uint32_t type, struct wire *w, int *fds, size_t fd_cap, size_t *out_fds,
	     pid_t *out_pid, struct err *e)
{
	struct pollfd wait[3] = { { .fd = r->signal_fd, .events = POLLIN },
				  { .fd = r->ctl, .events = POLLIN },
				  { .fd = r->stage.pidfd, .events = POLLIN } };
	ssize_t n;

	if (run_poll(r, wait, 3, sender(type), e) != 0)
		return -1;
	/* poll looks at one after the other: stage may have sent its message and ended in between. */
	if (!wait[1].revents && poll(&wait[1], 1, 0) < 0)
		return err_sys(e, "wait for the sandbox");
	/* Init has the wire too, so the end of stage alone is no EOF. */
	n = wait[1].revents ? fd_recv(r->ctl, w, sizeof(*w), fds, fd_cap, out_fds, out_pid) : 0;
	/* They ended without having read our last message.  The kernel says that once (unix(7)), before
	 * what they have sent. */
	if (n < 0 && errno == ECONNRESET)
		n = fd_recv(r->ctl, w, sizeof(*w), fds, fd_cap, out_fds, out_pid);
	if (n < 0)
		return err_sys(e, "receive from the sandbox");
	if (n == 0)
		return err_set(e, ERR_SETUP, 0, ERR_AT,
			       "the sandbox died during set-up without a message "
			       "(killed from outside, or out of memory)");
	if (n == (ssize_t)sizeof(*w) && w->type == WIRE_ERROR) {
		err_sanitize(&w->err);
		*e = w->err;
		return -1;
	}
	if (n == (ssize_t)sizeof(*w) && w->type == WIRE_ENDED)
		return err_set(e, ERR_SETUP, 0, ERR_AT,
			       "the workload's process died before it was ready: its seccomp profile "
			       "must allow seccomp, sendmsg, recvmsg and execve");
	if (n != (ssize_t)sizeof(*w) || (w->type != type && (type != WIRE_ANY || !is_late(w->type))))
		return err_internal(e, "unexpected message from the sandbox");
	return 0;
}

static int send_go(struct run *r, struct err *e)
{
	struct wire w = { .type = WIRE_GO };

	if (fd_send(r->ctl, &w, sizeof(w), NULL, 0) == 0)
		return 0;
	/* Nobody is there any more.  Why, they have said on the wire, which is read next. */
	return errno == EPIPE || errno == ECONNRESET ? 0 : err_sys(e, "release the sandbox");
}

static void close_children_ends(struct run *r)
{
	fd_close(&r->launch.ctl);
	network_children_started(r);
	streams_started(&r->streams);
	for (size_t i = 0; i < r->plan->row_count; i++)
		fd_close(&r->launch.trees[i]);
}

static int end_stage(struct run *r, struct err *e)
{
	struct pollfd wait[2] = { { .fd = r->signal_fd, .events = POLLIN },
				  { .fd = r->stage.pidfd, .events = POLLIN } };
	siginfo_t info;

	if (run_poll(r, wait, 2, "stage", e) != 0)
		return -1;
	process_reap(&r->stage, &info, NULL, 0);
	fd_close(&r->stage.pidfd);
	return 0;
}

/* Stage in U1 and W; its maps; init handed over; stage reaped. */
static int start_stage(struct run *r, struct err *e)
{
	const bool joins = r->launch.net.outer_ns >= 0; /* U1 is the gate's, with its maps */
	struct process_spec spec = { .flags = joins ? 0 : CLONE_NEWUSER | CLONE_NEWNET,
				     .cgroup_fd = cgroup_clone_fd(r->cgroup),
				     .main = stage_main,
				     .arg = &r->launch };
	struct wire w;
	size_t fd_count = 0;
	int rc = -1, fd = -1;

	if (process_clone(&spec, &r->stage, e) != 0)
		return err_wrap(
			e,
			"make a user namespace (are unprivileged ones forbidden by "
			"kernel.unprivileged_userns_clone, user.max_user_namespaces or an AppArmor restriction?)");
	close_children_ends(r);
	if ((joins ||
	     idmap_write(r->stage.pid, 0, r->host_uid, 0, r->host_gid, !r->plan->root, e) == 0) &&
	    send_go(r, e) == 0 && run_wait(r, WIRE_INIT, &w, &fd, 1, &fd_count, NULL, e) == 0) {
		if (fd_count == 1) {
			r->init = (struct process){ .pid = w.pid, .pidfd = fd };
			rc = 0;
		} else {
			err_internal(e, "stage sent no pidfd");
		}
	}
	return rc == 0 && end_stage(r, e) == 0 ? send_go(r, e) : -1;
}

#define READY_FD_MAX 4

static void take_ready_fds(struct run *r, const struct wire *w, const int *fds)
{
	r->listener = *fds++;
	r->scratch = w->flags & WIRE_F_HAS_SCRATCH ? *fds++ : -1;
	if (w->flags & WIRE_F_HAS_TTY) {
		r->tty_master = fds[0];
		r->tty_slave = fds[1];
	}
}

/* READY of the workload's process and SEALED of init, in any order: nothing is released before both. */
static int wait_ready(struct run *r, pid_t *out_pid, struct err *e)
{
	bool ready = false, sealed = false;

	while (!ready || !sealed) {
		int fds[READY_FD_MAX] = { -1, -1, -1, -1 };
		struct wire w = { .type = WIRE_ANY };
		size_t fd_count = 0;
		pid_t pid = 0;

		if (run_wait(r,
			     sealed  ? WIRE_READY
			     : ready ? WIRE_SEALED
				     : WIRE_ANY,
			     &w, fds, READY_FD_MAX, &fd_count, &pid, e) != 0)
			return -1;
		if (w.type == WIRE_SEALED) {
			sealed = true;
			continue;
		}
		ready = true;
		take_ready_fds(r, &w, fds);
		*out_pid = pid;
	}
	return 0;
}

static int wait_workload(struct run *r, struct err *e)
{
	pid_t pid = 0;

	if (wait_ready(r, &pid, e) != 0)
		return -1;
	secrets_wipe(&r->secrets); /* init has; this lets go of the room */
	if (r->listener < 0 || pid <= 0)
		return err_internal(e, "the workload's process sent no listener");
	/* It is held in a read and its parent is alive: the number can't be another process's. */
	r->workload.pid = pid;
	r->workload.pidfd = process_open(pid);
	return r->workload.pidfd < 0 ? err_sys(e, "pidfd_open") : 0;
}

static void report_limits(struct run *r)
{
	const bool cg = r->cgroup != NULL;
	const enum enforcer by[LIMIT_COUNT] = {
		[LIMIT_MEMORY] = cg ? BY_CGROUP : BY_WATCHDOG,
		[LIMIT_CPUS] = cg ? BY_CGROUP : BY_NONE,
		[LIMIT_CPU_TIME] = BY_WATCHDOG,
		[LIMIT_WALL_TIME] = BY_WATCHDOG,
		[LIMIT_PIDS] = cg ? BY_CGROUP : BY_RLIMIT,
		[LIMIT_DISK] = BY_TMPFS,
		[LIMIT_OUTPUT] = BY_WATCHDOG,
		[LIMIT_FSIZE] = BY_RLIMIT,
	};

	for (int i = 0; i < LIMIT_COUNT; i++) {
		r->out->limits[i].value = r->plan->limits.value[i];
		r->out->limits[i].by = r->plan->limits.value[i] == LIMIT_NONE ? BY_NONE : by[i];
	}
	if (r->launch.nproc)
		outcome_warn(r->out,
			     "pids: without a control group a refused fork leaves no trace; the run "
			     "ends as it ends");
	for (size_t i = 0; i < r->plan->rlimit_count; i++)
		if (r->plan->rlimits[i].set < r->plan->rlimits[i].wanted)
			outcome_warn(r->out,
				     "rlimit %s: %llu wanted, %llu set (the caller's hard limit)",
				     r->plan->rlimits[i].name,
				     (unsigned long long)r->plan->rlimits[i].wanted,
				     (unsigned long long)r->plan->rlimits[i].set);
}

static int read_back(struct run *r, struct err *e)
{
	struct readback rb = { .plan = r->plan,
			       .cgroup = r->cgroup,
			       .cgroup_why = r->cgroup_why,
			       .pid = r->workload.pid,
			       .init_pid = r->init.pid,
			       .nproc = r->launch.nproc,
			       .host_uid = r->host_uid,
			       .host_gid = r->host_gid,
			       .subnet = r->launch.net.subnet };

	if (readback_walls(&rb, r->out, e) != 0)
		return -1;
	report_limits(r);
	return r->plan->root ? caps_drop_supervisor(e) : 0;
}

static int take_terminal(struct run *r, struct err *e)
{
	if (!r->plan->tty)
		return 0;
	if (r->tty_master < 0 || r->tty_slave < 0)
		return err_internal(e, "the workload's process sent no terminal");
	return streams_take_tty(&r->streams, fd_take(&r->tty_master), fd_take(&r->tty_slave), e);
}

/* Nothing is released that the log does not know of. */
static int write_start(struct run *r, struct err *e)
{
	int rc = trail_start(r->trail, r->plan, r->out, e);

	r->out->evidence.kill_audit = rc != 0;
	return rc;
}

int run_release(struct run *r, struct err *e)
{
	r->start_ns = clock_now_ns();
	r->out->phase = PHASE_EXEC;
	if (send_go(r, e) != 0)
		return -1;
	r->released = true;
	r->out->phase = PHASE_RUN;
	r->out->secrets_handed = r->plan->secret_count > 0;
	return 0;
}

static const struct run_step start_steps[] = {
	{ "namespaces", start_stage }, /* and init, which goes on beside the next */
	{ "gateway", network_ready },  { "process", wait_workload }, { "walls", read_back },
	{ "terminal", take_terminal }, { "audit", write_start },
};

int run_start(struct run *r, struct err *e)
{
	return RUN_STEPS(r, start_steps, e);
}
