/* supervise.c - the wait loop: one poll over everything that can end a run.
 *
 * Theory of operation.  Every fact that may decide the verdict is written into the evidence *before*
 * it is acted on: our own kill flag before the kill, init's report when it arrives, counters after
 * the end and before the cgroup is removed.  The loop never blocks elsewhere than in poll, so the
 * deadline holds whatever the workload, its streams or the caller's reader do.
 *
 *	RUNNING --init's report or death--> DRAINING (what is left in the pipes) --> done
 *	RUNNING --TERM/INT/HUP/QUIT--> STOPPING --report, or stop timeout: kill--> DRAINING */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sandbox/run.h"
#include "sandbox/watchdog.h"
#include "seccomp/notify.h"

#define TICK_NS (10 * NS_PER_MS)

enum {
	POLL_CTL,
	POLL_INIT,
	POLL_SIGNAL,
	POLL_LISTENER,
	POLL_STREAMS,
	POLL_NETWORK = POLL_STREAMS + 3,
	POLL_COUNT = POLL_NETWORK + NETWORK_POLL_COUNT
};

void supervise_kill(struct run *r, bool *flag)
{
	if (r->killed)
		return;
	r->killed = true;
	if (flag)
		*flag = true;
	run_told(r, trail_kill(r->trail, r->out,
			       reason_word(reason_of_kill(&r->out->evidence, flag))));
	cgroup_kill(r->cgroup);
	process_signal(&r->init, SIGKILL);
	/* A throttled tree dies slowly.  Last, else it would run at full speed until it is killed. */
	cgroup_lift_cpu(r->cgroup);
}

void run_told(struct run *r, bool written)
{
	struct evidence *ev = &r->out->evidence;

	if (written || ev->kill_audit) /* NOLINT(clang-analyzer-core.NullDereference): never NULL */
		return;
	ev->kill_audit = true; /* also when it is being killed already */
	trail_explain(r->trail, r->out);
	if (r->released && !r->init_gone) /* before and after there is nothing to end */
		supervise_kill(r, &ev->kill_audit);
}

static void take_report(struct run *r, const struct wire *w)
{
	struct evidence *ev = &r->out->evidence;

	if (ev->main_reported)
		return;
	ev->main_reported = true;
	ev->main_code = w->code;
	ev->main_status = w->status;
	ev->file_size_signal = w->code != CLD_EXITED && w->status == SIGXFSZ &&
			       r->plan->limits.value[LIMIT_FSIZE] != LIMIT_NONE;
}

static void take_error(struct run *r, struct wire *w)
{
	struct evidence *ev = &r->out->evidence;

	err_sanitize(&w->err);
	if (w->err.kind == ERR_EXEC)
		ev->exec_errno = w->err.errnum ? w->err.errnum : ENOENT;
	else
		ev->setup_failed = true;
	r->out->error = w->err;
	r->out->has_error = true;
}

/* Everything that lies in the wire; true while it is open. */
static bool read_wire(struct run *r)
{
	struct wire w;
	ssize_t n;

	while ((n = recv(r->ctl, &w, sizeof(w), MSG_DONTWAIT)) == (ssize_t)sizeof(w)) {
		if (w.type == WIRE_ENDED)
			take_report(r, &w);
		else if (w.type == WIRE_ERROR)
			take_error(r, &w);
	}
	return n < 0 && errno == EAGAIN;
}

static void reap_init(struct run *r)
{
	struct evidence *ev = &r->out->evidence;
	siginfo_t info;

	/* The report was sent before init could die: look for it first. */
	read_wire(r);
	if (process_reap(&r->init, &info, &r->rusage, 0) != 0)
		return;
	r->init_gone = true;
	r->end_ns = clock_now_ns();
	if (!ev->main_reported) {
		ev->init_killed = info.si_code != CLD_EXITED;
		ev->init_signal = ev->init_killed ? info.si_status : 0;
	}
	fd_close(&r->init.pidfd);
	streams_stop_input(&r->streams);
}

static void cancel(struct run *r, int sig)
{
	struct evidence *ev = &r->out->evidence;

	if (ev->main_reported ||
	    r->init_gone) { /* too late to cancel it: only the waiting for readers */
		r->out->truncated_output = r->drain_cut = true;
		return;
	}
	if (ev->cancel_signal) { /* the second one means: now */
		ev->cancel_escalated = true;
		supervise_kill(r, NULL);
		return;
	}
	ev->cancel_signal = sig;
	r->stop_ns = clock_now_ns() + r->plan->stop_timeout_ns;
	run_told(r, trail_cancel(r->trail, r->out, sig));
	/* A shell that waits for a child acts on INT only once the child is gone, because a terminal
	 * sends it to both; TERM is for the main process alone, as docker and timeout(1) do. */
	if (sig == SIGTERM)
		process_signal(&r->workload, sig);
	else
		process_signal_group(&r->workload, sig);
	process_signal(&r->workload, SIGCONT);
}

static void take_signal(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT)
			cancel(r, sig);
		else if (!streams_take_signal(&r->streams, sig) && sig != SIGPIPE)
			process_signal(&r->workload, sig);
	}
}

static void answer_listener(struct run *r, short revents)
{
	struct err ignored;

	if (revents & POLLIN)
		if (seccomp_notify_answer(r->listener, &r->out->violations, &ignored) < 0)
			fd_close(&r->listener); /* callers get ENOSYS: still refused */
	run_told(r, trail_violations(r->trail, r->out, r->plan->kill_on_violation));
	if (r->out->violations.total > 0 && r->plan->kill_on_violation)
		supervise_kill(r, &r->out->evidence.kill_seccomp);
	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		fd_close(&r->listener);
}

bool supervise_disk_full(const struct run *r)
{
	struct statfs fs;

	return r->scratch >= 0 && fstatfs(r->scratch, &fs) == 0 && fs.f_blocks > 0 &&
	       (fs.f_bavail == 0 || (fs.f_files > 0 && fs.f_ffree == 0));
}

static void check_disk(struct run *r)
{
	if (r->killed || !supervise_disk_full(r))
		return;
	r->out->evidence.disk_full = true;
	supervise_kill(r, &r->out->evidence.kill_disk);
}

void supervise_count(struct run *r)
{
	struct evidence *ev = &r->out->evidence;
	struct cgroup_events events;

	if (r->killed || !r->cgroup)
		return;
	cgroup_events(r->cgroup, &events);
	ev->oom_kills = events.oom_kills;
	ev->outer_oom_kills = events.outer_oom_kills;
	ev->pids_refused = events.pids_refused;
	ev->outer_pids_refused = events.outer_pids_refused;
}

/* On v1 the kernel kills one process only; what is left of the run ends with it, as on v2. */
static void check_events(struct run *r)
{
	struct evidence *ev = &r->out->evidence;

	supervise_count(r);
	if (ev->oom_kills > 0)
		supervise_kill(r, &ev->kill_memory);
	if (ev->outer_oom_kills > 0)
		supervise_kill(r, &ev->kill_rest);
	if (ev->pids_refused > 0 && r->plan->kill_on_pids)
		supervise_kill(r, &ev->kill_pids);
}

static void check_cpu_time(struct run *r, uint64_t used_ns)
{
	r->out->evidence.cpu_used_ns = used_ns;
	if (used_ns >= r->plan->limits.value[LIMIT_CPU_TIME])
		supervise_kill(r, &r->out->evidence.kill_cpu_time);
}

/* No cgroup: look for ourselves.  Two ticks apart, because it costs a few calls per process. */
static void check_tree(struct run *r, uint64_t t_ns)
{
	const uint64_t *limits = r->plan->limits.value;
	bool limited = limits[LIMIT_MEMORY] != LIMIT_NONE || limits[LIMIT_CPU_TIME] != LIMIT_NONE;
	bool due = timeline_due(&r->out->timeline, t_ns);
	struct watchdog_sample sample;

	if (r->tick_count++ % 2 || !(limited || due))
		return;
	watchdog_sample(r->init.pid, limits[LIMIT_MEMORY], &sample);
	if (due)
		timeline_add(&r->out->timeline,
			     &(struct timeline_sample){ t_ns, sample.memory_bytes,
							sample.cpu_user_ns + sample.cpu_system_ns,
							sample.pids },
			     2 * TICK_NS);
	if (sample.memory_bytes > r->seen.memory_peak_bytes)
		r->seen.memory_peak_bytes = sample.memory_bytes;
	if (sample.pids > r->seen.pids_peak)
		r->seen.pids_peak = sample.pids;
	if (sample.memory_bytes > limits[LIMIT_MEMORY])
		supervise_kill(r, &r->out->evidence.kill_memory);
	r->seen.cpu_user_ns = sample.cpu_user_ns;
	r->seen.cpu_system_ns = sample.cpu_system_ns;
	check_cpu_time(r, sample.cpu_user_ns + sample.cpu_system_ns);
}

static void check_group(struct run *r, uint64_t t_ns)
{
	struct cgroup_now now;

	check_events(r);
	if (r->plan->limits.value[LIMIT_CPU_TIME] != LIMIT_NONE)
		check_cpu_time(r, cgroup_cpu_ns(r->cgroup));
	if (!timeline_due(&r->out->timeline, t_ns))
		return;
	cgroup_now(r->cgroup, &now);
	if (now.tasks != UINT64_MAX && now.tasks > 0)
		now.tasks--; /* init */
	timeline_add(&r->out->timeline,
		     &(struct timeline_sample){ t_ns, now.memory_bytes, now.cpu_ns, now.tasks },
		     TICK_NS);
}

/* A deadline that finds the main process stopped says so: it did nothing, but was not idle. */
static void check_stopped(struct run *r)
{
	char state;

	if (r->killed)
		return;
	state = process_state(r->workload.pid);
	r->out->evidence.stopped = state == 'T' || state == 't';
}

static void check_deadline(struct run *r, uint64_t now)
{
	uint64_t wall = r->plan->limits.value[LIMIT_WALL_TIME];

	if (wall == LIMIT_NONE || now - r->start_ns < wall)
		return;
	check_stopped(r);
	supervise_kill(r, &r->out->evidence.kill_deadline);
}

static void tick(struct run *r)
{
	uint64_t now = clock_now_ns();

	if (r->init_gone) { /* cancelled, and nobody reads what is left: not for ever */
		if (r->stop_ns && now >= r->stop_ns)
			r->out->truncated_output = r->drain_cut = true;
		return;
	}
	if (!r->outer_known) {
		cgroup_outer_look(r->cgroup, false, &r->outer);
		r->outer_known = true;
	}
	if (r->cgroup)
		check_group(r, now - r->start_ns);
	else
		check_tree(r, now - r->start_ns);
	check_disk(r);
	if (r->streams.output_over)
		supervise_kill(r, &r->out->evidence.kill_output);
	check_deadline(r, now);
	if (r->stop_ns && now >= r->stop_ns) {
		r->out->evidence.cancel_escalated = true;
		supervise_kill(r, NULL);
	}
}

static int poll_all(struct run *r, struct pollfd *fds, bool wire_open)
{
	const struct timespec pause = { .tv_nsec = (long)TICK_NS };

	fds[POLL_CTL] = (struct pollfd){ .fd = wire_open ? r->ctl : -1, .events = POLLIN };
	fds[POLL_INIT] = (struct pollfd){ .fd = r->init.pidfd, .events = POLLIN };
	fds[POLL_SIGNAL] = (struct pollfd){ .fd = r->signal_fd, .events = POLLIN };
	fds[POLL_LISTENER] = (struct pollfd){ .fd = r->listener, .events = POLLIN };
	streams_poll(&r->streams, fds + POLL_STREAMS);
	network_poll(r, fds + POLL_NETWORK);
	return ppoll(fds, POLL_COUNT, r->init_gone && !r->stop_ns ? NULL : &pause, NULL);
}

/* The fault is ours: whatever the workload does from now on is not its own end. */
static void lose_run(struct run *r, int errnum, const char *what)
{
	if (r->killed) /* what it was killed for explains more */
		return;
	err_sysn(&r->out->error, errnum, "%s; the run was killed", what);
	err_stage(&r->out->error, "supervise");
	r->out->has_error = true;
	r->out->evidence.setup_failed = true;
	supervise_kill(r, NULL);
}

/* After init's end nobody can write any more: what the pipes hold is all there is.  A caller who does
 * not read delays only himself; a signal ends the wait. */
static bool draining_done(struct run *r)
{
	if (!r->init_gone)
		return false;
	return streams_output_done(&r->streams) || r->out->evidence.cancel_escalated || r->killed ||
	       r->drain_cut;
}

/* A killed run delivers what is in the pipes if that needs no waiting. */
static void drain_without_waiting(struct run *r)
{
	struct pollfd fds[3];

	for (int i = 0; i < 64; i++) {
		streams_poll(&r->streams, fds);
		if (poll(fds, 3, 0) <= 0)
			return;
		streams_step(&r->streams, fds);
	}
}

void supervise(struct run *r)
{
	uint64_t next_tick = clock_now_ns() + TICK_NS;
	struct pollfd fds[POLL_COUNT];
	bool wire_open = true;

	while (!draining_done(r)) {
		if (poll_all(r, fds, wire_open) < 0) {
			if (errno == EINTR)
				continue;
			/* Without it nothing can be enforced: better no run than an unwatched one. */
			lose_run(r, errno, "wait for the run");
			break;
		}
		if (fds[POLL_CTL].revents)
			wire_open = read_wire(r);
		if (fds[POLL_SIGNAL].revents)
			take_signal(r);
		if (fds[POLL_LISTENER].revents)
			answer_listener(r, fds[POLL_LISTENER].revents);
		streams_step(&r->streams, fds + POLL_STREAMS);
		if (r->streams.lost)
			lose_run(r, r->streams.lost, "relay the streams of the workload");
		network_step(r, fds + POLL_NETWORK);
		if (fds[POLL_INIT].revents)
			reap_init(r);
		if (r->streams.output_over || clock_now_ns() >= next_tick) {
			tick(r);
			next_tick = clock_now_ns() + TICK_NS;
		}
	}
	drain_without_waiting(r);
	network_stop(r); /* it answers while we look */
	collect(r);
}
