/* verdict.c - sentences from outcomes: cause, then remedy; one row per reason. */
#include "cmd/verdict.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/egress_text.h"
#include "profiles/units.h"
#include "seccomp/notify.h"

static void say_limit(struct text *t, enum limit_id id, uint64_t value)
{
	static void (*const formats[LIMIT_COUNT])(struct text *, uint64_t) = {
		[LIMIT_MEMORY] = units_say_size,
		[LIMIT_CPUS] = units_format_cpus,
		[LIMIT_CPU_TIME] = units_format_duration,
		[LIMIT_WALL_TIME] = units_format_duration,
		[LIMIT_PIDS] = text_u64,
		[LIMIT_DISK] = units_say_size,
		[LIMIT_OUTPUT] = units_say_size,
		[LIMIT_FSIZE] = units_say_size,
	};

	formats[id](t, value);
}

static void say_signal(struct text *t, int sig)
{
	const char *name = sigabbrev_np(sig);

	if (name)
		text_fmt(t, "SIG%s", name);
	else
		text_fmt(t, "signal %d", sig);
}

static void say_seccomp(struct text *t, const struct policy *policy, const struct outcome *o)
{
	char buf[32];

	(void)policy;
	if (!o->evidence.kill_seccomp) {
		text_str(t, "SIGSYS, by a system call of a foreign architecture or sent by itself");
		return;
	}
	text_fmt(t,
		 "forbidden system call %s; a profile that allows it can be given with --seccomp FILE",
		 seccomp_syscall_name(o->violations.entries[0].nr, buf, sizeof(buf)));
}

static void say_cancelled(struct text *t, const struct policy *policy, const struct outcome *o)
{
	say_signal(t, o->evidence.cancel_signal);
	text_str(t, " received");
	if (o->evidence.cancel_escalated) {
		text_str(t, "; still running after --stop-timeout ");
		units_format_duration(t, policy->stop_timeout_ns);
	}
}

static void say_external(struct text *t, const struct policy *policy, const struct outcome *o)
{
	(void)policy;
	text_str(t, "something outside the run killed it");
	if (o->evidence.outer_oom_kills > 0 && *o->evidence.oom_cgroup)
		text_fmt(t, "; the control group %s around it ran out of memory",
			 o->evidence.oom_cgroup);
	else if (o->evidence.outer_oom_kills > 0)
		text_str(t, "; a control group around it, or the machine, ran out of memory");
	else if (o->verdict.signal) {
		text_str(t, " with ");
		say_signal(t, o->verdict.signal);
	}
}

static void say_cpu_time(struct text *t, const struct policy *policy, const struct outcome *o)
{
	/* Its second wall is an rlimit as well. */
	bool own = o->evidence.kill_cpu_time || policy->limits.value[LIMIT_CPU_TIME] != LIMIT_NONE;

	text_str(t, own ? "budget of " : "limit of ");
	units_format_duration(t, own ? policy->limits.value[LIMIT_CPU_TIME]
				     : o->evidence.cpu_rlimit_ns);
	text_str(t, own ? " used up; raise it with --cpu-time"
			: " for one process used up; raise it with --rlimit cpu=SECONDS");
}

static void say_audit(struct text *t, const struct policy *policy, const struct outcome *o)
{
	(void)policy;
	text_str(t, o->has_error ? o->error.msg : reason_meaning(REASON_AUDIT));
}

static void say_egress(struct text *t, const struct policy *policy, const struct outcome *o)
{
	(void)policy;
	verdict_egress(t, o);
}

/* Either a limit with its sentence, or a sentence of its own. */
static const struct {
	const char *before, *after;
	int limit; /* between before and after; -1 = none */
	void (*say)(struct text *t, const struct policy *policy, const struct outcome *o);
} sentences[REASON_COUNT] = {
	[REASON_MEMORY] = { "limit of ", " reached; raise it with --memory", LIMIT_MEMORY, NULL },
	[REASON_CPU_TIME] = { NULL, NULL, -1, say_cpu_time },
	[REASON_DEADLINE] = { "still running after ", "; raise it with --wall-time",
			      LIMIT_WALL_TIME, NULL },
	[REASON_PIDS] = { "limit of ",
			  " processes reached; raise it with --pids, or let the fork "
			  "fail with --on-pids continue",
			  LIMIT_PIDS, NULL },
	[REASON_DISK] = { "writable space of ", " is full; raise it with --disk", LIMIT_DISK, NULL },
	[REASON_OUTPUT] = { "more than ", " written; raise it with --output-max", LIMIT_OUTPUT,
			    NULL },
	[REASON_FILE_SIZE] = { "a file grew to the limit of ", "; raise it with --fsize",
			       LIMIT_FSIZE, NULL },
	[REASON_SECCOMP] = { NULL, NULL, -1, say_seccomp },
	[REASON_EGRESS] = { NULL, NULL, -1, say_egress },
	[REASON_CANCELLED] = { NULL, NULL, -1, say_cancelled },
	[REASON_EXTERNAL_KILL] = { NULL, NULL, -1, say_external },
	[REASON_GATEWAY] = { "the network gateway ended", "", -1, NULL },
	[REASON_AUDIT] = { NULL, NULL, -1, say_audit },
};

static void say_reason(struct text *t, const struct policy *policy, const struct outcome *o)
{
	enum reason reason = o->verdict.reason;

	if (sentences[reason].say) {
		sentences[reason].say(t, policy, o);
		return;
	}
	text_str(t, sentences[reason].before ? sentences[reason].before : reason_meaning(reason));
	if (sentences[reason].before && sentences[reason].limit >= 0)
		say_limit(t, (enum limit_id)sentences[reason].limit,
			  policy->limits.value[sentences[reason].limit]);
	if (sentences[reason].after)
		text_str(t, sentences[reason].after);
}

/* The two surprises of a first run: the caller's files are not inside, and there is no implicit shell. */
static void say_exec_hint(struct text *t, const char *command, int exec_errno)
{
	if (exec_errno == ENOENT && strchr(command, '/') && access(command, F_OK) == 0)
		text_str(t,
			 "; it exists here, but only what --ro or --rw names is shown inside: "
			 "--ro \"$PWD:/src\" --chdir /src (or its #! interpreter is missing inside)");
	else if (exec_errno == ENOEXEC)
		text_str(t, "; add a #! line, or run it with sh");
}

bool verdict_cause(struct text *t, const struct policy *policy, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;

	if (v->reason == REASON_EXIT || v->reason == REASON_SIGNAL)
		return false;
	if (o->has_error && v->reason != REASON_AUDIT) {
		text_str(t, o->error.msg);
		if (v->reason == REASON_EXEC_FAILED)
			say_exec_hint(t, policy->argv[0], o->evidence.exec_errno);
		return true;
	}
	say_reason(t, policy, o);
	if (o->evidence.stopped)
		text_str(t, " (its main process was stopped)");
	return true;
}

/* Targets in one line, which also holds the remedy; the record has them all. */
#define EGRESS_NAMED_MAX 3
#define EGRESS_NAMED_BYTES 160

bool verdict_egress(struct text *t, const struct outcome *o)
{
	const struct egress_list *list;
	char hint[320] = "";
	struct text remedy = TEXT_ON(hint);
	uint64_t denied;
	size_t named = 0;

	if (!o->egress)
		return false;
	list = &o->egress->denials;
	denied = egress_report_denied(o->egress);
	if (denied == 0 && o->egress->would_deny == 0)
		return false;
	text_u64(t, denied ? denied : o->egress->would_deny);
	text_str(t,
		 denied ? " denied by the network policy" : " let out that --net allow would deny");
	for (; named < list->count && named < EGRESS_NAMED_MAX && t->len < EGRESS_NAMED_BYTES;
	     named++) {
		text_str(t, named ? ", " : ": ");
		egress_text_target(t, &list->row[named]);
	}
	if (list->count > named)
		text_fmt(t, " and %zu more", list->count - named);
	for (size_t i = 0; i < list->count && remedy.len == 0; i++)
		egress_text_hint(&remedy, &list->row[i]);
	if (remedy.len > 0)
		text_fmt(t, "; let out by %s", hint);
	return true;
}

bool verdict_line(struct text *t, const struct policy *policy, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;

	if (v->reason != REASON_EXIT && v->reason != REASON_SIGNAL &&
	    (!o->has_error || v->reason == REASON_AUDIT))
		text_fmt(t, "%s: %s: ",
			 v->status == RUN_SIGNALED ? "ended" : run_status_word(v->status),
			 reason_word(v->reason));
	return verdict_cause(t, policy, o);
}

void verdict_summary(struct text *t, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	const struct outcome_usage *u = &o->usage;

	text_fmt(t, "%s: %s", run_status_word(v->status), reason_word(v->reason));
	if (v->signal) {
		text_str(t, " ");
		say_signal(t, v->signal);
	} else if (v->exit_code >= 0) {
		text_fmt(t, " %d", v->exit_code);
	}
	text_str(t, ", ran ");
	units_format_duration(t, u->wall_ns / 1000000 * 1000000);
	text_str(t, ", cpu ");
	units_format_duration(t, (u->cpu_user_ns + u->cpu_system_ns) / 1000000 * 1000000);
	if (u->memory_peak_bytes) {
		text_str(t, ", memory peak ");
		units_say_size(t, u->memory_peak_bytes);
	}
	if (u->pids_peak)
		text_fmt(t, ", processes peak %llu", (unsigned long long)u->pids_peak);
	if (o->violations.total)
		text_fmt(t, ", %llu forbidden system calls",
			 (unsigned long long)o->violations.total);
}
