/* collect.c - the last look at a run that has ended: facts for its verdict, and what it used.
 *
 * Between the end of init and the removal of the cgroup everything the kernel counted can still be read,
 * and nobody can change it any more.  What was counted after our own kill is usage, but no evidence: a tree
 * that we end may run into other limits. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/text.h"
#include "sandbox/run.h"

static uint64_t timeval_ns(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * NS_PER_S + (uint64_t)tv->tv_usec * 1000;
}

/* init's rusage is exact but knows only whom somebody waited for; the cgroup knows all, on v1 in
 * steps of 10 ms, and so does the watchdog's last look.  The larger sum misses less. */
static void take_cpu_usage(struct run *r, const struct cgroup_usage *usage)
{
	struct outcome_usage *u = &r->out->usage;
	uint64_t parts_ns = usage->cpu_user_ns + usage->cpu_system_ns;
	uint64_t total_ns = usage->cpu_ns > parts_ns ? usage->cpu_ns : parts_ns;

	u->cpu_user_ns = timeval_ns(&r->rusage.ru_utime);
	u->cpu_system_ns = timeval_ns(&r->rusage.ru_stime);
	if (total_ns <= u->cpu_user_ns + u->cpu_system_ns)
		return;
	if (parts_ns > 0) {
		u->cpu_user_ns = usage->cpu_user_ns;
		u->cpu_system_ns = usage->cpu_system_ns;
	}
	outcome_split_cpu(total_ns, &u->cpu_user_ns, &u->cpu_system_ns);
}

/* What dies with init is reaped by the kernel, and its switches and sizes are lost: then they are not known. */
static void take_switches(struct run *r)
{
	struct outcome_usage *u = &r->out->usage;
	bool lost = r->out->evidence.init_killed;

	u->max_rss_bytes = lost ? 0 : (uint64_t)r->rusage.ru_maxrss * 1024;
	u->context_switches_voluntary = lost ? UINT64_MAX : (uint64_t)r->rusage.ru_nvcsw;
	u->context_switches_forced = lost ? UINT64_MAX : (uint64_t)r->rusage.ru_nivcsw;
}

/* The last look at what ticks look at.  Without it a workload that reaches a limit and ends within the
 * same 10 ms would get a verdict by chance. */
static void take_late_facts(struct run *r)
{
	struct evidence *ev = &r->out->evidence;

	if (r->killed)
		return;
	supervise_count(r);
	ev->late_pids = ev->pids_refused > 0 && r->plan->kill_on_pids;
	if (ev->outer_pids_refused > 0)
		outcome_warn(r->out,
			     "a fork was refused by the process limit of a group around this run");
	ev->late_output = r->streams.output_over;
	ev->late_disk = ev->disk_full = supervise_disk_full(r);
}

static bool was_sigkilled(const struct evidence *ev)
{
	return ev->init_killed ||
	       (ev->main_reported && ev->main_code != CLD_EXITED && ev->main_status == SIGKILL);
}

/* Was it a group around ours that ran out of memory, and which?  Asked only after a kill that is not
 * our own. */
static void take_outer(struct run *r)
{
	struct evidence *ev = &r->out->evidence;
	bool full;

	if (!r->cgroup && !r->killed && r->outer_known && was_sigkilled(ev))
		ev->outer_oom_kills = cgroup_outer_kills(&r->outer);
	if (ev->oom_kills == 0 && ev->outer_oom_kills == 0)
		return;
	if (!r->outer_known)
		cgroup_outer_look(r->cgroup, true, &r->outer);
	full = cgroup_outer_full(&r->outer, ev->oom_cgroup, sizeof(ev->oom_cgroup));
	ev->oom_shared = full && ev->oom_kills > 0 && cgroup_mode(r->cgroup) == CGROUP_V1;
}

static void take_cpu_rlimit(struct run *r)
{
	r->out->evidence.cpu_rlimit_ns = r->launch.cpu_s * NS_PER_S;
	for (size_t i = 0; i < r->plan->rlimit_count; i++)
		if (r->plan->rlimits[i].resource == RLIMIT_CPU)
			r->out->evidence.cpu_rlimit_ns = r->plan->rlimits[i].set * NS_PER_S;
}

static void warn_of_lost_output(struct run *r)
{
	for (int i = 1; i < 3; i++)
		if (r->streams.relay[i].refused)
			outcome_warn(r->out, "%s could not be written (%s): the rest of it is lost",
				     i == 1 ? "stdout" : "stderr",
				     text_errno_name(r->streams.relay[i].refused));
}

void collect(struct run *r)
{
	struct outcome *o = r->out;
	struct evidence *ev = &o->evidence;
	struct cgroup_usage usage = r->seen;
	struct statfs fs;

	take_late_facts(r);
	take_outer(r);
	take_cpu_rlimit(r);
	if (r->cgroup) {
		cgroup_usage(r->cgroup, &usage);
		usage.pids_peak -= usage.pids_peak > 1; /* init */
	}
	o->usage.wall_ns = (r->end_ns ? r->end_ns : clock_now_ns()) - r->start_ns;
	o->usage.memory_peak_bytes = usage.memory_peak_bytes;
	o->usage.pids_peak = usage.pids_peak;
	take_cpu_usage(r, &usage);
	take_switches(r);
	o->usage.throttled_ns = r->cgroup ? usage.throttled_ns : UINT64_MAX;
	o->usage.oom_kills = r->cgroup ? usage.oom_kills : UINT64_MAX;
	if (cgroup_mode(r->cgroup) == CGROUP_V2 && ev->init_killed && usage.oom_kills > 1)
		o->usage.oom_kills--; /* init dies with its group */
	ev->cpu_used_ns = usage.cpu_ns ? usage.cpu_ns
				       : o->usage.cpu_user_ns + o->usage.cpu_system_ns;
	o->usage.stdin_bytes = streams_bytes(&r->streams, 0);
	o->usage.stdout_bytes = streams_bytes(&r->streams, 1);
	o->usage.stderr_bytes = streams_bytes(&r->streams, 2);
	warn_of_lost_output(r);
	o->truncated_output = o->truncated_output || r->streams.output_over;
	ev->violations = o->violations.total;
	ev->first_violation_nr = o->violations.count ? o->violations.entries[0].nr : 0;
	o->usage.disk_used_bytes = o->usage.disk_used_inodes = UINT64_MAX;
	if (r->scratch >= 0 && fstatfs(r->scratch, &fs) == 0) {
		o->usage.disk_used_bytes = (uint64_t)(fs.f_blocks - fs.f_bfree) *
					   (uint64_t)fs.f_bsize;
		o->usage.disk_used_inodes = (uint64_t)(fs.f_files - fs.f_ffree);
	}
}
