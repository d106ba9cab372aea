/* reason.c - the verdict: a table of rows, the first whose test holds is the reason.
 *
 * Why this order:
 *  (0) A log with a gap was asked not to be: whoever relies on it must hear of that first.
 *  (1) Nothing was exec'ed: execve's errno or set-up tells why.  A kernel OOM kill or a signal to us during
 *      set-up explains it better than the step that happened to break.
 *  (2) Facts the kernel or we counted before the end: they hold however the main process ended, even
 *      if it had time to exit with 0, and whether our look at a tick or the one at the end found them
 *      (else the verdict would hang on who was faster).  Memory first: that kill was the kernel's, not
 *      ours; the counters stand still from our own kill on, so what came first in time wins.
 *  (3) A signal we forwarded beats the exit that follows it.
 *  (4) Our timers (deadline, cpu time): they fire because of a clock, so an end that init reported,
 *      and that was no SIGKILL, came first and is the workload's own.
 *  (5) The workload's own end, where a few signals name a limit; those are inferred, because the
 *      workload can send itself the same signal.  SIGKILL is inferred as well: the kernel tells nobody
 *      who sent it, and it may have been somebody outside.
 * The rows are the documentation: KILLED/31 and friends are explained beside them. */
#include "sandbox/reason.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

static bool main_signalled(const struct evidence *ev, int sig)
{
	return ev->main_reported && ev->main_code != CLD_EXITED && ev->main_status == sig;
}

static bool main_ended_itself(const struct evidence *ev)
{
	return ev->main_reported && !main_signalled(ev, SIGKILL);
}

/* The limit is one process's and counted in whole ticks, on a busy machine up to a third more than was
 * used; the time is the exact one of the whole tree.  Only inferred. */
static bool cpu_rlimit_used_up(const struct evidence *ev)
{
	return ev->cpu_rlimit_ns != 0 && ev->cpu_used_ns >= ev->cpu_rlimit_ns / 2;
}

/* Something ran until we killed it; otherwise only the begin or the end is missing in the log. */
static bool is_audit_kill(const struct evidence *ev)
{
	return ev->kill_audit && !ev->setup_failed && !ev->exec_errno && !main_ended_itself(ev);
}

static bool is_audit(const struct evidence *ev)
{
	return ev->kill_audit;
}

static bool is_exec_failed(const struct evidence *ev)
{
	return ev->exec_errno != 0;
}

static bool is_refused(const struct evidence *ev)
{
	return ev->setup_failed && ev->refused;
}

static bool is_setup_oom(const struct evidence *ev)
{
	return ev->setup_failed && ev->oom_kills > 0;
}

static bool is_setup_outer_oom(const struct evidence *ev)
{
	return ev->setup_failed && ev->has_cgroup && ev->outer_oom_kills > 0;
}

static bool is_setup_cancelled(const struct evidence *ev)
{
	return ev->setup_failed && ev->cancel_signal != 0;
}

static bool is_setup(const struct evidence *ev)
{
	return ev->setup_failed;
}

static bool is_memory_of_whom(const struct evidence *ev)
{
	return ev->oom_kills > 0 && ev->oom_shared;
}

static bool is_memory(const struct evidence *ev)
{
	return ev->oom_kills > 0 || ev->kill_memory;
}

/* The kernel counts the victims in the run's own group; which group was full is told by another
 * counter.  So the kill is certain, and what it was made for is the best that can be said. */
static bool is_outer_oom(const struct evidence *ev)
{
	return ev->has_cgroup && ev->outer_oom_kills > 0;
}

static bool is_pids(const struct evidence *ev)
{
	return ev->kill_pids || ev->late_pids;
}

static bool is_output(const struct evidence *ev)
{
	return ev->kill_output || ev->late_output;
}

static bool is_disk(const struct evidence *ev)
{
	return ev->kill_disk || ev->late_disk;
}

static bool is_seccomp(const struct evidence *ev)
{
	return ev->kill_seccomp;
}

static bool is_egress(const struct evidence *ev)
{
	return ev->kill_egress;
}

static bool is_gateway(const struct evidence *ev)
{
	return ev->kill_gateway;
}

static bool is_cancelled(const struct evidence *ev)
{
	return ev->cancel_signal != 0;
}

static bool is_cpu_time(const struct evidence *ev)
{
	return ev->kill_cpu_time && !main_ended_itself(ev);
}

static bool is_deadline(const struct evidence *ev)
{
	return ev->kill_deadline && !main_ended_itself(ev);
}

static bool is_cpu_rlimit_soft(const struct evidence *ev)
{
	return main_signalled(ev, SIGXCPU) && cpu_rlimit_used_up(ev);
}

static bool is_cpu_rlimit_hard(const struct evidence *ev)
{
	return main_signalled(ev, SIGKILL) && cpu_rlimit_used_up(ev);
}

static bool is_file_size(const struct evidence *ev)
{
	return ev->file_size_signal;
}

static bool is_foreign_syscall(const struct evidence *ev)
{
	return main_signalled(ev, SIGSYS);
}

/* Without a group of our own the victims are counted in our caller's, where others live too. */
static bool is_outer_oom_likely(const struct evidence *ev)
{
	return ev->outer_oom_kills > 0 && (ev->init_killed || main_signalled(ev, SIGKILL));
}

static bool is_external_kill(const struct evidence *ev)
{
	return ev->init_killed && !ev->main_reported;
}

static bool is_exit(const struct evidence *ev)
{
	return ev->main_reported && ev->main_code == CLD_EXITED;
}

static bool is_sigkill(const struct evidence *ev)
{
	return main_signalled(ev, SIGKILL);
}

static bool is_signal(const struct evidence *ev)
{
	return ev->main_reported;
}

static bool is_unexplained(const struct evidence *ev)
{
	(void)ev;
	return true;
}

static const struct reason_row {
	bool (*holds)(const struct evidence *ev);
	enum reason reason;
	enum run_status status;
	bool exact;
} rows[] = {
	/* (0) whatever happened, not all of it is in the log */
	{ is_audit_kill, REASON_AUDIT, RUN_KILLED, true },
	{ is_audit, REASON_AUDIT, RUN_FAILED, true },
	/* (1) nothing was exec'ed */
	{ is_exec_failed, REASON_EXEC_FAILED, RUN_FAILED, true },
	{ is_refused, REASON_SETUP, RUN_REFUSED, true },
	{ is_setup_oom, REASON_MEMORY, RUN_KILLED, true },
	{ is_setup_outer_oom, REASON_EXTERNAL_KILL, RUN_KILLED, false },
	{ is_setup_cancelled, REASON_CANCELLED, RUN_KILLED, true },
	{ is_setup, REASON_SETUP, RUN_FAILED, true },
	/* (2) counted facts */
	{ is_memory_of_whom, REASON_MEMORY, RUN_KILLED, false }, /* v1 counts failures, not kills */
	{ is_memory, REASON_MEMORY, RUN_KILLED, true },
	{ is_outer_oom, REASON_EXTERNAL_KILL, RUN_KILLED, false },
	{ is_pids, REASON_PIDS, RUN_KILLED, true },
	{ is_output, REASON_OUTPUT, RUN_KILLED, true },
	{ is_disk, REASON_DISK, RUN_KILLED, true },
	{ is_seccomp, REASON_SECCOMP, RUN_KILLED, true },
	{ is_egress, REASON_EGRESS, RUN_KILLED, true },
	{ is_gateway, REASON_GATEWAY, RUN_KILLED, true },
	/* (3) forwarded signals */
	{ is_cancelled, REASON_CANCELLED, RUN_KILLED, true },
	/* (4) timers */
	{ is_cpu_time, REASON_CPU_TIME, RUN_KILLED, true },
	{ is_deadline, REASON_DEADLINE, RUN_KILLED, true },
	/* (5) the workload's own end */
	{ is_cpu_rlimit_soft, REASON_CPU_TIME, RUN_KILLED, false },
	{ is_cpu_rlimit_hard, REASON_CPU_TIME, RUN_KILLED, false },
	{ is_file_size, REASON_FILE_SIZE, RUN_SIGNALED, false }, /* raise(SIGXFSZ) looks the same */
	{ is_foreign_syscall, REASON_SECCOMP, RUN_SIGNALED, false }, /* so does raise(SIGSYS) */
	{ is_outer_oom_likely, REASON_EXTERNAL_KILL, RUN_KILLED, false }, /* victims have no name */
	{ is_external_kill, REASON_EXTERNAL_KILL, RUN_KILLED, true }, /* inside can't kill init */
	{ is_exit, REASON_EXIT, RUN_EXITED, true },
	{ is_sigkill, REASON_SIGNAL, RUN_SIGNALED, false }, /* the sender is not told */
	{ is_signal, REASON_SIGNAL, RUN_SIGNALED, true },
	{ is_unexplained, REASON_EXTERNAL_KILL, RUN_KILLED, false }, /* init gone without a word */
};

static const struct {
	const char *word, *meaning;
	int exit_status;
} reasons[REASON_COUNT] = {
#define REASON_ROW(id, word, status, meaning) [REASON_##id] = { word, meaning, status },
	REASON_TABLE(REASON_ROW)
#undef REASON_ROW
};

/* The negative entries of REASON_TABLE: statuses that depend on how it ended. */
#define STATUS_OWN -1
#define STATUS_CANCELLED -2
#define STATUS_EXEC -3

static int own_status(const struct verdict *v)
{
	return v->signal ? 128 + v->signal : v->exit_code;
}

static int exec_status(int exec_errno)
{
	return exec_errno == ENOENT || exec_errno == ENOTDIR ? 127 : 126;
}

static int launcher_status(const struct evidence *ev, const struct verdict *v)
{
	int status = reasons[v->reason].exit_status;

	/* A signal that names a limit: nobody but the kernel killed, so the status is the signal's. */
	if (status == STATUS_OWN || v->status == RUN_SIGNALED)
		return own_status(v);
	if (status == STATUS_CANCELLED)
		return 128 + ev->cancel_signal;
	if (status == STATUS_EXEC)
		return exec_status(ev->exec_errno);
	return status;
}

/* How the main process itself ended is told whatever the reason is. */
static void own_end(const struct evidence *ev, struct verdict *v)
{
	v->exit_code = -1;
	if (ev->exec_errno) /* who exited was not the workload yet */
		return;
	if (!ev->main_reported) {
		v->signal = ev->init_killed ? ev->init_signal : 0;
	} else if (ev->main_code == CLD_EXITED) {
		v->exit_code = ev->main_status;
	} else {
		v->signal = ev->main_status;
		v->core_dumped = ev->main_code == CLD_DUMPED;
	}
}

struct verdict reason_from(const struct evidence *ev)
{
	const struct reason_row *row = rows;
	struct verdict v = { 0 };

	while (!row->holds(ev)) /* the last row always does */
		row++;
	v.reason = row->reason;
	v.status = row->status;
	v.exact = row->exact;
	own_end(ev, &v);
	v.exit_status = launcher_status(ev, &v);
	return v;
}

enum reason reason_of_kill(const struct evidence *ev, const bool *flag)
{
#define KILL_ROW(member, id)     \
	if (flag == &ev->member) \
		return REASON_##id;
	KILL_TABLE(KILL_ROW)
#undef KILL_ROW
	return ev->setup_failed ? REASON_SETUP : REASON_CANCELLED;
}

const char *reason_word(enum reason reason)
{
	return reasons[reason].word;
}

const char *reason_meaning(enum reason reason)
{
	return reasons[reason].meaning;
}

const char *run_status_word(enum run_status status)
{
	static const char *const words[] = {
		[RUN_RUNNING] = "running", [RUN_EXITED] = "exited",   [RUN_SIGNALED] = "signaled",
		[RUN_KILLED] = "killed",   [RUN_REFUSED] = "refused", [RUN_FAILED] = "failed",
	};

	return words[status];
}
