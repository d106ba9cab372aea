/* session.c - own every resource of one run: start in order, tear down in reverse.
 *
 * Theory of operation.  Nothing is started before everything that can be refused has been refused:
 * descriptors typed, streams and sources opened, cgroup made and limited.  Then: clone stage (U1, W;
 * cgroup v2: born inside), write its maps, receive init's pidfd, reap stage, let init go on, receive
 * READY with the listener, read everything back, release.  Every early end goes through the same
 * teardown, which is idempotent and knows no difference between a failed and a finished run. */
#include "sandbox/session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/caps.h"
#include "sandbox/host.h"
#include "sandbox/idmap.h"
#include "sandbox/readback.h"
#include "sandbox/rootfs.h"
#include "sandbox/run.h"
#include "sandbox/slot.h"
#include "seccomp/filter.h"

#define SETUP_TIMEOUT_MS 30000

/* --- steps before anything is started ----------------------------------------------------------- */

static int block_signals(struct run *r, struct err *e)
{
	static const int caught[] = { SIGTERM, SIGINT,	SIGHUP,	  SIGQUIT,
				      SIGUSR1, SIGUSR2, SIGWINCH, SIGPIPE };
	static const int of_terminal[] = { SIGTSTP, SIGCONT };
	const struct sigaction deflt = { .sa_handler = SIG_DFL };
	sigset_t set;

	/* A caller that ignores CHLD would have our children reaped before we can ask about them. */
	if (sigaction(SIGCHLD, &deflt, NULL) != 0)
		return err_sys(e, "reset SIGCHLD");
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaddset(&set, caught[i]);
	for (size_t i = 0; r->plan->tty && i < sizeof(of_terminal) / sizeof(of_terminal[0]); i++)
		sigaddset(&set, of_terminal[i]);
	/* Blocked signals are kept even where the caller had them ignored (a shell's `&`). */
	if (sigprocmask(SIG_BLOCK, &set, &r->old_mask) != 0)
		return err_sys(e, "block signals");
	r->mask_saved = true;
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signal_fd < 0 ? err_sys(e, "signalfd") : 0;
}

static int take_slot(struct run *r, struct err *e)
{
	struct text name = TEXT_ON(r->out->session);
	uint32_t random = 0;

	r->slot_fd = slot_take(&r->slot, e);
	if (r->slot_fd < 0)
		return -1;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(e, "getrandom");
	text_fmt(&name, "er-%u-", r->slot);
	text_hex(&name, random);
	r->host_uid = r->plan->root ? SLOT_UID_BASE + r->slot : geteuid();
	r->host_gid = r->plan->root ? SLOT_UID_BASE + r->slot : getegid();
	r->out->host_uid = r->host_uid;
	return 0;
}

static int check_passed_fds(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->plan->pass_fd_count; i++)
		if (streams_check_passed(r->plan->pass_fds[i], e) != 0)
			return -1;
	return 0;
}

static int open_streams(struct run *r, struct err *e)
{
	if (streams_open(r->plan, &r->streams, e) != 0)
		return -1;
	/* Else the workload could use its streams, but not open /dev/stdout by name. */
	for (int i = 0; r->plan->root && i < 3; i++)
		if (streams_is_pipe(&r->streams, i) &&
		    fchown(r->streams.workload_ends[i], r->host_uid, r->host_gid) != 0)
			return err_sys(e, "give the streams to the run's uid");
	memcpy(r->launch.stdio, r->streams.workload_ends, sizeof(r->launch.stdio));
	return 0;
}

/* A terminating signal cancels the set-up; others have nobody to be forwarded to yet. */
static int take_setup_signal(struct run *r, struct err *e)
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

static int secret_woken(void *run, struct err *e)
{
	return take_setup_signal(run, e);
}

static int read_secrets(struct run *r, struct err *e)
{
	const struct plan *p = r->plan;
	const struct secret_wake wake = { r->signal_fd, secret_woken, r };

	r->launch.secrets = &r->secrets;
	return p->secret_count
		       ? secrets_read(p->secrets, p->secret_count, &wake, &r->secrets, r->out, e)
		       : 0;
}

static int open_sources(struct run *r, struct err *e)
{
	r->launch.trees = calloc(r->plan->row_count, sizeof(int));
	if (!r->launch.trees)
		return err_nomem(e);
	for (size_t i = 0; i < r->plan->row_count; i++)
		r->launch.trees[i] = -1;
	return r->plan->root ? rootfs_open_user_sources(r->plan, r->launch.trees, r->host_uid,
							r->host_gid, e)
			     : 0;
}

static int make_cgroup(struct run *r, struct err *e)
{
	const uint64_t *want = r->plan->limits.value;
	struct cgroup_spec spec = { .slot = r->slot,
				    .parent = r->plan->cgroup_parent,
				    .memory_bytes = want[LIMIT_MEMORY],
				    .cpus_milli = want[LIMIT_CPUS],
				    .pids_count = want[LIMIT_PIDS] };

	if (spec.pids_count != LIMIT_NONE)
		spec.pids_count++; /* init */
	if (cgroup_create(&spec, &r->cgroup, r->cgroup_why, sizeof(r->cgroup_why), e) != 0)
		return -1;
	r->launch.cgroup = r->cgroup;
	if (!r->cgroup && want[LIMIT_PIDS] != LIMIT_NONE)
		r->launch.nproc = want[LIMIT_PIDS] + 1;
	r->out->cgroup_mode = !r->cgroup			    ? "none"
			      : cgroup_mode(r->cgroup) == CGROUP_V2 ? "v2"
								    : "v1";
	return 0;
}

/* --cpu-time is looked after by us; should we be stopped, each process alone still comes to an end. */
static rlim_t cpu_backstop_s(const struct plan *plan)
{
	uint64_t budget_ns = plan->limits.value[LIMIT_CPU_TIME];
	struct rlimit own;
	rlim_t seconds;

	if (budget_ns == LIMIT_NONE)
		return 0;
	seconds = budget_ns / NS_PER_S + 2;
	for (size_t i = 0; i < plan->rlimit_count; i++)
		if (plan->rlimits[i].resource == RLIMIT_CPU)
			return 0; /* the caller's own wish */
	return getrlimit(RLIMIT_CPU, &own) == 0 && own.rlim_max >= seconds ? seconds : 0;
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

/* The environment strings of our own exec, for init to wipe in its copy: they lie in one piece at the
 * top of the stack (execve(2), env_start..env_end). */
static void find_argv_area(struct launch *l)
{
	char *end = NULL;

	if (!environ || !environ[0])
		return;
	for (char **p = environ; *p; p++)
		end = *p + strlen(*p);
	if (end > environ[0]) {
		l->argv_area = environ[0];
		l->argv_area_len = (size_t)(end - environ[0]);
	}
}

static int make_wire(struct run *r, struct err *e)
{
	const struct seccomp_profile *init = seccomp_profile_find("init");
	int ends[2], one = 1;

	if (!init)
		return err_internal(e, "no shipped seccomp profile 'init'");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return err_sys(e, "socketpair");
	r->ctl = r->launch.ctl_supervisor = ends[0];
	r->launch.ctl = ends[1];
	if (setsockopt(r->ctl, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) != 0)
		return err_sys(e, "SO_PASSCRED");
	r->launch.init_filter = init->allow;
	r->launch.cpu_s = cpu_backstop_s(r->plan);
	r->launch.ignored_signals = r->plan->ignored_signals;
	find_argv_area(&r->launch);
	return 0;
}

/* --- start ---------------------------------------------------------------------------------------- */

#define WIRE_ANY 0 /* READY or SEALED */

static bool is_late(uint32_t type)
{
	return type == WIRE_READY || type == WIRE_SEALED;
}

int run_poll(struct run *r, struct pollfd *fds, nfds_t count, struct err *e)
{
	bool others = false;

	while (!others) {
		int rc = poll(fds, count, SETUP_TIMEOUT_MS);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return err_sys(e, "wait for the sandbox");
		if (rc == 0)
			return err_set(e, ERR_SETUP, 0, ERR_AT,
				       "set-up got stuck for %d s (a hanging file system?)",
				       SETUP_TIMEOUT_MS / 1000);
		if (fds[0].revents && take_setup_signal(r, e) != 0)
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

	if (run_poll(r, wait, 3, e) != 0)
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
	if (rc == 0) {
		siginfo_t info;

		process_reap(&r->stage, &info, NULL, true);
		fd_close(&r->stage.pidfd);
	}
	return rc;
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

static int start_init(struct run *r, struct err *e)
{
	pid_t pid = 0;

	if (send_go(r, e) != 0 || wait_ready(r, &pid, e) != 0)
		return -1;
	secrets_wipe(&r->secrets); /* init has; this lets go of the room */
	if (r->listener < 0 || pid <= 0)
		return err_internal(e, "the workload's process sent no listener");
	/* It is held in a read and its parent is alive: the number can't be another process's. */
	r->workload.pid = pid;
	r->workload.pidfd = process_open(pid);
	return r->workload.pidfd < 0 ? err_sys(e, "pidfd_open") : 0;
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
			       .subnet = r->launch.net.subnet,
			       .gate_pid = r->net.gate.pid,
			       .maker_pid = r->net.maker.pid };

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

static int release(struct run *r, struct err *e)
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

struct session_step {
	const char *stage; /* the record's error.stage, unless a child names a finer one */
	int (*run)(struct run *r, struct err *e);
};

static const struct session_step prepare_steps[] = {
	{ "process", block_signals },	     { "slot", take_slot },
	{ "descriptors", check_passed_fds }, { "streams", open_streams },
	{ "secrets", read_secrets },	     { "cgroup", make_cgroup },
	{ "rootfs", open_sources },	     { "process", make_wire },
};

static const struct session_step start_steps[] = {
	{ "network", network_start }, { "namespaces", start_stage }, { "process", start_init },
	{ "gateway", network_ready }, { "walls", read_back },	     { "terminal", take_terminal },
	{ "audit", write_start },
};

static int run_steps(struct run *r, const struct session_step *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].run(r, e) != 0)
			return err_stage(e, steps[i].stage);
	return 0;
}

#define RUN_STEPS(r, steps, e) run_steps(r, steps, sizeof(steps) / sizeof((steps)[0]), e)

/* --- end ------------------------------------------------------------------------------------------ */

/* What the audit log says became of the cgroup. */
static const char *destroy_cgroup(struct run *r)
{
	if (!r->cgroup)
		return "none";
	if (cgroup_destroy(r->cgroup) <= 0)
		return "removed";
	outcome_warn(r->out,
		     "a cgroup directory could not be removed yet; the next start sweeps it");
	return "left";
}

static void restore_signals(struct run *r)
{
	fd_close(&r->signal_fd);
	if (r->mask_saved)
		sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
}

/* Idempotent; what is not there is passed over. */
static struct trail_left teardown(struct run *r)
{
	struct trail_left left;
	bool stage_gone = process_release(&r->stage);
	/* First: without a gateway the workload has no network. */
	bool network_gone = network_release(r);

	/* Kills the whole pid namespace; a no-op after a normal end. */
	left.processes_gone = process_release(&r->init) && stage_gone && network_gone;
	fd_close(&r->workload.pidfd);
	fd_close(&r->listener);
	fd_close(&r->scratch); /* lets the tmpfs go before its memory's cgroup is removed */
	if (r->launch.trees)
		for (size_t i = 0; i < r->plan->row_count; i++)
			fd_close(&r->launch.trees[i]);
	free(r->launch.trees);
	secrets_wipe(&r->secrets);
	fd_close(&r->launch.ctl);
	fd_close(&r->ctl);
	fd_close(&r->tty_master);
	fd_close(&r->tty_slave);
	streams_release(&r->streams);
	left.cgroup = destroy_cgroup(r);
	fd_close(&r->slot_fd);
	return left;
}

/* The verdict stands in the log's last line.  If that can't be written, it changes. */
static void conclude(struct run *r, const struct trail_left *left)
{
	struct outcome *o = r->out;

	run_told(r, trail_teardown(r->trail, o, left));
	o->verdict = reason_from(&o->evidence);
	run_told(r, trail_result(r->trail, o));
	run_told(r, trail_close(r->trail, o));
	o->verdict = reason_from(&o->evidence);
}

static void fail(struct run *r, const struct err *e)
{
	struct evidence *ev = &r->out->evidence;

	supervise_count(r); /* out of memory explains better than the step that broke */
	ev->setup_failed = true;
	ev->refused = e->kind == ERR_UNSUPPORTED || e->kind == ERR_USAGE;
	r->out->error = *e;
	r->out->has_error = true;
	if (r->trail && !r->trail->started)
		run_told(r, trail_refused(r->trail, r->out, r->plan->argv));
}

static int start(struct run *r, session_notify_fn notify, void *arg, struct err *e)
{
	if (RUN_STEPS(r, prepare_steps, e) != 0)
		return -1;
	if (notify && notify(arg, SESSION_CREATED, r->out, e) != 0)
		return err_stage(e, "record");
	if (RUN_STEPS(r, start_steps, e) != 0)
		return -1;
	if (notify && notify(arg, SESSION_STARTED, r->out, e) != 0)
		return err_stage(e, "record");
	return release(r, e) == 0 ? 0 : err_stage(e, "exec");
}

/* A record may claim no wall that nobody has seen: the reading back says which there are. */
static void no_walls_yet(struct outcome *out)
{
	static const char why[] = "set-up ended before";

	for (unsigned i = 0; i < WALL_COUNT; i++) {
		out->walls[i].state = WALL_ABSENT;
		memcpy(out->walls[i].detail, why, sizeof(why));
	}
}

void session_run(const struct plan *plan, struct trail *trail, session_notify_fn notify, void *arg,
		 struct outcome *out)
{
	struct run r = { .plan = plan,
			 .out = out,
			 .trail = trail,
			 .notify = notify,
			 .notify_arg = arg,
			 .launch = { .plan = plan,
				     .ctl = -1,
				     .ctl_supervisor = -1,
				     .scratch = -1,
				     .net = { .outer_ns = -1,
					      .wire = -1,
					      .wire_supervisor = -1,
					      .event = -1,
					      .event_supervisor = -1,
					      .link_stage = -1,
					      .link_maker = -1 } },
			 .stage = { .pidfd = -1 },
			 .init = { .pidfd = -1 },
			 .workload = { .pidfd = -1 },
			 .slot_fd = -1,
			 .ctl = -1,
			 .signal_fd = -1,
			 .listener = -1,
			 .scratch = -1,
			 .tty_master = -1,
			 .tty_slave = -1 };
	struct trail_left left;
	struct err e = { 0 };

	network_init(&r.net);
	memset(out, 0, sizeof(*out));
	out->started_real_ns = clock_realtime_ns();
	out->supervisor_pid = getpid();
	out->cgroup_mode = "none";
	streams_init(&r.streams);
	for (int i = 0; i < LIMIT_COUNT; i++)
		out->limits[i].value = plan->limits.value[i];
	no_walls_yet(out);
	if (start(&r, notify, arg, &e) == 0)
		supervise(&r);
	else
		fail(&r, &e);
	out->evidence.has_cgroup = r.cgroup != NULL;
	left = teardown(&r);
	out->ended_real_ns = clock_realtime_ns();
	conclude(&r, &left);
	restore_signals(&r);
	if (out->verdict.reason != REASON_SETUP &&
	    (r.released || out->verdict.reason != REASON_AUDIT))
		out->phase = PHASE_TEARDOWN;
	if (notify && notify(arg, SESSION_ENDED, out, &e) != 0) {
		out->error = e;
		out->has_error = true;
	}
}
